/**
 * Roll files that wait for confirmation. A file is read once: cells of columns that a roll may need are sealed under the contacts
 * key, page by page; the rest never leaves the reader. A person then chooses group and columns. An import is staged from the
 * sealed rows, as often as necessary.
 */
import { assertMay, may, type Actor } from '../../domain/campaign/permissions.ts';
import { AppError, type Issue } from '../../domain/errors.ts';
import { waitingDays } from '../../domain/frame/decide-roll-file.ts';
import { createFrameRowParser, type FrameRowParser } from '../../domain/frame/roll/frame-row.ts';
import { frameFields, type FrameField } from '../../domain/frame/roll/header.ts';
import { createSchoolIndex } from '../../domain/frame/roll/school-index.ts';
import { cellText, type CellValue, type TableRow } from '../../domain/frame/roll/table.ts';
import { maskPhone } from '../../domain/messaging/phone.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { RollImport, RowFault } from '../../domain/model/import.ts';
import { cellKey, type FileChoices, type FileContent, type RollFile } from '../../domain/model/roll-file.ts';
import type { School } from '../../domain/model/school.ts';
import { countyLevelGroups, type Group } from '../../domain/model/vocabulary.ts';
import { createYielder } from '../yield-to-event-loop.ts';
import { campaignKey, getCampaignCounty, questionnaireOf } from '../campaign/lookup.ts';
import { stamp, type Deps } from '../deps.ts';
import { claimJob } from '../jobs.ts';
import { choicesOf, contactsKeyOf, getOwnFile, keptRows, parseChoices, sealChoices } from './kept-rows.ts';
import { beginStaging } from './staging.ts';

const shownCharacters = 24;
const previewRows = 3;

/** Newest first, each with its staged import. */
export async function listRollFiles(
  deps: Deps,
  actor: Actor,
  campaign: CampaignId,
  county: CountyCode,
): Promise<readonly { readonly file: RollFile; readonly staged: RollImport | null }[]> {
  assertMay(actor, 'roll.view', county);
  await getCampaignCounty(deps, actor, campaign, county);
  const imports = new Map((await deps.storage.listImports(campaign, county)).map((i) => [i.id, i]));
  return (await deps.storage.listRollFiles(campaign, county)).map((file) => ({
    file,
    staged: file.import === null ? null : (imports.get(file.import) ?? null),
  }));
}

export interface PreviewRow {
  readonly sheet: string;
  readonly row: number;
  /** By the layout's columns; null: not kept. */
  readonly cells: readonly (string | null)[];
}

export interface FileFault {
  readonly sheetNo: number;
  readonly fault: RowFault;
  /** 0-based; null: the fault concerns the row, and cannot be corrected in place. */
  readonly column: number | null;
  /** Content of the cell; null for accounts that may not prepare the roll. */
  readonly cell: string | null;
}

export interface FileView {
  readonly file: RollFile;
  readonly choices: FileChoices;
  readonly staged: RollImport | null;
  /** By layout. */
  readonly preview: readonly (readonly PreviewRow[])[];
  /** The first ones of the staged import. */
  readonly faults: readonly FileFault[];
}

/** @param limit of faults */
export async function viewRollFile(deps: Deps, actor: Actor, id: string, limit: number): Promise<FileView> {
  const file = await getOwnFile(deps, actor, 'roll.view', id);
  const key = await contactsKeyOf(deps, actor, file);
  const choices = choicesOf(file, key);
  const staged = file.import === null ? null : ((await deps.storage.findImport(file.import)) ?? null);
  const faults = staged?.state === 'staged' ? await deps.storage.listFaults(staged.id, 0, limit) : [];
  const { layouts = [], sheets = [] } = file.content ?? {};
  const wanted = new Set(faults.map((f) => `${f.sheet}\0${f.row}`));
  const found = new Map<string, { readonly sheet: number; readonly row: TableRow }>();
  const preview: PreviewRow[][] = layouts.map(() => []);
  if (file.state === 'waiting')
    for await (const at of keptRows(deps, file, key, choices.cells)) {
      const place = `${at.row.sheet}\0${at.row.row}`;
      if (wanted.has(place)) found.set(place, at);
      const layout = sheets[at.sheet]?.layout ?? -1;
      const shown = preview[layout];
      if (shown && shown.length < previewRows)
        shown.push({
          sheet: at.row.sheet,
          row: at.row.row,
          cells: (layouts[layout] ?? []).map((c) => (c.isKept ? masked(at.row.cells[c.index]) : null)),
        });
      if (found.size === wanted.size && preview.every((rows) => rows.length > 0) && found.size > 0) break;
      if (wanted.size === 0 && preview.every((rows) => rows.length >= previewRows)) break;
    }
  const mayPrepare = may(actor, 'roll.prepare', file.county);
  return {
    file,
    choices,
    staged,
    preview,
    faults: faults.map(({ no: _no, ...fault }): FileFault => {
      const at = found.get(`${fault.sheet}\0${fault.row}`);
      const letters = fault.params['column'];
      const column = typeof letters === 'string' ? columnIndex(letters) : null;
      return {
        sheetNo: at?.sheet ?? sheets.findIndex((s) => s.name === fault.sheet),
        fault,
        column,
        cell: column === null || at === undefined || !mayPrepare ? null : cellText(at.row.cells[column]),
      };
    }),
  };
}

function columnIndex(letters: string): number {
  return [...letters].reduce((n, letter) => n * 26 + letter.charCodeAt(0) - 64, 0) - 1;
}

function masked(cell: CellValue | undefined): string {
  const text = cellText(cell).replace(/\d(?:[\s-]?\d){6,}/g, maskPhone);
  const characters = [...text];
  return characters.length > shownCharacters ? `${characters.slice(0, shownCharacters - 1).join('')}…` : text;
}

/**
 * Stages the file's rows with a person's choices; an earlier import staged from it is discarded.
 * @param isCurrent refuses choices made on another state of the file's import, such as those of a second person
 * @throws AppError conflict `roll-file.state`, `roll-file.changed`, `frame.frozen`, `roll.handed-in`; invalid `roll-file.choose`
 * with each field's fault
 */
export async function checkRollFile(
  deps: Deps,
  actor: Actor,
  id: string,
  chosen: FileChoices,
  expected: string | null | undefined = undefined,
): Promise<{ readonly id: string; readonly done: Promise<RollImport> }> {
  const file = await getOwnFile(deps, actor, 'roll.prepare', id);
  if (file.state !== 'waiting' || file.content === null)
    throw new AppError('conflict', 'roll-file.state', { params: { state: file.state } });
  if (expected !== undefined && expected !== file.import) throw new AppError('conflict', 'roll-file.changed');
  const { campaign } = await getCampaignCounty(deps, actor, file.campaign, file.county);
  const { content } = file;
  const choices = {
    ...parseChoices(chosen),
    ...(file.school !== null && { sheets: ownSchool(file) }),
  };
  const group = assertChosen(content, choices, (g) => questionnaireOf(campaign, g) !== undefined);
  const key = campaignKey(deps, campaign, 'contacts');
  const schools = await deps.storage.listSchools(file.campaign, file.county);
  if (file.import !== null) {
    const before = await deps.storage.findImport(file.import);
    if (before?.state === 'staged' || before?.state === 'reading')
      await deps.storage.discardImport(stamp(deps, actor), before.id);
  }
  const target = {
    campaign: file.campaign,
    county: file.county,
    group,
    fileName: file.fileName,
    lateReason: null,
    file: id,
  };
  const staging = await beginStaging(deps, actor, target, schools, async (rows, job) => {
    const parsers = parsersOf(file, choices, group, schools);
    const yieldToEventLoop = createYielder();
    const begun = new Set<number>();
    for await (const { sheet, row } of keptRows(deps, file, key, choices.cells)) {
      const parser = parsers[sheet];
      const isFirst = !begun.has(sheet);
      begun.add(sheet);
      if (!parser || (isFirst && isHeaded(content, choices, sheet))) continue;
      job.done += 1;
      rows.take(parser.parse(row));
      if (rows.isFull()) await rows.flush();
      await yieldToEventLoop();
    }
    for (const columns of content.layouts) rows.unmapped(columns.filter((c) => !c.isKept).length);
    return { hash: file.fileHash ?? '', notices: content.notices };
  });
  await deps.storage.saveFileChoices(id, sealChoices(id, key, choices), staging.id);
  return staging;
}

/** Whether a person marked the first row of the sheet as a header that was not recognised. */
function isHeaded({ sheets }: FileContent, { headed = [] }: FileChoices, sheet: number): boolean {
  const { layout = -1, headerRow } = sheets[sheet] ?? {};
  return headerRow === 0 && headed.includes(layout);
}

function ownSchool({ content, school }: RollFile): FileChoices['sheets'] {
  return content?.sheets.map(() => school) ?? [];
}

/** @returns the group @throws AppError invalid `roll-file.choose` */
function assertChosen(content: FileContent, choices: FileChoices, isAsked: (group: Group) => boolean): Group {
  const issues: Issue[] = [];
  const { group } = choices;
  if (group === null || !isAsked(group)) issues.push({ path: 'group', message: 'roll-file.group' });
  const read = content.sheets
    .map((sheet, i) => ({ sheet, i }))
    .filter(({ i }) => choices.sheets[i] !== 'skip');
  if (read.length === 0) issues.push({ path: 'sheet-0', message: 'roll-file.no-sheet' });
  const used = [...new Set(read.map(({ sheet }) => sheet.layout))];
  for (const layout of used) {
    const fields = choices.layouts[layout] ?? [];
    if (group !== 'student' && !fields.includes('phone'))
      issues.push({ path: `layout-${layout}`, message: 'roll-file.phone' });
    for (const field of frameFields)
      if (field !== 'phone' && fields.filter((f) => f === field).length > 1)
        issues.push({ path: `layout-${layout}`, message: `roll-file.twice.${field}` });
    const notKept = fields.some((f, c) => f !== null && content.layouts[layout]?.[c]?.isKept !== true);
    if (notKept) issues.push({ path: `layout-${layout}`, message: 'roll-file.not-kept' });
  }
  if (group !== null && !countyLevelGroups.has(group))
    for (const { sheet, i } of read) {
      const fields = choices.layouts[sheet.layout] ?? [];
      if (choices.sheets[i] === null && !fields.includes('school') && !fields.includes('schoolCode'))
        issues.push({
          path: `sheet-${i}`,
          message: sheet.name === '' ? 'roll-file.file-school' : 'roll-file.sheet-school',
          params: { sheet: sheet.name, rows: sheet.rows },
        });
    }
  if (issues.length > 0) throw new AppError('invalid', 'roll-file.choose', { issues });
  return group as Group;
}

/** By sheet; null: it is not read. */
function parsersOf(
  file: RollFile,
  choices: FileChoices,
  group: Group,
  schools: readonly School[],
): readonly (FrameRowParser | null)[] {
  const { layouts, sheets } = file.content!;
  const index = createSchoolIndex(schools);
  return sheets.map((sheet, i) => {
    const school = choices.sheets[i] ?? null;
    if (school === 'skip') return null;
    const fields = choices.layouts[sheet.layout] ?? [];
    const columns = Object.fromEntries(
      frameFields.map((field) => [
        field,
        (layouts[sheet.layout] ?? [])
          .filter((_c, position) => fields[position] === field)
          .map((c) => c.index),
      ]),
    ) as Record<FrameField, number[]>;
    return createFrameRowParser({
      group,
      schools: index,
      // The header's rows were not kept.
      mapping: { headerRow: 0, columns, unmapped: 0 },
      ...(choices.system && { system: choices.system }),
      ...(school !== null && { school: { id: school, isOnly: file.school !== null } }),
    });
  });
}

/**
 * Corrects cells in place and checks the file again.
 * @throws AppError as checkRollFile
 */
export async function correctRollFile(
  deps: Deps,
  actor: Actor,
  id: string,
  cells: readonly {
    readonly sheet: number;
    readonly row: number;
    readonly column: number;
    readonly text: string;
  }[],
  expected?: string | null,
): Promise<{ readonly id: string; readonly done: Promise<RollImport> }> {
  const file = await getOwnFile(deps, actor, 'roll.prepare', id);
  const choices = choicesOf(file, await contactsKeyOf(deps, actor, file));
  const added = Object.fromEntries(
    cells.map(({ sheet, row, column, text }) => [cellKey(sheet, row, column), text.slice(0, 200)]),
  );
  return checkRollFile(deps, actor, id, { ...choices, cells: { ...choices.cells, ...added } }, expected);
}

/** Deletes the file and its staged import. */
export async function discardRollFile(deps: Deps, actor: Actor, id: string): Promise<void> {
  const file = await getOwnFile(deps, actor, 'roll.prepare', id);
  await forgetStaged(deps, actor, file);
  await deps.storage.closeRollFile(stamp(deps, actor), id, 'discarded');
}

async function forgetStaged(deps: Deps, actor: Actor, file: RollFile): Promise<void> {
  if (file.import === null || file.state === 'closed') return;
  const staged = await deps.storage.findImport(file.import);
  if (staged?.state === 'staged' || staged?.state === 'reading')
    await deps.storage.discardImport(stamp(deps, actor), staged.id);
}

const day = 86_400_000;

/** At start and once an hour: deletes interrupted files, and files that nobody has confirmed for a week. */
export async function expireRollFiles(deps: Deps, actor: Actor, isStart = false): Promise<void> {
  const before = deps.now() - waitingDays * day;
  for (const file of await deps.storage.listStaleRollFiles(before)) {
    if (file.at >= before && !isStart) continue;
    const own = await claimJob(deps, file.id);
    if (own === null) continue;
    try {
      await forgetStaged(deps, actor, file);
      await deps.storage.closeRollFile(stamp(deps, actor), file.id, 'expired');
    } catch (err) {
      deps.log.error({ err, file: file.id }, 'roll-file.expire-failed');
    } finally {
      await own.release();
    }
  }
}
