/**
 * Adapting a questionnaire: each item with its texts in every language, whether it is asked and where, and the order of options.
 */
import { optionOrders, type Borrowable } from '../../../domain/template/adapt.ts';
import { numberItems } from '../../../domain/questionnaire/numbering.ts';
import type { LocalText, Questionnaire } from '../../../domain/questionnaire/template.ts';
import { checkBox } from '../../../html/form.ts';
import { html, type Content, type Html } from '../../../html/html.ts';
import { languageName } from '../../../html/layout.ts';
import { card, grid } from '../../../html/parts.ts';
import type { Template } from '../../../operations/template/templates.ts';
import { localised } from '../figure-view.ts';
import {
  field,
  select,
  staffPage,
  textArea,
  token,
  type PageProblem,
  type StaffContext,
} from '../page-view.ts';
import { templatePath, templatesPath } from './view.ts';
import { fullTitle, shownText } from './words-view.ts';

/** As in the form, by field name. */
export type AdaptValues = (name: string) => string | undefined;

export function adaptPage(
  c: StaffContext,
  o: {
    readonly template: Extract<Template, { kind: 'questionnaire' }>;
    readonly more: readonly Borrowable[];
    readonly values: AdaptValues | null;
    readonly problem?: PageProblem | undefined;
  },
): Html {
  const { t } = c.page;
  const { template, values, problem } = o;
  const q = template.questionnaire;
  const value = (name: string, own: string): string => (values ? (values(name) ?? '') : own);
  const texts = (
    name: string,
    label: string,
    text: LocalText | undefined,
    of?: string,
    isLong = false,
  ): Content =>
    q.languages.map((language) => {
      const own = {
        name: `${name}.${language}`,
        label: t('staff.template.in', { label, language: languageName(language) }),
        value: value(`${name}.${language}`, text?.[language] ?? ''),
        ...(of !== undefined && { of }),
      };
      return isLong
        ? textArea(c, { ...own, rows: 4 }, problem)
        : field(c, { ...own, extra: { lang: language, maxlength: 2000 } }, problem);
    });
  const numbering = numberItems(q);
  const order = (name: string, label: string, own: string, choices: readonly string[]) =>
    select(c, {
      name,
      label,
      value: value(name, own),
      choices: choices.map((one) => ({ value: one, text: t(`staff.template.order.${one}`) })),
    });
  return staffPage(c, {
    title: t('staff.template.adapt'),
    heading: t('staff.template.adapt.heading', { title: fullTitle(c, template) }),
    subtitle: t('staff.template.adapt.sub'),
    trail: [
      { href: templatesPath, text: t('staff.template.title') },
      { href: templatePath(template.key), text: fullTitle(c, template) },
    ],
    cards: true,
    problem,
    body: html`<form method="post" action="${templatePath(template.key)}/adapt">
      ${token(c)}${grid(
        card({
          title: t('staff.template.adapt.whole'),
          body: html`<p class="quiet">${t('staff.template.adapt.names')}</p>
            <div class="pairs">${texts('title', t('staff.template.part.title'), q.title)}</div>
            <div class="pairs">
              ${texts('introduction', t('staff.template.part.introduction'), q.introduction, undefined, true)}
            </div>
            ${field(
              c,
              {
                name: 'note',
                label: t('staff.template.note'),
                hint: t('staff.template.note.hint'),
                value: value('note', ''),
                extra: { maxlength: 200 },
              },
              problem,
            )}`,
        }),
        card({
          title: t('staff.template.adapt.scales'),
          body: Object.entries(q.scales).map(
            ([id, scale]) =>
              html`<fieldset class="field">
                <legend>${scale.options.map((option) => localised(c, option.text)).join(' · ')}</legend>
                <div class="pairs">${texts(`tail.${id}`, t('staff.template.part.tail'), scale.tail)}</div>
                ${order(
                  `order.${id}`,
                  t('staff.template.order'),
                  scale.reversible ? 'half' : 'as-written',
                  optionOrders,
                )}
              </fieldset>`,
          ),
        }),
        card({
          title: t('staff.template.adapt.items'),
          body: html`<p class="quiet">${t('staff.template.adapt.items.about')}</p>
            ${q.items.map((item, i) =>
              itemPart({
                id: item.id,
                legend: `${numbering.of.get(item.id) ?? ''} ${shownText(c, item.text)}`,
                isAsked: true,
                place: (i + 1) * 10,
                text: item.text,
                isFollowUp: item.showIf !== undefined,
                options: item.type === 'single' || item.type === 'multiple',
              }),
            )}`,
        }),
        o.more.length > 0 &&
          card({
            title: t('staff.template.adapt.more', { count: o.more.length }),
            body: html`<details
              ${values !== null && o.more.some(({ item }) => values(`ask.${item.id}`) === 'yes') ? 'open' : ''}
            >
              <summary>${t('staff.template.adapt.more.open')}</summary>
              <p class="quiet">${t('staff.template.adapt.more.about')}</p>
              ${o.more.map(({ item, from }) =>
                itemPart({
                  id: item.id,
                  legend: t('staff.template.adapt.from', {
                    item: shownText(c, item.text),
                    from: localised(c, from.title),
                  }),
                  isAsked: false,
                  place: (lastAsked(q) + 1) * 10,
                  text: item.text,
                  isFollowUp: false,
                  options: false,
                }),
              )}
            </details>`,
          }),
      )}
      <p><button>${t('staff.template.adapt.do')}</button></p>
    </form>`,
  });

  function itemPart(p: {
    readonly id: string;
    readonly legend: string;
    readonly isAsked: boolean;
    readonly place: number;
    readonly text: LocalText;
    readonly isFollowUp: boolean;
    readonly options: boolean;
  }): Html {
    const asked = values ? values(`ask.${p.id}`) === 'yes' : p.isAsked;
    return html`<fieldset class="field adapted">
      <legend>${p.legend}</legend>
      <div class="pairs">
        ${checkBox(c, { name: `ask.${p.id}`, label: t('staff.template.adapt.ask'), checked: asked }, problem)}${
          p.isFollowUp
            ? html`<p class="quiet">${t('staff.template.adapt.follow-up')}</p>`
            : field(
                c,
                {
                  name: `place.${p.id}`,
                  label: t('staff.template.adapt.place'),
                  type: 'number',
                  value: value(`place.${p.id}`, String(p.place)),
                  of: p.legend,
                  extra: { min: 0, max: 9999, inputmode: 'numeric' },
                },
                problem,
              )
        }${p.options && order(`order.${p.id}`, t('staff.template.order'), 'as-written', ['as-written', 'reversed'])}
      </div>
      <div class="pairs">${texts(`text.${p.id}`, t('staff.template.part.text'), p.text, p.legend)}</div>
    </fieldset>`;
  }
}

/** Of the last rating item: borrowed ones come before the open question. */
function lastAsked(q: Questionnaire): number {
  return q.items.reduce((last, item, i) => (item.type === 'rating' ? i : last), 0) + 0.5;
}
