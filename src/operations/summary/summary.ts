/**
 * A county's summary: only after close (design 13), from the tallies, through the one suppression, for every account and format.
 */
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
import type { Campaign, CampaignCounty } from '../../domain/model/campaign.ts';
import type { ClosingCounts, StratumCount } from '../../domain/model/count.ts';
import type { Questionnaire } from '../../domain/questionnaire/template.ts';
import type { RuleProfile } from '../../domain/scoring/rules/profile.ts';
import type { Storage } from '../../storage/port/index.ts';
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
import { memoizeByIdentity } from '../memoize.ts';
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

/** With the head of the evidence log that verifies it, and the audit against it: the form for pages, files and the API. */
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
  return reportOf(summary, await readLogStatus(deps, id, county), audit);
}

const reportOf = memoizeByIdentity(makeReport);

function makeReport(summary: Summary, log: LogStatus | null, record: AuditRecord | null): SummaryReport {
  if (record === null) return { ...summary, log, audit: null };
  const { named: _, ...audit } = record;
  const shown = audit.differences > 0 ? withoutVerdict(summary, audit.differences) : summary;
  return { ...shown, log, audit };
}

/** Several counties for comparison, in the given order. */
export async function compareCounties(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  counties: readonly CountyCode[],
): Promise<readonly SummaryReport[]> {
  const summaries = new Map<CountyCode, Summary>();
  for (const county of counties) summaries.set(county, await getSummary(deps, actor, id, county));
  // All at once: counties are distributed over threads.
  const audits = await auditForReports(deps, id, counties);
  const list: SummaryReport[] = [];
  for (const [county, summary] of summaries)
    list.push(reportOf(summary, await readLogStatus(deps, id, county), audits.get(county) ?? null));
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

/** Respondents of a closed county, by reporting stratum, set and channel. */
export async function countRespondents(
  deps: Deps,
  campaign: Campaign,
  county: CountyCode,
): Promise<readonly StratumCount[]> {
  const closing = await deps.storage.readClosingCounts(campaign.id, county);
  // For campaigns voided while open, nothing was counted.
  if (!closing) return deps.storage.countResponses(campaign.id, county);
  const known = respondentsOf.get(closing.tallies);
  if (known) return known;
  const { compiled } = await readDocuments(deps, campaign);
  const counted = countByStratum(compiled, closing.tallies);
  respondentsOf.set(closing.tallies, counted);
  return counted;
}
/** Storage returns the same list as long as nothing changes. */
const respondentsOf = new WeakMap<readonly TallyCell[], readonly StratumCount[]>();

/** All inputs of the figures; the caller has checked permissions and state. */
export async function readSummaryInput(
  deps: Deps,
  campaign: Campaign,
  county: CountyCode,
): Promise<SummaryInput> {
  const { storage } = deps;
  const own = countyOf(campaign, county);
  const profile = await getProfile(deps, campaign.profile);
  const documents = await readDocuments(deps, campaign);
  const strata = await storage.readStrata(campaign.id, county);
  const closing = await storage.readClosingCounts(campaign.id, county);
  const cells = closing?.tallies ?? (await storage.readTallies(campaign.id, county));
  const ineligible = await storage.listIneligible(campaign.id, county);
  const countsDrawn =
    closing?.keepsVoidedFrame !== true &&
    profile.voidedStratum !== 'insufficient' &&
    voidsOfCounty(campaign.voids, county, strata.reporting).some((v) => v.reportingStratum !== null);
  const drawnCodes = countsDrawn ? await storage.countDrawnCodes(campaign.id, county) : null;
  return inputOf(cells, campaign, own, profile, documents, closing, strata, ineligible, drawnCodes);
}

interface Documents {
  readonly compiled: ReadonlyMap<number, CompiledQuestionnaire>;
  readonly questionnaires: ReadonlyMap<number, Questionnaire>;
}

/** Documents never change under their hash; the campaign says which hashes. */
const documentsOf = new WeakMap<Campaign, Documents>();

async function readDocuments(deps: Deps, campaign: Campaign): Promise<Documents> {
  const known = documentsOf.get(campaign);
  if (known) return known;
  const compiled = new Map<number, CompiledQuestionnaire>();
  const questionnaires = new Map<number, Questionnaire>();
  for (const { no, hash } of campaign.questionnaires) {
    compiled.set(no, await getQuestionnaire(deps, hash));
    questionnaires.set(no, await getQuestionnaireDocument(deps, hash));
  }
  const found = { compiled, questionnaires };
  documentsOf.set(campaign, found);
  return found;
}

const inputOf = memoizeByIdentity(makeInput);

function makeInput(
  cells: readonly TallyCell[],
  campaign: Campaign,
  own: CampaignCounty,
  profile: RuleProfile,
  documents: Documents,
  closing: ClosingCounts | undefined,
  { sampling, reporting }: Awaited<ReturnType<Storage['readStrata']>>,
  ineligible: Awaited<ReturnType<Storage['listIneligible']>>,
  drawnCodes: Awaited<ReturnType<Storage['countDrawnCodes']>> | null,
): SummaryInput {
  const county = own.code;
  const texts = new Map<number, QuestionnaireTexts>();
  for (const [no, document] of documents.questionnaires)
    texts.set(no, questionnaireTexts(document, own.name));
  const voided = voidsOfCounty(campaign.voids, county, reporting);
  return {
    campaign: summaryCampaign(campaign),
    county: { code: county, name: own.name, residents: own.residents },
    profile,
    profileHash: campaign.profile,
    disclosureRule: campaign.disclosureRule,
    questionnaires: documents.compiled,
    texts,
    ...splitOf(campaign.questionnaires),
    samplingStrata: sampling,
    reportingStrata: reporting,
    cells,
    firstCells: closing?.first ?? [],
    fates: closing?.fates ?? [],
    ...(closing && { flags: closing.flags }),
    ineligible,
    ...(drawnCodes !== null && { drawnCodes }),
    voided,
    reanswers: (closing?.reanswered ?? []).map((r) => ({
      reportingStratum: r.reportingStratum,
      responses: r.respondents,
      reanswered: r.reanswered,
    })),
  };
}
