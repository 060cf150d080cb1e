/** The verdict in words for the first screen: what it is, and whether the sample could have given the opposite. */
import type { Figure } from '../figure.ts';
import type { Summary } from './summary-types.ts';

/** Texts are `headline.<name>` of messages/<language>/scoring.json. */
export type Headline =
  'met' | 'met-uncertain' | 'not-met' | 'not-met-uncertain' | 'undecided' | 'insufficient';

/** Whether the interval has values on both sides of the threshold. The threshold itself is met. */
export function isUncertain(figure: Figure, threshold: number): boolean {
  return (
    figure.kind === 'estimate' &&
    figure.interval !== undefined &&
    figure.interval.low < threshold &&
    figure.interval.high >= threshold
  );
}

/** A profile that decides by the point estimate leaves the verdict as it is; the headline then says that it is not certain. */
export function headlineOf(s: Pick<Summary, 'verdict' | 'official' | 'threshold'>): Headline {
  const { kind } = s.verdict;
  if (kind !== 'met' && kind !== 'not-met') return kind;
  return isUncertain(s.official, s.threshold.value) ? `${kind}-uncertain` : kind;
}

export type Tone = 'good' | 'bad' | 'doubt' | 'none';

/** How a page marks it; never by colour alone. */
export function toneOf(headline: Headline): Tone {
  switch (headline) {
    case 'met':
      return 'good';
    case 'not-met':
      return 'bad';
    case 'met-uncertain':
    case 'not-met-uncertain':
    case 'undecided':
      return 'doubt';
    case 'insufficient':
      return 'none';
  }
}
