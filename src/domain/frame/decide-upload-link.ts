/**
 * Links with which a school sends its own roll: for a week, for one school of one county. Its page shows only what was just sent.
 */
import type { CampaignState, FrameState } from '../campaign/life-cycle.ts';
import { AppError } from '../errors.ts';
import type { Decision } from '../model/decision.ts';
import type { HandIn } from '../model/hand-in.ts';
import type { CountyCode, SchoolId } from '../model/ids.ts';
import type { School } from '../model/school.ts';
import type { Stamp } from '../model/stamp.ts';
import type { UploadLink } from '../model/upload-link.ts';
import { assertRollOpen } from './decide-hand-in.ts';

export const linkDays = 7;
/** By one link. */
export const uploadsPerLink = 40;
const day = 86_400_000;

export interface LinkState {
  readonly campaignState: CampaignState;
  readonly frameState: FrameState;
  readonly handIn: HandIn | null;
  readonly county: CountyCode;
  readonly schools: readonly Pick<School, 'id'>[];
  readonly known: readonly UploadLink[];
}

/**
 * New links for these schools; their old links end.
 * @throws AppError conflict `frame.frozen`, `roll.handed-in`; not-found `school.not-found`
 */
export function decideUploadLinks(
  state: LinkState,
  asked: readonly { readonly school: SchoolId; readonly tokenHash: Uint8Array }[],
  stamp: Stamp,
): Decision<{ readonly created: readonly UploadLink[]; readonly revoked: readonly UploadLink[] }> {
  if (state.campaignState !== 'draft' || state.frameState !== 'preparing')
    throw new AppError('conflict', 'frame.frozen');
  assertRollOpen(state.handIn, stamp.actor);
  for (const { school } of asked)
    if (!state.schools.some((s) => s.id === school)) throw new AppError('not-found', 'school.not-found');
  const created = asked.map(({ school, tokenHash }): UploadLink => ({
    tokenHash,
    school,
    createdBy: stamp.actor.name,
    createdAt: stamp.at,
    expiresAt: stamp.at + linkDays * day,
    revokedAt: null,
    uploads: 0,
  }));
  const revoked = state.known.filter(
    (link) => isUsable(link, stamp.at) && asked.some((a) => a.school === link.school),
  );
  return {
    changes: { created, revoked },
    leaves: [],
    trail: [
      {
        action: 'upload-links.create',
        county: state.county,
        details: { schools: asked.map((a) => a.school), expiresAt: stamp.at + linkDays * day },
      },
    ],
  };
}

/** Ends links of the county: all, or those of one school. */
export function decideRevocation(
  { county, known }: Pick<LinkState, 'county' | 'known'>,
  school: SchoolId | null,
  { at }: Stamp,
): Decision<readonly UploadLink[]> {
  const ended = known.filter((link) => isUsable(link, at) && (school === null || link.school === school));
  return {
    changes: ended,
    leaves: [],
    trail:
      ended.length > 0
        ? [{ action: 'upload-links.revoke', county, details: { schools: ended.map((l) => l.school) } }]
        : [],
  };
}

/** Neither withdrawn nor expired at that moment. */
export function isUsable(link: Pick<UploadLink, 'expiresAt' | 'revokedAt'>, at: number): boolean {
  return link.revokedAt === null && at < link.expiresAt;
}

/**
 * One more file through this link.
 * @throws AppError not-found `upload-link.ended`; too-many `upload-link.many`
 */
export function decideLinkUse(link: UploadLink, at: number): { readonly uploads: number } {
  if (!isUsable(link, at)) throw new AppError('not-found', 'upload-link.ended');
  if (link.uploads >= uploadsPerLink)
    throw new AppError('too-many', 'upload-link.many', { params: { max: uploadsPerLink } });
  return { uploads: link.uploads + 1 };
}
