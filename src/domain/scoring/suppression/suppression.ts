/**
 * Decides what of a summary is shown: one function for every view and export. README.md in this folder states the
 * guarantees.
 *
 * Headlines come first (headlines.ts), then each group's schools and items (schools.ts). Figures that repeat the same
 * answers in other ways follow (other-figures.ts, channels-and-sets.ts), and then what is computed from several figures
 * (withdraw.ts). round-figures.ts rounds the result.
 */
import { scoreCounty } from '../summary/score.ts';
import { computeSummary } from '../summary/summary.ts';
import type { Summary, SummaryInput } from '../summary/summary-types.ts';
import { OtherArms } from './other-arms.ts';
import { Arrivals } from './arrivals.ts';
import { hide, type Group, type Holder, type Rules, type Shown } from './cells.ts';
import { protectCountyFigures } from './county.ts';
import type { Witness } from './simple-witness.ts';
import { roundFigures } from './round-figures.ts';
import { protectCountyParts, protectHeadlines } from './headlines.ts';
import { layoutOf, type Layout } from './layout.ts';
import { protectFirst, protectRates, protectReanswers, protectWithoutFlagged } from './other-figures.ts';
import { protectPooled } from './channels-and-sets.ts';
import type { DisclosureRule } from './rule.ts';
import { hideSchoolCounts } from './school-counts.ts';
import { protectSchools, type GroupKnowledge } from './schools.ts';
import { WeightClasses } from './weight-classes.ts';
import { protectWidth } from './width.ts';
import { hideNoData, withdrawDerived, withdrawPrecision, withdrawReasons } from './withdraw.ts';

/** The county's summary as everybody may see it. Throws as `computeSummary`. */
export function computeShownSummary(input: SummaryInput): Summary {
  const scored = scoreCounty(input);
  return suppressSummary(computeSummary(input, scored), layoutOf(input, scored));
}

/**
 * Returns a copy of the summary with everything hidden that must not be shown. `witnesses` receives a witness for
 * each protected count, so that tests can check them.
 */
export function suppressSummary(summary: Summary, layout: Layout, witnesses: Witness[] = []): Summary {
  const shown = copyTree(summary) as Shown;
  const before = copyHolders(shown, layout.rule);
  const rules: Rules = { minimum: summary.profile.minimumCell };

  const hiddenGroups = protectHeadlines(shown, rules, layout);
  const arrivals = new Arrivals(shown, layout, rules, hiddenGroups);
  const knowledge = new Map<Group, GroupKnowledge>();
  const weightClasses = new Map<Group, WeightClasses>();
  for (const { group } of shown.groups)
    if (hiddenGroups.has(group)) hideGroup(shown, group);
    else if (layout.ratings.has(group)) {
      knowledge.set(group, protectSchools(shown, layout, group, rules));
      weightClasses.set(group, new WeightClasses(shown, layout, group, rules));
    }
  for (const own of weightClasses.values()) own.protect();
  protectCountyParts(shown);
  protectCountyFigures(shown, layout);
  listItems(shown);
  const otherArms = new OtherArms(layout.otherArms, rules.minimum);
  const decided = { hiddenGroups, knowledge, weightClasses, arrivals, otherArms };
  protectFirst(shown, before, layout, rules, decided);
  protectWithoutFlagged(shown, before, layout, rules, decided);
  protectRates(shown, before, rules, decided);
  protectPooled(shown, layout, rules, decided);
  protectReanswers(shown, rules, decided);
  if (layout.rule > 1) {
    witnesses.push(...protectWidth(shown, before, layout, rules));
    listItems(shown);
  }
  for (const formula of shown.formulas) if (formula.figure.kind !== 'estimate') formula.meets = null;
  if (shown.official.kind === 'suppressed') {
    const reasons = shown.verdict.kind === 'insufficient' ? shown.verdict.reasons : [];
    shown.verdict = { kind: 'insufficient', reasons: [...reasons, { code: 'suppressed' }] };
  }
  hideNoData(shown);
  withdrawReasons(shown);
  withdrawPrecision(shown);
  withdrawDerived(shown);
  hideSchoolCounts(shown, layout, rules);
  // These were treated as shown above, so leaving them out reveals nothing.
  for (const school of shown.schools) school.items = school.items.filter((item) => item.elsewhere !== true);
  return roundFigures(shown, layout.rule);
}

/** Everything below a group that is not shown. */
function hideGroup(s: Shown, group: Group): void {
  const own = s.groups.find((entry) => entry.group === group)!;
  for (const holder of [own, ...own.formulas, ...own.dimensions, ...own.items]) hide(holder);
  for (const school of s.schools)
    if (school.group === group) for (const holder of [school, ...school.items]) hide(holder);
  for (const list of [s.locations, s.channels, s.sets])
    for (const part of list as readonly {
      readonly groups: readonly (Holder & { readonly group: Group })[];
    }[])
      for (const entry of part.groups) if (entry.group === group) hide(entry);
}

/** The list by item repeats the groups' items. */
function listItems(s: Shown): void {
  for (const entry of s.items)
    for (const [i, { group }] of entry.groups.entries()) {
      const item = s.groups.find((own) => own.group === group)?.items.find((own) => own.id === entry.id);
      if (item) entry.groups[i] = { ...item, group };
    }
}

/** Deep copy, except for figures, counts and distributions: hiding replaces these as a whole. */
function copyTree(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(copyTree);
  if ('kind' in value) return value;
  const copy = { ...(value as Record<string, unknown>) };
  for (const name in copy) {
    const part = copy[name];
    if (part !== null && typeof part === 'object') copy[name] = copyTree(part);
  }
  return copy;
}

/**
 * The figures before anything is hidden. Hiding replaces a holder's figure and does not change the figure itself. By
 * rule 1 the items of schools are not copied, so later decisions see them as hidden, and hide figures without flagged
 * strata more often than necessary (`areAnswersAlike`).
 */
function copyHolders(s: Shown, rule: DisclosureRule): Shown {
  return {
    ...s,
    groups: s.groups.map((group) => ({ ...group })),
    schools: s.schools.map((school) => ({
      ...school,
      ...(rule > 1 && { items: school.items.map((item) => ({ ...item })) }),
    })),
    reanswers: { ...s.reanswers, strata: s.reanswers.strata.map((row) => ({ ...row })) },
  };
}
