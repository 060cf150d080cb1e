/** Open links: one for each place, whoever asks and how often. */
import { AppError } from '../errors.ts';
import type { SchoolId } from '../model/ids.ts';
import type { Group } from '../model/vocabulary.ts';
import type { CampaignState, FrameState } from '../campaign/life-cycle.ts';

interface Place {
  readonly group: Group;
  /** Null: the whole county. */
  readonly school: SchoolId | null;
}

/** @throws AppError conflict `links.not-drawn` */
export function assertLinksPossible(state: CampaignState, frame: FrameState | undefined): void {
  if (frame !== 'drawn' || (state !== 'draft' && state !== 'open'))
    throw new AppError('conflict', 'links.not-drawn');
}

/** Of those asked for, the first of each place that has none yet. */
export function linksToMake<T extends Place>(asked: readonly T[], existing: readonly Place[]): readonly T[] {
  const nameOf = (place: Place) => `${place.group} ${place.school ?? ''}`;
  const taken = new Set(existing.map(nameOf));
  return asked.filter((link) => {
    const isNew = !taken.has(nameOf(link));
    taken.add(nameOf(link));
    return isNew;
  });
}
