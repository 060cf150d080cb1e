import { AppError } from '../../../domain/errors.ts';
import type { CampaignId, CountyCode } from '../../../domain/model/ids.ts';
import type { Fate } from '../../../domain/messaging/fate.ts';
import type { ContactFate } from '../../../domain/model/contact.ts';
import type { Stamp } from '../../../domain/model/stamp.ts';
import type { Context } from '../context.ts';
import { campaignNo, getCampaign } from './campaigns.ts';
import { writeTrail } from './trail.ts';

export function findContacts(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  digests: readonly Uint8Array[],
): readonly (Uint8Array | null)[] {
  const campaign = campaignNo(ctx.db, id);
  const find = ctx.raw
    .prepare('SELECT entry FROM contacts WHERE campaign = ? AND county = ? AND digest = ?')
    .pluck();
  return digests.map((digest) => {
    const entry = find.get(campaign, county, digest) as Buffer | undefined;
    return entry ? new Uint8Array(entry) : null;
  });
}

function assertTaken(ctx: Context, id: CampaignId): void {
  const { state } = getCampaign(ctx.db, id);
  if (state !== 'draft' && state !== 'open') throw new AppError('conflict', 'fates.closed');
}

/** A part of a report. */
export function putFates(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  fates: readonly ContactFate[],
): void {
  assertTaken(ctx, id);
  const campaign = campaignNo(ctx.db, id);
  const put = ctx.raw.prepare(
    `INSERT INTO delivery_fates (campaign, county, entry, fate) VALUES (?, ?, ?, ?)
     ON CONFLICT (campaign, county, entry) DO UPDATE SET fate = excluded.fate`,
  );
  for (const { entry, fate } of fates) put.run(campaign, county, entry, fate);
}

/** The report is in, whole. */
export function recordFates(
  ctx: Context,
  stamp: Stamp,
  id: CampaignId,
  county: CountyCode,
  file: { readonly name: string; readonly hash: string },
  counts: Readonly<Partial<Record<Fate, number>>>,
): void {
  assertTaken(ctx, id);
  const details = { file: file.name, hash: file.hash, counts };
  writeTrail(ctx.db, stamp, 'fates.import', { campaign: id, county }, details);
}

export function listFates(ctx: Context, id: CampaignId, county: CountyCode): readonly ContactFate[] {
  const rows = ctx.raw
    .prepare('SELECT entry, fate FROM delivery_fates WHERE campaign = ? AND county = ? ORDER BY entry')
    .all(campaignNo(ctx.db, id), county) as { entry: Buffer; fate: Fate }[];
  return rows.map(({ entry, fate }) => ({ entry: new Uint8Array(entry), fate }));
}
