/**
 * Whoever edits tables beside the log, with the service stopped and every tool of SQLite: one campaign is built once, its file is copied for each edit, and the
 * audit of the copy must name the table, the row and the leaf. With
 * `MANYI_TEST_ENGINE=postgres` each edited copy is moved there, and the audit of PostgreSQL must name the same.
 * Long because each edit has its case, and all start from the one file.
 */
import Database from 'better-sqlite3';
import { drizzle } from 'drizzle-orm/better-sqlite3';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CountyAudit } from '../../src/domain/evidence/audit/audit-county.ts';
import { contentHashOf, leafTypes, type StateLeafType } from '../../src/domain/evidence/leaf.ts';
import type { CampaignId } from '../../src/domain/model/ids.ts';
import { channels, countedSets } from '../../src/domain/model/vocabulary.ts';
import type { Figure } from '../../src/domain/scoring/figure.ts';
import { releaseCampaign } from '../../src/operations/campaign/campaigns.ts';
import { auditCampaign, auditDue, auditTrail } from '../../src/operations/evidence/audit.ts';
import { takeSnapshots } from '../../src/operations/summary/rates.ts';
import { getReport, getSummary } from '../../src/operations/summary/summary.ts';
import { recountCampaign } from '../../src/operations/evidence/recount.ts';
import { makePublication } from '../../src/operations/summary/publication.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/index.ts';
import { createContext } from '../../src/storage/sqlite/context.ts';
import { hotCampaign } from '../../src/storage/sqlite/queries/answers.ts';
import { deriveCells } from '../../src/storage/sqlite/queries/count.ts';
import * as schema from '../../src/storage/sqlite/schema.ts';
import { answer, bundleLines } from '../support/evidence.ts';
import { goldenCampaign, namedKeys } from '../support/golden-campaign.ts';
import { openCopy } from '../support/moved-copy.ts';
import { countyA, type World } from '../support/world.ts';

let world: World;
let id: CampaignId;
let expire: () => Promise<void>;
/** Index of the only leaf of a type, or of the n-th. */
let leavesOf: (type: StateLeafType) => readonly number[];

beforeAll(async () => {
  const golden = await goldenCampaign(
    async (made, campaign, codes) => {
      for (const [i, code] of codes.slice(0, 6).entries())
        await answer(made.deps, campaign, countyA, code, 1, { comment: `意见${i % 2}`, pressed: i < 3 });
      await takeSnapshots(made.deps);
    },
    { engine: 'sqlite' },
  );
  ({ world, id } = golden);
  expire = () => golden.expire();
  const raw = open(join(world.dataDir, 'manyi.db'));
  leavesOf = (type) =>
    raw
      .prepare('SELECT no FROM evidence_leaves WHERE type = ? ORDER BY no')
      .pluck()
      .all(leafTypes[type]) as number[];
});
afterAll(() => world.close());

function open(path: string): Database.Database {
  const raw = new Database(path);
  raw.pragma('foreign_keys = OFF');
  return raw;
}

/** A copy of the database after `edit`, opened as the service would. */
async function edited<T>(
  edit: (raw: Database.Database) => void,
  work: (deps: World['deps']) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(world.directory, 'edited-'));
  const source = open(join(world.dataDir, 'manyi.db'));
  source.pragma('wal_checkpoint(TRUNCATE)');
  source.close();
  copyFileSync(join(world.dataDir, 'manyi.db'), join(folder, 'manyi.db'));
  const raw = open(join(folder, 'manyi.db'));
  edit(raw);
  raw.close();
  const storage = await openCopy(folder);
  try {
    return await work({ ...world.deps, keys: namedKeys(), storage });
  } finally {
    await storage.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function auditAfter(edit: (raw: Database.Database) => void): Promise<CountyAudit> {
  const [audit] = await edited(edit, (deps) => auditCampaign(deps, world.actors.administrator, id));
  return audit!;
}

const brief = ({ differences }: CountyAudit) => differences.map((d) => `${d.table} | ${d.row} | ${d.what}`);

test('an honest campaign with voids, ineligibles, late additions, flags, replacements and re-answers has no difference', async () => {
  const audit = await auditAfter(() => undefined);
  expect(audit.differences).toEqual([]);
  expect(audit).toMatchObject({ count: 0, uncommitted: [] });
  expect(audit.responses).toBeGreaterThan(100);
  for (const type of ['void', 'ineligible', 'late-edit', 'late-issue', 'flag', 'canaries', 'links'] as const)
    expect(leavesOf(type).length, type).toBeGreaterThan(0);
});

interface Edit {
  readonly name: string;
  readonly sql: string;
  readonly table: string;
  readonly row: string | RegExp;
  readonly leaf: StateLeafType | null | ((leaf: number | null) => boolean);
  readonly what?: string;
}

const anyRow = /^[0-9a-f]{32}\/\d+$/;
/** Of an answer that counts, of somebody who answered once. */
const answered = `(SELECT pseudonym FROM responses WHERE channel = 0 AND revision = 1 AND answers IS NOT NULL ORDER BY pseudonym LIMIT 1)`;
/** Any leaf of a response. */
const ofResponse = (leaf: number | null) => leaf !== null && leaf > 0;

const edits: readonly Edit[] = [
  {
    name: 'a further revision with the same answers',
    sql: `INSERT INTO responses SELECT campaign, county, pseudonym, 9, questionnaire, reporting_stratum, channel, nonce, answers, lot, content_hash
          FROM responses WHERE answers IS NOT NULL ORDER BY pseudonym LIMIT 1`,
    table: 'responses',
    row: /\/9$/,
    leaf: null,
    what: 'row',
  },
  {
    name: 'a late contact without its leaf',
    sql: `INSERT INTO contacts (campaign, county, entry, grp, digest, has_phone, late) SELECT campaign, county, x'00112233445566778899aabbccddeeff', grp, x'01', 1, 1 FROM contacts WHERE late = 1 LIMIT 1`,
    table: 'contacts',
    row: '00112233445566778899aabbccddeeff',
    leaf: null,
    what: 'row',
  },
  {
    name: 'a replacement changed to drawn, among contacts',
    sql: `UPDATE contacts SET counted_set = 'drawn' WHERE entry = (SELECT entry FROM contacts WHERE counted_set = 'replacement' ORDER BY entry LIMIT 1)`,
    table: 'contacts',
    row: /^[0-9a-f]{32}$/,
    leaf: 'issue',
    what: 'counted_set',
  },
  {
    name: 'a replacement changed to drawn, among codes',
    sql: `UPDATE issued SET counted_set = 'drawn' WHERE pseudonym = (SELECT pseudonym FROM issued WHERE counted_set = 'replacement' ORDER BY pseudonym LIMIT 1)`,
    table: 'issued',
    row: /^[0-9a-f]{32}$/,
    leaf: 'issue',
    what: 'place',
  },
  {
    name: 'N of a stratum',
    sql: 'UPDATE sampling_strata SET frame_size = frame_size - 1 WHERE no = 2',
    table: 'sampling_strata',
    row: '2',
    leaf: 'issue',
    what: 'frame_size',
  },
  {
    name: 'drawn codes of a stratum',
    sql: 'UPDATE sampling_strata SET drawn = drawn - 1 WHERE no = 3',
    table: 'sampling_strata',
    row: '3',
    leaf: 'issue',
    what: 'drawn',
  },
  {
    name: 'issued codes of a reporting stratum',
    sql: `UPDATE reporting_strata SET issued = json_set(issued, '$.drawn', 1) WHERE no = 1`,
    table: 'reporting_strata',
    row: '1',
    leaf: 'issue',
    what: 'issued',
  },
  {
    name: 're-answers set to 0',
    sql: 'UPDATE reanswers SET reanswered = 0 WHERE reporting_stratum = (SELECT min(reporting_stratum) FROM reanswers WHERE reanswered > 0)',
    table: 'reanswers',
    row: /^reporting stratum \d+$/,
    leaf: 'dispositions',
    what: 'reanswered',
  },
  {
    name: 'a void without two people: no leaf, no proposal',
    sql: `INSERT INTO voids (campaign, county, grp, reporting_stratum, reason, at) SELECT campaign, county, 'deputy', NULL, '作废', at FROM voids LIMIT 1`,
    table: 'voids',
    row: `county ${countyA}, group deputy, reporting stratum all`,
    leaf: null,
    what: 'row',
  },
  {
    name: 'a void whose two people became one',
    sql: `UPDATE proposals SET decided_by = proposed_by, decided_name = proposed_name WHERE content LIKE '%"void"%'`,
    table: 'proposals',
    row: /^\S+$/,
    leaf: 'void',
    what: 'decided_by',
  },
  {
    name: 'an ineligible declaration without two people: no leaf, no proposal',
    sql: `INSERT INTO ineligibles (campaign, county, sampling_stratum, contacts, issued, reason, at) SELECT campaign, county, sampling_stratum + 1, 3, 2, reason, at FROM ineligibles LIMIT 1`,
    table: 'ineligibles',
    row: /^sampling stratum \d+$/,
    leaf: null,
    what: 'row',
  },
  {
    name: 'an ineligible declaration whose two people became one',
    sql: `UPDATE proposals SET decided_by = proposed_by, decided_name = proposed_name WHERE content LIKE '%"ineligible"%'`,
    table: 'proposals',
    row: /^\S+$/,
    leaf: 'ineligible',
    what: 'decided_by',
  },
  {
    name: 'an ineligible declaration of more contacts',
    sql: 'UPDATE ineligibles SET contacts = contacts + 5',
    table: 'ineligibles',
    row: /^sampling stratum \d+$/,
    leaf: 'ineligible',
    what: 'contacts',
  },
  {
    name: 'fates',
    sql: 'UPDATE fate_counts SET wrong_number = wrong_number + 7 WHERE (reporting_stratum, counted_set) = (SELECT reporting_stratum, counted_set FROM fate_counts LIMIT 1)',
    table: 'fate_counts',
    row: /^reporting stratum \d+, set \w+$/,
    leaf: 'dispositions',
    what: 'wrong_number',
  },
  {
    name: 'an inserted flag',
    sql: `INSERT INTO flags (campaign, county, reporting_stratum, kind, lot, observed, n, expected) SELECT campaign, county, 1, 'identical', 0, 9, 20, 1 FROM reanswers LIMIT 1`,
    table: 'flags',
    row: 'reporting stratum 1, identical, lot 0',
    leaf: null,
    what: 'row',
  },
  {
    name: 'older checkpoints deleted',
    sql: 'DELETE FROM checkpoints WHERE size = (SELECT min(size) FROM checkpoints)',
    table: 'checkpoints',
    row: 'size 1',
    leaf: 'heads',
    what: 'row',
  },
  {
    name: "dice digits in the county's row",
    sql: `UPDATE campaign_counties SET draw = json_set(draw, '$.dice', '316124551362441523615543')`,
    table: 'campaign_counties',
    row: countyA,
    leaf: 'draw',
    what: 'dice',
  },
  {
    name: 'the trail deleted',
    sql: 'DELETE FROM trail',
    table: 'trail',
    row: /^\d+$/,
    leaf: 'heads',
    what: 'row',
  },
  {
    name: 'one entry of the trail deleted',
    sql: `DELETE FROM trail WHERE no = 5`,
    table: 'trail',
    row: '5',
    leaf: 'heads',
    what: 'row',
  },
  {
    name: 'one entry of the trail edited',
    sql: `UPDATE trail SET actor = 'somebody else' WHERE no = 6`,
    table: 'trail',
    row: '6',
    leaf: 'heads',
    what: 'hash',
  },
  {
    name: 'comments rewritten',
    sql: `UPDATE texts SET body = '非常满意'`,
    table: 'texts',
    row: /^reporting stratum \d+$/,
    leaf: 'dispositions',
    what: 'body',
  },
  {
    name: 'a comment deleted',
    sql: 'DELETE FROM texts WHERE text_id = (SELECT min(text_id) FROM texts)',
    table: 'texts',
    row: /^reporting stratum \d+$/,
    leaf: 'dispositions',
    what: 'count',
  },
  {
    name: 'reports of pressure deleted',
    sql: 'DELETE FROM pressure_reports',
    table: 'pressure_reports',
    row: /^reporting stratum \d+$/,
    leaf: 'dispositions',
    what: 'count',
  },
  {
    name: 'the rates of a day',
    sql: `UPDATE rate_snapshots SET body = '{"rows":[]}'`,
    table: 'rate_snapshots',
    row: /^\d{4}-\d\d-\d\d$/,
    leaf: 'heads',
    what: 'body',
  },
  {
    name: 'a cell of the tallies',
    sql: 'UPDATE tallies SET bytes = (SELECT bytes FROM tallies WHERE valid = 1 ORDER BY length(bytes) DESC LIMIT 1) WHERE rowid = (SELECT min(rowid) FROM tallies)',
    table: 'tallies',
    row: /^questionnaire \d+, sampling stratum \d+/,
    leaf: 'dispositions',
  },
  {
    name: 'a cell of the tallies of first answers',
    sql: 'DELETE FROM first_tallies WHERE rowid = (SELECT min(rowid) FROM first_tallies)',
    table: 'first_tallies',
    row: /^all \d+ cells$/,
    leaf: 'dispositions',
  },
  {
    name: 'an answer',
    sql: `UPDATE responses SET answers = zeroblob(length(answers)) WHERE revision = 1 AND pseudonym = ${answered}`,
    table: 'responses',
    row: anyRow,
    leaf: ofResponse,
    what: 'answers',
  },
  {
    name: "an answer's channel",
    sql: `UPDATE responses SET channel = 3 WHERE revision = 1 AND pseudonym = ${answered}`,
    table: 'responses',
    row: anyRow,
    leaf: ofResponse,
    what: 'channel',
  },
  {
    name: "an answer's reporting stratum",
    sql: `UPDATE responses SET reporting_stratum = (SELECT max(no) FROM reporting_strata) WHERE revision = 1 AND pseudonym = ${answered}`,
    table: 'responses',
    row: anyRow,
    leaf: ofResponse,
    what: 'reporting_stratum',
  },
  {
    name: "an answer's questionnaire",
    sql: `UPDATE responses SET questionnaire = 2 WHERE revision = 1 AND pseudonym = ${answered} AND questionnaire <> 2`,
    table: 'responses',
    row: anyRow,
    leaf: ofResponse,
    what: 'questionnaire',
  },
  {
    name: "an answer's lot",
    sql: `UPDATE responses SET lot = 0 WHERE revision = 1 AND pseudonym = ${answered}`,
    table: 'responses',
    row: anyRow,
    leaf: ofResponse,
    what: 'lot',
  },
  {
    name: 'an answer deleted',
    sql: `DELETE FROM responses WHERE revision = 1 AND pseudonym = ${answered}`,
    table: 'responses',
    row: anyRow,
    leaf: ofResponse,
    what: 'row',
  },
  {
    name: 'what an erased revision was',
    sql: `UPDATE responses SET content_hash = zeroblob(32) WHERE (pseudonym, revision) = (SELECT pseudonym, revision FROM responses WHERE answers IS NULL LIMIT 1)`,
    table: 'responses',
    row: anyRow,
    leaf: ofResponse,
    what: 'answers',
  },
  {
    name: 'a code added',
    sql: `INSERT INTO issued SELECT campaign, x'ffffffffffffffffffffffffffffff01', county, sampling_stratum, reporting_stratum, questionnaire, counted_set FROM issued WHERE counted_set = 'drawn' LIMIT 1`,
    table: 'issued',
    row: 'ffffffffffffffffffffffffffffff01',
    leaf: null,
    what: 'row',
  },
  {
    name: 'a late code taken away',
    sql: 'DELETE FROM issued WHERE sampling_stratum = 0',
    table: 'issued',
    row: /^[0-9a-f]{32}$/,
    leaf: 'late-issue',
    what: 'row',
  },
  {
    name: 'a late contact taken away',
    sql: 'DELETE FROM contacts WHERE late = 1',
    table: 'contacts',
    row: /^[0-9a-f]{32}$/,
    leaf: 'late-edit',
    what: 'row',
  },
  {
    name: 'why contacts came late',
    sql: `UPDATE imports SET late_reason = '其他' WHERE late_reason IS NOT NULL`,
    table: 'imports',
    row: /^\S+$/,
    leaf: 'late-edit',
    what: 'late_reason',
  },
  {
    name: 'the revision rule',
    sql: 'UPDATE campaigns SET revision_rule = 1',
    table: 'campaigns',
    row: /^\S+$/,
    leaf: 'open',
    what: 'revision_rule',
  },
  {
    name: 'the closing time',
    sql: 'UPDATE campaigns SET closes_at = closes_at + 1',
    table: 'campaigns',
    row: /^\S+$/,
    leaf: 'dates',
    what: 'closes_at',
  },
  {
    name: 'self-administered, or not',
    sql: 'UPDATE campaigns SET self_administered = 1 - self_administered',
    table: 'campaigns',
    row: /^\S+$/,
    leaf: 'open',
    what: 'self_administered',
  },
  {
    name: "the profile's document",
    sql: `UPDATE documents SET body = replace(body, '"minimumCell":5', '"minimumCell":6') WHERE kind = 'profile'`,
    table: 'documents',
    row: /^[0-9a-f]{64}$/,
    leaf: 'frame',
    what: 'body',
  },
  {
    name: "a questionnaire's document",
    sql: `UPDATE documents SET body = replace(body, '满意', '很好') WHERE hash = (SELECT min(hash) FROM documents WHERE kind = 'questionnaire')`,
    table: 'documents',
    row: /^[0-9a-f]{64}$/,
    leaf: 'frame',
    what: 'body',
  },
  {
    name: 'another profile',
    sql: `UPDATE campaigns SET profile = (SELECT min(hash) FROM documents WHERE kind = 'questionnaire')`,
    table: 'campaigns',
    row: /^\S+$/,
    leaf: 'frame',
    what: 'profile',
  },
  {
    name: 'residents',
    sql: 'UPDATE campaign_counties SET residents = residents * 2',
    table: 'campaign_counties',
    row: countyA,
    leaf: 'frame',
    what: 'residents',
  },
  {
    name: "the roll's root",
    sql: 'UPDATE campaign_counties SET frame_root = zeroblob(32)',
    table: 'campaign_counties',
    row: countyA,
    leaf: 'frame',
    what: 'frame_root',
  },
  {
    name: 'a school of a contact',
    sql: 'UPDATE contact_schools SET grade = grade + 1 WHERE (entry, school) = (SELECT entry, school FROM contact_schools WHERE grade > 0 AND entry NOT IN (SELECT entry FROM contacts WHERE late > 0) LIMIT 1)',
    table: 'contacts, contact_schools',
    row: 'frame',
    leaf: 'frame',
    what: 'root',
  },
  {
    name: "a school's location",
    sql: `UPDATE schools SET location = 'rural' WHERE id = 'S1'`,
    table: 'schools',
    row: countyA,
    leaf: 'frame',
  },
  {
    name: 'where an open link leads',
    sql: `UPDATE links SET reporting_stratum = reporting_stratum + 1 WHERE school = 'S2'`,
    table: 'links',
    row: 'parent S2',
    leaf: 'links',
    what: 'reporting_stratum',
  },
  {
    name: 'an export of codes hidden',
    sql: `DELETE FROM code_exports WHERE kind = 'replacement'`,
    table: 'code_exports',
    row: /^\S+$/,
    leaf: 'export',
    what: 'row',
  },
  {
    name: 'a leaf deleted',
    sql: `DELETE FROM evidence_leaves WHERE type = ${leafTypes.flag}`,
    table: 'evidence_leaves',
    row: /^\d+$/,
    leaf: 'flag',
    what: 'row',
  },
  {
    name: 'a leaf edited',
    sql: `UPDATE evidence_leaves SET data = CAST(replace(data, '督学', '局长') AS BLOB) WHERE type = ${leafTypes.flag}`,
    table: 'evidence_leaves',
    row: /^\d+$/,
    leaf: 'flag',
    what: 'data',
  },
  {
    name: 'a checkpoint of another root',
    sql: `UPDATE checkpoints SET note = (SELECT note FROM checkpoints ORDER BY size DESC LIMIT 1) WHERE size = (SELECT min(size) FROM checkpoints)`,
    table: 'checkpoints',
    row: 'size 1',
    leaf: 'frame',
    what: 'size',
  },
];

describe('each edit that went unnoticed is named by table, row and leaf', () => {
  test.each(edits.map((e) => [e.name, e] as const))('%s', async (_name, edit) => {
    const audit = await auditAfter((raw) => {
      expect(raw.prepare(edit.sql).run().changes).toBeGreaterThan(0);
    });
    const leaves = edit.leaf === null || typeof edit.leaf === 'function' ? [null] : leavesOf(edit.leaf);
    const found = audit.differences.find(
      (d) =>
        d.table === edit.table &&
        (typeof edit.row === 'string' ? d.row === edit.row : edit.row.test(d.row)) &&
        (typeof edit.leaf === 'function'
          ? edit.leaf(d.leaf)
          : (leaves as readonly (number | null)[]).includes(d.leaf)) &&
        (edit.what === undefined || d.what === edit.what),
    );
    expect(found, JSON.stringify(audit.differences.slice(0, 5), null, 1)).toBeDefined();
    // The edit and what follows from it, not half the database.
    expect(audit.count, brief(audit).join('\n')).toBeLessThan(6);
  });
});

/** As somebody would who knows the program: rows of a further revision, what they supersede erased, and every tally counted again. */
function makeUp(raw: Database.Database, n: number): readonly string[] {
  const rows = raw
    .prepare(
      `SELECT r.pseudonym, max(r.revision) AS revision FROM responses r JOIN issued i ON i.campaign = r.campaign AND i.pseudonym = r.pseudonym
       WHERE i.counted_set = 'drawn' GROUP BY r.pseudonym HAVING count(*) = 1 AND max(r.channel) = 0 ORDER BY r.pseudonym LIMIT ?`,
    )
    .all(n) as { pseudonym: Buffer; revision: number }[];
  const insert = raw.prepare(
    `INSERT INTO responses SELECT campaign, county, pseudonym, revision + 1, questionnaire, reporting_stratum, channel, randomblob(16),
       (SELECT b.answers FROM responses b WHERE b.questionnaire = r.questionnaire AND b.answers IS NOT NULL ORDER BY b.answers LIMIT 1), lot, NULL
     FROM responses r WHERE pseudonym = ? AND revision = ?`,
  );
  const hashOf = raw.prepare('SELECT nonce, answers FROM responses WHERE pseudonym = ? AND revision = ?');
  const supersede = raw.prepare(
    'UPDATE responses SET nonce = NULL, answers = NULL, content_hash = ? WHERE pseudonym = ? AND revision = ?',
  );
  for (const { pseudonym, revision } of rows) {
    insert.run(pseudonym, revision);
    const { nonce, answers } = hashOf.get(pseudonym, revision) as { nonce: Buffer; answers: Buffer };
    supersede.run(contentHashOf(nonce, answers), pseudonym, revision);
  }
  return rows.map((r) => `${r.pseudonym.toString('hex')}/${r.revision + 1}`);
}

function countAgain(raw: Database.Database): void {
  const ctx = createContext({ raw, db: drizzle(raw, { schema }) });
  const cells = deriveCells(ctx, hotCampaign(ctx, id)!, countyA);
  const { campaign } = raw.prepare('SELECT campaign FROM tallies LIMIT 1').get() as { campaign: number };
  raw.exec('DELETE FROM tallies');
  const put = raw.prepare('INSERT INTO tallies VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)');
  for (const c of cells)
    put.run(
      ...[campaign, Number(countyA), c.questionnaire, c.samplingStratum, c.reportingStratum],
      ...[channels.indexOf(c.channel), countedSets.indexOf(c.set), c.valid ? 1 : 0, c.bytes],
    );
}

test('made-up revisions with matching tallies: the recount agrees with them, the log does not', async () => {
  let made: readonly string[] = [];
  await edited(
    (raw) => {
      made = makeUp(raw, 80);
      countAgain(raw);
    },
    async (deps) => {
      expect(made.length).toBeGreaterThan(20);
      // The positive control: rows and tallies are in harmony, so counting again sees nothing.
      const [recount] = await recountCampaign(deps, world.actors.administrator, id);
      expect(recount!.differences).toEqual([]);
      const before = await getSummary(world.deps, world.actors.inspector, id, countyA);
      const report = await getReport(deps, world.actors.inspector, id, countyA);
      expect(valueOf(report.official)).not.toBe(valueOf(before.official));
      const [audit] = await auditCampaign(deps, world.actors.administrator, id);
      const rows = audit!.differences.filter(
        (d) => d.table === 'responses' && d.what === 'row' && d.leaf === null,
      );
      expect(rows.map((d) => d.row).sort()).toEqual([...made].sort());
      expect(audit!.differences.filter((d) => d.table === 'tallies')).toMatchObject([
        { leaf: leavesOf('dispositions')[0] },
      ]);
      expect(report.verdict).toMatchObject({ kind: 'insufficient', reasons: [{ code: 'audit-failed' }] });
    },
  );
});
const valueOf = (figure: Figure) => (figure.kind === 'estimate' ? figure.value : null);

describe('where the audit fails', () => {
  const flatter = (raw: Database.Database) =>
    void raw.prepare('UPDATE sampling_strata SET frame_size = frame_size + 100 WHERE no = 1').run();

  test('there is no verdict in any form, no publication, and the result is kept and in the trail', async () => {
    await edited(flatter, async (deps) => {
      const report = await getReport(deps, world.actors.inspector, id, countyA);
      expect(report.audit).toMatchObject({ differences: 1, logSize: leavesOf('release')[0]! + 2 });
      expect(report.verdict).toEqual({
        kind: 'insufficient',
        reasons: [{ code: 'audit-failed', differences: 1 }],
      });
      expect(report.formulas.map((f) => f.meets)).toEqual(report.formulas.map(() => null));
      expect(report.withoutFlagged?.changesVerdict ?? null).toBeNull();
      expect(await deps.storage.findAudit(id, countyA)).toMatchObject({
        differences: 1,
        named: [{ table: 'sampling_strata', row: '1', what: 'frame_size' }],
      });
      const [entry] = await deps.storage.listTrail({ campaign: id, counties: null, before: null, limit: 1 });
      expect(entry).toMatchObject({ action: 'evidence.audit', details: { differences: 1 } });
      await expect(makePublication(deps, world.actors.operator, id, countyA)).rejects.toThrow('audit.failed');
      // The evidence itself is handed out all the same: who is to judge needs it.
      expect((await bundleLines(deps, world, id, countyA)).length).toBeGreaterThan(100);
    });
  });

  test('nothing is released', async () => {
    const back = `UPDATE campaigns SET state = 'closed', released_at = NULL`;
    await edited(
      (raw) => {
        flatter(raw);
        raw.exec(back);
      },
      async (deps) => {
        await expect(releaseCampaign(deps, world.actors.operator, id)).rejects.toThrow('audit.failed');
        expect((await deps.storage.findCampaign(id))?.state).toBe('closed');
      },
    );
  });

  test('what is edited while the service runs is seen by the next report, and what is not is not audited again', async () => {
    const folder = mkdtempSync(join(world.directory, 'running-'));
    copyFileSync(join(world.dataDir, 'manyi.db'), join(folder, 'manyi.db'));
    const storage = await openSqliteStorage({ directory: folder, inline: true });
    let audits = 0;
    const counting = new Proxy(storage, {
      get(target, name) {
        if (name === 'auditLogs') audits += 1;
        return Reflect.get(target, name, target) as unknown;
      },
    });
    const deps = { ...world.deps, storage: counting };
    const report = () => getReport(deps, world.actors.inspector, id, countyA);
    const summary = await getSummary(deps, world.actors.inspector, id, countyA);
    expect((await report()).verdict).toEqual(summary.verdict);
    await report();
    const before = audits;
    expect((await report()).audit).toMatchObject({ differences: 0, uncommitted: [] });
    expect(audits).toBe(before);
    const raw = open(join(folder, 'manyi.db'));
    flatter(raw);
    raw.close();
    expect((await report()).verdict).toMatchObject({
      kind: 'insufficient',
      reasons: [{ code: 'audit-failed' }],
    });
    await storage.close();
  });
});

test('after close and daily from then on the schedule audits by itself', async () => {
  await edited(
    () => undefined,
    async (deps) => {
      let at = deps.now();
      const later = { ...deps, now: () => at };
      await auditDue(later);
      const first = await deps.storage.findAudit(id, countyA);
      expect(first).toMatchObject({ at, differences: 0 });
      at += 3_600_000;
      await auditDue(later);
      expect((await deps.storage.findAudit(id, countyA))!.at).toBe(first!.at);
      at += 86_400_000;
      await auditDue(later);
      expect((await deps.storage.findAudit(id, countyA))!.at).toBe(at);
    },
  );
});

test('the whole trail is checked by itself, behind the last head too', async () => {
  const last = 'SELECT max(no) FROM trail';
  await edited(
    (raw) => void raw.prepare(`DELETE FROM trail WHERE no = (${last}) - 1`).run(),
    async (deps) => {
      const { breaks } = await auditTrail(deps, world.actors.administrator);
      expect(breaks).toMatchObject([{ what: 'missing' }]);
    },
  );
  await edited(
    () => undefined,
    async (deps) => {
      await deps.storage.appendTrail(
        { at: 1, actor: world.actors.operator },
        { action: 'later', campaign: null, county: null, details: {} },
      );
      expect((await auditTrail(deps, world.actors.administrator)).breaks).toEqual([]);
    },
  );
});

test('after the storage period answers, comments and phones are gone, and nothing is taken for a difference', async () => {
  await expire();
  const [audit] = await auditCampaign(world.deps, world.actors.administrator, id);
  expect(audit).toMatchObject({ count: 0, differences: [], uncommitted: [] });
  const answers = await auditAfter(
    (raw) =>
      void raw
        .prepare(
          'UPDATE responses SET content_hash = zeroblob(32) WHERE (pseudonym, revision) = (SELECT pseudonym, revision FROM responses LIMIT 1)',
        )
        .run(),
  );
  expect(answers.differences).toMatchObject([{ table: 'responses', what: 'answers' }]);
});
