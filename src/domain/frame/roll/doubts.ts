/**
 * Signs that a roll may not be what it is declared to be. They are not errors: a person who is sure applies the roll, with a
 * reason that inspectors read. The limits are ours: honest files do not exceed them, or so rarely that an explanation is
 * reasonable.
 */
import type { Issue } from '../../errors.ts';
import { maskPhone } from '../../messaging/phone.ts';
import type { SchoolId } from '../../model/ids.ts';
import type { Group } from '../../model/vocabulary.ts';

/** This many numbers, each one above that of the row before, are not a roll of real people. */
export const runLength = 20;
/** Share of the rows: a teacher may be a parent, but not every tenth one. */
const otherGroupShare = 0.05;
const repeatShare = 0.5;
const least = 10;
/** A school has one head, and deputies. */
const principalsPerSchool = 5;
const parentsPerPupil = 2.2;
const teachersPerStaff = 1.2;
const shownRuns = 5;

interface Place {
  readonly sheet: string;
  readonly row: number;
}
interface Run {
  readonly from: Place & { readonly phone: number };
  to: Place & { readonly phone: number };
  count: number;
}

export interface RunFinder {
  /** Row by row; a row without a mobile ends a run. */
  add(place: Place, mobile: string | undefined): void;
  list(): readonly Issue[];
}

/** Finds consecutive numbers in the order of the file. */
export function createRunFinder(): RunFinder {
  const runs: Run[] = [];
  let run: Run | undefined;
  const end = () => {
    if (run && run.count >= runLength) runs.push(run);
    run = undefined;
  };
  return {
    add({ sheet, row }, mobile) {
      if (mobile === undefined) return end();
      const at = { sheet, row, phone: Number(mobile) };
      if (run?.to.sheet === sheet && at.phone === run.to.phone + 1) {
        run.to = at;
        run.count += 1;
        return;
      }
      end();
      run = { from: at, to: at, count: 1 };
    },
    list() {
      end();
      return runs.slice(0, shownRuns).map(({ from, to, count }): Issue => ({
        path: 'phone',
        message: from.sheet === '' ? 'roll.doubt.consecutive' : 'roll.doubt.consecutive-in',
        params: {
          sheet: from.sheet,
          from: from.row,
          to: to.row,
          count,
          first: maskPhone(String(from.phone)),
          last: maskPhone(String(to.phone)),
        },
      }));
    },
  };
}

export interface ReadRoll {
  readonly group: Group;
  /** Good rows. */
  readonly rows: number;
  readonly bySchool: ReadonlyMap<SchoolId | null, number>;
  readonly schools: readonly {
    readonly id: SchoolId;
    readonly name: string;
    readonly pupils: number | null;
    readonly staff: number | null;
  }[];
  /** Rows whose number is already in the roll of another group. */
  readonly inOtherGroups: ReadonlyMap<Group, number>;
  /** Rows that the roll of this group already has. */
  readonly known: number;
  /** The applied file with most of them. */
  readonly repeats: string | null;
  /** The identical file was applied before. */
  readonly isSameFile: boolean;
}

/** Doubts about a roll that has been read, each with a `roll.doubt.…` message; empty if there are none. */
export function findDoubts(roll: ReadRoll): readonly Issue[] {
  const doubts: Issue[] = [];
  const doubt = (path: string, message: string, params: Readonly<Record<string, string | number>>) =>
    doubts.push({ path, message: `roll.doubt.${message}`, params });
  const { group, rows } = roll;
  const named = [...roll.bySchool.keys()].filter((id) => id !== null).length || roll.schools.length;
  if (group === 'principal' && rows >= least && named > 0 && rows > principalsPerSchool * named)
    doubt('group', 'principals', { rows, schools: named });
  for (const [kind, share, listed] of [
    ['parent', parentsPerPupil, 'pupils'],
    ['teacher', teachersPerStaff, 'staff'],
  ] as const) {
    if (group !== kind) continue;
    const over = roll.schools.filter((s) => {
      const own = roll.bySchool.get(s.id) ?? 0;
      const whole = s[listed];
      return whole !== null && own >= 2 * least && own > share * whole;
    });
    const [first] = over;
    if (first)
      doubt('group', `over.${kind}`, {
        schools: over.length,
        school: first.name,
        rows: roll.bySchool.get(first.id) ?? 0,
        listed: first[listed] ?? 0,
      });
  }
  for (const [other, count] of roll.inOtherGroups)
    if (count >= least && count >= otherGroupShare * rows)
      doubt('phone', `other-group.${other}`, { count, rows });
  if (roll.isSameFile && roll.repeats !== null) doubt('file', 'same-file', { file: roll.repeats });
  else if (roll.known >= least && roll.known >= repeatShare * rows && roll.repeats !== null)
    doubt('file', 'repeats', { count: roll.known, rows, file: roll.repeats, rest: rows - roll.known });
  return doubts;
}
