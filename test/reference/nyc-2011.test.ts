/**
 * The main job on real input, from the roll to the figures, over the interface that respondents use. Held against what the City of New York
 * published of these answers in 2011: every question's score and every response rate of 62 schools.
 */
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CampaignId, CountyCode } from '../../src/domain/model/ids.ts';
import type { Figure } from '../../src/domain/scoring/figure.ts';
import { openRateStep } from '../../src/domain/answer/rate-view.ts';
import { formatValue } from '../../src/domain/scoring/format.ts';
import {
  computeSummary,
  type SchoolSummary,
  type Summary,
} from '../../src/domain/scoring/summary/summary.ts';
import { createCampaign, getCampaign, openCampaign } from '../../src/operations/campaign/campaigns.ts';
import { closeCampaign } from '../../src/operations/campaign/closing.ts';
import { exportMessages } from '../../src/operations/code/codes.ts';
import { drawSample } from '../../src/operations/draw/draw.ts';
import { freezeFrame } from '../../src/operations/frame/frame.ts';
import { issueLateCodes } from '../../src/operations/draw/late.ts';
import { viewRates } from '../../src/operations/summary/rates.ts';
import { recountCampaign } from '../../src/operations/evidence/recount.ts';
import { applyRoll, readRoll } from '../../src/operations/frame/roll.ts';
import { importSchools } from '../../src/operations/frame/schools.ts';
import { getSummary, readSummaryInput } from '../../src/operations/summary/summary.ts';
import { actorsOf } from '../support/actors.ts';
import { createClient, inParallel, startService, type Service } from '../support/service.ts';
import {
  answersOf,
  groups,
  isAtHand,
  optionId,
  profile,
  questionnaireOf,
  readPublished,
  readSurvey,
  type SurveyedGroup,
  type SurveyGroup,
} from './nyc-2011.ts';

const counties = [
  { code: '990101' as CountyCode, district: '01', name: 'District 01' },
  { code: '990105' as CountyCode, district: '05', name: 'District 05' },
];
const dice = '3161 2455 1362 4415 2361 5542';
const day = 86_400_000;

const survey = isAtHand ? readSurvey() : [];
const published = isAtHand ? readPublished() : [];
const actors = actorsOf(counties.map((c) => c.code));

let service: Service;
let id: CampaignId;
/** Phone → code, as the SMS platform gets them. */
const codes = new Map<string, string>();
const statuses = new Map<number, number>();
const raw = new Map<CountyCode, Summary>();
const shown = new Map<CountyCode, Summary>();

const surveyOf = (district: string, group?: SurveyGroup) =>
  survey.filter((s) => s.district === district && (group === undefined || s.group === group));
/** The invented number of the k-th person (from 0) of a school's group. */
const phoneOf = (of: SurveyedGroup, k: number) =>
  `139${String(survey.indexOf(of)).padStart(4, '0')}${String(k).padStart(4, '0')}`;

async function* bytesOf(lines: readonly (readonly string[])[]) {
  yield Buffer.from(lines.map((line) => line.map((cell) => `"${cell}"`).join(',')).join('\r\n'), 'utf8');
}

async function importRoll(
  county: (typeof counties)[number],
  group: SurveyGroup,
  contacts: readonly (readonly string[])[],
  lateReason?: string,
) {
  const { deps } = service;
  const staged = await readRoll(deps, actors.operator, {
    campaign: id,
    county: county.code,
    group,
    fileName: `${group}.csv`,
    source: bytesOf([['学校代码', '手机号码'], ...contacts]),
    ...(lateReason !== undefined && { lateReason }),
  });
  const applied = await applyRoll(deps, actors.operator, staged.id, {
    keepGood: false,
    reason: 'an invented roll',
  });
  expect(applied).toMatchObject({ state: 'applied', added: contacts.length, duplicates: 0, joined: 0 });
}

async function collectCodes(county: CountyCode, kind: 'invitation' | 'late') {
  const file = await exportMessages(service.deps, actors.operator, {
    campaign: id,
    county,
    kind,
    format: 'csv',
  });
  const columns = ['phone', 'text', 'code', 'link', 'school', 'group', 'row'];
  const rows = parse<Record<string, string>>(Buffer.concat(file.body), { bom: true, from_line: 2, columns });
  for (const row of rows) codes.set(row['phone']!, row['code']!);
  return rows.length;
}

beforeAll(async () => {
  service = await startService();
  const { deps } = service;
  const campaign = await createCampaign(deps, actors.operator, {
    name: 'NYC 2011',
    purpose: 'provincial-evaluation',
    commissioner: '示范省教育督导委员会',
    commissionerPhone: '0531-88886666',
    closesAt: deps.now() + 14 * day,
    storageUntil: deps.now() + 400 * day,
    selfAdministered: false,
    demo: true,
    profile,
    questionnaires: groups.map((group) => ({ document: questionnaireOf(survey, group), groups: [group] })),
    counties: counties.map(({ code, name }) => ({ code, name, residents: null, slips: [] })),
  });
  id = campaign.id;
  for (const county of counties) {
    const { faults } = await importSchools(deps, actors.operator, id, county.code, {
      fileName: 'schools.csv',
      // A township each: a school too small to stand alone would go to the county, not to a neighbour.
      source: bytesOf([
        ['学校代码', '学校名称', '乡镇'],
        ...surveyOf(county.district, 'parent').map((s) => [s.school, `${s.school} ${s.name}`, s.school]),
      ]),
    });
    expect(faults).toEqual([]);
    for (const group of groups)
      await importRoll(
        county,
        group,
        surveyOf(county.district, group).flatMap((s) =>
          Array.from({ length: s.eligible }, (_, k) => [s.school, phoneOf(s, k)]),
        ),
      );
    await freezeFrame(deps, actors.operator, id, county.code);
    await drawSample(deps, actors.inspector, id, county.code, dice);
    const invited = await collectCodes(county.code, 'invitation');
    expect(invited).toBe(surveyOf(county.district).reduce((n, s) => n + s.eligible, 0));
  }
  await openCampaign(deps, actors.operator, id);
  for (const county of counties) {
    let late = 0;
    for (const group of groups) {
      const contacts = surveyOf(county.district, group).flatMap((s) =>
        Array.from({ length: Math.max(0, s.responded - s.eligible) }, (_, k) => [
          s.school,
          phoneOf(s, s.eligible + k),
        ]),
      );
      late += contacts.length;
      if (contacts.length > 0) await importRoll(county, group, contacts, '名单冻结后补录');
    }
    expect(await issueLateCodes(deps, actors.operator, id, county.code)).toBe(late);
    expect(await collectCodes(county.code, 'late')).toBe(late);
  }
}, 120_000);

// Answering, over HTTP.
beforeAll(async () => {
  const client = createClient(service.port, 32);
  const answers = survey.flatMap((s) => {
    const of = answersOf(s);
    return Array.from({ length: s.responded }, (_, k) => ({ k, s, of }));
  });
  await inParallel(answers, 32, async ({ k, s, of }) => {
    const code = codes.get(phoneOf(s, k))!;
    // The page's form, and what a program sends, by turns.
    const { status } = await (k % 2 === 0 ? client.postForm(code, of(k)) : client.postJson(code, of(k)));
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  });
  client.close();
}, 240_000);

beforeAll(async () => {
  const { deps } = service;
  await expect(getSummary(deps, actors.inspector, id, counties[0]!.code)).rejects.toMatchObject({
    kind: 'conflict',
    message: 'summary.not-closed',
  });
  await closeCampaign(deps, actors.operator, id);
  const campaign = await getCampaign(deps, actors.administrator, id);
  for (const { code } of counties) {
    raw.set(code, computeSummary(await readSummaryInput(deps, campaign, code)));
    shown.set(code, await getSummary(deps, actors.inspector, id, code));
  }
}, 240_000);

afterAll(async () => service?.close());

function schoolOf(
  from: ReadonlyMap<CountyCode, Summary>,
  of: { school: string; group: SurveyGroup },
): SchoolSummary {
  const found = [...from.values()]
    .flatMap((s) => s.schools)
    .filter((s) => s.group === of.group && s.schools.includes(of.school));
  expect(found).toHaveLength(1);
  return found[0]!;
}
const itemOf = (school: SchoolSummary, question: string) => school.items.find((i) => i.id === question)!;

describe.skipIf(!isAtHand)('New York City 2011 (needs ../shared/reference)', () => {
  it('takes every response', () => {
    const total = survey.reduce((n, s) => n + s.responded, 0);
    expect(total).toBe(12_813);
    expect(statuses.get(303)! + statuses.get(200)!).toBe(total);
    expect(statuses.size).toBe(2);
  });

  it('reports every school and group by itself: none has fewer eligible people than the minimum cell', () => {
    expect(Math.min(...survey.map((s) => s.eligible))).toBeGreaterThanOrEqual(profile.minimumCell);
    const schools = [...raw.values()].flatMap((s) => s.schools);
    expect(schools).toHaveLength(survey.length);
    expect(new Set(schools.map((s) => s.level))).toEqual(new Set(['school']));
  });

  it('gives every published question score, with as many answers behind it', () => {
    expect(published).toHaveLength(4581);
    const wrong = published.filter(({ school, group, question, scored, score }) => {
      const { figure } = itemOf(schoolOf(raw, { school, group }), question);
      return (
        figure.kind !== 'estimate' ||
        figure.n !== scored ||
        figure.denominator !== scored ||
        // Published with one decimal: half of the last one, and the noise of a binary fraction.
        Math.abs(figure.value / 10 - score) > 0.05 + 1e-9
      );
    });
    expect(wrong).toEqual([]);
  });

  it('leaves don’t know out of the denominator and in the distribution', () => {
    let dontKnows = 0;
    for (const s of survey)
      for (const [question, options] of s.questions) {
        const { distribution, figure } = itemOf(schoolOf(raw, s), question);
        const known = options.filter((o) => o.points !== null);
        const scored = known.reduce((n, o) => n + o.count, 0);
        const unsure = options.reduce((n, o) => n + (o.points === null ? o.count : 0), 0);
        dontKnows += unsure;
        expect(distribution).toMatchObject({
          kind: 'options',
          n: scored + unsure,
          dontKnow: unsure,
          options: known.map((o) => ({ id: optionId(o), count: o.count })),
        });
        expect(figure).toMatchObject({ n: scored, denominator: scored });
      }
    expect(dontKnows).toBeGreaterThan(0);
  });

  it('gives every published response rate exactly', () => {
    const rates = survey.map((s) => {
      const { returnRate } = schoolOf(raw, s);
      return returnRate.kind === 'estimate'
        ? formatValue(returnRate.value, { decimals: profile.returnRate.decimals, threshold: null })
        : returnRate.kind;
    });
    expect(rates).toEqual(survey.map((s) => String(s.rate)));
  });

  it('counts late additions outside the denominator, and says how many there were', () => {
    const beyond = survey.filter((s) => s.responded > s.eligible);
    expect(beyond.map((s) => [s.school, s.group])).toEqual([
      ['01M019', 'teacher'],
      ['01M301', 'teacher'],
      ['01M509', 'teacher'],
      ['05M092', 'parent'],
    ]);
    for (const s of beyond)
      expect(schoolOf(raw, s).returnRate).toMatchObject({
        value: 100,
        n: s.responded,
        denominator: s.eligible,
      });
    for (const county of counties) {
      const others = raw.get(county.code)!.sets.find((set) => set.set === 'other')!;
      for (const group of groups) {
        const surplus = surveyOf(county.district, group).reduce(
          (n, s) => n + Math.max(0, s.responded - s.eligible),
          0,
        );
        const entry = others.groups.find((g) => g.group === group);
        expect(entry?.issued ?? { kind: 'count', value: 0 }).toEqual({ kind: 'count', value: surplus });
      }
    }
  });

  it('counts a blank return as answered, not as valid', async () => {
    const stepsOf = (n: number, issued: number) => {
      const step = openRateStep(issued);
      return Math.floor((100 * n) / issued / step) * step;
    };
    for (const county of counties) {
      const { rows, kind } = await viewRates(service.deps, actors.official, id, county.code);
      expect(kind).toBe('final');
      for (const s of surveyOf(county.district)) {
        const longest = Math.max(
          0,
          ...[...s.questions.values()].map((o) => o.reduce((n, { count }) => n + count, 0)),
        );
        const drawn = Math.min(s.responded, s.eligible);
        expect(
          rows.find((r) => r.group === s.group && r.level === 'school' && r.name.startsWith(`${s.school} `)),
        ).toMatchObject({
          set: 'drawn',
          issued: s.eligible,
          // Rounded down to steps of so many percent, which the view states.
          value: {
            kind: 'coarse',
            answered: stepsOf(drawn, s.eligible),
            valid: stepsOf(Math.min(drawn, longest), s.eligible),
          },
        });
        expect(schoolOf(raw, s).responses).toEqual({ kind: 'count', value: longest });
      }
    }
  });

  it('has no figure, rather than 0, where nobody answered', () => {
    const silent = survey.filter((s) => s.responded === 0);
    expect(silent.map((s) => [s.school, s.group])).toEqual([['05M410', 'parent']]);
    for (const s of silent)
      for (const from of [raw, shown]) {
        const school = schoolOf(from, s);
        expect(school.figure).toEqual({ kind: 'no-data' });
        for (const item of school.items) {
          expect(item.figure).toEqual({ kind: 'no-data' });
          expect(item.distribution).toEqual({ kind: 'no-data' });
        }
      }
    // A question that a school did not ask, or that nobody there could answer.
    const scored = new Set(published.map((p) => `${p.school} ${p.group} ${p.question}`));
    for (const s of survey)
      for (const item of schoolOf(raw, s).items)
        expect(item.figure.kind).toBe(
          scored.has(`${s.school} ${s.group} ${item.id}`) ? 'estimate' : 'no-data',
        );
  });

  it('hides in the view every score of fewer people than the minimum cell', () => {
    const small = published.filter((p) => p.scored < profile.minimumCell);
    expect(small.length).toBeGreaterThan(0);
    for (const p of small) {
      const item = itemOf(schoolOf(shown, p), p.question);
      expect(item.figure).toMatchObject({ kind: 'suppressed' });
      expect(item.distribution).toMatchObject({ kind: 'suppressed' });
    }
    for (const summary of shown.values())
      for (const figure of figuresIn(summary)) {
        // A rate, or that nobody answered again, is about everybody asked.
        const ofAll = figure.formula.endsWith('-rate') || (figure.formula === 'share' && figure.n === 0);
        const people = ofAll ? figure.denominator : figure.n;
        expect(people).toBeGreaterThanOrEqual(profile.minimumCell);
      }
    // What is shown is what was computed, with the decimals that people read.
    const rounding = { decimals: profile.decimals, threshold: profile.threshold.value };
    for (const p of published) {
      const { figure } = itemOf(schoolOf(shown, p), p.question);
      const { others: _, ...computed } = itemOf(schoolOf(raw, p), p.question).figure as Figure & {
        others?: number;
      };
      if (figure.kind !== 'estimate' || computed.kind !== 'estimate') continue;
      expect(figure).toEqual({ ...computed, value: Number(formatValue(computed.value, rounding)) });
    }
  });

  it('counts anew to the same tallies', async () => {
    const results = await recountCampaign(service.deps, actors.inspector, id);
    expect(results.map(({ county, responses, differences }) => ({ county, responses, differences }))).toEqual(
      counties.map(({ code, district }) => ({
        county: code,
        responses: surveyOf(district).reduce((n, s) => n + s.responded, 0),
        differences: [],
      })),
    );
  });
});

function figuresIn(value: unknown, found: Extract<Figure, { kind: 'estimate' }>[] = []) {
  if (value === null || typeof value !== 'object') return found;
  if ('kind' in value && value.kind === 'estimate')
    found.push(value as Extract<Figure, { kind: 'estimate' }>);
  for (const child of Object.values(value)) figuresIn(child, found);
  return found;
}
