/** Audits what a county's summary discloses: as it is shown, with the answers behind it only for labels and exact figures. */
import { auditDisclosure, defaultOptions } from '../../audit/disclosure/audit.ts';
import type { AuditReport } from '../../audit/disclosure/case.ts';
import { assertMay, type Actor } from '../../domain/campaign/permissions.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { Summary } from '../../domain/scoring/summary/summary.ts';
import { getCampaignCounty } from '../campaign/lookup.ts';
import type { Deps } from '../deps.ts';
import { viewRates } from '../summary/rates.ts';
import { getSummary, readSummaryInput } from '../summary/summary.ts';
import { knownCounty } from './known-county.ts';

export interface CountyDisclosure extends AuditReport {
  readonly county: string;
  readonly name: string;
}

/** One county, by its summary and its page of response rates. `traced`: of so many solved cells, which shown numbers give them away; slow in large counties. @throws AppError as `getSummary` */
export async function auditCounty(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  code: CountyCode,
  traced = 0,
): Promise<CountyDisclosure> {
  assertMay(actor, 'summary.view', code);
  const { campaign, county } = await getCampaignCounty(deps, actor, id, code);
  // Through JSON, as it is published.
  const shown = JSON.parse(JSON.stringify(await getSummary(deps, actor, id, code))) as Summary;
  const { kind, rows } = await viewRates(deps, actor, id, code);
  const input = await readSummaryInput(deps, campaign, code);
  const { publication, truth } = knownCounty(input, shown, kind === 'final' ? rows : undefined);
  const report = await auditDisclosure(
    { publications: [publication], relation: 'same' },
    { ...defaultOptions, truth: [truth], traced },
  );
  return { county: code, name: county.name, ...report };
}
