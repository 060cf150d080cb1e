/**
 * Counters of open surveys, by reporting stratum and slot (about an hour): answers, re-answers, and answers faster than anyone
 * reads. They are only in the writer's memory and hold no person. When a slot ends, counts above the alarm level are stored as
 * alarms, unless they are below the minimum cell. Everything else is lost with the process.
 */
import type { CountyCode } from '../../domain/model/ids.ts';
import { flagShares } from '../../domain/scoring/signals/find-flags.ts';
import type { Flag, FlagKind } from '../../domain/scoring/signals/flags.ts';
import { defaultAlarm, type ShareCount } from '../../domain/scoring/signals/integrity.ts';

/** A re-answer, a fast answer: flags of a watched answer. */
export const again = 1;
export const fast = 2;

/** Number of slots after a reminder, or before the closing, that are examined: a day. */
const day = 24;
/** Number of slots of a survey that are tested for bursts; the alarm level is divided by it. */
const horizon = 14 * day;

interface StratumWatch {
  readonly answered: number[];
  readonly again: number[];
  fast: number;
}
export interface Watch {
  slot: number;
  /** Slot of the newest reminder; null: none yet. */
  reminder: number | null;
  readonly strata: Map<number, StratumWatch>;
}

/** A writer's counters, and what the current transaction adds: campaign's number, county, reporting stratum, bits. */
export interface Watching {
  readonly watches: Map<string, Watch>;
  readonly watched: number[];
}

function watchOf(ctx: Watching, campaign: number, county: number): Watch {
  const name = `${campaign} ${county}`;
  let watch = ctx.watches.get(name);
  if (!watch) ctx.watches.set(name, (watch = { slot: 0, reminder: null, strata: new Map() }));
  return watch;
}

/** Called after the commit: rolled-back answers do not count. */
export function countWatched(ctx: Watching): void {
  const { watched } = ctx;
  for (let i = 0; i < watched.length; i += 4) {
    const watch = watchOf(ctx, watched[i]!, watched[i + 1]!);
    const number = watched[i + 2]!;
    const what = watched[i + 3]!;
    let stratum = watch.strata.get(number);
    if (!stratum) watch.strata.set(number, (stratum = { answered: [], again: [], fast: 0 }));
    const { slot } = watch;
    stratum.answered[slot] = (stratum.answered[slot] ?? 0) + 1;
    if ((what & again) !== 0) stratum.again[slot] = (stratum.again[slot] ?? 0) + 1;
    if ((what & fast) !== 0) stratum.fast++;
  }
  watched.length = 0;
}

export function noteReminder(ctx: Watching, campaign: number, county: CountyCode): void {
  const watch = watchOf(ctx, campaign, Number(county));
  watch.reminder = watch.slot;
}

const sumFrom = (counts: readonly (number | undefined)[], from: number, to = Infinity): number => {
  let sum = 0;
  for (let i = Math.max(0, from); i < Math.min(to, counts.length); i++) sum += counts[i] ?? 0;
  return sum;
};

/** `x` of each stratum's answers so far. */
function shares(watch: Watch, x: (stratum: StratumWatch) => number): readonly ShareCount[] {
  return [...watch.strata].map(([stratum, own]) => ({ stratum, n: sumFrom(own.answered, 0), x: x(own) }));
}

/** @param isLast the survey closes: signals over the whole survey are tested */
export function alarmsOf(watch: Watch, minimum: number, lot: number, isLast: boolean): readonly Flag[] {
  const find = (kind: FlagKind, x: (stratum: StratumWatch) => number, tests: number, of: number | null) => {
    const counts = shares(watch, x);
    // Counts below the minimum cell are never stated, so they need not be tested.
    return counts.some((count) => count.x >= minimum)
      ? flagShares(kind, counts, minimum, of, { ...defaultAlarm, alarm: defaultAlarm.alarm / tests })
      : [];
  };
  const { slot, reminder } = watch;
  const found = [...find('burst', (s) => s.answered[slot] ?? 0, horizon, lot)];
  if (reminder !== null && (slot === reminder + day || (isLast && slot < reminder + day)))
    found.push(...find('after-reminder', (s) => sumFrom(s.answered, reminder, reminder + day), 5, lot));
  if (isLast) {
    found.push(...find('fast', (s) => s.fast, 1, null));
    found.push(...find('late-reanswers', (s) => sumFrom(s.again, slot - day), 1, lot));
  }
  return found;
}
