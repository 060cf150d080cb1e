/**
 * SQLite's own check of a file, page by page and index by index. It may stop at an unreadable page: its findings so far count.
 */
import type { Damage } from '../port/maintenance.ts';
import type { Raw } from './connection.ts';

export function findDamage(raw: Raw): readonly Damage[] {
  const owners = readOwners(raw);
  return [
    ...messagesOf(raw, 'PRAGMA integrity_check', (row) => String(row['integrity_check'])).map((line) =>
      describe(line, owners),
    ),
    ...messagesOf(
      raw,
      'PRAGMA foreign_key_check',
      (row) => `broken reference in ${String(row['table'])}`,
    ).map((detail): Damage => ({ table: detail.replace('broken reference in ', ''), page: null, detail })),
  ];
}

/** Tables by the root page of their trees and by the names of their indexes. */
function readOwners(raw: Raw): ReadonlyMap<number | string, string> {
  const owners = new Map<number | string, string>([[1, 'sqlite_schema']]);
  try {
    const rows = raw.prepare('SELECT name, tbl_name, rootpage FROM sqlite_schema').raw().all();
    for (const [name, table, root] of rows as [string, string, number][])
      owners.set(name, table).set(root, table);
  } catch (error) {
    // A damaged schema is the first thing that the check reports.
    if (!isCorrupt(error)) throw error;
  }
  return owners;
}

function messagesOf(raw: Raw, pragma: string, textOf: (row: Record<string, unknown>) => string): string[] {
  const found: string[] = [];
  try {
    for (const row of raw.prepare(pragma).iterate()) found.push(textOf(row as Record<string, unknown>));
  } catch (error) {
    if (!isCorrupt(error)) throw error;
    found.push(error instanceof Error ? error.message : String(error));
  }
  const lines = found.flatMap((text) => text.split('\n'));
  return [...new Set(lines)].filter((line) => line !== 'ok' && line !== '' && !line.startsWith('***'));
}

function describe(line: string, owners: ReadonlyMap<number | string, string>): Damage {
  const [, tree, page] = /^(?:Tree (\d+) )?[Pp]age (\d+)/.exec(line) ?? [];
  const [, name] = / (?:index|in) ([A-Za-z_]\w*)/.exec(line) ?? [];
  return {
    table: owners.get(tree === undefined ? (name?.replace(/\..*/, '') ?? '') : Number(tree)) ?? null,
    page: page === undefined ? null : Number(page),
    detail: line,
  };
}

function isCorrupt(error: unknown): boolean {
  const code = (error as { readonly code?: unknown } | null)?.code;
  return typeof code === 'string' && (code.startsWith('SQLITE_CORRUPT') || code.startsWith('SQLITE_NOTADB'));
}
