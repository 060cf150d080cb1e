/**
 * The draw of a county: one seed, stored before anything is drawn from it; then strata, contacts and codes in bounded chunks. An
 * interrupted draw is repeated from the stored seed and gives the same contacts. Their codes are new, because none is handed out
 * before the draw is finished.
 */
import { AppError } from '../../domain/errors.ts';
import {
  createStratumCounter,
  createStratumDrawer,
  planStrata,
  type StratumCell,
} from '../../domain/frame/draw.ts';
import { createBallot, leastStratum } from '../../domain/frame/ballot.ts';
import { assertFrozenRoll } from '../../domain/frame/decide-freeze.ts';
import { assertMay, type Actor } from '../../domain/campaign/permissions.ts';
import {
  buildOpenLinkStrata,
  buildReportingStrata,
  findReportingStratum,
  type IssueCount,
} from '../../domain/frame/reporting-strata.ts';
import { compareBytes, readDice, seedFromDice } from '../../domain/frame/sample.ts';
import type { ReportingStratum, SamplingStratum } from '../../domain/frame/strata.ts';
import type { CampaignId, CountyCode, SchoolId } from '../../domain/model/ids.ts';
import type { RuleProfile } from '../../domain/scoring/rules/profile.ts';
import { computeQuota } from '../../domain/scoring/rules/quota.ts';
import type { CountedSet, Group } from '../../domain/model/vocabulary.ts';
import type { Campaign, CampaignCounty, SlipPlan } from '../../domain/model/campaign.ts';
import type { DrawnContact, FrameEntry } from '../../domain/model/contact.ts';
import type { IssuedCode } from '../../domain/model/code.ts';
import type { PlacedCanary } from '../../domain/model/canary.ts';
import type { School } from '../../domain/model/school.ts';
import type { Storage } from '../../storage/port/index.ts';
import { createYielder } from '../yield-to-event-loop.ts';
import { claim, processesOf } from '../claims.ts';
import { stamp, type Deps } from '../deps.ts';
import { publishCheckpoints } from '../evidence/evidence.ts';
import { createFrameHasher, frameEntries } from '../frame/frame.ts';
import { campaignKey, getCampaignCounty, getProfile, questionnaireOf } from '../campaign/lookup.ts';
import { createCodeMaker } from './new-codes.ts';
import { sealCode } from '../evidence/sealing.ts';

const chunkSize = 250;

export interface DrawView {
  readonly county: CampaignCounty;
  readonly sampling: readonly SamplingStratum[];
  readonly reporting: readonly ReportingStratum[];
}

/** Draws in progress in this process, and their progress. */
const running = new WeakMap<Storage, Map<string, Progress>>();

/** Steps of a draw, by their share of its time. */
const parts = { check: 20, count: 15, draw: 20, codes: 20, store: 25 } as const;
type Part = keyof typeof parts;

interface Progress {
  percent: number;
}
/** One more of the `total` of a step is done. */
type Tick = (part: Part, count: number, total: number) => void;

async function exclusively<T>(
  deps: Deps,
  id: CampaignId,
  county: CountyCode,
  work: (tick: Tick) => Promise<T>,
): Promise<T> {
  const own = running.get(deps.storage) ?? new Map<string, Progress>();
  running.set(deps.storage, own);
  const key = `${id}/${county}`;
  // A second one on the same county would delete the first one's codes.
  const only = await claim(deps, claimOf(id, county));
  if (only === null) throw new AppError('conflict', 'draw.running');
  const progress: Progress = { percent: 0 };
  own.set(key, progress);
  try {
    return await work((part, count, total) => {
      progress.percent += (parts[part] * count) / Math.max(1, total);
    });
  } finally {
    own.delete(key);
    await only.release();
  }
}

const claimOf = (id: CampaignId, county: CountyCode): string => `draw ${id}/${county}`;

/** Progress of the draw, 0–100; null: none is in progress. For another process's draw only that it is in progress. */
export async function readDrawPercent(
  deps: Deps,
  id: CampaignId,
  county: CountyCode,
): Promise<number | null> {
  const own = findDrawPercent(deps, id, county);
  return own === null && (await processesOf(deps).isClaimed(claimOf(id, county))) ? 0 : own;
}

/** Of this process. */
function findDrawPercent(deps: Pick<Deps, 'storage'>, id: CampaignId, county: CountyCode): number | null {
  return running.get(deps.storage)?.get(`${id}/${county}`)?.percent ?? null;
}

/**
 * frozen → drawing → drawn, by an inspector's dice. There is only one draw, whatever its result.
 * @throws AppError invalid `draw.dice`; conflict `draw.not-frozen`, `draw.done`, `draw.running`, `draw.residents-unknown`,
 * `draw.population-unknown`; corrupt `draw.frame-changed`, `draw.root-changed` if the roll is not the one that was frozen
 */
export async function drawSample(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  code: CountyCode,
  dice: string,
): Promise<DrawView> {
  assertMay(actor, 'draw.seed', code);
  return exclusively(deps, id, code, async (tick) => {
    const { campaign, county } = await getCampaignCounty(deps, actor, id, code);
    const digits = readDice(dice);
    if (campaign.state !== 'draft') throw new AppError('conflict', 'campaign.not-draft');
    if (county.draw !== null) throw new AppError('conflict', 'draw.done');
    if (county.frameState !== 'frozen' || county.frame === null)
      throw new AppError('conflict', 'draw.not-frozen');
    // A missing key or number is detected before the seed is used.
    campaignKey(deps, campaign, 'contacts');
    campaignKey(deps, campaign, 'pseudonym');
    const profile = await getProfile(deps, campaign.profile);
    const seed = seedFromDice(county.frame.root, digits);
    const cells = await countStrata(deps, campaign, county, seed, ticking(readFrozenRoll, 'check', tick));
    const { moves, quotas } = decideQuotas(campaign, county, profile, cells);
    await deps.storage.beginDraw(stamp(deps, actor), id, code, { dice: digits, seed, moves, quotas });
    await perform(deps, actor, id, code, tick);
    return readDraw(deps, actor, id, code);
  });
}

/**
 * Repeats an interrupted draw from its stored seed.
 * @throws AppError conflict `draw.not-interrupted`, `draw.running`
 */
export async function resumeDraw(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  code: CountyCode,
): Promise<DrawView> {
  assertMay(actor, 'draw.resume', code);
  return exclusively(deps, id, code, async (tick) => {
    const { county } = await getCampaignCounty(deps, actor, id, code);
    if (county.frameState !== 'drawing') throw new AppError('conflict', 'draw.not-interrupted');
    await deps.storage.resetDraw(id, code);
    tick('check', 1, 1);
    await perform(deps, actor, id, code, tick);
    return readDraw(deps, actor, id, code);
  });
}

/**
 * Finishes every draw that a stopped process left. One that cannot be finished is logged and left to a person.
 * @param failed draws to skip; failing ones are added
 */
export async function resumeDraws(deps: Deps, actor: Actor, failed = new Set<string>()): Promise<void> {
  assertMay(actor, 'draw.resume');
  for (const campaign of await deps.storage.listCampaigns()) {
    for (const county of campaign.counties) {
      if (county.frameState !== 'drawing') continue;
      const where = { campaign: campaign.id, county: county.code };
      const name = `${campaign.id} ${county.code}`;
      if (failed.has(name)) continue;
      try {
        await resumeDraw(deps, actor, campaign.id, county.code);
        deps.log.info(where, 'draw.resumed');
      } catch (err) {
        // Somebody is at it.
        if (err instanceof AppError && err.message === 'draw.running') continue;
        failed.add(name);
        deps.log.error({ ...where, err }, 'draw.resume-failed');
      }
    }
  }
}

export async function viewDraw(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  code: CountyCode,
): Promise<DrawView> {
  assertMay(actor, 'draw.view', code);
  return readDraw(deps, actor, id, code);
}

async function readDraw(deps: Deps, actor: Actor, id: CampaignId, code: CountyCode): Promise<DrawView> {
  const { county } = await getCampaignCounty(deps, actor, id, code);
  return { county, ...(await deps.storage.readStrata(id, code)) };
}

const locationsOf = (schools: readonly School[]) => new Map(schools.map((s) => [s.id, s.location]));

type ReadRoll = (
  deps: Deps,
  campaign: Campaign,
  county: CampaignCounty,
  use: (contact: FrameEntry) => void,
) => Promise<void>;

const readRoll: ReadRoll = async (deps, campaign, county, use) => {
  const yieldToEventLoop = createYielder();
  for await (const contact of frameEntries(deps, campaign.id, county.code)) {
    use(contact);
    await yieldToEventLoop();
  }
};

/**
 * The same for a roll that must be the frozen one.
 * @throws AppError corrupt `draw.frame-changed`, `draw.root-changed`
 */
const readFrozenRoll: ReadRoll = async (deps, campaign, county, use) => {
  const hasher = createFrameHasher(campaignKey(deps, campaign, 'contacts'));
  await readRoll(deps, campaign, county, (contact) => {
    hasher.add(contact);
    use(contact);
  });
  assertFrozenRoll(county.frame ?? { root: new Uint8Array(32), size: 0 }, hasher.result());
};

const ticking =
  (read: ReadRoll, part: Part, tick: Tick): ReadRoll =>
  (deps, campaign, county, use) =>
    read(deps, campaign, county, (contact) => {
      tick(part, 1, county.frame?.size ?? 1);
      use(contact);
    });

/** First pass. Contacts of groups without a questionnaire are in the frame, but in no stratum. */
async function countStrata(
  deps: Deps,
  campaign: Campaign,
  county: CampaignCounty,
  seed: Uint8Array,
  read: ReadRoll,
): Promise<readonly StratumCell[]> {
  const schools = await deps.storage.listSchools(campaign.id, county.code);
  const counter = createStratumCounter(seed, locationsOf(schools));
  await read(deps, campaign, county, (contact) => {
    if (questionnaireOf(campaign, contact.group)) counter.add(contact);
  });
  return counter.cells();
}

/** The profile's quotas, capped at the number of people: of the roll, plus slips for groups without a roll. */
function decideQuotas(
  campaign: Campaign,
  county: CampaignCounty,
  profile: RuleProfile,
  cells: readonly StratumCell[],
) {
  const population: Partial<Record<Group, number>> = {};
  for (const { group } of profile.groups) {
    const slips = slipsOf(campaign, county).find((s) => s.group === group)?.count ?? 0;
    population[group] = rollSize(cells, group) + slips;
  }
  const result = computeQuota(profile, county.residents?.count ?? null, population);
  if (!result.ok) {
    const params = { county: county.name, group: result.group ?? '' };
    throw new AppError('conflict', `draw.${result.why}`, { params });
  }
  const quotas = Object.fromEntries(result.groups.map((g) => [g.group, g.quota])) as Partial<
    Record<Group, number>
  >;
  return { moves: result.moves, quotas };
}

function rollSize(cells: readonly StratumCell[], group: Group): number {
  return cells.reduce((n, c) => n + (c.group === group ? c.size : 0), 0);
}

function slipsOf(campaign: Campaign, county: CampaignCounty): readonly SlipPlan[] {
  return county.slips.filter((s) => questionnaireOf(campaign, s.group));
}

interface Invited {
  readonly entry: Uint8Array;
  readonly group: Group;
  readonly school: SchoolId | null;
  readonly slipNo: number | null;
  readonly set: CountedSet;
  readonly samplingStratum: number;
  /** Its number within the campaign. */
  readonly questionnaire: number;
}

async function perform(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  code: CountyCode,
  tick: Tick,
): Promise<void> {
  const { campaign, county } = await getCampaignCounty(deps, actor, id, code);
  if (county.draw === null)
    throw new AppError('corrupt', 'draw.frame-changed', { params: { expected: 1, got: 0 } });
  const profile = await getProfile(deps, campaign.profile);
  const schools = await deps.storage.listSchools(id, code);
  const { sampling, invited } = await drawContacts(deps, campaign, county, profile, schools, tick);
  const reporting = reportingStrata(profile, campaign, schools, invited);
  await issueCodes(deps, campaign, code, reporting, invited, tick);
  const canaries = await placeCanaries(deps, id, code, sampling, reporting);
  await deps.storage.finishDraw(stamp(deps, actor), id, code, sampling, reporting, canaries);
  await publishCheckpoints(deps, id, code);
}

/**
 * Test contacts report like contacts of their school and group. One whose group has nobody drawn has no stratum, and gets no
 * code.
 */
async function placeCanaries(
  deps: Deps,
  id: CampaignId,
  code: CountyCode,
  sampling: readonly SamplingStratum[],
  reporting: readonly ReportingStratum[],
): Promise<readonly PlacedCanary[]> {
  return (await deps.storage.listCanaries(id, code)).flatMap(({ entry, group, school }) => {
    const samplingStratum = sampling.find((s) => s.group === group)?.no;
    const reportingStratum = findReportingStratum(reporting, group, school)?.no;
    return samplingStratum === undefined || reportingStratum === undefined
      ? []
      : [{ entry, samplingStratum, reportingStratum }];
  });
}

/**
 * Second pass, and the slips: who is invited, in which stratum and set. A function of root, dice, entries, profile and planned
 * slips.
 */
async function drawContacts(
  deps: Deps,
  campaign: Campaign,
  county: CampaignCounty,
  profile: RuleProfile,
  schools: readonly School[],
  tick: Tick,
): Promise<{ readonly sampling: readonly SamplingStratum[]; readonly invited: readonly Invited[] }> {
  const { seed, quotas } = county.draw as NonNullable<CampaignCounty['draw']>;
  const cells = await countStrata(deps, campaign, county, seed, ticking(readRoll, 'count', tick));
  const plan = planStrata(cells, quotas, profile.replacementRatio);
  const drawer = createStratumDrawer(seed, locationsOf(schools), plan);
  await ticking(readFrozenRoll, 'draw', tick)(deps, campaign, county, (contact) => {
    if (questionnaireOf(campaign, contact.group)) drawer.add(contact);
  });
  const yieldToEventLoop = createYielder();
  const ballot = createBallot(seed, campaign.questionnaires);
  const sampling: SamplingStratum[] = [];
  const invited: Invited[] = [];
  for (const { group, location, grade, size, n, drawn, replacements } of drawer.finish()) {
    const no = sampling.length + 1;
    sampling.push({
      no,
      group,
      location,
      grade,
      kind: 'frame',
      frameSize: size,
      quota: n,
      drawn: drawn.length,
      replacements: replacements.length,
    });
    for (const [set, contacts] of [
      ['drawn', drawn],
      ['replacement', replacements],
    ] as const) {
      const given = ballot.assign(group, set, contacts);
      for (const [i, { entry, school }] of contacts.entries())
        invited.push({
          ...{ entry, school, group, slipNo: null, set, samplingStratum: no },
          questionnaire: given[i]!,
        });
    }
    await yieldToEventLoop();
  }
  let slipNo = 0;
  for (const { group, count } of slipsOf(campaign, county)) {
    const no = sampling.length + 1;
    const quota = Math.max(0, (quotas[group] ?? 0) - rollSize(cells, group));
    sampling.push({
      no,
      group,
      location: null,
      grade: null,
      kind: 'slips',
      frameSize: null,
      quota,
      drawn: count,
      replacements: 0,
    });
    for (const questionnaire of ballot.slips(group, count)) {
      slipNo += 1;
      const entry = deps.randomBytes(16);
      invited.push({ entry, group, school: null, slipNo, set: 'drawn', samplingStratum: no, questionnaire });
    }
  }
  return { sampling, invited };
}

function reportingStrata(
  profile: RuleProfile,
  campaign: Campaign,
  schools: readonly School[],
  invited: readonly Invited[],
): readonly ReportingStratum[] {
  if (profile.sampling === 'self-selected') {
    const groups = campaign.questionnaires.flatMap((q) => q.groups);
    return buildOpenLinkStrata(schools, groups, profile.minimumCell);
  }
  const counts = new Map<string, IssueCount & { count: number }>();
  for (const { group, school, set } of invited) {
    const key = `${group}|${set}|${school ?? ''}`;
    const count = counts.get(key);
    if (count) count.count += 1;
    else counts.set(key, { group, school, set, count: 1 });
  }
  // Protected cells are protected in each arm.
  const least = leastStratum(campaign.questionnaires, profile.minimumCell);
  return buildReportingStrata(schools, [...counts.values()], least);
}

/** Contacts and pseudonyms are stored in unrelated orders. */
async function issueCodes(
  deps: Deps,
  campaign: Campaign,
  county: CountyCode,
  reporting: readonly ReportingStratum[],
  invited: readonly Invited[],
  tick: Tick,
): Promise<void> {
  const contactsKey = campaignKey(deps, campaign, 'contacts');
  const maker = createCodeMaker(deps, campaign.id, campaignKey(deps, campaign, 'pseudonym'));
  const place = createPlacer(reporting);
  const yieldToEventLoop = createYielder();
  const contacts: DrawnContact[] = [];
  const issued: IssuedCode[] = [];
  for (let from = 0; from < invited.length; from += chunkSize) {
    const part = invited.slice(from, from + chunkSize);
    const codes = await maker.make(part.length);
    for (const [i, one] of part.entries()) {
      const { entry, group, school, slipNo, set, samplingStratum, questionnaire } = one;
      const { code, pseudonym } = codes[i] as (typeof codes)[number];
      const reportingStratum = place(group, school);
      const slip = slipNo === null ? null : { group, no: slipNo };
      const sealedCode = sealCode(contactsKey, entry, code);
      contacts.push({ entry, slip, school, set, reportingStratum, sealedCode });
      issued.push({ pseudonym, samplingStratum, reportingStratum, questionnaire, set });
    }
    tick('codes', part.length, invited.length);
    await yieldToEventLoop();
  }
  contacts.sort((a, b) => compareBytes(a.entry, b.entry));
  issued.sort((a, b) => compareBytes(a.pseudonym, b.pseudonym));
  for (let from = 0; from < contacts.length; from += chunkSize) {
    const to = from + chunkSize;
    await deps.storage.saveDrawn(campaign.id, county, contacts.slice(from, to), issued.slice(from, to));
    tick('store', Math.min(chunkSize, contacts.length - from), contacts.length);
  }
}

/** findReportingStratum for many contacts, cached by group and school. */
function createPlacer(reporting: readonly ReportingStratum[]) {
  const known = new Map<string, number>();
  return (group: Group, school: SchoolId | null): number => {
    const key = `${group}|${school ?? ''}`;
    const found = known.get(key) ?? findReportingStratum(reporting, group, school)?.no;
    if (found === undefined) throw new Error(`no reporting stratum for ${group}`);
    known.set(key, found);
    return found;
  };
}
