/**
 * R's figures again, this time from answers that went through the storage: the schools of apistrat.csv answer a questionnaire, one in five gives another
 * answer first, and the summary is computed from the tallies. api00 comes twice: as a number, and digit by digit as three ratings whose points
 * add up to it, which takes the vectors and their products.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemActor } from '../../src/domain/campaign/permissions.ts';
import type { ReportingStratum, SamplingStratum } from '../../src/domain/frame/strata.ts';
import { contentHash } from '../../src/domain/hash.ts';
import type { CampaignId, CountyCode, SchoolId } from '../../src/domain/model/ids.ts';
import { createAnswerParser } from '../../src/domain/questionnaire/answers.ts';
import { compileQuestionnaire } from '../../src/domain/questionnaire/compile.ts';
import { questionnaireSchema } from '../../src/domain/questionnaire/template.ts';
import type { Figure } from '../../src/domain/scoring/figure.ts';
import { checkProfile, type RuleProfile } from '../../src/domain/scoring/rules/profile.ts';
import { computeSummary, type Summary } from '../../src/domain/scoring/summary/summary.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/index.ts';
import { readTemplate } from '../support/world.ts';
import { readTruth, type DesignTruth } from './r-survey.ts';

const truth = readTruth();
const both = (text: string) => ({ 'zh-CN': text, en: text });
const digits = (place: string) =>
  Array.from({ length: 10 }, (_, d) => ({ id: `${place}${d}`, text: both(`${place}${d}`) }));

const document = questionnaireSchema.parse({
  id: 'schools',
  groups: ['parent'],
  languages: ['zh-CN', 'en'],
  title: both('Schools'),
  dimensions: [
    { id: 'api', text: both('API 2000') },
    { id: 'wide', text: both('School-wide target') },
  ],
  scales: {
    hundreds: { options: digits('h'), dontKnow: 'not-offered' },
    tens: { options: digits('t'), dontKnow: 'not-offered' },
    ones: { options: digits('o'), dontKnow: 'not-offered' },
    target: {
      options: [
        { id: 'yes', text: both('Yes') },
        { id: 'no', text: both('No') },
      ],
      dontKnow: 'not-offered',
    },
  },
  items: [
    { type: 'rating', id: 'hundreds', text: both('h'), dimension: 'api', scale: 'hundreds' },
    { type: 'rating', id: 'tens', text: both('t'), dimension: 'api', scale: 'tens' },
    { type: 'rating', id: 'ones', text: both('o'), dimension: 'api', scale: 'ones' },
    { type: 'rating', id: 'met', text: both('m'), dimension: 'wide', scale: 'target' },
    { type: 'number', id: 'api00', text: both('a'), min: 0, max: 1000 },
    { type: 'number', id: 'api99', text: both('b'), min: 0, max: 1000 },
    { type: 'number', id: 'enroll', text: both('c'), min: 0, max: 10_000 },
    {
      type: 'number',
      id: 'api00-met',
      text: both('d'),
      min: 0,
      max: 1000,
      showIf: { item: 'met', in: ['yes'] },
    },
  ],
});

function profileOf(method: 'normal' | 't'): RuleProfile {
  // R's strata are as they are drawn, lonely ones included.
  const { smallestStratum: _collapsed, ...basic } = readTemplate('profiles/basic-2012.json') as Record<
    string,
    unknown
  >;
  const { $schema: _, ...rest } = basic;
  const points: Record<string, number> = { yes: 0, no: 0 };
  for (let d = 0; d < 10; d++) Object.assign(points, { [`h${d}`]: 10 * d, [`t${d}`]: d, [`o${d}`]: d / 10 });
  const check = checkProfile({
    ...rest,
    regime: 'test',
    threshold: { value: 20, comparison: 'at-least', unit: 'points' },
    formulas: [
      // (h + t + o) ⁄ 3 answers = api00 ⁄ 30
      {
        id: 'api',
        kind: 'mean',
        title: both('a'),
        dontKnow: 'exclude',
        unit: 'answers',
        dimension: 'api',
        points,
      },
      {
        id: 'api-respondents',
        kind: 'mean',
        title: both('a'),
        dontKnow: 'exclude',
        unit: 'respondents',
        dimension: 'api',
        points,
      },
      {
        id: 'met',
        kind: 'share',
        title: both('m'),
        dontKnow: 'exclude',
        unit: 'answers',
        items: ['met'],
        satisfied: ['yes'],
      },
    ],
    official: 'api',
    groups: [{ group: 'parent', weight: 1, required: true }],
    requiredGroupsWithoutQuestionnaire: [],
    quota: { kind: 'census' },
    interval: { method, level: 0.95 },
  });
  if (!check.ok) throw new Error(JSON.stringify(check.issues));
  return check.profile;
}

interface Sheet {
  readonly stratum: number;
  readonly answers: Readonly<Record<string, string | number>>;
}

/** Answers by the storage's own path, every fifth respondent with another answer before; back come strata and tallies. */
async function through(strata: readonly { readonly size: number | null }[], sheets: readonly Sheet[]) {
  const directory = mkdtempSync(join(tmpdir(), 'manyi-r-'));
  const storage = await openSqliteStorage({ directory, inline: true });
  try {
    const stamp = { at: 1_000, actor: systemActor };
    const id = '0123456789ab' as CampaignId;
    const county = '990101' as CountyCode;
    const profile = profileOf('t');
    const q = compileQuestionnaire(document);
    await storage.createCampaign(
      stamp,
      {
        id,
        name: 'Test',
        purpose: 'self-check',
        commissioner: 'X',
        commissionerPhone: '1',
        closesAt: 9e12,
        storageUntil: 9.1e12,
        selfAdministered: false,
        demo: true,
        profile: contentHash(profile),
        questionnaires: [{ no: 1, hash: q.hash, groups: ['parent'] }],
        counties: [{ code: county, name: 'A', residents: null, slips: [{ group: 'parent', count: 1 }] }],
      },
      [
        { hash: q.hash, kind: 'questionnaire', body: JSON.stringify(document) },
        { hash: contentHash(profile), kind: 'profile', body: JSON.stringify(profile) },
      ],
      {},
    );
    await storage.freezeFrame(stamp, id, county, {
      root: new Uint8Array(32),
      size: 0,
      version: 0,
    });
    await storage.beginDraw(stamp, id, county, {
      dice: '123',
      seed: new Uint8Array(32),
      moves: [],
      quotas: {},
    });
    const pseudonym = (i: number) => new Uint8Array(16).fill(1).fill(i, 0, 1);
    await storage.saveDrawn(
      id,
      county,
      [],
      sheets.map(({ stratum }, i) => ({
        pseudonym: pseudonym(i),
        samplingStratum: stratum,
        reportingStratum: stratum,
        questionnaire: 1,
        set: 'drawn' as const,
      })),
    );
    await storage.finishDraw(
      stamp,
      id,
      county,
      strata.map(({ size }, i): SamplingStratum => ({
        no: i + 1,
        group: 'parent',
        location: null,
        grade: i + 1,
        kind: 'frame',
        frameSize: size,
        quota: 0,
        drawn: 0,
        replacements: 0,
      })),
      strata.map((_, i): ReportingStratum => ({
        no: i + 1,
        group: 'parent',
        level: 'school',
        key: `s${i}`,
        name: `s${i}`,
        schools: [`s${i}` as SchoolId],
        location: null,
        issued: { drawn: 200, replacement: 0, other: 0 },
      })),
    );
    await storage.openCampaign(stamp, id);
    const parser = createAnswerParser(q);
    const entry = (i: number, answers: Sheet['answers']) => {
      const parsed = parser.parseJson(answers);
      if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
      return {
        campaign: id,
        county,
        pseudonym: pseudonym(i),
        channel: 'web' as const,
        link: null,
        questionnaire: 1,
        nonce: new Uint8Array(16).fill(i),
        answers: parsed.bytes,
        textId: new Uint8Array(16).fill(i),
        texts: [],
      };
    };
    const first = sheets.flatMap((_, i) =>
      i % 5 === 0
        ? [entry(i, { hundreds: 'h9', tens: 't1', ones: 'o1', met: 'yes', api00: 911, 'api00-met': 3 })]
        : [],
    );
    const stored = await storage.recordResponses([...first, ...sheets.map((s, i) => entry(i, s.answers))]);
    expect(new Set(stored)).toEqual(new Set(['stored']));
    const { sampling, reporting } = await storage.readStrata(id, county);
    const cells = await storage.readTallies(id, county);
    const summaryOf = (method: 'normal' | 't'): Summary =>
      computeSummary({
        campaign: {
          id,
          name: 'Test',
          purpose: 'self-check',
          commissioner: 'X',
          closedAt: null,
          selfAdministered: false,
        },
        county: { code: county, name: 'A', residents: null },
        profile: profileOf(method),
        profileHash: '0'.repeat(64),
        questionnaires: new Map([[1, q]]),
        texts: new Map(),
        samplingStrata: sampling,
        reportingStrata: reporting,
        cells,
        firstCells: [],
        voided: [],
        reanswers: [],
      });
    return { normal: summaryOf('normal'), t: summaryOf('t') };
  } finally {
    await storage.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

function close(got: number | undefined, want: number) {
  expect(Math.abs(got! - want), `${got} against ${want}`).toBeLessThanOrEqual(1e-7 * Math.abs(want));
}
const estimate = (figure: Figure | undefined) => {
  if (figure?.kind !== 'estimate') throw new Error(`no estimate but ${figure?.kind}`);
  return figure;
};

interface Want {
  readonly estimate: number;
  readonly se: number;
  readonly degf?: number;
  readonly deff?: number;
  readonly ci95_normal?: { readonly lo: number; readonly hi: number };
  readonly ci95_t?: { readonly lo: number; readonly hi: number };
}

function holds(
  both: { normal: Summary; t: Summary },
  pick: (s: Summary) => Figure,
  scale: number,
  want: Want,
) {
  for (const method of ['normal', 't'] as const) {
    const got = estimate(pick(both[method]));
    close(got.value * scale, want.estimate);
    close(got.se! * scale, want.se);
    if (want.degf !== undefined) expect(got.df).toBe(want.degf);
    if (want.deff !== undefined) close(got.deff, want.deff);
    const ci = method === 't' ? want.ci95_t : want.ci95_normal;
    if (!ci) continue;
    expect(got.interval).toMatchObject({ method, level: 0.95 });
    close(got.interval!.low * scale, ci.lo);
    close(got.interval!.high * scale, ci.hi);
  }
}
const item = (id: string) => (s: Summary) => s.groups[0]!.items.find((x) => x.id === id)!.figure;

describe('apistrat through storage and tallies, a fifth superseded', () => {
  const types = ['E', 'H', 'M'] as const;
  const sheets = truth.schools.map((s): Sheet => ({
    stratum: types.indexOf(s.stype) + 1,
    answers: {
      hundreds: `h${Math.floor(s.api00 / 100)}`,
      tens: `t${Math.floor(s.api00 / 10) % 10}`,
      ones: `o${s.api00 % 10}`,
      met: s.schWide ? 'yes' : 'no',
      api00: s.api00,
      api99: s.api99,
      enroll: s.enroll,
      ...(s.schWide ? { 'api00-met': s.api00 } : {}),
    },
  }));
  const sizes = types.map((t) => ({ size: truth.schools.find((s) => s.stype === t)?.fpc ?? 0 }));
  const population = sizes.reduce((sum, s) => sum + s.size, 0);
  const at = (t: DesignTruth['svymean_schwide'], i: number): Want => ({
    estimate: t.estimate[i]!,
    se: t.se[i]!,
    ci95_normal: { lo: t.ci95_normal.lo[i]!, hi: t.ci95_normal.hi[i]! },
    ci95_t: { lo: t.ci95_t.lo[i]!, hi: t.ci95_t.hi[i]! },
  });

  it('means, totals, proportions and domains of R', async () => {
    const got = await through(sizes, sheets);
    const want = truth.expected.strat_fpc;
    const { deff: _, ...county } = want.svymean_api00;
    expect(got.t.groups[0]!.responses).toEqual({ kind: 'count', value: 200 });
    holds(got, (s) => s.official, 30, county);
    holds(got, (s) => s.groups[0]!.figure, 30, want.svymean_api00);
    holds(got, (s) => s.formulas[1]!.figure, 30, county);
    holds(got, (s) => s.dimensions[0]!.figure, 30, county);
    holds(got, item('api00'), 1, want.svymean_api00);
    holds(got, item('api99'), 1, at(want.svymean_api99_api00, 0));
    holds(got, item('enroll'), population, want.svytotal_enroll);
    holds(got, item('api00'), population, want.svytotal_api00);
    holds(got, (s) => s.formulas[2]!.figure, 0.01, at(want.svymean_schwide, 1));
    holds(got, (s) => s.groups[0]!.formulas[2]!.figure, 0.01, at(want.svymean_schwide, 1));
    holds(got, item('api00-met'), 1, want.subset_schwideYes_svymean_api00);
    // A school's interval takes its own degrees of freedom, svyby those of the design: the error is the same.
    types.forEach((_, i) => {
      const { estimate: mean, se } = at(want.svyby_api00_stype, i);
      holds(got, (s) => s.schools[i]!.figure, 30, { estimate: mean, se });
      expect(estimate(got.t.schools[i]!.figure).df).toBe([99, 49, 49][i]);
    });
  });

  it('without N there is no correction', async () => {
    const got = await through(
      types.map(() => ({ size: null })),
      sheets,
    );
    types.forEach((_, i) => {
      const { estimate: mean, se } = at(truth.expected.strat_nofpc.svyby_api00_stype, i);
      holds(got, (s) => s.schools[i]!.figure, 30, { estimate: mean, se });
    });
  });

  it('census, pair and lonely unit, by the policy `adjust`', async () => {
    const strata = ['A', 'B', 'C'];
    const rows = truth.toy.map((r): Sheet => ({
      stratum: strata.indexOf(r.h) + 1,
      answers: { met: 'yes', hundreds: 'h1', tens: 't1', ones: 'o1', api00: r.y },
    }));
    const size = (h: string) => ({ size: truth.toy.find((r) => r.h === h)!.population });
    const { est, se, degf } = truth.expected.toy_edge_lonely_psu.results.adjust;
    holds(await through(strata.map(size), rows), item('api00'), 1, { estimate: est!, se: se!, degf: degf! });
    const two = await through(
      [size('A'), size('B')],
      rows.filter((r) => r.stratum < 3),
    );
    holds(two, item('api00'), 1, truth.expected.toy_edge_census_plus_B);
  });
});
