/** An inspector's test contacts: entering them before the draw, the file to keep, and the result after close. */
import type { CanaryResult } from '../../../domain/evidence/canaries.ts';
import type { Group } from '../../../domain/model/vocabulary.ts';
import { html, type Content, type Html } from '../../../html/html.ts';
import type { ShownCampaign, ShownCounty } from '../campaign/shown-campaign-view.ts';
import { countyFrame, countyPath } from '../frame-view.ts';
import {
  facts,
  field,
  formatCount,
  select,
  table,
  token,
  type PageProblem,
  type StaffContext,
} from '../page-view.ts';

/** Positions of the scale that a test contact may always choose; the questionnaires' scales have five options. */
const places = [1, 2, 3, 4, 5];
export const canaryRows = 6;

interface Place {
  readonly campaign: ShownCampaign;
  readonly county: ShownCounty;
}

function frame(c: StaffContext, o: Place, body: Content, problem?: PageProblem): Html {
  const base = countyPath(o.campaign.id, o.county.code);
  return countyFrame(c, o, {
    title: c.page.t('staff.canaries.link'),
    tab: 'evidence',
    problem,
    under: [{ href: `${base}/evidence`, text: c.page.t('staff.page.evidence') }],
    body,
  });
}

export function canariesPage(
  c: StaffContext,
  o: Place & {
    readonly state: {
      readonly sealed: { readonly commitment: string; readonly count: number } | null;
      readonly maySeal: boolean;
      readonly mayOpen: boolean;
    };
    readonly groups: readonly Group[];
    readonly values?: Readonly<Record<string, string>>;
    readonly problem?: PageProblem;
  },
): Html {
  const { t } = c.page;
  const base = countyPath(o.campaign.id, o.county.code);
  const { sealed, maySeal, mayOpen } = o.state;
  const isEarly = o.county.frameState === 'preparing';
  return frame(
    c,
    o,
    html`<p>${t('staff.canaries.about')}</p>
      ${
        sealed &&
        facts([
          [t('staff.canaries.count'), formatCount(sealed.count)],
          [t('staff.canaries.commitment'), html`<span class="hash">${sealed.commitment}</span>`],
        ])
      }${!sealed && !maySeal && html`<p><strong>${t(isEarly ? 'staff.canaries.early' : 'staff.canaries.late')}</strong></p>`}${maySeal && sealForm()}${
        mayOpen &&
        html`<h2>${t('staff.canaries.open')}</h2>
          <form method="post" action="${base}/canaries/opened">
            ${token(c)}
            <div class="field">
              <label for="f-file">${t('staff.canaries.file')}</label>
              <textarea id="f-file" name="file" rows="6" spellcheck="false" autocomplete="off"></textarea>
            </div>
            <button>${t('staff.canaries.open.do')}</button>
          </form>`
      }${sealed && !mayOpen && html`<p>${t('staff.canaries.wait')}</p>`}`,
    o.problem,
  );

  function sealForm(): Html {
    const value = (name: string) => o.values?.[name];
    return html`<form method="post" action="${base}/canaries">
      ${token(c)}${Array.from({ length: canaryRows }, (_, i) => {
        const at = (name: string) => ({
          name: `${name}-${i}`,
          path: `[${i}].${name}`,
          value: value(`${name}-${i}`),
        });
        return html`<fieldset>
          <legend>${t('staff.canaries.row', { no: i + 1 })}</legend>
          <div class="pairs">
            ${field(c, { ...at('label'), label: t('staff.canaries.label'), hint: t('staff.canaries.label.hint') }, o.problem)}
            ${field(c, { ...at('phone'), label: t('staff.canaries.phone'), type: 'tel' }, o.problem)}
            ${select(c, {
              ...at('group'),
              label: t('staff.field.group'),
              choices: o.groups.map((g) => ({ value: g, text: t(`staff.group.${g}`) })),
            })}
            ${field(c, { ...at('school'), label: t('staff.canaries.school'), hint: t('staff.canaries.school.hint') }, o.problem)}
            ${select(c, {
              ...at('plan'),
              label: t('staff.canaries.plan'),
              choices: [
                { value: '', text: t('staff.canaries.plan.silent') },
                ...places.map((place) => ({
                  value: String(place),
                  text: t('staff.canaries.plan.place', { place }),
                })),
              ],
            })}
          </div>
        </fieldset>`;
      })}
      <p class="quiet">${t('staff.canaries.once')}</p>
      <button>${t('staff.canaries.seal')}</button>
    </form>`;
  }
}

/** Shown once: none of it can be requested again. */
export function keptCanariesPage(c: StaffContext, o: Place & { readonly file: string }): Html {
  const { t } = c.page;
  return frame(
    c,
    o,
    html`<div class="panel unsure">
        <p><strong>${t('staff.canaries.keep')}</strong></p>
      </div>
      <p>
        <a
          class="button"
          download="${o.campaign.id}-${o.county.code}-canaries.json"
          href="data:application/json;base64,${Buffer.from(o.file).toString('base64')}"
          >${t('staff.canaries.save')}</a
        >
      </p>
      <div class="field">
        <label for="f-file">${t('staff.canaries.file')}</label>
        <textarea id="f-file" readonly rows="12" spellcheck="false">${o.file}</textarea>
      </div>
      <p>${t('staff.canaries.then')}</p>`,
  );
}

export function openedCanariesPage(
  c: StaffContext,
  o: Place & { readonly results: readonly CanaryResult[] },
): Html {
  const { t } = c.page;
  const bad = o.results.filter((r) => r.fault !== null).length;
  return frame(
    c,
    o,
    html`<div class="panel ${bad === 0 ? 'good' : 'bad'}">
        <p>
          <strong
            >${bad === 0 ? t('staff.canaries.sound', { count: o.results.length }) : t('staff.canaries.faults', { bad, count: o.results.length })}</strong
          >
        </p>
      </div>
      ${table({
        caption: t('staff.canaries.link'),
        stack: true,
        columns: [
          { text: t('staff.canaries.label') },
          { text: t('staff.field.group') },
          { text: t('staff.canaries.found') },
        ],
        rows: o.results.map((r) => [
          r.label,
          t(`staff.group.${r.group}`),
          r.fault === null
            ? t('staff.canaries.fault.none')
            : html`<strong class="odd">${t(`staff.canaries.fault.${r.fault}`)}</strong>`,
        ]),
      })}
      <p class="quiet">${t('staff.canaries.opened')}</p>`,
  );
}
