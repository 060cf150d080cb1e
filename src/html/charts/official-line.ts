/** The official figure on a line with the threshold and, for comparison, the results of the other formulas. */
import { formatValue, pointStyle, type FigureStyle } from '../../domain/scoring/format.ts';
import type { LocalisedText } from '../../domain/scoring/rules/formula.ts';
import type { Summary } from '../../domain/scoring/summary/summary-types.ts';
import type { Translate } from '../../texts/texts.ts';
import { html, type Html } from '../html.ts';
import { intervalText, scaleOf } from './figures.ts';
import { numberLine } from './number-line.ts';

export function officialLine(o: {
  readonly t: Translate;
  readonly text: (text: LocalisedText) => string;
  readonly summary: Pick<Summary, 'profile' | 'threshold' | 'formulas' | 'official'>;
  readonly style: FigureStyle;
}): Html {
  const { t, text, summary: s, style } = o;
  const { official, threshold } = s;
  const others = s.formulas.flatMap(({ figure, formula, official: isOfficial }) =>
    isOfficial || figure.kind !== 'estimate'
      ? []
      : [
          {
            at: figure.value,
            figure,
            title: text(formula.title),
            value: formatValue(figure.value, pointStyle(s, formula)),
          },
        ],
  );
  const value = official.kind === 'estimate' ? formatValue(official.value, style) : null;
  const interval = intervalText(official, style);
  return html`${numberLine({
    scale: scaleOf([official, ...others.map(({ figure }) => figure)], threshold.value),
    threshold: { at: threshold.value, text: t('results.line.threshold', { value: threshold.value }) },
    figure:
      official.kind === 'estimate'
        ? {
            at: official.value,
            text: interval === '–' ? value! : t('results.line.figure', { value: value!, interval }),
            interval: official.interval ?? null,
          }
        : null,
    others,
    label: [
      value === null
        ? t('results.line.hidden')
        : t('results.line.label', { value, interval, threshold: threshold.value }),
      ...others.map((other) => `${other.title} ${other.value}`),
    ].join(t('results.semicolon')),
  })}${
    others.length > 0 &&
    html`<ol class="line-key">
      ${others.map(
        (other) =>
          html`<li>
            ${other.title}
            <b>${other.value}</b>
          </li>`,
      )}
    </ol>`
  }`;
}
