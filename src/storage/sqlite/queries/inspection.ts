/** Documents of an inspection: versions are only added. */
import { and, asc, count, desc, eq, inArray, max } from 'drizzle-orm';
import { z } from 'zod';
import { decideInspection, type InspectionCommand } from '../../../domain/inspection/decide-inspection.ts';
import { inspectionRecords, type InspectionRecord } from '../../../domain/inspection/record-names.ts';
import type { InspectionState } from '../../../domain/inspection/record.ts';
import type { InspectionBodies } from '../../../domain/inspection/records.ts';
import { readBody } from '../../../domain/inspection/stored-body.ts';
import type { CampaignId, CountyCode } from '../../../domain/model/ids.ts';
import type { InspectionEntry, InspectionVersion } from '../../../domain/model/inspection.ts';
import type { Stamp } from '../../../domain/model/stamp.ts';
import type { Tx } from '../connection.ts';
import { parseColumn, parseJson } from '../../shared/json.ts';
import { inspectionVersions } from '../schema.ts';
import { campaignNo } from './campaign-no.ts';
import { getCampaign } from './campaigns.ts';
import { readCountyState } from './county.ts';
import { recordDecision } from './decision.ts';
import { listSchools } from './schools.ts';

const recordSchema = z.enum(inspectionRecords);
const personSchema = z.strictObject({ id: z.string().nullable(), name: z.string(), role: z.string() });

const ofCounty = (campaign: number, county: CountyCode) =>
  and(eq(inspectionVersions.campaign, campaign), eq(inspectionVersions.county, county));

type StoredRow = typeof inspectionVersions.$inferSelect;
function entryOf(row: Omit<StoredRow, 'body' | 'campaign' | 'county'>): InspectionEntry {
  const { no, version, change, reason, at } = row;
  return {
    ...{ no, version, change, reason, at },
    record: parseColumn(recordSchema, row.record, 'inspection_versions.record'),
    by: parseJson(personSchema, row.by, 'inspection_versions.by'),
  };
}

/** All versions, in the order in which they were added. */
export function readInspectionVersions(
  tx: Tx,
  campaign: number,
  county: CountyCode,
): readonly InspectionVersion[] {
  return tx
    .select()
    .from(inspectionVersions)
    .where(ofCounty(campaign, county))
    .orderBy(asc(inspectionVersions.no))
    .all()
    .map((row) => ({ ...entryOf(row), body: row.body }));
}

function readLatest(tx: Tx, campaign: number, county: CountyCode): readonly InspectionVersion[] {
  const newest = tx
    .select({ no: max(inspectionVersions.no) })
    .from(inspectionVersions)
    .where(ofCounty(campaign, county))
    .groupBy(inspectionVersions.record)
    .all()
    .flatMap(({ no }) => (no === null ? [] : [no]));
  if (newest.length === 0) return [];
  return tx
    .select()
    .from(inspectionVersions)
    .where(and(ofCounty(campaign, county), inArray(inspectionVersions.no, newest)))
    .orderBy(asc(inspectionVersions.no))
    .all()
    .map((row) => ({ ...entryOf(row), body: row.body }));
}

/** One document in its current version, as the basis of another decision. */
export function readDocument<K extends InspectionRecord>(
  tx: Tx,
  campaign: number,
  county: CountyCode,
  record: K,
): InspectionBodies[K] | undefined {
  const row = tx
    .select({ body: inspectionVersions.body })
    .from(inspectionVersions)
    .where(and(ofCounty(campaign, county), eq(inspectionVersions.record, record)))
    .orderBy(desc(inspectionVersions.version))
    .limit(1)
    .get();
  return row && readBody(record, row.body);
}

export function readInspection(tx: Tx, id: CampaignId, county: CountyCode): readonly InspectionVersion[] {
  return readLatest(tx, campaignNo(tx, id), county);
}

export function listInspectionVersions(
  tx: Tx,
  id: CampaignId,
  county: CountyCode,
): readonly InspectionEntry[] {
  return tx
    .select(entryColumns)
    .from(inspectionVersions)
    .where(ofCounty(campaignNo(tx, id), county))
    .orderBy(desc(inspectionVersions.no))
    .all()
    .map(entryOf);
}
const entryColumns = {
  no: inspectionVersions.no,
  record: inspectionVersions.record,
  version: inspectionVersions.version,
  change: inspectionVersions.change,
  reason: inspectionVersions.reason,
  at: inspectionVersions.at,
  by: inspectionVersions.by,
};

export function findInspectionVersion(
  tx: Tx,
  id: CampaignId,
  county: CountyCode,
  no: number,
): InspectionVersion | undefined {
  const row = tx
    .select()
    .from(inspectionVersions)
    .where(and(ofCounty(campaignNo(tx, id), county), eq(inspectionVersions.no, no)))
    .get();
  return row && { ...entryOf(row), body: row.body };
}

export function changeInspection(
  tx: Tx,
  stamp: Stamp,
  id: CampaignId,
  county: CountyCode,
  command: InspectionCommand,
): InspectionVersion {
  const own = readCountyState(tx, id, county);
  const latest = Object.fromEntries(
    readLatest(tx, own.no, county).map(({ record, version, body }) => [
      record,
      { version, body: readBody(record, body) },
    ]),
  ) as InspectionState['latest'];
  const made =
    tx.select({ n: count() }).from(inspectionVersions).where(ofCounty(own.no, county)).get()?.n ?? 0;
  const campaign = getCampaign(tx, id);
  const state: Omit<InspectionState, 'gates'> = {
    campaign: { id, state: campaign.state },
    county,
    countyName: own.row.name,
    root: own.row.frameRoot && new Uint8Array(own.row.frameRoot),
    schools: listSchools(tx, id, county),
    latest,
    count: made,
  };
  const decision = decideInspection(state, command, stamp);
  const { by, ...changes } = decision.changes;
  tx.insert(inspectionVersions)
    .values({ campaign: own.no, county, ...changes, by: JSON.stringify(by) })
    .run();
  recordDecision(tx, stamp, { no: own.no, id }, decision);
  return decision.changes;
}
