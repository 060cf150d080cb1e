/** A sole administrator who lost the password gets a new one on the machine itself. */
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createShell, type Shell } from './support.ts';

let shell: Shell;
beforeAll(() => {
  shell = createShell();
});
afterAll(() => shell.remove());

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
});
