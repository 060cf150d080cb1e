/**
 * Removes what follows from hidden figures: "no data" below them, and intervals, bounds and sentences computed from
 * several figures.
 */
import { answerFlags } from '../signals/flags.ts';
import type { Figure } from '../figure.ts';
import type { Count, Distribution } from '../summary/summary-types.ts';
import type { Verdict, VerdictReason } from '../summary/verdict.ts';
import { dropPrecision, type Group, type Mutable, type Shown } from './cells.ts';
import { comparedDimension, fieldHolder } from './headlines.ts';

/** "No data" below a hidden figure would reveal that its respondents left that item blank or answered 不了解. */
export function hideNoData(shown: Shown): void {
  const within = (
    whole: Figure,
    parts: readonly { figure: Figure; distribution?: Distribution; responses?: Count }[],
  ) => {
    if (whole.kind !== 'suppressed') return;
    for (const part of parts) {
      if (part.figure.kind === 'no-data') part.figure = { ...whole };
      if (part.distribution?.kind === 'no-data') part.distribution = { ...whole };
    }
  };
  within(shown.official, [...shown.formulas, ...shown.dimensions]);
  for (const group of shown.groups) {
    within(group.figure, [...group.formulas, ...group.dimensions, ...group.items]);
    within(
      group.figure,
      shown.items.flatMap((item) => item.groups.filter((entry) => entry.group === group.group)),
    );
  }
  for (const school of shown.schools) within(school.figure, school.items);
  const without = shown.withoutFlagged;
  for (const entry of without?.groups ?? []) {
    const whole = shown.groups.find((group) => group.group === entry.group);
    if (whole) within(whole.figure, [entry]);
  }
}

/** Reasons of a verdict contain numbers of valid answers and return rates. */
export function withdrawReasons(shown: Shown): void {
  const isHidden = (figure: Figure | undefined) => figure?.kind === 'suppressed';
  const rateOf = (group: Group | null) => shown.returnRates.find((rate) => rate.group === group)?.figure;
  const withdraw = (verdict: Verdict, isGroupHidden: (group: Group) => boolean): Verdict => {
    if (verdict.kind !== 'insufficient') return verdict;
    return {
      ...verdict,
      reasons: verdict.reasons.map((reason): VerdictReason => {
        if (reason.code === 'return-rate-below-floor' && isHidden(rateOf(reason.group)))
          return { code: 'return-rate-too-low', group: reason.group, floor: reason.floor };
        if (reason.code !== 'below-min-valid') return reason;
        const merged = shown.notes.flatMap((note) =>
          note.kind === 'group-merged' && note.into === reason.group ? [note.group] : [],
        );
        return [reason.group, ...merged].some(isGroupHidden)
          ? { code: 'too-few-valid', group: reason.group, minValid: reason.minValid }
          : reason;
      }),
    };
  };
  const isGroupHidden = (group: Group) =>
    shown.groups.find((entry) => entry.group === group)?.responses.kind === 'suppressed';
  shown.verdict = withdraw(shown.verdict, isGroupHidden) as Mutable<Verdict>;
  const without = shown.withoutFlagged;
  if (without)
    without.verdict = withdraw(
      without.verdict,
      (group) =>
        isGroupHidden(group) || isHidden(without.groups.find((entry) => entry.group === group)?.figure),
    ) as Mutable<Verdict>;
}

/**
 * Removes what is computed from several figures, unless all of them are shown. A figure's own standard error and
 * interval are part of it. Across cells they obey the same sums as the values, so the same equations protect them.
 */
export function withdrawDerived(shown: Shown): void {
  const official = shown.official.kind === 'estimate';
  const groups = shown.groups.every((group) => group.weight === 0 || group.figure.kind !== 'suppressed');
  if (!official) shown.moreResponses = null;
  const issued = shown.sets.every(
    (set) => !set.counted || set.groups.every((entry) => entry.issued.kind === 'count'),
  );
  if (!official || !groups || !issued) shown.nonResponse = null;
  shown.signals = shown.signals.filter(({ kind, reportingStratum }) => {
    const again = shown.reanswers.strata.find((row) => row.reportingStratum === reportingStratum);
    if (kind === 'reanswers' || kind === 'late-reanswers') return again?.figure.kind === 'estimate';
    // Flags of the roll say nothing about answers.
    if (!answerFlags.has(kind)) return true;
    const school = shown.schools.find((row) => row.reportingStratum === reportingStratum);
    return school?.figure.kind === 'estimate';
  });
  const without = shown.withoutFlagged;
  if (without) {
    if (without.official.kind === 'suppressed')
      without.verdict = { kind: 'insufficient', reasons: [{ code: 'suppressed' }] };
    if (without.official.kind === 'suppressed' || !official) without.changesVerdict = null;
    const isAnyShown = [without.official, ...without.groups.map((entry) => entry.figure)].some(
      (figure) => figure.kind === 'estimate',
    );
    if (!isAnyShown) shown.withoutFlagged = null;
  }
  shown.differences = shown.differences.filter(
    ({ formula }) =>
      official && shown.formulas.find((entry) => entry.id === formula)?.figure.kind === 'estimate',
  );
}

/**
 * Standard errors are removed together with those of the figures they repeat. First answers come from the same
 * people, and answers without flagged strata from nearly the same ones, with other weights. If exactly one group has
 * none, it would follow from the county's, so the county's is removed.
 */
export function withdrawPrecision(shown: Shown): void {
  const hasPrecision = (figure: Figure | undefined) => figure?.kind === 'estimate' && figure.se !== undefined;
  const drop = (holder: { figure: Figure }) => {
    if (holder.figure.kind === 'estimate') holder.figure = dropPrecision(holder.figure);
  };
  const without = shown.withoutFlagged;
  for (const { group, figure } of shown.groups) {
    const isWhole = shown.schools.every((own) => own.group !== group || own.figure.kind !== 'suppressed');
    const own = (list: readonly { readonly group: Group; figure: Figure }[]) =>
      list.filter((entry) => entry.group === group);
    if (!hasPrecision(figure)) own(shown.first.groups).forEach(drop);
    if (without && !(hasPrecision(figure) && isWhole))
      [...own(without.groups), ...own(without.first.groups)].forEach(drop);
  }
  const weighted = shown.groups.filter((group) => group.weight > 0);
  const protect = (county: { figure: Figure }, figures: readonly (Figure | undefined)[]) => {
    const taking = figures.filter((figure) => figure !== undefined && figure.kind !== 'no-data');
    if (taking.filter((figure) => !hasPrecision(figure)).length === 1) drop(county);
  };
  const hadPrecision = hasPrecision(shown.official);
  protect(
    fieldHolder(shown, 'official'),
    weighted.map((group) => group.figure),
  );
  // The number of further responses follows from the standard error.
  if (hadPrecision && !hasPrecision(shown.official)) shown.moreResponses = null;
  for (const formula of shown.formulas)
    protect(
      formula,
      weighted.map((group) => group.formulas.find((entry) => entry.id === formula.id)?.figure),
    );
  for (const dimension of shown.dimensions)
    protect(
      dimension,
      weighted.map((group) => comparedDimension(group, dimension.id)?.figure),
    );
  protect(
    fieldHolder(shown.first, 'official'),
    weighted.map(({ group }) => shown.first.groups.find((entry) => entry.group === group)?.figure),
  );
  if (without) {
    const of = (list: typeof without.groups) =>
      weighted.map(({ group }) => list.find((entry) => entry.group === group)?.figure);
    protect(fieldHolder(without, 'official'), of(without.groups));
    protect(fieldHolder(without.first, 'official'), of(without.first.groups));
  }
}
