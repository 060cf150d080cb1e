/**
 * Work that outlasts the request that began it: a large roll takes minutes, and browsers and proxies give up after one. What is known
 * here (how far, why it failed) is of this process alone and only shown; what counts is the state that storage keeps.
 */
import { AppError } from '../domain/errors.ts';
import type { Claim } from '../storage/port/processes.ts';
import { claim, processesOf } from './claims.ts';
import type { Deps } from './deps.ts';

export interface Job {
  /** Rows so far. */
  done: number;
}
export interface JobView {
  readonly done: number;
  readonly isRunning: boolean;
  readonly failure: AppError | null;
}

const keptJobs = 200;
const jobs = new WeakMap<Deps['storage'], Map<string, { -readonly [K in keyof JobView]: JobView[K] }>>();

/** While it is held, other processes know that somebody is at it. To be taken before storage knows of the job. */
export const claimJob = (deps: Pick<Deps, 'storage' | 'processes'>, id: string): Promise<Claim | null> =>
  claim(deps, nameOf(id));
const nameOf = (id: string): string => `job ${id}`;

/**
 * Starts the work; it goes on, and is heard of in the log, though nobody waits for the promise.
 * @param own released at the end
 */
export function startJob<T>(
  deps: Deps,
  id: string,
  work: (job: Job) => Promise<T>,
  own: Claim | null = null,
): Promise<T> {
  const known = jobs.get(deps.storage) ?? new Map<string, { -readonly [K in keyof JobView]: JobView[K] }>();
  jobs.set(deps.storage, known);
  const state: { -readonly [K in keyof JobView]: JobView[K] } = { done: 0, isRunning: true, failure: null };
  known.delete(id);
  known.set(id, state);
  for (const old of known.keys()) {
    if (known.size <= keptJobs) break;
    if (known.get(old)?.isRunning === false) known.delete(old);
    else break;
  }
  const result = releasing(own, work(state));
  result.then(
    () => {
      state.isRunning = false;
    },
    (err: unknown) => {
      state.isRunning = false;
      state.failure =
        err instanceof AppError ? err : new AppError('unavailable', 'http.internal', { cause: err });
      if (!(err instanceof AppError)) deps.log.error({ job: id, err }, 'job.failed');
    },
  );
  return result;
}

async function releasing<T>(own: Claim | null, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } finally {
    await own?.release();
  }
}

/** Of whatever process; how far it is, only the process knows that does it. */
export async function lookAtJob(deps: Deps, id: string): Promise<JobView | undefined> {
  const own = findJob(deps, id);
  if (own?.isRunning === true || !(await processesOf(deps).isClaimed(nameOf(id)))) return own;
  return { done: 0, isRunning: true, failure: null };
}

/** Of this process. */
export function findJob(deps: Deps, id: string): JobView | undefined {
  return jobs.get(deps.storage)?.get(id);
}
