/**
 * A county's summary from its tallies, before suppression: for computing only. It must pass through `suppressSummary` before it
 * is shown or exported.
 */
import { channels, countedSets, countyLevelGroups, locations, type Group } from '../../model/vocabulary.ts';
import {
  domainResponses,
  estimateDomain,
  measureDomain,
  populationsOf,
  type DecodedCell,
} from '../estimate/estimate.ts';
import { explainDifference, type AnswerShares } from './explain.ts';
import type { Formula, LocalisedText } from '../rules/formula.ts';
import { answerFlags, compareFlags, type Flag } from '../signals/flags.ts';
import { flagShares } from '../signals/find-flags.ts';
import { defaultAlarm } from '../signals/integrity.ts';
import { moreResponsesNeeded } from '../estimate/more-responses.ts';
import { nonResponseBounds, type GroupResponse, type NonResponseBounds } from '../estimate/non-response.ts';
import { computeQuota } from '../rules/quota.ts';
import {
  breakDown,
  countOf,
  countyDimensions,
  itemsByGroup,
  summariseGroup,
  summariseReanswers,
  summariseSchools,
  textOf,
} from './breakdown.ts';
import { computeResponseRates } from './response-rates.ts';
import { computeReturnRates } from './return-rate.ts';
import {
  blocks,
  countyFigure,
  groupsShown,
  mainPart,
  measureCounty,
  scoreCounty,
  scoreGroups,
  type EffectiveFrame,
  type ExplainingFormulas,
  type ScoredCounty,
  type ScoredGroups,
} from './score.ts';
import type { FormulaDifference, Summary, SummaryInput, SummaryNote } from './summary-types.ts';
import { computeVerdict, type Verdict, type VerdictReason } from './verdict.ts';

export type * from './summary-types.ts';

/**
 * Computes the content of a county's report. Throws `corrupt` on cells that do not decode or whose questionnaire or strata are
 * not in the input.
 */
export function computeSummary(whole: SummaryInput, scored: ScoredCounty = scoreCounty(whole)): Summary {
  const input = mainPart(whole);
  const { profile } = input;
  const { official, explaining, locationOf, returned, valid, firstValid, frame, last } = scored;
  const first = scoreGroups(input, firstValid, frame);
  const flags = input.flags ?? reanswerFlags(input);
  const returns = computeReturnRates(profile, returned, input.samplingStrata, input.reportingStrata);
  const officialFigure = countyFigure(profile, official, last);
  const verdict = computeVerdict(profile, officialFigure, [...groupReasons(input, last), ...returns.reasons]);
  const groups = groupsShown(input, last).map((group) => summariseGroup(input, official, last, group));
  const schools = summariseSchools(input, official, last, returned);

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
        // Respondents of the whole county were promised that they are in no smaller figure.
        (cell) => locationOf(cell) === location && !countyLevelGroups.has(cell.group),
        last.rule,
      ),
    })),
    channels: channels.map((channel) => ({
      channel,
      counted: profile.channels.includes(channel),
      groups: breakDown(
        official,
        // An uncounted channel (a shared link) shows all its answers.
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
    quota: computeQuota(
      profile,
      input.county.residents?.count ?? null,
      Object.fromEntries(populationsOf(input.samplingStrata)),
    ),
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
    // How many codes of each group belonged to an arm of a split ballot is unknown.
    nonResponse: whole.apart === undefined ? boundNonResponse(input, official, last) : null,
    differences: explainFormulas(input, official, last, explaining),
    responseRates: computeResponseRates(input, returned),
    signals: signalsOf(input, flags),
    withoutFlagged: withoutFlagged(input, official, flags, { valid, firstValid, frame, returns, verdict }),
    notes: notesOf(input, last, frame),
  };
}

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

/** Computes everything again as if the flagged strata had not answered: the others of their sampling strata represent them. */
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
  for (const entry of scored.collapsed) notes.push({ kind: 'strata-collapsed', ...entry });
  if (input.campaign.selfAdministered) notes.push({ kind: 'self-administered' });
  if (input.profile.sampling === 'self-selected') notes.push({ kind: 'self-selected' });
  for (const [group, into] of scored.merged) notes.push({ kind: 'group-merged', group, into });
  for (const group of input.profile.requiredGroupsWithoutQuestionnaire)
    notes.push({ kind: 'group-excepted', group });
  if (input.profile.withinGroup === 'none') return notes;
  const collapsed = new Set(scored.collapsed.map((entry) => entry.group));
  const answered = new Set(scored.counted.filter((c) => c.tally.n > 0).map((c) => c.samplingStratum));
  for (const { no, group, frameSize } of input.samplingStrata) {
    if (!answered.has(no)) {
      if (frameSize !== null && frameSize > 0 && !collapsed.has(group))
        notes.push({ kind: 'stratum-without-answers', samplingStratum: no, group, frameSize });
    } else if (frameSize === null)
      notes.push({ kind: 'stratum-of-unknown-size', samplingStratum: no, group });
  }
  return notes;
}
