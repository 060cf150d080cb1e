/**
 * Counts a county's answers with independent code (design 8), and compares cell by cell with the tallies that the count at close
 * stored. Before close it compares with those that would be stored now: the two counting methods are compared, and nothing is
 * stored. The adapters supply the rows.
 */
import { AppError } from '../../domain/errors.ts';
import { effectiveRevision, type RevisionRule } from '../../domain/answer/revision.ts';
import type { CountyCode } from '../../domain/model/ids.ts';
import type { CompiledQuestionnaire } from '../../domain/questionnaire/compiled.ts';
import { canDecode, decodeAnswers } from '../../domain/questionnaire/decode.ts';
import {
  clearRecount,
  createRecount,
  diffTally,
  recountAnswers,
  type Recount,
} from '../../domain/scoring/tally/recount.ts';
import type { TallyCell, TallyKey } from '../../domain/scoring/tally/tally.ts';
import { decodeTally } from '../../domain/scoring/tally/tally-bytes.ts';
import { channels, countedSets, issuedSets, type Channel } from '../../domain/model/vocabulary.ts';
import type { RecountResult, TallyDifference } from '../../domain/model/count.ts';

/** A stored answer. Numbers as stored: nothing is decoded before it is known to count. */
export interface StoredAnswer {
  readonly revision: number;
  /** Index in the list of channels. */
  readonly channel: number;
  readonly questionnaire: number;
  readonly reportingStratum: number;
  /** Offset of its bytes in the block; -1: erased. */
  readonly start: number;
  readonly length: number;
}

/** What is counted by. */
interface Rules {
  readonly revisionRule: RevisionRule;
  readonly questionnaires: ReadonlyMap<number, CompiledQuestionnaire>;
  readonly validity: ReadonlyMap<number, (answers: Uint8Array) => boolean>;
}

/**
 * A county being counted. `take` gets every respondent: revisions in ascending order, the bytes that contain them, and the set of
 * the code (index in `issuedSets`; -1: no code, but an open link).
 */
export interface CountyRecount {
  take(revisions: readonly StoredAnswer[], block: Uint8Array, samplingStratum: number, set: number): void;
  /**
   * @param cells the tallies to compare with
   * @param counted whether they are those of the count at close
   */
  finish(cells: readonly TallyCell[], counted: boolean): RecountResult;
}

/** This many differences are listed; further ones are only counted. */
const maximumNamed = 200;

function nameOf(key: TallyKey): string {
  const { questionnaire, samplingStratum, reportingStratum, channel, set, valid } = key;
  return `questionnaire ${questionnaire}, sampling stratum ${samplingStratum}, reporting stratum ${reportingStratum}, channel ${channel}, set ${set}, ${valid ? 'valid' : 'not valid'}`;
}

/** The place where answers are counted: a tally's stored key without validity, which is determined for each answer. */
interface Place {
  readonly questionnaire: number;
  readonly samplingStratum: number;
  readonly reportingStratum: number;
  readonly channel: number;
  readonly set: number;
}

/** The sheets of a place, one after the other: counted together, so that their counts stay in the processor's cache. */
interface Heap extends Place {
  readonly q: CompiledQuestionnaire;
  sheets: Uint8Array;
  n: number;
}

/** Found by comparing numbers within a stratum: a stratum has few places, and there are millions of look-ups. */
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

/** Two counts for each questionnaire, valid answers and others, reused for one place after the other. */
function createWorkSpace() {
  const spaces = new Map<CompiledQuestionnaire, readonly [Recount, Recount]>();
  return (q: CompiledQuestionnaire): readonly [Recount, Recount] => {
    let space = spaces.get(q);
    if (!space) spaces.set(q, (space = [createRecount(q), createRecount(q)]));
    for (const recount of space) if (recount.n > 0) clearRecount(recount);
    return space;
  };
}

/** The non-empty cells of a place, valid and not. `refuse` gets bytes that are not answers to the questionnaire. */
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
    // Copied, which costs less than a view.
    for (let k = 0, at = i * sheet.length; k < sheet.length; k++) sheet[k] = heap.sheets[at + k]!;
    if (canDecode(q, sheet)) recountAnswers(isValid(sheet) ? valid : others, sheet);
    else refuse(faultOf(q, sheet));
  }
  return [
    { key: { ...place, valid: false }, recount: others },
    { key: { ...place, valid: true }, recount: valid },
  ].filter(({ recount }) => recount.n > 0);
}

/** The answers of a respondent that count, unless it is a test contact. */
function countedAnswer(
  revisions: readonly StoredAnswer[],
  set: number,
  rule: RevisionRule,
): StoredAnswer | undefined {
  if (set === canary) return undefined;
  // Nearly everybody answers once.
  return revisions.length === 1 ? revisions[0] : findEffective(revisions, rule);
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

/** The answers themselves are counted. */
export function recountAnswersOf(county: CountyCode, hot: Rules): CountyRecount {
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
  const take: CountyRecount['take'] = (revisions, block, samplingStratum, issuedSet) => {
    const last = countedAnswer(revisions, issuedSet, hot.revisionRule);
    if (!last) return;
    const set = issuedSet < 0 ? other : issuedSet;
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
  };
  const finish: CountyRecount['finish'] = (cells, counted) => {
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
    // Cells without respondents: emptied by second answers (versions that counted on arrival stored them), or forged.
    for (const [name, cell] of stored) {
      const q = hot.questionnaires.get(cell.questionnaire);
      if (q) compare(name, cell, spaceOf(q)[0]);
      else add(name, 'cell', 'unknown questionnaire', '');
    }
    return { responses, cells: cells.length, counted, erased: false, differences };
  };
  return { take, finish };
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

/**
 * After the storage period: there are rows without contents, which are counted, and tallies, which must have the same numbers of
 * respondents.
 */
export function recountNumbersOf(county: CountyCode, hot: Rules): CountyRecount {
  const placeOf = (k: { readonly [K in keyof Omit<TallyKey, 'valid'>]: string | number | undefined }) =>
    `questionnaire ${k.questionnaire}, sampling stratum ${k.samplingStratum}, reporting stratum ${k.reportingStratum}, channel ${k.channel}, set ${k.set}`;
  const rows = new Map<string, number>();
  let responses = 0;
  const take: CountyRecount['take'] = (revisions, _, samplingStratum, issuedSet) => {
    const last = countedAnswer(revisions, issuedSet, hot.revisionRule);
    if (!last) return;
    const set = issuedSet < 0 ? other : issuedSet;
    responses++;
    const place = placeOf({
      ...last,
      samplingStratum,
      channel: channels[last.channel],
      set: countedSets[set],
    });
    rows.set(place, (rows.get(place) ?? 0) + 1);
  };
  const finish: CountyRecount['finish'] = (cells) => {
    const tallied = new Map<string, number>();
    for (const cell of cells) {
      const q = hot.questionnaires.get(cell.questionnaire);
      if (!q)
        throw new AppError('corrupt', 'storage.corrupt', { params: { column: 'tallies.questionnaire' } });
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
  };
  return { take, finish };
}
