/**
 * Balance coefficients: distance to the limit, the schools that cause the difference, and the smallest additions that would bring
 * the county within it.
 */
import type { AdditionPlan } from '../../../domain/inspection/additions.ts';
import type { Balance, IndicatorBalance, StageBalance } from '../../../domain/inspection/balance.ts';
import type { Regime } from '../../../domain/inspection/regime.ts';
import { formatAtMost, formatShare, formatValue } from '../../../domain/scoring/format.ts';
import type { Issue } from '../../../domain/errors.ts';
import { plot } from '../../../html/charts/plot.ts';
import { postForm, tableField } from '../../../html/form.ts';
import { html, type Content, type Html } from '../../../html/html.ts';
import { pagedList, pagedTable } from '../../../html/paging.ts';
import { card, emptyState, facts, help, list } from '../../../html/parts.ts';
import { formatCount, table } from '../../../html/table.ts';
import { faultTable, warningList, type ShownFault } from '../fieldwork/shared-view.ts';
import type { StaffContext } from '../page-view.ts';
import {
  amountText,
  inspectionFrame,
  inspectionPath,
  localised,
  meetsTag,
  statedLine,
  versionFields,
  type InspectionPageParts,
} from './frame-view.ts';

const decimals = 3;
const driversShown = 5;

export interface StageView {
  readonly balance: StageBalance;
  readonly plan: AdditionPlan | null;
}

export interface BalancePage extends InspectionPageParts {
  readonly regime: Regime | null;
  readonly balance: Balance | null;
  readonly stages: readonly StageView[];
  readonly faults: readonly ShownFault[];
  readonly warnings: readonly Issue[];
}

export function balancePage(c: StaffContext, o: BalancePage): Html {
  const { t } = c.page;
  const { view, regime, balance } = o;
  const hasTable = view.documents.schools.version > 0;
  return inspectionFrame(c, o, {
    page: 'balance',
    body: html`${
      o.faults.length > 0 &&
      card({
        title: t('inspection.table.refused'),
        tone: 'bad',
        isFocused: true,
        body: html`<p>${t('inspection.table.refused.about')}</p>
          ${faultTable(c, o.faults)}`,
      })
    }${warningList(c, o.warnings)}${
      regime === null
        ? card({ title: t('inspection.balance'), body: noRegime(c, o) })
        : html`${!hasTable && card({ title: t('inspection.balance'), body: emptyState(t('inspection.table.none')) })}
          ${balance !== null && hasTable && o.stages.map((stage) => stageCard(c, o, regime, stage))}
          ${balance !== null && hasTable && excludedCard(c, balance, regime)}
          ${c.may('inspection.enter', view.county.code) && uploadCard(c, o, regime)}`
    }`,
  });
}

export function noRegime(c: StaffContext, { view }: InspectionPageParts): Html {
  const { t } = c.page;
  return emptyState(
    t('inspection.no-regime.title'),
    html`<p><a href="${inspectionPath(view)}">${t('inspection.no-regime.go')}</a></p>`,
  );
}

const stageAddress = (o: InspectionPageParts, stage: string, indicator: string) =>
  `${inspectionPath(o.view, 'balance')}/${stage}/${indicator}`;

function stageCard(c: StaffContext, o: BalancePage, regime: Regime, { balance: s, plan }: StageView): Html {
  const { t } = c.page;
  const limit = formatValue(s.limit, { decimals: 2, threshold: null });
  if (s.schools === 0)
    return card({
      title: t(`inspection.stage.${s.stage}`),
      body: html`<p class="quiet">${t('inspection.balance.no-schools')}</p>`,
    });
  const values = s.indicators.map((i) => i.value ?? 0);
  const scale = { low: 0, high: Math.max(s.limit * 1.5, ...values) * 1.05 };
  const isEach = regime.balance.method === 'each';
  return card({
    title: t(`inspection.stage.${s.stage}`),
    id: s.stage,
    aside: meetsTag(c, s.meets),
    body: html`<p class="lead">
        ${
          isEach
            ? t('inspection.balance.each', {
                met: s.indicators.filter((i) => i.meets === true).length,
                count: s.indicators.length,
                limit,
              })
            : s.composite === null
              ? t('inspection.balance.incomplete')
              : t(`inspection.balance.composite.${s.meets === true ? 'within' : 'above'}`, {
                  value: formatAtMost(s.composite, decimals, s.limit),
                  limit,
                })
        }
      </p>
      <p class="quiet">
        ${t('inspection.balance.basis', { schools: s.schools, pupils: formatCount(s.pupils) })}
      </p>
      ${plot({
        caption: t('inspection.balance.plot', { stage: t(`inspection.stage.${s.stage}`) }),
        names: t('inspection.indicator'),
        drawing: t('inspection.balance.drawing', { limit }),
        scale,
        axis: [
          { at: 0, text: '0' },
          { at: s.limit, text: limit, strong: true },
        ],
        common: isEach ? [{ kind: 'threshold', at: s.limit }] : [{ kind: 'grid', at: s.limit }],
        tall: true,
        columns: [
          { text: t('inspection.coefficient') },
          { text: t('inspection.mean'), minor: true },
          ...(isEach ? [{ text: t('inspection.verdict'), minor: true }] : []),
        ],
        rows: s.indicators.map((i) => ({
          name: html`<a href="${stageAddress(o, s.stage, i.indicator.id)}"
            >${localised(c, i.indicator.title)}</a
          >`,
          marks: i.value === null ? [] : [{ kind: 'bar', to: i.value, pale: i.value > s.limit }],
          cells: [
            html`<b>${i.value === null ? '–' : formatAtMost(i.value, decimals, s.limit)}</b>`,
            html`${amountText(i.mean)} ${localised(c, i.indicator.unit)}`,
            ...(isEach ? [meetsTag(c, i.meets)] : []),
          ],
        })),
      })}
      ${!isEach && html`<p class="quiet">${t('inspection.balance.composite.how')}</p>`}
      <h3>${t('inspection.drivers')}</h3>
      ${table({
        caption: t('inspection.drivers'),
        stack: true,
        columns: [{ text: t('inspection.indicator') }, { text: t('inspection.drivers.schools') }],
        rows: s.indicators.map((i) => [localised(c, i.indicator.title), driversText(c, i)]),
      })}
      ${plan && planPart(c, s, plan)}${s.standards && standardsPart(c, s, regime)}`,
  });
}

/** The schools that contribute most to the difference, above or below the mean. */
function driversText(c: StaffContext, i: IndicatorBalance): Content {
  const { t } = c.page;
  const drivers = [...i.schools].sort((a, b) => b.share - a.share).filter((s) => s.share >= 0.05);
  if (drivers.length === 0) return t('inspection.drivers.none');
  return drivers
    .slice(0, 3)
    .map((s) =>
      t(s.value < i.mean ? 'inspection.drivers.below' : 'inspection.drivers.above', {
        school: s.school,
        share: formatShare(s.share, 0),
      }),
    )
    .join(t('staff.list-comma'));
}

function planPart(c: StaffContext, s: StageBalance, plan: AdditionPlan): Html {
  const { t } = c.page;
  const cap = formatAtMost(plan.cap, decimals, plan.cap);
  return html`<h3 id="${s.stage}-additions">${t('inspection.additions')}</h3>
    <p>
      ${t(plan.composite === null ? 'inspection.additions.each' : 'inspection.additions.composite', { cap, after: plan.composite === null ? '' : formatAtMost(plan.composite, decimals, s.limit) })}
    </p>
    ${table({
      caption: t('inspection.additions'),
      stack: true,
      columns: [
        { text: t('inspection.indicator') },
        { text: t('inspection.additions.total'), number: true },
        { text: t('inspection.additions.after'), number: true },
        { text: t('inspection.additions.where') },
      ],
      rows: plan.indicators.map((a) => {
        const own = s.indicators.find((i) => i.indicator.id === a.indicator)!.indicator;
        const unit = localised(c, own.unit);
        return [
          localised(c, own.title),
          `${amountText(a.total)} ${unit}`,
          formatAtMost(a.after, decimals, a.target),
          html`${a.schools
            .slice(0, driversShown)
            .map((x) =>
              t('inspection.additions.school', { school: x.school, add: `${amountText(x.add)} ${unit}` }),
            )
            .join(t('staff.list-comma'))}${
            a.schools.length > driversShown &&
            html`<details>
              <summary>${t('inspection.additions.more', { count: a.schools.length - driversShown })}</summary>
              ${list(a.schools.slice(driversShown).map((x) => t('inspection.additions.school', { school: x.school, add: `${amountText(x.add)} ${unit}` })))}
            </details>`
          }`,
        ];
      }),
    })}
    ${help(t('inspection.additions.how'), html`<p>${t('inspection.additions.how.text')}</p>`)}`;
}

function standardsPart(c: StaffContext, s: StageBalance, regime: Regime): Html {
  const { t } = c.page;
  const rule = regime.balance.perSchool!;
  const failing = s.standards!.filter((x) => !x.meets);
  const title = (id: string) =>
    localised(c, s.indicators.find((i) => i.indicator.id === id)!.indicator.title);
  return html`<h3>${t('inspection.standards')} ${meetsTag(c, failing.length === 0)}</h3>
    <p>
      ${t('inspection.standards.rule', {
        least: rule.atLeast,
        count: s.indicators.length,
        others: formatShare(rule.others),
        failing: failing.length,
        schools: s.standards!.length,
      })}
    </p>
    ${
      failing.length > 0 &&
      pagedTable(c, {
        list: 'standards',
        search: { label: t('list.find.school'), textOf: (x) => x.school },
        caption: t('inspection.standards'),
        stack: true,
        columns: [
          { text: t('staff.field.school') },
          { text: t('inspection.standards.met'), number: true },
          { text: t('inspection.standards.below') },
        ],
        items: failing,
        row: (x) => [
          x.school,
          x.met,
          x.below
            .map((b) =>
              t('inspection.standards.part', {
                indicator: title(b.indicator),
                share: formatAtMost(100 * b.ofStandard, 1, 99.9),
              }),
            )
            .join(t('staff.list-comma')),
        ],
      })
    }`;
}

function excludedCard(c: StaffContext, { excluded }: Balance, regime: Regime): Html {
  const { t } = c.page;
  return card({
    title: t('inspection.excluded'),
    body: html`${
      excluded.length === 0
        ? html`<p class="quiet">${t('inspection.excluded.none')}</p>`
        : list(
            excluded.map((e) =>
              t(`inspection.excluded.${e.why}`, {
                school: e.school,
                pupils: formatCount(e.pupils),
                below: regime.balance.exclude.pointsBelow ?? 0,
              }),
            ),
          )
    }
    ${help(
      t('inspection.choices'),
      html`${list(regime.choices.map((text) => localised(c, text)))}
        <p class="quiet">${t('inspection.balance.formula')}</p>`,
    )}`,
  });
}

function uploadCard(c: StaffContext, o: BalancePage, regime: Regime): Html {
  const { t } = c.page;
  const { view } = o;
  const needed = [...new Set(regime.balance.indicators.map((i) => i.of))];
  return card({
    title: t('inspection.table.upload'),
    id: 'upload',
    body: html`${statedLine(c, view, 'schools')}
      <p>
        ${t('inspection.table.columns', { columns: needed.map((n) => t(`staff.column.${n}`)).join(t('staff.list-comma')) })}
      </p>
      <p><a href="${inspectionPath(view, 'balance')}/template.xlsx">${t('inspection.table.template')}</a></p>
      ${postForm(
        c,
        { action: `${inspectionPath(view)}/school-table`, upload: true, narrow: true, problem: o.problem },
        (refused) =>
          html`${versionFields(c, view, 'schools', { reason: view.documents.schools.version > 0, problem: refused })}${tableField(
              c,
              {
                name: 'file',
                path: 'table',
                label: t('inspection.table.file'),
                hint: t('inspection.table.hint'),
              },
              refused,
            )}<button>${t('staff.send')}</button>`,
      )}`,
  });
}

/** One indicator: every school on one line, those with the largest contribution first. */
export function indicatorPage(
  c: StaffContext,
  o: InspectionPageParts & { readonly stage: StageView; readonly indicator: IndicatorBalance },
): Html {
  const { t } = c.page;
  const { indicator: i, stage } = o;
  const { limit } = stage.balance;
  const unit = localised(c, i.indicator.unit);
  const standard = i.indicator.standard?.[stage.balance.stage];
  const high = Math.max(...i.schools.map((s) => s.value), i.mean, standard ?? 0) * 1.05 || 1;
  const own = stage.plan?.indicators.find((a) => a.indicator === i.indicator.id);
  const hasShared = i.schools.some((s) => s.shared !== null);
  return inspectionFrame(c, o, {
    page: 'balance',
    title: localised(c, i.indicator.title),
    body: html`${card({
      title: html`${t(`inspection.stage.${stage.balance.stage}`)} · ${localised(c, i.indicator.title)}`,
      aside: i.meets === null ? undefined : meetsTag(c, i.meets),
      body: html`${facts([
          [t('inspection.coefficient'), i.value === null ? '–' : formatAtMost(i.value, decimals, limit)],
          [t('inspection.mean'), `${amountText(i.mean)} ${unit}`],
          [t('inspection.deviation'), `${amountText(i.deviation)} ${unit}`],
          standard !== undefined && [t('inspection.standard'), `${amountText(standard)} ${unit}`],
        ])}
        ${pagedList(
          c,
          { caption: t('inspection.schools.plot'), items: [...i.schools].sort((a, b) => b.share - a.share) },
          (schools) =>
            plot({
              caption: t('inspection.schools.plot'),
              names: t('staff.field.school'),
              drawing: t('inspection.schools.drawing'),
              scale: { low: 0, high },
              axis: [
                { at: 0, text: '0' },
                { at: i.mean, text: amountText(i.mean), strong: true },
              ],
              common: [{ kind: 'threshold', at: i.mean }],
              columns: [
                { text: t('inspection.per-pupil') },
                { text: t('inspection.pupils'), minor: true },
                { text: t('inspection.share') },
                ...(own ? [{ text: t('inspection.additions.short'), minor: true }] : []),
              ],
              rows: schools.map((s) => ({
                name: s.school,
                marks: [{ kind: 'bar', to: s.value, pale: s.value < i.mean }],
                cells: [
                  amountText(s.value),
                  formatCount(s.pupils),
                  `${formatShare(s.share, 0)}%`,
                  ...(own ? [addText(own.schools.find((a) => a.school === s.school)?.add)] : []),
                ],
              })),
            }),
        )}
        <p class="quiet">${t('inspection.schools.how')}</p>`,
    })}${
      hasShared &&
      card({
        title: t('inspection.split'),
        body: html`<p>${t('inspection.split.about')}</p>
          ${pagedTable(c, {
            list: 'split',
            search: { label: t('list.find.school'), textOf: (s) => s.school },
            caption: t('inspection.split'),
            stack: true,
            columns: [
              { text: t('staff.field.school') },
              { text: t('inspection.split.all'), number: true },
              { text: t('inspection.split.per-pupil'), number: true },
              { text: t('inspection.split.own'), number: true },
            ],
            items: i.schools.filter((s) => s.shared !== null),
            row: (s) => [
              s.school,
              amountText(s.shared!.amount),
              formatValue(s.shared!.perPupil, { decimals: 1, threshold: null }),
              amountText(s.amount),
            ],
          })}`,
      })
    }`,
  });
}

function addText(add: number | undefined): string {
  return add === undefined ? '–' : `+${amountText(add)}`;
}
