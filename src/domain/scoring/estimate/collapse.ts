/**
 * Sampling strata in which few answered, taken together. A stratum without answers has nobody to stand for it, and one with a single answer tells no
 * variance: the figure is biased towards strata that answer, and its interval is too short. So strata are collapsed, by a rule that looks at the design
 * and at numbers of answers, never at what was answered: neighbouring grades of a location first, then neighbouring locations, until each has enough.
 *
 * Source: W. G. Cochran, *Sampling Techniques* (3rd ed., Wiley 1977) §5A.12 (collapsed strata); K. M. Wolter, *Introduction to Variance Estimation* (2nd
 * ed., Springer 2007) §2.5.
 */
import type { SamplingStratum } from '../../frame/strata.ts';
import { locations } from '../../model/vocabulary.ts';

type Stratum = Pick<SamplingStratum, 'no' | 'location' | 'grade'>;

/** Strata that count as one. */
interface Cell {
  readonly strata: readonly Stratum[];
  readonly answers: number;
}

/**
 * Strata of one group → those collapsed with it, including itself, by number. `answersIn`: valid, counted answers of a stratum.
 * Locations are in the order urban, town, rural; grades ascending, strata without a grade first. At every step the first one with
 * fewer than `minimum` joins the neighbour with fewer answers; the one before it if equal. Two joined locations start again as
 * one, stratum by stratum.
 */
export function collapseStrata(
  strata: readonly Stratum[],
  answersIn: (no: number) => number,
  minimum: number,
): ReadonlyMap<number, readonly number[]> {
  const places = [...locations, null].flatMap((location): Cell[] => {
    const own = strata.filter((stratum) => stratum.location === location);
    return own.length === 0 ? [] : [cellOf(own, answersIn)];
  });
  const found = new Map<number, readonly number[]>();
  for (const place of joinShort(places, minimum)) {
    const grades = [...new Set(place.strata.map((stratum) => stratum.grade))].sort(
      (a, b) => (a ?? -Infinity) - (b ?? -Infinity),
    );
    const cells = grades.map((grade) =>
      cellOf(
        place.strata.filter((stratum) => stratum.grade === grade),
        answersIn,
      ),
    );
    for (const cell of joinShort(cells, minimum)) {
      const numbers = cell.strata.map((stratum) => stratum.no).sort((a, b) => a - b);
      for (const no of numbers) found.set(no, numbers);
    }
  }
  return found;
}

function cellOf(strata: readonly Stratum[], answersIn: (no: number) => number): Cell {
  return { strata, answers: strata.reduce((sum, stratum) => sum + answersIn(stratum.no), 0) };
}

/** Cells in a row: each one that is too small joins a neighbour, until none is too small or one is left. */
function joinShort(row: readonly Cell[], minimum: number): readonly Cell[] {
  const cells = [...row];
  while (cells.length > 1) {
    const short = cells.findIndex((cell) => cell.answers < minimum);
    if (short < 0) break;
    const before = cells[short - 1];
    const after = cells[short + 1];
    const first = before && (!after || before.answers <= after.answers) ? short - 1 : short;
    const [a, b] = [cells[first]!, cells[first + 1]!];
    cells.splice(first, 2, { strata: [...a.strata, ...b.strata], answers: a.answers + b.answers });
  }
  return cells;
}
