/** Dice, seed and sample of a county. */
import type { ReportingStratum, SamplingStratum } from '../../../domain/frame/strata.ts';
import { minimumDiceDigits } from '../../../domain/frame/sample.ts';
import type { CountedSet, Group } from '../../../domain/model/vocabulary.ts';
import { html, type Html } from '../../../html/html.ts';
import { pagedTable } from '../../../html/paging.ts';
import {
  actionForm,
  facts,
  field,
  formatCount,
  inGroupOrder,
  timeTag,
  token,
  type StaffContext,
} from '../page-view.ts';
import { liveHead, progressBar } from '../../../html/parts.ts';
import { confirmation, confirmedField } from '../../../html/confirm.ts';
import { countyFrame, countyPath } from '../frame-view.ts';
import { type Of, samplingName, stratumName } from './shared-view.ts';

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

/** Before the one draw that there is. */
export function confirmDrawPage(
  c: StaffContext,
  o: Of & { readonly dice: string; readonly isAsked: boolean },
): Html {
  const { t } = c.page;
  const { campaign, county } = o;
  const base = countyPath(campaign.id, county.code);
  const problem = o.isAsked
    ? {
        message: 'staff.confirm.needed',
        issues: [{ path: confirmedField, message: 'staff.confirm.unchecked' }],
      }
    : null;
  return countyFrame(c, o, {
    title: t('staff.confirm.draw'),
    tab: 'draw',
    problem,
    body: confirmation(
      c,
      {
        action: `${base}/draw`,
        numbers: [
          t('staff.confirm.draw.dice', { dice: o.dice }),
          t('staff.confirm.draw.roll', {
            size: county.frame === null ? '–' : formatCount(county.frame.size),
          }),
        ],
        consequence: t('staff.confirm.draw.after'),
        people: 1,
        hidden: { dice: o.dice, asked: 'yes' },
        submit: t('staff.draw.do'),
        cancel: { href: `${base}/draw`, text: t('staff.confirm.cancel') },
      },
      problem,
    ),
  });
}

export function drawPage(
  c: StaffContext,
  o: Of & {
    readonly view: ShownDraw;
    readonly dice: string;
    /** Progress of a draw; null: none is in progress. */
    readonly percent: number | null;
    /** Address of the script that listens to progress. */
    readonly script: string;
  },
): Html {
  const { t } = c.page;
  const { county, campaign, view } = o;
  const base = countyPath(campaign.id, county.code);
  const total = (key: 'drawn' | 'replacements') => view.sampling.reduce((sum, s) => sum + s[key], 0);
  return countyFrame(c, o, {
    title: t('staff.page.draw'),
    tab: 'draw',
    problem: o.problem,
    head: o.percent !== null && liveHead(o.script),
    body: html`${
      o.percent !== null &&
      progressBar({
        label: t('staff.draw.progress'),
        percent: o.percent,
        text: t('staff.draw.running'),
        live: `${base}/draw/live`,
      })
    }${
      county.frameState === 'preparing'
        ? html`<p>${t('staff.draw.not-frozen')}</p>
            <p>
              ${
                c.may('frame.freeze', county.code)
                  ? html`<a class="button" href="${base}#freeze">${t('staff.draw.to-freeze')}</a>`
                  : html`<a href="${base}">${t('staff.draw.to-roll')}</a>`
              }
            </p>`
        : html`<h2>1. ${t('staff.draw.root')}</h2>
            <p>${t('staff.draw.root.about')}</p>
            <p class="hash">${view.root}</p>
            ${facts([
              [t('staff.field.frame-size'), county.frame === null ? '–' : formatCount(county.frame.size)],
              view.frozenAt !== null && [t('staff.field.frozen'), timeTag(view.frozenAt)],
            ])}
            ${
              view.draw === null &&
              c.may('canaries.seal', county.code) &&
              html`<div class="panel">
                <p>
                  <strong>${t('staff.draw.canaries')}</strong>
                  ${t('staff.draw.canaries.about')}${t('sentence.gap')}<a href="${base}/canaries"
                    >${t('staff.draw.canaries.go')}</a
                  >
                </p>
              </div>`
            }
            <h2>2. ${t('staff.draw.dice')}</h2>
            ${
              view.draw === null
                ? c.may('draw.seed', county.code) && o.percent === null
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
                        <button>${t('staff.confirm.draw')}</button>
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
              o.percent === null &&
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
  });
}

function samplingTable(c: StaffContext, strata: readonly SamplingStratum[]): Html {
  const { t } = c.page;
  return pagedTable(c, {
    list: 'sample',
    caption: t('staff.draw.sample'),
    columns: [
      { text: t('staff.stratum') },
      { text: t('staff.draw.population'), number: true },
      { text: t('staff.draw.quota'), number: true },
      { text: t('staff.draw.drawn'), number: true },
      { text: t('staff.draw.replacements'), number: true },
    ],
    items: inGroupOrder(strata),
    row: (s) => [
      samplingName(c, s),
      s.frameSize === null ? t('staff.unknown') : formatCount(s.frameSize),
      formatCount(s.quota),
      formatCount(s.drawn),
      formatCount(s.replacements),
    ],
  });
}

function reportingTable(c: StaffContext, strata: readonly ReportingStratum[]): Html {
  const { t } = c.page;
  const sets: readonly CountedSet[] = ['drawn', 'replacement', 'other'];
  return pagedTable(c, {
    list: 'units',
    search: { label: t('list.find.unit'), textOf: (s) => stratumName(c, s) },
    caption: t('staff.draw.reporting'),
    columns: [
      { text: t('staff.field.unit') },
      { text: t('staff.field.group') },
      { text: t('staff.field.schools'), number: true },
      { text: t('staff.draw.codes'), number: true },
    ],
    items: inGroupOrder(strata),
    row: (s) => [
      stratumName(c, s),
      t(`staff.group.${s.group}`),
      s.schools.length,
      formatCount(sets.reduce((sum, set) => sum + s.issued[set], 0)),
    ],
  });
}
