/**
 * The attacker's unknowns of one publication: counts of respondents by atom (reporting stratum × sampling stratum),
 * and of their answers by item and option. Figures by channel, by set and by first answers are never split by school
 * or item, so their unknowns are pooled and tied to the atoms by sums.
 */
import type { Channel, CountedSet, Group, Location } from '../../domain/model/vocabulary.ts';
import type { CompiledQuestionnaire } from '../../domain/questionnaire/compiled.ts';
import type { Formula } from '../../domain/scoring/rules/formula.ts';
import type { AuditCase, KnownArm, KnownStratum, ShownPublication } from './case.ts';
import { isDenominatorKnown } from './asking.ts';
import { collapsed } from './collapse.ts';
import { isOwnMeans, formulaKey, optionsOf, pointsOf, ratings, scopeOf } from './formulas.ts';
import { add, divide, fromDecimal, multiply, one, ratio, zero, type Rational } from './rational.ts';
import { Sum, type System, type Terms } from './system.ts';
import { adjustedWeights } from './weights.ts';

export interface Atom {
  readonly reporting: number;
  readonly sampling: number;
  readonly group: Group;
  readonly location: Location | null;
}

/** The answers and weights used. */
export type Design = 'last' | 'first' | 'unflagged' | 'unflagged-first';

export const fates = ['opted-out', 'unknown', 'ineligible'] as const;
export type Fate = (typeof fates)[number];

/** A formula's figure over some atoms: y ⁄ c, both weighted. */
export interface Reading {
  readonly y: Terms;
  readonly c: Terms;
  /** c without weights. */
  readonly answers: Terms;
  /** Respondents in the denominator. null: not a linear count. */
  readonly people: Terms | null;
  /** False: the attacker does not know the weights in y and c. */
  readonly isWeighted: boolean;
  /** Is c known to somebody who knows who left which item blank? False: it includes follow-ups. */
  readonly isCountKnown: boolean;
}

/** A linear part of a formula's numerator and denominator. */
export interface Part {
  readonly name: string;
  readonly y: Rational;
  readonly c: Rational;
}

export class Model {
  readonly system: System;
  readonly shown: ShownPublication;
  /** Number of the publication. */
  readonly no: number;
  readonly atoms: readonly Atom[];
  readonly official: Formula;
  readonly voided: ReadonlySet<number>;
  readonly flagged: ReadonlySet<number>;
  /** Set for another arm of a split ballot, which is a model of its own in the same system. */
  readonly arm: KnownArm | null;
  /** The other arms, if this is the model of the summary. */
  readonly otherArms: readonly Model[];
  readonly #answersSuffix: string;
  readonly #pooledSuffix: string;
  readonly #strata = new Map<string, KnownStratum>();
  readonly #weights = new Map<string, ReadonlyMap<number, number>>();
  readonly #collapsedBy = new Map<string, ReadonlyMap<number, readonly KnownStratum[]>>();
  readonly #served = new Map<Group, CompiledQuestionnaire>();

  constructor(
    system: System,
    shown: ShownPublication,
    no: number,
    relation: AuditCase['relation'],
    other: { readonly arm: KnownArm; readonly mark: string } | null = null,
  ) {
    this.system = system;
    this.shown = shown;
    this.no = no;
    const publication = no === 0 ? '' : ` @${no + 1}`;
    const mark = other?.mark ?? '';
    this.#pooledSuffix = `${mark}${publication}`;
    this.#answersSuffix = relation === 'same' ? mark : this.#pooledSuffix;
    this.arm = other?.arm ?? null;
    this.otherArms =
      other === null
        ? (shown.ballot?.apart ?? []).map(
            (arm, i) => new Model(system, ofArm(shown, arm), no, relation, { arm, mark: ` ^${i + 1}` }),
          )
        : [];
    const { profile, reportingStrata, strata, pairs, summary } = shown;
    const official = profile.formulas.find((formula) => formula.id === profile.official);
    if (!official) throw new RangeError(`profile ${profile.id} has no formula ${profile.official}`);
    this.official = official;
    for (const q of shown.questionnaires) for (const group of q.groups) this.#served.set(group, q);
    for (const stratum of strata) this.#strata.set(`${stratum.group}/${stratum.no}`, stratum);
    const known = pairs && new Set(pairs.map((p) => `${p.reportingStratum}/${p.samplingStratum}`));
    this.atoms = reportingStrata.flatMap((r) =>
      strata
        .filter(
          (h) =>
            h.group === r.group &&
            h.responses !== 0 &&
            (known && h.no !== 0
              ? known.has(`${r.no}/${h.no}`)
              : h.location === null || r.location === null || h.location === r.location),
        )
        .map((h) => ({
          reporting: r.no,
          sampling: h.no,
          group: r.group,
          location: h.location ?? r.location,
        })),
    );
    this.voided = new Set(
      reportingStrata
        .filter((r) =>
          summary.voided.some(
            (v) => v.group === r.group && (v.reportingStratum === null || v.reportingStratum === r.no),
          ),
        )
        .map((r) => r.no),
    );
    this.flagged = new Set(
      shown.flagged ??
        summary.signals
          .filter((signal) => signal.kind !== 'thin-roll' && signal.kind !== 'padded-roll')
          .map((signal) => signal.reportingStratum),
    );
  }

  /**
   * Is the unknown about the answers of this publication? `isPooled`: not by school; such unknowns are separate for
   * each publication.
   */
  isOwn(column: string, isPooled = false): boolean {
    const suffix = /(?: \^\d+)?(?: @\d+)?$/.exec(column)?.[0] ?? '';
    return suffix === (isPooled ? this.#pooledSuffix : this.#answersSuffix);
  }

  questionnaire(group: Group): CompiledQuestionnaire | undefined {
    return this.#served.get(group);
  }

  stratum(atom: Pick<Atom, 'group' | 'sampling'>): KnownStratum | undefined {
    return this.#strata.get(`${atom.group}/${atom.sampling}`);
  }

  /** Atoms whose answers are not void. */
  standing(of: (atom: Atom) => boolean): readonly Atom[] {
    return this.atoms.filter((atom) => !this.voided.has(atom.reporting) && of(atom));
  }

  /** n of a stratum. null: unknown. */
  sampled(atom: Pick<Atom, 'group' | 'sampling'>, design: Design): number | null {
    const stratum = this.stratum(atom);
    if (!stratum) return 0;
    switch (design) {
      case 'last':
        return stratum.responses;
      case 'first':
        return stratum.firstResponses ?? stratum.responses;
      case 'unflagged':
        return stratum.unflagged ?? stratum.responses;
      case 'unflagged-first':
        return stratum.unflaggedFirst ?? stratum.unflagged ?? stratum.responses;
    }
  }

  /** Does the attacker know this group's weights? */
  hasWeights(group: Group): boolean {
    return (
      this.shown.profile.withinGroup === 'none' ||
      this.shown.strata.every((stratum) => stratum.group !== group || stratum.responses !== null)
    );
  }

  weight(atom: Pick<Atom, 'group' | 'sampling'>, design: Design): Rational {
    const { adjustment } = this.shown.profile;
    if (adjustment && adjustment.kind !== 'none') {
      const adjusted = this.#adjusted(atom.group, design).get(atom.sampling);
      return adjusted === undefined ? one : fromDecimal(adjusted);
    }
    if (this.shown.profile.withinGroup === 'none') return one;
    const { size, sampled } = this.sample(atom, design);
    return size === null || sampled === 0 ? one : divide(size, ratio(sampled));
  }

  /**
   * N and n of the sample that contains an atom: its group, its stratum, or the strata collapsed with it. N null:
   * unknown.
   */
  sample(
    atom: Pick<Atom, 'group' | 'sampling'>,
    design: Design,
  ): { readonly size: Rational | null; readonly sampled: number } {
    const { profile } = this.shown;
    const own =
      profile.withinGroup === 'none'
        ? this.shown.strata.filter((stratum) => stratum.group === atom.group)
        : this.#collapsed(atom.group, design).get(atom.sampling);
    const strata = own ?? [this.stratum(atom)].filter((stratum) => stratum !== undefined);
    const sampled = (stratum: KnownStratum) =>
      this.sampled({ group: stratum.group, sampling: stratum.no }, design) ?? 0;
    return {
      size: strata.some((stratum) => stratum.frameSize === null)
        ? null
        : strata.reduce((sum, stratum) => add(sum, fromDecimal(stratum.frameSize!)), zero),
      sampled: strata.reduce((sum, stratum) => sum + sampled(stratum), 0),
    };
  }

  /** By sampling stratum. Empty if the profile collapses none. */
  #collapsed(group: Group, design: Design): ReadonlyMap<number, readonly KnownStratum[]> {
    const key = `${group} ${design}`;
    let found = this.#collapsedBy.get(key);
    if (found) return found;
    const { profile, strata } = this.shown;
    const isAdjusted = profile.adjustment !== undefined && profile.adjustment.kind !== 'none';
    const own = strata.filter((stratum) => stratum.group === group && stratum.frameSize !== null);
    found =
      profile.smallestStratum === undefined || isAdjusted
        ? new Map<number, readonly KnownStratum[]>()
        : collapsed(
            own,
            (stratum) => this.sampled({ group, sampling: stratum.no }, design) ?? 0,
            profile.smallestStratum,
          );
    this.#collapsedBy.set(key, found);
    return found;
  }

  #adjusted(group: Group, design: Design): ReadonlyMap<number, number> {
    const key = `${group} ${design}`;
    let own = this.#weights.get(key);
    if (!own) {
      const strata = this.shown.strata.filter((stratum) => stratum.group === group);
      own = adjustedWeights(
        strata,
        ({ no }) => this.sampled({ group, sampling: no }, design) ?? 0,
        this.shown.profile.adjustment!,
      );
      this.#weights.set(key, own);
    }
    return own;
  }

  // Columns
  // ------------------------------------------------------------------------------------------------------------

  respondents(atom: Atom): number {
    return this.system.column(`n ${atom.reporting} ${atom.sampling}${this.#answersSuffix}`);
  }

  /** `what`: an option's id, or `:dk`, `:blank`, `:none` (not asked), `:n`, `:sum`. */
  answer(atom: Atom, item: string, what: string): number {
    return this.system.column(
      `x ${atom.reporting} ${atom.sampling} ${item} ${what}${this.#answersSuffix}`,
      what === ':sum' ? 'amount' : 'count',
    );
  }

  /** The value of a sum of counts that cannot be negative. */
  slack(atom: Atom, item: string, which: string): number {
    return this.system.column(`u ${atom.reporting} ${atom.sampling} ${item} ${which}${this.#answersSuffix}`);
  }

  /** The sum of respondents' own means by a formula. */
  means(atom: Atom, formula: Formula): number {
    return this.system.column(
      `m ${atom.reporting} ${atom.sampling} ${formulaKey(formula)}${this.#answersSuffix}`,
      'amount',
    );
  }

  /** Respondents in the denominator. */
  denominators(atom: Atom, scope: string, dontKnow: Formula['dontKnow']): number {
    return this.system.column(
      `d ${atom.reporting} ${atom.sampling} ${scope} ${dontKnow}${this.#answersSuffix}`,
    );
  }

  /** A second moment of respondents' sums, used by standard errors only. */
  moment(atom: Atom, formula: Formula, which: 'yy' | 'yc' | 'cc'): number {
    return this.system.column(
      `${which} ${atom.reporting} ${atom.sampling} ${formulaKey(formula)}${this.#answersSuffix}`,
      'amount',
    );
  }

  /** Respondents of a reporting stratum by set, counted or other channels, and validity. */
  handedIn(reporting: number, set: CountedSet, counted: boolean, valid: boolean): number {
    return this.system.column(
      `t ${reporting} ${set} ${counted ? 'counted' : 'apart'} ${valid ? 'valid' : 'invalid'}${this.#answersSuffix}`,
    );
  }

  /** The same including the other arms, as rates count them. */
  handedInByAll(reporting: number, set: CountedSet, counted: boolean, valid: boolean): Terms {
    const sum = new Sum();
    for (const model of [this, ...this.otherArms])
      if (model.shown.reportingStrata.some((r) => r.no === reporting))
        sum.plus(model.handedIn(reporting, set, counted, valid), one);
    return sum.terms;
  }

  /** Respondents of a group by channel, set and validity. */
  arrived(group: Group, channel: Channel, set: CountedSet, valid: boolean): number {
    return this.system.column(
      `g ${group} ${channel} ${set} ${valid ? 'valid' : 'invalid'}${this.#pooledSuffix}`,
    );
  }

  pooled(group: Group, channel: Channel, set: CountedSet, part: string): number {
    return this.system.column(
      `a ${group} ${channel} ${set} ${part}${this.#pooledSuffix}`,
      part === ':m' ? 'amount' : 'count',
    );
  }

  /** First answers minus last ones, in the flagged strata or in the others. */
  change(group: Group, sampling: number, flagged: boolean, part: string): number {
    return this.system.column(
      `z ${group} ${sampling} ${flagged ? 'flagged' : 'others'} ${part}${this.#pooledSuffix}`,
      part === ':m' ? 'shift' : 'change',
    );
  }

  /** For a split ballot: people who gave at least two ratings, and the sum of their shares of equal pairs. */
  alike(atom: Atom, which: 'people' | 'sum'): number {
    return which === 'people'
      ? this.system.column(`ap ${atom.reporting} ${atom.sampling}${this.#answersSuffix}`)
      : this.system.column(`al ${atom.reporting} ${atom.sampling}${this.#answersSuffix}`, 'amount');
  }

  reanswered(reporting: number): number {
    return this.system.column(`again ${reporting}${this.#answersSuffix}`);
  }

  /** Codes of the drawn sample without an answer, by the fate of their messages. `group` null: all. */
  fate(group: Group | null, fate: Fate): number {
    return this.system.column(`fate ${group ?? 'all'} ${fate}${this.#pooledSuffix}`);
  }

  /** The groups included in AAPOR's rates and in the return rate of all. */
  ratedGroups(): readonly Group[] {
    const { groups, requiredGroupsWithoutQuestionnaire: without } = this.shown.profile;
    return groups.map((rule) => rule.group).filter((group) => !without.includes(group));
  }

  // Formulas
  // -----------------------------------------------------------------------------------------------------------

  /** The linear parts of a formula for one questionnaire; `:d` (people) only if it is a linear count. */
  parts(formula: Formula, q: CompiledQuestionnaire): readonly Part[] {
    if (isOwnMeans(formula, q))
      return [
        { name: ':m', y: one, c: zero },
        { name: ':d', y: zero, c: one },
      ];
    const parts: Part[] = optionsOf(formula, q).map((option) => ({
      name: option,
      y: pointsOf(formula, option),
      c: one,
    }));
    parts.push({ name: ':dk', y: zero, c: formula.dontKnow === 'include' ? one : zero });
    if (ratings(formula, q).length > 1 && scopeOf(formula, q) !== null)
      parts.push({ name: ':d', y: zero, c: zero });
    return parts;
  }

  /** The count of a part in one atom. */
  partTerms(atom: Atom, formula: Formula, q: CompiledQuestionnaire, part: string): Terms {
    if (part === ':m') return new Sum().plus(this.means(atom, formula), one).terms;
    if (part === ':d')
      return new Sum().plus(this.denominators(atom, scopeOf(formula, q)!, formula.dontKnow), one).terms;
    const sum = new Sum();
    for (const item of ratings(formula, q))
      if (part === ':dk' ? item.dontKnowId !== null : item.optionIds.includes(part))
        sum.plus(this.answer(atom, item.id, part), one);
    return sum.terms;
  }

  /** The formula over atoms of groups that may have different questionnaires. */
  read(formula: Formula, atoms: readonly Atom[], design: Design): Reading {
    const reading = this.readParts(
      formula,
      atoms,
      (atom) => this.weight(atom, design),
      (atom, q, part) => this.partTerms(atom, formula, q, part),
    );
    return { ...reading, isWeighted: atoms.every((atom) => this.hasWeights(atom.group)) };
  }

  /** The same for parts from another source: pooled counts, changes. */
  readParts<A extends { readonly group: Group }>(
    formula: Formula,
    places: readonly A[],
    weightOf: (place: A) => Rational,
    termsOf: (place: A, q: CompiledQuestionnaire, part: string) => Terms,
  ): Reading {
    const [y, c, answers, people] = [new Sum(), new Sum(), new Sum(), new Sum()];
    let [isCounted, isCountKnown] = [true, true];
    for (const place of places) {
      const q = this.questionnaire(place.group);
      if (!q || ratings(formula, q).length === 0) continue;
      const weight = weightOf(place);
      const single = ratings(formula, q).length === 1;
      if (!single && scopeOf(formula, q) === null) isCounted = false;
      if (!isDenominatorKnown(formula, q)) isCountKnown = false;
      for (const part of this.parts(formula, q)) {
        const terms = termsOf(place, q, part.name);
        y.plusAll(terms, multiply(part.y, weight));
        c.plusAll(terms, multiply(part.c, weight));
        answers.plusAll(terms, part.c);
        if (single ? part.c.n !== 0n : part.name === ':d') people.plusAll(terms, one);
      }
    }
    return {
      y: y.terms,
      c: c.terms,
      answers: answers.terms,
      people: isCounted ? people.terms : null,
      isWeighted: true,
      isCountKnown,
    };
  }
}

function ofArm(shown: ShownPublication, arm: KnownArm): ShownPublication {
  const { ballot: _, pairs: _pairs, ...rest } = shown;
  return {
    ...rest,
    questionnaires: [arm.questionnaire],
    strata: arm.strata,
    reportingStrata: shown.reportingStrata.filter((stratum) => stratum.group === arm.group),
    ...(arm.pairs && { pairs: arm.pairs }),
  };
}
