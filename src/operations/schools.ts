/** The county's list of schools. A list with a fault changes nothing: half a list of schools would let half a roll through. */
import { AppError, type Issue } from '../domain/errors.ts';
import { assertMay, type Actor } from '../domain/fieldwork/permissions.ts';
import { mapSchoolHeader } from '../domain/fieldwork/roll/header.ts';
import {
  createSchoolRowParser,
  resolveParents,
  type SchoolEntry,
} from '../domain/fieldwork/roll/school-row.ts';
import type { HiddenRows } from '../domain/fieldwork/roll/table.ts';
import type { CampaignId, CountyCode } from '../domain/ids.ts';
import type { RowFault, School } from '../storage/port.ts';
import { readTable } from '../tabular/read.ts';
import { createBreather } from './breathe.ts';
import { stamp, type Deps } from './deps.ts';
import { getCampaignCounty } from './lookup.ts';
import { readSheets } from './sheets.ts';

const maxRows = 20_000;

export interface UploadedFile {
  /** As the sender named it. */
  readonly fileName: string;
  readonly source: AsyncIterable<Uint8Array>;
  /** Whether hidden and filtered rows of a workbook are read; they are if not given. */
  readonly hiddenRows?: HiddenRows | undefined;
}

export interface SchoolImport {
  /** None if there is a fault. */
  readonly saved: number;
  readonly faults: readonly RowFault[];
  /** What was read although it is hidden, what was not read; of a workbook with several sheets, each sheet. */
  readonly warnings: readonly Issue[];
}

/**
 * A list with a fault saves nothing.
 * @throws AppError conflict `frame.frozen`; invalid `roll.header.…`, `tabular.…`; too-large
 */
export async function importSchools(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  code: CountyCode,
  file: UploadedFile,
): Promise<SchoolImport> {
  assertMay(actor, 'roll.prepare', code);
  const { campaign, county } = await getCampaignCounty(deps, actor, id, code);
  if (campaign.state !== 'draft' || county.frameState !== 'preparing')
    throw new AppError('conflict', 'frame.frozen');
  const known = await deps.storage.listSchools(id, code);
  const { entries, faults, warnings } = await readSchools(file);
  const { parents, faults: parentFaults } = resolveParents([
    ...entries.map((e) => e.entry),
    ...known.filter((s) => !entries.some((e) => e.entry.id === s.id)).map(asEntry),
  ]);
  for (const { school, field, message, params } of parentFaults) {
    const at = entries.find((e) => e.entry.id === school);
    if (at) faults.push({ row: at.row, sheet: at.sheet, field, message, params: params ?? {} });
  }
  if (faults.length > 0) return { saved: 0, faults, warnings };
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
  return { saved: schools.length, faults: [], warnings };
}

interface PlacedEntry {
  readonly row: number;
  readonly sheet: string;
  readonly entry: SchoolEntry;
}

async function readSchools(
  file: UploadedFile,
): Promise<{ entries: PlacedEntry[]; faults: RowFault[]; warnings: readonly Issue[] }> {
  const entries: PlacedEntry[] = [];
  const faults: RowFault[] = [];
  const breathe = createBreather();
  const items = readTable(file.source, {
    fileName: file.fileName,
    maxRows,
    ...(file.hiddenRows && { hiddenRows: file.hiddenRows }),
  });
  const warnings = await readSheets(items, mapSchoolHeader, (mapping) => {
    const parser = createSchoolRowParser(mapping);
    return (row) => {
      const read = parser.parse(row);
      if (read.kind === 'entry') entries.push({ row: read.row, sheet: read.sheet, entry: read.entry });
      if (read.kind === 'fault')
        faults.push(
          ...read.faults.map((f) => ({ ...f, row: read.row, sheet: read.sheet, params: f.params ?? {} })),
        );
      return breathe();
    };
  });
  return { entries, faults, warnings };
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
