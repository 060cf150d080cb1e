/** Reads a roll file whose group is not known yet: only cells that a roll may need are stored, sealed. */
import { createHash } from 'node:crypto';
import { assertMay, type Actor } from '../../domain/campaign/permissions.ts';
import { AppError, type Issue } from '../../domain/errors.ts';
import { storedFileName } from '../../domain/file-name.ts';
import { refusedContent } from '../../domain/frame/decide-roll-file.ts';
import { classifyColumns, judgedRows, layoutKey } from '../../domain/frame/roll/columns.ts';
import { guessGroups } from '../../domain/frame/roll/guess-group.ts';
import { frameFields, frameHeader, scoreHeader, type FrameField } from '../../domain/frame/roll/header.ts';
import { createRepeatFinder, findTableBeside } from '../../domain/frame/roll/repeats.ts';
import { createSchoolIndex, schoolKey } from '../../domain/frame/roll/school-index.ts';
import { isNotice, type TableItem, type TableRow } from '../../domain/frame/roll/table.ts';
import type { CampaignId, CountyCode, SchoolId } from '../../domain/model/ids.ts';
import type { FileColumn, FileContent, FileSheet, RollFile } from '../../domain/model/roll-file.ts';
import type { School } from '../../domain/model/school.ts';
import type { Group } from '../../domain/model/vocabulary.ts';
import { readTable } from '../../tabular/read.ts';
import { createYielder } from '../yield-to-event-loop.ts';
import { campaignKey, getCampaignCounty } from '../campaign/lookup.ts';
import { stamp, type Deps } from '../deps.ts';
import { claimJob, startJob, type Job } from '../jobs.ts';
import { getStoredFile, keepCells, sealPage, type KeptRow } from './kept-rows.ts';
import type { UploadedFile } from './schools.ts';
import { hashBytes } from './hash-bytes.ts';

const rowsPerPage = 500;

export interface ReceivedFile {
  readonly id: string;
  /** Once every byte has come. */
  readonly received: Promise<void>;
  readonly done: Promise<RollFile>;
}

/**
 * Starts reading the file. A file that cannot be read is stored as refused, with the reason.
 * @param school of a file that came by a school's upload link
 * @throws AppError conflict `frame.frozen`, `roll.handed-in`, `roll.files-many`, `roll.no-schools`
 */
export async function receiveFile(
  deps: Deps,
  actor: Actor,
  file: UploadedFile & { readonly campaign: CampaignId; readonly county: CountyCode },
  school: SchoolId | null = null,
): Promise<ReceivedFile> {
  assertMay(actor, 'roll.prepare', file.county);
  const { campaign } = await getCampaignCounty(deps, actor, file.campaign, file.county);
  const schools = await deps.storage.listSchools(file.campaign, file.county);
  if (schools.length === 0) throw new AppError('conflict', 'roll.no-schools');
  const key = campaignKey(deps, campaign, 'contacts');
  const id = deps.newId();
  const fileName = storedFileName(file.fileName);
  const { campaign: campaignId, county } = file;
  const own = await claimJob(deps, id);
  try {
    await deps.storage.createRollFile(stamp(deps, actor), {
      id,
      campaign: campaignId,
      county,
      school,
      fileName,
    });
  } catch (error) {
    await own?.release();
    throw error;
  }
  let markReceived: () => void = () => undefined;
  const received = new Promise<void>((resolve) => (markReceived = resolve));
  const hash = createHash('sha256');
  const reading = async (job: Job) => {
    let content: FileContent;
    try {
      const source = hashBytes(file.source, hash, markReceived);
      const asked = [...new Set(campaign.questionnaires.flatMap((q) => q.groups))];
      content = await keepRows(
        deps,
        { ...file, fileName, source },
        { id, key, schools, school, asked },
        () => {
          job.done += 1;
        },
      );
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      content = refusedContent({ path: 'file', message: error.message, params: error.params });
    }
    await deps.storage.finishRollFile(stamp(deps, actor), id, hash.digest('hex'), content);
    return getStoredFile(deps, id);
  };
  const done = startJob(deps, id, reading, own);
  done.catch(() => undefined);
  return { id, received, done };
}

interface Keeping {
  readonly id: string;
  readonly key: Uint8Array;
  readonly schools: readonly School[];
  readonly school: SchoolId | null;
  readonly asked: readonly Group[];
}

async function keepRows(
  deps: Deps,
  file: UploadedFile,
  { id, key, schools, school, asked }: Keeping,
  count: () => void,
): Promise<FileContent> {
  const index = createSchoolIndex(schools);
  const layouts: (readonly FileColumn[])[] = [];
  const layoutOf = new Map<string, number>();
  const sheets: (Omit<FileSheet, 'rows'> & { rows: number })[] = [];
  const notices: Issue[] = [];
  const yieldToEventLoop = createYielder();
  let page: KeptRow[] = [];
  let pages = 0;
  const flush = async () => {
    if (page.length === 0) return;
    pages += 1;
    const rows = page;
    page = [];
    await deps.storage.saveRollFilePage(id, pages, sealPage(key, id, pages, rows));
  };
  const items = readTable(file.source, {
    fileName: file.fileName,
    score: (rows) => scoreHeader(rows, frameHeader('principal')),
    ...(file.hiddenRows && { hiddenRows: file.hiddenRows }),
  });
  for await (const { name, head, rest } of sheetsOf(items, (notice) => notices.push(notice))) {
    const { headerRow, columns } = classifyColumns(head, index);
    const beside = findTableBeside(head, { headerRow, columns: columnsOf(columns), unmapped: 0 });
    if (beside) throw new AppError('invalid', beside.message, { params: { ...beside.params, sheet: name } });
    const layoutId = layoutKey(columns);
    const layout = layoutOf.get(layoutId) ?? layouts.push(columns) - 1;
    layoutOf.set(layoutId, layout);
    const hasSchools = columns.some((c) => c.guess === 'school' || c.guess === 'schoolCode');
    const named = school ?? (hasSchools ? null : schoolIn(schools, name === '' ? stem(file.fileName) : name));
    const sheet = { name, rows: 0, headerRow, layout, school: named };
    const s = sheets.push(sheet) - 1;
    const kept = columns.filter((c) => c.isKept).map((c) => c.index);
    const isRepeat = createRepeatFinder(head, headerRow);
    const take = async (row: TableRow) => {
      if (row.row <= headerRow || isRepeat(row)) return;
      sheet.rows += 1;
      count();
      page.push(keepCells(row, s, kept));
      if (page.length >= rowsPerPage) await flush();
      await yieldToEventLoop();
    };
    for (const row of head) await take(row);
    for await (const row of rest) await take(row);
  }
  await flush();
  const rows = sheets.reduce((n, sheet) => n + sheet.rows, 0);
  if (rows === 0) throw new AppError('invalid', 'tabular.empty', { params: { file: file.fileName } });
  const sum = (what: 'pupils' | 'staff') => schools.reduce((n, one) => n + (one[what] ?? 0), 0);
  const own = school === null ? undefined : schools.find((one) => one.id === school);
  const looksLike = guessGroups(
    {
      fileName: file.fileName,
      sheetNames: sheets.map((sheet) => sheet.name),
      headers: layouts.flat().map((c) => c.header),
      rows,
      pupils: own ? (own.pupils ?? 0) : sum('pupils'),
      staff: own ? (own.staff ?? 0) : sum('staff'),
      schools: own ? 1 : schools.length,
    },
    asked,
  );
  return { layouts, sheets, looksLike, notices, fault: null, leftOut: 0 };
}

function columnsOf(columns: readonly FileColumn[]): Record<FrameField, readonly number[]> {
  return Object.fromEntries(
    frameFields.map((field) => [field, columns.filter((c) => c.guess === field).map((c) => c.index)]),
  ) as unknown as Record<FrameField, readonly number[]>;
}

function stem(fileName: string): string {
  return fileName.replace(/\.[^.]*$/, '');
}

/** The one school named by a sheet or file; the longest if several match. */
function schoolIn(schools: readonly School[], text: string): SchoolId | null {
  const index = createSchoolIndex(schools);
  const exact = index.byName(text);
  if (exact.kind === 'one') return exact.school.id;
  const key = schoolKey(text);
  const found = schools
    .flatMap((s) => [s.name, ...s.aliases].map((name) => ({ id: s.id, key: schoolKey(name) })))
    .filter((s) => s.key.length >= 2 && key.includes(s.key))
    .sort((a, b) => b.key.length - a.key.length);
  const [best] = found;
  const rivals = new Set(found.filter((s) => s.key.length === best?.key.length).map((s) => s.id));
  return best && rivals.size === 1 ? best.id : null;
}

interface SheetRows {
  readonly name: string;
  readonly head: readonly TableRow[];
  readonly rest: AsyncIterable<TableRow>;
}

async function* sheetsOf(
  items: AsyncIterable<TableItem>,
  say: (notice: Issue) => void,
): AsyncGenerator<SheetRows, void, undefined> {
  const iterator = items[Symbol.asyncIterator]();
  const nextRow = async (): Promise<TableRow | undefined> => {
    for (;;) {
      const next = await iterator.next();
      if (next.done === true) return undefined;
      if (!isNotice(next.value)) return next.value;
      say(next.value.notice);
    }
  };
  try {
    let next = await nextRow();
    while (next !== undefined) {
      const { sheet: name }: TableRow = next;
      const head: TableRow[] = [];
      while (next?.sheet === name && head.length < judgedRows) {
        head.push(next);
        next = await nextRow();
      }
      async function* remaining() {
        while (next?.sheet === name) {
          yield next;
          next = await nextRow();
        }
      }
      const rest = remaining();
      yield { name, head, rest };
      for await (const _row of rest);
    }
  } finally {
    await iterator.return?.();
  }
}
