/** The demonstration shows what it promises. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { displayWidth } from '../../src/cli/present.ts';
import { createShell, type Shell } from './support.ts';

let shell: Shell;
beforeAll(() => {
  shell = createShell();
});
afterAll(() => shell.remove());

describe.sequential('the demonstration', { timeout: 240_000 }, () => {
  let made: any;
  const login = (name: string) =>
    made.logins.find((l: { login: string }) => l.login === name) as { password: string };
  const ask = async (name: string, ...args: string[]) => {
    const ran = await shell.run(['--as', name, '--json', ...args], {
      env: { MANYI_PASSWORD: login(name).password },
    });
    expect(ran.err).toBe('');
    return ran.json();
  };

  test('builds, with a login for each role and the three links', async () => {
    const ran = await shell.run(['demo', '--no-serve', '--scale', '60', '--json']);
    expect(ran.code).toBe(0);
    made = ran.json();
    expect(new Set(made.logins.map((l: { role: string }) => l.role))).toEqual(
      new Set(['administrator', 'operator', 'official', 'inspector', 'interviewer']),
    );
    expect(made.links.parent).toMatch(/\/s\/[0-9A-Z]{10}$/);
    const campaigns = await ask('operator-1', 'campaign', 'list');
    expect(campaigns.every((c: { demo: boolean }) => c.demo)).toBe(true);
    expect(campaigns.map((c: { state: string }) => c.state).sort()).toEqual([
      'closed',
      'draft',
      'open',
      // Last round's, this round's, a spot survey and a re-survey.
      'released',
      'released',
      'released',
      'released',
      'voided',
    ]);
  });

  test('one county well above the line, one at it, one below, one insufficient at a third returned', async () => {
    const summaries = await ask('inspector', 'summary', made.closed);
    // What the survey is made for is shown, whatever is hidden below it.
    for (const s of summaries.slice(0, 3))
      expect(s.groups.find((g: { group: string }) => g.group === 'parent').figure.kind).toBe('estimate');
    const [high, near, low, few] = summaries.map((s: any) => ({
      value: s.official.value as number,
      verdict: s.verdict.kind as string,
      rate: s.returnRates.find((r: { group: unknown }) => r.group === null).figure.value as number,
      reasons: s.verdict.reasons?.map((r: { code: string }) => r.code),
    }));
    expect(high.value).toBeGreaterThanOrEqual(90);
    expect(high).toMatchObject({ verdict: 'met' });
    // Who is drawn differs from run to run, as ids and salts do: 85.3 ± 0.6 (one standard error), and never four of them away.
    expect(near.value).toBeGreaterThan(82.9);
    expect(near.value).toBeLessThan(87.7);
    expect(low.value).toBeLessThan(80);
    expect(low).toMatchObject({ verdict: 'not-met' });
    expect(few).toMatchObject({ verdict: 'insufficient', reasons: ['return-rate-below-floor'] });
    expect(few.rate).toBeGreaterThan(30);
    expect(few.rate).toBeLessThan(37);
  });

  test('an official sees coarse rates of the open campaign, and nothing of another county', async () => {
    const rates = await ask('official-1', 'rates', made.open, '--county', '990101');
    expect(rates.kind).toBe('snapshot');
    expect(rates.rows.length).toBeGreaterThan(10);
    const other = await shell.run(['--as', 'official-1', 'rates', made.open, '--county', '990102'], {
      env: { MANYI_PASSWORD: login('official-1').password },
    });
    expect(other.code).toBe(4);
  });

  test('the audit of every county is equal', async () => {
    const ran = await shell.run(['audit', '--json']);
    expect(ran.code).toBe(0);
    expect(ran.json()).toHaveLength(12);
  });

  test('every list fits a terminal of 80 columns, in both languages', async () => {
    const county = ['--county', '990101'];
    const lists = [
      ['admin', 'trail', '--limit', '60'],
      ['admin', 'user', 'list'],
      ['inspector', 'campaign', 'list'],
      ['inspector', 'campaign', 'show', made.closed],
      ['inspector', 'inspection', 'show', made.closed, ...county],
      ['inspector', 'inspection', 'balance', made.closed, ...county],
      ['inspector', 'inspection', 'sheet', made.closed, ...county],
      ['inspector', 'inspection', 'spot', made.closed, ...county],
      ['operator-1', 'rates', made.open, ...county],
      ['operator-1', 'schools', 'list', made.open, ...county],
      ['operator-1', 'coverage', made.open, ...county],
      ['operator-1', 'plan', made.open, ...county],
      ['operator-1', 'template', 'list'],
      ['operator-1', 'propose', 'list', made.open],
    ] as const;
    for (const [name, ...args] of lists)
      for (const lang of ['zh-CN', 'en']) {
        const run = async (columns?: number) => {
          const { code, out, err } = await shell.run(['--as', name, '--lang', lang, ...args], {
            env: { MANYI_PASSWORD: login(name).password },
            columns,
          });
          expect([args, code, err]).toEqual([args, 0, '']);
          return out.trimEnd();
        };
        const lines = (await run(80)).split('\n');
        const wide = lines.filter((line) => displayWidth(line) > 80);
        expect([args, wide]).toEqual([args, []]);
        // In a pipe nothing depends on a width.
        if (args[0] === 'trail')
          expect(Math.max(...(await run()).split('\n').map(displayWidth))).toBeGreaterThan(80);
      }
  });

  test('a second start uses it again, with new passwords; --fresh builds anew', async () => {
    const phones = () =>
      readFileSync(join(shell.environment['DATA_DIR'] as string, 'demo-phones.json'), 'utf8');
    const before = phones();
    const again = (await shell.run(['demo', '--no-serve', '--json'])).json();
    // The tour begins with what was sent to them.
    expect(JSON.parse(before).length).toBeGreaterThan(10);
    expect(phones()).toBe(before);
    expect(again).toMatchObject({ closed: made.closed, open: made.open });
    expect(again.logins[0].password).not.toBe(login('admin').password);
    expect(existsSync(join(shell.environment['KEY_DIR'] as string, made.open))).toBe(true);
  });

  test('a demonstration of an older version names --fresh; other data of an older version are left alone', async () => {
    const old = createShell();
    const { DATA_DIR = '' } = old.environment;
    await old.run(['admin', 'create', 'chief', '--password-stdin'], { input: 'a real administrator\n' });
    const raw = new Database(join(DATA_DIR, 'manyi.db'));
    raw.exec('DELETE FROM migrations_applied WHERE no = (SELECT max(no) FROM migrations_applied)');
    raw.close();
    const real = await old.run(['demo', '--no-serve', '--fresh']);
    expect([real.code, real.err]).toEqual([6, expect.not.stringContaining('--fresh')]);
    writeFileSync(join(DATA_DIR, 'demo.json'), '{}');
    const ran = await old.run(['demo', '--no-serve']);
    expect([ran.code, ran.err]).toEqual([6, expect.stringContaining('--fresh')]);
    old.remove();
  });

  test('a taken port is said before anything is built', async () => {
    const other = createShell();
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const ran = await other.run(['demo'], { env: { PORT: String(port) } });
    expect([ran.code, ran.err]).toEqual([9, expect.stringContaining(`Port ${port}`)]);
    expect(existsSync(join(other.environment['DATA_DIR'] as string, 'manyi.db'))).toBe(false);
    server.close();
    other.remove();
  });

  test('data that are no demonstration are left alone', async () => {
    const real = createShell();
    await real.run(['admin', 'create', 'chief', '--password-stdin'], { input: 'a real administrator\n' });
    for (const args of [
      ['demo', '--no-serve'],
      ['demo', '--no-serve', '--fresh'],
    ])
      expect((await real.run(args)).code).toBe(6);
    real.remove();
  });
});
