import { and, asc, eq } from 'drizzle-orm';
import {
  decideLinkUse,
  decideRevocation,
  decideUploadLinks,
} from '../../../domain/frame/decide-upload-link.ts';
import type { CampaignId, CountyCode, SchoolId } from '../../../domain/model/ids.ts';
import type { Stamp } from '../../../domain/model/stamp.ts';
import type { UploadLink } from '../../../domain/model/upload-link.ts';
import { AppError } from '../../../domain/errors.ts';
import type { Tx } from '../connection.ts';
import { campaigns, uploadLinks } from '../schema.ts';
import { campaignNo } from './campaign-no.ts';
import { readCountyState } from './county.ts';
import { recordDecision } from './decision.ts';
import { listSchools } from './schools.ts';

function toLink({
  campaign: _campaign,
  county: _county,
  ...row
}: typeof uploadLinks.$inferSelect): UploadLink {
  return { ...row, tokenHash: new Uint8Array(row.tokenHash), school: row.school as SchoolId };
}

export async function listUploadLinks(
  tx: Tx,
  id: CampaignId,
  county: CountyCode,
): Promise<readonly UploadLink[]> {
  return (
    await tx
      .select()
      .from(uploadLinks)
      .where(and(eq(uploadLinks.campaign, await campaignNo(tx, id)), eq(uploadLinks.county, county)))
      .orderBy(asc(uploadLinks.createdAt), asc(uploadLinks.tokenHash))
  ).map(toLink);
}

export async function createUploadLinks(
  tx: Tx,
  stamp: Stamp,
  id: CampaignId,
  county: CountyCode,
  asked: readonly { readonly school: SchoolId; readonly tokenHash: Uint8Array }[],
): Promise<void> {
  const state = await readCountyState(tx, id, county);
  const decision = decideUploadLinks(
    { ...state, schools: await listSchools(tx, id, county), known: await listUploadLinks(tx, id, county) },
    asked,
    stamp,
  );
  await end(tx, decision.changes.revoked, stamp.at);
  for (const link of decision.changes.created)
    await tx
      .insert(uploadLinks)
      .values({ ...link, tokenHash: Buffer.from(link.tokenHash), campaign: state.no, county });
  await recordDecision(tx, stamp, { no: state.no, id }, decision);
}

export async function revokeUploadLinks(
  tx: Tx,
  stamp: Stamp,
  id: CampaignId,
  county: CountyCode,
  school: SchoolId | null,
): Promise<void> {
  const decision = decideRevocation({ county, known: await listUploadLinks(tx, id, county) }, school, stamp);
  await end(tx, decision.changes, stamp.at);
  await recordDecision(tx, stamp, { no: await campaignNo(tx, id), id }, decision);
}

async function end(tx: Tx, links: readonly UploadLink[], at: number): Promise<void> {
  for (const { tokenHash } of links)
    await tx
      .update(uploadLinks)
      .set({ revokedAt: at })
      .where(eq(uploadLinks.tokenHash, Buffer.from(tokenHash)));
}

export async function findUploadLink(
  tx: Tx,
  tokenHash: Uint8Array,
): Promise<
  { readonly campaign: CampaignId; readonly county: CountyCode; readonly link: UploadLink } | undefined
> {
  const row = (
    await tx
      .select()
      .from(uploadLinks)
      .where(eq(uploadLinks.tokenHash, Buffer.from(tokenHash)))
  )[0];
  if (!row) return undefined;
  const id = (await tx.select({ id: campaigns.id }).from(campaigns).where(eq(campaigns.no, row.campaign)))[0]
    ?.id;
  return { campaign: id as CampaignId, county: row.county as CountyCode, link: toLink(row) };
}

export async function countLinkUse(tx: Tx, at: number, tokenHash: Uint8Array): Promise<void> {
  const found = await findUploadLink(tx, tokenHash);
  if (!found) throw new AppError('not-found', 'upload-link.ended');
  await tx
    .update(uploadLinks)
    .set(decideLinkUse(found.link, at))
    .where(eq(uploadLinks.tokenHash, Buffer.from(tokenHash)));
}
