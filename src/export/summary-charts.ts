/**
 * Charts beside the tables of a summary workbook: which rows each draws. Values are positions on a scale, so the scale may start
 * above 0.
 */
import { formatValue } from '../domain/scoring/format.ts';
import { scaleFor } from '../html/charts/scale.ts';
import type { Cell, Row } from '../tabular/cells.ts';
import type { SheetChart } from '../tabular/xlsx-chart.ts';
import type { Translate } from '../texts/texts.ts';

/** The headings of a chart's columns. */
export interface ChartColumns {
  readonly names: string;
  readonly values: string;
  readonly bounds?: readonly [low: string, high: string];
  readonly threshold?: string;
}

interface Table {
  readonly header: readonly string[];
  readonly rows: readonly Row[];
}

const step = 10;
/** With more than these a chart is unreadable: the table has all of them. */
export const maxDrawn = 40;
const mostDescribed = 12;

export interface Drawing {
  readonly columns: ChartColumns;
  readonly unit: string;
  /** From the texts of a row. Adjacent rows with the same key are one chart; rows with null are in none. */
  readonly keyOf: (texts: readonly string[]) => string | null;
  /**
   * From its first row.
   * @param cut whether only the first ones are drawn
   */
  readonly titleOf: (texts: readonly string[], cut: boolean) => string;
  /** Rows without a value are last in a run, and are not drawn; no more than `maxDrawn` are. */
  readonly ranked?: boolean;
}

/** None for a run with fewer than two values. */
export function chartsOf(
  t: Translate,
  { header, rows }: Table,
  { columns, unit, ...options }: Drawing,
): readonly SheetChart[] {
  const at = (head: string) => header.indexOf(head);
  const values = at(columns.values);
  const threshold = columns.threshold === undefined ? undefined : at(columns.threshold);
  const bounds = columns.bounds && { low: at(columns.bounds[0]), high: at(columns.bounds[1]) };
  return runsOf(rows, options.keyOf).flatMap(({ from, to: end }): SheetChart[] => {
    const isShown = (row: Row) => numberOf(row[values]) !== null;
    const shown = rows.slice(from, end + 1).filter(isShown);
    if (shown.length < 2) return [];
    const cut = options.ranked === true && shown.length > maxDrawn;
    const drawn = cut ? shown.slice(0, maxDrawn) : shown;
    const to = options.ranked === true ? from + drawn.length - 1 : end;
    const title = options.titleOf(rows[from]!.map(textOf), cut);
    const numbers = [values, bounds?.low, bounds?.high, threshold].flatMap((column) =>
      column === undefined ? [] : drawn.flatMap((row) => numberOf(row[column]) ?? []),
    );
    const names = at(columns.names);
    return [
      {
        title,
        unit,
        description:
          drawn.length > mostDescribed
            ? t('xlsx.chart.see-table', { title })
            : `${title}${t('staff.colon')}${drawn
                .map((row) => `${textOf(row[names])} ${textOf(row[values])}`)
                .join(t('staff.list-comma'))}`,
        from,
        to,
        names,
        values,
        ...(bounds && { bounds }),
        ...(threshold !== undefined && { threshold }),
        scale: { ...scaleFor(numbers, { step }), step },
      },
    ];
  });
}

function runsOf(
  rows: readonly Row[],
  keyOf: Drawing['keyOf'],
): readonly { readonly from: number; readonly to: number }[] {
  const runs: { from: number; to: number; key: string }[] = [];
  rows.forEach((row, i) => {
    const key = keyOf(row.map(textOf));
    const last = runs.at(-1);
    if (key === null) return;
    if (last?.key === key && last.to === i - 1) last.to = i;
    else runs.push({ from: i, to: i, key });
  });
  return runs;
}

const numberOf = (cell: Cell | undefined): number | null =>
  typeof cell === 'number' ? cell : typeof cell === 'object' && cell !== null ? cell.number : null;

/** With the digits of the cell. */
const textOf = (cell: Cell | undefined): string =>
  typeof cell === 'object' && cell !== null
    ? formatValue(cell.number, { decimals: cell.decimals, threshold: null })
    : String(cell ?? '');
