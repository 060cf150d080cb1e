/** Charts: places by hand, nothing but text for a reader, and no size or colour of their own. */
import { describe, expect, test } from 'vitest';
import { html, toMarkup } from '../../src/html/html.ts';
import { scoreAxis } from '../../src/html/charts/figures.ts';
import { heatMap, shadeOf } from '../../src/html/charts/heat-map.ts';
import { numberLine, rowsOfSigns } from '../../src/html/charts/number-line.ts';
import { legend, plot, shadeSign } from '../../src/html/charts/plot.ts';
import { placeOn, scaleFor, ticksOf } from '../../src/html/charts/scale.ts';
import { strip } from '../../src/html/charts/strip.ts';
import { rateLine } from '../../src/http/staff/summary/rate-line-view.ts';
import { tileMap } from '../../src/html/charts/tile-map.ts';

const scale = { low: 60, high: 100 };

describe('scale', () => {
  // (85 − 60) ⁄ 40 = 62.5 %.
  test.each([
    [60, 0],
    [85, 62.5],
    [86.3, 65.75],
    [100, 100],
    [42, 0],
    [101, 100],
  ])('%d stands at %d %%', (value, place) => {
    expect(placeOn(scale, value)).toBe(place);
  });

  test('starts at 60, or at the ten below the least value', () => {
    expect(scaleFor([84, 92])).toEqual({ low: 60, high: 100 });
    expect(scaleFor([84, 59.9])).toEqual({ low: 50, high: 100 });
    expect(scaleFor([])).toEqual({ low: 60, high: 100 });
    expect(ticksOf(scale)).toEqual([60, 70, 80, 90, 100]);
  });
});

test('an axis leaves out its end where the number of the threshold would lie on it, in narrow drawings or in all', () => {
  const texts = (low: number, threshold: number) =>
    scoreAxis({ low, high: 100 }, threshold).map(({ text, minor }) => (minor === true ? `(${text})` : text));
  expect(texts(60, 85)).toEqual(['60', '85', '100']);
  expect(texts(50, 85)).toEqual(['50', '85', '100']);
  expect(texts(40, 85)).toEqual(['40', '85', '(100)']);
  expect(texts(60, 98)).toEqual(['60', '98']);
});

describe('strip', () => {
  const drawn = toMarkup(
    strip(
      [
        { kind: 'threshold', at: 85 },
        { kind: 'interval', from: 84.9, to: 87.7 },
        { kind: 'point', at: 86.3, point: 'hollow-dot' },
        { kind: 'bar', to: 80, pale: true },
      ],
      scale,
    ),
  );

  test('puts marks in percent, so that no text is scaled', () => {
    expect(drawn).toContain('class="threshold" x1="62.5%" x2="62.5%"');
    expect(drawn).toContain('x1="62.25%" x2="69.25%"');
    expect(drawn).toContain('<svg class="at" x="65.75%" y="50%">');
    expect(drawn).toContain('width="50%"');
    expect(drawn).not.toMatch(/viewBox|style=|fill=|stroke=/);
  });

  test('is left out for readers of the table, unless it has words of its own', () => {
    expect(drawn).toContain('aria-hidden="true"');
    expect(toMarkup(strip([], scale, '“86” < 87'))).toContain('role="img" aria-label="“86” &lt; 87"');
  });

  test('parts of a whole adjoin, and carry their number where it fits', () => {
    const parts = toMarkup(
      strip(
        [
          { kind: 'part', from: 0, to: 33.333, shade: 0, text: '10' },
          { kind: 'part', from: 33.333, to: 100, shade: 1 },
        ],
        { low: 0, high: 100 },
      ),
    );
    expect(parts).toContain('class="part s0" x="0%" y="15%" width="33.33%"');
    expect(parts).toContain('class="part s1" x="33.33%" y="15%" width="66.67%"');
    expect(parts.match(/<text/g)).toHaveLength(1);
  });
});

describe('number line', () => {
  test('signs that would overlap on a phone stand below one another', () => {
    expect(rowsOfSigns([10, 50, 90])).toEqual([0, 0, 0]);
    expect(rowsOfSigns([60, 62, 64, 72])).toEqual([0, 1, 2, 0]);
  });

  test('says everything in words, and keeps the threshold’s name away from the figure', () => {
    const line = (at: number) =>
      toMarkup(
        numberLine({
          scale,
          threshold: { at: 85, text: '门槛 85' },
          figure: { at, text: String(at), interval: { low: at - 1, high: at + 1 } },
          others: [{ at: 77.1 }, { at: 94.8 }],
          label: 'words',
        }),
      );
    expect(line(86)).toContain('role="img" aria-label="words"');
    expect(line(86)).toContain('x="62.5%" dx="-0.5em" y="2.85em" text-anchor="end">门槛 85');
    expect(line(84)).toContain('x="62.5%" dx="0.5em" y="2.85em" text-anchor="start">门槛 85');
    expect(line(86)).not.toContain('viewBox');
  });

  test('without a figure that may be shown there is no point', () => {
    const line = numberLine({ scale, threshold: { at: 85, text: '' }, figure: null, others: [], label: '' });
    expect(toMarkup(line)).not.toContain('circle');
  });
});

test('a plot is a table: a header for each row and column, numbers beside the drawing', () => {
  const made = toMarkup(
    plot({
      caption: 'Groups',
      names: 'Group',
      drawing: 'Score',
      scale,
      axis: [
        { at: 60, text: '60' },
        { at: 85, text: '85', strong: true },
      ],
      common: [{ kind: 'threshold', at: 85 }],
      columns: [{ text: 'Value' }, { text: 'People', minor: true }],
      rows: [{ name: 'Parents & others', marks: [], cells: [html`<b>86.3</b>`, '357'] }],
    }),
  );
  expect(made).toContain('<caption class="unseen"> Groups </caption>');
  expect(made).toContain('<th scope="row">Parents &amp; others</th>');
  expect(made).toMatch(
    /<td class="n" data-label="Value"><b>86.3<\/b><\/td>\s*<td class="n minor" data-label="People">357<\/td>/,
  );
  expect(made).toContain('<text class="strong" x="62.5%" y="1.1em" text-anchor="middle">85</text>');
});

test('a legend has each sign with its words', () => {
  const made = toMarkup(legend([{ sign: shadeSign(2), text: 'satisfied & more' }]));
  expect(made).toContain('class="part s2"');
  expect(made).toContain('satisfied &amp; more');
});

describe('heat map', () => {
  test('the lower the darker, with the steps around the threshold', () => {
    expect([60, 72, 78, 84.9999, 85, 90, 97].map((value) => shadeOf(value, 85))).toEqual([
      0, 1, 2, 3, 4, 5, 6,
    ]);
  });

  test('what is below the threshold is marked and said; what is not shown has no shade', () => {
    const made = toMarkup(
      heatMap({
        caption: 'c',
        names: 'n',
        columns: ['a', 'b'],
        threshold: 85,
        below: 'below 85: ',
        rows: [
          {
            name: 'r',
            cells: [
              { value: 84.9, text: '84.9' },
              { value: null, text: 'not shown' },
            ],
          },
        ],
      }),
    );
    expect(made).toContain('class="number heat h3"><span class="low" aria-hidden="true">▼</span>');
    expect(made).toContain('below 85: </span>84.9');
    expect(made).toContain('<td class="number none">not shown</td>');
  });
});

test('a tile map says name and figure of each place', () => {
  const made = toMarkup(
    tileMap([
      { title: 'City', tiles: [{ name: 'County', text: '86.3', shade: 4, point: 'dot' }] },
      { title: 'Other', tiles: [{ name: 'Third', text: '–', shade: null, point: 'cross' }] },
    ]),
  );
  expect(made).toContain('<h3>City</h3>');
  expect(made).toMatch(/<li class="heat h4">.*County<b>86.3<\/b><\/li>/);
  expect(made).toMatch(/<li class="none">.*Third<b>–<\/b><\/li>/);
});

test('dates under a daily line keep their distance on a phone, the newest first', () => {
  // Days are 87 ⁄ 12 = 7.25 % apart, and a date needs 14 %.
  const day = (n: number) => ({ at: n, low: 30, high: 40, text: `day-${n}` });
  const shown = (days: number, closesAt: number) => {
    const made = rateLine({
      label: 'l',
      days: Array.from({ length: days }, (_, n) => day(n)),
      closesAt,
      closeText: 'close',
      floor: null,
      forecast: null,
    });
    return [...toMarkup(html`${made}`).matchAll(/>(day-\d+|close)</g)].map(([, text]) => text);
  };
  expect(shown(4, 12)).toEqual(['day-3', 'day-1', 'close']);
  // So near its close, today has no room.
  expect(shown(12, 12)).toEqual(['day-10', 'day-8', 'day-6', 'day-4', 'day-2', 'day-0', 'close']);
  expect(shown(1, 0)).toEqual(['close']);
});
