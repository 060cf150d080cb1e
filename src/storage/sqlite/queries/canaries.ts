/**
 * Inspectors' test contacts. Until the draw they lie in a table of their own; with it they become contacts of the sample as any export sees it, and their codes are
 * marked so that their answers count nowhere.
 */
import { and, asc, eq } from 'drizzle-orm';
import type { CanaryFault, CanaryRecord } from '../../../domain/evidence/canaries.ts';
import { decodeStateLeaf } from '../../../domain/evidence/leaf.ts';
import { AppError } from '../../../domain/errors.ts';
import { compareBytes } from '../../../domain/frame/sample.ts';
import { effectiveRevision } from '../../../domain/answer/revision.ts';
import { toHex } from '../../../domain/hash.ts';
import { schoolIdSchema, type CampaignId, type CountyCode } from '../../../domain/model/ids.ts';
import { channels, groupSchema, type Channel } from '../../../domain/model/vocabulary.ts';
import type { IssuedCode } from '../../../domain/model/code.ts';
import type { NewCanary, PlacedCanary } from '../../../domain/model/canary.ts';
import { stampOf, type Stamp } from '../../../domain/model/stamp.ts';
import type { Tx } from '../connection.ts';
import type { Context } from '../context.ts';
import { canaries, contacts, issued, lateness } from '../schema.ts';
import { findIssued } from './answers.ts';
import { campaignNo } from './campaign-no.ts';
import { readRevisionRule } from './campaigns.ts';
import { appendState } from './evidence.ts';
import { countyRow } from './frame.ts';
import { writeTrail } from './trail.ts';

export function sealCanaries(
  ctx: Context,
  stamp: Stamp,
  id: CampaignId,
  county: CountyCode,
  sealed: { readonly commitment: string; readonly canaries: readonly NewCanary[] },
): void {
  const tx = ctx.db;
  const campaign = campaignNo(tx, id);
  if (countyRow(tx, campaign, county).frameState !== 'frozen' || findCanaries(ctx, id, county))
    throw new AppError('conflict', 'canaries.not-now');
  const inRoll = ctx.raw.prepare('SELECT 1 FROM contacts WHERE campaign = ? AND county = ? AND digest = ?');
  for (const c of sealed.canaries) {
    if (inRoll.get(campaign, county, c.digest)) throw new AppError('conflict', 'canaries.in-roll');
    tx.insert(canaries)
      .values({
        campaign,
        county,
        ...c,
        entry: Buffer.from(c.entry),
        digest: Buffer.from(c.digest),
        sealed: Buffer.from(c.sealed),
        sealedCode: Buffer.from(c.sealedCode),
        pseudonym: Buffer.from(c.pseudonym),
      })
      .run();
  }
  const { commitment } = sealed;
  const count = sealed.canaries.length;
  appendState(tx, campaign, county, 'canaries', { commitment, count, ...stampOf(stamp) });
  writeTrail(tx, stamp, 'canaries.sealed', { campaign: id, county }, { commitment });
}

const waitingOf = (campaign: number, county: CountyCode) =>
  and(eq(canaries.campaign, campaign), eq(canaries.county, county));

export function listCanaries(tx: Tx, id: CampaignId, county: CountyCode): readonly NewCanary[] {
  return tx
    .select()
    .from(canaries)
    .where(waitingOf(campaignNo(tx, id), county))
    .orderBy(asc(canaries.entry))
    .all()
    .map(({ campaign: _c, county: _k, ...c }) => ({
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

/** In the transaction that ends the draw. Returns their codes, ascending by pseudonym. */
export function placeCanaries(
  ctx: Context,
  campaign: number,
  county: CountyCode,
  placed: readonly PlacedCanary[],
): readonly IssuedCode[] {
  const tx = ctx.db;
  const codes: IssuedCode[] = [];
  for (const { entry, samplingStratum, reportingStratum } of placed) {
    const own = and(waitingOf(campaign, county), eq(canaries.entry, Buffer.from(entry)));
    const waiting = tx.select().from(canaries).where(own).get();
    if (!waiting) throw new AppError('not-found', 'canaries.not-now');
    const { pseudonym, questionnaire, ...contact } = waiting;
    const late = lateness.canary;
    tx.insert(contacts)
      .values({ ...contact, late, hasPhone: 1, slipNo: null, set: 'drawn', reportingStratum })
      .run();
    tx.insert(issued)
      .values({
        campaign,
        pseudonym,
        county,
        samplingStratum,
        reportingStratum,
        questionnaire,
        set: 'canary',
      })
      .run();
    codes.push({
      pseudonym: new Uint8Array(pseudonym),
      samplingStratum,
      reportingStratum,
      questionnaire,
      set: 'canary',
    });
  }
  tx.delete(canaries).where(waitingOf(campaign, county)).run();
  return codes.sort((a, b) => compareBytes(a.pseudonym, b.pseudonym));
}

export function findCanaries(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
): { readonly commitment: string; readonly count: number } | undefined {
  // The type as a literal, or its index is not used.
  const data = ctx.raw
    .prepare('SELECT data FROM evidence_leaves WHERE campaign = ? AND county = ? AND type = 20')
    .pluck()
    .get(campaignNo(ctx.db, id), county) as Buffer | undefined;
  const leaf = data && decodeStateLeaf(new Uint8Array(data));
  return leaf?.type === 'canaries' ? leaf.body : undefined;
}

export function readCanaries(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  pseudonyms: readonly Uint8Array[],
): readonly CanaryRecord[] {
  const campaign = campaignNo(ctx.db, id);
  const rule = readRevisionRule(ctx.db, campaign);
  const revisions = ctx.raw
    .prepare(
      'SELECT revision, channel, answers FROM responses WHERE campaign = ? AND county = ? AND pseudonym = ? ORDER BY revision',
    )
    .raw();
  return pseudonyms.map((pseudonym) => {
    const rows = (
      revisions.all(campaign, Number(county), pseudonym) as [number, number, Buffer | null][]
    ).map((r) => ({ revision: r[0], channel: channels[r[1]] as Channel, answers: r[2] }));
    const last = effectiveRevision(rows, rule);
    return {
      set: findIssued(ctx, id, pseudonym)?.set ?? null,
      answers: last ? (last.answers ? toHex(last.answers) : 'erased') : null,
    };
  });
}

export function recordOpenedCanaries(
  tx: Tx,
  stamp: Stamp,
  id: CampaignId,
  county: CountyCode,
  opened: { readonly commitment: string; readonly faults: Readonly<Record<CanaryFault, number>> },
): void {
  const { commitment, faults } = opened;
  appendState(tx, campaignNo(tx, id), county, 'canaries-opened', {
    commitment,
    faults: { ...faults },
    ...stampOf(stamp),
  });
  writeTrail(tx, stamp, 'canaries.opened', { campaign: id, county }, { commitment, ...faults });
}
