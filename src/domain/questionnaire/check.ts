/**
 * Checks whether a questionnaire document can be used: its format, then rules beyond the schema. Every issue names the position
 * and the item; its message says what is wrong and what to do. Semantic checks need a well-formed document; otherwise they run on
 * the valid parts.
 */
import type { z } from 'zod';
import type { Issue, MessageParams } from '../errors.ts';
import { countyLevelGroups } from '../model/vocabulary.ts';
import { namedContents } from './named-content.ts';
import { placeholders, placeholdersIn } from './placeholders.ts';
import {
  questionnaireSchema,
  type ChoiceOption,
  type Item,
  type LocalText,
  type Questionnaire,
  type RatingItem,
} from './template.ts';
import { wellFormedPart } from './well-formed.ts';
import { asksTwoThings, misfitsScale } from './wording.ts';

/** An encoded sheet is stored for each response, millions of times. */
const MAX_ANSWER_BYTES = 512;
const MAX_ISSUES = 200;

export type CheckResult =
  | {
      readonly ok: true;
      readonly questionnaire: Questionnaire;
      /** Warnings, which do not prevent the use. */
      readonly warnings: readonly Issue[];
    }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/** `raw` is parsed JSON from any source. Never throws on it. */
export function checkQuestionnaire(raw: unknown): CheckResult {
  const parsed = questionnaireSchema.safeParse(raw);
  if (!parsed.success) {
    const issues = parsed.error.issues.flatMap((issue) => schemaIssues(raw, issue));
    return { ok: false, issues: [...issues, ...behind(raw, parsed.error.issues)].slice(0, MAX_ISSUES) };
  }
  const questionnaire = parsed.data;
  const issues = faultsOf(questionnaire);
  if (issues.length > 0) return { ok: false, issues: issues.slice(0, MAX_ISSUES) };
  return {
    ok: true,
    questionnaire,
    warnings: [
      ...unused(questionnaire),
      ...translations(questionnaire, 'undeclared'),
      // In documents from before placeholders existed, braces are plain text; campaigns and bundles contain such documents.
      ...(questionnaire.regime === undefined ? names(questionnaire) : []),
      ...wording(questionnaire),
    ],
  };
}

function faultsOf(questionnaire: Questionnaire): readonly Issue[] {
  return [
    ...repeatedIds(questionnaire),
    ...translations(questionnaire, 'missing'),
    ...scales(questionnaire),
    ...itemIssues(questionnaire),
    ...statements(questionnaire),
    ...(questionnaire.regime === undefined ? [] : names(questionnaire)),
    ...branches(questionnaire),
    ...size(questionnaire),
  ];
}

/** Semantic checks that shape faults would otherwise hide. */
function behind(raw: unknown, found: readonly z.core.$ZodIssue[]): readonly Issue[] {
  const part = wellFormedPart(
    raw,
    found.map((one) => ({ path: one.path, unknown: one.code === 'unrecognized_keys' ? one.keys : [] })),
  );
  if (part === null) return [];
  const parsed = questionnaireSchema.safeParse(part.document);
  return parsed.success ? faultsOf(parsed.data).flatMap((one) => part.inPlace(one) ?? []) : [];
}

function issue(path: string, message: string, params: MessageParams): Issue {
  return { path, message: `questionnaire.check.${message}`, params };
}

/* Format */

function schemaIssues(raw: unknown, found: z.core.$ZodIssue): Issue[] {
  const { path } = found;
  const where = formatPath(path);
  const params = { id: nearestId(raw, path), field: String(path.at(-1) ?? '') };
  const [parent, last] = [path.at(-2), path.at(-1)];
  switch (found.code) {
    case 'unrecognized_keys':
      return found.keys.map((key) => {
        const at = formatPath([...path, key]);
        return issue(at, 'unknown-field', { ...params, field: key.slice(0, 60) });
      });
    case 'invalid_key':
      return [issue(where, path[0] === 'scales' && path.length === 2 ? 'bad-id' : 'bad-language', params)];
    case 'invalid_format': {
      const reserved = String(valueAt(raw, path)).startsWith('_');
      if (path[0] === 'languages') return [issue(where, 'bad-language', params)];
      return [issue(where, reserved ? 'reserved-id' : 'bad-id', params)];
    }
    case 'too_small':
      if (parent === 'showIf' && last === 'in') return [issue(where, 'empty-condition', params)];
      return [issue(where, 'too-small', { ...params, minimum: Number(found.minimum) })];
    case 'too_big':
      return [issue(where, 'too-big', { ...params, maximum: Number(found.maximum) })];
    default: {
      if (path.length === 0) return [issue('', 'not-a-questionnaire', params)];
      if (valueAt(raw, path) !== undefined) return [issue(where, 'bad-value', params)];
      return [issue(where, last === 'dimension' ? 'no-dimension' : 'missing-field', params)];
    }
  }
}

function formatPath(path: readonly PropertyKey[]): string {
  let text = '';
  for (const step of path)
    text += typeof step === 'number' ? `[${step}]` : `${text && '.'}${String(step).slice(0, 60)}`;
  return text;
}

function valueAt(raw: unknown, path: readonly PropertyKey[]): unknown {
  let value = raw;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[step];
  }
  return value;
}

/** The id of the item, scale or dimension with the fault, if it has one. */
function nearestId(raw: unknown, path: readonly PropertyKey[]): string {
  if (path.length < 2) return '';
  const id = path[0] === 'scales' ? path[1] : valueAt(raw, [...path.slice(0, 2), 'id']);
  return typeof id === 'string' ? id.slice(0, 60) : '';
}

/* Meaning */

interface Listed {
  readonly path: string;
  readonly id: string;
}

function repeatedIds(q: Questionnaire): Issue[] {
  const issues: Issue[] = [];
  function unique(list: readonly Listed[], message: string, params?: MessageParams): void {
    const seen = new Set<string>();
    for (const { path, id } of list) {
      if (seen.has(id)) issues.push(issue(path, message, { id, option: id, ...params }));
      seen.add(id);
    }
  }
  const list = (path: string, of: readonly { readonly id: string }[]): Listed[] =>
    of.map(({ id }, i) => ({ path: `${path}[${i}].id`, id }));
  unique(list('items', q.items), 'duplicate-item');
  unique(list('dimensions', q.dimensions), 'duplicate-dimension');
  for (const { path, owner, options } of optionLists(q))
    unique(list(path, options), 'duplicate-option', { id: owner });
  for (const field of ['groups', 'languages'] as const)
    unique(
      q[field].map((id, i) => ({ path: `${field}[${i}]`, id })),
      'repeated-value',
      { field },
    );
  return issues;
}

interface OptionList {
  readonly path: string;
  /** Id of the scale or item. */
  readonly owner: string;
  readonly options: readonly ChoiceOption[];
}

function optionLists(q: Questionnaire): OptionList[] {
  return [
    ...Object.entries(q.scales).map(([owner, scale]) => ({
      path: `scales.${owner}.options`,
      owner,
      options: scale.options,
    })),
    ...q.items.flatMap((item, i) =>
      item.type === 'single' || item.type === 'multiple'
        ? [{ path: `items[${i}].options`, owner: item.id, options: item.options }]
        : [],
    ),
  ];
}

/** Every text of the document, with its position and owner. Placeholders are filled where they are allowed. */
function* textsOf(q: Questionnaire): Generator<{ path: string; id: string; text: LocalText; named?: true }> {
  yield { path: 'title', id: q.id, text: q.title };
  if (q.introduction) yield { path: 'introduction', id: q.id, text: q.introduction, named: true };
  for (const [id, { tail }] of Object.entries(q.scales))
    if (tail) yield { path: `scales.${id}.tail`, id, text: tail };
  for (const { path, owner, options } of optionLists(q))
    for (const [i, option] of options.entries())
      yield { path: `${path}[${i}].text`, id: owner, text: option.text };
  for (const [i, { id, text }] of q.dimensions.entries()) yield { path: `dimensions[${i}].text`, id, text };
  for (const [i, item] of q.items.entries()) {
    yield { path: `items[${i}].text`, id: item.id, text: item.text, named: true };
    if (item.type === 'number' && item.unit) yield { path: `items[${i}].unit`, id: item.id, text: item.unit };
    if (item.type === 'text' && item.hint) yield { path: `items[${i}].hint`, id: item.id, text: item.hint };
  }
}

function translations(q: Questionnaire, which: 'missing' | 'undeclared'): Issue[] {
  const issues: Issue[] = [];
  const declared = new Set(q.languages);
  for (const { path, id, text } of textsOf(q)) {
    const present = new Set(Object.keys(text).filter((language) => text[language]?.trim()));
    if (which === 'missing') {
      for (const language of declared)
        if (!present.has(language)) issues.push(issue(path, 'missing-translation', { id, language }));
    } else {
      for (const language of present)
        if (!declared.has(language)) issues.push(issue(path, 'undeclared-language', { id, language }));
    }
  }
  return issues;
}

function scales(q: Questionnaire): Issue[] {
  const issues: Issue[] = [];
  const rated = new Set(q.items.flatMap((item) => (item.type === 'rating' ? [item.scale] : [])));
  for (const { path, owner, options } of optionLists(q)) {
    const dontKnows = options.filter((option) => option.dontKnow === true).length;
    if (dontKnows > 1) issues.push(issue(path, 'several-dont-know', { id: owner }));
    else if (dontKnows === options.length - 1 && dontKnows > 0)
      issues.push(issue(path, 'too-few-options', { id: owner }));
  }
  for (const [id, scale] of Object.entries(q.scales)) {
    const offered = scale.options.some((option) => option.dontKnow === true);
    if (scale.dontKnow === 'not-offered' && offered)
      issues.push(issue(`scales.${id}.dontKnow`, 'dont-know-contradiction', { id }));
    if (scale.dontKnow !== 'not-offered' && !offered && rated.has(id))
      issues.push(issue(`scales.${id}`, 'dont-know-missing', { id }));
  }
  return issues;
}

function itemIssues(q: Questionnaire): Issue[] {
  const issues: Issue[] = [];
  const dimensions = new Set(q.dimensions.map((d) => d.id));
  for (const [i, item] of q.items.entries()) {
    const path = `items[${i}]`;
    switch (item.type) {
      case 'rating':
        if (!dimensions.has(item.dimension)) {
          const params = { id: item.id, dimension: item.dimension };
          issues.push(issue(`${path}.dimension`, 'unknown-dimension', params));
        }
        if (!Object.hasOwn(q.scales, item.scale))
          issues.push(issue(`${path}.scale`, 'unknown-scale', { id: item.id, scale: item.scale }));
        break;
      case 'multiple': {
        const count = item.options.length;
        const [min, max] = [item.min ?? 1, item.max ?? count];
        if (max > count) issues.push(issue(`${path}.max`, 'more-than-options', { id: item.id, count }));
        else if (min > count) issues.push(issue(`${path}.min`, 'more-than-options', { id: item.id, count }));
        else if (max < min) issues.push(issue(`${path}.max`, 'max-below-min', { id: item.id, min, max }));
        break;
      }
      case 'number':
        if (item.max < item.min)
          issues.push(issue(`${path}.max`, 'max-below-min', { id: item.id, min: item.min, max: item.max }));
        break;
      case 'single':
      case 'text':
        break;
    }
  }
  if (!q.items.some((item) => item.type === 'rating')) issues.push(issue('items', 'no-rating', { id: q.id }));
  return issues;
}

/** What items of a questionnaire with a regime must state, and whether the names they refer to exist. */
function statements(q: Questionnaire): Issue[] {
  const issues: Issue[] = [];
  for (const [i, item] of q.items.entries()) {
    if (item.type !== 'rating') continue;
    const path = `items[${i}]`;
    if (q.regime !== undefined)
      for (const field of ['about', 'scored'] as const)
        if (item[field] === undefined)
          issues.push(issue(`${path}.${field}`, 'item-says-not', { id: item.id, field }));
    for (const [regime, contents] of Object.entries(item.covers ?? {})) {
      const known = Object.hasOwn(namedContents, regime) ? (namedContents[regime] ?? []) : [];
      for (const [j, content] of contents.entries())
        if (!known.some(({ id }) => id === content))
          issues.push(
            issue(`${path}.covers.${regime}[${j}]`, 'unknown-content', { id: item.id, regime, content }),
          );
    }
    if (item.covers && item.scored === false)
      issues.push(issue(`${path}.covers`, 'covers-unscored', { id: item.id }));
  }
  return issues;
}

/** `{county}` and `{school}`: only where they are filled in, and only if there is a school to name. */
function names(q: Questionnaire): Issue[] {
  const issues: Issue[] = [];
  for (const { path, id, text, named } of textsOf(q))
    for (const name of new Set(Object.values(text).flatMap(placeholdersIn))) {
      if (!(placeholders as readonly string[]).includes(name))
        issues.push(issue(path, 'unknown-placeholder', { id, name }));
      else if (!named) issues.push(issue(path, 'placeholder-not-here', { id, name }));
      else if (name === 'school' && q.groups.some((group) => countyLevelGroups.has(group)))
        issues.push(issue(path, 'placeholder-no-school', { id, name }));
    }
  return issues;
}

/**
 * A condition names one earlier item. So it can hold, unless that item can never be asked, the option does not exist, or the item
 * has no options.
 */
function branches(q: Questionnaire): Issue[] {
  const issues: Issue[] = [];
  const position = new Map<string, number>();
  for (const [i, item] of q.items.entries()) if (!position.has(item.id)) position.set(item.id, i);
  const unreachable = new Set<number>();
  for (const [i, item] of q.items.entries()) {
    if (!item.showIf) continue;
    const path = `items[${i}].showIf`;
    const params = { id: item.id, other: item.showIf.item };
    const at = position.get(item.showIf.item);
    const parent = at === undefined ? undefined : q.items[at];
    let canHold = false;
    if (at === undefined || !parent) issues.push(issue(`${path}.item`, 'condition-unknown-item', params));
    else if (at >= i) issues.push(issue(`${path}.item`, 'condition-later-item', params));
    else {
      const options = optionIdsOf(q, parent);
      if (options === 'no-choice') issues.push(issue(`${path}.item`, 'condition-not-choice', params));
      else if (unreachable.has(at)) issues.push(issue(path, 'condition-never-holds', params));
      else {
        canHold = options === null || item.showIf.in.some((option) => options.has(option));
        for (const [j, option] of item.showIf.in.entries())
          if (options !== null && !options.has(option))
            issues.push(issue(`${path}.in[${j}]`, 'condition-unknown-option', { ...params, option }));
      }
    }
    if (!canHold) unreachable.add(i);
  }
  return issues;
}

/** Null if they are unknown because the scale is, which has its own issue. */
function optionIdsOf(q: Questionnaire, item: Item): ReadonlySet<string> | 'no-choice' | null {
  if (item.type === 'text' || item.type === 'number') return 'no-choice';
  const options =
    item.type !== 'rating'
      ? item.options
      : Object.hasOwn(q.scales, item.scale)
        ? q.scales[item.scale]?.options
        : undefined;
  return options ? new Set(options.map((option) => option.id)) : null;
}

function size(q: Questionnaire): Issue[] {
  let bytes = 0;
  for (const item of q.items)
    bytes +=
      item.type === 'multiple'
        ? Math.ceil((item.options.length + 1) / 8)
        : item.type === 'number'
          ? 4
          : item.type === 'text'
            ? 0
            : 1;
  if (bytes <= MAX_ANSWER_BYTES) return [];
  return [issue('items', 'too-many-bytes', { id: q.id, bytes, maximum: MAX_ANSWER_BYTES })];
}

function unused(q: Questionnaire): Issue[] {
  const ratings = q.items.filter((item) => item.type === 'rating');
  const usedScales = new Set(ratings.map((item) => item.scale));
  const usedDimensions = new Set(ratings.map((item) => item.dimension));
  return [
    ...Object.keys(q.scales)
      .filter((id) => !usedScales.has(id))
      .map((id) => issue(`scales.${id}`, 'unused-scale', { id })),
    ...q.dimensions.flatMap(({ id }, i) =>
      usedDimensions.has(id) ? [] : [issue(`dimensions[${i}]`, 'unused-dimension', { id })],
    ),
  ];
}

/** Warnings based on words (wording.ts), and things that make answers hard to compare. */
function wording(q: Questionnaire): Issue[] {
  const issues: Issue[] = [];
  const ratings: [number, RatingItem][] = [];
  for (const [i, item] of q.items.entries()) if (item.type === 'rating') ratings.push([i, item]);
  for (const [i, item] of ratings)
    for (const [language, text] of Object.entries(item.text)) {
      const path = `items[${i}].text`;
      if (asksTwoThings(text, language)) issues.push(issue(path, 'two-matters', { id: item.id, language }));
      if (misfitsScale(text, language)) issues.push(issue(path, 'scale-misfit', { id: item.id, language }));
    }
  for (const id of new Set(ratings.map(([, item]) => item.scale)))
    if (!q.scales[id]?.tail) issues.push(issue(`scales.${id}`, 'no-tail', { id }));
  const overall = ratings.findIndex(([, item]) => item.dimension === 'overall');
  if (overall > 0)
    issues.push(
      issue(`items[${ratings[overall]![0]}]`, 'overall-not-first', { id: ratings[overall]![1].id }),
    );
  return issues;
}
