/** Codes issued by the draw, and late ones. */
import { fromHex, sha256, toHex } from '../../hash.ts';
import type { StateLeafBody } from '../leaf.ts';
import type { Place } from './respondents.ts';
import { all, type Run } from './run.ts';

/** Compares the `issue` leaf with the bundle’s list of codes, cell by cell. */
export function takeIssue(run: Run, index: number, issue: StateLeafBody<'issue'>): void {
  const cells = new Map<string, { readonly who: number[]; readonly place: Place }>();
  for (let who = 0; who < run.respondents.size; who++) {
    const place = run.respondents.placeOf(who);
    const name = `${place.questionnaire} ${place.samplingStratum} ${place.reportingStratum} ${place.set}`;
    const cell = cells.get(name);
    if (cell) cell.who.push(who);
    else cells.set(name, { who: [who], place });
  }
  for (const code of issue.codes) {
    const name = `${code.questionnaire} ${code.samplingStratum} ${code.reportingStratum} ${code.set}`;
    const cell = cells.get(name);
    cells.delete(name);
    const bytes = new Uint8Array((cell?.who.length ?? 0) * 16);
    cell?.who.forEach((who, i) => bytes.set(run.respondents.pseudonymOf(who), i * 16));
    const hash = toHex(sha256(bytes));
    if (code.count !== cell?.who.length || code.pseudonyms !== hash)
      run.find(
        'issue',
        index,
        `${name}: ${code.count} ${code.pseudonyms}`,
        `${cell?.who.length ?? 0} ${hash}`,
      );
  }
  for (const name of cells.keys()) run.find('issue', index, 'no codes', name);
  const issuedTo = (of: (code: (typeof issue.codes)[number]) => boolean) =>
    issue.codes.filter(of).reduce((n, c) => n + c.count, 0);
  for (const s of issue.sampling) {
    const drawn = issuedTo((c) => c.samplingStratum === s.no && c.set === 'drawn');
    const replacements = issuedTo((c) => c.samplingStratum === s.no && c.set === 'replacement');
    if (drawn !== s.drawn || replacements !== s.replacements)
      run.find(
        'issue',
        index,
        `stratum ${s.no}: ${s.drawn} + ${s.replacements}`,
        `${drawn} + ${replacements}`,
      );
  }
  for (const r of issue.reporting)
    for (const set of ['drawn', 'replacement'] as const) {
      const n = issuedTo((c) => c.reportingStratum === r.no && c.set === set);
      if (n !== r.issued[set])
        run.find('issue', index, `stratum ${r.no}: ${r.issued[set]} ${set}`, String(n));
    }
}

/** Compares late contacts with the hash of their ids. */
export function takeLateEdit(
  run: Run,
  index: number,
  { ids, entries, added }: StateLeafBody<'late-edit'>,
): void {
  if (ids === undefined) return;
  const hash = toHex(sha256(fromHex(ids)));
  if (hash !== entries || ids.length !== added * 32)
    run.find('late', index, `${added} contacts, ${entries}`, `${ids.length / 32}, ${hash}`);
}

/** Codes of late contacts: outside every sampling stratum, and never issued before. */
export function takeLateIssue(run: Run, index: number, late: StateLeafBody<'late-issue'>): void {
  for (const { pseudonyms, count, ...place } of late.codes) {
    const bytes = fromHex(pseudonyms);
    if (bytes.length !== count * 16 || place.set !== 'other' || place.samplingStratum !== 0)
      run.find('late', index, `${count} codes outside the sample`, `${bytes.length / 16} ${place.set}`);
    for (let at = 0; at < bytes.length; at += 16)
      if (!run.respondents.addNamed(bytes.subarray(at, at + 16), place))
        run.find('late', index, 'a new pseudonym', pseudonyms.slice(at * 2, at * 2 + 32));
  }
  const codes = all(run, 'late-issue').reduce((n, l) => n + l.codes.reduce((m, c) => m + c.count, 0), 0);
  const added = all(run, 'late-edit').reduce((n, l) => n + l.added, 0);
  if (codes > added) run.find('late', index, `at most ${added} late contacts`, `${codes} late codes`);
}
