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

const trackTop = 42;
const trackHeight = 14;
const middle = trackTop + trackHeight / 2;
const firstRow = 80;
const rowHeight = 18;
/** On the narrowest screen (260 px for the drawing) two signs of 18 px need this distance on the line. */
const signWidth = 7.5;

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
  const anchor = (place: number) => (place < 25 ? 'start' : place > 70 ? 'end' : 'middle');
  const { figure, threshold } = o;
  // Beside its line, on the side away from the figure.
  const isRight = figure !== null && figure.at < threshold.at;
  return html`<svg class="number-line" role="img" aria-label="${o.label}" height="${height}" focusable="false"><rect class="track" x="0" y="${trackTop}" width="100%" height="${trackHeight}" rx="4" />${ticksOf(
    o.scale,
  ).map((tick) => {
    const place = placeOn(o.scale, tick);
    return html`<line
        class="tick"
        x1="${place}%"
        x2="${place}%"
        y1="${trackTop + trackHeight}"
        y2="${trackTop + trackHeight + 5}"
      /><text
        x="${place}%"
        y="${trackTop + trackHeight + 18}"
        text-anchor="${place < 4 ? 'start' : place > 96 ? 'end' : 'middle'}"
        >${tick}</text
      >`;
  })}${
    figure?.interval &&
    html`<rect
      class="band"
      x="${x(figure.interval.low)}"
      y="${trackTop - 3}"
      width="${Math.max(
        0.4,
        Math.round((placeOn(o.scale, figure.interval.high) - placeOn(o.scale, figure.interval.low)) * 100) /
          100,
      )}%"
      height="${trackHeight + 6}"
      rx="3"
    />`
  }<line class="threshold" x1="${x(threshold.at)}" x2="${x(threshold.at)}" y1="22" y2="${trackTop + trackHeight + 6}" /><text${attributes(
    {
      class: 'judge',
      x: x(threshold.at),
      dx: isRight ? 6 : -6,
      y: 34,
      'text-anchor': isRight ? 'start' : 'end',
    },
  )}>${threshold.text}</text>${
    figure !== null &&
    html`<circle class="point" cx="${x(figure.at)}" cy="${middle}" r="7" /><text
        class="strong"
        x="${x(figure.at)}"
        y="14"
        text-anchor="${anchor(placeOn(o.scale, figure.at))}"
        >${figure.text}</text
      >`
  }${places.map(
    (place, i) =>
      html`<svg class="at" x="${place}%" y="${firstRow + rowHeight * rows[i]!}">
        <path class="pointer" d="M0-7 4-2-4-2z" />
        <circle class="no" r="8" cy="7" />
        <text class="no" y="11.5" text-anchor="middle">${i + 1}</text>
      </svg>`,
  )}</svg>`;
}
