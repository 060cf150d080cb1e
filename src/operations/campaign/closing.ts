/**
 * Closing, as a sequence that can be killed at any step and resumes at the next start. Each step is repeatable, and is marked as
 * done in the database only when it is done. Answers stop with the first transaction: the writer works in order, so every
 * acknowledged answer is included.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ClosingStep } from '../../domain/campaign/life-cycle.ts';
import { assertMay, systemActor, type Actor } from '../../domain/campaign/permissions.ts';
import type { CampaignId } from '../../domain/model/ids.ts';
import type { Campaign } from '../../domain/model/campaign.ts';
import { makeFolder } from '../../files/make-folder.ts';
import { compactAfter } from '../service/compaction.ts';
import { copyTo, removeAllUnfinished } from '../service/backup.ts';
import { stamp, type Deps } from '../deps.ts';
import { publishCheckpoints, sealWaiting } from '../evidence/evidence.ts';
import { countFates } from '../message/fates.ts';
import { endSendings } from '../message/send.ts';
import { getVisibleCampaign } from './lookup.ts';
import { forEachCampaign } from '../each-campaign.ts';
import { createOneRun } from '../one-run.ts';
import { inTurn } from '../claims.ts';
import { waitUntilKeysDropped } from './key-end.ts';
import { mayRunNow } from '../service/service-time.ts';

const oneRun = createOneRun();

/**
 * open → … → closed.
 * @param mustBeDue the request is by a single person: before the closing time two are needed (a proposal `close`)
 * @throws AppError conflict `campaign.state`, `campaign.close-early`
 */
export async function closeCampaign(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  mustBeDue = false,
): Promise<void> {
  assertMay(actor, 'campaign.close');
  const campaign = await getVisibleCampaign(deps, systemActor, id);
  if (campaign.state !== 'closing') {
    await deps.storage.beginClosing(stamp(deps, actor), id, mustBeDue);
    await publishCheckpoints(deps, id);
  }
  await continueClosing(deps, id);
}

/** Runs the remaining steps. Called on a request to close, and at every start. */
export async function continueClosing(deps: Deps, id: CampaignId): Promise<void> {
  if (deps.service) return deps.service.continueClosing(id);
  const isDone = async () => (await deps.storage.findCampaign(id))?.closingStep === null;
  return oneRun(deps.storage, id, () => inTurn(deps, `close ${id}`, () => sequence(deps, id), isDone));
}

async function sequence(deps: Deps, id: CampaignId): Promise<void> {
  for (;;) {
    const campaign = await getVisibleCampaign(deps, systemActor, id);
    const step = campaign.closingStep;
    if (step === null) return;
    const details = await doStep(deps, campaign, step);
    await deps.storage.completeClosingStep(stamp(deps, systemActor), id, step, details);
    await publishCheckpoints(deps, id);
    deps.log.info({ campaign: id, step }, 'closing step done');
  }
}

async function doStep(
  deps: Deps,
  campaign: Campaign,
  step: ClosingStep,
): Promise<Readonly<Record<string, unknown>>> {
  const { storage, keys } = deps;
  switch (step) {
    case 'drain':
      // beginClosing is a write of the same queue: when it had committed, every acknowledged answer was stored.
      await endSendings(deps, campaign);
      return {};
    case 'count':
      for (const { code } of campaign.counties)
        await storage.countClosing(
          stamp(deps, systemActor),
          campaign.id,
          code,
          await countFates(deps, campaign, code),
        );
      return {};
    case 'seal': {
      const lots: Record<string, number> = {};
      for (const { code } of campaign.counties) {
        const sealed = await sealWaiting(deps, campaign.id, code, 1);
        if (sealed.responses > 0) lots[code] = sealed.lot;
      }
      return { lots };
    }
    case 'backup': {
      if (deps.backupDir === null) return { backup: null };
      makeFolder(deps.backupDir, 0o700);
      const name = `closing-${campaign.id}.db`;
      const path = join(deps.backupDir, name);
      // An incomplete one of an interrupted run is replaced.
      rmSync(path, { force: true });
      await copyTo(deps, path);
      return { backup: name };
    }
    case 'erase': {
      await removeAllUnfinished(deps);
      let erased = 0;
      for (const { code } of campaign.counties) erased += await storage.eraseSuperseded(campaign.id, code);
      const compaction = await compactAfter(deps, campaign.id);
      return { respondentsWithErasedRevisions: erased, compaction };
    }
    case 'destroy-keys':
      keys.destroy(campaign.id, 'pseudonym');
      keys.destroy(campaign.id, 'text');
      await waitUntilKeysDropped(deps, campaign.id, 'closing');
      return { destroyed: ['pseudonym', 'text'] };
    case 'finish':
      return {};
  }
}

/** At start: resumes every interrupted closing. */
export async function resumeClosings(deps: Deps): Promise<void> {
  await forEachCampaign(deps, 'resume closing', async ({ id, closingStep }) => {
    if (closingStep !== null) await continueClosing(deps, id);
  });
}

/** Once a minute: closes what is due, and retries failed steps. */
export async function closeDue(deps: Deps): Promise<void> {
  const mayClose = await mayRunNow(deps, 'close');
  await forEachCampaign(deps, 'close', async ({ id, state, closingStep, closesAt }) => {
    if (closingStep !== null) await continueClosing(deps, id);
    else if (mayClose && state === 'open' && closesAt <= deps.now())
      await closeCampaign(deps, systemActor, id);
  });
}
