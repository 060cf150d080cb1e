/** The rectification list (整改台账): what must be corrected, by whom and until when, what was done, and how it was re-inspected. */
import { z } from 'zod';
import { AppError } from '../errors.ts';
import { serviceDay } from '../time-zone.ts';
import { lineSchema } from '../line.ts';
import type { Stamp } from '../model/stamp.ts';
import type { Action } from '../campaign/permissions.ts';
import { findingSchema, type Finding } from './findings.ts';
import type { InspectionState, RecordRules } from './record.ts';
import {
  areRoundsDone,
  checkChange,
  checkDrawn,
  drawChange,
  endRound,
  endRoundChange,
  roundSchema,
  startRound,
  yearsLater,
} from './reinspection.ts';
import type { RectificationRule } from './rectification-rule.ts';
import { day } from './scores.ts';

/**
 * `open`: nothing is planned; `reported`: the county reports it as done; `settled`: inspectors agree; `returned`: they do not.
 */
export const taskStates = ['open', 'planned', 'reported', 'settled', 'returned'] as const;
const no = z.int().min(1);
const hash = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .nullable();
const taskSchema = z.strictObject({
  no,
  ...findingSchema.shape,
  /** No names, because the holder of a post may change. */
  owner: z.strictObject({ unit: lineSchema(1, 100), role: lineSchema(1, 100) }).nullable(),
  measure: lineSchema(0, 500),
  due: day.nullable(),
  evidence: z.array(z.strictObject({ text: lineSchema(1, 500), hash, on: day })),
  state: z.enum(taskStates),
  /** Of the inspectors, the newest. */
  opinion: lineSchema(0, 500),
});
export type Task = z.infer<typeof taskSchema>;

export const reviewOutcomes = ['kept', 'lapsed'] as const;
const bodySchema = z.strictObject({
  tasks: z.array(taskSchema).max(300),
  rounds: z.array(roundSchema.extend({ endedOn: day.nullable() })).max(50),
  reviews: z.array(z.strictObject({ on: day, outcome: z.enum(reviewOutcomes), note: lineSchema(1, 500) })),
  /** Campaigns made from the list to ask the same items again. */
  resurveys: z.array(z.string()).max(20),
});
export type RectificationBody = z.infer<typeof bodySchema>;

const changeSchema = z.discriminatedUnion('do', [
  /** Findings of the survey, the symposiums and the sheet that the list does not contain yet. */
  z.strictObject({ do: z.literal('collect'), lowest: z.int().min(0).max(50) }),
  z.strictObject({ do: z.literal('add'), title: lineSchema(1, 200), found: lineSchema(1, 500) }),
  z.strictObject({
    do: z.literal('plan'),
    no,
    unit: lineSchema(1, 100),
    role: lineSchema(1, 100),
    measure: lineSchema(1, 500),
    due: day,
  }),
  z.strictObject({ do: z.literal('report'), no, evidence: lineSchema(1, 500), hash }),
  z.strictObject({
    do: z.literal('judge'),
    no,
    state: z.enum(['settled', 'returned']),
    opinion: lineSchema(1, 500),
  }),
  drawChange,
  checkChange,
  endRoundChange,
  z.strictObject({ do: z.literal('review'), outcome: z.enum(reviewOutcomes), note: lineSchema(1, 500) }),
  /** Only as the service created it. */
  z.strictObject({ do: z.literal('resurvey'), campaign: z.string().max(64) }),
]);
type Change = z.infer<typeof changeSchema>;

export const rectificationMark = 'rectification';
const whoMay: Readonly<Record<Change['do'], Action>> = {
  collect: 'inspection.enter',
  add: 'inspection.decide',
  plan: 'inspection.enter',
  report: 'inspection.enter',
  judge: 'inspection.decide',
  draw: 'inspection.decide',
  check: 'inspection.decide',
  'end-round': 'inspection.decide',
  review: 'inspection.decide',
  resurvey: 'campaign.edit',
};

export const rectificationRecord: RecordRules<RectificationBody, Change> = {
  body: bodySchema,
  change: changeSchema,
  empty: { tasks: [], rounds: [], reviews: [], resurveys: [] },
  actionOf: (change) => whoMay[change.do],
  needsReason(change, before) {
    // A date that moves, or a result that changes.
    if (change.do === 'plan') return before.tasks.some((t) => t.no === change.no && t.due !== null);
    if (change.do === 'check') return before.rounds.at(-1)?.checks.some((c) => c.no === change.no) === true;
    return false;
  },
  apply(before, change, state, stamp) {
    switch (change.do) {
      case 'collect':
        return { ...before, tasks: collect(before.tasks, state.findings ?? []) };
      case 'add': {
        const both = (text: string) => ({ 'zh-CN': text, en: text });
        const found: Finding = {
          ...{ kind: 'inspectors', ref: `inspectors:${before.tasks.length + 1}`, group: null, item: null },
          ...{ title: both(change.title), found: both(change.found) },
        };
        return { ...before, tasks: collect(before.tasks, [found]) };
      }
      case 'plan': {
        const { unit, role, measure, due } = change;
        return withTask(before, change.no, (task) => {
          if (task.state === 'settled') throw new AppError('conflict', 'inspection.task.settled');
          const isDone = task.state === 'reported';
          return { ...task, owner: { unit, role }, measure, due, state: isDone ? 'reported' : 'planned' };
        });
      }
      case 'report':
        return withTask(before, change.no, (task) => {
          if (task.owner === null) throw new AppError('conflict', 'inspection.task.unplanned');
          if (task.state === 'settled') throw new AppError('conflict', 'inspection.task.settled');
          assertNotDrawn(before, task.no);
          const entry = { text: change.evidence, hash: change.hash, on: serviceDay(stamp.at) };
          return { ...task, evidence: [...task.evidence, entry], state: 'reported' };
        });
      case 'judge':
        return withTask(before, change.no, (task) => {
          if (task.state !== 'reported') throw new AppError('conflict', 'inspection.task.not-reported');
          assertNotDrawn(before, task.no);
          return { ...task, state: change.state, opinion: change.opinion };
        });
      case 'draw': {
        const from = before.tasks.filter((t) => isDone(t)).map((t) => t.no);
        const rounds = startRound(ruleOf(state), before.rounds, {
          root: state.root,
          dice: change.dice,
          mark: rectificationMark,
          from,
        });
        return { ...before, rounds: rounds.map((r) => ({ endedOn: null, ...r })) };
      }
      case 'check':
        return { ...before, rounds: checkDrawn(before.rounds, change) as RectificationBody['rounds'] };
      case 'end-round':
        return endOfRound(before, ruleOf(state), stamp);
      case 'review': {
        if (!areRoundsDone(ruleOf(state), before.rounds))
          throw new AppError('conflict', 'inspection.review.too-early');
        const entry = { on: serviceDay(stamp.at), outcome: change.outcome, note: change.note };
        return { ...before, reviews: [...before.reviews, entry] };
      }
      case 'resurvey':
        if (state.made?.campaign !== change.campaign)
          throw new AppError('conflict', 'inspection.resurvey.by-service');
        return { ...before, resurveys: [...before.resurveys, change.campaign] };
    }
  },
};

const isDone = ({ state }: Task): boolean => state === 'reported' || state === 'settled';

function collect(tasks: readonly Task[], findings: readonly Finding[]): Task[] {
  const known = new Set(tasks.map((t) => t.ref));
  const added = findings.filter((f) => !known.has(f.ref));
  if (added.length === 0) throw new AppError('conflict', 'inspection.collect.nothing');
  return [
    ...tasks,
    ...added.map((finding, i): Task => ({
      no: tasks.length + i + 1,
      ...finding,
      ...{ owner: null, measure: '', due: null, evidence: [], state: 'open', opinion: '' },
    })),
  ];
}

function withTask(before: RectificationBody, own: number, change: (task: Task) => Task): RectificationBody {
  const at = before.tasks.findIndex((t) => t.no === own);
  const task = before.tasks[at];
  if (!task)
    throw new AppError('invalid', 'inspection.invalid', {
      issues: [{ path: 'no', message: 'inspection.unknown-id' }],
    });
  return { ...before, tasks: before.tasks.with(at, change(task)) };
}

/** While a round is open, only the round judges the tasks that it drew. */
function assertNotDrawn({ rounds }: RectificationBody, own: number): void {
  const open = rounds.at(-1);
  if (open?.outcome === null && open.drawn.includes(own))
    throw new AppError('conflict', 'inspection.task.drawn');
}

/** Failed tasks are returned, passed ones are settled. If too many failed, every reported task is returned. */
function endOfRound(before: RectificationBody, rule: RectificationRule, stamp: Stamp): RectificationBody {
  const { rounds, ended, failed } = endRound(rule, before.rounds);
  const endedOn = serviceDay(stamp.at);
  const noteOf = (own: number) => ended.checks.find((c) => c.no === own)?.note;
  const tasks = before.tasks.map((task): Task => {
    if (!ended.from.includes(task.no)) return task;
    const note = noteOf(task.no);
    const opinion = note ?? task.opinion;
    if (ended.outcome === 'refused' || failed.includes(task.no))
      return { ...task, state: 'returned', opinion };
    return note === undefined ? task : { ...task, state: 'settled', opinion };
  });
  return {
    ...before,
    tasks,
    rounds: rounds.map((r, i) => ({
      ...r,
      endedOn: i === rounds.length - 1 ? endedOn : before.rounds[i]!.endedOn,
    })),
  };
}

function ruleOf({ latest }: InspectionState): RectificationRule {
  const regime = latest.rules?.body.regime;
  if (!regime) throw new AppError('conflict', 'inspection.no-regime');
  if (!regime.rectification) throw new AppError('conflict', 'inspection.round.no-rule');
  return regime.rectification;
}

export interface ListState {
  readonly counts: Readonly<Record<Task['state'], number>>;
  /** Numbers of overdue tasks. */
  readonly overdue: readonly number[];
  /** Date of the follow-up; null: re-inspection is not finished. */
  readonly reviewDue: string | null;
}

/** @param today in the service's time zone */
export function listState(body: RectificationBody, rule: RectificationRule | null, today: string): ListState {
  const counts = Object.fromEntries(
    taskStates.map((state) => [state, body.tasks.filter((t) => t.state === state).length]),
  ) as Record<Task['state'], number>;
  const from = body.reviews.at(-1)?.on ?? body.rounds.findLast((r) => r.outcome === 'accepted')?.endedOn;
  return {
    counts,
    overdue: body.tasks.filter((t) => t.due !== null && t.due < today && !isDone(t)).map((t) => t.no),
    reviewDue: rule && areRoundsDone(rule, body.rounds) && from ? yearsLater(from, rule.reviewYears) : null,
  };
}
