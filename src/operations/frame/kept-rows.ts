/** Rows of a file that waits for confirmation, sealed page by page under the contacts key, and a person's choices for it. */
import { gunzipSync, gzipSync } from 'node:zlib';
import { z } from 'zod';
import { assertMay, may, type Action, type Actor } from '../../domain/campaign/permissions.ts';
import { AppError } from '../../domain/errors.ts';
import { frameFields } from '../../domain/frame/roll/header.ts';
import type { CellMark, CellValue, TableRow } from '../../domain/frame/roll/table.ts';
import { schoolIdSchema } from '../../domain/model/ids.ts';
import type { FileChoices, RollFile } from '../../domain/model/roll-file.ts';
import { groupSchema } from '../../domain/model/vocabulary.ts';
import { seal, unseal } from '../../keys/seal.ts';
import { campaignKey, getVisibleCampaign } from '../campaign/lookup.ts';
import type { Deps } from '../deps.ts';

const pagesAtOnce = 4;

/** A stored row: sheet by its index, cells by their columns. */
export interface KeptRow {
  readonly s: number;
  readonly r: number;
  readonly c: readonly (readonly [number, CellValue])[];
  readonly m?: readonly (readonly [number, CellMark])[];
  readonly l?: { readonly from: number; readonly to: number };
}

export function keepCells(row: TableRow, s: number, kept: readonly number[]): KeptRow {
  const cells = kept.flatMap((i) => {
    const value = row.cells[i] ?? null;
    return value === null ? [] : [[i, value] as const];
  });
  const marks = [...(row.marks ?? [])].filter(([i]) => kept.includes(i));
  return {
    s,
    r: row.row,
    c: cells,
    ...(marks.length > 0 && { m: marks }),
    ...(row.lines && { l: row.lines }),
  };
}

const contextOf = (id: string, no: number | 'choices' | 'left-out') => `roll-file ${id} ${no}`;

export function sealPage(key: Uint8Array, id: string, no: number | 'left-out', rows: unknown): Uint8Array {
  return seal(key, contextOf(id, no), gzipSync(JSON.stringify(rows)));
}

export function unsealPage<T>(key: Uint8Array, id: string, no: number | 'left-out', sealed: Uint8Array): T {
  return JSON.parse(gunzipSync(unseal(key, contextOf(id, no), sealed)).toString('utf8')) as T;
}

/** The rows of a file as they were read, with a person's corrections. */
export async function* keptRows(
  deps: Deps,
  file: RollFile,
  key: Uint8Array,
  corrected: FileChoices['cells'] = {},
): AsyncGenerator<{ readonly sheet: number; readonly row: TableRow }, void, undefined> {
  const names = file.content?.sheets.map((s) => s.name) ?? [];
  const bySheetRow = new Map<string, [number, string][]>();
  for (const [place, text] of Object.entries(corrected)) {
    const [s, r, c] = place.split('/');
    const at = `${s}/${r}`;
    bySheetRow.set(at, [...(bySheetRow.get(at) ?? []), [Number(c), text]]);
  }
  for (let after = 0; ;) {
    const pages = await deps.storage.listRollFilePages(file.id, after, pagesAtOnce);
    for (const { no, sealed } of pages)
      for (const kept of unsealPage<readonly KeptRow[]>(key, file.id, no, sealed)) {
        const cells: CellValue[] = [];
        for (const [i, value] of kept.c) cells[i] = value;
        const marks = new Map(kept.m ?? []);
        for (const [i, text] of bySheetRow.get(`${kept.s}/${kept.r}`) ?? []) {
          cells[i] = text;
          marks.delete(i);
        }
        yield {
          sheet: kept.s,
          row: {
            sheet: names[kept.s] ?? '',
            row: kept.r,
            cells: Array.from(cells, (cell: CellValue | undefined) => cell ?? null),
            ...(marks.size > 0 && { marks }),
            ...(kept.l && { lines: kept.l }),
          },
        };
      }
    const last = pages.at(-1);
    if (last === undefined || pages.length < pagesAtOnce) return;
    after = last.no;
  }
}

export async function getStoredFile(deps: Deps, id: string): Promise<RollFile> {
  const found = await deps.storage.findRollFile(id);
  if (!found) throw new AppError('not-found', 'roll-file.not-found');
  return found;
}

/** A file of another county is treated as not found. */
export async function getOwnFile(deps: Deps, actor: Actor, action: Action, id: string): Promise<RollFile> {
  assertMay(actor, action);
  const found = await getStoredFile(deps, id);
  if (!may(actor, action, found.county)) throw new AppError('not-found', 'roll-file.not-found');
  return found;
}

export async function contactsKeyOf(deps: Deps, actor: Actor, file: RollFile): Promise<Uint8Array> {
  return campaignKey(deps, await getVisibleCampaign(deps, actor, file.campaign), 'contacts');
}

const choicesSchema = z.object({
  group: groupSchema.nullable(),
  layouts: z.array(z.array(z.enum(frameFields).nullable())),
  headed: z.array(z.int().nonnegative()).optional(),
  sheets: z.array(z.union([z.literal('skip'), schoolIdSchema]).nullable()),
  cells: z.record(z.string(), z.string()),
  system: z.enum(['6-3', '5-4']).optional(),
});

export function parseChoices(value: unknown): FileChoices {
  return choicesSchema.parse(value);
}

/** The choices made, or the file's own suggestions; a group is never suggested. */
export function choicesOf(file: RollFile, key: Uint8Array): FileChoices {
  if (file.choices !== null)
    return choicesSchema.parse(
      JSON.parse(Buffer.from(unseal(key, contextOf(file.id, 'choices'), file.choices)).toString('utf8')),
    );
  const { layouts = [], sheets = [] } = file.content ?? {};
  return {
    group: null,
    layouts: layouts.map((columns) => columns.map((c) => c.guess)),
    sheets: sheets.map((s) => {
      const hasPhone = layouts[s.layout]?.some((c) => c.guess === 'phone') === true;
      // A sheet of explanations, or a list of schools.
      return hasPhone || sheets.length === 1 ? s.school : 'skip';
    }),
    cells: {},
  };
}

export function sealChoices(file: string, key: Uint8Array, choices: FileChoices): Uint8Array {
  return seal(key, contextOf(file, 'choices'), JSON.stringify(choices));
}
