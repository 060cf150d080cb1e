/** Exports of codes for the SMS platform. */
import type { Issue } from '../../../domain/errors.ts';
import type { SmsValues } from '../../../domain/messaging/sms-text.ts';
import type { Group } from '../../../domain/model/vocabulary.ts';
import { attributes, html, type Html } from '../../../html/html.ts';
import { pagedTable } from '../../../html/paging.ts';
import { alertBox, feedback, progressBar, takesFocus } from '../../../html/parts.ts';
import { smsFaults, smsPreview, type ShownSms } from '../../../html/sms.ts';
import {
  choices,
  tableField,
  fieldId,
  formatCount,
  groupNames,
  select,
  textArea,
  timeTag,
  postForm,
  token,
  type StaffContext,
} from '../page-view.ts';
import { countyFrame, countyPath } from '../frame-view.ts';
import { type ShownFault, type Of, warningList, readingChoices, faultTable } from './shared-view.ts';
import { shownFaults } from './import-view.ts';

export interface ShownExport {
  readonly kind: string;
  readonly format: string;
  readonly groups: readonly Group[];
  readonly count: number | null;
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
    /** Null if there is no message text: slips. */
    readonly preview: (ShownSms & { readonly values: SmsValues }) | null;
    /** The page was requested for it. */
    readonly isPreviewAsked: boolean;
    /** Addresses: one counts while the text is typed, one gives the progress of an export. */
    readonly scripts: readonly string[];
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
  return countyFrame(c, o, {
    title: t('staff.page.messages'),
    tab: 'messages',
    problem: o.problem,
    head: o.scripts.map((src) => html`<script src="${src}" defer></script>`),
    body: html`<p>${t('staff.messages.about')}</p>
      ${
        o.county.frameState !== 'drawn'
          ? html`<p>${t('staff.messages.not-drawn')}</p>`
          : o.kinds.length === 0
            ? alertBox('warn', t('staff.over'), t('staff.over.codes'))
            : html`<form method="post" action="${base}/messages" class="narrow" id="export">
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
                  )}${select(
                    c,
                    {
                      name: 'format',
                      label: t('staff.messages.format'),
                      choices: o.formats.map((f) => ({ value: f, text: t(`staff.messages.format.${f}`) })),
                      value: o.values.format,
                    },
                    o.problem,
                  )}${textArea(
                    c,
                    {
                      name: 'text',
                      path: 'template',
                      rows: 3,
                      label: t('staff.messages.text'),
                      hint: t('staff.messages.text.hint'),
                      value: o.values.text,
                    },
                    o.problem,
                  )}${
                    o.preview !== null &&
                    html`<div ${attributes(o.isPreviewAsked ? takesFocus : {})}>
                      ${smsPreview(t, o.preview, { values: o.preview.values, typed: fieldId('template') })}${smsFaults(
                        t,
                        o.preview,
                      )}
                    </div>`
                  }<button class="secondary" name="preview" value="1">${t('staff.messages.preview')}</button>
                  <button>${t('staff.messages.do')}</button>
                </form>
                ${exportProgress(c, `${base}/messages/live`)}`
      }
      ${
        o.county.frameState === 'drawn' &&
        (o.campaign.state === 'draft' || o.campaign.state === 'open') &&
        c.may('codes.export') &&
        html`<h2>${t('staff.fates')}</h2>
          <p class="quiet">${t('staff.fates.about')}</p>
          ${
            o.fates !== null &&
            html`${feedback(
              t('staff.fates.saved', {
                saved: formatCount(o.fates.saved),
                unknown: formatCount(o.fates.unknown),
                faults: formatCount(o.fates.faults.length + o.fates.more),
              }),
              o.fates.faults.length > 0 ? 'warn' : 'ok',
            )}
            ${warningList(c, o.fates.warnings)}${o.fates.faults.length > 0 && faultTable(c, o.fates.faults.slice(0, shownFaults))}`
          }
          ${postForm(
            c,
            { action: `${base}/fates`, upload: true, narrow: true, problem: o.problem },
            (refused) =>
              html`${readingChoices(c, 'fates', refused)}${tableField(
                  c,
                  {
                    name: 'file',
                    path: 'fates',
                    label: t('staff.fates.file'),
                  },
                  refused,
                )}<button class="secondary">${t('staff.fates.send')}</button>`,
          )}`
      }
      <h2>${t('staff.messages.history')}</h2>
      ${
        o.exports.length === 0
          ? html`<p>${t('staff.messages.none')}</p>`
          : pagedTable(c, {
              caption: t('staff.messages.history'),
              path: `${base}/messages`,
              stack: true,
              columns: [
                { text: t('staff.trail.when') },
                { text: t('staff.trail.who') },
                { text: t('staff.messages.kind') },
                { text: t('staff.field.groups') },
                { text: t('staff.messages.count'), number: true },
                { text: 'SHA-256' },
              ],
              items: o.exports,
              row: (e) => [
                timeTag(e.at),
                e.by,
                html`${t(`staff.messages.kind.${e.kind}`)} <span class="quiet">.${e.format}</span>`,
                groupNames(c, e.groups),
                e.count === null ? t('sending.hidden') : formatCount(e.count),
                html`<span class="hash">${e.fileHash.slice(0, 16)}…</span>`,
              ],
            })
      }`,
  });
}

/** Shown only with script: without it the browser shows the progress of the download, whose length is known. */
function exportProgress(c: StaffContext, live: string): Html {
  const { t } = c.page;
  const words = {
    begins: t('staff.messages.making', { codes: 0 }),
    coming: t('staff.messages.coming'),
    done: t('staff.messages.came'),
    failed: t('staff.messages.failed'),
  };
  return html`<div
    ${attributes({ hidden: true, 'data-export': live, 'data-form': 'export', 'data-words': JSON.stringify(words) })}
  >
    ${progressBar({ label: t('staff.messages.progress'), percent: 0, text: '' })}
  </div>`;
}
