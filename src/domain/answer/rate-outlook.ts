/**
 * What the daily rate snapshots say about the coming days (design 13). It uses bands only, never anything finer than a snapshot
 * shows. A total is the sum of its groups' bands, so it contains no more than they do. A forecast extrapolates the slowest and
 * the fastest constant pace that the bands of the last days allow.
 */
import type { Group } from '../model/vocabulary.ts';
import type { RateRow } from './rate-view.ts';

export const bandStep = 5;
/** Number of days for the pace. */
export const paceDays = 3;
const day = 86_400_000;
/** Units with fewer issued codes are not listed, whatever the minimum cell is. */
const leastIssued = 10;

/** In percent, both rounded outwards to the step. */
export interface Band {
  readonly low: number;
  readonly high: number;
}

export interface Snapshot {
  readonly at: number;
  readonly rows: readonly RateRow[];
}

export type Counted = 'valid' | 'answered';

const outwards = (low: number, high: number): Band => ({
  low: Math.max(0, Math.floor(low / bandStep) * bandStep),
  high: Math.min(100, Math.ceil(high / bandStep) * bandStep),
});

/** In percent. Null if the row is exact or hidden. */
export function bandOf(row: RateRow, counted: Counted): Band | null {
  const { value } = row;
  return value.kind === 'coarse'
    ? { low: value[counted], high: Math.min(100, value[counted] + value.step) }
    : null;
}

/** For the drawn sample in all groups that are shown: those too small to show are in no sum. Null if none is. */
export function totalBand(
  rows: readonly RateRow[],
  counted: Counted,
): (Band & { readonly issued: number }) | null {
  const groups = rows.filter((r) => r.set === 'drawn' && r.level === null);
  let [issued, low, high] = [0, 0, 0];
  for (const row of groups) {
    const band = bandOf(row, counted);
    if (band === null || row.issued === null) continue;
    issued += row.issued;
    low += (row.issued * band.low) / 100;
    high += (row.issued * band.high) / 100;
  }
  return issued === 0 ? null : { ...outwards((100 * low) / issued, (100 * high) / issued), issued };
}

export interface DayBand extends Band {
  readonly at: number;
}

/** One per snapshot, in their order. */
export function dailyBands(snapshots: readonly Snapshot[], counted: Counted): readonly DayBand[] {
  return snapshots.flatMap(({ at, rows }) => {
    const band = totalBand(rows, counted);
    return band ? [{ at, low: band.low, high: band.high }] : [];
  });
}

/** null with fewer than two days: there is no pace yet. */
export function forecast(days: readonly DayBand[], closesAt: number): Band | null {
  const last = days.at(-1);
  if (!last) return null;
  const from = days.findLast((d) => d.at <= last.at - paceDays * day) ?? days[0];
  if (!from || from.at === last.at) return null;
  const passed = (last.at - from.at) / day;
  const left = Math.max(0, (closesAt - last.at) / day);
  const slow = Math.max(0, (last.low - from.high) / passed);
  const fast = Math.max(0, (last.high - from.low) / passed);
  return outwards(last.low + slow * left, Math.min(100, last.high + fast * left));
}

/** Number of answers missing to the minimum, rounded to 5; `few`: the band contains the minimum. */
export type Missing =
  | { readonly kind: 'reached' }
  | { readonly kind: 'few' }
  | { readonly kind: 'about'; readonly count: number };

/** Number of answers missing to the minimum, from the middle of the band, in steps of five. `floor` in percent. */
export function missingTo(floor: number, band: Band, issued: number): Missing {
  if (band.low >= floor) return { kind: 'reached' };
  if (band.high > floor) return { kind: 'few' };
  const middle = (band.low + band.high) / 2;
  const count = Math.round(((floor - middle) * issued) / 100 / 5) * 5;
  return count < 5 ? { kind: 'few' } : { kind: 'about', count };
}

export interface NeedyUnit {
  readonly row: RateRow;
  readonly band: Band;
  readonly count: number;
}

/** Units that lack most, never people. A group without units counts as one unit. */
export function listNeedy(
  rows: readonly RateRow[],
  counted: Counted,
  floor: number,
  limit: number,
): readonly NeedyUnit[] {
  const drawn = rows.filter((r) => r.set === 'drawn');
  const split = new Set<Group>(drawn.filter((r) => r.level !== null).map((r) => r.group));
  return drawn
    .filter((r) => (split.has(r.group) ? r.level !== null : r.level === null))
    .flatMap((row) => {
      const band = bandOf(row, counted);
      if (band === null || row.issued === null || row.issued < leastIssued) return [];
      const missing = missingTo(floor, band, row.issued);
      return missing.kind === 'about' ? [{ row, band, count: missing.count }] : [];
    })
    .sort((a, b) => b.count - a.count || a.band.low - b.band.low)
    .slice(0, limit);
}
