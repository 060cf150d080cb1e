/** Rows that were not accepted: to be downloaded, corrected and sent again. */
import type { Actor } from '../../domain/campaign/permissions.ts';
import type { FrameField } from '../../domain/frame/roll/header.ts';
import { cellText } from '../../domain/frame/roll/table.ts';
import type { RowFault } from '../../domain/model/import.ts';
import type { RollFile } from '../../domain/model/roll-file.ts';
import type { Language } from '../../domain/model/vocabulary.ts';
import { csvChunks } from '../../tabular/write.ts';
import { translator } from '../../texts/texts.ts';
import { stamp, type Deps } from '../deps.ts';
import {
  choicesOf,
  contactsKeyOf,
  getOwnFile,
  getStoredFile,
  keptRows,
  sealPage,
  unsealPage,
} from './kept-rows.ts';

const faultsAtOnce = 1_000;
/** Rows that were left out and are kept for download. */
const keptLeftOut = 20_000;

interface LeftOutRow {
  readonly sheet: string;
  readonly row: number;
  /** By `leftOutFields`. */
  readonly cells: readonly string[];
  readonly remedy: readonly { readonly message: string; readonly params: RowFault['params'] }[];
}
const leftOutFields = ['school', 'schoolCode', 'grade', 'phone'] as const satisfies readonly FrameField[];

async function findLeftOut(
  deps: Deps,
  file: RollFile,
  key: Uint8Array,
  importId: string,
): Promise<readonly LeftOutRow[]> {
  const faults = new Map<string, RowFault[]>();
  for (let after = 0; faults.size < keptLeftOut;) {
    const page = await deps.storage.listFaults(importId, after, faultsAtOnce);
    for (const fault of page) {
      const place = `${fault.sheet}\0${fault.row}`;
      faults.set(place, [...(faults.get(place) ?? []), fault]);
    }
    const last = page.at(-1);
    if (last === undefined || page.length < faultsAtOnce) break;
    after = last.no;
  }
  if (faults.size === 0) return [];
  const choices = choicesOf(file, key);
  const rows: LeftOutRow[] = [];
  for await (const { sheet, row } of keptRows(deps, file, key, choices.cells)) {
    const own = faults.get(`${row.sheet}\0${row.row}`);
    if (!own) continue;
    const layout = file.content?.sheets[sheet]?.layout ?? 0;
    const columns = file.content?.layouts[layout] ?? [];
    const fields = choices.layouts[layout] ?? [];
    rows.push({
      sheet: row.sheet,
      row: row.row,
      cells: leftOutFields.map((field) =>
        columns
          .filter((_c, position) => fields[position] === field)
          .map((c) => cellText(row.cells[c.index]))
          .filter((text) => text !== '')
          .join('、'),
      ),
      remedy: own.map(({ message, params }) => ({ message, params })),
    });
  }
  return rows;
}

/** Its rows are erased, now that they are on the roll; those left out stay for download until the freeze. */
export async function closeAppliedFile(
  deps: Deps,
  actor: Actor,
  id: string,
  importId: string,
): Promise<void> {
  const file = await getStoredFile(deps, id);
  if (file.state === 'closed') {
    // The process stopped between the mark and the end of erasing.
    await deps.storage.closeRollFile(stamp(deps, actor), id, 'applied');
    return;
  }
  const key = await contactsKeyOf(deps, actor, file);
  const rows = await findLeftOut(deps, file, key, importId);
  const leftOut =
    rows.length === 0 ? undefined : { rows: rows.length, sealed: sealPage(key, id, 'left-out', rows) };
  await deps.storage.closeRollFile(stamp(deps, actor), id, 'applied', leftOut);
}

/** Rows that were left out, or would be, as a CSV file to be corrected and sent again. */
export async function* leftOutFile(
  deps: Deps,
  actor: Actor,
  id: string,
  language: Language,
): AsyncGenerator<Uint8Array, void, undefined> {
  const file = await getOwnFile(deps, actor, 'roll.prepare', id);
  const key = await contactsKeyOf(deps, actor, file);
  const t = translator(language);
  let rows: readonly LeftOutRow[] = [];
  if (file.state === 'waiting' && file.import !== null)
    rows = await findLeftOut(deps, file, key, file.import);
  else {
    const [page] = await deps.storage.listRollFilePages(id, 0, 1);
    if (page && (file.content?.leftOut ?? 0) > 0) rows = unsealPage(key, id, 'left-out', page.sealed);
  }
  const header = [
    ...leftOutFields.map((field) => t(`roll.field.${field}`)),
    ...['sheet', 'row', 'remedy'].map((column) => t(`roll.fault-file.${column}`)),
  ];
  yield* csvChunks(
    header,
    rows.map((r) => [
      ...r.cells,
      r.sheet,
      r.row,
      r.remedy.map(({ message, params }) => t(message, params)).join(t('sentence.gap')),
    ]),
  );
}
