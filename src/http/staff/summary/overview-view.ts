/**
 * The first screen of a county's result: whether 85 is met, how certain, who is dissatisfied with what, where, whether it can be
 * trusted, and the report.
 */
import { headlineOf, toneOf, type Tone as VerdictTone } from '../../../domain/scoring/summary/headline.ts';
import { listDoubts, type Doubt } from '../../../domain/scoring/summary/doubts.ts';
import {
  lowestLocations,
  lowestPlaces,
  rank,
  rankDimensions,
} from '../../../domain/scoring/summary/ranking.ts';
import type { Summary } from '../../../domain/scoring/summary/summary-types.ts';
import type { Figure } from '../../../domain/scoring/figure.ts';
import type { Group } from '../../../domain/model/vocabulary.ts';
import {
  formatShare,
  formatValue,
  moreResponsesMessage,
  pointStyle,
  returnStyle,
  type FigureStyle,
} from '../../../domain/scoring/format.ts';
import { html, type Content, type Html } from '../../../html/html.ts';
import { officialLine } from '../../../html/charts/official-line.ts';
import { plot } from '../../../html/charts/plot.ts';
import type { Scale } from '../../../html/charts/scale.ts';
import { strip } from '../../../html/charts/strip.ts';
import { card, grid, tag, type Tone } from '../../../html/parts.ts';
import { stratumName } from '../fieldwork/shared-view.ts';
import { figureText, localised } from '../figure-view.ts';
import { countyPath } from '../frame-view.ts';
import { formatCount, formatTime, inGroupOrder, type StaffContext } from '../page-view.ts';
import { how, resultPath, type Report, type ResultTab } from './result-frame-view.ts';
import { figureMarks, intervalText, scaleOf, scoreAxis, scoreGrid } from '../../../html/charts/figures.ts';
import { figurePlot, pointLegend } from './plot-view.ts';
import { howOfficial, reasonText } from './how-view.ts';
import { paragraphCard, reportCard, reportGlance, type ReportDraft } from './report-card-view.ts';

export function overview(c: StaffContext, s: Report, draft: ReportDraft): Html {
  const style = pointStyle(s);
  const scale = scaleOf(
    [
      s.official,
      ...s.formulas.map((f) => f.figure),
      ...s.groups.map((g) => g.figure),
      ...s.dimensions.map((d) => d.figure),
    ],
    s.threshold.value,
  );
  return html`<div class="results">
    ${grid(
      verdictCard(c, s, style),
      lineCard(c, s, style),
      trustCard(c, s),
      groupsCard(c, s, style, scale),
      dimensionsCard(c, s, style, scale),
      html`<div class="c4 pile">${placesCard(c, s, style)}${reportCard(c, s, draft)}</div>`,
      paragraphCard(c, draft),
    )}
  </div>`;
}

const tones: Readonly<Record<VerdictTone, Tone>> = { good: 'ok', bad: 'bad', doubt: 'warn', none: 'neutral' };

const more = (c: StaffContext, s: Summary, tab: ResultTab) =>
  html`<a href="${resultPath(s, tab)}">${c.page.t(`results.more.${tab}`)}</a>`;

function verdictCard(c: StaffContext, s: Report, style: FigureStyle): Html {
  const { t } = c.page;
  const { official, threshold } = s;
  const headline = headlineOf(s);
  const tone = tones[toneOf(headline)];
  const said = s.moreResponses && moreResponsesMessage(s.moreResponses, official, threshold.value);
  const total = s.returnRates.find((r) => r.group === null);
  return card({
    title: t('results.verdict'),
    span: 4,
    tone,
    aside: tag(tone, t(`headline.${headline}`)),
    body: html`<p class="figure">
        <strong>${figureText(c, official, style)}</strong>${
          official.kind === 'estimate' &&
          html` <span class="unit">${t(`staff.unit.${threshold.unit}`)}</span>`
        }
        <span class="against"
          >${t(`staff.summary.threshold.${threshold.unit}`, { value: threshold.value })}</span
        >
      </p>
      ${
        s.verdict.kind === 'insufficient'
          ? html`<ul class="reasons">
              ${s.verdict.reasons.map((r) => html`<li>${reasonText(c, s, r)}</li>`)}
            </ul>`
          : html`<p>
              ${t(`headline.${headline}.sentence`, { threshold: threshold.value })}${
                official.kind === 'estimate' && official.interval
                  ? html`${t('sentence.gap')}${t('results.interval', {
                      level: formatShare(official.interval.level, 4),
                      interval: intervalText(official, style),
                    })}${t('results.interval.then')}${
                      said !== null &&
                      t(said.message, {
                        ...said.params,
                        ...(s.moreResponses?.kind === 'more' && {
                          responses: formatCount(s.moreResponses.responses),
                        }),
                      })
                    }${t('results.full-stop')}`
                  : official.kind === 'estimate' && html`${t('sentence.gap')}${t('results.no-interval')}`
              }
            </p>`
      }
      <p class="quiet">
        ${
          official.kind === 'estimate' && t('results.people', { people: formatCount(official.n) })
        }${total && returnSentence(c, s, total.figure, total.floor)}${t('results.by-formula', {
          formula: localised(c, s.formulas.find((f) => f.official)?.formula.title ?? {}),
        })}${beside(c, s, style)}
      </p>
      ${glance(c, s, style)}${how(c, howOfficial(c, s))}`,
  });
}

/** The overall item, which is not part of the score. */
function beside(c: StaffContext, s: Summary, style: FigureStyle): Content {
  return s.dimensions.map(
    (d) =>
      d.scored === false &&
      html`${c.page.t('staff.summary.beside', { title: localised(c, d.title) })}${figureText(c, d.figure, style)}${c.page.t('results.full-stop')}`,
  );
}

function returnSentence(c: StaffContext, s: Summary, figure: Figure, floor: number | null): Content {
  if (figure.kind !== 'estimate') return null;
  return c.page.t(floor === null ? 'results.returned' : 'results.returned.floor', {
    rate: formatValue(figure.value, returnStyle(s)),
    floor: floor ?? 0,
  });
}

function lineCard(c: StaffContext, s: Report, style: FigureStyle): Html {
  const { t } = c.page;
  return card({
    title: t('results.line'),
    span: 4,
    aside: html`<a href="${resultPath(s, 'process')}#formulas">${t('results.line.more')}</a>`,
    body: officialLine({ t, text: (text) => localised(c, text), summary: s, style }),
  });
}

/** On phones, where the cards below are further away: the other four questions in a line each. */
function glance(c: StaffContext, s: Report, style: FigureStyle): Html {
  const { t } = c.page;
  const named = (list: readonly { readonly name: string; readonly value: number }[]) =>
    list.map(({ name, value }) => `${name} ${formatValue(value, style)}`).join(t('staff.list-comma'));
  const groups = rank(s.groups).slice(-2).reverse();
  const { weakest } = rankDimensions(s);
  const places = lowestPlaces(s, 2).lowest;
  const doubts = listDoubts(s).filter(({ tone }) => tone !== 'good');
  const line = (key: string, href: string, text: string) =>
    html`<li>
      <a href="${href}">${t(key)}</a>${t('staff.colon')}${text === '' ? t('results.hidden') : text}
    </li>`;
  return html`<ul class="glance">
    ${line('results.who', '#who', named(groups.map(({ of, figure }) => ({ name: t(`staff.group.${of.group}`), value: figure.value }))))}
    ${line('results.glance.what', '#what', named(weakest.map(({ of, figure }) => ({ name: localised(c, of.title), value: figure.value }))))}
    ${line('results.where', '#where', named(places.map(({ of, figure }) => ({ name: stratumName(c, of), value: figure.value }))))}
    ${line(
      'results.trust',
      '#trust',
      doubts.length === 0
        ? t('results.glance.no-doubts')
        : doubts.map(({ kind }) => t(`doubt.${kind}`)).join(t('staff.list-comma')),
    )}
    ${line('results.report', '#report', reportGlance(c, s))}
  </ul>`;
}

function groupsCard(c: StaffContext, s: Report, style: FigureStyle, scale: Scale): Html {
  const { t } = c.page;
  const { value: threshold } = s.threshold;
  const rates = new Map(s.returnRates.map((r) => [r.group, r]));
  const floor = s.returnRates[0]?.floor ?? null;
  const rateCell = (group: Group | null): Content => {
    const figure = rates.get(group)?.figure;
    if (figure?.kind !== 'estimate')
      return html`<span class="why">${figure ? t('results.hidden') : '–'}</span>`;
    const isBelow = floor !== null && figure.value < floor;
    return html`<div class="rate">
      <div class="cell-strip">
        ${strip([{ kind: 'bar', to: figure.value, pale: isBelow }, ...(floor === null ? [] : [{ kind: 'threshold' as const, at: floor }])], { low: 0, high: 100 })}
      </div>
      <span
        >${formatValue(figure.value, returnStyle(s))}%${isBelow && html`<span class="below" aria-hidden="true"> ▼</span><span class="unseen">${t('results.return.below')}</span>`}</span
      >
    </div>`;
  };
  const groups = inGroupOrder(s.groups).filter((g) => !g.excepted);
  const row = (group: Group | null, name: Content, figure: Figure) => ({
    name,
    marks: figureMarks(figure, threshold),
    cells: [scoreText(c, figure, style), ...(s.returnRates.length > 0 ? [rateCell(group)] : [])],
  });
  return card({
    id: 'who',
    title: t('results.who'),
    span: 4,
    aside: more(c, s, 'groups'),
    body: html`${plot({
      caption: t('results.who'),
      names: t('staff.field.group'),
      drawing: t('results.plot.drawing', { threshold }),
      scale,
      axis: scoreAxis(scale, threshold),
      common: scoreGrid(scale, threshold),
      columns: [
        { text: t('results.plot.value') },
        ...(s.returnRates.length > 0 ? [{ text: t('results.return.head') }] : []),
      ],
      rows: [
        ...groups.map((g) => row(g.group, t(`staff.group.${g.group}`), g.figure)),
        row(null, t('staff.all-groups'), s.official),
      ],
    })}${pointLegend(
      c,
      s,
      [...groups.map((g) => g.figure), s.official],
      floor === null ? null : t('results.return.floor', { floor }),
    )}${how(c, [
      t('results.how.group'),
      s.returnRates[0] && t(`results.how.return.${s.returnRates[0].denominator}`),
    ])}`,
  });
}

/** Short if there is none: the column is narrow, and the reason is on the tab. */
function scoreText(c: StaffContext, figure: Figure, style: FigureStyle): Content {
  return figure.kind === 'estimate'
    ? html`<b>${formatValue(figure.value, style)}</b>`
    : html`<span class="why"
        >${c.page.t(figure.kind === 'no-data' ? 'figure.no-data' : 'results.hidden')}</span
      >`;
}

function dimensionsCard(c: StaffContext, s: Report, style: FigureStyle, scale: Scale): Html {
  const { t } = c.page;
  const { strongest, weakest } = rankDimensions(s);
  const chosen = [
    ...strongest.map((entry) => ({ ...entry, isWeak: false })),
    ...[...weakest].reverse().map((entry) => ({ ...entry, isWeak: true })),
  ];
  return card({
    id: 'what',
    title: t('results.what'),
    span: 4,
    aside: more(c, s, 'dimensions'),
    body:
      chosen.length === 0
        ? html`<p>${t('results.what.none')}</p>`
        : html`${figurePlot(c, s, {
              caption: t('results.what'),
              names: t('staff.summary.dimension'),
              rows: chosen.map(({ of, figure, isWeak }) => ({
                name: html`<span class="rank" aria-hidden="true">${isWeak ? '▼' : '▲'}</span
                  ><span class="unseen">${t(isWeak ? 'results.what.weakest' : 'results.what.strongest')}</span
                  >${localised(c, of.title)}`,
                figure,
              })),
              style,
              scale,
              intervals: false,
              tall: true,
            })}
            <p class="quiet">
              ${t('results.what.about', { dimensions: s.dimensions.filter((d) => d.scored !== false).length })}
            </p>`,
  });
}

function placesCard(c: StaffContext, s: Report, style: FigureStyle): Html {
  const { t } = c.page;
  const { lowest, hidden } = lowestPlaces(s);
  const locations = lowestLocations(s);
  const rows =
    lowest.length > 0
      ? lowest.map(({ of, figure }) => ({ name: `${stratumName(c, of)}`, group: of.group, figure }))
      : locations.map(({ of, figure }) => ({
          name: t(`staff.location.${of.location}`),
          group: of.group,
          figure,
        }));
  return card({
    id: 'where',
    title: t('results.where'),
    aside: s.schools.length > 0 && more(c, s, 'units'),
    body:
      rows.length === 0
        ? html`<p>${t('results.where.none', { minimum: s.profile.minimumCell })}</p>`
        : html`<ol class="lowest">
              ${rows.map(
                ({ name, group, figure }) =>
                  html`<li>
                    <span>${name} <span class="quiet">${t(`staff.group.${group}`)}</span></span
                    ><b>${formatValue(figure.value, style)}</b>
                  </li>`,
              )}
            </ol>
            <p class="quiet">
              ${t('results.where.about', { minimum: s.profile.minimumCell })}${
                hidden > 0 && t('results.where.hidden', { hidden: formatCount(hidden) })
              }
            </p>`,
  });
}

const doubtTone: Readonly<Record<Doubt['tone'], Tone>> = { good: 'ok', doubt: 'warn', bad: 'bad' };

/** The page where each doubt is examined. */
function doubtHref(s: Summary, doubt: Doubt): string {
  switch (doubt.kind) {
    case 'pressure':
      return `${countyPath(s.campaign.id, s.county.code)}/pressure`;
    case 'audit':
      return resultPath(s, 'evidence');
    case 'late-reanswers':
      return `${resultPath(s, 'process')}#first`;
    case 'return':
      return `${resultPath(s, 'process')}#return`;
    case 'non-response':
    case 'coverage':
    case 'voided':
    case 'self-administered':
    case 'self-selected':
      return `${resultPath(s, 'process')}#notes`;
    case 'answers':
      return `${resultPath(s, 'process')}#integrity`;
  }
}

function withoutFlaggedText(
  c: StaffContext,
  s: Report,
  without: NonNullable<Report['withoutFlagged']>,
): string {
  const { t } = c.page;
  const { official, verdict, changesVerdict } = without;
  if (official.kind === 'suppressed') return t('results.trust.without.hidden');
  const value = official.kind === 'estimate' ? formatValue(official.value, pointStyle(s)) : '–';
  if (changesVerdict === null) return t('results.trust.without.unknown', { value });
  return t(changesVerdict ? 'results.trust.without.changes' : 'results.trust.without.stays', {
    value,
    verdict: t(`verdict.${verdict.kind}`),
  });
}

function trustCard(c: StaffContext, s: Report): Html {
  const { t } = c.page;
  const doubts = listDoubts(s);
  const { withoutFlagged: without } = s;
  return card({
    id: 'trust',
    title: t('results.trust'),
    span: 4,
    aside: more(c, s, 'process'),
    body: html`<ul class="doubts">
        ${doubts.map((doubt) => {
          const href = doubtHref(s, doubt);
          const mayRead = doubt.kind !== 'pressure' || c.may('pressure.view', s.county.code);
          const name = t(`doubt.${doubt.kind}`);
          return html`<li>
            ${mayRead ? html`<a href="${href}">${name}</a>` : html`<span>${name}</span>`}${tag(
              doubtTone[doubt.tone],
              doubtText(c, s, doubt),
            )}
          </li>`;
        })}${evidenceLines(c, s)}
      </ul>
      ${without !== null && html`<p class="quiet">${withoutFlaggedText(c, s, without)}</p>`}`,
  });
}

function doubtText(c: StaffContext, s: Summary, doubt: Doubt): string {
  const { t } = c.page;
  const key = `doubt.${doubt.kind}.${doubt.case}`;
  switch (doubt.case) {
    case 'below':
      return t(key, {
        groups: [...(doubt.total ? [null] : doubt.groups)]
          .map((group) => (group === null ? t('staff.all-groups') : t(`staff.group.${group}`)))
          .join(t('staff.list-comma')),
      });
    case 'crosses':
    case 'stays': {
      const bounds = s.nonResponse!;
      return t(key, {
        low: formatValue(bounds.low, pointStyle(s)),
        high: formatValue(bounds.high, pointStyle(s)),
      });
    }
    case 'rolls':
    case 'strata':
    case 'both':
    case 'found':
      return t(key, {
        ...('strata' in doubt && { strata: doubt.strata }),
        ...('rolls' in doubt && { rolls: doubt.rolls, unanswered: doubt.unanswered }),
        ...('voids' in doubt && { voids: doubt.voids }),
      });
    case 'none':
    case 'met':
    case 'no-floor':
    case 'failed':
      return t(key);
  }
}

/** The log: when the tables were last compared with it, and who outside holds it. */
function evidenceLines(c: StaffContext, s: Report): Content {
  const { t } = c.page;
  const { audit, log } = s;
  if (log === null || (audit !== null && audit.differences > 0)) return null;
  const [newest] = log.held;
  const said = [
    audit !== null && t('results.evidence.equal', { time: formatTime(audit.at) }),
    newest === undefined
      ? t('results.evidence.witnesses.none')
      : t('results.evidence.witnesses.held', { witnesses: newest.witnesses }),
  ].filter((part) => part !== false);
  return html`<li>
    <a href="${resultPath(s, 'evidence')}">${t('staff.page.evidence')}</a
    >${tag(newest === undefined ? 'warn' : 'ok', said.join(t('results.comma')))}
  </li>`;
}
