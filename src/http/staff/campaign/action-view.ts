/** The questions before what cannot be undone. */
import type { Group } from '../../../domain/model/vocabulary.ts';
import { returnStyle } from '../../../domain/scoring/format.ts';
import type { Summary } from '../../../domain/scoring/summary/summary-types.ts';
import { isEmptyRoll, type QuotaResult } from '../../../domain/scoring/rules/quota.ts';
import { confirmation, type Confirmation } from '../../../html/confirm.ts';
import { actionForm, field } from '../../../html/form.ts';
import { html, type Content, type Html } from '../../../html/html.ts';
import { alertBox, emptyState, tag } from '../../../html/parts.ts';
import {
  campaignFrame,
  campaignPath,
  countyFrame,
  countyPath,
  type FramedCampaign,
  type FramedCounty,
} from '../frame-view.ts';
import { figureCells } from '../figure-view.ts';
import { formatCount, formatTime, table, type PageProblem, type StaffContext } from '../page-view.ts';
import { reasonText } from '../summary/how-view.ts';

const day = 24 * 3_600_000;

/** What the first of two people asked for. */
export interface Asked {
  readonly id: string;
  readonly by: string;
  readonly at: number;
  readonly reason: string;
  readonly isOwn: boolean;
}

interface Common {
  readonly campaign: FramedCampaign & { readonly counties: readonly { readonly name: string }[] };
  readonly problem?: PageProblem | undefined;
}

const cancel = (c: StaffContext, href: string) => ({ href, text: c.page.t('staff.confirm.cancel') });

/** What two people do: one asks with a reason, another agrees or sends it back. */
function forTwo(
  c: StaffContext,
  o: {
    readonly asked: Asked | null;
    readonly reason: string;
    readonly problem?: PageProblem | undefined;
  },
  question: Omit<Confirmation, 'people' | 'submit' | 'fields'>,
  words: { readonly ask: string; readonly agree: string },
): Html {
  const { t } = c.page;
  const { asked, problem } = o;
  if (asked === null)
    return confirmation(
      c,
      {
        ...question,
        people: 2,
        submit: words.ask,
        fields: field(
          c,
          {
            name: 'reason',
            label: t('staff.confirm.reason'),
            hint: t('staff.confirm.reason.hint'),
            value: o.reason,
          },
          problem,
        ),
      },
      problem,
    );
  const who = html`<p>
    ${t('staff.confirm.asked-by', { by: asked.by, time: formatTime(asked.at), reason: asked.reason })}<br />${tag('warn', t('staff.confirm.waiting'))}
  </p>`;
  const reject = (text: string) =>
    actionForm(c, question.action, text, { secondary: true, hidden: { decision: 'rejected' } });
  if (asked.isOwn)
    return html`<div class="confirm">
      <ul class="numbers">
        ${question.numbers.map((line) => html`<li>${line}</li>`)}
      </ul>
      ${who}
      <p>${t('staff.confirm.own')}</p>
      <div class="acts">${reject(t('staff.confirm.withdraw'))}</div>
    </div>`;
  return html`${confirmation(c, { ...question, people: 2, submit: words.agree, fields: who }, problem)}
    <div class="acts">${reject(t('staff.confirm.reject'))}</div>`;
}

export function openPage(
  c: StaffContext,
  o: Common & { readonly codes: number; readonly now: number },
): Html {
  const { t } = c.page;
  const { campaign } = o;
  const base = campaignPath(campaign.id);
  const days = Math.ceil((campaign.closesAt - o.now) / day);
  return campaignFrame(c, campaign, {
    title: t('staff.confirm.open'),
    tab: null,
    problem: o.problem,
    body: confirmation(
      c,
      {
        action: `${base}/open`,
        numbers: [
          t('staff.confirm.open.counties', {
            count: campaign.counties.length,
            codes: formatCount(o.codes),
          }),
          days > 0
            ? t('staff.confirm.open.until', { time: formatTime(campaign.closesAt), days })
            : t('staff.step.open.late'),
        ],
        consequence: t('staff.confirm.open.after'),
        people: 1,
        submit: t('staff.campaign.open'),
        cancel: cancel(c, base),
      },
      o.problem,
    ),
  });
}

export function closePage(
  c: StaffContext,
  o: Common & {
    readonly codes: number;
    readonly now: number;
    readonly asked: Asked | null;
    readonly reason: string;
  },
): Html {
  const { t } = c.page;
  const { campaign, now } = o;
  const base = campaignPath(campaign.id);
  const isEarly = now < campaign.closesAt;
  const count = campaign.counties.length;
  const question = {
    action: `${base}/close`,
    numbers: [
      t('staff.confirm.close.counties', { count, codes: formatCount(o.codes) }),
      isEarly
        ? t('staff.confirm.close.early', {
            time: formatTime(campaign.closesAt),
            days: Math.ceil((campaign.closesAt - now) / day),
          })
        : t('staff.confirm.close.due', { time: formatTime(campaign.closesAt) }),
    ],
    consequence: t('staff.confirm.close.after'),
    cancel: cancel(c, base),
  };
  return campaignFrame(c, campaign, {
    title: t(isEarly ? 'staff.close.early' : 'staff.campaign.close'),
    tab: null,
    problem: o.problem,
    body: isEarly
      ? forTwo(c, o, question, { ask: t('staff.confirm.close.ask'), agree: t('staff.confirm.close.agree') })
      : confirmation(c, { ...question, people: 1, submit: t('staff.campaign.close') }, o.problem),
  });
}

export function releasePage(
  c: StaffContext,
  o: Common & {
    readonly results: readonly {
      readonly code: string;
      readonly name: string;
      readonly verdict: string;
      readonly summary: Summary;
    }[];
    readonly asked: Asked | null;
    readonly reason: string;
  },
): Html {
  const { t } = c.page;
  const { campaign, results } = o;
  const base = campaignPath(campaign.id);
  const number = (verdict: string) => results.filter((r) => r.verdict === verdict).length;
  const weak = results.filter((r) => r.verdict === 'insufficient');
  const question = {
    action: `${base}/release`,
    numbers: [
      t('staff.confirm.release.counties', { count: results.length }),
      ...(['met', 'not-met', 'undecided', 'insufficient'] as const)
        .filter((verdict) => number(verdict) > 0)
        .map((verdict) =>
          t('staff.confirm.release.verdict', { verdict: t(`verdict.${verdict}`), count: number(verdict) }),
        ),
    ],
    warnings: weak.map(({ name }) => t('staff.confirm.release.weak', { county: name })),
    consequence: t('staff.confirm.release.after'),
    cancel: cancel(c, base),
  };
  return campaignFrame(c, campaign, {
    title: t('staff.campaign.release'),
    tab: null,
    problem: o.problem,
    body: html`${resultTable(c, campaign.id, results)}${
      weak.length > 0
        ? forTwo(c, o, question, {
            ask: t('staff.confirm.release.ask'),
            agree: t('staff.confirm.release.agree'),
          })
        : confirmation(c, { ...question, people: 1, submit: t('staff.campaign.release') }, o.problem)
    }`,
  });
}

/** What is about to be released, those without a verdict first: the return against its floor, and what is missing. */
function resultTable(
  c: StaffContext,
  campaign: string,
  results: Parameters<typeof releasePage>[1]['results'],
): Html {
  const { t } = c.page;
  const isWeak = (verdict: string) => verdict === 'insufficient';
  return table({
    caption: t('staff.confirm.release.table'),
    stack: true,
    columns: [
      { text: t('staff.field.county') },
      { text: t('staff.rates.return'), number: true },
      { text: t('staff.setup.profile.floor'), number: true },
      { text: t('staff.confirm.release.verdict.head') },
      { text: t('staff.confirm.release.why') },
    ],
    rows: [...results]
      .sort((a, b) => Number(isWeak(b.verdict)) - Number(isWeak(a.verdict)))
      .map(({ code, name, verdict, summary }) => {
        const total = summary.returnRates.find((rate) => rate.group === null);
        const rate = total && figureCells(c, total.figure, returnStyle(summary))[0];
        const reasons = summary.verdict.kind === 'insufficient' ? summary.verdict.reasons : [];
        return [
          html`<a href="${countyPath(campaign, code)}/summary">${name}</a>`,
          total?.figure.kind === 'estimate' ? html`${rate}%` : (rate ?? '–'),
          total?.floor === null || total === undefined ? '–' : `${total.floor}%`,
          tag(isWeak(verdict) ? 'bad' : verdict === 'met' ? 'ok' : 'neutral', t(`verdict.${verdict}`)),
          isWeak(verdict) && reasons.length === 0
            ? t('figure.no-data')
            : reasons.map((reason) => html`<div>${reasonText(c, summary, reason)}</div>`),
        ];
      }),
  });
}

export function freezePage(
  c: StaffContext,
  o: Common & {
    readonly county: FramedCounty;
    readonly quotas: {
      readonly schools: number;
      readonly schoolsWithout: number;
      readonly roll: Readonly<Partial<Record<Group, number>>>;
      readonly slips: Readonly<Partial<Record<Group, number>>>;
      readonly result: QuotaResult;
    };
  },
): Html {
  const { t } = c.page;
  const { campaign, county, quotas } = o;
  const base = countyPath(campaign.id, county.code);
  const roll = Object.entries(quotas.roll);
  const people = roll.reduce((sum, [, n]) => sum + n, 0);
  if (isEmptyRoll(quotas))
    return countyFrame(c, o, {
      title: t('staff.freeze'),
      tab: 'roll',
      problem: o.problem,
      body: emptyState(
        t('staff.freeze.empty'),
        html`<p><a class="button" href="${base}">${t('staff.page.roll')}</a></p>`,
      ),
    });
  const numbers: Content[] = [
    t('staff.confirm.freeze.roll', { schools: formatCount(quotas.schools), people: formatCount(people) }),
  ];
  if (roll.length > 0)
    numbers.push(
      roll.map(([group, n]) => `${t(`staff.group.${group}`)} ${formatCount(n)}`).join(t('staff.list-comma')),
    );
  if (quotas.result.ok && quotas.result.groups.length > 0) {
    const drawn = quotas.result.groups.reduce((sum, g) => sum + g.quota, 0);
    numbers.push(t('staff.confirm.freeze.draw', { count: formatCount(drawn) }));
    for (const move of quotas.result.moves)
      numbers.push(
        t('staff.confirm.freeze.move', {
          from: t(`staff.group.${move.from}`),
          to: t(`staff.group.${move.to}`),
          count: formatCount(move.count),
        }),
      );
  }
  return countyFrame(c, o, {
    title: t('staff.freeze'),
    tab: 'roll',
    problem: o.problem,
    body: html`${
      !quotas.result.ok &&
      alertBox('warn', t('staff.confirm.note'), t(`staff.setup.quota.${quotas.result.why}`))
    }${confirmation(
      c,
      {
        action: `${base}/freeze`,
        numbers,
        warnings: [
          ...(people === 0 ? [t('staff.confirm.freeze.nobody')] : []),
          ...(quotas.schoolsWithout > 0
            ? [t('staff.confirm.freeze.without', { count: formatCount(quotas.schoolsWithout) })]
            : []),
        ],
        consequence: t('staff.confirm.freeze.after'),
        people: 1,
        submit: t('staff.freeze.do'),
        cancel: cancel(c, base),
      },
      o.problem,
    )}`,
  });
}
