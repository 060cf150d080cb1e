/**
 * The daily line of a county's return, as SVG: positions in percent of the width and in em, so that it gets narrower without
 * shrinking its text, and grows with letters that are enlarged alone.
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

/** In em. */
const top = 1.1;
const height = 13.3;
const below = 15.7;
const y = (percent: number) => top + (height * (100 - percent)) / 100;
const em = (length: number) => `${hundredths(length)}em`;
/** Distance between dates, in percent: on a phone one takes 13 of the width, with letters of twice the size 26. */
const labelGap = 14;
const wideGap = 32;

export function rateLine(o: RateLine): Content {
  const first = o.days[0];
  const last = o.days.at(-1);
  if (!first || !last) return null;
  const span = Math.max(1, o.closesAt - first.at);
  const place = (at: number) => 5 + (87 * (at - first.at)) / span;
  const x = (at: number) => `${hundredths(place(at))}%`;
  const middle = (d: { low: number; high: number }) => y((d.low + d.high) / 2);
  const { forecast, floor } = o;
  const dates = datesApart(o.days, o.closesAt, place, labelGap);
  const wideDates = datesApart(dates, o.closesAt, place, wideGap);
  const line = (x1: string, y1: number, x2: string, y2: number, name: string): Html =>
    html`<line${attributes({ class: name, x1, y1: em(y1), x2, y2: em(y2) })} />`;
  return html`<div class="chart">
    <svg class="rate-line" role="img" aria-label="${o.label}" focusable="false">
      ${[0, 25, 50, 75, 100].map((p) => line('0%', y(p), '100%', y(p), 'grid'))}${
        floor !== null &&
        html`${line('0%', y(floor.at), '100%', y(floor.at), 'threshold')}<text
            class="strong"
            x="25%"
            y="${em(y(floor.at) - 0.33)}"
            >${floor.text}</text
          >`
      }${
        forecast !== null &&
        html`${line(x(last.at), y(last.high), x(o.closesAt), y(forecast.high), 'forecast')}${line(x(last.at), y(last.low), x(o.closesAt), y(forecast.low), 'forecast')}<rect
            class="band"
            x="${hundredths(place(o.closesAt) - 1.5)}%"
            width="3%"
            y="${em(y(forecast.high))}"
            height="${em(Math.max(0.17, y(forecast.low) - y(forecast.high)))}"
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
            y="${em(y(d.high))}"
            height="${em(Math.max(0.25, y(d.low) - y(d.high)))}"
            rx="1"
          />`,
      )}${[25, 50, 75, 100].map((p) => html`<text x="0" y="${em(y(p) - 0.25)}">${p}%</text>`)}${dates.map(
        (d) => {
          const isFirst = place(d.at) < 12;
          return html`<text${attributes({
            class: wideDates.includes(d) ? null : 'minor',
            x: isFirst ? '0' : x(d.at),
            y: em(below),
            'text-anchor': isFirst ? 'start' : 'middle',
          })}>${d.text}</text>`;
        },
      )}
      <text x="100%" y="${em(below)}" text-anchor="end">${o.closeText}</text>
    </svg>
  </div>`;
}

/** The days whose dates fit beside one another and beside the close's; the last ones first. */
function datesApart(
  days: RateLine['days'],
  closesAt: number,
  place: (at: number) => number,
  gap: number,
): RateLine['days'] {
  const shown: RateLine['days'][number][] = [];
  for (const day of days.toReversed())
    if (place(shown.at(-1)?.at ?? closesAt) - place(day.at) >= gap) shown.push(day);
  return shown;
}

/** A position in the drawing, not a figure. */
function hundredths(x: number): number {
  return Math.round(x * 100) / 100;
}
