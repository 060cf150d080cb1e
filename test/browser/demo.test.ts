/** The demonstration as a visitor meets it, in a browser: every page says that it is one, and a parent can answer without script. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { fileLines } from '../../src/cli/verifier/file-lines.ts';
import { verifyBundle } from '../../src/domain/evidence/verify/verify-bundle.ts';
import { roundValue } from '../../src/domain/scoring/format.ts';
import { hasPython, needsPython, runIndependent } from '../evidence/independent/run.ts';
import { launchChromium } from '../support/programs.ts';
import { startDemo, type Demo } from '../support/demo.ts';
import { desk, overflow, phone } from './browser.ts';

let browser: Browser;
let demo: Demo;
beforeAll(async () => {
  browser = await launchChromium();
  demo = await startDemo();
}, 300_000);
afterEach((context) => demo?.printIfFailed(context));
afterAll(async () => {
  await browser?.close();
  await demo?.close();
}, 60_000);

const says = async (page: Page) => expect(await page.locator('body').innerText()).toContain('演示');

async function logIn(page: Page, login: string, goTo: string): Promise<void> {
  await page.goto(new URL('/staff/login', goTo).href);
  await says(page);
  const { password } = demo.logins.find((l) => l.login === login)!;
  await page.locator('input[name=login]').fill(login);
  await page.locator('input[name=password]').fill(password);
  await page.locator('form:has(input[name=password]) button').click();
  await page.waitForURL((url) => !url.pathname.endsWith('/login'));
  await page.goto(goTo);
}

describe.sequential('the demonstration in a browser', { timeout: 120_000 }, () => {
  test('a parent answers without script', async () => {
    const context = await browser.newContext({
      javaScriptEnabled: false,
      locale: 'zh-CN',
      viewport: { width: 360, height: 740 },
    });
    const page = await context.newPage();
    await page.goto(demo.links.parent);
    await says(page);
    const radios = page.locator('input[type=radio][value=satisfied]');
    expect(await radios.count()).toBe(12);
    for (const radio of await radios.all()) await radio.check({ force: true });
    await page.locator('#send').click();
    await page.waitForURL((url) => !url.href.startsWith(demo.links.parent));
    await says(page);
    expect(await page.locator('form').count()).toBe(0);
    await context.close();
  });

  test.skipIf(!hasPython)(
    `the inspector’s bundles verify, by ours and by the independent verifier${needsPython}`,
    async () => {
      const [, campaign] = /campaigns\/(\w+)\//.exec(demo.links.summary)!;
      const api = (path: string) => new URL(`/api/v1${path}`, demo.links.summary);
      const json = { 'content-type': 'application/json' };
      const { login, password } = demo.logins.find((l) => l.login === 'inspector')!;
      const session = await fetch(api('/session'), {
        method: 'POST',
        headers: json,
        body: JSON.stringify({ login, password }),
      });
      expect(session.status).toBe(201);
      const { csrfToken } = (await session.json()) as { csrfToken: string };
      const cookie = session.headers
        .getSetCookie()
        .map((c) => c.split(';')[0]!)
        .join('; ');
      const headers = { cookie, 'csrf-token': csrfToken };
      const { counties } = (await (await fetch(api(`/campaigns/${campaign}`), { headers })).json()) as {
        counties: { code: string }[];
      };
      const directory = mkdtempSync(join(tmpdir(), 'manyi-demo-bundles-'));
      try {
        const files: string[] = [];
        for (const { code } of counties) {
          const reply = await fetch(api(`/campaigns/${campaign}/counties/${code}/bundle`), {
            method: 'POST',
            headers,
          });
          expect(
            reply.status,
            await reply
              .clone()
              .text()
              .then((t) => t.slice(0, 200)),
          ).toBe(200);
          files.push(join(directory, code));
          writeFileSync(files.at(-1)!, Buffer.from(await reply.arrayBuffer()));
        }
        expect(files.length).toBeGreaterThan(1);
        const theirs = await runIndependent(files);
        for (const [i, file] of files.entries()) {
          const own = await verifyBundle(() => fileLines(file));
          expect(own.findings).toEqual([]);
          expect(theirs[i]).toMatchObject({ ok: true, root: own.root, respondents: own.respondents });
          const { official, profile, threshold } = own.summary!;
          const rounding = { decimals: profile.decimals, threshold: threshold.value };
          if (official.kind === 'estimate')
            expect(official.value).toBe(roundValue(theirs[i]!.official!, rounding));
        }
      } finally {
        rmSync(directory, { recursive: true, force: true });
      }
    },
  );

  test('the tour compares with the round before, not with a survey that followed', async () => {
    const page = await (await fetch(new URL('/demo', demo.links.summary))).text();
    const [, before] = /compare%3Fbefore%3D(\w+)/.exec(page)!;
    const [, name] = new RegExp(`%2Fcampaigns%2F${before}"[^>]*>([^<]+)<`).exec(page)!;
    expect(name).toContain('上一轮');
  });

  test('an official reads the rates, an inspector the summary', async () => {
    for (const [login, link, word] of [
      ['official-1', demo.links.rates, '回收率'],
      ['inspector', demo.links.summary, '85'],
    ] as const) {
      const context = await browser.newContext({ locale: 'zh-CN' });
      const page = await context.newPage();
      await logIn(page, login, link);
      expect(page.url()).toBe(link);
      await says(page);
      expect(await page.locator('body').innerText()).toContain(word);
      if (login === 'official-1') {
        // What is said of a file stands below its name, not behind it.
        await page.goto(link.replace(/\/rates$/, ''));
        const name = page.locator('th:has(p.quiet) > a').first();
        const [above, below] = [await name.boundingBox(), await name.locator('+ p.quiet').boundingBox()];
        expect(below!.y).toBeGreaterThanOrEqual(above!.y + above!.height - 4);
        // The sample is drawn: no button says “draw”.
        expect(await page.locator('main a.button').allInnerTexts()).toEqual(['查看抽样结果']);
      }
      await context.close();
    }
  });

  /** Texts that lie wholly within so many pixels from the top, as a reader sees them without scrolling. */
  const within = (page: Page, height: number) =>
    page.evaluate((limit) => {
      const d = (globalThis as any).document;
      const texts: string[] = [];
      const walker = d.createTreeWalker(d.querySelector('main'), 4);
      while (walker.nextNode()) {
        const range = d.createRange();
        range.selectNodeContents(walker.currentNode);
        const { bottom, width, height: tall } = range.getBoundingClientRect();
        const clipped = walker.currentNode.parentElement.closest('.unseen');
        if (width > 0 && tall > 0 && bottom <= limit && !clipped) texts.push(walker.currentNode.data);
      }
      return texts.join(' ').replace(/\s+/g, ' ');
    }, height);

  test.each([
    ['the first 900 px of a desk', { width: 1280, height: 900 }, 900],
    ['the first two screens of a phone', { width: 360, height: 640 }, 1280],
  ])('an inspector’s five questions are answered within %s', async (_, viewport, limit) => {
    const context = await browser.newContext({ locale: 'zh-CN', viewport, javaScriptEnabled: false });
    const page = await context.newPage();
    await logIn(page, 'inspector', demo.links.summary);
    const seen = await within(page, limit);
    // Met, and how sure? The figure, the verdict, the interval beside the threshold.
    expect(seen).toMatch(/结论 .*(达到|不作判定|不能确定)/);
    expect(seen).toMatch(/\d\d\.\d 分 门槛 85 分（含）/);
    expect(seen).toMatch(/\d+% 置信区间 \d\d\.\d–\d+\.\d/);
    // Who is dissatisfied, with what, and where?
    expect(seen).toMatch(/谁不满意.*(家长|教师|校长|代表委员).* \d\d\.\d/);
    expect(seen).toMatch(/(对什么最满意、最不满意|对什么不满意).*[\u4e00-\u9fff]+.*\d\d\.\d/);
    expect(seen).toMatch(/在哪里.*(\d\d\.\d|不公布)/);
    // Can it be trusted?
    expect(seen).toMatch(/能不能信.*(受干预反映|未发现疑点|回收率|名册|未答的人)/);
    // What goes into the report?
    expect(seen).toMatch(/写进报告.*亮点：.*（\d\d\.\d）.*问题：.*（\d\d\.\d）/);
    // No text of a chart is smaller than 12 px, and nothing pushes the page sideways.
    const small = await page.evaluate(() => {
      const d = (globalThis as any).document;
      return [...d.querySelectorAll('main svg text, main .legend li, main .plot th, main .plot td')]
        .filter((node: any) => parseFloat((globalThis as any).getComputedStyle(node).fontSize) < 12)
        .map((node: any) => node.outerHTML.slice(0, 80));
    });
    expect(small).toEqual([]);
    await context.close();
  });

  test('a phone shows the figures that matter without pushing a table sideways', async () => {
    const context = await browser.newContext({ locale: 'zh-CN', viewport: phone, javaScriptEnabled: false });
    const page = await context.newPage();
    /** Cells of a column that reach beyond what is shown of their table. */
    const outOfSight = (table: string, column: number) =>
      page.locator(`${table} tbody td:nth-of-type(${column})`).evaluateAll((cells) => {
        if (cells.length === 0) return ['no such cells'];
        return cells
          .filter((cell: any) => {
            const box = cell.closest('.scroll');
            return cell.getBoundingClientRect().right > box.getBoundingClientRect().right + 0.5;
          })
          .map((cell: any) => cell.parentElement.innerText);
      });
    await logIn(page, 'inspector', demo.links.summary + '/units');
    // By school: the score and its interval.
    expect(await outOfSight('.scroll:has(th[aria-sort])', 1)).toEqual([]);
    expect(await outOfSight('.scroll:has(th[aria-sort])', 2)).toEqual([]);
    // What lies beyond the edge is shaded, since phones show no scroll bar.
    const attachment = await page
      .locator('.scroll:has(th[aria-sort])')
      .evaluate((box: any) => (globalThis as any).getComputedStyle(box).backgroundAttachment);
    expect(attachment).toMatch(/local.*scroll/);
    await page.goto(demo.links.rates);
    // Who needs a reminder: how many are missing, and the rate. By unit: the valid return, in the same words as above.
    expect(await outOfSight('.grid .c5 .scroll', 1)).toEqual([]);
    expect(await outOfSight('.grid .c5 .scroll', 2)).toEqual([]);
    expect(await outOfSight('.scroll:has(th[aria-sort])', 1)).toEqual([]);
    const text = await page.locator('main').innerText();
    expect(text).toMatch(/\d+%–\d+%/);
    expect(text).not.toContain('≥');
    await context.close();

    // The rules to choose from stand one below the other.
    const other = await browser.newContext({ locale: 'zh-CN', viewport: phone, javaScriptEnabled: false });
    const setup = await other.newPage();
    await logIn(setup, 'operator-1', new URL('/staff/campaigns/new', demo.links.rates).href);
    const wide = await setup.locator('.profiles .scroll').evaluate((b: any) => b.scrollWidth - b.clientWidth);
    expect(wide).toBe(0);
    for (const rule of await setup.locator('.profiles th label').all())
      expect((await rule.boundingBox())!.width).toBeLessThan(phone.width);
    await other.close();
  });

  test('an operator composes, previews, schedules and watches messages; a phone shows what arrived', async () => {
    const context = await browser.newContext({ locale: 'zh-CN', viewport: desk });
    const page = await context.newPage();
    const fits = async () => {
      for (const size of [phone, desk]) {
        await page.setViewportSize(size);
        expect(await overflow(page), page.url()).toBeLessThanOrEqual(0);
      }
    };
    const sending = demo.links.rates.replace(/rates$/, 'sending');
    await logIn(page, 'operator-1', sending);
    await page.getByRole('link', { name: '安排发送' }).click();
    await fits();

    // What is wrong is said beside its field, and nothing that was typed is lost.
    await page.locator('input[name=invitation]').fill('2020-01-01T09:00');
    await page
      .locator('textarea[name=text-invitation]')
      .fill('教育满意度调查，请访问 {address} 输入答题码{code}。');
    await page.getByRole('button', { name: '预览并核算' }).click();
    expect(await page.locator('#f-invitation-fault').innerText()).toContain('已经过了');
    const chinaTime = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 16);
    await page.locator('input[name=invitation]').fill(chinaTime);
    for (const no of [1, 2, 3]) await page.locator(`input[name=reminder${no}]`).fill('');
    // A cap that the last notice cannot keep to is said before anything is scheduled.
    await page.locator('input[name=perDay]').fill('3');
    await page.getByRole('button', { name: '预览并核算' }).click();
    await fits();
    expect(await page.locator('.warn-line').allInnerTexts()).toContainEqual(
      expect.stringMatching(/末次提醒共 .+ 条，每天最多发 3 条，要发 \d+ 天：.+每天上限不少于 .+ 条/),
    );
    expect(await page.locator('table').innerText()).toContain('截止前发不完');
    await page.getByRole('button', { name: '返回修改' }).click();
    await page.locator('input[name=perDay]').fill('');
    await page.getByRole('button', { name: '预览并核算' }).click();
    await fits();
    expect(await page.locator('.warn-line').allInnerTexts()).not.toContainEqual(
      expect.stringContaining('每天最多发'),
    );
    expect(await page.locator('.bubble').first().innerText()).toMatch(
      /^【.+】教育满意度调查，请访问 .+ 输入答题码7K3MP9XW2D。$/,
    );
    expect(await page.locator('table').innerText()).toContain('家长');
    await page.getByLabel('我已核对以上内容').check();
    await page.getByRole('button', { name: '确认安排' }).click();
    await page.waitForURL(sending);
    // A refused plan stands under the same address.
    expect(await page.locator('.errors').allInnerTexts()).toEqual([]);
    await fits();

    // Whose people were reminded already, no invitation is proposed: it would be refused.
    await page.goto(sending.replace('/990101/', '/990102/') + '/new');
    expect(await page.locator('input[name=invitation]').inputValue()).toBe('');
    expect(await page.locator('input[name=reminder1]').inputValue()).not.toBe('');

    // The sender's next turn is some seconds away.
    const isDone = page.locator('.tag', { hasText: '已发完' });
    await expect
      .poll(
        async () => {
          await page.goto(`${sending}/1`);
          return isDone.isVisible();
        },
        { interval: 1_000, timeout: 60_000 },
      )
      .toBe(true);
    await fits();
    await page.goto(new URL('/demo/phones', sending).href);
    await says(page);
    await page.locator('.phone-list a').first().click();
    expect(await page.locator('.bubble').last().innerText()).toMatch(/输入答题码[0-9A-Z]{10}。$/);
    await page.locator('.bubble a').last().click();
    expect(new URL(page.url()).pathname).toBe('/');
    await context.close();
  });

  test('an inspector leaves with the report, the workbook and every tab', async () => {
    const context = await browser.newContext({ locale: 'zh-CN', viewport: { width: 1280, height: 900 } });
    const page = await context.newPage();
    await logIn(page, 'inspector', demo.links.summary);
    for (const [name, ending, start] of [
      ['Word 报告', '.docx', 'PK'],
      ['Excel', '.xlsx', 'PK'],
      ['CSV', '.csv', '\ufeff'],
    ] as const) {
      const [file] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('link', { name, exact: true }).click(),
      ]);
      expect(file.suggestedFilename()).toMatch(new RegExp(`\\${ending}$`));
      expect(readFileSync(await file.path(), 'utf8').slice(0, start.length)).toBe(start);
    }
    // Highlights and problem as people write them.
    await page.getByText('修改亮点和问题后导出').click();
    await page.getByLabel('问题').fill('大班额仍未消除。');
    const [report] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: '按修改导出 Word 报告' }).click(),
    ]);
    const parts = unzipSync(new Uint8Array(readFileSync(await report.path())));
    expect(Buffer.from(parts['word/document.xml']!).toString('utf8')).toContain('大班额仍未消除。');
    const tabs = await page.locator('.subtabs a').evaluateAll((all) => all.map((a: any) => a.href as string));
    expect(tabs.length).toBeGreaterThanOrEqual(7);
    // Several of them open in the browser at once are told apart by their titles; the one that is shown is in view on a phone, too.
    const titles = new Set<string>();
    await page.setViewportSize(phone);
    for (const tab of tabs) {
      expect((await page.goto(tab))!.status(), tab).toBe(200);
      titles.add(await page.title());
      // Comments are a page of the county, too, and have no row of their own.
      if (!tab.endsWith('/comments'))
        expect(await page.locator('.subtabs a[aria-current]').boundingBox(), tab).toMatchObject({
          x: expect.toSatisfy((x: number) => x >= 0 && x < 320),
        });
      expect(await overflow(page), tab).toBeLessThanOrEqual(0);
      // 27.0% above 28.4%, so that the points stand below one another.
      if (tab.endsWith('/items'))
        for (const share of await page.locator('.plot td', { hasText: '%' }).allTextContents())
          expect(share).toMatch(/^\d+\.\d%$/);
    }
    expect(titles.size).toBe(tabs.length);
    for (const title of titles) expect(title).toContain('县');

    // In the field of what is to be hidden, Enter hides; what is not in the comment is kept as typed, at the same comment.
    await page.goto(tabs.find((tab) => tab.endsWith('/comments'))!);
    const first = page.locator('ul.comments > li').first();
    await first.locator('summary').click();
    await first.getByLabel('要遮盖的文字').fill('意见里没有这几个字');
    await first.getByLabel('要遮盖的文字').press('Enter');
    const refused = page.locator('form[data-refused]');
    await refused.waitFor();
    expect(await refused.getByLabel('要遮盖的文字').inputValue()).toBe('意见里没有这几个字');
    expect(await refused.locator('.error').innerText()).toContain('没有这段文字');
    await context.close();
  });
});
