/** Steps that mostly show: what the rolls mean for the draw, and the freeze. Also deleting a draft. */
import type { CountyQuotas } from '../../../operations/campaign/quotas.ts';
import type { Campaign } from '../../../domain/model/campaign.ts';
import type { Group } from '../../../domain/model/vocabulary.ts';
import { isEmptyRoll } from '../../../domain/scoring/rules/quota.ts';
import { confirmation } from '../../../html/confirm.ts';
import { html, type Content, type Html } from '../../../html/html.ts';
import { card, emptyState, grid, tag } from '../../../html/parts.ts';
import { campaignFrame, campaignPath, countyPath } from '../frame-view.ts';
import { formatCount, inGroupOrder, table, type PageProblem, type StaffContext } from '../page-view.ts';
import { actionForm } from '../../../html/form.ts';
import { hasNumbers, needForm, needResult, type ShownNeed } from '../planning/need-view.ts';
import { setupFrame } from './steps-bar-view.ts';

function nextLink(c: StaffContext, campaign: Campaign, step: string): Html {
  return html`<p>
    <a class="button" href="${campaignPath(campaign.id)}/setup/${step}">${c.page.t('staff.setup.next')}</a>
  </p>`;
}

export function quotasPage(
  c: StaffContext,
  o: {
    readonly campaign: Campaign;
    readonly counties: readonly CountyQuotas[];
    /** Null: there is no county yet, or the rules set no quotas. */
    readonly need: ShownNeed | null;
    /** Of the draft, if its quotas were raised and can be restored; null else. */
    readonly raised: string | null;
    readonly problem?: PageProblem | undefined;
  },
): Html {
  const { t } = c.page;
  const base = campaignPath(o.campaign.id);
  return setupFrame(
    c,
    o.campaign,
    'quotas',
    html`${
      o.counties.length === 0
        ? card({
            title: t('staff.setup.step.quotas'),
            body: emptyState(t('staff.setup.counties.none'), nextLink(c, o.campaign, 'counties')),
          })
        : grid(
            o.need !== null &&
              card({
                title: t('staff.plan.question'),
                id: 'need',
                body: html`<p class="quiet">${t('staff.plan.question.about')}</p>
                  <div class="need-card">
                    ${needForm(c, `${base}/setup/quotas#need`, o.need, o.problem)}${hasNumbers(o.problem) && needResult(c, o.campaign.id, o.need)}
                  </div>
                  ${
                    o.raised !== null &&
                    html`<p>${tag('neutral', t('staff.plan.raised'))} ${t('staff.plan.raised.about')}</p>
                      ${actionForm(c, `${base}/setup/quotas/restore`, t('staff.plan.restore'), {
                        secondary: true,
                        hidden: { version: o.raised },
                      })}`
                  }`,
              }),
            ...o.counties.map((county) =>
              card({
                title: county.name,
                span: o.counties.length === 1 ? 12 : 6,
                aside: html`<a href="${countyPath(o.campaign.id, county.code)}">${t('staff.page.roll')}</a>`,
                body: quotaPart(c, county),
              }),
            ),
          )
    }${o.counties.length > 0 && nextLink(c, o.campaign, 'freeze')}`,
    o.problem,
  );
}

/** The quota by the rule, the roll, what moves for lack of people, and the number drawn. */
function quotaPart(c: StaffContext, county: CountyQuotas): Content {
  const { t } = c.page;
  const { result } = county;
  if (!result.ok)
    return html`<p>
      ${tag('warn', t('staff.setup.quota.missing'))} ${t(`staff.setup.quota.${result.why}`)}
    </p>`;
  const hasRoll = Object.keys(county.roll).length > 0;
  const incoming = result.moves.reduce((sum, move) => sum + move.count, 0);
  const total = (key: 'wanted' | 'quota') => result.groups.reduce((sum, g) => sum + g[key], 0);
  const byRule = county.byRule?.ok === true ? county.byRule.groups : null;
  const ruleOf = (group: Group) => byRule?.find((g) => g.group === group)?.wanted ?? 0;
  const moved = (group: Group): string => {
    const out = result.moves.find((move) => move.from === group)?.count ?? 0;
    const change = (group === 'parent' ? incoming : 0) - out;
    return change === 0 ? '–' : change > 0 ? `+${formatCount(change)}` : `−${formatCount(-change)}`;
  };
  const why = (group: Group, population: number | null): string => {
    const move = result.moves.find((one) => one.from === group);
    if (move)
      return t('staff.setup.quota.moved', {
        have: formatCount(population ?? 0),
        count: formatCount(move.count),
        to: t(`staff.group.${move.to}`),
      });
    if (county.slips[group] !== undefined) return t('staff.setup.quota.slips');
    return '';
  };
  return html`${table({
      caption: t('staff.setup.quota.caption', { county: county.name }),
      stack: true,
      columns: [
        { text: t('staff.field.group') },
        { text: t('staff.setup.quota.rule'), number: true },
        ...(byRule === null ? [] : [{ text: t('staff.setup.quota.raised'), number: true }]),
        { text: t('staff.setup.quota.roll'), number: true },
        { text: t('staff.setup.quota.move'), number: true },
        { text: t('staff.setup.quota.draw'), number: true },
        { text: t('staff.setup.quota.why') },
      ],
      rows: inGroupOrder(result.groups).map((g) => [
        t(`staff.group.${g.group}`),
        ...(byRule === null ? [] : [formatCount(ruleOf(g.group))]),
        formatCount(g.wanted),
        g.population === null ? '–' : formatCount(g.population),
        hasRoll ? moved(g.group) : '–',
        html`<strong>${formatCount(g.quota)}</strong>`,
        why(g.group, g.population),
      ]),
      foot: [
        t('staff.setup.quota.total'),
        ...(byRule === null ? [] : [formatCount(byRule.reduce((sum, g) => sum + g.wanted, 0))]),
        formatCount(total('wanted')),
        '',
        '',
        formatCount(total('quota')),
        '',
      ],
    })}
    <p class="quiet">${t(hasRoll ? 'staff.setup.quota.now' : 'staff.setup.quota.no-roll')}</p>
    ${
      result.shortage > 0 &&
      html`<p>
        ${tag('bad', t('staff.setup.quota.short'))}
        ${t('staff.setup.quota.shortage', { count: formatCount(result.shortage) })}
      </p>`
    }`;
}

export function freezePage(
  c: StaffContext,
  o: { readonly campaign: Campaign; readonly counties: readonly CountyQuotas[] },
): Html {
  const { t } = c.page;
  const sum = (roll: CountyQuotas['roll']) => Object.values(roll).reduce((a, b) => a + b, 0);
  return setupFrame(
    c,
    o.campaign,
    'freeze',
    grid(
      card({
        title: t('staff.setup.step.freeze'),
        body: html`<p>${t('staff.setup.freeze.about')}</p>
          ${
            o.counties.length === 0
              ? emptyState(t('staff.setup.counties.none'), nextLink(c, o.campaign, 'counties'))
              : table({
                  caption: t('staff.setup.step.freeze'),
                  stack: true,
                  columns: [
                    { text: t('staff.field.county') },
                    { text: t('staff.field.schools'), number: true },
                    { text: t('staff.setup.freeze.without'), number: true },
                    { text: t('staff.field.frame-size'), number: true },
                    { text: t('staff.field.state') },
                    { text: t('staff.setup.do') },
                  ],
                  rows: o.counties.map((county) => {
                    const base = countyPath(o.campaign.id, county.code);
                    const isPreparing = county.frameState === 'preparing';
                    return [
                      county.name,
                      formatCount(county.schools),
                      formatCount(county.schoolsWithout),
                      formatCount(sum(county.roll)),
                      tag(
                        county.frameState === 'drawn' ? 'ok' : isPreparing ? 'neutral' : 'warn',
                        t(`staff.frame.${county.frameState}`),
                      ),
                      isPreparing
                        ? isEmptyRoll(county)
                          ? html`<a href="${base}"
                              >${t('staff.setup.freeze.roll', { county: county.name })}</a
                            >`
                          : html`<a href="${base}/freeze"
                              >${t('staff.setup.freeze.do', { county: county.name })}</a
                            >`
                        : html`<a href="${base}/draw"
                            >${t('staff.setup.freeze.draw', { county: county.name })}</a
                          >`,
                    ];
                  }),
                })
          }`,
      }),
    ),
  );
}

export function deletePage(
  c: StaffContext,
  o: { readonly campaign: Campaign; readonly problem?: PageProblem | undefined },
): Html {
  const { t } = c.page;
  const { campaign } = o;
  const base = campaignPath(campaign.id);
  return campaignFrame(c, campaign, {
    title: t('staff.setup.delete'),
    tab: 'setup',
    problem: o.problem,
    body: confirmation(
      c,
      {
        action: `${base}/delete`,
        numbers: [
          t('staff.setup.delete.what', { name: campaign.name, count: campaign.counties.length }),
          t('staff.setup.delete.rolls'),
        ],
        consequence: t('staff.setup.delete.after'),
        people: 1,
        submit: t('staff.setup.delete'),
        cancel: { href: `${base}/setup/rules`, text: t('staff.confirm.cancel') },
      },
      o.problem,
    ),
  });
}
