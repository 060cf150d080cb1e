/**
 * Anonymity after close (design 5, 6, 14), by an attacker who tries everything he has: a county with one answer an hour for twelve days. He must do no better than
 * chance within a class (reporting stratum × lot); with the pseudonym key he must succeed, and with backups that show what had come in he must be noticed.
 */
import Database from 'better-sqlite3';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { pseudonymOf } from '../../src/domain/code/pseudonym.ts';
import { logSerializers } from '../../src/http/plugins/request-log.ts';
import { createIntake } from '../../src/intake/intake.ts';
import { makeBackup } from '../../src/operations/service/backup.ts';
import { closeCampaign } from '../../src/operations/campaign/closing.ts';
import { sealDueLots } from '../../src/operations/evidence/evidence.ts';
import { createOpenCampaigns, watchCampaigns } from '../../src/operations/answer/open-campaigns.ts';
import { createApp } from '../http/support.ts';
import {
  actors,
  county,
  openSmallSurvey,
  phoneOf,
  randomAnswers,
  seededNumbers,
} from '../support/small-survey.ts';
import { createWorld, type World } from '../support/world.ts';
import { classesOf, cluesOf, judge, matchWithKey, type Class, type Loot, type Person } from './attacker.ts';
import { atLeast, rightOf, rightPairs, sumOf } from './chance.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 300_000 });

const hour = 3_600_000;
const parents = 300;
/** How often the whole test may cry wolf, all clues and both counts together. */
const falseAlarm = 1e-6;

let world: World;
let loot: Loot;
/** As it would be if backups showed what had come in. */
let inClear: Loot;
let key: Uint8Array;
let classes: readonly Class[];
/** Of each backup: what no lot held when it was made. */
let waiting: Buffer[][];
let isRight: (person: Person, pseudonym: Buffer) => boolean;

beforeAll(async () => {
  world = await createWorld();
  const backupDir = join(world.directory, 'backups');
  mkdirSync(backupDir);
  const lines: string[] = [];
  const logger = pino(
    {
      level: 'info',
      base: null,
      timestamp: () => `,"time":${world.now()}`,
      serializers: { ...logSerializers, err: pino.stdSerializers.err },
    },
    { write: (line: string) => lines.push(line) },
  );
  const { campaign, codes } = await openSmallSurvey(world.deps, parents);
  key = world.deps.keys.use(campaign, 'pseudonym').slice();
  const campaigns = createOpenCampaigns({ ...world.deps, log: logger });
  const deps = {
    ...world.deps,
    log: logger,
    backupDir,
    storage: watchCampaigns(world.storage, () => campaigns.expire()),
  };
  const intake = createIntake(deps.storage, { queueLimit: 100, batchLimit: 8, onFailure: () => undefined });
  const app = await createApp({ ...deps, campaigns, intake, http: { logger } });

  const below = seededNumbers(5);
  const people = codes.map((code, i) => ({
    code,
    phone: phoneOf(i),
    school: `S${(i % 3) + 1}`,
    times: [] as number[],
  }));
  // In an order that has nothing to do with the roll; every school has its turn, every twelfth answers again later.
  const turns = [0, 1, 2].map((school) => {
    const own = people.filter((_, i) => i % 3 === school);
    for (let i = own.length - 1; i > 0; i--) {
      const j = below(i + 1);
      [own[i], own[j]] = [own[j]!, own[i]!];
    }
    return own;
  });
  const answer = async (person: (typeof people)[number]) => {
    for (;;) {
      const reply = await app.app.inject({
        method: 'POST',
        url: `/s/${person.code}`,
        payload: { answers: randomAnswers(below) },
        headers: { 'content-type': 'application/json' },
      });
      if (reply.statusCode === 200) break;
    }
    person.times.push(world.now());
  };
  const backups: string[] = [];
  const shown: string[] = [];
  waiting = [];
  for (let i = 0; i < parents; i++) {
    world.passTime(hour);
    await sealDueLots(deps);
    await answer(turns[i % 3]![Math.floor(i / 3)]!);
    if (i % 12 === 11) await answer(turns[(i + 1) % 3]![Math.floor(i / 6)]!);
    // Twice, in the middle of what will be a lot.
    if (i === 100 || i === 196) {
      backups.push((await makeBackup(deps, actors.administrator)).path);
      shown.push(join(world.directory, `shown-${i}.db`));
      await deps.storage.backup(shown.at(-1)!, []);
      const raw = new Database(join(world.dataDir, 'manyi.db'), { readonly: true });
      waiting.push(raw.prepare('SELECT nonce FROM responses WHERE lot = 0').pluck().all() as Buffer[]);
      raw.close();
    }
  }
  await closeCampaign(deps, actors.operator, campaign);
  await app.close();
  await intake.close();

  const files = new Map(
    readdirSync(world.dataDir).map((name) => [name, readFileSync(join(world.dataDir, name))]),
  );
  const checkpoints = await world.storage.listCheckpoints(campaign, county, 1000);
  const common = {
    database: join(world.dataDir, 'manyi.db'),
    files,
    serverLog: lines.join(''),
    checkpoints,
    people,
  };
  const taken = (list: readonly string[]) => list.map((path) => ({ path, bytes: readFileSync(path) }));
  loot = { ...common, backups: taken(backups) };
  inClear = { ...common, backups: taken(shown) };
  classes = classesOf(loot);
  const truth = new Map(people.map((p) => [p.code, Buffer.from(pseudonymOf(key, p.code))]));
  isRight = (person, pseudonym) => truth.get(person.code)!.equals(pseudonym);
});
afterAll(() => world.close());

describe('chance itself', () => {
  test('is what counting every possibility gives', () => {
    // All 24 orders of four: 9, 8, 6, 0, 1 with 0 … 4 right.
    expect(rightPairs(4).map((p) => Math.round(p * 24))).toEqual([9, 8, 6, 0, 1]);
    // Two of four drawn, two of them right: 1, 4, 1 of the six ways.
    expect(rightOf(4, 2).map((p) => Math.round(p * 6))).toEqual([1, 4, 1]);
    expect(atLeast(sumOf([rightPairs(2), rightPairs(2)]), 4)).toBeCloseTo(1 / 4);
  });
});

describe('who has everything but the key', () => {
  test('knows the classes: as many people as respondents in each, and the right ones', () => {
    expect(loot.people.filter((p) => p.times.length > 1).length).toBeGreaterThan(20);
    expect(loot.checkpoints.length).toBeGreaterThan(12);
    for (const c of classes) {
      expect(c.people.length, c.name).toBe(c.traces.length);
      for (const person of c.people)
        expect(
          c.traces.some((t) => isRight(person, t.pseudonym)),
          c.name,
        ).toBe(true);
    }
    expect(classes.filter((c) => c.people.length >= 5).length).toBeGreaterThan(30);
  });

  test('does no better than chance within a class, whatever he goes by', () => {
    const clues = cluesOf(loot);
    expect(clues.length).toBeGreaterThan(60);
    const limit = falseAlarm / (2 * clues.length);
    const verdicts = clues.map((clue) => judge(classes, clue, isRight));
    for (const v of verdicts) {
      expect(v.chanceOfPairs, JSON.stringify(v)).toBeGreaterThan(limit);
      expect(v.chanceOfHalf, JSON.stringify(v)).toBeGreaterThan(limit);
    }
    // The clues say something: it only has nothing to do with the time.
    expect(verdicts.filter((v) => v.people > 200).length).toBeGreaterThan(10);
  });

  test('finds in a backup nothing that was in no lot, and no number that changes with an answer', () => {
    for (const [i, { path, bytes }] of loot.backups.entries()) {
      expect(waiting[i]!.length).toBeGreaterThan(10);
      expect(waiting[i]!.filter((nonce) => bytes.includes(nonce))).toEqual([]);
      const raw = new Database(path, { readonly: true });
      for (const table of ['tallies', 'texts', 'pressure_reports'])
        expect(raw.prepare(`SELECT count(*) FROM ${table}`).pluck().get(), table).toBe(0);
      expect(raw.prepare('SELECT count(*) FROM responses WHERE lot = 0').pluck().get()).toBe(0);
      expect(raw.prepare('SELECT count(*) FROM responses').pluck().get()).toBeGreaterThan(50);
      // Its size tells nothing of how much there is, either.
      expect(raw.prepare('SELECT sum(length(bytes) - 28) FROM sealed_parts').pluck().get()).toBe(65_536);
      raw.close();
    }
  });
});

describe('so that this test can fail', () => {
  test('with the pseudonym key everybody is found', () => {
    const found = matchWithKey(loot, key);
    expect(found.size).toBe(parents);
    for (const [person, pseudonym] of found) expect(isRight(person, pseudonym)).toBe(true);
  });

  test('backups that show what had come in are noticed', () => {
    const clues = cluesOf(inClear);
    const worst = Math.min(...clues.map((clue) => judge(classes, clue, isRight).chanceOfHalf));
    expect(worst).toBeLessThan(falseAlarm / (2 * clues.length));
    for (const [i, { bytes }] of inClear.backups.entries())
      expect(waiting[i]!.every((nonce) => bytes.includes(nonce))).toBe(true);
  });

  test('an order of arrival kept anywhere is noticed', () => {
    const order = new Map(loot.people.flatMap((p) => p.times.slice(0, 1).map((at) => [p.code, at] as const)));
    const byTrace = (t: { readonly pseudonym: Buffer }) => {
      const person = loot.people.find((p) => isRight(p, t.pseudonym))!;
      // Good to half a day only.
      return Math.floor(order.get(person.code)! / (6 * hour));
    };
    expect(judge(classes, { name: 'times', of: byTrace }, isRight).chanceOfHalf).toBeLessThan(1e-9);
  });
});
