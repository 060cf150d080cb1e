/** The publication of a county on paper, and what the reading of the sheets finds. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { publicationHtml } from '../../src/export/publication.ts';
import { releaseCampaign } from '../../src/operations/campaign/campaigns.ts';
import { makePublication } from '../../src/operations/summary/publication.ts';
import { closedSurvey } from '../support/evidence.ts';
import { launchChromium } from '../support/programs.ts';
import { printed, sheetsOf, staffMargins } from './sheets.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
});

test(
  'a table that cannot be broken, an empty sheet and a heading at the foot are found',
  { timeout: 60_000 },
  async () => {
    const page = await browser.newPage();
    const wide = Array.from({ length: 40 }, (_, i) => `<td>wide${i}</td>`).join('');
    await page.setContent(
      `<style>@page{size:A4;margin:14mm 12mm}p{break-before:page}h2{position:absolute;top:200mm}</style><table><tr>${wide}</tr></table><h2>Foot</h2><p>few</p>`,
    );
    const { faults } = await printed(page, staffMargins);
    await page.close();
    for (const fault of ['crosses the margin', 'only 1 texts', 'ends with the heading'])
      expect(faults.join('\n')).toContain(fault);
  },
);

/** Fonts draw some characters with the glyph of a radical, and the PDF then names that one. */
const pairs =
  '⻅见⻆角⻉贝⻋车⻓长⻔门⻘青⻚页⻛风⻜飞⻝食⻢马⻣骨⻤鬼⻥鱼⻦鸟⻨麦⻩黄⻬齐⻮齿⻰龙⺠民⺟母⻄西';
const characters = new Map(pairs.match(/../g)!.map((pair): [string, string] => [pair[0]!, pair[1]!]));

test.each([
  ['zh-CN', 40],
  ['en', 25],
] as const)(
  'the publication in %s: every text of the page, at least %i figures to a sheet',
  { timeout: 300_000 },
  async (language, perSheet) => {
    const survey = await closedSurvey();
    const { deps, actors } = survey.world;
    await releaseCampaign(deps, actors.operator, survey.id);
    const html = publicationHtml(
      await makePublication(deps, actors.operator, survey.id, survey.county),
      language,
    );
    await survey.world.close();
    const page = await browser.newPage();
    await page.setContent(html);
    const { count, faults } = await printed(page, staffMargins);
    const figures = await page.locator('tbody tr').count();
    const squeeze = (text: string) =>
      text
        .replace(/[\u2e80-\u2eff]/g, (sign) => characters.get(sign) ?? sign)
        .normalize('NFKC')
        .replace(/\s/g, '');
    const cells = await page.locator('tbody th, tbody td, dd, pre').allTextContents();
    const sheets = await sheetsOf(await page.pdf({ preferCSSPageSize: true }));
    await page.close();
    expect(faults).toEqual([]);
    expect(figures).toBeGreaterThan(300);
    expect(count).toBeLessThanOrEqual(Math.ceil(figures / perSheet) + 2);
    const read = sheets.map(({ items }) => items.map(({ text }) => squeeze(text)).join('')).join('');
    expect(cells.map(squeeze).filter((text) => !read.includes(text))).toEqual([]);
  },
);
