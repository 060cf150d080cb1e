import type { FastifyRequest } from 'fastify';
import { AppError, type Issue } from '../../../domain/errors.ts';
import type { Campaign } from '../../../domain/model/campaign.ts';
import { saveDraft } from '../../../operations/campaign/campaigns.ts';
import type { Deps } from '../../../operations/deps.ts';
import { actorOfRequest } from '../../plugins/access.ts';
import { campaignPath } from '../frame-view.ts';
import { formOf, sayDone, textOf } from '../pages.ts';

/** Saves the parts; goes on to the next step, or throws what is wrong with the rest. */
export async function saveStep(
  deps: Deps,
  request: FastifyRequest,
  campaign: Campaign,
  o: {
    readonly parts: Parameters<typeof saveDraft>[3];
    /** Found before anything was saved. */
    readonly issues?: readonly Issue[];
    readonly next: string;
  },
): Promise<string> {
  const version = textOf(formOf(request), 'version');
  const found = await saveDraft(deps, actorOfRequest(request), campaign.id, o.parts, version);
  const issues = [...(o.issues ?? []), ...found];
  if (issues.length > 0)
    throw new AppError('invalid', 'staff.setup.saved-partly', { params: { count: issues.length }, issues });
  sayDone(request, 'staff.setup.done.saved');
  return `${campaignPath(campaign.id)}/setup/${o.next}`;
}
