/** The survey's dossier for the archive of an inspection: results, rules, respondents, and data for verification. */
import { assertMay, type Actor } from '../../domain/campaign/permissions.ts';
import type { Campaign, CampaignCounty } from '../../domain/model/campaign.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { Language } from '../../domain/model/vocabulary.ts';
import { handingOut, type Dossier } from '../../export/dossier/dossier.ts';
import { dossierFiles, dossierName, type DossierFile } from '../../export/dossier/files.ts';
import type { ReportDraft } from '../../export/report/draft.ts';
import { stamp, type Deps } from '../deps.ts';
import { listActsOf } from '../trail.ts';
import { auditFailed } from '../evidence/audit.ts';
import { publishCheckpoint } from '../evidence/evidence.ts';
import { getCampaignCounty, getDocument, getProfile, getQuestionnaireDocument } from '../campaign/lookup.ts';
import { readPublication } from './publication.ts';
import { getReport } from './summary.ts';
import { readVerifier } from './verifier-files.ts';

export interface MadeDossier {
  readonly name: string;
  readonly files: readonly DossierFile[];
}

/**
 * The trail records it with the hash of its list of hashes.
 * @throws AppError conflict `summary.not-closed`, `summary.voided`, `summary.not-released` (officials), `audit.failed`;
 * forbidden; not-found
 */
export async function makeDossier(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  code: CountyCode,
  language: Language,
  /** The report's sentences, if people changed them. */
  draft?: ReportDraft,
): Promise<MadeDossier> {
  assertMay(actor, 'dossier.make', code);
  const { campaign, county } = await getCampaignCounty(deps, actor, id, code);
  const summary = await getReport(deps, actor, id, code);
  if (summary.audit !== null && summary.audit.differences > 0)
    throw auditFailed(code, summary.audit.differences);
  await publishCheckpoint(deps, id, code);
  const document = async (hash: Parameters<typeof getDocument>[1]) => {
    const { body } = await getDocument(deps, hash);
    return { hash, body };
  };
  const dossier: Dossier = {
    publication: await readPublication(deps, campaign, county, summary),
    isReleased: campaign.state === 'released',
    county,
    purpose: campaign.purpose,
    profile: await getProfile(deps, campaign.profile),
    documents: {
      profile: await document(campaign.profile),
      questionnaires: await Promise.all(
        campaign.questionnaires.map(async ({ hash }) => ({
          ...(await document(hash)),
          questionnaire: await getQuestionnaireDocument(deps, hash),
        })),
      ),
    },
    sampling: (await deps.storage.readStrata(id, code)).sampling,
    handedOut: await listActsOf(deps, id, code, handingOut),
    verifier: await readVerifier(),
  };
  const { files, hash } = await dossierFiles(dossier, { language, ...(draft && { draft }) });
  await deps.storage.appendTrail(stamp(deps, actor), {
    action: 'dossier.made',
    campaign: id,
    county: code,
    details: { hash, count: files.length },
  });
  return { name: nameOf(campaign, county, language), files };
}

const nameOf = (campaign: Campaign, county: CampaignCounty, language: Language) =>
  dossierName({ purpose: campaign.purpose, campaign, county }, language);

/**
 * Its file name: a caller that writes a file checks first whether the name is free, because the trail records each dossier made.
 */
export async function nameDossier(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  code: CountyCode,
  language: Language,
): Promise<string> {
  assertMay(actor, 'dossier.make', code);
  const { campaign, county } = await getCampaignCounty(deps, actor, id, code);
  return nameOf(campaign, county, language);
}
