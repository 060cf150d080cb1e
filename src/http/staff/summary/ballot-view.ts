/** The arms of a split ballot side by side, each with its difference from the first and the range of chance. */
import type {
  BallotComparison,
  BallotGroup,
  ComparedMeasure,
} from '../../../domain/scoring/ballot/compare.ts';
import { formatDifference, formatShare } from '../../../domain/scoring/format.ts';
import type { Figure } from '../../../domain/scoring/figure.ts';
import { html, type Content, type Html } from '../../../html/html.ts';
import { countText, figureText, localised } from '../figure-view.ts';
import { countyFrame, countyPath, type FramedCampaign, type FramedCounty } from '../frame-view.ts';
import { table, type StaffContext } from '../page-view.ts';

export function ballotPage(
  c: StaffContext,
  o: {
    readonly campaign: FramedCampaign;
    readonly county: FramedCounty;
    readonly comparison: BallotComparison;
    readonly csv: string;
  },
): Html {
  const { t } = c.page;
  const { comparison } = o;
  return countyFrame(c, o, {
    title: t('ballot.title'),
    tab: 'summary',
    under: [{ href: `${countyPath(o.campaign.id, o.county.code)}/summary`, text: t('staff.page.summary') }],
    body:
      comparison.groups.length === 0
        ? html`<p>${t('ballot.none')}</p>`
        : html`<p>${t('ballot.about', { level: formatShare(comparison.level, 4) })}</p>
            <p class="links"><a href="${o.csv}">${t('ballot.csv')}</a></p>
            <p class="hint">${t('staff.summary.hidden', { minimum: comparison.minimumCell })}</p>
            ${comparison.groups.map((group) => groupPart(c, group, comparison.decimals))}
            <p class="quiet">${t('ballot.not-known')}</p>`,
  });
}

function groupPart(c: StaffContext, g: BallotGroup, decimals: number): Html {
  const { t } = c.page;
  const name = t(`staff.group.${g.group}`);
  const armName = (arm: string) => t('ballot.arm', { arm });
  return html`<h2>${name}</h2>
    ${table({
      caption: `${name} · ${t('ballot.arms')}`,
      stack: true,
      columns: [
        { text: t('ballot.column.arm') },
        { text: t('ballot.column.scale') },
        { text: t('ballot.column.questionnaire') },
        { text: t('staff.summary.responses'), number: true },
        { text: t('ballot.column.incomplete'), number: true },
      ],
      rows: g.arms.map((a) => [
        html`${armName(a.arm)}${
          a.isMain && html` <span class="quiet">${t(a.official ? 'ballot.official' : 'ballot.main')}</span>`
        }${a.share !== null && html` <span class="quiet">${t('ballot.share', { share: a.share })}</span>`}`,
        t(`ballot.scale.${a.scale}`),
        localised(c, a.title),
        countText(c, a.responses),
        figureText(c, a.incomplete, { decimals, threshold: null }),
      ]),
    })}
    ${table({
      caption: `${name} · ${t('ballot.measures')}`,
      stack: true,
      columns: [
        { text: t('ballot.column.measure') },
        ...g.arms.map((a) => ({ text: armName(a.arm), number: true })),
        ...g.arms.slice(1).map((a) => ({
          text: t('ballot.difference', { arm: a.arm, first: g.arms[0]!.arm }),
          number: true,
        })),
      ],
      rows: g.measures.map((m) => [
        m.dimension === null ? t(`ballot.measure.${m.measure}`) : dimensionName(c, m),
        ...m.figures.map((figure, i) => valueCell(c, figure, m.ranks[i] ?? null, decimals)),
        ...m.differences.slice(1).map((figure) => differenceCell(c, figure, decimals)),
      ]),
    })}`;
}

function dimensionName(c: StaffContext, { title, measure }: ComparedMeasure): string {
  return title === null ? c.page.t(`ballot.measure.${measure}`) : localised(c, title);
}

function valueCell(c: StaffContext, figure: Figure, rank: number | null, decimals: number): Content {
  return html`${figureText(c, figure, { decimals, threshold: null })}${
    rank !== null && html`<br /><span class="quiet">${c.page.t('ballot.rank', { rank })}</span>`
  }`;
}

const signed = (value: number, decimals: number) => {
  const text = formatDifference(value, decimals);
  return Number(text) === 0 ? text : `${value > 0 ? '+' : '−'}${text}`;
};

function differenceCell(c: StaffContext, figure: Figure, decimals: number): Content {
  const { t } = c.page;
  if (figure.kind !== 'estimate') return figureText(c, figure, { decimals, threshold: null });
  const { interval } = figure;
  if (!interval) return signed(figure.value, decimals);
  const isClear = interval.low > 0 || interval.high < 0;
  return html`<strong>${signed(figure.value, decimals)}</strong><br /><span class="quiet"
      >${t('ballot.interval', { low: signed(interval.low, decimals), high: signed(interval.high, decimals) })}</span
    ><br /><span>${t(isClear ? 'ballot.clear' : 'ballot.chance')}</span>`;
}
