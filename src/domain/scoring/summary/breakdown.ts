/** Break-downs of a county's answers: groups, dimensions, items, schools and other parts. */
import type { CompiledItem, CompiledQuestionnaire } from '../../questionnaire/compiled.ts';
import { isShownForGroupOnly } from '../suppression/asked.ts';
import { countyLevelGroups, type Group } from '../../model/vocabulary.ts';
import {
  combineMeasures,
  domainResponses,
  estimateDomain,
  measureDomain,
  measureNumber,
  poolDomain,
  restrictFormula,
  toFigure,
  type DecodedCell,
  type Domain,
  type IntervalRule,
  type SampleDesign,
} from '../estimate/estimate.ts';
import { noData, settle, type Figure } from '../figure.ts';
import { isCompared, isUnscored, type Formula, type LocalisedText } from '../rules/formula.ts';
import { itemCounts } from '../tally/tally.ts';
import { stratumReturnRates } from './return-rate.ts';
import { blocks, isVoided, questionnaireOf, rowFormula, type ScoredGroups } from './score.ts';
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
} from './summary-types.ts';

/** A group’s figure with its dimensions, items and formulas. */
export function summariseGroup(
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
      ...(isUnscored(serving!.q, id) ? { scored: false as const } : {}),
      ...(isCompared(serving!.q, id) ? {} : { compared: false as const }),
      figure: estimateDomain(restrictFormula(official, { dimension: id }), domain, scored.rule),
    })),
    items: (serving?.q.items ?? []).map((item) =>
      summariseItem(serving!.q, serving!.texts, item, official, domain, scored.rule),
    ),
  };
}

/** The id if there is no text. */
export function textOf(texts: ReadonlyMap<string, LocalisedText> | undefined, id: string): LocalisedText {
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
    ...(item.type === 'rating' && !item.scored ? { scored: false as const } : {}),
    figure:
      item.type === 'rating'
        ? estimateDomain(restrictFormula(official, { item: item.id }), domain, rule)
        : item.type === 'number'
          ? toFigure('mean', measureNumber(item.id, domain), rule)
          : noData,
    distribution,
  };
}

/** Counts as received, unweighted. */
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

/** The groups’ figures side by side, by id of the item. */
export function itemsByGroup(groups: readonly GroupSummary[]): Summary['items'] {
  const found = new Map<string, (ItemFigure & { group: Group })[]>();
  for (const { group, items } of groups)
    for (const item of items) {
      const list = found.get(item.id) ?? [];
      list.push({ ...item, group });
      found.set(item.id, list);
    }
  return [...found].map(([id, list]) => ({ id, groups: list }));
}

/** Each dimension over all groups that were asked about it, with the weights of the county’s figure. */
export function countyDimensions(
  input: SummaryInput,
  official: Formula,
  scored: ScoredGroups,
): readonly DimensionFigure[] {
  const titles = new Map<string, LocalisedText>();
  for (const [no, q] of input.questionnaires)
    for (const id of q.dimensions)
      if (!titles.has(id)) titles.set(id, textOf(input.texts.get(no)?.dimensions, id));
  const questionnaires = [...input.questionnaires.values()];
  return [...titles].flatMap(([id, title]): readonly DimensionFigure[] => {
    // Items with a group's own wording are not compared.
    if (!questionnaires.some((q) => isCompared(q, id))) return [];
    const formula = restrictFormula(official, { dimension: id });
    // Membership depends only on structure: groups whose questionnaire contains the dimension with the common wording.
    const parts = blocks(input.profile, scored).filter((block) => {
      const serving = questionnaireOf(input, block.group);
      return serving !== undefined && isCompared(serving.q, id);
    });
    const own: DimensionFigure = {
      id,
      title,
      ...(questionnaires.every((q) => !q.dimensions.includes(id) || isUnscored(q, id))
        ? { scored: false }
        : {}),
      figure: toFigure(
        formula.id,
        combineMeasures(
          parts.map(({ weight, domain }) => ({ weight, measure: measureDomain(formula, domain) })),
        ),
        scored.rule,
      ),
    };
    return [own];
  });
}

// Break-downs ----------------------------------------------------------------------------------------------------------

/** Every reporting unit with its figure, in the order of the strata. */
export function summariseSchools(
  input: SummaryInput,
  official: Formula,
  scored: ScoredGroups,
  returned: readonly DecodedCell[],
): readonly SchoolSummary[] {
  const byStratum = new Map<number, DecodedCell[]>();
  for (const cell of scored.counted) {
    const list = byStratum.get(cell.reportingStratum) ?? [];
    list.push(cell);
    byStratum.set(cell.reportingStratum, list);
  }
  const rateOf = stratumReturnRates(input.profile, returned);
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
      returnRate: rateOf(stratum),
      figure: estimateDomain(rowFormula(official, stratum.group), domain, scored.rule),
      items: (serving?.q.items ?? [])
        .filter((item) => item.type === 'rating')
        .map((item) => ({
          ...summariseItem(serving!.q, serving!.texts, item, official, domain, scored.rule),
          ...((item.about === 'county' && !countyLevelGroups.has(stratum.group)) ||
          isShownForGroupOnly(input.disclosureRule ?? 1, serving!.q, item)
            ? { elsewhere: true }
            : {}),
        })),
    };
  });
}

/** By group, of the cells that `belongs` chooses. */
export function breakDown(
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

/** Shares of respondents who answered more than once, in percent, by reporting unit and in total. */
export function summariseReanswers(input: SummaryInput): Summary['reanswers'] {
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
  const byStratum = new Map<number, SummaryInput['reanswers'][number][]>();
  for (const row of input.reanswers) {
    const list = byStratum.get(row.reportingStratum);
    if (list) list.push(row);
    else byStratum.set(row.reportingStratum, [row]);
  }
  return {
    total: share(input.reanswers),
    strata: input.reportingStrata.map((stratum) => ({
      reportingStratum: stratum.no,
      group: stratum.group,
      name: stratum.name,
      figure: share(byStratum.get(stratum.no) ?? []),
    })),
  };
}

/** A count that may be shown, until suppression decides. */
export function countOf(value: number): Count {
  return { kind: 'count', value };
}
