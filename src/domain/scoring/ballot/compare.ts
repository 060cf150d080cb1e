/**
 * The arms of a split ballot side by side. Arms are disjoint random parts of each stratum, so the difference of two means has variance S²⁄n + S²⁄n′: each arm's own
 * variance without the correction for a finite population. (Source: G. W. Imbens, D. B. Rubin, *Causal Inference* (2015) §6; R: two `svymean` of
 * designs without `fpc`.) What is shown of the arm that makes the group's figures follows from figures that are shown already, with the summary's weights; the other arms
 * are in no figure but here. As in the summary, figures have as many decimals as people read, in every format.
 */
import { armsOf, mainArm } from '../../frame/ballot.ts';
import { groupBy } from '../../group-by.ts';
import type { Group } from '../../model/vocabulary.ts';
import { isCompared, looksAt, type Formula, type LocalisedText } from '../rules/formula.ts';
import {
  domainResponses,
  measureDomain,
  planReading,
  poolDomain,
  readTotals,
  restrictFormula,
  type DecodedCell,
  type Domain,
  type Measure,
} from '../estimate/estimate.ts';
import { sumVariance } from '../estimate/stratified.ts';
import { noData, settle, type Estimate, type Figure, type Suppressed } from '../figure.ts';
import { criticalValue } from '../statistics/interval.ts';
import { roundValue, type Rounding } from '../format.ts';
import { effectiveFrame, isVoided, scoreGroups } from '../summary/score.ts';
import type { Count, Summary, SummaryInput } from '../summary/summary-types.ts';
import { decodeTally } from '../tally/tally-bytes.ts';
import type { TallyCell } from '../tally/tally.ts';
import { follows } from './follows.ts';
import { straightLiningOf, type StraightLining } from './straight-lining.ts';
import { scaleOf, type BallotScale } from './scales.ts';

/** A questionnaire of the campaign. */
export interface BallotArm {
  readonly no: number;
  readonly groups: readonly Group[];
  readonly arm?: string | undefined;
  readonly official?: true | undefined;
  readonly share?: number | undefined;
}

export const ballotMeasures = ['mean', 'negative', 'top-two', 'dont-know', 'alike', 'dimension'] as const;

export interface ComparedMeasure {
  readonly measure: (typeof ballotMeasures)[number];
  /** Of a dimension. */
  readonly dimension: string | null;
  readonly title: LocalisedText | null;
  /** By arm. */
  readonly figures: readonly Figure[];
  /** For dimensions: rank by the figure, the highest first; null if one of them is not shown. */
  readonly ranks: readonly (number | null)[];
  /** By arm: difference from the first arm; `no-data` for the first itself. */
  readonly differences: readonly Figure[];
}

export interface BallotGroup {
  readonly group: Group;
  readonly arms: readonly {
    readonly arm: string;
    readonly title: LocalisedText;
    readonly scale: BallotScale['id'];
    /** Makes the group's figures in the summary. */
    readonly isMain: boolean;
    readonly official: boolean;
    /** Percent of the group that gets it; null: all arms are equal. */
    readonly share: number | null;
    readonly responses: Count;
    /** Submitted with fewer items than the profile requires; percent of all submitted ones. */
    readonly incomplete: Figure;
  }[];
  readonly measures: readonly ComparedMeasure[];
}

export interface BallotComparison {
  readonly campaign: Summary['campaign'];
  readonly county: Summary['county'];
  readonly level: number;
  readonly minimumCell: number;
  /** Of every figure, as shown. */
  readonly decimals: number;
  readonly groups: readonly BallotGroup[];
}

const title = { 'zh-CN': '-', en: '-' };
/** Rounded as displayed; values judged by the threshold are not rounded across it. */
interface Digits {
  readonly points: Rounding;
  readonly plain: Rounding;
}

function digitsOf({ decimals, threshold }: SummaryInput['profile']): Digits {
  return { points: { decimals, threshold: threshold.value }, plain: { decimals, threshold: null } };
}

const hidden: Suppressed = { kind: 'suppressed', why: 'protected' };

/** @param shown the county's summary after suppression */
export function compareArms(
  input: SummaryInput,
  questionnaires: readonly BallotArm[],
  shown: Summary,
): BallotComparison {
  const { profile } = input;
  const groups = [...new Set(questionnaires.flatMap((q) => q.groups))].filter(
    (group) => armsOf(questionnaires, group).length > 1,
  );
  return {
    campaign: input.campaign,
    county: input.county,
    level: profile.interval.level,
    minimumCell: profile.minimumCell,
    decimals: profile.decimals,
    groups: groups.map((group) => compareGroup(input, questionnaires, group, shown)),
  };
}

interface Arm {
  readonly own: BallotArm;
  readonly scale: BallotScale;
  readonly domain: Domain;
  readonly handedIn: number;
  readonly valid: number;
  readonly measure: (formula: Formula) => Measure | null;
  readonly alike: StraightLining | null;
  /**
   * Would standard errors of this formula tell what few people answered? Over one item, squares of points are sums over the same counts as the figures, with other
   * weights for each sampling stratum.
   */
  readonly tellsFew: (formula: Formula) => boolean;
}

function armOf(input: SummaryInput, own: BallotArm, group: Group): Arm {
  const { profile } = input;
  const q = input.questionnaires.get(own.no);
  const scale = q && scaleOf(q);
  if (!q || !scale) throw new Error(`arm ${own.no} has no scale of a split ballot`);
  const formulas = [
    ...Object.values(formulasOf(scale)),
    ...q.dimensions.map((dimension) => restrictFormula(formulasOf(scale).mean, { dimension })),
  ];
  const plan = planReading(q, formulas);
  const groupOf = new Map(input.reportingStrata.map((stratum) => [stratum.no, stratum.group]));
  const standing = input.cells.flatMap(({ bytes, ...key }): readonly (DecodedCell & TallyCell)[] =>
    key.questionnaire === own.no &&
    groupOf.get(key.reportingStratum) === group &&
    !isVoided(input, { group, reportingStratum: key.reportingStratum })
      ? [{ ...key, group, bytes, tally: readTotals(plan, bytes) }]
      : [],
  );
  const isCounted = (cell: DecodedCell) =>
    profile.channels.includes(cell.channel) && profile.sets.includes(cell.set);
  const counted = standing.filter((cell) => cell.valid && isCounted(cell));
  // With the weights of the summary: figures of the same answers with other weights would reveal its strata.
  const { design } = scoreGroups(input, counted, effectiveFrame(input));
  const domain = poolDomain(counted, (cell) => ({ ...design(cell), population: null }));
  const people = (cells: readonly DecodedCell[]) => cells.reduce((sum, cell) => sum + cell.tally.n, 0);
  const strata = groupBy(counted, (cell) => design(cell).stratum);
  const hasFew = strata.size > 1 && [...strata.values()].some((cells) => people(cells) < profile.minimumCell);
  const isAboutOne = (formula: Formula) =>
    q.items.filter((item) => item.type === 'rating' && looksAt(formula, q, item)).length === 1;
  return {
    own,
    scale,
    tellsFew: (formula) => (input.disclosureRule ?? 1) > 4 && hasFew && isAboutOne(formula),
    domain,
    handedIn: people(standing.filter(isCounted)),
    valid: domainResponses(domain),
    measure: (formula) => measureDomain(formula, domain),
    alike: straightLiningOf(
      counted.map((cell) => {
        const { stratum, weight } = design(cell);
        return { stratum, weight, tally: decodeTally(q, cell.bytes) };
      }),
    ),
  };
}

/** One object each, because data about a formula is cached by identity. */
const made = new WeakMap<BallotScale, ReturnType<typeof makeFormulas>>();
function formulasOf(scale: BallotScale) {
  let own = made.get(scale);
  if (!own) made.set(scale, (own = makeFormulas(scale)));
  return own;
}

function makeFormulas(scale: BallotScale) {
  const base = { title, unit: 'answers', dontKnow: 'exclude' } as const;
  const share = (id: string, satisfied: readonly string[]): Formula => ({
    ...base,
    kind: 'share',
    id,
    satisfied: [...satisfied],
  });
  const mean: Formula = { ...base, kind: 'mean', id: 'ballot-mean', points: { ...scale.points } };
  return {
    mean,
    negative: share('ballot-negative', scale.negative),
    topTwo: share('ballot-top-two', scale.topTwo),
    known: { ...share('ballot-known', Object.keys(scale.points)), dontKnow: 'include' } as Formula,
  };
}

function compareGroup(
  input: SummaryInput,
  questionnaires: readonly BallotArm[],
  group: Group,
  shown: Summary,
): BallotGroup {
  const { profile } = input;
  const digits = digitsOf(profile);
  const { plain } = digits;
  const main = mainArm(questionnaires, group)!;
  const arms = armsOf(questionnaires, group).map((own) => armOf(input, own, group));
  const isSmall = (arm: Arm) => {
    const whole = arm.measure(formulasOf(arm.scale).mean);
    return arm.valid < profile.minimumCell || whole === null || (whole.others ?? 0) < 2;
  };
  const inSummary = shown.groups.find((entry) => entry.group === group);
  const isHidden =
    arms.some((arm) => arm.valid > 0 && isSmall(arm)) || inSummary?.figure.kind === 'suppressed';
  // Rates show their number over all arms: beside another's number, a hidden one could be derived.
  const isFewIncomplete = arms.some(
    ({ handedIn, valid }) => handedIn > valid && handedIn - valid < profile.minimumCell,
  );
  const mayShow = (arm: Arm, formula: Formula) =>
    !isHidden && (arm.own.no !== main.no || follows(input, main.no, shown, group, formula));
  const compare = (
    measure: ComparedMeasure['measure'],
    formulaOf: (arm: Arm) => Formula,
    isFree: (arm: Arm, formula: Formula) => boolean = mayShow,
    about: Pick<ComparedMeasure, 'dimension' | 'title'> = { dimension: null, title: null },
  ): ComparedMeasure => {
    const measured = arms.map((arm) => {
      const formula = formulaOf(arm);
      const found = arm.measure(formula);
      const own = found && measure === 'dont-know' ? { ...found, value: 100 - found.value } : found;
      return { own, isFree: isFree(arm, formula), tellsFew: arm.tellsFew(formula) };
    });
    const isShown = measured.every((entry) => entry.isFree || entry.own === null);
    const isPrecise = !measured.some((entry) => entry.tellsFew);
    const first = measured[0]!.own;
    return {
      measure,
      ...about,
      figures: measured.map(({ own }) =>
        own === null
          ? noData
          : isShown
            ? figureOf(own, measure === 'dont-know' ? plain : digits.points)
            : hidden,
      ),
      ranks: arms.map(() => null),
      differences: measured.map(({ own }, i) =>
        i === 0 || own === null || first === null
          ? noData
          : isShown
            ? differenceOf(own, first, isPrecise ? profile.interval.level : null, plain)
            : hidden,
      ),
    };
  };
  const dimensions = compareDimensions(input, arms, group, shown, main.no, isHidden, compare);
  return {
    group,
    arms: arms.map((arm, i) => ({
      arm: arm.own.arm ?? String(i + 1),
      title: input.texts.get(arm.own.no)?.title ?? title,
      scale: arm.scale.id,
      isMain: arm.own.no === main.no,
      official: arm.own.official === true,
      share: arm.own.share ?? null,
      responses: isHidden && arm.valid > 0 ? hidden : { kind: 'count', value: arm.valid },
      incomplete: isHidden || isFewIncomplete ? hidden : incompleteOf(arm, plain),
    })),
    measures: [
      compare('mean', (arm) => formulasOf(arm.scale).mean),
      compare('negative', (arm) => formulasOf(arm.scale).negative),
      compare('top-two', (arm) => formulasOf(arm.scale).topTwo),
      // The number of 不了解 is not an opinion, and may be known.
      compare(
        'dont-know',
        (arm) => formulasOf(arm.scale).known,
        () => !isHidden,
      ),
      compareAlike(arms, isHidden, profile.interval.level, plain),
      ...dimensions,
    ],
  };
}

/** Not by school and in no other figure, so that nothing about a part of an arm follows from it. */
function compareAlike(
  arms: readonly Arm[],
  isHidden: boolean,
  level: number,
  digits: Rounding,
): ComparedMeasure {
  const first = arms[0]!.alike;
  const isShown = !isHidden && arms.every(({ alike }) => alike === null || alike.unlike >= 2);
  return {
    measure: 'alike',
    dimension: null,
    title: null,
    figures: arms.map(({ alike }) =>
      alike === null
        ? noData
        : isShown
          ? {
              kind: 'estimate',
              value: roundValue(alike.value, digits),
              formula: 'ballot',
              n: alike.n,
              denominator: alike.n,
            }
          : hidden,
    ),
    ranks: arms.map(() => null),
    differences: arms.map(({ alike }, i) => {
      if (i === 0 || alike === null || first === null) return noData;
      if (!isShown) return hidden;
      const n = alike.n + first.n;
      return withInterval(
        {
          kind: 'estimate',
          value: alike.value - first.value,
          formula: 'difference',
          n,
          denominator: n,
        },
        Math.hypot(alike.se, first.se),
        alike.df + first.df,
        level,
        digits,
      );
    }),
  };
}

/** Dimensions of all arms; none if one of them may not be shown, because together they could give the total. */
function compareDimensions(
  input: SummaryInput,
  arms: readonly Arm[],
  group: Group,
  shown: Summary,
  main: number,
  isHidden: boolean,
  compare: (
    measure: 'dimension',
    formulaOf: (arm: Arm) => Formula,
    isFree: (arm: Arm, formula: Formula) => boolean,
    about: Pick<ComparedMeasure, 'dimension' | 'title'>,
  ) => ComparedMeasure,
): readonly ComparedMeasure[] {
  const { profile } = input;
  const official = profile.formulas.find((formula) => formula.id === profile.official)!;
  const lists = arms.map((arm) => input.questionnaires.get(arm.own.no)!);
  const ids = lists[0]!.dimensions.filter((id) => lists.every((q) => isCompared(q, id)));
  const restricted = (arm: Arm, dimension: string) =>
    restrictFormula(formulasOf(arm.scale).mean, { dimension });
  const isProtected = (arm: Arm, dimension: string) => {
    const found = arm.measure(restricted(arm, dimension));
    if (found === null) return false;
    if (found.n < profile.minimumCell || (found.others ?? 0) < 2) return true;
    if (arm.own.no !== main) return false;
    const own = shown.groups
      .find((entry) => entry.group === group)
      ?.dimensions.find((entry) => entry.id === dimension);
    return own?.figure.kind !== 'estimate' || !isSameFormula(official, arm.scale);
  };
  const isFree = !isHidden && !ids.some((id) => arms.some((arm) => isProtected(arm, id)));
  const found = ids.map((dimension) =>
    compare(
      'dimension',
      (arm) => restricted(arm, dimension),
      () => isFree,
      { dimension, title: input.texts.get(arms[0]!.own.no)?.dimensions.get(dimension) ?? null },
    ),
  );
  return found.map((entry) => ({
    ...entry,
    ranks: entry.figures.map((figure, arm) =>
      figure.kind === 'estimate'
        ? 1 +
          found.filter((other) => {
            const beside = other.figures[arm];
            return beside?.kind === 'estimate' && beside.value > figure.value;
          }).length
        : null,
    ),
  }));
}

function isSameFormula(official: Formula, { points }: BallotScale): boolean {
  return (
    official.kind === 'mean' &&
    official.unit === 'answers' &&
    official.dontKnow === 'exclude' &&
    Object.entries(points).every(([option, value]) => official.points[option] === value)
  );
}

/**
 * Without a standard error. That of the main arm has no correction for a finite population, and that of the summary has one:
 * together they would be two equations in the sums of squares of the sampling strata. The difference's includes the other arm's,
 * which nothing else shows.
 */
function figureOf(measure: Measure, digits: Rounding): Figure {
  return {
    kind: 'estimate',
    value: roundValue(settle(measure.value), digits),
    formula: 'ballot',
    n: measure.n,
    denominator: measure.denominator,
  };
}

/** @param level of the interval; null: without a standard error */
function differenceOf(arm: Measure, first: Measure, level: number | null, digits: Rounding): Figure {
  const base = {
    kind: 'estimate',
    value: arm.value - first.value,
    formula: 'difference',
    n: arm.n + first.n,
    denominator: arm.denominator + first.denominator,
  } as const;
  if (level === null || !arm.parts || !first.parts) return { ...base, value: roundValue(base.value, digits) };
  const se = Math.sqrt(sumVariance(arm.parts) + sumVariance(first.parts));
  return withInterval(base, se, arm.df + first.df, level, digits);
}

/** `base` as computed; the result has the displayed digits. */
function withInterval(base: Estimate, se: number, df: number, level: number, digits: Rounding): Figure {
  const { value } = base;
  const round = (own: number) => roundValue(own, digits);
  const critical = criticalValue('t', level, df);
  if (critical === null) return { ...base, value: round(value) };
  const half = critical * se;
  return {
    ...base,
    value: round(value),
    se: round(se),
    df,
    interval: { low: round(value - half), high: round(value + half), level, method: 't' },
  };
}

function incompleteOf({ handedIn, valid }: Arm, digits: Rounding): Figure {
  const n = handedIn - valid;
  if (handedIn === 0) return noData;
  return {
    kind: 'estimate',
    value: roundValue((100 * n) / handedIn, digits),
    formula: 'share',
    n,
    denominator: handedIn,
  };
}
