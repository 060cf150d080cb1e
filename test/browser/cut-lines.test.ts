import { Agent, request } from 'node:http';
import { afterEach, expect, it } from 'vitest';
import { campaign, county } from '../http/open-survey.ts';
import { seededRandom, startCuttingProxy, type CuttingProxy } from '../support/cutting-proxy.ts';
import { inParallel } from '../support/service.ts';
import { fillAll, launch, serve, withPage, type Served } from './browser.ts';

let served: Served;
let proxy: CuttingProxy | undefined;
afterEach(async () => {
  await proxy?.close();
  proxy = undefined;
  await served.close();
});

/** One counted answer for each code, and the audit's own count agrees. */
async function expectOneEach(count: number): Promise<void> {
  const { storage } = served.survey;
  const counts = await storage.countResponses(campaign, county);
  expect(counts.map((c) => [c.reportingStratum, c.answered])).toEqual([[4, count]]);
  const codes = Array.from({ length: count }, (_, i) => served.survey.pseudonym(served.survey.code(4, i)));
  expect((await storage.haveAnswered(campaign, county, codes)).every((x) => x)).toBe(true);
  expect((await storage.recount(campaign, [county]))[0]!.differences).toEqual([]);
}

it('a thousand submissions over a line that breaks are a thousand counted answers', async () => {
  served = await serve({ more: 1000, threads: true });
  const lossy = (proxy = await startCuttingProxy(served.port, seededRandom(20), 0.5, 2500));
  const agent = new Agent({ keepAlive: false });
  const post = (code: string, body: string) =>
    new Promise<number>((resolve) => {
      const sent = request(
        {
          host: '127.0.0.1',
          port: lossy.port,
          agent,
          method: 'POST',
          path: `/s/${code}`,
          headers: { 'content-type': 'application/x-www-form-urlencoded', 'content-length': body.length },
        },
        (reply) => {
          reply.on('error', () => resolve(0));
          reply.on('close', () => resolve(reply.complete ? (reply.statusCode ?? 0) : 0));
          reply.resume();
        },
      );
      sent.on('error', () => resolve(0));
      sent.end(body);
    });
  let attempts = 0;
  await inParallel(
    Array.from({ length: 1000 }, (_, i) => served.survey.code(4, i)),
    16,
    async (code) => {
      const body = served.survey.form('satisfied');
      for (;;) {
        attempts++;
        if ((await post(code, body)) === 303) return;
      }
    },
  );
  expect(lossy.cuts()).toBeGreaterThan(200);
  expect(attempts).toBeGreaterThan(1200);
  await expectOneEach(1000);
});

it('twenty people in a browser each get through', async () => {
  served = await serve({ more: 20, threads: true });
  const lossy = (proxy = await startCuttingProxy(served.port, seededRandom(7), 0.3, 9000));
  const browser = await launch();
  try {
    await inParallel(
      Array.from({ length: 20 }, (_, i) => served.survey.code(4, i)),
      4,
      async (code) =>
        withPage(browser, {}, async (page) => {
          // The page waits for seconds between its attempts; here a tenth of that.
          await page.addInitScript(() => {
            const { setTimeout: real } = globalThis;
            (globalThis as any).setTimeout = (act: () => void, ms: number) => real(act, ms / 10);
          });
          const url = `http://127.0.0.1:${lossy.port}/s/${code}`;
          // As people do: again, until the questions are there.
          const open = async () => {
            for (;;) {
              const there = await page.goto(url, { timeout: 6000 }).then(
                () => page.locator('.progress').isVisible(),
                () => false,
              );
              if (there) return;
            }
          };
          await open();
          for (;;) {
            await fillAll(page);
            await page.locator('#send').click();
            // The page sends again by itself; if the closing page is lost on the way, they begin anew.
            const deadline = Date.now() + 5_000;
            while (!/\/done|^chrome-error/.test(page.url()) && Date.now() < deadline)
              await page.waitForTimeout(20);
            if (page.url().includes('/done')) return;
            await open();
          }
        }),
    );
  } finally {
    await browser.close();
  }
  expect(lossy.cuts()).toBeGreaterThan(5);
  await expectOneEach(20);
}, 120_000);

it('a page of a firewall is shown as it is, and the answers stay on the device', async () => {
  served = await serve({ more: 1 });
  const browser = await launch();
  try {
    await withPage(browser, {}, async (page, context) => {
      const url = `${served.origin}/s/${served.survey.code(4, 0)}`;
      await page.goto(url);
      await fillAll(page);
      // Many of them block with status 200.
      await context.route(url, (route) =>
        route.request().method() === 'POST'
          ? route.fulfill({ contentType: 'text/html', body: '<h1>Blocked</h1>' })
          : route.continue(),
      );
      await page.locator('#send').click();
      await page.locator('h1', { hasText: 'Blocked' }).waitFor();
      await context.unroute(url);
      await page.goto(url);
      expect(await page.locator('input[value=satisfied]:checked').count()).toBeGreaterThan(10);
      await page.locator('#send').click();
      await page.waitForURL(/\/done/);
      await expectOneEach(1);
    });
  } finally {
    await browser.close();
  }
});
