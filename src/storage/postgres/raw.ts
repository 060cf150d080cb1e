/**
 * SQL as text, with the parameters of the SQLite adapter's statements (`?`, or `@name` and an object), so that both adapters'
 * texts can be compared. One connection, one statement at a time.
 */
import type { ClientBase, QueryResult } from 'pg';
import { binaryArray, elementTypes, type ElementType } from './binary-array.ts';

interface Compiled {
  readonly text: string;
  /** Name of the prepared statement on the server. */
  readonly name: string;
  /** For `@name` parameters, in the order of their numbers; null: by position. */
  readonly names: readonly string[] | null;
  /** For parameters that are arrays, by position: their element types. */
  readonly lists: readonly (ElementType | undefined)[];
}

/** The texts are the program's, and few are not constant: the cache is bounded. */
const compiled = new Map<string, Compiled>();

const parameter = new RegExp(String.raw`(?:\?|@([A-Za-z]\w*))(?:::(${elementTypes.join('|')})\[\])?`, 'g');

function compile(sql: string): Compiled {
  let found = compiled.get(sql);
  if (found) return found;
  const names: string[] = [];
  const lists: (ElementType | undefined)[] = [];
  let position = 0;
  const text = sql.replace(parameter, (_, name: string | undefined, list: ElementType | undefined) => {
    const known = name === undefined ? -1 : names.indexOf(name);
    const at = name === undefined ? position++ : known >= 0 ? known : names.push(name) - 1;
    lists[at] ??= list;
    return `$${at + 1}${list === undefined ? '' : `::${list}[]`}`;
  });
  found = { text, name: `m${compiled.size}`, names: position > 0 ? null : names, lists };
  compiled.set(sql, found);
  return found;
}

function valuesOf({ names, lists }: Compiled, parameters: readonly unknown[]): unknown[] {
  const values =
    names === null || names.length === 0
      ? [...parameters]
      : names.map((name) => (parameters[0] as Readonly<Record<string, unknown>>)[name] ?? null);
  for (const [i, type] of lists.entries()) {
    const value = values[i];
    if (type !== undefined && Array.isArray(value)) values[i] = binaryArray(type, value);
  }
  return values;
}

/** Rows that a cursor fetches at once. */
const rowsPerFetch = 2000;

export class Statement {
  readonly #client: ClientBase;
  readonly #sql: Compiled;
  readonly #mode: 'object' | 'pluck' | 'raw';
  constructor(client: ClientBase, sql: Compiled, mode: 'object' | 'pluck' | 'raw' = 'object') {
    this.#client = client;
    this.#sql = sql;
    this.#mode = mode;
  }
  /** The first column alone. */
  pluck(): Statement {
    return new Statement(this.#client, this.#sql, 'pluck');
  }
  /** Rows as arrays. */
  raw(): Statement {
    return new Statement(this.#client, this.#sql, 'raw');
  }
  async #query(parameters: readonly unknown[]): Promise<QueryResult> {
    return this.#send(valuesOf(this.#sql, parameters));
  }
  #send(values: unknown[]): Promise<QueryResult> {
    const { text, name } = this.#sql;
    if (this.#mode === 'object') return this.#client.query({ text, name, values });
    return this.#client.query({ text, name, values, rowMode: 'array' });
  }
  #rows(result: QueryResult): unknown[] {
    return this.#mode === 'pluck' ? (result.rows as unknown[][]).map((row) => row[0]) : result.rows;
  }
  async all(...parameters: readonly unknown[]): Promise<unknown[]> {
    return this.#rows(await this.#query(parameters));
  }
  async get(...parameters: readonly unknown[]): Promise<unknown> {
    return this.#rows(await this.#query(parameters))[0];
  }
  async run(...parameters: readonly unknown[]): Promise<{ readonly changes: number }> {
    return { changes: (await this.#query(parameters)).rowCount ?? 0 };
  }
  /** To be sent later: an invalid parameter is reported now. */
  ready(...parameters: readonly unknown[]): () => Promise<QueryResult> {
    const values = valuesOf(this.#sql, parameters);
    return () => this.#send(values);
  }
  /** Through a cursor of the transaction: memory holds some thousand rows. */
  async *iterate(...parameters: readonly unknown[]): AsyncGenerator<unknown, void, undefined> {
    const cursor = `c${nextCursor++}`;
    await this.#client.query({
      text: `DECLARE ${cursor} NO SCROLL CURSOR FOR ${this.#sql.text}`,
      values: valuesOf(this.#sql, parameters),
    });
    for (;;) {
      const fetch = { text: `FETCH ${rowsPerFetch} FROM ${cursor}` };
      const result: QueryResult = await (this.#mode === 'object'
        ? this.#client.query(fetch)
        : this.#client.query({ ...fetch, rowMode: 'array' }));
      yield* this.#rows(result);
      if (result.rows.length < rowsPerFetch) break;
    }
    await this.#client.query(`CLOSE ${cursor}`);
  }
}
let nextCursor = 0;

export class Raw {
  readonly client: ClientBase;
  constructor(client: ClientBase) {
    this.client = client;
  }
  /** Prepared on the server when it is first run on this connection. */
  prepare(sql: string): Statement {
    return new Statement(this.client, compile(sql));
  }
  /** One or several statements without parameters. */
  async exec(sql: string): Promise<void> {
    await this.client.query(sql);
  }
}
