/** The planner: a form of a few numbers, and what follows from them for this county's roll. */
import { settle } from '../../../domain/scoring/figure.ts';
import { formatMargin, formatShare, formatValue } from '../../../domain/scoring/format.ts';
import type { PlanView } from '../../../domain/scoring/planner/plan.ts';
import { html, type Content, type Html } from '../../../html/html.ts';
import type { ShownCampaign, ShownCounty } from '../campaign/view.ts';
import { countyFrame, countyPath } from '../frame-view.ts';
import { groupSection } from '../figure-view.ts';
import { stratumName } from '../fieldwork/shared-view.ts';
import { field, formatCount, list, table, type PageProblem, type StaffContext } from '../page-view.ts';

export function planPage(
  c: StaffContext,
  o: {
    readonly campaign: ShownCampaign;
    readonly county: ShownCounty;
    readonly plan: PlanView | null;
    readonly problem?: PageProblem | null;
  },
): Html {
  const { t } = c.page;
  const base = countyPath(o.campaign.id, o.county.code);
  return countyFrame(c, o, {
    title: t('staff.page.plan'),
    tab: 'plan',
    problem: o.problem,
    body: html`<p>${t('staff.plan.about')}</p>
      ${form(c, `${base}/plan`, o.plan, o.problem)}${o.plan !== null && result(c, o.plan)}`,
  });
}

function form(
  c: StaffContext,
  action: string,
  plan: PlanView | null,
  problem: PageProblem | null | undefined,
): Html {
  const { t } = c.page;
  const q = plan?.question;
  const number = (name: string, value: string | number | undefined, step: string, required = true) =>
    field(
      c,
      {
        name,
        label: t(`staff.plan.${name}`),
        hint: t(`staff.plan.${name}.hint`),
        type: 'number',
        value: value === undefined ? '' : String(value),
        required,
        extra: { step, min: 0 },
      },
      problem,
    );
  return html`<form method="get" action="${action}" class="narrow">
    ${number('halfWidth', q?.halfWidth, 'any')}${number('deviation', q?.deviation, 'any')}${number(
      'deff',
      q?.deff,
      'any',
    )}${number('level', q?.level, 'any')}${number('response', q?.response, 'any')}${number(
      'invited',
      q?.invited,
      '1',
      false,
    )}${number('valid', q?.valid, '1')}${number('low', q?.low, 'any')}${number('high', q?.high, 'any')}${field(
      c,
      {
        name: 'channels',
        label: t('staff.plan.channels'),
        hint: t('staff.plan.channels.hint'),
        value: q?.channels.join(' ') ?? '',
      },
      problem,
    )}<button>${t('staff.plan.do')}</button>
  </form>`;
}

const percent = (share: number) => `${formatShare(share)}%`;

function result(c: StaffContext, plan: PlanView): Content {
  const { t } = c.page;
  const { question, reach } = plan;
  return html`<div class="panel">
      <ul>
        <li>
          ${t('staff.plan.invitations', {
            valid: formatCount(question.valid),
            least: formatCount(plan.invitations.least),
            most: formatCount(plan.invitations.most),
            low: percent(question.low),
            high: percent(question.high),
          })}
        </li>
        <li>
          ${t(
            reach.isEnough === null
              ? 'staff.plan.reach'
              : reach.isEnough
                ? 'staff.plan.reach.enough'
                : 'staff.plan.reach.short',
            {
              rate: `${formatValue(settle(100 * reach.rate), { decimals: 1, threshold: reach.floor })}%`,
              floor: reach.floor === null ? '' : `${reach.floor}%`,
            },
          )}
        </li>
      </ul>
    </div>
    <h2>${t('staff.plan.groups')}</h2>
    ${table({
      caption: t('staff.plan.groups'),
      stack: true,
      columns: [
        { text: t('staff.field.group') },
        { text: t('staff.plan.population'), number: true },
        { text: t('staff.draw.quota'), number: true },
        { text: t('staff.plan.needed'), number: true },
        { text: t('staff.plan.to-invite'), number: true },
        { text: t('staff.plan.expected'), number: true },
        { text: t('staff.plan.half-width'), number: true },
      ],
      rows: plan.groups.map((g) => [
        t(`staff.group.${g.group}`),
        g.population === null ? t('staff.unknown') : formatCount(g.population),
        g.quota === null ? '–' : formatCount(g.quota),
        formatCount(g.needed),
        html`${formatCount(g.invitations)}${!g.reachable && html` <span class="why">${t('staff.plan.beyond')}</span>`}`,
        formatCount(g.expected),
        Number.isFinite(g.halfWidth) ? `± ${formatMargin(g.halfWidth, 1)}` : '–',
      ]),
    })}
    <h2>${t('staff.plan.visible')}</h2>
    <p class="quiet">${t('staff.plan.visible.about', { minimum: plan.minimumCell })}</p>
    ${list(
      plan.groups
        .filter((g) => g.schools > 0)
        .map((g) =>
          t(g.invitedForAll === null ? 'staff.plan.schools.never' : 'staff.plan.schools', {
            group: t(`staff.group.${g.group}`),
            invited: formatCount(g.invited),
            schools: g.schools,
            visible: g.visibleSchools,
            all: g.invitedForAll === null ? '' : formatCount(g.invitedForAll),
          }),
        ),
    )}${plan.groups
      .filter((g) => g.cells.length > 0)
      .map((g) =>
        groupSection(
          t(`staff.group.${g.group}`),
          table({
            caption: `${t('staff.plan.visible')} · ${t(`staff.group.${g.group}`)}`,
            columns: [
              { text: t('staff.field.unit') },
              { text: t('staff.rates.issued'), number: true },
              { text: t('staff.plan.expected'), number: true },
              { text: t('staff.plan.is-visible') },
            ],
            rows: g.cells.map((cell) => [
              stratumName(c, { ...cell, group: g.group }),
              formatCount(cell.issued),
              formatCount(cell.expected),
              t(cell.visible ? 'staff.plan.yes' : 'staff.plan.no'),
            ]),
          }),
          false,
        ),
      )}`;
}
