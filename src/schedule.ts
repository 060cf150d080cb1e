/**
 * Scheduled work of the service: first what a stop had interrupted, then once a minute what is due. Each task runs separately:
 * one that fails is logged and does not delay the others. Only operations are called here; `compose.ts` gives them their
 * dependencies.
 *
 * Of several processes on one database one runs each schedule, as long as it lives; then another one takes over at its next turn.
 * Data in a process's own memory (alarm counters) are handled by each process.
 */
import { systemActor } from './domain/campaign/permissions.ts';
import { claim } from './operations/claims.ts';
import { closeDue, resumeClosings } from './operations/campaign/closing.ts';
import { ensureDivisions } from './operations/campaign/divisions.ts';
import { reportBrokenCampaigns } from './operations/each-campaign.ts';
import { expireDue, resumeExpiries } from './operations/campaign/expiry.ts';
import type { Deps } from './operations/deps.ts';
import { resumeDraws } from './operations/draw/draw.ts';
import { auditDue } from './operations/evidence/audit.ts';
import { sealDueLots } from './operations/evidence/evidence.ts';
import { queueHeadsForNewWitnesses, pushCheckpoints } from './operations/evidence/witnesses.ts';
import { expireRollFiles } from './operations/frame/files.ts';
import { discardReadings, resumeImports } from './operations/frame/roll.ts';
import { forgetOldNumbers, sendDue } from './operations/message/send.ts';
import { removeAllUnfinished } from './operations/service/backup.ts';
import { compactDue } from './operations/service/compaction.ts';
import { takeSnapshots } from './operations/summary/rates.ts';

const minute = 60_000;

export interface Schedule {
  start(): void;
  /** Resolves when tasks in progress have ended; nothing begins after. */
  stop(): Promise<void>;
}

/**
 * Checks the clock.
 * @param isFirst time has passed that this process did not check
 */
export type WatchClock = (isFirst?: boolean) => Promise<unknown>;

/** @param signal cancels waiting for a witness or a gateway */
export function createSchedules(
  deps: Deps,
  watchClock: WatchClock,
  signal: AbortSignal,
): readonly Schedule[] {
  const isNewHour = createHours(deps);
  return [
    createSchedule(deps, {
      name: 'due',
      begin: () => begin(deps, watchClock),
      work: createDue(deps, watchClock, isNewHour),
      otherwise: async () => {
        if (isNewHour()) await attempt(deps, 'end the hour', () => deps.storage.endSlot());
      },
    }),
    // Separate, so that a witness that does not respond delays nothing else.
    createSchedule(deps, {
      name: 'witnesses',
      begin: () => attempt(deps, 'greet witnesses', () => queueHeadsForNewWitnesses(deps)),
      work: (lost) =>
        attempt(deps, 'send to witnesses', () => pushCheckpoints(deps, AbortSignal.any([signal, lost]))),
    }),
    // So is a slow gateway. One process sends at a time, within a gateway's rate and the caps of each number.
    createSchedule(deps, {
      name: 'send',
      work: (lost) => attempt(deps, 'send messages', () => sendDue(deps, AbortSignal.any([signal, lost]))),
      every: 10_000,
    }),
  ];
}

async function attempt(deps: Deps, name: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (err) {
    deps.log.error({ err, work: name }, 'schedule.failed');
  }
}

/** Resumes every interrupted sequence. */
export async function resumeInterrupted(deps: Deps): Promise<void> {
  await attempt(deps, 'report broken campaigns', () => reportBrokenCampaigns(deps));
  await attempt(deps, 'resume closings', () => resumeClosings(deps));
  await attempt(deps, 'resume erasing', () => resumeExpiries(deps));
  await attempt(deps, 'resume draws', () => resumeDraws(deps, systemActor));
  await attempt(deps, 'resume imports', () => resumeImports(deps, systemActor));
}

/**
 * Work of a process that has died.
 * @param failed what could not be finished: it was logged, and is left to a person
 */
async function goOnForOthers(deps: Deps, failed: Set<string>): Promise<void> {
  await attempt(deps, 'forget interrupted readings', () => discardReadings(deps, systemActor, failed));
  await attempt(deps, 'resume draws', () => resumeDraws(deps, systemActor, failed));
  await attempt(deps, 'resume imports', () => resumeImports(deps, systemActor, failed));
}

async function begin(deps: Deps, watchClock: WatchClock): Promise<void> {
  await attempt(deps, 'look at the clock', () => watchClock(true));
  await attempt(deps, 'remove unfinished copies', () => removeAllUnfinished(deps));
  await attempt(deps, 'forget interrupted readings', () => discardReadings(deps, systemActor));
  await attempt(deps, 'forget interrupted files', () => expireRollFiles(deps, systemActor, true));
  await attempt(deps, 'load the list of counties', () => ensureDivisions(deps));
  await resumeInterrupted(deps);
}

const hourOf = (at: number): number => Math.floor(at / 3_600_000);

/** Whether an hour has begun since the last call. */
function createHours({ now }: Pick<Deps, 'now'>): () => boolean {
  let hour = hourOf(now());
  return () => {
    const before = hour;
    hour = hourOf(now());
    return hour !== before;
  };
}

/** What is due now; call it once a minute. */
export function createDue(
  deps: Deps,
  watchClock: WatchClock,
  isNewHour = createHours(deps),
): () => Promise<void> {
  async function endHour(): Promise<void> {
    if (!isNewHour()) return;
    await attempt(deps, 'report broken campaigns', () => reportBrokenCampaigns(deps));
    await deps.storage.endSlot();
    await attempt(deps, 'forget old files', () => expireRollFiles(deps, systemActor));
    await deps.storage.forgetEndedSessions(deps.now());
    await attempt(deps, 'forget numbers', () => forgetOldNumbers(deps));
  }
  const leftToPersons = new Set<string>();
  return async () => {
    // First: the following tasks depend on its result.
    await attempt(deps, 'look at the clock', () => watchClock());
    await attempt(deps, 'close due campaigns', () => closeDue(deps));
    await attempt(deps, 'audit', () => auditDue(deps));
    await attempt(deps, 'take snapshots', () => takeSnapshots(deps));
    await attempt(deps, 'seal lots', () => sealDueLots(deps));
    await attempt(deps, 'end the hour', endHour);
    if (deps.processes) await goOnForOthers(deps, leftToPersons);
    await attempt(deps, 'end storage periods', () => expireDue(deps));
    await attempt(deps, 'compact the database', () => compactDue(deps));
  };
}

interface Work {
  /** What is claimed. */
  readonly name: string;
  /** Whenever this process takes the schedule. */
  begin?(): Promise<unknown>;
  work(lost: AbortSignal): Promise<unknown>;
  /** Where another process does it. */
  otherwise?(): Promise<unknown>;
  /** Milliseconds; left out: a minute. */
  readonly every?: number;
}

/** Immediately, and then once a minute or at the given interval. One run at a time. */
function createSchedule(deps: Deps, what: Work): Schedule {
  const { name, every = minute } = what;
  let timer: NodeJS.Timeout | null = null;
  let running: Promise<void> | null = null;
  let own: Awaited<ReturnType<typeof claim>> = null;

  async function turn(): Promise<void> {
    if (own === null) {
      own = await claim(deps, name);
      own?.lost.addEventListener('abort', giveBackIfLost, { once: true });
      if (own && deps.processes) deps.log.info({ schedule: name }, 'schedule.taken');
      if (own) await what.begin?.();
    }
    await (own ? what.work(own.lost) : what.otherwise?.());
  }
  async function giveBack(): Promise<void> {
    const before = own;
    own = null;
    await before?.release();
  }
  /** Between two turns: only then can this process rejoin the others. */
  function giveBackIfLost(): void {
    if (running === null && own?.lost.aborted === true) void attempt(deps, name, giveBack);
  }
  function run(): void {
    running ??= attempt(deps, name, turn).finally(() => {
      running = null;
      giveBackIfLost();
    });
  }
  return {
    start() {
      run();
      timer = setInterval(run, every);
      timer.unref();
    },
    async stop() {
      if (timer) clearInterval(timer);
      await running;
      await giveBack();
    },
  };
}
