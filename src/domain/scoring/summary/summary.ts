/**
 * A county's summary from its tallies, before suppression: for computing only. Whoever shows or exports it passes it through
 * `suppressSummary` first.
 */
import type { CompiledItem, CompiledQuestionnaire } from '../../questionnaire/compiled.ts';
import { channels, countedSets, locations, type Group, type Location } from '../../model/vocabulary.ts';
import {
  combineMeasures,
  domainResponses,
  estimateDomain,
  measureDomain,
  measureNumber,
  planReading,
  poolDomain,
  readTotals,
  restrictFormula,
  simpleDesign,
  stratifiedDesign,
  toFigure,
  unknownCell,
  type DecodedCell,
  type Domain,
  type IntervalRule,
  type Measure,
  type SampleDesign,
} from '../estimate/estimate.ts';
import { explainDifference, type AnswerShares, type FormulaDifference } from './explain.ts';
import { noData, settle, type Figure } from '../figure.ts';
import type { Formula, LocalisedText } from '../rules/formula.ts';
import { answerFlags, compareFlags, type Flag } from '../signals/flags.ts';
import { flagShares } from '../signals/find-flags.ts';
import { defaultAlarm } from '../signals/integrity.ts';
import type { SamplingStratum } from '../../frame/strata.ts';
import { moreResponsesNeeded } from '../estimate/more-responses.ts';
import { nonResponseBounds, type GroupResponse, type NonResponseBounds } from '../estimate/non-response.ts';
import type { RuleProfile } from '../rules/profile.ts';
import { computeQuota } from '../rules/quota.ts';
import { computeResponseRates } from './response-rates.ts';
import { computeReturnRates, stratumReturnRate } from './return-rate.ts';
import type {
  Count,
  DimensionFigure,
  Distribution,
  GroupSummary,
  ItemFigure,
  QuestionnaireTexts,
  SchoolSummary,
  Summary,
  SummaryInput,
  SummaryNote,
} from './summary-types.ts';
import { itemCounts, type TallyCell } from '../tally/tally.ts';
import { computeVerdict, type Verdict, type VerdictReason } from './verdict.ts';
import { adjustedDesign, type GroupAdjustment } from '../estimate/adjusted-design.ts';

export type * from './summary-types.ts';

/**
 * Computes everything a county's report says. Throws `corrupt` on cells that do not decode or whose questionnaire or strata are
 * not among the input's.
 */
export function computeSummary(input: SummaryInput): Summary {
  const { profile } = input;
  const official = profile.formulas.find((formula) => formula.id === profile.official);
  if (!official) throw new Error(`profile ${profile.id} has no formula ${profile.official}`);

  const locationOf = locator(input);
  const explaining = explainingFormulas(input, official);
  const standing = readCells(input, input.cells, formulasOf(profile, official, explaining)).filter(
    (cell) => !isVoided(input, cell),
  );
  const valid = standing.filter((cell) => cell.valid);
  const frame = effectiveFrame(input);
  const last = scoreGroups(input, valid, frame);
  const firstValid = readCells(input, input.firstCells, () => [official]).filter(
    (cell) => cell.valid && !isVoided(input, cell),
  );
  const first = scoreGroups(input, firstValid, frame);
  const flags = input.flags ?? reanswerFlags(input);
  const returns = computeReturnRates(profile, standing, input.samplingStrata, input.reportingStrata);
  const officialFigure = countyFigure(profile, official, last);
  const verdict = computeVerdict(profile, officialFigure, [...groupReasons(input, last), ...returns.reasons]);
  const groups = groupsShown(input, last).map((group) => summariseGroup(input, official, last, group));
  const schools = summariseSchools(input, official, last, standing);

  return {
    version: 1,
    campaign: input.campaign,
    county: input.county,
    profile: {
      id: profile.id,
      version: profile.version,
      hash: input.profileHash,
      title: profile.title,
      source: profile.source,
      regime: profile.regime,
      instrument: profile.instrument,
      role: profile.role,
      official: profile.official,
      sampling: profile.sampling,
      decision: profile.decision,
      interval: profile.interval,
      withinGroup: profile.withinGroup,
      channels: profile.channels,
      sets: profile.sets,
      minimumCell: profile.minimumCell,
      decimals: profile.decimals,
    },
    threshold: profile.threshold,
    official: officialFigure,
    verdict,
    formulas: profile.formulas.map((formula) => {
      const figure = countyFigure(profile, formula, last);
      return {
        id: formula.id,
        formula,
        official: formula.id === profile.official,
        figure,
        meets: figure.kind === 'estimate' ? figure.value >= profile.threshold.value : null,
      };
    }),
    groups,
    dimensions: countyDimensions(input, official, last),
    items: itemsByGroup(groups),
    schools,
    locations: locations.map((location) => ({
      location,
      groups: breakDown(
        official,
        last.counted,
        last.design,
        (cell) => locationOf(cell) === location,
        last.rule,
      ),
    })),
    channels: channels.map((channel) => ({
      channel,
      counted: profile.channels.includes(channel),
      groups: breakDown(
        official,
        // An uncounted channel (a shared link) shows all that came through it.
        profile.channels.includes(channel) ? valid.filter((cell) => profile.sets.includes(cell.set)) : valid,
        null,
        (cell) => cell.channel === channel,
      ),
    })),
    sets: countedSets.map((set) => ({
      set,
      counted: profile.sets.includes(set),
      groups: breakDown(
        official,
        profile.sets.includes(set) ? valid.filter((cell) => profile.channels.includes(cell.channel)) : valid,
        null,
        (cell) => cell.set === set,
      ).map((entry) => ({
        ...entry,
        issued: countOf(
          input.reportingStrata
            .filter((stratum) => stratum.group === entry.group)
            .reduce((sum, stratum) => sum + stratum.issued[set], 0),
        ),
      })),
    })),
    first: {
      official: countyFigure(profile, official, first),
      groups: groupsShown(input, last).map((group) => ({
        group,
        figure: estimateDomain(official, first.domains.get(group) ?? [], first.rule),
      })),
    },
    reanswers: summariseReanswers(input),
    returnRates: returns.rates,
    quota: computeQuota(profile, input.county.residents?.count ?? null, populations(input)),
    drawn: profile.groups.map(({ group }) => {
      const strata = input.samplingStrata.filter((stratum) => stratum.group === group);
      return {
        group,
        quota: strata.reduce((sum, stratum) => sum + stratum.quota, 0),
        drawn: strata.reduce((sum, stratum) => sum + stratum.drawn, 0),
      };
    }),
    voided: input.voided,
    moreResponses: moreResponsesNeeded(
      measureCounty(profile, official, last),
      profile.threshold.value,
      last.rule,
    ),
    nonResponse: boundNonResponse(input, official, last),
    differences: explainFormulas(input, official, last, explaining),
    responseRates: computeResponseRates(input, standing),
    signals: signalsOf(input, flags),
    withoutFlagged: withoutFlagged(input, official, flags, { valid, firstValid, frame, returns, verdict }),
    notes: notesOf(input, last, frame),
  };
}

// Cells ----------------------------------------------------------------------------------------------------------------

/** Reads cells for the formulas that will be asked of them. Throws `corrupt`. */
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

/** Every formula that a summary asks of respondents' vectors: the profile's, the official one by dimension, each option's share. */
function formulasOf(
  profile: RuleProfile,
  official: Formula,
  explaining: ExplainingFormulas,
): (q: CompiledQuestionnaire) => readonly Formula[] {
  return (q) => [
    ...profile.formulas,
    ...q.dimensions.map((dimension) => restrictFormula(official, { dimension })),
    // A questionnaire of a single rating has no smaller part.
    ...q.items.flatMap((item) =>
      item.type === 'rating' ? [restrictFormula(official, { item: item.id })] : [],
    ),
    ...explaining.all,
  ];
}

function isVoided(input: SummaryInput, cell: { group: Group; reportingStratum: number }): boolean {
  return input.voided.some(
    (v) =>
      v.group === cell.group && (v.reportingStratum === null || v.reportingStratum === cell.reportingStratum),
  );
}

/** Where an answer was drawn; without a sampling stratum, where it reports. */
function locator(input: SummaryInput): (cell: DecodedCell) => Location | null {
  const sampling = new Map(input.samplingStrata.map((stratum) => [stratum.no, stratum.location]));
  const reporting = new Map(input.reportingStrata.map((stratum) => [stratum.no, stratum.location]));
  return (cell) => sampling.get(cell.samplingStratum) ?? reporting.get(cell.reportingStratum) ?? null;
}

function populations(input: SummaryInput): Partial<Record<Group, number | null>> {
  const found: Partial<Record<Group, number | null>> = {};
  for (const stratum of input.samplingStrata) {
    const before = found[stratum.group];
    found[stratum.group] =
      stratum.frameSize === null || before === null ? null : (before ?? 0) + stratum.frameSize;
  }
  return found;
}

// Frame ----------------------------------------------------------------------------------------------------------------

interface EffectiveFrame {
  /** Sampling strata with N as it is to be: the frozen frame less declared ineligibles and void strata. */
  readonly strata: readonly SamplingStratum[];
  /** Contacts that went with each void reporting stratum. */
  readonly removed: ReadonlyMap<number, number>;
}

/**
 * N of each sampling stratum: frozen frame less declared ineligibles, less the part of every void reporting stratum, which is as large as its part of the codes drawn
 * there (the draw is proportional; of a census it is exact). Rates keep the frozen denominators, so that neither improves them.
 */
function effectiveFrame(input: SummaryInput): EffectiveFrame {
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

interface ScoredGroups {
  /** Cells of the official figure. */
  readonly counted: readonly DecodedCell[];
  readonly design: SampleDesign;
  /** How intervals are made; null: none. */
  readonly rule: IntervalRule | null;
  readonly domains: ReadonlyMap<Group, Domain>;
  readonly merged: ReadonlyMap<Group, Group>;
  readonly adjusted: readonly GroupAdjustment[];
}

function scoreGroups(
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
  const { design, adjusted } =
    profile.withinGroup === 'none'
      ? { design: simpleDesign(counted, strata), adjusted: [] }
      : isAdjusted
        ? adjustedDesign(counted, strata, adjustment)
        : { design: stratifiedDesign(counted, strata), adjusted: [] };
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
  };
}

/** Nobody drew those who opened a link: no interval, whatever the profile says. */
function intervalRule({ interval, sampling }: RuleProfile): IntervalRule | null {
  const { method, level } = interval;
  return method === 'none' || sampling === 'self-selected' ? null : { method, level };
}

/** Groups too small to stand alone, where the profile lets them merge. A group without any answer is missing, not merged. */
function mergeGroups(profile: RuleProfile, domains: ReadonlyMap<Group, Domain>): ReadonlyMap<Group, Group> {
  const merged = new Map<Group, Group>();
  const size = (group: Group) => domainResponses(domains.get(group) ?? []);
  for (const rule of profile.groups) {
    const n = size(rule.group);
    const into = rule.mayMergeWith;
    if (into === undefined || n === 0 || n >= (rule.minValid ?? 1)) continue;
    // Not into one that itself merged, nor out of one that others merged into.
    if (size(into) === 0 || merged.has(into) || [...merged.values()].includes(rule.group)) continue;
    merged.set(rule.group, into);
  }
  return merged;
}

function groupsShown(input: SummaryInput, scored: ScoredGroups): readonly Group[] {
  const listed = input.profile.groups.map((rule) => rule.group);
  const served = [...input.questionnaires.values()].flatMap((q) => q.groups);
  return [...new Set([...listed, ...served, ...scored.domains.keys()])];
}

/** The weighted mean over the profile's groups, merged groups pooled and their weights added. */
function measureCounty(profile: RuleProfile, formula: Formula, scored: ScoredGroups): Measure | null {
  return combineMeasures(
    blocks(profile, scored).map(({ weight, domain }) => ({
      weight,
      measure: measureDomain(formula, domain),
    })),
  );
}

function countyFigure(profile: RuleProfile, formula: Formula, scored: ScoredGroups): Figure {
  return toFigure(formula.id, measureCounty(profile, formula, scored), scored.rule);
}

/** Worst and best case; a merged group answers with the one that took it in. */
function boundNonResponse(
  input: SummaryInput,
  official: Formula,
  scored: ScoredGroups,
): NonResponseBounds | null {
  if (scored.rule === null && input.profile.sampling === 'self-selected') return null;
  const groups: GroupResponse[] = [];
  for (const { group, weight, domain } of blocks(input.profile, scored)) {
    if (!(weight > 0)) continue;
    const measure = measureDomain(official, domain);
    if (measure === null) return null;
    const members = (other: Group) => other === group || scored.merged.get(other) === group;
    groups.push({
      weight,
      value: measure.value,
      answered: domainResponses(domain),
      issued: input.reportingStrata
        .filter((stratum) => members(stratum.group))
        .reduce((sum, { issued }) => sum + input.profile.sets.reduce((own, set) => own + issued[set], 0), 0),
      range: measure.range,
    });
  }
  return nonResponseBounds(groups);
}

interface ExplainingFormulas {
  /** Share of each option, by the official formula's own denominator and unit. */
  readonly options: readonly { readonly option: string; readonly formula: Formula }[];
  /** Share of all answers that are an option at all; what is left is 不了解. */
  readonly substantive: Formula;
  readonly all: readonly Formula[];
}

function explainingFormulas(input: SummaryInput, official: Formula): ExplainingFormulas {
  const { id, title, unit, dontKnow, items, dimension } = official;
  const restriction = { ...(items ? { items } : {}), ...(dimension === undefined ? {} : { dimension }) };
  const base = { kind: 'share' as const, id, title, unit, ...restriction };
  const all = [...new Set([...input.questionnaires.values()].flatMap((q) => q.vectorOptions))];
  const options = all.map((option) => ({ option, formula: { ...base, dontKnow, satisfied: [option] } }));
  const substantive: Formula = { ...base, dontKnow: 'include', satisfied: all };
  return { options, substantive, all: [...options.map((entry) => entry.formula), substantive] };
}

function explainFormulas(
  input: SummaryInput,
  official: Formula,
  scored: ScoredGroups,
  explaining: ExplainingFormulas,
): Summary['differences'] {
  const { profile } = input;
  const withTitle = (difference: FormulaDifference) => {
    const option = difference.params['option'];
    return {
      ...difference,
      optionTitle: typeof option === 'string' ? optionTitle(input, option) : null,
    };
  };
  const own = measureCounty(profile, official, scored);
  if (own === null) return [];
  const substantive = measureCounty(profile, explaining.substantive, scored);
  const shares: AnswerShares = {
    options: explaining.options.map(({ option, formula }) => ({
      option,
      share: measureCounty(profile, formula, scored)?.value ?? 0,
    })),
    dontKnow: 100 - (substantive?.value ?? 100),
  };
  return profile.formulas.flatMap((formula) => {
    if (formula.id === official.id) return [];
    const measure = measureCounty(profile, formula, scored);
    return measure === null
      ? []
      : [
          withTitle(
            explainDifference(
              { formula: official, value: own.value },
              { formula, value: measure.value },
              shares,
              profile.decimals,
            ),
          ),
        ];
  });
}

function optionTitle(input: SummaryInput, option: string): LocalisedText {
  for (const { options } of input.texts.values()) {
    const title = options.get(option);
    if (title) return title;
  }
  return textOf(undefined, option);
}

function blocks(profile: RuleProfile, scored: ScoredGroups) {
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

function groupReasons(input: SummaryInput, scored: ScoredGroups): VerdictReason[] {
  const { profile } = input;
  const reasons: VerdictReason[] = [];
  for (const v of input.voided)
    if (v.reportingStratum === null) reasons.push({ code: 'void', group: v.group, reason: v.reason });
    else if (profile.voidedStratum === 'insufficient')
      reasons.push({ code: 'void-stratum', group: v.group, reason: v.reason });
  for (const block of blocks(profile, scored)) {
    if (!block.required || profile.requiredGroupsWithoutQuestionnaire.includes(block.group)) continue;
    const n = domainResponses(block.domain);
    if (n === 0) reasons.push({ code: 'group-missing', group: block.group });
    else if (n < block.minValid)
      reasons.push({
        code: 'below-min-valid',
        group: block.group,
        valid: n,
        minValid: block.minValid,
      });
  }
  return reasons;
}

function summariseGroup(
  input: SummaryInput,
  official: Formula,
  scored: ScoredGroups,
  group: Group,
): GroupSummary {
  const rule = input.profile.groups.find((entry) => entry.group === group);
  const domain = scored.domains.get(group) ?? [];
  const serving = questionnaireOf(input, group);
  return {
    group,
    questionnaire: serving?.texts?.title ?? null,
    weight: rule?.weight ?? 0,
    required: rule?.required ?? false,
    mergedInto: scored.merged.get(group) ?? null,
    excepted: input.profile.requiredGroupsWithoutQuestionnaire.includes(group),
    voided: input.voided.some((v) => v.group === group && v.reportingStratum === null),
    responses: countOf(domainResponses(domain)),
    figure: estimateDomain(official, domain, scored.rule),
    formulas: input.profile.formulas.map((formula) => ({
      id: formula.id,
      figure: estimateDomain(formula, domain, scored.rule),
    })),
    dimensions: (serving?.q.dimensions ?? []).map((id) => ({
      id,
      title: textOf(serving?.texts?.dimensions, id),
      figure: estimateDomain(restrictFormula(official, { dimension: id }), domain, scored.rule),
    })),
    items: (serving?.q.items ?? []).map((item) =>
      summariseItem(serving!.q, serving!.texts, item, official, domain, scored.rule),
    ),
  };
}

function questionnaireOf(input: SummaryInput, group: Group) {
  for (const [no, q] of input.questionnaires)
    if (q.groups.includes(group)) return { q, texts: input.texts.get(no) };
  return undefined;
}

function textOf(texts: ReadonlyMap<string, LocalisedText> | undefined, id: string): LocalisedText {
  return texts?.get(id) ?? { 'zh-CN': id, en: id };
}

// Items and dimensions -------------------------------------------------------------------------------------------------

function summariseItem(
  q: CompiledQuestionnaire,
  texts: QuestionnaireTexts | undefined,
  item: CompiledItem,
  official: Formula,
  domain: Domain,
  rule: IntervalRule | null,
): ItemFigure {
  const distribution = distributionOf(q, texts, item, domain);
  return {
    id: item.id,
    title: textOf(texts?.items, item.id),
    dimension: item.type === 'rating' ? q.dimensions[item.dimension]! : null,
    type: item.type,
    figure:
      item.type === 'rating'
        ? estimateDomain(restrictFormula(official, { item: item.id }), domain, rule)
        : item.type === 'number'
          ? toFigure('mean', measureNumber(item.id, domain), rule)
          : noData,
    distribution,
  };
}

/** Counts as they came in, unweighted. */
function distributionOf(
  q: CompiledQuestionnaire,
  texts: QuestionnaireTexts | undefined,
  item: CompiledItem,
  domain: Domain,
): Distribution {
  const options = item.optionIds.map(() => 0);
  let n = 0;
  let sum = 0;
  let dontKnow = 0;
  let blank = 0;
  let notAsked = 0;
  for (const { pool } of domain) {
    const index = pool.plan.questionnaire.items.findIndex((other) => other.id === item.id);
    if (index < 0 || pool.plan.questionnaire.hash !== q.hash) continue;
    const counts = itemCounts(pool, index);
    blank += counts.blank;
    notAsked += counts.notAsked;
    if (counts.type === 'number') {
      n += counts.n;
      sum += counts.sum;
      continue;
    }
    counts.options.forEach((count, i) => (options[i]! += count));
    if (counts.type === 'multiple') n += counts.asked - counts.blank;
    else {
      dontKnow += counts.dontKnow;
      n += counts.dontKnow + counts.options.reduce((a, b) => a + b, 0);
    }
  }
  if (n === 0) return { kind: 'no-data' };
  if (item.type === 'number') return { kind: 'number', sum, blank, notAsked, n };
  return {
    kind: 'options',
    options: item.optionIds.map((id, i) => ({
      id,
      title: textOf(texts?.options, id),
      count: options[i]!,
    })),
    dontKnow,
    blank,
    notAsked,
    n,
  };
}

function itemsByGroup(groups: readonly GroupSummary[]): Summary['items'] {
  const found = new Map<string, (ItemFigure & { group: Group })[]>();
  for (const { group, items } of groups)
    for (const item of items) {
      const list = found.get(item.id) ?? [];
      list.push({ ...item, group });
      found.set(item.id, list);
    }
  return [...found].map(([id, list]) => ({ id, groups: list }));
}

function countyDimensions(
  input: SummaryInput,
  official: Formula,
  scored: ScoredGroups,
): readonly DimensionFigure[] {
  const titles = new Map<string, LocalisedText>();
  for (const [no, q] of input.questionnaires)
    for (const id of q.dimensions)
      if (!titles.has(id)) titles.set(id, textOf(input.texts.get(no)?.dimensions, id));
  return [...titles].map(([id, title]) => {
    const formula = restrictFormula(official, { dimension: id });
    // Only structure decides who takes part: groups whose questionnaire holds the dimension.
    const parts = blocks(input.profile, scored).filter(
      (block) => questionnaireOf(input, block.group)?.q.dimensions.includes(id) ?? false,
    );
    return {
      id,
      title,
      figure: toFigure(
        formula.id,
        combineMeasures(
          parts.map(({ weight, domain }) => ({ weight, measure: measureDomain(formula, domain) })),
        ),
        scored.rule,
      ),
    };
  });
}

// Break-downs ----------------------------------------------------------------------------------------------------------

function summariseSchools(
  input: SummaryInput,
  official: Formula,
  scored: ScoredGroups,
  standing: readonly DecodedCell[],
): readonly SchoolSummary[] {
  const byStratum = new Map<number, DecodedCell[]>();
  for (const cell of scored.counted) {
    const list = byStratum.get(cell.reportingStratum) ?? [];
    list.push(cell);
    byStratum.set(cell.reportingStratum, list);
  }
  return input.reportingStrata.map((stratum) => {
    const domain = poolDomain(byStratum.get(stratum.no) ?? [], scored.design);
    const serving = questionnaireOf(input, stratum.group);
    return {
      reportingStratum: stratum.no,
      group: stratum.group,
      level: stratum.level,
      key: stratum.key,
      name: stratum.name,
      schools: stratum.schools,
      location: stratum.location,
      voided: isVoided(input, { group: stratum.group, reportingStratum: stratum.no }),
      issued: countOf(input.profile.sets.reduce((sum, set) => sum + stratum.issued[set], 0)),
      responses: countOf(domainResponses(domain)),
      returnRate: stratumReturnRate(input.profile, standing, stratum),
      figure: estimateDomain(official, domain, scored.rule),
      items: (serving?.q.items ?? [])
        .filter((item) => item.type === 'rating')
        .map((item) => summariseItem(serving!.q, serving!.texts, item, official, domain, scored.rule)),
    };
  });
}

function breakDown(
  official: Formula,
  cells: readonly DecodedCell[],
  design: SampleDesign | null,
  belongs: (cell: DecodedCell) => boolean,
  rule: IntervalRule | null = null,
) {
  const chosen = cells.filter(belongs);
  return [...new Set(chosen.map((cell) => cell.group))].map((group) => {
    const domain = poolDomain(
      chosen.filter((cell) => cell.group === group),
      design,
    );
    return {
      group,
      responses: countOf(domainResponses(domain)),
      figure: estimateDomain(official, domain, rule),
    };
  });
}

function summariseReanswers(input: SummaryInput): Summary['reanswers'] {
  const share = (rows: SummaryInput['reanswers']): Figure => {
    const responses = rows.reduce((sum, row) => sum + row.responses, 0);
    const again = rows.reduce((sum, row) => sum + row.reanswered, 0);
    return responses === 0
      ? noData
      : {
          kind: 'estimate',
          value: settle((100 * again) / responses),
          formula: 'share',
          n: again,
          denominator: responses,
        };
  };
  return {
    total: share(input.reanswers),
    strata: input.reportingStrata.map((stratum) => ({
      reportingStratum: stratum.no,
      group: stratum.group,
      name: stratum.name,
      figure: share(input.reanswers.filter((row) => row.reportingStratum === stratum.no)),
    })),
  };
}

function reanswerFlags(input: SummaryInput): readonly Flag[] {
  const counts = input.reanswers.map((row) => ({
    stratum: row.reportingStratum,
    n: row.responses,
    x: row.reanswered,
  }));
  return flagShares('reanswers', counts, input.profile.minimumCell);
}

function signalsOf(input: SummaryInput, flags: readonly Flag[]): Summary['signals'] {
  return [...flags].sort(compareFlags).flatMap(({ kind, reportingStratum, lot }) => {
    const found = input.reportingStrata.find((other) => other.no === reportingStratum);
    return found
      ? [
          {
            kind,
            reportingStratum,
            group: found.group,
            name: found.name,
            lot,
            falseAlarm: defaultAlarm.alarm,
          },
        ]
      : [];
  });
}

/** Everything once more as if the flagged strata had not answered: the others of their sampling strata stand for them. */
function withoutFlagged(
  input: SummaryInput,
  official: Formula,
  flags: readonly Flag[],
  full: {
    readonly valid: readonly DecodedCell[];
    readonly firstValid: readonly DecodedCell[];
    readonly frame: EffectiveFrame;
    readonly returns: { readonly reasons: readonly VerdictReason[] };
    readonly verdict: Verdict;
  },
): Summary['withoutFlagged'] {
  const flagged = new Set(
    flags.filter((flag) => answerFlags.has(flag.kind)).map((flag) => flag.reportingStratum),
  );
  if (flagged.size === 0) return null;
  const { profile } = input;
  const isKept = (cell: DecodedCell) => !flagged.has(cell.reportingStratum);
  const last = scoreGroups(input, full.valid.filter(isKept), full.frame);
  const first = scoreGroups(input, full.firstValid.filter(isKept), full.frame);
  const figures = (scored: ScoredGroups) => ({
    official: countyFigure(profile, official, scored),
    groups: groupsShown(input, last).map((group) => ({
      group,
      figure: estimateDomain(official, scored.domains.get(group) ?? [], scored.rule),
    })),
  });
  const own = figures(last);
  const verdict = computeVerdict(profile, own.official, [
    ...groupReasons(input, last),
    ...full.returns.reasons,
  ]);
  return { ...own, first: figures(first), verdict, changesVerdict: verdict.kind !== full.verdict.kind };
}

function countOf(value: number): Count {
  return { kind: 'count', value };
}

function notesOf(input: SummaryInput, scored: ScoredGroups, frame: EffectiveFrame): readonly SummaryNote[] {
  const notes: SummaryNote[] = [];
  const groupOf = new Map(input.samplingStrata.map((stratum) => [stratum.no, stratum.group]));
  for (const { samplingStratum, contacts, reason } of input.ineligible ?? []) {
    const group = groupOf.get(samplingStratum);
    if (group) notes.push({ kind: 'ineligible', samplingStratum, group, contacts, reason });
  }
  for (const [reportingStratum, contacts] of frame.removed) {
    const found = input.reportingStrata.find((stratum) => stratum.no === reportingStratum);
    if (found)
      notes.push({
        kind: 'voided-removed',
        reportingStratum,
        group: found.group,
        contacts: Math.round(contacts),
      });
  }
  for (const { group, method, converged, trimmed } of scored.adjusted)
    notes.push({ kind: converged ? 'adjusted' : 'adjustment-failed', group, method, trimmed });
  if (input.campaign.selfAdministered) notes.push({ kind: 'self-administered' });
  if (input.profile.sampling === 'self-selected') notes.push({ kind: 'self-selected' });
  for (const [group, into] of scored.merged) notes.push({ kind: 'group-merged', group, into });
  for (const group of input.profile.requiredGroupsWithoutQuestionnaire)
    notes.push({ kind: 'group-excepted', group });
  if (input.profile.withinGroup === 'none') return notes;
  const answered = new Set(scored.counted.filter((c) => c.tally.n > 0).map((c) => c.samplingStratum));
  for (const { no, group, frameSize } of input.samplingStrata) {
    if (!answered.has(no)) {
      if (frameSize !== null && frameSize > 0)
        notes.push({ kind: 'stratum-without-answers', samplingStratum: no, group, frameSize });
    } else if (frameSize === null)
      notes.push({ kind: 'stratum-of-unknown-size', samplingStratum: no, group });
  }
  return notes;
}
