/** A sole administrator who lost the password gets a new one on the machine itself. */
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createShell, type Shell } from './support.ts';

let shell: Shell;
beforeAll(() => {
  shell = createShell();
});
afterAll(() => shell.remove());

const campaign = '0123456789ab';
const first = 'first chief of all';
const second = 'a new song for the chief';

describe.sequential('manyi admin reset-password', { timeout: 300_000 }, () => {
  const reset = (login: string, password: string) =>
    shell.run(['admin', 'reset-password', login, '--password-stdin'], { input: `${password}\n` });
  const as = (login: string, password: string, args: readonly string[]) =>
    shell.run(['--as', login, '--json', ...args], { env: { MANYI_PASSWORD: password } });

  test('a shell without the settings of the service makes no database, and no backup of one', async () => {
    const places = [
      shell.environment['DATA_DIR'],
      shell.environment['KEY_DIR'],
      shell.environment['BACKUP_DIR'],
    ];
    for (const args of [
      ['backup'],
      ['admin', 'reset-password', 'chief', '--password-stdin'],
      ['--as', 'chief', 'user', 'create', 'clerk', '--role', 'operator', '--password-stdin'],
      ['move', '--to', 'postgres://nobody@127.0.0.1:1/none', '--yes'],
    ]) {
      const refused = await shell.run(args, { input: `${first}\n${second}\n` });
      expect([refused.code, refused.err], args.join(' ')).toEqual([
        5,
        expect.stringContaining('commands need the same environment'),
      ]);
      expect(
        places.map((place) => existsSync(place!)),
        args.join(' '),
      ).toEqual([false, false, false]);
    }
  });

  test('says how a new password is given where there is no terminal', async () => {
    const refused = await shell.run(['admin', 'create', 'chief'], { env: { MANYI_PASSWORD: first } });
    expect(refused.code).toBe(3);
    expect(refused.err).toContain('--password-stdin');
    // That one is of whoever acts.
    expect(refused.err).not.toContain('MANYI_PASSWORD');
  });

  test('sets the password, and says so in the trail', async () => {
    const made = await shell.run(['admin', 'create', 'chief', '--password-stdin'], { input: `${first}\n` });
    expect(made.code).toBe(0);
    const done = await reset(' CHIEF ', second);
    expect(done).toMatchObject({ code: 0, err: '' });
    expect(done.out).toContain('“chief” has the new password');
    expect(done.out).not.toContain(second);
    expect((await as('chief', first, ['user', 'list'])).code).toBe(3);
    const trail = await as('chief', second, ['trail']);
    expect(trail).toMatchObject({ code: 0, err: '' });
    const entries = trail.json() as { action: string; via: string; details: object }[];
    expect(entries.filter((e) => e.action === 'user.update')).toMatchObject([
      { via: 'cli', details: { login: 'chief', password: 'changed' } },
    ]);
    expect(trail.out).not.toContain('argon2');
  });

  test('refuses weak passwords, other accounts and unknown ones, and changes nothing', async () => {
    const clerk = await shell.run(
      ['--as', 'chief', 'user', 'create', 'clerk', '--role', 'operator', '--password-stdin', '--json'],
      { input: `${second}\nsecond clerk of all\n` },
    );
    expect(clerk).toMatchObject({ code: 0, err: '' });
    expect((await reset('chief', '1234567890')).code).toBe(2);
    for (const login of ['clerk', 'nobody']) {
      const refused = await reset(login, first);
      expect(refused.code).toBe(5);
      expect(refused.err).toContain(`“${login}”`);
    }
    expect((await as('chief', second, ['user', 'list'])).code).toBe(0);
    expect((await as('clerk', 'second clerk of all', ['user', 'list'])).code).toBe(4);
  });

  /** Without a terminal and without `--password-stdin`, asking for a password would be the fault. */
  test.each([
    [['admin', 'create', 'another'], 6, 'There is an administrator already'],
    [['admin', 'reset-password', 'nobody'], 5, 'no working administrator account “nobody”'],
    [['user', 'create', 'c!', '--role', 'operator'], 2, 'A login has 2 to 64 letters'],
    [['user', 'create', 'clerk', '--role', 'operator'], 6, '“clerk” is taken'],
    [['user', 'create', 'other', '--role', 'official'], 2, 'This role needs at least one county'],
  ])('%j is refused before a new password is asked for', async (args, code, text) => {
    const isAdmin = args[0] === 'admin';
    const refused = isAdmin ? await shell.run(args) : await as('chief', second, args);
    expect([refused.code, refused.err]).toEqual([code, expect.stringContaining(text)]);
  });

  test.each([
    [['roll', 'import', campaign, 'none.csv', '--group', 'parent'], 'none.csv cannot be read'],
    [['schools', 'import', campaign, 'none.csv'], 'none.csv cannot be read'],
    [['fates', 'import', campaign, 'none.csv'], 'none.csv cannot be read'],
    [['divisions', 'import', 'none.csv', '--as-of', '2026-01-01'], 'none.csv cannot be read'],
    [['claimed', campaign, 'none.csv'], 'none.csv cannot be read'],
    [['canaries', campaign, '--open', 'none.json'], 'none.json cannot be read'],
    [['inspection', 'change', campaign, 'work', 'none.json'], 'none.json cannot be read'],
    [['inspection', 'sheet', campaign, '-o', 'sheet.pdf'], '.docx'],
    [['draw', campaign, '--dice', '123'], 'dice digits, each from 1 to 6'],
    [['sending', 'plan', campaign, '--channel', 'a', '--wave', 'sometime'], 'sometime'],
    [['sending', 'plan', campaign, '--channel', 'a', '--wave', 'invitation', '--price', 'much'], '0.045'],
  ])('%j is refused before the account’s password is asked for', async (args, text) => {
    const refused = await shell.run(['--as', 'chief', ...args]);
    expect(refused.err).toContain(text);
    expect(refused.err).not.toContain('password');
    expect(refused.code).not.toBe(3);
  });
});
