/**
 * Two storages that are told the same, one after the other: every result and every refusal of the second must be that of the first, and at the end every
 * table holds the same rows. Any test can run over it (`MANYI_TEST_ENGINE=twin`), with what it asks for as the script.
 */
import { is } from 'drizzle-orm';
import { getTableConfig, SQLiteTable } from 'drizzle-orm/sqlite-core';
import { AppError } from '../../src/domain/errors.ts';
import type { Storage } from '../../src/storage/port/index.ts';
import * as schema from '../../src/storage/sqlite/schema.ts';
import { rowsOf } from './tables.ts';

/** What each engine does in its own way, and which says nothing of the data. */
const ownWays = new Set<keyof Storage>([
  'probeWrite',
  'readChangeCount',
  'findDamage',
  'compact',
  'deferCompaction',
  'findDeferredCompaction',
  'eraseCopies',
  'backup',
  'verifyCopy',
  'removeUnfinished',
  'listSealed',
  'unseal',
  'health',
  'close',
]);
/** Those that come back in no order. */
const unordered = new Set<keyof Storage>(['exchangeMessages']);

/** Bytes by what they hold, errors by what they say. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString('hex')}`;
  if (value instanceof AppError)
    return {
      kind: value.kind,
      message: value.message,
      params: plain(value.params),
      issues: plain(value.issues),
    };
  if (value instanceof Error) return { error: value.name };
  if (value instanceof Map) return { map: [...value].map(plain) };
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value)
        .filter(([, v]) => v !== undefined)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([k, v]) => [k, plain(v)]),
    );
  return value;
}

const textOf = (name: keyof Storage, value: unknown): string => {
  const shown = plain(value);
  const sorted =
    unordered.has(name) && Array.isArray(shown) ? shown.map((v) => JSON.stringify(v)).sort() : shown;
  return JSON.stringify(sorted) ?? 'nothing';
};

type Outcome = { readonly value: unknown } | { readonly error: unknown };
const outcomeOf = (promise: Promise<unknown>): Promise<Outcome> =>
  promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );

export function createTwin(
  first: Storage,
  second: Storage,
  places: { readonly dataDir: string; readonly database: string },
): Storage {
  // One call at a time: of two at once each storage could take another one first.
  let queue: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const next = queue.then(work);
    queue = next.catch(() => undefined);
    return next;
  };
  async function both(name: keyof Storage, args: readonly unknown[]): Promise<unknown> {
    const call = (storage: Storage) =>
      outcomeOf((storage[name] as (...a: readonly unknown[]) => Promise<unknown>)(...args));
    const [one, other] = [await call(first), await call(second)];
    const [expected, found] = [textOf(name, one), textOf(name, other)];
    if (expected !== found && !ownWays.has(name))
      throw new Error(
        `${name}(${JSON.stringify(plain(args)).slice(0, 500)}) differs:\n${differenceOf(expected, found)}`,
        { cause: 'error' in other ? other.error : undefined },
      );
    if ('error' in one) throw one.error;
    return one.value;
  }
  return new Proxy(first, {
    get(_, name: keyof Storage | 'then') {
      if (name === 'then') return undefined;
      if (name === 'close')
        return () =>
          inTurn(async () => {
            try {
              await compareTables(places);
            } finally {
              await first.close();
              await second.close();
            }
          });
      return (...args: readonly unknown[]) => inTurn(() => both(name, args));
    },
  });
}

function differenceOf(expected: string, found: string): string {
  let at = 0;
  while (at < expected.length && expected[at] === found[at]) at++;
  const part = (text: string) => text.slice(Math.max(0, at - 120), at + 300);
  return `first:  …${part(expected)}\nsecond: …${part(found)}`;
}

/** @throws the first table that differs */
export async function compareTables({
  dataDir,
  database,
}: {
  readonly dataDir: string;
  readonly database: string;
}): Promise<void> {
  const tables = Object.values(schema as Record<string, unknown>).filter((t) => is(t, SQLiteTable));
  for (const table of tables) {
    const { name, columns } = getTableConfig(table);
    // How often the disk was tried, a number of each engine's own.
    const list = columns.map((c) => c.name).filter((c) => !(name === 'service_state' && c === 'probe'));
    const sql = `SELECT ${list.map((c) => `"${c}"`).join(', ')} FROM ${name}`;
    const rows = async (place: { readonly dataDir: string; readonly database: string | null }) =>
      (await rowsOf<object>(place, sql)).map((row) => JSON.stringify(plain(row))).sort();
    const [expected, found] = [await rows({ dataDir, database: null }), await rows({ dataDir, database })];
    if (expected.length !== found.length || expected.some((row, i) => row !== found[i]))
      throw new Error(
        `table ${name}: ${expected.length} and ${found.length} rows\n${differenceOf(expected.join('\n'), found.join('\n'))}`,
      );
  }
}
