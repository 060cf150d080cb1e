/**
 * Rounds of a re-inspection: what was drawn, the results, and the forms of inspectors. Used for tasks of a list and for
 * applications of schools.
 */
import type { InspectionRecord } from '../../../domain/inspection/record-names.ts';
import {
  failedOf,
  nextRound,
  type ReinspectionRule,
  type Round,
} from '../../../domain/inspection/reinspection.ts';
import { formatShare } from '../../../domain/scoring/format.ts';
import { field, fold, type PageProblem, postForm, select } from '../../../html/form.ts';
import { html, type Content, type Html } from '../../../html/html.ts';
import { help, tag } from '../../../html/parts.ts';
import { table } from '../../../html/table.ts';
import type { InspectionView } from '../../../operations/inspection/documents.ts';
import { actionForm, type StaffContext } from '../page-view.ts';
import { inspectionPath, localised, versionFields } from './frame-view.ts';

export interface RoundsPart {
  readonly view: InspectionView;
  readonly record: Extract<InspectionRecord, 'rectification' | 'programme'>;
  readonly rule: ReinspectionRule;
  readonly rounds: readonly Round[];
  /** Of what has this number. */
  readonly nameOf: (no: number) => Content;
  /** Part of the seed of the rounds, before the round's number. */
  readonly mark: string;
  /** How many a draw would take now. */
  readonly ready: number;
  /** No further round is drawn. */
  readonly isOver: boolean;
  readonly problem?: PageProblem | null | undefined;
}

const percent = (share: number) => `${formatShare(share, 0)}%`;

export function roundsBlock(c: StaffContext, o: RoundsPart): Content {
  const { t } = c.page;
  const mayDecide = c.may('inspection.decide', o.view.county.code);
  const next = o.isOver ? null : nextRound(o.rule, o.rounds);
  return html`${o.rounds.map((round, i) => roundPart(c, o, round, i, mayDecide))}${
    next !== null &&
    (mayDecide && o.view.county.frame !== null && o.ready > 0
      ? fold(
          t('inspection.round.draw', { round: localised(c, next.title) }),
          html`<p>
              ${t(`inspection.round.draw.about.${o.record}`, { share: percent(next.share), ready: o.ready })}
            </p>
            ${postForm(
              c,
              {
                action: inspectionPath(o.view, o.record),
                narrow: true,
                hidden: { do: 'draw' },
                problem: o.problem,
              },
              (refused) =>
                html`${versionFields(c, o.view, o.record, { reason: false })}${field(
                    c,
                    {
                      name: 'dice',
                      label: t('inspection.sample.throw'),
                      hint: t('inspection.sample.throw.hint'),
                      required: true,
                      extra: { inputmode: 'numeric', autocomplete: 'off' },
                    },
                    refused,
                  )}<button>${t('inspection.sample.draw')}</button>`,
            )}`,
        )
      : html`<p class="quiet">
          ${t(
            o.view.county.frame === null
              ? 'inspection.round.not-frozen'
              : o.ready === 0
                ? `inspection.round.waits.${o.record}`
                : 'inspection.round.by-inspector',
            { round: localised(c, next.title) },
          )}
        </p>`)
  }${help(
    t('inspection.round.rule'),
    html`<p>
      ${t('inspection.round.rule.text', {
        rounds: o.rule.rounds.map((r) => localised(c, r.title)).join(t('staff.list-comma')),
        limit: percent(o.rule.refuseAbove),
      })}
    </p>`,
  )}`;
}

function roundPart(c: StaffContext, o: RoundsPart, round: Round, i: number, mayDecide: boolean): Html {
  const { t } = c.page;
  const title = o.rule.rounds.find((r) => r.id === round.round)?.title;
  const isOpen = round.outcome === null;
  const failed = failedOf(round).length;
  const path = inspectionPath(o.view, o.record);
  const version = String(o.view.documents[o.record].version);
  return html`<section class="round">
    <h3>
      ${title ? localised(c, title) : round.round}
      ${
        round.outcome === null
          ? tag('warn', t('inspection.round.outcome.open'))
          : tag(round.outcome === 'accepted' ? 'ok' : 'bad', t(`inspection.round.outcome.${round.outcome}`))
      }
    </h3>
    <p>
      ${t(`inspection.round.drawn.${o.record}`, { drawn: round.drawn.length, of: round.from.length, checked: round.checks.length, failed })}
    </p>
    ${table({
      caption: t('inspection.round.caption', { no: i + 1 }),
      stack: true,
      columns: [
        { text: t(`inspection.round.of.${o.record}`) },
        { text: t('inspection.round.result') },
        { text: t('inspection.round.note') },
        ...(isOpen && mayDecide ? [{ text: t('inspection.round.enter') }] : []),
      ],
      rows: round.drawn.map((no) => {
        const own = round.checks.find((check) => check.no === no);
        return [
          o.nameOf(no),
          own
            ? tag(own.passes ? 'ok' : 'bad', t(`inspection.round.${own.passes ? 'passes' : 'fails'}`))
            : tag('neutral', t('inspection.round.unseen')),
          own?.note ?? '–',
          ...(isOpen && mayDecide
            ? [
                postForm(
                  c,
                  { action: path, hidden: { do: 'check', no: String(no), version }, problem: o.problem },
                  (refused) =>
                    html`${select(
                        c,
                        {
                          name: 'passes',
                          path: `passes-${no}`,
                          label: t('inspection.round.result'),
                          value: own && String(own.passes),
                          choices: [
                            { value: 'true', text: t('inspection.round.passes') },
                            { value: 'false', text: t('inspection.round.fails') },
                          ],
                        },
                        refused,
                      )}${field(c, { name: 'note', path: `note-${no}`, label: t('inspection.round.note'), value: own?.note, required: true, extra: { maxlength: 500 } }, refused)}${own && field(c, { name: 'reason', path: `reason-${no}`, label: t('inspection.reason.label'), required: true }, refused)}<button
                        class="secondary"
                      >
                        ${t('inspection.save')}
                      </button>`,
                ),
              ]
            : []),
        ];
      }),
    })}
    <details>
      <summary>${t('inspection.round.repeat')}</summary>
      <p>${t('inspection.round.dice', { dice: round.dice, mark: `${o.mark} ${i + 1}` })}</p>
      <p>${t('inspection.round.from', { numbers: round.from.join(t('staff.list-comma')) })}</p>
      <p class="hash">${round.seed}</p>
    </details>
    ${
      isOpen &&
      mayDecide &&
      round.checks.length === round.drawn.length &&
      actionForm(c, path, t('inspection.round.end'), { hidden: { do: 'end-round', version } })
    }
  </section>`;
}
