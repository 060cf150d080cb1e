/**
 * The audit (design 8): rows decoded and counted by code of its own, on one read transaction, held cell by cell against the tallies that the count at
 * close stored. Before that, against those that would be stored now: the two ways of counting are compared, and nothing stored.
 */
import { AppError } from '../../../domain/errors.ts';
import { effectiveRevision, type RevisionRule } from '../../../domain/answer/revision.ts';
import type { CampaignId, CountyCode } from '../../../domain/model/ids.ts';
import type { CompiledQuestionnaire } from '../../../domain/questionnaire/compiled.ts';
import { canDecode, decodeAnswers } from '../../../domain/questionnaire/decode.ts';
import {
  clearRecount,
  createRecount,
  diffTally,
  recountAnswers,
  type Recount,
} from '../../../domain/scoring/tally/recount.ts';
import type { TallyCell, TallyKey } from '../../../domain/scoring/tally/tally.ts';
import { decodeTally } from '../../../domain/scoring/tally/tally-bytes.ts';
import { channels, countedSets, issuedSets, type Channel } from '../../../domain/model/vocabulary.ts';
import type { RecountResult, TallyDifference } from '../../../domain/model/count.ts';
import type { Context, HotCampaign } from '../context.ts';
import { hotCampaign } from './answers.ts';
import { getCampaign } from './campaigns.ts';
import { deriveCells, isCounted, readCells } from './count.ts';
import {
  createAnswerReader,
  readIssuedPlaces,
  type AnswerReader,
  type StoredAnswer,
} from './answer-blocks.ts';

/** Differences named one by one; what lies beyond is only counted. */
const maximumNamed = 200;

function nameOf(key: TallyKey): string {
  const { questionnaire, samplingStratum, reportingStratum, channel, set, valid } = key;
  return `questionnaire ${questionnaire}, sampling stratum ${samplingStratum}, reporting stratum ${reportingStratum}, channel ${channel}, set ${set}, ${valid ? 'valid' : 'not valid'}`;
}

/** Where answers are counted: a tally's key as stored, but for their validity, which is asked of each when it is counted. */
interface Place {
  readonly questionnaire: number;
  readonly samplingStratum: number;
  readonly reportingStratum: number;
  readonly channel: number;
  readonly set: number;
}

/** The sheets of a place, one behind the other: counted together, so that their counts stay in the processor's cache. */
interface Heap extends Place {
  readonly q: CompiledQuestionnaire;
  sheets: Uint8Array;
  n: number;
}

/** Found by comparing numbers, stratum by stratum: a stratum has few places, and millions of answers look theirs up. */
class Heaps {
  readonly #byStratum = new Map<number, Heap[]>();
  get(
    questionnaire: number,
    samplingStratum: number,
    reportingStratum: number,
    channel: number,
    set: number,
  ): Heap | undefined {
    const heaps = this.#byStratum.get(reportingStratum);
    if (heaps === undefined) return undefined;
    for (const heap of heaps)
      if (
        heap.samplingStratum === samplingStratum &&
        heap.channel === channel &&
        heap.set === set &&
        heap.questionnaire === questionnaire
      )
        return heap;
    return undefined;
  }
  create(place: Place, q: CompiledQuestionnaire): Heap {
    const heap: Heap = { ...place, q, sheets: new Uint8Array(64 * q.byteLength), n: 0 };
    const heaps = this.#byStratum.get(place.reportingStratum);
    if (heaps) heaps.push(heap);
    else this.#byStratum.set(place.reportingStratum, [heap]);
    return heap;
  }
  all(): readonly Heap[] {
    return [...this.#byStratum.values()].flat();
  }
}

function addSheet(heap: Heap, block: Uint8Array, start: number, length: number): void {
  let at = heap.n++ * length;
  if (at === heap.sheets.length) {
    const grown = new Uint8Array(2 * at);
    grown.set(heap.sheets);
    heap.sheets = grown;
  }
  for (let i = start; i < start + length; i++) heap.sheets[at++] = block[i]!;
}

/** Two counts for each questionnaire, valid answers and others, used for one place after the other. */
function createWorkSpace() {
  const spaces = new Map<CompiledQuestionnaire, readonly [Recount, Recount]>();
  return (q: CompiledQuestionnaire): readonly [Recount, Recount] => {
    let space = spaces.get(q);
    if (!space) spaces.set(q, (space = [createRecount(q), createRecount(q)]));
    for (const recount of space) if (recount.n > 0) clearRecount(recount);
    return space;
  };
}

/** The two cells of a place, valid and not, that hold anything. `refuse` is told what is no answer to the questionnaire. */
function countHeap(
  heap: Heap,
  [others, valid]: readonly [Recount, Recount],
  isValid: (answers: Uint8Array) => boolean,
  refuse: (fault: string) => void,
): readonly { readonly key: TallyKey; readonly recount: Recount }[] {
  const { q, questionnaire, samplingStratum, reportingStratum } = heap;
  const place = {
    questionnaire,
    samplingStratum,
    reportingStratum,
    channel: channels[heap.channel]!,
    set: countedSets[heap.set]!,
  };
  const sheet = new Uint8Array(q.byteLength);
  for (let i = 0; i < heap.n; i++) {
    // Copied, which costs less than a view of them all.
    for (let k = 0, at = i * sheet.length; k < sheet.length; k++) sheet[k] = heap.sheets[at + k]!;
    if (canDecode(q, sheet)) recountAnswers(isValid(sheet) ? valid : others, sheet);
    else refuse(faultOf(q, sheet));
  }
  return [
    { key: { ...place, valid: false }, recount: others },
    { key: { ...place, valid: true }, recount: valid },
  ].filter(({ recount }) => recount.n > 0);
}

/** A county after the other, all as of one moment. */
export function recount(
  ctx: Context,
  id: CampaignId,
  counties: readonly CountyCode[],
): readonly RecountResult[] {
  ctx.raw.exec('BEGIN');
  try {
    return recountWithin(ctx, id, counties);
  } finally {
    ctx.raw.exec('COMMIT');
  }
}

/** The same within the caller's transaction. */
export function recountWithin(
  ctx: Context,
  id: CampaignId,
  counties: readonly CountyCode[],
): readonly RecountResult[] {
  const hot = hotCampaign(ctx, id);
  if (!hot) throw new AppError('not-found', 'campaign.not-found');
  const { expiryStep, expiredAt } = getCampaign(ctx.db, id);
  const compare = expiryStep !== null || expiredAt !== null ? compareNumbers : compareAnswers;
  const reader = createAnswerReader(ctx.raw, hot.no, readIssuedPlaces(ctx.raw, hot.no, counties));
  return counties.map((county) => compare(ctx, hot, id, county, reader));
}

/** What counts of each respondent, but of test contacts. */
function eachCounted(
  reader: AnswerReader,
  county: CountyCode,
  rule: RevisionRule,
  take: (answer: StoredAnswer, block: Uint8Array, samplingStratum: number, set: number) => void,
): void {
  reader.eachRespondent(county, (revisions, block, samplingStratum, set) => {
    if (set === canary) return;
    // Nearly everybody answers once.
    const last = revisions.length === 1 ? revisions[0] : findEffective(revisions, rule);
    if (last) take(last, block, samplingStratum, set < 0 ? other : set);
  });
}
const canary = issuedSets.indexOf('canary');
const other = countedSets.indexOf('other');

function findEffective(revisions: readonly StoredAnswer[], rule: RevisionRule): StoredAnswer | undefined {
  return effectiveRevision(
    revisions.map((answer) => ({
      revision: answer.revision,
      channel: channels[answer.channel] as Channel,
      answer,
    })),
    rule,
  )?.answer;
}

function compareAnswers(
  ctx: Context,
  hot: HotCampaign,
  id: CampaignId,
  county: CountyCode,
  reader: AnswerReader,
): RecountResult {
  const differences: TallyDifference[] = [];
  const add = (cell: string, what: string, stored: string, recounted: string): void => {
    if (differences.length < maximumNamed) differences.push({ county, cell, what, stored, recounted });
  };
  const refuse = (place: Pick<Place, 'reportingStratum' | 'questionnaire'>, stored: string): void =>
    add(
      `reporting stratum ${place.reportingStratum}, questionnaire ${place.questionnaire}`,
      'response',
      stored,
      'one counted response',
    );
  let responses = 0;
  const heaps = new Heaps();
  eachCounted(reader, county, hot.revisionRule, (last, block, samplingStratum, set) => {
    responses++;
    const { questionnaire, reportingStratum, channel, start, length } = last;
    const known = heaps.get(questionnaire, samplingStratum, reportingStratum, channel, set);
    const q = known?.q ?? hot.questionnaires.get(questionnaire);
    if (!q) return refuse(last, 'unknown questionnaire');
    if (channel >= channels.length) return refuse(last, 'unknown channel');
    if (start < 0) return refuse(last, 'contents missing');
    if (length !== q.byteLength)
      return refuse(last, `cannot be decoded: ${faultOf(q, block.subarray(start, start + length))}`);
    addSheet(
      known ?? heaps.create({ questionnaire, samplingStratum, reportingStratum, channel, set }, q),
      block,
      start,
      length,
    );
  });
  const counted = isCounted(ctx, id, county);
  // What cannot be counted is reported by this pass.
  const cells = counted ? readCells(ctx, 'tallies', id, county) : deriveCells(ctx, hot, county, true);
  const stored = new Map(cells.map((cell) => [nameOf(cell), cell]));
  const spaceOf = createWorkSpace();
  const compare = (name: string, cell: TallyCell, expected: Recount): void => {
    try {
      for (const d of diffTally(cell.bytes, expected))
        add(
          name,
          `${d.what} ${d.where} ${d.code}`.replace(/ +/g, ' ').trim(),
          String(d.found),
          String(d.expected),
        );
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      add(name, 'cell', `cannot be decoded: ${error.message}`, `${expected.n} responses`);
    }
  };
  for (const heap of heaps.all()) {
    const isValid = hot.validity.get(heap.questionnaire) ?? (() => false);
    const faulty = (fault: string) => refuse(heap, `cannot be decoded: ${fault}`);
    for (const { key, recount } of countHeap(heap, spaceOf(heap.q), isValid, faulty)) {
      const name = nameOf(key);
      const cell = stored.get(name);
      if (cell) compare(name, cell, recount);
      else add(name, 'cell', 'missing', `${recount.n} responses`);
      stored.delete(name);
    }
  }
  // Cells to which nobody belongs: emptied by second answers (versions that counted as answers came in stored them), or invented.
  for (const [name, cell] of stored) {
    const q = hot.questionnaires.get(cell.questionnaire);
    if (q) compare(name, cell, spaceOf(q)[0]);
    else add(name, 'cell', 'unknown questionnaire', '');
  }
  return { responses, cells: cells.length, counted, erased: false, differences };
}

function faultOf(q: CompiledQuestionnaire, sheet: Uint8Array): string {
  try {
    decodeAnswers(q, sheet);
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
  throw new Error(`canDecode and decodeAnswers disagree about a sheet of ${q.id}`);
}

/** After the storage period: there are rows without contents, which are counted, and tallies, whose numbers of respondents must be the same. */
function compareNumbers(
  ctx: Context,
  hot: HotCampaign,
  id: CampaignId,
  county: CountyCode,
  reader: AnswerReader,
): RecountResult {
  const placeOf = (k: { readonly [K in keyof Omit<TallyKey, 'valid'>]: string | number | undefined }) =>
    `questionnaire ${k.questionnaire}, sampling stratum ${k.samplingStratum}, reporting stratum ${k.reportingStratum}, channel ${k.channel}, set ${k.set}`;
  const rows = new Map<string, number>();
  let responses = 0;
  eachCounted(reader, county, hot.revisionRule, (last, _, samplingStratum, set) => {
    responses++;
    const place = placeOf({
      ...last,
      samplingStratum,
      channel: channels[last.channel],
      set: countedSets[set],
    });
    rows.set(place, (rows.get(place) ?? 0) + 1);
  });
  const cells = readCells(ctx, 'tallies', id, county);
  const tallied = new Map<string, number>();
  for (const cell of cells) {
    const q = hot.questionnaires.get(cell.questionnaire);
    if (!q) throw new AppError('corrupt', 'storage.corrupt', { params: { column: 'tallies.questionnaire' } });
    tallied.set(placeOf(cell), (tallied.get(placeOf(cell)) ?? 0) + decodeTally(q, cell.bytes).n);
  }
  const differences: TallyDifference[] = [];
  for (const place of new Set([...rows.keys(), ...tallied.keys()])) {
    const [stored, recounted] = [tallied.get(place) ?? 0, rows.get(place) ?? 0];
    if (stored !== recounted && differences.length < maximumNamed)
      differences.push({
        county,
        cell: place,
        what: 'respondents',
        stored: String(stored),
        recounted: String(recounted),
      });
  }
  return { responses, cells: cells.length, counted: true, erased: true, differences };
}
