/** Backup while people answer, restore, and what may stand nowhere: everything that the service writes is searched, the free pages of the database included. */
import Database from 'better-sqlite3';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { describe, expect, it, vi } from 'vitest';
import { readAccessCode } from '../../src/domain/code/access-code.ts';
import { pseudonymOf } from '../../src/domain/code/pseudonym.ts';
import { toHex } from '../../src/domain/hash.ts';
import { createIntake } from '../../src/intake/intake.ts';
import { closeCampaign } from '../../src/operations/campaign/closing.ts';
import { createOpenCampaigns, watchCampaigns } from '../../src/operations/answer/open-campaigns.ts';
import { logSerializers } from '../../src/http/plugins/request-log.ts';
import { createApp } from '../http/support.ts';
import { answerFrom, assertLedger, campaign, createLedger, createPlace } from '../support/answering.ts';
import { runToEnd, startProcess, built, type Places } from '../support/process.ts';
import { countyA, countyB, createWorld, readTemplate } from '../support/world.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 });

describe('a backup', () => {
  it('is taken while people answer, verifies, holds no key, and serves from an empty folder', async () => {
    // Enough for a quick machine: the service takes 20 answers of one code in an hour.
    const codes = 4000;
    const place = await createPlace(codes);
    const manyi = (places: Places, ...args: string[]) =>
      runToEnd(places, { script: join(built(), 'cli', 'main.js'), args });
    try {
      const service = await startProcess(place);
      const ledger = createLedger();
      let enough = false;
      const crowd = answerFrom(service.port, {
        connections: 16,
        codes,
        seed: 11,
        ledger,
        enough: () => enough,
      });
      await vi.waitFor(() => expect(ledger.acknowledged()).toBeGreaterThan(200), 30_000);
      const file = join(place.directory, 'backup.db');
      const made = await manyi(place, 'backup', file);
      expect(made.code, made.output).toBe(0);
      const during = ledger.acknowledged();
      await vi.waitFor(() => expect(ledger.acknowledged()).toBeGreaterThan(during + 100), 30_000);
      enough = true;
      await crowd;
      expect(await service.stop()).toBe(0);
      await assertLedger(place, ledger);

      const verified = await manyi(place, '--json', 'verify-backup', file);
      expect(verified.code, verified.output).toBe(0);
      expect(JSON.parse(verified.output)).toMatchObject({ sound: true, damage: [], secretsFound: 0 });

      const empty = { data: join(place.directory, 'restored'), keys: place.keys };
      const restored = await manyi(empty, 'restore', file);
      expect(restored.code, restored.output).toBe(0);
      const again = await manyi(empty, 'restore', file);
      expect(again.code).toBe(6);
      expect(again.output).toContain('empty folder');
      // Said before the whole file is read.
      expect(again.output).not.toContain('sound');
      const second = await startProcess(empty);
      const more = createLedger();
      await answerFrom(second.port, {
        connections: 4,
        codes,
        seed: 12,
        ledger: more,
        enough: () => more.acknowledged() >= 50,
      });
      expect(await second.stop()).toBe(0);
      const rows = (data: string) => {
        const raw = new Database(join(data, 'manyi.db'), { readonly: true });
        const n = raw.prepare('SELECT count(*) FROM responses').pluck().get() as number;
        raw.close();
        return n;
      };
      expect(rows(empty.data)).toBeGreaterThan(200 + 50);
      expect(rows(empty.data)).toBeLessThan(rows(place.data) + 60);

      // A changed figure, a damaged page, a key: each is found.
      const spoilt = (name: string, spoil: (path: string) => void) => {
        const path = join(place.directory, `${name}.db`);
        copyFileSync(file, path);
        spoil(path);
        return manyi(place, '--json', 'verify-backup', path);
      };
      const changed = await spoilt('changed', (path) => {
        const raw = new Database(path);
        // Of an open campaign what has come in stands there encrypted.
        expect(raw.prepare('SELECT count(*) FROM responses').pluck().get()).toBe(0);
        raw
          .prepare(
            "UPDATE sealed_parts SET bytes = CAST(substr(bytes, 1, 99) || x'00' || substr(bytes, 101) AS BLOB) WHERE no = 0",
          )
          .run();
        raw.close();
      });
      expect(changed.code).toBe(1);
      expect(JSON.parse(changed.output)).toMatchObject({ sound: false, sealed: [campaign] });
      const damaged = await spoilt('damaged', (path) => {
        const bytes = readFileSync(path);
        bytes.fill(0xff, bytes.length - 4096);
        writeFileSync(path, bytes);
      });
      expect(damaged.code).not.toBe(0);
      const leaking = await spoilt('leaking', (path) => {
        const raw = new Database(path);
        const key = readFileSync(join(place.keys, campaign, 'pseudonym.key'), 'utf8').trim();
        raw.prepare('UPDATE campaigns SET name = ?').run(key);
        raw.close();
      });
      expect(leaking.code).toBe(1);
      expect(JSON.parse(leaking.output)).toMatchObject({ secretsFound: 1 });
    } finally {
      place.remove();
    }
  });
});

describe('what stands nowhere', () => {
  it('in log or files: codes, phones, answers, comments’ owners; after close also superseded answers, free pages included', async () => {
    const world = await createWorld({ threads: true });
    const lines: string[] = [];
    const logger = pino(
      { level: 'trace', base: null, serializers: { ...logSerializers, err: pino.stdSerializers.err } },
      { write: (line: string) => lines.push(line) },
    );
    const backupDir = join(world.directory, 'backups');
    mkdirSync(backupDir);
    const opened = await world.openedCampaign();
    const sent = [
      ...(await world.sentCodes(opened.id, countyA)),
      ...(await world.sentCodes(opened.id, countyB)),
    ];
    const codes = sent.map(({ code }) => {
      const reading = readAccessCode(code);
      if (!reading.ok) throw new Error('not a code');
      return reading.code;
    });
    expect(codes.length).toBeGreaterThan(100);
    // Copies: destroying a key overwrites it.
    const [key, ...otherKeys] = (['pseudonym', 'text', 'contacts'] as const).map((name) =>
      world.deps.keys.use(opened.id, name).slice(),
    ) as [Uint8Array, ...Uint8Array[]];
    const pseudonyms = codes.map((code) => pseudonymOf(key, code));

    const source = { ...world.deps, log: logger };
    const campaigns = createOpenCampaigns(source);
    const storage = watchCampaigns(world.storage, () => campaigns.expire());
    const deps = { ...source, storage, backupDir };
    const intake = createIntake(storage, { queueLimit: 1000, batchLimit: 64, onFailure: () => undefined });
    const t = await createApp({ ...deps, campaigns, intake, http: { logger } });
    const comment = '孩子的老师王小明说必须填满意';
    const type = 'application/x-www-form-urlencoded';
    const form = (group: string, option: string) => {
      const { items } = readTemplate(`${group}-2012.json`) as { items: { id: string; type: string }[] };
      const pairs = items
        .filter((item) => item.type !== 'single')
        .map((item): [string, string] => [item.id, item.type === 'rating' ? option : comment]);
      return new URLSearchParams(pairs).toString();
    };
    const groups = ['parent', 'teacher', 'principal', 'deputy', 'public'];
    let stored = 0;
    for (const [i, code] of codes.entries()) {
      await t.app.inject({ url: `/s/${code}` });
      // Every third answers twice; the group is found by trying.
      for (const option of i % 3 === 0 ? ['dissatisfied', 'very-satisfied'] : ['satisfied'])
        for (const group of groups) {
          const reply = await t.app.inject({
            method: 'POST',
            url: `/s/${code}`,
            payload: form(group, option),
            headers: { 'content-type': type },
          });
          if (reply.statusCode === 303) stored++;
        }
    }
    expect(stored).toBeGreaterThanOrEqual(codes.length);
    // What goes wrong is logged most readily.
    await t.app.inject({
      method: 'POST',
      url: `/s/${codes[0]}`,
      payload: '{',
      headers: { 'content-type': 'application/json' },
    });
    await t.app.inject({ url: `/s/${codes[0]}x` });
    await t.app.inject({ url: `/S/${codes[0]}` });
    await t.app.inject({ url: `/nowhere/${codes[0]}?code=${codes[1]}` });
    await t.app.inject({ url: `/s/${codes[0]}`, headers: { 'content-length': 'x' } });

    const raw = new Database(join(world.dataDir, 'manyi.db'), { readonly: true });
    const rows = raw
      .prepare(
        'SELECT nonce, revision < max(revision) OVER (PARTITION BY pseudonym) AS superseded FROM responses',
      )
      .all() as { nonce: Buffer; superseded: number }[];
    const superseded = rows.filter((r) => r.superseded === 1).map((r) => r.nonce);
    const counted = rows.filter((r) => r.superseded === 0).map((r) => r.nonce);
    raw.close();
    expect(superseded.length).toBeGreaterThan(30);
    // While it is open they are there: the search below would find them.
    const before = readAll(world.dataDir);
    expect(superseded.filter((nonce) => before.includes(nonce)).length).toBe(superseded.length);

    await closeCampaign(deps, world.actors.operator, opened.id);
    await t.close();
    await intake.close();
    const inData = readAll(world.dataDir);
    const everything = Buffer.concat([inData, readAll(backupDir)]);
    const log = lines.join('');
    expect(lines.length).toBeGreaterThan(100);
    for (const [i, { phone }] of sent.entries()) {
      const code = codes[i]!;
      for (const form of [code, code.toLowerCase(), `${code.slice(0, 5)} ${code.slice(5)}`]) {
        expect(everything.includes(form)).toBe(false);
        expect(log.includes(form)).toBe(false);
      }
      if (phone !== '') {
        expect(everything.includes(phone)).toBe(false);
        expect(log.includes(phone)).toBe(false);
      }
      expect(log.includes(toHex(pseudonyms[i]!))).toBe(false);
    }
    for (const word of [comment, 'dissatisfied', 'very-satisfied', 'distance='])
      expect(log.includes(word)).toBe(false);
    expect(superseded.filter((nonce) => inData.includes(nonce))).toEqual([]);
    expect(counted.filter((nonce) => inData.includes(nonce))).toHaveLength(counted.length);
    for (const one of [key, ...otherKeys]) {
      expect(everything.includes(Buffer.from(one))).toBe(false);
      expect(everything.includes(toHex(one))).toBe(false);
    }
    await world.close();
  });
});

/** All bytes of all files of a folder, free pages and leftovers included. */
function readAll(folder: string): Buffer {
  return Buffer.concat(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((f) => f.isFile())
      .map((f) => readFileSync(join(f.parentPath, f.name))),
  );
}
