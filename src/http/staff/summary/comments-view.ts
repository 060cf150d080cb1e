/** What people wrote, after close: for inspectors and the commissioner's side, with the school only where enough answered there. */
import type { Group } from '../../../domain/model/vocabulary.ts';
import { html, type Html } from '../../../html/html.ts';
import { countyFrame, type FramedCampaign, type FramedCounty } from '../frame-view.ts';
import { groupSection } from '../figure-view.ts';
import { inGroupOrder, type StaffContext } from '../page-view.ts';

export function commentsPage(
  c: StaffContext,
  o: {
    readonly campaign: FramedCampaign;
    readonly county: FramedCounty;
    readonly view: {
      readonly comments: readonly {
        readonly group: Group;
        readonly stratum: string | null;
        readonly text: string;
      }[];
      readonly withheld: number;
      readonly minimumCell: number;
    };
  },
): Html {
  const { t } = c.page;
  const { view } = o;
  const wanted = new URL(c.here, 'http://x').searchParams.get('q')?.trim() ?? '';
  const comments = inGroupOrder(view.comments).filter((x) => x.text.includes(wanted));
  return countyFrame(c, o, {
    title: t('staff.page.comments'),
    tab: 'comments',
    body: html`<p>${t('staff.comments.about')} ${t('comments.masked')}</p>
      ${
        view.comments.length > 0 &&
        html`<form method="get" class="row">
          <div class="field">
            <label for="f-q">${t('comments.search')}</label
            ><input type="text" id="f-q" name="q" value="${wanted}" maxlength="100" />
          </div>
          <button class="secondary">${t('comments.find')}</button>
        </form>`
      }${wanted !== '' && html`<p>${t('comments.found', { found: comments.length, all: view.comments.length })}</p>`}
      ${
        view.withheld > 0 &&
        html`<p class="quiet">
          ${t('staff.comments.withheld', { count: view.withheld, minimum: view.minimumCell })}
        </p>`
      }${comments.length === 0 && html`<p>${t('staff.comments.none')}</p>`}${[
        ...new Set(comments.map((x) => x.group)),
      ].map((group) =>
        groupSection(
          t(`staff.group.${group}`),
          html`<ul class="comments">
            ${comments
              .filter((x) => x.group === group)
              .map(
                (x) =>
                  html`<li>
                    ${x.text}${x.stratum !== null && html`<br /><span class="quiet">${x.stratum}</span>`}
                  </li>`,
              )}
          </ul>`,
        ),
      )}`,
  });
}
