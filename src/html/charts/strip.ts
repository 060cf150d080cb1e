/** One band of a chart: positioned marks, as SVG without a size of its own. */
import { html, type Html } from '../html.ts';
import { placeOn, type Scale } from './scale.ts';

/** `hollow`: not certain. Dots meet the threshold, diamonds do not, a cross is not judged. */
export type Point = 'dot' | 'hollow-dot' | 'diamond' | 'hollow-diamond' | 'cross';

export type Mark =
  /** A thin line from top to bottom. */
  | { readonly kind: 'grid'; readonly at: number }
  /** What figures are judged by. */
  | { readonly kind: 'threshold'; readonly at: number }
  /** Where a difference changes its sign. */
  | { readonly kind: 'zero'; readonly at: number }
  | { readonly kind: 'interval'; readonly from: number; readonly to: number }
  | { readonly kind: 'point'; readonly at: number; readonly point: Point }
  /** From the scale's low end; `pale` where the figure is below what it is judged by. */
  | { readonly kind: 'bar'; readonly to: number; readonly pale?: boolean }
  /** One of the parts of a whole; `shade` 0 is the darkest. `text` is left out where it does not fit. */
  | {
      readonly kind: 'part';
      readonly from: number;
      readonly to: number;
      readonly shade: number;
      readonly text?: string;
      /** The text fits only on wide screens. */
      readonly minor?: boolean;
    };

/** The table already has the numbers, so the drawing is not read aloud unless it has a `label`. */
export function strip(marks: readonly Mark[], scale: Scale, label?: string): Html {
  const drawn = marks.map((mark) => draw(mark, scale));
  return label === undefined
    ? html`<svg class="strip" aria-hidden="true" focusable="false">${drawn}</svg>`
    : html`<svg class="strip" role="img" aria-label="${label}" focusable="false">${drawn}</svg>`;
}

function draw(mark: Mark, scale: Scale): Html {
  switch (mark.kind) {
    case 'grid':
    case 'zero':
    case 'threshold': {
      const x = `${placeOn(scale, mark.at)}%`;
      return html`<line class="${mark.kind}" x1="${x}" x2="${x}" y1="0" y2="100%" />`;
    }
    case 'interval':
      return html`<line
        class="interval"
        x1="${placeOn(scale, mark.from)}%"
        x2="${placeOn(scale, mark.to)}%"
        y1="50%"
        y2="50%"
      />`;
    case 'point':
      // Paths allow no percentages: an inner SVG without size is placed at the position.
      return html`<svg class="at" x="${placeOn(scale, mark.at)}%" y="50%">${shapes[mark.point]}</svg>`;
    case 'bar':
      return html`<rect
        class="${mark.pale === true ? 'bar pale' : 'bar'}"
        x="0"
        y="25%"
        width="${placeOn(scale, mark.to)}%"
        height="50%"
      />`;
    case 'part': {
      const from = placeOn(scale, mark.from);
      const width = Math.round((placeOn(scale, mark.to) - from) * 100) / 100;
      return html`<rect class="part s${mark.shade}" x="${from}%" y="15%" width="${width}%" height="70%" />${
          mark.text !== undefined &&
          html`<text
            class="${mark.minor === true ? 'on minor' : 'on'} s${mark.shade}"
            x="${Math.round((from + width / 2) * 100) / 100}%"
            y="50%"
            dy="0.375em"
            text-anchor="middle"
            >${mark.text}</text
          >`
        }`;
    }
  }
}

const shapes: Readonly<Record<Point, Html>> = {
  dot: html`<circle class="point" r="5.5" />`,
  'hollow-dot': html`<circle class="point hollow" r="4.75" />`,
  diamond: html`<path class="point" d="M0-6.5 6.5 0 0 6.5-6.5 0z" />`,
  'hollow-diamond': html`<path class="point hollow" d="M0-6 6 0 0 6-6 0z" />`,
  cross: html`<path class="point crossed" d="M-4.5-4.5 4.5 4.5M4.5-4.5-4.5 4.5" />`,
};

/** For a legend: a single mark. */
export function pointSign(point: Point): Html {
  return html`<svg class="sign" aria-hidden="true" focusable="false">
    <svg class="at" x="50%" y="50%">${shapes[point]}</svg>
  </svg>`;
}
