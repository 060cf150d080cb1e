/**
 * The end of the storage period (design 5, 14). Phones, salts, codes, answers, nonces, comments and reports of pressure are
 * erased from the database, its WAL and free pages, and from reachable copies. Then the contacts key is destroyed, which makes
 * phones and codes in other copies unreadable. Leaves, commitments and tallies stay. It is a sequence like closing: it can be
 * killed at any step and resumes at the next start.
 */
import { basename } from 'node:path';
import { AppError } from '../../domain/errors.ts';
import { mayExpire, type ExpiryStep } from '../../domain/campaign/life-cycle.ts';
import { nextServiceHour } from '../../domain/time-zone.ts';
import { assertMay, systemActor, type Actor } from '../../domain/campaign/permissions.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import { assertNoJump } from '../../domain/service-time.ts';
import { keyNames } from '../../keys/key-store.ts';
import type { Campaign } from '../../domain/model/campaign.ts';
import { removeAllUnfinished } from '../service/backup.ts';
import { stamp, type Deps } from '../deps.ts';
import { publishCheckpoints, sealingHour } from '../evidence/evidence.ts';
import { getVisibleCampaign } from './lookup.ts';
import { forEachCampaign } from '../each-campaign.ts';
import { createOneRun } from '../one-run.ts';
import { inTurn } from '../claims.ts';
import { waitUntilKeysDropped } from './key-end.ts';
import { mayRunNow } from '../service/service-time.ts';
import { commitmentOf } from '../evidence/sealing.ts';

const erasedPerCall = 500;
const oneRun = createOneRun();

/** @throws conflict `expiry.too-early`, `expiry.not-closed`, `campaign.expired`; not-found `campaign.not-found` */
export async function expireCampaign(deps: Deps, actor: Actor, id: CampaignId): Promise<void> {
  assertMay(actor, 'campaign.expire');
  const { expiryStep } = await getVisibleCampaign(deps, systemActor, id);
  if (expiryStep === null) await deps.storage.beginExpiry(stamp(deps, actor), id);
  await continueExpiry(deps, id);
}

/** Runs the remaining steps. */
export async function continueExpiry(deps: Deps, id: CampaignId): Promise<void> {
  if (deps.service) return deps.service.continueExpiry(id);
  const isDone = async () => (await deps.storage.findCampaign(id))?.expiryStep === null;
  return oneRun(deps.storage, id, () => inTurn(deps, `expire ${id}`, () => sequence(deps, id), isDone));
}

async function sequence(deps: Deps, id: CampaignId): Promise<void> {
  for (;;) {
    const campaign = await getVisibleCampaign(deps, systemActor, id);
    const step = campaign.expiryStep;
    if (step === null) break;
    // The key is destroyed outside the storage, which refuses the other steps itself.
    if (step === 'destroy-keys') assertNoJump(await deps.storage.readTime());
    const details = await doStep(deps, campaign, step);
    await deps.storage.completeExpiryStep(stamp(deps, systemActor), id, step, details);
    deps.log.info({ campaign: id, step }, 'expiry step done');
  }
  await publishCheckpoints(deps, id);
}

async function doStep(
  deps: Deps,
  campaign: Campaign,
  step: ExpiryStep,
): Promise<Readonly<Record<string, unknown>>> {
  const { storage, keys } = deps;
  switch (step) {
    case 'erase': {
      let contacts = 0;
      for (const { code } of campaign.counties) {
        contacts += await eraseContacts(deps, campaign, code);
        await storage.eraseContents(campaign.id, code);
      }
      return { contacts };
    }
    case 'copies': {
      await removeAllUnfinished(deps);
      const { erased, failed } = await storage.eraseCopies(campaign.id, deps.backupDir);
      const details = { erased: erased.map((p) => basename(p)), failed: failed.map((p) => basename(p)) };
      if (failed.length > 0)
        deps.log.error({ campaign: campaign.id, ...details }, 'expiry.copies-unreadable');
      return details;
    }
    case 'compact':
      await storage.compact();
      return {};
    case 'destroy-keys':
      for (const name of keyNames) keys.destroy(campaign.id, name);
      await waitUntilKeysDropped(deps, campaign.id, 'expiry');
      return {};
  }
}

async function eraseContacts(deps: Deps, campaign: Campaign, county: CountyCode): Promise<number> {
  const key = contactsKey(deps, campaign);
  const commitment = (entry: Uint8Array, sealed: Uint8Array): Uint8Array | null => {
    try {
      return key && commitmentOf(key, entry, sealed);
    } catch (err) {
      deps.log.error({ campaign: campaign.id, err }, 'expiry.contact-unreadable');
      return null;
    }
  };
  let count = 0;
  for (let after: Uint8Array | null = null; ;) {
    const page = await deps.storage.listSealedContacts(campaign.id, county, after, erasedPerCall);
    const last = page.at(-1);
    if (!last) return count;
    await deps.storage.eraseContacts(
      campaign.id,
      county,
      page.map(({ entry, sealed, inRoll }) => ({
        entry,
        commitment: sealed && inRoll ? commitment(entry, sealed) : null,
      })),
    );
    after = last.entry;
    count += page.length;
  }
}

/** A lost key does not prevent erasing: the roll only can no longer be compared with its root. */
function contactsKey(deps: Deps, campaign: Campaign): Uint8Array | null {
  try {
    return deps.keys.use(campaign.id, 'contacts', campaign.keyChecks['contacts']);
  } catch (err) {
    if (!(err instanceof AppError)) throw err;
    deps.log.error({ campaign: campaign.id, err }, 'expiry.no-contacts-key');
    return null;
  }
}

/** At start: resumes every interrupted sequence. */
export async function resumeExpiries(deps: Deps): Promise<void> {
  if ((await deps.storage.readTime()).jump !== null) return;
  await forEachCampaign(deps, 'resume erasing', async ({ id, expiryStep }) => {
    if (expiryStep !== null) await continueExpiry(deps, id);
  });
}

/** Once a minute: sequences in progress and, in the hour of the night when few answer, those that have become due. */
export async function expireDue(deps: Deps): Promise<void> {
  if ((await deps.storage.readTime()).jump !== null) return;
  const mayBegin = await mayRunNow(deps, 'expire');
  const struck = nextServiceHour(deps.now(), sealingHour) - 24 * 3_600_000;
  await forEachCampaign(deps, 'end storage period', async (campaign) => {
    if (campaign.expiryStep !== null) await continueExpiry(deps, campaign.id);
    else if (
      mayBegin &&
      campaign.expiredAt === null &&
      mayExpire(campaign) &&
      campaign.storageUntil <= struck
    )
      await expireCampaign(deps, systemActor, campaign.id);
  });
}
