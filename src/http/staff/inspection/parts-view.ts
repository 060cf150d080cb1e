/** Points by part with their bonus, and a regime's requirements for each part: one form per line. */
import { pointsText, requirementMet } from '../../../domain/inspection/sheet.ts';
import type { Regime } from '../../../domain/inspection/regime.ts';
import { field, postForm, select } from '../../../html/form.ts';
import { html, type Html } from '../../../html/html.ts';
import { card } from '../../../html/parts.ts';
import { table } from '../../../html/table.ts';
import { gateReasons } from '../../../texts/gate-words.ts';
import type { StaffContext } from '../page-view.ts';
import { amountText, gateTag, inspectionPath, localised, meetsTag, numberField } from './frame-view.ts';
import type { GatesPart } from './gates-view.ts';

export function pointsCard(c: StaffContext, o: GatesPart, rule: NonNullable<Regime['points']>): Html {
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
    postForm(
      c,
      {
        action: `${inspectionPath(view)}/parts`,
        hidden: { ...hidden, version: String(view.documents.parts.version) },
        problem: o.problem,
      },
      (refused) =>
        html`${field(
            c,
            {
              name: 'points',
              path: `points-${hidden['part'] ?? 'bonus'}`,
              label: t('inspection.points.of', { most }),
              value: known ? String(known.points) : '',
              required: true,
              ...numberField,
              extra: { ...numberField.extra, max: most },
            },
            refused,
          )}${field(c, { name: 'note', path: `note-${hidden['part'] ?? 'bonus'}`, label: t('inspection.points.reason'), required: true, value: known?.reason ?? '' }, refused)}${known && field(c, { name: 'reason', path: `why-${hidden['part'] ?? 'bonus'}`, label: t('inspection.reason.label'), required: true }, refused)}<button
            class="secondary"
          >
            ${t('inspection.save')}
          </button>`,
    );
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

export function partCard(c: StaffContext, o: GatesPart, part: Regime['parts'][number]): Html {
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
            postForm(
              c,
              {
                action: action,
                narrow: true,
                hidden: { do: 'verdict', part: part.id, version },
                problem: o.problem,
              },
              (refused) =>
                html`${select(
                    c,
                    {
                      name: 'meets',
                      path: `meets-${part.id}`,
                      label: t('inspection.verdict'),
                      value: verdict ? String(verdict.meets) : undefined,
                      choices: [
                        { value: 'true', text: t('inspection.gate.met') },
                        { value: 'false', text: t('inspection.gate.not-met') },
                      ],
                    },
                    refused,
                  )}${field(c, { name: 'note', path: `note-${part.id}`, label: t('inspection.reasons'), required: true, value: verdict?.reason ?? '' }, refused)}${verdict && field(c, { name: 'reason', path: `why-${part.id}`, label: t('inspection.reason.label'), required: true }, refused)}<button>
                    ${t('inspection.save')}
                  </button>`,
            )
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
                        postForm(
                          c,
                          {
                            action: action,
                            hidden: { do: 'value', requirement: r.id, version },
                            problem: o.problem,
                          },
                          (refused) =>
                            html`${
                                isYes
                                  ? select(
                                      c,
                                      {
                                        name: 'yes',
                                        path: `value-${r.id}`,
                                        label: t('inspection.value'),
                                        isLabelUnseen: true,
                                        value: own ? String(own.yes) : undefined,
                                        choices: [
                                          { value: 'true', text: t('inspection.yes') },
                                          { value: 'false', text: t('inspection.no') },
                                        ],
                                      },
                                      refused,
                                    )
                                  : field(
                                      c,
                                      {
                                        name: 'value',
                                        path: `value-${r.id}`,
                                        label: t('inspection.value'),
                                        isLabelUnseen: true,
                                        required: true,
                                        value:
                                          own?.value === null || own === undefined ? '' : String(own.value),
                                        ...numberField,
                                      },
                                      refused,
                                    )
                              }${own !== undefined && field(c, { name: 'reason', path: `why-${r.id}`, label: t('inspection.reason.label'), required: true }, refused)}<button
                                class="secondary"
                              >
                                ${t('inspection.save')}
                              </button>`,
                        ),
                      ]
                    : []),
                ];
              }),
            })
      }`,
  });
}
