/** The questions of a form, one by one, with earlier input and its faults. */
import type { Issue } from '../../domain/errors.ts';
import { pressureTextLimit } from '../../domain/answer/pressure.ts';
import { numberItems } from '../../domain/questionnaire/numbering.ts';
import { inOrder } from '../../domain/questionnaire/option-order.ts';
import { fillPlaceholders, type Placeholder } from '../../domain/questionnaire/placeholders.ts';
import type { ChoiceOption, Item, LocalText, Questionnaire } from '../../domain/questionnaire/template.ts';
import { pressureSources, type Language } from '../../domain/model/vocabulary.ts';
import type { Translate } from '../../texts/texts.ts';
import { attributes, html, type Content, type Html } from '../../html/html.ts';

/** Earlier input: by field name, with repetitions. */
export type SentValues = ReadonlyMap<string, readonly string[]>;

export interface ItemsContext {
  readonly t: Translate;
  readonly language: Language;
  readonly questionnaire: Questionnaire;
  readonly names: Names;
  /** Reversible scales are shown from worst to best. */
  readonly reversed: boolean;
  readonly values: SentValues;
  readonly issues: readonly Issue[];
  /** The item whose first field has the focus. */
  readonly goOn?: string | null;
}

/** Values of `{county}` and `{school}`. */
export type Names = Readonly<Record<Placeholder, string>>;

export function sayIn(q: Questionnaire, language: Language, names?: Names): (text: LocalText) => string {
  return (text) => {
    const said = text[language] ?? text[q.languages[0] ?? ''] ?? '';
    return names ? fillPlaceholders(said, names) : said;
  };
}

interface Choice {
  readonly id: string;
  readonly text: string;
}
interface Group {
  readonly name: string;
  readonly type: 'radio' | 'checkbox';
  readonly heading: Content;
  readonly hint: string | null;
  readonly choices: readonly Choice[];
  readonly showIf?: Item['showIf'];
}

function faultsOf(context: ItemsContext, name: string): readonly Issue[] {
  return context.issues.filter((i) => i.path === name);
}

function errorHtml(context: ItemsContext, name: string): Content {
  const faults = faultsOf(context, name);
  return (
    faults.length > 0 &&
    html`<p class="error" id="e-${name}">${faults.map((f) => html`${context.t(f.message, f.params)} `)}</p>`
  );
}

function condition(showIf: Item['showIf']): Html {
  return attributes({
    'data-if': showIf?.item,
    'data-in': showIf?.in.join(' '),
  });
}

function choiceGroup(context: ItemsContext, group: Group): Html {
  const { name } = group;
  const wrong = faultsOf(context, name).length > 0;
  const values = context.values.get(name) ?? [];
  return html`<fieldset
    class="${wrong ? 'item wrong' : 'item'}"
    id="i-${name}"
    ${attributes({ tabindex: wrong ? '-1' : null, 'aria-describedby': wrong ? `e-${name}` : null })}${condition(group.showIf)}
  >
    <legend>${group.heading}</legend>
    ${errorHtml(context, name)}${group.hint !== null && html`<p class="hint">${group.hint}</p>`}${group.choices.map(
      (o, i) =>
        html`<label class="option"
          ><input
            type="${group.type}"
            name="${name}"
            value="${o.id}"
            ${attributes({ checked: values.includes(o.id), autofocus: i === 0 && context.goOn === name })}
          />${o.text}</label
        >`,
    )}
  </fieldset>`;
}

function field(
  context: ItemsContext,
  given: { name: string; heading: Content; hint: string; long: boolean; showIf?: Item['showIf'] },
): Html {
  const { name, heading, hint, long, showIf } = given;
  const wrong = faultsOf(context, name).length > 0;
  const value = context.values.get(name)?.[0] ?? '';
  const marks = attributes({
    name,
    id: `f-${name}`,
    autofocus: context.goOn === name,
    autocomplete: 'off',
    'aria-describedby': wrong ? `h-${name} e-${name}` : `h-${name}`,
    'aria-invalid': wrong ? 'true' : null,
  });
  return html`<div class="${wrong ? 'item wrong' : 'item'}" id="i-${name}" ${condition(showIf)}>
    <label class="question" for="f-${name}">${heading}</label>${errorHtml(context, name)}
    <p class="hint" id="h-${name}">${hint}</p>
    ${
      // HTML parsers drop a newline right after the tag.
      long
        ? html`<textarea${marks} rows="4">${'\n'}${value}</textarea>`
        : html`<input type="text" inputmode="numeric" value="${value}" ${marks} />`
    }
  </div>`;
}

export function itemHtml(context: ItemsContext, item: Item): Html {
  const { t, questionnaire: q } = context;
  const say = sayIn(q, context.language, context.names);
  const number = numberItems(q).of.get(item.id) ?? '';
  const tail = item.type === 'rating' ? q.scales[item.scale]?.tail : undefined;
  const someRequired = q.items.some((i) => i.required === true);
  const optional = someRequired && item.required !== true && item.type !== 'text';
  const heading = html`${number}.
  ${say(item.text)}${tail && html` <span class="tail">${say(tail)}</span>`}${
    optional && html` <span class="only">${t('respondent.optional')}</span>`
  }${item.showIf && html` <span class="only">${conditionText(context, item.showIf)}</span>`}`;
  switch (item.type) {
    case 'text': {
      const limit = t('respondent.text-limit', { max: item.maxLength });
      // Chinese has no space between sentences; languages that only questionnaires have use one.
      const gap = context.language.startsWith('zh') ? '' : ' ';
      const hint = item.hint ? `${say(item.hint)}${gap}${limit}` : limit;
      return field(context, { name: item.id, heading, hint, long: true, showIf: item.showIf });
    }
    case 'number': {
      const { min, max } = item;
      const hint = t('respondent.number-range', { min, max, unit: item.unit ? say(item.unit) : '' });
      return field(context, { name: item.id, heading, hint, long: false, showIf: item.showIf });
    }
    case 'rating':
    case 'single':
    case 'multiple': {
      const options = optionsOf(q, item, context.reversed);
      const { min, max } = item.type === 'multiple' ? item : { min: undefined, max: undefined };
      const hint =
        item.type !== 'multiple'
          ? null
          : min === undefined && max === undefined
            ? t('respondent.choose-several')
            : t('respondent.choose-range', { min: min ?? 1, max: max ?? options.length });
      return choiceGroup(context, {
        name: item.id,
        type: item.type === 'multiple' ? 'checkbox' : 'radio',
        heading,
        hint,
        choices: options.map((o) => ({ id: o.id, text: say(o.text) })),
        showIf: item.showIf,
      });
    }
  }
}

function optionsOf(q: Questionnaire, item: Item, reversed = false): readonly ChoiceOption[] {
  const scale = item.type === 'rating' ? q.scales[item.scale] : undefined;
  if (scale) return inOrder(scale.options, reversed && scale.reversible === true);
  return item.type === 'single' || item.type === 'multiple' ? item.options : [];
}

function conditionText(context: ItemsContext, showIf: NonNullable<Item['showIf']>): string {
  const { t, questionnaire: q } = context;
  const say = sayIn(q, context.language, context.names);
  const parent = q.items.find((i) => i.id === showIf.item);
  const options = parent ? optionsOf(q, parent) : [];
  const names = showIf.in.map((id) => options.find((o) => o.id === id)).map((o) => (o ? say(o.text) : ''));
  return t('respondent.only-if', {
    number: numberItems(q).of.get(showIf.item) ?? '',
    options: names.map((n) => t('respondent.quote', { text: n })).join(t('respondent.or')),
  });
}

/** "Has anybody told you how to answer?": folded, so that a person looking over a shoulder sees no answer to it. */
export function pressureHtml(context: ItemsContext, selfAdministered: boolean): Html {
  const { t } = context;
  const touched = ['_pressure', '_pressure-text'].some(
    (name) => (context.values.get(name) ?? []).some((v) => v !== '') || faultsOf(context, name).length > 0,
  );
  return html`<details class="apart" ${attributes({ open: touched })}>
    <summary>${t('respondent.pressure.title')}</summary>
    <p class="hint">
      ${t(selfAdministered ? 'respondent.pressure.text.self-administered' : 'respondent.pressure.text')}
    </p>
    ${choiceGroup(context, {
      name: '_pressure',
      type: 'radio',
      heading: t('respondent.pressure.who'),
      hint: null,
      choices: ['none', ...pressureSources].map((id) => ({ id, text: t(`respondent.pressure.${id}`) })),
    })}${field(context, {
      name: '_pressure-text',
      heading: t('respondent.pressure.more'),
      hint: t('respondent.text-limit', { max: pressureTextLimit }),
      long: true,
    })}
  </details>`;
}

/** The faults, first on the page, each linked to its position. Nothing if there are none. */
export function faultSummary(context: ItemsContext, failure: string | null): Html | null {
  const { t, questionnaire: q, issues } = context;
  if (issues.length === 0 && failure === null) return null;
  const numbering = numberItems(q);
  const places = new Map<string, { readonly item: Item | null; readonly number: string }>(
    q.items.map((item) => [item.id, { item, number: numbering.of.get(item.id) ?? '' }]),
  );
  // Each fault is stated once, with a link to each position: repeating a sentence a dozen times would fill the screen of a phone.
  const blank = issues.filter((i) => i.message === 'questionnaire.answer.required' && places.has(i.path));
  const link = (path: string, text: string) => {
    const type = places.get(path)?.item?.type;
    return html`<a href="#${type === 'text' || type === 'number' ? 'f' : 'i'}-${path}">${text}</a>`;
  };
  const together =
    blank.length > 1 &&
    html`<li>
      ${t('respondent.blank', { count: blank.length })}${t('sentence.gap')}${blank.map(({ path }) => html`${link(path, t('respondent.blank-at', { number: places.get(path)!.number }))} `)}
    </li>`;
  const lines = issues.map((issue) => {
    if (together !== false && blank.includes(issue)) return null;
    const text = t(issue.message, issue.params);
    const at = places.get(issue.path);
    if (at) return html`<li>${link(issue.path, t('respondent.fault-at', { number: at.number, text }))}</li>`;
    if (issue.path === '_pressure' || issue.path === '_pressure-text')
      return html`<li><a href="#i-${issue.path}">${text}</a></li>`;
    return html`<li>${text}</li>`;
  });
  return html`<div class="errors" role="alert" tabindex="-1" autofocus>
    <h2>${t(failure === null ? 'respondent.faults' : 'respondent.not-saved')}</h2>
    ${failure !== null && html`<p>${failure}</p>`}${
      lines.length > 0 &&
      html`<ul>
        ${together}${lines}
      </ul>`
    }
  </div>`;
}
