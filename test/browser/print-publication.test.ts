/** The publication of a county on paper, and what the reading of the sheets finds. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { publicationHtml } from '../../src/export/publication-page.ts';
import { releaseCampaign } from '../../src/operations/campaign/campaigns.ts';
import { makePublication } from '../../src/operations/summary/publication.ts';
import { closedSurvey } from '../support/evidence.ts';
import { largeTextFaults } from './browser.ts';
import { launchChromium } from '../support/programs.ts';
import { printed, squeeze, staffMargins } from './sheets.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
});

test(
  'a table that cannot be broken, an empty sheet, a heading at the foot and a fold that stays shut are found',
  { timeout: 60_000 },
  async () => {
    const page = await browser.newPage();
    const wide = Array.from({ length: 40 }, (_, i) => `<td>wide${i}</td>`).join('');
    await page.setContent(
      `<style>@page{size:A4;margin:14mm 12mm}p{break-before:page}h2{position:absolute;top:200mm}</style><table><tr>${wide}</tr></table><h2>Foot</h2><details><summary>Fold</summary><div>Inside</div></details><p>alone</p><p>few</p>`,
    );
    const { faults } = await printed(page, staffMargins);
    await page.close();
    expect(faults.filter((fault) => /‘wide39’ (crosses the margin|is cut off)/.test(fault))).toHaveLength(1);
    for (const fault of [
      'only 1 texts',
      'all but empty',
      'ends with the heading',
      '‘Fold’ is printed without',
    ])
      expect(faults.join('\n')).toContain(fault);
  },
);

test(
  'the publication in both languages: every text of the page, and enough figures to a sheet',
  { timeout: 300_000 },
  async () => {
    const survey = await closedSurvey();
    const { deps, actors } = survey.world;
    await releaseCampaign(deps, actors.operator, survey.id);
    const publication = await makePublication(deps, actors.operator, survey.id, survey.county);
    await survey.world.close();
    for (const [language, perSheet] of [
      ['zh-CN', 40],
      ['en', 24],
    ] as const) {
      const page = await browser.newPage();
      await page.setContent(publicationHtml(publication, language));
      expect(await largeTextFaults(page), language).toEqual([]);
      const { count, faults, text } = await printed(page, staffMargins);
      const figures = await page.locator('#all tbody tr').count();
      const cells = await page.locator('tbody th, tbody td, dd, pre').allTextContents();
      await page.close();
      expect(faults).toEqual([]);
      expect(figures).toBeGreaterThan(300);
      // The charts and short tables before the folded one take up to five sheets, the evidence after it two.
      expect(count).toBeLessThanOrEqual(Math.ceil(figures / perSheet) + 7);
      expect(cells.map(squeeze).filter((cell) => !text.includes(cell))).toEqual([]);
    }
  },
);
