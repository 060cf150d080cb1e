/** Which of a respondent's stored revisions counts (design 4): the highest self-completed one, or, if there is none, the highest. */
import { selfCompletedChannels, type Channel } from '../vocabulary.ts';

export interface RevisionHead {
  readonly revision: number;
  readonly channel: Channel;
}

export function effectiveRevision<T extends RevisionHead>(revisions: readonly T[]): T | undefined {
  let best: T | undefined;
  for (const r of revisions) {
    if (best === undefined) best = r;
    else {
      const self = selfCompletedChannels.has(r.channel);
      const bestSelf = selfCompletedChannels.has(best.channel);
      if (self === bestSelf ? r.revision > best.revision : self) best = r;
    }
  }
  return best;
}

/** Does an answer arriving now through `channel` become the effective one, given the effective one so far? */
export function supersedes(channel: Channel, effective: RevisionHead | undefined): boolean {
  return (
    effective === undefined ||
    selfCompletedChannels.has(channel) ||
    !selfCompletedChannels.has(effective.channel)
  );
}

/** The first answer, for the comparison of first with last: the lowest revision of the class that counts. */
export function firstRevision<T extends RevisionHead>(revisions: readonly T[]): T | undefined {
  const self = revisions.filter((r) => selfCompletedChannels.has(r.channel));
  let first: T | undefined;
  for (const r of self.length > 0 ? self : revisions)
    if (first === undefined || r.revision < first.revision) first = r;
  return first;
}
