/**
 * Builds the demonstration through the operations that routes and commands call, with the service's clock set back three weeks.
 * It has one released campaign and one that is open, and further ones in each other state (more.ts). Each step is done by the
 * role responsible for it.
 */
import { parse } from 'csv-parse/sync';
import type { Service } from '../../compose.ts';
import { serviceDay } from '../../domain/time-zone.ts';
import { systemActor, type Actor } from '../../domain/campaign/permissions.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { Group, Location } from '../../domain/model/vocabulary.ts';
import { submitAnswer } from '../../operations/answer/answering.ts';
import {
  createCampaign,
  getCampaign,
  openCampaign,
  releaseCampaign,
} from '../../operations/campaign/campaigns.ts';
import { closeCampaign } from '../../operations/campaign/closing.ts';
import { pseudonymOf } from '../../domain/code/pseudonym.ts';
import { contactPages, exportMessages, type MessageRequest } from '../../operations/code/codes.ts';
import { campaignKey } from '../../operations/campaign/lookup.ts';
import { unsealCode } from '../../operations/evidence/sealing.ts';
import { drawSample } from '../../operations/draw/draw.ts';
import { freezeFrame } from '../../operations/frame/frame.ts';
import { createResurvey } from '../../operations/inspection/rectification.ts';
import { createLinks } from '../../operations/code/links.ts';
import type { AnswerPlace } from '../../operations/answer/open-campaigns.ts';
import { confirmTime } from '../../operations/service/service-time.ts';
import { takeSnapshots } from '../../operations/summary/rates.ts';
import { applyRoll, readRoll } from '../../operations/frame/roll.ts';
import { importSchools } from '../../operations/frame/schools.ts';
import type { SentPressure } from '../../domain/model/answer.ts';
import type { Campaign } from '../../domain/model/campaign.ts';
import { readCampaignTemplate } from '../campaign-file.ts';
import { createAnswerer, type Answerer } from './answers.ts';
import { counties, schoolsOf, type CountyPlan } from './counties.ts';
import { buildInspection, buildProgramme, buildRectification } from './inspection.ts';
import { buildOnsite, openSpot } from './onsite.ts';
import { createRandom } from './random.ts';
import { doubtSchool, enterSheets, handleComments, makeVoid, remind, reportDelivery } from './more.ts';
import { dice, rollFiles, schoolFile } from './rolls.ts';
import { actorFor, type Login } from './users.ts';

export interface DemoClock {
  /** Milliseconds since 1970; null: the real time. */
  at: number | null;
}

export interface DemoCampaigns {
  readonly closed: CampaignId;
  readonly open: CampaignId;
}

const day = 24 * 3_600_000;
const groups: readonly Group[] = ['parent', 'teacher', 'principal', 'deputy', 'public'];

export async function buildDemo(
  service: Service,
  clock: DemoClock,
  logins: readonly Login[],
  scale: number,
): Promise<DemoCampaigns> {
  const { deps } = service;
  const today = Date.parse(`${serviceDay(Date.now())}T00:00:00+08:00`);
  const admin = await actorFor(deps, logins, 'admin');
  /** Null: the present. The date is confirmed, as a person would after a jump; otherwise nothing due would be done. */
  const setClock = async (at: number | null) => {
    clock.at = at;
    await confirmTime(deps, admin, serviceDay(deps.now()));
  };
  /** This many days ago, at this hour in the service's time zone. */
  const goTo = (daysAgo: number, hour: number) => setClock(today - daysAgo * day + hour * 3_600_000);
  const operator = await actorFor(deps, logins, 'operator-1');
  const second = await actorFor(deps, logins, 'operator-2');
  const inspector = await actorFor(deps, logins, 'inspector');
  const interviewer = await actorFor(deps, logins, 'interviewer');
  const inAll = { service, operator, inspector, logins, scale };

  // An earlier round of two counties, with somewhat lower scores, for comparison; smaller, like all that follows.
  const small = { ...inAll, scale: Math.min(scale, 0.6) };
  await goTo(60, 9);
  const before = await createCampaign(
    deps,
    operator,
    draft('上一轮', counties.slice(0, 2), today - 50 * day, 200),
  );
  await runThrough(
    small,
    before,
    counties.slice(0, 2).map((plan) => ({ ...plan, score: plan.score - 4, mobilised: false })),
    goTo,
    [58, 50],
  );
  await goTo(49, 10);
  await releaseCampaign(deps, second, before.id);
  const tiny = { ...inAll, scale: Math.min(scale, 0.35) };
  const last = counties.slice(-1);
  await goTo(34, 9);
  const wrong = await createCampaign(deps, operator, draft('作废', last, today - 26 * day, 150));
  for (const plan of last) await prepare(tiny, wrong, plan);
  await goTo(33, 9);
  await openCampaign(deps, operator, wrong.id);
  await makeVoid(deps, operator, second, wrong);
  await goTo(32, 9);
  const own = await createCampaign(deps, operator, draft('自查', last, today - 26 * day, 150));
  await runThrough(
    tiny,
    own,
    last.map((plan) => ({ ...plan, response: 0.8, smsOnly: false })),
    goTo,
    [31, 26],
  );

  await goTo(24, 9);
  const past = await createCampaign(deps, operator, draft('上次', counties, today - 12 * day, 150));
  await Promise.all(counties.map((plan) => prepare(inAll, past, plan)));
  await goTo(21, 9);
  await openCampaign(deps, operator, past.id);
  const fields = [];
  for (const plan of counties) fields.push(await invite(inAll, past, plan, 1));
  for (const field of fields) await field.answer(0, 0.55);
  await goTo(20, 7);
  await takeSnapshots(deps);
  await goTo(18, 10);
  for (const plan of counties) await send(inAll, past.id, plan.code, 'reminder');
  for (const field of fields) await field.answer(0.55, 1);
  for (const field of fields) await field.answerAgain();
  await goTo(17, 7);
  await takeSnapshots(deps);
  for (const [i, plan] of counties.entries())
    await reportDelivery(deps, operator, past, plan.code, fields[i]!.phones);
  const [mobilised] = counties;
  const doubted = schoolsOf(mobilised!, scale)[1]!.name;
  await doubtSchool(deps, inspector, past, mobilised!.code, doubted);
  // On the last morning those of one school answer again, and some say why.
  await goTo(12, 9);
  await fields[0]!.answerPressed(doubted);
  await goTo(12, 18);
  await closeCampaign(deps, operator, past.id);
  await handleComments(deps, inspector, past, counties[1]!.code);
  await goTo(9, 10);
  await releaseCampaign(deps, second, past.id);
  await buildInspection(deps, { operator, inspector }, past.id, scale);
  await buildOnsite(deps, { operator, inspector, interviewer }, past.id);
  const spot = await openSpot(service, { operator, interviewer }, past.id, today - 9 * day + 20 * 3_600_000);
  await goTo(9, 20.5);
  await closeCampaign(deps, operator, spot.id);
  await releaseCampaign(deps, second, spot.id);
  const [, passing, failing] = counties;
  await buildProgramme(deps, { operator, inspector }, past.id, passing!);
  await buildRectification(deps, { operator, inspector }, past.id, failing!);
  const again = await createResurvey(deps, operator, past.id, failing!.code, {
    name: `${failing!.name}满意度复查调查（演示）`,
    closesAt: today - 6 * day + 18 * 3_600_000,
  });
  await runThrough(tiny, again, [{ ...failing!, score: failing!.score + 6, response: 0.85 }], goTo, [8, 6]);
  await goTo(5, 8);
  await releaseCampaign(deps, second, again.id);

  await goTo(5, 9);
  const asked = counties.slice(0, 2);
  const now = await createCampaign(deps, second, draft('本次', asked, today + 8 * day, 170));
  await Promise.all(asked.map((plan) => prepare(inAll, now, plan)));
  await goTo(4, 9);
  await openCampaign(deps, second, now.id);
  const running = [];
  for (const plan of asked) {
    await createLinks(deps, second, now.id, plan.code, ['parent']);
    running.push({ plan, field: await invite(inAll, now, plan, 2) });
  }
  // A little fewer each day, so that the daily line and its forecast have something to show.
  for (const [from, to, daysAgo] of [
    [0, 0.2, 3],
    [0.2, 0.33, 2],
    [0.33, 0.41, 1],
  ] as const) {
    for (const { field } of running) await field.answer(from, to);
    await goTo(daysAgo, 7);
    await takeSnapshots(deps);
  }
  await goTo(1, 9.5);
  await remind(deps, second, now, asked[1]!.code);
  for (const { plan, field } of running) {
    await field.answer(0.41, 0.45);
    await reportDelivery(deps, second, now, plan.code, field.phones);
    if (plan === asked[0])
      await enterSheets(
        service,
        interviewer,
        field.unanswered.slice(0, 6),
        createAnswerer(plan, 9),
        'assisted',
      );
  }
  await setClock(null);
  const next = await createCampaign(
    deps,
    second,
    draft('下一轮', counties.slice(0, 3), today + 40 * day, 200),
  );
  await prepare(small, next, counties[1]!, 'rolls');
  return { closed: past.id, open: now.id };
}

/** From rolls to close, with one wave of answers. */
async function runThrough(
  field: Field,
  campaign: Campaign,
  plans: readonly CountyPlan[],
  goTo: (daysAgo: number, hour: number) => Promise<void>,
  [opens, closes]: readonly [number, number],
): Promise<void> {
  const { deps } = field.service;
  for (const plan of plans) await prepare(field, campaign, plan);
  await goTo(opens, 9);
  await openCampaign(deps, field.operator, campaign.id);
  for (const plan of plans) await (await invite(field, campaign, plan, 5)).answer(0, 1);
  await goTo(closes, 18);
  await closeCampaign(deps, field.operator, campaign.id);
}

/** Additions of some who were told what to answer; most add nothing. */
const told = ['老师在群里发了怎么选，要求截图', '', '让孩子带话，全选第一个', ''];

/** Name and purpose of each survey. */
const surveys = {
  上一轮: ['义务教育公众满意度调查（演示，上一轮）', 'city-review'],
  上次: ['义务教育公众满意度调查（演示，已结束）', 'provincial-evaluation'],
  作废: ['义务教育公众满意度自查（演示，作废）', 'self-check'],
  自查: ['义务教育公众满意度自查（演示，未发布）', 'self-check'],
  本次: ['义务教育公众满意度复查（演示，进行中）', 're-survey'],
  下一轮: ['义务教育公众满意度调查（演示，筹备中）', 'national-check'],
} as const;

function draft(which: keyof typeof surveys, plans: readonly CountyPlan[], closesOn: number, keptFor: number) {
  const closesAt = closesOn + 18 * 3_600_000;
  return readCampaignTemplate({
    name: surveys[which][0],
    purpose: surveys[which][1],
    commissioner: '澜江市教育督导室',
    commissionerPhone: '000-1234567',
    closesAt,
    storageUntil: closesAt + keptFor * day,
    selfAdministered: false,
    demo: true,
    profile: 'basic-2012',
    questionnaires: groups.map((group) => ({ document: `${group}-2012`, groups: [group] })),
    counties: plans.map((plan) => ({
      code: plan.code,
      name: plan.name,
      residents: { count: plan.residents, asOf: '2020-11-01' },
      slips: [{ group: 'public', count: 80 }],
    })),
  });
}

interface Field {
  readonly service: Service;
  readonly operator: Actor;
  readonly inspector: Actor;
  readonly logins: readonly Login[];
  readonly scale: number;
}

/** Schools and rolls by the county's own official if it has one, freeze by the operator, dice by the inspector. */
async function prepare(
  field: Field,
  campaign: Campaign,
  plan: CountyPlan,
  upTo: 'rolls' | 'draw' = 'draw',
): Promise<void> {
  const { service, operator, inspector, logins, scale } = field;
  const { deps } = service;
  const own = logins.find((l) => l.role === 'official' && l.counties.includes(plan.code));
  const clerk = own ? await actorFor(deps, logins, own.login) : operator;
  const schools = schoolsOf(plan, scale);
  const { faults } = await importSchools(deps, clerk, campaign.id, plan.code, schoolFile(plan, schools));
  if (faults.length > 0) throw new Error(`schools of ${plan.name}: ${JSON.stringify(faults[0])}`);
  for (const { group, file } of rollFiles(plan, schools)) {
    const staged = await readRoll(deps, clerk, { ...file, campaign: campaign.id, county: plan.code, group });
    await applyRoll(deps, clerk, staged.id, { keepGood: true, reason: '演示数据，电话号码为虚构' });
  }
  if (upTo === 'rolls') return;
  await freezeFrame(deps, operator, campaign.id, plan.code);
  await drawSample(deps, inspector, campaign.id, plan.code, dice(createRandom(Number(plan.code) + 13)));
}

interface Invited {
  readonly code: string;
  readonly school: string;
  readonly location: Location | null;
}

async function send(
  field: Field,
  campaign: CampaignId,
  county: CountyCode,
  kind: MessageRequest['kind'],
): Promise<readonly (readonly string[])[]> {
  const request: MessageRequest = { campaign, county, kind, format: 'csv', language: 'zh-CN' };
  const file = await exportMessages(field.service.deps, field.operator, request);
  return readRows(file.body);
}

function readRows(body: readonly Uint8Array[]): readonly (readonly string[])[] {
  return parse(Buffer.concat(body), { bom: true, from_line: 2 });
}

interface Fieldwork {
  /** The answers of this fraction, 0 to 1, of those who will answer. */
  answer(from: number, to: number): Promise<void>;
  /** Some change their minds. */
  answerAgain(): Promise<void>;
  /** Most parents of one school answer again, and a third of them say that they were told what to answer. */
  answerPressed(school: string): Promise<void>;
  /** Contacts who got a message. */
  readonly phones: readonly string[];
  /** Codes of people who do not answer by themselves. */
  readonly unanswered: readonly string[];
}

async function invite(field: Field, campaign: Campaign, plan: CountyPlan, wave: number): Promise<Fieldwork> {
  const { campaigns } = field.service.deps;
  const rows = [...(await send(field, campaign.id, plan.code, 'invitation'))];
  const printed = await send(field, campaign.id, plan.code, 'slips');
  rows.push(...printed.filter(([phone, , , , school]) => !plan.smsOnly || (phone === '' && school === '')));
  const locations = new Map(schoolsOf(plan, field.scale).map((s) => [s.name, s.location]));
  const invited = rows.map(([, , code = '', , school = '']): Invited => ({
    code,
    school,
    location: locations.get(school) ?? null,
  }));
  const answerer = createAnswerer(plan, wave);
  // Contacts who got nothing do not answer: the rate is of all drawn contacts.
  const chosen = mixed(everyOther(invited, plan.smsOnly ? plan.response / 0.92 : plan.response));
  const again = everyOther(chosen, plan.reanswer);
  const answering = new Set(chosen);

  const placeOf = async (code: string): Promise<AnswerPlace> => {
    const place = await campaigns.findByCode(code);
    if (!place) throw new Error('a code of the demonstration is not known');
    return place;
  };
  const submitAll = async (
    people: readonly Invited[],
    write: Writer,
    pressure: (person: Invited) => Omit<SentPressure, 'id'> | null = () => null,
  ): Promise<void> => {
    for (let from = 0; from < people.length; from += 256) {
      const part = people.slice(from, from + 256);
      const places = await Promise.all(part.map((p) => placeOf(p.code)));
      await Promise.all(
        places.map((place, i) =>
          submit(field.service, place, write(answerer, place, part[i]!), pressure(part[i]!)),
        ),
      );
    }
  };
  const rehearsing = new Set(plan.mobilised ? again : []);
  return {
    answer: (from, to) =>
      submitAll(
        chosen.slice(Math.floor(from * chosen.length), Math.floor(to * chosen.length)),
        (a, place, person) =>
          rehearsing.has(person) ? a.rehearsed(place.questionnaire.document) : own(a, place, person),
      ),
    answerAgain: () => submitAll(again, own),
    answerPressed: (school) => {
      const pressed = chosen.filter((person) => person.school === school);
      const third = new Set(pressed.filter((_, i) => i % 3 === 0));
      return submitAll(pressed, own, (person) =>
        third.has(person) ? { source: 'school', body: told[pressed.indexOf(person) % told.length]! } : null,
      );
    },
    phones: rows.flatMap(([phone = '']) => (/^\d{11}$/.test(phone) ? [phone] : [])),
    unanswered: invited.filter((person) => !answering.has(person)).map(({ code }) => code),
  };
}

type Writer = (answerer: Answerer, place: AnswerPlace, person: Invited) => ReturnType<Answerer['answer']>;

const own: Writer = (answerer, place, person) =>
  answerer.answer(place.questionnaire.document, place.stratum.group, person.location);

async function submit(
  service: Service,
  place: AnswerPlace,
  { fields }: ReturnType<Answerer['answer']>,
  pressure: Omit<SentPressure, 'id'> | null,
): Promise<void> {
  const sheet = place.questionnaire.parser.parseForm(fields);
  if (!sheet.ok) throw new Error(`answer of the demonstration: ${JSON.stringify(sheet.issues[0])}`);
  const result = await submitAnswer(service.deps, place, { ...sheet, pressure });
  if (result !== 'stored') throw new Error(`answer of the demonstration: ${result}`);
}

/** Exactly this share, spread over the whole list. */
function everyOther<T>(list: readonly T[], share: number): readonly T[] {
  return list.filter((_, i) => Math.floor((i + 1) * share) > Math.floor(i * share));
}

/** Another order, in which every part of the list is a cross-section. */
function mixed<T>(list: readonly T[]): readonly T[] {
  const keyed = list.map((entry, i) => ({ entry, key: (i * 0.618_033_988_749_895) % 1 }));
  return keyed.sort((a, b) => a.key - b.key).map(({ entry }) => entry);
}

/** A code of a parent who has not answered yet, to try the questionnaire. */
export async function findParentCode(service: Service, campaign: CampaignId): Promise<string | null> {
  const { deps } = service;
  const county = counties[0]!.code;
  const found = await getCampaign(deps, systemActor, campaign);
  const [contacts, pseudonym] = [campaignKey(deps, found, 'contacts'), campaignKey(deps, found, 'pseudonym')];
  for await (const page of contactPages(deps, found, { county, kind: 'invitation' }))
    for (const { entry, group, sealedCode } of page) {
      if (group !== 'parent') continue;
      const code = unsealCode(contacts, entry, sealedCode);
      const [answered] = await deps.storage.haveAnswered(campaign, county, [pseudonymOf(pseudonym, code)]);
      if (answered !== true) return code;
    }
  return null;
}
