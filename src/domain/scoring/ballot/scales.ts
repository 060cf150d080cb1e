/**
 * The two scales that a split ballot compares: points of each option, the dissatisfied options, and the best two. Figures of the
 * two scales are never pooled.
 */
import type { CompiledQuestionnaire } from '../../questionnaire/compiled.ts';

export interface BallotScale {
  readonly id: 'four-step' | 'balanced';
  readonly points: Readonly<Record<string, number>>;
  readonly negative: readonly string[];
  readonly topTwo: readonly string[];
}

const scales: readonly BallotScale[] = [
  {
    id: 'four-step',
    points: { 'very-satisfied': 100, satisfied: 80, 'basically-satisfied': 60, dissatisfied: 0 },
    negative: ['dissatisfied'],
    topTwo: ['very-satisfied', 'satisfied'],
  },
  {
    id: 'balanced',
    points: {
      'very-satisfied': 100,
      'fairly-satisfied': 75,
      neutral: 50,
      'fairly-dissatisfied': 25,
      'very-dissatisfied': 0,
    },
    negative: ['fairly-dissatisfied', 'very-dissatisfied'],
    topTwo: ['very-satisfied', 'fairly-satisfied'],
  },
];

/** The scale used by all ratings of a questionnaire. */
export function scaleOf(q: Pick<CompiledQuestionnaire, 'vectorOptions'>): BallotScale | undefined {
  return scales.find(
    ({ points }) =>
      q.vectorOptions.length === Object.keys(points).length &&
      q.vectorOptions.every((option) => Object.hasOwn(points, option)),
  );
}
