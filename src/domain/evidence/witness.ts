/**
 * Witnesses keep our checkpoints outside the judged county. What a witness holds cannot be rewritten without detection. So every
 * checkpoint is sent to every witness, by its own transport; a witness with a key signs what it gets (C2SP tlog-cosignature).
 */
import { z } from 'zod';
import { AppError, type Issue, type MessageParams } from '../errors.ts';
import type { Decision } from '../model/decision.ts';
import type { CampaignId, CountyCode } from '../model/ids.ts';
import { parseVerifierKey, parseSignatureLine, readCosignature, keyIdOf, type NoteKey } from './note.ts';
import { toHex } from '../hash.ts';

export type WitnessTarget =
  /**
   * Speaks C2SP tlog-witness: before it signs, it checks that a checkpoint extends the last one. `url`: its submission prefix.
   */
  | { readonly kind: 'witness'; readonly url: string }
  | { readonly kind: 'http'; readonly url: string }
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'email'; readonly address: string };

export interface Witness {
  /** As people know him; unique. */
  readonly name: string;
  /** Signs what it gets; null: only stores it. */
  readonly key: NoteKey | null;
  /** null: fetches checkpoints and submits its signature by itself. */
  readonly target: WitnessTarget | null;
}

/** A checkpoint on its way to one witness. */
export interface CheckpointPost {
  readonly campaign: CampaignId;
  readonly county: CountyCode;
  readonly size: number;
  /** Signed note. */
  readonly note: string;
}

/** Why a witness was not reached: a message key with its parameters. */
export interface PostFailure {
  readonly message: string;
  readonly params: MessageParams;
}
/** `reply`: the witness's response, if its transport has responses. `mustSign`: without its signature the delivery failed. */
export type PostOutcome =
  | { readonly ok: true; readonly reply: string; readonly mustSign?: boolean }
  | { readonly ok: false; readonly failure: PostFailure };

/** Sends in order and stops at the first failure: at most one outcome per post, in the posts' order. Never throws. */
export type SendToWitness = (
  witness: Witness,
  posts: readonly CheckpointPost[],
  signal: AbortSignal,
  history: LogHistory,
) => Promise<readonly PostOutcome[]>;

type LogName = Pick<CheckpointPost, 'campaign' | 'county'>;
/** What a witness needs besides a checkpoint. */
export interface LogHistory {
  /** Largest size under the witness's signature that is stored here; 0: none. */
  signedSize(log: LogName): Promise<number>;
  /** Leaves of the log at present. */
  size(log: LogName): Promise<number>;
  /** Consistency of the first `from` leaves with the post's. */
  prove(post: Omit<CheckpointPost, 'note'>, from: number): Promise<readonly Uint8Array[]>;
}

// The list of witnesses ------------------------------------------------------------------------------------------------

const entrySchema = z.strictObject({
  name: z.string().trim().min(1).max(100),
  key: z.string().optional(),
  witness: z.string().optional(),
  url: z.string().optional(),
  folder: z.string().optional(),
  email: z.string().optional(),
});

/** Exactly one address: no list, no display name, no line break that would become a header. */
export function isMailAddress(text: string): boolean {
  return /^[^\s@<>,;:"()[\]\\]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(text) && text.length <= 254;
}

function targetOf(entry: z.infer<typeof entrySchema>): WitnessTarget | null | string {
  const given = [entry.witness, entry.url, entry.folder, entry.email].filter((v) => v !== undefined);
  if (given.length > 1) return 'witness.config.one-target';
  const address = entry.witness ?? entry.url;
  if (address !== undefined) {
    const url = URL.canParse(address) ? new URL(address) : null;
    if (url?.protocol !== 'https:' && url?.protocol !== 'http:') return 'witness.config.url';
    if (entry.witness === undefined) return { kind: 'http', url: url.href };
    if (entry.key === undefined) return 'witness.config.witness-key';
    return { kind: 'witness', url: url.href.replace(/(?<!\/)\/+$/, '') };
  }
  if (entry.folder !== undefined)
    return entry.folder.startsWith('/') && !entry.folder.includes('\0')
      ? { kind: 'folder', path: entry.folder }
      : 'witness.config.folder';
  if (entry.email !== undefined)
    return isMailAddress(entry.email) ? { kind: 'email', address: entry.email } : 'witness.config.email';
  return entry.key === undefined ? 'witness.config.nothing' : null;
}

/**
 * The setting: a JSON list of `{"name": …, "key"?: …, "witness" | "url" | "folder" | "email"?: …}`.
 * @throws AppError config `witness.config.invalid` whose issues name entry and fault
 */
export function parseWitnesses(text: string): readonly Witness[] {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    throw new AppError('config', 'witness.config.invalid', {
      issues: [{ path: '', message: 'witness.config.json' }],
    });
  }
  if (!Array.isArray(list))
    throw new AppError('config', 'witness.config.invalid', {
      issues: [{ path: '', message: 'witness.config.json' }],
    });
  const issues: Issue[] = [];
  const witnesses: Witness[] = [];
  for (const [i, raw] of list.entries()) {
    const fault = (message: string) => issues.push({ path: `[${i}]`, message, params: { no: i + 1 } });
    const parsed = entrySchema.safeParse(raw);
    if (!parsed.success) {
      fault('witness.config.entry');
      continue;
    }
    const entry = parsed.data;
    const target = targetOf(entry);
    if (typeof target === 'string') fault(target);
    let key: NoteKey | null = null;
    if (entry.key !== undefined) {
      try {
        key = parseVerifierKey(entry.key);
      } catch {
        fault('witness.config.key');
      }
      if (key && key.type !== 'cosignature') fault('witness.config.key-type');
    }
    const { name } = entry;
    if (witnesses.some((w) => w.name === name)) fault('witness.config.twice');
    if (key && witnesses.some((w) => w.key?.name === key.name)) fault('witness.config.key-twice');
    if (typeof target !== 'string') witnesses.push({ name, key, target });
  }
  if (issues.length > 0) throw new AppError('config', 'witness.config.invalid', { issues });
  return witnesses;
}

// Sending --------------------------------------------------------------------------------------------------------------

const minute = 60_000;
const longestWait = 6 * 60 * minute;

/** Milliseconds until the next attempt after `attempts` failed ones: 1, 2, 4 … minutes, at most six hours. */
export function retryDelay(attempts: number): number {
  return Math.min(minute * 2 ** Math.min(Math.max(attempts - 1, 0), 20), longestWait);
}

/**
 * Appended after the posts already waiting for the same witness: it is not called again before the delay is over, and gets a
 * log's checkpoints in order.
 */
export function dueBehind(dueAt: number, waiting: number | null): number {
  return Math.max(dueAt, waiting ?? 0);
}

/** A post was accepted. `isSigned`: the response had a valid signature of the witness; `at`: milliseconds since 1970. */
export function decideDelivery(
  witness: string,
  { county, size }: Pick<CheckpointPost, 'county' | 'size'>,
  isSigned: boolean,
  at: number,
): Decision<{ readonly deliveredAt: number; readonly failure: null; readonly failedAt: null }> {
  return {
    changes: { deliveredAt: at, failure: null, failedAt: null },
    leaves: [],
    trail: [{ action: 'witness.delivered', county, details: { witness, size, signed: isSigned } }],
  };
}

/**
 * `dueAt` applies to all posts waiting for this witness. The trail records only a post's first failure.
 * @param attemptsBefore failed attempts so far
 */
export function decideFailedDelivery(
  witness: string,
  { county, size }: Pick<CheckpointPost, 'county' | 'size'>,
  failure: PostFailure,
  attemptsBefore: number,
  at: number,
): Decision<{
  readonly attempts: number;
  readonly failure: PostFailure;
  readonly failedAt: number;
  readonly dueAt: number;
}> {
  const attempts = attemptsBefore + 1;
  return {
    changes: { attempts, failure, failedAt: at, dueAt: at + retryDelay(attempts) },
    leaves: [],
    trail:
      attempts === 1 ? [{ action: 'witness.failed', county, details: { witness, size, ...failure } }] : [],
  };
}

/** A name for files and attachments, unique by log and size, that sorts by size. */
export function postFileName(post: Pick<CheckpointPost, 'campaign' | 'county' | 'size'>): string {
  return `manyi-${post.campaign}-${post.county}-${String(post.size).padStart(12, '0')}.txt`;
}

export interface Cosignature {
  /** Name of the witness's key. */
  readonly witness: string;
  /** Milliseconds since 1970, according to the witness. */
  readonly at: number;
  readonly line: string;
}

/**
 * The witness's signature in its response (the note with its line, or the line alone); null if there is none.
 * @param text that was to be signed
 * @throws AppError invalid `evidence.witness` for an invalid signature of this witness
 */
export function cosignatureIn(reply: string, text: string, key: NoteKey): Cosignature | null {
  const id = toHex(keyIdOf(key));
  for (const line of reply.split(/\r?\n/)) {
    if (!line.startsWith(`\u2014 ${key.name} `)) continue;
    const signature = parseSignatureLine(line);
    if (toHex(signature.keyId) !== id) continue;
    const seconds = readCosignature(text, signature, key);
    if (seconds === undefined) throw new AppError('invalid', 'evidence.witness');
    return { witness: key.name, at: seconds * 1000, line };
  }
  return null;
}

// What is shown --------------------------------------------------------------------------------------------------------

export interface WitnessStatus {
  readonly name: string;
  readonly transport: WitnessTarget['kind'] | null;
  /** Largest size that it accepted or signed; null: none yet. */
  readonly size: number | null;
  readonly at: number | null;
  /** Size under its newest signature; null: none. */
  readonly signed: number | null;
}
/** The head of the log, and who outside holds which size. */
export interface LogStatus {
  readonly origin: string;
  readonly size: number;
  /** Base 64, as in the checkpoint. */
  readonly root: string;
  readonly at: number;
  /** The signed note. */
  readonly note: string;
  readonly witnesses: readonly WitnessStatus[];
  /** By size, largest first: how many witnesses hold it or a larger one, and how many of these signed. */
  readonly held: readonly { readonly size: number; readonly witnesses: number; readonly signed: number }[];
}

/** Sizes that witnesses keep, largest first, with those who keep as much or more. */
export function heldSizes(witnesses: readonly WitnessStatus[]): LogStatus['held'] {
  const sizes = new Set(witnesses.flatMap((w) => [w.size, w.signed]).filter((s) => s !== null));
  return [...sizes]
    .sort((a, b) => b - a)
    .map((size) => ({
      size,
      witnesses: witnesses.filter((w) => Math.max(w.size ?? 0, w.signed ?? 0) >= size).length,
      signed: witnesses.filter((w) => (w.signed ?? 0) >= size).length,
    }));
}
