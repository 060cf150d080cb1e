/** A table with a drawing in each row: names, marks and numbers side by side, under one axis. */
import { attributes, html, type Content, type Html } from '../html.ts';
import { placeOn, type Scale } from './scale.ts';
import { strip, type Mark } from './strip.ts';

export interface PlotRow {
  readonly name: Content;
  /** Drawn in front of the rows' common marks. */
  readonly marks: readonly Mark[];
  /** One for each column. */
  readonly cells: readonly Content[];
}

export interface AxisLabel {
  readonly at: number;
  readonly text: string;
  /** Of the threshold. */
  readonly strong?: boolean;
  /** Left out where the drawing is narrow. */
  readonly minor?: boolean;
}

export interface Plot {
  /** Read aloud, and visible only if no heading says the same. */
  readonly caption: string;
  readonly scale: Scale;
  /** Head of the column of names. */
  readonly names: string;
  /** What the drawings show, read aloud. */
  readonly drawing: string;
  readonly axis: readonly AxisLabel[];
  /** Behind the marks of every row: grid and threshold. */
  readonly common: readonly Mark[];
  /** Heads of number cells. `minor` ones are left out on narrow screens, where the row's name or value says the same. */
  readonly columns: readonly { readonly text: Content; readonly minor?: boolean }[];
  readonly rows: readonly PlotRow[];
  /** Rows two lines high, for long names. */
  readonly tall?: boolean;
}

/** The first cell of a row is its header. Where letters are large for the room, each row becomes a block, as with `stack` of `table`. */
export function plot(o: Plot): Html {
  const columnClass = (i: number) => (o.columns[i]?.minor === true ? 'n minor' : 'n');
  const label = (i: number) => {
    const text = o.columns[i]?.text;
    return typeof text === 'string' && text !== '' ? text : null;
  };
  return html`<div class="plot-box">
    <table class="${o.tall === true ? 'plot tall' : 'plot'}">
      <caption class="unseen">
        ${o.caption}
      </caption>
      <thead>
        <tr>
          <th scope="col" class="names">${o.names}</th>
          <th scope="col" class="drawn"><span class="unseen">${o.drawing}</span>${axis(o.axis, o.scale)}</th>
          ${o.columns.map((column, i) => html`<th scope="col" class="${columnClass(i)}">${column.text}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${o.rows.map(
          (row) =>
            html`<tr>
              <th scope="row">${row.name}</th>
              <td class="drawn">${strip([...o.common, ...row.marks], o.scale)}</td>
              ${row.cells.map((cell, i) => html`<td${attributes({ class: columnClass(i), 'data-label': label(i) })}>${cell}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

/** Numbers above the drawings; those at the ends stay inside. */
export function axis(labels: readonly AxisLabel[], scale: Scale): Html {
  return html`<svg class="axis" aria-hidden="true" focusable="false">
    ${labels.map(({ at, text, strong, minor }) => {
      const place = placeOn(scale, at);
      return html`<text${attributes({
        class: strong === true ? 'strong' : minor === true ? 'minor' : null,
        x: `${place}%`,
        y: '1.1em',
        'text-anchor': place < 4 ? 'start' : place > 96 ? 'end' : 'middle',
      })}>${text}</text>`;
    })}
  </svg>`;
}

/** Signs and their meaning, below a chart. */
export function legend(entries: readonly { readonly sign: Html; readonly text: string }[]): Html {
  return html`<ul class="legend">
    ${entries.map(({ sign, text }) => html`<li>${sign}${text}</li>`)}
  </ul>`;
}

/** The sign of one part of a whole. */
export function shadeSign(shade: number): Html {
  return html`<svg class="sign" aria-hidden="true" focusable="false">
    <rect class="part s${shade}" width="100%" height="100%" />
  </svg>`;
}
