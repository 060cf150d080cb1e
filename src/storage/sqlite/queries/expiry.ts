/** The end of the storage period: what dies then, as the retention table says. Leaves and tallies stay, so the tree still verifies and figures can still be computed. */
import { eq } from 'drizzle-orm';
import { AppError } from '../../../domain/errors.ts';
import { contentHashOf, presentCells } from '../../../domain/evidence/leaf.ts';
import { expiryStepAfter, mayExpire, type ExpiryStep } from '../../../domain/fieldwork/campaign.ts';
import { contentHash } from '../../../domain/hash.ts';
import type { CampaignId, CountyCode } from '../../../domain/ids.ts';
import type { SealedContact, Stamp, Storage } from '../../port.ts';
import type { Tx } from '../connection.ts';
import type { Context } from '../context.ts';
import { campaigns } from '../schema.ts';
import { readCells } from './answers.ts';
import { campaignNo, getCampaign } from './campaigns.ts';
import { appendState, logsOf } from './evidence.ts';
import { writeTrail } from './trail.ts';

export function beginExpiry(tx: Tx, stamp: Stamp, id: CampaignId): void {
  const campaign = getCampaign(tx, id);
  if (campaign.expiryStep !== null || campaign.expiredAt !== null)
    throw new AppError('conflict', 'campaign.expired');
  if (!mayExpire(campaign)) throw new AppError('conflict', 'expiry.not-closed');
  if (campaign.storageUntil > stamp.at)
    throw new AppError('conflict', 'expiry.too-early', {
      params: { until: new Date(campaign.storageUntil).toISOString() },
    });
  tx.update(campaigns).set({ expiryStep: 'erase' }).where(eq(campaigns.id, id)).run();
  writeTrail(tx, stamp, 'expiry.begin', { campaign: id }, { storageUntil: campaign.storageUntil });
}

function assertStep(tx: Tx, id: CampaignId, step: ExpiryStep): void {
  if (getCampaign(tx, id).expiryStep !== step)
    throw new AppError('conflict', 'expiry.step', { params: { step } });
}

export function listSealedContacts(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  after: Uint8Array | null,
  limit: number,
): readonly SealedContact[] {
  const rows = ctx.raw
    .prepare(
      `SELECT entry, sealed, late = 0 AND slip_no IS NULL AS inRoll FROM contacts
       WHERE campaign = ? AND county = ? AND entry > ? AND (sealed IS NOT NULL OR sealed_code IS NOT NULL) ORDER BY entry LIMIT ?`,
    )
    .all(campaignNo(ctx.db, id), county, after ?? Buffer.alloc(0), limit) as {
    entry: Buffer;
    sealed: Buffer | null;
    inRoll: number;
  }[];
  return rows.map((r) => ({
    entry: new Uint8Array(r.entry),
    sealed: r.sealed && new Uint8Array(r.sealed),
    inRoll: r.inRoll === 1,
  }));
}

export function eraseContacts(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  erased: Parameters<Storage['eraseContacts']>[2],
): void {
  assertStep(ctx.db, id, 'erase');
  const campaign = campaignNo(ctx.db, id);
  // The digest would tell a phone to whoever kept the key; the random id is unique as it was.
  const erase = ctx.raw.prepare(
    'UPDATE contacts SET sealed = NULL, sealed_code = NULL, digest = entry, commitment = ? WHERE campaign = ? AND county = ? AND entry = ?',
  );
  for (const { entry, commitment } of erased) erase.run(commitment, campaign, county, entry);
}

const positionLength = 20;

export function eraseContents(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  after: Uint8Array | null,
  limit: number,
): Uint8Array | null {
  assertStep(ctx.db, id, 'erase');
  const campaign = campaignNo(ctx.db, id);
  const position = after === null ? Buffer.alloc(positionLength) : Buffer.from(after);
  const rows = ctx.raw
    .prepare(
      `SELECT pseudonym, revision, nonce, answers FROM responses
       WHERE campaign = ? AND county = ? AND (pseudonym, revision) > (?, ?) AND answers IS NOT NULL ORDER BY pseudonym, revision LIMIT ?`,
    )
    .all(campaign, Number(county), position.subarray(0, 16), position.readUInt32BE(16), limit) as {
    pseudonym: Buffer;
    revision: number;
    nonce: Buffer;
    answers: Buffer;
  }[];
  const erase = ctx.raw.prepare(
    'UPDATE responses SET nonce = NULL, answers = NULL, content_hash = ? WHERE campaign = ? AND county = ? AND pseudonym = ? AND revision = ?',
  );
  for (const { pseudonym, revision, nonce, answers } of rows)
    erase.run(contentHashOf(nonce, answers), campaign, Number(county), pseudonym, revision);
  const last = rows.at(-1);
  if (last && rows.length === limit) {
    const next = Buffer.alloc(positionLength, last.pseudonym);
    next.writeUInt32BE(last.revision, 16);
    return new Uint8Array(next);
  }
  for (const table of ['texts', 'pressure_reports'])
    ctx.raw.prepare(`DELETE FROM ${table} WHERE campaign = ? AND county = ?`).run(campaign, county);
  for (const table of ['import_rows', 'import_faults'])
    ctx.raw
      .prepare(
        `DELETE FROM ${table} WHERE import IN (SELECT id FROM imports WHERE campaign = ? AND county = ?)`,
      )
      .run(campaign, county);
  ctx.raw
    .prepare(
      "UPDATE imports SET state = 'discarded' WHERE campaign = ? AND county = ? AND state IN ('reading', 'staged')",
    )
    .run(campaign, county);
  return null;
}

/** Of anything that must be gone: how much is there yet. */
function remaining(ctx: Context, campaign: number): number {
  return ctx.raw
    .prepare(
      `SELECT (SELECT count(*) FROM contacts WHERE campaign = @campaign AND (sealed IS NOT NULL OR sealed_code IS NOT NULL))
            + (SELECT count(*) FROM responses WHERE campaign = @campaign AND answers IS NOT NULL)
            + (SELECT count(*) FROM texts WHERE campaign = @campaign) + (SELECT count(*) FROM pressure_reports WHERE campaign = @campaign)`,
    )
    .pluck()
    .get({ campaign }) as number;
}

export function completeExpiryStep(
  ctx: Context,
  stamp: Stamp,
  id: CampaignId,
  step: ExpiryStep,
  details: Readonly<Record<string, unknown>>,
): void {
  const tx = ctx.db;
  assertStep(tx, id, step);
  const no = campaignNo(tx, id);
  if (step === 'erase' && remaining(ctx, no) > 0)
    throw new AppError('conflict', 'expiry.step', { params: { step } });
  const next = expiryStepAfter(step);
  if (next !== null) {
    tx.update(campaigns).set({ expiryStep: next }).where(eq(campaigns.id, id)).run();
    writeTrail(tx, stamp, `expiry.${step}`, { campaign: id }, details);
    return;
  }
  // The other two died at close, unless there was none.
  const keys = getCampaign(tx, id).closedAt === null ? ['pseudonym', 'contacts', 'text'] : ['contacts'];
  tx.update(campaigns).set({ expiryStep: null, expiredAt: stamp.at }).where(eq(campaigns.id, id)).run();
  for (const county of logsOf(tx, no))
    appendState(tx, no, county, 'keys-destroyed', {
      keys,
      tallies: contentHash(presentCells(readCells(ctx, 'tallies', id, county))),
      at: stamp.at,
    });
  writeTrail(tx, stamp, 'campaign.expired', { campaign: id }, { ...details, keys });
}
