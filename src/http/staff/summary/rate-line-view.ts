/**
 * The daily line of a county's return, as SVG: positions in percent and text in pixels, so that it gets narrower without
 * shrinking its text.
 */
import { attributes, html, type Content, type Html } from '../../../html/html.ts';

export interface RateLine {
  /** In words: what the drawing shows. */
  readonly label: string;
  readonly days: readonly {
    readonly at: number;
    readonly low: number;
    readonly high: number;
    readonly text: string;
  }[];
  readonly closesAt: number;
  readonly closeText: string;
  readonly floor: { readonly at: number; readonly text: string } | null;
  readonly forecast: { readonly low: number; readonly high: number; readonly text: string } | null;
}

const top = 8;
const height = 160;
const y = (percent: number) => Math.round(10 * (top + (height * (100 - percent)) / 100)) / 10;
/** Distance between dates, in percent: on a phone one takes 13 of the width. */
const labelGap = 14;

export function rateLine(o: RateLine): Content {
  const first = o.days[0];
  const last = o.days.at(-1);
  if (!first || !last) return null;
  const span = Math.max(1, o.closesAt - first.at);
  const place = (at: number) => 5 + (87 * (at - first.at)) / span;
  const x = (at: number) => `${hundredths(place(at))}%`;
  const middle = (d: { low: number; high: number }) => y((d.low + d.high) / 2);
  const { forecast, floor } = o;
  const line = (x1: string, y1: number, x2: string, y2: number, name: string): Html =>
    html`<line${attributes({ class: name, x1, y1, x2, y2 })} />`;
  return html`<svg class="rate-line" role="img" aria-label="${o.label}" height="196" focusable="false">
    ${[0, 25, 50, 75, 100].map((p) =>
      line('0%', y(p), '100%', y(p), 'grid'),
    )}${[25, 50, 75, 100].map((p) => html`<text x="0" y="${y(p) - 3}">${p}%</text>`)}${
      floor !== null &&
      html`${line('0%', y(floor.at), '100%', y(floor.at), 'threshold')}<text
          class="strong"
          x="25%"
          y="${y(floor.at) - 4}"
          text-anchor="middle"
          >${floor.text}</text
        >`
    }${
      forecast !== null &&
      html`${line(x(last.at), y(last.high), x(o.closesAt), y(forecast.high), 'forecast')}${line(x(last.at), y(last.low), x(o.closesAt), y(forecast.low), 'forecast')}<rect
          class="band"
          x="${hundredths(place(o.closesAt) - 1.5)}%"
          width="3%"
          y="${y(forecast.high)}"
          height="${Math.max(2, y(forecast.low) - y(forecast.high))}"
        />`
    }${line(x(o.closesAt), top, x(o.closesAt), top + height, 'end')}${o.days.slice(1).map((d, i) => {
      const before = o.days[i]!;
      return line(x(before.at), middle(before), x(d.at), middle(d), 'line');
    })}${o.days.map(
      (d) =>
        html`<rect
          class="day"
          x="${hundredths(place(d.at) - 1.4)}%"
          width="2.8%"
          y="${y(d.high)}"
          height="${Math.max(3, y(d.low) - y(d.high))}"
          rx="1"
        />`,
    )}${datesApart(o.days, o.closesAt, place).map(
      (d) => html`<text x="${x(d.at)}" y="188" text-anchor="middle">${d.text}</text>`,
    )}
    <text x="${x(o.closesAt)}" y="188" text-anchor="middle">${o.closeText}</text>
  </svg>`;
}

/** The days whose dates fit beside one another and beside the close's; the last ones first. */
function datesApart(
  days: RateLine['days'],
  closesAt: number,
  place: (at: number) => number,
): RateLine['days'] {
  const shown: RateLine['days'][number][] = [];
  for (const day of days.toReversed())
    if (place(shown.at(-1)?.at ?? closesAt) - place(day.at) >= labelGap) shown.push(day);
  return shown;
}

/** A position in the drawing, not a figure. */
function hundredths(x: number): number {
  return Math.round(x * 100) / 100;
}
