/** The determination sheet itself: gates, stages with their conclusions, the public notice, figures of other bodies. */
import type { Gate } from '../../../domain/inspection/sheet.ts';
import { conclusions } from '../../../domain/inspection/stages.ts';
import { field, fold, postForm, select, textArea } from '../../../html/form.ts';
import { html, type Content, type Html } from '../../../html/html.ts';
import { card, emptyState, list, tag } from '../../../html/parts.ts';
import { table } from '../../../html/table.ts';
import { gateName, gateReasons, gateState, overallText } from '../../../texts/gate-words.ts';
import type { SheetView } from '../../../operations/inspection/sheet.ts';
import type { StaffContext } from '../page-view.ts';
import { actionForm } from '../page-view.ts';
import {
  gateTag,
  gateTones,
  inspectionPath,
  localised,
  versionFields,
  type InspectionPageParts,
} from './frame-view.ts';

export type GatesPart = InspectionPageParts & Omit<SheetView, 'view'>;

const pageOf: Readonly<Record<Gate['kind'], 'balance' | 'work' | null>> = {
  balance: 'balance',
  standards: 'balance',
  work: 'work',
  veto: 'work',
  growth: 'work',
  points: 'work',
  floor: 'work',
  part: 'work',
  satisfaction: null,
};

export function gatesCard(c: StaffContext, o: GatesPart): Content {
  const { t } = c.page;
  const { sheet, view, reference } = o;
  if (sheet === null) return null;
  const row = (gate: Gate, isReference = false) => {
    const page = pageOf[gate.kind];
    const href =
      page === null
        ? `/staff/campaigns/${view.campaign.id}/counties/${view.county.code}/summary`
        : inspectionPath(view, page);
    const isLinked =
      page !== null || (view.campaign.state === 'released' && c.may('summary.view', view.county.code));
    const name = gateName(t, (text) => localised(c, text), gate);
    return [
      html`${isLinked ? html`<a href="${href}">${name}</a>` : name}${isReference && html` ${tag('neutral', t('inspection.reference'))}`}`,
      tag(gateTones[gate.state], gateState(t, gate)),
      gateReasons(t, gate),
    ];
  };
  return card({
    title: t('inspection.gates'),
    id: 'gates',
    tone: sheet.state === 'met' ? 'ok' : sheet.state === 'not-met' ? 'bad' : 'warn',
    aside: gateTag(c, sheet.state),
    body: html`<p class="lead">${overallText(t, (text) => localised(c, text), sheet)}</p>
      ${table({
        caption: t('inspection.gates'),
        stack: true,
        columns: [
          { text: t('inspection.gate') },
          { text: t('inspection.verdict') },
          { text: t('inspection.reasons') },
        ],
        rows: [...sheet.gates.map((g) => row(g)), ...(reference === null ? [] : [row(reference, true)])],
      })}
      <div class="acts">
        <a class="button secondary" href="${inspectionPath(view)}/sheet.docx"
          >${t('inspection.export.docx')}</a
        >
        <a class="button secondary" href="${inspectionPath(view)}/sheet.xlsx"
          >${t('inspection.export.xlsx')}</a
        >
      </div>`,
  });
}

export function stagesCard(c: StaffContext, o: GatesPart): Content {
  const { t } = c.page;
  const { regime, view } = o;
  if (regime === null) return null;
  const { stages, notice } = view.documents.stages.body;
  const base = inspectionPath(view);
  const next = regime.stages.find((s) => stages[s.id]?.conclusion?.outcome !== 'passed');
  const code = view.county.code;
  const mayConclude =
    next &&
    (next.by === 'inspectors'
      ? c.may('inspection.decide', code)
      : c.may('inspection.enter', code) && c.user?.role !== 'inspector');
  const choices = regime.stages.map((s) => ({ value: s.id, text: localised(c, s.title) }));
  return card({
    title: t('inspection.stages'),
    id: 'stages',
    body: html`${table({
      caption: t('inspection.stages'),
      stack: true,
      columns: [
        { text: t('inspection.stage') },
        { text: t('inspection.stage.period') },
        { text: t('inspection.stage.conclusion') },
        { text: t('inspection.stage.opinion') },
        { text: t('inspection.stage.signed') },
      ],
      rows: regime.stages.map((s) => {
        const own = stages[s.id];
        const end = own?.conclusion;
        return [
          localised(c, s.title),
          own?.from ? t('inspection.stage.from-to', { from: own.from, to: own.to ?? '' }) : '–',
          end ? tag(end.outcome === 'passed' ? 'ok' : 'bad', t(`inspection.outcome.${end.outcome}`)) : '–',
          end?.opinion ?? '–',
          end ? t('inspection.stage.signed-by', { name: end.signedBy, on: end.on }) : '–',
        ];
      }),
    })}
    ${
      mayConclude &&
      fold(
        t('inspection.stage.conclude', { stage: localised(c, next.title) }),
        postForm(
          c,
          { action: `${base}/stages`, narrow: true, hidden: { do: 'conclude' }, problem: o.problem },
          (refused) =>
            html`<input
                type="hidden"
                name="stage"
                value="${next.id}"
              />${versionFields(c, view, 'stages', { reason: Boolean(stages[next.id]?.conclusion), problem: refused })}${select(
                c,
                {
                  name: 'outcome',
                  label: t('inspection.stage.conclusion'),
                  choices: conclusions.map((v) => ({ value: v, text: t(`inspection.outcome.${v}`) })),
                },
                refused,
              )}${field(c, { name: 'on', label: t('inspection.stage.on'), type: 'date', required: true }, refused)}${textArea(
                c,
                { name: 'opinion', label: t('inspection.stage.opinion'), required: true },
                refused,
              )}${field(c, { name: 'signedBy', label: t('inspection.stage.signed-name'), hint: t('inspection.stage.signed-hint'), required: true }, refused)}<button>
                ${t('inspection.stage.sign')}
              </button>`,
        ),
      )
    }${
      c.may('inspection.configure', code) &&
      html`${fold(
        t('inspection.stage.plan'),
        postForm(
          c,
          { action: `${base}/stages`, narrow: true, hidden: { do: 'plan' }, problem: o.problem },
          (refused) =>
            html`${versionFields(c, view, 'stages', { reason: false })}${select(
                c,
                { name: 'stage', label: t('inspection.stage'), choices },
                refused,
              )}${field(c, { name: 'from', label: t('inspection.from'), type: 'date', required: true }, refused)}${field(
                c,
                { name: 'to', label: t('inspection.to'), type: 'date', required: true },
                refused,
              )}${field(c, { name: 'reason', path: 'plan-reason', label: t('inspection.reason.if-changed') }, refused)}<button>
                ${t('inspection.save')}
              </button>`,
        ),
      )}
      ${fold(
        t(notice === null ? 'inspection.notice.make' : 'inspection.notice.change'),
        postForm(
          c,
          { action: `${base}/stages`, narrow: true, hidden: { do: 'notice' }, problem: o.problem },
          (refused) =>
            html`${versionFields(c, view, 'stages', { reason: false })}${field(
                c,
                {
                  name: 'from',
                  path: 'notice-from',
                  label: t('inspection.from'),
                  type: 'date',
                  value: notice?.from,
                  required: true,
                },
                refused,
              )}${field(
                c,
                {
                  name: 'to',
                  path: 'notice-to',
                  label: t('inspection.to'),
                  type: 'date',
                  value: notice?.to,
                  required: true,
                },
                refused,
              )}${textArea(c, { name: 'text', label: t('inspection.notice.text'), value: notice?.text ?? '', required: true }, refused)}${field(
                c,
                {
                  name: 'contact',
                  label: t('inspection.notice.contact'),
                  value: notice?.contact,
                  required: true,
                },
                refused,
              )}${field(c, { name: 'reason', path: 'notice-reason', label: t('inspection.reason.if-changed') }, refused)}<button>
                ${t('inspection.save')}
              </button>`,
        ),
      )}`
    }${
      notice !== null &&
      html`<p>
        ${t('inspection.notice.stands', { from: notice.from, to: notice.to })}${t('sentence.gap')}<a
          href="/notice/${view.campaign.id}/${code}"
          >${t('inspection.notice.page')}</a
        >
      </p>`
    }`,
  });
}

export function othersCard(c: StaffContext, o: GatesPart): Html {
  const { t } = c.page;
  const { view } = o;
  const { figures } = view.documents['other-figures'].body;
  const base = inspectionPath(view);
  return card({
    title: t('inspection.others'),
    id: 'others',
    body: html`<p>${t('inspection.others.about')}</p>
      ${
        figures.length === 0
          ? emptyState(t('inspection.others.none'))
          : list(
              figures.map(
                (f, i) =>
                  html`${tag('warn', t('inspection.others.unverified'))}
                  ${t('inspection.others.line', { body: f.body, value: f.value, unit: t(`inspection.unit.${f.unit}`), on: f.asOf })}${f.note !== '' && html` ${f.note}`}${
                    c.may('inspection.enter', view.county.code) &&
                    html` ${actionForm(c, `${base}/other-figures`, t('inspection.withdraw'), { quiet: true, hidden: { do: 'withdraw', index: String(i), version: String(view.documents['other-figures'].version), reason: t('inspection.withdrawn') } })}`
                  }`,
              ),
            )
      }${
        c.may('inspection.enter', view.county.code) &&
        fold(
          t('inspection.others.add'),
          postForm(
            c,
            { action: `${base}/other-figures`, narrow: true, hidden: { do: 'note' }, problem: o.problem },
            (refused) =>
              html`${versionFields(c, view, 'other-figures', { reason: false })}${field(
                  c,
                  { name: 'body', label: t('inspection.others.body'), required: true },
                  refused,
                )}${field(c, { name: 'value', label: t('inspection.others.value'), type: 'number', required: true, extra: { step: 'any', min: 0, max: 100 } }, refused)}${select(
                  c,
                  {
                    name: 'unit',
                    label: t('inspection.others.unit'),
                    choices: (['points', 'percent'] as const).map((v) => ({
                      value: v,
                      text: t(`inspection.unit.${v}`),
                    })),
                  },
                  refused,
                )}${field(c, { name: 'asOf', label: t('inspection.others.as-of'), type: 'date', required: true }, refused)}${field(
                  c,
                  { name: 'note', label: t('inspection.note') },
                  refused,
                )}<button>${t('inspection.save')}</button>`,
          ),
        )
      }`,
  });
}
