/**
 * The environment, read once and checked. Every variable is in the table `variables`, which the README and `--help` print. Each
 * wrong value is reported with one sentence that says what to do, all of them at once. `.env` files are not read: the process's
 * environment alone counts.
 */
import { readFileSync, realpathSync } from 'node:fs';
import { isIP } from 'node:net';
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { z } from 'zod';
import { databaseAddresses } from './domain/database-address.ts';
import { AppError, type Issue, type MessageParams } from './domain/errors.ts';
import { isTimeSpan, type SendWindow } from './domain/messaging/send-window.ts';
import type { OidcProvider } from './domain/model/settings.ts';
import {
  parseChannels,
  type ChannelSettings,
  type SecretSource,
} from './domain/messaging/channel-settings.ts';
import { isMailAddress, parseWitnesses, type Witness } from './domain/evidence/witness.ts';

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

export interface Config {
  readonly host: string;
  readonly port: number;
  /** Scheme and host for respondents, without a trailing slash. */
  readonly publicUrl: string;
  readonly trustProxy: boolean | readonly string[];
  readonly dataDir: string;
  /** A PostgreSQL database instead of the file in `dataDir`; null: none. */
  readonly database: { readonly url: string; readonly pool: number } | null;
  readonly keyDir: string;
  readonly backupDir: string;
  readonly logLevel: (typeof logLevels)[number];
  readonly queueLimit: number;
  readonly batchLimit: number;
  readonly icpNumber: string | null;
  readonly selfAdministered: boolean;
  /** Folder of small files that platforms request at the root of the site to verify its owner; null: none. */
  readonly verificationDir: string | null;
  /** Folder of further languages, one folder each, as in src/texts; null: none. */
  readonly messagesDir: string | null;
  /** Who keeps the checkpoints of the evidence logs outside. */
  readonly witnesses: readonly Witness[];
  /** E-mail server with its password, and the sender's address; null: no e-mail. */
  readonly mail: { readonly url: string; readonly from: string } | null;
  /** When messages go out. */
  readonly sendWindow: SendWindow;
  /** Messages to one number a day. */
  readonly perNumberADay: number;
  /** Channels for messages; empty: codes leave only as spreadsheets. */
  readonly channels: readonly ChannelSettings[];
  readonly metricsToken: string | null;
  /** null: none. */
  readonly oidc: OidcProvider | null;
  /** `required`: roles that export codes or see scores must enrol a second factor. */
  readonly secondFactor: 'required' | 'optional';
  /** A database may be created although there are keys of unknown campaigns. */
  readonly newInstallation: boolean;
  /** Valid settings that deserve a line in the log. */
  readonly warnings: readonly Issue[];
}

export interface Variable {
  readonly name: string;
  /** As in the environment; empty: none. */
  readonly fallback: string;
  /** Message key of its description. */
  readonly description: string;
}

const fallbacks = {
  HOST: '127.0.0.1',
  PORT: '8080',
  PUBLIC_URL: '',
  TRUST_PROXY: 'false',
  DATA_DIR: './data',
  DATABASE_URL: '',
  DATABASE_POOL: '10',
  KEY_DIR: './keys',
  BACKUP_DIR: './backups',
  LOG_LEVEL: 'info',
  QUEUE_LIMIT: '10000',
  BATCH_LIMIT: '512',
  ICP_NUMBER: '',
  SELF_ADMINISTERED: 'false',
  VERIFICATION_DIR: '',
  MESSAGES_DIR: '',
  WITNESSES_FILE: '',
  SMTP_URL: '',
  MAIL_FROM: '',
  SEND_WINDOW: '09:00-20:30',
  SEND_HOLIDAYS: '',
  SEND_PER_NUMBER: '2',
  CHANNELS_FILE: '',
  METRICS_TOKEN: '',
  SECOND_FACTOR: 'required',
  OIDC_ISSUER: '',
  OIDC_CLIENT_ID: '',
  OIDC_CLIENT_SECRET: '',
  OIDC_SCOPE: 'openid profile',
  OIDC_CLAIM: 'preferred_username',
  OIDC_NAME: '',
  NEW_INSTALLATION: 'false',
} as const;
type Name = keyof typeof fallbacks;
/** Never repeated in a message. */
const secretNames: readonly Name[] = ['DATABASE_URL', 'SMTP_URL', 'OIDC_CLIENT_SECRET'];

/** All variables, for the README and `--help`. */
export const variables: readonly Variable[] = Object.entries(fallbacks).map(([name, fallback]) => ({
  name,
  fallback,
  description: `config.variable.${name}`,
}));

/** A message key instead of zod's own sentence. */
const say = (key: string) => ({ error: key });
const wholeNumber = (from: number, to: number, key: string) =>
  z
    .string()
    .regex(/^[0-9]{1,9}$/, say(key))
    .transform(Number)
    .pipe(z.number().min(from, say(key)).max(to, say(key)));
const yesOrNo = (key: string) => z.enum(['true', 'false'], say(key)).transform((v) => v === 'true');
const folder = z
  .string()
  .refine((v) => !v.includes('\0'), say('config.folder'))
  .transform((v) => resolve(v));

/** Digits and dots that are no address would be a name that no server has. */
const isHostName = (text: string) =>
  /^[A-Za-z0-9_][A-Za-z0-9._-]{0,254}$/.test(text) && /[A-Za-z]/.test(text) && URL.canParse(`http://${text}`);

const optionalPath = z
  .string()
  .refine((v) => !v.includes('\0'), say('config.folder'))
  .transform((v) => (v === '' ? null : resolve(v)));

const environmentSchema = z.object({
  HOST: z.string().refine((v) => isIP(v) !== 0 || isHostName(v), say('config.host')),
  PORT: wholeNumber(0, 65_535, 'config.port'),
  PUBLIC_URL: z.string().refine((v) => v === '' || originOf(v) !== null, say('config.public-url')),
  TRUST_PROXY: z
    .string()
    .refine((v) => v === 'true' || v === 'false' || listed(v).every(isAddress), say('config.trust-proxy'))
    .transform((v) => (v === 'true' ? true : v === 'false' ? false : listed(v))),
  DATA_DIR: folder,
  DATABASE_URL: z
    .string()
    .refine((v) => v === '' || databaseAddresses(v) !== null, say('config.database-url')),
  DATABASE_POOL: wholeNumber(4, 200, 'config.database-pool'),
  KEY_DIR: folder,
  BACKUP_DIR: folder,
  LOG_LEVEL: z.enum(logLevels, say('config.log-level')),
  QUEUE_LIMIT: wholeNumber(1, 1_000_000, 'config.queue-limit'),
  BATCH_LIMIT: wholeNumber(1, 10_000, 'config.batch-limit'),
  ICP_NUMBER: z.string().max(100, say('config.icp-number')),
  SELF_ADMINISTERED: yesOrNo('config.self-administered'),
  VERIFICATION_DIR: optionalPath,
  MESSAGES_DIR: optionalPath,
  WITNESSES_FILE: optionalPath,
  CHANNELS_FILE: optionalPath,
  SMTP_URL: z.string().refine((v) => v === '' || isSmtpUrl(v), say('config.smtp-url')),
  MAIL_FROM: z.string().refine((v) => v === '' || isMailAddress(v), say('config.mail-from')),
  SEND_WINDOW: z
    .string()
    .transform((v) => v.split(/[-–~]/).map((time) => time.trim()) as [string, string])
    .refine((span) => span.length === 2 && isTimeSpan(...span), say('config.send-window')),
  SEND_HOLIDAYS: z
    .string()
    .transform(listed)
    .refine((days) => days.every(isDay), say('config.send-holidays')),
  SEND_PER_NUMBER: wholeNumber(1, 20, 'config.send-per-number'),
  SECOND_FACTOR: z.enum(['required', 'optional'], say('config.second-factor')),
  OIDC_ISSUER: z.string().refine((v) => v === '' || isIssuer(v), say('config.oidc-issuer')),
  OIDC_CLIENT_ID: z.string().max(200, say('config.oidc-text')),
  OIDC_CLIENT_SECRET: z.string().max(500, say('config.oidc-text')),
  OIDC_SCOPE: z.string().regex(/^openid(?: [\x21-\x7e]+)*$/, say('config.oidc-scope')),
  OIDC_CLAIM: z.string().regex(/^[A-Za-z0-9_:./-]{1,100}$/, say('config.oidc-claim')),
  OIDC_NAME: z.string().max(40, say('config.oidc-text')),
  NEW_INSTALLATION: yesOrNo('config.new-installation'),
  METRICS_TOKEN: z.string().regex(/^(?:[\x21-\x7e]{16,200})?$/, say('config.metrics-token')),
});

/** Names that are almost those of settings: a `KEYDIR` that nobody reads would leave the keys in the current folder. */
function misspelled(environment: Readonly<Record<string, string | undefined>>): Issue[] {
  const letters = (name: string) => name.toUpperCase().replace(/[^A-Z0-9]|S$/g, '');
  const names = Object.keys(fallbacks) as readonly Name[];
  return Object.keys(environment).flatMap((given) => {
    if (given in fallbacks) return [];
    const own = letters(given);
    const name = names.find((one) => own === letters(one) || isSlip(own, letters(one)));
    return name === undefined ? [] : [fault(name, 'config.misspelled', { given })];
  });
}

/** One letter more, less or other, or two exchanged. In a short name that may be another word. */
function isSlip(given: string, name: string): boolean {
  if (name.length < 6) return false;
  let at = 0;
  while (at < name.length && given[at] === name[at]) at++;
  const [a, b] = [given.slice(at), name.slice(at)];
  return (
    a.slice(1) === b ||
    a === b.slice(1) ||
    a.slice(1) === b.slice(1) ||
    (a[0] === b[1] && a[1] === b[0] && a.slice(2) === b.slice(2))
  );
}

/** @throws AppError config `config.invalid` whose issues name each wrong variable */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(
    Object.entries(fallbacks).map(([name, fallback]) => {
      const value = environment[name]?.trim();
      return [name, value === undefined || value === '' ? fallback : value];
    }),
  ) as Record<Name, string>;
  const parsed = environmentSchema.safeParse(given);
  if (!parsed.success) {
    throw invalid(
      parsed.error.issues.map((issue) => {
        const name = String(issue.path[0]) as Name;
        // A server's address may contain its password.
        return fault(
          name,
          issue.message,
          secretNames.includes(name) ? {} : { value: given[name].slice(0, 100) },
        );
      }),
    );
  }
  const e = parsed.data;
  const faults: Issue[] = [];
  const warnings = misspelled(environment);

  const local = isLoopback(e.HOST);
  if (e.PUBLIC_URL === '' && !local)
    faults.push(fault('PUBLIC_URL', 'config.public-url-missing', { host: e.HOST }));
  const shownHost = e.HOST.includes(':') ? `[${e.HOST}]` : e.HOST;
  const publicUrl = originOf(e.PUBLIC_URL) ?? `http://${shownHost}:${e.PORT}`;
  const url = new URL(publicUrl);
  if (url.protocol === 'http:' && !isLocalUrl(url))
    warnings.push(fault('PUBLIC_URL', 'config.not-https', { url: publicUrl }));
  if (e.TRUST_PROXY === true && !local) warnings.push(fault('TRUST_PROXY', 'config.trusts-everybody'));
  // Also on loopback: a public address is then served through a proxy, in particular https, which the service does not speak.
  if (e.TRUST_PROXY === false && !(local && isLocalUrl(url)))
    warnings.push(fault('TRUST_PROXY', 'config.trusts-nobody', { url: publicUrl }));

  for (const path of [e.DATA_DIR, e.BACKUP_DIR]) {
    if (isWithin(e.KEY_DIR, path) || isWithin(path, e.KEY_DIR))
      faults.push(fault('KEY_DIR', 'config.keys-beside-data', { keys: e.KEY_DIR, path }));
  }
  if (databaseAddresses(e.DATABASE_URL)?.some((address) => isReadable(new URL(address))) === true)
    warnings.push(fault('DATABASE_URL', 'config.database-not-encrypted'));
  if ((e.SMTP_URL === '') !== (e.MAIL_FROM === ''))
    faults.push(fault(e.SMTP_URL === '' ? 'SMTP_URL' : 'MAIL_FROM', 'config.mail-both'));
  const mail = e.SMTP_URL === '' || e.MAIL_FROM === '' ? null : { url: e.SMTP_URL, from: e.MAIL_FROM };
  const isHalf =
    (e.OIDC_ISSUER === '') !== (e.OIDC_CLIENT_ID === '') ||
    (e.OIDC_ISSUER === '') !== (e.OIDC_CLIENT_SECRET === '');
  if (isHalf) faults.push(fault('OIDC_ISSUER', 'config.oidc-all'));
  const witnesses = readWitnesses(e.WITNESSES_FILE, faults);
  if (mail === null && witnesses.some((w) => w.target?.kind === 'email'))
    faults.push(fault('SMTP_URL', 'config.witness-without-mail'));
  for (const { name, target } of witnesses)
    if (
      (target?.kind === 'http' || target?.kind === 'witness') &&
      target.url.startsWith('http:') &&
      !isLoopback(new URL(target.url).hostname)
    )
      warnings.push(fault('WITNESSES_FILE', 'config.witness-not-https', { witness: name }));
  const channels = readChannels(e.CHANNELS_FILE, environment, faults);
  if (mail === null && channels.some((c) => c.entry.kind === 'email'))
    faults.push(fault('SMTP_URL', 'config.channel-without-mail'));
  for (const { entry } of channels)
    for (const address of addressesOf(entry))
      if (/^(?:http|smpp):/.test(address) && !isLoopback(new URL(address).hostname.replace(/^\[|\]$/g, '')))
        warnings.push(fault('CHANNELS_FILE', 'config.channel-not-encrypted', { channel: entry.kind }));
  if (faults.length > 0) throw invalid(faults);
  return {
    host: e.HOST,
    port: e.PORT,
    publicUrl,
    trustProxy: e.TRUST_PROXY,
    dataDir: e.DATA_DIR,
    database: e.DATABASE_URL === '' ? null : { url: e.DATABASE_URL, pool: e.DATABASE_POOL },
    keyDir: e.KEY_DIR,
    backupDir: e.BACKUP_DIR,
    logLevel: e.LOG_LEVEL,
    queueLimit: e.QUEUE_LIMIT,
    batchLimit: e.BATCH_LIMIT,
    icpNumber: e.ICP_NUMBER === '' ? null : e.ICP_NUMBER,
    selfAdministered: e.SELF_ADMINISTERED,
    verificationDir: e.VERIFICATION_DIR,
    messagesDir: e.MESSAGES_DIR,
    witnesses,
    mail,
    sendWindow: { from: e.SEND_WINDOW[0], to: e.SEND_WINDOW[1], holidays: new Set(e.SEND_HOLIDAYS) },
    perNumberADay: e.SEND_PER_NUMBER,
    channels,
    metricsToken: e.METRICS_TOKEN === '' ? null : e.METRICS_TOKEN,
    secondFactor: e.SECOND_FACTOR,
    oidc:
      e.OIDC_ISSUER === ''
        ? null
        : {
            issuer: e.OIDC_ISSUER,
            clientId: e.OIDC_CLIENT_ID,
            clientSecret: e.OIDC_CLIENT_SECRET,
            scope: e.OIDC_SCOPE,
            claim: e.OIDC_CLAIM,
            name: e.OIDC_NAME,
          },
    newInstallation: e.NEW_INSTALLATION,
    warnings,
  };
}

function fault(name: Name, message: string, params: MessageParams = {}): Issue {
  return { path: name, message, params: { name, ...params } };
}
function invalid(issues: readonly Issue[]): AppError {
  return new AppError('config', 'config.invalid', { issues });
}

/** Every fault of the file is added to `faults`, with the file's name instead of a variable's value. */
function readWitnesses(path: string | null, faults: Issue[]): readonly Witness[] {
  if (path === null) return [];
  const text = readText(path);
  if (text === undefined) {
    faults.push(fault('WITNESSES_FILE', 'config.witnesses-file', { value: path }));
    return [];
  }
  try {
    return parseWitnesses(text);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    for (const { message, params } of error.issues)
      faults.push(fault('WITNESSES_FILE', message, { ...params, file: path }));
    return [];
  }
}

/**
 * Likewise. Secrets come from the environment or from the files that the entries name; a fault says which, never their content.
 */
function readChannels(
  path: string | null,
  environment: Readonly<Record<string, string | undefined>>,
  faults: Issue[],
): readonly ChannelSettings[] {
  if (path === null) return [];
  const text = readText(path);
  if (text === undefined) {
    faults.push(fault('CHANNELS_FILE', 'config.channels-file', { value: path }));
    return [];
  }
  const secretOf = (source: SecretSource) =>
    'env' in source ? environment[source.env] : readText(source.file)?.replace(/\r?\n$/, '');
  try {
    return parseChannels(text, secretOf, readText);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    for (const { message, params } of error.issues)
      faults.push(fault('CHANNELS_FILE', message, { ...params, file: path }));
    return [];
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function addressesOf(entry: ChannelSettings['entry']): readonly string[] {
  switch (entry.kind) {
    case 'smpp':
      return [entry.url];
    case 'http':
      return [entry.request.url];
    case 'aliyun':
    case 'tencent':
      return [entry.endpoint];
    case 'email':
      return [];
  }
}

/** With TLS, or on this machine: a token read in transit opens accounts. */
function isIssuer(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLocalUrl(url));
}

function isSmtpUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return (protocol === 'smtp:' || protocol === 'smtps:') && hostname !== '';
}

/**
 * Phone digests, answers and the proof of the password would be sent in clear. A socket, or this machine, cannot be intercepted
 * by others.
 */
function isReadable({ hostname, searchParams }: URL): boolean {
  const host = searchParams.get('host') ?? decodeURIComponent(hostname);
  const mode = searchParams.get('sslmode') ?? searchParams.get('ssl') ?? 'disable';
  const isLocal = host === '' || host.startsWith('/') || isLoopback(host.replace(/^\[|\]$/g, ''));
  return !isLocal && ['disable', 'allow', 'prefer', 'false', '0'].includes(mode);
}

/** Null unless it is http or https without a path: our addresses begin at the root. */
function originOf(text: string): string | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  const bare =
    url.pathname === '/' &&
    url.search === '' &&
    url.hash === '' &&
    url.username === '' &&
    url.password === '';
  return bare && (url.protocol === 'https:' || url.protocol === 'http:') ? url.origin : null;
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

const isLocalUrl = ({ hostname }: URL) => isLoopback(hostname.replace(/^\[|\]$/g, ''));

function listed(list: string): readonly string[] {
  return list
    .split(',')
    .map((a) => a.trim())
    .filter((a) => a !== '');
}

function isDay(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text) && new Date(`${text}T00:00:00Z`).toJSON()?.startsWith(text) === true;
}

/** An address, a network in CIDR notation, or one of proxy-addr's names. */
function isAddress(text: string): boolean {
  if (['loopback', 'linklocal', 'uniquelocal'].includes(text)) return true;
  const [address = '', bits, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}

/** The real location of a path: links of the existing part are followed. */
function realPlace(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(realPlace(parent), basename(path));
  }
}

/** Whether `inner` is the folder `outer` itself, or inside it. */
export function isWithin(inner: string, outer: string): boolean {
  const way = relative(realPlace(outer), realPlace(inner));
  return way === '' || (!isAbsolute(way) && way !== '..' && !/^\.\.[\\/]/.test(way));
}
