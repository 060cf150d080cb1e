/**
 * Compares the table of issued codes with the cells that the `issue` leaf commits to, and with the late codes, which their leaves
 * list in full.
 */
import { fromHex, toHex } from '../../hash.ts';
import { countedSets, issuedSets, type IssuedSet } from '../../model/vocabulary.ts';
import { compareBytes } from '../../frame/sample.ts';
import { sortedListHash } from '../leaf.ts';
import type { Differences } from './difference.ts';
import type { AuditedLog } from './log.ts';

export interface IssuedPlace {
  readonly questionnaire: number;
  readonly samplingStratum: number;
  readonly reportingStratum: number;
  readonly set: IssuedSet;
}

/** For larger cells only the difference is reported: finding the moved code means trying each one. */
const maximumTried = 3000;

const width = 16;

/** In ascending order of pseudonyms; a few bytes per code. */
export class IssuedCodes {
  size = 0;
  pseudonyms = new Uint8Array(256 * width);
  readonly places: IssuedPlace[] = [];
  #placeOf = new Uint32Array(256);
  readonly #numbers = new Map<number, number>();

  /** @param set position in `issuedSets` */
  add(
    bytes: Uint8Array,
    at: number,
    questionnaire: number,
    samplingStratum: number,
    reportingStratum: number,
    set: number,
  ): void {
    if (this.size === this.#placeOf.length) this.#grow();
    const start = this.size * width;
    for (let i = 0; i < width; i++) this.pseudonyms[start + i] = bytes[at + i]!;
    this.#placeOf[this.size++] = this.#number(questionnaire, samplingStratum, reportingStratum, set);
  }

  placeOf(code: number): IssuedPlace {
    return this.places[this.#placeOf[code]!]!;
  }

  pseudonymOf(code: number): Uint8Array {
    return this.pseudonyms.subarray(code * width, code * width + width);
  }

  /** For each place, in the order of `places`. */
  cells(): readonly (readonly Uint8Array[])[] {
    const lists: Uint8Array[][] = this.places.map(() => []);
    for (let code = 0; code < this.size; code++) lists[this.#placeOf[code]!]!.push(this.pseudonymOf(code));
    return lists;
  }

  #number(questionnaire: number, samplingStratum: number, reportingStratum: number, set: number): number {
    // Exact below 2^53: strata need at most 21 bits, and a campaign has at most 20 questionnaires.
    const key = ((questionnaire * 4 + set) * 2 ** 21 + samplingStratum) * 2 ** 21 + reportingStratum;
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.places.push({
        questionnaire,
        samplingStratum,
        reportingStratum,
        set: issuedSets[set]!,
      });
      this.#numbers.set(key, --number);
    }
    return number;
  }

  #grow(): void {
    const [pseudonyms, placeOf] = [this.pseudonyms, this.#placeOf];
    this.pseudonyms = new Uint8Array(pseudonyms.length * 2);
    this.pseudonyms.set(pseudonyms);
    this.#placeOf = new Uint32Array(placeOf.length * 2);
    this.#placeOf.set(placeOf);
  }
}

interface CellState {
  readonly name: string;
  readonly leaf: number;
  readonly count: number;
  readonly hash: string;
  readonly found: readonly Uint8Array[];
}

const nameOf = (p: IssuedPlace) =>
  `questionnaire ${p.questionnaire}, sampling stratum ${p.samplingStratum}, reporting stratum ${p.reportingStratum}, set ${p.set}`;

/** Compares the issued codes with the `issue` leaf and later issues: each place by the hash of its sorted pseudonyms. */
export function compareCodes(differences: Differences, log: AuditedLog, codes: IssuedCodes): void {
  const issue = log.first('issue');
  const found = new Map<string, readonly Uint8Array[]>();
  for (const [i, list] of codes.cells().entries()) found.set(nameOf(codes.places[i]!), list);
  const cells: CellState[] = [];
  for (const { pseudonyms: hash, count, ...place } of issue?.body.codes ?? []) {
    const name = nameOf(place);
    const list = found.get(name) ?? [];
    found.delete(name);
    if (list.length !== count || sortedListHash(list) !== hash)
      cells.push({ name, leaf: issue!.index, count, hash, found: list });
  }
  const late = new Map<string, { readonly name: string; readonly leaf: number }>();
  for (const { index, body } of log.all('late-issue'))
    for (const { pseudonyms, count: _, ...place } of body.codes)
      for (let at = 0; at < pseudonyms.length; at += width * 2)
        late.set(pseudonyms.slice(at, at + width * 2), { name: nameOf(place), leaf: index });
  for (const [name, list] of found) {
    for (const pseudonym of list) {
      const row = toHex(pseudonym);
      const known = late.get(row);
      late.delete(row);
      if (known && known.name === name) continue;
      if (known) differences.add('issued', row, known.leaf, 'place', known.name, name);
      // A code of a cell that the draw issued to nobody may have been moved there from another.
      else if (!movedFrom(differences, cells, pseudonym, name))
        differences.add('issued', row, null, 'row', '', name);
    }
  }
  for (const [row, { name, leaf }] of late) differences.add('issued', row, leaf, 'row', name, '');
  compareCells(differences, cells);
}

/** A cell that lacks exactly this code. */
function movedFrom(
  differences: Differences,
  cells: CellState[],
  pseudonym: Uint8Array,
  name: string,
): boolean {
  const from = cells.findIndex((cell) => isWhole(cell, insert(cell.found, pseudonym)));
  if (from < 0) return false;
  const [cell] = cells.splice(from, 1);
  differences.add('issued', toHex(pseudonym), cell!.leaf, 'place', cell!.name, name);
  return true;
}

function insert(list: readonly Uint8Array[], pseudonym: Uint8Array): readonly Uint8Array[] {
  return [...list, pseudonym].sort(compareBytes);
}

function isWhole(cell: CellState, list: readonly Uint8Array[]): boolean {
  return list.length === cell.count && sortedListHash(list) === cell.hash;
}

function compareCells(differences: Differences, cells: readonly CellState[]): void {
  const settled = new Set<CellState>();
  for (const cell of cells) {
    // One code too many: find it, and the cell where it belongs.
    const extra =
      cell.found.length === cell.count + 1 && cell.found.length <= maximumTried
        ? cell.found.find((p) =>
            isWhole(
              cell,
              cell.found.filter((other) => other !== p),
            ),
          )
        : undefined;
    if (extra === undefined) continue;
    settled.add(cell);
    const home = cells.find((other) => !settled.has(other) && isWhole(other, insert(other.found, extra)));
    if (home) settled.add(home);
    const row = toHex(extra);
    if (home) differences.add('issued', row, home.leaf, 'place', home.name, cell.name);
    else differences.add('issued', row, null, 'row', '', cell.name);
  }
  for (const cell of cells)
    if (!settled.has(cell))
      differences.add(
        'issued',
        cell.name,
        cell.leaf,
        'pseudonyms',
        `${cell.count} codes, ${cell.hash}`,
        `${cell.found.length} codes, ${sortedListHash(cell.found)}`,
      );
}

// Contacts -------------------------------------------------------------------------------------------------------------

export interface ContactRow {
  readonly entry: Uint8Array;
  /** 0: of the frame; 1: added after the freeze; 2: test contact. */
  readonly late: number;
  readonly isSlip: boolean;
  readonly group: string;
  /** As stored; null: not drawn. */
  readonly set: string | null;
  readonly reportingStratum: number | null;
}

/** 16 + 1 + 4 bytes like `drawnContactBytes`, for any values that the row may have. */
function bytesOf(entry: Uint8Array, set: string, reportingStratum: number): Uint8Array {
  const out = new Uint8Array(21);
  out.set(entry.subarray(0, 16));
  out[16] = (countedSets as readonly string[]).indexOf(set);
  new DataView(out.buffer).setUint32(17, reportingStratum);
  return out;
}

/** @param rows drawn, late and slips, in ascending order of entries; @param frameSize contacts of the frame that the table holds */
export function compareContacts(
  differences: Differences,
  log: AuditedLog,
  rows: Iterable<ContactRow>,
  frameSize: number,
): void {
  const frame = log.first('frame');
  if (!frame) return;
  if (frame.body.size !== frameSize)
    differences.add('contacts', 'frame', frame.index, 'count', frame.body.size, frameSize);
  const drawn: ContactRow[] = [];
  const late: ContactRow[] = [];
  let canaries = 0;
  const slips = new Map<string, number>();
  for (const row of rows) {
    if (row.isSlip) slips.set(row.group, (slips.get(row.group) ?? 0) + 1);
    else if (row.late === 1) late.push(row);
    else if (row.late === 2) canaries += 1;
    else drawn.push(row);
  }
  compareLate(differences, log, late);
  const issue = log.first('issue');
  if (!issue) return;
  compareDrawn(differences, issue.index, issue.body.contacts, drawn);
  const sealed = log.first('canaries');
  if ((sealed?.body.count ?? 0) !== canaries)
    differences.add(
      'contacts',
      'test contacts',
      sealed?.index ?? null,
      'count',
      sealed?.body.count ?? 0,
      canaries,
    );
  for (const { group, kind, drawn: printed } of issue.body.sampling) {
    if (kind !== 'slips') continue;
    const found = slips.get(group) ?? 0;
    slips.delete(group);
    if (found !== printed)
      differences.add('contacts', `slips, ${group}`, issue.index, 'count', printed, found);
  }
  for (const [group, found] of slips) differences.add('contacts', `slips, ${group}`, null, 'count', 0, found);
}

function compareDrawn(
  differences: Differences,
  leaf: number,
  hash: string,
  drawn: readonly ContactRow[],
): void {
  const list = drawn.map((c) => bytesOf(c.entry, c.set ?? '', c.reportingStratum ?? 0));
  const own = sortedListHash(list);
  if (own === hash) return;
  const tried = list.length <= maximumTried ? findEdited(list, drawn, hash) : undefined;
  if (tried) differences.add('contacts', tried.row, leaf, tried.what, tried.expected, tried.found);
  else differences.add('contacts', `${list.length} drawn`, leaf, 'counted_set, reporting_stratum', hash, own);
}

/** One contact too many, or one of another set: found by trying each. */
function findEdited(
  list: readonly Uint8Array[],
  drawn: readonly ContactRow[],
  hash: string,
):
  | { readonly row: string; readonly what: string; readonly expected: string; readonly found: string }
  | undefined {
  for (const [i, { entry, set, reportingStratum }] of drawn.entries()) {
    const row = toHex(entry);
    if (sortedListHash(list.toSpliced(i, 1)) === hash)
      return { row, what: 'row', expected: '', found: `${set} ${reportingStratum}` };
    for (const other of countedSets)
      if (
        other !== set &&
        sortedListHash(list.with(i, bytesOf(entry, other, reportingStratum ?? 0))) === hash
      )
        return { row, what: 'counted_set', expected: other, found: set ?? '' };
  }
  return undefined;
}

/**
 * Contacts added after the freeze: compared by id if their leaves list ids, else by number, and by hash if a single leaf has all
 * of them.
 */
function compareLate(differences: Differences, log: AuditedLog, late: readonly ContactRow[]): void {
  const edits = log.all('late-edit');
  const found = new Set(late.map(({ entry }) => toHex(entry)));
  if (edits.every(({ body }) => body.ids !== undefined)) {
    for (const { index, body } of edits)
      for (let at = 0; at < body.ids!.length; at += 32) {
        const id = body.ids!.slice(at, at + 32);
        if (!found.delete(id))
          differences.add('contacts', id, index, 'row', `late, import ${body.import}`, '');
      }
    for (const id of found) differences.add('contacts', id, null, 'row', '', 'late');
    return;
  }
  const added = edits.reduce((n, { body }) => n + body.added, 0);
  const last = edits.at(-1)!;
  const listed = [...found].sort();
  const hashOf = (ids: readonly string[]) => sortedListHash(ids.map((id) => fromHex(id)));
  if (edits.length > 1) {
    // In earlier versions each leaf has only the hash of its own part, and rows do not tell their part.
    differences.uncommitted.add('late-contacts');
    if (listed.length !== added)
      differences.add('contacts', 'late', last.index, 'count', added, listed.length);
    return;
  }
  if (listed.length === added && hashOf(listed) === last.body.entries) return;
  const extra =
    listed.length <= maximumTried
      ? listed.find((id) => hashOf(listed.filter((other) => other !== id)) === last.body.entries)
      : undefined;
  if (extra === undefined) differences.add('contacts', 'late', last.index, 'count', added, listed.length);
  else differences.add('contacts', extra, null, 'row', '', 'late');
}
