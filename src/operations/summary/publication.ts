/**
 * Publication: what everyone may have after release, made from the same suppressed summary as every page, with roots and
 * checkpoints.
 */
import { AppError } from '../../domain/errors.ts';
import { assertMay, type Actor } from '../../domain/campaign/permissions.ts';
import { contentHash, toHex } from '../../domain/hash.ts';
import type { Campaign, CampaignCounty } from '../../domain/model/campaign.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { Publication } from '../../export/publication.ts';
import { stamp, type Deps } from '../deps.ts';
import { auditFailed } from '../evidence/audit.ts';
import { getLogKey, publishCheckpoint, withCosignatures } from '../evidence/evidence.ts';
import { readLogStatus } from '../evidence/witnesses.ts';
import { getCampaignCounty } from '../campaign/lookup.ts';
import { getReport, type SummaryReport } from './summary.ts';

/** More than any county's log ever signs. */
const mostCheckpoints = 100_000;

/**
 * The trail records it with its content hash.
 * @throws AppError conflict `publication.not-released`, `summary.voided`, `audit.failed`
 */
export async function makePublication(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  code: CountyCode,
): Promise<Publication> {
  assertMay(actor, 'campaign.publish', code);
  const { campaign, county } = await getCampaignCounty(deps, actor, id, code);
  if (campaign.state === 'voided') throw new AppError('conflict', 'summary.voided');
  if (campaign.state !== 'released') throw new AppError('conflict', 'publication.not-released');
  const summary = await getReport(deps, actor, id, code);
  if (summary.audit !== null && summary.audit.differences > 0)
    throw auditFailed(code, summary.audit.differences);
  await publishCheckpoint(deps, id, code);
  const publication = await readPublication(deps, campaign, county, summary);
  await deps.storage.appendTrail(stamp(deps, actor), {
    action: 'publication.made',
    campaign: id,
    county: code,
    details: {
      hash: contentHash(JSON.parse(JSON.stringify(publication))),
      size: publication.summary.log?.size ?? 0,
    },
  });
  return publication;
}

/** From figures that may be shown, with the current log. */
export async function readPublication(
  deps: Deps,
  { id, demo }: Campaign,
  { code, draw, frame }: CampaignCounty,
  summary: SummaryReport,
): Promise<Publication> {
  const given = await deps.storage.listCosignatures(id, code);
  const notes = await deps.storage.listCheckpoints(id, code, mostCheckpoints);
  return {
    manyi: 'publication',
    version: 1,
    publishedAt: deps.now(),
    service: deps.publicUrl,
    demo,
    summary: { ...summary, log: await readLogStatus(deps, id, code) },
    roll:
      frame && draw
        ? { root: toHex(frame.root), size: frame.size, dice: draw.dice, seed: toHex(draw.seed) }
        : null,
    key: await getLogKey(deps, id, code),
    checkpoints: [...notes].reverse().map((note) => withCosignatures(note, given)),
  };
}
