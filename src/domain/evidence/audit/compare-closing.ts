/** Compares what was counted and stated at close. */
import { contentHash } from '../../hash.ts';
import type { TallyCell } from '../../scoring/tally/tally.ts';
import { presentCells } from '../leaf.ts';
import { commitToTexts, type CommittedText, type TextCommitment } from '../texts.ts';
import type { Differences, UncommittedFact } from './difference.ts';
import type { AuditedLog, Indexed } from './log.ts';
import { compareRows, type ExpectedRow, type Row } from './rows.ts';
import type { AuditTables } from './tables.ts';

/** Tables of tallies whose cells differ from the committed ones, or for which an earlier version's log has no hash. */
export interface TallyDoubts {
  readonly dispositions: number;
  /** A recount cell by cell names the difference; without one the whole table is named. */
  readonly last: 'equal' | 'differ' | 'uncommitted';
}

/** @returns undefined before the county is counted */
export function compareClosing(
  differences: Differences,
  log: AuditedLog,
  tables: AuditTables,
): TallyDoubts | undefined {
  const dispositions = log.first('dispositions');
  if (!dispositions) return undefined;
  const { index, body } = dispositions;
  compareRows(
    differences,
    'reanswers',
    body.reanswers.map(({ reportingStratum, respondents, reanswered }): ExpectedRow => ({
      key: `reporting stratum ${reportingStratum}`,
      leaf: index,
      columns: { respondents, reanswered },
    })),
    tables.reanswers,
    stratumOf,
  );
  if (body.fates === undefined) differences.uncommitted.add('fates');
  else compareFates(differences, index, body.fates, tables);
  compareFlags(differences, log, tables);
  const isErased = log.all('keys-destroyed').some((k) => k.body.tallies !== undefined);
  // From the moment that the storage period ends, comments and reports go.
  const goes = isErased || tables.campaign['expiry_step'] !== null;
  compareTexts(differences, dispositions, 'comments', 'texts', body.comments, goes ? null : tables.comments);
  compareTexts(
    differences,
    dispositions,
    'reports',
    'pressure_reports',
    body.reports,
    goes ? null : tables.reports,
  );
  const first = contentHash(presentCells(tables.firstTallies));
  if (first !== body.first)
    differences.add('first_tallies', cellsText(tables.firstTallies), index, 'bytes', body.first, first);
  const expected =
    log.all('keys-destroyed').findLast((k) => k.body.tallies !== undefined)?.body.tallies ?? body.last;
  if (expected === undefined) return { dispositions: index, last: 'uncommitted' };
  return {
    dispositions: index,
    last: contentHash(presentCells(tables.tallies)) === expected ? 'equal' : 'differ',
  };
}

/** Name of all cells of a tally table together, for a difference. */
export const cellsText = (cells: readonly TallyCell[]) => `all ${cells.length} cells`;

const stratumOf = (row: Row) => `reporting stratum ${row['reporting_stratum']}`;

function compareFates(
  differences: Differences,
  leaf: number,
  fates: readonly {
    readonly reportingStratum: number;
    readonly set: string;
    readonly optedOut: number;
    readonly wrongNumber: number;
    readonly undeliverable: number;
  }[],
  { fateCounts }: AuditTables,
): void {
  compareRows(
    differences,
    'fate_counts',
    fates.map(({ reportingStratum, set, optedOut, wrongNumber, undeliverable }): ExpectedRow => ({
      key: `reporting stratum ${reportingStratum}, set ${set}`,
      leaf,
      columns: { opted_out: optedOut, wrong_number: wrongNumber, undeliverable },
    })),
    fateCounts,
    (row) => `${stratumOf(row)}, set ${row['counted_set']}`,
  );
}

function compareFlags(differences: Differences, log: AuditedLog, { flags }: AuditTables): void {
  compareRows(
    differences,
    'flags',
    log.all('signal').map(({ index, body }): ExpectedRow => {
      const { kind, reportingStratum, lot, observed, n, expected } = body;
      return {
        key: `reporting stratum ${reportingStratum}, ${kind}, lot ${lot ?? 0}`,
        leaf: index,
        columns: { observed, n, expected },
      };
    }),
    flags,
    (row) => `${stratumOf(row)}, ${row['kind']}, lot ${row['lot']}`,
  );
}

/** @param found null: erased, as required */
function compareTexts(
  differences: Differences,
  { index }: Indexed<'dispositions'>,
  fact: UncommittedFact,
  table: string,
  committed: readonly TextCommitment[] | undefined,
  found: readonly CommittedText[] | null,
): void {
  if (committed === undefined) {
    differences.uncommitted.add(fact);
    return;
  }
  if (found === null) return;
  const own = new Map(commitToTexts(found).map((t) => [t.reportingStratum, t]));
  for (const { reportingStratum, count, hash } of committed) {
    const has = own.get(reportingStratum);
    own.delete(reportingStratum);
    const row = `reporting stratum ${reportingStratum}`;
    if (has?.count !== count) differences.add(table, row, index, 'count', count, has?.count ?? 0);
    else if (has.hash !== hash) differences.add(table, row, index, 'body', hash, has.hash);
  }
  for (const { reportingStratum, count } of own.values())
    differences.add(table, `reporting stratum ${reportingStratum}`, index, 'count', 0, count);
}
