/**
 * Counters of open surveys, by reporting stratum and slot (about an hour): how many answered, answered again, were faster than anybody reads. They live in the
 * writer's memory alone and hold no person. What stands above the alarm level when a slot ends is kept as an alarm, if it is no count of fewer people than
 * the minimum cell; everything else is forgotten with the process.
 */
import type { CountyCode } from '../../domain/model/ids.ts';
import { flagShares } from '../../domain/scoring/signals/find-flags.ts';
import type { Flag, FlagKind } from '../../domain/scoring/signals/flags.ts';
import { defaultAlarm, type ShareCount } from '../../domain/scoring/signals/integrity.ts';

/** A re-answer, a fast one: bits of what a watched answer was. */
export const again = 1;
export const fast = 2;

/** Slots that a reminder, or the closing, is looked at for: a day. */
const day = 24;
/** Slots of a survey that bursts are looked for in; the alarm level is divided among them. */
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

/** What a writer keeps of them, and what the transaction under way adds: campaign's number, county, reporting stratum, bits. */
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

/** After the commit: what was rolled back was not seen. */
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

/** @param isLast the survey closes: everything that looks at the whole of it is looked at */
export function alarmsOf(watch: Watch, minimum: number, lot: number, isLast: boolean): readonly Flag[] {
  const find = (kind: FlagKind, x: (stratum: StratumWatch) => number, tests: number, of: number | null) => {
    const counts = shares(watch, x);
    // Nothing below the minimum cell is stated, so it need not be tested.
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
