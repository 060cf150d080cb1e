/**
 * Encoding of evidence log leaves: version ‖ type ‖ body. A response's body has fixed widths. Every other body is canonical JSON,
 * so that it can be read without this program. Leaves are canonical: decoding refuses anything that encoding would not have
 * written. FORMAT.md specifies them. Above 500 lines, because the bodies of all leaves are one format and are read together.
 */
import { z } from 'zod';
import { AppError } from '../errors.ts';
import { reportingLevels } from '../frame/strata.ts';
import { inspectionRecords } from '../inspection/record-names.ts';
import { canonicalJson, createSha256, sha256, toHex } from '../hash.ts';
import { campaignIdSchema, contentHashSchema, countyCodeSchema, schoolIdSchema } from '../model/ids.ts';
import { messageStates } from '../messaging/outbox.ts';
import { sendingKinds, textForms } from '../model/sending.ts';
import { flagKindSchema } from '../scoring/signals/flags.ts';
import type { TallyCell } from '../scoring/tally/tally.ts';
import {
  channels,
  channelSchema,
  countedSetSchema,
  groupSchema,
  issuedSetSchema,
  locationSchema,
  purposeSchema,
  type Channel,
} from '../model/vocabulary.ts';

export const leafVersion = 1;

/** The second byte of a leaf. Append only. */
export const leafTypes = {
  response: 1,
  frame: 2,
  'late-edit': 3,
  draw: 4,
  issue: 5,
  'late-issue': 6,
  links: 7,
  open: 8,
  export: 9,
  void: 10,
  dates: 11,
  flag: 12,
  lot: 13,
  closing: 14,
  dispositions: 15,
  'keys-destroyed': 16,
  closed: 17,
  release: 18,
  bundle: 19,
  canaries: 20,
  'canaries-opened': 21,
  ineligible: 22,
  signal: 23,
  rekey: 24,
  heads: 25,
  inspection: 26,
  schedule: 27,
  sent: 28,
} as const;
export type LeafType = keyof typeof leafTypes;
export type StateLeafType = Exclude<LeafType, 'response'>;

// Response -------------------------------------------------------------------------------------------------------------

export interface ResponseHeader {
  readonly reportingStratum: number;
  readonly channel: Channel;
  /** 16 bytes. */
  readonly pseudonym: Uint8Array;
  /** From 1, counted by pseudonym. */
  readonly revision: number;
}
export interface ResponseLeaf extends ResponseHeader {
  /** SHA-256(nonce ‖ answers), 32 bytes. */
  readonly content: Uint8Array;
}

export const responseLeafLength = 1 + 1 + 4 + 1 + 16 + 4 + 32;

/** What a response leaf commits to. The nonce (16 random bytes) makes equal answers differ, and keeps erased ones unguessable. */
export function contentHashOf(nonce: Uint8Array, answers: Uint8Array): Uint8Array {
  return sha256(nonce, answers);
}

/** version (1) ‖ 1 ‖ reporting stratum (4) ‖ channel (1) ‖ pseudonym (16) ‖ revision (4) ‖ content (32); numbers big-endian. */
export function encodeResponseLeaf(leaf: ResponseLeaf): Uint8Array {
  const { reportingStratum, channel, pseudonym, revision, content } = leaf;
  if (pseudonym.length !== 16 || content.length !== 32) throw new RangeError('not a response leaf');
  const out = new Uint8Array(responseLeafLength);
  const view = new DataView(out.buffer);
  out[0] = leafVersion;
  out[1] = leafTypes.response;
  view.setUint32(2, reportingStratum);
  out[6] = channels.indexOf(channel);
  out.set(pseudonym, 7);
  view.setUint32(23, revision);
  out.set(content, 27);
  return out;
}

function uint32(data: Uint8Array, at: number): number {
  return ((data[at]! << 24) | (data[at + 1]! << 16) | (data[at + 2]! << 8) | data[at + 3]!) >>> 0;
}

/** @throws AppError corrupt `evidence.leaf` */
export function decodeResponseLeaf(data: Uint8Array): ResponseLeaf {
  const channel = channels[data[6] ?? 255];
  if (
    data.length !== responseLeafLength ||
    data[0] !== leafVersion ||
    data[1] !== leafTypes.response ||
    channel === undefined
  )
    throw malformed('response');
  const reportingStratum = uint32(data, 2);
  const revision = uint32(data, 23);
  if (reportingStratum === 0 || revision === 0) throw malformed('response');
  return {
    reportingStratum,
    channel,
    pseudonym: data.subarray(7, 23),
    revision,
    content: data.subarray(27, 59),
  };
}

// State ----------------------------------------------------------------------------------------------------------------

const count = z.int().min(0);
const time = z.int().min(0);
const hash = z.string().regex(/^[0-9a-f]{64}$/);
/** `id` null: the service itself. */
const person = z.strictObject({ id: z.string().nullable(), name: z.string(), role: z.string() });
const proposer = z.strictObject({ id: z.string(), name: z.string() });
const stamped = { at: time, by: person };
const questionnaires = z.array(
  z.strictObject({
    no: z.int().min(1),
    hash: contentHashSchema,
    groups: z.array(groupSchema),
    /** Of a split ballot alone. */
    arm: z.string().optional(),
    official: z.literal(true).optional(),
    /** Percent; absent: equal arms. */
    share: z.int().min(1).max(99).optional(),
  }),
);

const samplingStratum = z.strictObject({
  no: z.int().min(1),
  group: groupSchema,
  location: locationSchema.nullable(),
  grade: z.int().nullable(),
  kind: z.enum(['frame', 'slips']),
  frameSize: count.nullable(),
  quota: count,
  drawn: count,
  replacements: count,
});
const reportingStratum = z.strictObject({
  no: z.int().min(1),
  group: groupSchema,
  level: z.enum(reportingLevels),
  key: z.string(),
  name: z.string(),
  schools: z.array(schoolIdSchema),
  location: locationSchema.nullable(),
  issued: z.strictObject({ drawn: count, replacement: count, other: count }),
});
/** The cell to which codes were issued. */
const codeCell = {
  questionnaire: z.int().min(1),
  samplingStratum: count,
  reportingStratum: z.int().min(1),
  set: issuedSetSchema,
  count,
};

const texts = z.array(z.strictObject({ reportingStratum: z.int().min(1), count: z.int().min(1), hash }));

export const stateLeafSchemas = {
  /** Always the first leaf: identifies the log, and commits to the roll. */
  frame: z.strictObject({
    campaign: campaignIdSchema,
    county: countyCodeSchema,
    name: z.string(),
    residents: z.strictObject({ count, asOf: z.string() }).nullable(),
    slips: z.array(z.strictObject({ group: groupSchema, count })),
    profile: contentHashSchema,
    questionnaires,
    /** SHA-256 of the canonical JSON of the list of schools. */
    schools: hash,
    /** RFC 6962 root over the frame's entries (frame-entry.ts), ascending ids. */
    root: hash,
    size: count,
    ...stamped,
  }),
  /**
   * Contacts added after the freeze. `entries`: SHA-256 of the concatenated ids of the new entries, ascending; `ids`: these ids,
   * hexadecimal. Absent in earlier logs.
   */
  'late-edit': z.strictObject({
    import: z.string(),
    group: groupSchema,
    reason: z.string().nullable(),
    file: z.string().nullable(),
    added: count,
    entries: hash,
    ids: z
      .string()
      .regex(/^(?:[0-9a-f]{32})*$/)
      .optional(),
    ...stamped,
  }),
  draw: z.strictObject({
    dice: z.string(),
    seed: hash,
    moves: z.array(z.strictObject({ from: groupSchema, to: groupSchema, count })),
    quotas: z.partialRecord(groupSchema, count),
    ...stamped,
  }),
  /** `pseudonyms`: SHA-256 of the cell's concatenated pseudonyms, ascending. `contacts`: see `drawnContactsHash`. */
  issue: z.strictObject({
    sampling: z.array(samplingStratum),
    reporting: z.array(reportingStratum),
    codes: z.array(z.strictObject({ ...codeCell, pseudonyms: hash })),
    contacts: hash,
    ...stamped,
  }),
  /** `pseudonyms`: concatenated, ascending, hexadecimal. */
  'late-issue': z.strictObject({
    codes: z.array(z.strictObject({ ...codeCell, pseudonyms: z.string().regex(/^(?:[0-9a-f]{32})*$/) })),
    ...stamped,
  }),
  links: z.strictObject({
    links: z.array(
      z.strictObject({
        group: groupSchema,
        school: schoolIdSchema.nullable(),
        reportingStratum: z.int().min(1),
        questionnaire: z.int().min(1),
      }),
    ),
    ...stamped,
  }),
  open: z.strictObject({
    name: z.string(),
    purpose: purposeSchema,
    commissioner: z.string(),
    commissionerPhone: z.string(),
    closesAt: time,
    storageUntil: time,
    selfAdministered: z.boolean(),
    demo: z.boolean(),
    /**
     * Which of several answers counts (domain/answer/revision.ts). Absent: rule 1, for campaigns opened before rule 2 existed.
     */
    revisionRule: z.literal(2).optional(),
    /** The rule of disclosure control (domain/scoring/suppression/rule.ts). Absent: rule 1, likewise. */
    disclosureRule: z.literal([2, 3, 4, 5]).optional(),
    ...stamped,
  }),
  /** Codes were handed out. */
  export: z.strictObject({
    id: z.string(),
    kind: z.enum(['invitation', 'reminder', 'replacement', 'late', 'slips']),
    format: z.enum(['xlsx', 'csv', 'html']),
    groups: z.array(groupSchema),
    count,
    file: hash,
    ...stamped,
  }),
  void: z.strictObject({
    county: countyCodeSchema.nullable(),
    group: groupSchema.nullable(),
    reportingStratum: z.int().min(1).nullable(),
    reason: z.string(),
    proposedBy: proposer,
    proposedAt: time,
    ...stamped,
  }),
  dates: z.strictObject({
    closesAt: time,
    reason: z.string(),
    proposedBy: proposer,
    proposedAt: time,
    ...stamped,
  }),
  /** Contacts declared not to belong to the frozen roll; `issued`: those of them with a code. */
  ineligible: z.strictObject({
    samplingStratum: z.int().min(1),
    contacts: z.int().min(1),
    issued: count,
    reason: z.string(),
    proposedBy: proposer,
    proposedAt: time,
    ...stamped,
  }),
  /** Flagged for readers, but still counted. */
  flag: z.strictObject({
    group: groupSchema.nullable(),
    reportingStratum: z.int().min(1).nullable(),
    reason: z.string(),
    ...stamped,
  }),
  /**
   * A signal of one stratum (domain/scoring/signals/flags.ts), stated at close: flagged, not deleted. `lot`: the lot being
   * filled; null: all.
   */
  signal: z.strictObject({
    kind: flagKindSchema,
    reportingStratum: z.int().min(1),
    lot: z.int().min(1).nullable(),
    observed: z.number().min(0),
    n: count,
    expected: z.number().min(0),
    at: time,
  }),
  /**
   * Starts a lot: the next `responses` leaves are its response leaves, in ascending order of their leaf hashes. `waiting`:
   * carried over to the next lot.
   */
  lot: z.strictObject({ no: z.int().min(1), responses: z.int().min(1), waiting: count, at: time }),
  closing: z.strictObject(stamped),
  /**
   * `first`: SHA-256 of the canonical JSON of the tally cells of first answers (`presentCells`); `last`: the same for the answers
   * that count. `comments`, `reports` (of pressure): see texts.ts. Optional members are absent in logs of campaigns closed before
   * they were introduced.
   */
  dispositions: z.strictObject({
    strata: z.array(
      z.strictObject({
        reportingStratum: z.int().min(1),
        set: countedSetSchema,
        channel: channelSchema,
        answered: count,
        valid: count,
      }),
    ),
    reanswers: z.array(
      z.strictObject({ reportingStratum: z.int().min(1), respondents: count, reanswered: count }),
    ),
    first: hash,
    last: hash.optional(),
    comments: texts.optional(),
    reports: texts.optional(),
    /** Codes without an answer, by delivery outcome. */
    fates: z
      .array(
        z.strictObject({
          reportingStratum: z.int().min(1),
          set: countedSetSchema,
          optedOut: count,
          wrongNumber: count,
          undeliverable: count,
        }),
      )
      .optional(),
    at: time,
  }),
  /**
   * With `tallies` the storage period has ended and all contents are erased: SHA-256 of the canonical JSON of the remaining tally
   * cells.
   */
  'keys-destroyed': z.strictObject({ keys: z.array(z.string()), tallies: hash.optional(), at: time }),
  closed: z.strictObject({ at: time }),
  release: z.strictObject(stamped),
  /**
   * Contents of the log were handed over, in a file that states the time `at`. `checkpoints`: sizes of the heads signed before,
   * ascending. Absent in logs handed over before these were stated.
   */
  bundle: z.strictObject({ checkpoints: z.array(z.int().min(1)).optional(), ...stamped }),
  /** The log's key was lost or replaced: another key signs from the next checkpoint on. Ed25519 public keys. */
  rekey: z.strictObject({ before: hash, after: hash, ...stamped }),
  /**
   * Heads of what is kept outside the log, see decide-heads.ts: the trail's last entry; sizes of checkpoints and days of rates
   * that no earlier `heads` leaf names.
   */
  heads: z.strictObject({
    trail: z.strictObject({ no: z.int().min(1), hash }).nullable(),
    checkpoints: z.array(z.int().min(1)),
    snapshots: z.array(z.strictObject({ day: z.string(), hash })),
    at: time,
  }),
  /** What the service will send, to all strata alike, stated before the first message is sent. `perDay` null: no daily limit. */
  schedule: z.strictObject({
    sendings: z.array(
      z.strictObject({ no: z.int().min(1), kind: z.enum(sendingKinds), template: z.string(), dueAt: time }),
    ),
    channel: z.string(),
    form: z.enum(textForms),
    signature: z.string(),
    perDay: z.int().min(1).nullable(),
    ...stamped,
  }),
  /**
   * The result of one scheduled sending. `audience`: all its recipients, answered or not, by stratum. Recipients of a reminder
   * who had answered by then got nothing. `counts` (by state) cover the whole county. `startedAt` null: it was cancelled before.
   */
  sent: z.strictObject({
    no: z.int().min(1),
    kind: z.enum(sendingKinds),
    channel: z.string(),
    end: z.enum(['finished', 'cancelled', 'closed']),
    audience: z.array(
      z.strictObject({ reportingStratum: z.int().min(1), set: countedSetSchema, contacts: z.int().min(1) }),
    ),
    counts: z.partialRecord(z.enum(messageStates), count),
    segments: count,
    repeats: count,
    startedAt: time.nullable(),
    at: time,
  }),
  /** Test contacts of an inspector. `commitment`: SHA-256(nonce ‖ canonical JSON of the list) (canaries.ts). */
  canaries: z.strictObject({ commitment: hash, count: z.int().min(1), ...stamped }),
  /** The inspector opened the commitment: how many contacts had which fault. */
  'canaries-opened': z.strictObject({
    commitment: hash,
    faults: z.strictObject({
      'not-issued': count,
      missing: count,
      altered: count,
      answered: count,
      /** Absent in logs from before `erased` was a separate fault. */
      erased: count.optional(),
    }),
    ...stamped,
  }),
  /**
   * A version of a document of the county's inspection. `no`: from 1, over all documents; `version`: from 1 within its document;
   * `content`: SHA-256 of its canonical JSON. Versions from before the freeze follow the frame's leaf, each with its own time.
   */
  inspection: z.strictObject({
    no: z.int().min(1),
    record: z.enum(inspectionRecords),
    version: z.int().min(1),
    /** What was done. */
    change: z.string().regex(/^[a-z][a-z-]*$/),
    content: hash,
    reason: z.string().nullable(),
    ...stamped,
  }),
} as const satisfies Record<StateLeafType, z.ZodType>;

export type StateLeafBody<T extends StateLeafType> = z.infer<(typeof stateLeafSchemas)[T]>;
export type StateLeaf = {
  [T in StateLeafType]: { readonly type: T; readonly body: StateLeafBody<T> };
}[StateLeafType];

const typeOfByte = new Map(
  Object.entries(leafTypes).map(([name, byte]) => [byte as number, name as LeafType]),
);

function malformed(fault: string): AppError {
  return new AppError('corrupt', 'evidence.leaf', { params: { fault } });
}

/**
 * version ‖ type ‖ canonical JSON.
 * @throws ZodError if the body does not match its type
 */
export function encodeStateLeaf<T extends StateLeafType>(type: T, body: StateLeafBody<T>): Uint8Array {
  const json = new TextEncoder().encode(canonicalJson(stateLeafSchemas[type].parse(body)));
  const out = new Uint8Array(2 + json.length);
  out[0] = leafVersion;
  out[1] = leafTypes[type];
  out.set(json, 2);
  return out;
}

/** @throws AppError corrupt `evidence.leaf` for another version, an unknown type, or bytes that are not canonical */
export function leafTypeOf(data: Uint8Array): LeafType {
  const type = typeOfByte.get(data[1] ?? 0);
  if (data[0] !== leafVersion || type === undefined) throw malformed('version or type');
  return type;
}

/** @throws AppError corrupt `evidence.leaf` */
export function decodeStateLeaf(data: Uint8Array): StateLeaf {
  const type = leafTypeOf(data);
  if (type === 'response') throw malformed('type');
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(data.subarray(2)));
  } catch {
    throw malformed(type);
  }
  const parsed = stateLeafSchemas[type].safeParse(value);
  if (!parsed.success) throw malformed(type);
  const again = encodeStateLeaf(type, parsed.data as never);
  if (again.length !== data.length || again.some((b, i) => b !== data[i]))
    throw malformed(`${type} not canonical`);
  return { type, body: parsed.data } as StateLeaf;
}

/** Tally cells as documents: `first` of the dispositions is their content hash. */
export function presentCells(cells: readonly TallyCell[]) {
  return cells.map(({ questionnaire, samplingStratum, reportingStratum, channel, set, valid, bytes }) => ({
    questionnaire,
    samplingStratum,
    reportingStratum,
    channel,
    set,
    valid,
    bytes: toHex(bytes),
  }));
}

// What leaves commit to ------------------------------------------------------------------------------------------------

/** SHA-256 of the concatenation of byte strings of equal length, ascending. */
export function sortedListHash(list: readonly Uint8Array[]): string {
  const width = list[0]?.length ?? 0;
  const out = new Uint8Array(list.length * width);
  list.forEach((item, i) => out.set(item, i * width));
  return toHex(sha256(out));
}

/** Bytes hashed per call: for millions of items, a call each would take longer than the hashing. */
const listPiece = 1024;

/** Like `sortedListHash`, for a list that is never completely in memory: items are added in ascending order. */
export function createListHash(): { add(item: Uint8Array): void; digest(): string } {
  const hash = createSha256();
  const piece = new Uint8Array(listPiece);
  let length = 0;
  return {
    add(item) {
      if (length + item.length > listPiece) {
        hash.update(piece.subarray(0, length));
        length = 0;
      }
      if (item.length > listPiece) return hash.update(item);
      piece.set(item, length);
      length += item.length;
    },
    digest() {
      hash.update(piece.subarray(0, length));
      return toHex(hash.digest());
    },
  };
}

const sets = countedSetSchema.options;
/** One drawn contact for `sortedListHash`: entry id (16) ‖ counted set (1, position in the list of sets) ‖ reporting stratum (4). */
export function drawnContactBytes(
  entry: Uint8Array,
  set: (typeof sets)[number],
  reporting: number,
): Uint8Array {
  const out = new Uint8Array(21);
  out.set(entry);
  out[16] = sets.indexOf(set);
  new DataView(out.buffer).setUint32(17, reporting);
  return out;
}
