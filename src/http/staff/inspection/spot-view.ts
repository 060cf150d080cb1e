/** The spot survey at the sample schools: created in one form, its slips by school, and its result compared with the county's. */
import { differOf, type SpotRow } from '../../../domain/inspection/spot-reading.ts';
import { sampleSchoolsOf } from '../../../domain/inspection/symposiums.ts';
import type { Figure } from '../../../domain/scoring/figure.ts';
import { formatSigned, formatValue, pointStyle, type FigureStyle } from '../../../domain/scoring/format.ts';
import { groups } from '../../../domain/model/vocabulary.ts';
import { mainArm } from '../../../domain/frame/ballot.ts';
import { field, fold, postForm } from '../../../html/form.ts';
import { html, type Content, type Html } from '../../../html/html.ts';
import { alertBox, card, emptyState, help, tag, type Tone } from '../../../html/parts.ts';
import { formatCount, table } from '../../../html/table.ts';
import type { SpotView } from '../../../operations/inspection/spot.ts';
import { figureText } from '../figure-view.ts';
import { countyPath } from '../frame-view.ts';
import { timeTag, type StaffContext } from '../page-view.ts';
import { inspectionPath } from './frame-view.ts';
import { sampleSize, type OnsitePage } from './symposium-view.ts';

export interface SpotPart extends OnsitePage {
  readonly spots: readonly SpotView[];
  /** Proposed end, as `datetime-local` has it. */
  readonly closesAt: string;
}

export function spotCard(c: StaffContext, o: SpotPart): Html {
  const { t } = c.page;
  const code = o.view.county.code;
  const mayMake = c.may('inspection.configure', code) && c.may('campaign.edit');
  const hasSample = sampleSize(o) > 0 && o.view.documents.sample.body.draw !== null;
  return card({
    title: t('inspection.spot'),
    id: 'spot',
    body: html`${
      o.spots.length === 0 &&
      emptyState(
        t('inspection.spot.none'),
        html`<p>
          ${t(!hasSample ? 'inspection.spot.no-sample' : mayMake ? 'inspection.spot.make.about' : 'inspection.spot.by-commissioner')}${
            !hasSample &&
            html`${t('sentence.gap')}<a href="${inspectionPath(o.view, 'sample')}"
                >${t('inspection.page.sample')}</a
              >`
          }
        </p>`,
      )
    }${o.spots.map((spot) => spotPart(c, o, spot))}${help(
      t('inspection.spot.rule'),
      html`<p>${t('inspection.spot.rule.text')}</p>`,
    )}${mayMake && hasSample && makeForm(c, o)}`,
  });
}

function spotPart(c: StaffContext, o: SpotPart, { survey, campaign, rows, waits, spot }: SpotView): Content {
  const { t } = c.page;
  const names = new Map<string, string>(o.schools.map((s) => [s.id, s.name]));
  const path = countyPath(campaign.id, o.view.county.code);
  const style = spot && pointStyle(spot);
  return html`<h3>${campaign.name}</h3>
    <p>
      ${tag(campaign.state === 'open' ? 'warn' : 'neutral', t(`staff.state.${campaign.state}`))}
      ${t('inspection.spot.until')} ${timeTag(campaign.closesAt)} ·
      ${survey.slips
        .map((s) => t('inspection.spot.slips-of', { group: t(`staff.group.${s.group}`), count: s.count }))
        .join(t('staff.list-comma'))}
    </p>
    ${
      c.may('codes.export', o.view.county.code) &&
      campaign.state === 'open' &&
      html`<p><a class="button secondary" href="${path}/paper">${t('inspection.spot.print')}</a></p>`
    }
    ${
      rows === null || style === null
        ? html`<p>${t(`inspection.spot.waits.${waits ?? 'spot-open'}`)}</p>`
        : reading(c, rows, style, o)
    }
    <details>
      <summary>${t('inspection.spot.hand-out')}</summary>
      ${table({
        caption: t('inspection.spot.hand-out'),
        stack: true,
        columns: [
          { text: t('staff.field.school') },
          { text: t('inspection.interview.group') },
          { text: t('inspection.spot.numbers') },
          { text: t('inspection.spot.count'), number: true },
        ],
        rows: survey.handOut.map((h) => [
          names.get(h.school) ?? '–',
          t(`staff.group.${h.group}`),
          `${h.from}–${h.to}`,
          formatCount(h.to - h.from + 1),
        ]),
      })}
    </details>`;
}

const tones = { differ: 'warn', agree: 'ok', unknown: 'neutral' } as const satisfies Record<string, Tone>;

function reading(c: StaffContext, rows: readonly SpotRow[], style: FigureStyle, o: SpotPart): Content {
  const { t } = c.page;
  const verdict = differOf(rows);
  const sentences = rows.map((r) => sentenceOf(c, r, style));
  return html`${
      verdict === 'differ'
        ? alertBox('warn', t('inspection.spot.verdict.differ.word'), t('inspection.spot.verdict.differ'))
        : html`<p>${tag(tones[verdict], t(`inspection.spot.verdict.${verdict}`))}</p>`
    }
    <ul>
      ${sentences.map((s) => html`<li>${s}</li>`)}
    </ul>
    ${table({
      caption: t('inspection.spot.beside', { county: o.view.county.name }),
      stack: true,
      columns: [
        { text: t('inspection.interview.group') },
        { text: t('inspection.spot.county'), number: true },
        { text: t('inspection.spot.here'), number: true },
        { text: t('inspection.spot.difference'), number: true },
        { text: t('inspection.spot.interviews'), number: true },
      ],
      rows: rows.map((r) => [
        t(`staff.group.${r.group}`),
        withInterval(c, r.county, style),
        withInterval(c, r.spot, style),
        r.difference.kind === 'difference'
          ? html`${formatSigned(r.difference.value, style.decimals)}
              <span class="only">${intervalText(r.difference.interval, style.decimals)}</span>`
          : '–',
        withInterval(c, r.interviews, style),
      ]),
    })}
    <p class="quiet">${t('inspection.spot.read')}</p>`;
}

function withInterval(c: StaffContext, figure: Figure, style: FigureStyle): Content {
  const text = figureText(c, figure, style);
  if (figure.kind !== 'estimate') return text;
  const of = c.page.t('inspection.spot.people', { count: formatCount(figure.n) });
  return html`${text}
    <span class="only"
      >${
        figure.interval &&
        `${formatValue(figure.interval.low, style)}–${formatValue(figure.interval.high, style)} · `
      }${of}</span
    >`;
}

const intervalText = ({ low, high }: { readonly low: number; readonly high: number }, decimals: number) =>
  `${formatSigned(low, decimals)} … ${formatSigned(high, decimals)}`;

/** Whether they differ, in words. */
function sentenceOf(c: StaffContext, r: SpotRow, style: FigureStyle): string {
  const { t } = c.page;
  const group = t(`staff.group.${r.group}`);
  if (r.difference.kind === 'not-comparable') return t('inspection.spot.sentence.none', { group });
  const { value, interval, change } = r.difference;
  return t(`inspection.spot.sentence.${change}`, {
    group,
    points: formatValue(Math.abs(value), { decimals: style.decimals, threshold: null }),
    interval: intervalText(interval, style.decimals),
  });
}

function makeForm(c: StaffContext, o: SpotPart): Html {
  const { t } = c.page;
  const asked = groups.filter((g) => mainArm(o.view.campaign.questionnaires, g) !== undefined);
  const usual: Readonly<Record<string, number>> = { parent: 120, teacher: 60, student: 120 };
  const schools = sampleSchoolsOf(o.view.documents.sample.body).length;
  return fold(
    t('inspection.spot.make'),
    postForm(
      c,
      { action: `${inspectionPath(o.view)}/spot`, narrow: true, problem: o.problem },
      (refused) =>
        html`<p>${t('inspection.spot.make.schools', { count: schools })}</p>
          ${asked.map((group) =>
            field(
              c,
              {
                name: `slips-${group}`,
                ...(group === asked[0] && { path: 'slips' }),
                label: t('inspection.spot.slips-for', { group: t(`staff.group.${group}`) }),
                type: 'number',
                value: String(usual[group] ?? ''),
                unit: t('inspection.spot.unit'),
                extra: { min: 0, max: 5000 },
              },
              refused,
            ),
          )}
          <p class="hint">${t('inspection.spot.slips.hint')}</p>
          ${field(
            c,
            {
              name: 'closesAt',
              label: t('inspection.spot.closes'),
              hint: t('inspection.spot.closes.hint'),
              type: 'datetime-local',
              value: o.closesAt,
              required: true,
            },
            refused,
          )}<button>${t('inspection.spot.make.button')}</button>`,
    ),
    o.spots.length === 0,
  );
}
