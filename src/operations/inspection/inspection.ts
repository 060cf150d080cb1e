/** A county's inspection: its documents as they stand, and the next version of one. */
import { AppError, type Issue } from '../../domain/errors.ts';
import { assertMay, type Actor } from '../../domain/campaign/permissions.ts';
import {
  inspectionRecords as allRecords,
  type InspectionRecord,
} from '../../domain/inspection/record-names.ts';
import { reasonSchema } from '../../domain/inspection/record.ts';
import { parseChange, rulesOf, type InspectionBodies } from '../../domain/inspection/records.ts';
import type { Campaign, CampaignCounty } from '../../domain/model/campaign.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { InspectionEntry, InspectionVersion } from '../../domain/model/inspection.ts';
import { getCampaignCounty } from '../campaign/lookup.ts';
import { stamp, type Deps } from '../deps.ts';

export type InspectionDocuments = {
  readonly [K in InspectionRecord]: {
    /** 0: nothing was stated yet. */
    readonly version: number;
    readonly body: InspectionBodies[K];
    readonly at: number | null;
    readonly by: string | null;
  };
};

export interface InspectionView {
  readonly campaign: Campaign;
  readonly county: CampaignCounty;
  readonly documents: InspectionDocuments;
}

export async function viewInspection(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  code: CountyCode,
): Promise<InspectionView> {
  assertMay(actor, 'inspection.view', code);
  const { campaign, county } = await getCampaignCounty(deps, actor, id, code);
  return { campaign, county, documents: await readDocuments(deps, id, code) };
}

/** For operations that have checked who asks. */
export async function readDocuments(
  deps: Deps,
  id: CampaignId,
  code: CountyCode,
): Promise<InspectionDocuments> {
  const latest = await deps.storage.readInspection(id, code);
  const known = new Map(latest.map((one) => [one.record, one]));
  return Object.fromEntries(
    allRecords.map((record) => {
      const found = known.get(record);
      const rules = rulesOf(record);
      return [
        record,
        found
          ? { version: found.version, body: bodyOf(found), at: found.at, by: found.by.name }
          : { version: 0, body: rules.empty, at: null, by: null },
      ];
    }),
  ) as unknown as InspectionDocuments;
}

/** @throws AppError corrupt `storage.corrupt` */
export function bodyOf(version: InspectionVersion): unknown {
  const parsed = rulesOf(version.record).body.safeParse(JSON.parse(version.body));
  if (!parsed.success)
    throw new AppError('corrupt', 'storage.corrupt', {
      params: { column: 'inspection_versions.body' },
      cause: parsed.error,
    });
  return parsed.data;
}

export interface ChangeOptions {
  /** On which the change was made; left out: whichever there is. */
  readonly version?: number | undefined;
  readonly reason?: string | undefined;
}

/**
 * @param raw as the document's rules say, with `do`
 * @throws AppError invalid `inspection.invalid` with an issue for each field, `inspection.reason`; forbidden; conflict as `decideInspection`
 */
export async function changeInspection(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  code: CountyCode,
  record: InspectionRecord,
  raw: unknown,
  { version, reason }: ChangeOptions = {},
): Promise<InspectionVersion> {
  assertMay(actor, 'inspection.view', code);
  await getCampaignCounty(deps, actor, id, code);
  const change = parseChange(record, raw);
  assertMay(actor, rulesOf(record).actionOf(change), code);
  return deps.storage.changeInspection(stamp(deps, actor), id, code, {
    ...{ record, change, version: version ?? null },
    reason: parseReason(reason),
  });
}

function parseReason(text: string | undefined): string | null {
  if (text === undefined || text.trim() === '') return null;
  const parsed = reasonSchema.safeParse(text);
  if (parsed.success) return parsed.data;
  const issue: Issue = { path: 'reason', message: 'inspection.reason.form' };
  throw new AppError('invalid', 'inspection.reason', { issues: [issue] });
}

/** Who stated what when, newest first. */
export async function listInspectionVersions(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  code: CountyCode,
): Promise<readonly InspectionEntry[]> {
  assertMay(actor, 'inspection.view', code);
  await getCampaignCounty(deps, actor, id, code);
  return deps.storage.listInspectionVersions(id, code);
}

/** @throws AppError not-found `inspection.no-version` */
export async function getInspectionVersion(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  code: CountyCode,
  no: string,
): Promise<InspectionVersion> {
  assertMay(actor, 'inspection.view', code);
  await getCampaignCounty(deps, actor, id, code);
  const found = /^[1-9]\d{0,8}$/.test(no)
    ? await deps.storage.findInspectionVersion(id, code, Number(no))
    : undefined;
  if (!found) throw new AppError('not-found', 'inspection.no-version');
  return found;
}
