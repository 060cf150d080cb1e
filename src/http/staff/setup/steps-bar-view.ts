/** The steps of setting up, on each of their pages, with their progress in words. */
import type { Campaign } from '../../../domain/model/campaign.ts';
import { html, type Content, type Html } from '../../../html/html.ts';
import { stepsBar, type StepState } from '../../../html/parts.ts';
import { campaignFrame, campaignPath } from '../frame-view.ts';
import { enterButton, stepFormId } from './form-view.ts';
import type { PageProblem, StaffContext } from '../page-view.ts';

export const setupSteps = ['rules', 'counties', 'texts', 'quotas', 'freeze'] as const;
export type SetupStep = (typeof setupSteps)[number];

function progressOf(
  c: StaffContext,
  campaign: Campaign,
  step: SetupStep,
): { readonly state: StepState; readonly note: string } {
  const { t } = c.page;
  const { counties } = campaign;
  const frozen = counties.filter((county) => county.frameState !== 'preparing').length;
  const progress = { done: frozen, all: counties.length };
  switch (step) {
    case 'rules':
      return { state: 'done', note: t('staff.step-done') };
    case 'counties':
      if (counties.length === 0) return { state: 'now', note: t('staff.setup.note.no-counties') };
      return { state: 'done', note: t('staff.counties-count', { count: counties.length }) };
    case 'texts':
      return campaign.questionnaires.length > 0
        ? {
            state: 'done',
            note: t('staff.setup.note.questionnaires', { count: campaign.questionnaires.length }),
          }
        : { state: 'now', note: t('staff.setup.note.no-questionnaires') };
    case 'quotas':
    case 'freeze':
      return frozen === counties.length && frozen > 0
        ? { state: 'done', note: t('staff.step-done') }
        : { state: 'ahead', note: t('staff.setup.note.frozen', progress) };
  }
}

export function setupFrame(
  c: StaffContext,
  campaign: Campaign,
  step: SetupStep,
  body: Content,
  problem?: PageProblem | null,
  /** If the step is a form: its script. Opening another step saves it first; faults are reported once, and then ignored. */
  script: string | null = null,
): Html {
  const { t } = c.page;
  const isForm = script !== null;
  const savesFirst = isForm && !problem;
  return campaignFrame(c, campaign, {
    title: t(`staff.setup.step.${step}`),
    tab: 'setup',
    cards: true,
    problem,
    head: isForm && html`<script src="${script}" defer></script>`,
    body: html`${savesFirst && enterButton()}${stepsBar({
      label: t('staff.setup'),
      steps: setupSteps.map((name) => ({
        ...progressOf(c, campaign, name),
        text: t(`staff.setup.step.${name}`),
        href: `${campaignPath(campaign.id)}/setup/${name}`,
        ...(isForm && name === step && { href: null }),
        ...(savesFirst && name !== step && { press: { form: stepFormId, value: name } }),
        isHere: name === step,
      })),
    })}${isForm && problem && html`<p class="quiet">${t('staff.setup.leave')}</p>`}${body}`,
  });
}
