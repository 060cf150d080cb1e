/** Freezing a county's frame: its root is fixed and written down before anybody can know the seed. */
import { AppError } from '../../domain/errors.ts';
import { encodeFrameEntry } from '../../domain/evidence/frame-entry.ts';
import { appendLeaf, emptyRange, leafHash, rangeRoot } from '../../domain/evidence/merkle.ts';
import { assertMay, type Actor } from '../../domain/campaign/permissions.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { CampaignCounty } from '../../domain/model/campaign.ts';
import type { FrameEntry } from '../../domain/model/contact.ts';
import { createBreather } from '../breathe.ts';
import { stamp, type Deps } from '../deps.ts';
import { publishCheckpoints } from '../evidence/evidence.ts';
import { campaignKey, getCampaignCounty, getProfile } from '../campaign/lookup.ts';
import { commitmentOf } from '../evidence/sealing.ts';

/** Small enough that taking a page over from the reading thread holds the event loop only for some milliseconds. */
const pageSize = 1_000;

/** The frozen (or to be frozen) frame, entry by entry, a page in memory at a time. */
export async function* frameEntries(
  deps: Deps,
  campaign: CampaignId,
  county: CountyCode,
): AsyncGenerator<FrameEntry, void, undefined> {
  let after: Uint8Array | null = null;
  for (;;) {
    const page: readonly FrameEntry[] = await deps.storage.listFrame(campaign, county, after, pageSize);
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < pageSize) return;
    after = last.entry;
  }
}

/** Root and size of the tree over the frame's canonical entries. Needs the contacts key: the phones' commitments are computed from the sealed phones. */
async function computeFrameRoot(
  deps: Deps,
  contactsKey: Uint8Array,
  campaign: CampaignId,
  county: CountyCode,
): Promise<{ readonly root: Uint8Array; readonly size: number }> {
  const breathe = createBreather();
  let range = emptyRange;
  for await (const { entry, group, affiliations, sealed } of frameEntries(deps, campaign, county)) {
    const commitment = commitmentOf(contactsKey, entry, sealed ?? new Uint8Array(0));
    range = appendLeaf(range, leafHash(encodeFrameEntry({ id: entry, group, affiliations, commitment })));
    await breathe();
  }
  return { root: rangeRoot(range), size: range.size };
}

/**
 * preparing → frozen.
 * @throws AppError conflict `frame.frozen`, `frame.empty`, `frame.import-pending`, `campaign.not-draft`
 */
export async function freezeFrame(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  code: CountyCode,
): Promise<CampaignCounty> {
  assertMay(actor, 'frame.freeze', code);
  const { campaign, county } = await getCampaignCounty(deps, actor, id, code);
  if (campaign.state !== 'draft') throw new AppError('conflict', 'campaign.not-draft');
  if (county.frameState !== 'preparing') throw new AppError('conflict', 'frame.frozen');
  const frame = await computeFrameRoot(deps, campaignKey(deps, campaign, 'contacts'), id, code);
  if (frame.size === 0 && county.slips.length === 0) {
    // An open link asks whoever comes: it needs schools, no roll.
    const profile = await getProfile(deps, campaign.profile);
    if (profile.sampling === 'drawn') throw new AppError('conflict', 'frame.empty');
  }
  await deps.storage.freezeFrame(stamp(deps, actor), id, code, frame);
  await publishCheckpoints(deps, id, code);
  return (await getCampaignCounty(deps, actor, id, code)).county;
}
