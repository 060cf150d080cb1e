/** The counted answers of a county by their place in the sample: what an attacker knows, or may know, about it. */
import { groupBy } from '../../group-by.ts';
import type { Channel, CountedSet, Group, Location } from '../../model/vocabulary.ts';
import type { Formula } from '../rules/formula.ts';
import { looksAt, optionPoints } from '../rules/formula.ts';
import type { RuleProfile } from '../rules/profile.ts';
import { itemCounts, type ItemSlots } from '../tally/tally.ts';
import { askedItems, type AskedItem } from './asked.ts';
import {
  isVoided,
  mainPart,
  questionnaireOf,
  rowFormula,
  scoreCounty,
  scoreGroups,
  type ScoredCounty,
} from '../summary/score.ts';
import type { SummaryInput } from '../summary/summary-types.ts';
import type { DisclosureRule } from './rule.ts';
import type { Mutable } from './cells.ts';
import { multiply, residue, subtract } from './field.ts';

/** The counted answers of a reporting stratum from one sampling stratum and location. */
export interface Atom {
  readonly reportingStratum: number;
  readonly group: Group;
  readonly location: Location | null;
  /** Stratum of the variance estimate: the sampling stratum, or the group. */
  readonly stratum: string;
  /** Number of the sampling stratum. 0: none. */
  readonly samplingStratum: number;
  /** Weight of each answer. */
  readonly weight: number;
  /** Factor of the squared distance in a variance: (1 − f) · n ⁄ (n − 1) · weight². */
  readonly spread: number;
  /** Counted answers by channel and by set. */
  readonly channels: ReadonlyMap<string, number>;
  readonly sets: ReadonlyMap<string, number>;
}

/** Answers of the other arms of a split ballot, by reporting and sampling stratum. */
export interface OtherArmPlace {
  readonly group: Group;
  readonly reportingStratum: number;
  readonly samplingStratum: number;
  /** Valid answers of a counted channel and set. */
  readonly counted: number;
  readonly handedIn: number;
}

/** Respondents of a group with the same channel, set and validity. */
export interface Arrival {
  readonly group: Group;
  readonly channel: Channel;
  readonly set: CountedSet;
  readonly valid: boolean;
  /** The void stratum they belong to, of which only the share of re-answers is shown. null: not void. */
  readonly voidStratum: number | null;
  /** Nobody came this pair. An attacker may or may not know it. */
  readonly isEmpty: boolean;
  /**
   * Did anybody choose an option in an item of the official formula? That all answered 不了解 is not protected, and
   * cannot serve as complement.
   */
  readonly hasOpinions: boolean;
  /** The questionnaire, if they are of another arm than the main one. */
  readonly arm: number | null;
  readonly people: number;
}

/** Counted answers of a reporting stratum with the same sampling stratum, channel and set, by option. */
export interface Answered {
  readonly reportingStratum: number;
  readonly group: Group;
  readonly samplingStratum: number;
  readonly channel: Channel;
  readonly set: CountedSet;
  readonly location: Location | null;
  readonly weight: number;
  /** Respondents. */
  readonly n: number;
  /** By rating item, in the order of `ratings`. */
  readonly items: readonly { readonly options: readonly number[]; readonly dontKnow: number }[];
}

/** A rating item as a group was asked it. */
export interface RatingItem {
  readonly id: string;
  readonly dimension: string;
  /** Number of options, without 不了解. */
  readonly options: number;
  /** Points of each option; empty: the formula does not include the item. */
  readonly points: (formula: Formula) => readonly number[];
}

export type WeightOf = (
  place: Pick<Atom, 'group' | 'reportingStratum' | 'samplingStratum' | 'weight'>,
) => number;

export interface Layout {
  readonly rule: DisclosureRule;
  readonly atoms: readonly Atom[];
  /** By reporting stratum, all sampling strata separately. */
  readonly places: ReadonlyMap<number, readonly Atom[]>;
  /** By reporting stratum: sampling strata that handed in answers, none of which counts. */
  readonly emptyPlaces: ReadonlyMap<number, readonly Atom[]>;
  /** Weights as if these reporting strata had not answered. */
  readonly weightsWithout: (flagged: ReadonlySet<number>, isFirst?: boolean) => WeightOf;
  /** Weights of the first answers. */
  readonly firstWeights: () => WeightOf;
  readonly arrivals: readonly Arrival[];
  /**
   * All strata of groups with a split ballot, even if only the main arm was answered there. Empty without a split
   * ballot.
   */
  readonly otherArms: readonly OtherArmPlace[];
  readonly returnRate: RuleProfile['returnRate'];
  readonly ratings: ReadonlyMap<Group, readonly RatingItem[]>;
  /** All items in the questionnaire's order. Empty by rules 1 and 2, which ignore follow-ups. */
  readonly asked: ReadonlyMap<Group, readonly AskedItem[]>;
  /** The formula's weighted denominator over all answers of these groups, as a residue. */
  readonly opinions: (groups: readonly Group[], formula: Formula) => number;
  /** By group. `strata`: of these reporting strata only. */
  readonly answered: (group: Group, strata?: ReadonlySet<number>) => readonly Answered[];
  readonly official: Formula;
  /** The formula of a group's rows in the list of schools. */
  readonly rowFormula: (group: Group) => Formula;
  readonly formulas: readonly Formula[];
  /** The shares of options that sentences on differences between formulas may state. */
  readonly shares: readonly Formula[];
}

/** Splits the respondents into the finest places that any figure distinguishes. */
export function layoutOf(whole: SummaryInput, scored: ScoredCounty = scoreCounty(whole)): Layout {
  const input = mainPart(whole);
  const atoms = new Map<string, Atom & { channels: Map<string, number>; sets: Map<string, number> }>();
  const counted = new Set(scored.last.counted);
  const countedIn = new Map<number, ScoredCounty['valid'][number][]>();
  for (const cell of scored.standing) {
    if (cell.tally.n === 0) continue;
    const { stratum, weight, sampled, population } = scored.last.design(cell);
    const location = scored.locationOf(cell);
    const { samplingStratum } = cell;
    const key = `${cell.reportingStratum}/${samplingStratum}/${location}`;
    let atom = atoms.get(key);
    if (!atom) {
      const fraction = population === null || sampled === null ? 0 : Math.min(1, sampled / population);
      const correction = sampled !== null && sampled > 1 ? sampled / (sampled - 1) : 1;
      atom = {
        reportingStratum: cell.reportingStratum,
        group: cell.group,
        location,
        stratum,
        samplingStratum,
        weight,
        spread: (1 - fraction) * correction * weight * weight,
        channels: new Map(),
        sets: new Map(),
      };
      atoms.set(key, atom);
    }
    if (!counted.has(cell)) continue;
    const own = countedIn.get(cell.reportingStratum);
    if (own) own.push(cell);
    else countedIn.set(cell.reportingStratum, [cell]);
    atom.channels.set(cell.channel, (atom.channels.get(cell.channel) ?? 0) + cell.tally.n);
    atom.sets.set(cell.set, (atom.sets.get(cell.set) ?? 0) + cell.tally.n);
  }
  const every = [...atoms.values()];
  const all = every.filter((atom) => peopleOf(atom) > 0);
  const list = fewerAtoms(all);
  const weightsOf = (cells: ScoredCounty['valid']): WeightOf => {
    const { counted, design } = scoreGroups(input, cells, scored.frame);
    const weights = new Map(
      counted.map((cell) => [`${cell.group}/${cell.samplingStratum}`, design(cell).weight]),
    );
    return ({ group, samplingStratum }) => weights.get(`${group}/${samplingStratum}`) ?? 0;
  };
  let first: WeightOf | undefined;
  return {
    rule: whole.disclosureRule ?? 1,
    atoms: list,
    places: groupBy(all, (atom) => atom.reportingStratum),
    emptyPlaces: groupBy(
      every.filter((atom) => peopleOf(atom) === 0),
      (atom) => atom.reportingStratum,
    ),
    weightsWithout: (flagged, isFirst = false) => {
      const valid = isFirst ? scored.firstValid : scored.valid;
      const weightOf = weightsOf(valid.filter((cell) => !flagged.has(cell.reportingStratum)));
      return (place) => (flagged.has(place.reportingStratum) ? 0 : weightOf(place));
    },
    firstWeights: () =>
      (first ??= isSameSample(input, scored) ? ({ weight }) => weight : weightsOf(scored.firstValid)),
    arrivals: [...arrivalsOf(input, scored), ...otherArmArrivals(whole, scored)],
    otherArms: otherArmPlaces(whole, scored),
    returnRate: input.profile.returnRate,
    ratings: new Map(
      [...new Set(list.map((atom) => atom.group))].map((group) => [group, ratingsOf(input, group)]),
    ),
    asked: new Map(
      [...new Set(list.map((atom) => atom.group))].map((group) => {
        const q = (whole.disclosureRule ?? 1) > 2 ? questionnaireOf(input, group)?.q : undefined;
        return [group, q ? askedItems(q) : []];
      }),
    ),
    opinions: (groups, formula) => {
      const byWeight = new Map<number, number>();
      for (const cell of scored.last.counted) {
        if (!groups.includes(cell.group)) continue;
        const { weight } = scored.last.design(cell);
        byWeight.set(weight, (byWeight.get(weight) ?? 0) + opinionsIn(cell.tally, formula));
      }
      let sum = 0;
      for (const [weight, n] of byWeight)
        sum = subtract(sum, subtract(0, multiply(residue(weight), residue(n))));
      return sum;
    },
    answered: (group, strata) => answeredIn(input, scored, group, strata ?? [...countedIn.keys()], countedIn),
    official: scored.official,
    rowFormula: (group) => rowFormula(scored.official, group),
    formulas: input.profile.formulas,
    shares: scored.explaining.options.map((entry) => entry.formula),
  };
}

/**
 * Figures use a school's answers only as weighted and unweighted sums, so each count needs two unknowns. The two
 * atoms with the lowest and the highest weight provide them, however many strata there are. Each gets half of the
 * respondents.
 */
function fewerAtoms(atoms: readonly Atom[]): readonly Atom[] {
  const places = groupBy(atoms, (atom) => `${atom.reportingStratum}/${atom.location}`);
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

/**
 * All pairs of a channel and a set that respondents of the group may have used. A pair is left out if the summary
 * would have to list its channel or its set for the group, and does not: then everybody knows that nobody used it.
 */
function arrivalsOf(input: SummaryInput, scored: ScoredCounty): readonly Arrival[] {
  const found = new Map<string, Arrival>();
  const keyOf = ({ group, channel, set, valid }: Pick<Arrival, 'group' | 'channel' | 'set' | 'valid'>) =>
    `${group}/${channel}/${set}/${valid}`;
  const present = scored.standing.filter((cell) => cell.tally.n > 0);
  const withOpinions = new Set(
    present
      .filter((cell) => opinionsIn(cell.tally, { ...scored.official, dontKnow: 'exclude' }) > 0)
      .map((cell) => keyOf(cell)),
  );
  const put = (arrival: Pick<Arrival, 'group' | 'channel' | 'set' | 'valid'>, isEmpty: boolean) => {
    const key = keyOf(arrival);
    if (!found.has(key))
      found.set(key, {
        ...arrival,
        ...{ voidStratum: null, isEmpty, hasOpinions: withOpinions.has(key) },
        ...{ arm: null, people: people.get(key) ?? 0 },
      });
  };
  const people = new Map<string, number>();
  for (const cell of present) people.set(keyOf(cell), (people.get(keyOf(cell)) ?? 0) + cell.tally.n);
  for (const { group, channel, set, valid } of present) put({ group, channel, set, valid }, false);
  const used = [...found.values()].filter((own) => own.valid);
  const { channels, sets } = input.profile;
  const isListed = (group: Group, channel: Channel, set: CountedSet) => {
    const [isChannel, isSet] = [channels.includes(channel), sets.includes(set)];
    const own = used.filter((pair) => pair.group === group);
    return (
      ((isChannel && !isSet) ||
        own.some((pair) => pair.channel === channel && (!isChannel || sets.includes(pair.set)))) &&
      ((isSet && !isChannel) ||
        own.some((pair) => pair.set === set && (!isSet || channels.includes(pair.channel))))
    );
  };
  for (const { group, channel } of used)
    for (const { group: other, set } of used)
      if (other === group && isListed(group, channel, set)) put({ group, channel, set, valid: true }, true);
  // That a hidden group has no incomplete answers is hidden, too.
  for (const group of new Set(used.map((pair) => pair.group)))
    put({ group, channel: 'web', set: 'drawn', valid: false }, true);
  const strata = new Map(input.reportingStrata.map((stratum) => [stratum.no, stratum]));
  for (const { reportingStratum, responses } of input.reanswers) {
    const stratum = strata.get(reportingStratum);
    if (responses > 0 && stratum && isVoided(input, { group: stratum.group, reportingStratum }))
      found.set(`void/${reportingStratum}`, {
        ...{ group: stratum.group, channel: 'web', set: 'drawn', valid: true },
        voidStratum: reportingStratum,
        isEmpty: false,
        hasOpinions: true,
        ...{ arm: null, people: responses },
      });
  }
  return [...found.values()];
}

/** The same for the other arms, which rates include. */
function otherArmArrivals(whole: SummaryInput, { returned }: ScoredCounty): readonly Arrival[] {
  const found = new Map<string, Arrival>();
  const put = (own: Pick<Arrival, 'group' | 'channel' | 'set' | 'valid' | 'arm'>, people: number) => {
    const { group, channel, set, valid, arm } = own;
    const key = `${group}/${channel}/${set}/${valid}/${arm}`;
    const sum = (found.get(key)?.people ?? 0) + people;
    found.set(key, {
      ...{ group, channel, set, valid, arm, people: sum },
      ...{ voidStratum: null, isEmpty: sum === 0, hasOpinions: false },
    });
  };
  for (const cell of returned)
    if (whole.apart?.has(cell.questionnaire) === true && cell.tally.n > 0)
      put({ ...cell, arm: cell.questionnaire }, cell.tally.n);
  const used = [...found.values()];
  for (const { group, arm, channel } of used)
    for (const other of used)
      if (other.arm === arm && other.group === group)
        for (const valid of [true, false]) put({ group, arm, channel, set: other.set, valid }, 0);
  return [...found.values()];
}

function otherArmPlaces(whole: SummaryInput, { returned }: ScoredCounty): readonly OtherArmPlace[] {
  const { apart, profile } = whole;
  if (apart === undefined) return [];
  const split = new Set([...apart].flatMap((no) => whole.questionnaires.get(no)?.groups ?? []));
  const found = new Map<string, OtherArmPlace>();
  for (const cell of returned) {
    if (!split.has(cell.group) || cell.tally.n === 0) continue;
    const { group, reportingStratum, samplingStratum } = cell;
    const key = `${reportingStratum}/${samplingStratum}`;
    const own = found.get(key);
    const n = apart.has(cell.questionnaire) ? cell.tally.n : 0;
    const isCounted =
      cell.valid && profile.channels.includes(cell.channel) && profile.sets.includes(cell.set);
    found.set(key, {
      ...{ group, reportingStratum, samplingStratum },
      counted: (own?.counted ?? 0) + (isCounted ? n : 0),
      handedIn: (own?.handedIn ?? 0) + n,
    });
  }
  return [...found.values()];
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
          if (!looksAt(formula, q, item)) return [];
          const points = optionPoints(formula, q);
          return item.vector.map((axis) => points[axis] ?? 0);
        },
      },
    ];
  });
}

function answeredIn(
  input: SummaryInput,
  scored: ScoredCounty,
  group: Group,
  strata: Iterable<number>,
  countedIn: ReadonlyMap<number, ScoredCounty['valid']>,
): readonly Answered[] {
  const q = questionnaireOf(input, group)?.q;
  const indexes = q?.items.flatMap((item, index) => (item.type === 'rating' ? [index] : [])) ?? [];
  const found = new Map<string, Mutable<Answered>>();
  for (const cell of [...strata].flatMap((stratum) => countedIn.get(stratum) ?? [])) {
    const { tally, reportingStratum, samplingStratum, channel, set } = cell;
    if (cell.group !== group) continue;
    const key = `${reportingStratum}/${samplingStratum}/${channel}/${set}`;
    let own = found.get(key);
    if (!own)
      found.set(
        key,
        (own = {
          ...{ reportingStratum, group, samplingStratum, channel, set },
          location: scored.locationOf(cell),
          weight: scored.last.design(cell).weight,
          n: 0,
          items: indexes.map((index) => ({ options: q!.items[index]!.optionIds.map(() => 0), dontKnow: 0 })),
        }),
      );
    own.n += tally.n;
    for (const [i, index] of indexes.entries()) {
      const counts = itemCounts(tally, index);
      if (counts.type !== 'rating') continue;
      const item = own.items[i]!;
      for (let option = 0; option < counts.options.length; option++)
        item.options[option]! += counts.options[option]!;
      item.dontKnow += counts.dontKnow;
    }
  }
  // The search depends on this order, so it must not depend on the order of the cells.
  return [...found.entries()].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, own]) => own);
}

/** Does every sampling stratum have as many first answers as last ones? Then their weights are equal. */
function isSameSample({ profile }: SummaryInput, { valid, firstValid }: ScoredCounty): boolean {
  const channels = new Set(profile.channels);
  const sets = new Set(profile.sets);
  const counts = new Map<Group, Map<number, number>>();
  const add = (cells: ScoredCounty['valid'], sign: 1 | -1) => {
    for (const { group, samplingStratum, channel, set, tally } of cells) {
      if (!channels.has(channel) || !sets.has(set)) continue;
      let own = counts.get(group);
      if (!own) counts.set(group, (own = new Map<number, number>()));
      own.set(samplingStratum, (own.get(samplingStratum) ?? 0) + sign * tally.n);
    }
  };
  add(valid, 1);
  add(firstValid, -1);
  return [...counts.values()].every((own) => [...own.values()].every((n) => n === 0));
}

/** The tally's part of the formula's denominator: answers to its items, with 不了解 if the formula includes it. */
function opinionsIn(tally: ItemSlots, formula: Formula): number {
  const { questionnaire } = tally.plan;
  let n = 0;
  questionnaire.items.forEach((item, index) => {
    if (item.type !== 'rating' || !looksAt(formula, questionnaire, item)) return;
    const counts = itemCounts(tally, index);
    if (counts.type !== 'rating') return;
    for (const count of counts.options) n += count;
    if (formula.dontKnow === 'include') n += counts.dontKnow;
  });
  return n;
}

/** Does the group's unweighted sum by channel and set include these answers? */
export function isPooled(own: Arrival, group: Group): boolean {
  return own.group === group && own.valid && own.hasOpinions && own.voidStratum === null && own.arm === null;
}

/** Respondents, by all counted channels. */
export function peopleOf(atom: Atom): number {
  let people = 0;
  for (const n of atom.channels.values()) people += n;
  return people;
}
