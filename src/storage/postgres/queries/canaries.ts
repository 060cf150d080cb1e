/**
 * Inspectors' test contacts. Until the draw they are in their own table. With it they become contacts of the sample for every
 * export. Their codes are marked so that their answers count nowhere.
 */
import { mapInOrder } from '../in-order.ts';
import { and, asc, eq } from 'drizzle-orm';
import type { CanaryFault, CanaryRecord } from '../../../domain/evidence/canaries.ts';
import { decodeStateLeaf } from '../../../domain/evidence/leaf.ts';
import { decideOpened, decideSealing } from '../../../domain/evidence/decide-canaries.ts';
import type { CanaryPlacement } from '../../../domain/frame/decide-draw.ts';
import { effectiveRevision } from '../../../domain/answer/revision.ts';
import { toHex } from '../../../domain/hash.ts';
import { schoolIdSchema, type CampaignId, type CountyCode } from '../../../domain/model/ids.ts';
import { channels, groupSchema, type Channel } from '../../../domain/model/vocabulary.ts';
import type { NewCanary } from '../../../domain/model/canary.ts';
import type { Stamp } from '../../../domain/model/stamp.ts';
import type { Tx } from '../connection.ts';
import { findBytes } from '../bulk.ts';
import type { Context } from '../context.ts';
import { canaries, contacts, issued, lateness } from '../schema.ts';
import { findIssued } from './answers.ts';
import { campaignNo } from './campaign-no.ts';
import { readRevisionRule } from './campaigns.ts';
import { readCountyState } from './county.ts';
import { recordDecision } from './decision.ts';

export async function sealCanaries(
  ctx: Context,
  stamp: Stamp,
  id: CampaignId,
  county: CountyCode,
  sealed: { readonly commitment: string; readonly canaries: readonly NewCanary[] },
): Promise<void> {
  const tx = ctx.db;
  const state = await readCountyState(tx, id, county);
  const { no } = state;
  const inRoll = await findBytes(
    ctx.raw,
    'SELECT digest FROM contacts WHERE campaign = ? AND county = ? AND digest = ANY(?)',
    ...[no, county, sealed.canaries.map((c) => c.digest)],
  );
  const decision = decideSealing(
    {
      ...state,
      isSealed: (await findCanaries(ctx, id, county)) !== undefined,
      isInRoll: (digest) => inRoll.has(toHex(digest)),
    },
    sealed,
    stamp,
  );
  for (const canary of decision.changes.canaries)
    await tx.insert(canaries).values({ campaign: no, county, ...bytesOf(canary) });
  await recordDecision(tx, stamp, { no, id }, decision);
}

/** As the columns hold it. */
function bytesOf(canary: NewCanary) {
  return {
    ...canary,
    entry: Buffer.from(canary.entry),
    digest: Buffer.from(canary.digest),
    sealed: Buffer.from(canary.sealed),
    sealedCode: Buffer.from(canary.sealedCode),
    pseudonym: Buffer.from(canary.pseudonym),
  };
}

const waitingOf = (campaign: number, county: CountyCode) =>
  and(eq(canaries.campaign, campaign), eq(canaries.county, county));

export async function listCanaries(
  tx: Tx,
  id: CampaignId,
  county: CountyCode,
): Promise<readonly NewCanary[]> {
  return (
    await tx
      .select()
      .from(canaries)
      .where(waitingOf(await campaignNo(tx, id), county))
      .orderBy(asc(canaries.entry))
  ).map(({ campaign: _c, county: _k, ...c }) => ({
    group: groupSchema.parse(c.group),
    school: c.school === null ? null : schoolIdSchema.parse(c.school),
    questionnaire: c.questionnaire,
    entry: new Uint8Array(c.entry),
    digest: new Uint8Array(c.digest),
    sealed: new Uint8Array(c.sealed),
    sealedCode: new Uint8Array(c.sealedCode),
    pseudonym: new Uint8Array(c.pseudonym),
  }));
}

/**
 * In the transaction that ends the draw: they become ordinary contacts and codes, and the data that distinguished them is
 * deleted.
 */
export async function placeCanaries(
  tx: Tx,
  campaign: number,
  county: CountyCode,
  placements: readonly CanaryPlacement[],
): Promise<void> {
  for (const { canary, code } of placements) {
    const { pseudonym, questionnaire: _, ...contact } = bytesOf(canary);
    const { reportingStratum } = code;
    const late = lateness.canary;
    await tx.insert(contacts).values({
      ...{ campaign, county, ...contact, late, hasPhone: 1, slipNo: null },
      set: 'drawn',
      reportingStratum,
    });
    await tx.insert(issued).values({ ...code, campaign, county, pseudonym });
  }
  await tx.delete(canaries).where(waitingOf(campaign, county));
}

export async function findCanaries(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
): Promise<{ readonly commitment: string; readonly count: number } | undefined> {
  // The type must be a literal, or its index is not used.
  const data = (await ctx.raw
    .prepare('SELECT data FROM evidence_leaves WHERE campaign = ? AND county = ? AND type = 20')
    .pluck()
    .get(await campaignNo(ctx.db, id), county)) as Buffer | undefined;
  const leaf = data && decodeStateLeaf(new Uint8Array(data));
  return leaf?.type === 'canaries' ? leaf.body : undefined;
}

export async function readCanaries(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  pseudonyms: readonly Uint8Array[],
): Promise<readonly CanaryRecord[]> {
  const campaign = await campaignNo(ctx.db, id);
  const rule = await readRevisionRule(ctx.db, campaign);
  const revisions = ctx.raw
    .prepare(
      'SELECT revision, channel, answers FROM responses WHERE campaign = ? AND county = ? AND pseudonym = ? ORDER BY revision',
    )
    .raw();
  return await mapInOrder(pseudonyms, async (pseudonym) => {
    const rows = (
      (await revisions.all(campaign, Number(county), pseudonym)) as [number, number, Buffer | null][]
    ).map((r) => ({ revision: r[0], channel: channels[r[1]] as Channel, answers: r[2] }));
    const last = effectiveRevision(rows, rule);
    return {
      set: (await findIssued(ctx, id, pseudonym))?.set ?? null,
      answers: last ? (last.answers ? toHex(last.answers) : 'erased') : null,
    };
  });
}

export async function recordOpenedCanaries(
  ctx: Context,
  stamp: Stamp,
  id: CampaignId,
  county: CountyCode,
  opened: { readonly commitment: string; readonly faults: Readonly<Record<CanaryFault, number>> },
): Promise<void> {
  const state = await readCountyState(ctx.db, id, county);
  const commitment = (await findCanaries(ctx, id, county))?.commitment;
  const decision = decideOpened({ ...state, commitment }, opened, stamp);
  await recordDecision(ctx.db, stamp, { no: state.no, id }, decision);
}
