/**
 * Comments, after close, for inspectors and the commissioner's side; never for officials. A comment is shown with its school only
 * if at least the minimum cell of answers came from there. Otherwise it is shown with its group, or not at all if the whole group
 * is smaller.
 */
import { AppError } from '../../domain/errors.ts';
import { assertMay, may, type Actor } from '../../domain/campaign/permissions.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import {
  commentActions,
  commentRef,
  decideHide,
  foldNotes,
  notesOf,
  readableText,
  type CommentAction,
} from '../../domain/answer/comment-notes.ts';
import { topicsOf } from '../../domain/answer/comment-topics.ts';
import type { Group } from '../../domain/model/vocabulary.ts';
import type { LocalisedText } from '../../domain/scoring/rules/formula.ts';
import { stamp, type Deps } from '../deps.ts';
import { listActsOf } from '../trail.ts';
import { getCampaignCounty, getProfile, getQuestionnaireDocument } from '../campaign/lookup.ts';
import { assertVisible, countRespondents } from '../summary/summary.ts';

export interface CommentView {
  /** Id of the comment, for actions on it; identifies no person. */
  readonly ref: string;
  readonly group: Group;
  /** Name of the school or merged stratum; null if too few answered there. */
  readonly stratum: string | null;
  readonly item: string;
  /** With numbers and names masked, and parts hidden by hand. */
  readonly text: string;
  /** Dimensions found by keywords. */
  readonly topics: readonly string[];
  /** Chosen for the report. */
  readonly marked: boolean;
  /** Something was hidden by hand. */
  readonly hidden: boolean;
}
export interface CommentsView {
  readonly comments: readonly CommentView[];
  /** Comments of groups with fewer answers than the minimum cell. */
  readonly withheld: number;
  readonly minimumCell: number;
  /** Names of the dimensions and open questions in the list. */
  readonly titles: Readonly<Record<string, LocalisedText>>;
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
  for (const { reportingStratum, answered } of await countRespondents(deps, campaign, county)) {
    const group = strata.get(reportingStratum)?.group;
    if (group === undefined) continue;
    ofStratum.set(reportingStratum, (ofStratum.get(reportingStratum) ?? 0) + answered);
    ofGroup.set(group, (ofGroup.get(group) ?? 0) + answered);
  }
  const notes = foldNotes(await listActsOf(deps, id, county, commentActions));
  const comments: CommentView[] = [];
  let withheld = 0;
  for (const { textId, item, reportingStratum, body } of await deps.storage.listTexts(id, county)) {
    const stratum = strata.get(reportingStratum);
    if (stratum === undefined || (ofGroup.get(stratum.group) ?? 0) < minimumCell) {
      withheld++;
      continue;
    }
    const named = stratum.name !== '' && (ofStratum.get(reportingStratum) ?? 0) >= minimumCell;
    const ref = commentRef(textId, item);
    const { hidden, isMarked } = notesOf(notes, ref);
    const text = readableText(body, hidden);
    comments.push({
      ref,
      group: stratum.group,
      stratum: named ? stratum.name : null,
      item,
      text,
      topics: topicsOf(text),
      marked: isMarked,
      hidden: hidden.length > 0,
    });
  }
  const titles: Record<string, LocalisedText> = {};
  for (const { hash } of campaign.questionnaires) {
    const document = await getQuestionnaireDocument(deps, hash);
    for (const { id: dimension, text } of document.dimensions) titles[dimension] ??= text;
    for (const item of document.items) if (item.type === 'text') titles[item.id] ??= item.text;
  }
  return { comments, withheld, minimumCell, titles };
}

export type CommentChange =
  | { readonly kind: 'hide'; readonly phrase: string }
  | { readonly kind: 'show' }
  | { readonly kind: 'mark'; readonly marked: boolean };

/**
 * One action on a comment, as a trail entry. Only on a comment that the actor can read.
 * @throws AppError as `listComments`; not-found `comments.unknown`; invalid `comments.phrase-empty`, `comments.phrase-not-found`
 */
export async function changeComment(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  county: CountyCode,
  ref: string,
  change: CommentChange,
): Promise<void> {
  assertMay(actor, 'comments.edit', county);
  const { comments } = await listComments(deps, actor, id, county);
  const stored = (await deps.storage.listTexts(id, county)).find(
    ({ textId, item }) => commentRef(textId, item) === ref,
  );
  if (!stored || !comments.some((comment) => comment.ref === ref))
    throw new AppError('not-found', 'comments.unknown');
  const [action, more] = ((): [CommentAction, object] => {
    switch (change.kind) {
      case 'hide':
        return ['comment.hidden', { spans: decideHide(stored.body, change.phrase) }];
      case 'show':
        return ['comment.shown', {}];
      case 'mark':
        return [change.marked ? 'comment.marked' : 'comment.unmarked', {}];
    }
  })();
  await deps.storage.appendTrail(stamp(deps, actor), {
    action,
    campaign: id,
    county,
    details: { comment: ref, ...more },
  });
}

/** Comments selected for the report; empty for accounts that may not read comments. */
export async function markedComments(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  county: CountyCode,
): Promise<readonly CommentView[]> {
  if (!may(actor, 'comments.view', county)) return [];
  return (await listComments(deps, actor, id, county)).comments.filter(({ marked }) => marked);
}
