/** Matches lists of counties with the list of divisions, and reports the faults of the others. */
import { isDemonstrationCode } from '../../domain/campaign/division.ts';
import { readCountyRows, type ListedCounty } from '../../domain/campaign/county-list.ts';
import { assertMay, type Actor } from '../../domain/campaign/permissions.ts';
import { AppError, type Issue } from '../../domain/errors.ts';
import { cellText } from '../../domain/frame/roll/table.ts';
import type { CountyCode } from '../../domain/model/ids.ts';
import { isNotice, readTable } from '../../tabular/read.ts';
import type { Deps } from '../deps.ts';
import type { UploadedFile } from '../frame/schools.ts';

const maxRows = 1_000;

export interface FoundCounties {
  readonly counties: readonly {
    readonly code: CountyCode;
    readonly name: string;
    readonly residents: number | null;
  }[];
  /** Lines that could not be used, as they were read, each with its fault. */
  readonly left: readonly { readonly text: string; readonly issue: Issue }[];
}

/** @throws AppError as `readTable` */
export async function readCountyTable(
  deps: Deps,
  actor: Actor,
  file: UploadedFile,
): Promise<readonly ListedCounty[]> {
  assertMay(actor, 'campaign.edit');
  const rows: { row: number; cells: string[] }[] = [];
  for await (const item of readTable(file.source, { fileName: file.fileName, maxRows }))
    if (isNotice(item))
      throw new AppError('invalid', item.notice.message, { params: item.notice.params ?? {} });
    else rows.push({ row: item.row, cells: item.cells.map(cellText) });
  return readCountyRows(rows);
}

export async function findCounties(
  deps: Pick<Deps, 'storage'>,
  listed: readonly ListedCounty[],
): Promise<FoundCounties> {
  const counties: FoundCounties['counties'][number][] = [];
  const left: FoundCounties['left'][number][] = [];
  for (const one of listed) {
    const refuse = (message: string, params: Issue['params'] = {}) =>
      left.push({
        text: one.text,
        issue: { path: 'add', message, params: { line: one.line, text: clip(one.text), ...params } },
      });
    const { residents } = one;
    if (residents === 'several' || Number.isNaN(residents)) {
      refuse(residents === 'several' ? 'staff.setup.line.numbers' : 'staff.setup.line.residents');
      continue;
    }
    const found = await findOne(deps, one);
    if (found.length === 0) refuse('staff.setup.line.unknown');
    else if (found.length > 1)
      refuse('staff.setup.line.several', { choices: found.map((d) => `${d.code} ${d.name}`).join('、') });
    else counties.push({ ...found[0]!, residents });
  }
  return { counties, left };
}

/** Enough of a line to find it again: a whole page may have been pasted. */
function clip(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

async function findOne(
  { storage }: Pick<Deps, 'storage'>,
  { code, name }: ListedCounty,
): Promise<readonly { readonly code: CountyCode; readonly name: string }[]> {
  if (code === null) return name === null ? [] : storage.findDivisionsByName(name);
  if (isDemonstrationCode(code)) return name === null ? [] : [{ code, name }];
  const division = await storage.findDivision(code);
  return division ? [{ code, name: name ?? division.name }] : [];
}

const separators = /[\s,，、;；]+/;
const mostFaults = 20;

/** Names of counties: from the list of divisions or, for demonstration counties, from their campaigns. */
export async function countyNames(
  { storage }: Pick<Deps, 'storage'>,
  codes: Iterable<CountyCode>,
): Promise<ReadonlyMap<CountyCode, string>> {
  const names = new Map<CountyCode, string>();
  const campaigns = await storage.listCampaigns();
  for (const code of new Set(codes)) {
    const name =
      (await storage.findDivision(code))?.name ??
      campaigns.flatMap((c) => c.counties).find((c) => c.code === code)?.name;
    if (name !== undefined) names.set(code, name);
  }
  return names;
}

/**
 * Codes of counties that a person names, by name or code, in one line.
 * @throws AppError invalid `user.invalid`, with an issue `user.county-unknown` or `user.county-several` at `counties` for each
 * word, twenty at most
 */
export async function readCountyWords(
  deps: Pick<Deps, 'storage'>,
  text: string,
): Promise<readonly CountyCode[]> {
  const codes: CountyCode[] = [];
  const issues: Issue[] = [];
  const words = new Set(text.normalize('NFKC').split(separators));
  words.delete('');
  for (const word of words) {
    // Each word costs a look-up, and the first few errors show that the wrong text was pasted.
    if (issues.length >= mostFaults) break;
    // A word that is not a code of six digits is refused on storing.
    const found = /^\d+$/.test(word) ? [word as CountyCode] : await findByName(deps, word);
    if (found.length === 1) codes.push(found[0]!);
    else
      issues.push({
        path: 'counties',
        message: found.length === 0 ? 'user.county-unknown' : 'user.county-several',
        params: { text: clip(word), choices: found.join('、') },
      });
  }
  if (issues.length > 0) throw new AppError('invalid', 'user.invalid', { issues });
  return [...new Set(codes)];
}

async function findByName({ storage }: Pick<Deps, 'storage'>, name: string): Promise<readonly CountyCode[]> {
  const found = await storage.findDivisionsByName(name);
  if (found.length > 0) return found.map((d) => d.code);
  const campaigns = await storage.listCampaigns();
  const own = campaigns.flatMap((c) => c.counties).filter((c) => c.name === name);
  return [...new Set(own.map((c) => c.code))];
}

/** In the form that `readCountyWords` reads: names, and codes if a name is ambiguous or unknown. */
export async function writeCountyWords(
  deps: Pick<Deps, 'storage'>,
  codes: readonly CountyCode[],
): Promise<string> {
  const names = await countyNames(deps, codes);
  const words: string[] = [];
  for (const code of codes) {
    const name = names.get(code);
    const again = name === undefined || separators.test(name) ? [] : await findByName(deps, name);
    words.push(again.length === 1 ? name! : code);
  }
  return words.join('、');
}
