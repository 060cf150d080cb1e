/**
 * Sealed test contacts: the inspectors' own people in the message list. Before any code is issued, the log commits to who they
 * are and what they will answer (or that they never will). After close the inspector opens the commitment. It then shows whether
 * someone answered for them, changed their answers or kept messages from them. Their answers are in the log like all others and
 * count nowhere.
 */
import { z } from 'zod';
import { AppError } from '../errors.ts';
import { canonicalJson, fromHex, sha256, toHex } from '../hash.ts';
import { campaignIdSchema, countyCodeSchema } from '../model/ids.ts';
import { groupSchema, type IssuedSet } from '../model/vocabulary.ts';

const hex = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${bytes * 2}}$`));

const canarySchema = z.strictObject({
  /** The inspector's own label for it; no phone, no person. */
  label: z.string().min(1).max(60),
  group: groupSchema,
  pseudonym: hex(16),
  /** Encoded answers, hexadecimal; null: never answers. */
  answers: z
    .string()
    .regex(/^(?:[0-9a-f]{2})+$/)
    .nullable(),
});
export type Canary = z.infer<typeof canarySchema>;

export const canaryFileSchema = z.strictObject({
  manyi: z.literal('canaries'),
  version: z.literal(1),
  campaign: campaignIdSchema,
  county: countyCodeSchema,
  nonce: hex(32),
  canaries: z.array(canarySchema).min(1).max(200),
});
/** What the inspector gets once and keeps, to open the commitment. */
export type CanaryFile = z.infer<typeof canaryFileSchema>;

/** @throws AppError invalid `evidence.canaries` */
export function parseCanaryFile(text: string): CanaryFile {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\ufeff/, ''));
  } catch {
    value = null;
  }
  const parsed = canaryFileSchema.safeParse(value);
  if (!parsed.success) throw new AppError('invalid', 'evidence.canaries');
  return parsed.data;
}

/** SHA-256(nonce ‖ canonical JSON of the list), hexadecimal. */
export function canaryCommitment(file: Pick<CanaryFile, 'nonce' | 'canaries'>): string {
  return toHex(sha256(fromHex(file.nonce), canonicalJson(file.canaries)));
}

/** What the log has for one pseudonym. */
export interface CanaryRecord {
  /** null: no code was issued for it. */
  readonly set: IssuedSet | null;
  /** The answer that counts, hexadecimal; null: there is none; `erased`: its contents are erased. */
  readonly answers: string | null;
}

export const canaryFaults = ['not-issued', 'missing', 'altered', 'answered', 'erased'] as const;
/**
 * `not-issued`: no code. `missing`: its answer is missing. `altered`: another answer. `answered`: it never answers, but there is
 * an answer. `erased`: there is an answer whose contents are erased, as at the end of the storage period: too late to compare.
 */
export type CanaryFault = (typeof canaryFaults)[number];

export interface CanaryResult {
  readonly label: string;
  readonly group: Canary['group'];
  readonly fault: CanaryFault | null;
}

/** Compares what was sealed with what is stored; a null fault means that they agree. */
export function judgeCanary(canary: Canary, found: CanaryRecord): CanaryResult {
  const { label, group } = canary;
  const fault = (): CanaryFault | null => {
    if (found.set !== 'canary') return 'not-issued';
    if (canary.answers === null) return found.answers === null ? null : 'answered';
    if (found.answers === null) return 'missing';
    if (found.answers === 'erased') return 'erased';
    return found.answers === canary.answers ? null : 'altered';
  };
  return { label, group, fault: fault() };
}
