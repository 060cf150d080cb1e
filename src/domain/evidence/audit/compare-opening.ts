/**
 * Compares everything fixed at the opening, and later additions: campaign, county, documents, strata, late contacts, links,
 * exports.
 */
import { canonicalJson, contentHash } from '../../hash.ts';
import type { StateLeafBody } from '../leaf.ts';
import type { Differences } from './difference.ts';
import type { AuditedLog } from './log.ts';
import { compareColumns, compareRows, normalJson, type Cell, type ExpectedRow, type Row } from './rows.ts';
import type { AuditTables } from './tables.ts';

/** Compares what was fixed at the opening, and what was issued since, with the leaves. */
export function compareOpening(differences: Differences, log: AuditedLog, tables: AuditTables): void {
  compareCampaign(differences, log, tables.campaign);
  compareCounty(differences, log, tables);
  compareDocuments(differences, log, tables);
  compareStrata(differences, log, tables);
  compareImports(differences, log, tables.imports);
  compareLinks(differences, log, tables.links);
  compareExports(differences, log, tables.codeExports);
  compareSendings(differences, log, tables.sendings);
}

const flag = (value: boolean) => (value ? 1 : 0);

function compareCampaign(differences: Differences, log: AuditedLog, row: Row): void {
  const table = 'campaigns';
  const key = String(row['id'] ?? '');
  const frame = log.first('frame');
  if (frame) {
    const { campaign, profile, questionnaires } = frame.body;
    const found = { ...row, questionnaires: normalJson(row['questionnaires']) };
    const expected = { id: campaign, profile, questionnaires: canonicalJson(questionnaires) };
    compareColumns(differences, table, key, frame.index, expected, found);
  }
  const open = log.first('open');
  if (!open) {
    if (row['opened_at'] !== null) differences.add(table, key, null, 'opened_at', '', row['opened_at']);
    return;
  }
  const { name, purpose, commissioner, commissionerPhone, storageUntil, selfAdministered, demo, at } =
    open.body;
  compareColumns(
    differences,
    table,
    key,
    open.index,
    {
      ...{ name, purpose, commissioner, demo: flag(demo), opened_at: at },
      commissioner_phone: commissionerPhone,
      storage_until: storageUntil,
      self_administered: flag(selfAdministered),
      revision_rule: open.body.revisionRule ?? 1,
      disclosure_rule: open.body.disclosureRule ?? 1,
    },
    row,
  );
  const dates = log.all('dates').findLast((d) => d.index > open.index) ?? open;
  compareColumns(differences, table, key, dates.index, { closes_at: dates.body.closesAt }, row);
  compareEnd(differences, log, table, key, row);
}

/** Close, release and erasure: each has its leaf, or has not happened. */
function compareEnd(differences: Differences, log: AuditedLog, table: string, key: string, row: Row): void {
  const erased = log.all('keys-destroyed').findLast((k) => k.body.tallies !== undefined);
  for (const [column, leaf] of [
    ['closed_at', log.first('closed')],
    ['released_at', log.first('release')],
    ['expired_at', erased],
  ] as const) {
    const found = row[column] ?? null;
    if ((leaf?.body.at ?? null) !== found)
      differences.add(table, key, leaf?.index ?? null, column, leaf?.body.at, found);
  }
}

function compareCounty(
  differences: Differences,
  log: AuditedLog,
  { county: row, schools }: AuditTables,
): void {
  const table = 'campaign_counties';
  const frame = log.first('frame');
  if (!frame) return;
  const { county, name, residents, slips, root, size, at } = frame.body;
  compareColumns(
    differences,
    table,
    county,
    frame.index,
    {
      ...{ name, frame_root: root, frame_size: size, frozen_at: at, slips: canonicalJson(slips) },
      residents: residents?.count ?? null,
      residents_as_of: residents?.asOf ?? null,
    },
    { ...row, slips: normalJson(row['slips']) },
  );
  if (schools !== frame.body.schools)
    differences.add('schools', county, frame.index, 'row', frame.body.schools, schools);
  const lots = log.last('lot');
  if ((lots?.body.no ?? 0) !== row['lot'])
    differences.add(table, county, lots?.index ?? null, 'lot', lots?.body.no ?? 0, row['lot']);
  const draw = log.first('draw');
  const found = drawOf(row['draw']);
  if (draw) {
    const { dice, seed, moves, quotas, by } = draw.body;
    const expected = {
      dice,
      seed,
      by: by.name,
      at: draw.body.at,
      moves: canonicalJson(moves),
      quotas: canonicalJson(quotas),
    };
    compareColumns(differences, table, county, draw.index, expected, found);
  } else if (row['draw'] !== null) differences.add(table, county, null, 'draw', '', row['draw']);
}

/** Its parts as columns; an unreadable value differs from every leaf. */
function drawOf(draw: Row[string] | undefined): Row {
  try {
    const { dice, seed, by, at, moves, quotas } = JSON.parse(String(draw)) as Record<string, Cell>;
    return {
      ...{ dice: dice ?? null, seed: seed ?? null, by: by ?? null, at: at ?? null },
      ...{ moves: canonicalJson(moves ?? null), quotas: canonicalJson(quotas ?? null) },
    };
  } catch {
    return {};
  }
}

function compareDocuments(differences: Differences, log: AuditedLog, { documents }: AuditTables): void {
  const frame = log.first('frame');
  if (!frame) return;
  const bodies = new Map(documents.map((d) => [d['hash'], d['body']]));
  for (const hash of new Set([frame.body.profile, ...frame.body.questionnaires.map((q) => q.hash)])) {
    const body = bodies.get(hash);
    const own = body === undefined ? '' : hashOfDocument(String(body));
    if (own !== hash) differences.add('documents', hash, frame.index, 'body', hash, own);
  }
}

function hashOfDocument(body: string): string {
  try {
    return contentHash(JSON.parse(body));
  } catch {
    return 'cannot be read';
  }
}

const noOf = (row: Row) => String(row['no']);

function compareStrata(differences: Differences, log: AuditedLog, tables: AuditTables): void {
  const issue = log.first('issue');
  const index = issue?.index ?? 0;
  const sampling = (issue?.body.sampling ?? []).map(
    ({ no, group, location, grade, kind, frameSize, quota, drawn, replacements }): ExpectedRow => ({
      key: String(no),
      leaf: index,
      columns: { grp: group, location, grade, kind, frame_size: frameSize, quota, drawn, replacements },
    }),
  );
  compareRows(differences, 'sampling_strata', sampling, tables.samplingStrata, noOf);
  const late = new Map<number, number>();
  for (const { body } of log.all('late-issue'))
    for (const { reportingStratum, count } of body.codes)
      late.set(reportingStratum, (late.get(reportingStratum) ?? 0) + count);
  const reporting = (issue?.body.reporting ?? []).map(
    ({ no, group, level, key, name, schools, location, issued }): ExpectedRow => ({
      key: String(no),
      leaf: index,
      columns: {
        ...{ grp: group, level, key, name, location, schools: canonicalJson(schools) },
        issued: canonicalJson({ ...issued, other: issued.other + (late.get(no) ?? 0) }),
      },
    }),
  );
  const found = tables.reportingStrata.map((row) => ({
    ...row,
    schools: normalJson(row['schools']),
    issued: normalJson(row['issued']),
  }));
  compareRows(differences, 'reporting_strata', reporting, found, noOf);
}

/** Late rolls: each part has a leaf. */
function compareImports(differences: Differences, log: AuditedLog, rows: readonly Row[]): void {
  const byImport = new Map<
    string,
    { readonly leaf: number; readonly body: StateLeafBody<'late-edit'>; added: number }
  >();
  for (const { index, body } of log.all('late-edit')) {
    const own = byImport.get(body.import);
    if (own) own.added += body.added;
    else byImport.set(body.import, { leaf: index, body, added: body.added });
  }
  const expected = [...byImport].map(([key, { leaf, body, added }]): ExpectedRow => {
    const { group, reason, file } = body;
    return { key, leaf, columns: { grp: group, late_reason: reason, file_hash: file, added } };
  });
  const frozenAt = log.first('frame')?.body.at ?? 0;
  // A late roll that added nobody has no leaf. Nor has one that was read before the freeze.
  const isLate = (row: Row) =>
    row['late_reason'] !== null && row['added'] !== 0 && Number(row['at']) > frozenAt;
  const found = rows.filter((row) => byImport.has(String(row['id'])) || isLate(row));
  compareRows(differences, 'imports', expected, found, (row) => String(row['id']));
}

function compareLinks(differences: Differences, log: AuditedLog, rows: readonly Row[]): void {
  const expected = log.all('links').flatMap(({ index, body }) =>
    body.links.map(({ group, school, reportingStratum, questionnaire }): ExpectedRow => ({
      key: `${group} ${school ?? ''}`,
      leaf: index,
      columns: { reporting_stratum: reportingStratum, questionnaire },
    })),
  );
  compareRows(differences, 'links', expected, rows, (row) => `${row['grp']} ${row['school'] ?? ''}`);
}

function compareExports(differences: Differences, log: AuditedLog, rows: readonly Row[]): void {
  const expected = log.all('export').map(({ index, body }): ExpectedRow => {
    const { id, kind, format, groups, count, file, by, at } = body;
    return {
      key: id,
      leaf: index,
      columns: { kind, format, groups: canonicalJson(groups), count, file_hash: file, by: by.name, at },
    };
  });
  const found = rows.map((row) => ({ ...row, groups: normalJson(row['groups']) }));
  compareRows(differences, 'code_exports', expected, found, (row) => String(row['id']));
}

/** Scheduled by one leaf, ended by another; a sending in progress has no end yet. */
function compareSendings(differences: Differences, log: AuditedLog, rows: readonly Row[]): void {
  const table = 'sendings';
  const expected = log.all('schedule').flatMap(({ index, body }) =>
    body.sendings.map(({ no, kind, template, dueAt }): ExpectedRow => {
      const { channel, form, signature, perDay, by, at } = body;
      return {
        key: String(no),
        leaf: index,
        columns: {
          ...{ kind, channel, form, signature, template, by: by.name, at },
          ...{ per_day: perDay, due_at: dueAt },
        },
      };
    }),
  );
  compareRows(differences, table, expected, rows, noOf);
  const ends = new Map(log.all('sent').map((sent) => [String(sent.body.no), sent]));
  for (const row of rows) {
    const key = noOf(row);
    const sent = ends.get(key);
    if (!sent) {
      if (row['ended_at'] !== null) differences.add(table, key, null, 'ended_at', '', row['ended_at']);
      continue;
    }
    const { end, counts, segments, repeats, audience, startedAt, at } = sent.body;
    const found = {
      ...row,
      audience: normalJson(row['audience'] ?? '[]'),
      result: normalJson(row['result']),
    };
    const columns = {
      state: end === 'cancelled' ? 'cancelled' : 'finished',
      audience: canonicalJson(audience),
      result: canonicalJson({ end, counts, segments, repeats }),
      started_at: startedAt,
      ended_at: at,
    };
    compareColumns(differences, table, key, sent.index, columns, found);
  }
}
