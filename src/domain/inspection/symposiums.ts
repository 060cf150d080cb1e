/**
 * The four symposiums of an inspection (座谈会): deputies and CPPCC members, principals, teachers, parents; each at least once per
 * county, at most an hour. Participants are drawn from the roll. Attendance is a number; names are stored only if the office
 * enters them. Notes are recorded by dimension.
 */
import { z } from 'zod';
import { AppError } from '../errors.ts';
import { lineSchema } from '../line.ts';
import type { Group } from '../model/vocabulary.ts';
import { calleeOf, calleesOf, noteOutcome, showCallee } from './callees.ts';
import { assertNew, type RecordRules } from './record.ts';
import { checkRollDraw, rollDrawSchema } from './roll-draw.ts';
import { day } from './scores.ts';

export const symposiumKinds = ['deputies', 'principals', 'teachers', 'parents'] as const;
export type SymposiumKind = (typeof symposiumKinds)[number];
export const groupOfSymposium: Readonly<Record<SymposiumKind, Group>> = {
  deputies: 'deputy',
  principals: 'principal',
  teachers: 'teacher',
  parents: 'parent',
};

/** At most an hour (domain.md, part 2). */
export const longestSymposium = 60;

/** Dimensions that the questionnaires share; `other`: notes outside them. */
export const noteDimensions = [
  'proximity',
  'conditions-gap',
  'teacher-gap',
  'school-choice',
  'government-effort',
  'regulation',
  'quality',
  'disadvantaged',
  'other',
] as const;
export const noteMarks = ['highlight', 'problem'] as const;
export const invitationOutcomes = ['coming', 'declined', 'not-reached', 'wrong-number'] as const;

const school = z.string().min(1).max(64);
const time = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/);
const planShape = {
  on: day,
  at: time,
  minutes: z.int().min(10).max(longestSymposium),
  place: lineSchema(1, 200),
};
const noteShape = {
  dimension: z.enum(noteDimensions),
  mark: z.enum(noteMarks),
  text: lineSchema(1, 500),
};
const heldShape = {
  present: z.int().min(1).max(500),
  /** Actual minutes, even if too long. */
  lasted: z.int().min(1).max(600),
  names: lineSchema(1, 1000).nullable(),
};
const meetingSchema = z.strictObject({
  no: z.int(),
  kind: z.enum(symposiumKinds),
  ...planShape,
  draw: rollDrawSchema
    .extend({
      /** Only people of these schools could be drawn; null: the whole county. */
      within: z.array(school).nullable(),
      invited: z.array(calleeOf(z.enum(invitationOutcomes)).extend({ school: school.nullable() })),
    })
    .nullable(),
  held: z.strictObject(heldShape).nullable(),
  notes: z.array(z.strictObject(noteShape)),
});
export type Symposium = z.infer<typeof meetingSchema>;
const bodySchema = z.strictObject({ meetings: z.array(meetingSchema) });
export type SymposiumsBody = z.infer<typeof bodySchema>;

const no = z.int().min(1).max(1000);
const at = z.int().min(1).max(1000);
const changeSchema = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('plan'), kind: z.enum(symposiumKinds), ...planShape }),
  z.strictObject({ do: z.literal('move'), no, ...planShape }),
  z.strictObject({ do: z.literal('drop'), no }),
  z.strictObject({
    do: z.literal('draw'),
    no,
    dice: z.string().max(1000),
    count: z.int().min(1).max(60),
    /** Only from the sample schools. */
    sampleSchools: z.boolean(),
  }),
  z.strictObject({ do: z.literal('show'), no, at }),
  z.strictObject({ do: z.literal('outcome'), no, at, outcome: z.enum(invitationOutcomes) }),
  z.strictObject({ do: z.literal('hold'), no, ...heldShape }),
  z.strictObject({ do: z.literal('note'), no, ...noteShape }),
  z.strictObject({ do: z.literal('remove-note'), no, note: z.int().min(1).max(1000) }),
]);
type Change = z.infer<typeof changeSchema>;

/** Mark of a symposium in the seed of its draw (roll-draw.ts). */
export const symposiumMark = (meeting: number) => `symposium ${meeting}`;

export const symposiumsRecord: RecordRules<SymposiumsBody, Change> = {
  body: bodySchema,
  change: changeSchema,
  empty: { meetings: [] },
  actionOf(change) {
    switch (change.do) {
      case 'plan':
      case 'move':
      case 'drop':
        return 'inspection.enter';
      case 'show':
      case 'outcome':
        return 'inspection.call';
      default:
        return 'inspection.decide';
    }
  },
  needsReason: (change, { meetings }) =>
    change.do === 'move' ||
    change.do === 'drop' ||
    change.do === 'remove-note' ||
    (change.do === 'hold' && meetings.some((m) => m.no === change.no && m.held !== null)),
  apply(before, change, state, stamp) {
    const { meetings } = before;
    if (change.do === 'plan') {
      const { do: _, ...plan } = change;
      const plans = meetings.map((m) => ({
        ...{ kind: m.kind, on: m.on, at: m.at, minutes: m.minutes, place: m.place },
      }));
      assertNew(plans, plan);
      const next = Math.max(0, ...meetings.map((m) => m.no)) + 1;
      return { meetings: [...meetings, { no: next, ...plan, draw: null, held: null, notes: [] }] };
    }
    const index = meetings.findIndex((m) => m.no === change.no);
    const meeting = meetings[index];
    if (!meeting) throw wrong('no', 'inspection.symposium.unknown');
    const put = (patch: Partial<Symposium>) => ({ meetings: meetings.with(index, { ...meeting, ...patch }) });
    switch (change.do) {
      case 'move': {
        if (meeting.held) throw new AppError('conflict', 'inspection.symposium.held');
        const { do: _, no: __, ...plan } = change;
        return put(plan);
      }
      case 'drop':
        // A draw is never undone; otherwise it could be repeated until the result suits.
        if (meeting.held || meeting.draw) throw new AppError('conflict', 'inspection.symposium.drawn-stays');
        return { meetings: meetings.toSpliced(index, 1) };
      case 'draw': {
        if (meeting.draw) throw new AppError('conflict', 'inspection.symposium.drawn-once');
        if (meeting.held) throw new AppError('conflict', 'inspection.symposium.held');
        const mark = symposiumMark(meeting.no);
        const drawn = checkRollDraw(state.root, state.drawn, { ...change, mark });
        const within = change.sampleSchools ? sampleSchoolsOf(state.latest.sample?.body) : null;
        const callees = calleesOf(drawn);
        const invited = callees.map((c, i) => ({ ...c, school: drawn.people[i]!.school }));
        const { dice, seed, size } = drawn;
        return put({ draw: { dice, seed, size, count: change.count, within, invited } });
      }
      case 'show':
        if (meeting.held) throw new AppError('conflict', 'inspection.symposium.held');
        return put({ draw: withInvited(meeting, (list) => showCallee(list, change.at, stamp)) });
      case 'outcome':
        return put({ draw: withInvited(meeting, (list) => noteOutcome(list, change.at, change.outcome)) });
      case 'hold': {
        const { present, lasted, names } = change;
        return put({ held: { present, lasted, names } });
      }
      case 'note': {
        if (!meeting.held) throw new AppError('conflict', 'inspection.symposium.not-held');
        const { dimension, mark, text } = change;
        const note = { dimension, mark, text };
        // Two people may have said the same, but an identical note twice in a row is a mistake.
        assertNew(meeting.notes.slice(-1), note);
        return put({ notes: [...meeting.notes, note] });
      }
      case 'remove-note':
        if (!meeting.notes[change.note - 1]) throw wrong('note', 'inspection.symposium.no-note');
        return put({ notes: meeting.notes.toSpliced(change.note - 1, 1) });
    }
  },
};

type Invited = NonNullable<Symposium['draw']>['invited'];
function withInvited({ draw }: Symposium, change: (list: Invited) => Invited): Symposium['draw'] {
  if (!draw) throw new AppError('conflict', 'inspection.symposium.not-drawn');
  return { ...draw, invited: change(draw.invited) };
}

/**
 * Drawn and added schools, in ascending order.
 * @throws AppError conflict `inspection.spot.no-sample`
 */
export function sampleSchoolsOf(
  sample:
    | {
        readonly draw: { readonly schools: readonly string[] } | null;
        readonly designated: readonly { readonly school: string }[];
      }
    | undefined,
): string[] {
  const schools = [...(sample?.draw?.schools ?? []), ...(sample?.designated ?? []).map((d) => d.school)];
  if (schools.length === 0) throw new AppError('conflict', 'inspection.spot.no-sample');
  return schools.sort();
}

const wrong = (path: string, message: string) =>
  new AppError('invalid', 'inspection.invalid', { issues: [{ path, message }] });

export interface SymposiumState {
  readonly kind: SymposiumKind;
  /** `held`: at least one was, within the hour. `too-long`: only longer ones were. */
  readonly state: 'held' | 'too-long' | 'planned' | 'missing';
  /** Of those that were held, none had its people drawn. */
  readonly undrawn: boolean;
}

/** Which of the four took place. */
export function symposiumStates({ meetings }: SymposiumsBody): readonly SymposiumState[] {
  return symposiumKinds.map((kind) => {
    const own = meetings.filter((m) => m.kind === kind);
    const held = own.filter((m) => m.held !== null);
    const inTime = held.some((m) => m.held!.lasted <= longestSymposium);
    const state = inTime ? 'held' : held.length > 0 ? 'too-long' : own.length > 0 ? 'planned' : 'missing';
    return { kind, state, undrawn: held.length > 0 && held.every((m) => m.draw === null) };
  });
}

/** Notes marked as problems, with their symposium. */
export function symposiumProblems({ meetings }: SymposiumsBody) {
  return meetings.flatMap((m) =>
    m.notes
      .filter((n) => n.mark === 'problem')
      .map(({ dimension, text }) => ({ symposium: m.no, kind: m.kind, on: m.on, dimension, text })),
  );
}
