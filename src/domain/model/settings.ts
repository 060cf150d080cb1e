/** Settings of the installation that an administrator changes on a page, overriding the environment. */
import { z } from 'zod';
import { lineFault, lineSchema } from '../line.ts';
import { AppError, type Issue } from '../errors.ts';
import type { Decision } from './decision.ts';

export const logoTypes = ['image/png', 'image/jpeg', 'image/webp'] as const;
export type LogoType = (typeof logoTypes)[number];

export const settingsSchema = z.object({
  /** Who runs the installation: shown in the head of staff pages, and the default commissioner of a new survey. */
  organisation: z.string(),
  /** For questions of respondents, until a survey names another. */
  phone: z.string(),
  /** 备案号 at the foot of every page; empty: that of the environment. */
  icpNumber: z.string(),
  /** How long a new survey's data is stored after its close. */
  storageMonths: z.int(),
  logo: z.object({ type: z.enum(logoTypes), base64: z.string() }).nullable(),
});
export type Settings = z.infer<typeof settingsSchema>;

export const noSettings: Settings = {
  organisation: '',
  phone: '',
  icpNumber: '',
  storageMonths: 12,
  logo: null,
};

export const maxStorageMonths = 120;
export const largestLogo = 100 * 1024;

const lines = {
  organisation: lineSchema(0, 60),
  phone: lineSchema(0, 40),
  icpNumber: lineSchema(0, 100),
} as const;

/** First bytes of each picture type. No SVG: it can contain script. */
const signatures: readonly (readonly [LogoType, (bytes: Uint8Array) => boolean])[] = [
  ['image/png', (b) => startsWith(b, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])],
  ['image/jpeg', (b) => startsWith(b, [0xff, 0xd8, 0xff])],
  [
    'image/webp',
    (b) => startsWith(b, [0x52, 0x49, 0x46, 0x46]) && startsWith(b.subarray(8), [0x57, 0x45, 0x42, 0x50]),
  ],
];
const startsWith = (bytes: Uint8Array, start: readonly number[]) =>
  start.every((byte, i) => bytes[i] === byte);

/** @throws AppError invalid `settings.invalid` whose issue names `logo` */
export function logoTypeOf(bytes: Uint8Array): LogoType {
  const refuse = (message: string) =>
    new AppError('invalid', 'settings.invalid', { issues: [{ path: 'logo', message }] });
  if (bytes.length > largestLogo) throw refuse('settings.logo-large');
  const found = signatures.find(([, is]) => is(bytes));
  if (!found) throw refuse('settings.logo-type');
  return found[0];
}

/**
 * The settings after a change; unchanged fields are not recorded.
 * @throws AppError invalid `settings.invalid` naming each fault
 */
export function decideSettings(before: Settings, patch: Partial<Settings>): Decision<Settings> {
  const after: Settings = { ...before, ...patch };
  const issues: Issue[] = [];
  for (const name of ['organisation', 'phone', 'icpNumber'] as const) {
    const parsed = lines[name].safeParse(after[name]);
    if (!parsed.success) issues.push({ path: name, message: lineFault(parsed.error, 'settings.too-long') });
    else after[name] = parsed.data;
  }
  const { storageMonths } = after;
  if (!Number.isInteger(storageMonths) || storageMonths < 1 || storageMonths > maxStorageMonths)
    issues.push({ path: 'storageMonths', message: 'settings.months', params: { most: maxStorageMonths } });
  if (issues.length > 0) throw new AppError('invalid', 'settings.invalid', { issues });
  const changed = (Object.keys(after) as (keyof Settings)[]).filter(
    (name) => JSON.stringify(after[name]) !== JSON.stringify(before[name]),
  );
  return {
    changes: after,
    leaves: [],
    trail: changed.length === 0 ? [] : [{ action: 'settings.update', details: { changed } }],
  };
}

/** The organisation's identity provider (OpenID Connect), through which accounts can log in. */
export interface OidcProvider {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope: string;
  /** The claim whose value is the account's login. */
  readonly claim: string;
  /** Label of the button; empty: the default. */
  readonly name: string;
}
