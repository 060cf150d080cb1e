/** The county's list of schools. A list with a fault changes nothing: half a list of schools would let half a roll through. */
import { AppError } from '../domain/errors.ts';
import { assertMay, type Actor } from '../domain/fieldwork/permissions.ts';
import { HEADER_WITHIN, mapSchoolHeader } from '../domain/fieldwork/roll/header.ts';
import {
  createSchoolRowParser,
  resolveParents,
  type SchoolEntry,
} from '../domain/fieldwork/roll/school-row.ts';
import type { TableRow } from '../domain/fieldwork/roll/table.ts';
import type { CampaignId, CountyCode } from '../domain/ids.ts';
import type { RowFault, School } from '../storage/port.ts';
import { readTable } from '../tabular/read.ts';
import { createBreather } from './breathe.ts';
import { stamp, type Deps } from './deps.ts';
import { getCampaignCounty } from './lookup.ts';
import { splitSheets } from './sheets.ts';

const maxRows = 20_000;

export interface UploadedFile {
  /** As the sender named it. */
  readonly fileName: string;
  readonly source: AsyncIterable<Uint8Array>;
}

/**
 * @returns how many schools were saved (none if there is a fault) and every fault.
 * @throws AppError conflict `frame.frozen`; invalid `roll.header.…`, `tabular.…`; too-large
 */
export async function importSchools(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  code: CountyCode,
  file: UploadedFile,
): Promise<{ readonly saved: number; readonly faults: readonly RowFault[] }> {
  assertMay(actor, 'roll.prepare', code);
  const { campaign, county } = await getCampaignCounty(deps, actor, id, code);
  if (campaign.state !== 'draft' || county.frameState !== 'preparing')
    throw new AppError('conflict', 'frame.frozen');
  const known = await deps.storage.listSchools(id, code);
  const { entries, faults } = await readSchools(file);
  const { parents, faults: parentFaults } = resolveParents([
    ...entries.map((e) => e.entry),
    ...known.filter((s) => !entries.some((e) => e.entry.id === s.id)).map(asEntry),
  ]);
  for (const { school, field, message, params } of parentFaults) {
    const at = entries.find((e) => e.entry.id === school);
    if (at) faults.push({ row: at.row, sheet: at.sheet, field, message, params: params ?? {} });
  }
  if (faults.length > 0) return { saved: 0, faults };
  const schools = entries.map(({ entry }): School => {
    const { id: school, name, location, level, pupils, staff } = entry;
    return {
      id: school,
      name,
      category: entry.category ?? 'other',
      location,
      level,
      ownership: entry.ownership ?? 'public',
      pupils,
      staff,
      township: entry.township ?? '',
      parent: parents.get(school) ?? null,
    };
  });
  await deps.storage.putSchools(stamp(deps, actor), id, code, schools);
  return { saved: schools.length, faults: [] };
}

interface PlacedEntry {
  readonly row: number;
  readonly sheet: string;
  readonly entry: SchoolEntry;
}

async function readSchools(file: UploadedFile): Promise<{ entries: PlacedEntry[]; faults: RowFault[] }> {
  const entries: PlacedEntry[] = [];
  const faults: RowFault[] = [];
  const breathe = createBreather();
  const rows = readTable(file.source, { fileName: file.fileName, maxRows });
  let unread: AppError | undefined;
  let sheets = 0;
  for await (const { head, rest } of splitSheets(rows, HEADER_WITHIN)) {
    const mapping = mapSchoolHeader(head);
    if (!mapping.ok) {
      unread ??= new AppError('invalid', mapping.fault.message, { params: mapping.fault.params ?? {} });
      continue;
    }
    sheets += 1;
    const parser = createSchoolRowParser(mapping);
    const take = (row: TableRow) => {
      const read = parser.parse(row);
      if (read.kind === 'entry') entries.push({ row: read.row, sheet: read.sheet, entry: read.entry });
      if (read.kind === 'fault')
        faults.push(
          ...read.faults.map((f) => ({ ...f, row: read.row, sheet: read.sheet, params: f.params ?? {} })),
        );
    };
    head.forEach(take);
    for await (const row of rest) {
      take(row);
      await breathe();
    }
  }
  if (sheets === 0 && unread) throw unread;
  return { entries, faults };
}

function asEntry(school: School): SchoolEntry {
  return { ...school, code: null, aliases: [] };
}

export async function listSchools(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  code: CountyCode,
): Promise<readonly School[]> {
  assertMay(actor, 'roll.view', code);
  await getCampaignCounty(deps, actor, id, code);
  return deps.storage.listSchools(id, code);
}
