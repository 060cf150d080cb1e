/**
 * The county's schools: the list, one school's form, the links with which schools send their own rolls; and the confirmation
 * before a roll is withdrawn.
 */
import type { Issue } from '../../../domain/errors.ts';
import type { RollImport } from '../../../domain/model/import.ts';
import type { School } from '../../../domain/model/school.ts';
import type { UploadLink } from '../../../domain/model/upload-link.ts';
import { locations, ownerships, schoolCategories, schoolLevels } from '../../../domain/model/vocabulary.ts';
import { confirmation } from '../../../html/confirm.ts';
import { actionForm, field, select, textArea, token } from '../../../html/form.ts';
import { html, type Html } from '../../../html/html.ts';
import { problemOf } from '../../../html/problem.ts';
import { card, emptyState } from '../../../html/parts.ts';
import { listAddress, pagedTable } from '../../../html/paging.ts';
import { formatCount, sortingOf, sortRows, table } from '../../../html/table.ts';
import type { NewUploadLink } from '../../../operations/frame/upload-links.ts';
import {
  faultTable,
  readingChoices,
  schoolUpload,
  warningList,
  type Of,
  type ShownFault,
} from '../fieldwork/shared-view.ts';
import { countyFrame, countyPath } from '../frame-view.ts';
import { timeTag, type StaffContext } from '../page-view.ts';

export function schoolsPage(
  c: StaffContext,
  o: Of & {
    readonly schools: readonly School[];
    /** Schools that no roll names: they can be removed. */
    readonly unused: ReadonlySet<string>;
    readonly faults?: readonly ShownFault[];
    readonly warnings?: readonly Issue[];
  },
): Html {
  const { t } = c.page;
  const base = countyPath(o.campaign.id, o.county.code);
  const mayChange =
    o.county.frameState === 'preparing' &&
    o.campaign.state === 'draft' &&
    c.may('roll.prepare', o.county.code);
  const { faults = [], warnings = [] } = o;
  const names = new Map(o.schools.map((s) => [s.id, s.name]));
  const path = `${base}/schools`;
  const sorting = sortingOf(listAddress(c.here, path), ['name', 'township', 'pupils', 'staff'], 'name');
  return countyFrame(c, o, {
    title: t('staff.page.schools'),
    tab: 'schools',
    problem: o.problem,
    cards: true,
    body: html`${
      faults.length > 0 &&
      card({
        title: t('staff.roll.schools.refused'),
        tone: 'bad',
        isFocused: true,
        body: faultTable(c, faults),
      })
    }${warningList(c, warnings)}${card({
      title: t('staff.schools.list', { count: o.schools.length }),
      body:
        o.schools.length === 0
          ? emptyState(t('staff.roll.schools.none'))
          : pagedTable(c, {
              caption: t('staff.page.schools'),
              path,
              search: { label: t('list.find.school'), textOf: (s) => s.name },
              sorting,
              columns: [
                { text: t('staff.field.school'), sort: 'name' },
                { text: t('staff.schools.category') },
                { text: t('staff.schools.location') },
                { text: t('staff.coverage.township'), sort: 'township' },
                { text: t('staff.coverage.pupils'), number: true, sort: 'pupils' },
                { text: t('staff.coverage.staff'), number: true, sort: 'staff' },
                { text: t('staff.schools.parent') },
                ...(mayChange ? [{ text: t('staff.files.action') }] : []),
              ],
              items: sortRows(
                o.schools,
                sorting,
                {
                  name: (s) => s.name,
                  township: (s) => s.township || null,
                  pupils: (s) => s.pupils,
                  staff: (s) => s.staff,
                },
                c.page.language,
              ),
              row: (s) => [
                mayChange ? html`<a href="${base}/schools/${s.id}">${s.name}</a>` : s.name,
                t(`staff.category.${s.category}`),
                s.location === null ? '–' : t(`staff.location.${s.location}`),
                s.township,
                s.pupils === null ? '–' : formatCount(s.pupils),
                s.staff === null ? '–' : formatCount(s.staff),
                s.parent === null ? '' : (names.get(s.parent) ?? ''),
                ...(mayChange
                  ? [
                      html`<a href="${base}/schools/${s.id}">${t('staff.schools.edit')}</a> ${
                          o.unused.has(s.id) &&
                          actionForm(c, `${base}/schools/${s.id}/remove`, t('staff.roll.schools.remove'), {
                            quiet: true,
                          })
                        }`,
                    ]
                  : []),
              ],
            }),
    })}${
      mayChange &&
      card({
        title: t('staff.schools.upload'),
        body: schoolUpload(c, base, o.problem, (refused) => readingChoices(c, 'schools', refused)),
      })
    }`,
  });
}

/** As sent in the form, or as stored. */
export type SchoolForm = Readonly<Record<string, string>>;

export function schoolForm(school: School): SchoolForm {
  return {
    name: school.name,
    aliases: school.aliases.join('、'),
    category: school.category,
    location: school.location ?? '',
    level: school.level ?? '',
    ownership: school.ownership,
    pupils: school.pupils === null ? '' : String(school.pupils),
    staff: school.staff === null ? '' : String(school.staff),
    township: school.township,
    parent: school.parent ?? '',
  };
}

export function schoolPage(
  c: StaffContext,
  o: Of & { readonly school: School; readonly others: readonly School[]; readonly values: SchoolForm },
): Html {
  const { t } = c.page;
  const base = countyPath(o.campaign.id, o.county.code);
  const choose = (
    name: string,
    label: string,
    list: readonly string[],
    textOf: (value: string) => string,
    blank: boolean,
  ) =>
    select(
      c,
      {
        name,
        label,
        choices: [
          ...(blank ? [{ value: '', text: t('staff.schools.blank') }] : []),
          ...list.map((value) => ({ value, text: textOf(value) })),
        ],
        value: o.values[name],
      },
      o.problem,
    );
  const line = (name: string, label: string, unit?: string) =>
    field(c, { name, label, value: o.values[name], ...(unit !== undefined && { unit }) }, o.problem);
  return countyFrame(c, o, {
    title: o.school.name,
    tab: 'schools',
    under: [{ href: `${base}/schools`, text: t('staff.page.schools') }],
    problem: o.problem,
    body: html`<form method="post" action="${base}/schools/${o.school.id}" class="narrow">
      ${token(c)}${line('name', t('staff.schools.name'))}${line('aliases', t('staff.schools.aliases'))}${choose('category', t('staff.schools.category'), schoolCategories, (v) => t(`staff.category.${v}`), false)}${choose('location', t('staff.schools.location'), locations, (v) => t(`staff.location.${v}`), true)}${line('township', t('staff.coverage.township'))}${select(
        c,
        {
          name: 'parent',
          label: t('staff.schools.parent'),
          choices: [
            { value: '', text: t('staff.schools.no-parent') },
            ...o.others.map((s) => ({ value: s.id, text: s.name })),
          ],
          value: o.values['parent'],
        },
        o.problem,
      )}${line('pupils', t('staff.coverage.pupils'), t('staff.schools.people'))}${line('staff', t('staff.coverage.staff'), t('staff.schools.people'))}${choose('level', t('staff.schools.level'), schoolLevels, (v) => t(`staff.school-level.${v}`), true)}${choose('ownership', t('staff.schools.ownership'), ownerships, (v) => t(`staff.ownership.${v}`), false)}
      <div class="acts">
        <button>${t('staff.schools.save')}</button>
        <a class="button secondary" href="${base}/schools">${t('staff.schools.cancel')}</a>
      </div>
    </form>`,
  });
}

export function uploadLinksPage(
  c: StaffContext,
  o: Of & {
    readonly schools: readonly School[];
    readonly links: readonly Omit<UploadLink, 'tokenHash'>[];
    /** Just created: their addresses are shown only now. */
    readonly made: readonly NewUploadLink[];
  },
): Html {
  const { t } = c.page;
  const base = countyPath(o.campaign.id, o.county.code);
  const names = new Map(o.schools.map((s) => [s.id, s.name]));
  const mayChange =
    o.county.frameState === 'preparing' &&
    o.campaign.state === 'draft' &&
    c.may('roll.prepare', o.county.code);
  return countyFrame(c, o, {
    title: t('staff.page.upload-links'),
    tab: 'roll',
    problem: o.problem,
    cards: true,
    body: html`${
      o.made.length > 0 &&
      card({
        title: t('staff.upload-links.made', { count: o.made.length }),
        tone: 'ok',
        isFocused: true,
        body: html`<p>${t('staff.upload-links.once')}</p>
          ${table({
            caption: t('staff.upload-links.made', { count: o.made.length }),
            stack: true,
            columns: [
              { text: t('staff.field.school') },
              { text: t('staff.links.link') },
              { text: t('staff.upload-links.until') },
            ],
            rows: o.made.map((l) => [
              names.get(l.school) ?? '',
              html`<span class="hash">${l.url}</span>`,
              timeTag(l.expiresAt),
            ]),
          })}`,
      })
    }${card({
      title: t('staff.upload-links.valid', { count: o.links.length }),
      body: html`<p class="quiet">${t('staff.upload-links.about')}</p>
        ${
          o.links.length > 0 &&
          pagedTable(c, {
            caption: t('staff.page.upload-links'),
            path: `${base}/upload-links`,
            search: { label: t('list.find.school'), textOf: (l) => names.get(l.school) ?? '' },
            stack: true,
            columns: [
              { text: t('staff.field.school') },
              { text: t('staff.upload-links.until') },
              { text: t('staff.upload-links.files'), number: true },
              { text: t('staff.field.sent') },
            ],
            items: o.links,
            row: (l) => [
              names.get(l.school) ?? '',
              timeTag(l.expiresAt),
              formatCount(l.uploads),
              html`${l.createdBy}`,
            ],
          })
        }${
          mayChange &&
          html`<form method="post" action="${base}/upload-links">
              ${token(c)}${select(c, {
                name: 'school',
                label: t('staff.upload-links.for'),
                choices: [
                  { value: '', text: t('staff.upload-links.all', { count: o.schools.length }) },
                  ...o.schools.map((s) => ({ value: s.id, text: s.name })),
                ],
              })}
              <div class="acts"><button>${t('staff.upload-links.make')}</button></div>
            </form>
            ${
              o.links.length > 0 &&
              html`<div class="acts">
                ${actionForm(c, `${base}/upload-links/revoke`, t('staff.upload-links.revoke'), { secondary: true })}
              </div>`
            }`
        }`,
    })}`,
  });
}

export function withdrawPage(c: StaffContext, o: Of & { readonly found: RollImport }): Html {
  const { t } = c.page;
  const { found } = o;
  const base = countyPath(o.campaign.id, o.county.code);
  const action = `${base}/imports/${found.id}/withdraw`;
  const refused = problemOf(o.problem, action);
  return countyFrame(c, o, {
    title: t('staff.withdraw'),
    tab: 'roll',
    problem: o.problem,
    body: confirmation(
      c,
      {
        action,
        numbers: [
          t('staff.withdraw.file', { file: found.fileName, group: t(`staff.group.${found.group}`) }),
          t('staff.withdraw.added', { added: formatCount(found.added) }),
        ],
        consequence: t('staff.withdraw.about'),
        people: 1,
        fields: textArea(
          c,
          { name: 'reason', label: t('staff.withdraw.reason'), required: true, rows: 2 },
          refused,
        ),
        submit: t('staff.withdraw'),
        cancel: { href: base, text: t('staff.schools.cancel') },
      },
      refused,
    ),
  });
}
