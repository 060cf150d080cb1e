/**
 * Hashes passwords, one at a time for the whole process: each takes 19 MiB and a core for some tens of milliseconds, and a flood
 * of log-ins must not take those of the survey. Attempts wait in a bounded queue, ordered by rank: known devices first, then
 * networks with few failures. When the queue is full, the attempt with the highest rank is refused. So a flood displaces itself
 * before others.
 */
import { hash, verify, type Options } from '@node-rs/argon2';
import { AppError } from '../../domain/errors.ts';

/** OWASP's first choice for argon2id: 19 MiB, two passes, one lane. */
const argon2: Options = { algorithm: 2 /* argon2id */, memoryCost: 19_456, timeCost: 2, parallelism: 1 };
/**
 * An unknown login is checked against this hash, so that it takes as long as a known one. The same parameters; nobody knows its
 * password.
 */
export const decoyHash =
  '$argon2id$v=19$m=19456,t=2,p=1$sLlDaK2IP4qLWfbWOW9GBg$uZ3O0xPv76lHHkbmnytw8IGjmHQERCgpDIA+afPDpvc';

/** Longer input is truncated before it is hashed: nobody's password is longer. */
const maximumCharacters = 1024;
/** At some 30 ms each, the last one waits eight seconds. */
const maximumWaiting = 256;
const busySeconds = 5;

/** The rank of work that no stranger can request, such as a new password of a signed-in user. */
export const firstRank = 0;

interface Waiting {
  readonly rank: number;
  readonly start: () => void;
  readonly refuse: (error: AppError) => void;
}

export interface Queue {
  /** @throws AppError unavailable `login.busy` */
  run<T>(rank: number, work: () => Promise<T>): Promise<T>;
}

/** One task at a time, the lowest rank first, within a rank in the order of arrival. */
export function createQueue(limit = maximumWaiting): Queue {
  let running = false;
  /** Sorted by rank. */
  const waiting: Waiting[] = [];

  function enter(rank: number): Promise<void> {
    if (waiting.length >= limit) {
      if (rank >= (waiting.at(-1)?.rank ?? 0)) throw busy();
      waiting.pop()?.refuse(busy());
    }
    return new Promise((start, refuse) => {
      const behind = waiting.findIndex((other) => other.rank > rank);
      waiting.splice(behind === -1 ? waiting.length : behind, 0, { rank, start, refuse });
    });
  }

  return {
    async run(rank, work) {
      if (running) await enter(rank);
      running = true;
      try {
        return await work();
      } finally {
        const next = waiting.shift();
        // It stays marked as running, so that no newcomer overtakes the next.
        if (next) next.start();
        else running = false;
      }
    },
  };
}

function busy(): AppError {
  return new AppError('unavailable', 'login.busy', { params: { seconds: busySeconds } });
}

const queue = createQueue();
const prepare = (password: string) => password.normalize('NFKC').slice(0, maximumCharacters);

export function hashPassword(password: string): Promise<string> {
  return queue.run(firstRank, () => hash(prepare(password), argon2));
}

export function verifyPassword(stored: string, password: string, rank: number): Promise<boolean> {
  return queue.run(rank, () => verify(stored, prepare(password)));
}
