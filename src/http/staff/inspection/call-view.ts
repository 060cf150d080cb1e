/** Calling people one after the other: the current number, its outcome, the next one, and lists without numbers. */
import {
  interviewOutcomeNames,
  interviewOutcomes,
  type InterviewOutcome,
} from '../../../domain/inspection/interviews.ts';
import { invitationOutcomes } from '../../../domain/inspection/symposiums.ts';
import type { Campaign, CampaignCounty } from '../../../domain/model/campaign.ts';
import { choices, fold, hiddenFields, type PageProblem, postForm, select } from '../../../html/form.ts';
import { attributes, html, type Content, type Html } from '../../../html/html.ts';
import { pagedTable } from '../../../html/paging.ts';
import { card, emptyState, tag, takesFocus, type Tone } from '../../../html/parts.ts';
import { table } from '../../../html/table.ts';
import type { CallDesk, ShownNumber } from '../../../operations/inspection/calls.ts';
import { countyPath } from '../frame-view.ts';
import { staffPage, type StaffContext } from '../page-view.ts';

interface Place {
  readonly campaign: Campaign;
  readonly county: CampaignCounty;
}
export const callsPath = ({ campaign, county }: Place) =>
  `${countyPath(campaign.id, county.code)}/inspection/calls`;

interface Callees {
  readonly caption: string;
  /** Message key before the outcome's id. */
  readonly outcomes: string;
  readonly toneOf: (outcome: string) => Tone;
  readonly people: readonly {
    readonly shown: number;
    readonly outcome: string | null;
    readonly school?: string | null;
  }[];
}

export function toneOfInvitation(outcome: string): Tone {
  return outcome === 'coming' ? 'ok' : outcome === 'declined' ? 'neutral' : 'warn';
}
export function toneOfInterview(outcome: string): Tone {
  const kind = interviewOutcomes[outcome as InterviewOutcome];
  return kind === 'I' || kind === 'P' ? 'ok' : kind === 'R' || kind === 'NE' ? 'neutral' : 'warn';
}

export function calleesTable(c: StaffContext, o: Callees): Html {
  const { t } = c.page;
  const hasSchool = o.people.some((p) => p.school !== undefined);
  return table({
    caption: o.caption,
    stack: true,
    columns: [
      { text: t('inspection.call.at'), number: true },
      ...(hasSchool ? [{ text: t('staff.field.school') }] : []),
      { text: t('inspection.call.shown'), number: true },
      { text: t('inspection.call.outcome') },
    ],
    rows: o.people.map((p, i) => [
      i + 1,
      ...(hasSchool ? [p.school ?? '–'] : []),
      p.shown,
      p.outcome === null ? '–' : tag(o.toneOf(p.outcome), t(`${o.outcomes}.${p.outcome}`)),
    ]),
  });
}

interface Desk extends Callees {
  readonly list: ShownNumber['list'];
  readonly no: number;
  readonly action: string;
  readonly options: readonly string[];
  readonly shown: ShownNumber | null;
  readonly about: Content;
  readonly problem: PageProblem | null | undefined;
}

function deskCard(c: StaffContext, o: Desk): Html {
  const { t } = c.page;
  const mine = o.shown?.list === o.list && o.shown.no === o.no ? o.shown : null;
  const next = o.people.findIndex((p) => p.shown === 0) + 1;
  const called = o.people.flatMap((p, i) => (p.shown > 0 ? [i + 1] : []));
  const done = o.people.filter((p) => p.outcome !== null).length;
  const hidden = { list: o.list, no: String(o.no) };
  return card({
    title: o.caption,
    id: `${o.list}-${o.no}`,
    aside: tag(
      done === o.people.length ? 'ok' : 'neutral',
      t('inspection.call.done', { done, count: o.people.length }),
    ),
    body: html`${o.about}${
      mine !== null &&
      html`<div class="shown-number" role="status" ${attributes(takesFocus)}>
        <p>
          ${t('inspection.call.number', { no: mine.at })}${mine.school !== null && html` · ${mine.school}`}
        </p>
        <p class="number">${mine.phone === '' ? t('inspection.call.no-phone') : mine.phone}</p>
        <p class="quiet">${t('inspection.call.logged')}</p>
        ${outcomeForm(c, o, 'shown', () => hiddenFields({ at: String(mine.at) }))}
      </div>`
    }${
      mine === null &&
      next > 0 &&
      postForm(
        c,
        { action: o.action, hidden: { do: 'show', ...hidden, at: String(next) }, problem: o.problem },
        () => html`<button>${t('inspection.call.next', { no: next })}</button>`,
      )
    }
    ${fold(
      t('inspection.call.list', { count: o.people.length }),
      html`${calleesTable(c, o)}${
        called.length > 0 &&
        html`${postForm(
          c,
          { action: o.action, narrow: true, hidden: { do: 'show', ...hidden }, problem: o.problem },
          (refused) =>
            html`${whichOf(c, o, called, 'again', refused)}<button class="secondary">
                ${t('inspection.call.again')}
              </button>`,
        )}
        ${outcomeForm(c, o, 'later', (refused) => whichOf(c, o, called, 'which', refused))}`
      }`,
    )}`,
  });
}

function outcomeForm(
  c: StaffContext,
  o: Desk,
  which: string,
  at: (refused: PageProblem | null) => Content,
): Html {
  const { t } = c.page;
  return postForm(
    c,
    {
      action: o.action,
      narrow: true,
      hidden: { do: 'outcome', list: o.list, no: String(o.no) },
      problem: o.problem,
    },
    (refused) =>
      html`${at(refused)}${choices(
          c,
          {
            type: 'radio',
            name: 'outcome',
            path: `outcome-${which}-${o.list}-${o.no}`,
            legend: t('inspection.call.outcome'),
            options: o.options.map((value) => ({ value, text: t(`${o.outcomes}.${value}`) })),
            chosen: [],
          },
          refused,
        )}<button>${t('inspection.call.save')}</button>`,
  );
}

function whichOf(
  c: StaffContext,
  o: Desk,
  called: readonly number[],
  key: string,
  refused: PageProblem | null,
): Content {
  return select(
    c,
    {
      name: 'at',
      path: `${key}-${o.list}-${o.no}`,
      label: c.page.t('inspection.call.at'),
      choices: called.map((at) => ({ value: String(at), text: String(at) })),
    },
    refused,
  );
}

export function callsPage(
  c: StaffContext,
  o: CallDesk & {
    readonly shown: ShownNumber | null;
    readonly problem?: PageProblem | null | undefined;
  },
): Html {
  const { t } = c.page;
  const names = new Map<string, string>(o.schools.map((s) => [s.id, s.name]));
  const desk = { action: callsPath(o), shown: o.shown, problem: o.problem };
  const isEmpty = o.symposiums.length === 0 && o.sheets.length === 0;
  return staffPage(c, {
    title: c.may('inspection.view', o.county.code) ? t('inspection.calls') : o.county.name,
    heading: t('inspection.calls.of', { county: o.county.name }),
    subtitle: o.campaign.name,
    demo: o.campaign.demo,
    selfAdministered: o.campaign.selfAdministered,
    trail: c.may('inspection.view', o.county.code)
      ? [
          {
            href: `${countyPath(o.campaign.id, o.county.code)}/inspection/onsite`,
            text: t('inspection.page.onsite'),
          },
        ]
      : [{ href: '/staff/calls', text: t('inspection.calls') }],
    cards: true,
    problem: o.problem,
    body: html`<div class="inspection">
      ${
        isEmpty && card({ title: t('inspection.calls'), body: emptyState(t('inspection.calls.none')) })
      }${o.symposiums.map((m) =>
        deskCard(c, {
          ...desk,
          caption: t('inspection.call.symposium', {
            kind: t(`inspection.symposium.kind.${m.kind}`),
            on: m.on,
          }),
          about: html`<p>${t('inspection.call.say', { on: `${m.on} ${m.at}`, place: m.place })}</p>`,
          outcomes: 'inspection.symposium.outcome',
          options: invitationOutcomes,
          toneOf: toneOfInvitation,
          people: (m.draw?.invited ?? []).map(({ shown, outcome, school }) => ({
            ...{ shown, outcome },
            school: school === null ? null : (names.get(school) ?? null),
          })),
          list: 'symposiums',
          no: m.no,
        }),
      )}${o.sheets.map((sheet) =>
        deskCard(c, {
          ...desk,
          caption: t('inspection.interview.sheet', {
            no: sheet.no,
            group: t(`staff.group.${sheet.group}`),
          }),
          about: html`<p>
            ${t('inspection.interview.say')}${t('sentence.gap')}${c.may('assisted.enter') && html`<a href="/staff/entry">${t('staff.entry.title')}</a>`}
          </p>`,
          outcomes: 'inspection.interview.outcome',
          options: interviewOutcomeNames,
          toneOf: toneOfInterview,
          people: sheet.people,
          list: 'interviews',
          no: sheet.no,
        }),
      )}
    </div>`,
  });
}

/** Where there are people to call. */
export function callListsPage(
  c: StaffContext,
  places: readonly (Place & { readonly waiting: number })[],
): Html {
  const { t } = c.page;
  return staffPage(c, {
    title: t('inspection.calls'),
    body:
      places.length === 0
        ? emptyState(t('inspection.calls.none'), html`<p>${t('inspection.calls.none.text')}</p>`)
        : pagedTable(c, {
            caption: t('inspection.calls'),
            search: { label: t('list.find.county'), textOf: (p) => p.county.name },
            stack: true,
            columns: [
              { text: t('staff.field.county') },
              { text: t('inspection.calls.campaign') },
              { text: t('inspection.calls.waiting'), number: true },
            ],
            items: places,
            row: (p) => [html`<a href="${callsPath(p)}">${p.county.name}</a>`, p.campaign.name, p.waiting],
          }),
  });
}
