/** Saving a set-up step: by a button, which goes on or shows the faults, or by script while the form is filled in. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { draftVersion, type DraftField } from '../../../domain/campaign/decide-draft.ts';
import { AppError, type Issue } from '../../../domain/errors.ts';
import type { Campaign } from '../../../domain/model/campaign.ts';
import type { Html } from '../../../html/html.ts';
import { saveDraft } from '../../../operations/campaign/campaigns.ts';
import type { Deps } from '../../../operations/deps.ts';
import { actorOfRequest } from '../../plugins/access.ts';
import { campaignPath } from '../frame-view.ts';
import type { PageProblem } from '../page-view.ts';
import { attempt, campaignOf, formOf, sayDone, textOf, toLocal } from '../pages.ts';
import { compareFieldValues, encodeFieldValues, type Compared, type FieldValues } from './changes.ts';
import { setupSteps, type SetupStep } from './steps-bar-view.ts';

/** The parts that each step stores: others' changes of the rest are no conflict. */
const fieldsOf = {
  rules: ['name', 'purpose', 'commissioner', 'commissionerPhone', 'selfAdministered', 'profile'],
  counties: ['closesAt', 'storageUntil', 'counties'],
  texts: ['profile', 'questionnaires'],
} as const satisfies Partial<Record<SetupStep, readonly DraftField[]>>;
export const countyFields: readonly DraftField[] = fieldsOf.counties;
export type FormStep = keyof typeof fieldsOf;

export const versionOf = (campaign: Campaign, step: FormStep): string =>
  draftVersion(campaign, fieldsOf[step]);

/** No longer possible: the state is shown instead of a form that can only fail. */
export function whileDraftOf(deps: Deps) {
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const { id, state } = await campaignOf(deps, request);
    if (state !== 'draft') return reply.redirect(campaignPath(id), 303);
  };
}

/** Sent by script. */
export const isAuto = (request: FastifyRequest): boolean => textOf(formOf(request), 'auto') === 'yes';

/** Saves the valid parts; redirects to the chosen or next step, or throws the faults of the rest. */
export async function saveStep(
  deps: Deps,
  request: FastifyRequest,
  campaign: Campaign,
  o: {
    readonly step: FormStep;
    readonly parts: Parameters<typeof saveDraft>[3];
    /** Found before anything was saved. */
    readonly issues?: readonly Issue[];
    readonly next: string;
  },
): Promise<string> {
  const form = formOf(request);
  const found = await saveDraft(
    deps,
    actorOfRequest(request),
    campaign.id,
    o.parts,
    textOf(form, 'version'),
    fieldsOf[o.step],
  );
  const issues = [...(o.issues ?? []), ...found];
  if (issues.length > 0)
    throw new AppError('invalid', 'staff.setup.saved-partly', { params: { count: issues.length }, issues });
  if (!isAuto(request)) sayDone(request, 'staff.setup.done.saved');
  const pressed = setupSteps.find((step) => step === textOf(form, 'go'));
  return `${campaignPath(campaign.id)}/setup/${pressed ?? o.next}`;
}

/** Like `attempt`, for the form of a step; a script gets the progress, and the version on which the form is now based. */
export async function submitStep(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  o: {
    readonly step: FormStep;
    readonly act: () => Promise<string>;
    readonly fieldValuesOf: (campaign: Campaign) => Promise<FieldValues> | FieldValues;
    readonly again: (problem: PageProblem) => Promise<Html>;
  },
): Promise<FastifyReply> {
  if (!isAuto(request)) return attempt(reply, o.act, o.again);
  let left = 0;
  try {
    await o.act();
  } catch (error) {
    if (!(error instanceof AppError) || error.kind !== 'invalid') throw error;
    left = Math.max(1, error.issues.length);
  }
  const campaign = await campaignOf(deps, request);
  return reply.header('cache-control', 'no-store').send({
    time: toLocal(deps.now()).slice(11),
    version: versionOf(campaign, o.step),
    was: encodeFieldValues(await o.fieldValuesOf(campaign)),
    left,
  });
}

/** A colleague's changes since the page was opened; null if they are not the fault. */
export function changesFor(
  request: FastifyRequest,
  problem: PageProblem,
  stored: FieldValues,
  entered: FieldValues,
): Compared | null {
  return problem.message === 'campaign.changed'
    ? compareFieldValues(textOf(formOf(request), 'was'), stored, entered)
    : null;
}
