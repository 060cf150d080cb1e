/**
 * Work that outlasts the request that started it: a large roll takes minutes, and browsers and proxies time out after one.
 * Progress and errors here belong to this process and are only shown; the authoritative state is in the storage.
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

/** While it is held, other processes know that the job is in progress. Take it before the storage knows of the job. */
export const claimJob = (deps: Pick<Deps, 'storage' | 'processes'>, id: string): Promise<Claim | null> =>
  claim(deps, nameOf(id));
const nameOf = (id: string): string => `job ${id}`;

/**
 * Starts the work; it continues, and errors are logged, even if nobody awaits the promise.
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

/** For any process; only the working process knows the progress. */
export async function viewJob(deps: Deps, id: string): Promise<JobView | undefined> {
  const own = findJob(deps, id);
  if (own?.isRunning === true || !(await processesOf(deps).isClaimed(nameOf(id)))) return own;
  return { done: 0, isRunning: true, failure: null };
}

/** Of this process. */
export function findJob(deps: Deps, id: string): JobView | undefined {
  return jobs.get(deps.storage)?.get(id);
}
