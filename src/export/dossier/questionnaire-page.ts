/** A questionnaire as it was sent, for reading and printing: every text in its main language. */
import type { Language } from '../../domain/model/vocabulary.ts';
import type { Item, LocalText, Questionnaire } from '../../domain/questionnaire/template.ts';
import { html, type Content } from '../../html/html.ts';
import { mainLanguage, translator } from '../../texts/texts.ts';
import { standalonePage } from '../standalone-page.ts';

export function questionnairePage(
  q: Questionnaire,
  o: {
    readonly hash: string;
    /** Replaces `{county}`; a school's name differs for each recipient. */
    readonly county: string;
    readonly language: Language;
  },
): string {
  const t = translator(o.language);
  const own = q.languages.includes(o.language) ? o.language : q.languages[0]!;
  const text = (local: LocalText | undefined) =>
    (local?.[own] ?? local?.[mainLanguage] ?? '')
      .replaceAll('{county}', o.county)
      .replaceAll('{school}', t('dossier.questionnaire.school'));
  const titles = new Map(q.items.map((item, i) => [item.id, { no: i + 1, item }]));
  const optionsOf = (item: Item): readonly string[] => {
    switch (item.type) {
      case 'rating':
        return q.scales[item.scale]?.options.map((option) => text(option.text)) ?? [];
      case 'single':
      case 'multiple':
        return item.options.map((option) => text(option.text));
      case 'number':
        return [`${item.min}–${item.max} ${text(item.unit)}`.trim()];
      case 'text':
        return [];
    }
  };
  const condition = (item: Item): Content => {
    if (!item.showIf) return null;
    const { item: id, in: chosen } = item.showIf;
    const asked = titles.get(id)!;
    const names = chosen.map((option) => optionText(q, asked.item, option, text));
    return html` <span class="quiet"
      >${t('dossier.questionnaire.if', { no: asked.no, options: names.join(t('staff.list-comma')) })}</span
    >`;
  };
  const tail = (item: Item) => (item.type === 'rating' ? text(q.scales[item.scale]?.tail) : '');
  return standalonePage(
    own,
    text(q.title),
    html`<h1>${text(q.title)}</h1>
      <p class="about">
        ${t('dossier.questionnaire.about', {
          groups: q.groups.map((group) => t(`summary-csv.group.${group}`)).join(t('staff.list-comma')),
        })}<br />${t('dossier.hash', { hash: o.hash })}
      </p>
      ${q.introduction && html`<section><p>${text(q.introduction)}</p></section>`}
      <section>
        <ol>
          ${q.items.map((item) => {
            const options = optionsOf(item);
            return html`<li>
              ${text(item.text)} ${tail(item)}
              ${item.type !== 'rating' && html`<span class="quiet">${t(`dossier.questionnaire.${item.type}`)}</span>`}${condition(item)}${
                options.length > 0 &&
                html`<br /><span class="quiet">${options.map((option) => `○ ${option}`).join('　')}</span>`
              }
            </li>`;
          })}
        </ol>
      </section>`,
  );
}

function optionText(
  q: Questionnaire,
  item: Item,
  option: string,
  text: (local: LocalText | undefined) => string,
): string {
  const options =
    item.type === 'rating'
      ? (q.scales[item.scale]?.options ?? [])
      : item.type === 'single' || item.type === 'multiple'
        ? item.options
        : [];
  return text(options.find((own) => own.id === option)?.text);
}
