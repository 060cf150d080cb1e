/**
 * Findings from which a rectification list is built: lowest items, problems from symposiums, gates that are not met. Computed,
 * never entered.
 */
import { z } from 'zod';
import { sha256, toHex } from '../hash.ts';
import { groups as allGroups, groupSchema, type Group } from '../model/vocabulary.ts';
import { bilingualSchema } from '../scoring/rules/formula.ts';
import type { LocalisedText } from '../scoring/rules/formula.ts';
import type { Estimate } from '../scoring/figure.ts';
import type { Summary } from '../scoring/summary/summary-types.ts';
import type { SymposiumsBody } from './symposiums.ts';

export const findingKinds = ['item', 'symposium', 'gate', 'inspectors'] as const;

export const findingSchema = z.strictObject({
  kind: z.enum(findingKinds),
  /** Its subject, once per list: an item of a group, a gate, a note of a symposium. */
  ref: z.string().min(1).max(200),
  /** Of an item. */
  group: groupSchema.nullable(),
  item: z.string().nullable(),
  title: bilingualSchema,
  /** The finding as of that time. */
  found: bilingualSchema,
});
export type Finding = z.infer<typeof findingSchema>;

export interface LowItem {
  readonly group: Group;
  readonly item: string;
  readonly title: LocalisedText;
  readonly figure: Estimate;
}

/** Scored ratings whose figure is shown, lowest first; equal ones in the order of groups, then of the questionnaire. */
export function lowestItems(s: Pick<Summary, 'groups'>, count: number): readonly LowItem[] {
  return s.groups
    .flatMap(({ group, items }) =>
      items.flatMap((item, no) =>
        item.type === 'rating' && item.scored !== false && item.figure.kind === 'estimate'
          ? [{ group, item: item.id, title: item.title, figure: item.figure, no }]
          : [],
      ),
    )
    .sort(
      (a, b) =>
        a.figure.value - b.figure.value ||
        allGroups.indexOf(a.group) - allGroups.indexOf(b.group) ||
        a.no - b.no,
    )
    .slice(0, count)
    .map(({ no: _, ...low }) => low);
}

/** What was noted as a problem, in the words of the note. */
export function symposiumProblems({ meetings }: SymposiumsBody) {
  return meetings.flatMap(({ no, kind, on, notes }) =>
    notes
      .filter((note) => note.mark === 'problem')
      .map(({ dimension, text }) => ({
        // Removing a note must not make another one new.
        ref: `symposium:${no}:${toHex(sha256(`${dimension} ${text}`)).slice(0, 16)}`,
        ...{ kind, on, dimension, text },
      })),
  );
}

/** Id of a finding about an item of a group. */
export const refOfItem = (group: Group, item: string): string => `item:${group}:${item}`;
