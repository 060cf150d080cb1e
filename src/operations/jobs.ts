/**
 * Work that outlasts the request that began it: a large roll takes minutes, and browsers and proxies give up after one. What is known
 * here (how far, why it failed) is of this process alone and only shown; what counts is the state that storage keeps.
 */
import { AppError } from '../domain/errors.ts';
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

/** Starts the work; it goes on, and is heard of in the log, though nobody waits for the promise. */
export function startJob<T>(deps: Deps, id: string, work: (job: Job) => Promise<T>): Promise<T> {
  const own = jobs.get(deps.storage) ?? new Map<string, { -readonly [K in keyof JobView]: JobView[K] }>();
  jobs.set(deps.storage, own);
  const state: { -readonly [K in keyof JobView]: JobView[K] } = { done: 0, isRunning: true, failure: null };
  own.delete(id);
  own.set(id, state);
  for (const old of own.keys()) {
    if (own.size <= keptJobs) break;
    if (own.get(old)?.isRunning === false) own.delete(old);
    else break;
  }
  const result = work(state);
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

export function findJob(deps: Deps, id: string): JobView | undefined {
  return jobs.get(deps.storage)?.get(id);
}
