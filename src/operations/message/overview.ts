/** Sendings of each county of a campaign, in totals: one page for campaigns with many counties. */
import { assertMay, type Actor } from '../../domain/campaign/permissions.ts';
import type { MessageState } from '../../domain/messaging/outbox.ts';
import type { Campaign, CampaignCounty } from '../../domain/model/campaign.ts';
import type { CampaignId } from '../../domain/model/ids.ts';
import type { Sending, SendingKind, SendingState } from '../../domain/model/sending.ts';
import { getVisibleCampaign } from '../campaign/lookup.ts';
import { hidesResponseCounts } from '../code/codes.ts';
import type { Deps } from '../deps.ts';

export interface CountySendings {
  readonly county: CampaignCounty;
  /** Sendings that were not cancelled. */
  readonly sendings: number;
  /** Messages by state; empty if hidden from the reader. */
  readonly messages: ReadonlyMap<MessageState, number>;
  /** States in progress or waiting for a person, each once. */
  readonly busy: readonly SendingState[];
  /** The next one that has not begun; null: none. */
  readonly next: { readonly no: number; readonly kind: SendingKind; readonly dueAt: number } | null;
}

export interface CampaignSendings {
  readonly campaign: Campaign;
  readonly counties: readonly CountySendings[];
  /** Reminders are left out of the counts, as on the county's page. */
  readonly hidesReminders: boolean;
}

const busyStates: ReadonlySet<SendingState> = new Set(['filling', 'running', 'paused', 'stopping']);

/**
 * Counties that the reader may see. @throws AppError not-found `campaign.not-found`
 */
export async function viewCampaignSendings(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
): Promise<CampaignSendings> {
  assertMay(actor, 'messages.view');
  const campaign = await getVisibleCampaign(deps, actor, id);
  const hidesReminders = hidesResponseCounts(actor, campaign.state);
  const counts = await deps.storage.countMessageStates(id);
  const lists = await Promise.all(campaign.counties.map((c) => deps.storage.listSendings(id, c.code)));
  const messages = new Map(campaign.counties.map((c) => [c.code, new Map<MessageState, number>()]));
  const hidden = new Set(
    hidesReminders
      ? lists.flat().flatMap((s) => (s.kind === 'reminder' ? [nameOf(s.county, s.no)] : []))
      : [],
  );
  for (const count of counts) {
    const own = messages.get(count.county);
    if (!own || hidden.has(nameOf(count.county, count.sending))) continue;
    own.set(count.state, (own.get(count.state) ?? 0) + count.messages);
  }
  return {
    campaign,
    hidesReminders,
    counties: campaign.counties.map((county, i): CountySendings => {
      const sendings = lists[i]!;
      return {
        county,
        sendings: sendings.filter((s) => s.state !== 'cancelled').length,
        messages: messages.get(county.code)!,
        busy: [...new Set(sendings.map((s) => s.state))].filter((state) => busyStates.has(state)),
        next: nextOf(sendings),
      };
    }),
  };
}

const nameOf = (county: string, sending: number) => `${county} ${sending}`;

function nextOf(sendings: readonly Sending[]): CountySendings['next'] {
  const planned = sendings.filter((s) => s.state === 'planned').toSorted((a, b) => a.dueAt - b.dueAt)[0];
  return planned ? { no: planned.no, kind: planned.kind, dueAt: planned.dueAt } : null;
}
