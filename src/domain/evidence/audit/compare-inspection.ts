/** Documents of the county's inspection: each version has its leaf, and each leaf its version. */
import { canonicalJson } from '../../hash.ts';
import type { Differences } from './difference.ts';
import type { AuditedLog } from './log.ts';
import { compareRows, normalJson, type ExpectedRow } from './rows.ts';
import type { AuditTables } from './tables.ts';

/** Compares versions of the inspection’s documents with their leaves. */
export function compareInspection(differences: Differences, log: AuditedLog, tables: AuditTables): void {
  const expected = log.all('inspection').map(({ index, body }): ExpectedRow => {
    const { no, record, version, change, content, reason, at, by } = body;
    return {
      key: `no ${no}`,
      leaf: index,
      columns: { record, version, change, content, reason, at, by: canonicalJson(by) },
    };
  });
  const found = tables.inspection.map((row) => ({ ...row, by: normalJson(row['by']) }));
  compareRows(differences, 'inspection_versions', expected, found, (row) => `no ${row['no']}`);
}
