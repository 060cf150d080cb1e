/**
 * A questionnaire made from another: its texts, the selection and order of its items, items of other questionnaires, and the
 * order of options. What an item measures cannot be changed here: that needs another item.
 */
import { canonicalJson } from '../hash.ts';
import { inOrder } from '../questionnaire/option-order.ts';
import type { Item, LocalText, Questionnaire } from '../questionnaire/template.ts';

export const optionOrders = ['as-written', 'reversed', 'half'] as const;
export type OptionOrder = (typeof optionOrders)[number];

export interface Adaptation {
  readonly id: string;
  readonly title: LocalText;
  readonly introduction: LocalText;
  /** Tail by scale. */
  readonly tails: Readonly<Record<string, LocalText>>;
  /**
   * By scale: `half` shows the reverse order to half of the codes. For an item with its own options, by item: `half` is not
   * possible there.
   */
  readonly orders: Readonly<Record<string, OptionOrder>>;
  /** Items that stay or come from others, in their order, with their text. */
  readonly items: readonly { readonly id: string; readonly text: LocalText }[];
}

/** An item of another questionnaire that could also be asked here. */
export interface Borrowable {
  readonly item: Item;
  /** The one it stands in. */
  readonly from: Questionnaire;
}

/**
 * Items of others that this questionnaire can add: not present yet, on a scale with the same options, asked of everyone. Of
 * several with the same id the first.
 */
export function borrowable(own: Questionnaire, others: readonly Questionnaire[]): readonly Borrowable[] {
  const known = new Set(own.items.map((item) => item.id));
  const found: Borrowable[] = [];
  for (const from of others)
    for (const item of from.items) {
      if (known.has(item.id) || item.showIf || !fits(own, from, item)) continue;
      known.add(item.id);
      found.push({ item, from });
    }
  return found;
}

function fits(own: Questionnaire, from: Questionnaire, item: Item): boolean {
  if (!own.languages.every((language) => item.text[language] !== undefined)) return false;
  if (item.type !== 'rating') return true;
  const ids = (q: Questionnaire, scale: string) =>
    canonicalJson((q.scales[scale]?.options ?? []).map((option) => option.id).sort());
  return Object.hasOwn(own.scales, item.scale) && ids(own, item.scale) === ids(from, item.scale);
}

/**
 * The document, which still has to be checked. An empty text is left out, so that the check reports it. Follow-ups move with
 * their parent item, directly after it. An item whose wording differs from the common one is no core item any more.
 */
export function adaptQuestionnaire(
  own: Questionnaire,
  others: readonly Questionnaire[],
  changes: Adaptation,
): Questionnaire {
  const more = borrowable(own, others);
  const asked = new Set(changes.items.map((item) => item.id));
  const items: Item[] = [];
  for (const { id, text } of changes.items) {
    const found = own.items.find((item) => item.id === id) ?? more.find(({ item }) => item.id === id)?.item;
    if (found && (!found.showIf || asked.has(found.showIf.item))) items.push(withText(found, text));
  }
  const ordered = behindParents(items).map((item) => withOrder(item, changes.orders[item.id]));
  const dimensions = [...own.dimensions];
  for (const item of ordered) {
    if (item.type !== 'rating' || dimensions.some((d) => d.id === item.dimension)) continue;
    const borrowed = more.find((one) => one.item.id === item.id)?.from.dimensions;
    const dimension = borrowed?.find((d) => d.id === item.dimension);
    if (dimension) dimensions.push(dimension);
  }
  const used = new Set(ordered.flatMap((item) => (item.type === 'rating' ? [item.dimension] : [])));
  const introduction = filled(changes.introduction);
  const { introduction: _, ...rest } = own;
  return {
    ...rest,
    id: changes.id,
    title: filled(changes.title),
    ...(Object.keys(introduction).length > 0 && { introduction }),
    scales: Object.fromEntries(
      Object.entries(own.scales).map(([id, scale]) => {
        const { reversible, ...plain } = scale;
        const order = changes.orders[id] ?? (reversible ? 'half' : 'as-written');
        const tail = filled(changes.tails[id] ?? scale.tail ?? {});
        return [
          id,
          {
            ...plain,
            options: [...inOrder(scale.options, order === 'reversed')],
            ...(scale.tail !== undefined || Object.keys(tail).length > 0 ? { tail } : {}),
            ...(order === 'half' && { reversible: true as const }),
          },
        ];
      }),
    ),
    dimensions: dimensions.filter((d) => used.has(d.id)),
    items: ordered,
  };
}

function filled(text: LocalText): LocalText {
  return Object.fromEntries(
    Object.entries(text).flatMap(([language, value]) => {
      const said = value.replace(/\r\n?/g, '\n').trim();
      return said === '' ? [] : [[language, said]];
    }),
  );
}

function withText(item: Item, given: LocalText): Item {
  const text = filled(given);
  if (item.type !== 'rating' || canonicalJson(text) === canonicalJson(item.text)) return { ...item, text };
  const { core: _, ...rest } = item;
  return { ...rest, text };
}

function withOrder(item: Item, order: OptionOrder | undefined): Item {
  if (order !== 'reversed' || (item.type !== 'single' && item.type !== 'multiple')) return item;
  return item.type === 'single'
    ? { ...item, options: [...inOrder(item.options, true)] }
    : { ...item, options: [...item.options].reverse() };
}

/** A follow-up refers to the answer just given. */
function behindParents(items: readonly Item[]): readonly Item[] {
  const after = (id: string): Item[] =>
    items.filter((item) => item.showIf?.item === id).flatMap((item) => [item, ...after(item.id)]);
  return items.filter((item) => !item.showIf).flatMap((item) => [item, ...after(item.id)]);
}
