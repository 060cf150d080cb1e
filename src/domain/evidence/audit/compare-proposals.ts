/** Compares what takes two people: voids, ineligible contacts, changes of the closing time. */
import { canonicalJson } from '../../hash.ts';
import type { StateLeafBody } from '../leaf.ts';
import type { Differences } from './difference.ts';
import type { AuditedLog, Indexed } from './log.ts';
import { compareRows, type Cell, type ExpectedRow, type Row } from './rows.ts';
import type { AuditTables } from './tables.ts';

/** Compares voids, ineligible contacts and decided proposals with their leaves. */
export function compareProposals(differences: Differences, log: AuditedLog, tables: AuditTables): void {
  const voids = log.all('void').map(({ index, body }): ExpectedRow => {
    const { county, group, reportingStratum, reason, at } = body;
    return { key: voidKey(county, group, reportingStratum), leaf: index, columns: { reason, at } };
  });
  compareRows(differences, 'voids', voids, tables.voids, (r) =>
    voidKey(r['county'], r['grp'], r['reporting_stratum']),
  );
  const ineligible = log.all('ineligible').map(({ index, body }): ExpectedRow => {
    const { samplingStratum, contacts, issued, reason, at } = body;
    return {
      key: `sampling stratum ${samplingStratum}`,
      leaf: index,
      columns: { contacts, issued, reason, at },
    };
  });
  compareRows(
    differences,
    'ineligibles',
    ineligible,
    tables.ineligibles,
    (r) => `sampling stratum ${r['sampling_stratum']}`,
  );
  compareDecided(differences, log, tables.proposals);
}

const voidKey = (county: Cell | undefined, group: Cell | undefined, stratum: Cell | undefined) =>
  `county ${county ?? 'all'}, group ${group ?? 'all'}, reporting stratum ${stratum ?? 'all'}`;

type Confirmed = 'void' | 'ineligible' | 'dates';

function contentOf(county: string, leaf: Indexed<Confirmed>, type: Confirmed): string {
  switch (type) {
    case 'void': {
      const { county: own, group, reportingStratum } = leaf.body as StateLeafBody<'void'>;
      return canonicalJson({ kind: 'void', county: own, group, reportingStratum });
    }
    case 'ineligible': {
      const { samplingStratum, contacts, issued } = leaf.body as StateLeafBody<'ineligible'>;
      return canonicalJson({ kind: 'ineligible', county, samplingStratum, contacts, issued });
    }
    case 'dates':
      return canonicalJson({ kind: 'dates', closesAt: (leaf.body as StateLeafBody<'dates'>).closesAt });
  }
}

/** Each leaf has a confirmed proposal, and each confirmed proposal that changes a figure has its leaf. */
function compareDecided(differences: Differences, log: AuditedLog, proposals: readonly Row[]): void {
  const table = 'proposals';
  const frame = log.first('frame');
  if (!frame) return;
  const { county } = frame.body;
  const confirmed = proposals.filter((row) => row['decision'] === 'confirmed');
  const rest = new Set(confirmed);
  for (const type of ['void', 'ineligible', 'dates'] as const)
    for (const leaf of log.all(type)) {
      const { proposedBy, proposedAt, by, at, reason } = leaf.body;
      const content = contentOf(county, leaf, type);
      const row = [...rest].find(
        (r) => normalContent(r) === content && r['decided_at'] === at && r['proposed_at'] === proposedAt,
      );
      if (!row) {
        differences.add(table, content, leaf.index, 'row', `${proposedBy.name}, ${by.name}`, '');
        continue;
      }
      rest.delete(row);
      const expected: Row = {
        ...{ reason, proposed_by: proposedBy.id, proposed_name: proposedBy.name },
        ...{ decided_by: by.id ?? by.name, decided_name: by.name },
      };
      for (const [column, value] of Object.entries(expected))
        if ((row[column] ?? null) !== value)
          differences.add(table, String(row['id']), leaf.index, column, value, row[column]);
    }
  for (const row of rest) {
    const { kind, county: own } = partsOf(row['content']);
    // A date changed before the freeze is part of the opening; declarations of other counties are in their own logs.
    if (kind === 'dates' || kind === 'release') continue;
    if (kind !== 'close' && own !== null && own !== county) continue;
    differences.add(table, String(row['id']), null, 'row', '', `${kind}, confirmed`);
  }
}

/** As its leaf says: closing early sets the end to the moment of the second person's confirmation. */
function normalContent(row: Row): string {
  const parts = partsOf(row['content']);
  return canonicalJson(parts.kind === 'close' ? { kind: 'dates', closesAt: row['decided_at'] } : parts);
}

function partsOf(content: Row[string] | undefined): {
  readonly kind?: string;
  readonly county?: string | null;
} {
  try {
    return JSON.parse(String(content)) as { kind?: string; county?: string | null };
  } catch {
    return {};
  }
}
