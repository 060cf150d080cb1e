/**
 * What the service does by itself, and when: first what a stop had interrupted, then once a minute what is due. Each piece of work is tried for itself: one
 * that fails is logged and keeps nothing else waiting. Only operations are called here; `compose.ts` gives them what they need.
 */
import { systemActor } from './domain/campaign/permissions.ts';
import { closeDue, resumeClosings } from './operations/campaign/closing.ts';
import { ensureDivisions } from './operations/campaign/divisions.ts';
import { reportBrokenCampaigns } from './operations/each-campaign.ts';
import { expireDue, resumeExpiries } from './operations/campaign/expiry.ts';
import type { Deps } from './operations/deps.ts';
import { resumeDraws } from './operations/draw/draw.ts';
import { auditDue } from './operations/evidence/audit.ts';
import { sealDueLots } from './operations/evidence/evidence.ts';
import { greetWitnesses, pushCheckpoints } from './operations/evidence/witnesses.ts';
import { expireRollFiles } from './operations/frame/files.ts';
import { resumeImports } from './operations/frame/roll.ts';
import { forgetOldNumbers, sendDue } from './operations/message/send.ts';
import { removeAllUnfinished } from './operations/service/backup.ts';
import { compactDue } from './operations/service/compaction.ts';
import { takeSnapshots } from './operations/summary/rates.ts';

const minute = 60_000;

export interface Schedule {
  start(): void;
  /** Resolves when what is under way has ended; nothing begins after. */
  stop(): Promise<void>;
}

/**
 * @param watchClock looks at the clock, once a minute
 * @param signal ends what waits for a witness
 */
export function createSchedules(
  deps: Deps,
  watchClock: () => Promise<unknown>,
  signal: AbortSignal,
): readonly Schedule[] {
  return [
    createSchedule(() => begin(deps), createDue(deps, watchClock)),
    // Apart, so that a witness who does not answer keeps nothing else waiting.
    createSchedule(
      () => attempt(deps, 'greet witnesses', () => greetWitnesses(deps)),
      () => attempt(deps, 'send to witnesses', () => pushCheckpoints(deps, signal)),
    ),
    // So is a gateway that takes its time.
    createSchedule(
      () => Promise.resolve(),
      () => attempt(deps, 'send messages', () => sendDue(deps, signal)),
      10_000,
    ),
  ];
}

async function attempt(deps: Deps, name: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (err) {
    deps.log.error({ err, work: name }, 'schedule.failed');
  }
}

/** Goes on with every sequence that a stop of whatever kind had interrupted. */
export async function resumeInterrupted(deps: Deps): Promise<void> {
  await attempt(deps, 'report broken campaigns', () => reportBrokenCampaigns(deps));
  await attempt(deps, 'resume closings', () => resumeClosings(deps));
  await attempt(deps, 'resume erasing', () => resumeExpiries(deps));
  await attempt(deps, 'resume draws', () => resumeDraws(deps, systemActor));
  await attempt(deps, 'resume imports', () => resumeImports(deps, systemActor));
}

async function begin(deps: Deps): Promise<void> {
  await attempt(deps, 'remove unfinished copies', () => removeAllUnfinished(deps));
  await attempt(deps, 'forget interrupted files', () => expireRollFiles(deps, systemActor, true));
  await attempt(deps, 'load the list of counties', () => ensureDivisions(deps));
  await resumeInterrupted(deps);
}

const hourOf = (at: number): number => Math.floor(at / 3_600_000);

/** What is due now; to be called once a minute. */
export function createDue(deps: Deps, watchClock: () => Promise<unknown>): () => Promise<void> {
  let hour = hourOf(deps.now());
  async function endHour(): Promise<void> {
    if (hourOf(deps.now()) === hour) return;
    hour = hourOf(deps.now());
    await attempt(deps, 'report broken campaigns', () => reportBrokenCampaigns(deps));
    await deps.storage.endSlot();
    await attempt(deps, 'forget old files', () => expireRollFiles(deps, systemActor));
    await deps.storage.forgetEndedSessions(deps.now());
    await attempt(deps, 'forget numbers', () => forgetOldNumbers(deps));
  }
  return async () => {
    // First: what follows is held back by what it finds.
    await attempt(deps, 'look at the clock', watchClock);
    await attempt(deps, 'close due campaigns', () => closeDue(deps));
    await attempt(deps, 'audit', () => auditDue(deps));
    await attempt(deps, 'take snapshots', () => takeSnapshots(deps));
    await attempt(deps, 'seal lots', () => sealDueLots(deps));
    await attempt(deps, 'end the hour', endHour);
    await attempt(deps, 'end storage periods', () => expireDue(deps));
    await attempt(deps, 'compact the database', () => compactDue(deps));
  };
}

/** `begin` and at once `due`, then `due` once a minute, or as often as said. One run at a time. */
function createSchedule(begin: () => Promise<void>, due: () => Promise<void>, every = minute): Schedule {
  let timer: NodeJS.Timeout | null = null;
  let running: Promise<void> | null = null;

  function run(work: () => Promise<void>): void {
    running ??= work().finally(() => {
      running = null;
    });
  }
  return {
    start() {
      run(async () => {
        await begin();
        await due();
      });
      timer = setInterval(() => run(due), every);
      timer.unref();
    },
    async stop() {
      if (timer) clearInterval(timer);
      await running;
    },
  };
}
