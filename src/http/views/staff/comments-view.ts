/** Comments after close. They are other people's words: escaped, isolated in their direction, and apart from any rating. */
import type { Group } from '../../../domain/vocabulary.ts';
import { html, type Html } from '../html.ts';
import { campaignPath, countyPath } from './campaign-view.ts';
import { inGroupOrder, staffPage, table, type StaffContext } from './frame.ts';

export function commentsPage(
  c: StaffContext,
  o: {
    readonly view: {
      readonly comments: readonly {
        readonly group: Group;
        readonly stratum: string | null;
        readonly item: string;
        readonly text: string;
      }[];
      readonly withheld: number;
      readonly minimumCell: number;
    };
    readonly campaign: { readonly id: string; readonly name: string; readonly demo: boolean };
    readonly county: { readonly code: string; readonly name: string };
  },
): Html {
  const { t } = c.page;
  const { comments, withheld, minimumCell } = o.view;
  return staffPage(c, {
    title: t('staff.comments.title', { county: o.county.name }),
    demo: o.campaign.demo,
    trail: [
      { href: '/staff', text: t('staff.home') },
      { href: campaignPath(o.campaign.id), text: o.campaign.name },
      { href: `${countyPath(o.campaign.id, o.county.code)}/summary`, text: t('staff.page.summary') },
    ],
    body: html`<p class="quiet">${t('staff.comments.about', { minimum: minimumCell })}</p>
      ${
        comments.length === 0
          ? html`<p>${t('staff.comments.none')}</p>`
          : table({
              stack: true,
              columns: [
                { text: t('staff.field.group') },
                { text: t('staff.field.unit') },
                { text: t('staff.comments.text') },
              ],
              rows: inGroupOrder(comments).map((one) => [
                t(`staff.group.${one.group}`),
                one.stratum ?? '–',
                html`<bdi class="words">${one.text}</bdi>`,
              ]),
            })
      }${withheld > 0 && html`<p class="quiet">${t('staff.comments.withheld', { count: withheld })}</p>`}`,
  });
}
