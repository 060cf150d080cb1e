/** A county's summary: the official figure against the threshold, big and plain; then everything it stands on. */
import type { LogStatus } from '../../../domain/evidence/witness.ts';
import type { RuleProfile } from '../../../domain/scoring/rules/profile.ts';
import type { ItemFigure, Summary, SummaryNote } from '../../../domain/scoring/summary/summary-types.ts';
import type { Verdict, VerdictReason } from '../../../domain/scoring/summary/verdict.ts';
import type { Figure, Interval } from '../../../domain/scoring/figure.ts';
import {
  formatDifference,
  formatShare,
  formatValue,
  itemStyle,
  moreResponsesMessage,
  pointStyle,
  rateStyle,
  returnStyle,
  verdictReasonParams,
  type FigureStyle,
} from '../../../domain/scoring/format.ts';
import { html, type Content, type Html } from '../../../html/html.ts';
import { campaignPath, countyPath } from '../campaign/view.ts';
import {
  basisText,
  countText,
  figureBar,
  figureCells,
  figureColumns,
  figureText,
  groupSection,
  localised,
} from '../figure-view.ts';
import { stratumName } from '../fieldwork/shared-view.ts';
import {
  facts,
  formatCount,
  inGroupOrder,
  formatTime,
  staffPage,
  table,
  type StaffContext,
} from '../page-view.ts';
import { logPart } from '../evidence/view.ts';

export function summaryPage(
  c: StaffContext,
  o: {
    readonly summary: Summary & { readonly log: LogStatus | null };
    readonly demo: boolean;
    readonly csv: string;
  },
): Html {
  const { t } = c.page;
  const { summary: s } = o;
  const style = pointStyle(s);
  return staffPage(c, {
    title: t('staff.summary.title', { county: s.county.name }),
    demo: o.demo,
    selfAdministered: s.campaign.selfAdministered,
    trail: [
      { href: '/staff', text: t('staff.home') },
      { href: campaignPath(s.campaign.id), text: s.campaign.name },
    ],
    body: html`${officialPanel(c, s)}${notes(c, s)}${facts([
        [t('staff.field.purpose'), t(`staff.purpose.${s.campaign.purpose}`)],
        [t('staff.field.commissioner'), s.campaign.commissioner],
        s.campaign.closedAt !== null && [
          t('staff.field.closed'),
          formatTime(Date.parse(s.campaign.closedAt)),
        ],
        [
          t('staff.field.residents'),
          s.county.residents === null
            ? t('staff.unknown')
            : `${formatCount(s.county.residents.count)}（${s.county.residents.asOf}）`,
        ],
        [t('staff.field.profile'), `${localised(c, s.profile.title)} · ${s.profile.version}`],
        [t('staff.summary.role'), roleText(c, s.profile.role)],
        [
          t('staff.summary.minimum-cell'),
          t('staff.summary.minimum-cell.text', { minimum: s.profile.minimumCell }),
        ],
        [t('staff.summary.profile-hash'), html`<span class="hash">${s.profile.hash}</span>`],
      ])}
      <p class="links"><a href="${o.csv}">${t('staff.summary.csv')}</a></p>
      ${signalHint(c, s)}${formulaPart(c, s)}${returnPart(
        c,
        s,
      )}${groupPart(c, s, style)}${dimensionPart(c, s, style)}${itemPart(c, s, style)}${unitPart(c, s, style)}${locationPart(
        c,
        s,
        style,
      )}${firstPart(c, s, style)}${integrityPart(c, s, style)}${channelPart(c, s, style)}${logPart(c, s.log)}`,
  });
}

/** Said at the top: a reader must not have to scroll to know that strata are flagged. */
function signalHint(c: StaffContext, s: Summary): Content {
  return (
    s.signals.length > 0 &&
    html`<p class="links">
      <a href="#integrity"
        >${c.page.t('staff.summary.integrity.hint', {
          strata: new Set(s.signals.map((signal) => signal.reportingStratum)).size,
        })}</a
      >
    </p>`
  );
}

function thresholdText(c: StaffContext, s: Summary): string {
  return c.page.t(`staff.summary.threshold.${s.threshold.unit}`, { value: s.threshold.value });
}

function roleText(c: StaffContext, role: RuleProfile['role']): string {
  const { t } = c.page;
  return role.kind === 'points'
    ? t('staff.summary.role.points', { points: role.points, of: role.of })
    : t(`staff.summary.role.${role.kind}`);
}

function verdictClass(verdict: Verdict): string {
  return verdict.kind === 'met' ? 'good' : verdict.kind === 'not-met' ? 'bad' : 'unsure';
}

function reasonText(c: StaffContext, s: Summary, reason: VerdictReason): string {
  const { t } = c.page;
  const params = verdictReasonParams(reason, returnStyle(s));
  const { group } = params;
  const named =
    group === undefined ? {} : { group: group === '' ? t('staff.all-groups') : t(`staff.group.${group}`) };
  return t(`verdict.reason.${reason.code}`, { ...params, ...named });
}

function officialPanel(c: StaffContext, s: Summary): Html {
  const { t } = c.page;
  const { official } = s;
  const formula = s.formulas.find((f) => f.official);
  return html`<div class="panel verdict ${verdictClass(s.verdict)}">
    <p class="figure">
      <strong>${figureText(c, official, pointStyle(s))}</strong
      >${official.kind === 'estimate' && html` <span class="unit">${t(`staff.unit.${s.threshold.unit}`)}</span>`}
    </p>
    <p class="said"><strong>${t(`verdict.${s.verdict.kind}`)}</strong> · ${thresholdText(c, s)}</p>
    ${
      s.verdict.kind === 'insufficient' &&
      html`<ul>
        ${s.verdict.reasons.map((r) => html`<li>${reasonText(c, s, r)}</li>`)}
      </ul>`
    }${
      official.kind === 'estimate' &&
      html`<p>
        ${t('staff.summary.basis', { basis: basisText(c, official, pointStyle(s)) })}${official.interval && html` ${intervalText(c, s, official.interval)}`}
      </p>`
    }${worthPart(c, s)}
    <p class="quiet">
      ${localised(c, s.profile.instrument)} · ${formula !== undefined && localised(c, formula.formula.title)}
    </p>
  </div>`;
}

function intervalText(c: StaffContext, s: Summary, interval: Interval): string {
  const { t } = c.page;
  return t('staff.summary.interval', {
    low: formatValue(interval.low, pointStyle(s)),
    high: formatValue(interval.high, pointStyle(s)),
    level: formatShare(interval.level, 4),
    method: t(`interval.method.${interval.method}`),
  });
}

/** What the figure is worth: would more answers decide, and what could those who did not answer do to it. */
function worthPart(c: StaffContext, s: Summary): Content {
  const { t } = c.page;
  const { moreResponses: more, nonResponse: bounds } = s;
  const said = more && moreResponsesMessage(more, s.official, s.threshold.value);
  const lines = [
    said !== null &&
      t(said.message, {
        ...said.params,
        ...(more?.kind === 'more' && { responses: formatCount(more.responses) }),
      }),
    bounds !== null &&
      t('non-response.bounds', {
        issued: formatCount(bounds.issued),
        answered: formatCount(bounds.answered),
        low: formatValue(bounds.low, pointStyle(s)),
        high: formatValue(bounds.high, pointStyle(s)),
      }),
  ].filter((line) => line !== false);
  return (
    lines.length > 0 &&
    html`<ul>
      ${lines.map((line) => html`<li>${line}</li>`)}
    </ul>`
  );
}

/** Why a formula's figure is not the official one, on this county's data. */
function differenceText(c: StaffContext, s: Summary, id: string): Content {
  const found = s.differences.find((difference) => difference.formula === id);
  if (!found) return null;
  const { message, params, optionTitle } = found;
  const option = optionTitle === null ? {} : { option: localised(c, optionTitle) };
  return html`<p class="quiet">${c.page.t(message, { ...params, ...option })}</p>`;
}

function noteText(c: StaffContext, s: Summary, note: SummaryNote): string {
  const { t } = c.page;
  switch (note.kind) {
    case 'self-administered':
    case 'self-selected':
      return t(`staff.note.${note.kind}`);
    case 'group-merged':
      return t('staff.note.group-merged', {
        group: t(`staff.group.${note.group}`),
        into: t(`staff.group.${note.into}`),
      });
    case 'group-excepted':
      return t('staff.note.group-excepted', { group: t(`staff.group.${note.group}`) });
    case 'ineligible':
      return t('staff.note.ineligible', {
        no: note.samplingStratum,
        group: t(`staff.group.${note.group}`),
        contacts: formatCount(note.contacts),
        reason: note.reason,
      });
    case 'voided-removed': {
      const place = s.schools.find((unit) => unit.reportingStratum === note.reportingStratum);
      return t('staff.note.voided-removed', {
        place: place === undefined || place.name === '' ? t('staff.level.rest') : place.name,
        group: t(`staff.group.${note.group}`),
        contacts: formatCount(note.contacts),
      });
    }
    case 'adjusted':
    case 'adjustment-failed':
      return t(`staff.note.${note.kind}`, {
        group: t(`staff.group.${note.group}`),
        method: t(`adjustment.${note.method}`),
        trimmed: formatCount(note.trimmed),
      });
    case 'stratum-without-answers':
      return t('staff.note.stratum-without-answers', {
        no: note.samplingStratum,
        group: t(`staff.group.${note.group}`),
        size: formatCount(note.frameSize),
      });
    case 'stratum-of-unknown-size':
      return t('staff.note.stratum-of-unknown-size', { group: t(`staff.group.${note.group}`) });
  }
}

function notes(c: StaffContext, s: Summary): Content {
  const { t } = c.page;
  const lines = [
    ...s.notes.map((note) => noteText(c, s, note)),
    ...s.voided.map((v) => t('staff.note.voided', { group: t(`staff.group.${v.group}`), reason: v.reason })),
  ];
  return (
    lines.length > 0 &&
    html`<div class="panel">
      <h2>${t('staff.summary.notes')}</h2>
      <ul>
        ${[...new Set(lines)].map((line) => html`<li>${line}</li>`)}
      </ul>
    </div>`
  );
}

function formulaPart(c: StaffContext, s: Summary): Html {
  const { t } = c.page;
  return html`<h2>${t('staff.summary.formulas')}</h2>
    <p class="quiet">${t('staff.summary.formulas.about')}</p>
    ${table({
      caption: t('staff.summary.formulas'),
      stack: true,
      columns: [
        { text: t('staff.summary.formula') },
        ...figureColumns(c, t('staff.summary.figure')),
        { text: t('staff.summary.against', { value: s.threshold.value }) },
        { text: t('staff.figure.bar') },
      ],
      rows: s.formulas.map((f) => [
        html`${localised(c, f.formula.title)}${f.official && html` <span class="state open">${t('staff.summary.official')}</span>`}${differenceText(c, s, f.id)}`,
        ...figureCells(c, f.figure, pointStyle(s, f.formula)),
        f.meets === null ? '–' : t(f.meets ? 'verdict.met' : 'verdict.not-met'),
        figureBar(f.figure, s.threshold.value),
      ]),
    })}`;
}

function returnPart(c: StaffContext, s: Summary): Content {
  const { t } = c.page;
  const [rate] = s.returnRates;
  if (rate === undefined) return null;
  return html`<h2>${t('staff.summary.return')}</h2>
    ${table({
      caption: t('staff.summary.return'),
      columns: [
        { text: t('staff.field.group') },
        { text: t('staff.rates.return'), number: true },
        { text: t('staff.summary.returned'), number: true },
        { text: t(`staff.rates.denominator.${rate.denominator}`), number: true },
        { text: t('staff.draw.quota'), number: true },
      ],
      rows: s.returnRates.map((r) => {
        const [value, n, denominator] = figureCells(c, r.figure, returnStyle(s));
        const quota = s.drawn.filter((d) => r.group === null || d.group === r.group);
        return [
          r.group === null ? t('staff.all-groups') : t(`staff.group.${r.group}`),
          r.figure.kind === 'estimate' ? html`${value}%` : value,
          n,
          denominator,
          quota.length === 0 ? '–' : formatCount(quota.reduce((sum, d) => sum + d.quota, 0)),
        ];
      }),
    })}${ratesPart(c, s)}`;
}

/** AAPOR's rates, beside the profile's own. */
function ratesPart(c: StaffContext, s: Summary): Content {
  const { t } = c.page;
  const [total] = s.responseRates;
  if (total === undefined) return null;
  return groupSection(
    t('staff.summary.outcome'),
    html`<p class="quiet">${t('staff.summary.outcome.about')}</p>
      ${table({
        caption: t('staff.summary.outcome'),
        columns: [
          { text: t('staff.summary.outcome.rate') },
          { text: t('staff.summary.outcome.what') },
          ...s.responseRates.map((entry) => ({
            text: entry.group === null ? t('staff.all-groups') : t(`staff.group.${entry.group}`),
            number: true,
          })),
        ],
        rows: total.rates.map(({ name }, i) => [
          name,
          t(`outcome.${name}`),
          ...s.responseRates.map((entry) => {
            const figure = entry.rates[i]?.figure ?? { kind: 'no-data' as const };
            return html`${figureText(c, figure, rateStyle)}${figure.kind === 'estimate' && '%'}`;
          }),
        ]),
      })}`,
    false,
  );
}

/** Signals, and what the figure would be without the strata that they name. */
function integrityPart(c: StaffContext, s: Summary, style: FigureStyle): Html {
  const { t } = c.page;
  const { signals, withoutFlagged: without } = s;
  const place = (name: string) => (name === '' ? t('staff.level.rest') : name);
  const withAll = new Map(s.groups.map((g) => [g.group, g.figure]));
  const firstOf = new Map(s.first.groups.map((g) => [g.group, g.figure]));
  const withoutFirst = new Map((without?.first.groups ?? []).map((g) => [g.group, g.figure]));
  const missing = { kind: 'no-data' } as const;
  const four = (figures: readonly (Figure | undefined)[]) =>
    figures.map((figure) => figureText(c, figure ?? missing, style));
  return html`<h2 id="integrity">${t('staff.summary.integrity')}</h2>
    <p class="quiet">${t('staff.summary.integrity.about')}</p>
    ${
      signals.length === 0
        ? html`<p>${t('staff.summary.integrity.none')}</p>`
        : table({
            caption: t('staff.summary.integrity'),
            stack: true,
            columns: [
              { text: t('staff.field.unit') },
              { text: t('staff.field.group') },
              { text: t('staff.summary.integrity.signal') },
              { text: t('staff.summary.integrity.lot') },
              { text: t('staff.summary.integrity.false-alarm'), number: true },
            ],
            rows: signals.map((signal) => [
              place(signal.name),
              t(`staff.group.${signal.group}`),
              t(`signal.${signal.kind}`),
              signal.lot === null ? t('staff.summary.integrity.all-lots') : String(signal.lot),
              `≤ ${formatShare(signal.falseAlarm, 4)}%`,
            ]),
          })
    }${
      without !== null &&
      html`${table({
          caption: t('staff.summary.integrity.without'),
          columns: [
            { text: t('staff.field.group') },
            { text: t('staff.summary.by-last'), number: true },
            { text: t('staff.summary.integrity.without-last'), number: true },
            { text: t('staff.summary.by-first'), number: true },
            { text: t('staff.summary.integrity.without-first'), number: true },
          ],
          rows: [
            [
              html`<strong>${t('staff.summary.official')}</strong>`,
              ...four([s.official, without.official, s.first.official, without.first.official]),
            ],
            ...without.groups.map(({ group, figure }) => [
              t(`staff.group.${group}`),
              ...four([withAll.get(group), figure, firstOf.get(group), withoutFirst.get(group)]),
            ]),
          ],
        })}
        <p>
          ${
            without.changesVerdict === null
              ? t('staff.summary.integrity.verdict-unknown')
              : t(
                  without.changesVerdict
                    ? 'staff.summary.integrity.verdict-changes'
                    : 'staff.summary.integrity.verdict-stays',
                  { verdict: t(`verdict.${without.verdict.kind}`) },
                )
          }
        </p>`
    }`;
}

function groupPart(c: StaffContext, s: Summary, style: FigureStyle): Html {
  const { t } = c.page;
  return html`<h2>${t('staff.summary.groups')}</h2>
    ${table({
      caption: t('staff.summary.groups'),
      columns: [
        { text: t('staff.field.group') },
        { text: t('staff.summary.weight'), number: true },
        ...figureColumns(c, t('staff.summary.figure')),
        { text: t('staff.figure.bar') },
      ],
      rows: s.groups.map((g) => [
        html`${t(`staff.group.${g.group}`)}${g.voided && html` <span class="state voided">${t('staff.state.voided')}</span>`}${
          g.mergedInto !== null && html` <span class="quiet">→ ${t(`staff.group.${g.mergedInto}`)}</span>`
        }`,
        `${formatShare(g.weight)}%`,
        ...figureCells(c, g.figure, style),
        figureBar(g.figure, s.threshold.value),
      ]),
    })}`;
}

function dimensionPart(c: StaffContext, s: Summary, style: FigureStyle): Content {
  const { t } = c.page;
  if (s.dimensions.length === 0) return null;
  const groups = s.groups.filter((g) => g.dimensions.length > 0);
  return html`<h2>${t('staff.summary.dimensions')}</h2>
    ${table({
      caption: t('staff.summary.dimensions'),
      columns: [
        { text: t('staff.summary.dimension') },
        ...figureColumns(c, t('staff.all-groups')),
        { text: t('staff.figure.bar') },
        ...groups.map((g) => ({ text: t(`staff.group.${g.group}`), number: true })),
      ],
      rows: s.dimensions.map((d) => [
        localised(c, d.title),
        ...figureCells(c, d.figure, style),
        figureBar(d.figure, s.threshold.value),
        ...groups.map((g) => {
          const own = g.dimensions.find((x) => x.id === d.id);
          if (own === undefined) return '–';
          return html`${figureText(c, own.figure, style)}${
            own.figure.kind === 'estimate' &&
            html`<br /><span class="quiet"
                >${basisText(c, own.figure, { ...style, basis: 'respondents' })}</span
              >`
          }`;
        }),
      ]),
    })}`;
}

function itemRow(
  c: StaffContext,
  item: ItemFigure,
  style: FigureStyle,
  threshold: number,
): readonly Content[] {
  const { t } = c.page;
  const d = item.distribution;
  const spread =
    d.kind === 'options'
      ? [
          ...d.options.map((option) => `${localised(c, option.title)} ${formatCount(option.count)}`),
          ...(d.dontKnow > 0 ? [`${t('staff.summary.dont-know')} ${formatCount(d.dontKnow)}`] : []),
          ...(d.blank > 0 ? [`${t('staff.summary.blank')} ${formatCount(d.blank)}`] : []),
        ].join(' · ')
      : d.kind === 'number'
        ? t('staff.summary.number', { n: formatCount(d.n) })
        : d.kind === 'suppressed'
          ? html`<span class="why">${t(`figure.suppressed.${d.why}`)}</span>`
          : html`<span class="why">${t('figure.no-data')}</span>`;
  const isRating = item.type === 'rating';
  return [
    localised(c, item.title),
    ...(isRating || item.type === 'number'
      ? figureCells(c, item.figure, itemStyle(item, style))
      : (['–', '–', '–'] as const)),
    isRating ? figureBar(item.figure, threshold) : '',
    html`<span class="spread">${spread}</span>`,
  ];
}

function itemPart(c: StaffContext, s: Summary, style: FigureStyle): Html {
  const { t } = c.page;
  return html`<h2>${t('staff.summary.items')}</h2>
    ${s.groups
      .filter((g) => g.items.length > 0)
      .map((g) =>
        groupSection(
          `${t(`staff.group.${g.group}`)}${g.questionnaire === null ? '' : ` · ${localised(c, g.questionnaire)}`}`,
          table({
            caption: `${t('staff.summary.items')} · ${t(`staff.group.${g.group}`)}`,
            columns: [
              { text: t('staff.summary.item') },
              ...figureColumns(c, t('staff.summary.figure')),
              { text: t('staff.figure.bar') },
              { text: t('staff.summary.distribution') },
            ],
            rows: g.items.map((item) => itemRow(c, item, style, s.threshold.value)),
          }),
          false,
        ),
      )}`;
}

function unitPart(c: StaffContext, s: Summary, style: FigureStyle): Content {
  const { t } = c.page;
  if (s.schools.length === 0) return null;
  const groups = [...new Set(inGroupOrder(s.schools).map((u) => u.group))];
  return html`<h2>${t('staff.summary.units')}</h2>
    <p class="quiet">${t('staff.draw.reporting.about')}</p>
    ${groups.map((group) =>
      groupSection(
        t(`staff.group.${group}`),
        table({
          caption: `${t('staff.summary.units')} · ${t(`staff.group.${group}`)}`,
          columns: [
            { text: t('staff.field.unit') },
            { text: t('staff.rates.issued'), number: true },
            { text: t('staff.summary.responses'), number: true },
            ...figureColumns(c, t('staff.summary.figure')),
            { text: t('staff.figure.bar') },
          ],
          rows: s.schools
            .filter((u) => u.group === group)
            .map((u) => [
              html`${stratumName(c, u)}${u.voided && html` <span class="state voided">${t('staff.state.voided')}</span>`}`,
              countText(c, u.issued),
              countText(c, u.responses),
              ...figureCells(c, u.figure, style),
              figureBar(u.figure, s.threshold.value),
            ]),
        }),
      ),
    )}`;
}

function locationPart(c: StaffContext, s: Summary, style: FigureStyle): Content {
  const { t } = c.page;
  if (s.locations.length === 0) return null;
  return html`<h2>${t('staff.summary.locations')}</h2>
    ${table({
      caption: t('staff.summary.locations'),
      columns: [
        { text: t('staff.field.location') },
        { text: t('staff.field.group') },
        ...figureColumns(c, t('staff.summary.figure')),
        { text: t('staff.figure.bar') },
      ],
      rows: s.locations.flatMap((l) =>
        l.groups.map((g) => [
          t(`staff.location.${l.location}`),
          t(`staff.group.${g.group}`),
          ...figureCells(c, g.figure, style),
          figureBar(g.figure, s.threshold.value),
        ]),
      ),
    })}`;
}

/** Last less first, with its sign. */
function differenceOf(last: Figure, first: Figure, style: FigureStyle): string {
  if (last.kind !== 'estimate' || first.kind !== 'estimate') return '–';
  const difference = last.value - first.value;
  const text = formatDifference(difference, style.decimals);
  return Number(text) === 0 ? text : `${difference > 0 ? '+' : '−'}${text}`;
}

function firstPart(c: StaffContext, s: Summary, style: FigureStyle): Html {
  const { t } = c.page;
  const last = new Map(s.groups.map((g) => [g.group, g.figure]));
  return html`<h2>${t('staff.summary.first')}</h2>
    <p class="quiet">${t('staff.summary.first.about')}</p>
    ${table({
      caption: t('staff.summary.first'),
      columns: [
        { text: t('staff.field.group') },
        ...figureColumns(c, t('staff.summary.by-last')),
        ...figureColumns(c, t('staff.summary.by-first')),
        { text: t('staff.summary.first.difference'), number: true },
      ],
      rows: [
        [
          html`<strong>${t('staff.summary.official')}</strong>`,
          ...figureCells(c, s.official, style),
          ...figureCells(c, s.first.official, style),
          differenceOf(s.official, s.first.official, style),
        ],
        ...s.first.groups.map((g) => [
          t(`staff.group.${g.group}`),
          ...figureCells(c, last.get(g.group) ?? { kind: 'no-data' }, style),
          ...figureCells(c, g.figure, style),
          differenceOf(last.get(g.group) ?? { kind: 'no-data' }, g.figure, style),
        ]),
      ],
    })}
    <p>
      ${t('staff.summary.reanswers')}${t('staff.colon')}${figureText(c, s.reanswers.total, rateStyle)}${
        s.reanswers.total.kind === 'estimate' &&
        `% ${t('staff.summary.reanswers.of', {
          again: formatCount(s.reanswers.total.n),
          people: formatCount(s.reanswers.total.denominator),
        })}`
      }
    </p>
    ${
      s.reanswers.strata.length > 0 &&
      groupSection(
        t('staff.summary.reanswers.units'),
        table({
          caption: t('staff.summary.reanswers.units'),
          columns: [
            { text: t('staff.field.unit') },
            { text: t('staff.field.group') },
            { text: '%', number: true },
            { text: t('staff.summary.reanswers.again'), number: true },
            { text: t('staff.figure.people'), number: true },
          ],
          rows: s.reanswers.strata.map((r) => [
            r.name === '' ? t('staff.level.rest') : r.name,
            t(`staff.group.${r.group}`),
            ...figureCells(c, r.figure, rateStyle),
          ]),
        }),
        false,
      )
    }`;
}

function channelPart(c: StaffContext, s: Summary, style: FigureStyle): Html {
  const { t } = c.page;
  const counted = (yes: boolean) => t(yes ? 'staff.summary.counted' : 'staff.summary.not-counted');
  const columns = [
    { text: t('staff.summary.source') },
    { text: t('staff.summary.is-counted') },
    { text: t('staff.field.group') },
    { text: t('staff.summary.responses'), number: true },
    ...figureColumns(c, t('staff.summary.figure')),
  ];
  return html`<h2>${t('staff.summary.channels')}</h2>
    <p class="quiet">${t('staff.summary.channels.about')}</p>
    ${table({
      caption: t('staff.summary.channels.by-channel'),
      columns,
      rows: s.channels.flatMap((channel) =>
        channel.groups.map((g) => [
          t(`staff.channel.${channel.channel}`),
          counted(channel.counted),
          t(`staff.group.${g.group}`),
          countText(c, g.responses),
          ...figureCells(c, g.figure, style),
        ]),
      ),
    })}${table({
      caption: t('staff.summary.channels.by-set'),
      columns,
      rows: s.sets.flatMap((set) =>
        set.groups.map((g) => [
          t(`staff.set.${set.set}`),
          counted(set.counted),
          t(`staff.group.${g.group}`),
          countText(c, g.responses),
          ...figureCells(c, g.figure, style),
        ]),
      ),
    })}`;
}

/** Before close, or before release: a page that says when, and nothing else. */
export function noSummaryPage(
  c: StaffContext,
  o: {
    readonly title: string;
    readonly sentence: string;
    readonly campaign: { readonly id: string; readonly name: string; readonly demo: boolean } | null;
  },
): Html {
  const { t } = c.page;
  return staffPage(c, {
    title: o.title,
    demo: o.campaign?.demo ?? false,
    trail: [
      { href: '/staff', text: t('staff.home') },
      ...(o.campaign ? [{ href: campaignPath(o.campaign.id), text: o.campaign.name }] : []),
    ],
    body: html`<p>${o.sentence}</p>`,
  });
}

export function comparePage(
  c: StaffContext,
  o: {
    readonly campaign: {
      readonly id: string;
      readonly name: string;
      readonly demo: boolean;
      readonly selfAdministered: boolean;
      readonly counties: readonly { readonly code: string; readonly name: string }[];
    };
    readonly summaries: readonly Summary[];
    readonly csv: string;
  },
): Html {
  const { t } = c.page;
  const { campaign, summaries } = o;
  const base = campaignPath(campaign.id);
  const chosen = summaries.map((s) => s.county.code);
  const groups = [...new Set(summaries.flatMap((s) => s.groups.map((g) => g.group)))];
  const dimensions = new Map(summaries.flatMap((s) => s.dimensions.map((d) => [d.id, d.title] as const)));
  const cell = (s: Summary, figure: Summary['official'] | undefined) =>
    figure === undefined
      ? '–'
      : html`${figureText(c, figure, pointStyle(s))}${
          figure.kind === 'estimate' &&
          html`<br /><span class="quiet">${basisText(c, figure, pointStyle(s))}</span>`
        }`;
  const columns = [
    { text: t('staff.summary.figure') },
    ...summaries.map((s) => ({
      text: html`<a href="${countyPath(campaign.id, s.county.code)}/summary">${s.county.name}</a>`,
      number: true,
    })),
  ];
  return staffPage(c, {
    title: t('staff.compare'),
    demo: campaign.demo,
    selfAdministered: campaign.selfAdministered,
    trail: [
      { href: '/staff', text: t('staff.home') },
      { href: base, text: campaign.name },
    ],
    body: html`<form method="get" action="${base}/compare">
        <fieldset class="picks">
          <legend>${t('staff.counties')}</legend>
          ${campaign.counties.map(
            (county) =>
              html`<label class="pick"
                ><input
                  type="checkbox"
                  name="county"
                  value="${county.code}"
                  ${chosen.includes(county.code as never) ? html` checked` : null}
                />
                ${county.name}</label
              >`,
          )}
        </fieldset>
        <button class="secondary">${t('staff.compare.show')}</button>
      </form>
      ${
        summaries.length > 0 &&
        html`${table({
            caption: t('staff.compare'),
            columns,
            rows: [
              [
                html`<strong>${t('staff.summary.official')}</strong>`,
                ...summaries.map((s) => html`<strong>${cell(s, s.official)}</strong>`),
              ],
              [
                t('staff.summary.verdict'),
                ...summaries.map(
                  (s) =>
                    html`<span class="said ${verdictClass(s.verdict)}"
                      >${t(`verdict.${s.verdict.kind}`)}</span
                    >`,
                ),
              ],
              [
                t('staff.rates.return'),
                ...summaries.map((s) => {
                  const total = s.returnRates.find((r) => r.group === null) ?? s.returnRates[0];
                  return total === undefined
                    ? '–'
                    : html`${figureText(c, total.figure, returnStyle(s))}${total.figure.kind === 'estimate' && '%'}`;
                }),
              ],
            ],
          })}
          <h2>${t('staff.summary.groups')}</h2>
          ${table({
            caption: t('staff.summary.groups'),
            columns,
            rows: groups.map((group) => [
              t(`staff.group.${group}`),
              ...summaries.map((s) => cell(s, s.groups.find((g) => g.group === group)?.figure)),
            ]),
          })}
          <h2>${t('staff.summary.dimensions')}</h2>
          ${table({
            caption: t('staff.summary.dimensions'),
            columns,
            rows: [...dimensions].map(([id, title]) => [
              localised(c, title),
              ...summaries.map((s) => cell(s, s.dimensions.find((d) => d.id === id)?.figure)),
            ]),
          })}
          <p class="links"><a href="${o.csv}">${t('staff.summary.csv')}</a></p>`
      }`,
  });
}
