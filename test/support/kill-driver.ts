/**
 * A process to be killed: does one piece of work on a folder, and where it is told an arrow, kills itself there with SIGKILL. Started by
 * test/failure/kill.test.ts: `kill-driver.ts TASK FOLDER CAMPAIGN ARROW`, ARROW being `none`, `CALL#N:after|during` (N from 1)
 * or `destroy KEY:after`.
 */
import { systemActor } from '../../src/domain/campaign/permissions.ts';
import type { CampaignId } from '../../src/domain/model/ids.ts';
import type { Deps } from '../../src/operations/deps.ts';
import { holdClock } from './clock.ts';
import { openFolder } from './folder.ts';
import { watchCalls } from './watch-calls.ts';

const [, , task = '', folder = '', campaign = '', arrow = 'none'] = process.argv;

function die(): Promise<never> {
  process.kill(process.pid, 'SIGKILL');
  return new Promise(() => undefined);
}

/** When the storage period is over. */
async function afterStorage(deps: Deps, id: CampaignId): Promise<Deps> {
  const { storageUntil } = (await deps.storage.findCampaign(id))!;
  await holdClock(deps.storage, storageUntil);
  return { ...deps, now: () => storageUntil };
}

/** Each loads what it needs: many of these processes are started. */
const tasks: Readonly<Record<string, (deps: Deps, campaign: CampaignId) => Promise<unknown>>> = {
  create: async (deps) => {
    const { addCampaign } = await import('./small-survey.ts');
    const { createFirstAdministrator } = await import('../../src/operations/user/users.ts');
    await createFirstAdministrator(deps, { login: 'first', name: 'First', password: 'a long enough one' });
    return addCampaign(deps);
  },
  remove: async (deps, id) => {
    const { actors } = await import('./small-survey.ts');
    const { deleteCampaign } = await import('../../src/operations/campaign/campaigns.ts');
    return deleteCampaign(deps, actors.operator, id);
  },
  stage: async (deps, id) => {
    const { rollSize, stageRoll } = await import('./small-survey.ts');
    return stageRoll(deps, id, rollSize);
  },
  apply: async (deps, id) => {
    const { actors, county } = await import('./small-survey.ts');
    const { applyRoll } = await import('../../src/operations/frame/roll.ts');
    const [staged] = await deps.storage.listImports(id, county);
    return applyRoll(deps, actors.operator, staged!.id, { keepGood: false, reason: 'an invented roll' });
  },
  draw: async (deps, id) => (await import('./small-survey.ts')).draw(deps, id),
  open: async (deps, id) => {
    const { openCampaign } = await import('../../src/operations/campaign/campaigns.ts');
    return openCampaign(deps, systemActor, id);
  },
  resurvey: async (deps, id) => {
    const { actors, county, resurvey } = await import('./small-survey.ts');
    const { createResurvey } = await import('../../src/operations/inspection/rectification.ts');
    return createResurvey(deps, actors.operator, id, county, resurvey);
  },
  close: async (deps, id) => {
    const { closeCampaign } = await import('../../src/operations/campaign/closing.ts');
    return closeCampaign(deps, systemActor, id);
  },
  expire: async (deps, id) => {
    const { expireCampaign } = await import('../../src/operations/campaign/expiry.ts');
    return expireCampaign(await afterStorage(deps, id), systemActor, id);
  },
};

if (task === 'serve') {
  const { startService } = await import('./service.ts');
  const { port } = await startService(folder);
  process.stdout.write(`${port}\n`);
} else {
  const [name = '', when] = arrow.split(':');
  // Only what is killed on its way needs somebody to be on the way to.
  const parts = await openFolder(folder, { inline: when !== 'during' });
  const deps: Deps = {
    ...parts.deps,
    keys: {
      ...parts.deps.keys,
      destroy(owner, key) {
        parts.deps.keys.destroy(owner, key);
        if (arrow === `destroy ${key}:after`) process.kill(process.pid, 'SIGKILL');
      },
    },
  };
  const watched = watchCalls(deps, async (call, work) => {
    if (call !== name) return work();
    if (when === 'after') await work();
    else {
      void work().catch(() => undefined);
      // The call is on its way to the thread that does it.
      await new Promise((resolve) => setImmediate(resolve));
    }
    return die();
  });
  await tasks[task]!(watched, campaign as CampaignId);
  process.stdout.write('done\n');
  await parts.close();
}
