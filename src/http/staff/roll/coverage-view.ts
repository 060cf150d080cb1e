/** How much of a county its roll covers, by school and in total. */
import { formatShare } from '../../../domain/scoring/format.ts';
import { html, type Content, type Html } from '../../../html/html.ts';
import { card, tag } from '../../../html/parts.ts';
import { listAddress, pagedTable } from '../../../html/paging.ts';
import { filterLinks, formatCount, sortingOf, sortRows, table } from '../../../html/table.ts';
import type { Coverage, CoverageSum } from '../../../operations/frame/coverage.ts';
import { facts, type StaffContext } from '../page-view.ts';

function percent(part: number, whole: number | null): string {
  return whole === null || whole === 0 ? '–' : `${formatShare(part / whole)}%`;
}

type SchoolRow = Coverage['schools'][number];

/** What has to be looked at before a school's roll is handed in: it may be thinned, padded or invented. */
function doubtOf(s: SchoolRow): 'none' | 'no-parents' | 'few' | 'many' | 'teachers' | 'consecutive' | null {
  if (s.contacts === 0) return 'none';
  if (s.pupils !== null && s.guardians === 0) return 'no-parents';
  if (s.guardianRatio !== null && s.guardianRatio < 0.7) return 'few';
  if (s.guardianRatio !== null && s.guardianRatio > 2.2) return 'many';
  if (s.teacherRatio !== null && s.teacherRatio > 1.1) return 'teachers';
  return s.consecutive >= 20 ? 'consecutive' : null;
}

export const isOdd = (s: SchoolRow): boolean => doubtOf(s) !== null;

function schoolState(c: StaffContext, s: SchoolRow): Html {
  const doubt = doubtOf(s);
  return tag(
    doubt === null ? 'ok' : doubt === 'none' ? 'bad' : 'warn',
    c.page.t(`staff.coverage.tag.${doubt ?? 'ok'}`),
  );
}

function ratioBar(ratio: number | null): Content {
  if (ratio === null) return '';
  return html`<progress
    class="ratio"
    max="100"
    value="${Math.min(100, Math.round(100 * ratio))}"
    aria-hidden="true"
  ></progress>`;
}

/** @param path of the page, which is also the response to forms */
export function schoolsCard(c: StaffContext, coverage: Coverage, path: string): Html {
  const { t } = c.page;
  const here = listAddress(c.here, path);
  const only = new URL(here, 'http://x').searchParams.get('schools');
  const shown = coverage.schools.filter((s) =>
    only === 'missing' ? s.contacts === 0 : only === 'odd' ? isOdd(s) : true,
  );
  const sum = coverage.total;
  // By default, missing schools come first.
  const sorting = sortingOf(here, ['name', 'ratio', 'phone', 'shared'], '');
  return card({
    title: t('staff.coverage.title', { count: coverage.schools.length }),
    span: 8,
    id: 'coverage',
    body: html`${filterLinks({
        label: t('staff.coverage.show'),
        here,
        name: 'schools',
        options: [
          { value: '', text: t('staff.coverage.all'), count: coverage.schools.length },
          { value: 'missing', text: t('staff.coverage.tag.none'), count: coverage.missing.length },
          { value: 'odd', text: t('staff.coverage.odd'), count: coverage.schools.filter(isOdd).length },
        ],
      })}${pagedTable(c, {
        caption: t('staff.roll.coverage'),
        path,
        search: { label: t('list.find.school'), textOf: (s) => s.name },
        sorting,
        columns: [
          { text: t('staff.field.school'), sort: 'name' },
          { text: t('staff.coverage.guardian-ratio'), number: true, sort: 'ratio' },
          { text: t('staff.coverage.guardians-of'), number: true },
          { text: t('staff.coverage.teachers-of'), number: true },
          { text: t('staff.field.state') },
          { text: t('staff.coverage.with-phone'), number: true, sort: 'phone' },
          { text: t('staff.coverage.shared'), number: true, sort: 'shared' },
        ],
        items: sortRows(
          shown,
          sorting,
          {
            name: (s) => s.name,
            ratio: (s) => s.guardianRatio,
            phone: (s) => s.withPhone,
            shared: (s) => s.shared,
          },
          c.page.language,
        ),
        row: (s) => [
          html`${s.name}
            <span class="quiet">${s.location !== null && t(`staff.location.${s.location}`)}</span>`,
          html`${percent(s.guardians, s.pupils)} ${ratioBar(s.guardianRatio)}`,
          ofWhole(s.guardians, s.pupils),
          ofWhole(s.teachers, s.staff),
          schoolState(c, s),
          formatCount(s.withPhone),
          formatCount(s.shared),
        ],
        foot: [
          t('staff.coverage.total'),
          percent(sum.guardians, sum.pupils),
          ofWhole(sum.guardians, sum.pupils),
          ofWhole(sum.teachers, sum.staff),
          sum.missing > 0 ? t('staff.coverage.lack', { count: sum.missing }) : '',
          '',
          '',
        ],
      })}
      <p class="quiet">${t('staff.coverage.about')}</p>`,
  });
}

function ofWhole(part: number, whole: number | null): string {
  return whole === null ? formatCount(part) : `${formatCount(part)} / ${formatCount(whole)}`;
}

export function totalsCard(c: StaffContext, coverage: Coverage): Html {
  const { t } = c.page;
  const sums = (rows: readonly (readonly [string, CoverageSum])[], caption: string) =>
    table({
      caption,
      columns: [
        { text: caption },
        { text: t('staff.coverage.guardian-ratio'), number: true },
        { text: t('staff.coverage.tag.none'), number: true },
      ],
      rows: rows.map(([name, s]) => [name, percent(s.guardians, s.pupils), `${s.missing} / ${s.schools}`]),
    });
  return card({
    title: t('staff.coverage.totals'),
    span: 4,
    body: html`${facts(
        coverage.groups.map((g) => [
          t(`staff.group.${g.group}`),
          g.contacts === 0
            ? html`<span class="quiet"
                >${t(g.group === 'public' ? 'staff.coverage.slips' : 'staff.coverage.tag.none')}</span
              >`
            : t('staff.coverage.people', { count: formatCount(g.contacts) }),
        ]),
      )}${sums(
        coverage.byLocation.map((s) => [
          s.location === null ? t('staff.coverage.no-location') : t(`staff.location.${s.location}`),
          s,
        ]),
        t('staff.coverage.by-location'),
      )}
      <details>
        <summary>${t('staff.coverage.by-township')}</summary>
        ${sums(
          coverage.byTownship.map((s) => [
            s.township === '' ? t('staff.coverage.no-township') : s.township,
            s,
          ]),
          t('staff.coverage.township'),
        )}
      </details>`,
  });
}
