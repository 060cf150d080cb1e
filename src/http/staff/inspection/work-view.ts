/** Scores, vetoes and growths: self-score and inspectors' score side by side, each with its reason. */
import { vetoStates } from '../../../domain/inspection/scores.ts';
import type { GrowthCheck, GrowthYear } from '../../../domain/inspection/growth.ts';
import { pointsText } from '../../../domain/inspection/sheet.ts';
import type { Regime } from '../../../domain/inspection/regime.ts';
import { formatSigned, formatValue } from '../../../domain/scoring/format.ts';
import { field, fold, postForm, select } from '../../../html/form.ts';
import { html, type Content, type Html } from '../../../html/html.ts';
import { card, tag } from '../../../html/parts.ts';
import { table } from '../../../html/table.ts';
import { gateReasons } from '../../../texts/gate-words.ts';
import type { StaffContext } from '../page-view.ts';
import { noRegime } from './balance-view.ts';
import {
  gateTag,
  inspectionFrame,
  inspectionPath,
  localised,
  versionFields,
  numberField,
} from './frame-view.ts';
import type { GatesPart } from './gates-view.ts';
import { partCard, pointsCard } from './parts-view.ts';

export function workPage(c: StaffContext, o: GatesPart): Html {
  const { t } = c.page;
  const { regime } = o;
  return inspectionFrame(c, o, {
    page: 'work',
    body:
      regime === null
        ? card({ title: t('inspection.page.work'), body: noRegime(c, o) })
        : html`${regime.points && pointsCard(c, o, regime.points)}${regime.work && workCard(c, o, regime.work)}${regime.parts.map((part) => partCard(c, o, part))}${regime.growth && growthCard(c, o, regime.growth)}${regime.vetoes.length > 0 && vetoesCard(c, o, regime)}`,
  });
}

function workCard(c: StaffContext, o: GatesPart, work: NonNullable<Regime['work']>): Html {
  const { t } = c.page;
  const { view } = o;
  const { scores } = view.documents.work.body;
  const totals = o.sheet!.work!;
  const isInspector = c.may('inspection.decide', view.county.code);
  const whose = isInspector ? 'inspectors' : 'self';
  const mayEnter = c.may('inspection.enter', view.county.code);
  const scoreText = (score: { readonly points: number; readonly reason: string } | null | undefined) =>
    score
      ? html`<b>${pointsText(score.points)}</b>${score.reason !== '' && html` <br />${score.reason}`}`
      : '–';
  return card({
    title: t('inspection.work'),
    id: 'work',
    aside: gateTag(
      c,
      o.sheet!.gates.find((g) => g.kind === 'work')?.state ??
        (totals.inspectors === null ? 'missing' : totals.inspectors >= work.pass ? 'met' : 'not-met'),
    ),
    body: html`<p class="lead">
        ${t('inspection.work.totals', {
          self: totals.self === null ? '–' : pointsText(totals.self),
          inspectors: totals.inspectors === null ? '–' : pointsText(totals.inspectors),
          full: work.full,
          pass: work.pass,
        })}
      </p>
      ${postForm(
        c,
        { action: `${inspectionPath(view)}/work`, hidden: { do: whose }, problem: o.problem },
        (refused) =>
          html`${work.areas.map((area) => {
            const sum = totals.areas.find((a) => a.id === area.id)!;
            return html`<h3>
                ${localised(c, area.title)}
                <span class="quiet"
                  >${t('inspection.work.area', {
                    self: sum.self === null ? '–' : pointsText(sum.self),
                    inspectors: sum.inspectors === null ? '–' : pointsText(sum.inspectors),
                    points: sum.points,
                  })}</span
                >
              </h3>
              ${table({
                caption: localised(c, area.title),
                stack: true,
                columns: [
                  { text: t('inspection.indicator') },
                  { text: t('inspection.work.points'), number: true },
                  { text: t('inspection.work.self') },
                  { text: t('inspection.work.inspectors') },
                  ...(mayEnter ? [{ text: t(`inspection.work.enter.${whose}`) }] : []),
                ],
                rows: area.indicators.map((i) => {
                  const own = scores[i.id];
                  const title = localised(c, i.title);
                  const mine = own?.[whose];
                  return [
                    html`${title}<br /><span class="quiet"
                        >${localised(c, i.loses)} ·
                        ${t('inspection.work.evidence')}${localised(c, i.evidence)}</span
                      >`,
                    i.points,
                    scoreText(own?.self),
                    scoreText(own?.inspectors),
                    ...(mayEnter
                      ? [
                          html`${field(
                            c,
                            {
                              name: `points-${i.id}`,
                              label: t('inspection.work.points-of', { title }),
                              isLabelUnseen: true,
                              value: mine ? String(mine.points) : '',
                              ...numberField,
                              extra: { ...numberField.extra, max: i.points },
                            },
                            refused,
                          )}${field(c, { name: `reason-${i.id}`, label: t('inspection.work.reason-of', { title }), isLabelUnseen: true, value: mine?.reason ?? '', extra: { placeholder: t('inspection.work.reason-here') } }, refused)}`,
                        ]
                      : []),
                  ];
                }),
              })}`;
          })}${
            mayEnter &&
            html`${versionFields(c, view, 'work', { reason: Object.values(scores).some((s) => s[whose] !== null), problem: refused, optional: true })}<button>
                ${t('inspection.work.save')}
              </button>`
          }`,
      )}`,
  });
}

function vetoesCard(c: StaffContext, o: GatesPart, regime: Regime): Html {
  const { t } = c.page;
  const { view } = o;
  const { vetoes } = view.documents.vetoes.body;
  const mayJudge = c.may('inspection.decide', view.county.code);
  return card({
    title: t('inspection.vetoes'),
    id: 'vetoes',
    body: html`<p>${t('inspection.vetoes.about')}</p>
      ${table({
        caption: t('inspection.vetoes'),
        stack: true,
        columns: [
          { text: t('inspection.veto') },
          { text: t('inspection.verdict') },
          { text: t('inspection.veto.evidence') },
          ...(mayJudge ? [{ text: t('inspection.veto.judge') }] : []),
        ],
        rows: regime.vetoes.map((veto) => {
          const gate = o.sheet!.gates.find((g) => g.id === `veto-${veto.id}`)!;
          const own = vetoes[veto.id];
          return [
            html`${localised(c, veto.title)}<br /><span class="quiet">${localised(c, veto.evidence)}</span>`,
            tag(
              gate.state === 'met' ? 'ok' : gate.state === 'not-met' ? 'bad' : 'neutral',
              t(`inspection.veto.state.${gate.state}`),
            ),
            veto.follows === 'growth' ? gateReasons(t, gate) : (own?.evidence ?? '–'),
            ...(mayJudge
              ? [
                  veto.follows === undefined &&
                    postForm(
                      c,
                      {
                        action: `${inspectionPath(view)}/vetoes`,
                        hidden: {
                          do: 'judge',
                          veto: veto.id,
                          version: String(view.documents.vetoes.version),
                        },
                        problem: o.problem,
                      },
                      (refused) =>
                        html`${select(
                            c,
                            {
                              name: 'state',
                              path: `state-${veto.id}`,
                              label: t('inspection.verdict'),
                              isLabelUnseen: true,
                              value: own?.state,
                              choices: vetoStates.map((v) => ({ value: v, text: t(`inspection.veto.${v}`) })),
                            },
                            refused,
                          )}${field(c, { name: 'evidence', path: `evidence-${veto.id}`, label: t('inspection.veto.evidence'), required: true, value: own?.evidence ?? '' }, refused)}${own !== undefined && field(c, { name: 'reason', path: `veto-reason-${veto.id}`, label: t('inspection.reason.label'), required: true }, refused)}<button
                            class="secondary"
                          >
                            ${t('inspection.save')}
                          </button>`,
                    ),
                ]
              : []),
          ];
        }),
      })}`,
  });
}

/** Rows of the table of amounts: name in the form, and position in the year's values. */
export const growthRows: readonly (readonly [string, (y: GrowthYear) => number | null])[] = [
  ['revenue', (y) => y.revenue],
  ['funds', (y) => y.funds],
  ['perPupil-primary', (y) => y.perPupil.primary],
  ['perPupil-junior', (y) => y.perPupil.junior],
  ['publicFunds-primary', (y) => y.publicFunds.primary],
  ['publicFunds-junior', (y) => y.publicFunds.junior],
  ['surchargeDue', (y) => y.surchargeDue],
  ['surchargeLevied', (y) => y.surchargeLevied],
  ['surchargeUsed', (y) => y.surchargeUsed],
  ['transfers', (y) => y.transfers],
  ['transfersToEducation', (y) => y.transfersToEducation],
];

function growthCard(c: StaffContext, o: GatesPart, rule: NonNullable<Regime['growth']>): Html {
  const { t } = c.page;
  const { view } = o;
  const { years } = view.documents.growth.body;
  const growth = o.sheet!.growth!;
  const columns = Array.from({ length: rule.years }, (_, i) => years.slice(-rule.years)[i]);
  const percent = (v: number | null) => (v === null ? '–' : `${formatSigned(v, 2)}%`);
  const plain = (v: number | null) =>
    v === null ? '–' : `${formatValue(v, { decimals: 1, threshold: null })}%`;
  const said = (check: GrowthCheck): Content =>
    check.stated !== null &&
    html`<br />${tag('warn', t('inspection.growth.stated', { percent: check.stated }))}`;
  return card({
    title: t('inspection.growth'),
    id: 'growth',
    aside: gateTag(c, growth.state),
    body: html`<p>${t('inspection.growth.about', { years: rule.years })}</p>
      ${
        growth.checks.length > 0 &&
        table({
          caption: t('inspection.growth'),
          stack: true,
          columns: [
            { text: t('inspection.year') },
            { text: t('inspection.growth.check') },
            { text: t('inspection.growth.value'), number: true },
            { text: t('inspection.growth.against'), number: true },
            { text: t('inspection.verdict') },
          ],
          rows: growth.checks.map((check) => [
            String(check.year),
            growthName(c, check.item, check.stage),
            html`${check.item === 'surcharge' || check.item === 'transfers' ? plain(check.value) : percent(check.value)}${said(check)}`,
            check.item === 'funds'
              ? percent(check.against)
              : check.item === 'surcharge' || check.item === 'transfers'
                ? plain(check.against)
                : t('inspection.growth.zero'),
            gateTag(c, check.state),
          ]),
        })
      }${
        c.may('inspection.enter', view.county.code) &&
        html`${fold(
          t('inspection.growth.enter'),
          postForm(
            c,
            { action: `${inspectionPath(view)}/growth`, problem: o.problem },
            (refused) =>
              html`${versionFields(c, view, 'growth', { reason: years.length > 0, problem: refused })}${table(
                  {
                    caption: t('inspection.growth.enter'),
                    columns: [
                      { text: t('inspection.growth.amount') },
                      ...columns.map((_, i) => ({
                        text: t('inspection.growth.year', { no: i + 1 }),
                        number: true,
                      })),
                    ],
                    rows: [
                      [
                        t('inspection.year'),
                        ...columns.map((y, i) =>
                          field(
                            c,
                            {
                              name: `year-${i}`,
                              label: t('inspection.growth.year', { no: i + 1 }),
                              isLabelUnseen: true,
                              value: y ? String(y.year) : '',
                              type: 'number',
                            },
                            refused,
                          ),
                        ),
                      ],
                      ...growthRows.map(([name, read]) => [
                        t(`inspection.growth.row.${name}`),
                        ...columns.map((y, i) => {
                          const value = y && read(y);
                          return field(
                            c,
                            {
                              name: `${name}-${i}`,
                              label: t('inspection.growth.cell', {
                                row: t(`inspection.growth.row.${name}`),
                                no: i + 1,
                              }),
                              isLabelUnseen: true,
                              value: value === null || value === undefined ? '' : String(value),
                              ...numberField,
                            },
                            refused,
                          );
                        }),
                      ]),
                    ],
                  },
                )}<button>${t('inspection.save')}</button>`,
          ),
          years.length === 0,
        )}
        ${growth.checks.length > 0 && statedForm(c, o, growth.checks)}`
      }`,
  });
}

function growthName({ page: { t } }: StaffContext, item: string, stage: string | null): string {
  const text = t(`inspection.growth.item.${item}`);
  return stage === null ? text : t('staff.bracketed', { text, more: t(`inspection.stage.${stage}`) });
}

/** A report's statement: shown beside the computed value if the two differ. */
function statedForm(c: StaffContext, o: GatesPart, checks: readonly GrowthCheck[]): Html {
  const { t } = c.page;
  const { view } = o;
  const { stated } = view.documents.growth.body;
  const asked = checks.filter((own) => own.item !== 'surcharge' && own.item !== 'transfers');
  return fold(
    t('inspection.growth.stated.enter'),
    html`${
      stated.length > 0 &&
      table({
        caption: t('inspection.growth.stated.enter'),
        stack: true,
        columns: [
          { text: t('inspection.year') },
          { text: t('inspection.growth.check') },
          { text: t('inspection.growth.stated.percent'), number: true },
        ],
        rows: stated.map((s) => [String(s.year), growthName(c, s.item, s.stage), `${s.percent}%`]),
      })
    }
    ${postForm(
      c,
      { action: `${inspectionPath(view)}/growth`, narrow: true, hidden: { do: 'state' }, problem: o.problem },
      (refused) =>
        html`${versionFields(c, view, 'growth', { reason: false })}${select(
            c,
            {
              name: 'check',
              path: 'stated',
              label: t('inspection.growth.check'),
              choices: asked.map((own) => ({
                value: [own.year, own.item, ...(own.stage === null ? [] : [own.stage])].join(' '),
                text: `${own.year} ${growthName(c, own.item, own.stage)}`,
              })),
            },
            refused,
          )}${field(c, { name: 'percent', label: t('inspection.growth.stated.percent'), hint: t('inspection.growth.stated.hint'), type: 'number', unit: '%', extra: { step: 'any' } }, refused)}${stated.length > 0 && field(c, { name: 'reason', path: 'stated-reason', label: t('inspection.reason.if-changed') }, refused)}<button
            class="secondary"
          >
            ${t('inspection.save')}
          </button>`,
    )}`,
  );
}
