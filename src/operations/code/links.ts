/**
 * Open links, one per school and group, for posters and groups of parents. Answers through them are a separate channel, never
 * part of a drawn figure.
 */
import { z } from 'zod';
import { AppError } from '../../domain/errors.ts';
import { assertLinksPossible, linksToMake } from '../../domain/code/links.ts';
import { assertMay, type Actor } from '../../domain/campaign/permissions.ts';
import { findReportingStratum } from '../../domain/frame/reporting-strata.ts';
import type { CampaignId, CountyCode, SchoolId } from '../../domain/model/ids.ts';
import { countyLevelGroups, groupSchema, type Group } from '../../domain/model/vocabulary.ts';
import type { OpenLink } from '../../domain/model/code.ts';
import { stamp, type Deps } from '../deps.ts';
import { publishCheckpoints } from '../evidence/evidence.ts';
import { getCampaignCounty, questionnaireOf } from '../campaign/lookup.ts';

/**
 * Creates the missing links: one for every school and group with a reporting stratum, and one for the whole county if a group is
 * only reported by county.
 * @throws AppError invalid `links.group-not-asked`; conflict `links.not-drawn`
 */
export async function createLinks(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  code: CountyCode,
  groups: readonly Group[],
): Promise<readonly OpenLink[]> {
  assertMay(actor, 'links.manage', code);
  const { campaign, county } = await getCampaignCounty(deps, actor, id, code);
  const wanted = z.array(groupSchema).min(1).safeParse(groups);
  if (!wanted.success) throw new AppError('invalid', 'links.group-not-asked', { params: { group: '' } });
  assertLinksPossible(campaign.state, county.frameState);
  const { reporting } = await deps.storage.readStrata(id, code);
  const schools = await deps.storage.listSchools(id, code);
  const asked: OpenLink[] = [];
  for (const group of new Set(wanted.data)) {
    const questionnaire = questionnaireOf(campaign, group);
    if (!questionnaire) throw new AppError('invalid', 'links.group-not-asked', { params: { group } });
    const places: readonly (SchoolId | null)[] =
      countyLevelGroups.has(group) || schools.length === 0 ? [null] : schools.map((s) => s.id);
    for (const school of places) {
      const stratum = findReportingStratum(reporting, group, school);
      if (!stratum) continue;
      asked.push({
        id: deps.newId(),
        campaign: id,
        county: code,
        group,
        school,
        reportingStratum: stratum.no,
        questionnaire: questionnaire.no,
        createdAt: deps.now(),
      });
    }
  }
  // The creating transaction decides which of them are new.
  if (linksToMake(asked, await deps.storage.listLinks(id, code)).length > 0) {
    await deps.storage.createLinks(stamp(deps, actor), asked);
    await publishCheckpoints(deps, id, code);
  }
  return deps.storage.listLinks(id, code);
}

export async function listLinks(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  code: CountyCode,
): Promise<readonly OpenLink[]> {
  assertMay(actor, 'links.manage', code);
  await getCampaignCounty(deps, actor, id, code);
  return deps.storage.listLinks(id, code);
}
