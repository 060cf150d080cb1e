/** Charts follow letters that are enlarged alone: by the size of the browser's letters, or by its least size, which texts of SVG ignore. */
import { readFileSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { numberLine } from '../../src/html/charts/number-line.ts';
import { plot } from '../../src/html/charts/plot.ts';
import { html, toMarkup } from '../../src/html/html.ts';
import { rateLine } from '../../src/http/staff/summary/rate-line-view.ts';
import { publicationStyle } from '../../src/export/publication-style.ts';
import { launchChromium } from '../support/programs.ts';
import { chartFaults, overflow } from './browser.ts';

const asset = (name: string) =>
  readFileSync(new URL(`../../src/http/assets/${name}`, import.meta.url), 'utf8');
const scale = { low: 60, high: 100 };
const day = 86_400_000;

const line = (at: number, low: number, threshold: string) =>
  numberLine({
    scale: { low, high: 100 },
    threshold: { at: 85, text: threshold },
    figure: {
      at,
      text: `${at}（${(at - 1.2).toFixed(1)}–${(at + 1.2).toFixed(1)}）`,
      interval: { low: at - 1.2, high: at + 1.2 },
    },
    others: [{ at: 77.1 }, { at: 79.9 }, { at: 94.8 }],
    label: 'line',
  });
const common = html`
  <div class="card">
    ${[61.3, 72.5, 83.1, 98.7].map((at) => line(at, 60, '门槛 85'))}${line(45.5, 40, 'Threshold 85')}${line(3.5, 0, 'Threshold 85')}
  </div>
  <div class="card">
    ${plot({
      caption: 'Groups',
      names: '人员类别',
      drawing: 'Score',
      scale,
      axis: [
        { at: 60, text: '60' },
        { at: 85, text: '85', strong: true },
        { at: 100, text: '100' },
      ],
      common: [{ kind: 'threshold', at: 85 }],
      columns: [{ text: '得分' }, { text: '置信区间', minor: true }, { text: '人数' }],
      rows: ['家长', '代表委员'].map((name) => ({
        name,
        marks: [],
        cells: [html`<b>86.3</b>`, '82.1–84.6', '357'],
      })),
    })}
  </div>
`;
const others = html`
  <div class="card">
    ${plot({
      caption: 'Items',
      names: '题目',
      drawing: 'Answers',
      scale: { low: 0, high: 100 },
      axis: [],
      common: [],
      tall: true,
      columns: [{ text: '得分' }, { text: '作答人数', minor: true }],
      rows: ['学生从家到学校的路程', '老师教课的水平'].map((name) => ({
        name,
        marks: [
          { kind: 'part', from: 0, to: 54, shade: 0, text: '209' },
          { kind: 'part', from: 54, to: 83, shade: 1, text: '112' },
          { kind: 'part', from: 83, to: 92, shade: 2, text: '35', minor: true },
          { kind: 'part', from: 92, to: 100, shade: 3, text: '31', minor: true },
        ],
        cells: [html`<b>86.3</b>`, '387'],
      })),
    })}
  </div>
  <div class="card">
    ${rateLine({
      label: 'rates',
      days: Array.from({ length: 9 }, (_, i) => ({
        at: (20 + i) * day,
        low: 5 * i,
        high: 5 * i + 10,
        text: `11-${20 + i}`,
      })),
      closesAt: 33 * day,
      closeText: '12-03',
      floor: { at: 70, text: '下限 70%' },
      forecast: { low: 70, high: 80, text: '70%–80%' },
    })}
  </div>
`;

const pages = {
  staff: `<body class="staff"><style>${asset('base.css')}${asset('staff.css')}</style><main>${toMarkup(common)}${toMarkup(others)}</main></body>`,
  published: `<style>${publicationStyle}</style><main><section>${toMarkup(common)}</section></main>`,
};

let usual: Browser;
let atLeast24: Browser;
beforeAll(async () => {
  usual = await launchChromium();
  atLeast24 = await launchChromium(['--blink-settings=minimumFontSize=24']);
});
afterAll(async () => {
  await usual.close();
  await atLeast24.close();
});

test.each(
  (['staff', 'published'] as const).flatMap((page) =>
    [320, 768, 1280].flatMap((width) =>
      (['usual', 'twice', 'at least 24 px'] as const).map((letters) => [page, width, letters] as const),
    ),
  ),
)('%s, %d px, letters: %s', async (name, width, letters) => {
  const browser = letters === 'at least 24 px' ? atLeast24 : usual;
  const page = await browser.newPage({ viewport: { width, height: 800 } });
  try {
    const size = letters === 'twice' ? '200%' : '100%';
    await page.setContent(
      `<!doctype html><html lang="zh-CN" style="font-size:${size}">${pages[name]}</html>`,
    );
    if (process.env['SCREENSHOTS'] !== undefined)
      await page.screenshot({
        path: `${process.env['SCREENSHOTS']}/${name}-${width}-${letters}.png`,
        fullPage: true,
      });
    expect(await chartFaults(page, letters === 'usual' ? 12 : 24)).toEqual([]);
    expect(await overflow(page)).toBeLessThanOrEqual(0);
  } finally {
    await page.close();
  }
});
