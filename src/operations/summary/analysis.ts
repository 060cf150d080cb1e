/**
 * The counted answers, for statisticians. Contents leave the service, so it is for inspectors, after close, and each hand-over is
 * a leaf like a bundle's.
 */
import { AppError } from '../../domain/errors.ts';
import { assertMayHandOver } from '../../domain/evidence/decide-flag.ts';
import { assertMay, type Actor } from '../../domain/campaign/permissions.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { Language } from '../../domain/model/vocabulary.ts';
import { decodeAnswers } from '../../domain/questionnaire/decode.ts';
import { createValidityTest } from '../../domain/scoring/rules/valid.ts';
import { designWeights } from '../../domain/scoring/summary/design-weights.ts';
import { analysisFiles, type AnalysedAnswer } from '../../export/analysis/files.ts';
import { localisedIn } from '../../export/report/draft.ts';
import { zipChunks } from '../../export/zip.ts';
import { getCampaignCounty, getQuestionnaire, getQuestionnaireDocument } from '../campaign/lookup.ts';
import { stamp, type Deps } from '../deps.ts';
import { auditFailed, auditForReports } from '../evidence/audit.ts';
import { assertVisible, readSummaryInput } from './summary.ts';

const pageSize = 2_000;

/**
 * A zip, in constant memory. The hand-over is recorded before the first byte is made.
 * @throws AppError forbidden; not-found `evidence.no-log`; conflict `evidence.not-closed`, `evidence.expiring`, `summary.voided`,
 * `audit.failed`, `analysis.erased`
 */
export async function exportAnalysis(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  code: CountyCode,
  language: Language,
): Promise<AsyncGenerator<Uint8Array, void, undefined>> {
  assertMay(actor, 'analysis.export', code);
  const { campaign, county } = await getCampaignCounty(deps, actor, id, code);
  assertMayHandOver(campaign);
  assertVisible(campaign, actor);
  if (campaign.expiredAt !== null) throw new AppError('conflict', 'analysis.erased');
  if (!(await deps.storage.findLog(id, code))) throw new AppError('not-found', 'evidence.no-log');
  const audit = (await auditForReports(deps, id, [code])).get(code);
  if (audit && audit.differences > 0) throw auditFailed(code, audit.differences);
  const input = await readSummaryInput(deps, campaign, code);
  const place = designWeights(input);
  const { profile } = input;
  const questionnaires = await Promise.all(
    campaign.questionnaires.map(async ({ no, hash }) => {
      const compiled = await getQuestionnaire(deps, hash);
      return {
        no,
        compiled,
        document: await getQuestionnaireDocument(deps, hash),
        isValid: createValidityTest(profile.valid, compiled),
      };
    }),
  );
  const byNo = new Map(questionnaires.map((q) => [q.no, q]));
  async function* answers(): AsyncGenerator<AnalysedAnswer> {
    for (let after: Uint8Array | null = null; ;) {
      const page = await deps.storage.listCountable(id, code, after, pageSize);
      for (const row of page) {
        const q = byNo.get(row.questionnaire);
        const found = q?.isValid(row.answers) === true ? place(row) : undefined;
        if (!q || !found) continue;
        yield {
          questionnaire: row.questionnaire,
          reportingStratum: row.reportingStratum,
          channel: row.channel,
          place: found,
          answers: decodeAnswers(q.compiled, row.answers),
        };
      }
      after = page.at(-1)?.pseudonym ?? null;
      if (page.length < pageSize) return;
    }
  }
  let rows = 0;
  for await (const _ of answers()) rows++;
  await deps.storage.recordBundle(stamp(deps, actor), id, code);
  await deps.storage.appendTrail(stamp(deps, actor), {
    action: 'analysis.export',
    campaign: id,
    county: code,
    details: { count: rows },
  });
  const official = profile.formulas.find((f) => f.id === profile.official);
  const total = profile.groups.reduce((sum, group) => sum + group.weight, 0);
  const files = analysisFiles(
    {
      campaign: campaign.name,
      county: { code, name: county.name },
      demo: campaign.demo,
      minimumCell: profile.minimumCell,
      formula: official ? localisedIn(language)(official.title) : '',
      questionnaires,
      units: new Map(input.reportingStrata.map((s) => [s.no, s])),
      groupWeights: new Map(profile.groups.map((g) => [g.group, g.weight / total])),
      rows,
      answers,
    },
    language,
  );
  return zipChunks(files, deps.now());
}
