/**
 * A database that an earlier build closed and released, opened by this one: it migrates, shows the same figures, recounts without a difference, and its
 * bundles verify, the one written then and the one written now. The fixtures were written by commit 3b9dc8c with
 * `GOLDEN=write npx vitest run test/storage/golden-database.test.ts` and stay as they are.
 */
import Database from 'better-sqlite3';
import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CampaignId } from '../../src/domain/model/ids.ts';
import { countyLevelGroups, type Group } from '../../src/domain/model/vocabulary.ts';
import type { Deps } from '../../src/operations/deps.ts';
import { auditCampaign, auditTrail } from '../../src/operations/evidence/audit.ts';
import { recountCampaign } from '../../src/operations/evidence/recount.ts';
import { getReport, getSummary } from '../../src/operations/summary/summary.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/index.ts';
import { bundleLines, verify } from '../support/evidence.ts';
import { goldenCampaign, namedKeys } from '../support/golden-campaign.ts';
import { countyA, createWorld, type World } from '../support/world.ts';

const folder = new URL('../fixtures/golden/', import.meta.url);
const read = (name: string) => gunzipSync(readFileSync(new URL(name, folder)));
const write = (name: string, content: string | Buffer) =>
  writeFileSync(new URL(name, folder), gzipSync(content, { level: 9 }));

let world: World;
let deps: Deps;
let id: CampaignId;
let directory: string;

beforeAll(async () => {
  if (process.env['GOLDEN'] === 'write') {
    const golden = await goldenCampaign();
    const summary = await getSummary(golden.world.deps, golden.world.actors.inspector, golden.id, countyA);
    const raw = new Database(join(golden.world.dataDir, 'manyi.db'), { readonly: true });
    write('closed.db.gz', raw.serialize());
    raw.close();
    write('summary.json.gz', JSON.stringify({ id: golden.id, summary }));
    write('bundle.jsonl.gz', golden.lines.map((line) => `${line}\n`).join(''));
    await golden.world.close();
  }
  directory = mkdtempSync(join(tmpdir(), 'manyi-golden-'));
  mkdirSync(join(directory, 'data'));
  writeFileSync(join(directory, 'data', 'manyi.db'), read('closed.db.gz'));
  // Only for its actors and its other dependencies.
  world = await createWorld({ keys: namedKeys() });
  const storage = await openSqliteStorage({ directory: join(directory, 'data'), inline: true });
  deps = { ...world.deps, storage };
  id = (JSON.parse(read('summary.json.gz').toString('utf8')) as { id: CampaignId }).id;
});
afterAll(async () => {
  await deps.storage.close();
  await world.close();
  rmSync(directory, { recursive: true, force: true });
});

/** Principals, deputies and the public are in no figure by location any more, as they are told on their page. */
const withoutCountyLevel = (summary: object) => {
  const { locations } = summary as { locations: { groups: { group: Group }[] }[] };
  return {
    ...summary,
    locations: locations.map((l) => ({
      ...l,
      groups: l.groups.filter(({ group }) => !countyLevelGroups.has(group)),
    })),
  };
};

/** Ten digits of each number; sentences on why formulas differ are rounded by the profile's decimals now. */
const comparable = (summary: object) =>
  JSON.parse(
    JSON.stringify({ ...summary, differences: null }, (_key, value: unknown) =>
      typeof value === 'number' ? Number(value.toPrecision(10)) : value,
    ),
  ) as object;

/**
 * Where both builds show a figure, a count or a distribution, it is the same, but for the digits that are shown. What is hidden may be another choice. Counts how many
 * figures the earlier build showed, and how many of them were compared.
 */
function expectSame(
  now: unknown,
  before: unknown,
  decimals: number,
  path: string,
  figures = { shown: 0, compared: 0 },
): typeof figures {
  const kind = (value: unknown) => (value as { kind?: unknown } | null)?.kind;
  if (before === null || typeof before !== 'object') {
    expect(now, path).toEqual(before);
    return figures;
  }
  if (kind(before) === 'estimate') figures.shown++;
  if (kind(before) === 'suppressed' || kind(now) === 'suppressed') return figures;
  if (kind(before) === 'estimate') {
    figures.compared++;
    const [a, b] = [now, before] as { value: number; n: number; denominator: number; formula: string }[];
    expect([a!.formula, a!.n, a!.denominator], path).toEqual([b!.formula, b!.n, b!.denominator]);
    expect(Math.abs(a!.value - b!.value), path).toBeLessThanOrEqual(0.5 * 10 ** -decimals + 1e-9);
    return figures;
  }
  for (const [name, value] of Object.entries(before))
    expectSame((now as Record<string, unknown>)[name], value, decimals, `${path}.${name}`, figures);
  return figures;
}

describe('a database that an earlier build closed', () => {
  test('shows the same summary', async () => {
    const before = JSON.parse(read('summary.json.gz').toString('utf8')) as {
      readonly summary: { readonly profile: { readonly decimals: number }; readonly official: object };
    };
    const now = JSON.parse(
      JSON.stringify(await getSummary(deps, world.actors.inspector, id, countyA)),
    ) as object;
    expect(comparable(now)).toMatchObject(comparable(withoutCountyLevel(now)));
    const { shown, compared } = expectSame(
      comparable(now),
      comparable(withoutCountyLevel(before.summary)),
      before.summary.profile.decimals,
      'summary',
    );
    // Hiding everything would not be the same summary.
    expect(compared).toBeGreaterThan(shown / 2);
    // The headline is shown with all its digits by both.
    expect(comparable(now)).toMatchObject({
      official: (comparable(before.summary) as typeof before.summary).official,
    });
  });

  test('is audited without a difference', async () => {
    const results = await recountCampaign(deps, world.actors.administrator, id);
    expect(results).toHaveLength(1);
    expect(results.flatMap((r) => r.differences)).toEqual([]);
    expect(results[0]!.responses).toBeGreaterThan(100);
  });

  test('its tables are what its log says, and what that log does not commit to is told, neither as right nor as wrong', async () => {
    const [audit] = await auditCampaign(deps, world.actors.administrator, id);
    expect(audit).toMatchObject({ count: 0, differences: [] });
    expect(audit!.uncommitted).toEqual(['checkpoints', 'comments', 'reports', 'snapshots', 'trail']);
    const report = await getReport(deps, world.actors.inspector, id, countyA);
    expect(report.audit).toMatchObject({ differences: 0, uncommitted: audit!.uncommitted });
    expect(JSON.stringify(report.verdict)).not.toContain('audit-failed');
    // The upgrade chained the trail that it found.
    const trail = await auditTrail(deps, world.actors.administrator);
    expect(trail.breaks).toEqual([]);
    expect(trail.entries).toBeGreaterThan(20);
  });

  test.each([
    [
      'a tally',
      `UPDATE tallies SET valid = 1 - valid WHERE rowid = (SELECT min(rowid) FROM tallies)`,
      'tallies',
      /^questionnaire/,
    ],
    ['N of a stratum', 'UPDATE sampling_strata SET frame_size = 1 WHERE no = 1', 'sampling_strata', /^1$/],
    [
      'a second late contact',
      `INSERT INTO contacts (campaign, county, entry, grp, digest, has_phone, late) SELECT campaign, county, x'00112233445566778899aabbccddeeff', grp, x'01', 1, 1 FROM contacts WHERE late = 1`,
      'contacts',
      /^00112233445566778899aabbccddeeff$/,
    ],
    ['an answer', `UPDATE responses SET channel = 4 WHERE rowid_is_missing`, 'responses', /\/1$/],
  ])('%s that is edited in it is found all the same', async (_name, sql, table, row) => {
    const folder = mkdtempSync(join(directory, 'edited-'));
    const raw = new Database(join(directory, 'data', 'manyi.db'));
    raw.prepare('VACUUM INTO ?').run(join(folder, 'manyi.db'));
    raw.close();
    const copy = new Database(join(folder, 'manyi.db'));
    copy.pragma('foreign_keys = OFF');
    const first =
      '(pseudonym, revision) = (SELECT pseudonym, revision FROM responses WHERE channel = 0 ORDER BY pseudonym LIMIT 1)';
    expect(copy.prepare(sql.replace('rowid_is_missing', first)).run().changes).toBe(1);
    copy.close();
    const storage = await openSqliteStorage({ directory: folder, inline: true });
    const [audit] = await auditCampaign({ ...deps, storage }, world.actors.administrator, id);
    await storage.close();
    expect(
      audit!.differences.find((d) => d.table === table && row.test(d.row)),
      JSON.stringify(audit!.differences),
    ).toBeDefined();
  });

  test('hands out a bundle that verifies, as the one written then does', async () => {
    const then = read('bundle.jsonl.gz').toString('utf8').trim().split('\n');
    for (const lines of [then, await bundleLines(deps, world, id, countyA)]) {
      const result = await verify(lines);
      expect(result).toMatchObject({ ok: true, findings: [] });
    }
  });
});
