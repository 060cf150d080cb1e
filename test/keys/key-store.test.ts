import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CampaignId } from '../../src/domain/model/ids.ts';
import { createFileKeyStore } from '../../src/keys/key-store.ts';

const id = 'campaign' as CampaignId;
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'manyi-keys-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe('a folder of keys that several processes use', () => {
  test('whoever makes a key at the same moment ends with the same one, and nothing else lies there', async () => {
    const store = new URL('../../src/keys/key-store.ts', import.meta.url).href;
    const script = `
      const { createFileKeyStore } = await import(${JSON.stringify(store)});
      const keys = createFileKeyStore(${JSON.stringify(directory)});
      process.stdout.write('ready ');
      await new Promise((go) => process.stdin.once('data', go));
      for (let i = 0; i < 200; i++) process.stdout.write(Buffer.from(keys.service('k' + i)).toString('hex') + ' ');
      process.exit();`;
    const runs = await Promise.all(
      [0, 1].map(async () => {
        const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script], {
          stdio: ['pipe', 'pipe', 'inherit'],
        });
        let said = '';
        const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
        await new Promise<void>((resolve) =>
          child.stdout.on('data', (bytes: Buffer) => {
            said += bytes.toString();
            if (said.startsWith('ready')) resolve();
          }),
        );
        return { child, ended, said: () => said };
      }),
    );
    for (const { child } of runs) child.stdin.write('go');
    await Promise.all(runs.map((run) => run.ended));
    const [one, other] = runs.map((run) => run.said().trim().split(' '));
    expect(one).toHaveLength(201);
    expect(other).toEqual(one);
    expect(readdirSync(join(directory, 'service')).every((name) => name.endsWith('.key'))).toBe(true);
  }, 60_000);

  test('one that is forgotten is wiped wherever it is, and never read again', () => {
    const keys = createFileKeyStore(directory);
    keys.create(id);
    const handed = keys.use(id, 'pseudonym');
    // Handed out anew after the process was away: both are wiped.
    keys.setAway(true);
    keys.setAway(false);
    const again = keys.use(id, 'pseudonym');
    expect(again).not.toBe(handed);
    expect(again).toEqual(handed);
    keys.forget(id, 'pseudonym');
    for (const key of [handed, again]) expect(key.every((byte) => byte === 0)).toBe(true);
    // The file is not this process's matter; whatever lies there, it is not read.
    expect(keys.has(id, 'pseudonym')).toBe(true);
    expect(() => keys.use(id, 'pseudonym')).toThrow('keys.missing');
    writeFileSync(join(directory, id, 'pseudonym.key'), 'ab'.repeat(32));
    expect(() => keys.use(id, 'pseudonym')).toThrow('keys.missing');
    expect(keys.check(id, 'pseudonym', undefined)).toBe('missing');
    expect(keys.use(id, 'text')).toHaveLength(32);
  });

  test('while the process is away it uses no key of a campaign, and what work under way holds stays whole', () => {
    const keys = createFileKeyStore(directory);
    keys.create(id);
    const held = keys.use(id, 'contacts');
    const before = Buffer.from(held).toString('hex');
    const session = keys.service('session');
    keys.setAway(true);
    expect(() => keys.use(id, 'contacts')).toThrow('storage.unreachable');
    expect(() => keys.create('another' as CampaignId)).toThrow('storage.unreachable');
    expect(Buffer.from(held).toString('hex')).toBe(before);
    expect(keys.service('session')).toEqual(session);
    keys.setAway(false);
    expect(Buffer.from(keys.use(id, 'contacts')).toString('hex')).toBe(before);
    keys.destroy(id, 'contacts');
    expect(held.every((byte) => byte === 0)).toBe(true);
    expect(existsSync(join(directory, id, 'contacts.key'))).toBe(false);
  });
});
