/**
 * Figures of a group by channel, by set and by first answers. They are never split by school or item, so their
 * unknowns are pooled.
 */
import {
  channels,
  countedSets,
  type Channel,
  type CountedSet,
  type Group,
} from '../../domain/model/vocabulary.ts';
import type { Summary } from '../../domain/scoring/summary/summary-types.ts';
import type { Atom, Model, Reading } from './model.ts';
import { one } from './rational.ts';
import { Sum } from './system.ts';

/** Sampling strata of a group. A first answer may belong to a stratum without any counted last answer. */
export function samplingOf({ atoms, shown }: Model, group: Atom['group']): readonly number[] {
  const own = atoms.filter((atom) => atom.group === group).map((atom) => atom.sampling);
  return [...new Set([...own, ...shown.strata.flatMap((s) => (s.group === group ? [s.no] : []))])];
}

/** The figure by first answers: last answers plus changes. */
export function readFirst(model: Model, group: Atom['group'], withFlagged: boolean): Reading {
  const design = withFlagged ? 'first' : 'unflagged-first';
  const atoms = model.standing(
    (atom) => atom.group === group && (withFlagged || !model.flagged.has(atom.reporting)),
  );
  const places = samplingOf(model, group).map((sampling) => ({ group, sampling }));
  const reading = model.readParts(
    model.official,
    places,
    (place) => model.weight(place, design),
    (place, q, part) => {
      const sum = new Sum();
      for (const atom of atoms)
        if (atom.sampling === place.sampling)
          sum.plusAll(model.partTerms(atom, model.official, q, part), one);
      sum.plus(model.change(group, place.sampling, false, part), one);
      if (withFlagged) sum.plus(model.change(group, place.sampling, true, part), one);
      return sum.terms;
    },
  );
  return { ...reading, isWeighted: model.hasWeights(group) };
}

/**
 * Pairs of a channel and a set that answers of a group may have. For others, the summary would have an entry by
 * channel or by set.
 */
export function combinations(model: Model, group: Group): readonly (readonly [Channel, CountedSet])[] {
  const { profile, summary } = model.shown;
  // The summary's entries are those of the main arm.
  if (model.arm !== null) return channels.flatMap((c) => countedSets.map((s) => [c, s] as const));
  const listedChannel = (c: Channel) =>
    summary.channels.some((e) => e.channel === c && e.groups.some((entry) => entry.group === group));
  const listedSet = (s: CountedSet) =>
    summary.sets.some((e) => e.set === s && e.groups.some((entry) => entry.group === group));
  return channels.flatMap((c) =>
    countedSets
      .filter((s) => {
        const [cc, sc] = [profile.channels.includes(c), profile.sets.includes(s)];
        if (!listedChannel(c) && (!cc || sc)) return false;
        return listedSet(s) || (sc && !cc);
      })
      .map((s) => [c, s] as const),
  );
}

/** All entries by channel and by set, with the pairs that each adds up. */
export function breakdowns(model: Model): readonly {
  readonly name: string;
  readonly entry: Summary['channels'][number]['groups'][number];
  readonly chosen: ReturnType<typeof combinations>;
}[] {
  const { summary, profile } = model.shown;
  return [
    ...summary.channels.flatMap(({ channel, counted, groups }) =>
      groups.map((entry) => ({
        name: `channel ${channel} ${entry.group}`,
        entry,
        chosen: combinations(model, entry.group).filter(
          ([c, s]) => c === channel && (!counted || profile.sets.includes(s)),
        ),
      })),
    ),
    ...summary.sets.flatMap(({ set, counted, groups }) =>
      groups.map((entry) => ({
        name: `set ${set} ${entry.group}`,
        entry,
        chosen: combinations(model, entry.group).filter(
          ([c, s]) => s === set && (!counted || profile.channels.includes(c)),
        ),
      })),
    ),
  ];
}

/** Unweighted figure over pairs of a channel and a set. */
export function readPooled(model: Model, group: Group, chosen: ReturnType<typeof combinations>): Reading {
  return model.readParts(
    model.official,
    chosen.map(([channel, set]) => ({ group, channel, set })),
    () => one,
    (place, _q, part) => new Sum().plus(model.pooled(group, place.channel, place.set, part), one).terms,
  );
}
