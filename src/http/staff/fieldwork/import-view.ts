/** One import: what was read, its faults, and whether it is applied. */
import type { MessageParams } from '../../../domain/errors.ts';
import { html, type Html } from '../../../html/html.ts';
import { actionForm, facts, field, formatCount, timeTag, type StaffContext } from '../page-view.ts';
import { countyFrame, countyPath } from '../frame-view.ts';
import { type ShownFault, type Of, warningList, faultTable } from './shared-view.ts';
import { liveHead, progressBar } from '../../../html/parts.ts';
import type { RollImport as ShownImport } from '../../../domain/model/import.ts';

export const shownFaults = 50;

/** How much of a file is done; null while its length is unknown. */
export function importPercent(state: ShownImport['state'], done: number, good: number | null): number | null {
  return state === 'applying' && good !== null && good > 0 ? (100 * done) / good : null;
}

export function importPage(
  c: StaffContext,
  o: Of & {
    readonly found: ShownImport;
    readonly faults: readonly ShownFault[];
    /** Address of the script that listens to progress. */
    readonly script: string;
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
  return countyFrame(c, o, {
    title: found.fileName,
    tab: 'roll',
    head: (o.job?.isRunning === true || found.state === 'reading') && liveHead(o.script),
    problem: o.problem,
    body: html`<p>
        <span class="state ${found.state}">${t(`staff.import.state.${found.state}`)}</span>
        ${t(`staff.group.${found.group}`)} · ${found.by} · ${timeTag(found.at)}
      </p>
      ${
        o.job?.isRunning === true &&
        progressBar({
          label: t(`staff.import.state.${found.state}`),
          percent: importPercent(found.state, o.job.done, summary?.good ?? null),
          text: t(`staff.import.progress.${found.state === 'reading' ? 'reading' : 'applying'}`, {
            rows: formatCount(o.job.done),
          }),
          live: `${base}/live`,
        })
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
          }${
            summary.doubts.length > 0 &&
            html`<h2>${t('staff.file.doubts', { count: summary.doubts.length })}</h2>
              ${warningList(c, summary.doubts)}`
          }${warningList(c, summary.warnings)}`
      }${
        found.withdrawal !== null &&
        html`<p>
          ${found.withdrawal.by} ${timeTag(found.withdrawal.at)}${t('staff.colon')}${found.withdrawal.reason}
        </p>`
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
                  before:
                    summary.doubts.length > 0 &&
                    field(c, { name: 'reason', label: t('staff.file.reason'), required: true }, o.problem),
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
            }${t('sentence.gap')}${mayPrepare && html`<a href="${base}/faults.csv">${t('staff.import.faults-file')}</a>`}
          </p>
          ${faultTable(c, o.faults)}`
      }`,
  });
}
