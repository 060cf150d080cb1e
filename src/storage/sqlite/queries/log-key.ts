/** The key that signs every log: which one it is stands with the installation's state, which ones it was in the logs themselves. */
import { AppError } from '../../../domain/errors.ts';
import { decodeStateLeaf, leafTypes } from '../../../domain/evidence/leaf.ts';
import type { CampaignId, CountyCode } from '../../../domain/model/ids.ts';
import type { LogKeyChange } from '../../../domain/model/evidence.ts';
import { stampOf, type Stamp } from '../../../domain/model/stamp.ts';
import type { Context } from '../context.ts';
import { campaignNo, listCampaigns } from './campaigns.ts';
import { appendStateEverywhere } from './evidence.ts';
import { findLogKey, recordLogKey } from './service-state.ts';
import { writeTrail } from './trail.ts';

export function replaceLogKey(ctx: Context, stamp: Stamp, { before, after }: LogKeyChange): void {
  const tx = ctx.db;
  if (findLogKey(tx) !== before) throw new AppError('conflict', 'log.key-changed');
  recordLogKey(tx, after);
  for (const { id } of listCampaigns(tx))
    appendStateEverywhere(tx, campaignNo(tx, id), 'rekey', { before, after, ...stampOf(stamp) });
  writeTrail(tx, stamp, 'log.rekey', {}, { before, after });
}

/** Oldest first. */
export function listRekeys(ctx: Context, id: CampaignId, county: CountyCode): readonly LogKeyChange[] {
  const rows = ctx.raw
    .prepare('SELECT data FROM evidence_leaves WHERE campaign = ? AND county = ? AND type = ? ORDER BY no')
    .pluck()
    .all(campaignNo(ctx.db, id), county, leafTypes.rekey) as Buffer[];
  return rows.map((data) => {
    const { type, body } = decodeStateLeaf(data);
    if (type !== 'rekey')
      throw new AppError('corrupt', 'storage.corrupt', { params: { column: 'evidence_leaves.type' } });
    return { before: body.before, after: body.after };
  });
}
