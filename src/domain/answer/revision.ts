/**
 * Decides which of a respondent's revisions counts (design 4): the highest self-completed one or, if there is none, the highest.
 * Which channels are self-completed is a rule of the campaign. It is fixed at opening and stated in the log's `open` leaf, so
 * that the figures of closed campaigns do not change.
 */
import type { Channel } from '../model/vocabulary.ts';

/** 1: an entry at a kiosk counts as self-completed (campaigns opened before rule 2). 2: only an answer on the respondent's own device does. */
export type RevisionRule = 1 | 2;
/** The rule for campaigns opened now. */
export const currentRevisionRule = 2;

const selfCompleted: Readonly<Record<RevisionRule, ReadonlySet<Channel>>> = {
  1: new Set<Channel>(['web', 'link', 'kiosk']),
  2: new Set<Channel>(['web', 'link']),
};

/** Answered by the respondent alone. An assisted answer never supersedes such an answer. */
export function isSelfCompleted(channel: Channel, rule: RevisionRule): boolean {
  return selfCompleted[rule].has(channel);
}

export interface RevisionHead {
  readonly revision: number;
  readonly channel: Channel;
}

/** The revision that counts: the highest self-completed one, else the highest. The order of the list does not matter. */
export function effectiveRevision<T extends RevisionHead>(
  revisions: readonly T[],
  rule: RevisionRule,
): T | undefined {
  let best: T | undefined;
  for (const r of revisions) {
    if (best === undefined) best = r;
    else {
      const self = isSelfCompleted(r.channel, rule);
      const bestSelf = isSelfCompleted(best.channel, rule);
      if (self === bestSelf ? r.revision > best.revision : self) best = r;
    }
  }
  return best;
}

/** Whether an answer arriving now through `channel` becomes the effective one, given the effective one so far. */
export function supersedes(
  channel: Channel,
  effective: RevisionHead | undefined,
  rule: RevisionRule,
): boolean {
  return (
    effective === undefined || isSelfCompleted(channel, rule) || !isSelfCompleted(effective.channel, rule)
  );
}

/** The first answer, for comparison with the last: the lowest revision of the class that counts. */
export function firstRevision<T extends RevisionHead>(
  revisions: readonly T[],
  rule: RevisionRule,
): T | undefined {
  const self = revisions.filter((r) => isSelfCompleted(r.channel, rule));
  let first: T | undefined;
  for (const r of self.length > 0 ? self : revisions)
    if (first === undefined || r.revision < first.revision) first = r;
  return first;
}

/** Revisions whose contents are erased at close: all but the one that counts. */
export function supersededRevisions<T extends RevisionHead>(
  revisions: readonly T[],
  rule: RevisionRule,
): readonly T[] {
  const kept = effectiveRevision(revisions, rule);
  return revisions.filter((r) => r.revision !== kept?.revision);
}
