import { assertTakesFates, decideFateReport } from '../../../domain/messaging/decide-fates.ts';
import { toHex } from '../../../domain/hash.ts';
import type { CampaignId, CountyCode } from '../../../domain/model/ids.ts';
import type { Fate } from '../../../domain/messaging/fate.ts';
import type { ContactFate, FateCount } from '../../../domain/model/contact.ts';
import type { Stamp } from '../../../domain/model/stamp.ts';
import { insertRows } from '../bulk.ts';
import type { Context } from '../context.ts';
import { campaignNo } from './campaign-no.ts';
import { getCampaign } from './campaigns.ts';
import { recordTrail } from './trail.ts';

export async function findContacts(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  digests: readonly Uint8Array[],
): Promise<readonly (Uint8Array | null)[]> {
  const campaign = await campaignNo(ctx.db, id);
  const found = (await ctx.raw
    .prepare('SELECT digest, entry FROM contacts WHERE campaign = ? AND county = ? AND digest = ANY(?)')
    .all(campaign, county, digests)) as { digest: Buffer; entry: Buffer }[];
  const entries = new Map(found.map(({ digest, entry }) => [toHex(digest), new Uint8Array(entry)]));
  return digests.map((digest) => entries.get(toHex(digest)) ?? null);
}

/** A part of a report. */
export async function putFates(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  fates: readonly ContactFate[],
): Promise<void> {
  assertTakesFates((await getCampaign(ctx.db, id)).state);
  const campaign = await campaignNo(ctx.db, id);
  // For a contact that is listed twice the last outcome counts.
  const rows = new Map(fates.map(({ entry, fate }) => [toHex(entry), [campaign, county, entry, fate]]));
  await insertRows(
    ctx.raw,
    'delivery_fates',
    { campaign: 'integer', county: 'text', entry: 'bytea', fate: 'text' },
    [...rows.values()],
    'ON CONFLICT (campaign, county, entry) DO UPDATE SET fate = excluded.fate',
  );
}

/** The report is in, whole. */
export async function recordFates(
  ctx: Context,
  stamp: Stamp,
  id: CampaignId,
  county: CountyCode,
  file: { readonly name: string; readonly hash: string },
  counts: Readonly<Partial<Record<Fate, number>>>,
): Promise<void> {
  const { state } = await getCampaign(ctx.db, id);
  const { trail } = decideFateReport(state, { county, file, counts });
  await recordTrail(ctx.db, stamp, id, trail);
}

export async function listFates(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
): Promise<readonly ContactFate[]> {
  const rows = (await ctx.raw
    .prepare('SELECT entry, fate FROM delivery_fates WHERE campaign = ? AND county = ? ORDER BY entry')
    .all(await campaignNo(ctx.db, id), county)) as { entry: Buffer; fate: Fate }[];
  return rows.map(({ entry, fate }) => ({ entry: new Uint8Array(entry), fate }));
}

export async function countFates(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
): Promise<readonly FateCount[]> {
  return (await ctx.raw
    .prepare(
      'SELECT fate, count(*) AS contacts FROM delivery_fates WHERE campaign = ? AND county = ? GROUP BY fate ORDER BY fate',
    )
    .all(await campaignNo(ctx.db, id), county)) as FateCount[];
}
