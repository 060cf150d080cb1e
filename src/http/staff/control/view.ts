/** Control of a campaign: proposals that need a second person, and the recount. */
import type { Proposal } from '../../../domain/model/proposal.ts';
import type { ReportingStratum, SamplingStratum } from '../../../domain/frame/strata.ts';
import { html, type Html } from '../../../html/html.ts';
import { pagedTable } from '../../../html/paging.ts';
import type { ShownCampaign } from '../campaign/shown-campaign-view.ts';
import { samplingName, stratumName } from '../fieldwork/shared-view.ts';
import { campaignFrame, campaignPath, type FramedCampaign } from '../frame-view.ts';
import {
  actionForm,
  field,
  formatCount,
  formatTime,
  inGroupOrder,
  postForm,
  select,
  table,
  timeTag,
  type PageProblem,
  type StaffContext,
} from '../page-view.ts';

export interface CountyParts {
  readonly sampling: readonly SamplingStratum[];
  readonly reporting: readonly ReportingStratum[];
}

export function proposalsPage(
  c: StaffContext,
  o: {
    readonly campaign: ShownCampaign;
    readonly proposals: readonly Omit<Proposal, 'campaign'>[];
    /** For each county that is selected or that a proposal names: its parts. */
    readonly places: ReadonlyMap<string, CountyParts>;
    /** The county whose parts can be selected; null: the campaign has none. */
    readonly county: string | null;
    /** Id of the reader, who cannot confirm their own proposals. */
    readonly self: string | null;
    /** The campaign's current end, in the form of `datetime-local`. */
    readonly closesAt: string;
    readonly problem?: PageProblem | null;
  },
): Html {
  const { t } = c.page;
  const { campaign } = o;
  const base = `${campaignPath(campaign.id)}/proposals`;
  const groups = [...new Set(campaign.questionnaires.flatMap((q) => q.groups))];
  const pending = o.proposals.filter((p) => p.decision === 'pending');
  const decided = o.proposals.filter((p) => p.decision !== 'pending');
  const countyName = (code: string) => campaign.counties.find((one) => one.code === code)?.name ?? code;
  const rollPart = (code: string, no: number): string => {
    const found = o.places.get(code)?.sampling.find((s) => s.no === no);
    return found === undefined ? t('staff.proposal.gone') : samplingName(c, found);
  };
  const unitName = (code: string | null, no: number): string => {
    const found = o.places.get(code ?? '')?.reporting.find((s) => s.no === no);
    return found === undefined ? t('staff.proposal.gone') : stratumName(c, found);
  };
  const chosen = campaign.counties.find((one) => one.code === o.county);
  const parts = chosen && o.places.get(chosen.code);
  const what = (p: Pick<Proposal, 'content'>): string => {
    if (p.content.kind === 'dates')
      return t('staff.proposal.dates', { time: formatTime(p.content.closesAt) });
    if (p.content.kind === 'ineligible')
      return t('staff.proposal.ineligible', {
        county: countyName(p.content.county),
        stratum: rollPart(p.content.county, p.content.samplingStratum),
        contacts: formatCount(p.content.contacts),
        issued: formatCount(p.content.issued),
      });
    if (p.content.kind === 'close' || p.content.kind === 'release')
      return t(p.content.kind === 'close' ? 'staff.close.early' : 'staff.campaign.release');
    const { county, group, reportingStratum } = p.content;
    const words = [
      county === null ? t('staff.proposal.whole') : countyName(county),
      ...(group === null ? [] : [t(`staff.group.${group}`)]),
      ...(reportingStratum === null ? [] : [unitName(county, reportingStratum)]),
    ];
    return `${t('staff.proposal.void')}${t('staff.colon')}${words.join(' · ')}`;
  };
  const isRunning = campaign.state === 'draft' || campaign.state === 'open';
  const headOf = (what: 'new-ineligible' | 'new-void') =>
    [t(`staff.proposal.${what}`), chosen?.name].filter((word) => word !== undefined).join(' · ');
  return campaignFrame(c, campaign, {
    title: t('staff.proposals'),
    tab: 'proposals',
    problem: o.problem,
    body: html`<p>${t('staff.proposals.about')}</p>
      ${pending.map(
        (p) =>
          html`<div class="panel">
            <h2>${what(p)}</h2>
            <p>${t('staff.reason')}${t('staff.colon')}${p.reason}</p>
            <p class="quiet">${p.proposedBy.name} · ${timeTag(p.proposedAt)}</p>
            ${
              p.proposedBy.id === o.self
                ? html`<p>${t('staff.proposal.own')}</p>
                    ${actionForm(c, `${base}/${p.id}`, t('staff.proposal.withdraw'), {
                      secondary: true,
                      hidden: { decision: 'rejected' },
                    })}`
                : c.may('proposal.decide') &&
                  html`<div class="actions">
                    ${actionForm(c, `${base}/${p.id}`, t('staff.proposal.confirm'), {
                      hidden: { decision: 'confirmed' },
                    })}${actionForm(c, `${base}/${p.id}`, t('staff.proposal.reject'), {
                      secondary: true,
                      hidden: { decision: 'rejected' },
                    })}
                  </div>`
            }
          </div>`,
      )}
      ${
        isRunning &&
        html`<h2>${t('staff.proposal.new-dates')}</h2>
          ${postForm(
            c,
            { action: base, narrow: true, hidden: { kind: 'dates' }, problem: o.problem },
            (refused) =>
              html`${field(
                  c,
                  {
                    name: 'closesAt',
                    label: t('staff.proposal.closes'),
                    type: 'datetime-local',
                    value: o.closesAt,
                    required: true,
                  },
                  refused,
                )}${field(c, { name: 'reason', path: 'reason-dates', label: t('staff.reason'), required: true }, refused)}<button
                  class="secondary"
                >
                  ${t('staff.proposal.make')}
                </button>`,
          )}`
      }
      ${
        campaign.counties.length > 1 &&
        html`<form method="get" action="${base}" class="row choose-county">
          ${select(c, {
            name: 'county',
            label: t('staff.proposal.county'),
            hint: t('staff.proposal.unit.first'),
            choices: campaign.counties.map((one) => ({ value: one.code, text: one.name })),
            value: o.county ?? '',
          })}<button class="secondary">${t('staff.proposal.county.show')}</button>
        </form>`
      }
      ${
        isRunning &&
        html`<h2>${headOf('new-ineligible')}</h2>
          <p class="quiet">${t('staff.proposal.new-ineligible.about')}</p>
          ${postForm(
            c,
            {
              action: base,
              narrow: true,
              hidden: { kind: 'ineligible', county: chosen?.code ?? '' },
              problem: o.problem,
            },
            (refused) =>
              html`${select(
                  c,
                  {
                    name: 'samplingStratum',
                    label: t('staff.proposal.sampling-stratum'),
                    required: true,
                    choices: [
                      { value: '', text: t('staff.proposal.choose') },
                      ...inGroupOrder(parts?.sampling ?? [])
                        .filter((s) => s.frameSize !== null)
                        .map((s) => ({
                          value: String(s.no),
                          text: t('staff.proposal.part', {
                            name: samplingName(c, s),
                            size: formatCount(s.frameSize ?? 0),
                          }),
                        })),
                    ],
                  },
                  refused,
                )}${(['contacts', 'issued'] as const).map((name) =>
                  field(
                    c,
                    {
                      name,
                      label: t(`staff.proposal.${name}`),
                      type: 'number',
                      required: true,
                      extra: { min: name === 'issued' ? 0 : 1 },
                    },
                    refused,
                  ),
                )}${field(c, { name: 'reason', path: 'reason-ineligible', label: t('staff.reason'), required: true }, refused)}<button
                  class="secondary"
                >
                  ${t('staff.proposal.make')}
                </button>`,
          )}`
      }
      <h2>${headOf('new-void')}</h2>
      <p class="quiet">${t('staff.proposal.void.about')}</p>
      ${postForm(
        c,
        { action: base, narrow: true, hidden: { kind: 'void' }, problem: o.problem },
        (refused) =>
          html`${select(
              c,
              {
                name: 'county',
                path: 'county-void',
                label: t('staff.proposal.void-what'),
                required: true,
                choices: [
                  { value: '', text: t('staff.proposal.choose') },
                  { value: 'all', text: t('staff.proposal.whole') },
                  ...(chosen === undefined ? [] : [{ value: chosen.code, text: chosen.name }]),
                ],
              },
              refused,
            )}${select(
              c,
              {
                name: 'group',
                label: t('staff.field.group'),
                choices: [
                  { value: '', text: t('staff.all-groups') },
                  ...groups.map((g) => ({ value: g, text: t(`staff.group.${g}`) })),
                ],
              },
              refused,
            )}${select(
              c,
              {
                name: 'reportingStratum',
                label: t('staff.proposal.unit'),
                hint: t('staff.proposal.unit.hint'),
                choices: [
                  { value: '', text: t('staff.proposal.unit.all') },
                  ...inGroupOrder(parts?.reporting ?? []).map((s) => ({
                    value: String(s.no),
                    text: `${t(`staff.group.${s.group}`)} · ${stratumName(c, s)}`,
                  })),
                ],
              },
              refused,
            )}${field(c, { name: 'reason', path: 'reason-void', label: t('staff.reason'), required: true }, refused)}<button
              class="secondary"
            >
              ${t('staff.proposal.make')}
            </button>`,
      )}
      ${
        decided.length > 0 &&
        html`<h2>${t('staff.proposal.decided')}</h2>
          ${pagedTable(c, {
            caption: t('staff.proposal.decided'),
            path: `${campaignPath(o.campaign.id)}/proposals`,
            columns: [
              { text: t('staff.trail.what') },
              { text: t('staff.reason') },
              { text: t('staff.proposal.by') },
              { text: t('staff.proposal.outcome') },
            ],
            items: decided,
            row: (p) => [
              what(p),
              p.reason,
              html`${p.proposedBy.name}<br />${timeTag(p.proposedAt)}`,
              html`${t(`staff.proposal.${p.decision}`)} · ${p.decidedBy?.name}<br />${p.decidedAt !== null && timeTag(p.decidedAt)}`,
            ],
          })}`
      }`,
  });
}

export function recountPage(
  c: StaffContext,
  o: {
    readonly campaign: FramedCampaign;
    /** Whether the reader may recount it in its present state. */
    readonly mayNow: boolean;
    readonly results:
      | readonly {
          readonly name: string;
          readonly responses: number;
          readonly cells: number;
          readonly counted: boolean;
          readonly differences: readonly {
            readonly cell: string;
            readonly what: string;
            readonly stored: string;
            readonly recounted: string;
          }[];
        }[]
      | null;
  },
): Html {
  const { t } = c.page;
  const base = campaignPath(o.campaign.id);
  return campaignFrame(c, o.campaign, {
    title: t('staff.recount'),
    tab: 'recount',
    body: html`<p>${t(o.mayNow ? 'staff.recount.about' : 'recount.not-closed')}</p>
      ${
        o.mayNow && actionForm(c, `${base}/recount`, t('staff.recount.do'), { secondary: o.results !== null })
      }${
        o.results !== null &&
        html`${o.results.map(
          (r) =>
            html`<div class="panel ${r.differences.length === 0 ? 'good' : 'bad'}">
              <h2>${r.name}</h2>
              <p>
                ${t(
                  r.differences.length > 0
                    ? 'staff.recount.differs'
                    : r.counted
                      ? 'staff.recount.equal'
                      : 'staff.recount.uncounted',
                  {
                    responses: formatCount(r.responses),
                    cells: formatCount(r.cells),
                    count: r.differences.length,
                  },
                )}
              </p>
              ${
                r.differences.length > 0 &&
                table({
                  caption: `${t('staff.recount')} · ${r.name}`,
                  columns: [
                    { text: t('staff.recount.cell') },
                    { text: t('staff.trail.what') },
                    { text: t('staff.recount.stored') },
                    { text: t('staff.recount.recounted') },
                  ],
                  rows: r.differences.slice(0, 200).map((d) => [d.cell, d.what, d.stored, d.recounted]),
                })
              }
            </div>`,
        )}`
      }`,
  });
}
