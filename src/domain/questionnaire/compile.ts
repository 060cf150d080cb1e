import { contentHash } from '../hash.ts';
import { DONT_KNOW, type CompiledItem, type CompiledQuestionnaire, type CompiledText } from './compiled.ts';
import type { ChoiceOption, Item, Questionnaire, RatingItem } from './template.ts';

/**
 * Computes the encoding of a questionnaire that has passed `checkQuestionnaire`; throws RangeError on one with dangling
 * references. Axes of the vector follow the items, not the record of scales: the hash does not see the order of a record's keys,
 * and equal hashes must mean equal layouts.
 */
export function compileQuestionnaire(q: Questionnaire): CompiledQuestionnaire {
  const { $schema: _, ...document } = q;
  const items: CompiledItem[] = [];
  const texts: CompiledText[] = [];
  const indexById = new Map<string, number>();
  const dimensions = q.dimensions.map((d) => d.id);
  const vectorOptions: string[] = [];
  let offset = 0;

  function condition(item: Item): CompiledItem['showIf'] {
    if (!item.showIf) return null;
    const index = indexById.get(item.showIf.item);
    const parent = index === undefined ? undefined : items[index];
    if (index === undefined || !parent)
      throw new RangeError(`${item.id}: no earlier item ${item.showIf.item}`);
    const codes = new Set(item.showIf.in.map((id) => codeOf(parent, id)));
    return { item: index, codes: [...codes].sort((a, b) => a - b) };
  }

  for (const item of q.items) {
    const showIf = condition(item);
    const required = item.required ?? false;
    if (item.type === 'text') {
      texts.push({ id: item.id, maxLength: item.maxLength, required, showIf });
      continue;
    }
    const base = { id: item.id, offset, required, showIf };
    let compiled: CompiledItem;
    switch (item.type) {
      case 'rating': {
        const scale = Object.hasOwn(q.scales, item.scale) ? q.scales[item.scale] : undefined;
        const dimension = dimensions.indexOf(item.dimension);
        if (!scale || dimension < 0) throw new RangeError(`${item.id}: unknown scale or dimension`);
        const { optionIds, dontKnowId } = split(scale.options);
        for (const id of optionIds) if (!vectorOptions.includes(id)) vectorOptions.push(id);
        const vector = optionIds.map((id) => vectorOptions.indexOf(id));
        compiled = {
          ...base,
          ...{ type: 'rating', width: 1, optionIds, dontKnowId, dimension, vector },
          ...statements(q, item),
        };
        break;
      }
      case 'single':
        compiled = { ...base, type: 'single', width: 1, ...split(item.options) };
        break;
      case 'multiple': {
        const optionIds = item.options.map((o) => o.id);
        const width = Math.ceil((optionIds.length + 1) / 8);
        const [min, max] = [item.min ?? 1, item.max ?? optionIds.length];
        compiled = { ...base, type: 'multiple', width, optionIds, min, max };
        break;
      }
      case 'number':
        compiled = { ...base, type: 'number', width: 4, optionIds: [], min: item.min, max: item.max };
        break;
    }
    indexById.set(item.id, items.length);
    items.push(compiled);
    offset += compiled.width;
  }
  return {
    id: q.id,
    hash: contentHash(document),
    groups: [...q.groups],
    byteLength: offset,
    items,
    texts,
    dimensions,
    vectorOptions,
  };
}

/**
 * The properties of a rating item. In questionnaires from before these existed everything is scored, and a dimension is all of
 * its items.
 */
function statements(q: Questionnaire, item: RatingItem) {
  const isScored = (other: RatingItem) => other.scored !== false;
  const isCore = (other: RatingItem) => other.core === true;
  const preferred = (list: readonly RatingItem[], test: (other: RatingItem) => boolean) =>
    list.some(test) ? list.filter(test) : list;
  const { regime } = q;
  const covered = regime !== undefined && item.covers && Object.hasOwn(item.covers, regime);
  const dimension = q.items.filter(
    (other): other is RatingItem => other.type === 'rating' && other.dimension === item.dimension,
  );
  return {
    scored: isScored(item),
    core: isCore(item),
    about: item.about ?? null,
    named: isScored(item) && covered === true,
    ofDimension: preferred(preferred(dimension, isScored), isCore).includes(item),
  };
}

function split(options: readonly ChoiceOption[]): { optionIds: string[]; dontKnowId: string | null } {
  return {
    optionIds: options.filter((o) => o.dontKnow !== true).map((o) => o.id),
    dontKnowId: options.find((o) => o.dontKnow === true)?.id ?? null,
  };
}

function codeOf(item: CompiledItem, optionId: string): number {
  if ((item.type === 'rating' || item.type === 'single') && item.dontKnowId === optionId) return DONT_KNOW;
  const position = item.optionIds.indexOf(optionId);
  if (position < 0) throw new RangeError(`${item.id}: no option ${optionId}`);
  return position + 1;
}
