/**
 * Random interviews (随机访谈). By phone or SMS: a call sheet is drawn from the roll, numbers are shown one at a time, and outcomes
 * are AAPOR's (Standard Definitions, 10th edition, phone surveys of a list). At a school gate there are no contacts: slips are
 * handed out, and the number of people approached is recorded. Answers are not part of this: they are entered with a slip of the
 * spot survey, under the interviewer's channel.
 */
import { z } from 'zod';
import { AppError } from '../errors.ts';
import { lineSchema } from '../line.ts';
import { groupSchema } from '../model/vocabulary.ts';
import { calleeOf, calleesOf, noteOutcome, showCallee } from './callees.ts';
import { assertNew, type InspectionState, type RecordRules } from './record.ts';
import { checkRollDraw, rollDrawSchema } from './roll-draw.ts';
import { day } from './scores.ts';
import { sampleSchoolsOf } from './symposiums.ts';

/** With AAPOR's class. `wrong-number`: its owner is unknown. `not-eligible`: says that they do not belong to the group. */
export const interviewOutcomes = {
  complete: 'I',
  partial: 'P',
  refused: 'R',
  'broke-off': 'R',
  'not-reached': 'NC',
  other: 'O',
  'wrong-number': 'UO',
  'not-eligible': 'NE',
} as const;
export type InterviewOutcome = keyof typeof interviewOutcomes;
export const interviewOutcomeNames = Object.keys(interviewOutcomes) as InterviewOutcome[];
const outcomeSchema = z.enum(interviewOutcomeNames);

const school = z.string().min(1).max(64);
const gateShape = {
  on: day,
  school,
  /** People spoken to. */
  approached: z.int().min(1).max(10_000),
  refused: z.int().min(0).max(10_000),
  /** Slips of the spot survey that were handed out. */
  slips: z.int().min(0).max(10_000),
  note: lineSchema(0, 300),
};
const sheetSchema = rollDrawSchema.extend({
  no: z.int(),
  group: groupSchema,
  within: z.array(school).nullable(),
  people: z.array(calleeOf(outcomeSchema)),
});
export type CallSheet = z.infer<typeof sheetSchema>;
const bodySchema = z.strictObject({
  sheets: z.array(sheetSchema),
  gates: z.array(z.strictObject(gateShape)),
});
export type InterviewsBody = z.infer<typeof bodySchema>;

const no = z.int().min(1).max(1000);
const changeSchema = z.discriminatedUnion('do', [
  z.strictObject({
    do: z.literal('draw'),
    group: groupSchema,
    dice: z.string().max(1000),
    count: z.int().min(1).max(100),
    /** Only from the sample schools. */
    sampleSchools: z.boolean(),
  }),
  z.strictObject({ do: z.literal('show'), no, at: no }),
  z.strictObject({ do: z.literal('outcome'), no, at: no, outcome: outcomeSchema }),
  z.strictObject({ do: z.literal('gate'), ...gateShape }),
  z.strictObject({ do: z.literal('remove-gate'), gate: no }),
]);

/** Mark of a call sheet in the seed of its draw (roll-draw.ts). */
export const interviewMark = (sheet: number) => `interviews ${sheet}`;
/** Number of the next call sheet, from 1. */
export const nextSheet = ({ sheets }: InterviewsBody) => Math.max(0, ...sheets.map((s) => s.no)) + 1;

export const interviewsRecord: RecordRules<InterviewsBody, z.infer<typeof changeSchema>> = {
  body: bodySchema,
  change: changeSchema,
  empty: { sheets: [], gates: [] },
  actionOf: ({ do: what }) =>
    what === 'show' || what === 'outcome' ? 'inspection.call' : 'inspection.decide',
  needsReason: (change) => change.do === 'remove-gate',
  apply(before, change, state, stamp) {
    switch (change.do) {
      case 'draw': {
        const next = nextSheet(before);
        const drawn = checkRollDraw(state.root, state.drawn, { ...change, mark: interviewMark(next) });
        const within = change.sampleSchools ? sampleSchoolsOf(state.latest.sample?.body) : null;
        const { dice, seed, size } = drawn;
        const { group } = change;
        if (before.sheets.some((s) => s.group === group && s.dice === dice))
          throw wrong('dice', 'inspection.interview.same-dice');
        const sheet = { no: next, group, dice, seed, size, count: change.count, within };
        return { ...before, sheets: [...before.sheets, { ...sheet, people: calleesOf(drawn) }] };
      }
      case 'show':
        return withPeople(before, change.no, (people) => showCallee(people, change.at, stamp));
      case 'outcome':
        return withPeople(before, change.no, (people) => noteOutcome(people, change.at, change.outcome));
      case 'gate': {
        const { do: _, ...gate } = change;
        assertGate(gate, state);
        assertNew(before.gates, gate);
        return { ...before, gates: [...before.gates, gate] };
      }
      case 'remove-gate':
        if (!before.gates[change.gate - 1]) throw wrong('gate', 'inspection.interview.no-gate');
        return { ...before, gates: before.gates.toSpliced(change.gate - 1, 1) };
    }
  },
};

function withPeople(
  before: InterviewsBody,
  sheet: number,
  change: (people: CallSheet['people']) => CallSheet['people'],
): InterviewsBody {
  const index = before.sheets.findIndex((s) => s.no === sheet);
  const found = before.sheets[index];
  if (!found) throw wrong('no', 'inspection.interview.unknown');
  return {
    ...before,
    sheets: before.sheets.with(index, { ...found, people: change(found.people) }),
  };
}

function assertGate(gate: InterviewsBody['gates'][number], { schools }: InspectionState): void {
  if (!schools.some((s) => s.id === gate.school)) throw wrong('school', 'inspection.sample.unknown');
  if (gate.refused + gate.slips > gate.approached) throw wrong('approached', 'inspection.interview.gate-sum');
}

const wrong = (path: string, message: string) =>
  new AppError('invalid', 'inspection.invalid', { issues: [{ path, message }] });

export interface OutcomeRates {
  /** People whose number was shown. */
  readonly called: number;
  /** Number without an outcome yet: in no rate. */
  readonly open: number;
  readonly counts: Readonly<Record<InterviewOutcome, number>>;
  /** 0–1; null if the denominator is empty. */
  readonly responseRate: number | null;
  readonly cooperationRate: number | null;
  readonly contactRate: number | null;
  readonly refusalRate: number | null;
}

/** AAPOR RR1, COOP1, CON1 and REF1, over the people who were called. */
export function outcomeRates(
  people: readonly { readonly shown: number; readonly outcome: InterviewOutcome | null }[],
): OutcomeRates {
  const counts = Object.fromEntries(
    interviewOutcomeNames.map((name) => [name, people.filter((p) => p.outcome === name).length]),
  ) as Record<InterviewOutcome, number>;
  const of = (...classes: readonly (typeof interviewOutcomes)[InterviewOutcome][]) =>
    interviewOutcomeNames.reduce(
      (n, name) => n + (classes.includes(interviewOutcomes[name]) ? counts[name] : 0),
      0,
    );
  const share = (part: number, whole: number) => (whole === 0 ? null : part / whole);
  const eligible = of('I', 'P', 'R', 'NC', 'O', 'UO');
  const called = people.filter((p) => p.shown > 0);
  return {
    called: called.length,
    open: called.filter((p) => p.outcome === null).length,
    counts,
    responseRate: share(of('I'), eligible),
    cooperationRate: share(of('I'), of('I', 'P', 'R', 'O')),
    contactRate: share(of('I', 'P', 'R', 'O'), eligible),
    refusalRate: share(of('R'), eligible),
  };
}
