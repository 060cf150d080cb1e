/**
 * The school table of the yearly report, from a spreadsheet. A table with a fault is refused as a whole, with cell and remedy,
 * like rolls.
 */
import { AppError, type Issue } from '../../domain/errors.ts';
import { assertMay, type Actor } from '../../domain/campaign/permissions.ts';
import { scoreHeader } from '../../domain/frame/roll/header.ts';
import { schoolKey } from '../../domain/frame/roll/school-index.ts';
import { computeBalance } from '../../domain/inspection/balance.ts';
import {
  createTableRowParser,
  findRepeated,
  tableHeader,
  type PlacedSchoolRow,
} from '../../domain/inspection/read-school-table.ts';
import type { Regime } from '../../domain/inspection/regime.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { RowFault } from '../../domain/model/import.ts';
import { readTable } from '../../tabular/read.ts';
import { createYielder } from '../yield-to-event-loop.ts';
import type { Deps } from '../deps.ts';
import type { UploadedFile } from '../frame/schools.ts';
import { readSheets } from '../frame/sheets.ts';
import { changeInspection } from './inspection.ts';
import { viewInspection } from './documents.ts';

export interface TableImport {
  /** None if there is a fault. */
  readonly saved: number;
  readonly faults: readonly RowFault[];
  readonly warnings: readonly Issue[];
}

const maxRows = 5000;

/** @throws AppError conflict `inspection.no-regime`; invalid `inspection.table.header…`, `roll.header.…`, `tabular.…`, `inspection.reason`; too-large */
export async function importSchoolTable(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  code: CountyCode,
  file: UploadedFile,
  reason?: string,
): Promise<TableImport> {
  assertMay(actor, 'inspection.enter', code);
  const { documents } = await viewInspection(deps, actor, id, code);
  const { regime } = documents.rules.body;
  if (regime === null) throw new AppError('conflict', 'inspection.no-regime');
  const read = await readSchoolTable(file, regime);
  if (read.faults.length > 0) return { saved: 0, faults: read.faults, warnings: read.warnings };
  const rows = read.rows.map((r) => r.entry);
  if (rows.length === 0) throw new AppError('invalid', 'inspection.table.empty');
  const listed = await deps.storage.listSchools(id, code);
  const known = new Set(listed.flatMap((s) => [s.name, ...s.aliases]).map(schoolKey));
  const inTable = new Set(rows.map((r) => schoolKey(r.name)));
  const unknown = listed.length === 0 ? [] : rows.filter((r) => !known.has(schoolKey(r.name)));
  const missing = listed.filter((s) => ![s.name, ...s.aliases].some((n) => inTable.has(schoolKey(n))));
  const named = (schools: readonly { readonly name: string }[]) =>
    schools
      .slice(0, 5)
      .map((s) => s.name)
      .join('、');
  const warnings: Issue[] = [...read.warnings];
  if (unknown.length > 0)
    warnings.push({
      path: 'name',
      message: 'inspection.table.unlisted',
      params: { count: unknown.length, schools: named(unknown) },
    });
  if (missing.length > 0)
    warnings.push({
      path: 'name',
      message: 'inspection.table.missing',
      params: { count: missing.length, schools: named(missing) },
    });
  const poor = computeBalance(rows, regime.balance).stages.some((s) =>
    s.indicators.some((i) => i.indicator.of === 'instruments' && i.value !== null && i.mean < 20),
  );
  if (poor) warnings.push({ path: 'instruments', message: 'inspection.table.ten-thousands' });
  const fileName = file.fileName.trim().slice(0, 255);
  await changeInspection(
    deps,
    actor,
    id,
    code,
    'schools',
    { do: 'put', file: fileName === '' ? null : fileName, rows },
    { reason },
  );
  return { saved: rows.length, faults: [], warnings };
}

async function readSchoolTable(
  file: UploadedFile,
  regime: Regime,
): Promise<{
  readonly rows: readonly PlacedSchoolRow[];
  readonly faults: readonly RowFault[];
  readonly warnings: readonly Issue[];
}> {
  const kind = tableHeader(regime);
  const needed = [...new Set(regime.balance.indicators.map((i) => i.of))];
  const rows: PlacedSchoolRow[] = [];
  const faults: RowFault[] = [];
  const yieldToEventLoop = createYielder();
  const items = readTable(file.source, {
    fileName: file.fileName,
    maxRows,
    score: (head) => scoreHeader(head, kind),
    ...(file.hiddenRows && { hiddenRows: file.hiddenRows }),
  });
  const warnings = await readSheets(items, { kind }, (mapping) => {
    const parse = createTableRowParser(mapping, needed);
    return (row) => {
      const read = parse(row);
      faults.push(...read.faults);
      if (read.entry) rows.push(read.entry);
      return yieldToEventLoop();
    };
  }).catch(withOwnRemedy);
  faults.push(...findRepeated(rows));
  return { rows, faults: faults.sort((a, b) => a.row - b.row), warnings };
}

/** The columns of a roll can be chosen by hand, those of this table cannot. */
function withOwnRemedy(error: unknown): never {
  const own =
    error instanceof AppError
      ? {
          'roll.header.none': 'inspection.table.header',
          'roll.header.missing.name': 'inspection.table.header.name',
        }[error.message]
      : undefined;
  throw own === undefined ? error : new AppError('invalid', own, { params: (error as AppError).params });
}
