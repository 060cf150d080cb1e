/** A county from its first file to its codes: schools, rolls, coverage, freeze, dice, draw, messages, links. */
import type { Issue, MessageParams } from '../../../domain/errors.ts';
import type { ReportingStratum, SamplingStratum } from '../../../domain/frame/strata.ts';
import type { SmsText } from '../../../domain/messaging/sms-text.ts';
import { minimumDiceDigits } from '../../../domain/frame/sample.ts';
import { formatShare } from '../../../domain/scoring/format.ts';
import { countyLevelGroups, type CountedSet, type Group } from '../../../domain/model/vocabulary.ts';
import { html, type Content, type Html } from '../../../html/html.ts';
import {
  actionForm,
  choices,
  facts,
  field,
  formatCount,
  groupNames,
  inGroupOrder,
  select,
  staffPage,
  table,
  timeTag,
  token,
  type PageProblem,
  type StaffContext,
} from '../page-view.ts';
import { campaignPath, countyPath, type ShownCampaign, type ShownCounty } from '../campaign/view.ts';

export interface ShownImport {
  readonly id: string;
  readonly group: Group;
  readonly fileName: string;
  readonly state: 'reading' | 'staged' | 'applying' | 'applied' | 'discarded';
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
export interface ShownFault {
  readonly sheet: string;
  readonly row: number;
  readonly field: string;
  readonly message: string;
  readonly params: MessageParams;
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

interface Of {
  readonly campaign: ShownCampaign;
  readonly county: ShownCounty;
  readonly problem?: PageProblem | null;
}

export function countyFrame(
  c: StaffContext,
  o: Of,
  title: string,
  body: Content,
  below = false,
  head: Content = null,
): Html {
  const { t } = c.page;
  return staffPage(c, {
    title,
    demo: o.campaign.demo,
    selfAdministered: o.campaign.selfAdministered,
    problem: o.problem,
    head,
    trail: [
      { href: '/staff', text: t('staff.home') },
      { href: campaignPath(o.campaign.id), text: o.campaign.name },
      ...(below ? [{ href: countyPath(o.campaign.id, o.county.code), text: o.county.name }] : []),
    ],
    body,
  });
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
  return countyFrame(
    c,
    o,
    t('staff.roll.title', { county: county.name }),
    html`${o.done !== null && html`<p class="done" role="status">${t(o.done)}</p>`}${facts([
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
                  ? actionForm(c, `${base}/freeze`, t('staff.freeze.do'))
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
  );
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

const shownFaults = 50;

function faultTable(c: StaffContext, faults: readonly ShownFault[]): Html {
  const { t } = c.page;
  const hasSheets = new Set(faults.map((f) => f.sheet)).size > 1;
  return table({
    caption: t('staff.import.faults'),
    columns: [
      { text: t('staff.fault.row'), number: true },
      { text: t('staff.fault.column') },
      { text: t('staff.fault.field') },
      { text: t('staff.fault.remedy') },
    ],
    rows: faults.map((f) => [
      hasSheets ? `${f.sheet} ${f.row}` : f.row,
      f.params['column'] ?? '',
      fieldName(c, f.field),
      t(f.message, f.params),
    ]),
  });
}
function warningList(c: StaffContext, warnings: readonly Issue[]): Content {
  return (
    warnings.length > 0 &&
    html`<ul class="warnings">
      ${warnings.map((w) => html`<li>${c.page.t(w.message, w.params)}</li>`)}
    </ul>`
  );
}

/** Before the file in its form: what comes after it has not arrived when reading starts. */
function readingChoices(c: StaffContext, form: string): Html {
  const { t } = c.page;
  return html`${select(c, {
    name: 'hiddenRows',
    path: `${form}-hiddenRows`,
    label: t('staff.upload.hidden'),
    choices: [
      { value: '', text: t('staff.upload.hidden.read') },
      { value: 'skip', text: t('staff.upload.hidden.skip') },
    ],
  })}${select(c, {
    name: 'columns',
    path: `${form}-columns`,
    label: t('staff.upload.columns'),
    choices: [
      { value: '', text: t('staff.upload.columns.recognise') },
      { value: 'choose', text: t('staff.upload.columns.choose') },
    ],
  })}`;
}

export function fieldName(c: StaffContext, name: string): string {
  const key = `staff.column.${name}`;
  const text = c.page.t(key);
  return text === key ? name : text;
}

export function importPage(
  c: StaffContext,
  o: Of & {
    readonly found: ShownImport;
    readonly faults: readonly ShownFault[];
    /** What this process does with it, or why it stopped. */
    readonly job: {
      readonly done: number;
      readonly isRunning: boolean;
      readonly failure: { readonly message: string; readonly params: MessageParams } | null;
    } | null;
  },
): Html {
  const { t } = c.page;
  const { found, county, campaign } = o;
  const base = `${countyPath(campaign.id, county.code)}/imports/${found.id}`;
  const { summary } = found;
  const mayPrepare = c.may('roll.prepare', county.code);
  return countyFrame(
    c,
    o,
    found.fileName,
    html`<p>
        <span class="state ${found.state}">${t(`staff.import.state.${found.state}`)}</span>
        ${t(`staff.group.${found.group}`)} · ${found.by} · ${timeTag(found.at)}
      </p>
      ${
        o.job?.isRunning === true &&
        html`<p role="status">
          ${t(`staff.import.progress.${found.state === 'reading' ? 'reading' : 'applying'}`, { rows: formatCount(o.job.done) })}
        </p>`
      }${
        found.state === 'discarded' &&
        o.job?.failure &&
        html`<p class="error">${t(o.job.failure.message, o.job.failure.params)}</p>`
      }${found.lateReason !== null && html`<p>${t('staff.roll.late.reason')}${t('staff.colon')}${found.lateReason}</p>`}${
        summary !== null &&
        html`<ul class="plain tiles">
            <li><strong>${formatCount(summary.good)}</strong> ${t('staff.import.good')}</li>
            <li class="${summary.bad > 0 ? 'bad' : ''}">
              <strong>${formatCount(summary.bad)}</strong> ${t('staff.import.bad')}
            </li>
            <li><strong>${formatCount(summary.skipped)}</strong> ${t('staff.import.skipped')}</li>
          </ul>
          ${
            summary.unmappedColumns > 0 &&
            html`<p>${t('staff.import.unmapped', { count: summary.unmappedColumns })}</p>`
          }${warningList(c, summary.warnings)}`
      }${
        found.state === 'applied' &&
        facts([
          [t('staff.import.added'), formatCount(found.added)],
          [t('staff.import.duplicates'), formatCount(found.duplicates)],
          [t('staff.import.joined'), formatCount(found.joined)],
          found.corrected > 0 && [t('staff.import.corrected'), formatCount(found.corrected)],
        ])
      }${
        found.state === 'reading' &&
        mayPrepare &&
        html`<div class="actions">
          ${actionForm(c, `${base}/discard`, t('staff.import.discard'), { secondary: true })}
        </div>`
      }${
        (found.state === 'staged' || (found.state === 'applying' && o.job?.isRunning !== true)) &&
        mayPrepare &&
        summary !== null &&
        html`<div class="panel">
          <p>
            ${t(
              found.state === 'applying'
                ? 'staff.import.resume'
                : summary.good === 0
                  ? 'staff.import.all-bad'
                  : summary.bad > 0
                    ? 'staff.import.some-bad'
                    : 'staff.import.all-good',
            )}
          </p>
          <div class="actions">
            ${
              summary.good > 0 &&
              actionForm(
                c,
                `${base}/apply`,
                t(summary.bad > 0 ? 'staff.import.keep-good' : 'staff.import.apply'),
                {
                  hidden: { keepGood: summary.bad > 0 ? 'yes' : 'no' },
                },
              )
            }${found.state === 'staged' && actionForm(c, `${base}/discard`, t('staff.import.discard'), { secondary: true })}
          </div>
        </div>`
      }${
        o.faults.length > 0 &&
        html`<h2>${t('staff.import.faults')}</h2>
          <p>
            ${
              summary !== null &&
              summary.bad > o.faults.length &&
              t('staff.import.first-faults', { shown: o.faults.length })
            }
            ${mayPrepare && html`<a href="${base}/faults.csv">${t('staff.import.faults-file')}</a>`}
          </p>
          ${faultTable(c, o.faults)}`
      }`,
    true,
  );
}

export interface ShownDraw {
  readonly root: string | null;
  readonly frozenAt: number | null;
  readonly draw: {
    readonly dice: string;
    readonly seed: string;
    readonly by: string;
    readonly at: number;
    readonly moves: readonly { readonly from: Group; readonly to: Group; readonly count: number }[];
    readonly quotas: Readonly<Partial<Record<Group, number>>>;
  } | null;
  readonly sampling: readonly SamplingStratum[];
  readonly reporting: readonly ReportingStratum[];
}

export function drawPage(c: StaffContext, o: Of & { readonly view: ShownDraw; readonly dice: string }): Html {
  const { t } = c.page;
  const { county, campaign, view } = o;
  const base = countyPath(campaign.id, county.code);
  const total = (key: 'drawn' | 'replacements') => view.sampling.reduce((sum, s) => sum + s[key], 0);
  return countyFrame(
    c,
    o,
    t('staff.draw.title', { county: county.name }),
    html`${
      county.frameState === 'preparing'
        ? html`<p>${t('staff.draw.not-frozen')}</p>`
        : html`<h2>1. ${t('staff.draw.root')}</h2>
            <p>${t('staff.draw.root.about')}</p>
            <p class="hash">${view.root}</p>
            ${facts([
              [t('staff.field.frame-size'), county.frame === null ? '–' : formatCount(county.frame.size)],
              view.frozenAt !== null && [t('staff.field.frozen'), timeTag(view.frozenAt)],
            ])}
            <h2>2. ${t('staff.draw.dice')}</h2>
            ${
              view.draw === null
                ? c.may('draw.seed', county.code)
                  ? html`<p>${t('staff.draw.dice.about', { minimum: minimumDiceDigits })}</p>
                      <form method="post" action="${base}/draw" class="narrow">
                        ${token(c)}${field(
                          c,
                          {
                            name: 'dice',
                            label: t('staff.draw.dice.field'),
                            hint: t('staff.draw.dice.hint', { minimum: minimumDiceDigits }),
                            value: o.dice,
                            required: true,
                            extra: { inputmode: 'numeric', autocomplete: 'off', class: 'code' },
                          },
                          o.problem,
                        )}
                        <p><strong>${t('staff.draw.once')}</strong></p>
                        <button>${t('staff.draw.do')}</button>
                      </form>`
                  : html`<p>${t('staff.draw.waits')}</p>`
                : html`<p class="hash">${view.draw.dice.replace(/(.{5})(?=.)/g, '$1 ')}</p>
                    ${facts([
                      [t('staff.draw.by'), html`${view.draw.by} · ${timeTag(view.draw.at)}`],
                      [t('staff.draw.seed'), html`<span class="hash">${view.draw.seed}</span>`],
                    ])}
                    <p class="quiet">${t('staff.draw.seed.about')}</p>`
            }${
              county.frameState === 'drawing' &&
              html`<div class="panel bad">
                <p>${t('staff.draw.interrupted')}</p>
                ${
                  c.may('draw.resume', county.code) &&
                  actionForm(c, `${base}/draw/resume`, t('staff.draw.resume'))
                }
              </div>`
            }${
              county.frameState === 'drawn' &&
              html`<h2>3. ${t('staff.draw.sample')}</h2>
                <p>
                  ${t('staff.draw.totals', {
                    drawn: total('drawn'),
                    replacements: total('replacements'),
                  })}
                </p>
                ${
                  view.draw !== null &&
                  view.draw.moves.length > 0 &&
                  html`<ul>
                    ${view.draw.moves.map(
                      (m) =>
                        html`<li>
                          ${t('staff.draw.move', {
                            from: t(`staff.group.${m.from}`),
                            to: t(`staff.group.${m.to}`),
                            count: m.count,
                          })}
                        </li>`,
                    )}
                  </ul>`
                }${samplingTable(c, view.sampling)}
                <h2>4. ${t('staff.draw.reporting')}</h2>
                <p class="quiet">${t('staff.draw.reporting.about')}</p>
                ${reportingTable(c, view.reporting)}`
            }`
    }`,
    true,
  );
}

function samplingTable(c: StaffContext, strata: readonly SamplingStratum[]): Html {
  const { t } = c.page;
  return table({
    caption: t('staff.draw.sample'),
    columns: [
      { text: t('staff.stratum') },
      { text: t('staff.draw.population'), number: true },
      { text: t('staff.draw.quota'), number: true },
      { text: t('staff.draw.drawn'), number: true },
      { text: t('staff.draw.replacements'), number: true },
    ],
    rows: inGroupOrder(strata).map((s) => [
      [
        t(`staff.group.${s.group}`),
        s.location === null ? '' : t(`staff.location.${s.location}`),
        s.grade === null ? '' : t('staff.grade', { grade: s.grade }),
        s.kind === 'slips' ? t('staff.slips') : '',
      ]
        .filter((x) => x !== '')
        .join(' · '),
      s.frameSize === null ? t('staff.unknown') : formatCount(s.frameSize),
      formatCount(s.quota),
      formatCount(s.drawn),
      formatCount(s.replacements),
    ]),
  });
}

export function stratumName(
  c: StaffContext,
  s: Pick<ReportingStratum, 'level' | 'name' | 'location' | 'key'> & {
    /** null: all groups together. */
    readonly group: Group | null;
  },
): string {
  const { t } = c.page;
  switch (s.level) {
    case 'school':
      return s.name;
    case 'parent-school':
      return t('staff.level.parent-school', { name: s.name });
    case 'township':
      return t('staff.level.township', { name: s.name });
    case 'location':
      return t('staff.level.location', { name: t(`staff.location.${s.key}`) });
    case 'county':
      return t(
        s.group === null || countyLevelGroups.has(s.group) ? 'staff.level.county' : 'staff.level.rest',
      );
  }
}

function reportingTable(c: StaffContext, strata: readonly ReportingStratum[]): Html {
  const { t } = c.page;
  const sets: readonly CountedSet[] = ['drawn', 'replacement', 'other'];
  return table({
    caption: t('staff.draw.reporting'),
    columns: [
      { text: t('staff.field.unit') },
      { text: t('staff.trail.no'), number: true },
      { text: t('staff.field.group') },
      { text: t('staff.field.schools'), number: true },
      { text: t('staff.draw.codes'), number: true },
    ],
    rows: inGroupOrder(strata).map((s) => [
      stratumName(c, s),
      s.no,
      t(`staff.group.${s.group}`),
      s.schools.length,
      formatCount(sets.reduce((sum, set) => sum + s.issued[set], 0)),
    ]),
  });
}

export interface ShownExport {
  readonly kind: string;
  readonly format: string;
  readonly groups: readonly Group[];
  readonly count: number;
  readonly fileHash: string;
  readonly by: string;
  readonly at: number;
}

export function messagesPage(
  c: StaffContext,
  o: Of & {
    readonly exports: readonly ShownExport[];
    readonly values: { readonly kind: string; readonly format: string; readonly text: string };
    readonly kinds: readonly string[];
    readonly formats: readonly string[];
    /** Null where there is no message text: slips. */
    readonly preview: Pick<SmsText, 'text' | 'length' | 'segments' | 'issues' | 'template'> | null;
    /** Counts while the text is typed. */
    readonly script: string;
    /** Delivery reports just read. */
    readonly fates: {
      readonly saved: number;
      readonly unknown: number;
      readonly faults: readonly ShownFault[];
      readonly more: number;
      readonly warnings: readonly Issue[];
    } | null;
  },
): Html {
  const { t } = c.page;
  const base = countyPath(o.campaign.id, o.county.code);
  return countyFrame(
    c,
    o,
    t('staff.messages.title', { county: o.county.name }),
    html`<p>${t('staff.messages.about')}</p>
      ${
        o.county.frameState !== 'drawn'
          ? html`<p>${t('staff.messages.not-drawn')}</p>`
          : html`<form method="post" action="${base}/messages" class="narrow">
              ${token(c)}${choices(
                c,
                {
                  type: 'radio',
                  name: 'kind',
                  legend: t('staff.messages.kind'),
                  options: o.kinds.map((kind) => ({
                    value: kind,
                    text: t(`staff.messages.kind.${kind}`),
                    about: t(`staff.messages.kind.${kind}.about`),
                  })),
                  chosen: [o.values.kind],
                },
                o.problem,
              )}${select(c, {
                name: 'format',
                label: t('staff.messages.format'),
                choices: o.formats.map((f) => ({ value: f, text: t(`staff.messages.format.${f}`) })),
                value: o.values.format,
              })}${field(
                c,
                {
                  name: 'text',
                  path: 'template',
                  label: t('staff.messages.text'),
                  hint: t('staff.messages.text.hint'),
                  value: o.values.text,
                },
                o.problem,
              )}${o.preview !== null && messagePreview(c, o.preview)}<button
                class="secondary"
                name="preview"
                value="1"
              >
                ${t('staff.messages.preview')}
              </button>
              <button>${t('staff.messages.do')}</button>
            </form>`
      }
      ${
        o.county.frameState === 'drawn' &&
        c.may('codes.export') &&
        html`<h2>${t('staff.fates')}</h2>
          <p class="quiet">${t('staff.fates.about')}</p>
          ${
            o.fates !== null &&
            html`<p role="status">
                ${t('staff.fates.saved', {
                  saved: formatCount(o.fates.saved),
                  unknown: formatCount(o.fates.unknown),
                  faults: formatCount(o.fates.faults.length + o.fates.more),
                })}
              </p>
              ${warningList(c, o.fates.warnings)}${o.fates.faults.length > 0 && faultTable(c, o.fates.faults.slice(0, shownFaults))}`
          }
          <form method="post" action="${base}/fates" enctype="multipart/form-data" class="narrow">
            ${token(c)}${readingChoices(c, 'fates')}${field(c, {
              name: 'file',
              path: 'fates',
              type: 'file',
              label: t('staff.fates.file'),
              required: true,
              extra: { accept: '.xlsx,.csv,.txt' },
            })}<button class="secondary">${t('staff.fates.send')}</button>
          </form>`
      }
      <h2>${t('staff.messages.history')}</h2>
      ${
        o.exports.length === 0
          ? html`<p>${t('staff.messages.none')}</p>`
          : table({
              caption: t('staff.messages.history'),
              stack: true,
              columns: [
                { text: t('staff.trail.when') },
                { text: t('staff.trail.who') },
                { text: t('staff.messages.kind') },
                { text: t('staff.field.groups') },
                { text: t('staff.messages.count'), number: true },
                { text: 'SHA-256' },
              ],
              rows: o.exports.map((e) => [
                timeTag(e.at),
                e.by,
                html`${t(`staff.messages.kind.${e.kind}`)} <span class="quiet">.${e.format}</span>`,
                groupNames(c, e.groups),
                formatCount(e.count),
                html`<span class="hash">${e.fileHash.slice(0, 16)}…</span>`,
              ]),
            })
      }`,
    true,
    html`<script src="${o.script}" defer></script>`,
  );
}

/** The message as it goes out, and its length; a script keeps count while the text is typed. */
function messagePreview(
  c: StaffContext,
  {
    text,
    template,
    length,
    segments,
    issues,
  }: Pick<SmsText, 'text' | 'length' | 'segments' | 'issues' | 'template'>,
): Html {
  const { t } = c.page;
  // Units of everything but the text between the placeholders.
  const fixed = length - template.replace(/\{(?:address|code)\}/g, '').length;
  return html`<div role="status" id="sms-preview">
    <p class="hint">${t('staff.messages.preview.heading')}</p>
    <p class="message">${text}</p>
    <p id="sms-count" data-fixed="${fixed}" data-text="${t('staff.messages.preview.count')}">
      ${t('staff.messages.preview.count', { units: length, segments })}
    </p>
    ${issues.map((issue) => html`<p class="error">${t(issue.message, issue.params)}</p>`)}
  </div>`;
}

export function linksPage(
  c: StaffContext,
  o: Of & {
    readonly links: readonly {
      readonly url: string;
      readonly group: Group;
      readonly school: string | null;
      readonly createdAt: number;
    }[];
  },
): Html {
  const { t } = c.page;
  const base = countyPath(o.campaign.id, o.county.code);
  const groups = [...new Set(o.campaign.questionnaires.flatMap((q) => q.groups))];
  return countyFrame(
    c,
    o,
    t('staff.links.title', { county: o.county.name }),
    html`<p>${t('staff.links.about')}</p>
      ${
        o.county.frameState !== 'drawn'
          ? html`<p>${t('staff.messages.not-drawn')}</p>`
          : html`<form method="post" action="${base}/links" class="narrow">
              ${token(c)}${choices(
                c,
                {
                  type: 'checkbox',
                  name: 'groups',
                  legend: t('staff.field.groups'),
                  options: groups.map((g) => ({ value: g, text: t(`staff.group.${g}`) })),
                  chosen: [],
                },
                o.problem,
              )}<button>${t('staff.links.make')}</button>
            </form>`
      }${
        o.links.length > 0 &&
        table({
          caption: t('staff.links.made'),
          columns: [
            { text: t('staff.field.school') },
            { text: t('staff.field.group') },
            { text: t('staff.links.link') },
          ],
          rows: o.links.map((l) => [
            l.school ?? t('staff.level.county'),
            t(`staff.group.${l.group}`),
            html`<a class="hash" href="${l.url}">${l.url}</a>`,
          ]),
        })
      }`,
    true,
  );
}
