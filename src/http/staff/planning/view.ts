/** The planner: target number of answers, expected response, and the result for this county's roll. */
import { settle } from '../../../domain/scoring/figure.ts';
import { formatMargin, formatValue } from '../../../domain/scoring/format.ts';
import type { PlanView } from '../../../domain/scoring/planner/plan.ts';
import { attributes, html, type Content, type Html } from '../../../html/html.ts';
import type { ShownCampaign, ShownCounty } from '../campaign/shown-campaign-view.ts';
import { pagedTable } from '../../../html/paging.ts';
import { countyFrame, countyPath } from '../frame-view.ts';
import { groupSection } from '../figure-view.ts';
import { stratumName } from '../fieldwork/shared-view.ts';
import { field, formatCount, list, table, type PageProblem, type StaffContext } from '../page-view.ts';
import { hasNumbers, needForm, needResult, type ShownNeed } from './need-view.ts';

export function planPage(
  c: StaffContext,
  o: {
    readonly campaign: ShownCampaign;
    readonly county: ShownCounty;
    readonly plan: PlanView;
    readonly shown: ShownNeed;
    /** Someone has changed values for statisticians. */
    readonly isDetailed: boolean;
    readonly problem?: PageProblem | null;
  },
): Html {
  const { t } = c.page;
  const base = countyPath(o.campaign.id, o.county.code);
  return countyFrame(c, o, {
    title: t('staff.page.plan'),
    tab: 'plan',
    problem: o.problem,
    body: html`<p>
        ${t(o.shown.version === null ? 'staff.plan.question.only' : 'staff.plan.question.about')}
      </p>
      <div class="need-card">
        ${needForm(c, `${base}/plan`, o.shown, o.problem, details(c, o))}${hasNumbers(o.problem) && needResult(c, o.campaign.id, o.shown)}
      </div>
      ${result(c, o.plan)}`,
  });
}

/** Assumptions of the table below; a clerk need not change them. */
function details(
  c: StaffContext,
  o: {
    readonly plan: PlanView;
    readonly isDetailed: boolean;
    readonly problem?: PageProblem | null;
  },
): Html {
  const { t } = c.page;
  const q = o.plan.question;
  const number = (name: 'halfWidth' | 'invited' | 'level' | 'deviation' | 'deff', step: string) =>
    field(
      c,
      {
        name,
        label: t(`staff.plan.${name}`),
        hint: t(`staff.plan.${name}.hint`),
        type: 'number',
        value: q[name] === undefined ? '' : String(q[name]),
        extra: { step, min: 0 },
      },
      o.problem,
    );
  return html`<details ${attributes({ open: o.isDetailed })}>
    <summary>${t('staff.plan.details')}</summary>
    ${number('halfWidth', 'any')}${number('invited', '1')}${number('level', 'any')}${number('deviation', 'any')}${number('deff', 'any')}${field(
      c,
      {
        name: 'channels',
        label: t('staff.plan.channels'),
        hint: t('staff.plan.channels.hint'),
        value: q.channels.join(' '),
      },
      o.problem,
    )}
  </details>`;
}

/** Somebody turns its pages or searches in it. */
function isListOpen(here: string, list: string): boolean {
  const { searchParams } = new URL(here, 'http://x');
  return ['page', 'rows', 'q'].some((name) => searchParams.has(`${name}-${list}`));
}

function result(c: StaffContext, plan: PlanView): Content {
  const { t } = c.page;
  const { question, reach } = plan;
  const withSchools = plan.groups.filter((g) => g.schools > 0);
  return html`<p>
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
    </p>
    <h2>${t('staff.plan.groups')}</h2>
    <p class="quiet">
      ${
        question.invited === undefined
          ? t('staff.plan.groups.about', { halfWidth: formatMargin(question.halfWidth, 1) })
          : t('staff.plan.groups.invited', { invited: formatCount(question.invited) })
      }
    </p>
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
    ${
      withSchools.length === 0
        ? html`<p>${t('staff.plan.visible.none')}</p>`
        : list(
            withSchools.map((g) =>
              t(g.invitedForAll === null ? 'staff.plan.schools.never' : 'staff.plan.schools', {
                group: t(`staff.group.${g.group}`),
                invited: formatCount(g.invited),
                schools: g.schools,
                visible: g.visibleSchools,
                all: g.invitedForAll === null ? '' : formatCount(g.invitedForAll),
              }),
            ),
          )
    }${plan.groups
      .filter((g) => g.cells.length > 0)
      .map((g) =>
        groupSection(
          t(`staff.group.${g.group}`),
          pagedTable(c, {
            list: g.group,
            search: {
              label: t('list.find.unit'),
              textOf: (cell) => stratumName(c, { ...cell, group: g.group }),
            },
            caption: `${t('staff.plan.visible')} · ${t(`staff.group.${g.group}`)}`,
            columns: [
              { text: t('staff.field.unit') },
              { text: t('staff.rates.issued'), number: true },
              { text: t('staff.plan.expected'), number: true },
              { text: t('staff.plan.is-visible') },
            ],
            items: g.cells,
            row: (cell) => [
              stratumName(c, { ...cell, group: g.group }),
              formatCount(cell.issued),
              formatCount(cell.expected),
              t(cell.visible ? 'staff.plan.yes' : 'staff.plan.no'),
            ],
          }),
          isListOpen(c.here, g.group),
        ),
      )}`;
}
