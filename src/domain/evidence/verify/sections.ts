/** The lines of a bundle: documents, roll, codes, tallies, checkpoints, leaves, in this order. */
import { AppError } from '../../errors.ts';
import { canonicalJson, contentHash, fromHex, sha256, toHex } from '../../hash.ts';
import { type BundleHead, type BundleLine, decodeIssued, sections } from '../bundle.ts';
import { encodeFrameEntry } from '../frame-entry.ts';
import { leafHash } from '../merkle.ts';
import { parseVerifierKey } from '../note.ts';
import { parseReceipt } from '../receipt.ts';
import { expectStatedHeads } from './against.ts';
import { checkRoot, takeCheckpoint } from './checkpoints.ts';
import { takeLeaf } from './leaves.ts';
import type { Run } from './run.ts';

/** The bundle’s first line: campaign, county, and the key of its log. */
export function takeHead(run: Run, value: BundleHead): void {
  run.head = value;
  run.key = parseVerifierKey(value.key);
  if (!run.key.name.endsWith(`/log/${value.campaign}/${value.county}`))
    run.find('head', null, `a key of /log/${value.campaign}/${value.county}`, run.key.name);
  if (run.options.key !== undefined && run.options.key.trim() !== value.key) {
    run.find('key', null, run.options.key.trim(), value.key);
    run.key = parseVerifierKey(run.options.key);
  }
  for (const raw of run.options.checkpoints ?? []) takeCheckpoint(run, raw, true);
  for (const raw of run.options.receipts ?? []) {
    try {
      // Signatures are checked when the log has stated all its keys.
      const { origin, note, leaf } = parseReceipt(raw);
      if (origin !== run.key.name)
        throw new AppError('invalid', 'evidence.receipt-key', { params: { origin } });
      run.signed.push({ code: 'receipt', size: null, note, raw });
      run.promised.set(toHex(leaf), false);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      run.find('receipt', null, value.key, raw.slice(0, 200));
    }
  }
  expectStatedHeads(run);
  checkRoot(run);
}

/** These sections have one line. */
const single: ReadonlySet<BundleLine['kind']> = new Set(['schools', 'first', 'last', 'end']);

/** The hash is over its bytes: another encoding of the same document is another document. */
function takeDocument(
  run: Run,
  { document, hash, body }: Extract<BundleLine, { kind: 'document' }>['value'],
) {
  const name = `${document} ${hash}`;
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    value = null;
  }
  const found = toHex(sha256(body));
  if (found !== hash) run.find('document', null, hash, found);
  else if (canonicalJson(value) !== body) run.find('document', null, `canonical JSON of ${hash}`, 'another');
  else if (run.documents.has(name)) run.find('document', null, `one ${name}`, 'another');
  else run.documents.set(name, value);
}

/**
 * Sections have one order.
 * @throws AppError corrupt `evidence.bundle`
 */
export function takeLine(run: Run, line: BundleLine, number: number): void {
  const at = sections.indexOf(line.kind);
  if (at < run.section || run.ended !== null)
    throw new AppError('corrupt', 'evidence.bundle', { params: { line: number, fault: 'order' } });
  run.section = at;
  if (single.has(line.kind) && run.sections.has(line.kind))
    throw new AppError('corrupt', 'evidence.bundle', { params: { line: number, fault: 'twice' } });
  run.sections.add(line.kind);
  switch (line.kind) {
    case 'document':
      takeDocument(run, line.value);
      return;
    case 'schools':
      run.schools = line.value;
      return;
    case 'entries':
      for (const { id, group, schools: of, commitment } of line.value) {
        if (id <= run.lastEntry) run.find('frame-root', null, `more than ${run.lastEntry}`, id);
        run.lastEntry = id;
        const affiliations = of.map(([school, grade]) => ({ school, grade: grade === 0 ? null : grade }));
        for (const school of new Set(affiliations.map((a) => a.school))) {
          const name = `${group} ${school}`;
          run.affiliated.set(name, (run.affiliated.get(name) ?? 0) + 1);
        }
        const entry = { id: fromHex(id), group, affiliations, commitment: fromHex(commitment) };
        run.frameTree.append(leafHash(encodeFrameEntry(entry)));
      }
      return;
    case 'issued':
      for (const { pseudonym, ...place } of decodeIssued(line.value))
        if (!run.respondents.addIssued(pseudonym, place))
          run.find('issue', null, 'ascending pseudonyms', toHex(pseudonym));
      return;
    case 'first':
      run.firstHash = contentHash(line.value);
      run.firstCells = line.value.map((c) => ({ ...c, bytes: fromHex(c.bytes) }));
      return;
    case 'last':
      run.lastHash = contentHash(line.value);
      run.lastCells = line.value.map((c) => ({ ...c, bytes: fromHex(c.bytes) }));
      return;
    case 'checkpoint':
      takeCheckpoint(run, line.value, false);
      return;
    case 'leaf':
      takeLeaf(run, line.value);
      return;
    case 'end':
      if (line.value !== number - 1) run.find('truncated', null, String(line.value), String(number - 1));
      run.ended = line.value;
  }
}
