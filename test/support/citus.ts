/**
 * The rules of a cluster that distributes tables by a column (Citus), looked at on an ordinary server: what distribute.sql would do is recorded by functions of
 * the same names, and the catalogue says what the tables are.
 */
import { readFileSync } from 'node:fs';
import type { Server } from './postgres.ts';

const script = new URL('../../migrations/postgres/citus/distribute.sql', import.meta.url);

const stubs = `
  CREATE TABLE distribution (name text PRIMARY KEY, kind text NOT NULL, key text, place text);
  CREATE FUNCTION create_reference_table(name regclass) RETURNS void LANGUAGE sql AS
    $$ INSERT INTO distribution VALUES (name::text, 'reference', NULL, NULL) $$;
  CREATE FUNCTION create_distributed_table(name regclass, key text, colocate_with text) RETURNS void LANGUAGE sql AS
    $$ INSERT INTO distribution VALUES (name::text, 'distributed', key, CASE colocate_with WHEN 'none' THEN name::text ELSE colocate_with END) $$;`;

export interface Distribution {
  readonly name: string;
  readonly kind: 'reference' | 'distributed';
  readonly key: string | null;
  /** The first table of those that lie together. */
  readonly place: string | null;
}

/** Runs distribute.sql in a database with the schema and nothing else. @param url a database that may be changed */
export async function readDistribution(server: Server, url: string): Promise<readonly Distribution[]> {
  const name = new URL(url).pathname.slice(1);
  await server.query(stubs, name);
  await server.query(readFileSync(script, 'utf8'), name);
  return (await server.query('SELECT * FROM distribution ORDER BY name', name)).rows as Distribution[];
}

/** What breaks a rule, one line each. */
export async function findBrokenRules(
  server: Server,
  url: string,
  tables: readonly Distribution[],
): Promise<readonly string[]> {
  const database = new URL(url).pathname.slice(1);
  const rows = async <T>(sql: string) => (await server.query(sql, database)).rows as T[];
  const byName = new Map(tables.map((t) => [t.name, t]));
  const distributed = tables.filter((t) => t.kind === 'distributed');
  const broken: string[] = [];

  const types = new Map(
    (
      await rows<{ place: string; type: string }>(
        `SELECT attrelid::regclass::text || '.' || attname AS place, format_type(atttypid, NULL) AS type
         FROM pg_attribute WHERE attrelid::regclass::text IN (SELECT name FROM distribution)`,
      )
    ).map((r) => [r.place, r.type]),
  );
  for (const { name, key, place } of distributed) {
    const [own, first] = [types.get(`${name}.${key}`), types.get(`${place}.${key}`)];
    if (own === undefined) broken.push(`${name}: no column ${key}`);
    else if (own !== first) broken.push(`${name}: ${key} is ${own}, that of ${place} ${first}`);
  }

  // Otherwise a node cannot know by itself that a row is the only one.
  const keys = await rows<{ name: string; index: string; columns: string[] }>(
    `SELECT i.indrelid::regclass::text AS name, i.indexrelid::regclass::text AS index,
       ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = i.indrelid AND attnum = ANY (i.indkey)) AS columns
     FROM pg_index i WHERE i.indisunique AND i.indrelid::regclass::text IN (SELECT name FROM distribution)`,
  );
  for (const { name, index, columns } of keys) {
    const key = byName.get(name)?.key;
    if (typeof key === 'string' && !columns.includes(key)) broken.push(`${index}: unique without ${key}`);
  }

  const references = await rows<{ name: string; other: string; own: string[]; others: string[] }>(
    `SELECT conrelid::regclass::text AS name, confrelid::regclass::text AS other,
       ARRAY(SELECT attname::text FROM unnest(conkey) WITH ORDINALITY k (n, i) JOIN pg_attribute ON attrelid = conrelid AND attnum = n ORDER BY i) AS own,
       ARRAY(SELECT attname::text FROM unnest(confkey) WITH ORDINALITY k (n, i) JOIN pg_attribute ON attrelid = confrelid AND attnum = n ORDER BY i) AS others
     FROM pg_constraint WHERE contype = 'f' AND conparentid = 0`,
  );
  for (const { name, other, own, others } of references) {
    const [from, to] = [byName.get(name), byName.get(other)];
    const arrow = `${name} → ${other}`;
    if (to?.kind === 'distributed' && from?.kind !== 'distributed')
      broken.push(`${arrow}: refers to one of many nodes`);
    if (from?.kind !== 'distributed') continue;
    if (to === undefined) broken.push(`${arrow}: stays on the coordinator`);
    if (to?.kind !== 'distributed') continue;
    const at = own.indexOf(from.key!);
    if (from.place !== to.place || at < 0 || others[at] !== to.key) broken.push(`${arrow}: not in one place`);
  }

  for (const { name } of await rows<{ name: string }>(
    `SELECT DISTINCT tgrelid::regclass::text AS name FROM pg_trigger WHERE NOT tgisinternal AND tgrelid::regclass::text IN (SELECT name FROM distribution)`,
  ))
    broken.push(`${name}: has triggers`);
  for (const { name } of await rows<{ name: string }>(
    `SELECT DISTINCT attrelid::regclass::text AS name FROM pg_attribute
     WHERE attidentity <> '' AND attrelid::regclass::text IN (SELECT name FROM distribution)`,
  ))
    broken.push(`${name}: numbers its rows itself`);
  return broken;
}

/** Tables that are split further than once, which such a cluster does not take: by the name of the table of which they are parts. */
export async function findSplitTwice(server: Server, url: string): Promise<readonly string[]> {
  const { rows } = await server.query(
    `SELECT DISTINCT i.inhparent::regclass::text AS name FROM pg_inherits i JOIN pg_partitioned_table p ON p.partrelid = i.inhrelid
     WHERE i.inhparent::regclass::text IN (SELECT name FROM distribution) ORDER BY 1`,
    new URL(url).pathname.slice(1),
  );
  return (rows as { name: string }[]).map((r) => r.name);
}

/**
 * Statements that bring two distributed tables, or one with itself, together in another way than within a county: neither is each held to the same
 * county, nor are their counties equated.
 */
export function findJoinsAcross(
  statements: Iterable<string>,
  tables: readonly Distribution[],
): readonly string[] {
  const places = new Map(tables.filter((t) => t.kind === 'distributed').map((t) => [t.name, t.place]));
  return [...statements].filter((statement) => {
    // A campaign's own partition is a part of its table.
    const text = statement
      .replace(/'[^']*'/g, "''")
      .replaceAll('"', '')
      .replace(/_c\d+\b/g, '');
    const named = [...text.matchAll(/\b(?:from|join|update|into)\s+(\w+)/gi)]
      .map((m) => m[1]!)
      .filter((name) => places.has(name));
    if (named.length < 2) return false;
    if (new Set(named.map((name) => places.get(name))).size > 1) return true;
    const bound = [...text.matchAll(/(?:\w+\.)?county\s*=\s*(\$\d+)/gi)].map((m) => m[1]!);
    const isOneCounty = new Set(bound).size === 1 && bound.length >= named.length;
    const equated = [...text.matchAll(/\b\w+\.county\s*=\s*\w+\.county\b/gi)].length;
    // Into a table goes the county that was selected.
    const isCarriedOver =
      /^\s*insert into \w+ \([^)]*\bcounty\b/i.test(text) && bound.length >= named.length - 1;
    return !isOneCounty && !isCarriedOver && equated < named.length - 1;
  });
}
