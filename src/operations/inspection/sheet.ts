/** The determination sheet: combines documents, coefficients and the released survey. */
import { AppError } from '../../domain/errors.ts';
import { computeBalance, type Balance } from '../../domain/inspection/balance.ts';
import type { Regime } from '../../domain/inspection/regime.ts';
import {
  computeSheet,
  satisfactionGate,
  type Gate,
  type Satisfaction,
  type Sheet,
} from '../../domain/inspection/sheet.ts';
import { formatValue, pointStyle } from '../../domain/scoring/format.ts';
import { listDoubts } from '../../domain/scoring/summary/doubts.ts';
import type { Campaign } from '../../domain/model/campaign.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import { systemActor, type Actor } from '../../domain/campaign/permissions.ts';
import type { Determination } from '../../export/determination.ts';
import type { Deps } from '../deps.ts';
import { getReport } from '../summary/summary.ts';
import { readDocuments, viewInspection, type InspectionDocuments, type InspectionView } from './documents.ts';
import { serviceDay } from '../../domain/time-zone.ts';

export interface SheetView {
  readonly view: InspectionView;
  readonly regime: Regime | null;
  readonly balance: Balance | null;
  /** null: no rules were chosen. */
  readonly sheet: Sheet | null;
  readonly satisfaction: Satisfaction | null;
  /** The survey's result if it is not a gate. */
  readonly reference: Gate | null;
}

export async function viewSheet(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  code: CountyCode,
): Promise<SheetView> {
  const view = await viewInspection(deps, actor, id, code);
  return { view, ...(await sheetOf(deps, view.campaign, code, view.documents)) };
}

/** For operations that have checked permissions. */
export async function sheetOf(
  deps: Deps,
  campaign: Campaign,
  code: CountyCode,
  documents: InspectionDocuments,
): Promise<Omit<SheetView, 'view'>> {
  const { regime } = documents.rules.body;
  const satisfaction = await satisfactionOf(deps, campaign, code);
  if (regime === null) return { regime, balance: null, sheet: null, satisfaction, reference: null };
  const { rows } = documents.schools.body;
  const balance = rows.length === 0 ? null : computeBalance(rows, regime.balance);
  const input = {
    ...{ regime, balance, satisfaction },
    work: documents.work.body,
    vetoes: documents.vetoes.body,
    growth: documents.growth.body,
    parts: documents.parts.body,
  };
  const reference = regime.satisfaction.role === 'gate' ? null : satisfactionGate(input);
  return { regime, balance, sheet: computeSheet(input), satisfaction, reference };
}

/**
 * Only from a released survey, audited against its log, for every account: before that not even inspectors have it in the sheet.
 */
async function satisfactionOf(
  deps: Deps,
  campaign: Campaign,
  code: CountyCode,
): Promise<Satisfaction | null> {
  if (campaign.state !== 'released') return null;
  const s = await getReport(deps, systemActor, campaign.id, code);
  const style = pointStyle(s);
  const { official, verdict } = s;
  const shown = official.kind === 'estimate' ? official : null;
  return {
    verdict: verdict.kind,
    value: shown && formatValue(shown.value, style),
    points: shown?.value ?? null,
    threshold: s.threshold.value,
    interval: shown?.interval
      ? `${formatValue(shown.interval.low, style)}–${formatValue(shown.interval.high, style)}`
      : null,
    doubts: listDoubts(s)
      .filter((d) => d.tone !== 'good')
      .map((d) => `doubt.${d.kind}`),
    regime: s.profile.regime,
  };
}

/**
 * The public part during a public notice.
 * @throws AppError not-found
 */
export async function readNotice(deps: Deps, id: CampaignId, code: CountyCode) {
  const campaign = await deps.storage.findCampaign(id);
  const county = campaign?.counties.find((c) => c.code === code);
  if (!campaign || !county) throw new AppError('not-found', 'http.not-found');
  const documents = await readDocuments(deps, id, code);
  const { notice } = documents.stages.body;
  const today = serviceDay(deps.now());
  const { regime } = documents.rules.body;
  if (notice === null || regime === null || today < notice.from || today > notice.to)
    throw new AppError('not-found', 'http.not-found');
  return { campaign, county, notice, regime, stages: documents.stages.body.stages };
}

/** Data of its files; null: no rules were chosen. */
export function determinationOf({
  view,
  regime,
  sheet,
  reference,
  balance,
}: SheetView): Determination | null {
  if (regime === null || sheet === null) return null;
  const { campaign, county, documents } = view;
  return {
    campaign: { name: campaign.name, commissioner: campaign.commissioner, demo: campaign.demo },
    county: { name: county.name },
    ...{ regime, sheet, reference, balance },
    work: documents.work.body,
    parts: documents.parts.body,
    stages: documents.stages.body,
    archive: documents.archive.body,
    others: documents['other-figures'].body,
  };
}
