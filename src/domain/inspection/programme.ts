/**
 * A programme of schools (such as 新优质学校): which school applied for which level, how the city checked it, and which level each
 * school has had since when.
 */
import { z } from 'zod';
import { AppError } from '../errors.ts';
import { serviceDay } from '../time-zone.ts';
import type { Action } from '../campaign/permissions.ts';
import { lineSchema } from '../line.ts';
import type { School } from '../model/school.ts';
import type { InspectionState, RecordRules } from './record.ts';
import { parseProgramme, programmeSchema, type ProgrammeRules } from './programme-rules.ts';
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
import { day } from './scores.ts';

const school = z.string().min(1).max(64);
const level = z.string().min(1).max(60);
const no = z.int().min(1);
const note = lineSchema(1, 500);

/** `applied`: the city has not decided; `refused`: the school failed, or so many that all are refused. */
export const applicationStates = ['applied', 'granted', 'refused', 'withdrawn'] as const;
const answerSchema = z.strictObject({ criterion: z.string().min(1).max(60), note });
const applicationSchema = z.strictObject({
  no,
  school,
  level,
  year: z.int(),
  on: day,
  /** The school's statement on each criterion. */
  answers: z.array(answerSchema),
  state: z.enum(applicationStates),
});
export type Application = z.infer<typeof applicationSchema>;

export const standingHows = ['registered', 'granted', 'kept', 'downgraded', 'delisted'] as const;
const standingSchema = z.strictObject({
  /** By year: the rounds of its check. */
  level: level.nullable(),
  from: day,
  how: z.enum(standingHows),
  note: lineSchema(0, 500),
});
type Entry = z.infer<typeof standingSchema>;

const bodySchema = z.strictObject({
  rules: programmeSchema.nullable(),
  adapted: z.boolean(),
  applications: z.array(applicationSchema).max(5000),
  /** By year: the rounds of its check. */
  years: z.record(z.string().regex(/^\d{4}$/), z.array(roundSchema)),
  levels: z.record(school, z.array(standingSchema)),
});
export type ProgrammeBody = z.infer<typeof bodySchema>;

const changeSchema = z.discriminatedUnion('do', [
  z.strictObject({
    do: z.literal('choose'),
    /** Checked by `parseProgramme`, which names each fault. */
    rules: z.unknown(),
    adapted: z.boolean(),
  }),
  /** A level from before the service recorded it. */
  z.strictObject({ do: z.literal('register'), school, level, from: day, note }),
  z.strictObject({ do: z.literal('apply'), school, level, answers: z.array(answerSchema).max(50) }),
  z.strictObject({ do: z.literal('withdraw'), no }),
  drawChange,
  checkChange,
  endRoundChange,
  z.strictObject({
    do: z.literal('review'),
    school,
    outcome: z.enum(['kept', 'downgraded', 'delisted']),
    /** Of one that is downgraded. */
    level: level.nullable(),
    note,
  }),
]);
type Change = z.infer<typeof changeSchema>;

const whoMay: Readonly<Record<Change['do'], Action>> = {
  choose: 'inspection.configure',
  register: 'inspection.decide',
  apply: 'inspection.enter',
  withdraw: 'inspection.enter',
  draw: 'inspection.decide',
  check: 'inspection.decide',
  'end-round': 'inspection.decide',
  review: 'inspection.decide',
};

/** Mark of a year’s check in the seed of its rounds (reinspection.ts). */
export const programmeMark = (year: string) => `programme ${year}`;

const wrong = (path: string, message: string, params = {}) =>
  new AppError('invalid', 'inspection.invalid', { issues: [{ path, message, params }] });

export const programmeRecord: RecordRules<ProgrammeBody, Change> = {
  body: bodySchema,
  change: changeSchema,
  empty: { rules: null, adapted: false, applications: [], years: {}, levels: {} },
  actionOf: (change) => whoMay[change.do],
  needsReason(change, before) {
    switch (change.do) {
      case 'choose':
        return before.rules !== null;
      case 'withdraw':
        return true;
      case 'check':
        return Object.values(before.years).some((rounds) => {
          const open = rounds.at(-1);
          return open?.outcome === null && open.checks.some((c) => c.no === change.no);
        });
      default:
        return false;
    }
  },
  apply(before, change, state, stamp) {
    const today = serviceDay(stamp.at);
    const year = today.slice(0, 4);
    if (change.do === 'choose') return choose(before, parseProgramme(change.rules), change.adapted);
    const { rules } = before;
    if (rules === null) throw new AppError('conflict', 'inspection.programme.none');
    const rounds = before.years[year] ?? [];
    switch (change.do) {
      case 'register': {
        unitOf(state, rules, change.school);
        levelOf(rules, change.level);
        if (before.levels[change.school]) throw new AppError('conflict', 'inspection.programme.known');
        if (change.from > today) throw wrong('from', 'inspection.programme.future');
        const entry = {
          level: change.level,
          from: change.from,
          how: 'registered',
          note: change.note,
        } as const;
        return { ...before, levels: { ...before.levels, [change.school]: [entry] } };
      }
      case 'apply': {
        if (rounds.length > 0)
          throw new AppError('conflict', 'inspection.programme.drawn', { params: { year } });
        const application = applicationOf(before, rules, change, state, today);
        return { ...before, applications: [...before.applications, application] };
      }
      case 'withdraw': {
        const own = applicationAt(before, change.no);
        if (own.state !== 'applied' || (before.years[own.year] ?? []).length > 0)
          throw new AppError('conflict', 'inspection.programme.drawn', { params: { year: own.year } });
        return withApplications(before, (a) => (a.no === change.no ? { ...a, state: 'withdrawn' } : a));
      }
      case 'draw': {
        const from = before.applications.filter((a) => String(a.year) === year && a.state === 'applied');
        if (rounds.some((r) => r.outcome === 'refused'))
          throw new AppError('conflict', 'inspection.programme.year-refused', { params: { year } });
        const next = startRound(rules.check, rounds, {
          ...{ root: state.root, dice: change.dice, mark: programmeMark(year) },
          from: from.map((a) => a.no),
        });
        return { ...before, years: { ...before.years, [year]: [...next] } };
      }
      case 'check': {
        const [at, open] = openYear(before);
        return { ...before, years: { ...before.years, [at]: [...checkDrawn(open, change)] } };
      }
      case 'end-round':
        return endOfRound(before, rules, today);
      case 'review':
        return review(before, rules, change, today);
    }
  },
};

/** Levels that schools have, or have applied for, must stay in the rules. */
function choose(before: ProgrammeBody, rules: ProgrammeRules, adapted: boolean): ProgrammeBody {
  const used = new Set([
    ...before.applications.map((a) => a.level),
    ...Object.values(before.levels).flatMap((list) => list.flatMap((e) => e.level ?? [])),
  ]);
  const lost = [...used].find((own) => !rules.levels.some((l) => l.id === own));
  if (lost !== undefined)
    throw new AppError('conflict', 'inspection.programme.level-used', { params: { level: lost } });
  return { ...before, rules, adapted };
}

/** A school that is counted alone: a teaching point is counted with its central school. */
function unitOf(state: Pick<InspectionState, 'schools'>, rules: ProgrammeRules, id: string): School {
  const own = state.schools.find((s) => s.id === id);
  if (!own) throw wrong('school', 'inspection.sample.unknown');
  const central = rules.bundles && own.parent !== null && state.schools.find((s) => s.id === own.parent);
  if (central) throw wrong('school', 'inspection.programme.bundled', { school: central.name });
  return own;
}

function levelOf(rules: ProgrammeRules, id: string): ProgrammeRules['levels'][number] {
  const own = rules.levels.find((l) => l.id === id);
  if (!own) throw wrong('level', 'inspection.unknown-id');
  return own;
}
const rankOf = (rules: ProgrammeRules, id: string | null): number =>
  id === null ? -1 : rules.levels.findIndex((l) => l.id === id);

function applicationAt(before: ProgrammeBody, own: number): Application {
  const found = before.applications.find((a) => a.no === own);
  if (!found) throw wrong('no', 'inspection.unknown-id');
  return found;
}

function withApplications(before: ProgrammeBody, change: (a: Application) => Application): ProgrammeBody {
  return { ...before, applications: before.applications.map(change) };
}

function applicationOf(
  before: ProgrammeBody,
  rules: ProgrammeRules,
  change: Extract<Change, { readonly do: 'apply' }>,
  state: InspectionState,
  today: string,
): Application {
  const own = unitOf(state, rules, change.school);
  const wanted = levelOf(rules, change.level);
  const year = Number(today.slice(0, 4));
  if (before.applications.some((a) => a.school === own.id && a.year === year && a.state !== 'withdrawn'))
    throw wrong('school', 'inspection.programme.applied');
  const standing = standingOf(before.levels[own.id] ?? []);
  const rank = rankOf(rules, wanted.id);
  const has = rankOf(rules, standing?.level ?? null);
  if (rank <= has) throw wrong('level', 'inspection.programme.not-higher');
  if (!rules.maySkip && rank > has + 1)
    throw wrong('level', 'inspection.programme.no-skip', { level: rules.levels[has + 1]!.title['zh-CN'] });
  if (standing && standing.level !== null) {
    const from = yearsLater(standing.since, rules.waitYears);
    if (today < from) throw wrong('level', 'inspection.programme.wait', { years: rules.waitYears, from });
  }
  const unanswered = wanted.criteria.filter((c) => !change.answers.some((a) => a.criterion === c.id));
  const issues = [
    ...unanswered.map((c) => ({
      path: `answer-${c.id}`,
      message: 'inspection.programme.unanswered',
      params: {},
    })),
    ...change.answers
      .filter((a) => !wanted.criteria.some((c) => c.id === a.criterion))
      .map((a) => ({ path: `answer-${a.criterion}`, message: 'inspection.unknown-id', params: {} })),
  ];
  if (issues.length > 0) throw new AppError('invalid', 'inspection.invalid', { issues });
  return {
    ...{ no: before.applications.length + 1, school: own.id, level: wanted.id, year, on: today },
    ...{ answers: change.answers, state: 'applied' },
  };
}

/** A year whose round is open, even if the next year has begun. */
function openYear(before: ProgrammeBody): readonly [string, ProgrammeBody['years'][string]] {
  const found = Object.entries(before.years).find(([, rounds]) => rounds.at(-1)?.outcome === null);
  if (!found) throw new AppError('conflict', 'inspection.round.none');
  return found;
}

/**
 * If too many failed, all of the year are refused. Otherwise those that failed are refused, and after the last round the others
 * get their level.
 */
function endOfRound(before: ProgrammeBody, rules: ProgrammeRules, today: string): ProgrammeBody {
  const [year, open] = openYear(before);
  const { rounds, ended, failed } = endRound(rules.check, open);
  const isLast = areRoundsDone(rules.check, rounds);
  const levels = { ...before.levels };
  const applications = before.applications.map((a): Application => {
    if (String(a.year) !== year || a.state !== 'applied') return a;
    if (ended.outcome === 'refused' || failed.includes(a.no)) return { ...a, state: 'refused' };
    if (!isLast) return a;
    const entry = { level: a.level, from: today, how: 'granted', note: '' } as const;
    levels[a.school] = [...(levels[a.school] ?? []), entry];
    return { ...a, state: 'granted' };
  });
  return { ...before, applications, levels, years: { ...before.years, [year]: [...rounds] } };
}

function review(
  before: ProgrammeBody,
  rules: ProgrammeRules,
  change: Extract<Change, { readonly do: 'review' }>,
  today: string,
): ProgrammeBody {
  const history = before.levels[change.school] ?? [];
  const standing = standingOf(history);
  if (!standing || standing.level === null) throw wrong('school', 'inspection.programme.no-level');
  const { outcome } = change;
  if (outcome === 'downgraded') {
    const rank = rankOf(rules, levelOf(rules, change.level ?? '').id);
    if (rank >= rankOf(rules, standing.level)) throw wrong('level', 'inspection.programme.not-lower');
  }
  const entry: Entry = {
    level: outcome === 'kept' ? standing.level : outcome === 'downgraded' ? change.level : null,
    ...{ from: today, how: outcome, note: change.note },
  };
  return { ...before, levels: { ...before.levels, [change.school]: [...history, entry] } };
}

export interface Standing {
  readonly level: string | null;
  /** Start of this level: a review that confirms it starts no new waiting period. */
  readonly since: string;
  /** Date of the last check. */
  readonly seen: string;
}

/** null: it never had a level. */
export function standingOf(history: readonly Entry[]): Standing | null {
  const last = history.at(-1);
  if (!last) return null;
  let { from: since } = last;
  for (let i = history.length - 1; i >= 0 && history[i]!.level === last.level; i--) since = history[i]!.from;
  return { level: last.level, since, seen: last.from };
}

export interface Target {
  readonly kind: 'coverage' | 'top';
  readonly year: number;
  readonly target: number;
  /** Of the public schools at the end of the year, or today if it has not ended. */
  readonly count: number;
  readonly share: number | null;
  /** null: the year is not over. */
  readonly meets: boolean | null;
}

export interface Coverage {
  /** Public schools, each with its teaching points. */
  readonly units: number;
  readonly byLevel: readonly { readonly level: string; readonly count: number }[];
  readonly targets: readonly Target[];
  /** Schools whose review is due, with the day. */
  readonly reviews: readonly { readonly school: string; readonly due: string; readonly isLate: boolean }[];
}

/** @param today in the service's time zone */
export function coverageOf(
  { levels }: Pick<ProgrammeBody, 'levels'>,
  rules: ProgrammeRules,
  schools: readonly School[],
  today: string,
): Coverage {
  const counted = schools.filter((s) => s.ownership === 'public' && !(rules.bundles && s.parent !== null));
  const at = (id: string, on: string) => (levels[id] ?? []).findLast((e) => e.from <= on)?.level ?? null;
  const countAt = (on: string, isIn: (own: string) => boolean) =>
    counted.filter((s) => {
      const own = at(s.id, on);
      return own !== null && isIn(own);
    }).length;
  const top = rules.levels.at(-1)!.id;
  const target = (
    kind: Target['kind'],
    { year, share }: { readonly year: number; readonly share: number },
  ) => {
    const end = `${year}-12-31`;
    const isOver = end < today;
    const count = countAt(isOver ? end : today, (own) => kind === 'coverage' || own === top);
    const reached = counted.length === 0 ? null : count / counted.length;
    // A target reached before the year ends may still be missed.
    const meets = isOver && reached !== null ? count >= share * counted.length - 1e-9 : null;
    return { kind, year, target: share, count, share: reached, meets };
  };
  return {
    units: counted.length,
    byLevel: rules.levels.map((l) => ({ level: l.id, count: countAt(today, (own) => own === l.id) })),
    targets: [
      ...rules.coverage.map((one) => target('coverage', one)),
      ...rules.top.map((one) => target('top', one)),
    ].sort((a, b) => a.year - b.year || (a.kind < b.kind ? -1 : 1)),
    reviews: Object.entries(levels)
      .flatMap(([id, history]) => {
        const standing = standingOf(history);
        if (!standing || standing.level === null) return [];
        const due = yearsLater(standing.seen, rules.reviewYears);
        return [{ school: id, due, isLate: due < today }];
      })
      .sort((a, b) => (a.due < b.due ? -1 : a.due > b.due ? 1 : 0)),
  };
}
