/** The notes on a county's figure, its certainty, and every formula. */
import type { SamplingStratum } from '../../../domain/frame/strata.ts';
import type { Group } from '../../../domain/model/vocabulary.ts';
import type { RuleProfile } from '../../../domain/scoring/rules/profile.ts';
import type { Summary, SummaryNote } from '../../../domain/scoring/summary/summary-types.ts';
import { formatValue, moreResponsesMessage, pointStyle } from '../../../domain/scoring/format.ts';
import { html, type Content, type Html } from '../../../html/html.ts';
import { figureBar, figureCells, figureColumns, localised } from '../figure-view.ts';
import { samplingName } from '../fieldwork/shared-view.ts';
import { formatCount, table, type StaffContext } from '../page-view.ts';
import { howFormula } from './how-view.ts';
import { how } from './result-frame-view.ts';

export function roleText(c: StaffContext, role: RuleProfile['role']): string {
  const { t } = c.page;
  return role.kind === 'points'
    ? t('staff.summary.role.points', { points: role.points, of: role.of })
    : t(`staff.summary.role.${role.kind}`);
}

/** Certainty of the figure: whether more answers would decide, and the possible effect of non-respondents. */
export function certaintyPart(c: StaffContext, s: Summary): Content {
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

/** Why a formula's figure differs from the official one, on this county's data. */
function differenceText(c: StaffContext, s: Summary, id: string): Content {
  const found = s.differences.find((difference) => difference.formula === id);
  if (!found) return null;
  const { message, params, optionTitle } = found;
  const option = optionTitle === null ? {} : { option: localised(c, optionTitle) };
  return html`<p class="quiet">${c.page.t(message, { ...params, ...option })}</p>`;
}

function noteText(
  c: StaffContext,
  s: Summary,
  strata: readonly SamplingStratum[],
  note: SummaryNote,
): string {
  const { t } = c.page;
  const nameOf = (no: number, group: Group) => {
    const found = strata.find((one) => one.no === no);
    return found === undefined ? t(`staff.group.${group}`) : samplingName(c, found);
  };
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
        stratum: nameOf(note.samplingStratum, note.group),
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
        stratum: nameOf(note.samplingStratum, note.group),
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

/** @param strata of the draw, to name those of a note */
export function notes(c: StaffContext, s: Summary, strata: readonly SamplingStratum[]): Content {
  const { t } = c.page;
  const lines = [
    ...s.notes.map((note) => noteText(c, s, strata, note)),
    ...s.voided.map((v) => t('staff.note.voided', { group: t(`staff.group.${v.group}`), reason: v.reason })),
  ];
  return (
    lines.length > 0 &&
    html`<ul>
      ${[...new Set(lines)].map((line) => html`<li>${line}</li>`)}
    </ul>`
  );
}

export function formulaPart(c: StaffContext, s: Summary): Html {
  const { t } = c.page;
  return html`<p class="quiet">${t('staff.summary.formulas.about')}</p>
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
    })}${how(
      c,
      s.formulas.map(
        (f) => `${localised(c, f.formula.title)}${t('staff.colon')}${howFormula(c, s, f.formula)}`,
      ),
    )}`;
}
