/**
 * The dated list of county-level divisions (GB/T 2260), against which county codes are checked. It changes yearly and is replaced
 * as a whole.
 */
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { z } from 'zod';
import { AppError } from '../../domain/errors.ts';
import { assertMay, systemActor, type Actor } from '../../domain/campaign/permissions.ts';
import { parseDivisions, type Division } from '../../domain/campaign/division.ts';
import type { TableRow } from '../../domain/frame/roll/table.ts';
import { isNotice, readTable } from '../../tabular/read.ts';
import { stamp, type Deps } from '../deps.ts';
import type { UploadedFile } from '../frame/schools.ts';

const maxRows = 20_000;
const maxFaults = 50;

/**
 * A table with a column 代码/code and a column 名称/name. It replaces the old list only if every row is valid.
 * @param asOf day for which the list is valid, YYYY-MM-DD
 * @returns how many counties the list has
 * @throws AppError invalid `divisions.as-of`, `divisions.invalid` with one issue per faulty row
 */
export async function importDivisions(
  deps: Deps,
  actor: Actor,
  list: UploadedFile & { readonly asOf: string },
): Promise<number> {
  assertMay(actor, 'divisions.import');
  if (!z.iso.date().safeParse(list.asOf).success) throw new AppError('invalid', 'divisions.as-of');
  const rows = await readDivisions(list);
  await deps.storage.replaceDivisions(stamp(deps, actor), {
    asOf: list.asOf,
    rows: rows.map(({ code, name }) => ({ code, name })),
  });
  return rows.length;
}

async function readDivisions(file: UploadedFile): Promise<readonly Division[]> {
  const rows: TableRow[] = [];
  // A replacing list is read as a whole or not at all.
  for await (const item of readTable(file.source, { fileName: file.fileName, maxRows })) {
    if (!isNotice(item)) rows.push(item);
    else if (item.notice.message !== 'roll.sheet-empty')
      throw new AppError('invalid', 'divisions.hidden', { issues: [item.notice] });
  }
  const { divisions, faults } = parseDivisions(rows);
  if (faults.length === 0) return divisions;
  const issues = faults.slice(0, maxFaults).map(({ row, message, params }) => ({
    path: `row ${row}`,
    message,
    ...(params ? { params } : {}),
  }));
  throw new AppError('invalid', 'divisions.invalid', { issues });
}

const shippedLists = new URL('../../../survey-templates/', import.meta.url);

/** Loads the newest shipped list (divisions-YYYY-MM-DD.csv) if there is none yet. */
export async function ensureDivisions(deps: Deps): Promise<void> {
  if ((await deps.storage.countDivisions()) > 0) return;
  const lists = (await readdir(shippedLists)).filter((f) => /^divisions-\d{4}-\d{2}-\d{2}\.csv$/.test(f));
  const fileName = lists.sort().at(-1);
  if (fileName === undefined) return;
  await importDivisions(deps, systemActor, {
    asOf: fileName.slice('divisions-'.length, -'.csv'.length),
    fileName,
    source: createReadStream(new URL(fileName, shippedLists)),
  });
}
