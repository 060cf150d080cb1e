/** How a figure is shown, everywhere alike: its value with its basis, or why there is none. */
import type { Band } from '../../domain/answer/rate-outlook.ts';
import { formatValue, type FigureStyle, type Rounding } from '../../domain/scoring/format.ts';
import type { Estimate, Figure } from '../../domain/scoring/figure.ts';
import type { LocalisedText } from '../../domain/scoring/rules/formula.ts';
import type { Count } from '../../domain/scoring/summary/summary-types.ts';
import { html, type Content, type Html } from '../../html/html.ts';
import { formatCount, type StaffContext } from './page-view.ts';

export function localised(c: StaffContext, text: LocalisedText): string {
  return text[c.page.language] ?? text['zh-CN'] ?? Object.values(text)[0] ?? '';
}

/** With a mark on figures that are not part of the score. */
export function titleCell(
  c: StaffContext,
  { title, scored }: { readonly title: LocalisedText; readonly scored?: false },
): Content {
  return html`${localised(c, title)}${
    scored === false && html` <span class="quiet">${c.page.t('staff.summary.unscored')}</span>`
  }`;
}

export function figureText(c: StaffContext, figure: Figure, style: Rounding): Content {
  const { t } = c.page;
  switch (figure.kind) {
    case 'estimate':
      return formatValue(figure.value, style);
    case 'suppressed':
      return html`<span class="why">${t(`figure.suppressed.${figure.why}`)}</span>`;
    case 'no-data':
      return html`<span class="why">${t('figure.no-data')}</span>`;
    case 'not-released':
      return html`<span class="why">${t('figure.not-released')}</span>`;
  }
}

/** Three cells: value, people, and other denominators (`figureColumns`); a figure by respondents is divided by those people. */
export function figureCells(
  c: StaffContext,
  figure: Figure,
  style: FigureStyle,
): readonly [Content, Content, Content] {
  return figure.kind === 'estimate'
    ? [
        figureText(c, figure, style),
        formatCount(figure.n),
        style.basis === 'respondents' ? '–' : formatCount(figure.denominator),
      ]
    : [figureText(c, figure, style), '–', '–'];
}

export function figureColumns(c: StaffContext, title: Content) {
  const { t } = c.page;
  return [
    { text: title, number: true },
    { text: t('staff.figure.people'), number: true },
    { text: t('staff.figure.item-answers'), number: true },
  ];
}

/** How many people, and how many of their item answers, a figure is based on. */
export function basisText(c: StaffContext, figure: Estimate, { basis }: FigureStyle): string {
  return c.page.t(`staff.figure.basis.${basis === 'answers' ? 'answers' : 'people'}`, {
    people: formatCount(figure.n),
    answers: formatCount(figure.denominator),
  });
}

export function countText(c: StaffContext, count: Count): Content {
  return count.kind === 'count'
    ? formatCount(count.value)
    : html`<span class="why">${c.page.t(`figure.suppressed.${count.why}`)}</span>`;
}

/** A bar of 0–100 with a line at the threshold; the number is beside it, so it is not read aloud. */
export function bar(value: number, line: number | null): Html {
  const width = Math.max(0, Math.min(100, value));
  return html`<svg
    class="bar"
    viewBox="0 0 100 10"
    width="100"
    height="10"
    aria-hidden="true"
    focusable="false"
  >
    <rect class="ground" width="100" height="10" />
    <rect class="value" width="${width}" height="10" />
    ${line !== null && html`<rect class="line" x="${Math.min(99, line)}" width="1" height="10" />`}
  </svg>`;
}

/** A rate known to be within a step, in words that are the same on every page. */
export const bandText = (band: Band | null): string =>
  band === null ? '–' : band.low === band.high ? `${band.low}%` : `${band.low}%–${band.high}%`;

/**
 * A rate known to be within a step: a solid part, a pale part up to the step's end, and a line at the minimum. The words beside
 * it say the same.
 */
export function bandBar(low: number, step: number, floor: number | null): Html {
  const within = (percent: number) => Math.max(0, Math.min(100, percent));
  const sure = within(low);
  return html`<svg class="band-bar" width="100%" height="14" aria-hidden="true" focusable="false">
    <rect class="ground" width="100%" height="14" />
    <rect class="sure" width="${sure}%" height="14" />
    <rect class="maybe" x="${sure}%" width="${within(low + step) - sure}%" height="14" />
    ${floor !== null && html`<line class="line" x1="${within(floor)}%" x2="${within(floor)}%" y1="0" y2="14" />`}
  </svg>`;
}

export function figureBar(figure: Figure, threshold: number): Content {
  return figure.kind === 'estimate' ? bar(figure.value, threshold) : '';
}

export function groupSection(title: string, body: Content, open = true): Html {
  return open
    ? html`<details open>
        <summary>${title}</summary>
        ${body}
      </details>`
    : html`<details>
        <summary>${title}</summary>
        ${body}
      </details>`;
}
