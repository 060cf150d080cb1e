/** Reports of the disclosure auditor, for people and as one line for programs. */
import type { AuditReport } from '../audit/disclosure/case.ts';
import type { Translate } from '../texts/texts.ts';

const mostShown = 20;

export function disclosureText(t: Translate, place: string, report: AuditReport): string {
  const { solved, narrowest, mismatches } = report;
  const head =
    solved.length === 0
      ? t('cli.disclosure.sound', { place, cells: report.cells, counts: report.bounded })
      : t('cli.disclosure.solved', { place, solved: solved.length });
  return [
    head,
    ...solved.slice(0, mostShown).flatMap(({ by, cell, values, through }) => [
      ...values.slice(0, 4).map(({ what, value }) => {
        const shown = value === null ? '?' : String(value);
        return `  ${t(`cli.disclosure.by-${by}`, { cell, what, value: shown })}`;
      }),
      ...(through.length > 0 ? [`    ${t('cli.disclosure.through', { numbers: through.join('; ') })}`] : []),
    ]),
    ...(solved.length > mostShown
      ? [`  ${t('cli.disclosure.more', { more: solved.length - mostShown })}`]
      : []),
    ...(narrowest ? [`  ${t('cli.disclosure.narrowest', { ...narrowest })}`] : []),
    ...(report.bounded > 0 ? reachText(t, report) : []),
    ...mismatches.map((mismatch) => `  ${t('cli.disclosure.mismatch', { mismatch })}`),
  ].join('\n');
}

/** Extent of the bounds: what was computed by which method, and what was not. */
function reachText(t: Translate, report: AuditReport): readonly string[] {
  const { width, seconds, linear, inIntegers, stopped, leftOut } = report.reach;
  const { counts, second } = report;
  const open = counts - linear;
  return [
    `  ${t('cli.disclosure.reach', { counts, linear, open })}`,
    ...(second === null ? [] : [`  ${t('cli.disclosure.second', { ...second })}`]),
    ...(second === null || second.tried === 0 ? [] : [`  ${t('cli.disclosure.alike', { ...second })}`]),
    `  ${t('cli.disclosure.integers', { width, seconds, inIntegers, stopped, leftOut })}`,
  ];
}

/** The last line. */
export function disclosureLine(reports: readonly AuditReport[]): string {
  const narrowest = reports
    .flatMap((report) => report.narrowest ?? [])
    .reduce<AuditReport['narrowest']>(
      (best, next) => (best === null || next.high - next.low < best.high - best.low ? next : best),
      null,
    );
  const sum = (pick: (report: AuditReport) => number) =>
    reports.reduce((total, report) => total + pick(report), 0);
  const sumOfSecond = (which: keyof NonNullable<AuditReport['second']>) =>
    reports.some(({ second }) => second) ? sum(({ second }) => second?.[which] ?? 0) : null;
  return JSON.stringify({
    audit: 'disclosure',
    counties: reports.length,
    cells: sum((report) => report.cells),
    solved: sum((report) => report.solved.length),
    solved_answers: sum((report) => report.solved.filter((found) => found.of === 'answers').length),
    solved_spread: sum((report) => report.solved.filter((found) => found.of === 'spread').length),
    solved_respondents: sum((report) => report.solved.filter((found) => found.of === 'respondents').length),
    counties_solved: reports.filter((report) => report.solved.length > 0).length,
    counts: sum((report) => report.counts),
    bounded: sum((report) => report.bounded),
    by_linear_programs: sum((report) => report.reach.linear),
    with_second_value: sumOfSecond('found'),
    without_second_value: sumOfSecond('none'),
    without_second_value_nobody: sumOfSecond('noneOfNobody'),
    published_again: sumOfSecond('tried'),
    published_alike: sumOfSecond('alike'),
    not_bounded: sum((report) => report.counts - report.reach.linear),
    known_before: sum((report) => report.knownBefore),
    absent_by_bounds: sum((report) => report.absent),
    integers_below_width: reports[0]?.reach.width,
    in_integers: sum((report) => report.reach.inIntegers),
    left_out: sum((report) => report.reach.leftOut),
    seconds_per_count: reports[0]?.reach.seconds,
    stopped: sum((report) => report.reach.stopped),
    narrowest_interval: narrowest && narrowest.high - narrowest.low,
    narrowest_where: narrowest && `${narrowest.cell}: ${narrowest.count}`,
    structural_zeros: sum((report) => report.structuralZeros),
    mismatches: sum((report) => report.mismatches.length),
  });
}
