/**
 * Comments, after close, for inspectors and the commissioner's side; never for officials. A comment is shown with its school only where at least the minimum
 * cell of answers came from there; else with its group alone, and not at all while the whole group is smaller.
 */
import { assertMay, type Actor } from '../../domain/campaign/permissions.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import { maskText } from '../../domain/answer/mask-text.ts';
import type { Group } from '../../domain/model/vocabulary.ts';
import type { Deps } from '../deps.ts';
import { getCampaignCounty, getProfile } from '../campaign/lookup.ts';
import { assertVisible } from '../summary/summary.ts';

export interface CommentView {
  readonly group: Group;
  /** Name of the school or merged stratum; null where too few answered there. */
  readonly stratum: string | null;
  readonly item: string;
  /** Numbers and names masked. */
  readonly text: string;
}
export interface CommentsView {
  readonly comments: readonly CommentView[];
  /** Comments of groups with fewer answers than the minimum cell. */
  readonly withheld: number;
  readonly minimumCell: number;
}

/** @throws AppError forbidden; conflict `summary.not-closed`, `summary.voided`; not-found */
export async function listComments(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  county: CountyCode,
): Promise<CommentsView> {
  assertMay(actor, 'comments.view', county);
  const { campaign } = await getCampaignCounty(deps, actor, id, county);
  assertVisible(campaign, actor);
  const { minimumCell } = await getProfile(deps, campaign.profile);
  const { reporting } = await deps.storage.readStrata(id, county);
  const strata = new Map(reporting.map((s) => [s.no, s]));
  const ofStratum = new Map<number, number>();
  const ofGroup = new Map<Group, number>();
  for (const { reportingStratum, answered } of await deps.storage.countResponses(id, county)) {
    const group = strata.get(reportingStratum)?.group;
    if (group === undefined) continue;
    ofStratum.set(reportingStratum, (ofStratum.get(reportingStratum) ?? 0) + answered);
    ofGroup.set(group, (ofGroup.get(group) ?? 0) + answered);
  }
  const comments: CommentView[] = [];
  let withheld = 0;
  for (const { item, reportingStratum, body } of await deps.storage.listTexts(id, county)) {
    const stratum = strata.get(reportingStratum);
    if (stratum === undefined || (ofGroup.get(stratum.group) ?? 0) < minimumCell) {
      withheld++;
      continue;
    }
    const named = stratum.name !== '' && (ofStratum.get(reportingStratum) ?? 0) >= minimumCell;
    comments.push({
      group: stratum.group,
      stratum: named ? stratum.name : null,
      item,
      text: maskText(body).text,
    });
  }
  return { comments, withheld, minimumCell };
}
