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

export function listUploadLinks(tx: Tx, id: CampaignId, county: CountyCode): readonly UploadLink[] {
  return tx
    .select()
    .from(uploadLinks)
    .where(and(eq(uploadLinks.campaign, campaignNo(tx, id)), eq(uploadLinks.county, county)))
    .orderBy(asc(uploadLinks.createdAt), asc(uploadLinks.tokenHash))
    .all()
    .map(toLink);
}

export function createUploadLinks(
  tx: Tx,
  stamp: Stamp,
  id: CampaignId,
  county: CountyCode,
  asked: readonly { readonly school: SchoolId; readonly tokenHash: Uint8Array }[],
): void {
  const state = readCountyState(tx, id, county);
  const decision = decideUploadLinks(
    { ...state, schools: listSchools(tx, id, county), known: listUploadLinks(tx, id, county) },
    asked,
    stamp,
  );
  end(tx, decision.changes.revoked, stamp.at);
  for (const link of decision.changes.created)
    tx.insert(uploadLinks)
      .values({ ...link, tokenHash: Buffer.from(link.tokenHash), campaign: state.no, county })
      .run();
  recordDecision(tx, stamp, { no: state.no, id }, decision);
}

export function revokeUploadLinks(
  tx: Tx,
  stamp: Stamp,
  id: CampaignId,
  county: CountyCode,
  school: SchoolId | null,
): void {
  const decision = decideRevocation({ county, known: listUploadLinks(tx, id, county) }, school, stamp);
  end(tx, decision.changes, stamp.at);
  recordDecision(tx, stamp, { no: campaignNo(tx, id), id }, decision);
}

function end(tx: Tx, links: readonly UploadLink[], at: number): void {
  for (const { tokenHash } of links)
    tx.update(uploadLinks)
      .set({ revokedAt: at })
      .where(eq(uploadLinks.tokenHash, Buffer.from(tokenHash)))
      .run();
}

export function findUploadLink(
  tx: Tx,
  tokenHash: Uint8Array,
): { readonly campaign: CampaignId; readonly county: CountyCode; readonly link: UploadLink } | undefined {
  const row = tx
    .select()
    .from(uploadLinks)
    .where(eq(uploadLinks.tokenHash, Buffer.from(tokenHash)))
    .get();
  if (!row) return undefined;
  const id = tx.select({ id: campaigns.id }).from(campaigns).where(eq(campaigns.no, row.campaign)).get()?.id;
  return { campaign: id as CampaignId, county: row.county as CountyCode, link: toLink(row) };
}

export function countLinkUse(tx: Tx, at: number, tokenHash: Uint8Array): void {
  const found = findUploadLink(tx, tokenHash);
  if (!found) throw new AppError('not-found', 'upload-link.ended');
  tx.update(uploadLinks)
    .set(decideLinkUse(found.link, at))
    .where(eq(uploadLinks.tokenHash, Buffer.from(tokenHash)))
    .run();
}
