/** Entering a sheet for somebody: the code, then the answers, by keyboard. */
import type { Issue } from '../../../domain/errors.ts';
import type { Questionnaire } from '../../../domain/questionnaire/template.ts';
import { attributes, html, type Html } from '../../../html/html.ts';
import { takesFocus } from '../../../html/parts.ts';
import type { Translate } from '../../../texts/texts.ts';
import {
  faultSummary,
  itemHtml,
  pressureHtml,
  sayIn,
  type ItemsContext,
  type Names,
  type SentValues,
} from '../../answering/items-view.ts';
import { choices, field, staffPage, token, type PageProblem, type StaffContext } from '../page-view.ts';

export interface EntryStart {
  readonly code: string;
  readonly channel: string;
  readonly twice: boolean;
}

/** Where the next sheet begins. */
export function startOf({ channel, twice }: EntryStart): string {
  return `/staff/entry?channel=${channel}${twice ? '&twice=1' : ''}`;
}

/** The script's texts, so that it needs no language of its own. */
function scriptTexts(t: Translate): Readonly<Record<string, string>> {
  const words = ['sending', 'offline', 'gave-up', 'busy', 'changed', 'restored'];
  return Object.fromEntries(words.map((word) => [`data-${word}`, t(`staff.entry.script.${word}`)]));
}

export function entryPage(
  c: StaffContext,
  o: {
    readonly channels: readonly string[];
    readonly values: EntryStart;
    /** Sheets saved today, since the log-in. */
    readonly today: number;
    readonly script: string;
    readonly problem?: PageProblem | undefined;
  },
): Html {
  const { t } = c.page;
  return staffPage(c, {
    title: t('staff.entry.title'),
    problem: o.problem,
    isFieldFocused: true,
    // Removes the draft of the saved sheet, and any that is old.
    head: html`<script src="${o.script}" defer></script>`,
    body: html`${o.today > 0 && !c.done && html`<p class="entered">${t('staff.entry.today', { count: o.today })}</p>`}
      <p>${t('staff.entry.about')}</p>
      <form method="post" action="/staff/entry" class="narrow" autocomplete="off">
        ${token(c)}${field(
          c,
          {
            name: 'code',
            label: t('respondent.code.label'),
            hint: t('respondent.code.hint'),
            value: o.values.code,
            extra: {
              class: 'code',
              maxlength: 400,
              autocapitalize: 'characters',
              spellcheck: 'false',
              autofocus: true,
            },
          },
          o.problem,
        )}${choices(c, {
          type: 'radio',
          name: 'channel',
          legend: t('staff.entry.channel'),
          options: o.channels.map((value) => ({ value, text: t(`staff.entry.channel.${value}`) })),
          chosen: [o.values.channel],
        })}${choices(c, {
          type: 'checkbox',
          name: 'twice',
          legend: t('staff.entry.twice.legend'),
          options: [{ value: '1', text: t('staff.entry.twice') }],
          chosen: o.values.twice ? ['1'] : [],
        })}<button>${t('respondent.code.send')}</button>
      </form>`,
  });
}

export function entrySheetPage(
  c: StaffContext,
  o: {
    readonly start: EntryStart;
    readonly questionnaire: Questionnaire;
    readonly names: Names;
    readonly reversed: boolean;
    readonly language: string;
    readonly selfAdministered: boolean;
    readonly values: SentValues;
    readonly issues: readonly Issue[];
    readonly failure: string | null;
    /** Nothing was filled in; sent once more, it is saved. */
    readonly isBlank: boolean;
    /** The first entry, while the second is made; null: nothing to compare with. */
    readonly first: string | null;
    readonly script: string;
    readonly demo: boolean;
  },
): Html {
  const { t } = c.page;
  const { start, questionnaire } = o;
  const items: ItemsContext = {
    t,
    language: o.language,
    questionnaire,
    names: o.names,
    reversed: o.reversed,
    values: o.values,
    issues: o.issues,
  };
  const hidden = (name: string, value: string) =>
    html`<input type="hidden" name="${name}" value="${value}" />`;
  return staffPage(c, {
    title: t('staff.entry.sheet', { title: sayIn(questionnaire, o.language)(questionnaire.title) }),
    demo: o.demo,
    trail: [{ href: '/staff/entry', text: t('staff.entry.title') }],
    head: html`<script src="${o.script}" defer></script>`,
    body: html`${faultSummary(items, o.failure)}${
        o.first !== null && html`<p class="mark">${t('staff.entry.second')}</p>`
      }
      <p class="quiet" ${attributes(o.issues.length > 0 || o.failure !== null ? {} : takesFocus)}>
        <span class="keys">${t('staff.entry.keys')}${t('sentence.gap')}</span>${t('staff.entry.leave-blank')}
      </p>
      ${o.first === null && html`<p class="quiet draft" hidden>${t('staff.entry.draft')}</p>`}
      <form
        method="post"
        action="/staff/entry/answers"
        class="entry narrow"
        accept-charset="utf-8"
        autocomplete="off"
        novalidate
        ${attributes({ 'data-next': startOf(start), ...scriptTexts(t) })}
      >
        ${token(c)}${hidden('_code', start.code)}${hidden('_channel', start.channel)}${
          start.twice && hidden('_twice', '1')
        }${o.isBlank && hidden('_blank', '1')}${o.first !== null && hidden('_first', o.first)}${questionnaire.items.map(
          (item) => itemHtml(items, item),
        )}${pressureHtml(items, o.selfAdministered || c.page.selfAdministered)}
        <p class="status" id="saving" role="status"></p>
        <p>
          <button class="main" accesskey="s" ${attributes({ id: 'send' })}>
            ${t(start.twice && o.first === null ? 'staff.entry.to-second' : 'staff.entry.save')}
          </button>
        </p>
      </form>`,
  });
}
