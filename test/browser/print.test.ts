/** Every page that people print, as a PDF: on how many sheets, whether each text lies inside the margins, and whether anything is left out or left alone. */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startDemo, type Demo } from '../support/demo.ts';
import { launchChromium } from '../support/programs.ts';
import { fillAll, withPage } from './browser.ts';
import { faultsOf, printed, sheetsOf, squeeze, staffMargins } from './sheets.ts';
import { createKinds, followLinks, logIn, openLogIn, readStages } from './staff-pages.ts';

let browser: Browser;
let demo: Demo;
beforeAll(async () => {
  [browser, demo] = await Promise.all([launchChromium(), startDemo()]);
}, 300_000);
afterEach((context) => demo?.printIfFailed(context));
afterAll(async () => {
  await browser?.close();
  await demo?.close();
}, 60_000);

const inContext = <T>(options: BrowserContextOptions, work: (page: Page) => Promise<T>) =>
  withPage(browser, { viewport: { width: 1280, height: 800 }, ...options }, work);
const asStaff = <T>(login: string, work: (page: Page) => Promise<T>) =>
  inContext({}, async (page) => {
    await openLogIn(page, demo);
    await logIn(page, demo, login);
    return work(page);
  });

/** Sheets with own frames: nothing may touch the edge of the paper. */
const edge = { side: 3, end: 3 };
const placeOf = (link: string) => /^.*\/counties\/[^/]+/.exec(link)![0];

test('pages of respondents', { timeout: 120_000 }, async () => {
  const at = (path: string) => new URL(path, demo.links.parent).href;
  await inContext({}, async (page) => {
    const faults: string[] = [];
    const look = async (name: string, most: number) => {
      const { count, faults: found } = await printed(page, staffMargins);
      faults.push(...found.map((fault) => `${name}: ${fault}`));
      if (count > most) faults.push(`${name}: ${count} sheets`);
    };
    for (const path of ['/', '/done', '/receipt', '/genuine', '/kiosk', '/kiosk/done', '/nowhere']) {
      await page.goto(at(path));
      await look(path, 1);
    }
    await page.goto(demo.links.parent);
    await page.locator('button[name=_step]').click();
    await page.locator('.item').waitFor();
    await look('one question', 1);
    await page.goto(demo.links.parent);
    await fillAll(page);
    const { text, count, faults: found } = await printed(page, staffMargins);
    faults.push(...found);
    expect(count).toBeLessThanOrEqual(2);
    for (const unwanted of ['.progress', '#send', '.keep'])
      expect(text).not.toContain(squeeze((await page.locator(unwanted).textContent())!));
    for (const title of await page.locator('legend:not(.apart legend)').allTextContents())
      expect(text).toContain(squeeze(title));
    await page.locator('button[name=_receipt]').click();
    await page.locator('#receipt').waitFor();
    await look('receipt', 1);
    expect(faults).toEqual([]);
  });
});

/**
 * A kind is looked at once, whoever sees it: of a campaign that is over, where there is most to print, and of others what those alone have. The poster has a
 * test of its own.
 */
test('pages of the staff', { timeout: 900_000 }, async () => {
  const seen = new Set<string>();
  const faults: string[] = [];
  const isOver = (kind: string) => !/\((before|open)\)/.test(kind);
  const withoutStage = (kind: string) => kind.replace(/\((before|open|over)\)/, '*');
  const look = async (page: Page, login: string, wanted: (kind: string) => boolean) => {
    await page.goto(new URL('/staff', page.url()).href);
    for await (const { kind, show } of followLinks(page, createKinds(await readStages(page)))) {
      if (seen.has(withoutStage(kind)) || kind.endsWith('/poster') || !wanted(kind)) continue;
      seen.add(withoutStage(kind));
      await show();
      // Samples of sheets are cut as those that are given out.
      const sheets = await printed(page, kind.includes('/setup/sheet/') ? edge : staffMargins);
      faults.push(...sheets.faults.map((fault) => `${login} ${kind}: ${fault}`));
    }
  };
  for (const login of ['operator-1', 'inspector', 'official-1', 'admin', 'interviewer'])
    await asStaff(login, async (page) => {
      await look(page, login, isOver);
      await look(page, login, () => true);
    });
  expect(faults).toEqual([]);
  expect(seen.size, [...seen].join('\n')).toBeGreaterThan(35);
});

test('the poster takes one sheet, and with an unusually long name loses nothing', async () => {
  await asStaff('operator-1', async (page) => {
    await page.goto(`${placeOf(demo.links.rates)}/poster`);
    expect(await printed(page, edge)).toMatchObject({ count: 1, faults: [] });
    await page.locator('h1').evaluate((h1: any) => (h1.textContent = '县级义务教育满意度调查'.repeat(30)));
    await page
      .locator('main > *')
      .last()
      .evaluate((last: any) => last.insertAdjacentHTML('afterend', '<p>LASTLINE</p>'));
    const sheets = await sheetsOf(await page.pdf({ preferCSSPageSize: true }));
    expect(sheets.flatMap(({ items }) => items.map(({ text }) => text)).join('')).toContain('LASTLINE');
    expect(faultsOf(sheets, edge, []).filter((fault) => fault.includes('margin'))).toEqual([]);
  });
});

/** As long as the names of a campaign, its organiser (100 characters) and a county (40) may be. */
const longName = (characters: number) => '县级人民政府教育督导委员会办公室'.repeat(7).slice(0, characters);

test.each([
  ['all-letters', '.letter', 1],
  ['slips', '.slip', 8],
] as const)(
  '%s: nothing is cut off, not even long names',
  { timeout: 120_000 },
  async (kind, part, perSheet) => {
    await asStaff('operator-1', async (page) => {
      await page.goto(`${placeOf(demo.links.rates)}/paper`);
      const [, campaign, county] = await page.locator('.trail a').allTextContents();
      await page.locator(`input[value=${kind}]`).check({ force: true });
      await page.locator('main form button').click();
      const parts = page.locator(part);
      await parts.first().waitFor();
      expect(await parts.count()).toBeGreaterThan(24);
      // A few sheets tell as much as all of them.
      await parts.evaluateAll((all: any[]) => all.slice(24).forEach((one) => one.remove()));
      const look = async () => {
        const { count, text, faults } = await printed(page, edge);
        const codes = await page.locator('.typed').allTextContents();
        expect(codes.filter((code) => !text.includes(squeeze(code)))).toEqual([]);
        await page.emulateMedia({ media: 'print' });
        const cut = await parts.evaluateAll((all: any[]) =>
          all.map((one) => [one.scrollHeight - one.clientHeight, one.scrollWidth - one.clientWidth]),
        );
        await page.emulateMedia({ media: null });
        expect(cut.filter(([down, across]) => down! > 0 || across! > 0)).toEqual([]);
        expect(faults).toEqual([]);
        return count;
      };
      expect(await look()).toBe(24 / perSheet);

      const own = (await parts
        .first()
        .locator(kind === 'slips' ? 'p:not(.no):not(.demo)' : '.from')
        .last()
        .textContent())!;
      const names = [
        [campaign!, longName(100)],
        [own.trim().replace(/\s[+\d][\d\s()（）—-]+$/, ''), longName(100)],
        [county!, longName(40)],
      ] as const;
      await parts.evaluateAll((all: any[], pairs: any) => {
        const replaceIn = (node: any): void => {
          if (node.nodeType === 3)
            for (const [name, long] of pairs) node.data = node.data.replaceAll(name, long);
          else node.childNodes.forEach(replaceIn);
        };
        all.forEach(replaceIn);
      }, names);
      expect(await parts.first().textContent()).toContain(longName(100));
      expect(await look()).toBeLessThanOrEqual(kind === 'slips' ? 6 : 24);
    });
  },
);
