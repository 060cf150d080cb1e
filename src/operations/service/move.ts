/**
 * `manyi move`: moves an installation into an empty database of the other engine, table by table. Nothing is switched before both
 * sides were read back and compared: every row by its bytes, the evidence logs against the tables, and every answer by a recount.
 */
import { createHash, type Hash } from 'node:crypto';
import type { Actor } from '../../domain/campaign/permissions.ts';
import { AppError } from '../../domain/errors.ts';
import { toHex } from '../../domain/hash.ts';
import type { CampaignState } from '../../domain/campaign/life-cycle.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { Storage } from '../../storage/port/index.ts';
import { movedTableNames, type MovedRow, type MovedTable } from '../../storage/port/move.ts';
import type { MoveSource, MoveTarget } from '../../storage/port/move-ends.ts';
import { stamp, type Deps } from '../deps.ts';
import { findCheckpointKey } from '../evidence/audit.ts';

export interface MovePlan {
  readonly from: string;
  readonly campaigns: readonly {
    readonly id: CampaignId;
    readonly name: string;
    readonly state: CampaignState;
    readonly counties: number;
  }[];
  /** Those that hold anything. */
  readonly tables: readonly { readonly table: MovedTable; readonly rows: number }[];
  readonly rows: number;
  readonly bytes: number;
  /** Restored backups of open campaigns with encrypted data that no key here decrypts: they stay so. */
  readonly sealed: readonly CampaignId[];
}

export interface MovedLog {
  readonly campaign: CampaignId;
  readonly county: CountyCode;
  readonly size: number;
  /** Hexadecimal. */
  readonly root: string;
  /** Answers recounted on both sides; null: the campaign has not been opened yet. */
  readonly responses: number | null;
  /** Differences found by audit or recount, equal on both sides: they existed before. */
  readonly differences: number;
}

export interface Moved {
  readonly from: string;
  readonly to: string;
  readonly tables: number;
  readonly rows: number;
  readonly logs: readonly MovedLog[];
}

/** Called with the progress: `table` while it is copied, null while both sides are compared. */
export type OnMoveProgress = (table: MovedTable | null, rows: number) => void;

export async function planMove(deps: Deps, source: MoveSource): Promise<MovePlan> {
  const tables: { table: MovedTable; rows: number }[] = [];
  for (const table of movedTableNames) {
    const rows = await source.tables.countRows(table);
    if (rows > 0) tables.push({ table, rows });
  }
  const campaigns = await deps.storage.listCampaigns();
  const { usedBytes } = await deps.storage.health();
  return {
    from: source.name,
    campaigns: campaigns.map(({ id, name, state, counties }) => ({
      ...{ id, name, state },
      counties: counties.length,
    })),
    tables,
    rows: tables.reduce((n, t) => n + t.rows, 0),
    bytes: usedBytes,
    sealed: await deps.storage.listSealed(),
  };
}

/**
 * Copies, compares, switches. If interrupted, the same call starts it again.
 * @throws AppError conflict `move.left`, `move.differs`, `move.not-storable`, corrupt `move.damaged`
 */
export async function moveTo(
  deps: Deps,
  actor: Actor,
  source: MoveSource,
  target: MoveTarget,
  onProgress: OnMoveProgress = () => undefined,
): Promise<Moved> {
  const mark = await deps.storage.findMove();
  if (mark?.state === 'left') return finishSwitch(deps, actor, source, target, mark.id);
  const damage = await deps.storage.findDamage();
  if (damage.length > 0)
    throw new AppError('corrupt', 'move.damaged', { params: { detail: damage[0]!.detail } });

  const { rows } = await planMove(deps, source);
  await deps.storage.recordMove(stamp(deps, actor), { step: 'begin', to: target.name, rows });
  const id = deps.newId();
  await target.storage.recordMove(stamp(deps, actor), { step: 'receive', id, from: source.name });
  await target.tables.clear();
  let copied = 0;
  const digests = new Map<MovedTable, string>();
  for (const table of movedTableNames) {
    const digest = createDigest();
    onProgress(table, await source.tables.countRows(table));
    await target.tables.writeTable(table, digest.through(source.tables.readTable(table)));
    digests.set(table, digest.end());
    copied += digest.rows();
  }
  await target.tables.finish(await source.tables.readCounters());

  onProgress(null, copied);
  for (const table of movedTableNames) await assertSameRows(source, target, table, digests.get(table)!);
  const logs = await compareCounts(deps, target.storage);
  await target.storage.recordMove(stamp(deps, actor), { step: 'compared', id });
  await deps.storage.recordMove(stamp(deps, actor), { step: 'leave', id, to: target.name, rows: copied });
  return takeOver(deps, actor, source, target, { id, rows: copied, logs });
}

/** The old database is marked as retired; whether the new one was marked as active is unknown. */
async function finishSwitch(
  deps: Deps,
  actor: Actor,
  source: MoveSource,
  target: MoveTarget,
  id: string,
): Promise<Moved> {
  const mark = await target.storage.findMove();
  // In another database, or that one is already active.
  if (mark?.state !== 'arrived' || mark.id !== id)
    throw new AppError('conflict', 'move.other-one', { params: { database: target.name } });
  const logs = await compareCounts(deps, target.storage);
  let rows = 0;
  for (const table of movedTableNames) rows += await target.tables.countRows(table);
  return takeOver(deps, actor, source, target, { id, rows, logs });
}

async function takeOver(
  deps: Deps,
  actor: Actor,
  source: MoveSource,
  target: MoveTarget,
  { id, rows, logs }: Pick<Moved, 'rows' | 'logs'> & { readonly id: string },
): Promise<Moved> {
  await target.storage.recordMove(stamp(deps, actor), { step: 'take-over', id, rows });
  return { from: source.name, to: target.name, tables: movedTableNames.length, rows, logs };
}

/** The old database is active again. Only the caller knows whether anything was done in the new one since. */
export async function undoMove(deps: Deps, actor: Actor): Promise<void> {
  await deps.storage.recordMove(stamp(deps, actor), { step: 'undo' });
}

// Comparing ------------------------------------------------------------------------------------------------------------

/** SHA-256 over the rows, each value with its type and length. */
function createDigest() {
  const hash = createHash('sha256');
  let rows = 0;
  return {
    async *through(parts: AsyncIterable<readonly MovedRow[]>): AsyncGenerator<readonly MovedRow[]> {
      for await (const part of parts) {
        for (const row of part) addRow(hash, row);
        rows += part.length;
        yield part;
      }
    },
    rows: () => rows,
    end: () => hash.digest('hex'),
  };
}

function addRow(hash: Hash, row: MovedRow): void {
  hash.update(`r${row.length};`);
  for (const value of row) {
    if (value === null) hash.update('0;');
    else if (typeof value === 'number') hash.update(`n${value};`);
    else {
      const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : value;
      hash.update(`${typeof value === 'string' ? 't' : 'b'}${bytes.length};`);
      hash.update(bytes);
    }
  }
}

async function assertSameRows(
  source: MoveSource,
  target: MoveTarget,
  table: MovedTable,
  expected: string,
): Promise<void> {
  // Both sides: what was read for the copy may differ from the stored rows.
  for (const { name, tables } of [source, target]) {
    const digest = createDigest();
    for await (const _ of digest.through(tables.readTable(table)));
    if (digest.end() !== expected)
      throw new AppError('conflict', 'move.differs', { params: { what: `${table} (${name})` } });
  }
}

const asText = (value: unknown): string =>
  JSON.stringify(value, (_, v: unknown) => (v instanceof Uint8Array ? toHex(v) : v)) ?? '';

/**
 * The reports of both sides on each county's log and answers must be equal.
 * @throws AppError conflict `move.differs`
 */
async function compareCounts(deps: Deps, other: Storage): Promise<readonly MovedLog[]> {
  const sides = [deps.storage, other] as const;
  async function same<T>(what: string, ask: (storage: Storage) => Promise<T>): Promise<T> {
    const [one, two] = [await ask(sides[0]), await ask(sides[1])];
    if (asText(one) !== asText(two)) throw new AppError('conflict', 'move.differs', { params: { what } });
    return one;
  }
  // The number of entries was compared with the rows; when the old one is retired, it gets one more.
  await same('trail', async (s) => (await s.auditTrail()).breaks);
  const logs: MovedLog[] = [];
  for (const { id, state, counties } of await same('campaigns', (s) => s.listCampaigns())) {
    for (const { code } of counties) {
      const what = `${id} ${code}`;
      const head = await same(what, (s) => s.findLog(id, code));
      await same(what, (s) => s.listCheckpoints(id, code, 1000));
      const key = await findCheckpointKey(deps, id, code);
      const [audit] = await same(what, (s) => s.auditLogs(id, [{ county: code, key }]));
      const [count] = state === 'draft' ? [null] : await same(what, (s) => s.recount(id, [code]));
      if (!head) continue;
      logs.push({
        ...{ campaign: id, county: code, size: head.size, root: toHex(head.root) },
        responses: count?.responses ?? null,
        differences: (audit?.count ?? 0) + (count?.differences.length ?? 0),
      });
    }
  }
  return logs;
}
