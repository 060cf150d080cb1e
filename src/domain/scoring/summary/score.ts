/**
 * Converts a county's tallies to scored groups: the basis of its summary, and the data about the sample that suppression needs.
 */
import type { CompiledQuestionnaire } from '../../questionnaire/compiled.ts';
import { countyLevelGroups, type Group, type Location } from '../../model/vocabulary.ts';
import {
  combineMeasures,
  domainResponses,
  measureDomain,
  planReading,
  poolDomain,
  readTotals,
  restrictFormula,
  simpleDesign,
  stratifiedDesign,
  toFigure,
  unknownCell,
  type CollapsedGroup,
  type DecodedCell,
  type Domain,
  type IntervalRule,
  type Measure,
  type SampleDesign,
} from '../estimate/estimate.ts';
import type { Figure } from '../figure.ts';
import type { Formula } from '../rules/formula.ts';
import type { SamplingStratum } from '../../frame/strata.ts';
import type { RuleProfile } from '../rules/profile.ts';
import type { SummaryInput } from './summary-types.ts';
import type { TallyCell } from '../tally/tally.ts';
import { adjustedDesign, type GroupAdjustment } from '../estimate/adjusted-design.ts';

/** A county's answers, scored. */
export interface ScoredCounty {
  readonly official: Formula;
  readonly explaining: ExplainingFormulas;
  readonly locationOf: (cell: DecodedCell) => Location | null;
  /** Not void. */
  readonly standing: readonly DecodedCell[];
  /** The same including arms other than the main ones: for rates. */
  readonly returned: readonly DecodedCell[];
  readonly valid: readonly DecodedCell[];
  /** For the same respondents' first answers. */
  readonly firstValid: readonly DecodedCell[];
  readonly frame: EffectiveFrame;
  readonly last: ScoredGroups;
}

/** Throws `corrupt` on cells that do not decode or whose questionnaire or strata are not in the input. */
export function scoreCounty(whole: SummaryInput): ScoredCounty {
  const input = mainPart(whole);
  const { profile } = input;
  const official = profile.formulas.find((formula) => formula.id === profile.official);
  if (!official) throw new Error(`profile ${profile.id} has no formula ${profile.official}`);
  const explaining = explainingFormulas(input, official);
  const standing = readCells(input, input.cells, formulasOf(profile, official, explaining)).filter(
    (cell) => !isVoided(input, cell),
  );
  const valid = standing.filter((cell) => cell.valid);
  const frame = effectiveFrame(input);
  return {
    official,
    explaining,
    locationOf: locator(input),
    standing,
    returned: [...standing, ...standingApart(whole)],
    valid,
    firstValid: readCells(input, input.firstCells, () => [official]).filter(
      (cell) => cell.valid && !isVoided(input, cell),
    ),
    frame,
    last: scoreGroups(input, valid, frame),
  };
}

/** Main arms only: the basis of every figure. */
export function mainPart(input: SummaryInput): SummaryInput {
  const { apart, ...rest } = input;
  return apart === undefined ? input : { ...rest, ...part(input, (no) => !apart.has(no)) };
}

function part({ questionnaires, texts, cells, firstCells }: SummaryInput, isIn: (no: number) => boolean) {
  const within = <V>(map: ReadonlyMap<number, V>) => new Map([...map].filter(([no]) => isIn(no)));
  const of = (list: readonly TallyCell[]) => list.filter((cell) => isIn(cell.questionnaire));
  return {
    questionnaires: within(questionnaires),
    texts: within(texts),
    cells: of(cells),
    firstCells: of(firstCells),
  };
}

function standingApart(input: SummaryInput): readonly DecodedCell[] {
  const { apart } = input;
  if (apart === undefined) return [];
  const own = { ...input, ...part(input, (no) => apart.has(no)) };
  return readCells(own, own.cells, () => []).filter((cell) => !isVoided(own, cell));
}

// Cells ----------------------------------------------------------------------------------------------------------------

/** Reads cells for the formulas that will be applied. Throws `corrupt`. */
function readCells(
  input: SummaryInput,
  cells: readonly TallyCell[],
  formulas: (q: CompiledQuestionnaire) => readonly Formula[],
): readonly DecodedCell[] {
  const plans = new Map([...input.questionnaires].map(([no, q]) => [no, planReading(q, formulas(q))]));
  const reporting = new Map(input.reportingStrata.map((stratum) => [stratum.no, stratum]));
  const sampling = new Set(input.samplingStrata.map((stratum) => stratum.no));
  return cells.map(({ bytes, ...key }) => {
    const plan = plans.get(key.questionnaire);
    if (!plan) throw unknownCell('questionnaire', key.questionnaire);
    const stratum = reporting.get(key.reportingStratum);
    if (!stratum) throw unknownCell('reporting stratum', key.reportingStratum);
    if (key.samplingStratum !== 0 && !sampling.has(key.samplingStratum))
      throw unknownCell('sampling stratum', key.samplingStratum);
    return { ...key, group: stratum.group, tally: readTotals(plan, bytes) };
  });
}

/**
 * Every formula that a summary applies to respondents' vectors: the profile's, the official one by dimension, each option's
 * share.
 */
function formulasOf(
  profile: RuleProfile,
  official: Formula,
  explaining: ExplainingFormulas,
): (q: CompiledQuestionnaire) => readonly Formula[] {
  return (q) => [
    ...profile.formulas,
    ...q.dimensions.map((dimension) => restrictFormula(official, { dimension })),
    restrictFormula(official, { about: 'school' }),
    // A questionnaire with a single rating has no smaller part.
    ...q.items.flatMap((item) =>
      item.type === 'rating' ? [restrictFormula(official, { item: item.id })] : [],
    ),
    ...explaining.all,
  ];
}

/** By its whole group, or by its reporting unit. */
export function isVoided(input: SummaryInput, cell: { group: Group; reportingStratum: number }): boolean {
  return input.voided.some(
    (v) =>
      v.group === cell.group && (v.reportingStratum === null || v.reportingStratum === cell.reportingStratum),
  );
}

/** The stratum where an answer was drawn; without a sampling stratum, the one where it reports. */
export function locator(input: SummaryInput): (cell: DecodedCell) => Location | null {
  const sampling = new Map(input.samplingStrata.map((stratum) => [stratum.no, stratum.location]));
  const reporting = new Map(input.reportingStrata.map((stratum) => [stratum.no, stratum.location]));
  return (cell) => sampling.get(cell.samplingStratum) ?? reporting.get(cell.reportingStratum) ?? null;
}

// Frame ----------------------------------------------------------------------------------------------------------------

export interface EffectiveFrame {
  /** Sampling strata with their effective N: the frozen frame less declared ineligibles and void strata. */
  readonly strata: readonly SamplingStratum[];
  /** Contacts removed with each void reporting stratum. */
  readonly removed: ReadonlyMap<number, number>;
}

/**
 * N of each sampling stratum: frozen frame less declared ineligibles, less the part of every void reporting stratum. That part is
 * its share of the codes drawn there (the draw is proportional; in a census it is exact). Rates keep the frozen denominators, so
 * that neither improves them.
 */
export function effectiveFrame(input: SummaryInput): EffectiveFrame {
  const ineligible = new Map<number, number>();
  for (const { samplingStratum, contacts } of input.ineligible ?? [])
    ineligible.set(samplingStratum, (ineligible.get(samplingStratum) ?? 0) + contacts);
  const drawn = new Map<number, number>();
  for (const code of input.drawnCodes ?? [])
    drawn.set(code.samplingStratum, (drawn.get(code.samplingStratum) ?? 0) + code.drawn);
  const voided = new Set(input.voided.flatMap((v) => v.reportingStratum ?? []));
  const removed = new Map<number, number>();
  const strata = input.samplingStrata.map((stratum) => {
    const { no, frameSize } = stratum;
    if (frameSize === null) return stratum;
    const size = Math.max(0, frameSize - (ineligible.get(no) ?? 0));
    let left = size;
    for (const code of input.drawnCodes ?? []) {
      if (code.samplingStratum !== no || !voided.has(code.reportingStratum)) continue;
      const part = (size * code.drawn) / (drawn.get(no) ?? 1);
      left -= part;
      removed.set(code.reportingStratum, (removed.get(code.reportingStratum) ?? 0) + part);
    }
    return left === frameSize ? stratum : { ...stratum, frameSize: Math.max(0, left) };
  });
  return { strata, removed };
}

// Groups ---------------------------------------------------------------------------------------------------------------

export interface ScoredGroups {
  /** Cells of the official figure. */
  readonly counted: readonly DecodedCell[];
  readonly design: SampleDesign;
  /** How intervals are computed; null: none. */
  readonly rule: IntervalRule | null;
  readonly domains: ReadonlyMap<Group, Domain>;
  readonly merged: ReadonlyMap<Group, Group>;
  readonly adjusted: readonly GroupAdjustment[];
  readonly collapsed: readonly CollapsedGroup[];
}

/** Counted answers by group with their design and weights: the basis of every figure. */
export function scoreGroups(
  input: SummaryInput,
  valid: readonly DecodedCell[],
  { strata }: EffectiveFrame,
): ScoredGroups {
  const { profile } = input;
  const counted = valid.filter(
    (cell) => profile.channels.includes(cell.channel) && profile.sets.includes(cell.set),
  );
  const { adjustment } = profile;
  const isAdjusted = adjustment !== undefined && adjustment.kind !== 'none';
  const { design, adjusted, collapsed } =
    profile.withinGroup === 'none'
      ? { design: simpleDesign(counted, strata), adjusted: [], collapsed: [] }
      : isAdjusted
        ? { ...adjustedDesign(counted, strata, adjustment), collapsed: [] }
        : { ...stratifiedDesign(counted, strata, profile.smallestStratum), adjusted: [] };
  const domains = new Map<Group, Domain>();
  for (const group of new Set(counted.map((cell) => cell.group)))
    domains.set(
      group,
      poolDomain(
        counted.filter((cell) => cell.group === group),
        design,
      ),
    );
  return {
    counted,
    design,
    rule: intervalRule(profile),
    domains,
    merged: mergeGroups(profile, domains),
    adjusted,
    collapsed,
  };
}

/** Nobody drew the visitors of a link: no interval, whatever the profile says. */
function intervalRule({ interval, sampling }: RuleProfile): IntervalRule | null {
  const { method, level } = interval;
  return method === 'none' || sampling === 'self-selected' ? null : { method, level };
}

/** Groups too small to be scored alone, if the profile lets them merge. A group without any answer is missing, not merged. */
function mergeGroups(profile: RuleProfile, domains: ReadonlyMap<Group, Domain>): ReadonlyMap<Group, Group> {
  const merged = new Map<Group, Group>();
  const size = (group: Group) => domainResponses(domains.get(group) ?? []);
  for (const rule of profile.groups) {
    const n = size(rule.group);
    const into = rule.mayMergeWith;
    if (into === undefined || n === 0 || n >= (rule.minValid ?? 1)) continue;
    // Not into one that was itself merged, nor out of one into which others merged.
    if (size(into) === 0 || merged.has(into) || [...merged.values()].includes(rule.group)) continue;
    merged.set(rule.group, into);
  }
  return merged;
}

/** Groups of the profile, of the questionnaires, and of the answers. */
export function groupsShown(input: SummaryInput, scored: ScoredGroups): readonly Group[] {
  const listed = input.profile.groups.map((rule) => rule.group);
  const served = [...input.questionnaires.values()].flatMap((q) => q.groups);
  return [...new Set([...listed, ...served, ...scored.domains.keys()])];
}

/** The weighted mean over the profile's groups, merged groups pooled and their weights added. */
export function measureCounty(profile: RuleProfile, formula: Formula, scored: ScoredGroups): Measure | null {
  return combineMeasures(
    blocks(profile, scored).map(({ weight, domain }) => ({
      weight,
      measure: measureDomain(formula, domain),
    })),
  );
}

/** The county’s figure by this formula, with the groups’ weights. */
export function countyFigure(profile: RuleProfile, formula: Formula, scored: ScoredGroups): Figure {
  return toFigure(formula.id, measureCounty(profile, formula, scored), scored.rule);
}

/** Worst and best case; a merged group uses the one that it merged into. */
export interface ExplainingFormulas {
  /** Share of each option, by the official formula's own denominator and unit. */
  readonly options: readonly { readonly option: string; readonly formula: Formula }[];
  /** Share of all answers that are a substantive option; the rest is 不了解. */
  readonly substantive: Formula;
  readonly all: readonly Formula[];
}

function explainingFormulas(input: SummaryInput, official: Formula): ExplainingFormulas {
  const { id, title, unit, dontKnow, items, dimension, named } = official;
  const restriction = {
    ...(items ? { items } : {}),
    ...(dimension === undefined ? {} : { dimension }),
    ...(named === undefined ? {} : { named }),
  };
  const base = { kind: 'share' as const, id, title, unit, ...restriction };
  const all = [...new Set([...input.questionnaires.values()].flatMap((q) => q.vectorOptions))];
  const options = all.map((option) => ({ option, formula: { ...base, dontKnow, satisfied: [option] } }));
  const substantive: Formula = { ...base, dontKnow: 'include', satisfied: all };
  return { options, substantive, all: [...options.map((entry) => entry.formula), substantive] };
}

/**
 * The groups of the profile as the official figure pools them: one block for each group that did not merge, with its members and
 * the sum of their weights.
 */
export function blocks(profile: RuleProfile, scored: ScoredGroups) {
  return profile.groups
    .filter((rule) => !scored.merged.has(rule.group))
    .map((rule) => {
      const members = profile.groups.filter(
        (other) => other === rule || scored.merged.get(other.group) === rule.group,
      );
      return {
        group: rule.group,
        minValid: rule.minValid ?? 1,
        required: rule.required,
        weight: members.reduce((sum, member) => sum + member.weight, 0),
        domain: members.flatMap((member) => scored.domains.get(member.group) ?? []),
      };
    });
}

/**
 * The formula of a row of the list of schools: for a group that belongs to schools, items about the whole county say nothing
 * about one school.
 */
export function rowFormula(official: Formula, group: Group): Formula {
  return countyLevelGroups.has(group) ? official : restrictFormula(official, { about: 'school' });
}

/** Undefined if the group was not asked. */
export function questionnaireOf(input: SummaryInput, group: Group) {
  for (const [no, q] of input.questionnaires)
    if (q.groups.includes(group)) return { q, texts: input.texts.get(no) };
  return undefined;
}
