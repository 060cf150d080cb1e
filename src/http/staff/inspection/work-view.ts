/** Scores, vetoes, growths and parts: self-score and inspectors' score side by side, each with its reason. Long because each of the four has its own table and form. */
import { vetoStates } from '../../../domain/inspection/scores.ts';
import type { GrowthCheck, GrowthYear } from '../../../domain/inspection/growth.ts';
import { pointsText, requirementMet } from '../../../domain/inspection/sheet.ts';
import type { Regime } from '../../../domain/inspection/regime.ts';
import { formatSigned, formatValue } from '../../../domain/scoring/format.ts';
import { field, hiddenFields, select, token } from '../../../html/form.ts';
import { html, type Content, type Html } from '../../../html/html.ts';
import { card, tag } from '../../../html/parts.ts';
import { table } from '../../../html/table.ts';
import { gateReasons } from '../../../texts/gate-words.ts';
import type { StaffContext } from '../page-view.ts';
import { noRegime } from './balance-view.ts';
import {
  amountText,
  gateTag,
  inspectionFrame,
  inspectionPath,
  localised,
  meetsTag,
  versionFields,
} from './frame-view.ts';
import type { GatesPart } from './gates-view.ts';

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

const numberField = { type: 'number', extra: { step: 'any', min: 0 } } as const;

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
      <form method="post" action="${inspectionPath(view)}/work">
        ${token(c)}${hiddenFields({ do: whose })}${work.areas.map((area) => {
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
                          o.problem,
                        )}${field(c, { name: `reason-${i.id}`, label: t('inspection.work.reason-of', { title }), isLabelUnseen: true, value: mine?.reason ?? '', extra: { placeholder: t('inspection.work.reason-here') } }, o.problem)}`,
                      ]
                    : []),
                ];
              }),
            })}`;
        })}${
          mayEnter &&
          html`${versionFields(c, view, 'work', { reason: Object.values(scores).some((s) => s[whose] !== null), problem: o.problem, optional: true })}<button>
              ${t('inspection.work.save')}
            </button>`
        }
      </form>`,
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
                    html`<form method="post" action="${inspectionPath(view)}/vetoes">
                      ${token(c)}${hiddenFields({ do: 'judge', veto: veto.id, version: String(view.documents.vetoes.version) })}${select(
                        c,
                        {
                          name: 'state',
                          path: `state-${veto.id}`,
                          label: t('inspection.verdict'),
                          isLabelUnseen: true,
                          value: own?.state,
                          choices: vetoStates.map((v) => ({ value: v, text: t(`inspection.veto.${v}`) })),
                        },
                      )}${field(c, { name: 'evidence', path: `evidence-${veto.id}`, label: t('inspection.veto.evidence'), required: true, value: own?.evidence ?? '' })}${own !== undefined && field(c, { name: 'reason', path: `veto-reason-${veto.id}`, label: t('inspection.reason.label'), required: true })}<button
                        class="secondary"
                      >
                        ${t('inspection.save')}
                      </button>
                    </form>`,
                ]
              : []),
          ];
        }),
      })}`,
  });
}

/** Rows of the table of amounts: name in the form, and where it is in the year. */
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
        html`<details ${years.length === 0 && html`open`}>
            <summary>${t('inspection.growth.enter')}</summary>
            <form method="post" action="${inspectionPath(view)}/growth">
              ${token(c)}${versionFields(c, view, 'growth', { reason: years.length > 0, problem: o.problem })}${table(
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
                          o.problem,
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
                            label: `${t(`inspection.growth.row.${name}`)} ${i + 1}`,
                            isLabelUnseen: true,
                            value: value === null || value === undefined ? '' : String(value),
                            ...numberField,
                          },
                          o.problem,
                        );
                      }),
                    ]),
                  ],
                },
              )}<button>${t('inspection.save')}</button>
            </form>
          </details>
          ${growth.checks.length > 0 && statedForm(c, o, growth.checks)}`
      }`,
  });
}

function growthName({ page: { t } }: StaffContext, item: string, stage: string | null): string {
  const text = t(`inspection.growth.item.${item}`);
  return stage === null ? text : t('staff.bracketed', { text, more: t(`inspection.stage.${stage}`) });
}

/** What a report says: shown beside what the amounts come to, where the two disagree. */
function statedForm(c: StaffContext, o: GatesPart, checks: readonly GrowthCheck[]): Html {
  const { t } = c.page;
  const { view } = o;
  const { stated } = view.documents.growth.body;
  const asked = checks.filter((own) => own.item !== 'surcharge' && own.item !== 'transfers');
  return html`<details>
    <summary>${t('inspection.growth.stated.enter')}</summary>
    ${
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
    <form method="post" action="${inspectionPath(view)}/growth" class="narrow">
      ${token(c)}${hiddenFields({ do: 'state' })}${versionFields(c, view, 'growth', { reason: false })}${select(
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
        o.problem,
      )}${field(c, { name: 'percent', label: t('inspection.growth.stated.percent'), hint: t('inspection.growth.stated.hint'), type: 'number', unit: '%', extra: { step: 'any' } }, o.problem)}${stated.length > 0 && field(c, { name: 'reason', path: 'stated-reason', label: t('inspection.reason.if-changed') }, o.problem)}<button
        class="secondary"
      >
        ${t('inspection.save')}
      </button>
    </form>
  </details>`;
}

function pointsCard(c: StaffContext, o: GatesPart, rule: NonNullable<Regime['points']>): Html {
  const { t } = c.page;
  const { view } = o;
  const { points, bonus } = view.documents.parts.body;
  const result = o.sheet!.points!;
  const mayEnter = c.may('inspection.decide', view.county.code);
  const form = (
    hidden: Record<string, string>,
    most: number,
    known: { points: number; reason: string } | null | undefined,
  ) =>
    html`<form method="post" action="${inspectionPath(view)}/parts">
      ${token(c)}${hiddenFields({ ...hidden, version: String(view.documents.parts.version) })}${field(c, {
        name: 'points',
        path: `points-${hidden['part'] ?? 'bonus'}`,
        label: t('inspection.points.of', { most }),
        value: known ? String(known.points) : '',
        required: true,
        ...numberField,
        extra: { ...numberField.extra, max: most },
      })}${field(c, { name: 'note', path: `note-${hidden['part'] ?? 'bonus'}`, label: t('inspection.points.reason'), required: true, value: known?.reason ?? '' })}${known && field(c, { name: 'reason', path: `why-${hidden['part'] ?? 'bonus'}`, label: t('inspection.reason.label'), required: true })}<button
        class="secondary"
      >
        ${t('inspection.save')}
      </button>
    </form>`;
  return card({
    title: t('inspection.points'),
    id: 'points',
    aside: gateTag(c, o.sheet!.gates.find((g) => g.id === 'points')?.state ?? 'missing'),
    body: html`<p class="lead">
        ${t('inspection.points.total', { total: result.total === null ? '–' : pointsText(result.total), full: rule.full, bonus: rule.bonus, pass: rule.pass })}
      </p>
      ${table({
        caption: t('inspection.points'),
        stack: true,
        columns: [
          { text: t('inspection.part') },
          { text: t('inspection.points.full'), number: true },
          { text: t('inspection.points.got'), number: true },
          { text: t('inspection.points.from') },
          ...(mayEnter ? [{ text: t('inspection.points.enter') }] : []),
        ],
        rows: [
          ...rule.parts.map((part) => {
            const own = result.parts.find((p) => p.id === part.id)!.points;
            return [
              localised(c, part.title),
              part.points,
              own === null ? '–' : pointsText(own),
              part.from === 'entered'
                ? (points[part.id]?.reason ?? t('inspection.points.from.entered'))
                : t(`inspection.points.from.${part.from}`),
              ...(mayEnter
                ? [
                    part.from === 'entered' &&
                      form({ do: 'points', part: part.id }, part.points, points[part.id]),
                  ]
                : []),
            ];
          }),
          [
            t('inspection.points.bonus'),
            rule.bonus,
            pointsText(result.bonus),
            bonus?.reason ?? '–',
            ...(mayEnter ? [form({ do: 'bonus' }, rule.bonus, bonus)] : []),
          ],
        ],
      })}`,
  });
}

function partCard(c: StaffContext, o: GatesPart, part: Regime['parts'][number]): Html {
  const { t } = c.page;
  const { view } = o;
  const body = view.documents.parts.body;
  const gate = o.sheet!.gates.find((g) => g.id === `part-${part.id}`)!;
  const mayEnter = c.may('inspection.enter', view.county.code);
  const version = String(view.documents.parts.version);
  const action = `${inspectionPath(view)}/parts`;
  const verdict = body.verdicts[part.id];
  return card({
    title: localised(c, part.title),
    id: `part-${part.id}`,
    aside: gateTag(c, gate.state),
    body: html`<p>${gateReasons(t, gate)}</p>
      ${
        part.indicators.length === 0
          ? c.may('inspection.decide', view.county.code) &&
            html`<form method="post" action="${action}" class="narrow">
              ${token(c)}${hiddenFields({ do: 'verdict', part: part.id, version })}${select(c, {
                name: 'meets',
                path: `meets-${part.id}`,
                label: t('inspection.verdict'),
                value: verdict ? String(verdict.meets) : undefined,
                choices: [
                  { value: 'true', text: t('inspection.gate.met') },
                  { value: 'false', text: t('inspection.gate.not-met') },
                ],
              })}${field(c, { name: 'note', path: `note-${part.id}`, label: t('inspection.reasons'), required: true, value: verdict?.reason ?? '' })}${verdict && field(c, { name: 'reason', path: `why-${part.id}`, label: t('inspection.reason.label'), required: true })}<button>
                ${t('inspection.save')}
              </button>
            </form>`
          : table({
              caption: localised(c, part.title),
              stack: true,
              columns: [
                { text: t('inspection.indicator') },
                { text: t('inspection.standard') },
                { text: t('inspection.value') },
                { text: t('inspection.verdict') },
                ...(mayEnter ? [{ text: t('inspection.enter') }] : []),
              ],
              rows: part.indicators.map((r) => {
                const own = body.values[r.id];
                const unit = r.unit === null ? '' : ` ${localised(c, r.unit)}`;
                const isYes = r.comparison === 'yes';
                return [
                  localised(c, r.title),
                  isYes
                    ? t('inspection.yes')
                    : t(`inspection.comparison.${r.comparison}`, {
                        value: `${amountText(r.standard!)}${unit}`,
                      }),
                  own === undefined
                    ? '–'
                    : html`${isYes ? t(own.yes === true ? 'inspection.yes' : 'inspection.no') : `${amountText(own.value ?? 0)}${unit}`}${own.note !== '' && html` <br />${own.note}`}`,
                  meetsTag(c, requirementMet(r, body)),
                  ...(mayEnter
                    ? [
                        html`<form method="post" action="${action}">
                          ${token(c)}${hiddenFields({ do: 'value', requirement: r.id, version })}${
                            isYes
                              ? select(c, {
                                  name: 'yes',
                                  path: `value-${r.id}`,
                                  label: t('inspection.value'),
                                  isLabelUnseen: true,
                                  value: own ? String(own.yes) : undefined,
                                  choices: [
                                    { value: 'true', text: t('inspection.yes') },
                                    { value: 'false', text: t('inspection.no') },
                                  ],
                                })
                              : field(c, {
                                  name: 'value',
                                  path: `value-${r.id}`,
                                  label: t('inspection.value'),
                                  isLabelUnseen: true,
                                  required: true,
                                  value: own?.value === null || own === undefined ? '' : String(own.value),
                                  ...numberField,
                                })
                          }${own !== undefined && field(c, { name: 'reason', path: `why-${r.id}`, label: t('inspection.reason.label'), required: true })}<button
                            class="secondary"
                          >
                            ${t('inspection.save')}
                          </button>
                        </form>`,
                      ]
                    : []),
                ];
              }),
            })
      }`,
  });
}
