/** The demonstration's first page: what can be tried, by which role, and where to begin. Only in demonstrations. */
import type { FastifyInstance } from 'fastify';
import { isScoreVisible } from '../../domain/campaign/life-cycle.ts';
import type { Campaign } from '../../domain/model/campaign.ts';
import { html, type Html } from '../../html/html.ts';
import { layout } from '../../html/layout.ts';
import { card, grid } from '../../html/parts.ts';
import type { Translate } from '../../texts/texts.ts';
import type { HttpDeps } from '../deps.ts';
import { anyone } from '../plugins/access.ts';

export async function demoStart(app: FastifyInstance, { deps }: { readonly deps: HttpDeps }): Promise<void> {
  if (!deps.http.demo) return;
  app.get('/demo', anyone, async (request, reply) => {
    const { t } = request.page;
    const campaigns = (await deps.storage.listCampaigns()).filter(({ demo }) => demo);
    return reply.html(
      layout(request.page, {
        title: t('demo.start'),
        kind: 'staff',
        stylesheet: app.assets.href('staff.css'),
        demo: true,
        body: html`<h1>${t('demo.start')}</h1>
          <p>${t('demo.start.about')}</p>
          ${grid(
            ...journeys(campaigns).map(({ who, steps }) =>
              card({
                title: t(`demo.start.${who}`),
                span: 6,
                body: html`<p class="quiet">${t(`demo.start.${who}.about`)}</p>
                  <ol>
                    ${steps.map(
                      ({ key, href }) =>
                        html`<li><a href="${href}">${t(`demo.start.${who}.${key}`)}</a></li>`,
                    )}
                  </ol>`,
              }),
            ),
            card({ title: t('demo.start.surveys'), span: 12, body: surveys(t, campaigns) }),
          )}`,
      }),
    );
  });
}

interface Journey {
  readonly who: 'respondent' | 'official' | 'operator' | 'inspector' | 'interviewer' | 'administrator';
  readonly steps: readonly { readonly key: string; readonly href: string }[];
}

/** Behind the log-in, which redirects to the page. */
const staff = (path: string) => `/staff/login?${new URLSearchParams({ next: `/staff${path}` }).toString()}`;

/** Steps whose survey does not exist are left out. */
function journeys(campaigns: readonly Campaign[]): readonly Journey[] {
  const open = campaigns.find(({ state }) => state === 'open');
  const draft = campaigns.find(({ state }) => state === 'draft');
  // The one with most counties has the most to show.
  const shown = campaigns
    .filter(({ state }) => isScoreVisible(state))
    .toSorted((a, b) => b.counties.length - a.counties.length)[0];
  // The previous round; a survey that followed from the shown one does not count.
  const earlier =
    shown &&
    campaigns
      .filter(({ state, closesAt }) => state === 'released' && closesAt < shown.closesAt)
      .toSorted((a, b) => b.closesAt - a.closesAt)[0];
  const place = (campaign: Campaign, path: string, no = 0) =>
    staff(
      `/campaigns/${campaign.id}/counties/${(campaign.counties[no] ?? campaign.counties[0]!).code}${path}`,
    );
  const step = (key: string, href: string) => ({ key, href });
  return [
    { who: 'respondent', steps: [step('phones', '/demo/phones'), step('code', '/')] },
    {
      who: 'official',
      steps: [
        ...(draft ? [step('roll', place(draft, '', 1))] : []),
        ...(open ? [step('rates', place(open, '/rates'))] : []),
        ...(shown ? [step('result', place(shown, '/summary'))] : []),
      ],
    },
    {
      who: 'operator',
      steps: [
        ...(draft ? [step('setup', staff(`/campaigns/${draft.id}`))] : []),
        ...(open
          ? [step('open', staff(`/campaigns/${open.id}`)), step('messages', place(open, '/messages'))]
          : []),
        ...(shown ? [step('publish', place(shown, '/evidence'))] : []),
      ],
    },
    {
      who: 'inspector',
      steps: shown
        ? [
            step('result', place(shown, '/summary', 1)),
            step('doubts', place(shown, '/summary')),
            step('pressure', place(shown, '/pressure')),
            step('comments', place(shown, '/comments', 1)),
            step('compare', staff(`/campaigns/${shown.id}/compare${earlier ? `?before=${earlier.id}` : ''}`)),
            step('evidence', place(shown, '/evidence')),
          ]
        : [],
    },
    { who: 'interviewer', steps: [step('entry', staff('/entry')), step('calls', staff('/calls'))] },
    { who: 'administrator', steps: [step('users', staff('/users')), step('trail', staff('/trail'))] },
  ];
}

function surveys(t: Translate, campaigns: readonly Campaign[]): Html {
  return html`<ul>
    ${campaigns.map(
      ({ id, name, state, counties }) =>
        html`<li>
          <a href="${staff(`/campaigns/${id}`)}">${name}</a>
          <span class="quiet"
            >${t(`staff.state.${state}`)} ·
            ${counties.map((county) => county.name).join(t('staff.list-comma'))}</span
          >
        </li>`,
    )}
  </ul>`;
}
