/**
 * Tally cells from answers (design 8): each answer that counts is folded into the cell of its key. The result does not depend on
 * the order of the answers.
 */
import { AppError } from '../../errors.ts';
import { channels, countedSets } from '../../model/vocabulary.ts';
import type { StratumCount } from '../../model/count.ts';
import type { CompiledQuestionnaire } from '../../questionnaire/compiled.ts';
import { createTally, foldAnswers, type Tally, type TallyCell, type TallyKey } from './tally.ts';
import { decodeTally, encodeTally } from './tally-bytes.ts';

/** What counting needs to know about a campaign, by number of the questionnaire within it. */
export interface CountingRules {
  readonly questionnaires: ReadonlyMap<number, CompiledQuestionnaire>;
  /** Whether an encoded sheet is a valid response (domain/scoring/rules/valid.ts). */
  readonly validity: ReadonlyMap<number, (answers: Uint8Array) => boolean>;
}

/** The cell of an answer; whether it is valid is determined from the answer. */
export type AnswerPlace = Omit<TallyKey, 'valid'>;

export interface CellCounter {
  /** @throws AppError corrupt: an unknown questionnaire or channel, or invalid answer bytes; then nothing is counted */
  add(place: AnswerPlace, answers: Uint8Array): void;
  /** Ascending by `compareTallyKeys`. */
  cells(): readonly TallyCell[];
}

/**
 * Counts answers into cells.
 * @throws AppError corrupt if a row refers to something that the campaign does not have
 */
export function createCellCounter(rules: CountingRules): CellCounter {
  // A stratum has few cells: comparing their keys is cheaper than building a string for each answer.
  const byStratum = new Map<number, { readonly key: TallyKey; readonly tally: Tally }[]>();
  return {
    add({ questionnaire, samplingStratum, reportingStratum, channel, set }, answers) {
      const q = rules.questionnaires.get(questionnaire);
      if (!q) throw corrupt('responses.questionnaire');
      if (!channels.includes(channel)) throw corrupt('responses.channel');
      const valid = rules.validity.get(questionnaire)?.(answers) === true;
      const own = byStratum.get(reportingStratum);
      const found = own?.find(
        ({ key }) =>
          key.samplingStratum === samplingStratum &&
          key.channel === channel &&
          key.set === set &&
          key.valid === valid &&
          key.questionnaire === questionnaire,
      );
      if (found) return foldAnswers(found.tally, q, answers, 1);
      const tally = createTally(q);
      foldAnswers(tally, q, answers, 1);
      const cell = {
        key: { questionnaire, samplingStratum, reportingStratum, channel, set, valid },
        tally,
      };
      if (own) own.push(cell);
      else byStratum.set(reportingStratum, [cell]);
    },
    cells() {
      return [...byStratum.values()]
        .flat()
        .map(({ key, tally }): TallyCell => ({ ...key, bytes: encodeTally(tally) }))
        .sort(compareTallyKeys);
    },
  };
}

/** The order in which cells are stored and committed to. */
export function compareTallyKeys(a: TallyKey, b: TallyKey): number {
  return (
    a.questionnaire - b.questionnaire ||
    a.samplingStratum - b.samplingStratum ||
    a.reportingStratum - b.reportingStratum ||
    channels.indexOf(a.channel) - channels.indexOf(b.channel) ||
    countedSets.indexOf(a.set) - countedSets.indexOf(b.set) ||
    Number(a.valid) - Number(b.valid)
  );
}

/**
 * Respondents by reporting stratum, set and channel, in the order of first occurrence in the cells.
 * @throws AppError corrupt
 */
export function countByStratum(
  questionnaires: CountingRules['questionnaires'],
  cells: readonly TallyCell[],
): readonly StratumCount[] {
  const sums = new Map<string, { -readonly [K in keyof StratumCount]: StratumCount[K] }>();
  for (const { questionnaire, reportingStratum, set, channel, valid, bytes } of cells) {
    const q = questionnaires.get(questionnaire);
    if (!q) throw corrupt('tallies.questionnaire');
    const { n } = decodeTally(q, bytes);
    const name = `${reportingStratum} ${set} ${channel}`;
    const sum = sums.get(name) ?? { reportingStratum, set, channel, answered: 0, valid: 0 };
    sum.answered += n;
    if (valid) sum.valid += n;
    sums.set(name, sum);
  }
  return [...sums.values()];
}

function corrupt(column: string): AppError {
  return new AppError('corrupt', 'storage.corrupt', { params: { column } });
}
