/**
 * Compares response rows with the leaves of their lots, one by one. A lot is sorted by leaf hash, so each row's leaf is found by
 * its hash. A row without a leaf and a leaf without a row are matched by the log's references. Designed for millions of rows:
 * about three hashes each.
 */
import { sha256Into, toHex } from '../../hash.ts';
import { channels } from '../../model/vocabulary.ts';
import { encodeResponseLeaf, leafTypes, leafVersion } from '../leaf.ts';
import { leafHash } from '../merkle.ts';
import { sameBytes } from '../verify/bytes.ts';
import type { IssuedCodes } from './codes.ts';
import type { Differences } from './difference.ts';
import type { AuditedLog, Lot } from './log.ts';

/** A row in a block of bytes. Numbers as stored. */
export interface ResponseRow {
  block: Uint8Array;
  /** Offset of the 16 bytes of the pseudonym. */
  pseudonym: number;
  revision: number;
  questionnaire: number;
  reportingStratum: number;
  channel: number;
  lot: number;
  /** Offset and length of nonce ‖ answers; −1: erased. */
  contents: number;
  length: number;
  /** Offset of the SHA-256 kept for erased contents; −1: none. */
  contentHash: number;
}

/** A row whose leaf was not found. */
interface Stray {
  readonly row: string;
  readonly hash: string;
  readonly pseudonym: Uint8Array;
  readonly revision: number;
  readonly reportingStratum: number;
  readonly channel: number;
  readonly content: Uint8Array | null;
  readonly lot: number;
}

const table = 'responses';
const referenceWidth = 20;
/** Kept for matching; beyond this only the number is reported. */
const maximumStray = 10_000;
const leafWidth = 59;

export class ResponseAudit {
  /** That the log should have. What came since the last lot is not among them: an audit in an open survey must not tell when somebody answered. */
  rows = 0;
  readonly #differences: Differences;
  readonly #log: AuditedLog;
  readonly #references: Uint8Array;
  readonly #codes: IssuedCodes;
  /** Reporting stratum → questionnaires of its open links. */
  readonly #linked = new Map<number, Set<number>>();
  readonly #isClosed: boolean;
  readonly #seen: Uint8Array;
  readonly #strays = new Map<string, Stray>();
  readonly #leaf = new Uint8Array(1 + leafWidth);
  readonly #content = new Uint8Array(32);
  readonly #hash = new Uint8Array(32);
  #code = 0;

  /** @param references 20 bytes for each leaf: pseudonym ‖ revision, zeros where there is none */
  constructor(differences: Differences, log: AuditedLog, codes: IssuedCodes, references: Uint8Array) {
    this.#differences = differences;
    this.#log = log;
    this.#codes = codes;
    this.#references = references;
    this.#isClosed = log.first('closed') !== undefined;
    this.#seen = new Uint8Array(log.size);
    for (const { body } of log.all('links'))
      for (const { reportingStratum, questionnaire } of body.links) {
        const own = this.#linked.get(reportingStratum) ?? new Set();
        this.#linked.set(reportingStratum, own.add(questionnaire));
      }
    this.#leaf[1] = leafVersion;
    this.#leaf[2] = leafTypes.response;
  }

  /** Rows come in ascending order of pseudonyms. */
  add(row: ResponseRow): void {
    const place = this.#comparePlace(row);
    if (row.lot === 0 && !this.#isClosed) return;
    this.rows += 1;
    const content = this.#contentOf(row);
    if (content === null) {
      this.#stray(row, null, null);
      return;
    }
    if (row.contents >= 0 && row.contentHash >= 0 && !holds(row.block, row.contentHash, content))
      this.#differences.add(table, nameOf(row), null, 'content_hash', toHex(content), 'another');
    const leaf = this.#leaf;
    put32(leaf, 3, row.reportingStratum);
    leaf[7] = row.channel;
    for (let i = 0; i < 16; i++) leaf[8 + i] = row.block[row.pseudonym + i]!;
    put32(leaf, 24, row.revision);
    leaf.set(content, 28);
    const hash = this.#hash;
    sha256Into(leaf, hash, 0);
    const lot = this.#log.lots.get(row.lot);
    const at = lot && row.channel < channels.length ? findHash(this.#log.hashes, lot, hash) : -1;
    if (at < 0) {
      this.#stray(row, content, hash);
      return;
    }
    if (this.#seen[at] === 1) this.#differences.add(table, nameOf(row), at, 'row', 'one row', 'another');
    this.#seen[at] = 1;
    if (!this.#refersTo(at, row))
      this.#differences.add(
        'evidence_references',
        String(at),
        at,
        'data',
        nameOf(row),
        this.#referenceAt(at),
      );
    if (place !== undefined && place !== row.questionnaire)
      this.#differences.add(table, nameOf(row), at, 'questionnaire', place, row.questionnaire);
  }

  /** Good until the next row. */
  #contentOf({ block, contents, length, contentHash }: ResponseRow): Uint8Array | null {
    if (contents < 0) return contentHash >= 0 ? block.subarray(contentHash, contentHash + 32) : null;
    sha256Into(block.subarray(contents, contents + length), this.#content, 0);
    return this.#content;
  }

  /** @returns the questionnaire that the code is for; undefined: a difference was reported */
  #comparePlace(row: ResponseRow): number | undefined {
    const codes = this.#codes;
    const { pseudonyms, size } = codes;
    let order = 1;
    while (this.#code < size) {
      order = compareAt(pseudonyms, this.#code * 16, row.block, row.pseudonym);
      if (order >= 0) break;
      this.#code += 1;
    }
    if (order === 0) return codes.placeOf(this.#code).questionnaire;
    const links = this.#linked.get(row.reportingStratum);
    if (channels[row.channel] === 'link' && links !== undefined) {
      if (!links.has(row.questionnaire))
        this.#differences.add(
          table,
          nameOf(row),
          null,
          'questionnaire',
          [...links].join(', '),
          row.questionnaire,
        );
    } else this.#differences.add(table, nameOf(row), null, 'pseudonym', 'an issued code or an open link', '');
    return undefined;
  }

  #refersTo(at: number, row: ResponseRow): boolean {
    const start = at * referenceWidth;
    for (let i = 0; i < 16; i++)
      if (this.#references[start + i] !== row.block[row.pseudonym + i]) return false;
    return read32(this.#references, start + 16) === row.revision;
  }

  #referenceAt(at: number): string {
    const start = at * referenceWidth;
    return `${toHex(this.#references.subarray(start, start + 16))}/${read32(this.#references, start + 16)}`;
  }

  #stray(row: ResponseRow, content: Uint8Array | null, hash: Uint8Array | null): void {
    const name = nameOf(row);
    if (this.#strays.size >= maximumStray) {
      this.#differences.add(table, name, null, 'row', '', '');
      return;
    }
    this.#strays.set(name, {
      row: name,
      hash: hash === null ? '' : toHex(hash),
      pseudonym: row.block.slice(row.pseudonym, row.pseudonym + 16),
      revision: row.revision,
      reportingStratum: row.reportingStratum,
      channel: row.channel,
      content: content?.slice() ?? null,
      lot: row.lot,
    });
  }

  finish(): void {
    for (const { first, count } of this.#log.lots.values())
      for (let at = first; at < first + count && at < this.#log.size; at++) {
        if (this.#seen[at] === 1) continue;
        const name = this.#referenceAt(at);
        const stray = this.#strays.get(name);
        this.#strays.delete(name);
        if (stray === undefined)
          this.#differences.add(table, name, at, 'row', toHex(hashAt(this.#log.hashes, at)), '');
        else this.#explain(stray, at);
      }
    for (const { row, lot, reportingStratum, channel } of this.#strays.values())
      this.#differences.add(table, row, null, 'row', '', {
        lot,
        reportingStratum,
        channel: channels[channel] ?? channel,
      });
  }

  /** Which column of a row was changed, if the row differs from its leaf. */
  #explain(stray: Stray, at: number): void {
    const expected = hashAt(this.#log.hashes, at);
    const lot = [...this.#log.lots].find(([, l]) => at >= l.first && at < l.first + l.count)?.[0];
    const say = (what: string, was: unknown, is: unknown) =>
      this.#differences.add(table, stray.row, at, what, was, is);
    if (stray.content === null) return say('content_hash', 'answers, or their hash', '');
    if (stray.hash === toHex(expected)) return say('lot', lot, stray.lot);
    const { pseudonym, revision, content } = stray;
    const strata = new Set([
      stray.reportingStratum,
      ...this.#codes.places.map((p) => p.reportingStratum),
      ...this.#linked.keys(),
    ]);
    for (const reportingStratum of strata)
      for (const channel of channels) {
        if (reportingStratum < 1 || reportingStratum > 0xffff_ffff) continue;
        const leaf = encodeResponseLeaf({ reportingStratum, channel, pseudonym, revision, content });
        if (!sameBytes(leafHash(leaf), expected)) continue;
        if (reportingStratum !== stray.reportingStratum)
          say('reporting_stratum', reportingStratum, stray.reportingStratum);
        if (channel !== channels[stray.channel])
          say('channel', channel, channels[stray.channel] ?? stray.channel);
        return;
      }
    say('answers', toHex(expected), stray.hash);
  }
}

function nameOf({ block, pseudonym, revision }: ResponseRow): string {
  return `${toHex(block.subarray(pseudonym, pseudonym + 16))}/${revision}`;
}

function holds(block: Uint8Array, at: number, bytes: Uint8Array): boolean {
  return bytes.every((b, i) => block[at + i] === b);
}

const hashAt = (hashes: Uint8Array, at: number) => hashes.subarray(at * 32, at * 32 + 32);

function put32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

function read32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

function compareAt(a: Uint8Array, i: number, b: Uint8Array, j: number): number {
  for (let k = 0; k < 16; k++) {
    const order = a[i + k]! - b[j + k]!;
    if (order !== 0) return order;
  }
  return 0;
}

function compareHash(hashes: Uint8Array, at: number, hash: Uint8Array): number {
  for (let i = 0, start = at * 32; i < 32; i++) {
    const order = hashes[start + i]! - hash[i]!;
    if (order !== 0) return order;
  }
  return 0;
}

/** Hashes are sorted and uniformly distributed: the first bytes give the approximate position, and bisection does the rest. */
function findHash(hashes: Uint8Array, { first, count }: Lot, hash: Uint8Array): number {
  const last = Math.min(first + count, hashes.length / 32) - 1;
  const guess = first + Math.floor((read32(hash, 0) / 2 ** 32) * count);
  let spread = 4 + Math.ceil(2 * Math.sqrt(count));
  let low = Math.max(first, guess - spread);
  let high = Math.min(last, guess + spread);
  while (low > first && compareHash(hashes, low, hash) > 0) {
    high = low;
    spread *= 2;
    low = Math.max(first, low - spread);
  }
  while (high < last && compareHash(hashes, high, hash) < 0) {
    low = high;
    spread *= 2;
    high = Math.min(last, high + spread);
  }
  while (low <= high) {
    const at = (low + high) >>> 1;
    const order = compareHash(hashes, at, hash);
    if (order === 0) return at;
    if (order < 0) low = at + 1;
    else high = at - 1;
  }
  return -1;
}
