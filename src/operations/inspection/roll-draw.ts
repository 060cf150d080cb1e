/** The people drawn by the inspection from the frozen roll, which is read once and must be the frozen one. */
import type { InspectionRecord } from '../../domain/inspection/record-names.ts';
import { interviewMark, interviewsRecord, nextSheet } from '../../domain/inspection/interviews.ts';
import { createRollDrawer, rollSeed, type RollDraw } from '../../domain/inspection/roll-draw.ts';
import {
  groupOfSymposium,
  sampleSchoolsOf,
  symposiumMark,
  symposiumsRecord,
} from '../../domain/inspection/symposiums.ts';
import { assertFrozenRoll } from '../../domain/frame/decide-freeze.ts';
import { readDice } from '../../domain/frame/sample.ts';
import { toHex } from '../../domain/hash.ts';
import type { Campaign, CampaignCounty } from '../../domain/model/campaign.ts';
import type { Group } from '../../domain/model/vocabulary.ts';
import { createYielder } from '../yield-to-event-loop.ts';
import { campaignKey } from '../campaign/lookup.ts';
import type { Deps } from '../deps.ts';
import { createFrameHasher, frameEntries } from '../frame/frame.ts';
import { readDocuments, type InspectionDocuments } from './documents.ts';

interface Wanted {
  readonly group: Group;
  readonly mark: string;
  readonly dice: string;
  readonly count: number;
  /** null: of the whole county. */
  readonly schools: readonly string[] | null;
}

/** undefined: the change draws nobody, or its document's rules will refuse it. */
export async function drawnFor(
  deps: Deps,
  campaign: Campaign,
  county: CampaignCounty,
  record: InspectionRecord,
  change: { readonly do: string },
): Promise<RollDraw | undefined> {
  if (change.do !== 'draw' || county.frame === null) return undefined;
  const wantedOf = draws[record];
  if (wantedOf === undefined) return undefined;
  const wanted = wantedOf(change, await readDocuments(deps, campaign.id, county.code));
  return wanted && drawFromRoll(deps, campaign, county, county.frame, wanted);
}

type WantedOf = (raw: { readonly do: string }, documents: InspectionDocuments) => Wanted | undefined;
const draws: { readonly [K in InspectionRecord]?: WantedOf } = {
  symposiums(raw, documents) {
    const change = symposiumsRecord.change.parse(raw);
    if (change.do !== 'draw') return undefined;
    const meeting = documents.symposiums.body.meetings.find((m) => m.no === change.no);
    if (!meeting || meeting.draw !== null) return undefined;
    const { dice, count } = change;
    return {
      group: groupOfSymposium[meeting.kind],
      mark: symposiumMark(meeting.no),
      ...{ dice, count, schools: withinOf(change, documents) },
    };
  },
  interviews(raw, documents) {
    const change = interviewsRecord.change.parse(raw);
    if (change.do !== 'draw') return undefined;
    const { group, dice, count } = change;
    const mark = interviewMark(nextSheet(documents.interviews.body));
    return { group, mark, dice, count, schools: withinOf(change, documents) };
  },
};

function withinOf({ sampleSchools }: { readonly sampleSchools: boolean }, documents: InspectionDocuments) {
  return sampleSchools ? sampleSchoolsOf(documents.sample.body) : null;
}

async function drawFromRoll(
  deps: Deps,
  campaign: Campaign,
  county: CampaignCounty,
  frame: NonNullable<CampaignCounty['frame']>,
  { group, mark, dice, count, schools }: Wanted,
): Promise<RollDraw> {
  const seed = rollSeed(frame.root, dice, mark);
  const within = schools && new Set(schools);
  const drawer = createRollDrawer(
    seed,
    count,
    (c) => c.group === group && (within === null || c.affiliations.some((a) => within.has(a.school))),
  );
  const hasher = createFrameHasher(campaignKey(deps, campaign, 'contacts'));
  const yieldToEventLoop = createYielder();
  for await (const contact of frameEntries(deps, campaign.id, county.code)) {
    hasher.add(contact);
    drawer.add(contact);
    await yieldToEventLoop();
  }
  assertFrozenRoll(frame, hasher.result());
  return { root: toHex(frame.root), dice: readDice(dice), seed: toHex(seed), ...drawer.result() };
}
