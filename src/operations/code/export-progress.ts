/**
 * Progress of an export of codes: only counts, in the memory of this process, for the user who requested the file. A file of
 * codes is never stored for a later download.
 */
import type { Actor } from '../../domain/campaign/permissions.ts';
import type { Deps } from '../deps.ts';

export interface ExportProgress {
  /** 0–100 */
  readonly percent: number;
  /** Codes so far. */
  readonly codes: number;
}
export type OnProgress = (progress: ExportProgress) => void;

const running = new WeakMap<Deps['storage'], Map<string, ExportProgress>>();
const keyOf = (actor: Actor, run: string) => `${actor.userId} ${run}`;

/** @param run the user's name for this export; null: nobody watches */
export async function withProgress<T>(
  deps: Pick<Deps, 'storage'>,
  actor: Actor,
  run: string | null,
  work: (tell: OnProgress) => Promise<T>,
): Promise<T> {
  if (run === null) return work(() => undefined);
  const own = running.get(deps.storage) ?? new Map<string, ExportProgress>();
  running.set(deps.storage, own);
  const key = keyOf(actor, run);
  try {
    return await work((progress) => own.set(key, progress));
  } finally {
    own.delete(key);
  }
}

/** Null: none of that name is in progress in this process. A hint only: another process may be making it. */
export function findExportProgress(
  deps: Pick<Deps, 'storage'>,
  actor: Actor,
  run: string,
): ExportProgress | null {
  return running.get(deps.storage)?.get(keyOf(actor, run)) ?? null;
}
