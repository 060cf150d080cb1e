/** Open links: one for each place, no matter who requests it and how often. */
import { AppError } from '../errors.ts';
import type { OpenLink } from '../model/code.ts';
import type { Decision } from '../model/decision.ts';
import type { CountyCode, SchoolId } from '../model/ids.ts';
import { stampOf, type Stamp } from '../model/stamp.ts';
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

/** The first requested link of each place that has none yet. */
export function linksToMake<T extends Place>(asked: readonly T[], existing: readonly Place[]): readonly T[] {
  const nameOf = (place: Place) => `${place.group} ${place.school ?? ''}`;
  const taken = new Set(existing.map(nameOf));
  return asked.filter((link) => {
    const isNew = !taken.has(nameOf(link));
    taken.add(nameOf(link));
    return isNew;
  });
}

/**
 * A concurrent request may have created some of them already.
 * @param state `existing`: links of the county; `asked` are of the same county
 * @throws AppError conflict `links.not-drawn`
 */
export function decideLinks(
  state: {
    readonly campaign: CampaignState;
    readonly frame: FrameState | undefined;
    readonly existing: readonly Place[];
  },
  { county, asked }: { readonly county: CountyCode; readonly asked: readonly OpenLink[] },
  stamp: Stamp,
): Decision<readonly OpenLink[]> {
  assertLinksPossible(state.campaign, state.frame);
  const list = linksToMake(asked, state.existing);
  if (list.length === 0) return { changes: list, leaves: [], trail: [] };
  const links = list.map(({ group, school, reportingStratum, questionnaire }) => ({
    group,
    school,
    reportingStratum,
    questionnaire,
  }));
  return {
    changes: list,
    leaves: [{ county, type: 'links', body: { links, ...stampOf(stamp) } }],
    trail: [{ action: 'links.create', county, details: { links: list.length } }],
  };
}
