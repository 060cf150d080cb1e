/** verify.html as an inspector uses it: opened from the disk in a real browser without network, bundle and checkpoint chosen by hand. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { leafTypeOf } from '../../src/domain/evidence/leaf.ts';
import { formatValue } from '../../src/domain/scoring/format.ts';
import { closedSurvey, forge, verify, type ClosedSurvey } from '../support/evidence.ts';
import { launch, withPage } from './browser.ts';
import { faultsOf } from './engines.ts';

const directory = mkdtempSync(join(tmpdir(), 'manyi-verify-page-'));
const file = (name: string) => join(directory, name);
let survey: ClosedSurvey;
let browser: Browser;

beforeAll(async () => {
  const builder = fileURLToPath(new URL('../../src/build-verifier.mjs', import.meta.url));
  await promisify(execFile)(process.execPath, [builder, directory]);
  survey = await closedSurvey();
  const write = (name: string, lines: readonly string[]) =>
    writeFileSync(file(name), lines.map((l) => `${l}\n`).join(''));
  write('bundle', survey.lines);
  // One byte of one answer, and nothing else made to fit it.
  const altered = survey.lines.findIndex((l) => l.includes('"c":'));
  const line = JSON.parse(survey.lines[altered]!) as { l: string };
  const bytes = Buffer.from(line.l, 'base64');
  bytes[40]! ^= 1;
  write('altered', survey.lines.with(altered, JSON.stringify({ ...line, l: bytes.toString('base64') })));
  write(
    'hidden',
    forge(
      survey,
      ({ leaves }) =>
        void leaves.splice(
          leaves.findIndex((l) => leafTypeOf(l.data) === 'export'),
          1,
        ),
    ),
  );
  writeFileSync(file('held'), survey.held);
  browser = await launch();
});
afterAll(async () => {
  await browser.close();
  await survey.world.close();
  rmSync(directory, { recursive: true, force: true });
});

async function use(bundle: string, language: string, o: { readonly withoutWebCrypto?: boolean } = {}) {
  return withPage(
    browser,
    { locale: language, offline: true, viewport: { width: 1280, height: 800 } },
    async (page) => {
      const asked: string[] = [];
      const errors: string[] = [];
      page.on('request', (request) => asked.push(request.url()));
      page.on('pageerror', (error) => errors.push(error.message));
      if (o.withoutWebCrypto === true)
        await page.addInitScript(() => {
          Object.defineProperty(globalThis, 'crypto', { value: undefined });
        });
      const url = pathToFileURL(file('verify.html')).href;
      await page.goto(url);
      await page.setInputFiles('#bundle', file(bundle));
      await page.setInputFiles('#checkpoints', file('held'));
      await page.click('#start');
      await page.waitForSelector('#report.ok, #report.bad', { timeout: 50_000 });
      return {
        className: await page.getAttribute('#report', 'class'),
        report: (await page.textContent('#report')) ?? '',
        lang: await page.getAttribute('html', 'lang'),
        faults: await faultsOf(page),
        errors,
        foreign: asked.filter((u) => u !== url),
      };
    },
  );
}

describe('the page from the disk', () => {
  test('says that the bundle verifies, and the figure', async () => {
    const { summary } = await verify(survey.lines);
    const { official, profile, threshold } = summary!;
    if (official.kind !== 'estimate') throw new Error('no figure');
    const result = await use('bundle', 'en-GB');
    expect(result).toMatchObject({ className: 'ok', lang: 'en', errors: [], foreign: [], faults: [] });
    expect(result.report).toContain('VERIFIED');
    expect(result.report).toContain('agrees with 1 checkpoint');
    expect(result.report).toContain(
      formatValue(official.value, { decimals: profile.decimals, threshold: threshold.value }),
    );
  });

  test('names the first leaf that differs', async () => {
    const { findings } = await verify(survey.lines);
    expect(findings).toEqual([]);
    const result = await use('altered', 'en-GB');
    expect(result.className).toBe('bad');
    const index = survey.lines.filter((l) => l.includes('"h":')).findIndex((l) => l.includes('"c":'));
    const [first] = result.report.split('\n').filter((l) => l.startsWith('✗'));
    expect(first).toContain(`(leaf ${index})`);
    expect(first).toContain('not what was appended');
  });

  test('sees what was hidden and signed anew, in Chinese too', async () => {
    const result = await use('hidden', 'zh-CN');
    expect(result).toMatchObject({ className: 'bad', lang: 'zh-CN', errors: [] });
    expect(result.report).toContain('核验不通过');
  });

  test('needs no cryptography of the browser, which a page from a file may not have', async () => {
    expect(await use('bundle', 'en-GB', { withoutWebCrypto: true })).toMatchObject({
      className: 'ok',
      errors: [],
    });
    expect(await use('altered', 'en-GB', { withoutWebCrypto: true })).toMatchObject({
      className: 'bad',
      errors: [],
    });
  });
});
