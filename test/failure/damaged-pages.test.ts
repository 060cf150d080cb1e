/** Twenty pages damaged one by one: `manyi audit` sees at least what `verify-backup` sees, and says where it is. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AppError } from '../../src/domain/errors.ts';
import { systemActor } from '../../src/domain/campaign/permissions.ts';
import type { CampaignId } from '../../src/domain/model/ids.ts';
import { makeBackup } from '../../src/operations/service/backup.ts';
import { closeCampaign } from '../../src/operations/campaign/closing.ts';
import { checkDatabase, recountCampaign } from '../../src/operations/evidence/recount.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/index.ts';
import { verifyFile } from '../../src/storage/sqlite/copies/verify.ts';
import { createShell } from '../cli/support.ts';
import { answer } from '../support/evidence.ts';
import { countyA, createWorld, type World } from '../support/world.ts';

const pageSize = 4096;
const damagedPages = 20;
let world: World;
let id: CampaignId;
let folder: string;
let sound: Buffer;

beforeAll(async () => {
  world = await createWorld();
  ({ id } = await world.openedCampaign({ counties: world.campaignInput().counties.slice(0, 1) }));
  for (const [i, { code }] of (await world.sentCodes(id, countyA)).entries())
    await answer(world.deps, id, countyA, code, i % 4);
  await closeCampaign(world.deps, world.actors.operator, id);
  folder = mkdtempSync(join(tmpdir(), 'manyi-damaged-'));
  const path = join(folder, 'sound.db');
  await makeBackup(world.deps, systemActor, path);
  sound = readFileSync(path);
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await world.close();
});

/** A data folder whose database has one page of noise; page 1 is the first. */
function damagedAt(page: number | null): string {
  const data = mkdtempSync(join(folder, 'data-'));
  const bytes = Buffer.from(sound);
  if (page !== null) bytes.fill(0xa5, (page - 1) * pageSize, page * pageSize);
  writeFileSync(join(data, 'manyi.db'), bytes);
  return data;
}

const refuses = (error: unknown) => error instanceof AppError && error.kind === 'corrupt';

/** As the command does it. */
async function auditSees(data: string): Promise<boolean> {
  try {
    const storage = await openSqliteStorage({ directory: data, readOnly: true, inline: true });
    try {
      const deps = { ...world.deps, storage };
      if ((await checkDatabase(deps, systemActor)).length > 0) return true;
      return (await recountCampaign(deps, systemActor, id)).some((c) => c.differences.length > 0);
    } finally {
      await storage.close();
    }
  } catch (error) {
    if (refuses(error)) return true;
    throw error;
  }
}

async function verifySees(data: string): Promise<boolean> {
  try {
    const report = verifyFile(join(data, 'manyi.db'), [], () => undefined);
    return report.damage.length > 0 || report.recounts.some((r) => r.differences.length > 0);
  } catch (error) {
    if (refuses(error)) return true;
    throw error;
  }
}

test('a sound database is found sound by both', async () => {
  const data = damagedAt(null);
  expect([await auditSees(data), await verifySees(data)]).toEqual([false, false]);
});

test('audit sees each page that verify-backup sees, and most of them are seen', async () => {
  const pages = sound.length / pageSize;
  expect(pages).toBeGreaterThan(damagedPages);
  const seen = { audit: [] as number[], verify: [] as number[] };
  for (let i = 0; i < damagedPages; i++) {
    const page = 2 + Math.floor((i * (pages - 2)) / damagedPages);
    const data = damagedAt(page);
    if (await auditSees(data)) seen.audit.push(page);
    if (await verifySees(data)) seen.verify.push(page);
  }
  expect(seen.audit).toEqual(expect.arrayContaining(seen.verify));
  expect(seen.audit.length).toBeGreaterThanOrEqual(19);
});

test('the command names table and page, and tells what to do', async () => {
  const shell = createShell();
  try {
    const root = await rootOf('contacts');
    const data = damagedAt(root);
    cpSync(join(world.directory, 'keys'), join(shell.folder, 'keys'), { recursive: true });
    mkdirSync(join(shell.folder, 'data'), { recursive: true });
    cpSync(join(data, 'manyi.db'), join(shell.folder, 'data', 'manyi.db'));
    expect(statSync(join(shell.folder, 'data', 'manyi.db')).size).toBe(sound.length);
    const ran = await shell.run(['audit']);
    expect(ran.code, ran.err).toBe(1);
    expect(ran.out).toContain(`Damaged: table contacts, page ${root}`);
    expect(ran.out).toContain('restore the newest backup');
    const chinese = await shell.run(['--lang', 'zh-CN', 'audit']);
    expect(chinese.out).toContain(`已损坏：表 contacts，第 ${root} 页`);
  } finally {
    shell.remove();
  }
}, 300_000);

async function rootOf(table: string): Promise<number> {
  const { default: Database } = await import('better-sqlite3');
  const raw = new Database(join(folder, 'sound.db'), { readonly: true });
  const root = raw.prepare('SELECT rootpage FROM sqlite_schema WHERE name = ?').pluck().get(table) as number;
  raw.close();
  return root;
}
