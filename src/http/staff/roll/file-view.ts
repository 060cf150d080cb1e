/** One roll file: its group, columns, the school of each sheet, and its bad rows, to be corrected in place. */
import { columnLetters } from '../../../domain/frame/roll/table.ts';
import { frameFields } from '../../../domain/frame/roll/header.ts';
import { cellKey } from '../../../domain/model/roll-file.ts';
import type { Group } from '../../../domain/model/vocabulary.ts';
import { actionForm, checkBox, field, fieldId, select, textArea, token } from '../../../html/form.ts';
import { attributes, html, type Content, type Html } from '../../../html/html.ts';
import { alertBox, card, liveHead, progressBar, tag } from '../../../html/parts.ts';
import { formatCount, table } from '../../../html/table.ts';
import type { FileFault, FileView } from '../../../operations/frame/files.ts';
import type { JobView } from '../../../operations/jobs.ts';
import { countyFrame, countyPath } from '../frame-view.ts';
import { timeTag, type StaffContext } from '../page-view.ts';
import { fieldName, warningList, type Of } from '../fieldwork/shared-view.ts';
import { fileTag, looksLike } from './roll-view.ts';

export interface FilePage extends Of {
  readonly view: FileView;
  readonly schools: readonly { readonly id: string; readonly name: string }[];
  readonly job: JobView | null;
  /** Address of the script that listens to progress. */
  readonly script: string;
}

export const groupField = 'group';
export const layoutField = (layout: number, position: number) => `layout-${layout}-${position}`;
export const headedField = (layout: number) => `headed-${layout}`;
export const sheetField = (sheet: number) => `sheet-${sheet}`;
export const cellField = (sheet: number, row: number, column: number) =>
  `cell/${cellKey(sheet, row, column)}`;

/** Beside a cell that is wrong in many rows. */
export const alikeField = (sheet: number, row: number, column: number) =>
  `alike/${cellKey(sheet, row, column)}`;

/** Sheets listed beside the choice of their school. */
const shownSheets = 400;

export function filePage(c: StaffContext, o: FilePage): Html {
  const { t } = c.page;
  const { campaign, county, view } = o;
  const { file, staged } = view;
  const county_ = countyPath(campaign.id, county.code);
  const base = `${county_}/files/${file.id}`;
  const isBusy = file.state === 'reading' || staged?.state === 'reading' || staged?.state === 'applying';
  const isStuck = isBusy && o.job?.isRunning !== true;
  const mayChange = c.may('roll.prepare', county.code) && file.state === 'waiting' && (!isBusy || isStuck);
  return countyFrame(c, o, {
    title: file.fileName,
    tab: 'roll',
    under: [],
    problem: o.problem,
    cards: true,
    head: isBusy && !isStuck && liveHead(o.script),
    body: html`<div class="grid">
      ${card({
        title: t('staff.file.about'),
        aside: fileTag(c, view),
        body: html`<p>
            ${file.by}
            ${timeTag(file.at)}${
              file.content &&
              html` ·
              ${t('staff.file.size', { sheets: file.content.sheets.length, rows: formatCount(file.content.sheets.reduce((n, s) => n + s.rows, 0)) })}`
            }
          </p>
          ${
            file.state === 'refused' &&
            file.content?.fault &&
            alertBox(
              'bad',
              t('staff.files.tag.refused'),
              t(file.content.fault.message, file.content.fault.params),
            )
          }${
            isBusy &&
            !isStuck &&
            progressBar({
              label: t('staff.files.tag.checking'),
              percent: null,
              text: t('staff.import.progress.reading', { rows: formatCount(o.job?.done ?? 0) }),
              live: `${base}/live`,
            })
          }${
            c.may('roll.prepare', county.code) &&
            file.state !== 'closed' &&
            html`<div class="acts">
              ${actionForm(c, `${base}/discard`, t('staff.file.discard'), { secondary: true })}
              <a href="${county_}">${t('staff.file.back')}</a>
            </div>`
          }`,
      })}${staged?.state === 'staged' && checkedCards(c, o, base, mayChange)}${
        file.state === 'waiting' && choiceCard(c, o, base, mayChange)
      }
    </div>`,
  });
}

function choiceCard(c: StaffContext, o: FilePage, base: string, mayChange: boolean): Html {
  const { t } = c.page;
  const { view, campaign } = o;
  const { file, choices } = view;
  const { layouts = [], sheets = [] } = file.content ?? {};
  const groups: readonly Group[] = [...new Set(campaign.questionnaires.flatMap((q) => q.groups))];
  const fields = [
    { value: '', text: t('staff.file.not-read') },
    ...frameFields.map((f) => ({ value: f, text: fieldName(c, f) })),
  ];
  const isFixed = file.school !== null;
  const own = o.schools.find((s) => s.id === file.school);
  const hasSchools = (layout: number) =>
    choices.layouts[layout]?.some((f) => f === 'school' || f === 'schoolCode') === true;
  const asksSchool = sheets.some((s) => !hasSchools(s.layout));
  return card({
    title: t('staff.file.choose'),
    id: 'choose',
    body: html`<form method="post" action="${base}">
      ${token(c)}<input type="hidden" name="expected" value="${file.import ?? ''}" />
      ${select(
        c,
        {
          name: groupField,
          label: t('staff.file.group'),
          // The guess is shown beside the choice and never applied: a roll under a wrong group would count the wrong people.
          hint: looksLike(c, file),
          required: true,
          choices: [
            { value: '', text: t('staff.group.choose') },
            ...groups.map((g) => ({ value: g, text: t(`staff.group.${g}`) })),
          ],
          value: choices.group ?? '',
        },
        o.problem,
      )}
      <h3>${t('staff.file.columns')}</h3>
      <p class="quiet">${t('staff.file.columns.about')}</p>
      ${layouts.map((columns, layout) => {
        const of = sheets.filter((s) => s.layout === layout);
        const faults = (o.problem?.issues ?? []).filter((i) => i.path === `layout-${layout}`);
        return html`${
          layouts.length > 1 &&
          html`<h4>
            ${of
              .slice(0, 3)
              .map((s) => s.name)
              .join(t('staff.list-comma'))}${of.length > 3 && ` … (${of.length})`}
          </h4>`
        }${
          faults.length > 0 &&
          html`<p class="error" id="${fieldId(`layout-${layout}`)}">
            ${faults.map((f) => t(f.message, f.params)).join(t('sentence.gap'))}
          </p>`
        }${headPart(c, o, layout, mayChange)}${table({
          caption: t('staff.file.preview'),
          columns: [
            { text: t('staff.map.row') },
            ...columns.map((column, position) => ({
              text: html`${column.header === '' ? columnLetters(column.index) : column.header}${
                column.isKept
                  ? html`<select${attributes({
                      name: layoutField(layout, position),
                      'aria-label': t('staff.file.column-of', {
                        column: column.header === '' ? columnLetters(column.index) : column.header,
                      }),
                      disabled: !mayChange,
                    })}>
                      ${fields.map(
                        (f) =>
                          html`<option${attributes({ value: f.value, selected: f.value === (choices.layouts[layout]?.[position] ?? '') })}>${f.text}</option>`,
                      )}
                    </select>`
                  : html`<p class="quiet">${t('staff.file.not-read')}</p>`
              }`,
            })),
          ],
          rows: (view.preview[layout] ?? []).map((row) => [
            html`${row.sheet} <span class="quiet">${t('staff.file.row', { row: row.row })}</span>`,
            ...row.cells.map((cell) =>
              cell === null
                ? html`<span class="quiet">${t('staff.file.not-shown')}</span>`
                : cell === ''
                  ? '–'
                  : cell,
            ),
          ]),
        })}`;
      })}
      ${
        isFixed
          ? html`<p>${t('staff.file.own-school', { school: own?.name ?? '' })}</p>`
          : (asksSchool || sheets.length > 1) &&
            html`<h3>${t('staff.file.sheets')}</h3>
              ${sheetsPart(c, o, hasSchools)}`
      }${select(c, {
        name: 'system',
        label: t('staff.file.system'),
        choices: [
          { value: '6-3', text: t('staff.file.system.6-3') },
          { value: '5-4', text: t('staff.file.system.5-4') },
        ],
        value: choices.system ?? '6-3',
      })}${mayChange && html`<div class="acts"><button>${t('staff.file.check')}</button></div>`}
    </form>`,
  });
}

/** Which row was taken as the header; if none, whether the first row is one anyway. */
function headPart(c: StaffContext, o: FilePage, layout: number, mayChange: boolean): Content {
  const { t } = c.page;
  const { file, choices } = o.view;
  const rows = (file.content?.sheets ?? []).filter((s) => s.layout === layout).map((s) => s.headerRow);
  const known = rows.filter((row) => row !== undefined);
  if (known.length === 0) return null;
  if (known.every((row) => row === 0)) {
    if (!mayChange)
      return html`<p class="quiet">
        ${t(choices.headed?.includes(layout) === true ? 'staff.file.headed' : 'staff.file.no-header')}
      </p>`;
    return html`<p><strong>${t('staff.file.no-header')}</strong></p>
      ${checkBox(c, {
        name: headedField(layout),
        label: t('staff.file.headed.tick'),
        about: t('staff.file.headed.about'),
        checked: choices.headed?.includes(layout) === true,
      })}`;
  }
  const [first] = known;
  return html`<p class="quiet">
    ${known.every((row) => row === first) ? t('staff.file.header-at', { row: first! }) : t('staff.file.header-found')}
  </p>`;
}

function sheetsPart(c: StaffContext, o: FilePage, hasSchools: (layout: number) => boolean): Html {
  const { t } = c.page;
  const { file, choices } = o.view;
  const sheets = file.content?.sheets ?? [];
  const open = sheets
    .map((sheet, i) => ({ sheet, i }))
    .filter(({ sheet, i }) => choices.sheets[i] === null && !hasSchools(sheet.layout));
  const matched = sheets.length - open.length;
  const row = ({ sheet, i }: (typeof open)[number]) =>
    select(
      c,
      {
        name: sheetField(i),
        label: `${sheet.name === '' ? t('staff.file.whole') : sheet.name} · ${t('staff.file.rows', { rows: formatCount(sheet.rows) })}`,
        of: undefined,
        choices: [
          {
            value: '',
            text: hasSchools(sheet.layout) ? t('staff.file.by-column') : t('staff.file.choose-school'),
          },
          ...(sheets.length > 1 ? [{ value: 'skip', text: t('staff.file.skip') }] : []),
          ...o.schools.map((s) => ({ value: s.id, text: s.name })),
        ],
        value: choices.sheets[i] ?? '',
      },
      o.problem,
    );
  const others = sheets
    .map((sheet, i) => ({ sheet, i }))
    .filter(({ i }) => !open.some((one) => one.i === i))
    .slice(0, shownSheets);
  return html`${
    matched > 0 && html`<p class="quiet">${t('staff.file.matched', { matched, open: open.length })}</p>`
  }${open.map(row)}${
    others.length > 0 &&
    html`<details>
      <summary>${t('staff.file.matched.list', { count: others.length })}</summary>
      ${others.map(row)}
    </details>`
  }`;
}

function checkedCards(c: StaffContext, o: FilePage, base: string, mayChange: boolean): Content {
  const { t } = c.page;
  const { staged, faults } = o.view;
  const summary = staged?.summary;
  if (!staged || !summary) return null;
  const { good, bad, doubts, warnings } = summary;
  const group = t(`staff.group.${staged.group}`);
  return html`${
    doubts.length > 0 &&
    card({
      title: t('staff.file.doubts', { count: doubts.length }),
      tone: 'warn',
      body: html`<p class="quiet">${t('staff.file.doubts.about')}</p>
        ${warningList(c, doubts)}`,
    })
  }${
    bad > 0 &&
    card({
      title: t('staff.file.bad', { bad: formatCount(bad) }),
      tone: 'bad',
      aside: mayChange && html`<a href="${base}/left-out.csv">${t('staff.file.bad.download')}</a>`,
      body: html`<p class="quiet">
          ${t('staff.file.bad.about')}${bad > faults.length && `${t('sentence.gap')}${t('staff.import.first-faults', { shown: faults.length })}`}
        </p>
        <form method="post" action="${base}/correct">
          ${token(c)}<input
            type="hidden"
            name="expected"
            value="${o.view.file.import ?? ''}"
          />${faultTable(c, o, faults, mayChange)}${
            mayChange &&
            faults.some((f) => f.column !== null) &&
            html`<div class="acts"><button class="secondary">${t('staff.file.correct')}</button></div>`
          }
        </form>`,
    })
  }${card({
    title: t('staff.file.apply'),
    id: 'apply',
    tone: bad > 0 || doubts.length > 0 ? 'warn' : 'ok',
    body: html`<p>
        ${tag('neutral', group)}
        ${t('staff.file.apply.about', { good: formatCount(good), group, skipped: formatCount(summary.skipped) })}
      </p>
      ${warningList(c, warnings)}${
        mayChange &&
        (good === 0
          ? html`<p>${t('staff.import.all-bad')}</p>`
          : html`<form method="post" action="${base}/apply" class="narrow">
                ${token(c)}<input type="hidden" name="expected" value="${o.view.file.import ?? ''}" />${
                  bad > 0 && html`<input type="hidden" name="keepGood" value="yes" />`
                }${
                  doubts.length > 0 &&
                  textArea(
                    c,
                    {
                      name: 'reason',
                      label: t('staff.file.reason'),
                      hint: t('staff.file.reason.about'),
                      required: true,
                      rows: 2,
                    },
                    o.problem,
                  )
                }<button>
                  ${bad > 0 ? t('staff.file.apply.good', { bad: formatCount(bad), good: formatCount(good) }) : t('staff.file.apply.all', { good: formatCount(good) })}
                </button>
              </form>
              <p class="quiet">${t('staff.file.apply.after')}</p>`)
      }`,
  })}`;
}

function faultTable(c: StaffContext, o: FilePage, faults: readonly FileFault[], mayChange: boolean): Html {
  const { t } = c.page;
  /** Those that the message names as similar come first. */
  const schoolsFor = ({ fault }: FileFault) => {
    const nearest = new Set(String(fault.params['nearest'] ?? '').split('、'));
    const isNear = (s: { readonly name: string }) => nearest.has(s.name);
    const inOrder = [...o.schools.filter(isNear), ...o.schools.filter((s) => !isNear(s))];
    return [
      { value: '', text: t('staff.file.choose-school') },
      ...inOrder.map(({ name }) => ({ value: name, text: name })),
    ];
  };
  const isOfSchool = (f: FileFault) => f.fault.field === 'school' || f.fault.field === 'schoolCode';
  const like = (f: FileFault) =>
    faults.filter((other) => other.fault.field === f.fault.field && other.cell === f.cell);
  return table({
    caption: t('staff.import.faults'),
    stack: true,
    columns: [
      { text: t('staff.file.where') },
      { text: t('staff.file.cell') },
      { text: t('staff.fault.remedy') },
      { text: t('staff.file.instead') },
    ],
    rows: faults.map((one) => {
      const { sheetNo, fault, column, cell } = one;
      const same = isOfSchool(one) && cell !== null && cell !== '' ? like(one) : [];
      return [
        html`${fault.sheet} ${t('staff.file.row', { row: fault.row })}
          <span class="quiet"
            >${column !== null && t('staff.file.column', { column: columnLetters(column) })}</span
          >`,
        cell === null || cell === ''
          ? html`<span class="quiet">${t('staff.file.empty-cell')}</span>`
          : html`<strong>${cell}</strong>`,
        same.length > 1 && same[0] !== one
          ? html`<span class="quiet">${t('staff.file.like', { row: same[0]!.fault.row })}</span>`
          : html`${fieldName(c, fault.field)}${t('staff.colon')}${t(fault.message, fault.params)}`,
        !mayChange || column === null || sheetNo < 0
          ? html`<span class="quiet">${t('staff.file.in-file')}</span>`
          : isOfSchool(one)
            ? html`${select(c, {
                name: cellField(sheetNo, fault.row, column),
                label: t('staff.file.instead-of', { row: fault.row }),
                isLabelUnseen: true,
                choices: schoolsFor(one),
              })}${
                same.length > 1 &&
                same[0] === one &&
                checkBox(c, {
                  name: alikeField(sheetNo, fault.row, column),
                  label: t('staff.file.alike', { cell: cell ?? '', count: same.length - 1 }),
                })
              }`
            : field(c, {
                name: cellField(sheetNo, fault.row, column),
                label: t('staff.file.instead-of', { row: fault.row }),
                isLabelUnseen: true,
                value: cell ?? '',
                extra: { autocomplete: 'off', ...(fault.field === 'phone' && { inputmode: 'tel' }) },
              }),
      ];
    }),
  });
}
