/** Work that only one process may do at a time. With a single process, claims only prevent it from doing the work twice. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Storage } from '../storage/port/index.ts';
import type { Claim, Processes } from '../storage/port/processes.ts';
import type { Deps } from './deps.ts';

type Claiming = Pick<Deps, 'storage' | 'processes'>;

const alone = new WeakMap<Storage, Processes>();

export function processesOf({ processes, storage }: Claiming): Processes {
  if (processes) return processes;
  let own = alone.get(storage);
  if (!own) alone.set(storage, (own = createOwnProcess()));
  return own;
}

/** Nobody else uses the storage, so a claim is never lost. */
function createOwnProcess(): Processes {
  const claimed = new Set<string>();
  return {
    async claim(name) {
      if (claimed.has(name)) return null;
      claimed.add(name);
      let isReleased = false;
      return {
        lost: new AbortController().signal,
        async release() {
          if (!isReleased) claimed.delete(name);
          isReleased = true;
        },
      };
    },
    isClaimed: async (name) => claimed.has(name),
    tell: () => undefined,
    onCount: () => undefined,
    // The process that destroys a key has dropped it.
    countKeyHolders: async () => 0,
  };
}

export const claim = (deps: Claiming, name: string): Promise<Claim | null> => processesOf(deps).claim(name);

/**
 * Does the work unless someone else is doing it.
 * @returns whether it was done
 */
export async function ifFree(
  deps: Claiming,
  name: string,
  work: (lost: AbortSignal) => Promise<unknown>,
): Promise<boolean> {
  const own = await claim(deps, name);
  if (own === null) return false;
  try {
    await work(own.lost);
  } finally {
    await own.release();
  }
  return true;
}

const waitMs = 200;

/** Does the work, or waits until someone else has done it, according to `isDone`. */
export async function inTurn(
  deps: Claiming,
  name: string,
  work: () => Promise<unknown>,
  isDone: () => Promise<boolean>,
): Promise<void> {
  while (!(await ifFree(deps, name, work))) {
    if (await isDone()) return;
    await pause(waitMs);
  }
}
