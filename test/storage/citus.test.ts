/** What a cluster that is distributed by county would ask of the schema (migrations/postgres/citus/README.md). None is here: its rules are. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { openPostgresStorage } from '../../src/storage/postgres/index.ts';
import { partitionedTables } from '../../src/storage/postgres/partitions.ts';
import { movedTableNames } from '../../src/storage/port/move.ts';
import { createSurvey } from '../bench/support/survey.ts';
import {
  findBrokenRules,
  findJoinsAcross,
  findSplitTwice,
  readDistribution,
  type Distribution,
} from '../support/citus.ts';
import { findBinaries, sharedServer, skipped, type Server } from '../support/postgres.ts';

const isThere = findBinaries() !== undefined;

describe.skipIf(!isThere)(isThere ? 'distributed by county' : skipped, () => {
  let server: Server;
  let url: string;
  let tables: readonly Distribution[];
  beforeAll(async () => {
    server = await sharedServer();
    url = await server.createDatabase();
    tables = await readDistribution(server, url);
  });

  test('the tables obey the rules: keys hold the county, references stay in one place, no triggers, no numbering', async () => {
    expect(tables.filter((t) => t.kind === 'distributed').length).toBeGreaterThan(20);
    expect(await findBrokenRules(server, url, tables)).toEqual([]);
  });

  test('every large table is distributed, but for messages', () => {
    const names = tables.filter((t) => t.kind === 'distributed').map((t) => t.name);
    expect(partitionedTables.filter((name) => !names.includes(name))).toEqual(['outbox']);
    for (const { name } of tables) expect(movedTableNames).toContain(name);
  });

  test('rules that are broken are seen', async () => {
    const all: readonly Distribution[] = [
      ...tables.filter((t) => t.name !== 'campaign_counties' && t.name !== 'issued'),
      { name: 'outbox', kind: 'distributed', key: 'county', place: 'schools' },
      { name: 'campaign_counties', kind: 'distributed', key: 'county', place: 'schools' },
      { name: 'issued', kind: 'distributed', key: 'county', place: 'responses' },
      { name: 'links', kind: 'distributed', key: 'county', place: 'schools' },
    ];
    const other = await server.createDatabase();
    await readDistribution(server, other);
    await server.query(
      "INSERT INTO distribution VALUES ('outbox', 'distributed'), ('links', 'distributed')",
      new URL(other).pathname.slice(1),
    );
    expect(await findBrokenRules(server, other, all)).toEqual(
      expect.arrayContaining([
        'issued: county is text, that of responses integer',
        'links_pkey: unique without county',
        'imports → campaign_counties: refers to one of many nodes',
        'campaign_counties → campaigns: stays on the coordinator',
        'issued → campaign_counties: not in one place',
        'outbox: has triggers',
      ]),
    );
    const across = [
      'SELECT FROM responses r JOIN issued i ON i.county = $1 WHERE r.county = $1',
      'SELECT FROM contacts c JOIN contact_schools s ON s.entry = c.entry WHERE c.campaign = $1',
    ];
    const within = [
      'SELECT FROM contacts c JOIN contact_schools s ON s.entry = c.entry AND s.county = $2 WHERE c.county = $2',
      'SELECT FROM witness_posts p JOIN checkpoints k ON k.county = p.county AND k.size = p.size',
      'SELECT FROM campaign_counties c JOIN campaigns ON campaigns.no = c.campaign',
      "SELECT 'from contacts join contacts' FROM schools",
    ];
    expect(findJoinsAcross([...across, ...within], tables)).toEqual(across);
  });

  test('what the service would have to do otherwise: a campaign’s partitions are split once more, which is refused there', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'manyi-citus-'));
    const storage = await openPostgresStorage({ url });
    await createSurvey(storage, directory, { counties: 1, codes: 2, answered: 0 });
    await storage.close();
    rmSync(directory, { recursive: true, force: true });
    expect(await findSplitTwice(server, url)).toEqual(
      partitionedTables.filter((name) => name !== 'outbox').toSorted(),
    );
  });
});
