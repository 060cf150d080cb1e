/** The rectification list: tasks with owner, measure and date; re-inspection by draw; a re-survey beside the survey. */
import type { Task } from '../../../domain/inspection/rectification.ts';
import { rectificationMark, reviewOutcomes } from '../../../domain/inspection/rectification.ts';
import { formatShare, formatSigned, pointStyle } from '../../../domain/scoring/format.ts';
import type { Trend } from '../../../domain/scoring/summary/trend.ts';
import { plot } from '../../../html/charts/plot.ts';
import type { Mark } from '../../../html/charts/strip.ts';
import {
  field,
  fold,
  type PageProblem,
  postForm,
  promisedField,
  select,
  textArea,
} from '../../../html/form.ts';
import { html, type Content, type Html } from '../../../html/html.ts';
import { pagedTable } from '../../../html/paging.ts';
import { card, emptyState, help, tag, type Tone } from '../../../html/parts.ts';
import { table } from '../../../html/table.ts';
import type { RectificationView, Resurvey } from '../../../operations/inspection/rectification.ts';
import { figureText } from '../figure-view.ts';
import type { StaffContext } from '../page-view.ts';
import {
  inspectionFrame,
  inspectionPath,
  localised,
  versionFields,
  type InspectionPageParts,
} from './frame-view.ts';
import { roundsBlock } from './rounds-view.ts';

export type RectificationPage = InspectionPageParts &
  RectificationView & {
    /** Proposal for a new re-survey, in the form of its field. */
    readonly closesAt: string;
    /** The id that it will have. */
    readonly promised: string;
  };

const tones: Readonly<Record<Task['state'], Tone>> = {
  open: 'neutral',
  planned: 'warn',
  reported: 'warn',
  settled: 'ok',
  returned: 'bad',
};

export function rectificationPage(c: StaffContext, o: RectificationPage): Html {
  const { t } = c.page;
  return inspectionFrame(c, o, {
    page: 'rectification',
    body: html`${tasksCard(c, o)}${o.body.tasks.length > 0 && reinspectionCard(c, o)}${
      o.body.tasks.some((task) => task.kind === 'item') &&
      card({
        title: t('inspection.resurvey'),
        id: 're-survey',
        body: resurveyBody(c, o),
      })
    }`,
  });
}

function tasksCard(c: StaffContext, o: RectificationPage): Html {
  const { t } = c.page;
  const { tasks } = o.body;
  const code = o.view.county.code;
  const mayEnter = c.may('inspection.enter', code);
  const isInspector = c.may('inspection.decide', code);
  const { counts, overdue } = o.state;
  const late = overdue.length;
  const isDone = counts.settled === tasks.length;
  return card({
    title: t('inspection.tasks'),
    id: 'tasks',
    aside:
      tasks.length > 0 &&
      tag(
        late > 0 ? 'bad' : isDone ? 'ok' : 'warn',
        t(late > 0 ? 'inspection.tasks.late' : isDone ? 'inspection.tasks.all' : 'inspection.tasks.going', {
          late,
        }),
      ),
    body: html`${
      tasks.length === 0
        ? emptyState(t('inspection.tasks.none'), html`<p>${t('inspection.tasks.none.about')}</p>`)
        : html`<p class="lead">${t('inspection.tasks.counts', { all: tasks.length, ...counts })}</p>
            ${pagedTable(c, {
              caption: t('inspection.tasks'),
              path: inspectionPath(o.view, 'rectification'),
              stack: true,
              columns: [
                { text: t('inspection.task.problem') },
                { text: t('inspection.task.owner') },
                { text: t('inspection.task.measure') },
                { text: t('inspection.task.due') },
                { text: t('inspection.task.state') },
                { text: t('inspection.task.evidence') },
                // Each cell says it itself.
                ...(mayEnter ? [{ text: html`${t('inspection.task.act')}` }] : []),
              ],
              items: tasks,
              row: (task) => [
                html`<b>${task.no}. ${localised(c, task.title)}</b><br /><span class="quiet"
                    >${t(`inspection.finding.${task.kind}`)}${t('staff.colon')}${localised(c, task.found)}</span
                  >`,
                task.owner === null ? '–' : html`${task.owner.unit} <br />${task.owner.role}`,
                task.measure || '–',
                task.due === null
                  ? '–'
                  : html`${task.due}${overdue.includes(task.no) && html` ${tag('bad', t('inspection.task.late'))}`}`,
                html`${tag(tones[task.state], t(`inspection.task.state.${task.state}`))}${task.opinion !== '' && html` <br />${task.opinion}`}`,
                task.evidence.length === 0
                  ? '–'
                  : html`${task.evidence.map((e, i) => html`${i > 0 && html` <br />`}${e.on} ${e.text}${e.hash !== null && html`<br /><span class="hash">${e.hash}</span>`}`)}`,
                ...(mayEnter ? [taskActions(c, o, task, isInspector)] : []),
              ],
            })}
            <p>
              <a class="button secondary" href="${inspectionPath(o.view, 'rectification')}.xlsx"
                >${t('inspection.tasks.xlsx')}</a
              >
            </p>`
    }${mayEnter && collectForm(c, o)}${isInspector && addForm(c, o)}`,
  });
}

function collectForm(c: StaffContext, o: RectificationPage): Html {
  const { t } = c.page;
  const isFirst = o.body.tasks.length === 0;
  return fold(
    t(isFirst ? 'inspection.collect.first' : 'inspection.collect.again'),
    html`<p>
        ${t(o.view.campaign.state === 'released' ? 'inspection.collect.about' : 'inspection.collect.not-released')}
      </p>
      ${postForm(
        c,
        {
          action: inspectionPath(o.view, 'rectification'),
          narrow: true,
          hidden: { do: 'collect' },
          problem: o.problem,
        },
        (refused) =>
          html`${versionFields(c, o.view, 'rectification', { reason: false })}${field(
              c,
              {
                name: 'lowest',
                label: t('inspection.collect.lowest'),
                hint: t('inspection.collect.lowest.hint'),
                type: 'number',
                value: '5',
                required: true,
                extra: { min: 0, max: 50 },
              },
              refused,
            )}<button>${t('inspection.collect.do')}</button>`,
      )}`,
    isFirst,
  );
}

function addForm(c: StaffContext, o: RectificationPage): Html {
  const { t } = c.page;
  return fold(
    t('inspection.task.add'),
    postForm(
      c,
      {
        action: inspectionPath(o.view, 'rectification'),
        narrow: true,
        hidden: { do: 'add' },
        problem: o.problem,
      },
      (refused) =>
        html`${versionFields(c, o.view, 'rectification', { reason: false })}${field(
            c,
            {
              name: 'title',
              label: t('inspection.task.problem'),
              required: true,
              extra: { maxlength: 200 },
            },
            refused,
          )}${textArea(c, { name: 'found', label: t('inspection.task.found'), required: true, rows: 2 }, refused)}<button>
            ${t('inspection.task.add.do')}
          </button>`,
    ),
  );
}

function taskActions(c: StaffContext, o: RectificationPage, task: Task, isInspector: boolean): Content {
  const { t } = c.page;
  if (task.state === 'settled') return '–';
  const open = o.body.rounds.at(-1);
  const isDrawn = open?.outcome === null && open.drawn.includes(task.no);
  const no = String(task.no);
  const form = (name: string, title: string, body: (refused: PageProblem | null) => Content) =>
    postForm(
      c,
      {
        action: inspectionPath(o.view, 'rectification'),
        hidden: { do: name, no, version: String(o.view.documents.rectification.version) },
        problem: o.problem,
      },
      (refused) =>
        html`<h4>${title}</h4>
          ${body(refused)}<button class="secondary">${t('inspection.save')}</button>`,
    );
  const at = (name: string) => `${name}-${no}`;
  const of = t('inspection.task.no', { no });
  return fold(
    t('inspection.task.act'),
    html`${form(
      'plan',
      t(task.owner === null ? 'inspection.task.plan' : 'inspection.task.plan-again'),
      (refused) =>
        html`${field(c, { name: 'unit', path: at('unit'), of, label: t('inspection.task.unit'), value: task.owner?.unit, required: true, extra: { maxlength: 100 } }, refused)}${field(c, { name: 'role', path: at('role'), of, label: t('inspection.task.role'), hint: t('inspection.task.role.hint'), value: task.owner?.role, required: true, extra: { maxlength: 100 } }, refused)}${textArea(c, { name: 'measure', path: at('measure'), of, label: t('inspection.task.measure'), value: task.measure, required: true, rows: 2 }, refused)}${field(c, { name: 'due', path: at('due'), of, label: t('inspection.task.due'), type: 'date', value: task.due ?? undefined, required: true }, refused)}${task.due !== null && field(c, { name: 'reason', path: at('why'), of, label: t('inspection.reason.label'), required: true }, refused)}`,
    )}${
      task.owner !== null &&
      !isDrawn &&
      form(
        'report',
        t('inspection.task.report'),
        (refused) =>
          html`${textArea(c, { name: 'evidence', path: at('evidence'), of, label: t('inspection.task.evidence'), hint: t('inspection.task.evidence.hint'), required: true, rows: 2 }, refused)}${field(c, { name: 'hash', path: at('hash'), of, label: t('inspection.archive.hash'), extra: { pattern: '[0-9a-f]{64}', maxlength: 64 } }, refused)}`,
      )
    }${
      isInspector &&
      task.state === 'reported' &&
      !isDrawn &&
      form(
        'judge',
        t('inspection.task.judge'),
        (refused) =>
          html`${select(c, { name: 'state', path: at('state'), of, label: t('inspection.verdict'), choices: (['settled', 'returned'] as const).map((value) => ({ value, text: t(`inspection.task.judge.${value}`) })) }, refused)}${field(c, { name: 'opinion', path: at('opinion'), of, label: t('inspection.stage.opinion'), required: true, extra: { maxlength: 500 } }, refused)}`,
      )
    }`,
    false,
    'act',
  );
}

function reinspectionCard(c: StaffContext, o: RectificationPage): Html {
  const { t } = c.page;
  const { rule, body, state } = o;
  const ready = state.counts.reported + state.counts.settled;
  const mayReview = state.reviewDue !== null && c.may('inspection.decide', o.view.county.code);
  return card({
    title: t('inspection.reinspection'),
    id: 'reinspection',
    body:
      rule === null
        ? html`<p>${t('inspection.round.no-rule')}</p>`
        : html`${roundsBlock(c, {
              view: o.view,
              record: 'rectification',
              rule,
              rounds: body.rounds,
              mark: rectificationMark,
              nameOf: (no) => {
                const task = body.tasks.find((own) => own.no === no);
                return task ? `${no}. ${localised(c, task.title)}` : String(no);
              },
              ready,
              isOver: false,
              problem: o.problem,
            })}
            <h3>${t('inspection.review', { years: rule.reviewYears })}</h3>
            <p>
              ${state.reviewDue === null ? t('inspection.review.later') : t('inspection.review.due', { due: state.reviewDue })}${t('sentence.gap')}${state.reviewDue !== null && state.reviewDue < o.today && tag('bad', t('inspection.task.late'))}
            </p>
            ${
              body.reviews.length > 0 &&
              table({
                caption: t('inspection.review', { years: rule.reviewYears }),
                stack: true,
                columns: [
                  { text: t('inspection.stage.on') },
                  { text: t('inspection.stage.conclusion') },
                  { text: t('inspection.stage.opinion') },
                ],
                rows: body.reviews.map((r) => [
                  r.on,
                  tag(r.outcome === 'kept' ? 'ok' : 'bad', t(`inspection.review.${r.outcome}`)),
                  r.note,
                ]),
              })
            }${
              mayReview &&
              fold(
                t('inspection.review.enter'),
                postForm(
                  c,
                  {
                    action: inspectionPath(o.view, 'rectification'),
                    narrow: true,
                    hidden: { do: 'review' },
                    problem: o.problem,
                  },
                  (refused) =>
                    html`${versionFields(c, o.view, 'rectification', { reason: false })}${select(
                        c,
                        {
                          name: 'outcome',
                          label: t('inspection.stage.conclusion'),
                          choices: reviewOutcomes.map((value) => ({
                            value,
                            text: t(`inspection.review.${value}`),
                          })),
                        },
                        refused,
                      )}${field(c, { name: 'note', path: 'review-note', label: t('inspection.stage.opinion'), required: true, extra: { maxlength: 500 } }, refused)}<button>
                        ${t('inspection.save')}
                      </button>`,
                ),
              )
            }`,
  });
}

function resurveyBody(c: StaffContext, o: RectificationPage): Content {
  const { t } = c.page;
  return html`<p>${t('inspection.resurvey.about')}</p>
    ${o.resurveys.map((own) => resurveyPart(c, o, own))}${
      o.resurveys.length === 0 &&
      !c.may('campaign.edit') &&
      html`<p>${t('inspection.resurvey.by-office')}</p>`
    }${
      c.may('campaign.edit') &&
      o.view.campaign.state !== 'voided' &&
      fold(
        t('inspection.resurvey.make'),
        postForm(
          c,
          { action: `${inspectionPath(o.view)}/re-survey`, narrow: true, problem: o.problem },
          (refused) =>
            html`${promisedField(o.promised)}${field(
                c,
                {
                  name: 'name',
                  label: t('staff.field.campaign-name'),
                  value: t('inspection.resurvey.name', { county: o.view.county.name }),
                  required: true,
                  extra: { maxlength: 100 },
                },
                refused,
              )}${field(c, { name: 'closesAt', label: t('staff.field.closes'), type: 'datetime-local', value: o.closesAt, required: true }, refused)}<button>
                ${t('inspection.resurvey.do')}
              </button>`,
        ),
        o.resurveys.length === 0,
      )
    }`;
}

function resurveyPart(c: StaffContext, o: RectificationPage, own: Resurvey): Html {
  const { t } = c.page;
  const { campaign, result } = own;
  return html`<h3><a href="/staff/campaigns/${campaign.id}">${campaign.name}</a></h3>
    ${
      result === null
        ? html`<p>${t(`inspection.resurvey.state.${campaign.state}`)}</p>`
        : html`<p>
              ${t('inspection.resurvey.official')}${t('staff.colon')}${trendText(c, result.official, result.summary.profile.decimals)}
            </p>
            ${differences(c, o, result)}`
    }`;
}

/** @param isNarrow one below the other */
function trendText(c: StaffContext, trend: Trend, decimals: number, isNarrow = false): Content {
  const { t } = c.page;
  if (trend.kind === 'not-comparable') return html`<span class="why">${t(`trend.${trend.why}`)}</span>`;
  const sign = trend.change === 'up' ? '▲ ' : trend.change === 'down' ? '▼ ' : '';
  const space = isNarrow ? html`<br />` : ' ';
  const params = {
    low: formatSigned(trend.interval.low, decimals),
    high: formatSigned(trend.interval.high, decimals),
  };
  return html`<b>${formatSigned(trend.value, decimals)}</b>${space}<span class="quiet"
      >${t(isNarrow ? 'inspection.resurvey.from-to' : 'inspection.resurvey.interval', params)}</span
    >${space}<span class="change">${sign}${t(`trend.${trend.change}`)}</span>`;
}

function differences(c: StaffContext, o: RectificationPage, result: NonNullable<Resurvey['result']>): Html {
  const { t } = c.page;
  const { decimals, interval } = result.summary.profile;
  const style = pointStyle(result.summary);
  const rows = o.body.tasks.flatMap((task) => {
    const own = result.items.get(task.no);
    return own ? [{ task, own }] : [];
  });
  const most = rows.reduce(
    (max, { own: { trend } }) =>
      trend.kind === 'difference'
        ? Math.max(max, Math.abs(trend.interval.low), Math.abs(trend.interval.high))
        : max,
    0,
  );
  const end = Math.max(2, Math.ceil(most / 2) * 2);
  const marksOf = (trend: Trend): readonly Mark[] =>
    trend.kind === 'difference'
      ? [
          { kind: 'interval', from: trend.interval.low, to: trend.interval.high },
          { kind: 'point', at: trend.value, point: trend.change === 'unclear' ? 'hollow-dot' : 'dot' },
        ]
      : [];
  return html`${plot({
    caption: t('inspection.resurvey.differences'),
    names: t('inspection.task.problem'),
    drawing: t('inspection.resurvey.drawing'),
    scale: { low: -end, high: end },
    axis: [
      { at: -end, text: formatSigned(-end, 0) },
      { at: 0, text: '0', strong: true },
      { at: end, text: formatSigned(end, 0) },
    ],
    common: [
      { kind: 'grid', at: -end / 2 },
      { kind: 'grid', at: end / 2 },
      { kind: 'zero', at: 0 },
    ],
    tall: true,
    columns: [
      { text: t('inspection.resurvey.before'), minor: true },
      { text: t('inspection.resurvey.now'), minor: true },
      { text: t('compare.difference') },
    ],
    rows: rows.map(({ task, own }) => ({
      name: html`${localised(c, task.title)}<br /><span class="quiet"
          >${task.group === null ? '' : t(`staff.group.${task.group}`)}</span
        >`,
      marks: marksOf(own.trend),
      cells: [
        figureText(c, own.before, style),
        figureText(c, own.now, style),
        trendText(c, own.trend, decimals, true),
      ],
    })),
  })}${help(
    t('inspection.resurvey.how'),
    html`<p>${t('inspection.resurvey.how.text', { level: formatShare(interval.level, 4) })}</p>`,
  )}`;
}
