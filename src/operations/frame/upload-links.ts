/** Upload links of schools: created by the county, used without an account. The secret is shown once and stored as a hash. */
import { assertMay, type Actor } from '../../domain/campaign/permissions.ts';
import { AppError } from '../../domain/errors.ts';
import { isUsable } from '../../domain/frame/decide-upload-link.ts';
import { sha256 } from '../../domain/hash.ts';
import type { Campaign, CampaignCounty } from '../../domain/model/campaign.ts';
import type { CampaignId, CountyCode, SchoolId } from '../../domain/model/ids.ts';
import type { School } from '../../domain/model/school.ts';
import type { UploadLink } from '../../domain/model/upload-link.ts';
import { getCampaignCounty } from '../campaign/lookup.ts';
import { stamp, type Deps } from '../deps.ts';
import { receiveFile, type ReceivedFile } from './receive.ts';
import type { UploadedFile } from './schools.ts';

const tokenBytes = 24;

export interface NewUploadLink {
  readonly school: SchoolId;
  readonly url: string;
  readonly expiresAt: number;
}

const hashOf = (token: string): Uint8Array => sha256('upload-link\0', token);

/**
 * New links, each for one school; earlier ones of these schools end.
 * @throws AppError conflict `frame.frozen`, `roll.handed-in`; not-found `school.not-found`
 */
export async function createUploadLinks(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  county: CountyCode,
  schools: readonly SchoolId[],
): Promise<readonly NewUploadLink[]> {
  assertMay(actor, 'roll.prepare', county);
  await getCampaignCounty(deps, actor, id, county);
  const made = schools.map((school) => ({
    school,
    token: Buffer.from(deps.randomBytes(tokenBytes)).toString('base64url'),
  }));
  const asked = made.map(({ school, token }) => ({ school, tokenHash: hashOf(token) }));
  await deps.storage.createUploadLinks(stamp(deps, actor), id, county, asked);
  const links = await deps.storage.listUploadLinks(id, county);
  return made.map(({ school, token }) => ({
    school,
    url: `${deps.publicUrl}/u/${token}`,
    expiresAt: links.findLast((l) => l.school === school)?.expiresAt ?? 0,
  }));
}

/** @param school null: all */
export async function revokeUploadLinks(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  county: CountyCode,
  school: SchoolId | null,
): Promise<void> {
  assertMay(actor, 'roll.prepare', county);
  await getCampaignCounty(deps, actor, id, county);
  await deps.storage.revokeUploadLinks(stamp(deps, actor), id, county, school);
}

/** Valid links, the last one of each school. */
export async function listUploadLinks(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  county: CountyCode,
): Promise<readonly Omit<UploadLink, 'tokenHash'>[]> {
  assertMay(actor, 'roll.view', county);
  await getCampaignCounty(deps, actor, id, county);
  const now = deps.now();
  return (await deps.storage.listUploadLinks(id, county))
    .filter((link) => isUsable(link, now))
    .map(({ tokenHash: _, ...link }) => link);
}

export interface OpenedUploadLink {
  readonly campaign: Campaign;
  readonly county: CampaignCounty;
  readonly school: School;
  readonly expiresAt: number;
}

/**
 * Whatever the fault, the error is the same.
 * @throws AppError not-found `upload-link.ended`
 */
export async function openUploadLink(deps: Deps, token: string): Promise<OpenedUploadLink> {
  const found = /^[\w-]{32}$/.test(token) ? await deps.storage.findUploadLink(hashOf(token)) : undefined;
  const ended = () => new AppError('not-found', 'upload-link.ended');
  if (!found || !isUsable(found.link, deps.now())) throw ended();
  const campaign = await deps.storage.findCampaign(found.campaign);
  const county = campaign?.counties.find((c) => c.code === found.county);
  const school = (await deps.storage.listSchools(found.campaign, found.county)).find(
    (s) => s.id === found.link.school,
  );
  if (!campaign || !county || !school) throw ended();
  if (campaign.state !== 'draft' || county.frameState !== 'preparing') throw ended();
  return { campaign, county, school, expiresAt: found.link.expiresAt };
}

/**
 * A file sent by the school itself: like any other, it waits for confirmation by the county.
 * @throws AppError not-found `upload-link.ended`; too-many `upload-link.many`; errors of receiveFile
 */
export async function receiveBySchool(deps: Deps, token: string, file: UploadedFile): Promise<ReceivedFile> {
  const { campaign, county, school } = await openUploadLink(deps, token);
  await deps.storage.countLinkUse(deps.now(), hashOf(token));
  // The link is the permission; it has no account.
  const actor: Actor = { userId: null, name: school.name, role: 'system', counties: [], via: 'web' };
  return receiveFile(deps, actor, { ...file, campaign: campaign.id, county: county.code }, school.id);
}
