/** Templates, their findings and their differences in words: items by their question, never by id. */
import type { Issue } from '../../../domain/errors.ts';
import type { Difference } from '../../../domain/template/compare.ts';
import type { LocalText, Questionnaire } from '../../../domain/questionnaire/template.ts';
import type { RuleProfile } from '../../../domain/scoring/rules/profile.ts';
import { languageName } from '../../../html/layout.ts';
import type { Template } from '../../../operations/template/templates.ts';
import { localised } from '../figure-view.ts';
import { groupNames, type StaffContext } from '../page-view.ts';

export function templateTitle(c: StaffContext, template: Template): string {
  const { title } = template.kind === 'profile' ? template.profile : template.questionnaire;
  return localised(c, title);
}

export function versionText(c: StaffContext, { stored }: Template): string {
  const { t } = c.page;
  return stored === null
    ? t('staff.template.shipped')
    : t('staff.template.version', { version: stored.version });
}

/** If two have one title, the version distinguishes them. */
export function fullTitle(c: StaffContext, template: Template): string {
  const scale =
    template.kind === 'questionnaire' && template.isBalanced ? c.page.t('staff.template.balanced') : null;
  const more = [scale, versionText(c, template)].filter((one) => one !== null);
  return c.page.t('staff.template.full', {
    title: templateTitle(c, template),
    more: more.join(c.page.t('staff.list-comma')),
  });
}

export function regimeName(c: StaffContext, regime: string | undefined): string {
  if (regime === undefined) return c.page.t('staff.template.regime.none');
  const key = `staff.template.regime.${regime}`;
  const found = c.page.t(key);
  return found === key ? regime : found;
}

/** Titles by id, of items, scales, dimensions and options, if the document has them; for any kind of document. */
export function titlesOf(document: unknown, language: string): ReadonlyMap<string, string> {
  const titles = new Map<string, string>();
  const say = (text: unknown): string | null => {
    if (typeof text !== 'object' || text === null) return null;
    const all = text as Readonly<Record<string, unknown>>;
    const found = all[language] ?? all['zh-CN'] ?? Object.values(all)[0];
    return typeof found === 'string' ? found : null;
  };
  const take = (id: unknown, text: unknown): void => {
    const title = say(text);
    if (typeof id === 'string' && title !== null && !titles.has(id)) titles.set(id, title);
  };
  const { items, dimensions, title, id, scales } = (document ?? {}) as Readonly<Record<string, unknown>>;
  take(id, title);
  for (const list of [items, dimensions])
    if (Array.isArray(list))
      for (const one of list as readonly unknown[])
        if (typeof one === 'object' && one !== null) {
          const { id: own, text } = one as Readonly<Record<string, unknown>>;
          take(own, text);
        }
  if (typeof scales === 'object' && scales !== null)
    for (const [name, scale] of Object.entries(scales))
      take(name, (scale as { tail?: unknown } | null)?.tail ?? null);
  return titles;
}

/** A finding as a sentence about what the questionnaire asks. */
export function findingText(c: StaffContext, issue: Issue, document: unknown): string {
  const { t } = c.page;
  const titles = titlesOf(document, c.page.language);
  const name = (value: string | number | undefined) =>
    typeof value === 'string' ? withNames(c, shortened(titles.get(value) ?? value)) : (value ?? '');
  const given = issue.params ?? {};
  const params: Record<string, string | number> = {
    ...given,
    id: name(given['id']),
    ...('other' in given && { other: name(given['other']) }),
    ...('dimension' in given && { dimension: name(given['dimension']) }),
    ...('language' in given && { language: languageName(String(given['language'])) }),
    ...('regime' in given && { regime: regimeName(c, String(given['regime'])) }),
  };
  const own = `staff.template.finding.${issue.message.replace(/^questionnaire\.check\./, '')}`;
  const text = t(own, params);
  return text === own ? t(issue.message, params) : text;
}

/** With a word in place of the name of a county or a school. */
export function shownText(c: StaffContext, text: LocalText): string {
  return withNames(c, localised(c, text));
}
function withNames(c: StaffContext, text: string): string {
  return text
    .replaceAll('{county}', c.page.t('staff.template.county-here'))
    .replaceAll('{school}', c.page.t('staff.template.school-here'));
}

const shortened = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}…` : text);

/** Yes, no, a list of groups, a name: a value of a document in words. */
function valueText(
  c: StaffContext,
  name: string,
  value: string | undefined,
  titles: ReadonlyMap<string, string>,
): string {
  const { t } = c.page;
  if (value === undefined) return '–';
  if (value === 'true' || value === 'false')
    return t(value === 'true' ? 'staff.trail.yes' : 'staff.trail.no-word');
  switch (name) {
    case 'groups':
      return groupNames(c, JSON.parse(value) as string[]);
    case 'languages':
      return (JSON.parse(value) as string[]).map((l) => languageName(l)).join(t('staff.list-comma'));
    case 'regime':
      return regimeName(c, value);
    case 'about':
    case 'type':
      return t(`staff.template.${name}.${value}`);
    case 'dimension':
    case 'scale':
      return titles.get(value) ?? value;
    case 'showIf': {
      const { item } = JSON.parse(value) as { readonly item: string };
      return t('staff.template.after', { item: withNames(c, shortened(titles.get(item) ?? item)) });
    }
    case 'covers':
      return t('staff.template.covers-count', {
        count: Object.values(JSON.parse(value) as Record<string, string[]>).flat().length,
      });
    case 'dontKnow':
      return t('staff.template.no-dont-know');
    default:
      return value;
  }
}

export interface DifferenceText {
  readonly where: string;
  readonly what: string;
  readonly before: string;
  readonly after: string;
}

export function differenceText(
  c: StaffContext,
  d: Difference,
  a: Questionnaire,
  b: Questionnaire,
): DifferenceText {
  const { t } = c.page;
  const titles = new Map([...titlesOf(a, c.page.language), ...titlesOf(b, c.page.language)]);
  const where =
    d.of === 'questionnaire'
      ? t('staff.template.of.questionnaire')
      : t(`staff.template.of.${d.of}`, { title: shortened(shownText(c, d.title)) });
  const optionNames = (q: Questionnaire, ids: string): string => {
    const all = [...Object.values(q.scales), ...q.items].flatMap((one) =>
      'options' in one ? one.options : [],
    );
    const text = (id: string): LocalText | undefined => all.find((option) => option.id === id)?.text;
    return ids
      .split(' ')
      .map((id) => localised(c, text(id) ?? { 'zh-CN': id }))
      .join(' · ');
  };
  switch (d.what) {
    case 'added':
    case 'removed':
      return { where, what: t(`staff.template.diff.${d.what}`), before: '', after: '' };
    case 'moved':
      return {
        ...{ where, what: t('staff.template.diff.moved') },
        before: t('staff.template.diff.place', { no: d.before ?? '' }),
        after: t('staff.template.diff.place', { no: d.after ?? '' }),
      };
    case 'options':
    case 'order':
      return {
        ...{ where, what: t(`staff.template.diff.${d.what}`) },
        before: optionNames(a, d.before ?? ''),
        after: optionNames(b, d.after ?? ''),
      };
    case 'text': {
      const known = ['title', 'introduction', 'tail', 'hint', 'unit', 'text'];
      const part = t(
        `staff.template.part.${known.includes(d.name ?? '') ? d.name : d.of === 'dimension' ? 'text' : 'option'}`,
      );
      return {
        ...{ where, what: t('staff.template.diff.text', { part, language: languageName(d.language ?? '') }) },
        ...{ before: d.before ?? '–', after: d.after ?? '–' },
      };
    }
    case 'property':
      return {
        ...{ where, what: t(`staff.template.property.${d.name ?? ''}`) },
        before: valueText(c, d.name ?? '', d.before, titles),
        after: valueText(c, d.name ?? '', d.after, titles),
      };
  }
}

/** Members of a profile that `profileFacts` describes, by name. */
export function profilePartName(c: StaffContext, name: keyof RuleProfile): string {
  const key = `staff.template.profile.${name}`;
  const found = c.page.t(key);
  return found === key ? c.page.t('staff.template.profile.other') : found;
}
