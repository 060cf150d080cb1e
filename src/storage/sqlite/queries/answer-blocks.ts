/**
 * Reads millions of rows for the audit. SQLite concatenates thousands of them into one blob (`group_concat`), because returning a
 * row costs ten times as much as finding it. Codes and answers are each read once in key order, and merged here: looking up each
 * answer's code would cost as much again. `char()` writes a number in one to four bytes; an invalid number comes back as 65,533,
 * which is no stratum, channel or set.
 */
import { IssuedCodes } from '../../../domain/evidence/audit/codes.ts';
import type { ResponseRow } from '../../../domain/evidence/audit/responses.ts';
import type { CountyCode } from '../../../domain/model/ids.ts';
import { issuedSets } from '../../../domain/model/vocabulary.ts';
import {
  addPlace,
  comparePseudonyms,
  corrupt,
  createPlaces,
  pseudonymSize,
  type IssuedPlaces,
  type Places,
} from '../../shared/places.ts';
import { createRespondentMerge, type GluedRows, type TakeRespondent } from '../../shared/respondents.ts';
import type { Raw } from '../connection.ts';

/** Reads one block from start to end. */
class BlockReader implements GluedRows {
  at = 0;
  readonly bytes: Uint8Array;
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
  get more(): boolean {
    return this.at < this.bytes.length;
  }
  number(): number {
    const { bytes } = this;
    const first = bytes[this.at++]!;
    if (first < 0x80) return first;
    const next = () => bytes[this.at++]! & 0x3f;
    if (first < 0xe0) return ((first & 0x1f) << 6) | next();
    if (first < 0xf0) return ((first & 0x0f) << 12) | (next() << 6) | next();
    return ((first & 0x07) << 18) | (next() << 12) | (next() << 6) | next();
  }
  /** @returns where the bytes begin */
  skip(length: number): number {
    const start = this.at;
    this.at += length;
    return start;
  }
}

/**
 * The blocks of a table in the order of pseudonyms, in the given number of parts; `select` ends with the conditions, whose
 * parameters are passed each time.
 */
function prepareBlocks(raw: Raw, select: string, parts: number) {
  const bounded = raw.prepare(`${select} AND pseudonym >= ? AND pseudonym < ?`).pluck();
  // Includes rows that someone may have inserted after the last possible one.
  const last = raw.prepare(`${select} AND pseudonym >= ?`).pluck();
  const bounds = Array.from({ length: parts }, (_, i) => Buffer.of(Math.floor((i * 256) / parts)));
  bounds[0] = Buffer.alloc(0);
  return function* (...parameters: readonly number[]): Generator<Uint8Array> {
    for (const [i, from] of bounds.entries()) {
      const upTo = bounds[i + 1];
      const block = upTo ? bounded.get(...parameters, from, upTo) : last.get(...parameters, from);
      if (block !== null) yield block as Buffer;
    }
  };
}
/** For all codes of a campaign, and for a county's answers: blocks of some hundred kilobytes at five million. */
const issuedParts = 256;
const answerParts = 16;

/**
 * The places of the codes of these counties.
 * @throws AppError corrupt
 */
export function readIssuedPlaces(raw: Raw, campaign: number, counties: readonly CountyCode[]): IssuedPlaces {
  const all = counties.map((code): readonly [CountyCode, Places] => [code, createPlaces(256)]);
  const byNumber = new Map(all.map(([code, places]) => [Number(code), places]));
  const select = `SELECT CAST(group_concat(char(length(pseudonym), CAST(county AS INTEGER), sampling_stratum, CASE counted_set ${setNumber} ELSE -1 END) || pseudonym, '') AS BLOB)
     FROM issued WHERE campaign = ?`;
  for (const block of prepareBlocks(raw, select, issuedParts)(campaign)) {
    const reader = new BlockReader(block);
    while (reader.more) {
      const length = reader.number();
      const places = byNumber.get(reader.number());
      const samplingStratum = reader.number();
      const set = reader.number();
      if (length !== pseudonymSize) throw corrupt('issued.pseudonym');
      const pseudonym = reader.skip(length);
      // Another county's: filtering in SQL would cost as much as reading it.
      if (!places) continue;
      if (set >= issuedSets.length) throw corrupt('issued.counted_set');
      addPlace(places, block, pseudonym, samplingStratum, set);
    }
  }
  return new Map(all);
}

export interface AnswerReader {
  /** Every respondent of a county once, by pseudonym. @throws AppError corrupt */
  eachRespondent(county: CountyCode, take: TakeRespondent): void;
}

/** Reads answers of the counties whose codes were read. */
export function createAnswerReader(raw: Raw, campaign: number, issued: IssuedPlaces): AnswerReader {
  const blocksOf = prepareBlocks(
    raw,
    `SELECT CAST(group_concat(char(length(pseudonym), revision, questionnaire, reporting_stratum, channel, coalesce(length(answers) + 1, 0)) || pseudonym || coalesce(answers, ''), '') AS BLOB)
     FROM responses WHERE campaign = ? AND county = ?`,
    answerParts,
  );
  return {
    eachRespondent(county, take) {
      const places = issued.get(county);
      if (!places) throw new RangeError(`eachRespondent: codes of ${county} were not read`);
      const add = createRespondentMerge(places, take);
      for (const block of blocksOf(campaign, Number(county))) {
        add(block, new BlockReader(block));
      }
    },
  };
}

const setNumber = issuedSets.map((set, i) => `WHEN '${set}' THEN ${i}`).join(' ');

/**
 * The codes of these counties with their strata and questionnaires.
 * @throws AppError corrupt
 */
export function readIssuedCodes(
  raw: Raw,
  campaign: number,
  counties: readonly CountyCode[],
): ReadonlyMap<CountyCode, IssuedCodes> {
  const all = counties.map((code): readonly [CountyCode, IssuedCodes] => [code, new IssuedCodes()]);
  const byNumber = new Map(all.map(([code, codes]) => [Number(code), codes]));
  const select = `SELECT CAST(group_concat(char(length(pseudonym), CAST(county AS INTEGER), questionnaire, sampling_stratum, reporting_stratum, CASE counted_set ${setNumber} ELSE -1 END) || pseudonym, '') AS BLOB)
     FROM issued WHERE campaign = ?`;
  for (const block of prepareBlocks(raw, select, issuedParts)(campaign)) {
    const reader = new BlockReader(block);
    while (reader.more) {
      const length = reader.number();
      const codes = byNumber.get(reader.number());
      const questionnaire = reader.number();
      const samplingStratum = reader.number();
      const reportingStratum = reader.number();
      const set = reader.number();
      if (length !== pseudonymSize) throw corrupt('issued.pseudonym');
      const pseudonym = reader.skip(length);
      if (!codes) continue;
      if (set >= issuedSets.length) throw corrupt('issued.counted_set');
      codes.add(block, pseudonym, questionnaire, samplingStratum, reportingStratum, set);
    }
  }
  return new Map(all);
}

/**
 * Every row of a county's answers in ascending order of pseudonym and revision; the object is reused for the next one.
 * @throws AppError corrupt
 */
export function eachResponseRow(
  raw: Raw,
  campaign: number,
  county: CountyCode,
  take: (row: ResponseRow) => void,
): void {
  const row: ResponseRow = {
    ...{ block: new Uint8Array(0), pseudonym: 0, revision: 0, questionnaire: 0, reportingStratum: 0 },
    ...{ channel: 0, lot: 0, contents: -1, length: 0, contentHash: -1 },
  };
  const blocks = prepareBlocks(
    raw,
    `SELECT CAST(group_concat(char(length(pseudonym), revision, questionnaire, reporting_stratum, channel, lot, coalesce(length(nonce) + length(answers) + 1, 0), coalesce(length(content_hash) + 1, 0))
       || pseudonym || coalesce(nonce, '') || coalesce(answers, '') || coalesce(content_hash, ''), '') AS BLOB)
     FROM responses WHERE campaign = ? AND county = ?`,
    answerParts,
  );
  for (const block of blocks(campaign, Number(county))) {
    const reader = new BlockReader(block);
    let before = -1;
    row.block = block;
    while (reader.more) {
      if (reader.number() !== pseudonymSize) throw corrupt('responses.pseudonym');
      row.revision = reader.number();
      row.questionnaire = reader.number();
      row.reportingStratum = reader.number();
      row.channel = reader.number();
      row.lot = reader.number();
      row.length = reader.number() - 1;
      const hash = reader.number() - 1;
      row.pseudonym = reader.skip(pseudonymSize);
      row.contents = row.length < 0 ? -1 : reader.skip(row.length);
      row.contentHash = hash < 0 ? -1 : reader.skip(hash);
      if (hash >= 0 && hash !== 32) throw corrupt('responses.content_hash');
      // Checks the key order, on which the merge with the codes depends and which no standard guarantees.
      if (before >= 0 && comparePseudonyms(block, before, block, row.pseudonym) > 0)
        throw corrupt('responses.pseudonym');
      before = row.pseudonym;
      take(row);
    }
  }
}
