/** Where a county's counted answers stand in the sample: what an attacker knows, or may know, of it. */
import type { Group, Location } from '../../model/vocabulary.ts';
import type { Formula } from '../rules/formula.ts';
import { optionPoints } from '../rules/formula.ts';
import { scoreCounty, questionnaireOf, type ScoredCounty } from '../summary/score.ts';
import type { SummaryInput } from '../summary/summary-types.ts';

/** Counted answers of one reporting stratum that were drawn in one sampling stratum at one location. */
export interface Atom {
  readonly reportingStratum: number;
  readonly group: Group;
  readonly location: Location | null;
  /** Sampling stratum, or what stands for one. */
  readonly stratum: string;
  /** Weight of each answer. */
  readonly weight: number;
  /** What its squared distance counts for in a variance: (1 − f) · n ⁄ (n − 1) · weight². */
  readonly spread: number;
  /** Answers by channel and by set, those of uncounted ones left out. */
  readonly channels: ReadonlyMap<string, number>;
  readonly sets: ReadonlyMap<string, number>;
}

/** A rating item as a group was asked it. */
export interface RatingItem {
  readonly id: string;
  readonly dimension: string;
  /** Number of options, 不了解 aside. */
  readonly options: number;
  /** Points of each option, by formula. */
  readonly points: (formula: Formula) => readonly number[];
}

export interface Layout {
  readonly atoms: readonly Atom[];
  readonly ratings: ReadonlyMap<Group, readonly RatingItem[]>;
  readonly official: Formula;
  readonly formulas: readonly Formula[];
  /** Shares of options that a sentence on the difference of two formulas may name. */
  readonly shares: readonly Formula[];
}

export function layoutOf(input: SummaryInput, scored: ScoredCounty = scoreCounty(input)): Layout {
  const atoms = new Map<string, Atom & { channels: Map<string, number>; sets: Map<string, number> }>();
  for (const cell of scored.last.counted) {
    if (cell.tally.n === 0) continue;
    const { stratum, weight, sampled, population } = scored.last.design(cell);
    const location = scored.locationOf(cell);
    const key = `${cell.group}/${cell.reportingStratum}/${stratum}/${weight}/${location}`;
    let atom = atoms.get(key);
    if (!atom) {
      const fraction = population === null || sampled === null ? 0 : Math.min(1, sampled / population);
      const correction = sampled !== null && sampled > 1 ? sampled / (sampled - 1) : 1;
      atom = {
        reportingStratum: cell.reportingStratum,
        group: cell.group,
        location,
        stratum,
        weight,
        spread: (1 - fraction) * correction * weight * weight,
        channels: new Map(),
        sets: new Map(),
      };
      atoms.set(key, atom);
    }
    atom.channels.set(cell.channel, (atom.channels.get(cell.channel) ?? 0) + cell.tally.n);
    atom.sets.set(cell.set, (atom.sets.get(cell.set) ?? 0) + cell.tally.n);
  }
  const list = fewerAtoms([...atoms.values()]);
  return {
    atoms: list,
    ratings: new Map(
      [...new Set(list.map((atom) => atom.group))].map((group) => [group, ratingsOf(input, group)]),
    ),
    official: scored.official,
    formulas: input.profile.formulas,
    shares: scored.explaining.options.map((entry) => entry.formula),
  };
}

/**
 * Figures are made of a school's answers added up without weights and with them, and of nothing else: two unknowns a count. Two atoms of the least and the greatest
 * weight have as many, so that more strata cost no more. Their respondents are halved.
 */
function fewerAtoms(atoms: readonly Atom[]): readonly Atom[] {
  const places = new Map<string, Atom[]>();
  for (const atom of atoms) {
    const key = `${atom.reportingStratum}/${atom.location}`;
    const list = places.get(key);
    if (list) list.push(atom);
    else places.set(key, [atom]);
  }
  return [...places.values()].flatMap((own): readonly Atom[] => {
    if (own.length === 1) return own;
    const sorted = own.toSorted((a, b) => a.weight - b.weight);
    const [low, high] = [sorted[0]!, sorted[sorted.length - 1]!];
    const ends = low.weight === high.weight ? [low] : [low, high];
    const part = (countsOf: (atom: Atom) => ReadonlyMap<string, number>) => {
      const sums = new Map<string, number>();
      for (const atom of own)
        for (const [name, n] of countsOf(atom)) sums.set(name, (sums.get(name) ?? 0) + n / ends.length);
      return sums;
    };
    const channels = part((atom) => atom.channels);
    const sets = part((atom) => atom.sets);
    return ends.map((atom) => ({ ...atom, channels, sets }));
  });
}

function ratingsOf(input: SummaryInput, group: Group): readonly RatingItem[] {
  const q = questionnaireOf(input, group)?.q;
  if (!q) return [];
  return q.items.flatMap((item) => {
    if (item.type !== 'rating') return [];
    const dimension = q.dimensions[item.dimension]!;
    return [
      {
        id: item.id,
        dimension,
        options: item.optionIds.length,
        points: (formula) => {
          if (formula.items && !formula.items.includes(item.id)) return [];
          if (formula.dimension !== undefined && formula.dimension !== dimension) return [];
          const points = optionPoints(formula, q);
          return item.vector.map((axis) => points[axis] ?? 0);
        },
      },
    ];
  });
}

export function peopleOf(atom: Atom): number {
  let people = 0;
  for (const n of atom.channels.values()) people += n;
  return people;
}
