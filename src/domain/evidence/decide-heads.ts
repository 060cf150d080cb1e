/**
 * What a county's log commits to of tables outside it: the head of the trail, the signed checkpoints, the rates shown. Appended
 * daily while a campaign is open, at close, and with the release.
 */
import { contentHash } from '../hash.ts';
import type { DecidedLeaf } from '../model/decision.ts';
import type { CountyCode } from '../model/ids.ts';
import type { RateSnapshot } from '../model/count.ts';
import type { StateLeafBody } from './leaf.ts';

export interface HeadsState {
  readonly county: CountyCode;
  /** The trail's last entry. */
  readonly trail: { readonly no: number; readonly hash: string } | null;
  /** Sizes of the log's checkpoints. */
  readonly checkpoints: readonly number[];
  readonly snapshots: readonly RateSnapshot[];
  readonly before: readonly StateLeafBody<'heads'>[];
}

/** What it commits to for one day's rates. */
export function snapshotHash({ day, at, body }: RateSnapshot): string {
  return contentHash({ day, at, body });
}

/** Checkpoints and snapshots that no earlier leaf names. */
export function headsLeaf(
  { county, trail, checkpoints, snapshots, before }: HeadsState,
  at: number,
): DecidedLeaf {
  const sizes = new Set(before.flatMap((b) => b.checkpoints));
  const days = new Set(before.flatMap((b) => b.snapshots.map((s) => s.day)));
  return {
    county,
    type: 'heads',
    body: {
      trail: trail && { no: trail.no, hash: trail.hash },
      checkpoints: checkpoints.filter((size) => !sizes.has(size)).sort((a, b) => a - b),
      snapshots: snapshots
        .filter(({ day }) => !days.has(day))
        .sort((a, b) => (a.day < b.day ? -1 : 1))
        .map((s) => ({ day: s.day, hash: snapshotHash(s) })),
      at,
    },
  };
}

/** Once a day: not again before `since` has passed. */
export function decideHeads(state: HeadsState, since: number, at: number): readonly DecidedLeaf[] {
  const last = state.before.at(-1);
  return last !== undefined && last.at >= since ? [] : [headsLeaf(state, at)];
}
