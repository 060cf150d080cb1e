/** A county's rectification list, and the surveys made from it to ask the same items again. */
import { AppError } from '../../domain/errors.ts';
import { serviceDay } from '../../domain/time-zone.ts';
import { isScoreVisible } from '../../domain/campaign/life-cycle.ts';
import { assertMay, may, type Actor } from '../../domain/campaign/permissions.ts';
import { listState, type ListState, type RectificationBody } from '../../domain/inspection/rectification.ts';
import { parseChange } from '../../domain/inspection/records.ts';
import type { RectificationRule } from '../../domain/inspection/rectification-rule.ts';
import type { InspectionCommand } from '../../domain/inspection/decide-inspection.ts';
import { compareItem, type ItemDifference } from '../../domain/inspection/resurvey.ts';
import { pointStyle } from '../../domain/scoring/format.ts';
import { compareWith, type Trend } from '../../domain/scoring/summary/trend.ts';
import type { Campaign } from '../../domain/model/campaign.ts';
import { campaignIdSchema, type CampaignId, type CountyCode } from '../../domain/model/ids.ts';
import type { RectificationList } from '../../export/rectification.ts';
import { copyCampaign } from '../campaign/campaigns.ts';
import { visibleCampaign } from '../campaign/lookup.ts';
import type { Deps } from '../deps.ts';
import { getReport, type SummaryReport } from '../summary/summary.ts';
import { viewInspection, type InspectionView } from './documents.ts';

export interface Resurvey {
  readonly campaign: Pick<Campaign, 'id' | 'name' | 'state' | 'closesAt'>;
  /** null: one of the two surveys has no result that this account may see. */
  readonly result: {
    readonly summary: SummaryReport;
    readonly official: Trend;
    /** By number of the task. */
    readonly items: ReadonlyMap<number, ItemDifference>;
  } | null;
}

export interface RectificationView {
  readonly view: InspectionView;
  readonly body: RectificationBody;
  /** null: the rules of determination do not define it, or there are none. */
  readonly rule: RectificationRule | null;
  readonly state: ListState;
  /** In the service's time zone. */
  readonly today: string;
  /** The newest last. */
  readonly resurveys: readonly Resurvey[];
}

export async function viewRectification(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  code: CountyCode,
): Promise<RectificationView> {
  const view = await viewInspection(deps, actor, id, code);
  const { body } = view.documents.rectification;
  const rule = view.documents.rules.body.regime?.rectification ?? null;
  const today = serviceDay(deps.now());
  const resurveys: Resurvey[] = [];
  for (const own of body.resurveys) {
    const parsed = campaignIdSchema.safeParse(own);
    const found = parsed.success ? await deps.storage.findCampaign(parsed.data) : undefined;
    // A deleted draft leaves only its id.
    const campaign = found && visibleCampaign(actor, found);
    if (campaign) resurveys.push(await resurveyOf(deps, actor, view, campaign, code));
  }
  return { view, body, rule, state: listState(body, rule, today), today, resurveys };
}

async function resurveyOf(
  deps: Deps,
  actor: Actor,
  { campaign: first, documents }: InspectionView,
  campaign: Campaign,
  code: CountyCode,
): Promise<Resurvey> {
  const { id, name, state, closesAt } = campaign;
  const mayRead = [first, campaign].every(
    (own) => isScoreVisible(own.state) && (actor.role !== 'official' || own.state === 'released'),
  );
  if (!mayRead || !may(actor, 'summary.view', code))
    return { campaign: { id, name, state, closesAt }, result: null };
  const before = await getReport(deps, actor, first.id, code);
  const summary = await getReport(deps, actor, id, code);
  const items = new Map(
    documents.rectification.body.tasks.flatMap((task) =>
      task.group === null || task.item === null
        ? []
        : [[task.no, compareItem(summary, before, task.group, task.item)] as const],
    ),
  );
  return {
    campaign: { id, name, state, closesAt },
    result: { summary, official: compareWith(summary, before), items },
  };
}

export interface NewResurvey {
  readonly name: string;
  readonly closesAt: number;
  /** As `createCampaign` has it. */
  readonly id?: CampaignId | undefined;
}

/**
 * A draft for this county with the same questionnaires and scoring rules, so that each item has the same wording and position and
 * is counted alike. Rolls and dates are its own; answers are stored as long as those of the survey. Draft and list entry are
 * stored in one transaction.
 * @throws AppError forbidden; conflict `inspection.resurvey.no-items`, `inspection.voided`; invalid `campaign.invalid`
 */
export async function createResurvey(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  code: CountyCode,
  { name, closesAt, id: made }: NewResurvey,
): Promise<Campaign> {
  assertMay(actor, 'campaign.edit');
  const { campaign, documents } = await viewInspection(deps, actor, id, code);
  if (campaign.state === 'voided') throw new AppError('conflict', 'inspection.voided');
  if (!documents.rectification.body.tasks.some((t) => t.kind === 'item'))
    throw new AppError('conflict', 'inspection.resurvey.no-items');
  const storageUntil = closesAt + (campaign.storageUntil - campaign.closesAt);
  const changes = { name, closesAt, storageUntil, purpose: 're-survey' } as const;
  return copyCampaign(deps, actor, id, changes, {
    only: code,
    id: made,
    store: async (by, draft, ...rest) => {
      const entry: InspectionCommand = {
        record: 'rectification',
        change: parseChange('rectification', { do: 'resurvey', campaign: draft.id }),
        version: null,
        reason: null,
        made: { campaign: draft.id },
      };
      await deps.storage.createResurvey(by, { campaign: id, county: code, entry }, draft, ...rest);
    },
  });
}

/** Data of its workbook. */
export function rectificationList({ body, rule, resurveys }: RectificationView): RectificationList {
  return {
    body,
    rule,
    resurveys: resurveys.flatMap(({ campaign, result }) =>
      result === null
        ? []
        : [
            {
              name: campaign.name,
              decimals: result.summary.profile.decimals,
              style: pointStyle(result.summary),
              items: result.items,
            },
          ],
    ),
  };
}
