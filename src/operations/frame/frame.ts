/** Freezing a county's frame: its root is fixed and recorded before anyone can know the seed. */
import { AppError } from '../../domain/errors.ts';
import { encodeFrameEntry } from '../../domain/evidence/frame-entry.ts';
import { appendLeaf, emptyRange, leafHash, rangeRoot } from '../../domain/evidence/merkle.ts';
import type { ComputedFrame } from '../../domain/frame/decide-freeze.ts';
import { assertMay, type Actor } from '../../domain/campaign/permissions.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { Campaign, CampaignCounty } from '../../domain/model/campaign.ts';
import type { FrameEntry } from '../../domain/model/contact.ts';
import { createYielder } from '../yield-to-event-loop.ts';
import { stamp, type Deps } from '../deps.ts';
import { publishCheckpoints } from '../evidence/evidence.ts';
import { campaignKey, getCampaignCounty } from '../campaign/lookup.ts';
import { commitmentOf } from '../evidence/sealing.ts';

/** Small enough that receiving a page from the reader thread blocks the event loop only for some milliseconds. */
const pageSize = 1_000;

/** The frozen (or to be frozen) frame, entry by entry, with one page in memory at a time. */
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

interface FrameHasher {
  readonly add: (contact: FrameEntry) => void;
  readonly result: () => { readonly root: Uint8Array; readonly size: number };
}

/** Root and size of the tree over the frame's canonical entries. Needs the contacts key: the phones' commitments are computed from the sealed phones. */
export function createFrameHasher(contactsKey: Uint8Array): FrameHasher {
  let range = emptyRange;
  return {
    add({ entry, group, affiliations, sealed }) {
      const commitment = commitmentOf(contactsKey, entry, sealed ?? new Uint8Array(0));
      range = appendLeaf(range, leafHash(encodeFrameEntry({ id: entry, group, affiliations, commitment })));
    },
    result: () => ({ root: rangeRoot(range), size: range.size }),
  };
}

async function computeFrame(deps: Deps, campaign: Campaign, county: CountyCode): Promise<ComputedFrame> {
  // Before the first page: a concurrent change is detected as a newer version when the frame is frozen.
  const version = await deps.storage.readFrameVersion(campaign.id, county);
  const hasher = createFrameHasher(campaignKey(deps, campaign, 'contacts'));
  const yieldToEventLoop = createYielder();
  for await (const contact of frameEntries(deps, campaign.id, county)) {
    hasher.add(contact);
    await yieldToEventLoop();
  }
  return { ...hasher.result(), version };
}

/**
 * preparing → frozen.
 * @throws AppError conflict `frame.frozen`, `frame.empty`, `frame.import-pending`, `campaign.not-draft`; `frame.changed` if the
 * roll changed during two readings
 */
export async function freezeFrame(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  code: CountyCode,
): Promise<CampaignCounty> {
  assertMay(actor, 'frame.freeze', code);
  const { campaign, county } = await getCampaignCounty(deps, actor, id, code);
  // Only to refuse before the roll is read; the transaction decides.
  if (campaign.state !== 'draft') throw new AppError('conflict', 'campaign.not-draft');
  if (county.frameState !== 'preparing') throw new AppError('conflict', 'frame.frozen');
  const freeze = async () => {
    const frame = await computeFrame(deps, campaign, code);
    await deps.storage.freezeFrame(stamp(deps, actor), id, code, frame);
  };
  await freeze().catch((error: unknown) => {
    if (error instanceof AppError && error.message === 'frame.changed') return freeze();
    throw error;
  });
  await deps.storage.eraseStatements(id, code);
  await publishCheckpoints(deps, id, code);
  return (await getCampaignCounty(deps, actor, id, code)).county;
}
