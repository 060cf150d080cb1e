/** The county's list of schools. A list with a fault changes nothing: half a list of schools would accept half a roll. */
import { z } from 'zod';
import { AppError, type Issue } from '../../domain/errors.ts';
import { lineSchema } from '../../domain/line.ts';
import {
  locationSchema,
  ownershipSchema,
  schoolCategorySchema,
  schoolLevelSchema,
} from '../../domain/model/vocabulary.ts';
import { assertMay, type Actor } from '../../domain/campaign/permissions.ts';
import {
  schoolHeader,
  scoreHeader,
  type MappingOverride,
  type SchoolField,
} from '../../domain/frame/roll/header.ts';
import { planSchools, type PlacedFault, type PlacedSchool } from '../../domain/frame/roll/school-plan.ts';
import { createSchoolRowParser } from '../../domain/frame/roll/school-row.ts';
import { columnLetters, type HiddenRows } from '../../domain/frame/roll/table.ts';
import { schoolIdSchema, type CampaignId, type CountyCode, type SchoolId } from '../../domain/model/ids.ts';
import type { RowFault } from '../../domain/model/import.ts';
import type { School } from '../../domain/model/school.ts';
import { readTable } from '../../tabular/read.ts';
import { createYielder } from '../yield-to-event-loop.ts';
import { stamp, type Deps } from '../deps.ts';
import { getCampaignCounty } from '../campaign/lookup.ts';
import { readSheets } from './sheets.ts';

const maxRows = 20_000;

export interface UploadedFile {
  /** As the sender named it. */
  readonly fileName: string;
  readonly source: AsyncIterable<Uint8Array>;
  /** Whether hidden and filtered rows of a workbook are read; default: yes. */
  readonly hiddenRows?: HiddenRows | undefined;
}

export interface SchoolFile extends UploadedFile {
  /** Chosen by a person for a file whose header is not recognised. */
  readonly mapping?: MappingOverride<SchoolField> | undefined;
}

export interface SchoolImport {
  /** Empty if there is a fault. */
  readonly saved: number;
  readonly faults: readonly RowFault[];
  /** What was read although it is hidden, and what was skipped; for a workbook with several sheets, each sheet. */
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
  file: SchoolFile,
): Promise<SchoolImport> {
  assertMay(actor, 'roll.prepare', code);
  const { campaign, county } = await getCampaignCounty(deps, actor, id, code);
  if (campaign.state !== 'draft' || county.frameState !== 'preparing')
    throw new AppError('conflict', 'frame.frozen');
  const read = await readSchools(file);
  const { warnings } = read;
  if (read.faults.length > 0) {
    // Only to report all faults at once; the storing transaction plans the changes.
    const known = await deps.storage.listSchools(id, code);
    const { faults } = planSchools(known, [...read.entries, ...read.faulty]);
    return { saved: 0, faults: read.inOrder([...read.faults, ...faults.map(asFault)]), warnings };
  }
  const plan = await deps.storage.putSchools(stamp(deps, actor), id, code, read.entries);
  const notes = (['location', 'category', 'coded'] as const)
    .filter((note) => plan.schools.length > 0 && plan.notes[note] > 0)
    .map((note): Issue => ({
      path: note === 'coded' ? 'code' : note,
      message: `roll.schools.${note}`,
      params: { schools: plan.notes[note] },
    }));
  const faults = read.inOrder(plan.faults.map(asFault));
  return { saved: plan.schools.length, faults, warnings: [...warnings, ...notes] };
}

function asFault(fault: PlacedFault): RowFault {
  return { ...fault, params: fault.params ?? {} };
}

/** @throws AppError not-found `school.not-found`; conflict `frame.frozen`, `roll.handed-in`; invalid with the field's fault */
export async function editSchool(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  code: CountyCode,
  school: SchoolId,
  raw: unknown,
): Promise<void> {
  assertMay(actor, 'roll.prepare', code);
  await getCampaignCounty(deps, actor, id, code);
  const parsed = editSchema.safeParse(raw);
  if (!parsed.success)
    throw new AppError('invalid', 'school.invalid', {
      issues: parsed.error.issues.map((issue) => {
        const path = String(issue.path[0] ?? '');
        return { path, message: `school.field.${path}` };
      }),
    });
  await deps.storage.editSchool(stamp(deps, actor), id, code, school, parsed.data);
}

const townshipSchema = z.union([z.literal(''), lineSchema(1, 100)]);
const countSchema = z.int().min(0).max(1_000_000).nullable();
const editSchema = z.strictObject({
  name: lineSchema(1, 100),
  aliases: z.array(lineSchema(1, 100)).max(20),
  category: schoolCategorySchema,
  location: locationSchema.nullable(),
  level: schoolLevelSchema.nullable(),
  ownership: ownershipSchema,
  pupils: countSchema,
  staff: countSchema,
  township: townshipSchema,
  parent: schoolIdSchema.nullable(),
});

/** @throws AppError not-found `school.not-found`; conflict `frame.frozen`, `school.used`, `school.has-points` */
export async function removeSchool(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  code: CountyCode,
  school: SchoolId,
): Promise<void> {
  assertMay(actor, 'roll.prepare', code);
  await getCampaignCounty(deps, actor, id, code);
  await deps.storage.removeSchool(stamp(deps, actor), id, code, school);
}

interface ReadSchools {
  readonly entries: readonly PlacedSchool[];
  readonly faults: readonly RowFault[];
  /** Entries of the rows with faults, as far as they could be read. */
  readonly faulty: readonly PlacedSchool[];
  readonly warnings: readonly Issue[];
  /** Faults as the file has their rows, each with the letter of its column. */
  readonly inOrder: (faults: readonly RowFault[]) => readonly RowFault[];
}

async function readSchools(file: SchoolFile): Promise<ReadSchools> {
  const entries: PlacedSchool[] = [];
  const faulty: PlacedSchool[] = [];
  const faults: RowFault[] = [];
  const columns = new Map<string, Readonly<Record<string, readonly number[]>>>();
  const yieldToEventLoop = createYielder();
  const items = readTable(file.source, {
    fileName: file.fileName,
    maxRows,
    score: (rows) => scoreHeader(rows, schoolHeader),
    ...(file.hiddenRows && { hiddenRows: file.hiddenRows }),
  });
  const warnings = await readSheets(items, { kind: schoolHeader, mapping: file.mapping }, (mapping) => {
    const parser = createSchoolRowParser(mapping);
    return (row) => {
      columns.set(row.sheet, mapping.columns);
      const read = parser.parse(row);
      const { row: number, sheet } = read;
      if (read.kind === 'entry') entries.push({ row: number, sheet, entry: read.entry });
      if (read.kind === 'fault') {
        if (read.entry !== null) faulty.push({ row: number, sheet, entry: read.entry });
        faults.push(...read.faults.map((f) => ({ ...f, row: number, sheet, params: f.params ?? {} })));
      }
      return yieldToEventLoop();
    };
  });
  const sheets = [...columns.keys()];
  const inOrder = (list: readonly RowFault[]) =>
    list
      .map((f) => {
        const column = columns.get(f.sheet)?.[f.field]?.[0];
        return column === undefined ? f : { ...f, params: { column: columnLetters(column), ...f.params } };
      })
      .sort((a, b) => sheets.indexOf(a.sheet) - sheets.indexOf(b.sheet) || a.row - b.row);
  return { entries, faults, faulty, warnings, inOrder };
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
