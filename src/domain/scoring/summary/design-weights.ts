/** Design data of each answer that counts, for statisticians: its stratum, the stratum's size, and the answer's weight. */
import type { Group } from '../../model/vocabulary.ts';
import type { TallyKey } from '../tally/tally.ts';
import { scoreCounty } from './score.ts';
import type { SummaryInput } from './summary-types.ts';

export interface DesignPlace {
  readonly group: Group;
  /** Equal names are one stratum of the estimate. */
  readonly stratum: string;
  /** N; null: unknown, so the answer has weight 1. */
  readonly population: number | null;
  readonly weight: number;
}

export type DesignWeights = (key: Omit<TallyKey, 'valid'>) => DesignPlace | undefined;

const nameOf = (key: Omit<TallyKey, 'valid'>) =>
  [key.questionnaire, key.samplingStratum, key.reportingStratum, key.channel, key.set].join('/');

/**
 * Undefined for an answer that the official figure does not count: void, of a channel or set that does not count, or of an arm
 * other than the main one.
 */
export function designWeights(input: SummaryInput): DesignWeights {
  const { counted, design } = scoreCounty(input).last;
  const places = new Map(
    counted.map((cell): [string, DesignPlace] => {
      const { stratum, population, weight } = design(cell);
      return [nameOf(cell), { group: cell.group, stratum, population, weight }];
    }),
  );
  return (key) => places.get(nameOf(key));
}
