/** A programme of schools: who may apply for what and when, the check that refuses a year, promotion and downgrade, coverage against the targets. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { coverageOf, programmeRecord, standingOf } from '../../../src/domain/inspection/programme.ts';
import type { InspectionState } from '../../../src/domain/inspection/record.ts';
import type { SchoolId } from '../../../src/domain/model/ids.ts';
import type { School } from '../../../src/domain/model/school.ts';
import { getProgramme } from '../../../src/operations/inspection/programmes.ts';

const rules = await getProgramme('guiyang');
const root = new Uint8Array(32).fill(7);
const dice = '3161 2455 1362 4415 2361 5542';
const school = (id: string, patch: Partial<School> = {}): School => ({
  ...{ id: id as SchoolId, name: id, code: null, aliases: [], category: 'primary', location: 'rural' },
  ...{ level: null, ownership: 'public', pupils: 100, staff: 10, township: '', parent: null },
  ...patch,
});
const schools = [
  ...Array.from({ length: 12 }, (_, i) => school(`S${i + 1}`)),
  school('P1', { parent: 'S1' as SchoolId, category: 'teaching-point' }),
  school('X1', { ownership: 'private' }),
];
const state = (patch: Partial<InspectionState> = {}): InspectionState => ({
  campaign: { id: 'c', state: 'released' },
  ...{ county: '990101' as never, countyName: 'x', root, gates: null, count: 0, schools, latest: {} },
  ...patch,
});
type Body = typeof programmeRecord.empty;
const on = (day: string) => Date.parse(`${day}T10:00:00+08:00`);
const apply = (before: Body, change: object, day = '2026-05-01', of = state()): Body =>
  programmeRecord.body.parse(
    programmeRecord.apply(before, programmeRecord.change.parse(change), of, {
      at: on(day),
      actor: null as never,
    }),
  );
const chosen = apply(programmeRecord.empty, { do: 'choose', rules, adapted: false });
const answers = (level: string) =>
  rules.levels.find((l) => l.id === level)!.criteria.map((c) => ({ criterion: c.id, note: '达到' }));
const applyFor = (id: string, level: string) => ({ do: 'apply', school: id, level, answers: answers(level) });
/** The issue's message, or the error's. */
function refusal(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    const { message, issues } = error as { message: string; issues?: readonly { message: string }[] };
    return issues?.[0]?.message ?? message;
  }
  return 'allowed';
}
function round(body: Body, fails: number, day = '2026-06-01'): Body {
  const year = day.slice(0, 4);
  let next = apply(body, { do: 'draw', dice }, day);
  for (const [i, no] of next.years[year]!.at(-1)!.drawn.entries())
    next = apply(next, { do: 'check', no, passes: i >= fails, note: '查看现场' }, day);
  return apply(next, { do: 'end-round' }, day);
}

describe('applications', () => {
  it('answer every criterion of the level, once a year; a teaching point applies with its central school', () => {
    const one = apply(chosen, applyFor('S1', 'nurtured'));
    expect(one.applications).toMatchObject([
      { no: 1, school: 'S1', year: 2026, state: 'applied', on: '2026-05-01' },
    ]);
    expect(refusal(() => apply(one, applyFor('S1', 'quality')))).toBe('inspection.programme.applied');
    expect(refusal(() => apply(chosen, applyFor('P1', 'nurtured')))).toBe('inspection.programme.bundled');
    expect(refusal(() => apply(chosen, applyFor('none', 'nurtured')))).toBe('inspection.sample.unknown');
    const short = { ...applyFor('S2', 'quality'), answers: answers('nurtured') };
    expect(refusal(() => apply(chosen, short))).toBe('inspection.programme.unanswered');
    expect(refusal(() => apply(programmeRecord.empty, applyFor('S1', 'nurtured')))).toBe(
      'inspection.programme.none',
    );
  });

  it('wait two years at a level, and may skip one', () => {
    const has = apply(chosen, {
      do: 'register',
      school: 'S1',
      level: 'nurtured',
      from: '2024-05-02',
      note: '市发〔2024〕8号',
    });
    expect(refusal(() => apply(has, applyFor('S1', 'nurtured')))).toBe('inspection.programme.not-higher');
    expect(refusal(() => apply(has, applyFor('S1', 'quality'), '2026-05-01'))).toBe(
      'inspection.programme.wait',
    );
    expect(refusal(() => apply(has, applyFor('S1', 'quality'), '2026-05-02'))).toBe('allowed');
    const stepwise = apply(chosen, { do: 'choose', rules: { ...rules, maySkip: false }, adapted: true });
    expect(refusal(() => apply(stepwise, applyFor('S2', 'experimental')))).toBe(
      'inspection.programme.no-skip',
    );
    expect(refusal(() => apply(stepwise, applyFor('S2', 'nurtured')))).toBe('allowed');
  });
});

describe('the check', () => {
  const ten = Array.from({ length: 10 }, (_, i) => `S${i + 1}`).reduce(
    (body, id) => apply(body, applyFor(id, 'nurtured')),
    chosen,
  );

  it('draws 10 % and 30 % of the year’s applications; levels are given after the second round', () => {
    const first = round(ten, 0);
    const [drawn] = first.years['2026']!;
    const hash = (...parts: (Uint8Array | string)[]) =>
      parts.reduce((h, p) => h.update(p), createHash('sha256')).digest();
    const seed = hash(root, dice.replaceAll(' ', ''), 'programme 2026 1');
    const order = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].sort((a, b) =>
      hash(seed, `${a}`).compare(hash(seed, `${b}`)),
    );
    expect(drawn).toMatchObject({ drawn: order.slice(0, 1), outcome: 'accepted' });
    expect(first.applications.every((a) => a.state === 'applied')).toBe(true);
    expect(refusal(() => apply(first, applyFor('S11', 'nurtured')))).toBe('inspection.programme.drawn');
    expect(refusal(() => apply(first, { do: 'withdraw', no: 2 }))).toBe('inspection.programme.drawn');
    const second = round(first, 0);
    expect(second.years['2026']![1]!.drawn).toHaveLength(3);
    expect(second.applications.every((a) => a.state === 'granted')).toBe(true);
    expect(second.levels['S4']).toMatchObject([{ level: 'nurtured', from: '2026-06-01', how: 'granted' }]);
    expect(refusal(() => round(second, 0))).toBe('inspection.round.all-done');
  });

  it('refuses the whole year above 30 % failures', () => {
    const second = round(round(ten, 0), 1);
    expect(second.years['2026']![1]!.outcome).toBe('refused');
    expect(second.applications.every((a) => a.state === 'refused')).toBe(true);
    expect(second.levels).toEqual({});
    expect(refusal(() => apply(second, { do: 'draw', dice }))).toBe('inspection.programme.year-refused');
    expect(refusal(() => apply(second, applyFor('S11', 'nurtured'), '2026-12-31'))).toBe(
      'inspection.programme.drawn',
    );
    expect(refusal(() => apply(second, applyFor('S11', 'nurtured'), '2027-01-01'))).toBe('allowed');
  });

  it('refuses one that failed among many', () => {
    const all = rules.levels.map((l) => l.id);
    const wide = apply(chosen, {
      do: 'choose',
      rules: { ...rules, check: { ...rules.check, rounds: [{ ...rules.check.rounds[0], share: 0.4 }] } },
      adapted: true,
    });
    expect(all).toEqual(['nurtured', 'experimental', 'quality']);
    const applied = schools.slice(0, 10).reduce((b, s) => apply(b, applyFor(s.id, 'experimental')), wide);
    const done = round(applied, 1);
    expect(done.applications.filter((a) => a.state === 'refused')).toHaveLength(1);
    expect(Object.keys(done.levels)).toHaveLength(9);
  });
});

describe('standings', () => {
  it('are looked at every three years: kept, downgraded or gone; one that is kept begins no new wait', () => {
    const has = apply(chosen, {
      do: 'register',
      school: 'S1',
      level: 'quality',
      from: '2023-06-01',
      note: '原有',
    });
    expect(coverageOf(has, rules, schools, '2026-06-01').reviews).toEqual([
      { school: 'S1', due: '2026-06-01', isLate: false },
    ]);
    expect(coverageOf(has, rules, schools, '2026-06-02').reviews[0]!.isLate).toBe(true);
    const review = (outcome: string, level: string | null = null) => ({
      ...{ do: 'review', school: 'S1', outcome, level, note: '复核' },
    });
    const kept = apply(has, review('kept'), '2026-06-01');
    expect(standingOf(kept.levels['S1']!)).toEqual({
      level: 'quality',
      since: '2023-06-01',
      seen: '2026-06-01',
    });
    expect(coverageOf(kept, rules, schools, '2026-06-02').reviews).toEqual([
      { school: 'S1', due: '2029-06-01', isLate: false },
    ]);
    const down = apply(has, review('downgraded', 'nurtured'), '2026-06-01');
    expect(standingOf(down.levels['S1']!)).toMatchObject({ level: 'nurtured', since: '2026-06-01' });
    expect(refusal(() => apply(down, applyFor('S1', 'quality'), '2027-06-01'))).toBe(
      'inspection.programme.wait',
    );
    expect(refusal(() => apply(has, review('downgraded', 'quality')))).toBe('inspection.programme.not-lower');
    const gone = apply(has, review('delisted'), '2026-06-01');
    expect(standingOf(gone.levels['S1']!)!.level).toBeNull();
    expect(refusal(() => apply(gone, review('kept')))).toBe('inspection.programme.no-level');
    expect(refusal(() => apply(gone, applyFor('S1', 'nurtured'), '2026-06-02'))).toBe('allowed');
  });

  it('cover the public schools, each with its teaching points, as of the end of each year', () => {
    const register = (body: Body, i: number, from: string, level = 'nurtured') =>
      apply(body, { do: 'register', school: `S${i}`, level, from, note: '原有' });
    let body = chosen;
    // 12 public schools: 5 by 2022 (41.7 %), 8 by 2023 (66.7 %), 11 by 2024, 12 by 2025.
    for (let i = 1; i <= 5; i++) body = register(body, i, '2022-12-31');
    for (let i = 6; i <= 8; i++) body = register(body, i, '2023-09-01', 'quality');
    for (let i = 9; i <= 11; i++) body = register(body, i, '2024-09-01');
    body = register(body, 12, '2025-01-01');
    const found = coverageOf(body, rules, schools, '2026-05-01');
    expect(found.units).toBe(12);
    expect(found.byLevel.map((l) => l.count)).toEqual([9, 0, 3]);
    expect(found.targets.map((t) => [t.kind, t.year, t.count, t.meets])).toEqual([
      ['coverage', 2022, 5, true],
      ['coverage', 2023, 8, false],
      ['coverage', 2024, 11, true],
      ['coverage', 2025, 12, true],
      ['top', 2030, 3, null],
    ]);
    expect(coverageOf(programmeRecord.empty, rules, [], '2026-05-01').targets[0]).toMatchObject({
      share: null,
      meets: null,
    });
  });
});

describe('rules', () => {
  it('that drop a level in use are refused, and so are those that contradict themselves', () => {
    const one = apply(chosen, applyFor('S1', 'nurtured'));
    const fewer = { ...rules, levels: rules.levels.slice(1) };
    expect(refusal(() => apply(one, { do: 'choose', rules: fewer, adapted: true }))).toBe(
      'inspection.programme.level-used',
    );
    const twice = { ...rules, levels: [...rules.levels, rules.levels[0]] };
    expect(refusal(() => apply(chosen, { do: 'choose', rules: twice, adapted: true }))).toBe(
      'inspection.regime.twice',
    );
  });
});
