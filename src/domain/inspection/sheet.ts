/**
 * The determination sheet (认定表): each gate is met, not met, undecided or missing, with its reason. Satisfaction is taken only
 * from a released survey, according to its role; it cannot be entered by hand.
 */
import type { MessageParams } from '../errors.ts';
import { formatAtMost, formatValue } from '../scoring/format.ts';
import { settle } from '../scoring/figure.ts';
import type { LocalisedText } from '../scoring/rules/formula.ts';
import type { Balance } from './balance.ts';
import type { GateState } from './gate-states.ts';
import { computeGrowth, type Growth, type GrowthBody } from './growth.ts';
import type { Regime } from './regime.ts';
import type { PartsBody, VetoesBody, WorkBody } from './scores.ts';

export interface GateReason {
  readonly message: string;
  readonly params?: MessageParams;
}
export interface Gate {
  /** `balance-primary`, `veto-incident`, `satisfaction`. */
  readonly id: string;
  readonly kind:
    'balance' | 'standards' | 'work' | 'veto' | 'growth' | 'points' | 'floor' | 'part' | 'satisfaction';
  /** From the regime; null: the kind says it. */
  readonly title: LocalisedText | null;
  readonly state: GateState;
  readonly reasons: readonly GateReason[];
}

/** The result of a survey; null: none is released. */
export interface Satisfaction {
  readonly verdict: 'met' | 'not-met' | 'undecided' | 'insufficient';
  /** Formatted as on every page; null: not shown. */
  readonly value: string | null;
  /** Unrounded, for points. */
  readonly points: number | null;
  readonly threshold: number;
  readonly interval: string | null;
  readonly doubts: readonly string[];
  /** Of the rule profile. */
  readonly regime: string;
}

export interface WorkTotals {
  readonly self: number | null;
  readonly inspectors: number | null;
  /** Indicators without the inspectors' score. */
  readonly open: number;
  readonly areas: readonly {
    readonly id: string;
    readonly points: number;
    readonly self: number | null;
    readonly inspectors: number | null;
  }[];
}

export interface PointsResult {
  readonly parts: readonly { readonly id: string; readonly points: number | null }[];
  readonly bonus: number;
  readonly total: number | null;
}

export interface Sheet {
  readonly gates: readonly Gate[];
  readonly state: GateState;
  readonly work: WorkTotals | null;
  readonly growth: Growth | null;
  readonly points: PointsResult | null;
}

export interface SheetInput {
  readonly regime: Regime;
  /** null: no table. */
  readonly balance: Balance | null;
  readonly work: WorkBody;
  readonly vetoes: VetoesBody;
  readonly growth: GrowthBody;
  readonly parts: PartsBody;
  readonly satisfaction: Satisfaction | null;
}

/** Every gate of the regime with its state and reasons, and the overall result. */
export function computeSheet(input: SheetInput): Sheet {
  const { regime } = input;
  const work = regime.work && workTotals(regime.work, input.work);
  const growth = regime.growth && computeGrowth(input.growth, regime.growth);
  const points = regime.points && pointsOf(input, work);
  const gates: Gate[] = [
    // If points are given for the differences and for the work, these are judged by their points.
    ...(regime.points
      ? []
      : [...balanceGates(input), ...(work && regime.work ? [workGate(regime.work, work)] : [])]),
    ...(points && regime.points ? pointGates(regime.points, points, input) : []),
    ...regime.parts.map((part) => partGate(part, input.parts)),
    ...(growth && !regime.vetoes.some((v) => v.follows === 'growth') ? [growthGate(growth)] : []),
    ...regime.vetoes.map((veto) => vetoGate(veto, input.vetoes, growth)),
    ...(regime.satisfaction.role === 'gate' ? [satisfactionGate(input)] : []),
  ];
  return { gates, state: overall(gates), work, growth, points };
}

/** One gate that is not met decides; missing has priority over undecided. */
export function overall(gates: readonly Pick<Gate, 'state'>[]): GateState {
  for (const state of ['not-met', 'missing', 'undecided'] as const)
    if (gates.some((g) => g.state === state)) return state;
  return 'met';
}

const isMet = (meets: boolean | null): GateState => (meets === null ? 'missing' : meets ? 'met' : 'not-met');

function balanceGates({ regime, balance }: SheetInput): readonly Gate[] {
  const stages = balance?.stages ?? [];
  const gates: Gate[] = (['primary', 'junior'] as const).map((name) => {
    const stage = stages.find((s) => s.stage === name);
    const base = { id: `balance-${name}`, kind: 'balance' as const, title: null };
    if (!stage) return { ...base, state: 'missing', reasons: [{ message: 'inspection.gate.no-table' }] };
    const limit = formatValue(stage.limit, { decimals: 2, threshold: null });
    if (stage.schools === 0 || stage.meets === null)
      return { ...base, state: 'missing', reasons: [{ message: 'inspection.gate.no-coefficient' }] };
    if (stage.composite !== null) {
      const params = { value: formatAtMost(stage.composite, 3, stage.limit), limit };
      const message = `inspection.gate.composite.${stage.meets ? 'met' : 'not-met'}`;
      return { ...base, state: isMet(stage.meets), reasons: [{ message, params }] };
    }
    const above = stage.indicators.filter((i) => i.meets !== true).length;
    const params = { above, count: stage.indicators.length, limit };
    return {
      ...base,
      state: isMet(stage.meets),
      reasons: [{ message: `inspection.gate.each.${stage.meets ? 'met' : 'not-met'}`, params }],
    };
  });
  if (regime.balance.perSchool === null) return gates;
  const all = stages.flatMap((s) => s.standards ?? []);
  const failing = all.filter((s) => !s.meets);
  const state: GateState = all.length === 0 ? 'missing' : isMet(failing.length === 0);
  return [
    ...gates,
    {
      ...{ id: 'standards', kind: 'standards', title: null, state },
      reasons: [
        all.length === 0
          ? { message: 'inspection.gate.no-table' }
          : {
              message: `inspection.gate.standards.${state}`,
              params: {
                failing: failing.length,
                schools: all.length,
                names: failing
                  .slice(0, 5)
                  .map((s) => s.school)
                  .join('、'),
              },
            },
      ],
    },
  ];
}

/** Points by part, from the county itself and from inspectors; null while one is missing. */
export function workTotals(work: NonNullable<Regime['work']>, { scores }: WorkBody): WorkTotals {
  const sum = (ids: readonly string[], whose: 'self' | 'inspectors') => {
    const own = ids.map((one) => scores[one]?.[whose]?.points);
    return own.every((p) => p !== undefined) ? settle(own.reduce((a, b) => a + b, 0)) : null;
  };
  const all = work.areas.flatMap((a) => a.indicators.map((i) => i.id));
  return {
    self: sum(all, 'self'),
    inspectors: sum(all, 'inspectors'),
    open: all.filter((one) => !scores[one]?.inspectors).length,
    areas: work.areas.map((a) => {
      const ids = a.indicators.map((i) => i.id);
      const points = a.indicators.reduce((n, i) => n + i.points, 0);
      return { id: a.id, points, self: sum(ids, 'self'), inspectors: sum(ids, 'inspectors') };
    }),
  };
}

function workGate(work: NonNullable<Regime['work']>, totals: WorkTotals): Gate {
  const base = { id: 'work', kind: 'work' as const, title: null };
  if (totals.inspectors === null)
    return {
      ...base,
      state: 'missing',
      reasons: [{ message: 'inspection.gate.work.open', params: { open: totals.open } }],
    };
  const meets = totals.inspectors >= work.pass;
  const params = { points: pointsText(totals.inspectors), pass: work.pass, full: work.full };
  return { ...base, state: isMet(meets), reasons: [{ message: 'inspection.gate.work.points', params }] };
}

/** Points with one decimal, or none if they are whole. */
export function pointsText(points: number): string {
  return formatValue(points, { decimals: Number.isInteger(points) ? 0 : 1, threshold: null });
}

function growthGate(growth: Growth): Gate {
  const { state } = growth;
  return { id: 'growth', kind: 'growth', title: null, state, reasons: [growthReason(growth)] };
}
function growthReason({ state, failing, checks }: Growth): GateReason {
  if (state === 'not-met')
    return { message: 'inspection.gate.growth.not-met', params: { years: failing.join('、') } };
  if (state === 'met') return { message: 'inspection.gate.growth.met' };
  return {
    message: 'inspection.gate.growth.missing',
    params: { count: checks.filter((c) => c.state === 'missing').length },
  };
}

function vetoGate(veto: Regime['vetoes'][number], { vetoes }: VetoesBody, growth: Growth | null): Gate {
  const base = { id: `veto-${veto.id}`, kind: 'veto' as const, title: veto.title };
  if (veto.follows === 'growth' && growth)
    return { ...base, state: growth.state, reasons: [growthReason(growth)] };
  const judged = vetoes[veto.id];
  if (!judged) return { ...base, state: 'missing', reasons: [{ message: 'inspection.gate.veto.open' }] };
  const message = `inspection.gate.veto.${judged.state}`;
  return {
    ...base,
    state: judged.state === 'clear' ? 'met' : 'not-met',
    reasons: [{ message, params: { evidence: judged.evidence } }],
  };
}

function pointsOf({ regime, parts, satisfaction }: SheetInput, work: WorkTotals | null): PointsResult {
  const rule = regime.points!;
  const list = rule.parts.map((part) => {
    switch (part.from) {
      case 'entered':
        return { id: part.id, points: parts.points[part.id]?.points ?? null };
      case 'work': {
        const own = work?.inspectors ?? null;
        return { id: part.id, points: own === null ? null : settle((own / regime.work!.full) * part.points) };
      }
      case 'satisfaction': {
        const own =
          usable(regime, satisfaction) && satisfaction.verdict !== 'insufficient'
            ? satisfaction.points
            : null;
        return { id: part.id, points: own === null ? null : settle((own / 100) * part.points) };
      }
    }
  });
  const bonus = Math.min(rule.bonus, parts.bonus?.points ?? 0);
  const total = list.every((p) => p.points !== null)
    ? settle(list.reduce((n, p) => n + p.points!, 0) + bonus)
    : null;
  return { parts: list, bonus, total };
}

function pointGates(
  rule: NonNullable<Regime['points']>,
  result: PointsResult,
  input: SheetInput,
): readonly Gate[] {
  const floors = rule.parts.flatMap((part): Gate[] => {
    if (part.floor === null) return [];
    const own = result.parts.find((p) => p.id === part.id)!.points;
    const base = { id: `floor-${part.id}`, kind: 'floor' as const, title: part.title };
    if (own === null)
      return [{ ...base, state: 'missing', reasons: [{ message: 'inspection.gate.floor.open' }] }];
    const params = { points: pointsText(own), floor: part.floor, full: part.points };
    return [
      {
        ...base,
        state: isMet(own >= part.floor),
        reasons: [{ message: 'inspection.gate.floor.points', params }],
      },
    ];
  });
  const base = { id: 'points', kind: 'points' as const, title: null };
  const open = result.parts.filter((p) => p.points === null).length;
  if (result.total === null) {
    const isSurvey = rule.parts.some(
      (p) => p.from === 'satisfaction' && result.parts.some((r) => r.id === p.id && r.points === null),
    );
    const reasons: GateReason[] = [{ message: 'inspection.gate.points.open', params: { open } }];
    return [
      ...floors,
      {
        ...base,
        state: 'missing',
        reasons: isSurvey ? [...reasons, ...satisfactionGate(input).reasons] : reasons,
      },
    ];
  }
  const params = { points: pointsText(result.total), pass: rule.pass, full: rule.full, bonus: rule.bonus };
  return [
    ...floors,
    {
      ...base,
      state: isMet(result.total >= rule.pass),
      reasons: [{ message: 'inspection.gate.points.total', params }],
    },
  ];
}

function partGate(part: Regime['parts'][number], body: PartsBody): Gate {
  const base = { id: `part-${part.id}`, kind: 'part' as const, title: part.title };
  if (part.indicators.length === 0) {
    const verdict = body.verdicts[part.id];
    if (!verdict) return { ...base, state: 'missing', reasons: [{ message: 'inspection.gate.part.open' }] };
    return {
      ...base,
      state: isMet(verdict.meets),
      reasons: [{ message: 'inspection.gate.part.verdict', params: { reason: verdict.reason } }],
    };
  }
  const judged = part.indicators.map((i) => requirementMet(i, body));
  const failing = part.indicators.filter((_, i) => judged[i] === false);
  if (failing.length > 0)
    return {
      ...base,
      state: 'not-met',
      reasons: [
        {
          message: 'inspection.gate.part.failing',
          params: {
            count: failing.length,
            names: failing
              .slice(0, 3)
              .map((f) => f.title['zh-CN'])
              .join('；'),
          },
        },
      ],
    };
  const open = judged.filter((j) => j === null).length;
  if (open > 0)
    return {
      ...base,
      state: 'missing',
      reasons: [{ message: 'inspection.gate.part.values', params: { open } }],
    };
  const lacking = (part.expected ?? 0) - part.indicators.length;
  if (lacking > 0)
    return {
      ...base,
      state: 'missing',
      reasons: [{ message: 'inspection.gate.part.lacking', params: { lacking, expected: part.expected! } }],
    };
  return {
    ...base,
    state: 'met',
    reasons: [{ message: 'inspection.gate.part.all', params: { count: judged.length } }],
  };
}

/** Null while nothing was entered. */
export function requirementMet(
  requirement: Regime['parts'][number]['indicators'][number],
  { values }: PartsBody,
): boolean | null {
  const own = values[requirement.id];
  if (!own) return null;
  if (requirement.comparison === 'yes') return own.yes;
  if (own.value === null || requirement.standard === null) return null;
  return requirement.comparison === 'at-least'
    ? own.value >= requirement.standard
    : own.value <= requirement.standard;
}

function usable(regime: Regime, satisfaction: Satisfaction | null): satisfaction is Satisfaction {
  return satisfaction !== null && satisfaction.regime === regime.satisfaction.profileRegime;
}

/** Also if it is only a reference: the result of the survey, or why there is none. */
export function satisfactionGate({
  regime,
  satisfaction,
}: Pick<SheetInput, 'regime' | 'satisfaction'>): Gate {
  const base = { id: 'satisfaction', kind: 'satisfaction' as const, title: null };
  if (satisfaction === null)
    return { ...base, state: 'missing', reasons: [{ message: 'inspection.gate.survey.not-released' }] };
  if (!usable(regime, satisfaction))
    return { ...base, state: 'missing', reasons: [{ message: 'inspection.gate.survey.other-regime' }] };
  const { verdict, value, threshold, interval, doubts } = satisfaction;
  const reasons: GateReason[] = [
    value === null
      ? { message: 'inspection.gate.survey.hidden' }
      : { message: 'inspection.gate.survey.value', params: { value, threshold } },
    ...(interval === null ? [] : [{ message: 'inspection.gate.survey.interval', params: { interval } }]),
    ...(verdict === 'insufficient' ? [{ message: 'inspection.gate.survey.insufficient' }] : []),
    ...doubts.map((message) => ({ message })),
  ];
  return { ...base, state: verdict === 'insufficient' ? 'undecided' : verdict, reasons };
}
