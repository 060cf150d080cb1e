/** The key that signs every log: the present one is in the installation's state, earlier ones in the logs themselves. */
import { AppError } from '../../../domain/errors.ts';
import { decodeStateLeaf, leafTypes } from '../../../domain/evidence/leaf.ts';
import { decideRekey } from '../../../domain/evidence/log-key.ts';
import type { CampaignId, CountyCode } from '../../../domain/model/ids.ts';
import type { LogKeyChange } from '../../../domain/model/evidence.ts';
import type { Stamp } from '../../../domain/model/stamp.ts';
import type { Context } from '../context.ts';
import { campaigns } from '../schema.ts';
import { campaignNo } from './campaign-no.ts';
import { recordDecision } from './decision.ts';
import { findLogKey, recordLogKey } from './service-state.ts';
import { recordTrail } from './trail.ts';

export async function replaceLogKey(ctx: Context, stamp: Stamp, change: LogKeyChange): Promise<void> {
  const tx = ctx.db;
  const { changes, leaves, trail } = decideRekey(await findLogKey(tx), change, stamp);
  await recordLogKey(tx, changes.logKey);
  for (const { no, id } of await tx.select({ no: campaigns.no, id: campaigns.id }).from(campaigns))
    await recordDecision(tx, stamp, { no, id: id as CampaignId }, { leaves, trail: [] });
  await recordTrail(tx, stamp, null, trail);
}

/** Oldest first. */
export async function listRekeys(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
): Promise<readonly LogKeyChange[]> {
  const rows = (await ctx.raw
    .prepare('SELECT data FROM evidence_leaves WHERE campaign = ? AND county = ? AND type = ? ORDER BY no')
    .pluck()
    .all(await campaignNo(ctx.db, id), county, leafTypes.rekey)) as Buffer[];
  return rows.map((data) => {
    const { type, body } = decodeStateLeaf(data);
    if (type !== 'rekey')
      throw new AppError('corrupt', 'storage.corrupt', { params: { column: 'evidence_leaves.type' } });
    return { before: body.before, after: body.after };
  });
}
