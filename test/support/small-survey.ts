/** A census of parents in one county, step by step through the operations: for tests of what happens when a step is stopped, or raced. */
import { parse } from 'csv-parse/sync';
import type { CampaignId, CountyCode } from '../../src/domain/model/ids.ts';
import type { Finding } from '../../src/domain/inspection/findings.ts';
import { compileQuestionnaire } from '../../src/domain/questionnaire/compile.ts';
import { createCampaign, openCampaign } from '../../src/operations/campaign/campaigns.ts';
import { exportMessages } from '../../src/operations/code/codes.ts';
import type { Deps } from '../../src/operations/deps.ts';
import { drawSample } from '../../src/operations/draw/draw.ts';
import { freezeFrame } from '../../src/operations/frame/frame.ts';
import { applyRoll, readRoll } from '../../src/operations/frame/roll.ts';
import { importSchools } from '../../src/operations/frame/schools.ts';
import { load, sampleDocument } from '../domain/questionnaire/sample.ts';
import { actorsOf } from './actors.ts';
import { readTemplate } from './world.ts';

export const county = '990101' as CountyCode;
export const actors = actorsOf([county]);
export const dice = '3161 2455 1362 4415 2361 5542';
/** Every type of item; see sample.ts. The rating that is asked after an answer may not count in the score. */
function surveyDocument() {
  const document = sampleDocument();
  const bus = document.items.find(({ id }) => id === 'bus')!;
  Object.assign(bus, { scored: false, dimension: 'near' });
  return { ...document, dimensions: document.dimensions.filter(({ id }) => id === 'near') };
}
export const questionnaire = compileQuestionnaire(load(surveyDocument()));
/** Parents of a roll that takes several chunks to read, apply and draw. */
export const rollSize = 2_100;
const day = 86_400_000;

export function censusProfile(): Record<string, unknown> {
  const { questionnaireRegime: _, ...basic } = readTemplate('profiles/basic-2012.json') as Record<
    string,
    unknown
  >;
  const title = { 'zh-CN': '均值', en: 'Mean' };
  const points = { great: 100, good: 75, fair: 50, poor: 0, bad: 0 };
  return {
    ...basic,
    regime: 'test',
    formulas: [{ id: 'mean', title, kind: 'mean', points, dontKnow: 'exclude', unit: 'answers' }],
    official: 'mean',
    groups: [{ group: 'parent', weight: 1, required: true }],
    requiredGroupsWithoutQuestionnaire: [],
    quota: { kind: 'census' },
    replacementRatio: 0,
    minimumCell: 5,
  };
}

export async function addCampaign(deps: Deps): Promise<CampaignId> {
  const { id } = await createCampaign(deps, actors.operator, {
    name: '满意度调查',
    purpose: 'city-review',
    commissioner: '示范市教育督导室',
    commissionerPhone: '0531-88886666',
    closesAt: deps.now() + 14 * day,
    storageUntil: deps.now() + 400 * day,
    selfAdministered: false,
    demo: true,
    profile: censusProfile(),
    questionnaires: [{ document: surveyDocument(), groups: ['parent'] }],
    counties: [{ code: county, name: '云溪县', residents: null, slips: [] }],
  });
  const schools = [
    '学校代码,学校名称,乡镇',
    'S1,第一小学,城关镇',
    'S2,第二小学,河口镇',
    'S3,第三中学,青山乡',
  ];
  const { faults } = await importSchools(deps, actors.operator, id, county, {
    fileName: 'schools.csv',
    source: bytesOf(schools.join('\n')),
  });
  if (faults.length > 0) throw new Error(JSON.stringify(faults));
  return id;
}

/** Of a county with an item to ask again (`addFinding`), as its page promised the id. */
export const resurvey = {
  name: '复查',
  closesAt: Date.parse('2027-06-01T18:00:00+08:00'),
  id: 'resvrvey2027' as CampaignId,
};

/** An item on the list of rectification, without a summary that it was found in. */
export async function addFinding(deps: Deps, campaign: CampaignId): Promise<void> {
  const [item] = questionnaire.items;
  const finding: Finding = {
    ...({ kind: 'item', ref: `item:parent:${item!.id}`, group: 'parent', item: item!.id } as const),
    title: { 'zh-CN': '上学路', en: 'Way' },
    found: { 'zh-CN': '60 分', en: '60 points' },
  };
  await deps.storage.changeInspection({ actor: actors.inspector, at: deps.now() }, campaign, county, {
    record: 'rectification',
    change: { do: 'collect' },
    version: null,
    reason: null,
    computed: { findings: [finding], count: 0 },
  });
}

export function rollOf(parents: number): string {
  const rows = Array.from({ length: parents }, (_, i) => `S${(i % 3) + 1},${phoneOf(i)}`);
  return ['学校代码,家长电话', ...rows].join('\n');
}

export function phoneOf(i: number): string {
  return `1390${String(1_000_000 + i)}`;
}

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text, 'utf8');
}

export async function stageRoll(deps: Deps, campaign: CampaignId, parents: number): Promise<string> {
  const { id } = await readRoll(deps, actors.operator, {
    campaign,
    county,
    group: 'parent',
    fileName: 'parents.csv',
    source: bytesOf(rollOf(parents)),
  });
  return id;
}

export async function freeze(deps: Deps, campaign: CampaignId, parents: number): Promise<void> {
  await applyRoll(deps, actors.operator, await stageRoll(deps, campaign, parents), {
    keepGood: false,
    reason: 'an invented roll',
  });
  await freezeFrame(deps, actors.operator, campaign, county);
}

export async function draw(deps: Deps, campaign: CampaignId): Promise<void> {
  await drawSample(deps, actors.inspector, campaign, county, dice);
}

/** The codes in the order of the roll. */
export async function exportCodes(deps: Deps, campaign: CampaignId): Promise<readonly string[]> {
  const file = await exportMessages(deps, actors.operator, {
    campaign,
    county,
    kind: 'invitation',
    format: 'csv',
  });
  const columns = ['phone', 'text', 'code', 'link', 'school', 'group', 'row'];
  return parse<Record<string, string>>(Buffer.concat(file.body), { bom: true, from_line: 2, columns })
    .sort((a, b) => (a['phone']! < b['phone']! ? -1 : 1))
    .map((row) => row['code']!);
}

/** Everything up to answering. */
export async function openSmallSurvey(
  deps: Deps,
  parents: number,
): Promise<{ readonly campaign: CampaignId; readonly codes: readonly string[] }> {
  const campaign = await addCampaign(deps);
  await freeze(deps, campaign, parents);
  await draw(deps, campaign);
  await openCampaign(deps, actors.operator, campaign);
  return { campaign, codes: await exportCodes(deps, campaign) };
}

/** The same numbers in every run: mulberry32. */
export function seededNumbers(seed: number): (below: number) => number {
  let a = seed >>> 0;
  return (below) => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** An answer sheet of the sample questionnaire as a program sends it; whatever is not asked is left out of the stored answers. */
export function randomAnswers(below: (n: number) => number): Record<string, unknown> {
  const pick = <T>(list: readonly T[]): T => list[below(list.length)]!;
  const dishes = ['d1', 'd2', 'd3', 'd4', 'd5', 'd6', 'd7', 'd8', 'd9'];
  const first = below(7);
  return {
    way: pick(['great', 'good', 'fair', 'poor', 'dont-know']),
    bus: pick(['good', 'bad', 'unsure', null]),
    why: pick(['', '太远']),
    meal: pick(['home', 'school', 'varies', null]),
    dishes: dishes.slice(first, first + 2 + below(2)),
    price: pick([null, 1 + below(300)]),
    comments: pick(['', `意见${below(100)}`]),
  };
}
