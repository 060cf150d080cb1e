/** The summary, computed again. */
import { AppError } from '../../errors.ts';
import { splitOf, summaryCampaign, voidsOfCounty } from '../../scoring/summary/summary-input.ts';
import type { Summary, SummaryInput } from '../../scoring/summary/summary.ts';
import { computeShownSummary } from '../../scoring/suppression/suppression.ts';
import type { StateLeafBody } from '../leaf.ts';
import { statedFlags } from './flags.ts';
import { all, disclosureRule, first, type Run } from './run.ts';
import { cellsOfLast } from './tallies.ts';

/** As the service counts them, in the order of their strata. */
function drawnCodesOf(codes: StateLeafBody<'issue'>['codes']): NonNullable<SummaryInput['drawnCodes']> {
  const sums = new Map<string, { samplingStratum: number; reportingStratum: number; drawn: number }>();
  for (const { samplingStratum, reportingStratum, set, count } of codes) {
    if (set !== 'drawn') continue;
    const name = `${samplingStratum} ${reportingStratum}`;
    const sum = sums.get(name) ?? { samplingStratum, reportingStratum, drawn: 0 };
    sum.drawn += count;
    sums.set(name, sum);
  }
  return [...sums.values()].sort(
    (a, b) => a.samplingStratum - b.samplingStratum || a.reportingStratum - b.reportingStratum,
  );
}

/** The summary that follows from the bundle; null if something that it needs is missing. */
export function computeAgain(run: Run): Summary | null {
  const [frame, open, issue, closed] = [
    first(run, 'frame'),
    first(run, 'open'),
    first(run, 'issue'),
    first(run, 'closed'),
  ];
  const dispositions = first(run, 'dispositions');
  if (!frame || !open || !issue || !closed || !dispositions || !run.profile) return null;
  // A completely void campaign has no result.
  if (all(run, 'void').some((v) => v.county === null && v.group === null)) return null;
  const late = new Map<number, number>();
  for (const l of all(run, 'late-issue'))
    for (const c of l.codes) late.set(c.reportingStratum, (late.get(c.reportingStratum) ?? 0) + c.count);
  const reporting = issue.reporting.map((r) => ({
    ...r,
    issued: { ...r.issued, other: r.issued.other + (late.get(r.no) ?? 0) },
  }));
  const voided = voidsOfCounty(all(run, 'void'), frame.county, reporting);
  try {
    return computeShownSummary({
      campaign: summaryCampaign({ ...open, id: frame.campaign, closedAt: closed.at }),
      county: { code: frame.county, name: frame.name, residents: frame.residents },
      profile: run.profile,
      profileHash: frame.profile,
      disclosureRule: disclosureRule(run),
      questionnaires: run.questionnaires,
      texts: run.texts,
      ...splitOf(frame.questionnaires),
      samplingStrata: issue.sampling,
      reportingStrata: reporting,
      cells: cellsOfLast(run),
      firstCells: run.firstCells,
      voided,
      fates: dispositions.fates ?? [],
      flags: statedFlags(run),
      ineligible: all(run, 'ineligible').map(({ samplingStratum, contacts, issued, reason }) => ({
        samplingStratum,
        contacts,
        issued,
        reason,
      })),
      // A campaign closed before fates were counted kept a void stratum's part of N: its figures do not change.
      ...(dispositions.fates !== undefined &&
        voided.some((v) => v.reportingStratum !== null) &&
        run.profile.voidedStratum !== 'insufficient' && { drawnCodes: drawnCodesOf(issue.codes) }),
      reanswers: dispositions.reanswers.map((r) => ({
        reportingStratum: r.reportingStratum,
        responses: r.respondents,
        reanswered: r.reanswered,
      })),
    });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    run.find('summary', null, 'a summary', error.message);
    return null;
  }
}
