/**
 * The inspectors' work on site in the demonstration: the first county has held its symposiums and interviews, the second only
 * some of them.
 */
import type { Actor } from '../../domain/campaign/permissions.ts';
import type { InterviewOutcome } from '../../domain/inspection/interviews.ts';
import type { InspectionRecord } from '../../domain/inspection/record-names.ts';
import type { SymposiumKind, noteDimensions } from '../../domain/inspection/symposiums.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { Service } from '../../compose.ts';
import type { Campaign } from '../../domain/model/campaign.ts';
import { campaignKey } from '../../operations/campaign/lookup.ts';
import { contactPages } from '../../operations/code/codes.ts';
import type { Deps } from '../../operations/deps.ts';
import { unsealCode } from '../../operations/evidence/sealing.ts';
import { makeSpotSurvey } from '../../operations/inspection/spot.ts';
import { noteCall, showNumber } from '../../operations/inspection/calls.ts';
import { changeInspection } from '../../operations/inspection/inspection.ts';
import { createAnswerer } from './answers.ts';
import { counties } from './counties.ts';
import { enterSheets } from './more.ts';
import { createRandom } from './random.ts';
import { dice } from './rolls.ts';

interface OnsiteActors {
  readonly operator: Actor;
  readonly inspector: Actor;
  readonly interviewer: Actor;
}

type Note = readonly [(typeof noteDimensions)[number], 'highlight' | 'problem', string];
const symposiums: readonly (readonly [SymposiumKind, string, number, readonly Note[]])[] = [
  [
    'deputies',
    '09:00',
    50,
    [
      ['government-effort', 'highlight', '近三年新建、改扩建学校列入民生实事，代表逐项督办'],
      ['school-choice', 'problem', '城区个别小学班额仍超过 50 人，周边学校学位有空余'],
    ],
  ],
  [
    'principals',
    '10:30',
    55,
    [
      ['conditions-gap', 'highlight', '公用经费按时足额拨付，小规模学校按 100 人核拨'],
      ['teacher-gap', 'problem', '乡村学校音乐、美术教师不足，由其他学科教师兼任'],
    ],
  ],
  [
    'teachers',
    '14:30',
    60,
    [
      ['quality', 'highlight', '联片教研每月一次，乡村教师都能参加'],
      ['regulation', 'problem', '填表、评比占用备课时间'],
    ],
  ],
  ['parents', '16:00', 45, [['regulation', 'problem', '三年级以上有的班级书面作业超过一小时']]],
];

export async function buildOnsite(
  deps: Deps,
  { operator, inspector, interviewer }: OnsiteActors,
  id: CampaignId,
): Promise<void> {
  for (const [i, plan] of counties.slice(0, 2).entries()) {
    const random = createRandom(Number(plan.code) + 47);
    const put = (actor: Actor, record: InspectionRecord, change: unknown) =>
      changeInspection(deps, actor, id, plan.code, record, change);
    await put(inspector, 'sample', { do: 'draw', dice: dice(random), count: 6 });
    const schools = await deps.storage.listSchools(id, plan.code);
    await put(operator, 'sample', {
      do: 'locate',
      places: schools.map((s) => ({
        school: s.id,
        lat: Math.round((30.1 + 0.35 * random.next()) * 10_000) / 10_000,
        lon: Math.round((110.4 + 0.45 * random.next()) * 10_000) / 10_000,
      })),
    });
    for (const [j, [kind, at, lasted, notes]] of symposiums.entries()) {
      const no = j + 1;
      const meeting = { kind, on: '2026-11-18', at, minutes: 60, place: `${plan.name}教育局二楼会议室` };
      await put(operator, 'symposiums', { do: 'plan', ...meeting });
      // In the second county the parents' symposium is only planned.
      if (i > 0 && kind === 'parents') continue;
      await put(inspector, 'symposiums', {
        ...{ do: 'draw', no, dice: dice(random), count: 12, sampleSchools: kind === 'parents' },
      });
      await put(inspector, 'symposiums', {
        do: 'hold',
        no,
        present: random.whole(8, 11),
        lasted,
        names: null,
      });
      for (const [dimension, mark, text] of notes)
        await put(inspector, 'symposiums', { do: 'note', no, dimension, mark, text });
    }
    if (i === 0) await callSome(deps, { inspector, interviewer }, id, plan.code, dice(random));
  }
}

const outcomes: readonly InterviewOutcome[] = ['complete', 'not-reached', 'complete', 'refused', 'complete'];

async function callSome(
  deps: Deps,
  { inspector, interviewer }: Omit<OnsiteActors, 'operator'>,
  id: CampaignId,
  county: CountyCode,
  thrown: string,
): Promise<void> {
  await changeInspection(deps, inspector, id, county, 'interviews', {
    ...{ do: 'draw', group: 'parent', dice: thrown, count: 12, sampleSchools: false },
  });
  for (const [i, outcome] of outcomes.entries()) {
    const call = { list: 'interviews', no: 1, at: i + 1 } as const;
    await showNumber(deps, interviewer, id, county, call);
    await noteCall(deps, interviewer, id, county, { ...call, outcome });
  }
  const schools = await deps.storage.listSchools(id, county);
  await changeInspection(deps, inspector, id, county, 'interviews', {
    ...{ do: 'gate', on: '2026-11-18', school: schools[0]!.id, approached: 34, refused: 10, slips: 24 },
    note: '放学时段，校门外',
  });
}

/** The first county's spot survey, open: some slips are returned on paper, and some answers are given to an interviewer. */
export async function openSpot(
  service: Service,
  { operator, interviewer }: Pick<OnsiteActors, 'operator' | 'interviewer'>,
  id: CampaignId,
  closesAt: number,
): Promise<Campaign> {
  const { deps } = service;
  const [plan] = counties;
  const slips = [
    { group: 'parent' as const, count: 80 },
    { group: 'teacher' as const, count: 40 },
  ];
  const spot = await makeSpotSurvey(deps, operator, id, plan!.code, { slips, closesAt });
  const key = campaignKey(deps, spot, 'contacts');
  const codes: string[] = [];
  for await (const page of contactPages(deps, spot, { county: plan!.code, kind: 'slips' }))
    for (const { entry, sealedCode } of page) codes.push(unsealCode(key, entry, sealedCode));
  // People met on the spot are less satisfied than the mobilised county's own survey says.
  const answerer = createAnswerer({ ...plan!, score: plan!.score - 9, mobilised: false }, 13);
  const told = Math.round(codes.length * 0.3);
  await enterSheets(service, interviewer, codes.slice(0, told), answerer, 'assisted');
  await enterSheets(
    service,
    interviewer,
    codes.slice(told, Math.round(codes.length * 0.95)),
    answerer,
    'paper',
  );
  return spot;
}
