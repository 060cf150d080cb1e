/** Looking past the port at what an engine keeps. */
import Database from 'better-sqlite3';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';

/** Of a world. */
interface Place {
  readonly dataDir: string;
  /** null: SQLite's, in `dataDir`. */
  readonly database: string | null;
}

/** Numbers as numbers, as the adapters have them. */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format: 'text') =>
    oid === 20 || oid === 1700
      ? Number
      : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
};

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, types });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** SQL that both engines understand. */
export async function rowsOf<T>({ dataDir, database }: Place, sql: string): Promise<readonly T[]> {
  if (database !== null) return withClient(database, async (client) => (await client.query(sql)).rows as T[]);
  const db = new Database(join(dataDir, 'manyi.db'));
  try {
    const statement = db.prepare(sql);
    return statement.reader ? (statement.all() as T[]) : (statement.run(), []);
  } finally {
    db.close();
  }
}

export interface OpenRows {
  all(sql: string, ...parameters: readonly unknown[]): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** @returns how many rows were changed */
  run(sql: string, ...parameters: readonly unknown[]): Promise<number>;
  close(): Promise<void>;
}

/** For several statements, with `?` for each parameter. */
export async function openRows({ dataDir, database }: Place): Promise<OpenRows> {
  if (database === null) {
    const db = new Database(join(dataDir, 'manyi.db'));
    return {
      all: async (sql, ...parameters) => db.prepare(sql).all(...parameters) as Record<string, unknown>[],
      run: async (sql, ...parameters) => db.prepare(sql).run(...parameters).changes,
      close: async () => void db.close(),
    };
  }
  const client = new pg.Client({ connectionString: database, types });
  await client.connect();
  const query = (sql: string, parameters: readonly unknown[]) => {
    let n = 0;
    return client.query<Record<string, unknown>>(
      sql.replaceAll('?', () => `$${++n}`),
      [...parameters],
    );
  };
  return {
    all: async (sql, ...parameters) => (await query(sql, parameters)).rows,
    run: async (sql, ...parameters) => (await query(sql, parameters)).rowCount ?? 0,
    close: () => client.end(),
  };
}

/** All that stands in the database, to search: the file and its WAL, or every row of every table with bytes as they are. */
export async function everythingIn({ dataDir, database }: Place): Promise<Buffer> {
  if (database === null)
    return Buffer.concat(
      ['manyi.db', 'manyi.db-wal']
        .map((name) => join(dataDir, name))
        .filter((path) => existsSync(path))
        .map((path) => readFileSync(path)),
    );
  const tables = await rowsOf<{ relname: string }>(
    { dataDir, database },
    "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace",
  );
  const found: Buffer[] = [];
  for (const { relname } of tables)
    for (const row of await rowsOf<Record<string, unknown>>(
      { dataDir, database },
      `SELECT * FROM ${relname}`,
    ))
      for (const cell of Object.values(row))
        found.push(Buffer.isBuffer(cell) ? cell : Buffer.from(String(cell)), Buffer.from('\n'));
  return Buffer.concat(found);
}
