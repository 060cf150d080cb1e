/**
 * A table shaded by value: the darker a cell, the lower its figure. Figures below the threshold also have a mark, for
 * black-and-white print.
 */
import { attributes, html, type Content, type Html } from '../html.ts';

export interface HeatCell {
  /** null: nothing to shade. */
  readonly value: number | null;
  readonly text: Content;
}

export interface HeatMap {
  readonly caption: string;
  readonly names: string;
  readonly columns: readonly Content[];
  readonly rows: readonly { readonly name: Content; readonly cells: readonly HeatCell[] }[];
  readonly threshold: number;
  /** Read aloud, and shown as a sign, if a figure is below the threshold. */
  readonly below: string;
}

/** Upper bounds of the shades below and above the threshold, as points from it: steps are finest near it. */
const steps = [-15, -10, -5, 0, 5, 10] as const;

/** 0 (far below the threshold) to 6 (far above). */
export function shadeOf(value: number, threshold: number): number {
  const found = steps.findIndex((step) => value < threshold + step);
  return found === -1 ? steps.length : found;
}

export function heatMap(o: HeatMap): Html {
  const cell = ({ value, text }: HeatCell) => {
    const isBelow = value !== null && value < o.threshold;
    return html`<td${attributes({ class: value === null ? 'number none' : `number heat h${shadeOf(value, o.threshold)}` })}>${
      isBelow && html`<span class="low" aria-hidden="true">▼</span><span class="unseen">${o.below}</span>`
    }${text}</td>`;
  };
  return html`<div class="scroll" role="region" aria-label="${o.caption}" tabindex="0">
    <table class="heat-map">
      <caption class="unseen">
        ${o.caption}
      </caption>
      <thead>
        <tr>
          <th scope="col">${o.names}</th>
          ${o.columns.map((column) => html`<th scope="col" class="number">${column}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${o.rows.map(
          (row) =>
            html`<tr>
              <th scope="row">${row.name}</th>
              ${row.cells.map(cell)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
