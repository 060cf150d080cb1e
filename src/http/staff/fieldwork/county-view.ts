/** A county while it is prepared: schools, rolls, coverage, freeze. */
import type { Issue } from '../../../domain/errors.ts';
import type { ImportState } from '../../../domain/model/import.ts';
import { formatShare } from '../../../domain/scoring/format.ts';
import type { Group } from '../../../domain/model/vocabulary.ts';
import { html, type Content, type Html } from '../../../html/html.ts';
import {
  actionForm,
  facts,
  field,
  formatCount,
  select,
  table,
  timeTag,
  token,
  type StaffContext,
} from '../page-view.ts';
import { countyFrame, countyPath } from '../frame-view.ts';
import { type ShownFault, type Of, warningList, readingChoices, faultTable } from './shared-view.ts';

export interface ShownImport {
  readonly id: string;
  readonly group: Group;
  readonly fileName: string;
  readonly state: ImportState;
  readonly summary: {
    readonly good: number;
    readonly bad: number;
    readonly skipped: number;
    readonly unmappedColumns: number;
    readonly warnings: readonly Issue[];
  } | null;
  readonly by: string;
  readonly at: number;
  readonly added: number;
  readonly duplicates: number;
  readonly joined: number;
  readonly corrected: number;
  readonly lateReason: string | null;
}

export interface ShownSchool {
  readonly id: string;
  readonly name: string;
}

export interface ShownCoverage {
  readonly schools: readonly {
    readonly id: string;
    readonly name: string;
    readonly pupils: number | null;
    readonly guardians: number;
    readonly guardianRatio: number | null;
    readonly staff: number | null;
    readonly teachers: number;
    readonly teacherRatio: number | null;
    readonly shared: number;
    readonly consecutive: number;
    readonly withPhone: number;
  }[];
  readonly missing: readonly ShownSchool[];
}

export function countyPage(
  c: StaffContext,
  o: Of & {
    readonly schools: readonly ShownSchool[];
    readonly schoolFaults: readonly ShownFault[];
    readonly schoolWarnings: readonly Issue[];
    readonly imports: readonly ShownImport[];
    readonly coverage: ShownCoverage | null;
    readonly done: string | null;
    readonly lateWaiting: boolean;
  },
): Html {
  const { t } = c.page;
  const { campaign, county } = o;
  const base = countyPath(campaign.id, county.code);
  const preparing = county.frameState === 'preparing' && campaign.state === 'draft';
  const isLate = county.frameState === 'drawn' && (campaign.state === 'draft' || campaign.state === 'open');
  const mayPrepare = c.may('roll.prepare', county.code);
  const groups = [...new Set(campaign.questionnaires.flatMap((q) => q.groups))];
  const pending = o.imports.filter(
    (i) => i.state === 'staged' || i.state === 'reading' || i.state === 'applying',
  );
  return countyFrame(c, o, {
    title: t('staff.page.roll'),
    tab: 'roll',
    problem: o.problem,
    body: html`${o.done !== null && html`<p class="done" role="status">${t(o.done)}</p>`}${facts([
        [t('staff.field.frame'), t(`staff.frame.${county.frameState}`)],
        county.frame !== null && [t('staff.field.frame-size'), formatCount(county.frame.size)],
        [t('staff.field.schools'), formatCount(o.schools.length)],
      ])}
      <h2>1. ${t('staff.roll.schools')}</h2>
      <p>
        ${
          o.schools.length === 0
            ? t('staff.roll.schools.none')
            : t('staff.roll.schools.count', { count: o.schools.length })
        }
      </p>
      ${
        o.schoolFaults.length > 0 &&
        html`<p class="error">${t('staff.roll.schools.refused')}</p>
          ${faultTable(c, o.schoolFaults)}`
      }${warningList(c, o.schoolWarnings)}${
        preparing &&
        mayPrepare &&
        html`<form method="post" action="${base}/schools" enctype="multipart/form-data" class="narrow">
          ${token(c)}${readingChoices(c, 'schools')}${field(c, {
            name: 'file',
            path: 'schools',
            type: 'file',
            label: t('staff.roll.schools.file'),
            hint: t('staff.roll.schools.hint'),
            required: true,
            extra: { accept: '.xlsx,.csv,.txt' },
          })}<button class="${o.schools.length === 0 ? '' : 'secondary'}">${t('staff.send')}</button>
        </form>`
      }
      ${preparing && mayPrepare && removableSchools(c, base, o.coverage?.missing ?? [])}
      <h2>2. ${t('staff.roll.rolls')}</h2>
      ${
        o.imports.length > 0 &&
        table({
          caption: t('staff.roll.rolls'),
          columns: [
            { text: t('staff.field.file') },
            { text: t('staff.field.group') },
            { text: t('staff.field.state') },
            { text: t('staff.import.good'), number: true },
            { text: t('staff.import.bad'), number: true },
            { text: t('staff.import.added'), number: true },
            { text: t('staff.field.sent') },
          ],
          rows: o.imports.map((i) => [
            html`<a href="${base}/imports/${i.id}">${i.fileName}</a>`,
            t(`staff.group.${i.group}`),
            html`<span class="state ${i.state}">${t(`staff.import.state.${i.state}`)}</span>${
                i.lateReason !== null && html` <span class="quiet">${t('staff.import.late')}</span>`
              }`,
            i.summary === null ? '–' : formatCount(i.summary.good),
            i.summary === null ? '–' : formatCount(i.summary.bad),
            i.state === 'applied' ? formatCount(i.added) : '–',
            html`${i.by}<br />${timeTag(i.at)}`,
          ]),
        })
      }${
        (preparing || isLate) &&
        mayPrepare &&
        (o.schools.length === 0
          ? html`<p>${t('staff.roll.schools-first')}</p>`
          : html`${isLate && html`<p>${t('staff.roll.late.about')}</p>`}
              <form method="post" action="${base}/imports" enctype="multipart/form-data" class="narrow">
                ${token(c)}${select(c, {
                  name: 'group',
                  label: t('staff.field.group'),
                  // None is chosen beforehand: a roll under a wrong group would count the wrong people.
                  required: true,
                  choices: [
                    { value: '', text: t('staff.group.choose') },
                    ...groups.map((g) => ({ value: g, text: t(`staff.group.${g}`) })),
                  ],
                })}${readingChoices(c, 'rolls')}${
                  isLate &&
                  field(c, {
                    name: 'lateReason',
                    label: t('staff.roll.late.reason'),
                    required: true,
                  })
                }${field(c, {
                  name: 'file',
                  path: 'rolls',
                  type: 'file',
                  label: t('staff.roll.file'),
                  hint: t('staff.roll.hint'),
                  required: true,
                  extra: { accept: '.xlsx,.csv,.txt' },
                })}<button>${t('staff.roll.send')}</button>
              </form>`)
      }
      <h2>3. ${t('staff.roll.coverage')}</h2>
      ${coveragePart(c, o.coverage)}${
        preparing &&
        html`<h2>4. ${t('staff.freeze')}</h2>
          <p>${t('staff.freeze.about')}</p>
          ${
            c.may('frame.freeze', county.code)
              ? pending.length > 0
                ? html`<p class="error">${t('staff.freeze.pending')}</p>`
                : o.imports.some((i) => i.state === 'applied')
                  ? html`<p><a class="button" href="${base}/freeze">${t('staff.freeze.do')}</a></p>`
                  : html`<p>${t('staff.freeze.empty')}</p>`
              : html`<p class="quiet">${t('staff.freeze.others')}</p>`
          }`
      }${
        county.frameState !== 'preparing' &&
        c.may('draw.view', county.code) &&
        html`<p><a class="button" href="${base}/draw">${t('staff.page.draw')}</a></p>`
      }${
        isLate &&
        c.may('frame.late', county.code) &&
        o.lateWaiting &&
        html`<h2>${t('staff.late')}</h2>
          <p>${t('staff.late.about')}</p>
          ${actionForm(c, `${base}/late`, t('staff.late.issue'), {
            secondary: true,
          })}`
      }`,
  });
}

function removableSchools(c: StaffContext, base: string, schools: readonly ShownSchool[]): Content {
  const { t } = c.page;
  return (
    schools.length > 0 &&
    html`<details>
      <summary>${t('staff.roll.schools.list')}</summary>
      <ul class="columns">
        ${schools.map(
          (s) =>
            html`<li>
              ${actionForm(c, `${base}/schools/${s.id}/remove`, t('staff.roll.schools.remove'), {
                quiet: true,
                before: html`${s.name} `,
              })}
            </li>`,
        )}
      </ul>
    </details>`
  );
}

function percent(ratio: number | null): string {
  return ratio === null ? '–' : `${formatShare(ratio)}%`;
}

function coveragePart(c: StaffContext, coverage: ShownCoverage | null): Content {
  const { t } = c.page;
  if (coverage === null) return html`<p>${t('staff.coverage.none')}</p>`;
  return html`<p class="quiet">${t('staff.coverage.about')}</p>
    ${
      coverage.missing.length > 0 &&
      html`<div class="panel bad">
        <p>
          <strong
            >${t('staff.coverage.missing', {
              count: coverage.missing.length,
            })}</strong
          >
        </p>
        <ul class="columns">
          ${coverage.missing.map((s) => html`<li>${s.name}</li>`)}
        </ul>
      </div>`
    }${
      coverage.schools.length > 0 &&
      table({
        caption: t('staff.roll.coverage'),
        columns: [
          { text: t('staff.field.school') },
          { text: t('staff.coverage.pupils'), number: true },
          { text: t('staff.coverage.guardians'), number: true },
          { text: t('staff.coverage.guardian-ratio'), number: true },
          { text: t('staff.coverage.staff'), number: true },
          { text: t('staff.coverage.teachers'), number: true },
          { text: t('staff.coverage.teacher-ratio'), number: true },
          { text: t('staff.coverage.with-phone'), number: true },
          { text: t('staff.coverage.shared'), number: true },
          { text: t('staff.coverage.consecutive'), number: true },
        ],
        rows: coverage.schools.map((s) => [
          s.name,
          s.pupils === null ? '–' : formatCount(s.pupils),
          formatCount(s.guardians),
          marked(
            percent(s.guardianRatio),
            s.guardianRatio !== null && s.guardians > 0 && (s.guardianRatio < 0.7 || s.guardianRatio > 2.2),
          ),
          s.staff === null ? '–' : formatCount(s.staff),
          formatCount(s.teachers),
          marked(
            percent(s.teacherRatio),
            s.teacherRatio !== null && s.teachers > 0 && (s.teacherRatio < 0.7 || s.teacherRatio > 1.1),
          ),
          formatCount(s.withPhone),
          formatCount(s.shared),
          marked(formatCount(s.consecutive), s.consecutive >= 5),
        ]),
      })
    }`;
}

function marked(text: string, odd: boolean): Content {
  return odd ? html`<strong class="odd">${text}</strong>` : text;
}
