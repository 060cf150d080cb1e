/**
 * Differences between two questionnaires or two rule profiles, in terms that a page can describe. Items, options and dimensions
 * are matched by id.
 */
import { canonicalJson } from '../hash.ts';
import type { LocalText, Questionnaire } from '../questionnaire/template.ts';
import type { RuleProfile } from '../scoring/rules/profile.ts';

/** Position of a difference: the whole questionnaire, an item, a scale, a dimension. */
export type DifferencePlace =
  | { readonly of: 'questionnaire' }
  | { readonly of: 'item' | 'scale' | 'dimension'; readonly id: string; readonly title: LocalText };

export type Difference = DifferencePlace & {
  readonly what: 'added' | 'removed' | 'moved' | 'text' | 'options' | 'order' | 'property';
  /** Of a text: its language. */
  readonly language?: string;
  /**
   * For a property: its name. For a text other than the item's own: `tail`, `hint`, `unit`, `title`, `introduction`, or the
   * option's id.
   */
  readonly name?: string;
  readonly before?: string | undefined;
  readonly after?: string | undefined;
};

/** Differences from `a` to `b`, in the order of the questionnaire: texts by language, properties, scales, items. */
export function compareQuestionnaires(a: Questionnaire, b: Questionnaire): readonly Difference[] {
  const whole = { of: 'questionnaire' } as const;
  const found: Difference[] = [
    ...texts(whole, 'title', a.title, b.title),
    ...texts(whole, 'introduction', a.introduction, b.introduction),
    ...properties(whole, a, b, ['groups', 'languages', 'regime']),
  ];
  for (const id of new Set([...Object.keys(a.scales), ...Object.keys(b.scales)])) {
    const [before, after] = [a.scales[id], b.scales[id]];
    const place = { of: 'scale', id, title: (after ?? before)!.tail ?? {} } as const;
    if (!before || !after) found.push({ ...place, what: after ? 'added' : 'removed' });
    else
      found.push(
        ...texts(place, 'tail', before.tail, after.tail),
        ...options(place, before.options, after.options),
        ...properties(place, before, after, ['reversible', 'dontKnow']),
      );
  }
  for (const { id, before, after, place } of pairs('dimension', a.dimensions, b.dimensions)) {
    if (!before || !after) found.push({ ...place, what: after ? 'added' : 'removed' });
    else found.push(...texts(place, id, before.text, after.text));
  }
  found.push(...items(a, b));
  return found;
}

function items(a: Questionnaire, b: Questionnaire): readonly Difference[] {
  const found: Difference[] = [];
  const moved = movedIds(
    a.items.map((item) => item.id),
    b.items.map((item) => item.id),
  );
  for (const { id, before, after, place } of pairs('item', a.items, b.items)) {
    if (!before || !after) {
      found.push({ ...place, what: after ? 'added' : 'removed' });
      continue;
    }
    if (moved.has(id)) {
      const at = (q: Questionnaire) => String(q.items.findIndex((item) => item.id === id) + 1);
      found.push({ ...place, what: 'moved', before: at(a), after: at(b) });
    }
    found.push(...texts(place, 'text', before.text, after.text));
    const [x, y] = [before, after] as readonly Record<string, unknown>[];
    for (const name of ['hint', 'unit'] as const)
      found.push(...texts(place, name, x![name] as LocalText | undefined, y![name] as LocalText | undefined));
    if ('options' in before && 'options' in after)
      found.push(...options(place, before.options, after.options));
    found.push(
      ...properties(place, x!, y!, ['type', 'dimension', 'scale', 'about', 'scored', 'core', 'covers']),
      ...properties(place, x!, y!, ['required', 'showIf', 'min', 'max', 'maxLength']),
    );
  }
  return found;
}

interface Identified {
  readonly id: string;
  readonly text: LocalText;
}

/** In the order of the newer one; removed ones come last. */
function pairs<T extends Identified>(of: 'item' | 'dimension', a: readonly T[], b: readonly T[]) {
  const ids = [...new Set([...b, ...a].map((one) => one.id))];
  return ids.map((id) => {
    const [before, after] = [a, b].map((list) => list.find((one) => one.id === id));
    return { id, before, after, place: { of, id, title: (after ?? before)!.text } };
  });
}

/** Ids whose position among the common ids changed: all but a longest run in order. */
function movedIds(a: readonly string[], b: readonly string[]): ReadonlySet<string> {
  const common = b.filter((id) => a.includes(id));
  const ranks = common.map((id) => a.indexOf(id));
  const best: number[] = [];
  const previous: number[] = [];
  for (const [i, rank] of ranks.entries()) {
    let [length, from] = [1, -1];
    for (let j = 0; j < i; j += 1)
      if (ranks[j]! < rank && best[j]! + 1 > length) [length, from] = [best[j]! + 1, j];
    best.push(length);
    previous.push(from);
  }
  const kept = new Set<string>();
  for (let i = best.indexOf(Math.max(0, ...best)); i >= 0; i = previous[i]!) kept.add(common[i]!);
  return new Set(common.filter((id) => !kept.has(id)));
}

function texts(
  place: DifferencePlace,
  name: string,
  a: LocalText | undefined,
  b: LocalText | undefined,
): readonly Difference[] {
  return [...new Set([...Object.keys(a ?? {}), ...Object.keys(b ?? {})])].flatMap((language) =>
    a?.[language] === b?.[language]
      ? []
      : [{ ...place, what: 'text' as const, name, language, before: a?.[language], after: b?.[language] }],
  );
}

function options(
  place: DifferencePlace,
  a: readonly Identified[],
  b: readonly Identified[],
): readonly Difference[] {
  const [x, y] = [a, b].map((list) => list.map((option) => option.id)) as [string[], string[]];
  const ids = { before: x.join(' '), after: y.join(' ') };
  if ([...x].sort().join() !== [...y].sort().join()) return [{ ...place, what: 'options', ...ids }];
  return [
    ...(x.join() === y.join() ? [] : [{ ...place, what: 'order' as const, ...ids }]),
    ...a.flatMap((option) => texts(place, option.id, option.text, b.find((o) => o.id === option.id)?.text)),
  ];
}

function properties(
  place: DifferencePlace,
  a: object,
  b: object,
  names: readonly string[],
): readonly Difference[] {
  const value = (of: object, name: string): string | undefined => {
    const found = (of as Record<string, unknown>)[name];
    return found === undefined ? undefined : typeof found === 'string' ? found : canonicalJson(found);
  };
  return names.flatMap((name) => {
    const [before, after] = [value(a, name), value(b, name)];
    return before === after ? [] : [{ ...place, what: 'property' as const, name, before, after }];
  });
}

/** Names of the members in which two rule profiles differ, in the order of the format. */
export function compareProfiles(a: RuleProfile, b: RuleProfile): readonly (keyof RuleProfile)[] {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])] as (keyof RuleProfile)[];
  return names.filter((name) => canonicalJson(a[name] ?? null) !== canonicalJson(b[name] ?? null));
}
