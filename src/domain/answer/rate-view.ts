/**
 * What may be shown of response rates (design 13). While the campaign is open: coarse steps, by daily snapshot. After close, a
 * group's numbers of the drawn sample are exact if its summary also shows them. All others stay coarse. Beside the summary, an
 * exact number would reveal how many answered at a school, or by a channel, where the summary hides it.
 */
import { z } from 'zod';
import { groupSchema, type CountedSet, type Group } from '../model/vocabulary.ts';
import { reportingLevels, type ReportingStratum } from '../frame/strata.ts';

/**
 * Step in percentage points: five, but wide enough that one step is at least two people. So the change between two daily
 * snapshots never reveals one person.
 */
export function openRateStep(issued: number): number {
  return [5, 10, 20].find((step) => (step * issued) / 100 >= 2) ?? 25;
}

/** Rate in percent, rounded down to the step: 0 ≤ value ≤ 100. */
export function coarseRate(answered: number, issued: number): number {
  if (issued <= 0) return 0;
  const step = openRateStep(issued);
  return Math.min(100, Math.floor((100 * answered) / issued / step) * step);
}

const valueSchema = z.discriminatedUnion('kind', [
  /** Percent, rounded down to `step`. */
  z.object({ kind: z.literal('coarse'), answered: z.number(), valid: z.number(), step: z.number() }),
  z.object({ kind: z.literal('exact'), answered: z.number(), valid: z.number() }),
  z.object({ kind: z.literal('hidden'), why: z.enum(['small-cell', 'nothing-issued']) }),
]);
/** `coarse`: answered and valid in percent of issued, rounded down. `exact`: numbers of people. */
export type RateValue = z.infer<typeof valueSchema>;

const rowSchema = z.object({
  group: groupSchema,
  /** null: the whole group in the county. */
  level: z.enum(reportingLevels).nullable(),
  /** Name of a school or township, key of a location, or '' if level and group are enough. */
  name: z.string(),
  set: z.enum(['drawn', 'replacement']),
  issued: z.number().nullable(),
  value: valueSchema,
});
export type RateRow = z.infer<typeof rowSchema>;
/** As stored in a snapshot. */
export const rateRowsSchema = z.array(rowSchema);

export interface RateCount {
  readonly reportingStratum: number;
  readonly set: CountedSet;
  readonly answered: number;
  readonly valid: number;
}

/**
 * Rows by group and by reporting stratum, drawn sample and replacements apart. Cells with fewer issued codes than the minimum are
 * hidden, with their number. If exactly one stratum of a group would be hidden, so is the smallest shown one, because subtraction
 * would reveal it. `exact`: groups whose numbers of the drawn sample may be shown exactly; none while the campaign is open.
 */
export function buildRateRows(
  strata: readonly ReportingStratum[],
  counts: readonly RateCount[],
  minimumCell: number,
  exact: ReadonlySet<Group>,
): readonly RateRow[] {
  const rows: RateRow[] = [];
  const groups = [...new Set(strata.map((s) => s.group))];
  for (const set of ['drawn', 'replacement'] as const) {
    for (const group of groups) {
      const own = strata.filter((s) => s.group === group);
      const cells = own.map((s) => {
        const of = counts.filter((c) => c.reportingStratum === s.no && c.set === set);
        return {
          stratum: s,
          issued: s.issued[set],
          answered: of.reduce((n, c) => n + c.answered, 0),
          valid: of.reduce((n, c) => n + c.valid, 0),
          hidden: false,
        };
      });
      const total = {
        issued: cells.reduce((n, c) => n + c.issued, 0),
        answered: cells.reduce((n, c) => n + c.answered, 0),
        valid: cells.reduce((n, c) => n + c.valid, 0),
      };
      if (set === 'replacement' && total.issued === 0) continue;
      const isEnough = [total.answered, total.valid].every((n) => n === 0 || n >= minimumCell);
      const isExact = set === 'drawn' && exact.has(group) && isEnough;
      rows.push(row(group, null, '', set, total, total.issued < minimumCell, isExact));
      if (cells.length < 2) continue;
      const shown = cells.filter((c) => c.issued > 0);
      for (const cell of shown) cell.hidden = cell.issued < minimumCell;
      if (shown.filter((c) => c.hidden).length === 1) {
        const next = shown.filter((c) => !c.hidden).sort((a, b) => a.issued - b.issued)[0];
        if (next) next.hidden = true;
      }
      for (const cell of shown)
        rows.push(row(group, cell.stratum.level, nameOf(cell.stratum), set, cell, cell.hidden, false));
    }
  }
  return rows;
}

/** A location has only its key as a name; views translate it. */
function nameOf(stratum: ReportingStratum): string {
  return stratum.level === 'location' ? stratum.key : stratum.name;
}

function row(
  group: Group,
  level: ReportingStratum['level'] | null,
  name: string,
  set: 'drawn' | 'replacement',
  cell: { readonly issued: number; readonly answered: number; readonly valid: number },
  hidden: boolean,
  exact: boolean,
): RateRow {
  const value: RateValue =
    cell.issued === 0
      ? { kind: 'hidden', why: 'nothing-issued' }
      : hidden
        ? { kind: 'hidden', why: 'small-cell' }
        : exact
          ? { kind: 'exact', answered: cell.answered, valid: cell.valid }
          : {
              kind: 'coarse',
              answered: coarseRate(cell.answered, cell.issued),
              valid: coarseRate(cell.valid, cell.issued),
              step: openRateStep(cell.issued),
            };
  return { group, level, name, set, issued: hidden ? null : cell.issued, value };
}
