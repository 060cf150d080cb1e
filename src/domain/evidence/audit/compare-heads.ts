/**
 * Compares what `heads` leaves commit to outside the log: the trail, the checkpoints signed so far, the rates shown. Also
 * compares every checkpoint with the tree.
 */
import { AppError } from '../../errors.ts';
import { fromHex, toHex } from '../../hash.ts';
import { snapshotHash } from '../decide-heads.ts';
import { isSignedBy, parseCheckpoint, parseNote, type NoteKey } from '../note.ts';
import type { TrailState } from '../trail.ts';
import type { Differences } from './difference.ts';
import type { AuditedLog, Indexed } from './log.ts';
import type { AuditTables } from './tables.ts';

/** Compares signed checkpoints with the log’s roots, and with what the leaves say about earlier heads. */
export function compareHeads(
  differences: Differences,
  log: AuditedLog,
  tables: AuditTables,
  key: NoteKey | null,
): void {
  compareCheckpoints(differences, log, tables, key);
  const heads = log.all('heads');
  const closed = log.first('closed');
  // A campaign closed by this version has one before its last leaf. A later leaf does not prove what an earlier version closed.
  if (closed && !heads.some((h) => h.index < closed.index))
    for (const fact of ['trail', 'checkpoints', 'snapshots'] as const) differences.uncommitted.add(fact);
  compareTrail(differences, heads, tables.trail);
  const sizes = new Set(tables.checkpoints.map((c) => c.size));
  const days = new Map(tables.snapshots.map((s) => [s['day'], s]));
  for (const { index, body } of heads) {
    for (const size of body.checkpoints)
      if (!sizes.has(size))
        differences.add('checkpoints', `size ${size}`, index, 'row', `a checkpoint of ${size} leaves`, '');
    for (const { day, hash } of body.snapshots) {
      const row = days.get(day);
      const own = row && snapshotHash({ day, at: Number(row['at']), body: String(row['body']) });
      if (own === undefined) differences.add('rate_snapshots', day, index, 'row', hash, '');
      else if (own !== hash) differences.add('rate_snapshots', day, index, 'body', hash, own);
    }
  }
}

function compareTrail(differences: Differences, heads: readonly Indexed<'heads'>[], trail: TrailState): void {
  const table = 'trail';
  let broken = 0;
  for (const { index, body } of heads) {
    if (body.trail === null) continue;
    const { no, hash } = body.trail;
    // Those that this leaf is the first to cover.
    for (const b of trail.breaks)
      if (b.no > broken && b.no <= no)
        differences.add(
          table,
          rowsText(b.no, Math.min(b.to, no)),
          index,
          b.what === 'missing' ? 'row' : 'hash',
          'as it was chained',
          b.what,
        );
    const found = trail.hashes.get(no);
    if (found !== hash)
      differences.add(table, String(no), index, found === undefined ? 'row' : 'hash', hash, found);
    broken = no;
  }
}

const rowsText = (from: number, to: number) => (from === to ? String(from) : `${from} to ${to}`);

function compareCheckpoints(
  differences: Differences,
  log: AuditedLog,
  { checkpoints, origin }: AuditTables,
  key: NoteKey | null,
): void {
  const table = 'checkpoints';
  const rekeys = log.all('rekey');
  for (const { size, note: raw } of checkpoints) {
    const row = `size ${size}`;
    const leaf = size > 0 && size <= log.size ? size - 1 : null;
    const root = log.roots.get(size);
    try {
      const note = parseNote(raw);
      const said = parseCheckpoint(note.text);
      if (said.size !== size) differences.add(table, row, leaf, 'size', said.size, size);
      else if (toHex(said.root) !== root) differences.add(table, row, leaf, 'note', root, toHex(said.root));
      if (said.origin !== origin) differences.add('evidence_logs', '', leaf, 'origin', said.origin, origin);
      // Each is signed by the key that was valid at its size.
      const before = rekeys.find((r) => size <= r.index)?.body.before;
      const signer = key && { ...key, ...(before !== undefined && { publicKey: fromHex(before) }) };
      if (signer && !isSignedBy(note, signer))
        differences.add(table, row, leaf, 'note', signer.name, 'not its signature');
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      differences.add(table, row, leaf, 'note', 'a signed checkpoint', raw);
    }
  }
}
