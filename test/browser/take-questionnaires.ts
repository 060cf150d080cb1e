/**
 * Screenshots of the five questionnaires, to look at: at 360 px, in large text, one item a page, and as printed.
 * `npm run screenshots:questionnaires -- <folder> [2012|2017] [zh-CN|en]`
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { countyLevelGroups } from '../../src/domain/model/vocabulary.ts';
import { template } from '../http/open-survey.ts';
import { launchChromium } from '../support/programs.ts';
import { serve } from './browser.ts';

const groups = ['parent', 'teacher', 'principal', 'deputy', 'public'] as const;
/** Width of A4 less margins, at 96 dots an inch. */
const sheet = 700;

async function takeQuestionnaires(
  browser: Browser,
  { folder, version, language }: { folder: string; version: string; language: string },
): Promise<void> {
  for (const group of groups) {
    const served = await serve({ questionnaire: template(`${group}-${version}.json`) });
    const address = `${served.origin}/s/${served.survey.code(countyLevelGroups.has(group) ? 3 : 1, 0)}`;
    const take = async (name: string, width: number, open: (page: Page) => Promise<unknown>) => {
      const context = await browser.newContext({ viewport: { width, height: 740 }, locale: language });
      try {
        const page = await context.newPage();
        await open(page);
        await page.screenshot({
          path: join(folder, `${group}-${version}-${language}-${name}.png`),
          fullPage: true,
        });
      } finally {
        await context.close();
      }
    };
    try {
      await take('360', 360, (page) => page.goto(address));
      await take('large', 360, (page) => page.goto(`${address}?size=large`));
      await take('one-item', 360, async (page) => {
        await page.goto(address);
        const loaded = page.waitForEvent('load');
        await page.locator('button[name=_step]').first().click();
        await loaded;
      });
      await take('print', sheet, async (page) => {
        await page.emulateMedia({ media: 'print' });
        await page.goto(address);
      });
    } finally {
      await served.close();
    }
  }
}

const [, , folder, version = '2012', language = 'zh-CN'] = process.argv;
if (folder === undefined)
  throw new Error('Into which folder? For example: npm run screenshots:questionnaires -- /tmp/pages');
mkdirSync(folder, { recursive: true });
const browser = await launchChromium();
try {
  await takeQuestionnaires(browser, { folder, version, language });
} finally {
  await browser.close();
}
