/**
 * `manyi move`, from a file to PostgreSQL and back, as an operator does it: an installation with a closed, a prepared and an open survey, answers that wait for
 * their lot and messages under way. What it holds is read past the program, from both sides.
 */
import Database from 'better-sqlite3';
import { is } from 'drizzle-orm';
import { getTableConfig as configOfPg, PgTable } from 'drizzle-orm/pg-core';
import { getTableConfig, SQLiteTable } from 'drizzle-orm/sqlite-core';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run as runCommand } from '../../src/cli/run.ts';
import { openParts } from '../../src/compose.ts';
import { readConfig } from '../../src/config.ts';
import type { CampaignId } from '../../src/domain/model/ids.ts';
import { closeCampaign } from '../../src/operations/campaign/closing.ts';
import { sealDueLots } from '../../src/operations/evidence/evidence.ts';
import { receiveFile } from '../../src/operations/frame/receive.ts';
import { scheduleSendings } from '../../src/operations/message/schedule.ts';
import { sendDue } from '../../src/operations/message/send.ts';
import { moveTo } from '../../src/operations/service/move.ts';
import { movedTableNames, movedTables } from '../../src/storage/port/move.ts';
import { openPostgresStorage } from '../../src/storage/postgres/index.ts';
import { postgresSource, postgresTarget } from '../../src/storage/postgres/moving.ts';
import * as postgresSchema from '../../src/storage/postgres/schema.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/index.ts';
import { sqliteSource, sqliteTarget } from '../../src/storage/sqlite/moving.ts';
import * as sqliteSchema from '../../src/storage/sqlite/schema.ts';
import { answer } from '../support/evidence.ts';
import { createFakeChannel } from '../support/fake-channel.ts';
import { findBinaries, sharedServer, skipped, type Server } from '../support/postgres.ts';
import { rowsOf } from '../support/tables.ts';
import { bytesOf, countyA, createWorld, csv, type World } from '../support/world.ts';

const isThere = findBinaries() !== undefined;
const day = 86_400_000;

describe('the list of tables', () => {
  const tables = Object.values<unknown>(postgresSchema)
    .filter((t) => is(t, PgTable))
    .map((t) => configOfPg(t))
    .filter((t) => t.name !== 'maintenance');

  test('names every table of both engines, each behind those that it refers to, in the order of its key', () => {
    const names = Object.values<unknown>(sqliteSchema)
      .filter((t) => is(t, SQLiteTable))
      .map((t) => getTableConfig(t).name);
    expect([...movedTableNames].sort()).toEqual(names.sort());
    expect([...movedTableNames].sort()).toEqual(tables.map((t) => t.name).sort());
    for (const table of tables) {
      const key =
        table.primaryKeys[0]?.columns.map((c) => c.name) ??
        table.columns.filter((c) => c.primary).map((c) => c.name);
      expect([...movedTables[table.name as keyof typeof movedTables]], table.name).toEqual(key);
      for (const { reference } of table.foreignKeys) {
        const other = configOfPg(reference().foreignTable).name;
        const [own, before] = [table.name, other].map((n) => movedTableNames.indexOf(n as never));
        expect(before, `${table.name} → ${other}`).toBeLessThan(own!);
      }
    }
  });
});

describe.skipIf(!isThere)(isThere ? 'manyi move' : skipped, () => {
  let world: World;
  let server: Server;
  let closed: CampaignId;
  let prepared: CampaignId;
  let open: CampaignId;
  let environment: Record<string, string>;
  const keyDir = () => join(world.directory, 'keys');

  beforeAll(async () => {
    server = await sharedServer();
    world = await createWorld({ engine: 'sqlite' });
    const { deps, actors, storage } = world;
    const counties = world.campaignInput().counties.slice(0, 1);
    ({ id: closed } = await world.openedCampaign({ counties }));
    const codes = (await world.sentCodes(closed, countyA)).map((s) => s.code);
    for (const [i, code] of codes.slice(0, 60).entries())
      await answer(deps, closed, countyA, code, i % 4, { comment: `意见${i % 3}`, pressed: i % 9 === 0 });
    world.passTime(day);
    await sealDueLots(deps);
    for (const code of codes.slice(0, 9)) await answer(deps, closed, countyA, code, 3);
    await closeCampaign(deps, actors.operator, closed);

    // A draft that is gone leaves a gap in the numbers, which no later one may fill.
    const { deleteCampaign } = await import('../../src/operations/campaign/campaigns.ts');
    ({ id: prepared } = await world.addCampaign());
    await world.addSchools(prepared, countyA);
    const roll = csv(['学校', '年级', '家长电话'], [['第一小学', '一年级', '13800011122']]);
    await world.addRoll(prepared, countyA, 'parent', roll);
    const file = { campaign: prepared, county: countyA, fileName: '名册.csv', source: bytesOf(roll) };
    await (
      await receiveFile(deps, actors.official, file)
    ).done;

    ({ id: open } = await world.openedCampaign({ counties }));
    const waiting = (await world.sentCodes(open, countyA)).map((s) => s.code);
    for (const [i, code] of waiting.slice(0, 20).entries())
      await answer(deps, open, countyA, code, i % 4, { comment: '还没有封存' });
    const channel = createFakeChannel();
    const { defaultWindow } = await import('../../src/domain/messaging/send-window.ts');
    const sending = {
      ...deps,
      messaging: { channels: [channel], window: defaultWindow, perNumberADay: 2 },
    };
    await scheduleSendings(sending, actors.operator, {
      ...{ campaign: open, county: countyA, channel: 'loopback', texts: {}, perDay: 80, price: null },
      waves: [{ kind: 'invitation', dueAt: world.now() }],
    });
    await sendDue(sending);
    const { id: gone } = await world.addCampaign();
    await deleteCampaign(deps, actors.operator, gone);
    await storage.close();
    environment = {
      ...{ DATA_DIR: world.dataDir, KEY_DIR: keyDir(), BACKUP_DIR: join(world.directory, 'backups') },
      LANG: 'en_GB.UTF-8',
    };
  }, 120_000);
  afterAll(async () => {
    await world?.close();
  });

  /** A copy of the world's file, so that each test begins with a database that is in charge. */
  let copies = 0;
  function copyData(): string {
    const directory = join(world.directory, `copy-${++copies}`);
    cpSync(world.dataDir, directory, { recursive: true });
    return directory;
  }
  async function manyi(env: Readonly<Record<string, string>>, ...args: readonly string[]) {
    const said = { out: '', err: '' };
    const code = await runCommand(
      args,
      { ...environment, ...env },
      {
        input: Readable.from([]),
        write: (stream, bytes) =>
          void (said[stream] += typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString()),
      },
    );
    return { code, ...said };
  }
  async function bareDatabase(): Promise<string> {
    const name = `bare${++copies}`;
    await server.query(`CREATE DATABASE ${name}`);
    return server.urlOf(name);
  }
  const placeOf = (where: string) =>
    where.startsWith('postgres') ? { dataDir: '', database: where } : { dataDir: where, database: null };
  /** Every row of a database, as text, but for what a move itself writes. */
  async function contentsOf(where: string): Promise<ReadonlyMap<string, readonly string[]>> {
    const found = new Map<string, readonly string[]>();
    for (const table of movedTableNames) {
      const rows = await rowsOf<Record<string, unknown>>(placeOf(where), `SELECT * FROM ${table}`);
      const texts = rows
        .filter((row) => !(table === 'trail' && /^(move|clock)\./.test(String(row['action']))))
        .map(({ move: _, ...row }) => row)
        .map((row) =>
          JSON.stringify(
            Object.entries(row).map(([name, value]) => [
              name,
              Buffer.isBuffer(value) ? value.toString('hex') : value,
            ]),
          ),
        );
      // The moment at which the clock was looked at last.
      if (table !== 'service_state') found.set(table, texts.sort());
    }
    return found;
  }
  const movesIn = async (where: string) =>
    (await rowsOf<{ action: string }>(placeOf(where), 'SELECT action FROM trail ORDER BY no'))
      .map((row) => row.action)
      .filter((action) => action.startsWith('move.'));
  async function leavesOf(where: string, id: CampaignId): Promise<readonly string[]> {
    const storage = where.startsWith('postgres')
      ? await openPostgresStorage({ url: where, readOnly: true })
      : await openSqliteStorage({ directory: where, readOnly: true, inline: true });
    try {
      const leaves = await storage.listLeaves(id, countyA, 0, 10_000);
      return leaves.map(({ data }) => Buffer.from(data!).toString('hex'));
    } finally {
      await storage.close();
    }
  }

  test('to PostgreSQL and back: every row and every leaf the same, and only one database in charge', async () => {
    const file = copyData();
    const before = await contentsOf(file);
    const url = await bareDatabase();
    const shown = await manyi({ DATA_DIR: file }, 'move', '--to', url);
    expect(shown.code, shown.err).toBe(0);
    expect(shown.out).toContain('responses: ');
    expect(shown.out).toContain(`campaign ${open} 满意度调查: `);
    expect(shown.err).toContain('--yes');
    expect(shown.err).toContain('respondents cannot open');
    // Only numbers: the target is still empty.
    expect(
      (await server.query('SELECT 1 FROM pg_class WHERE relname = $$users$$', new URL(url).pathname.slice(1)))
        .rowCount,
    ).toBe(0);

    const there = await manyi({ DATA_DIR: file }, '--json', 'move', '--to', url, '--yes');
    expect(there.code, there.err).toBe(0);
    const moved = JSON.parse(there.out) as {
      rows: number;
      logs: { campaign: string; responses: number; differences: number; size: number }[];
    };
    expect(moved.logs.map((log) => [log.campaign, log.differences])).toEqual(
      [open, closed].map((id) => [id, 0]),
    );
    expect(moved.logs[1]).toMatchObject({ responses: 60 });
    expect(moved.logs[0]).toMatchObject({ responses: 20 });
    expect(await contentsOf(url)).toEqual(before);
    for (const id of [closed, open])
      expect(await leavesOf(url, id)).toEqual(await leavesOf(world.dataDir, id));
    // The one is left, the other in charge, and each says so.
    for (const command of [['audit'], ['log', 'key'], ['backup']]) {
      const refused = await manyi({ DATA_DIR: file }, ...command);
      expect([refused.code, refused.err], command.join(' ')).toEqual([
        6,
        expect.stringContaining('went to postgres://'),
      ]);
    }
    const audited = await manyi({ DATABASE_URL: url }, 'audit');
    expect([audited.code, audited.err]).toEqual([0, '']);
    expect(await movesIn(file)).toEqual(['move.begin', 'move.leave']);
    expect(await movesIn(url)).toEqual(['move.begin', 'move.take-over']);
    expect(await manyi({ DATA_DIR: file }, 'move', '--to', await bareDatabase(), '--yes')).toMatchObject({
      code: 6,
    });

    // The service goes on with it: the open survey takes answers, and nothing is numbered twice.
    const parts = await openParts(
      readConfig({ ...environment, DATABASE_URL: url }),
      world.deps.log as never,
      { inline: true },
    );
    const code = (await leftCodes(parts.deps))[0]!;
    await answer(parts.deps, open, countyA, code, 1);
    const number = await rowsOf<{ no: number }>(placeOf(url), 'SELECT max(no) AS no FROM campaigns');
    const { createCampaign } = await import('../../src/operations/campaign/campaigns.ts');
    const { id: fresh } = await createCampaign(
      parts.deps,
      world.actors.operator,
      world.campaignInput({ closesAt: Date.now() + day, storageUntil: Date.now() + 40 * day }),
    );
    const [{ no }] = (await rowsOf<{ no: number }>(
      placeOf(url),
      `SELECT no FROM campaigns WHERE id = '${fresh}'`,
    )) as [{ no: number }];
    // One was deleted before.
    expect(no).toBe(number[0]!.no + 2);
    await parts.close();
    const later = await contentsOf(url);
    expect(later.get('responses')).toHaveLength(before.get('responses')!.length + 1);

    const back = join(world.directory, 'back');
    const returned = await manyi({ DATABASE_URL: url }, 'move', '--to', `sqlite:${back}`, '--yes');
    expect(returned.code, returned.err).toBe(0);
    expect(returned.out).toContain('equal on both sides');
    expect(await contentsOf(back)).toEqual(later);
    const again = await manyi({ DATA_DIR: back }, 'audit');
    expect([again.code, again.err]).toEqual([0, '']);
    expect(await manyi({ DATABASE_URL: url }, 'audit')).toMatchObject({ code: 6 });
    const raw = new Database(join(back, 'manyi.db'), { readonly: true });
    expect(raw.pragma('integrity_check', { simple: true })).toBe('ok');
    expect(raw.pragma('foreign_key_check')).toEqual([]);
    const triggers = raw.prepare("SELECT count(*) FROM sqlite_master WHERE type = 'trigger'").pluck().get();
    expect(triggers).toBe(4);
    expect(raw.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'campaigns'").pluck().get()).toBe(no);
    raw.close();
  }, 120_000);

  /** Codes of the open survey that nobody has used. */
  async function leftCodes(deps: World['deps']): Promise<readonly string[]> {
    const { exportMessages } = await import('../../src/operations/code/codes.ts');
    const file = await exportMessages(deps, world.actors.operator, {
      ...{ campaign: open, county: countyA, kind: 'invitation' as const, format: 'csv' as const },
      language: 'en',
    });
    const rows = Buffer.concat(file.body).toString('utf8').trim().split('\r\n').slice(21);
    return rows.map((row) => /\b[0-9A-Z]{5}-?[0-9A-Z]{5}\b/.exec(row)![0]);
  }

  test('refused: a service that runs, a target in use, the same engine, no address, keys beside it', async () => {
    const file = copyData();
    const url = await bareDatabase();
    const service = await openSqliteStorage({ directory: file, inline: true });
    const running = await manyi({ DATA_DIR: file }, 'move', '--to', url, '--yes');
    expect([running.code, running.err]).toEqual([6, expect.stringContaining(`open: ${open} 满意度调查`)]);
    // To look at the numbers needs no pause.
    expect(await manyi({ DATA_DIR: file }, 'move', '--to', url)).toMatchObject({ code: 0 });
    await service.close();

    const used = await server.createDatabase();
    await server.query(
      "INSERT INTO divisions VALUES ('990101', '云溪县', '2025-12-31')",
      new URL(used).pathname.slice(1),
    );
    const refusals = [
      [['--to', used], 6, 'holds data already'],
      [['--to', used, '--yes'], 6, 'holds data already'],
      [['--to', 'sqlite:elsewhere', '--yes'], 2, 'same kind'],
      [['--to', 'mysql://db/manyi', '--yes'], 2, 'Give postgres://'],
      [['--to', 'sqlite:'], 2, 'Give postgres://'],
      [['--to', 'postgres://nobody@127.0.0.1:1/manyi', '--yes'], 9, 'cannot be reached'],
      [['--undo'], 6, 'nothing to undo'],
      [[], 2, 'either --to or --undo'],
      [['--to', url, '--undo'], 2, 'either --to or --undo'],
    ] as const;
    for (const [args, code, text] of refusals)
      expect(await manyi({ DATA_DIR: file }, 'move', ...args), args.join(' ')).toMatchObject({
        code,
        err: expect.stringContaining(text),
      });
    const inside = ['move', '--to', `sqlite:${join(keyDir(), 'in')}`];
    expect(await manyi({ DATABASE_URL: used, NEW_INSTALLATION: 'true' }, ...inside)).toMatchObject({
      code: 11,
      err: expect.stringContaining('within one another'),
    });
    expect(await movesIn(file)).toEqual([]);
    expect(await manyi({ DATA_DIR: file }, 'audit')).toMatchObject({ code: 0 });
  }, 60_000);

  test('killed while it copies: the old one is in charge, the new one refused, and the same command goes on', async () => {
    const file = copyData();
    const before = await contentsOf(file);
    const url = await server.createDatabase();
    const database = new URL(url).pathname.slice(1);
    // Holds it up where half of the tables are copied.
    const holder = new pg.Client({ connectionString: url });
    await holder.connect();
    await holder.query('SELECT pg_advisory_lock(7)');
    await server.query(
      `CREATE FUNCTION wait_here() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_advisory_xact_lock_shared(7); RETURN NEW; END';
       CREATE TRIGGER wait_here BEFORE INSERT ON trail FOR EACH ROW EXECUTE FUNCTION wait_here()`,
      database,
    );
    const child = spawn(
      process.execPath,
      [
        '--import',
        'tsx',
        fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url)),
        'move',
        '--to',
        url,
        '--yes',
      ],
      { env: { ...process.env, ...environment, DATA_DIR: file }, stdio: 'ignore' },
    );
    const gone = once(child, 'exit');
    for (;;) {
      const { rowCount } = await server.query(
        "SELECT 1 FROM pg_stat_activity WHERE application_name = 'manyi move' AND wait_event_type = 'Lock' AND datname = current_database()",
        database,
      );
      if (rowCount === 1) break;
      expect(child.exitCode).toBeNull();
      await pause(50);
    }
    child.kill('SIGKILL');
    await gone;
    await holder.end();
    const [{ n }] = (await rowsOf<{ n: number }>(placeOf(url), 'SELECT count(*) AS n FROM responses')) as [
      { n: number },
    ];
    expect(n).toBe(before.get('responses')!.length);
    for (const args of [['audit'], ['backup'], ['move', '--to', 'sqlite', '--yes']])
      expect(await manyi({ DATABASE_URL: url }, ...args), args[0]).toMatchObject({
        code: 6,
        err: expect.stringContaining('not finished'),
      });
    expect(await manyi({ DATA_DIR: file }, 'audit')).toMatchObject({ code: 0 });
    // The lock of the killed one goes with its connection.
    const again = await manyi({ DATA_DIR: file }, 'move', '--to', url, '--yes');
    expect(again.code, again.err).toBe(0);
    expect(await contentsOf(url)).toEqual(before);
    const { rowCount } = await server.query("SELECT 1 FROM pg_trigger WHERE tgenabled = 'D'", database);
    expect(rowCount).toBe(0);
  }, 120_000);

  test('back into a file, broken off: nothing is lost on the server, the half file is refused, and it goes on', async () => {
    const file = copyData();
    // As a restored backup leaves it whose key is gone: nobody can read it, and it must not get lost.
    const raw = new Database(join(file, 'manyi.db'));
    raw.prepare('INSERT INTO sealed_parts VALUES (1, 0, ?)').run(Buffer.alloc(1 << 20, 7));
    raw.close();
    const url = await bareDatabase();
    expect(await manyi({ DATA_DIR: file }, 'move', '--to', url)).toMatchObject({
      err: expect.stringContaining('stays encrypted'),
    });
    expect(await manyi({ DATA_DIR: file }, 'move', '--to', url, '--yes')).toMatchObject({ code: 0 });
    expect(await contentsOf(url)).toEqual(await contentsOf(file));
    const before = await contentsOf(url);
    const back = join(world.directory, `half-${++copies}`);
    const parts = await openParts(
      readConfig({ ...environment, DATABASE_URL: url }),
      world.deps.log as never,
      { inline: true },
    );
    const [source, target] = [await postgresSource(url), await sqliteTarget(back)];
    const breaking = moveTo(parts.deps, world.actors.administrator, source, target, (table) => {
      if (table === 'trail') throw new Error('power cut');
    });
    await expect(breaking).rejects.toThrow('power cut');
    await source.tables.close();
    await target.close();
    await parts.close();
    expect((await contentsOf(back)).get('responses')).toEqual(before.get('responses'));
    expect(await manyi({ DATA_DIR: back }, 'audit')).toMatchObject({
      code: 6,
      err: expect.stringContaining('not finished'),
    });
    expect(await manyi({ DATABASE_URL: url }, 'audit')).toMatchObject({ code: 0 });
    expect(await manyi({ DATABASE_URL: url }, 'move', '--to', `sqlite:${back}`, '--yes')).toMatchObject({
      code: 0,
    });
    expect(await contentsOf(back)).toEqual(before);
    // Nothing of the first attempt is left beside it.
    expect(readdirSync(back).filter((name) => /part|new/.test(name))).toEqual([]);
  }, 120_000);

  test('interrupted between leaving and taking over: nobody can be started until it is ended, or undone', async () => {
    const file = copyData();
    const url = await bareDatabase();
    const config = readConfig({ ...environment, DATA_DIR: file });
    const parts = await openParts(config, world.deps.log as never, { inline: true });
    const target = await postgresTarget({ url });
    const source = sqliteSource(file);
    const cut: typeof target = {
      ...target,
      storage: new Proxy(target.storage, {
        get: (storage, name: 'recordMove') =>
          name === 'recordMove'
            ? ((async (stamp, step) => {
                if (step.step === 'take-over') throw new Error('power cut');
                return storage.recordMove(stamp, step);
              }) satisfies typeof storage.recordMove)
            : storage[name],
      }),
    };
    await expect(moveTo(parts.deps, world.actors.administrator, source, cut)).rejects.toThrow('power cut');
    await source.tables.close();
    await target.close();
    await parts.close();
    expect(await manyi({ DATA_DIR: file }, 'audit')).toMatchObject({ code: 6 });
    expect(await manyi({ DATABASE_URL: url }, 'audit')).toMatchObject({ code: 6 });
    const ended = await manyi({ DATA_DIR: file }, 'move', '--to', url, '--yes');
    expect(ended.code, ended.err).toBe(0);
    expect(await manyi({ DATABASE_URL: url }, 'audit')).toMatchObject({ code: 0 });
    expect(await movesIn(url)).toEqual(['move.begin', 'move.take-over']);
    // A second time there is nothing to end.
    expect(await manyi({ DATA_DIR: file }, 'move', '--to', url, '--yes')).toMatchObject({ code: 6 });

    const asked = await manyi({ DATA_DIR: file }, 'move', '--undo');
    expect([asked.code, asked.err]).toEqual([2, expect.stringContaining('add --yes')]);
    expect(await manyi({ DATA_DIR: file }, 'move', '--undo', '--yes')).toMatchObject({ code: 0 });
    expect(await manyi({ DATA_DIR: file }, 'audit')).toMatchObject({ code: 0 });
    expect(await movesIn(file)).toEqual(['move.begin', 'move.leave', 'move.undo']);
  }, 120_000);

  test('a row that differs afterwards is found, and nothing is switched', async () => {
    const file = copyData();
    const url = await server.createDatabase();
    const database = new URL(url).pathname.slice(1);
    // A server that does not keep what it is given.
    await server.query(
      `CREATE FUNCTION bent() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.name := NEW.name || '' ''; RETURN NEW; END'`,
      database,
    );
    await server.query(
      'CREATE TRIGGER bent BEFORE INSERT ON schools FOR EACH ROW EXECUTE FUNCTION bent()',
      database,
    );
    const refused = await manyi({ DATA_DIR: file }, 'move', '--to', url, '--yes');
    expect([refused.code, refused.err]).toEqual([6, expect.stringContaining('differ: schools')]);
    expect(await manyi({ DATA_DIR: file }, 'audit')).toMatchObject({ code: 0 });
    expect(await manyi({ DATABASE_URL: url }, 'audit')).toMatchObject({ code: 6 });
    expect(existsSync(join(file, 'manyi.db'))).toBe(true);
  }, 60_000);
});
