/** Composing and checking of messages before they are scheduled. */
import { formatYuan } from '../../../domain/messaging/cost.ts';
import type { Group } from '../../../domain/model/vocabulary.ts';
import { confirmation } from '../../../html/confirm.ts';
import {
  checkBox,
  field,
  hiddenFields,
  select,
  textArea,
  token,
  type PageProblem,
} from '../../../html/form.ts';
import { html, type Content, type Html } from '../../../html/html.ts';
import { alertBox, card, facts, grid, help, tag } from '../../../html/parts.ts';
import { smsFaults, smsPreview } from '../../../html/sms.ts';
import { formatCount, table } from '../../../html/table.ts';
import type {
  PlannedCounty,
  PlannedSending,
  PreviewedText,
  ShownChannel,
  TextKind,
} from '../../../operations/message/schedule.ts';
import { shortfallWords } from '../../../texts/shortfall-words.ts';
import { countyFrame, countyPath } from '../frame-view.ts';
import { groupNames, timeTag, type StaffContext } from '../page-view.ts';
import type { Of } from '../fieldwork/shared-view.ts';

/** As the form has it. */
export type ComposeValues = Readonly<Record<ComposeField, string>>;
export const composeFields = [
  'channel',
  'signature',
  'scope',
  'perDay',
  'price',
  'invitation',
  'replacement',
  'late',
  'reminder1',
  'reminder2',
  'reminder3',
  'notice',
  'text-invitation',
  'text-reminder',
  'text-notice',
] as const;
export type ComposeField = (typeof composeFields)[number];

export const sendingPath = (campaign: string, county: string) => `${countyPath(campaign, county)}/sending`;

export function channelName(c: StaffContext, name: string): string {
  const key = `sending.channel.${name}`;
  const text = c.page.t(key);
  return text === key ? name : text;
}

/** Shown wherever a message is about to be sent. */
export function gatewayWarning(c: StaffContext): Html {
  const { t } = c.page;
  return alertBox('warn', t('sending.gateway.word'), t('sending.gateway.about'));
}

export function composePage(
  c: StaffContext,
  o: Of & {
    readonly values: ComposeValues;
    readonly channels: readonly ShownChannel[];
    readonly window: { readonly from: string; readonly to: string };
    readonly noticeAt: number;
    readonly counties: number;
    readonly wasExported: boolean;
  },
): Html {
  const { t } = c.page;
  const { values, problem } = o;
  const base = sendingPath(o.campaign.id, o.county.code);
  const time = (name: ComposeField, label: string, hint?: string) =>
    field(
      c,
      { name, type: 'datetime-local', label, value: values[name], ...(hint !== undefined && { hint }) },
      problem,
    );
  const text = (kind: TextKind) =>
    textArea(
      c,
      {
        name: `text-${kind}`,
        label: t(`sending.text.${kind}`),
        value: values[`text-${kind}`],
        rows: 4,
      },
      problem,
    );
  return countyFrame(c, o, {
    title: t('sending.compose'),
    tab: 'sending',
    under: [{ href: base, text: t('staff.page.sending') }],
    problem,
    cards: true,
    body: html`${gatewayWarning(c)}${o.wasExported && alertBox('warn', t('staff.confirm.note'), t('sending.exported'))}
      <form method="post" action="${base}/new">
        ${token(c)}${grid(
          card({
            title: t('sending.how'),
            span: 6,
            body: html`${select(
              c,
              {
                name: 'channel',
                label: t('sending.channel'),
                choices: o.channels.map(({ name, kind }) => ({
                  value: name,
                  text: name === kind ? channelName(c, name) : `${channelName(c, kind)} · ${name}`,
                })),
                value: values.channel,
              },
              problem,
            )}${field(
              c,
              {
                name: 'signature',
                label: t('sending.signature'),
                hint: t('sending.signature.hint'),
                value: values.signature,
              },
              problem,
            )}${
              o.counties > 1 &&
              select(
                c,
                {
                  name: 'scope',
                  label: t('sending.scope'),
                  hint: t('sending.scope.hint'),
                  choices: [
                    { value: 'all', text: t('sending.scope.all', { counties: o.counties }) },
                    { value: 'county', text: t('sending.scope.county', { county: o.county.name }) },
                  ],
                  value: values.scope,
                },
                problem,
              )
            }${field(
              c,
              {
                name: 'perDay',
                type: 'number',
                label: t('sending.per-day'),
                hint: t('sending.per-day.hint'),
                unit: t('sending.unit.messages'),
                value: values.perDay,
                extra: { min: 1, step: 1 },
              },
              problem,
            )}${field(
              c,
              {
                name: 'price',
                type: 'number',
                label: t('sending.price'),
                hint: t('sending.price.hint'),
                unit: t('sending.unit.yuan'),
                value: values.price,
                extra: { min: 0, step: 'any' },
              },
              problem,
            )}`,
          }),
          card({
            title: t('sending.when'),
            span: 6,
            body: html`<p class="quiet">${t('sending.when.about', o.window)}</p>
              ${time('invitation', t('sending.kind.invitation'), t('sending.kind.invitation.about'))}${time('reminder1', t('sending.reminder', { no: 1 }), t('sending.reminder.hint'))}${time('reminder2', t('sending.reminder', { no: 2 }))}${time('reminder3', t('sending.reminder', { no: 3 }))}${checkBox(
                c,
                {
                  name: 'notice',
                  label: t('sending.notice'),
                  checked: values.notice === 'yes',
                  about: html`${t('sending.notice.about')} ${timeTag(o.noticeAt)}`,
                },
                problem,
              )}${help(
                t('sending.more'),
                html`${time('replacement', t('sending.kind.replacement'), t('sending.kind.replacement.about'))}${time('late', t('sending.kind.late'), t('sending.kind.late.about'))}`,
              )}`,
          }),
          card({
            title: t('sending.texts'),
            body: html`<p class="quiet">
                ${t('sending.texts.about')}${t('sentence.gap')}${t('sending.texts.hint')}
              </p>
              <div class="sending-texts">${(['invitation', 'reminder', 'notice'] as const).map(text)}</div>`,
          }),
        )}
        <p class="acts"><button>${t('sending.check')}</button></p>
      </form>`,
  });
}

export function reviewPage(
  c: StaffContext,
  o: Of & {
    readonly values: ComposeValues;
    readonly channel: ShownChannel;
    readonly texts: readonly PreviewedText[];
    /** Null: the texts or the times are not valid yet. */
    readonly planned: readonly PlannedCounty[] | null;
    readonly test: { readonly phone: string };
  },
): Html {
  const { t } = c.page;
  const { planned, values } = o;
  const base = sendingPath(o.campaign.id, o.county.code);
  const sendings = (planned ?? []).flatMap((p) => p.sendings.map((s) => ({ ...s, county: p.name })));
  const messages = sendings.reduce((n, s) => n + s.contacts - s.barred, 0);
  const segments = sendings.reduce((n, s) => n + s.segments, 0);
  const costs = sendings.map((s) => s.cost);
  const cost = costs.includes(null) ? null : costs.reduce<number>((n, x) => n + (x ?? 0), 0);
  return countyFrame(c, o, {
    title: t('sending.review'),
    tab: 'sending',
    under: [{ href: base, text: t('staff.page.sending') }],
    problem: o.problem,
    cards: true,
    body: html`${grid(
        card({
          title: t('sending.review.texts'),
          body: html`<div class="phones">
              ${o.texts.map(
                (text) =>
                  html`<div>
                    <h3>${t(`sending.text.${text.kind}`)}</h3>
                    ${smsPreview(c.page.t, text, { values: text.values, typed: null })}${smsFaults(c.page.t, text)}
                  </div>`,
              )}
            </div>
            ${testForm(c, o, base)}`,
        }),
        planned !== null &&
          card({
            title: t('sending.review.numbers'),
            body: html`${plannedTable(c, sendings, planned.length > 1)}${facts([
                [t('sending.total.messages'), t('sending.at-most', { count: formatCount(messages) })],
                [t('sending.total.segments'), t('sending.at-most', { count: formatCount(segments) })],
                cost !== null && [
                  t('sending.total.cost'),
                  t('sending.at-most-yuan', { yuan: formatYuan(cost) }),
                ],
              ])}
              <p class="quiet">${t('sending.review.reminders')}</p>`,
          }),
        planned !== null &&
          card({
            title: t('sending.confirm'),
            body: confirmation(
              c,
              {
                action: base,
                numbers: [
                  t('sending.confirm.numbers', {
                    waves: sendings.length,
                    counties: planned.length,
                    messages: formatCount(messages),
                  }),
                  t('sending.confirm.channel', { channel: channelName(c, o.channel.name) }),
                ],
                warnings: [...shortfallLines(c, sendings, planned.length > 1), t('sending.gateway.about')],
                consequence: t('sending.confirm.consequence'),
                people: 1,
                submit: t('sending.confirm.do'),
                cancel: { href: base, text: t('sending.confirm.cancel') },
                hidden: values,
              },
              o.problem,
            ),
          }),
      )}
      <form method="post" action="${base}/new" class="acts">
        ${token(c)}${hiddenFields(values)}<button class="secondary" name="edit" value="1">
          ${t('sending.edit')}
        </button>
      </form>`,
  });
}

/** For a plan with a hundred counties the worst are enough: changes for them help the others. */
const mostLines = 10;

function shortfallLines(
  c: StaffContext,
  sendings: readonly (PlannedSending & { readonly county: string })[],
  areSeveral: boolean,
): readonly string[] {
  const { t } = c.page;
  const short = sendings
    .flatMap(({ kind, county, shortfall }) => (shortfall ? [{ kind, county, shortfall }] : []))
    .sort((a, b) => b.shortfall.never - a.shortfall.never || b.shortfall.days - a.shortfall.days);
  const lines = short.slice(0, mostLines).map(({ kind, county, shortfall }) => {
    const name = t(`sending.kind.${kind}`);
    const what = areSeveral ? t('sending.short.what', { county, sending: name }) : name;
    return shortfallWords(t, kind, what, shortfall, formatCount);
  });
  const more = short.length - lines.length;
  return more > 0 ? [...lines, t('sending.short.more', { count: more })] : lines;
}

function testForm(
  c: StaffContext,
  o: {
    readonly values: ComposeValues;
    readonly test: { readonly phone: string };
    readonly problem?: PageProblem | null;
  },
  base: string,
): Html {
  const { t } = c.page;
  return html`<form method="post" action="${base}/test" class="narrow">
    ${token(c)}${hiddenFields(o.values)}${field(
      c,
      {
        name: 'phone',
        type: 'tel',
        label: t('sending.test'),
        hint: t('sending.test.hint'),
        value: o.test.phone,
        extra: { autocomplete: 'off' },
      },
      o.problem,
    )}<button class="secondary">${t('sending.test.do')}</button>
  </form>`;
}

function plannedTable(
  c: StaffContext,
  sendings: readonly (PlannedSending & { readonly county: string })[],
  areSeveral: boolean,
): Html {
  const { t } = c.page;
  const groups = (list: readonly { readonly group: Group; readonly contacts: number }[]) =>
    list.map((g) => `${groupNames(c, [g.group])} ${formatCount(g.contacts)}`).join(t('staff.list-comma'));
  return table({
    caption: t('sending.review.numbers'),
    stack: true,
    columns: [
      { text: t('sending.column.what') },
      ...(areSeveral ? [{ text: t('staff.field.county') }] : []),
      { text: t('sending.column.when') },
      { text: t('sending.column.who') },
      { text: t('sending.column.contacts'), number: true },
      { text: t('sending.column.barred'), number: true },
      { text: t('sending.column.segments'), number: true },
      { text: t('sending.column.cost'), number: true },
      { text: t('sending.column.ends') },
    ],
    rows: sendings.map((s): readonly Content[] => [
      t(`sending.kind.${s.kind}`),
      ...(areSeveral ? [s.county] : []),
      timeTag(s.dueAt),
      s.contacts === 0 ? t('sending.nobody-yet') : groups(s.groups),
      formatCount(s.contacts),
      formatCount(s.barred),
      formatCount(s.segments),
      s.cost === null ? '–' : formatYuan(s.cost),
      s.contacts === 0
        ? '–'
        : // A day after the close would suggest that all of them are sent.
          (s.shortfall?.never ?? 0) > 0
          ? tag('warn', t('sending.ends.never'))
          : timeTag(s.endsAt),
    ]),
  });
}
