/** Release by one person: only if every county has its data and its minimum; otherwise two are needed. */
import { AppError } from '../../domain/errors.ts';
import { assertMay, type Actor } from '../../domain/campaign/permissions.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { Campaign } from '../../domain/model/campaign.ts';
import type { Verdict } from '../../domain/scoring/summary/verdict.ts';
import type { Deps } from '../deps.ts';
import { getReport, type SummaryReport } from '../summary/summary.ts';
import { releaseCampaign } from './campaigns.ts';
import { getVisibleCampaign } from './lookup.ts';

export interface CountyResult {
  readonly code: CountyCode;
  readonly name: string;
  readonly verdict: Verdict['kind'];
  readonly summary: SummaryReport;
}

/** What is to be released, by county. `insufficient`: no data, or below a minimum. */
export async function viewResults(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
): Promise<readonly CountyResult[]> {
  assertMay(actor, 'campaign.release');
  const { counties } = await getVisibleCampaign(deps, actor, id);
  const results: CountyResult[] = [];
  for (const { code, name } of counties) {
    const summary = await getReport(deps, actor, id, code);
    results.push({ code, name, verdict: summary.verdict.kind, summary });
  }
  return results;
}

/** @throws AppError conflict `campaign.release-weak` unless two people have agreed; and as `releaseCampaign` */
export async function releaseWhole(deps: Deps, actor: Actor, id: CampaignId): Promise<Campaign> {
  assertMay(actor, 'campaign.release');
  const { state } = await getVisibleCampaign(deps, actor, id);
  if (state === 'closed') {
    const weak = (await viewResults(deps, actor, id)).filter((r) => r.verdict === 'insufficient');
    const proposals = await deps.storage.listProposals(id);
    const isAgreed = proposals.some((p) => p.content.kind === 'release' && p.decision === 'confirmed');
    if (weak.length > 0 && !isAgreed)
      throw new AppError('conflict', 'campaign.release-weak', {
        params: { counties: weak.map((r) => r.name).join('、') },
      });
  }
  return releaseCampaign(deps, actor, id);
}
