/** The list of rectification: where its tasks come from, who may take them on, the draws by independent code, the limit of failures, the difference of a re-survey. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lowestItems, symposiumProblems, type Finding } from '../../../src/domain/inspection/findings.ts';
import type { InspectionState } from '../../../src/domain/inspection/record.ts';
import { listState, rectificationRecord } from '../../../src/domain/inspection/rectification.ts';
import { drawCount, yearsLater } from '../../../src/domain/inspection/reinspection.ts';
import { compareItem } from '../../../src/domain/inspection/resurvey.ts';
import { growthRecord } from '../../../src/domain/inspection/growth.ts';
import { getRegime } from '../../../src/operations/inspection/regimes.ts';

const regime = await getRegime('basic-2012-shandong');
const root = new Uint8Array(32).fill(7);
const dice = '3161 2455 1362 4415 2361 5542';
const at = Date.parse('2026-11-29T10:00:00+08:00');
const finding = (no: number): Finding => ({
  ...{ kind: 'item', ref: `item:parent:q${no}`, group: 'parent', item: `q${no}` },
  title: { 'zh-CN': `问题${no}`, en: `Item ${no}` },
  found: { 'zh-CN': '家长：60 分', en: 'Parents: 60' },
});
const findings = (count: number) => Array.from({ length: count }, (_, i) => finding(i + 1));
const state = (patch: Partial<InspectionState> = {}): InspectionState => ({
  campaign: { id: 'c', state: 'released' },
  ...{ county: '990101' as never, countyName: 'x', root, gates: null, count: 0, schools: [] },
  latest: { rules: { version: 1, body: { regime, adapted: false } } },
  ...patch,
});
type Body = typeof rectificationRecord.empty;
const apply = (before: Body, change: object, of = state(), when = at): Body => {
  const after = rectificationRecord.apply(before, rectificationRecord.change.parse(change), of, {
    at: when,
    actor: null as never,
  });
  return rectificationRecord.body.parse(after);
};
const planned = { do: 'plan', unit: '县教体局基教科', role: '科长', measure: '调整学区', due: '2027-03-01' };
const evidence = { do: 'report', evidence: '学区调整文件', hash: null };
/** So many tasks, all said to be done. */
function reported(count: number): Body {
  let body = apply(
    rectificationRecord.empty,
    { do: 'collect', lowest: 5 },
    state({ findings: findings(count) }),
  );
  for (const { no } of body.tasks) body = apply(apply(body, { ...planned, no }), { ...evidence, no });
  return body;
}
const checked = (body: Body, fails: number): Body =>
  body.rounds
    .at(-1)!
    .drawn.reduce(
      (b, no, i) => apply(b, { do: 'check', no, passes: i >= fails, note: i < fails ? '未见成效' : '属实' }),
      body,
    );

describe('tasks', () => {
  it('come from what was computed, each once, and never from what is handed in', () => {
    const first = apply(
      rectificationRecord.empty,
      { do: 'collect', lowest: 5 },
      state({ findings: findings(2) }),
    );
    expect(first.tasks.map((t) => [t.no, t.ref, t.state, t.owner])).toEqual([
      [1, 'item:parent:q1', 'open', null],
      [2, 'item:parent:q2', 'open', null],
    ]);
    const more = apply(first, { do: 'collect', lowest: 5 }, state({ findings: findings(3) }));
    expect(more.tasks.map((t) => t.no)).toEqual([1, 2, 3]);
    expect(more.tasks.slice(0, 2)).toEqual(first.tasks);
    expect(() => apply(more, { do: 'collect', lowest: 5 }, state({ findings: findings(3) }))).toThrow(
      'inspection.collect.nothing',
    );
    expect(
      rectificationRecord.change.safeParse({ do: 'collect', lowest: 5, findings: findings(1) }).success,
    ).toBe(false);
    expect(() => apply(more, { do: 'resurvey', campaign: 'abc' })).toThrow('inspection.resurvey.by-service');
    expect(
      apply(more, { do: 'resurvey', campaign: 'abc' }, state({ made: { campaign: 'abc' as never } }))
        .resurveys,
    ).toEqual(['abc']);
  });

  it('go from a plan with owner and date to what was done and what inspectors say of it', () => {
    let body = apply(
      rectificationRecord.empty,
      { do: 'collect', lowest: 5 },
      state({ findings: findings(1) }),
    );
    expect(() => apply(body, { ...evidence, no: 1 })).toThrow('inspection.task.unplanned');
    expect(() => apply(body, { do: 'judge', no: 1, state: 'settled', opinion: '同意' })).toThrow(
      'inspection.task.not-reported',
    );
    expect(() => apply(body, { ...planned, no: 9 })).toThrow('inspection.invalid');
    body = apply(body, { ...planned, no: 1 });
    expect(body.tasks[0]).toMatchObject({ state: 'planned', due: '2027-03-01', owner: { role: '科长' } });
    const { needsReason } = rectificationRecord;
    const change = rectificationRecord.change.parse({ ...planned, no: 1, due: '2027-09-01' });
    expect(needsReason(change, body)).toBe(true);
    expect(listState(body, null, '2027-03-01').overdue).toEqual([]);
    expect(listState(body, null, '2027-03-02').overdue).toEqual([1]);
    body = apply(body, { ...evidence, no: 1 });
    expect(body.tasks[0]!.evidence).toEqual([{ text: '学区调整文件', hash: null, on: '2026-11-29' }]);
    expect(listState(body, null, '2027-03-02').overdue).toEqual([]);
    body = apply(body, { do: 'judge', no: 1, state: 'returned', opinion: '材料不全' });
    expect(body.tasks[0]).toMatchObject({ state: 'returned', opinion: '材料不全' });
    body = apply(apply(body, { ...evidence, no: 1 }), {
      do: 'judge',
      no: 1,
      state: 'settled',
      opinion: '属实',
    });
    expect(() => apply(body, { ...evidence, no: 1 })).toThrow('inspection.task.settled');
    expect(() => apply(body, { ...planned, no: 1 })).toThrow('inspection.task.settled');
  });

  it('are planned by the county, judged by inspectors, and surveyed again by the commissioner', () => {
    const who = (change: object) => rectificationRecord.actionOf(rectificationRecord.change.parse(change));
    expect(who({ ...planned, no: 1 })).toBe('inspection.enter');
    expect(who({ do: 'draw', dice })).toBe('inspection.decide');
    expect(who({ do: 'judge', no: 1, state: 'settled', opinion: 'x' })).toBe('inspection.decide');
    expect(who({ do: 'resurvey', campaign: 'x' })).toBe('campaign.edit');
  });
});

/** Written anew from the rule on the page. */
function repeat(from: readonly number[], mark: string, share: number): number[] {
  const hash = (...parts: (Uint8Array | string)[]) =>
    parts.reduce((h, p) => h.update(p), createHash('sha256')).digest();
  const seed = hash(root, dice.replaceAll(' ', ''), mark);
  let count = 0;
  while (count < from.length && (count === 0 || count / from.length < share)) count++;
  return [...from]
    .sort((a, b) => hash(seed, `${a}`).compare(hash(seed, `${b}`)))
    .slice(0, count)
    .sort((a, b) => a - b);
}

describe('re-inspection', () => {
  it('takes 10 %, then 30 %, at least one; the draw repeated by independent code', () => {
    expect([1, 9, 10, 11, 20, 30].map((n) => drawCount(n, 0.1))).toEqual([1, 1, 1, 2, 2, 3]);
    expect([1, 3, 4, 10, 20].map((n) => drawCount(n, 0.3))).toEqual([1, 1, 2, 3, 6]);
    const all = Array.from({ length: 20 }, (_, i) => i + 1);
    let body = apply(reported(20), { do: 'draw', dice });
    expect(body.rounds[0]).toMatchObject({ round: 'first', from: all, outcome: null });
    expect(body.rounds[0]!.drawn).toEqual(repeat(all, 'rectification 1', 0.1));
    expect(() => apply(body, { do: 'draw', dice })).toThrow('inspection.round.open');
    body = apply(checked(body, 0), { do: 'end-round' });
    expect(body.rounds[0]!.outcome).toBe('accepted');
    expect(body.tasks.filter((t) => t.state === 'settled').map((t) => t.no)).toEqual(body.rounds[0]!.drawn);
    body = apply(body, { do: 'draw', dice });
    expect(body.rounds[1]!.drawn).toEqual(repeat(all, 'rectification 2', 0.3));
    expect(() => apply(body, { do: 'review', outcome: 'kept', note: 'x' })).toThrow(
      'inspection.review.too-early',
    );
    body = apply(checked(body, 1), { do: 'end-round' });
    expect(body.rounds[1]!.outcome).toBe('accepted');
    expect(body.tasks[body.rounds[1]!.drawn[0]! - 1]).toMatchObject({
      state: 'returned',
      opinion: '未见成效',
    });
    expect(() => apply(body, { do: 'draw', dice })).toThrow('inspection.round.all-done');
    const rule = regime.rectification!;
    expect(listState(body, rule, '2026-12-01').reviewDue).toBe('2029-11-29');
    body = apply(body, { do: 'review', outcome: 'kept', note: '保持' }, state(), Date.parse('2029-11-01'));
    expect(listState(body, rule, '2029-12-01').reviewDue).toBe('2032-11-01');
  });

  it('refuses all above 30 % failures, not at 30 %, and begins the same round again', () => {
    // 34 done: the first round draws 4, so 1 failure is 25 % and 2 are 50 %.
    const open = apply(reported(34), { do: 'draw', dice });
    expect(open.rounds[0]!.drawn).toHaveLength(4);
    expect(() => apply(open, { do: 'end-round' })).toThrow('inspection.round.unchecked');
    const refused = apply(checked(open, 2), { do: 'end-round' });
    expect(refused.rounds[0]).toMatchObject({ outcome: 'refused', endedOn: '2026-11-29' });
    expect(refused.tasks.every((t) => t.state === 'returned')).toBe(true);
    expect(() => apply(refused, { do: 'draw', dice })).toThrow('inspection.round.nothing');
    expect(apply(checked(open, 1), { do: 'end-round' }).rounds[0]!.outcome).toBe('accepted');
    let again = refused;
    for (const { no } of again.tasks) again = apply(again, { ...evidence, no });
    expect(apply(again, { do: 'draw', dice }).rounds[1]).toMatchObject({ round: 'first' });
    // 3 of 10 are exactly 30 %.
    const tenths = {
      ...regime,
      rectification: {
        ...regime.rectification!,
        rounds: [{ id: 'all', title: { 'zh-CN': '全', en: 'All' }, share: 1 }],
      },
    };
    const of = state({ latest: { rules: { version: 1, body: { regime: tenths, adapted: true } } } });
    const ten = checked(apply(reported(10), { do: 'draw', dice }, of), 3);
    expect(apply(ten, { do: 'end-round' }, of).rounds[0]!.outcome).toBe('accepted');
    const four = checked(apply(reported(10), { do: 'draw', dice }, of), 4);
    expect(apply(four, { do: 'end-round' }, of).rounds[0]!.outcome).toBe('refused');
  });

  it('needs a frozen roll, dice and a rule; what was drawn is judged by the round alone', () => {
    const body = reported(3);
    expect(() => apply(body, { do: 'draw', dice }, state({ root: null }))).toThrow(
      'inspection.sample.not-frozen',
    );
    expect(() => apply(body, { do: 'draw', dice: '123' })).toThrow('draw.dice');
    const old = { ...regime, rectification: undefined };
    const of = state({ latest: { rules: { version: 1, body: { regime: old, adapted: false } } } });
    expect(() => apply(body, { do: 'draw', dice }, of)).toThrow('inspection.round.no-rule');
    const open = apply(body, { do: 'draw', dice });
    const [no] = open.rounds[0]!.drawn;
    expect(() => apply(open, { do: 'judge', no, state: 'settled', opinion: 'x' })).toThrow(
      'inspection.task.drawn',
    );
    expect(() => apply(open, { do: 'check', no: 1 + (no! % 3), passes: true, note: 'x' })).toThrow(
      'inspection.round.not-drawn',
    );
    const once = apply(open, { do: 'check', no, passes: true, note: 'x' });
    const twice = rectificationRecord.change.parse({ do: 'check', no, passes: false, note: 'y' });
    expect(rectificationRecord.needsReason(twice, once)).toBe(true);
    expect(() => apply(body, { do: 'end-round' })).toThrow('inspection.round.none');
  });

  it('whatever fails, what was not said to be done stays as it is', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.nat(5), (count, fails) => {
        let body = reported(count);
        body = apply(body, { do: 'add', title: '督学发现的问题', found: '现场查看' });
        const left = body.tasks.at(-1)!;
        body = apply(checked(apply(body, { do: 'draw', dice }), fails), { do: 'end-round' });
        expect(body.tasks.at(-1)).toEqual(left);
        const [round] = body.rounds;
        const failed = round!.checks.filter((c) => !c.passes).length;
        expect(round!.outcome).toBe(failed * 10 > 3 * round!.drawn.length ? 'refused' : 'accepted');
      }),
      { numRuns: 30 },
    );
  });
  it('counts years by the calendar', () => {
    expect([yearsLater('2026-11-29', 3), yearsLater('2024-02-29', 3), yearsLater('2024-02-29', 4)]).toEqual([
      '2029-11-29',
      '2027-02-28',
      '2028-02-29',
    ]);
  });
});

const estimate = (value: number) => ({
  kind: 'estimate',
  value,
  formula: 'f',
  n: 100,
  denominator: 100,
  se: 0.7,
  df: 99,
});
const survey = (items: readonly object[], points: object = { a: 100, b: 0 }) =>
  ({
    groups: [
      { group: 'parent', items: items.map((i) => ({ type: 'rating', title: { 'zh-CN': '路程' }, ...i })) },
    ],
    formulas: [
      { official: true, formula: { id: 'f', title: {}, kind: 'mean', points, dontKnow: 'exclude' } },
    ],
    profile: { interval: { method: 'normal', level: 0.95 } },
  }) as never;

describe('what a list is built from and compared with', () => {
  it('the lowest scored items whose figure is shown', () => {
    const low = lowestItems(
      survey([
        { id: 'a', figure: estimate(70) },
        { id: 'b', figure: estimate(60) },
        { id: 'hidden', figure: { kind: 'suppressed', why: 'protected' } },
        { id: 'beside', figure: estimate(1), scored: false },
        { id: 'age', type: 'number', figure: estimate(2) },
        { id: 'c', figure: estimate(60) },
      ]),
      2,
    );
    expect(low.map((l) => l.item)).toEqual(['b', 'c']);
  });

  it('each note that is marked as a problem, known again after another is taken away', () => {
    const note = (mark: 'problem' | 'highlight', text: string) =>
      ({ dimension: 'quality', mark, text }) as const;
    const meeting = { no: 2, kind: 'teachers', on: '2026-11-18' } as const;
    const of = (...notes: readonly ReturnType<typeof note>[]) =>
      symposiumProblems({ meetings: [{ ...meeting, notes }] } as never);
    const all = of(note('problem', '甲'), note('highlight', '乙'), note('problem', '丙'));
    expect(all.map((p) => p.text)).toEqual(['甲', '丙']);
    expect(of(note('problem', '丙'))).toEqual([all[1]]);
    expect(new Set(all.map((p) => p.ref)).size).toBe(2);
  });

  it('the same item later: √(0.7² + 0.7²) × 1.959964 = 1.940265 on either side', () => {
    const before = survey([{ id: 'a', figure: estimate(60) }]);
    const { trend } = compareItem(survey([{ id: 'a', figure: estimate(66) }]), before, 'parent', 'a');
    expect(trend).toMatchObject({ kind: 'difference', value: 6, change: 'up' });
    if (trend.kind !== 'difference') throw new Error();
    expect(trend.interval.low).toBeCloseTo(6 - 1.940265, 5);
    expect(trend.interval.high).toBeCloseTo(6 + 1.940265, 5);
    const why = (now: never, item = 'a') => {
      const found = compareItem(now, before, 'parent', item).trend;
      return found.kind === 'not-comparable' ? found.why : found.kind;
    };
    expect(why(survey([{ id: 'a', figure: estimate(66), title: { 'zh-CN': '别的问法' } }]))).toBe('items');
    expect(why(survey([{ id: 'a', figure: estimate(66) }], { a: 100, b: 50 }))).toBe('formula');
    expect(why(survey([{ id: 'a', figure: { kind: 'suppressed', why: 'protected' } }]))).toBe('figure');
    expect(why(survey([]), 'a')).toBe('items');
  });
});

describe('stated percentages of the growths', () => {
  const none = { primary: null, junior: null };
  const year = (own: number) => ({
    ...{ year: own, revenue: 1, funds: 1, perPupil: none, publicFunds: none, surchargeDue: null },
    ...{ surchargeLevied: null, surchargeUsed: null, transfers: null, transfersToEducation: null },
  });
  const put = (before: typeof growthRecord.empty, change: object) =>
    growthRecord.apply(before, growthRecord.change.parse(change), state(), { at, actor: null as never });
  it('stay when amounts are entered again without them', () => {
    const stated = [{ year: 2004, item: 'publicFunds', stage: 'junior', percent: 6 }];
    const first = put(growthRecord.empty, { do: 'put', years: [year(2003), year(2004)], stated });
    expect(put(first, { do: 'put', years: [year(2004)] }).stated).toEqual(stated);
    expect(put(first, { do: 'put', years: [year(2004)], stated: [] }).stated).toEqual([]);
    const change = { do: 'state', year: 2004, item: 'publicFunds', stage: 'junior', percent: 7.6 };
    expect(put(first, change).stated).toEqual([{ ...stated[0], percent: 7.6 }]);
    expect(growthRecord.needsReason(growthRecord.change.parse(change), first)).toBe(true);
    expect(put(first, { ...change, percent: null }).stated).toEqual([]);
    expect(() => put(first, { ...change, stage: null })).toThrow('inspection.invalid');
    expect(() => put(first, { ...change, year: 1999 })).toThrow('inspection.invalid');
  });
});
