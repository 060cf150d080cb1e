/** The four symposiums of a county, and the page of one. */
import type { School } from '../../../domain/model/school.ts';
import {
  longestSymposium,
  noteDimensions,
  noteMarks,
  symposiumKinds,
  symposiumStates,
  type Symposium,
  type SymposiumState,
} from '../../../domain/inspection/symposiums.ts';
import { checkBox, choices, field, fold, postForm, select, textArea } from '../../../html/form.ts';
import { attributes, html, type Content, type Html } from '../../../html/html.ts';
import { card, emptyState, facts, help, tag, type Tone } from '../../../html/parts.ts';
import { table } from '../../../html/table.ts';
import type { StaffContext } from '../page-view.ts';
import { calleesTable, callsPath, toneOfInvitation } from './call-view.ts';
import { inspectionFrame, inspectionPath, versionFields, type InspectionPageParts } from './frame-view.ts';

export interface OnsitePage extends InspectionPageParts {
  readonly schools: readonly School[];
}

const stateTones = {
  held: 'ok',
  'too-long': 'warn',
  planned: 'neutral',
  missing: 'bad',
} as const satisfies Record<SymposiumState['state'], Tone>;

const meetingPath = (o: InspectionPageParts, no: number) =>
  `${inspectionPath(o.view, 'onsite')}/symposiums/${no}`;

export function symposiumsCard(c: StaffContext, o: OnsitePage): Html {
  const { t } = c.page;
  const { view } = o;
  const { meetings } = view.documents.symposiums.body;
  const states = symposiumStates(view.documents.symposiums.body);
  const missing = states.filter((s) => s.state !== 'held');
  const kindOf = (kind: string) => t(`inspection.symposium.kind.${kind}`);
  return card({
    title: t('inspection.symposiums'),
    id: 'symposiums',
    aside: tag(
      missing.length === 0 ? 'ok' : 'warn',
      t('inspection.symposium.count', { held: states.length - missing.length, count: states.length }),
    ),
    body: html`<p>
        ${
          missing.length === 0
            ? t('inspection.symposium.all')
            : t('inspection.symposium.lacking', {
                kinds: missing.map((s) => kindOf(s.kind)).join(t('staff.list-comma')),
              })
        }
      </p>
      ${facts(
        states.map(
          (s) =>
            [
              kindOf(s.kind),
              html`${tag(stateTones[s.state], t(`inspection.symposium.state.${s.state}`))}${
                s.undrawn && html` ${tag('warn', t('inspection.symposium.undrawn'))}`
              }`,
            ] as const,
        ),
      )}${
        meetings.length > 0 &&
        table({
          caption: t('inspection.symposiums'),
          stack: true,
          columns: [
            { text: t('inspection.symposium.with') },
            { text: t('inspection.symposium.on') },
            { text: t('inspection.symposium.place') },
            { text: t('inspection.symposium.invited'), number: true },
            { text: t('inspection.symposium.present'), number: true },
            { text: t('inspection.symposium.notes'), number: true },
          ],
          rows: meetings.map((m) => [
            html`<a href="${meetingPath(o, m.no)}">${kindOf(m.kind)}</a>`,
            `${m.on} ${m.at}`,
            m.place,
            m.draw ? m.draw.invited.length : '–',
            m.held ? m.held.present : '–',
            m.notes.length,
          ]),
        })
      }${help(t('inspection.symposium.rule'), html`<p>${t('inspection.symposium.rule.text')}</p>`)}${
        c.may('inspection.enter', view.county.code) &&
        fold(t('inspection.symposium.plan'), planForm(c, o, null))
      }`,
  });
}

type Problem = InspectionPageParts['problem'];

function symposiumForm(
  c: StaffContext,
  o: InspectionPageParts,
  hidden: Readonly<Record<string, string>>,
  body: (problem: Problem) => Content,
): Html {
  return postForm(
    c,
    { action: `${inspectionPath(o.view)}/symposiums`, narrow: true, hidden, problem: o.problem },
    body,
  );
}

function planForm(c: StaffContext, o: InspectionPageParts, meeting: Symposium | null): Html {
  const { t } = c.page;
  return symposiumForm(
    c,
    o,
    meeting === null ? { do: 'plan' } : { do: 'move', no: String(meeting.no) },
    (problem) =>
      html`${
          meeting === null &&
          select(
            c,
            {
              name: 'kind',
              label: t('inspection.symposium.with'),
              choices: symposiumKinds.map((value) => ({
                value,
                text: t(`inspection.symposium.kind.${value}`),
              })),
            },
            problem,
          )
        }${field(
          c,
          {
            name: 'on',
            label: t('inspection.symposium.on'),
            type: 'date',
            value: meeting?.on,
            required: true,
          },
          problem,
        )}${field(
          c,
          {
            name: 'at',
            label: t('inspection.symposium.at'),
            hint: t('inspection.symposium.at.hint'),
            value: meeting?.at,
            required: true,
            extra: { maxlength: 5 },
          },
          problem,
        )}${field(
          c,
          {
            name: 'minutes',
            label: t('inspection.symposium.minutes'),
            hint: t('inspection.symposium.minutes.hint'),
            type: 'number',
            value: String(meeting?.minutes ?? longestSymposium),
            unit: t('inspection.minutes'),
            required: true,
            extra: { min: 10, max: longestSymposium },
          },
          problem,
        )}${field(
          c,
          {
            name: 'place',
            label: t('inspection.symposium.place'),
            value: meeting?.place,
            required: true,
            extra: { maxlength: 200 },
          },
          problem,
        )}${meeting !== null && reasonField(c, problem, 'reason-move')}<button>
          ${t(meeting === null ? 'inspection.symposium.plan.save' : 'inspection.symposium.move')}
        </button>`,
  );
}

function reasonField(c: StaffContext, problem: Problem, path: string): Html {
  return field(
    c,
    {
      name: 'reason',
      path,
      label: c.page.t('inspection.reason.label'),
      hint: c.page.t('inspection.reason.hint'),
      required: true,
      extra: { maxlength: 500 },
    },
    problem,
  );
}

export interface SymposiumPage extends OnsitePage {
  readonly meeting: Symposium;
}

export function symposiumPage(c: StaffContext, o: SymposiumPage): Html {
  const { t } = c.page;
  const { meeting: m, view } = o;
  const code = view.county.code;
  const mayDecide = c.may('inspection.decide', code);
  const mayEnter = c.may('inspection.enter', code);
  const title = t('inspection.symposium.title', { kind: t(`inspection.symposium.kind.${m.kind}`), on: m.on });
  return inspectionFrame(c, o, {
    page: 'onsite',
    title,
    body: html`${card({
      title,
      aside: tag(
        m.held === null ? 'neutral' : m.held.lasted > longestSymposium ? 'warn' : 'ok',
        t(
          `inspection.symposium.state.${m.held === null ? 'planned' : m.held.lasted > longestSymposium ? 'too-long' : 'held'}`,
        ),
      ),
      body: html`${facts([
        [t('inspection.symposium.on'), `${m.on} ${m.at}`],
        [t('inspection.symposium.place'), m.place],
        [
          t('inspection.symposium.minutes'),
          t('inspection.symposium.planned-minutes', { minutes: m.minutes }),
        ],
        m.held && [
          t('inspection.symposium.attendance'),
          t('inspection.symposium.attended', {
            present: m.held.present,
            invited: m.draw?.invited.length ?? 0,
            lasted: m.held.lasted,
          }),
        ],
        m.held !== null && m.held.names !== null && [t('inspection.symposium.names'), m.held.names],
      ])}${
        mayEnter &&
        m.held === null &&
        fold(
          t('inspection.symposium.move.title'),
          html`${planForm(c, o, m)}${
            m.draw === null &&
            symposiumForm(
              c,
              o,
              { do: 'drop', no: String(m.no) },
              (problem) =>
                html`${reasonField(c, problem, 'reason-drop')}<button class="secondary">
                    ${t('inspection.symposium.drop')}
                  </button>`,
            )
          }`,
        )
      }`,
    })}${card({
      title: t('inspection.symposium.invitations'),
      id: 'invitations',
      body: m.draw === null ? undrawn(c, o, mayDecide) : invitations(c, o, m.draw),
    })}${card({
      title: t('inspection.symposium.record'),
      id: 'record',
      body: html`${notes(c, o, mayDecide)}${mayDecide && holdForm(c, o)}${mayDecide && m.held !== null && noteForm(c, o)}`,
    })}`,
  });
}

function undrawn(c: StaffContext, o: SymposiumPage, mayDecide: boolean): Content {
  const { t } = c.page;
  const isFrozen = o.view.county.frame !== null;
  const hasSample = sampleSize(o) > 0;
  return html`${emptyState(
    t('inspection.symposium.not-drawn'),
    html`<p>${t(isFrozen ? 'inspection.symposium.by-inspector' : 'inspection.sample.not-frozen')}</p>`,
  )}${
    mayDecide &&
    isFrozen &&
    o.meeting.held === null &&
    symposiumForm(
      c,
      o,
      { do: 'draw', no: String(o.meeting.no) },
      (problem) =>
        html`${field(
            c,
            {
              name: 'count',
              label: t('inspection.symposium.how-many'),
              hint: t('inspection.symposium.how-many.hint'),
              type: 'number',
              value: '20',
              required: true,
              extra: { min: 1, max: 60 },
            },
            problem,
          )}${
            hasSample &&
            (o.meeting.kind === 'teachers' || o.meeting.kind === 'parents') &&
            checkBox(
              c,
              { name: 'sampleSchools', label: t('inspection.symposium.within'), value: 'true' },
              problem,
            )
          }${diceField(c, problem)}<button>${t('inspection.symposium.draw')}</button>`,
    )
  }`;
}

export function diceField(c: StaffContext, problem: Problem): Html {
  const { t } = c.page;
  return field(
    c,
    {
      name: 'dice',
      label: t('inspection.sample.throw'),
      hint: t('inspection.sample.throw.hint'),
      required: true,
      extra: { inputmode: 'numeric', autocomplete: 'off' },
    },
    problem,
  );
}

export const sampleSize = ({ view }: OnsitePage) => {
  const { draw, designated } = view.documents.sample.body;
  return (draw?.schools.length ?? 0) + designated.length;
};

function invitations(c: StaffContext, o: SymposiumPage, draw: NonNullable<Symposium['draw']>): Content {
  const { t } = c.page;
  const names = new Map<string, string>(o.schools.map((s) => [s.id, s.name]));
  const coming = draw.invited.filter((i) => i.outcome === 'coming').length;
  return html`<p>
      ${t('inspection.symposium.drawn', { count: draw.invited.length, size: draw.size })}${t('sentence.gap')}${draw.within !== null && t('inspection.symposium.drawn-within', { count: draw.within.length })}${t('sentence.gap')}${coming > 0 && t('inspection.symposium.coming', { coming })}
    </p>
    ${
      c.may('inspection.call', o.view.county.code) &&
      o.meeting.held === null &&
      html`<p><a href="${callsPath(o.view)}#symposiums-${o.meeting.no}">${t('inspection.call.go')}</a></p>`
    }
    <details>
      <summary>${t('inspection.call.list', { count: draw.invited.length })}</summary>
      ${calleesTable(c, {
        caption: t('inspection.symposium.invitations'),
        outcomes: 'inspection.symposium.outcome',
        toneOf: toneOfInvitation,
        people: draw.invited.map(({ shown, outcome, school }) => ({
          ...{ shown, outcome },
          school: school === null ? null : (names.get(school) ?? null),
        })),
      })}
    </details>
    ${help(
      t('inspection.symposium.draw.how'),
      html`<p>${t('inspection.symposium.draw.rule', { no: o.meeting.no, dice: draw.dice })}</p>
        <p class="hash">${draw.seed}</p>`,
    )}`;
}

function notes(c: StaffContext, o: SymposiumPage, mayDecide: boolean): Content {
  const { t } = c.page;
  const { meeting: m } = o;
  if (m.held === null) return emptyState(t('inspection.symposium.not-held'));
  if (m.notes.length === 0) return html`<p>${t('inspection.symposium.no-notes')}</p>`;
  return html`${table({
    caption: t('inspection.symposium.record'),
    stack: true,
    columns: [
      { text: t('inspection.call.at'), number: true },
      { text: t('inspection.symposium.dimension') },
      { text: t('inspection.symposium.mark') },
      { text: t('inspection.symposium.text') },
    ],
    rows: m.notes.map((n, i) => [
      i + 1,
      t(`inspection.dimension.${n.dimension}`),
      tag(n.mark === 'highlight' ? 'ok' : 'bad', t(`inspection.symposium.mark.${n.mark}`)),
      n.text,
    ]),
  })}${
    mayDecide &&
    fold(
      t('inspection.symposium.remove-note'),
      symposiumForm(
        c,
        o,
        { do: 'remove-note', no: String(m.no) },
        (problem) =>
          html`${select(
              c,
              {
                name: 'note',
                label: t('inspection.call.at'),
                choices: m.notes.map((n, i) => ({
                  value: String(i + 1),
                  text: `${i + 1} · ${n.text.slice(0, 24)}`,
                })),
              },
              problem,
            )}${reasonField(c, problem, 'reason-note')}<button class="secondary">
              ${t('inspection.symposium.remove-note')}
            </button>`,
      ),
    )
  }`;
}

function holdForm(c: StaffContext, o: SymposiumPage): Html {
  const { t } = c.page;
  const { meeting: m } = o;
  const form = symposiumForm(
    c,
    o,
    { do: 'hold', no: String(m.no) },
    (problem) => html`${versionFields(c, o.view, 'symposiums', { reason: false })}${field(
      c,
      {
        name: 'present',
        label: t('inspection.symposium.present'),
        type: 'number',
        value: m.held === null ? undefined : String(m.held.present),
        unit: t('inspection.people'),
        required: true,
        extra: { min: 1, max: 500 },
      },
      problem,
    )}${field(
      c,
      {
        name: 'lasted',
        label: t('inspection.symposium.lasted'),
        type: 'number',
        value: m.held === null ? undefined : String(m.held.lasted),
        unit: t('inspection.minutes'),
        required: true,
        extra: { min: 1, max: 600 },
      },
      problem,
    )}${field(
      c,
      {
        name: 'names',
        label: t('inspection.symposium.names'),
        hint: t('inspection.symposium.names.hint'),
        value: m.held?.names ?? undefined,
        extra: { maxlength: 1000 },
      },
      problem,
    )}${m.held !== null && reasonField(c, problem, 'reason-hold')}<button${attributes({ class: m.held === null ? null : 'secondary' })}>
        ${t('inspection.symposium.hold')}
      </button>`,
  );
  return m.held === null ? form : fold(t('inspection.symposium.hold.change'), html`${form}`);
}

function noteForm(c: StaffContext, o: SymposiumPage): Html {
  const { t } = c.page;
  return symposiumForm(
    c,
    o,
    { do: 'note', no: String(o.meeting.no) },
    (problem) =>
      html`<h3>${t('inspection.symposium.add-note')}</h3>
        ${select(
          c,
          {
            name: 'dimension',
            label: t('inspection.symposium.dimension'),
            choices: noteDimensions.map((value) => ({ value, text: t(`inspection.dimension.${value}`) })),
          },
          problem,
        )}${choices(
          c,
          {
            type: 'radio',
            name: 'mark',
            legend: t('inspection.symposium.mark'),
            options: noteMarks.map((value) => ({ value, text: t(`inspection.symposium.mark.${value}`) })),
            chosen: [],
          },
          problem,
        )}${textArea(
          c,
          {
            name: 'text',
            label: t('inspection.symposium.text'),
            hint: t('inspection.symposium.text.hint'),
            rows: 3,
            required: true,
          },
          problem,
        )}<button>${t('inspection.symposium.add-note')}</button>`,
  );
}
