/** What follows from hidden figures without being one: "no data" below them, intervals, bounds and sentences made of several. */
import { answerFlags } from '../signals/flags.ts';
import type { Figure } from '../figure.ts';
import type { Count, Distribution } from '../summary/summary-types.ts';
import type { Shown } from './cells.ts';

/** "No data" below a hidden figure would tell that whoever is behind it left that item blank, or knew nothing. */
export function hideNothings(shown: Shown): void {
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

/**
 * What is computed from several figures stands only if each of them does: an interval, a bound or a sentence must not tell what its figure may not. (A figure's own
 * standard error and interval go with it, being part of it; between cells they obey the same sums as the values, so the same equations protect them.)
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
    // The roll is no answer.
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
