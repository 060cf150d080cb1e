/** A county's result by school, township and location: ranked and filtered by the address only. */
import type { ReportingLevel } from '../../../domain/frame/strata.ts';
import type { Group } from '../../../domain/model/vocabulary.ts';
import type { SchoolSummary, Summary } from '../../../domain/scoring/summary/summary-types.ts';
import { pointStyle, returnStyle, type FigureStyle } from '../../../domain/scoring/format.ts';
import { html, type Content, type Html } from '../../../html/html.ts';
import { strip } from '../../../html/charts/strip.ts';
import { card, tag } from '../../../html/parts.ts';
import { pagedTable } from '../../../html/paging.ts';
import { filterLinks, sortingOf, type Sorting } from '../../../html/table.ts';
import { stratumName } from '../fieldwork/shared-view.ts';
import { countText, figureText } from '../figure-view.ts';
import { formatCount, inGroupOrder, type StaffContext } from '../page-view.ts';
import { how } from './result-frame-view.ts';
import { figureMarks, intervalText, scaleOf } from '../../../html/charts/figures.ts';
import { figurePlot } from './plot-view.ts';

const columns = ['name', 'issued', 'responses', 'return', 'score'] as const;

/** Suppressed values come last, however the table is sorted. */
function sorted(
  c: StaffContext,
  list: readonly SchoolSummary[],
  { by, isDown }: Sorting,
): readonly SchoolSummary[] {
  if (by === 'name') {
    const order = new Intl.Collator(c.page.language).compare;
    const names = list
      .map((unit) => ({ unit, name: stratumName(c, unit) }))
      .sort((a, b) => order(a.name, b.name))
      .map(({ unit }) => unit);
    return isDown ? names.reverse() : names;
  }
  const value = (unit: SchoolSummary): number | null => {
    const count = (n: SchoolSummary['issued']) => (n.kind === 'count' ? n.value : null);
    switch (by) {
      case 'issued':
        return count(unit.issued);
      case 'responses':
        return count(unit.responses);
      case 'return':
        return unit.returnRate.kind === 'estimate' ? unit.returnRate.value : null;
      default:
        return unit.figure.kind === 'estimate' ? unit.figure.value : null;
    }
  };
  return list
    .map((unit) => ({ unit, key: value(unit) }))
    .sort((a, b) => {
      if (a.key === null || b.key === null) return Number(a.key === null) - Number(b.key === null);
      return isDown ? b.key - a.key : a.key - b.key;
    })
    .map(({ unit }) => unit);
}

export function unitsTab(c: StaffContext, s: Summary): Html {
  const { t } = c.page;
  const style = pointStyle(s);
  const { searchParams } = new URL(c.here, 'http://x');
  const groups = [...new Set(inGroupOrder(s.schools).map((u) => u.group))];
  const levels = [...new Set(s.schools.map((u) => u.level))];
  const asked = <T extends string>(name: string, known: readonly T[]): T | null =>
    known.find((own) => own === searchParams.get(name)) ?? null;
  const group = asked<Group>('group', groups);
  const level = asked<ReportingLevel>('level', levels);
  const inGroup = (u: SchoolSummary) => group === null || u.group === group;
  const chosen = s.schools.filter((u) => inGroup(u) && (level === null || u.level === level));
  const sorting = sortingOf(c.here, columns, 'score');
  const rows = sorted(c, chosen, sorting);
  return html`${card({
    title: t('staff.summary.units'),
    body: html`<p class="quiet">
        ${t('staff.draw.reporting.about')}${
          s.groups.some((g) => g.items.some((item) => item.scored === false)) &&
          t('staff.summary.units.about')
        }
      </p>
      ${
        groups.length > 1 &&
        filterLinks({
          label: t('staff.field.group'),
          here: c.here,
          name: 'group',
          options: [
            { value: '', text: t('staff.all-groups'), count: s.schools.length },
            ...groups.map((g) => ({
              value: g,
              text: t(`staff.group.${g}`),
              count: s.schools.filter((u) => u.group === g).length,
            })),
          ],
        })
      }${
        levels.length > 1 &&
        filterLinks({
          label: t('results.units.level'),
          here: c.here,
          name: 'level',
          options: [
            { value: '', text: t('results.units.level.all'), count: s.schools.filter(inGroup).length },
            ...levels.map((l) => ({
              value: l,
              text: t(`results.units.level.${l}`),
              count: s.schools.filter((u) => inGroup(u) && u.level === l).length,
            })),
          ],
        })
      }${unitTable(c, s, rows, sorting, style)}
      <p class="quiet">
        ${t('results.units.hidden', {
          hidden: formatCount(rows.filter((u) => u.figure.kind !== 'estimate').length),
          units: formatCount(rows.length),
          minimum: s.profile.minimumCell,
        })}
      </p>
      ${how(c, [t('results.how.place'), t('results.how.return.place')])}`,
  })}${locations(c, s, style)}`;
}

function unitTable(
  c: StaffContext,
  s: Summary,
  rows: readonly SchoolSummary[],
  sorting: Sorting,
  style: FigureStyle,
): Html {
  const { t } = c.page;
  const { value: threshold } = s.threshold;
  const scale = scaleOf(
    s.schools.map((u) => u.figure),
    threshold,
  );
  const rates = returnStyle(s);
  return pagedTable(c, {
    caption: t('staff.summary.units'),
    search: { label: t('list.find.unit'), textOf: (u) => stratumName(c, u) },
    sorting,
    columns: [
      // The score is beside the name, where a phone shows it without scrolling the table.
      { text: t('staff.field.unit'), sort: 'name' },
      { text: t('results.plot.value'), number: true, sort: 'score' },
      { text: t('results.plot.interval'), number: true },
      { text: t('staff.figure.bar') },
      { text: t('staff.rates.issued'), number: true, sort: 'issued' },
      { text: t('staff.summary.responses'), number: true, sort: 'responses' },
      { text: t('staff.rates.return'), number: true, sort: 'return' },
    ],
    items: rows,
    row: (u): readonly Content[] => [
      html`${stratumName(c, u)}
        <span class="quiet">${t(`staff.group.${u.group}`)}</span
        >${u.voided && html` ${tag('bad', t('staff.state.voided'))}`}`,
      figureText(c, u.figure, style),
      intervalText(u.figure, style),
      html`<div class="cell-strip">
        ${strip([{ kind: 'threshold', at: threshold }, ...figureMarks(u.figure, threshold)], scale)}
      </div>`,
      countText(c, u.issued),
      countText(c, u.responses),
      html`${figureText(c, u.returnRate, rates)}${u.returnRate.kind === 'estimate' && '%'}`,
    ],
  });
}

function locations(c: StaffContext, s: Summary, style: FigureStyle): Content {
  const { t } = c.page;
  const rows = s.locations.flatMap(({ location, groups }) =>
    groups.map((g) => ({
      name: html`${t(`staff.location.${location}`)}
        <span class="quiet">${t(`staff.group.${g.group}`)}</span>`,
      figure: g.figure,
    })),
  );
  return (
    rows.length > 0 &&
    card({
      title: t('staff.summary.locations'),
      id: 'locations',
      body: html`${figurePlot(c, s, {
        caption: t('staff.summary.locations'),
        names: t('staff.field.location'),
        rows,
        style,
      })}${how(c, [t('results.how.location')])}`,
    })
  );
}
