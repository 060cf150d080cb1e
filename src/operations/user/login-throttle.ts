/**
 * Slows down password guessing by the delays of domain/user/log-in.ts. An attempt is counted before its password is hashed, and
 * subtracted if it was right, so that concurrent attempts cannot exceed a limit together. The counters are in memory: a restart
 * resets them. On disk, each wrong password would be a write that competes with answers. Several processes notify each other
 * (shared-counts.ts).
 */
import { LRUCache } from 'lru-cache';
import { AppError } from '../../domain/errors.ts';
import type { SharedCounts } from '../shared-counts.ts';
import {
  delayRules,
  nextAttemptAt,
  recentFailures,
  type CounterKind,
  type Failures,
} from '../../domain/user/log-in.ts';
import { serviceSecond } from '../../domain/time-zone.ts';

/** For each kind, so that a flood of one does not evict another. */
const maximumKeys = 50_000;

export interface AttemptSource {
  readonly network: string;
  /** A device on which this login has logged in before; null: unknown. */
  readonly device: string | null;
}

export interface Reservation {
  /** Order of hashing: 0 is a known device; the more failures a network has, the later it comes. */
  readonly rank: number;
  /** The password was wrong. True if this failure is the first that delays the next attempt. */
  fail(): boolean;
  /** The password was right. */
  succeed(): void;
  /** The password was not checked: the attempt does not count. */
  cancel(): void;
}

export interface LoginThrottle {
  /** @throws AppError too-many `login.throttled` with the seconds to wait and the time of day */
  reserveLogIn(login: string, source: AttemptSource): Reservation;
  /**
   * A signed-in account gives its current password.
   * @throws AppError too-many `user.password-throttled`, as above
   */
  reserveOwn(userId: string): Reservation;
  /** A code of the second factor. @throws AppError too-many `second-factor.throttled`, as above */
  reserveCode(userId: string): Reservation;
}

const kinds = Object.keys(delayRules) as readonly CounterKind[];

interface Place {
  readonly kind: CounterKind;
  readonly id: string;
}
interface Key extends Place {
  /** Whether the right password resets it: failures of the owner here. Guesses from elsewhere stay counted. */
  readonly cleared: boolean;
}

export function createLoginThrottle(now: () => number, shared?: SharedCounts): LoginThrottle {
  const counters = new Map<CounterKind, LRUCache<string, Failures>>();

  // Only writes count as use.
  const get = ({ kind, id }: Place) => recentFailures(counters.get(kind)?.peek(id), now());
  function set({ kind, id }: Place, failures: Failures | undefined): void {
    let own = counters.get(kind);
    if (!own) counters.set(kind, (own = new LRUCache({ max: maximumKeys })));
    if (failures === undefined) own.delete(id);
    else own.set(id, failures);
  }

  shared?.onCount((name, count) => {
    const [id = '', word = ''] = name.split(' ');
    const kind = kinds.find((k) => k === word);
    if (kind === undefined) return;
    const place = { kind, id };
    const before = get(place);
    const sum = (before?.count ?? 0) + (count ?? 0);
    if (count === null || sum <= 0) set(place, undefined);
    else set(place, { count: sum, last: count > 0 ? now() : (before?.last ?? now()) });
  });
  const tell = ({ kind, id }: Place, count: number | null) => shared?.tell(`${id} ${kind}`, count);

  function reserve(given: readonly Key[], rank: number, message = 'login.throttled'): Reservation {
    const keys = shared ? given.map((key) => ({ ...key, id: shared.nameOf(key.id) })) : given;
    const at = now();
    const before = keys.map(get);
    const next = Math.max(...keys.map(({ kind }, i) => nextAttemptAt(kind, before[i])));
    if (next > at) throw throttled(message, next, at);
    keys.forEach((key, i) => {
      set(key, { count: (before[i]?.count ?? 0) + 1, last: at });
      tell(key, 1);
    });

    function takeBack(): void {
      keys.forEach((key, i) => {
        const current = get(key);
        if (current === undefined) return;
        const last = current.last === at ? (before[i]?.last ?? at) : current.last;
        set(key, current.count <= 1 ? undefined : { count: current.count - 1, last });
        tell(key, -1);
      });
    }
    return {
      rank,
      fail: () => keys.some(({ kind }, i) => (before[i]?.count ?? 0) + 1 === delayRules[kind].free),
      succeed() {
        takeBack();
        for (const key of keys) {
          if (!key.cleared) continue;
          set(key, undefined);
          tell(key, null);
        }
      },
      cancel: takeBack,
    };
  }

  return {
    reserveLogIn(login, { network, device }) {
      if (device !== null)
        return reserve(
          [
            { kind: 'device', id: `${device} ${login}`, cleared: true },
            { kind: 'devices', id: login, cleared: true },
          ],
          0,
        );
      const ofNetwork: Key = { kind: 'network', id: network, cleared: false };
      return reserve(
        [
          { kind: 'pair', id: `${network} ${login}`, cleared: true },
          { kind: 'account', id: login, cleared: false },
          ofNetwork,
        ],
        1 + (get(shared ? { ...ofNetwork, id: shared.nameOf(network) } : ofNetwork)?.count ?? 0),
      );
    },
    reserveOwn: (userId) =>
      reserve([{ kind: 'own', id: userId, cleared: true }], 0, 'user.password-throttled'),
    reserveCode: (userId) =>
      reserve([{ kind: 'code', id: userId, cleared: true }], 0, 'second-factor.throttled'),
  };
}

function throttled(message: string, next: number, at: number): AppError {
  // China's time of day, in whole seconds: the earliest time of the next attempt, rounded up.
  const time = serviceSecond(Math.ceil(next / 1000) * 1000);
  return new AppError('too-many', message, {
    params: { seconds: Math.ceil((next - at) / 1000), time },
  });
}
