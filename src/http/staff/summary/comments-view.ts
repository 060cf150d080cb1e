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
  const comments = inGroupOrder(view.comments);
  return countyFrame(c, o, {
    title: t('staff.page.comments'),
    tab: 'comments',
    body: html`<p>${t('staff.comments.about')}</p>
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
