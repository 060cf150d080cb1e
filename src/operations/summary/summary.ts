/** A county's summary: only after close (design 13), from the tallies, through the one suppression, whoever asks and in whatever format. */
import { AppError } from '../../domain/errors.ts';
import type { LogStatus } from '../../domain/evidence/witness.ts';
import { isScoreVisible } from '../../domain/campaign/life-cycle.ts';
import { assertMay, type Actor } from '../../domain/campaign/permissions.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { CompiledQuestionnaire } from '../../domain/questionnaire/compiled.ts';
import type { QuestionnaireTexts, Summary, SummaryInput } from '../../domain/scoring/summary/summary.ts';
import {
  questionnaireTexts,
  splitOf,
  summaryCampaign,
  voidsOfCounty,
} from '../../domain/scoring/summary/summary-input.ts';
import type { TallyCell } from '../../domain/scoring/tally/tally.ts';
import { withoutVerdict } from '../../domain/scoring/summary/without-verdict.ts';
import { countByStratum } from '../../domain/scoring/tally/cells.ts';
import type { AuditRecord, AuditStatus } from '../../domain/model/audit.ts';
import type { Campaign } from '../../domain/model/campaign.ts';
import type { StratumCount } from '../../domain/model/count.ts';
import type { Deps } from '../deps.ts';
import {
  countyOf,
  getCampaignCounty,
  getProfile,
  getQuestionnaire,
  getQuestionnaireDocument,
} from '../campaign/lookup.ts';
import { auditForReports } from '../evidence/audit.ts';
import { readLogStatus } from '../evidence/witnesses.ts';
import { shownSummary } from './shown.ts';

/**
 * @throws AppError conflict `summary.not-closed` (params closesAt), `summary.voided`, `summary.not-released` (officials); forbidden; not-found
 */
export async function getSummary(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  county: CountyCode,
): Promise<Summary> {
  assertMay(actor, 'summary.view', county);
  const { campaign } = await getCampaignCounty(deps, actor, id, county);
  assertVisible(campaign, actor);
  return shownSummary(deps, await readSummaryInput(deps, campaign, county));
}

/** With the head of the evidence log that it can be verified by, and the audit against it: what pages, files and the API hand out. */
export interface SummaryReport extends Summary {
  readonly log: LogStatus | null;
  /** null: there is no log. */
  readonly audit: AuditStatus | null;
}

/** @throws AppError as `getSummary` */
export async function getReport(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  county: CountyCode,
): Promise<SummaryReport> {
  const summary = await getSummary(deps, actor, id, county);
  const audit = (await auditForReports(deps, id, [county])).get(county) ?? null;
  return reportOf(deps, id, county, summary, audit);
}

async function reportOf(
  deps: Deps,
  id: CampaignId,
  county: CountyCode,
  summary: Summary,
  record: AuditRecord | null,
): Promise<SummaryReport> {
  const log = await readLogStatus(deps, id, county);
  if (record === null) return { ...summary, log, audit: null };
  const { named: _, ...audit } = record;
  const shown = audit.differences > 0 ? withoutVerdict(summary, audit.differences) : summary;
  return { ...shown, log, audit };
}

/** Several counties side by side, in the order given. */
export async function compareCounties(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  counties: readonly CountyCode[],
): Promise<readonly SummaryReport[]> {
  const summaries = new Map<CountyCode, Summary>();
  for (const county of counties) summaries.set(county, await getSummary(deps, actor, id, county));
  // All at once: counties are shared among threads.
  const audits = await auditForReports(deps, id, counties);
  const list: SummaryReport[] = [];
  for (const [county, summary] of summaries)
    list.push(await reportOf(deps, id, county, summary, audits.get(county) ?? null));
  return list;
}

export function assertVisible(campaign: Campaign, actor: Actor): void {
  if (campaign.state === 'voided') throw new AppError('conflict', 'summary.voided');
  if (!isScoreVisible(campaign.state)) {
    throw new AppError('conflict', 'summary.not-closed', {
      params: { closesAt: new Date(campaign.closesAt).toISOString() },
    });
  }
  if (actor.role === 'official' && campaign.state !== 'released')
    throw new AppError('conflict', 'summary.not-released');
}

/** Respondents of a county that is closed, by reporting stratum, set and channel. */
export async function countRespondents(
  deps: Deps,
  campaign: Campaign,
  county: CountyCode,
): Promise<readonly StratumCount[]> {
  const closing = await deps.storage.readClosingCounts(campaign.id, county);
  // Of what was voided while it was open, nothing was counted.
  if (!closing) return deps.storage.countResponses(campaign.id, county);
  const known = respondentsOf.get(closing.tallies);
  if (known) return known;
  const questionnaires = new Map<number, CompiledQuestionnaire>();
  for (const { no, hash } of campaign.questionnaires)
    questionnaires.set(no, await getQuestionnaire(deps, hash));
  const counted = countByStratum(questionnaires, closing.tallies);
  respondentsOf.set(closing.tallies, counted);
  return counted;
}
/** Storage hands out the same list again as long as nothing changes. */
const respondentsOf = new WeakMap<readonly TallyCell[], readonly StratumCount[]>();

/** Everything that the figures are computed from; the caller has checked who asks and when. */
export async function readSummaryInput(
  deps: Deps,
  campaign: Campaign,
  county: CountyCode,
): Promise<SummaryInput> {
  const { storage } = deps;
  const own = countyOf(campaign, county);
  const profile = await getProfile(deps, campaign.profile);
  const questionnaires = new Map<number, CompiledQuestionnaire>();
  const texts = new Map<number, QuestionnaireTexts>();
  for (const { no, hash } of campaign.questionnaires) {
    questionnaires.set(no, await getQuestionnaire(deps, hash));
    texts.set(no, questionnaireTexts(await getQuestionnaireDocument(deps, hash), own.name));
  }
  const { sampling, reporting } = await storage.readStrata(campaign.id, county);
  const closing = await storage.readClosingCounts(campaign.id, county);
  const cells = closing?.tallies ?? (await storage.readTallies(campaign.id, county));
  const voided = voidsOfCounty(campaign.voids, county, reporting);
  return {
    campaign: summaryCampaign(campaign),
    county: { code: county, name: own.name, residents: own.residents },
    profile,
    profileHash: campaign.profile,
    questionnaires,
    texts,
    ...splitOf(campaign.questionnaires),
    samplingStrata: sampling,
    reportingStrata: reporting,
    cells,
    firstCells: closing?.first ?? [],
    fates: closing?.fates ?? [],
    ...(closing && { flags: closing.flags }),
    ineligible: await storage.listIneligible(campaign.id, county),
    ...(closing?.keepsVoidedFrame !== true &&
      voided.some((v) => v.reportingStratum !== null) &&
      profile.voidedStratum !== 'insufficient' && {
        drawnCodes: await storage.countDrawnCodes(campaign.id, county),
      }),
    voided,
    reanswers: (closing?.reanswered ?? []).map((r) => ({
      reportingStratum: r.reportingStratum,
      responses: r.respondents,
      reanswered: r.reanswered,
    })),
  };
}
