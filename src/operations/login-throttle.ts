/**
 * Slows the guessing of passwords. Three counters over a sliding window: by account and address together (a colleague's wrong caps lock),
 * by address (one machine, many accounts), and by account alone (many machines, one account; wide, so that nobody can easily lock somebody
 * else out). It lives in memory: a restart forgets it, and argon2id stays.
 */
import { AppError } from '../domain/errors.ts';

const windowMs = 15 * 60_000;
const maximumKeys = 50_000;
const limits = { pair: 6, address: 40, account: 60 } as const;

export interface LoginThrottle {
  /** @throws AppError too-many `login.throttled` with the minutes to wait */
  assertOpen(login: string, address: string): void;
  /** True when this failure was the one that shut a counter. */
  recordFailure(login: string, address: string): boolean;
  recordSuccess(login: string, address: string): void;
}

export function createLoginThrottle(now: () => number): LoginThrottle {
  const failures = new Map<string, number[]>();

  function recent(key: string): number[] {
    const from = now() - windowMs;
    const kept = (failures.get(key) ?? []).filter((at) => at > from);
    if (kept.length === 0) failures.delete(key);
    else failures.set(key, kept);
    return kept;
  }
  const keysOf = (login: string, address: string) =>
    [
      { key: `pair ${login} ${address}`, limit: limits.pair },
      { key: `address ${address}`, limit: limits.address },
      { key: `account ${login}`, limit: limits.account },
    ] as const;

  return {
    assertOpen(login, address) {
      for (const { key, limit } of keysOf(login, address)) {
        const times = recent(key);
        if (times.length < limit) continue;
        const oldest = times[times.length - limit] as number;
        const minutes = Math.max(1, Math.ceil((oldest + windowMs - now()) / 60_000));
        throw new AppError('too-many', 'login.throttled', { params: { minutes } });
      }
    },
    recordFailure(login, address) {
      let shut = false;
      for (const { key, limit } of keysOf(login, address)) {
        const times = recent(key);
        times.push(now());
        failures.set(key, times);
        if (times.length === limit) shut = true;
      }
      // Oldest keys first: a flood of invented logins must not grow the map without end.
      for (const key of failures.keys()) {
        if (failures.size <= maximumKeys) break;
        failures.delete(key);
      }
      return shut;
    },
    recordSuccess(login, address) {
      failures.delete(`pair ${login} ${address}`);
    },
  };
}
