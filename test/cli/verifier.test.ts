/** The single file and the page are what an inspector has: built here, and run as he would. */
import { execFile } from 'node:child_process';
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createContext, runInContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as browser from '../../src/cli/verifier/crypto-browser.ts';
import { hmacSha256 } from '../../src/domain/hash.ts';
import { formatReceipt } from '../../src/domain/evidence/receipt.ts';
import { fromBase64 } from '../../src/domain/hash.ts';
import { getReport } from '../../src/operations/summary/summary.ts';
import { closedSurvey, forge, signerOf, type ClosedSurvey } from '../support/evidence.ts';

const run = promisify(execFile);
const directory = mkdtempSync(join(tmpdir(), 'manyi-verifier-'));
const file = (name: string) => join(directory, name);

let survey: ClosedSurvey;
beforeAll(async () => {
  const builder = fileURLToPath(new URL('../../src/build-verifier.mjs', import.meta.url));
  await run(process.execPath, [builder, directory]);
  survey = await closedSurvey();
  writeFileSync(file('bundle'), survey.lines.map((l) => `${l}\n`).join(''));
  writeFileSync(file('held'), survey.held);
  const response = survey.lines.map((l) => JSON.parse(l) as { h?: string; c?: string }).find((l) => l.c)!;
  const signer = signerOf(survey);
  const receipt = (leaf: Uint8Array) => signer.sign(formatReceipt({ origin: signer.key.name, leaf }));
  writeFileSync(file('receipt'), receipt(fromBase64(response.h!)));
  writeFileSync(file('broken'), receipt(new Uint8Array(32)));
  const { deps, actors } = survey.world;
  const summary = await getReport(deps, actors.inspector, survey.id, survey.county);
  writeFileSync(file('summary.json'), JSON.stringify(summary));
  writeFileSync(file('other.json'), JSON.stringify({ ...summary, verdict: { kind: 'met' } }));
  const forged = forge(survey, ({ leaves }) => void leaves.splice(4, 1));
  writeFileSync(file('forged'), forged.map((l) => `${l}\n`).join(''));
});
afterAll(async () => {
  await survey.world.close();
  rmSync(directory, { recursive: true, force: true });
});

describe('the file for plain node', () => {
  const script = (...args: string[]) =>
    run(process.execPath, [file('manyi-verify.mjs'), ...args], { cwd: directory });

  test('verifies and says so; a forged bundle ends with 1', async () => {
    const { stdout } = await script('bundle', '--checkpoint', 'held', '--lang', 'en');
    expect(stdout).toContain('VERIFIED');
    expect(stdout).toContain('agrees with 1 checkpoint');
    expect((await script('bundle', '--lang', 'zh')).stdout).toContain('核验通过');
    await expect(script('forged', '--checkpoint', 'held', '--lang', 'en')).rejects.toMatchObject({ code: 1 });
    const { stdout: kept } = await script('bundle', '--receipt', 'receipt', '--lang', 'en');
    expect(kept).toContain('The answers that 1 receipt promised are in the log');
    await expect(script('bundle', '--receipt', 'broken', '--lang', 'en')).rejects.toMatchObject({
      code: 1,
      stdout: expect.stringContaining('answers that a receipt promised are not in the log') as string,
    });
    const against = (name: string) => script('bundle', '--against', name, '--lang', 'en');
    expect((await against('summary.json')).stdout).toContain('says the same, figure by figure');
    await expect(against('other.json')).rejects.toMatchObject({ code: 1 });
    await expect(script('bundle', '--canaries', 'held')).rejects.toMatchObject({ code: 1 });
    await expect(script()).rejects.toMatchObject({ code: 64 });
  });

  test('asks for nothing but node itself', () => {
    const text = readFileSync(file('manyi-verify.mjs'), 'utf8');
    for (const [, name] of text.matchAll(/^import .*from "([^"]+)"/gm))
      expect(name).toMatch(/^(node:|crypto$)/);
  });
});

describe('the page', () => {
  async function open(
    bundle: string,
    checkpoint: string,
    receipt?: string,
    against?: string,
  ): Promise<{ className: string; text: string }> {
    const html = readFileSync(file('verify.html'), 'utf8');
    expect(html).not.toMatch(/(?:src|href)=/);
    const script = /<script>([\s\S]*)<\/script>/.exec(html)![1]!;
    const elements = new Map<
      string,
      { textContent: string; className: string; files: unknown; value: string; click?: () => void }
    >();
    const element = (id: string) => {
      let found = elements.get(id);
      if (!found) {
        found = { textContent: '', className: '', files: null, value: '' };
        elements.set(id, found);
      }
      return Object.assign(found, {
        addEventListener: (_type: string, listener: () => void) => void (found.click = listener),
      });
    };
    const blob = (path: string) => new Blob([readFileSync(file(path))]);
    element('bundle').files = [blob(bundle)];
    element('checkpoints').files = [blob(checkpoint)];
    element('receipts').files = receipt === undefined ? [] : [blob(receipt)];
    element('against').files = against === undefined ? [] : [blob(against)];
    const { TextEncoder, TextDecoder, atob, btoa, structuredClone } = globalThis;
    const page = createContext({
      document: { getElementById: element, documentElement: { lang: '' } },
      navigator: { language: 'en' },
      ...{ TextEncoder, TextDecoder, atob, btoa, structuredClone, Uint8Array, ArrayBuffer },
    });
    runInContext(script, page);
    element('start').click!();
    const report = element('report');
    for (let i = 0; i < 600 && report.className === ''; i++) await new Promise((r) => setTimeout(r, 50));
    return { className: report.className, text: report.textContent };
  }

  test('does the same without network and without node', async () => {
    expect(await open('bundle', 'held')).toMatchObject({
      className: 'ok',
      text: expect.stringContaining('VERIFIED') as string,
    });
    expect((await open('bundle', 'held', 'receipt')).text).toContain('1 receipt promised');
    expect((await open('bundle', 'held', 'broken')).className).toBe('bad');
    expect((await open('bundle', 'held', undefined, 'summary.json')).className).toBe('ok');
    const other = await open('bundle', 'held', undefined, 'other.json');
    expect(other).toMatchObject({
      className: 'bad',
      text: expect.stringContaining('verdict.kind') as string,
    });
    const forged = await open('forged', 'held');
    expect(forged.className).toBe('bad');
    expect(forged.text).toContain('something before it was changed');
  });
});

describe('what stands for node’s cryptography in a browser', () => {
  test('hashes as node does, at every length around a block', () => {
    for (let n = 0; n < 300; n++) {
      const data = new Uint8Array(n).map((_, i) => i * 7 + n);
      const want = createHash('sha256').update(data).digest();
      expect(want.equals(browser.createHash('sha256').update(data).digest())).toBe(true);
      expect(browser.hash('sha256', data, 'binary')).toBe(want.toString('latin1'));
      if (n % 9 === 0)
        expect(browser.createHmac('sha256', data).update('x').update(data).digest()).toEqual(
          hmacSha256(data, 'x', data),
        );
    }
  });

  test('verifies Ed25519 as node does, and refuses what is changed', () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const key = browser.createPublicKey({ key: publicKey.export({ format: 'der', type: 'spki' }) });
    const message = new Uint8Array(Buffer.from('origin\n1\nroot\n'));
    const signature = new Uint8Array(sign(null, message, privateKey));
    expect(browser.verify(null, message, key, signature)).toBe(true);
    for (const bit of [0, 100, 255, 256, 300, 511]) {
      const bad = signature.slice();
      bad[bit >> 3]! ^= 1 << (bit & 7);
      expect(browser.verify(null, message, key, bad), `bit ${bit}`).toBe(false);
    }
    expect(browser.verify(null, message.slice(1), key, signature)).toBe(false);
  });
});
