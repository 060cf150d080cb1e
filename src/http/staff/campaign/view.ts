/** A campaign: its state, and the one thing to do next. */
import {
  closingSteps,
  type CampaignState,
  type ClosingStep,
  type FrameState,
} from '../../../domain/campaign/life-cycle.ts';
import type { Action } from '../../../domain/campaign/permissions.ts';
import { html, type Content, type Html } from '../../../html/html.ts';
import {
  actionForm,
  facts,
  field,
  formatDay,
  formatTime,
  groupNames,
  staffPage,
  list,
  timeTag,
  token,
  type PageProblem,
  type StaffContext,
} from '../page-view.ts';
import {
  card,
  emptyState,
  grid,
  liveHead,
  nextStep,
  progressBar,
  stepsBar,
  tag,
} from '../../../html/parts.ts';
import type { Progress } from '../../../operations/summary/monitoring.ts';
import { campaignFrame, campaignPath, countyPath, stateTag } from '../frame-view.ts';
import { countShort, countyTable, progressTable } from './counties-view.ts';
import type { ShownCampaign, ShownCounty } from './shown-campaign-view.ts';

type Step = 'prepare' | 'open' | 'answer' | 'close' | 'release';
const steps: readonly Step[] = ['prepare', 'open', 'answer', 'close', 'release'];

/** The campaign's phase; null: voided. */
export function currentStep(campaign: ShownCampaign, now: number): Step | 'done' | null {
  switch (campaign.state) {
    case 'draft':
      return campaign.counties.length > 0 && campaign.counties.every((c) => c.frameState === 'drawn')
        ? 'open'
        : 'prepare';
    case 'open':
      return now < campaign.closesAt ? 'answer' : 'close';
    case 'closing':
      return 'close';
    case 'closed':
      return 'release';
    case 'released':
      return 'done';
    case 'voided':
      return null;
  }
}

const frameDoer: Readonly<Record<FrameState, Action | null>> = {
  preparing: 'roll.prepare',
  frozen: 'draw.seed',
  drawing: 'draw.resume',
  drawn: null,
};

/** The next step of a county, as a link for accounts that may do it and a plain sentence for others. */
function countyNext(c: StaffContext, campaign: ShownCampaign, county: ShownCounty): Content {
  const { t } = c.page;
  const action = frameDoer[county.frameState];
  if (action === null || campaign.state !== 'draft') return t('staff.county.next.none');
  const text = t(`staff.county.next.${county.frameState}`);
  if (!c.may(action, county.code)) return t(`staff.county.waits.${county.frameState}`);
  const href = countyPath(campaign.id, county.code) + (county.frameState === 'preparing' ? '' : '/draw');
  return html`<a href="${href}">${text}</a>`;
}

export function homePage(
  c: StaffContext,
  o: {
    readonly campaigns: readonly ShownCampaign[];
    readonly now: number;
    /** A jump of the clock that waits for a person: the last trusted time. */
    readonly jumpedFrom: number | null;
    readonly date?: string;
    readonly problem?: PageProblem;
  },
): Html {
  const { t } = c.page;
  const sorted = [...o.campaigns].sort((a, b) => rank(a.state) - rank(b.state) || b.closesAt - a.closesAt);
  return staffPage(c, {
    title: t('staff.nav.home'),
    isRoot: true,
    cards: true,
    ...(o.problem && { problem: o.problem }),
    body: html`${
      o.jumpedFrom !== null &&
      html`<section class="errors" aria-labelledby="clock">
        <h2 id="clock">${t('staff.clock.title')}</h2>
        <p>${t('staff.clock.jumped', { now: formatTime(o.now), from: formatTime(o.jumpedFrom) })}</p>
        ${
          c.may('clock.confirm') &&
          html`<form method="post" action="/staff/clock">
            ${token(c)}
            ${field(
              c,
              {
                name: 'date',
                label: t('staff.clock.date'),
                hint: t('staff.clock.hint'),
                value: o.date ?? '',
                required: true,
              },
              o.problem,
            )}
            <button>${t('staff.clock.confirm')}</button>
          </form>`
        }
      </section>`
    }${
      c.may('campaign.edit') &&
      html`<p><a class="button" href="/staff/campaigns/new">${t('staff.campaign.new')}</a></p>`
    }${
      c.may('assisted.enter') &&
      html`<p><a class="button" href="/staff/entry">${t('staff.entry.title')}</a></p>`
    }${
      sorted.length === 0
        ? card({
            title: t('staff.nav.home'),
            body: emptyState(
              t('staff.home.none'),
              html`<p>${t(c.may('campaign.edit') ? 'staff.home.empty.edit' : 'staff.home.empty')}</p>`,
            ),
          })
        : html`<ul class="cards">
            ${sorted.map(
              (campaign) =>
                html`<li class="card">
                  <h2><a href="${campaignPath(campaign.id)}">${campaign.name}</a></h2>
                  <p>
                    ${stateTag(c, campaign.state)}${campaign.demo && html` ${tag('warn', t('staff.demo'))}`}
                    ${t(`staff.purpose.${campaign.purpose}`)} ·
                    ${t('staff.counties-count', { count: campaign.counties.length })}
                  </p>
                  <p>
                    <strong>${t('staff.next')}</strong>${t('sentence.gap')}${nextLine(c, campaign, o.now)}
                  </p>
                </li>`,
            )}
          </ul>`
    }`,
  });
}

const order: readonly CampaignState[] = ['open', 'closing', 'draft', 'closed', 'released', 'voided'];
const rank = (state: CampaignState) => order.indexOf(state);

/** One sentence: what the reader should do about the campaign now. */
function nextLine(c: StaffContext, campaign: ShownCampaign, now: number): Content {
  const { t } = c.page;
  const step = currentStep(campaign, now);
  const only = campaign.counties.length === 1 ? campaign.counties[0] : undefined;
  const link = (page: 'rates' | 'summary', text: string) =>
    html`<a href="${only ? `${countyPath(campaign.id, only.code)}/${page}` : campaignPath(campaign.id)}"
      >${text}</a
    >`;
  switch (step) {
    case null:
      return t('staff.next.voided');
    case 'prepare': {
      const county = campaign.counties.find((one) => {
        const action = frameDoer[one.frameState];
        return action !== null && c.may(action, one.code);
      });
      return county
        ? html`${county.name}${t('staff.colon')}${countyNext(c, campaign, county)}`
        : t('staff.next.prepare.others');
    }
    case 'open':
      return c.may('campaign.open')
        ? html`<a href="${campaignPath(campaign.id)}">${t('staff.next.open')}</a>`
        : t('staff.next.open.others');
    case 'answer':
      return html`${
        c.may('rates.view')
          ? link('rates', t('staff.next.rates'))
          : c.may('assisted.enter') && html`<a href="/staff/entry">${t('staff.entry.title')}</a>`
      }
      ${t('staff.until', {
        time: formatTime(campaign.closesAt),
      })}`;
    case 'close':
      return c.may('campaign.close')
        ? html`<a href="${campaignPath(campaign.id)}">${t('staff.next.close')}</a>`
        : t('staff.next.close.others');
    case 'release':
      return c.may('campaign.release')
        ? html`${link('summary', t('staff.next.summary'))}${t('staff.list-comma')}<a
              href="${campaignPath(campaign.id)}"
              >${t('staff.next.release')}</a
            >`
        : c.user?.role === 'inspector'
          ? link('summary', t('staff.next.summary'))
          : t('staff.next.release.others');
    case 'done':
      return c.may('summary.view') ? link('summary', t('staff.next.summary')) : t('staff.next.done');
  }
}

export function campaignPage(
  c: StaffContext,
  o: {
    readonly campaign: ShownCampaign;
    /** null: no answers come. */
    readonly progress: Progress | null;
    readonly now: number;
    /** Address of the script that listens to progress. */
    readonly script: string;
    readonly problem?: PageProblem | null;
  },
): Html {
  const { t } = c.page;
  const { campaign } = o;
  const step = currentStep(campaign, o.now);
  const position = step === null ? -1 : step === 'done' ? steps.length : steps.indexOf(step);
  return campaignFrame(c, campaign, {
    title: t('staff.tab.overview'),
    tab: 'overview',
    head: campaign.closingStep !== null && liveHead(o.script),
    problem: o.problem,
    cards: true,
    body: html`${
      step !== null &&
      stepsBar({
        label: t('staff.steps'),
        steps: steps.map((name, i) => ({
          text: t(`staff.step.${name}`),
          note: t(i < position ? 'staff.step-done' : i === position ? 'staff.step-now' : 'staff.step-ahead'),
          state: i < position ? 'done' : i === position ? 'now' : 'ahead',
          isHere: i === position,
        })),
      })
    }${grid(
      nextCard(c, campaign, step, o.now, o.progress),
      o.progress && o.progress.counties.length > 0
        ? card({ title: t('staff.progress'), span: 12, body: progressTable(c, campaign, o.progress) })
        : card({ title: t('staff.counties'), span: 12, body: countyTable(c, campaign) }),
      card({ title: t('staff.about'), span: 12, body: aboutCampaign(c, campaign) }),
    )}`,
  });
}

function nextCard(
  c: StaffContext,
  campaign: ShownCampaign,
  step: Step | 'done' | null,
  now: number,
  progress: Progress | null,
): Html {
  const { t } = c.page;
  if (step === null)
    return nextStep({
      label: t('staff.next.label'),
      tone: 'bad',
      title: t('staff.next.voided'),
      body: campaign.voids
        .filter((v) => v.county === null)
        .map((v) => html`<p>${t('staff.reason')}${t('staff.colon')}${v.reason}</p>`),
    });
  if (step === 'done')
    return nextStep({
      label: t('staff.next.label'),
      tone: 'ok',
      title: t('staff.step.done.body'),
      body: c.may('summary.view') && html`<p>${resultsLink(c, campaign, 'button')}</p>`,
    });
  if (step === 'answer') {
    const { floor = null, counties = [] } = progress ?? {};
    const short = countShort(counties);
    const isShort = floor !== null && short > 0;
    return nextStep({
      label: t('staff.next.label'),
      tone: isShort ? 'warn' : 'ok',
      title: isShort ? t('staff.step.answer.short', { count: short, floor }) : t('staff.step.answer'),
      body: answeringBody(c, campaign, isShort),
    });
  }
  const mayOnlyRead = step === 'release' && !c.may('campaign.release') && c.user?.role === 'inspector';
  return nextStep({
    label: t('staff.next.label'),
    tone: 'warn',
    title: t(mayOnlyRead ? 'staff.next.summary' : `staff.step.${step}`),
    body: stepBody(c, campaign, step, now),
  });
}

/** The result of the only county, or the counties compared. */
function resultsLink(c: StaffContext, campaign: ShownCampaign, look: 'button' | 'button secondary'): Html {
  const only = campaign.counties.length === 1 ? campaign.counties[0] : undefined;
  const base = campaignPath(campaign.id);
  const href = only ? `${countyPath(campaign.id, only.code)}/summary` : `${base}/compare`;
  return html`<a class="${look}" href="${href}">${c.page.t('staff.next.summary')}</a>`;
}

function answeringBody(c: StaffContext, campaign: ShownCampaign, isShort: boolean): Content {
  const { t } = c.page;
  const base = campaignPath(campaign.id);
  const [county] = campaign.counties;
  const messages =
    county && campaign.counties.length === 1
      ? `${countyPath(campaign.id, county.code)}/sending`
      : `${base}/sendings`;
  return html`<p>${t('staff.step.answer.body', { time: formatTime(campaign.closesAt) })}</p>
    ${
      c.may('messages.send') &&
      html`<p>${t('staff.step.answer.messages')}</p>
        <p>
          <a class="button${isShort ? '' : ' secondary'}" href="${messages}"
            >${t(isShort ? 'staff.step.answer.remind' : 'staff.step.answer.send')}</a
          >
        </p>`
    }${c.may('campaign.close') && html`<p><a href="${base}/close">${t('staff.close.early')}</a></p>`}`;
}

function aboutCampaign(c: StaffContext, campaign: ShownCampaign): Html {
  const { t } = c.page;
  return html`${facts([
    [t('staff.field.purpose'), t(`staff.purpose.${campaign.purpose}`)],
    [
      t('staff.field.commissioner'),
      t('staff.bracketed', { text: campaign.commissioner, more: campaign.commissionerPhone }),
    ],
    [
      t('staff.field.groups'),
      groupNames(
        c,
        campaign.questionnaires.flatMap((q) => q.groups),
      ),
    ],
    campaign.openedAt !== null && [t('staff.field.opened'), timeTag(campaign.openedAt)],
    [t('staff.field.closes'), timeTag(campaign.closesAt)],
    campaign.closedAt !== null && [t('staff.field.closed'), timeTag(campaign.closedAt)],
    campaign.releasedAt !== null && [t('staff.field.released'), timeTag(campaign.releasedAt)],
    [t('staff.field.storage'), formatDay(campaign.storageUntil)],
    campaign.expiredAt !== null && [
      t('staff.field.expired'),
      html`${timeTag(campaign.expiredAt)} <br />${t('staff.expired.about')}`,
    ],
  ])}${voidList(c, campaign)}`;
}

function stepBody(
  c: StaffContext,
  campaign: ShownCampaign,
  step: Exclude<Step, 'answer'>,
  now: number,
): Content {
  const { t } = c.page;
  const base = campaignPath(campaign.id);
  switch (step) {
    case 'prepare':
      return html`<p>${t('staff.step.prepare.body')}</p>
        ${c.may('campaign.edit') && html`<p><a class="button" href="${base}/setup">${t('staff.setup.continue')}</a></p>`}
        ${list(
          campaign.counties
            .filter((one) => one.frameState !== 'drawn')
            .slice(0, 20)
            .map((one) => [one.name, t('staff.colon'), countyNext(c, campaign, one)]),
        )}`;
    case 'open':
      return c.may('campaign.open')
        ? html`<p>${t('staff.step.open.body')}</p>
            ${
              now >= campaign.closesAt && html`<p class="error">${t('staff.step.open.late')}</p>`
            }${now < campaign.closesAt && html`<p><a class="button" href="${base}/open">${t('staff.campaign.open')}</a></p>`}`
        : html`<p>${t('staff.next.open.others')}</p>`;
    case 'close':
      if (campaign.closingStep !== null)
        return html`${progressBar({
          label: t(`staff.closing.${campaign.closingStep}`),
          percent: closingPercent(campaign.closingStep),
          text: t('staff.step.closing.body'),
          live: `${base}/closing/live`,
        })}${
          c.may('campaign.close') &&
          actionForm(c, `${base}/close`, t('staff.campaign.close-resume'), {
            secondary: true,
            hidden: { confirmed: 'yes' },
          })
        }`;
      return c.may('campaign.close')
        ? html`<p>${t('staff.close.about')}</p>
            <p><a class="button" href="${base}/close">${t('staff.campaign.close')}</a></p>`
        : html`<p>${t('staff.next.close.others')}</p>`;
    case 'release':
      return c.may('campaign.release')
        ? html`<p>${t('staff.step.release.body')}</p>
            <p class="acts">
              ${resultsLink(c, campaign, 'button secondary')}<a class="button" href="${base}/release"
                >${t('staff.campaign.release')}</a
              >
            </p>`
        : c.user?.role === 'inspector'
          ? html`<p>${t('staff.step.release.inspector')}</p>
              <p>${resultsLink(c, campaign, 'button')}</p>`
          : html`<p>${t('staff.next.release.others')}</p>`;
  }
}

/** Progress of closing, by its steps. */
export function closingPercent(step: ClosingStep): number {
  return (100 * closingSteps.indexOf(step)) / closingSteps.length;
}

function voidList(c: StaffContext, campaign: ShownCampaign): Content {
  const { t } = c.page;
  const parts = campaign.voids.filter((v) => v.county !== null);
  return (
    parts.length > 0 &&
    html`<h3>${t('staff.voids')}</h3>
      <ul>
        ${parts.map(
          (v) =>
            html`<li>
              ${campaign.counties.find((one) => one.code === v.county)?.name ?? v.county}
              ${v.group !== null && t(`staff.group.${v.group}`)}${t('staff.colon')}${v.reason}
            </li>`,
        )}
      </ul>`
  );
}
