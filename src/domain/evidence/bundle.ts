/**
 * The bundle: one text file with a JSON document per line. It holds everything that a verifier needs, and no phone, code, salt,
 * comment or superseded answer. Sections have a fixed order (FORMAT.md), so a verifier reads it once from end to end in constant
 * memory, and the roll's entries twice more.
 */
import { z } from 'zod';
import { AppError } from '../errors.ts';
import { fromBase64, toBase64 } from '../hash.ts';
import { campaignIdSchema, contentHashSchema, countyCodeSchema, schoolIdSchema } from '../model/ids.ts';
import {
  channelSchema,
  countedSetSchema,
  groupSchema,
  locationSchema,
  ownershipSchema,
  schoolCategorySchema,
  schoolLevelSchema,
  issuedSets,
  type IssuedSet,
} from '../model/vocabulary.ts';

const hex = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`));
const count = z.int().min(0);

export const headSchema = z.strictObject({
  manyi: z.literal('bundle'),
  /** 2: after the storage period, without answers and with the remaining tallies. */
  version: z.union([z.literal(1), z.literal(2)]),
  campaign: campaignIdSchema,
  county: countyCodeSchema,
  /** The log's verifier key. */
  key: z.string(),
  leaves: count,
  exportedAt: count,
});
export type BundleHead = z.infer<typeof headSchema>;

const documentSchema = z.strictObject({
  document: z.enum(['profile', 'questionnaire']),
  hash: contentHashSchema,
  body: z.string(),
});

const schoolsSchema = z.strictObject({
  schools: z.array(
    z.strictObject({
      id: schoolIdSchema,
      name: z.string(),
      category: schoolCategorySchema,
      location: locationSchema.nullable(),
      level: schoolLevelSchema.nullable(),
      ownership: ownershipSchema,
      pupils: count.nullable(),
      staff: count.nullable(),
      township: z.string(),
      parent: schoolIdSchema.nullable(),
    }),
  ),
});

const entrySchema = z.strictObject({
  id: hex(16),
  group: groupSchema,
  /** School and grade (0: none), as in the roll. */
  schools: z.array(z.tuple([schoolIdSchema, count.max(255)])),
  /** SHA-256(salt ‖ phone). */
  commitment: hex(32),
});
export type BundleEntry = z.infer<typeof entrySchema>;
const entriesSchema = z.strictObject({ entries: z.array(entrySchema).min(1) });

/** Base 64 of `issuedLength` bytes each, ascending pseudonyms. */
const issuedSchema = z.strictObject({ issued: z.string() });
const cellsSchema = z.array(
  z.strictObject({
    questionnaire: count,
    samplingStratum: count,
    reportingStratum: count,
    channel: channelSchema,
    set: countedSetSchema,
    valid: z.boolean(),
    bytes: z.string(),
  }),
);
const firstSchema = z.strictObject({ first: cellsSchema });
/** Only after the storage period: tallies of the answers that counted, which are erased. */
const lastSchema = z.strictObject({ last: cellsSchema });
const checkpointSchema = z.strictObject({ checkpoint: z.string() });
const endSchema = z.strictObject({ end: count });

/** A leaf as exported: `l` the leaf, `h` its hash as the log holds it, `c` nonce ‖ answers; base 64. */
export interface LeafLine {
  readonly l: string | null;
  readonly h: string;
  readonly c?: string;
}

export type BundleLine =
  | { readonly kind: 'document'; readonly value: z.infer<typeof documentSchema> }
  | { readonly kind: 'schools'; readonly value: z.infer<typeof schoolsSchema>['schools'] }
  | { readonly kind: 'entries'; readonly value: readonly BundleEntry[] }
  | { readonly kind: 'issued'; readonly value: Uint8Array }
  | { readonly kind: 'first'; readonly value: z.infer<typeof firstSchema>['first'] }
  | { readonly kind: 'last'; readonly value: z.infer<typeof lastSchema>['last'] }
  | { readonly kind: 'checkpoint'; readonly value: string }
  | { readonly kind: 'leaf'; readonly value: LeafLine }
  | { readonly kind: 'end'; readonly value: number };

/** Sections must come in this order. */
export const sections = [
  'document',
  'schools',
  'entries',
  'issued',
  'first',
  'last',
  'checkpoint',
  'leaf',
  'end',
] as const;

function malformed(line: number, fault: string): AppError {
  return new AppError('corrupt', 'evidence.bundle', { params: { line, fault } });
}

/** @throws AppError corrupt `evidence.bundle` */
export function parseHead(text: string): BundleHead {
  const parsed = headSchema.safeParse(parseJson(text, 1));
  if (!parsed.success) throw malformed(1, 'head');
  assertExact(text, parsed.data, 1);
  return parsed.data;
}

/**
 * Each line has exactly one encoding: members in the order of its schema (which is that of the parsed value), no white space, no
 * unnecessary escape. The log commits to no other: a second encoding could carry content that nobody committed to, such as a
 * repeated member.
 */
function assertExact(text: string, value: unknown, line: number): void {
  if (JSON.stringify(value) !== text) throw malformed(line, 'not as it was written');
}

function parseJson(text: string, line: number): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw malformed(line, 'no JSON');
  }
}

/**
 * Fast parser for a leaf's line as `leafLine` makes it, by position, because there are millions. Base 64 needs no escapes. A line
 * that differs in any way is left to the full parser, which decides.
 */
function parseQuick(text: string): LeafLine | undefined {
  if (!text.startsWith('{"l":"') || text.includes('\\')) return undefined;
  const l = text.indexOf('"', 6);
  if (!text.startsWith('","h":"', l)) return undefined;
  const h = text.indexOf('"', l + 7);
  const leaf = text.slice(6, l);
  const hash = text.slice(l + 7, h);
  if (text.startsWith('"}', h)) return text.length === h + 2 ? { l: leaf, h: hash } : undefined;
  if (!text.startsWith('","c":"', h)) return undefined;
  const c = text.indexOf('"', h + 7);
  if (c < 0 || !text.startsWith('"}', c) || text.length !== c + 2) return undefined;
  return { l: leaf, h: hash, c: text.slice(h + 7, c) };
}

/**
 * @param line number as an editor shows it
 * @throws AppError corrupt `evidence.bundle`
 */
export function parseLine(text: string, line: number): BundleLine {
  const quick = parseQuick(text);
  if (quick) return { kind: 'leaf', value: quick };
  const value = parseJson(text, line);
  if (value === null || typeof value !== 'object') throw malformed(line, 'no object');
  // The many: checked by hand.
  if ('h' in value) {
    const { l, h, c, ...rest } = value as Record<string, unknown>;
    const isLeaf =
      (l === null || typeof l === 'string') &&
      typeof h === 'string' &&
      (c === undefined || typeof c === 'string');
    for (const _ in rest) throw malformed(line, 'leaf');
    if (!isLeaf) throw malformed(line, 'leaf');
    assertExact(text, { l, h, ...(c !== undefined && { c }) }, line);
    return { kind: 'leaf', value: value as LeafLine };
  }
  const take = <T>(schema: z.ZodType<T>): T => {
    const parsed = schema.safeParse(value);
    if (!parsed.success) throw malformed(line, 'section');
    assertExact(text, parsed.data, line);
    return parsed.data;
  };
  if ('document' in value) return { kind: 'document', value: take(documentSchema) };
  if ('schools' in value) return { kind: 'schools', value: take(schoolsSchema).schools };
  if ('entries' in value) return { kind: 'entries', value: take(entriesSchema).entries };
  if ('first' in value) return { kind: 'first', value: take(firstSchema).first };
  if ('last' in value) return { kind: 'last', value: take(lastSchema).last };
  if ('checkpoint' in value) return { kind: 'checkpoint', value: take(checkpointSchema).checkpoint };
  if ('end' in value) return { kind: 'end', value: take(endSchema).end };
  if ('issued' in value) {
    try {
      const bytes = fromBase64(take(issuedSchema).issued);
      if (bytes.length > 0 && bytes.length % issuedLength === 0) return { kind: 'issued', value: bytes };
    } catch (error) {
      if (error instanceof AppError) throw error;
    }
  }
  throw malformed(line, 'section');
}

// Issued codes ---------------------------------------------------------------------------------------------------------

export interface IssuedRecord {
  readonly pseudonym: Uint8Array;
  readonly questionnaire: number;
  readonly samplingStratum: number;
  readonly reportingStratum: number;
  readonly set: IssuedSet;
}

/** pseudonym (16) ‖ questionnaire (2) ‖ sampling stratum (4) ‖ reporting stratum (4) ‖ set (1: position in the list of issued sets); numbers big-endian. */
export const issuedLength = 27;

/** As in the bundle’s line (FORMAT.md): records of fixed width, in base 64. */
export function encodeIssued(list: readonly IssuedRecord[]): string {
  const out = new Uint8Array(list.length * issuedLength);
  const view = new DataView(out.buffer);
  list.forEach((r, i) => {
    const at = i * issuedLength;
    out.set(r.pseudonym, at);
    view.setUint16(at + 16, r.questionnaire);
    view.setUint32(at + 18, r.samplingStratum);
    view.setUint32(at + 22, r.reportingStratum);
    out[at + 26] = issuedSets.indexOf(r.set);
  });
  return toBase64(out);
}

/** @throws RangeError for an unknown counted set */
export function* decodeIssued(bytes: Uint8Array): Generator<IssuedRecord> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length; at += issuedLength) {
    const set = issuedSets[bytes[at + 26]!];
    if (set === undefined) throw new RangeError('no counted set');
    yield {
      pseudonym: bytes.subarray(at, at + 16),
      questionnaire: view.getUint16(at + 16),
      samplingStratum: view.getUint32(at + 18),
      reportingStratum: view.getUint32(at + 22),
      set,
    };
  }
}

/** A leaf as a line of the bundle: its data, or only the hash if the data are erased; with its contents if they exist. */
export function leafLine(leaf: {
  readonly data: Uint8Array | null;
  readonly hash: Uint8Array;
  readonly contents: Uint8Array | null;
}): LeafLine {
  return {
    l: leaf.data && toBase64(leaf.data),
    h: toBase64(leaf.hash),
    ...(leaf.contents && { c: toBase64(leaf.contents) }),
  };
}
