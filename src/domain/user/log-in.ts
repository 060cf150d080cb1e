/**
 * Delays instead of lock-outs. The first failures have no delay; each further one doubles the time until the next attempt, up to
 * a cap. An hour without an attempt resets them. So a stranger can slow down an account or a network, but never block it. A
 * device on which the account's owner has logged in before is counted separately: strangers do not slow it down.
 *
 * What remains for an attacker: 4 attempts an hour on one account from one network. From any number of networks one a minute,
 * 1,440 a day, against passwords of at least ten characters that are not among the common ones.
 */
export type CounterKind = 'pair' | 'account' | 'network' | 'device' | 'devices' | 'own' | 'code';

interface Rule {
  /** Failures without any delay. */
  readonly free: number;
  readonly capSeconds: number;
}
export const delayRules: Readonly<Record<CounterKind, Rule>> = {
  /** One account from one network. */
  pair: { free: 6, capSeconds: 900 },
  /** One account from everywhere. */
  account: { free: 20, capSeconds: 60 },
  /** All accounts from one network: a whole office may share it. */
  network: { free: 40, capSeconds: 20 },
  /** One account on a device where it has logged in before. */
  device: { free: 6, capSeconds: 900 },
  /** One account on all such devices: somebody who once knew the password may have collected many. */
  devices: { free: 60, capSeconds: 20 },
  /** The current password, when a signed-in account changes it. */
  own: { free: 6, capSeconds: 900 },
  /** Codes of the second factor, after the right password: of a million, three are valid at any moment. */
  code: { free: 6, capSeconds: 900 },
};

/** Milliseconds. */
export const forgetAfter = 3_600_000;

export interface Failures {
  /** Attempts that failed or are still being checked. */
  readonly count: number;
  /** The last of them, milliseconds since 1970. */
  readonly last: number;
}

/** Undefined: expired. A clock that goes back neither resets nor extends anything. */
export function recentFailures(failures: Failures | undefined, now: number): Failures | undefined {
  if (failures === undefined || failures.count <= 0 || now - failures.last >= forgetAfter) return undefined;
  return failures.last > now ? { count: failures.count, last: now } : failures;
}

/** When the next attempt may be made, milliseconds since 1970; 0: at once. */
export function nextAttemptAt(kind: CounterKind, failures: Failures | undefined): number {
  const { free, capSeconds } = delayRules[kind];
  if (failures === undefined || failures.count < free) return 0;
  // 2³⁰ seconds is beyond every cap.
  const seconds = Math.min(capSeconds, 2 ** Math.min(30, failures.count - free));
  return failures.last + seconds * 1000;
}
