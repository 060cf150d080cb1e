/** What people wrote, after close: for inspectors and the commissioner's side, with the school only where enough answered there. */
import type { Group } from '../../../domain/model/vocabulary.ts';
import { html, type Html } from '../../../html/html.ts';
import { campaignPath } from '../campaign/view.ts';
import { groupSection } from '../figure-view.ts';
import { inGroupOrder, staffPage, type StaffContext } from '../page-view.ts';

export function commentsPage(
  c: StaffContext,
  o: {
    readonly campaign: {
      readonly id: string;
      readonly name: string;
      readonly demo: boolean;
      readonly selfAdministered: boolean;
    };
    readonly county: { readonly name: string };
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
  const { campaign, view } = o;
  const comments = inGroupOrder(view.comments);
  return staffPage(c, {
    title: t('staff.comments.title', { county: o.county.name }),
    demo: campaign.demo,
    selfAdministered: campaign.selfAdministered,
    trail: [
      { href: '/staff', text: t('staff.home') },
      { href: campaignPath(campaign.id), text: campaign.name },
    ],
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
