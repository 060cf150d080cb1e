/** The first rows of a file, and which column is what. */
import { columnLetters } from '../../../domain/frame/roll/table.ts';
import { html, type Html } from '../../../html/html.ts';
import type { ShownCampaign, ShownCounty } from '../campaign/view.ts';
import { countyFrame, countyPath } from '../frame-view.ts';
import { fieldName } from './shared-view.ts';
import { postForm, tableField, select, table, type PageProblem, type StaffContext } from '../page-view.ts';

export interface MappingForm {
  readonly campaign: ShownCampaign;
  readonly county: ShownCounty;
  readonly problem?: PageProblem | null;
  readonly fileName: string;
  /** Last part of the address that takes the file: `imports`, `schools`, `fates`. */
  readonly target: string;
  readonly fields: readonly string[];
  /** Fields that may stand in several columns, and in how many. */
  readonly several: Readonly<Record<string, number>>;
  /** What the form sends along unseen. */
  readonly hidden: Readonly<Record<string, string>>;
  readonly preview: {
    readonly sheet: string;
    readonly rows: readonly { readonly row: number; readonly cells: readonly string[] }[];
    readonly width: number;
    readonly headerRow: number;
    readonly fingerprint: string;
  };
  /** By field: columns chosen or recognised. */
  readonly columns: (field: string) => readonly string[];
  readonly headerRow: string;
}

const shownColumns = 60;

export function mappingPage(c: StaffContext, o: MappingForm): Html {
  const { t } = c.page;
  const { preview } = o;
  const columns = Array.from({ length: Math.min(preview.width, shownColumns) }, (_, i) => i);
  const header = preview.rows.find((r) => r.row === preview.headerRow) ?? preview.rows[0];
  const choices = [
    { value: '', text: t('staff.map.none') },
    ...columns.map((i) => ({
      value: String(i),
      text: t('staff.map.column', { column: columnLetters(i), text: header?.cells[i] ?? '' }),
    })),
  ];
  const hidden = { map: 'yes', sheet: preview.sheet, fingerprint: preview.fingerprint, ...o.hidden };
  return countyFrame(c, o, {
    title: t('staff.map.title'),
    tab: 'roll',
    problem: o.problem,
    body: html`<p>${t('staff.map.about', { file: o.fileName })}</p>
      ${preview.sheet !== '' && html`<p>${t('staff.map.sheet', { sheet: preview.sheet })}</p>`}${table({
        caption: t('staff.map.preview'),
        columns: [
          { text: t('staff.map.row'), number: true },
          ...columns.map((i) => ({ text: columnLetters(i) })),
        ],
        rows: preview.rows.map((r) => [r.row, ...columns.map((i) => r.cells[i] ?? '')]),
      })}
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
                  ...preview.rows.map((r) => ({
                    value: String(r.row),
                    text: t('staff.map.header-at', { row: r.row }),
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
