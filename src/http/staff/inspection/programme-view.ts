/**
 * A programme of schools: coverage against the targets, the year's applications and their check, and each school's level and next
 * review.
 */
import type { Application, Target } from '../../../domain/inspection/programme.ts';
import { programmeMark, standingOf } from '../../../domain/inspection/programme.ts';
import type { ProgrammeRules } from '../../../domain/inspection/programme-rules.ts';
import { areRoundsDone } from '../../../domain/inspection/reinspection.ts';
import { formatShare, formatValue } from '../../../domain/scoring/format.ts';
import { field, fold, postForm, select } from '../../../html/form.ts';
import { problemOf } from '../../../html/problem.ts';
import { html, type Content, type Html } from '../../../html/html.ts';
import { card, emptyState, facts, help, list, tag, type Tone } from '../../../html/parts.ts';
import { filterLinks, table } from '../../../html/table.ts';
import type { ProgrammeView } from '../../../operations/inspection/programme.ts';
import type { StaffContext } from '../page-view.ts';
import {
  inspectionFrame,
  inspectionPath,
  localised,
  rulesForm,
  versionFields,
  type InspectionPageParts,
} from './frame-view.ts';
import { roundsBlock } from './rounds-view.ts';

export type ProgrammePage = InspectionPageParts &
  ProgrammeView & {
    readonly shipped: readonly ProgrammeRules[];
    /** Level whose criteria the application form asks; null: the lowest. */
    readonly level: string | null;
  };

const tones: Readonly<Record<Application['state'], Tone>> = {
  applied: 'warn',
  granted: 'ok',
  refused: 'bad',
  withdrawn: 'neutral',
};
const percent = (share: number) => `${formatValue(100 * share, { decimals: 1, threshold: null })}%`;

export function programmePage(c: StaffContext, o: ProgrammePage): Html {
  const { rules } = o.view.documents.programme.body;
  return inspectionFrame(c, o, {
    page: 'programme',
    body:
      rules === null
        ? rulesCard(c, o)
        : html`${coverageCard(c, o, rules)}${yearCard(c, o, rules)}${standingsCard(c, o, rules)}${rulesCard(c, o)}`,
  });
}

const levelName = (c: StaffContext, rules: ProgrammeRules, id: string | null): string => {
  const own = rules.levels.find((l) => l.id === id);
  return own ? localised(c, own.title) : c.page.t('inspection.programme.no-level-any-more');
};
const schoolName = (o: ProgrammePage, id: string): string => o.schools.find((s) => s.id === id)?.name ?? id;

/** Schools that apply by themselves, with their teaching points in brackets. */
function unitsOf(o: ProgrammePage, rules: ProgrammeRules) {
  return o.schools.filter((s) => !(rules.bundles && s.parent !== null));
}
function unitText(c: StaffContext, o: ProgrammePage, rules: ProgrammeRules, id: string): string {
  const points = rules.bundles ? o.schools.filter((s) => s.parent === id).map((s) => s.name) : [];
  const name = schoolName(o, id);
  return points.length === 0
    ? name
    : c.page.t('inspection.programme.with-points', {
        name,
        points: points.join(c.page.t('staff.list-comma')),
      });
}

function coverageCard(c: StaffContext, o: ProgrammePage, rules: ProgrammeRules): Html {
  const { t } = c.page;
  const coverage = o.coverage!;
  const covered = coverage.byLevel.reduce((n, l) => n + l.count, 0);
  const missed = coverage.targets.filter((own) => own.meets === false).length;
  const reached = (own: Target): Content =>
    own.share === null
      ? '–'
      : t('staff.bracketed', { text: percent(own.share), more: `${own.count}/${coverage.units}` });
  return card({
    title: t('inspection.programme.coverage'),
    id: 'coverage',
    aside: missed > 0 && tag('bad', t('inspection.programme.missed', { count: missed })),
    body: html`<p class="lead">
        ${t('inspection.programme.covered', {
          units: coverage.units,
          covered,
          share: coverage.units === 0 ? '–' : percent(covered / coverage.units),
          levels: coverage.byLevel
            .map((l) =>
              t('inspection.programme.of-level', { level: levelName(c, rules, l.level), count: l.count }),
            )
            .join(t('staff.list-comma')),
        })}
      </p>
      ${table({
        caption: t('inspection.programme.coverage'),
        stack: true,
        columns: [
          { text: t('inspection.year') },
          { text: t('inspection.programme.target') },
          { text: t('inspection.programme.at-least'), number: true },
          { text: t('inspection.programme.reached'), number: true },
          { text: t('inspection.verdict') },
        ],
        rows: coverage.targets.map((own) => [
          String(own.year),
          own.kind === 'coverage'
            ? t('inspection.programme.target.coverage')
            : t('inspection.programme.target.top', { level: levelName(c, rules, rules.levels.at(-1)!.id) }),
          percent(own.target),
          reached(own),
          own.meets === null
            ? tag('neutral', t('inspection.programme.not-yet'))
            : tag(own.meets ? 'ok' : 'bad', t(`inspection.gate.${own.meets ? 'met' : 'not-met'}`)),
        ]),
      })}`,
  });
}

function yearCard(c: StaffContext, o: ProgrammePage, rules: ProgrammeRules): Html {
  const { t } = c.page;
  const { applications, years } = o.view.documents.programme.body;
  const year = o.today.slice(0, 4);
  const rounds = years[year] ?? [];
  const own = applications.filter((a) => String(a.year) === year);
  const isRefused = rounds.some((r) => r.outcome === 'refused');
  const isOver = isRefused || areRoundsDone(rules.check, rounds);
  const mayEnter = c.may('inspection.enter', o.view.county.code);
  const path = inspectionPath(o.view, 'programme');
  const earlier = applications.filter((a) => String(a.year) !== year);
  const version = String(o.view.documents.programme.version);
  const rows = (of: readonly Application[], isNow: boolean) =>
    of.map((a) => [
      unitText(c, o, rules, a.school),
      levelName(c, rules, a.level),
      a.on,
      tag(tones[a.state], t(`inspection.programme.state.${a.state}`)),
      html`<details>
          <summary>${t('inspection.programme.answers')}</summary>
          ${list(
            a.answers.map((answer) => {
              const criterion = rules.levels
                .find((l) => l.id === a.level)
                ?.criteria.find((one) => one.id === answer.criterion);
              return html`${criterion ? localised(c, criterion.title) : answer.criterion}${t('staff.colon')}${answer.note}`;
            }),
          )}
        </details>
        ${
          isNow &&
          mayEnter &&
          a.state === 'applied' &&
          rounds.length === 0 &&
          fold(
            t('inspection.withdraw'),
            postForm(
              c,
              { action: path, hidden: { do: 'withdraw', no: String(a.no), version }, problem: o.problem },
              (refused) =>
                html`${field(c, { name: 'reason', path: `withdraw-${a.no}`, label: t('inspection.reason.label'), required: true }, refused)}<button
                    class="secondary"
                  >
                    ${t('inspection.withdraw')}
                  </button>`,
            ),
          )
        }`,
    ]);
  const columns = [
    { text: t('staff.field.school') },
    { text: t('inspection.programme.level') },
    { text: t('inspection.programme.applied-on') },
    { text: t('inspection.task.state') },
    { text: t('inspection.programme.self') },
  ];
  return card({
    title: t('inspection.programme.year', { year }),
    id: 'applications',
    aside: isRefused && tag('bad', t('inspection.programme.refused-year')),
    body: html`${
        own.length === 0
          ? emptyState(t('inspection.programme.none-applied'))
          : table({
              caption: t('inspection.programme.year', { year }),
              stack: true,
              columns,
              rows: rows(own, true),
            })
      }${mayEnter && rounds.length === 0 && applyForm(c, o, rules)}
      <h3>${t('inspection.programme.check')}</h3>
      ${roundsBlock(c, {
        view: o.view,
        record: 'programme',
        rule: rules.check,
        rounds,
        mark: programmeMark(year),
        nameOf: (no) => {
          const application = applications.find((a) => a.no === no);
          return application
            ? t('staff.bracketed', {
                text: schoolName(o, application.school),
                more: levelName(c, rules, application.level),
              })
            : String(no);
        },
        ready: own.filter((a) => a.state === 'applied').length,
        isOver,
        problem: o.problem,
      })}${
        earlier.length > 0 &&
        html`<details>
          <summary>${t('inspection.programme.earlier')}</summary>
          ${table({ caption: t('inspection.programme.earlier'), stack: true, columns, rows: rows(earlier.toReversed(), false) })}
        </details>`
      }`,
  });
}

function applyForm(c: StaffContext, o: ProgrammePage, rules: ProgrammeRules): Html {
  const { t } = c.page;
  const level = rules.levels.find((l) => l.id === o.level) ?? rules.levels[0]!;
  const path = inspectionPath(o.view, 'programme');
  return html`<details
    id="apply"
    ${(o.level !== null || problemOf(o.problem, path, { do: 'apply' })) && html`open`}
  >
    <summary>${t('inspection.programme.apply')}</summary>
    ${filterLinks({
      label: t('inspection.programme.level'),
      here: `${path}?level=${level.id}`,
      name: 'level',
      options: rules.levels.map((l) => ({ value: l.id, text: localised(c, l.title) })),
    })}
    ${postForm(
      c,
      {
        action: path,
        narrow: true,
        hidden: { do: 'apply', level: level.id },
        problem: o.problem,
      },
      (refused) =>
        html`${versionFields(c, o.view, 'programme', { reason: false })}${select(
            c,
            {
              name: 'school',
              label: t('staff.field.school'),
              hint: rules.bundles ? t('inspection.programme.bundle-hint') : undefined,
              choices: unitsOf(o, rules).map((s) => ({ value: s.id, text: unitText(c, o, rules, s.id) })),
            },
            refused,
          )}
          <p>${t('inspection.programme.criteria', { level: localised(c, level.title) })}</p>
          ${level.criteria.map((one) =>
            field(
              c,
              {
                name: `answer-${one.id}`,
                label: localised(c, one.title),
                required: true,
                extra: { maxlength: 500, placeholder: t('inspection.programme.how-met') },
              },
              refused,
            ),
          )}<button>${t('inspection.programme.apply.do', { level: localised(c, level.title) })}</button>`,
    )}
  </details>`;
}

function standingsCard(c: StaffContext, o: ProgrammePage, rules: ProgrammeRules): Html {
  const { t } = c.page;
  const { levels } = o.view.documents.programme.body;
  const mayDecide = c.may('inspection.decide', o.view.county.code);
  const path = inspectionPath(o.view, 'programme');
  const version = String(o.view.documents.programme.version);
  const due = new Map(o.coverage!.reviews.map((r) => [r.school, r]));
  const late = o.coverage!.reviews.filter((r) => r.isLate).length;
  const rank = (id: string | null) => rules.levels.findIndex((l) => l.id === id);
  const held = Object.entries(levels)
    .map(([school, history]) => ({ school, history, standing: standingOf(history)! }))
    .sort(
      (a, b) =>
        rank(b.standing.level) - rank(a.standing.level) ||
        schoolName(o, a.school).localeCompare(schoolName(o, b.school), 'zh-CN'),
    );
  return card({
    title: t('inspection.programme.standings'),
    id: 'standings',
    aside: late > 0 && tag('bad', t('inspection.programme.reviews-late', { count: late })),
    body: html`${
      held.length === 0
        ? emptyState(t('inspection.programme.no-standings'))
        : table({
            caption: t('inspection.programme.standings'),
            stack: true,
            columns: [
              { text: t('staff.field.school') },
              { text: t('inspection.programme.level') },
              { text: t('inspection.programme.since') },
              { text: t('inspection.programme.review-due') },
              { text: t('inspection.programme.history') },
              ...(mayDecide ? [{ text: t('inspection.programme.review') }] : []),
            ],
            rows: held.map(({ school, history, standing }) => {
              const own = due.get(school);
              return [
                unitText(c, o, rules, school),
                standing.level === null
                  ? tag('neutral', levelName(c, rules, null))
                  : levelName(c, rules, standing.level),
                standing.since,
                own ? html`${own.due}${own.isLate && html` ${tag('bad', t('inspection.task.late'))}`}` : '–',
                list(
                  history.map(
                    (e) =>
                      html`${e.from}
                      ${t(`inspection.programme.how.${e.how}`)}${e.level !== null && html` ${levelName(c, rules, e.level)}`}${e.note !== '' && html`${t('staff.colon')}${e.note}`}`,
                  ),
                ),
                ...(mayDecide
                  ? [
                      standing.level !== null &&
                        fold(
                          t('inspection.programme.review'),
                          postForm(
                            c,
                            { action: path, hidden: { do: 'review', school, version }, problem: o.problem },
                            (refused) =>
                              html`${select(
                                  c,
                                  {
                                    name: 'outcome',
                                    path: `outcome-${school}`,
                                    of: schoolName(o, school),
                                    label: t('inspection.stage.conclusion'),
                                    choices: [
                                      { value: 'kept', text: t('inspection.programme.how.kept') },
                                      ...rules.levels
                                        .slice(0, Math.max(0, rank(standing.level)))
                                        .map((l) => ({
                                          value: `downgraded ${l.id}`,
                                          text: t('inspection.programme.downgrade-to', {
                                            level: localised(c, l.title),
                                          }),
                                        })),
                                      { value: 'delisted', text: t('inspection.programme.how.delisted') },
                                    ],
                                  },
                                  refused,
                                )}${field(c, { name: 'note', path: `note-${school}`, of: schoolName(o, school), label: t('inspection.stage.opinion'), required: true, extra: { maxlength: 500 } }, refused)}<button
                                  class="secondary"
                                >
                                  ${t('inspection.save')}
                                </button>`,
                          ),
                        ),
                    ]
                  : []),
              ];
            }),
          })
    }${
      mayDecide &&
      fold(
        t('inspection.programme.register'),
        html`<p>${t('inspection.programme.register.about')}</p>
          ${postForm(
            c,
            { action: path, narrow: true, hidden: { do: 'register', version }, problem: o.problem },
            (refused) =>
              html`${select(
                  c,
                  {
                    name: 'school',
                    path: 'register-school',
                    label: t('staff.field.school'),
                    choices: unitsOf(o, rules)
                      .filter((s) => !levels[s.id])
                      .map((s) => ({ value: s.id, text: unitText(c, o, rules, s.id) })),
                  },
                  refused,
                )}${select(
                  c,
                  {
                    name: 'level',
                    path: 'register-level',
                    label: t('inspection.programme.level'),
                    choices: rules.levels.map((l) => ({ value: l.id, text: localised(c, l.title) })),
                  },
                  refused,
                )}${field(c, { name: 'from', label: t('inspection.programme.since'), type: 'date', required: true }, refused)}${field(
                  c,
                  {
                    name: 'note',
                    path: 'register-note',
                    label: t('inspection.programme.document'),
                    required: true,
                    extra: { maxlength: 500 },
                  },
                  refused,
                )}<button>${t('inspection.save')}</button>`,
          )}`,
      )
    }`,
  });
}

function rulesCard(c: StaffContext, o: ProgrammePage): Html {
  const { t } = c.page;
  const { rules, adapted } = o.view.documents.programme.body;
  const mayChoose = c.may('inspection.configure', o.view.county.code);
  return card({
    title: t('inspection.programme.rules'),
    id: 'rules',
    body: html`${
      rules === null
        ? emptyState(
            t('inspection.programme.none-chosen'),
            html`<p>${t(mayChoose ? 'inspection.programme.about' : 'inspection.programme.ask')}</p>`,
          )
        : html`${facts([
              [t('inspection.rules.name'), localised(c, rules.title)],
              [
                t('inspection.rules.version'),
                `${rules.version}${adapted ? t('inspection.rules.adapted') : ''}`,
              ],
              [
                t('inspection.programme.waiting'),
                t('inspection.programme.waiting.text', {
                  years: rules.waitYears,
                  skip: t(
                    rules.maySkip ? 'inspection.programme.may-skip' : 'inspection.programme.may-not-skip',
                  ),
                }),
              ],
              [
                t('inspection.programme.check'),
                t('inspection.programme.check.text', {
                  rounds: rules.check.rounds.map((r) => localised(c, r.title)).join(t('staff.list-comma')),
                  limit: `${formatShare(rules.check.refuseAbove, 0)}%`,
                  years: rules.reviewYears,
                }),
              ],
            ])}
            <p>${localised(c, rules.source)}</p>
            ${rules.levels.map((l) => help(t('inspection.programme.criteria-of', { level: localised(c, l.title) }), list(l.criteria.map((one) => localised(c, one.title)))))}${help(
              t('inspection.choices'),
              list(rules.choices.map((text) => localised(c, text))),
            )}
            <p>
              <a href="${inspectionPath(o.view, 'programme')}.json">${t('inspection.rules.download')}</a>
            </p>`
    }${
      mayChoose &&
      rulesForm(c, {
        ...{ view: o.view, record: 'programme', action: inspectionPath(o.view, 'programme'), name: 'rules' },
        ...{ hidden: { do: 'choose' }, shipped: o.shipped, chosen: rules, problem: o.problem },
        title: t(rules === null ? 'inspection.programme.choose' : 'inspection.rules.change'),
      })
    }`,
  });
}
