/** The next version of a document of a county's inspection, and its earlier versions. */
import { AppError, type Issue } from '../../domain/errors.ts';
import { assertMay, type Actor } from '../../domain/campaign/permissions.ts';
import type { InspectionCommand } from '../../domain/inspection/decide-inspection.ts';
import type { InspectionRecord } from '../../domain/inspection/record-names.ts';
import { reasonSchema, type InspectionState } from '../../domain/inspection/record.ts';
import { parseChange, rulesOf } from '../../domain/inspection/records.ts';
import type { Campaign } from '../../domain/model/campaign.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { InspectionEntry, InspectionVersion } from '../../domain/model/inspection.ts';
import { getCampaignCounty } from '../campaign/lookup.ts';
import { stamp, type Deps } from '../deps.ts';
import { readDocuments } from './documents.ts';
import { findingsOf } from './findings.ts';
import { drawnFor } from './roll-draw.ts';
import { sheetOf } from './sheet.ts';

export interface ChangeOptions {
  /** Version on which the change is based; absent: any. */
  readonly version?: number | undefined;
  readonly reason?: string | undefined;
}

/**
 * @param raw as the document's rules define, with `do`
 * @throws AppError invalid `inspection.invalid` with an issue for each field, `inspection.reason`; forbidden; conflict as
 * `decideInspection`
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
  return storeChange(deps, actor, id, code, record, raw, { version, reason });
}

/** The same for accounts that do not see the whole inspection: an interviewer at a call sheet. */
export async function storeChange(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  code: CountyCode,
  record: InspectionRecord,
  raw: unknown,
  { version, reason, made }: ChangeOptions & { readonly made?: InspectionState['made'] } = {},
): Promise<InspectionVersion> {
  const { campaign, county } = await getCampaignCounty(deps, actor, id, code);
  const change = parseChange(record, raw);
  assertMay(actor, rulesOf(record).actionOf(change), code);
  return deps.storage.changeInspection(stamp(deps, actor), id, code, {
    ...{ record, change, version: version ?? null },
    reason: parseReason(reason),
    computed: await computedFor(deps, campaign, code, record, change),
    ...(made && { made }),
    drawn: await drawnFor(deps, campaign, county, record, change),
  });
}

/** Basis of a conclusion or a rectification list: never entered, and checked again when it is stored. */
async function computedFor(
  deps: Deps,
  campaign: Campaign,
  code: CountyCode,
  record: InspectionRecord,
  change: { readonly do: string; readonly lowest?: number },
): Promise<InspectionCommand['computed']> {
  const isConclusion = record === 'stages' && change.do === 'conclude';
  const isList = record === 'rectification' && change.do === 'collect';
  if (!isConclusion && !isList) return undefined;
  const [newest] = await deps.storage.listInspectionVersions(campaign.id, code);
  const documents = await readDocuments(deps, campaign.id, code);
  const count = newest?.no ?? 0;
  if (isList)
    return { findings: await findingsOf(deps, campaign, code, documents, change.lowest ?? 0), count };
  const { sheet } = await sheetOf(deps, campaign, code, documents);
  return { gates: (sheet?.gates ?? []).map((g) => ({ id: g.id, state: g.state })), count };
}

function parseReason(text: string | undefined): string | null {
  if (text === undefined || text.trim() === '') return null;
  const parsed = reasonSchema.safeParse(text);
  if (parsed.success) return parsed.data;
  const issue: Issue = { path: 'reason', message: 'inspection.reason.form' };
  throw new AppError('invalid', 'inspection.reason', { issues: [issue] });
}

/** Who stated what and when, newest first. */
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
