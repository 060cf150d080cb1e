/** The official figure, its verdict with reasons, the notes on it, and every formula beside it. */
import type { RuleProfile } from '../../../domain/scoring/rules/profile.ts';
import type { Summary, SummaryNote } from '../../../domain/scoring/summary/summary-types.ts';
import type { Verdict, VerdictReason } from '../../../domain/scoring/summary/verdict.ts';
import type { Interval } from '../../../domain/scoring/figure.ts';
import {
  formatShare,
  formatValue,
  moreResponsesMessage,
  pointStyle,
  returnStyle,
  verdictReasonParams,
} from '../../../domain/scoring/format.ts';
import { html, type Content, type Html } from '../../../html/html.ts';
import { basisText, figureBar, figureCells, figureColumns, figureText, localised } from '../figure-view.ts';
import { formatCount, table, type StaffContext } from '../page-view.ts';

function thresholdText(c: StaffContext, s: Summary): string {
  return c.page.t(`staff.summary.threshold.${s.threshold.unit}`, { value: s.threshold.value });
}

export function roleText(c: StaffContext, role: RuleProfile['role']): string {
  const { t } = c.page;
  return role.kind === 'points'
    ? t('staff.summary.role.points', { points: role.points, of: role.of })
    : t(`staff.summary.role.${role.kind}`);
}

export function verdictClass(verdict: Verdict): string {
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

export function officialPanel(c: StaffContext, s: Summary): Html {
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
    }${besidePart(c, s)}${worthPart(c, s)}
    <p class="quiet">
      ${localised(c, s.profile.instrument)} · ${formula !== undefined && localised(c, formula.formula.title)}
    </p>
  </div>`;
}

/** What was asked of the whole and is no part of the score. */
function besidePart(c: StaffContext, s: Summary): Content {
  return s.dimensions.map(
    (d) =>
      d.scored === false &&
      html`<p>
        ${c.page.t('staff.summary.beside', { title: localised(c, d.title) })}${figureText(c, d.figure, pointStyle(s))}
      </p>`,
  );
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
    case 'strata-collapsed':
      return t('staff.note.strata-collapsed', {
        group: t(`staff.group.${note.group}`),
        strata: note.strata,
        cells: note.cells,
        smallest: note.smallest,
      });
    case 'stratum-of-unknown-size':
      return t('staff.note.stratum-of-unknown-size', { group: t(`staff.group.${note.group}`) });
  }
}

export function notes(c: StaffContext, s: Summary): Content {
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

export function formulaPart(c: StaffContext, s: Summary): Html {
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
