/**
 * What a first visit to the questionnaire costs on a bad line: real Chromium, 400 kbit/s, 400 ms there and back, a CPU four times slower; beside it
 * the same questionnaire rendered by the SurveyJS form library, served from the same machine, its files compressed with brotli, its web font left out.
 * Bytes are what the browser counts: replies with their headers. "Usable" is the moment when the first question can be answered.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, constants } from 'node:zlib';
import type { Browser } from 'playwright-core';
import { questionnaireSchema } from '../../src/domain/questionnaire/template.ts';
import { launch, phone, serve } from '../browser/browser.ts';
import { template } from '../http/open-survey.ts';

const runs = 5;
/** A processor four times slower, on a machine that is busy besides, takes minutes over SurveyJS; the page's own clock tells what it took. */
const patienceMs = 600_000;

interface Visit {
  readonly bytes: number;
  readonly requests: number;
  readonly usableMs: number;
}

async function visit(browser: Browser, url: string, firstOption: string): Promise<Visit> {
  const context = await browser.newContext({ viewport: phone, locale: 'zh-CN' });
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Network.setCacheDisabled', { cacheDisabled: true });
  const kilobits = (400 * 1000) / 8;
  await session.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: 400,
    downloadThroughput: kilobits,
    uploadThroughput: kilobits,
  });
  await session.send('Emulation.setCPUThrottlingRate', { rate: 4 });
  let bytes = 0;
  let requests = 0;
  session.on('Network.requestWillBeSent', (event) => {
    if (event.request.url.startsWith('http')) requests++;
  });
  session.on('Network.loadingFinished', (event) => {
    bytes += event.encodedDataLength;
  });
  // The page's own clock, from the start of the navigation to the frame in which the first option has a place on the screen.
  await page.addInitScript({
    content: `requestAnimationFrame(function look() {
      var option = document.querySelector(${JSON.stringify(firstOption)});
      if (option && option.getBoundingClientRect().height > 0) window.usableAt = performance.now();
      else requestAnimationFrame(look);
    });`,
  });
  await page.goto(url, { waitUntil: 'load', timeout: patienceMs });
  await page.waitForFunction(() => (globalThis as any).usableAt !== undefined, undefined, {
    timeout: patienceMs,
  });
  const usableMs = Math.round(await page.evaluate<number>(() => (globalThis as any).usableAt));
  await page.waitForTimeout(500);
  await context.close();
  return { bytes, requests, usableMs };
}

/** The median by time: bytes do not vary. */
async function visits(browser: Browser, url: string, firstOption: string): Promise<Visit> {
  const all: Visit[] = [];
  for (let i = 0; i < runs; i++) all.push(await visit(browser, url, firstOption));
  all.sort((a, b) => a.usableMs - b.usableMs);
  return all[Math.floor(runs / 2)] as Visit;
}

/** The shipped parents' questionnaire as SurveyJS writes it. */
function surveyJsDocument(): unknown {
  const q = questionnaireSchema.parse(template('parent-2012.json'));
  const say = (text: Readonly<Record<string, string>>) => text['zh-CN'];
  return {
    title: say(q.title),
    ...(q.introduction && { description: say(q.introduction) }),
    showProgressBar: true,
    elements: q.items.map((item) =>
      item.type === 'rating'
        ? {
            type: 'radiogroup',
            name: item.id,
            title: say(item.text),
            isRequired: item.required === true,
            choices: q.scales[item.scale]?.options.map((o) => ({ value: o.id, text: say(o.text) })),
          }
        : { type: 'comment', name: item.id, title: say(item.text) },
    ),
  };
}

function serveSurveyJs(): Promise<{ readonly url: string; close(): void }> {
  const read = (path: string) => readFileSync(new URL(`../../node_modules/${path}`, import.meta.url), 'utf8');
  const files = new Map<string, readonly [string, string]>([
    [
      '/',
      [
        'text/html; charset=utf-8',
        `<!doctype html><html lang="zh-CN"><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><link rel="icon" href="data:,"><link rel="stylesheet" href="/core.css"><div id="survey"></div><script src="/core.js"></script><script src="/ui.js"></script><script src="/start.js"></script>`,
      ],
    ],
    ['/core.css', ['text/css', read('survey-core/survey-core.fontless.min.css')]],
    ['/core.js', ['text/javascript', read('survey-core/survey.core.min.js')]],
    ['/ui.js', ['text/javascript', read('survey-js-ui/survey-js-ui.min.js')]],
    [
      '/start.js',
      [
        'text/javascript',
        `new Survey.Model(${JSON.stringify(surveyJsDocument())}).render(document.getElementById('survey'));`,
      ],
    ],
  ]);
  const compressed = new Map(
    [...files].map(([path, [type, text]]) => [
      path,
      { type, body: brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }) },
    ]),
  );
  const server = createServer((request, reply) => {
    const file = compressed.get(request.url ?? '');
    if (!file) return reply.writeHead(404).end();
    return reply.writeHead(200, { 'content-type': file.type, 'content-encoding': 'br' }).end(file.body);
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      resolve({ url: `http://127.0.0.1:${port}/`, close: () => server.close() });
    });
  });
}

const served = await serve();
const peer = await serveSurveyJs();
const browser = await launch();
try {
  // The service's first page after a start is made and compressed while somebody waits; everybody after gets it from memory.
  const url = `${served.origin}/s/${served.survey.code(1, 0)}`;
  await visit(browser, url, 'input[type=radio]');
  const own = await visits(browser, url, 'input[type=radio]');
  console.log(`own page: ${JSON.stringify(own)}`);
  const theirs = await visits(browser, peer.url, '.sd-item');
  console.log(`SurveyJS: ${JSON.stringify(theirs)}`);
  console.log(
    JSON.stringify({
      bench: 'page',
      bytes: own.bytes,
      requests: own.requests,
      usable_ms: own.usableMs,
      surveyjs_bytes: theirs.bytes,
      surveyjs_usable_ms: theirs.usableMs,
    }),
  );
} finally {
  await browser.close();
  peer.close();
  await served.close();
}
