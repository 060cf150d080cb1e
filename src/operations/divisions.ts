/** The dated list of county-level divisions (GB/T 2260), against which county codes are checked. It changes yearly and is replaced whole. */
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { z } from 'zod';
import { AppError } from '../domain/errors.ts';
import { assertMay, systemActor, type Actor } from '../domain/fieldwork/permissions.ts';
import { cellText } from '../domain/fieldwork/roll/table.ts';
import { countyCodeSchema, type CountyCode } from '../domain/ids.ts';
import { readTable } from '../tabular/read.ts';
import { stamp, type Deps } from './deps.ts';
import type { UploadedFile } from './schools.ts';

const maxRows = 20_000;
const maxFaults = 50;

/**
 * A table with a column 代码/code and a column 名称/name, one row a county. Nothing is replaced unless every row is right.
 * @param asOf day for which the list holds, YYYY-MM-DD
 * @returns how many counties the list has
 * @throws AppError invalid `divisions.as-of`, `divisions.header`, `divisions.invalid` with one issue a faulty row
 */
export async function importDivisions(
  deps: Deps,
  actor: Actor,
  list: UploadedFile & { readonly asOf: string },
): Promise<number> {
  assertMay(actor, 'divisions.import');
  if (!z.iso.date().safeParse(list.asOf).success) throw new AppError('invalid', 'divisions.as-of');
  const rows = await readDivisions(list);
  await deps.storage.replaceDivisions(stamp(deps, actor), { asOf: list.asOf, rows });
  return rows.length;
}

async function readDivisions(file: UploadedFile): Promise<{ code: CountyCode; name: string }[]> {
  const found = new Map<CountyCode, string>();
  const issues: { path: string; message: string; params: { code: string } }[] = [];
  let columns: { code: number; name: number } | undefined;
  for await (const row of readTable(file.source, { fileName: file.fileName, maxRows })) {
    const texts = row.cells.map((cell) => cellText(cell));
    if (!columns) {
      const code = texts.findIndex((t) => /^(?:code|代码|行政区划代码|区划代码)$/i.test(t));
      const name = texts.findIndex((t) => /^(?:name|名称|单位名称|行政区划名称)$/i.test(t));
      if (code >= 0 && name >= 0) columns = { code, name };
      continue;
    }
    const [text, name] = [texts[columns.code] ?? '', texts[columns.name] ?? ''];
    if (text === '' && name === '') continue;
    const code = countyCodeSchema.safeParse(text);
    const isRight = code.success && !found.has(code.data) && name !== '' && name.length <= 60;
    if (isRight) found.set(code.data, name);
    else if (issues.length < maxFaults)
      issues.push({ path: `row ${row.row}`, message: 'divisions.row', params: { code: text.slice(0, 20) } });
  }
  if (!columns || (found.size === 0 && issues.length === 0))
    throw new AppError('invalid', 'divisions.header');
  if (issues.length > 0) throw new AppError('invalid', 'divisions.invalid', { issues });
  return [...found].map(([code, name]) => ({ code, name }));
}

const shippedLists = new URL('../../survey-templates/', import.meta.url);

/** Loads the newest list that the program brings along (divisions-YYYY-MM-DD.csv) if there is none yet. */
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
