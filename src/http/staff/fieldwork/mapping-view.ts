/** The first rows of a file, and the choice of columns. */
import { columnLetters } from '../../../domain/frame/roll/table.ts';
import { html, type Html } from '../../../html/html.ts';
import type { ShownCampaign, ShownCounty } from '../campaign/shown-campaign-view.ts';
import { countyFrame, countyPath } from '../frame-view.ts';
import { fieldName } from './shared-view.ts';
import { postForm, tableField, select, table, type PageProblem, type StaffContext } from '../page-view.ts';

/** What the choice of columns shows of a file. */
export interface ShownTable {
  readonly sheet: string;
  readonly fingerprint: string;
  /** For each offered column: its head, or a substitute. */
  readonly heads: readonly string[];
  /** Without cells: the file was not sent again. */
  readonly rows: readonly { readonly row: number; readonly cells: readonly string[] | null }[];
}

/** Hidden fields, so that the choice can be shown again if the file was missing or another one. */
function tableFields({ heads, rows }: ShownTable): Readonly<Record<string, string>> {
  return { heads: JSON.stringify(heads), rows: JSON.stringify(rows.map((r) => r.row)) };
}

export interface MappingForm {
  readonly campaign: ShownCampaign;
  readonly county: ShownCounty;
  readonly problem?: PageProblem | null;
  readonly fileName: string;
  /** Last part of the address that takes the file: `imports`, `schools`, `fates`. */
  readonly target: string;
  readonly fields: readonly string[];
  /** Fields that may have several columns, and how many. */
  readonly several: Readonly<Record<string, number>>;
  /** What the form sends along unseen. */
  readonly hidden: Readonly<Record<string, string>>;
  readonly table: ShownTable;
  /** By field: columns chosen or recognised. */
  readonly columns: (field: string) => readonly string[];
  readonly headerRow: string;
}

export function mappingPage(c: StaffContext, o: MappingForm): Html {
  const { t } = c.page;
  const { heads, rows } = o.table;
  const shown = rows.flatMap(({ row, cells }) => (cells === null ? [] : [{ row, cells }]));
  const choices = [
    { value: '', text: t('staff.map.none') },
    ...heads.map((text, i) => ({
      value: String(i),
      text: t('staff.map.column', { column: columnLetters(i), text }),
    })),
  ];
  const hidden = {
    ...{ map: 'yes', sheet: o.table.sheet, fingerprint: o.table.fingerprint, named: o.fileName },
    ...tableFields(o.table),
    ...o.hidden,
  };
  return countyFrame(c, o, {
    title: t('staff.map.title'),
    tab: 'roll',
    problem: o.problem,
    body: html`<p>${t(shown.length > 0 ? 'staff.map.about' : 'staff.map.again', { file: o.fileName })}</p>
      ${o.table.sheet !== '' && html`<p>${t('staff.map.sheet', { sheet: o.table.sheet })}</p>`}${
        shown.length > 0 &&
        table({
          caption: t('staff.map.preview'),
          columns: [
            { text: t('staff.map.row'), number: true },
            ...heads.map((_, i) => ({ text: columnLetters(i) })),
          ],
          rows: shown.map((r) => [r.row, ...heads.map((_head, i) => r.cells[i] ?? '')]),
        })
      }
      ${postForm(
        c,
        {
          action: `${countyPath(o.campaign.id, o.county.code)}/${o.target}`,
          upload: true,
          narrow: true,
          hidden,
          problem: o.problem,
        },
        (refused) =>
          html`${select(
              c,
              {
                name: 'headerRow',
                label: t('staff.map.header-row'),
                value: o.headerRow,
                choices: [
                  { value: '0', text: t('staff.map.no-header') },
                  ...rows.map(({ row }) => ({
                    value: String(row),
                    text: t('staff.map.header-at', { row }),
                  })),
                ],
              },
              refused,
            )}${o.fields.map((name) =>
              Array.from({ length: o.several[name] ?? 1 }, (_, i) =>
                select(
                  c,
                  {
                    name: i === 0 ? `column-${name}` : `column-${name}-${i + 1}`,
                    label:
                      i === 0
                        ? fieldName(c, name)
                        : t('staff.map.more', { field: fieldName(c, name), no: i + 1 }),
                    choices,
                    value: o.columns(name)[i] ?? '',
                  },
                  refused,
                ),
              ),
            )}${tableField(
              c,
              {
                name: 'file',
                label: t('staff.map.file'),
                hint: t('staff.map.why'),
              },
              refused,
            )}<button>${t('staff.map.send')}</button>`,
      )}`,
  });
}
