/** One figure on a line: its interval, its threshold, and other figures of the same answers for comparison. */
import { attributes, html, type Html } from '../html.ts';
import { placeOn, ticksOf, type Scale } from './scale.ts';

export interface NumberLine {
  readonly scale: Scale;
  readonly threshold: { readonly at: number; readonly text: string };
  /** null: the figure is suppressed. */
  readonly figure: {
    readonly at: number;
    readonly text: string;
    readonly interval: { readonly low: number; readonly high: number } | null;
  } | null;
  /** Marked by numbers from 1, which a list below explains. */
  readonly others: readonly { readonly at: number }[];
  /** The whole drawing in words. */
  readonly label: string;
}

/** Lengths are in em, of which one is a small letter's height: whoever enlarges letters alone enlarges the drawing. */
const trackTop = 3.5;
const trackHeight = 1.2;
const middle = trackTop + trackHeight / 2;
const firstRow = 6.7;
const rowHeight = 1.6;
/** With letters of twice the size on the narrowest screen (260 px for the drawing) two signs need this distance on the line. */
const signWidth = 12;
/** The drawing's width there. */
const leastWidth = 11;

/** Signs that would overlap on a phone are placed one below the other. */
export function rowsOfSigns(places: readonly number[]): readonly number[] {
  const taken: number[][] = [];
  return places.map((place) => {
    const free = taken.findIndex((row) => row.every((other) => Math.abs(other - place) >= signWidth));
    const row = free === -1 ? taken.length : free;
    (taken[row] ??= []).push(place);
    return row;
  });
}

export function numberLine(o: NumberLine): Html {
  const x = (value: number) => `${placeOn(o.scale, value)}%`;
  const places = o.others.map(({ at }) => placeOn(o.scale, at));
  const rows = rowsOfSigns(places);
  const height = firstRow + rowHeight * (rows.length === 0 ? 0 : Math.max(...rows) + 1);
  const { figure, threshold } = o;
  // Beside its line, on the side away from the figure if there is room.
  const thresholdPlace = placeOn(o.scale, threshold.at) / 100;
  const room = { start: leastWidth * (1 - thresholdPlace), end: leastWidth * thresholdPlace };
  const away = figure !== null && figure.at < threshold.at ? 'start' : 'end';
  const other = away === 'start' ? 'end' : 'start';
  const needed = textWidth(threshold.text);
  const side = room[away] < needed && room[other] > room[away] ? other : away;
  const ticks = ticksOf(o.scale);
  // Five numbers have room on a phone, three if it is narrow and its letters are large.
  const apart = Math.ceil((ticks.length - 1) / 4);
  const rank = (fromTop: number) =>
    fromTop % apart !== 0 ? 'minor' : (fromTop / apart) % 2 === 0 ? null : 'spare';
  const em = (length: number) => `${Math.round(length * 100) / 100}em`;
  return html`<div class="chart"><svg class="number-line" role="img" aria-label="${o.label}" height="${em(height)}" focusable="false"><rect class="track" x="0" y="${em(trackTop)}" width="100%" height="${em(trackHeight)}" rx="4" />${ticks.map(
    (tick, i) => {
      const place = placeOn(o.scale, tick);
      return html`<line
        class="tick"
        x1="${place}%"
        x2="${place}%"
        y1="${em(trackTop + trackHeight)}"
        y2="${em(trackTop + trackHeight + 0.4)}"
      /><text${attributes({
        class: rank(ticks.length - 1 - i),
        x: `${place}%`,
        y: em(trackTop + trackHeight + 1.5),
        'text-anchor': place < 4 ? 'start' : place > 96 ? 'end' : 'middle',
      })}>${tick}</text>`;
    },
  )}${
    figure?.interval &&
    html`<rect
      class="band"
      x="${x(figure.interval.low)}"
      y="${em(trackTop - 0.25)}"
      width="${Math.max(
        0.4,
        Math.round((placeOn(o.scale, figure.interval.high) - placeOn(o.scale, figure.interval.low)) * 100) /
          100,
      )}%"
      height="${em(trackHeight + 0.5)}"
      rx="3"
    />`
  }<line class="threshold" x1="${x(threshold.at)}" x2="${x(threshold.at)}" y1="1.8em" y2="${em(trackTop + trackHeight + 0.5)}" /><text${attributes(
    {
      class: 'judge',
      x: x(threshold.at),
      dx: side === 'start' ? '0.5em' : '-0.5em',
      y: '2.85em',
      'text-anchor': side,
    },
  )}>${threshold.text}</text>${
    figure !== null &&
    html`<circle class="point" cx="${x(figure.at)}" cy="${em(middle)}" r="0.58em" /><text
        class="strong"
        x="${x(figure.at)}"
        dx="${em((-textWidth(figure.text) * placeOn(o.scale, figure.at)) / 100)}"
        y="1.15em"
        >${figure.text}</text
      >`
  }${places.map(
    (place, i) =>
      html`<svg class="at" x="${place}%" y="${em(firstRow + rowHeight * rows[i]!)}">
        <path class="pointer" d="M0-7 4-2-4-2z" />
        <circle class="no" r="0.67em" cy="0.58em" />
        <text class="no" y="0.96em" text-anchor="middle">${i + 1}</text>
      </svg>`,
  )}</svg></div>`;
}

/** About, in em. A text that is moved to the left by a share of its width stays inside the drawing at each share of the drawing's. */
function textWidth(text: string): number {
  let width = 0;
  for (const letter of text) width += /[\u2e80-\uffef]/.test(letter) ? 1 : 0.58;
  return width;
}
