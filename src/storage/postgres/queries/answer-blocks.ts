/**
 * Reads millions of rows for the audit. The server concatenates thousands of them into one value, because returning a row costs
 * ten times as much as finding it. Codes and answers are each read once in key order, and merged here. Numbers are written by
 * `int4send`, in four bytes.
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
    return (
      (bytes[this.at++]! << 24) | (bytes[this.at++]! << 16) | (bytes[this.at++]! << 8) | bytes[this.at++]!
    );
  }
  /** @returns where the bytes begin */
  skip(length: number): number {
    const start = this.at;
    this.at += length;
    return start;
  }
}

/**
 * The rows of a county in one table, in the order of pseudonyms, in the given number of blocks. While one is processed here, the
 * server prepares the next: the caller must not use the connection for anything else meanwhile.
 */
async function* eachBlock(
  raw: Raw,
  { table, columns, order }: { readonly table: string; readonly columns: string; readonly order: string },
  campaign: number,
  county: number | string,
  parts: number,
): AsyncGenerator<Uint8Array> {
  const statement = raw
    .prepare(
      `SELECT string_agg(${columns}, ''::bytea ORDER BY ${order}) FROM ${table}
       WHERE campaign = ? AND county = ? AND pseudonym >= ? AND (?::bytea IS NULL OR pseudonym < ?::bytea)`,
    )
    .pluck();
  const glue = (part: number): Promise<unknown> => {
    const from = part === 0 ? Buffer.alloc(0) : Buffer.of(Math.floor((part * 256) / parts));
    // Rows that someone may have inserted after the last possible one are in the last block.
    const upTo = part === parts - 1 ? null : Buffer.of(Math.floor(((part + 1) * 256) / parts));
    const asked = statement.get(campaign, county, from, upTo, upTo);
    // It may fail before anyone awaits it.
    asked.catch(() => undefined);
    return asked;
  };
  let next = glue(0);
  try {
    for (let part = 1; part <= parts; part++) {
      const block = (await next) as Buffer | null;
      if (part < parts) next = glue(part);
      if (block !== null) yield block;
    }
  } finally {
    // If the caller stops early: its connection is free once this block has arrived, and the reason is known.
    await next.catch(() => undefined);
  }
}
const issuedParts = 4;
const answerParts = 16;

const numbers = (...columns: readonly string[]): string => columns.map((c) => `int4send(${c})`).join(' || ');

const setNumber = `CASE counted_set ${issuedSets.map((set, i) => `WHEN '${set}' THEN ${i}`).join(' ')} ELSE ${issuedSets.length} END`;

/**
 * The places of the codes of these counties.
 * @throws AppError corrupt
 */
export async function readIssuedPlaces(
  raw: Raw,
  campaign: number,
  counties: readonly CountyCode[],
): Promise<IssuedPlaces> {
  const columns = `${numbers('length(pseudonym)', 'sampling_stratum', setNumber)} || pseudonym`;
  const all = new Map<CountyCode, Places>();
  for (const county of counties) {
    const places = createPlaces(256);
    all.set(county, places);
    const what = { table: 'issued', columns, order: 'pseudonym' };
    for await (const block of eachBlock(raw, what, campaign, county, issuedParts)) {
      const reader = new BlockReader(block);
      while (reader.more) {
        if (reader.number() !== pseudonymSize) throw corrupt('issued.pseudonym');
        const samplingStratum = reader.number();
        const set = reader.number();
        if (set >= issuedSets.length) throw corrupt('issued.counted_set');
        addPlace(places, block, reader.skip(pseudonymSize), samplingStratum, set);
      }
    }
  }
  return all;
}

export interface AnswerReader {
  /** Every respondent of a county once, by pseudonym. @throws AppError corrupt */
  eachRespondent(county: CountyCode, take: TakeRespondent): Promise<void>;
}

/** Reads answers of the counties whose codes were read. */
export function createAnswerReader(raw: Raw, campaign: number, issued: IssuedPlaces): AnswerReader {
  const what = {
    table: 'responses',
    columns: `${numbers('length(pseudonym)', 'revision', 'questionnaire', 'reporting_stratum', 'channel', 'coalesce(length(answers) + 1, 0)')}
      || pseudonym || coalesce(answers, ''::bytea)`,
    order: 'pseudonym, revision',
  };
  return {
    async eachRespondent(county, take) {
      const places = issued.get(county);
      if (!places) throw new RangeError(`eachRespondent: codes of ${county} were not read`);
      const add = createRespondentMerge(places, take);
      for await (const block of eachBlock(raw, what, campaign, Number(county), answerParts)) {
        add(block, new BlockReader(block));
      }
    },
  };
}

/** The codes of a county with all that they are counted under. @throws AppError corrupt */
export async function readIssuedCodes(raw: Raw, campaign: number, county: CountyCode): Promise<IssuedCodes> {
  const codes = new IssuedCodes();
  const what = {
    table: 'issued',
    columns: `${numbers('length(pseudonym)', 'questionnaire', 'sampling_stratum', 'reporting_stratum', setNumber)} || pseudonym`,
    order: 'pseudonym',
  };
  for await (const block of eachBlock(raw, what, campaign, county, issuedParts)) {
    const reader = new BlockReader(block);
    while (reader.more) {
      const length = reader.number();
      const questionnaire = reader.number();
      const samplingStratum = reader.number();
      const reportingStratum = reader.number();
      const set = reader.number();
      if (length !== pseudonymSize) throw corrupt('issued.pseudonym');
      if (set >= issuedSets.length) throw corrupt('issued.counted_set');
      codes.add(block, reader.skip(pseudonymSize), questionnaire, samplingStratum, reportingStratum, set);
    }
  }
  return codes;
}

/** A county's answers, concatenated: some hundred bytes per answer. */
export async function readResponseBlocks(
  raw: Raw,
  campaign: number,
  county: CountyCode,
): Promise<readonly Uint8Array[]> {
  const what = {
    table: 'responses',
    columns: `${numbers(
      'length(pseudonym)',
      ...['revision', 'questionnaire', 'reporting_stratum', 'channel', 'lot'],
      'coalesce(length(nonce) + length(answers) + 1, 0)',
      'coalesce(length(content_hash) + 1, 0)',
    )} || pseudonym || coalesce(nonce, ''::bytea) || coalesce(answers, ''::bytea) || coalesce(content_hash, ''::bytea)`,
    order: 'pseudonym, revision',
  };
  const blocks: Uint8Array[] = [];
  for await (const block of eachBlock(raw, what, campaign, Number(county), answerParts)) blocks.push(block);
  return blocks;
}

/**
 * Every row of these blocks in ascending order of pseudonym and revision; the object is reused for the next one.
 * @throws AppError corrupt
 */
export function eachResponseRow(blocks: readonly Uint8Array[], take: (row: ResponseRow) => void): void {
  const row: ResponseRow = {
    ...{ block: new Uint8Array(0), pseudonym: 0, revision: 0, questionnaire: 0, reportingStratum: 0 },
    ...{ channel: 0, lot: 0, contents: -1, length: 0, contentHash: -1 },
  };
  for (const block of blocks) {
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
