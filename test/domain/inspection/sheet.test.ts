/** The determination sheet gate by gate: balance, growth, work, vetoes, points, and what follows from all of them. Long because each gate has its cases. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { computeBalance } from '../../../src/domain/inspection/balance.ts';
import { decideInspection } from '../../../src/domain/inspection/decide-inspection.ts';
import type { GateState } from '../../../src/domain/inspection/gate-states.ts';
import { computeGrowth, type GrowthBody, type GrowthYear } from '../../../src/domain/inspection/growth.ts';
import type { InspectionRecord } from '../../../src/domain/inspection/record-names.ts';
import type { InspectionState } from '../../../src/domain/inspection/record.ts';
import type { AppError } from '../../../src/domain/errors.ts';
import { parseChange, rulesOf } from '../../../src/domain/inspection/records.ts';
import { parseRegime, type Regime } from '../../../src/domain/inspection/regime.ts';
import { computeSheet, type Satisfaction, type SheetInput } from '../../../src/domain/inspection/sheet.ts';
import type { CountyCode } from '../../../src/domain/model/ids.ts';
import { roles, type Role } from '../../../src/domain/model/vocabulary.ts';
import type { Stamp } from '../../../src/domain/model/stamp.ts';
import { formatSigned } from '../../../src/domain/scoring/format.ts';

const regimes = Object.fromEntries(
  ['basic-2012', 'basic-2012-shandong', 'chongqing', 'quality-2017'].map((name) => [
    name,
    parseRegime(
      JSON.parse(
        readFileSync(new URL(`../../../survey-templates/regimes/${name}.json`, import.meta.url), 'utf8'),
      ),
    ),
  ]),
) as Record<string, Regime>;

const blank = {
  perPupil: { primary: null, junior: null },
  publicFunds: { primary: null, junior: null },
  ...{
    surchargeDue: null,
    surchargeLevied: null,
    surchargeUsed: null,
    transfers: null,
    transfersToEducation: null,
  },
};
// A district's amounts, domain.md part 10: million yuan, and yuan a pupil.
const district: readonly GrowthYear[] = [
  {
    year: 2002,
    revenue: 180,
    funds: 81.76,
    ...blank,
    perPupil: { primary: null, junior: 1799 },
    publicFunds: { primary: 61, junior: 145 },
  },
  {
    year: 2003,
    revenue: 185.95,
    funds: 84.61,
    ...blank,
    perPupil: { primary: null, junior: 1905 },
    publicFunds: { primary: 75, junior: 156 },
  },
  {
    year: 2004,
    revenue: 207.36,
    funds: 102.42,
    ...blank,
    perPupil: { primary: null, junior: 2019 },
    publicFunds: { primary: 105, junior: 195 },
  },
];
const rule = regimes['basic-2012']!.growth!;
const check = (body: GrowthBody, year: number, item: string, stage: string | null = null) =>
  computeGrowth(body, rule).checks.find((c) => c.year === year && c.item === item && c.stage === stage)!;

describe('the three growths', () => {
  const body = { years: [...district], stated: [] };
  it('of the district: funds grow faster than revenue in both years, to the printed digits', () => {
    const of = (year: number) => {
      const { value, against, state } = check(body, year, 'funds');
      return [formatSigned(value!, 2), formatSigned(against!, 2), state];
    };
    expect(of(2003)).toEqual(['+3.49', '+3.31', 'met']);
    expect(of(2004)).toEqual(['+21.05', '+11.51', 'met']);
    expect([2003, 2004].map((y) => formatSigned(check(body, y, 'publicFunds', 'primary').value!, 2))).toEqual(
      ['+22.95', '+40.00'],
    );
    expect([2003, 2004].map((y) => check(body, y, 'perPupil', 'junior').state)).toEqual(['met', 'met']);
    // Spending per primary pupil is not among the amounts: nothing is assumed of it.
    expect(check(body, 2003, 'perPupil', 'primary').state).toBe('missing');
    expect(computeGrowth(body, rule)).toMatchObject({ state: 'missing', failing: [] });
  });
  it('with the rest of the amounts it is met, and one slower year fails, by name', () => {
    const whole = district.map((y, i) => ({
      ...y,
      perPupil: { ...y.perPupil, primary: 1000 + 50 * i },
      ...{ surchargeDue: 3, surchargeLevied: 3, surchargeUsed: 3, transfers: 100, transfersToEducation: 20 },
    }));
    expect(computeGrowth({ years: whole, stated: [] }, rule)).toMatchObject({ state: 'met', failing: [] });
    const slower = whole.with(2, { ...whole[2]!, funds: 94 });
    const failed = computeGrowth({ years: slower, stated: [] }, rule);
    expect(failed).toMatchObject({ state: 'not-met', failing: [2004] });
    expect(failed.checks.filter((c) => c.state === 'not-met')).toMatchObject([{ item: 'funds', year: 2004 }]);
    for (const [patch, item] of [
      [{ surchargeUsed: 2.9 }, 'surcharge'],
      [{ transfersToEducation: 19.9 }, 'transfers'],
      [{ publicFunds: { primary: 75, junior: 195 } }, 'publicFunds'],
    ] as const) {
      const years = whole.with(2, { ...whole[2]!, ...patch });
      const { checks, failing } = computeGrowth({ years, stated: [] }, rule);
      expect(failing).toEqual([2004]);
      expect(checks.find((c) => c.state === 'not-met')?.item).toBe(item);
    }
    expect(computeGrowth({ years: whole.slice(1), stated: [] }, rule).state).toBe('missing');
    expect(
      computeGrowth(
        { years: [whole[0]!, { ...whole[1]!, year: 2004 }, { ...whole[2]!, year: 2005 }], stated: [] },
        rule,
      ).state,
    ).toBe('missing');
  });
  it('says where a report states another percentage than the amounts give', () => {
    const stated = (percent: number) =>
      check(
        { years: [...district], stated: [{ year: 2003, item: 'publicFunds', stage: 'junior', percent }] },
        2003,
        'publicFunds',
        'junior',
      ).stated;
    // 145 → 156 is 7.6 %.
    expect(stated(6)).toBe(6);
    expect(stated(8)).toBeNull();
    expect(stated(7.6)).toBeNull();
    expect(stated(7.5)).toBe(7.5);
  });
});

const survey = (patch: Partial<Satisfaction> = {}): Satisfaction => ({
  ...{
    verdict: 'met',
    value: '86.0',
    points: 86,
    threshold: 85,
    interval: null,
    doubts: [],
    regime: 'basic-2012',
  },
  ...patch,
});
const full = (regime: Regime) =>
  Object.fromEntries(
    regime
      .work!.areas.flatMap((a) => a.indicators)
      .map((i) => [i.id, { self: null, inspectors: { points: i.points, reason: '' } }]),
  );
const rows = (spread: number) =>
  [1 + spread, 1 - spread].map((f, n) => ({
    ...{ name: `${n}`, kind: 'nine-year' as const, pupils: { primary: 500, junior: 500, senior: 0 } },
    values: Object.fromEntries(
      [
        'rooms',
        'sports',
        'instruments',
        'computers',
        'books',
        'teachers',
        'higherDegree',
        'intermediateTitle',
        'backbone',
        'artsTeachers',
        'networkedRooms',
      ].map((v) => [v, 3_000_000 * f]),
    ),
  }));
const input = (name: string, patch: Partial<SheetInput> = {}, spread = 0.1): SheetInput => {
  const regime = regimes[name]!;
  return {
    regime,
    balance: computeBalance(rows(spread), regime.balance),
    work: { scores: regime.work ? full(regime) : {} },
    vetoes: {
      vetoes: Object.fromEntries(
        regime.vetoes.map((v) => [v.id, { state: 'clear' as const, evidence: '台账' }]),
      ),
    },
    growth: {
      years: [2021, 2022, 2023].map((year, i) => ({
        ...{
          year,
          revenue: 100 + i,
          funds: 100 + 9 * i,
          perPupil: { primary: 10 + i, junior: 10 + i },
          publicFunds: { primary: 10 + i, junior: 10 + i },
        },
        ...{ surchargeDue: 1, surchargeLevied: 1, surchargeUsed: 1, transfers: 10, transfersToEducation: 2 },
      })),
      stated: [],
    },
    parts: { values: {}, verdicts: {}, points: { difference: { points: 27, reason: 'x' } }, bonus: null },
    satisfaction: survey({ regime: regime.satisfaction.profileRegime }),
    ...patch,
  };
};
const gate = (of: SheetInput, id: string) => computeSheet(of).gates.find((g) => g.id === id)?.state;

describe('the sheet of Shandong', () => {
  const name = 'basic-2012-shandong';
  it('is met when every gate is', () => {
    const { gates, state } = computeSheet(input(name));
    expect(state).toBe('met');
    expect(gates.map((g) => g.id)).toEqual([
      ...[
        'balance-primary',
        'balance-junior',
        'work',
        'veto-growth',
        'veto-incident',
        'veto-disabled',
        'veto-weak-schools',
      ],
      'satisfaction',
    ]);
  });
  it.each([
    ['a coefficient', input(name, {}, 0.9), 'balance-primary', 'not-met'],
    ['no table', input(name, { balance: null }), 'balance-primary', 'missing'],
    [
      'a veto',
      input(name, {
        vetoes: { vetoes: { ...input(name).vetoes.vetoes, incident: { state: 'violated', evidence: 'x' } } },
      }),
      'veto-incident',
      'not-met',
    ],
    ['a veto not judged', input(name, { vetoes: { vetoes: {} } }), 'veto-incident', 'missing'],
    ['no survey', input(name, { satisfaction: null }), 'satisfaction', 'missing'],
    [
      'satisfaction below',
      input(name, { satisfaction: survey({ verdict: 'not-met', value: '84.9' }) }),
      'satisfaction',
      'not-met',
    ],
    [
      'an undecided survey',
      input(name, { satisfaction: survey({ verdict: 'undecided' }) }),
      'satisfaction',
      'undecided',
    ],
    [
      'a survey without verdict',
      input(name, { satisfaction: survey({ verdict: 'insufficient' }) }),
      'satisfaction',
      'undecided',
    ],
    [
      'another regime’s survey',
      input(name, { satisfaction: survey({ regime: 'quality-2017' }) }),
      'satisfaction',
      'missing',
    ],
    ['no amounts', input(name, { growth: { years: [], stated: [] } }), 'veto-growth', 'missing'],
  ] as const)('%s decides', (_, of, id, state) => {
    expect(gate(of, id)).toBe(state);
    expect(computeSheet(of).state).toBe(state === 'not-met' ? 'not-met' : state);
  });
  it('takes 85 points of work as enough, and 84.9 not', () => {
    const of = (points: number) => {
      const scores = full(regimes[name]!);
      const [first] = Object.keys(scores);
      scores[first!] = { self: null, inspectors: { points: 8 - (100 - points), reason: 'x' } };
      return gate(input(name, { work: { scores } }), 'work');
    };
    expect([of(92.1), of(92)]).toEqual(['met', 'met']);
    const all = (lost: number) => {
      let rest = lost;
      const scores = Object.fromEntries(
        Object.entries(full(regimes[name]!)).map(([id, s]) => {
          const off = Math.min(rest, s.inspectors.points);
          rest -= off;
          return [id, { self: null, inspectors: { points: s.inspectors.points - off, reason: 'x' } }];
        }),
      );
      return gate(input(name, { work: { scores } }), 'work');
    };
    expect([all(15), all(15.1)]).toEqual(['met', 'not-met']);
  });
});

describe('other regimes', () => {
  it('nationally satisfaction is a reference: it is no gate', () => {
    const { gates, state } = computeSheet(input('basic-2012', { satisfaction: null }));
    expect(gates.some((g) => g.kind === 'satisfaction')).toBe(false);
    expect(state).toBe('met');
  });
  it('Chongqing: 100 + 5 points, 85 in all, 26 of 30 for the differences, the survey as a part', () => {
    const of = (difference: number, satisfaction: Satisfaction | null, bonus = 0) =>
      computeSheet(
        input('chongqing', {
          satisfaction,
          parts: {
            values: {},
            verdicts: {},
            points: { difference: { points: difference, reason: 'x' } },
            bonus: { points: bonus, reason: 'x' },
          },
        }),
      );
    const states = (sheet: ReturnType<typeof of>) =>
      Object.fromEntries(sheet.gates.map((g) => [g.id, g.state]));
    const passed = of(27, survey({ points: 86 }));
    // 27 + 60 · 100/100 + 10 · 86/100.
    expect(passed.points?.total).toBeCloseTo(95.6, 9);
    expect(states(passed)).toMatchObject({ 'floor-difference': 'met', points: 'met' });
    expect(states(of(25.9, survey()))).toMatchObject({ 'floor-difference': 'not-met', points: 'met' });
    expect(of(30, survey({ points: 100 }), 9).points?.total).toBe(105);
    expect(states(of(27, null))).toMatchObject({ points: 'missing' });
    expect(states(of(27, survey({ verdict: 'insufficient' })))).toMatchObject({ points: 'missing' });
    const poor = input('chongqing', {
      work: {
        scores: Object.fromEntries(
          Object.entries(full(regimes['chongqing']!)).map(([id, s]) => [
            id,
            { self: null, inspectors: { points: s.inspectors.points * 0.8, reason: 'x' } },
          ]),
        ),
      },
    });
    // 27 + 48 + 8.6 is 83.6.
    expect(gate(poor, 'points')).toBe('not-met');
  });
  it('2017: coefficients each, every school, the government’s indicators as far as they are known, quality by judgement, recognition', () => {
    const regime = regimes['quality-2017']!;
    const [government] = regime.parts;
    const values = Object.fromEntries(
      government!.indicators.map((i) => [
        i.id,
        {
          value: i.comparison === 'yes' ? null : i.standard,
          yes: i.comparison === 'yes' ? true : null,
          note: '',
        },
      ]),
    );
    const of = (patch: Partial<SheetInput['parts']>) =>
      computeSheet(
        input('quality-2017', {
          parts: {
            values,
            verdicts: { quality: { meets: true, reason: 'x' } },
            points: {},
            bonus: null,
            ...patch,
          },
        }),
      );
    const known = of({});
    expect(Object.fromEntries(known.gates.map((g) => [g.id, g.state]))).toMatchObject({
      ...{ 'balance-primary': 'met', standards: 'met', 'part-quality': 'met', satisfaction: 'met' },
      // Eleven of seventeen lines have a source: the office adds the rest.
      'part-government': 'missing',
    });
    expect(of({ values: { ...values, exchange: { value: 9.9, yes: null, note: '' } } }).state).toBe(
      'not-met',
    );
    const whole = {
      ...regime,
      parts: regime.parts.map((p) => ({ ...p, expected: p.expected === null ? null : p.indicators.length })),
    };
    expect(
      computeSheet({
        ...input('quality-2017'),
        regime: whole,
        parts: { values, verdicts: { quality: { meets: true, reason: 'x' } }, points: {}, bonus: null },
      }).state,
    ).toBe('met');
  });
});

const county = '990101' as CountyCode;
const stampOf = (role: Role): Stamp => ({
  at: 1,
  actor: {
    userId: role,
    name: role,
    role,
    counties: ['official', 'inspector', 'interviewer'].includes(role) ? [county] : [],
    via: 'web',
  },
});
const stateOf = (latest: Record<string, unknown> = {}, count = 1): InspectionState => ({
  campaign: { id: 'c', state: 'released' },
  ...{ county, countyName: '云溪县', root: new Uint8Array(32), schools: [], gates: null, count },
  latest: {
    rules: { version: 1, body: { regime: regimes['basic-2012-shandong']!, adapted: false } },
    ...latest,
  },
});
const decide = (
  role: Role,
  record: InspectionRecord,
  raw: unknown,
  state = stateOf(),
  gates: readonly GateState[] = [],
  reason: string | null = null,
) =>
  decideInspection(
    state,
    {
      ...{ record, change: parseChange(record, raw), version: null, reason },
      computed: { gates: gates.map((g, i) => ({ id: `g${i}`, state: g })), count: state.count },
    },
    stampOf(role),
  );

describe('who may state what', () => {
  const changes: readonly (readonly [InspectionRecord, object, readonly Role[]])[] = [
    ['rules', { do: 'choose', regime: regimes['basic-2012'], adapted: false }, ['administrator', 'operator']],
    [
      'work',
      { do: 'self', scores: [{ indicator: 'migrant', points: 8, reason: '' }] },
      ['administrator', 'operator', 'official', 'inspector'],
    ],
    ['work', { do: 'inspectors', scores: [{ indicator: 'migrant', points: 8, reason: '' }] }, ['inspector']],
    ['vetoes', { do: 'judge', veto: 'incident', state: 'clear', evidence: 'x' }, ['inspector']],
    [
      'stages',
      { do: 'plan', stage: 'self', from: '2026-01-01', to: '2026-01-31' },
      ['administrator', 'operator'],
    ],
    [
      'stages',
      { do: 'conclude', stage: 'self', outcome: 'passed', on: '2026-01-31', opinion: 'x', signedBy: 'x' },
      ['administrator', 'operator', 'official'],
    ],
    [
      'archive',
      { do: 'put', no: 4, state: 'ready', place: '柜 3', hash: null },
      ['administrator', 'operator', 'official', 'inspector'],
    ],
    [
      'other-figures',
      { do: 'note', body: '报社', value: 96, unit: 'percent', asOf: '2026-01-01', note: '' },
      ['administrator', 'operator', 'official', 'inspector'],
    ],
  ];
  it.each(changes)('%s %o', (record, change, allowed) => {
    const may = roles.filter((role) => {
      try {
        decide(role, record, change, stateOf(), [], 'why');
        return true;
      } catch (error) {
        expect((error as { kind: string }).kind).toBe('forbidden');
        return false;
      }
    });
    expect(may).toEqual(allowed);
  });
});

describe('a conclusion', () => {
  const conclude = (stage: string, outcome = 'passed') => ({
    do: 'conclude',
    stage,
    outcome,
    on: '2026-02-01',
    opinion: '同意',
    signedBy: '张三',
  });
  const self = {
    version: 1,
    body: {
      stages: {
        self: {
          from: null,
          to: null,
          conclusion: { outcome: 'passed', on: '2026-01-31', opinion: 'x', signedBy: 'x', gates: [] },
        },
      },
      notice: null,
    },
  };
  it('comes in its order, is the inspectors’ after the self-evaluation, and cannot be “passed” while a gate is open', () => {
    expect(() => decide('inspector', 'stages', conclude('city'))).toThrow('inspection.stage.earlier');
    const state = stateOf({ stages: self });
    expect(() => decide('official', 'stages', conclude('city'), state)).toThrow('forbidden');
    expect(() => decide('inspector', 'stages', conclude('city'), state, ['met', 'undecided'])).toThrow(
      'inspection.stage.gates',
    );
    const made = decide('inspector', 'stages', conclude('city', 'not-passed'), state, ['met', 'not-met']);
    expect(JSON.parse(made.changes.body).stages.city.conclusion.gates).toEqual([
      { id: 'g0', state: 'met' },
      { id: 'g1', state: 'not-met' },
    ]);
    expect(made.leaves).toHaveLength(1);
  });
  it('is not drawn from a sheet that changed meanwhile', () => {
    const state = stateOf({ stages: self }, 7);
    const command = {
      record: 'stages' as const,
      change: parseChange('stages', conclude('city')),
      version: null,
      reason: null,
    };
    expect(() =>
      decideInspection(state, { ...command, computed: { gates: [], count: 6 } }, stampOf('inspector')),
    ).toThrow('inspection.changed-meanwhile');
  });
});

describe('what is refused', () => {
  it.each([
    [
      'work',
      { do: 'self', scores: [{ indicator: 'migrant', points: 9, reason: '' }] },
      'inspection.work.too-many',
    ],
    [
      'work',
      { do: 'self', scores: [{ indicator: 'migrant', points: 7, reason: '' }] },
      'inspection.work.reason',
    ],
    [
      'work',
      { do: 'self', scores: [{ indicator: 'nothing', points: 7, reason: 'x' }] },
      'inspection.unknown-id',
    ],
    ['archive', { do: 'put', no: 4, state: 'ready', place: '', hash: null }, 'inspection.archive.place'],
    ['stages', { do: 'plan', stage: 'self', from: '2026-02-01', to: '2026-01-31' }, 'inspection.stage.dates'],
  ] as const)('%s %o', (record, change, message) => {
    try {
      decide(record === 'stages' ? 'operator' : 'official', record, change);
      expect.unreachable();
    } catch (error) {
      expect((error as { issues: { message: string }[] }).issues[0]?.message).toBe(message);
    }
  });
  it('a veto that follows from amounts, by hand; points that are computed', () => {
    expect(() =>
      decide('inspector', 'vetoes', { do: 'judge', veto: 'growth', state: 'clear', evidence: 'x' }),
    ).toThrow('inspection.veto.follows');
    const state = stateOf({ rules: { version: 1, body: { regime: regimes['chongqing']!, adapted: false } } });
    expect(() =>
      decide('inspector', 'parts', { do: 'points', part: 'public', points: 10, reason: 'x' }, state),
    ).toThrow('inspection.points.computed');
  });
  it('what is no number, or is not there, is named so that one knows what to enter', () => {
    const said = (record: 'sample' | 'rectification', raw: unknown) => {
      try {
        return parseChange(record, raw);
      } catch (error) {
        return (error as AppError).issues.map((issue) => [issue.path, issue.message]);
      }
    };
    expect(said('sample', { do: 'start', lat: 'abc', lon: undefined })).toEqual([
      ['lat', 'inspection.field.number'],
      ['lon', 'inspection.field.number'],
    ]);
    expect(said('sample', { do: 'locate', places: [] })).toEqual([['places', 'inspection.field.empty']]);
    expect(said('rectification', { do: 'collect', lowest: 1.5 })).toEqual([
      ['lowest', 'inspection.field.int'],
    ]);
  });

  it('every document has rules, and an empty form that passes them', () => {
    for (const record of Object.keys(regimes).length > 0
      ? ([
          'rules',
          'work',
          'vetoes',
          'growth',
          'parts',
          'other-figures',
          'stages',
          'archive',
          'schools',
        ] as const)
      : [])
      expect(rulesOf(record).body.safeParse(rulesOf(record).empty).success, record).toBe(true);
  });
});
