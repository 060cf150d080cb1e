/** A real Chromium before a real socket, for what only a browser can show. */
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { type Browser, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright-core';
import { addMessages } from '../../src/texts/texts.ts';
import { now, openSurvey, template, type OpenSurvey, type SurveyOptions } from '../http/open-survey.ts';
import { createApp, type TestOptions } from '../http/support.ts';
import { minifiedAssets } from '../support/minified.ts';
import { launchChromium } from '../support/programs.ts';

export const launch = launchChromium;

export const phone = { width: 360, height: 640 };
export const desk = { width: 1280, height: 800 };

/** The parents' questionnaire with an Arabic-script sample beside Chinese and English. */
export function questionnaireInThreeScripts(): unknown {
  addMessages(new URL('../fixtures/messages/', import.meta.url));
  const sample = JSON.parse(
    readFileSync(new URL('../fixtures/questionnaire-ar.json', import.meta.url), 'utf8'),
  ) as {
    title: string;
    introduction: string;
    tail: string;
    options: Record<string, string>;
    items: Record<string, string>;
  };
  const document = template('parent-2012.json') as any;
  document.languages.push('ar');
  document.title.ar = sample.title;
  document.introduction.ar = sample.introduction;
  document.scales.satisfaction.tail.ar = sample.tail;
  const lists = [document.scales.satisfaction, ...document.items].map((holder) => holder.options ?? []);
  for (const option of lists.flat()) option.text.ar = sample.options[option.id];
  for (const dimension of document.dimensions) dimension.text.ar = dimension.text.en;
  for (const item of document.items) {
    item.text.ar = sample.items[item.id];
    if (item.hint) item.hint.ar = item.hint.en;
  }
  return document;
}

export interface Served {
  readonly survey: OpenSurvey;
  readonly port: number;
  readonly origin: string;
  close(): Promise<void>;
}

export async function serve(options: SurveyOptions = {}, app: TestOptions = {}): Promise<Served> {
  const survey = await openSurvey(options);
  const { storage, keys, intake, campaigns } = survey;
  const served = await createApp({
    storage,
    keys,
    intake,
    campaigns,
    now: () => now,
    limits: { missesByAddress: 100_000, missesInAll: 1_000_000 },
    ...app,
    http: { assets: minifiedAssets(), ...app.http },
  });
  await served.app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = served.app.server.address() as AddressInfo;
  return {
    survey,
    port,
    origin: `http://127.0.0.1:${port}`,
    async close() {
      await served.close();
      await survey.close();
    },
  };
}

/** Things to press that are smaller than 44 px in either direction (links within a sentence may be). */
export function smallTargets(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    const d = (globalThis as any).document;
    const found: string[] = [];
    for (const node of d.querySelectorAll(
      'button,a.button,label.option,label.keep,summary,textarea,input[type=text],footer a',
    )) {
      if (node.className === 'default') continue;
      const { width, height } = node.getBoundingClientRect();
      if (width > 0 && (width < 43.5 || height < 43.5))
        found.push(`${node.outerHTML.slice(0, 80)} ${width}×${height}`);
    }
    return found;
  });
}

/** Rows of tabs that wrap on a phone, and tabs of the page itself that are out of sight. */
export function tabFaults(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    const { document: d, innerWidth } = globalThis as any;
    return [...d.querySelectorAll('.tabs ul')].flatMap((bar: any) => {
      const tops = new Set([...bar.children].map((tab: any) => Math.round(tab.getBoundingClientRect().top)));
      const { left, right } = (
        bar.querySelector('[aria-current]') ?? bar.firstElementChild
      ).getBoundingClientRect();
      return [
        ...(tops.size > 1 ? [`tabs in ${tops.size} rows`] : []),
        ...(left < 0 || right > innerWidth ? ['the page’s own tab is out of sight'] : []),
      ];
    });
  });
}

/** The first link leads past everything that is the same on other pages. */
export function skipFaults(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    const { document: d, Node } = globalThis as any;
    // A questionnaire or a file that is shown has no frame of the staff's pages.
    if (!d.body.classList.contains('staff')) return [];
    const skip = d.querySelector('body a');
    const target = skip && d.querySelector(skip.getAttribute('href'));
    if (!skip?.classList.contains('skip') || target === null) return ['no link that skips'];
    const isPast = (node: any) =>
      (target.compareDocumentPosition(node) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0;
    return [...d.querySelectorAll('.trail a, .tabs a, .subtabs a')]
      .filter(isPast)
      .map((link: any) => `“${link.textContent.trim()}” is not skipped`);
  });
}

/** Heads of sortable tables whose words stand higher or lower than those beside them. */
export function unevenHeads(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    const { document: d, NodeFilter } = globalThis as any;
    return [...d.querySelectorAll('thead tr:has(.order)')].flatMap((row: any) => {
      const bottoms = [...row.children].flatMap((cell: any) => {
        const texts = d.createTreeWalker(cell, NodeFilter.SHOW_TEXT, (node: any) =>
          node.textContent.trim() === '' || node.parentElement.closest('.order, .unseen')
            ? NodeFilter.FILTER_REJECT
            : NodeFilter.FILTER_ACCEPT,
        );
        let last: any = null;
        while (texts.nextNode()) last = texts.currentNode;
        if (last === null) return [];
        const range = d.createRange();
        range.selectNodeContents(last);
        const { bottom, height } = range.getBoundingClientRect();
        return height === 0 ? [] : [bottom];
      });
      const gap = bottoms.length === 0 ? 0 : Math.max(...bottoms) - Math.min(...bottoms);
      return gap > 1 ? [`heads ${gap.toFixed(1)} px apart: ${row.textContent.trim().slice(0, 40)}`] : [];
    });
  });
}

/** Wider than the window: the page would have to be pushed sideways. */
export function overflow(page: Page): Promise<number> {
  return page.evaluate(() => {
    const e = (globalThis as any).document.documentElement;
    return e.scrollWidth - e.clientWidth;
  });
}

/**
 * What cannot be read at 320 px with letters of twice the size (WCAG 1.4.4, 1.4.10): a page wider than the window, a column or tab that stays and hides the
 * others, numbers wider than their cell.
 */
export async function largeTextFaults(page: Page): Promise<readonly string[]> {
  const size = page.viewportSize()!;
  await page.setViewportSize({ width: 320, height: 640 });
  try {
    await page.evaluate("document.documentElement.style.fontSize = '200%'");
    const drawn = await chartFaults(page, 24);
    const others = await page.evaluate(() => {
      const { document: d, getComputedStyle: styleOf } = globalThis as any;
      const root = d.documentElement;
      const all = (selector: string): any[] => [...d.querySelectorAll(selector)];
      const show = (node: any) => node.textContent.trim().replace(/\s+/g, ' ').slice(0, 30);
      const over = root.scrollWidth - root.clientWidth;
      const stays = (node: any) => {
        const { position, insetInlineStart } = styleOf(node);
        return position === 'sticky' && insetInlineStart !== 'auto';
      };
      const faults = {
        'hides what scrolls beside it': all('.scroll th, .tabs li').filter(
          (n) => stays(n) && n.offsetWidth > (n.closest('.scroll') ?? n.parentElement).clientWidth * 0.6,
        ),
        'is wider than its cell': all('td.number').filter((n) => n.scrollWidth > n.clientWidth + 2),
      };
      return [
        ...(over > 0 ? [`${over} px wider than 320 px with large letters`] : []),
        ...Object.entries(faults).flatMap(([fault, nodes]) => nodes.map((n) => `“${show(n)}” ${fault}`)),
      ];
    });
    await page.setViewportSize(desk);
    return [...drawn, ...(await chartFaults(page, 24)), ...others];
  } finally {
    await page.evaluate("document.documentElement.style.fontSize = ''");
    await page.setViewportSize(size);
  }
}

/**
 * Texts of drawings that are smaller than other small letters, lie on one another, leave the drawing, or do not fit the mark that they are on. `least`: px of a
 * small letter.
 */
export function chartFaults(page: Page, least: number): Promise<readonly string[]> {
  return page.evaluate((size) => {
    const { document: d } = globalThis as any;
    const faults = new Set<string>();
    const seen = (node: any): any => {
      const box = node.getBoundingClientRect();
      return node.checkVisibility() === true && box.width > 0 ? box : null;
    };
    for (const svg of d.querySelectorAll('svg')) {
      const drawing = svg.parentElement.closest('svg') === null ? seen(svg) : null;
      if (drawing === null) continue;
      const texts = [...svg.querySelectorAll('text')].flatMap((node: any) => {
        const box = seen(node);
        return box === null ? [] : [{ node, box, name: `“${node.textContent}” of .${svg.classList[0]}` }];
      });
      for (const [i, { node, box, name }] of texts.entries()) {
        // An ideograph and a digit alike are somewhat higher than their size.
        if (box.height < size) faults.add(`${name} is ${box.height.toFixed(1)} px high`);
        const out = Math.max(drawing.top - box.top, box.bottom - drawing.bottom);
        const aside = Math.max(drawing.left - box.left, box.right - drawing.right);
        if (!svg.matches('.school-map') && (out > size / 2 || aside > size)) faults.add(`${name} leaves it`);
        const mark = node.matches('.on')
          ? node.previousElementSibling
          : node.parentElement.querySelector('circle');
        if (node.matches('.on, .no, .school-map text') && box.width > mark.getBoundingClientRect().width + 1)
          faults.add(`${name} is wider than its mark`);
        for (const other of texts.slice(i + 1)) {
          const across = Math.min(box.right, other.box.right) - Math.max(box.left, other.box.left);
          const down = Math.min(box.bottom, other.box.bottom) - Math.max(box.top, other.box.top);
          if (across > 1 && down > box.height * 0.3)
            faults.add(`${name} lies on “${other.node.textContent}”`);
        }
      }
    }
    return [...faults];
  }, least);
}

export async function withPage<T>(
  browser: Browser,
  options: BrowserContextOptions,
  work: (page: Page, context: BrowserContext) => Promise<T>,
): Promise<T> {
  const context = await browser.newContext({ viewport: phone, locale: 'zh-CN', ...options });
  try {
    return await work(await context.newPage(), context);
  } finally {
    await context.close();
  }
}

/** One option for every rated item. */
export async function fillAll(page: Page, option = 'satisfied'): Promise<void> {
  await page.evaluate((value) => {
    const d = (globalThis as any).document;
    for (const input of d.querySelectorAll(`input[value="${value}"]`)) input.click();
  }, option);
}
