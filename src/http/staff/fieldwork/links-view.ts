/** Open links of a county. */
import type { Group } from '../../../domain/model/vocabulary.ts';
import { html, type Html } from '../../../html/html.ts';
import { pagedTable } from '../../../html/paging.ts';
import { alertBox } from '../../../html/parts.ts';
import { choices, token, type StaffContext } from '../page-view.ts';
import { countyFrame, countyPath } from '../frame-view.ts';
import { type Of } from './shared-view.ts';

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
  return countyFrame(c, o, {
    title: t('staff.page.links'),
    tab: 'links',
    problem: o.problem,
    body: html`<p>${t('staff.links.about')}</p>
      ${
        o.county.frameState !== 'drawn'
          ? html`<p>${t('staff.messages.not-drawn')}</p>`
          : o.campaign.state !== 'draft' && o.campaign.state !== 'open'
            ? alertBox('warn', t('staff.over'), t('staff.over.links'))
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
        pagedTable(c, {
          caption: t('staff.links.made'),
          path: `${base}/links`,
          search: { label: t('list.find.school'), textOf: (l) => l.school ?? t('staff.level.county') },
          columns: [
            { text: t('staff.field.school') },
            { text: t('staff.field.group') },
            { text: t('staff.links.link') },
          ],
          items: o.links,
          row: (l) => [
            l.school ?? t('staff.level.county'),
            t(`staff.group.${l.group}`),
            html`<a class="hash" href="${l.url}">${l.url}</a>`,
          ],
        })
      }`,
  });
}
