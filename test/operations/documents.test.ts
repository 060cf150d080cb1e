/** A stored document that does not match its hash is refused by whatever reads one: nothing is asked, counted, shown or handed out by it. */
import Database from 'better-sqlite3';
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Campaign } from '../../src/domain/model/campaign.ts';
import { createOpenCampaigns } from '../../src/operations/answer/open-campaigns.ts';
import { planSurvey } from '../../src/operations/campaign/planning.ts';
import type { Deps } from '../../src/operations/deps.ts';
import { exportBundle } from '../../src/operations/evidence/bundle.ts';
import { recountCampaign } from '../../src/operations/evidence/recount.ts';
import { viewRates } from '../../src/operations/summary/rates.ts';
import { getSummary } from '../../src/operations/summary/summary.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/index.ts';
import { countyA, openedWorld, type World } from '../support/world.ts';

let world: World;
let campaign: Campaign;
let code: string;
const opened: Deps[] = [];

beforeAll(async () => {
  ({ world, campaign } = await openedWorld());
  code = (await world.sentCodes(campaign.id, countyA))[0]!.code;
  await world.storage.close();
});
afterAll(async () => {
  for (const deps of opened) await deps.storage.close();
  await world.close();
});

/** A copy of the installation, changed behind the service's back. */
async function copyWith(sql: string): Promise<Deps> {
  const directory = join(world.directory, `copy-${opened.length}`);
  mkdirSync(directory);
  cpSync(join(world.dataDir, 'manyi.db'), join(directory, 'manyi.db'));
  const raw = new Database(join(directory, 'manyi.db'));
  raw.pragma('foreign_keys = OFF');
  raw.exec(sql);
  raw.close();
  const deps = { ...world.deps, storage: await openSqliteStorage({ directory, inline: true }) };
  opened.push(deps);
  return deps;
}

type Reader = readonly [string, (deps: Deps) => Promise<unknown>];
/** Read the rule profile alone. */
const profileReaders: readonly Reader[] = [
  ['rates', (deps) => viewRates(deps, world.actors.inspector, campaign.id, countyA)],
  ['plan', (deps) => planSurvey(deps, world.actors.operator, campaign.id, countyA, {})],
];
const openReaders: readonly Reader[] = [
  [
    'answering',
    async ({ storage, keys, now, log }) => {
      try {
        await createOpenCampaigns({ storage, keys, now, log }).findByCode(code);
      } catch (error) {
        // To a respondent the service is unavailable; the log says why.
        throw (error as Error).cause;
      }
    },
  ],
  ['recount', (deps) => recountCampaign(deps, world.actors.administrator, campaign.id)],
];
const closedReaders: readonly Reader[] = [
  ['summary', (deps) => getSummary(deps, world.actors.inspector, campaign.id, countyA)],
  [
    'count at close',
    ({ storage, now }) =>
      storage.countClosing({ at: now(), actor: world.actors.operator }, campaign.id, countyA, []),
  ],
  [
    'bundle',
    async (deps) => {
      let count = 0;
      for await (const _ of await exportBundle(deps, world.actors.inspector, campaign.id, countyA)) count++;
      return count;
    },
  ],
];
const close = "UPDATE campaigns SET state = 'closed', closing_step = 'count', closed_at = 1";

async function refusals(sql: string, readers: readonly Reader[]) {
  const deps = await copyWith(sql);
  const outcomes: [string, string][] = [];
  for (const [name, read] of readers)
    outcomes.push([
      name,
      await read(deps).then(
        () => 'read',
        (error: Error) => error.message,
      ),
    ]);
  return outcomes;
}
const all = (readers: readonly Reader[], outcome: string) => readers.map(([name]) => [name, outcome]);

describe('is refused everywhere', () => {
  test.each([
    [
      'a rule profile with another minimum cell',
      `UPDATE documents SET body = replace(body, '"minimumCell":5', '"minimumCell":9') WHERE kind = 'profile'`,
      'campaign.document-broken',
      profileReaders,
    ],
    [
      'a questionnaire with another word',
      "UPDATE documents SET body = replace(body, '非常满意', '十分满意') WHERE kind = 'questionnaire'",
      'campaign.document-broken',
      [],
    ],
    [
      'a document that is cut short',
      'UPDATE documents SET body = substr(body, 1, length(body) - 1)',
      'campaign.document-broken',
      profileReaders,
    ],
    ['one that is gone', 'DELETE FROM documents', 'campaign.document-missing', profileReaders],
  ] as const)('%s', async (_what, sql, message, more) => {
    const readers = [...more, ...openReaders];
    expect(await refusals(sql, readers)).toEqual(all(readers, message));
    expect(await refusals(`${sql}; ${close}`, closedReaders)).toEqual(all(closedReaders, message));
  });

  test('and read where it is as it was', async () => {
    const readers = [...profileReaders, ...openReaders];
    expect(await refusals('SELECT 1', readers)).toEqual(all(readers, 'read'));
    expect(await refusals(close, closedReaders)).toEqual(all(closedReaders, 'read'));
  });
});
