/** What a piece of work asked of SQLite, seen at the driver: statements, how often each ran, and how many rows came back. */
import Database from 'better-sqlite3';

type Run = (this: unknown, ...args: unknown[]) => unknown;
interface Prototype {
  all: Run;
  get: Run;
  run: Run;
  iterate: Run;
}

export interface StatementUse {
  runs: number;
  rows: number;
  /** The most rows that were in memory at once: what one `all` gave. */
  held: number;
}

/** Counts until the function that it returns is called. One at a time. */
export function countStatements(): { readonly used: Map<string, StatementUse>; stop(): void } {
  const used = new Map<string, StatementUse>();
  const probe = new Database(':memory:');
  const prototype = Object.getPrototypeOf(probe.prepare('SELECT 1')) as Prototype;
  probe.close();
  const original = { ...pick(prototype) };
  const useOf = (statement: unknown): StatementUse => {
    const { source } = statement as { source: string };
    let use = used.get(source);
    if (!use) used.set(source, (use = { runs: 0, rows: 0, held: 0 }));
    return use;
  };
  const count = (run: Run, rowsOf: (found: unknown) => number): Run =>
    function (this: unknown, ...args) {
      const use = useOf(this);
      use.runs++;
      const found = run.apply(this, args);
      const rows = rowsOf(found);
      use.rows += rows;
      use.held = Math.max(use.held, rows);
      return found;
    };
  prototype.all = count(original.all, (found) => (found as unknown[]).length);
  prototype.get = count(original.get, (found) => (found === undefined ? 0 : 1));
  prototype.run = count(original.run, () => 0);
  prototype.iterate = function* (this: unknown, ...args) {
    const use = useOf(this);
    use.runs++;
    for (const row of original.iterate.apply(this, args) as Iterable<unknown>) {
      use.rows++;
      yield row;
    }
  };
  return { used, stop: () => void Object.assign(prototype, original) };
}

function pick({ all, get, run, iterate }: Prototype): Prototype {
  return { all, get, run, iterate };
}
