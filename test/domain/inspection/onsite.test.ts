/** Symposiums and interviews: whom a draw takes, what may follow what, and the rates of outcomes. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Actor } from '../../../src/domain/campaign/permissions.ts';
import { fromHex, toHex } from '../../../src/domain/hash.ts';
import {
  decideInspection,
  type InspectionCommand,
} from '../../../src/domain/inspection/decide-inspection.ts';
import { interviewOutcomeNames, outcomeRates } from '../../../src/domain/inspection/interviews.ts';
import type { InspectionState } from '../../../src/domain/inspection/record.ts';
import { createRollDrawer, rollSeed, type RollDraw } from '../../../src/domain/inspection/roll-draw.ts';
import {
  symposiumMark,
  symposiumProblems,
  symposiumStates,
  symposiumsRecord,
  type SymposiumsBody,
} from '../../../src/domain/inspection/symposiums.ts';
import type { CountyCode } from '../../../src/domain/model/ids.ts';
import type { Group, Role } from '../../../src/domain/model/vocabulary.ts';

const root = new Uint8Array(32).fill(9);
const dice = '3161 2455 1362 4415 2361 5542';
const otherDice = '1361 2455 1362 4415 2361 5542';
const county = '990101' as CountyCode;

const actor = (role: Role, userId: string = role): Actor => ({
  ...{ userId, name: role, role, via: 'web' as const },
  counties: role === 'operator' ? [] : [county],
});
const person = (i: number, group: Group = 'parent', school = `S${i % 7}`) => ({
  entry: new Uint8Array(createHash('sha256').update(`person ${i}`).digest().subarray(0, 16)),
  group,
  affiliations: [{ school: school as never, grade: null }],
});
const roll = Array.from({ length: 300 }, (_, i) => person(i, i % 3 === 0 ? 'teacher' : 'parent'));

function drawn(mark: string, count: number, group: Group = 'parent', people = roll, thrown = dice): RollDraw {
  const seed = rollSeed(root, thrown, mark);
  const drawer = createRollDrawer(seed, count, (c) => c.group === group);
  for (const contact of people) drawer.add(contact);
  return { root: toHex(root), dice: thrown.replaceAll(' ', ''), seed: toHex(seed), ...drawer.result() };
}

/** Written anew from the rule on the page. */
function repeat(mark: string, count: number, group: Group): string[] {
  const seed = createHash('sha256').update(root).update(dice.replaceAll(' ', '')).update(mark).digest();
  const keyOf = (entry: Uint8Array) => createHash('sha256').update(seed).update(entry).digest('hex');
  return roll
    .filter((p) => p.group === group)
    .map((p) => ({ id: Buffer.from(p.entry).toString('hex'), key: keyOf(p.entry) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .slice(0, count)
    .map((p) => p.id);
}

describe('a draw from the roll', () => {
  it('is repeated by other code, in any order of the roll, and differs by what it is for', () => {
    const first = drawn('symposium 1', 20);
    expect(first.people.map((p) => p.entry)).toEqual(repeat('symposium 1', 20, 'parent'));
    expect(drawn('symposium 1', 20, 'parent', [...roll].reverse())).toEqual(first);
    expect(first.size).toBe(200);
    expect(drawn('interviews 1', 20).people).not.toEqual(first.people);
  });

  it('takes the first of a longer draw, however many people there are', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 3000 }), (count, more) => {
        const people = [...roll, ...Array.from({ length: more }, (_, i) => person(1000 + i))];
        const few = drawn('x', count, 'parent', people);
        const many = drawn('x', count + 5, 'parent', people);
        expect(many.people.slice(0, count)).toEqual(few.people);
      }),
      { numRuns: 8 },
    );
  });
});

/** The document as a chain of changes leaves it. */
function chain(start?: InspectionState['latest']) {
  let latest: InspectionState['latest'] = start ?? {};
  let count = 0;
  const state = () => ({
    campaign: { id: 'c', state: 'open' as const },
    county,
    countyName: '云溪县',
    root,
    schools: [{ id: 'S1', name: '第一小学' }] as never,
    latest,
    count,
  });
  return {
    do(
      role: Role | Actor,
      record: 'symposiums' | 'interviews' | 'students',
      change: { readonly do: string; readonly [key: string]: unknown },
      o: { readonly reason?: string; readonly drawn?: RollDraw } = {},
    ) {
      const by = typeof role === 'string' ? actor(role) : role;
      const command: InspectionCommand = {
        ...{ record, change, version: null, reason: o.reason ?? null },
        ...(o.drawn && { drawn: o.drawn }),
      };
      const decision = decideInspection(state(), command, { actor: by, at: 1_800_000_000_000 });
      const { version, body } = decision.changes;
      latest = { ...latest, [record]: { version, body: JSON.parse(body) } };
      count += 1;
      return decision;
    },
    symposiums: () => latest.symposiums?.body ?? { meetings: [] },
    interviews: () => latest.interviews!.body,
  };
}
const plan = {
  do: 'plan',
  kind: 'parents',
  on: '2026-04-01',
  at: '14:30',
  minutes: 60,
  place: '第一小学会议室',
};
const message = (text: string) => expect.objectContaining({ message: text });

describe('symposiums', () => {
  it('are planned by the county, drawn and recorded by inspectors alone', () => {
    const c = chain();
    c.do('official', 'symposiums', plan);
    const draw = { do: 'draw', no: 1, dice, count: 3, sampleSchools: false };
    const of = { drawn: drawn(symposiumMark(1), 3) };
    expect(() => c.do('official', 'symposiums', draw, of)).toThrow(message('forbidden'));
    expect(() => c.do('operator', 'symposiums', draw, of)).toThrow(message('forbidden'));
    const { leaves } = c.do('inspector', 'symposiums', draw, of);
    expect(leaves).toMatchObject([{ type: 'inspection', body: { record: 'symposiums', change: 'draw' } }]);
    expect(c.symposiums().meetings[0]!.draw!.invited.map((i) => i.entry)).toEqual(
      repeat('symposium 1', 3, 'parent'),
    );
    expect(() => c.do('inspector', 'symposiums', draw, of)).toThrow(
      message('inspection.symposium.drawn-once'),
    );
    expect(() => c.do('official', 'symposiums', { do: 'drop', no: 1 }, { reason: '改期' })).toThrow(
      message('inspection.symposium.drawn-stays'),
    );
    const hold = { do: 'hold', no: 1, present: 12, lasted: 55, names: null };
    expect(() => c.do('official', 'symposiums', hold)).toThrow(message('forbidden'));
    const note = { do: 'note', no: 1, dimension: 'regulation', mark: 'problem', text: '作业偏多' };
    expect(() => c.do('inspector', 'symposiums', note)).toThrow(message('inspection.symposium.not-held'));
    c.do('inspector', 'symposiums', hold);
    c.do('inspector', 'symposiums', note);
    // A double click that reached two services. Somebody else may say the same later.
    expect(() => c.do('inspector', 'symposiums', note)).toThrow(message('inspection.entered'));
    expect(() => c.do('official', 'symposiums', plan)).toThrow(message('inspection.entered'));
    expect(symposiumProblems(c.symposiums())).toEqual([
      { symposium: 1, kind: 'parents', on: '2026-04-01', dimension: 'regulation', text: '作业偏多' },
    ]);
    expect(() => c.do('inspector', 'symposiums', { ...hold, present: 11 })).toThrow(
      message('inspection.reason'),
    );
  });

  it('refuse a draw that is not of the frozen roll, and a plan of more than an hour', () => {
    const c = chain();
    c.do('official', 'symposiums', plan);
    const draw = { do: 'draw', no: 1, dice, count: 3, sampleSchools: false };
    const other = { ...drawn(symposiumMark(1), 3), root: toHex(new Uint8Array(32)) };
    expect(() => c.do('inspector', 'symposiums', draw, { drawn: other })).toThrow(
      message('draw.root-changed'),
    );
    expect(() => c.do('inspector', 'symposiums', draw, { drawn: drawn('symposium 2', 3) })).toThrow(
      message('draw.root-changed'),
    );
    expect(() =>
      c.do('inspector', 'symposiums', draw, { drawn: drawn(symposiumMark(1), 3, 'public') }),
    ).toThrow(message('inspection.draw.nobody'));
    expect(symposiumsRecord.change.safeParse({ ...plan, minutes: 61 }).success).toBe(false);
    expect(symposiumsRecord.change.safeParse({ ...plan, at: '24:10' }).success).toBe(false);
  });

  it('say which of the four are missing', () => {
    const of = (kind: 'deputies' | 'principals' | 'teachers', lasted: number | null, isDrawn = true) => ({
      ...{ no: 1, kind, on: '2026-04-01', at: '09:00', minutes: 60, place: 'x', notes: [] },
      draw: isDrawn ? { dice, seed: '', size: 1, count: 1, within: null, invited: [] } : null,
      held: lasted === null ? null : { present: 9, lasted, names: null },
    });
    const body: SymposiumsBody = {
      meetings: [of('deputies', 60), of('principals', 75), of('teachers', null), of('deputies', 90, false)],
    };
    expect(symposiumStates(body).map((s) => [s.kind, s.state, s.undrawn])).toEqual([
      ['deputies', 'held', false],
      ['principals', 'too-long', false],
      ['teachers', 'planned', false],
      ['parents', 'missing', false],
    ]);
    expect(symposiumStates({ meetings: [of('deputies', 50, false)] })[0]).toMatchObject({ undrawn: true });
  });
});

describe('calls', () => {
  const sheet = { do: 'draw', group: 'teacher', dice, count: 4, sampleSchools: false };
  it('show one number at a time to each account, and the next one after an outcome', () => {
    const c = chain();
    c.do('inspector', 'interviews', sheet, { drawn: drawn('interviews 1', 4, 'teacher') });
    const show = (at: number) => ({ do: 'show', no: 1, at });
    const second = actor('interviewer', 'other');
    c.do('interviewer', 'interviews', show(1));
    expect(() => c.do('interviewer', 'interviews', show(2))).toThrow(message('inspection.call.open'));
    c.do('interviewer', 'interviews', show(1));
    c.do(second, 'interviews', show(2));
    expect(() => c.do('official', 'interviews', show(3))).toThrow(message('forbidden'));
    expect(() =>
      c.do('interviewer', 'interviews', { do: 'outcome', no: 1, at: 3, outcome: 'complete' }),
    ).toThrow(message('inspection.call.not-shown'));
    c.do('interviewer', 'interviews', { do: 'outcome', no: 1, at: 1, outcome: 'refused' });
    c.do('interviewer', 'interviews', show(3));
    expect(c.interviews().sheets[0]!.people.map((p) => [p.shown, p.outcome])).toEqual([
      [2, 'refused'],
      [1, null],
      [1, null],
      [0, null],
    ]);
    expect(JSON.stringify(c.interviews())).not.toContain('S1');
  });

  it('draw other people for the next sheet', () => {
    const c = chain();
    c.do('inspector', 'interviews', sheet, { drawn: drawn('interviews 1', 4, 'teacher') });
    expect(() =>
      c.do('inspector', 'interviews', sheet, { drawn: drawn('interviews 1', 4, 'teacher') }),
    ).toThrow(message('draw.root-changed'));
    expect(() =>
      c.do('inspector', 'interviews', sheet, { drawn: drawn('interviews 2', 4, 'teacher') }),
    ).toThrow(
      expect.objectContaining({ issues: [{ path: 'dice', message: 'inspection.interview.same-dice' }] }),
    );
    const again = { drawn: drawn('interviews 2', 4, 'teacher', roll, otherDice) };
    c.do('inspector', 'interviews', { ...sheet, dice: otherDice }, again);
    const [one, two] = c.interviews().sheets;
    expect(two!.people.map((p) => p.entry)).not.toEqual(one!.people.map((p) => p.entry));
    expect(fromHex(one!.seed)).toHaveLength(32);
  });

  it('at gates are numbers of people', () => {
    const c = chain();
    const gate = {
      do: 'gate',
      on: '2026-04-01',
      school: 'S1',
      approached: 30,
      refused: 9,
      slips: 21,
      note: '',
    };
    c.do('inspector', 'interviews', gate);
    expect(() => c.do('inspector', 'interviews', gate)).toThrow(message('inspection.entered'));
    expect(() => c.do('inspector', 'interviews', { ...gate, slips: 22 })).toThrow(
      message('inspection.invalid'),
    );
    expect(() => c.do('inspector', 'interviews', { ...gate, school: 'S9' })).toThrow(
      message('inspection.invalid'),
    );
    expect(() => c.do('inspector', 'interviews', { do: 'remove-gate', gate: 1 })).toThrow(
      message('inspection.reason'),
    );
  });
});

describe('consent for pupils', () => {
  const consent = { do: 'consent', school: 'S1', on: '2026-03-01', pupils: 90, consented: 84 };
  it('is entered by the county as a number, and set aside by the commissioner alone, with a reason', () => {
    const c = chain();
    c.do('official', 'students', consent);
    expect(() => c.do('official', 'students', { ...consent, consented: 91 }, { reason: '补登' })).toThrow(
      message('inspection.invalid'),
    );
    expect(() => c.do('official', 'students', { ...consent, school: 'S9' })).toThrow(
      message('inspection.invalid'),
    );
    expect(() => c.do('official', 'students', { ...consent, consented: 85 })).toThrow(
      message('inspection.reason'),
    );
    c.do('official', 'students', { ...consent, consented: 85 }, { reason: '补登' });
    const off = { do: 'setting', isRequired: false };
    expect(() => c.do('official', 'students', off, { reason: 'x' })).toThrow(message('forbidden'));
    expect(() => c.do('inspector', 'students', off, { reason: 'x' })).toThrow(message('forbidden'));
    expect(() => c.do('operator', 'students', off)).toThrow(message('inspection.reason'));
    const { changes } = c.do('operator', 'students', off, { reason: '学校已按规定统一征求' });
    expect(JSON.parse(changes.body)).toEqual({
      isRequired: false,
      consents: [{ school: 'S1', on: '2026-03-01', pupils: 90, consented: 85 }],
    });
  });
});

describe('rates of outcomes', () => {
  // AAPOR Standard Definitions, 10th ed.: RR1 = I / ((I+P) + (R+NC+O) + (UH+UO)); COOP1 = I / ((I+P)+R+O); CON1 = ((I+P)+R+O) / ((I+P)+R+O+NC+(UH+UO)); REF1 = R / RR1's denominator.
  const counts = {
    ...{ complete: 20, partial: 2, refused: 6, 'broke-off': 2, 'not-reached': 15 },
    ...{ other: 1, 'wrong-number': 4, 'not-eligible': 3 },
  } as const;
  it('are AAPOR’s, worked out by hand: 20 of 50, of 31, 31 of 50, 8 of 50', () => {
    const people = interviewOutcomeNames.flatMap((outcome) =>
      Array.from({ length: counts[outcome] }, () => ({ shown: 1, outcome })),
    );
    const rates = outcomeRates([...people, { shown: 1, outcome: null }, { shown: 0, outcome: null }]);
    expect(rates).toMatchObject({ called: 54, open: 1, counts });
    expect(rates.responseRate).toBeCloseTo(20 / 50, 12);
    expect(rates.cooperationRate).toBeCloseTo(20 / 31, 12);
    expect(rates.contactRate).toBeCloseTo(31 / 50, 12);
    expect(rates.refusalRate).toBeCloseTo(8 / 50, 12);
    expect(outcomeRates([]).responseRate).toBeNull();
  });
});
