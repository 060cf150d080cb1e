/** Audits what a county's summary discloses: as it is shown, with the answers behind it only for labels and exact figures. */
import { auditDisclosure, defaultOptions, type AuditOptions } from '../../audit/disclosure/audit.ts';
import type { AuditReport } from '../../audit/disclosure/case.ts';
import { assertMay, type Actor } from '../../domain/campaign/permissions.ts';
import type { Campaign } from '../../domain/model/campaign.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import { compareArms, type BallotComparison } from '../../domain/scoring/ballot/compare.ts';
import type { Summary, SummaryInput } from '../../domain/scoring/summary/summary.ts';
import { getCampaignCounty } from '../campaign/lookup.ts';
import type { Deps } from '../deps.ts';
import { viewRates } from '../summary/rates.ts';
import { shownSummary } from '../summary/shown.ts';
import { getSummary, readSummaryInput } from '../summary/summary.ts';
import { knownCounty } from './known-county.ts';

export interface CountyDisclosure extends AuditReport {
  readonly county: string;
  readonly name: string;
}

/** One county, by its summary, its page of response rates and the comparison of a split ballot, and by these as they were before something was made void after close. `options.traced`: of so many solved cells, which shown numbers give them away; slow in large counties. @throws AppError as `getSummary` */
export async function auditCounty(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  code: CountyCode,
  options: AuditOptions = defaultOptions,
): Promise<CountyDisclosure> {
  assertMay(actor, 'summary.view', code);
  const { campaign, county } = await getCampaignCounty(deps, actor, id, code);
  const shown = published(await getSummary(deps, actor, id, code));
  const { kind, rows } = await viewRates(deps, actor, id, code);
  const input = await readSummaryInput(deps, campaign, code);
  const known = [];
  for (const voids of voidsBefore(campaign, code)) {
    const earlier = await readSummaryInput(deps, { ...campaign, voids }, code);
    const summary = published(await shownSummary(deps, earlier));
    known.push(knownCounty(earlier, summary, undefined, ballotOf(campaign, earlier, summary)));
  }
  known.push(
    knownCounty(input, shown, kind === 'final' ? rows : undefined, ballotOf(campaign, input, shown)),
  );
  const report = await auditDisclosure(
    { publications: known.map((entry) => entry.publication), relation: 'same' },
    { ...options, truth: known.map((entry) => entry.truth) },
  );
  return { county: code, name: county.name, ...report };
}

/** Through JSON, as it is published. */
function published<T extends Summary | BallotComparison>(shown: T): T {
  return JSON.parse(JSON.stringify(shown)) as T;
}

function ballotOf({ questionnaires }: Campaign, input: SummaryInput, shown: Summary) {
  if (input.apart === undefined) return undefined;
  return { comparison: published(compareArms(input, questionnaires, shown)), questionnaires };
}

/** What was void in each summary that could be read before the present one: from the close on, until another part was made void. */
export function voidsBefore(
  { closedAt, voids }: Pick<Campaign, 'closedAt' | 'voids'>,
  code: CountyCode,
): readonly Campaign['voids'][] {
  const late = voids
    .filter((own) => closedAt !== null && own.at >= closedAt && (own.county === null || own.county === code))
    .toSorted((a, b) => a.at - b.at);
  return late.map((_, i) => voids.filter((own) => !late.slice(i).includes(own)));
}
