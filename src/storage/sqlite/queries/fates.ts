import { assertTakesFates, decideFateReport } from '../../../domain/messaging/decide-fates.ts';
import type { CampaignId, CountyCode } from '../../../domain/model/ids.ts';
import type { Fate } from '../../../domain/messaging/fate.ts';
import type { ContactFate, FateCount } from '../../../domain/model/contact.ts';
import type { Stamp } from '../../../domain/model/stamp.ts';
import type { Context } from '../context.ts';
import { campaignNo } from './campaign-no.ts';
import { getCampaign } from './campaigns.ts';
import { recordTrail } from './trail.ts';

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

/** A part of a report. */
export function putFates(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  fates: readonly ContactFate[],
): void {
  assertTakesFates(getCampaign(ctx.db, id).state);
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
  const { state } = getCampaign(ctx.db, id);
  const { trail } = decideFateReport(state, { county, file, counts });
  recordTrail(ctx.db, stamp, id, trail);
}

export function listFates(ctx: Context, id: CampaignId, county: CountyCode): readonly ContactFate[] {
  const rows = ctx.raw
    .prepare('SELECT entry, fate FROM delivery_fates WHERE campaign = ? AND county = ? ORDER BY entry')
    .all(campaignNo(ctx.db, id), county) as { entry: Buffer; fate: Fate }[];
  return rows.map(({ entry, fate }) => ({ entry: new Uint8Array(entry), fate }));
}

export function countFates(ctx: Context, id: CampaignId, county: CountyCode): readonly FateCount[] {
  return ctx.raw
    .prepare(
      'SELECT fate, count(*) AS contacts FROM delivery_fates WHERE campaign = ? AND county = ? GROUP BY fate ORDER BY fate',
    )
    .all(campaignNo(ctx.db, id), county) as FateCount[];
}
