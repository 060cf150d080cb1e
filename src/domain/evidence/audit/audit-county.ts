/**
 * Compares one county's tables with its log, row by row. Pure: the caller streams rows, in the requested order, from one
 * snapshot. The state of the log comes from the verifier's replay; the other files of this folder only compare.
 */
import type { CountyCode } from '../../model/ids.ts';
import type { NoteKey } from '../note.ts';
import { compareClosing, type TallyDoubts } from './compare-closing.ts';
import { compareHeads } from './compare-heads.ts';
import { compareInspection } from './compare-inspection.ts';
import { compareOpening } from './compare-opening.ts';
import { compareProposals } from './compare-proposals.ts';
import { compareCodes, compareContacts, type ContactRow, type IssuedCodes } from './codes.ts';
import { Differences, type AuditDifference, type UncommittedFact } from './difference.ts';
import { readLog, type LogRows } from './log.ts';
import { ResponseAudit, type ResponseRow } from './responses.ts';
import type { AuditTables } from './tables.ts';

export interface CountyRows {
  readonly log: LogRows;
  readonly tables: AuditTables;
  /** 20 bytes for each leaf: pseudonym ‖ revision; zeros if there is none. */
  readonly references: Uint8Array;
  readonly codes: IssuedCodes;
  /** Drawn, late, test contacts and slips, in ascending order of entries. */
  readonly contacts: Iterable<ContactRow>;
  /** Other contacts and drawn ones: those of the frame. */
  readonly frameContacts: number;
  /** Yields every answer, in ascending order of pseudonyms; the object is reused for the next one. */
  readonly eachResponse: (take: (row: ResponseRow) => void) => void;
  readonly key: NoteKey | null;
}

export interface CountyAudit {
  readonly county: CountyCode;
  /** Leaves of the log. */
  readonly size: number;
  /** Compared with the log: those that no lot has sealed yet are not. */
  readonly responses: number;
  /** Total number; `differences` has the first of them. */
  readonly count: number;
  readonly differences: readonly AuditDifference[];
  readonly uncommitted: readonly UncommittedFact[];
}

/** @param recount recounts the tallies if their hash differs or was never committed to, and names the differences */
export function auditCounty(
  county: CountyCode,
  rows: CountyRows,
  recount: () => readonly {
    readonly cell: string;
    readonly what: string;
    readonly stored: string;
    readonly recounted: string;
  }[],
): CountyAudit {
  const differences = new Differences();
  const { tables, codes } = rows;
  const log = readLog(
    differences,
    rows.log,
    tables.checkpoints.map((c) => c.size),
  );
  compareOpening(differences, log, tables);
  compareCodes(differences, log, codes);
  compareContacts(differences, log, rows.contacts, rows.frameContacts);
  compareProposals(differences, log, tables);
  compareInspection(differences, log, tables);
  const responses = new ResponseAudit(differences, log, codes, rows.references);
  rows.eachResponse((row) => responses.add(row));
  responses.finish();
  compareTallies(differences, compareClosing(differences, log, tables), tables, recount);
  compareHeads(differences, log, tables, rows.key);
  return {
    county,
    size: log.size,
    responses: responses.rows,
    count: differences.count,
    differences: differences.named,
    uncommitted: [...differences.uncommitted].sort(),
  };
}

function compareTallies(
  differences: Differences,
  doubts: TallyDoubts | undefined,
  { tallies }: AuditTables,
  recount: Parameters<typeof auditCounty>[2],
): void {
  if (doubts === undefined || doubts.last === 'equal') return;
  const cells = recount();
  // For each cell, the first number that differs.
  const told = new Set<string>();
  for (const { cell, what, stored, recounted } of cells) {
    if (!told.has(cell)) differences.add('tallies', cell, doubts.dispositions, what, recounted, stored);
    told.add(cell);
  }
  if (cells.length === 0 && doubts.last === 'differ')
    differences.add(
      'tallies',
      `all ${tallies.length} cells`,
      doubts.dispositions,
      'bytes',
      'those that were committed to',
      'others',
    );
}
