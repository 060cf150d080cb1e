/** A backup of an open campaign: what had come in stands there encrypted, and is all there again after it was put back. */
import Database from 'better-sqlite3';
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pseudonymOf, textIdOf } from '../../src/domain/code/pseudonym.ts';
import type { CampaignId } from '../../src/domain/model/ids.ts';
import { createAnswerParser } from '../../src/domain/questionnaire/answers.ts';
import { backupKeyOf, makeBackup, unsealRestored } from '../../src/operations/service/backup.ts';
import { sealDueLots } from '../../src/operations/evidence/evidence.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/index.ts';
import { verifyFile } from '../../src/storage/sqlite/copies/verify.ts';
import {
  actors,
  county,
  openSmallSurvey,
  questionnaire,
  randomAnswers,
  seededNumbers,
} from '../support/small-survey.ts';
import { createWorld, type World } from '../support/world.ts';

const parser = createAnswerParser(questionnaire);
let world: World;
let campaign: CampaignId;
let path: string;

const dump = (file: string) => {
  const raw = new Database(file, { readonly: true });
  const tables = ['responses', 'tallies', 'texts', 'pressure_reports'];
  const keys: Record<string, string> = {
    responses: 'pseudonym, revision',
    texts: 'text_id, item',
    pressure_reports: 'report_id, source',
  };
  const found = tables.map((name) =>
    raw
      .prepare(
        `SELECT * FROM ${name} ORDER BY ${keys[name] ?? 'questionnaire, sampling_stratum, reporting_stratum, channel, counted_set, valid'}`,
      )
      .raw()
      .all(),
  );
  raw.close();
  return found;
};

beforeAll(async () => {
  world = await createWorld();
  const opened = await openSmallSurvey(world.deps, 90);
  campaign = opened.campaign;
  const below = seededNumbers(3);
  const [key, textKey] = (['pseudonym', 'text'] as const).map((name) => world.deps.keys.use(campaign, name));
  const answer = async (code: string) => {
    for (;;) {
      const parsed = parser.parseJson({ ...randomAnswers(below), comments: '路太远' });
      if (!parsed.ok) continue;
      await world.storage.recordResponses([
        {
          campaign,
          county,
          pseudonym: pseudonymOf(key!, code),
          channel: 'web',
          link: null,
          questionnaire: 1,
          nonce: world.deps.randomBytes(16),
          answers: parsed.bytes,
          textId: textIdOf(textKey!, code),
          texts: parsed.texts.map((t) => ({ item: t.item, body: t.text })),
          pressure: { id: world.deps.randomBytes(16), source: 'other', body: '' },
        },
      ]);
      return;
    }
  };
  for (const code of opened.codes.slice(0, 60)) await answer(code);
  world.passTime(86_400_000);
  await sealDueLots(world.deps);
  for (const code of opened.codes.slice(40, 90)) await answer(code);
  const backupDir = join(world.directory, 'backups');
  mkdirSync(backupDir);
  ({ path } = await makeBackup({ ...world.deps, backupDir }, actors.administrator));
});
afterAll(() => world.close());

async function restored<T>(
  work: (deps: World['deps'], file: string) => Promise<T>,
  backup = path,
): Promise<T> {
  const directory = join(world.directory, `restored-${Math.random()}`);
  mkdirSync(directory);
  const file = join(directory, 'manyi.db');
  copyFileSync(backup, file);
  const storage = await openSqliteStorage({ directory, inline: true });
  try {
    return await work({ ...world.deps, storage }, file);
  } finally {
    await storage.close();
  }
}

describe('a backup of a version that counted as answers came in', () => {
  test('brings back the answers, and no tallies of a campaign that is not counted', async () => {
    const stale = () => {
      const raw = new Database(join(world.dataDir, 'manyi.db'));
      raw.prepare("INSERT INTO tallies VALUES (1, ?, 1, 0, 1, 0, 0, 1, x'00')").run(Number(county));
      raw.close();
    };
    stale();
    const olderDir = join(world.directory, 'older');
    mkdirSync(olderDir);
    const older = await makeBackup({ ...world.deps, backupDir: olderDir }, actors.administrator);
    const raw = new Database(join(world.dataDir, 'manyi.db'));
    raw.exec('DELETE FROM tallies');
    raw.close();
    const expected = dump(join(world.dataDir, 'manyi.db'));
    await restored(async (deps, file) => {
      await unsealRestored(deps);
      expect(dump(file)).toEqual(expected);
      expect((await deps.storage.recount(campaign, [county]))[0]).toMatchObject({ differences: [] });
    }, older.path);
  });
});

describe('a backup while answers come in', () => {
  test('holds sealed lots as they are, and the rest encrypted', () => {
    const [responses, ...others] = dump(path);
    expect(responses).toHaveLength(60);
    expect(others).toEqual([[], [], []]);
  });

  test('is whole again after it was put back, and can be counted without', async () => {
    const before = dump(join(world.dataDir, 'manyi.db'));
    await restored(async (deps, file) => {
      expect(await deps.storage.listSealed()).toEqual([campaign]);
      await unsealRestored(deps);
      expect(await deps.storage.listSealed()).toEqual([]);
      expect(dump(file)).toEqual(before);
      expect((await deps.storage.recount(campaign, [county]))[0]).toMatchObject({
        responses: 90,
        differences: [],
      });
      await unsealRestored(deps);
    });
    const keyOf = () => backupKeyOf(world.deps.keys.use(campaign, 'pseudonym'));
    expect(verifyFile(path, [], keyOf)).toMatchObject({
      damage: [],
      sealed: [],
      recounts: [{ responses: 90, differences: [] }],
    });
  });

  test('stays closed without the key, which is said and stops nothing', async () => {
    expect(verifyFile(path, [], () => undefined)).toMatchObject({
      damage: [],
      sealed: [campaign],
      recounts: [],
    });
    expect(verifyFile(path, [], () => new Uint8Array(32)).damage).toHaveLength(1);
    await restored(async (deps) => {
      const missing = {
        ...deps.keys,
        use: () => world.deps.keys.use('zzzzzzzzzzzz' as CampaignId, 'pseudonym'),
      };
      await unsealRestored({ ...deps, keys: missing });
      expect(world.logged.at(-1)).toMatchObject({ level: 'error', event: 'backup.stays-sealed' });
      expect(await deps.storage.listSealed()).toEqual([campaign]);
    });
  });
});
