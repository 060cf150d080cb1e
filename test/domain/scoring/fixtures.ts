import fc from 'fast-check';
import type { ContentHash } from '../../../src/domain/model/ids.ts';
import type { CompiledItem, CompiledQuestionnaire } from '../../../src/domain/questionnaire/compiled.ts';
import type { Group } from '../../../src/domain/model/vocabulary.ts';

/** What an item says of itself in questionnaires from before items said anything. */
const unstated = { scored: true, core: false, about: null, named: false, ofDimension: true } as const;

const options = ['very-satisfied', 'satisfied', 'basically-satisfied', 'dissatisfied'];

/** `dimensions`: one entry a rating item. All ratings share the one scale of four options and 不了解. */
export function ratingsOnly(id: string, groups: readonly Group[], dimensions: readonly string[]) {
  const names = [...new Set(dimensions)];
  const items: CompiledItem[] = dimensions.map((name, i) => ({
    type: 'rating',
    id: `q${i + 1}`,
    offset: i,
    width: 1,
    optionIds: options,
    required: false,
    showIf: null,
    dontKnowId: 'dont-know',
    dimension: names.indexOf(name),
    vector: [0, 1, 2, 3],
    ...unstated,
  }));
  const q: CompiledQuestionnaire = {
    id,
    hash: id.padEnd(64, '0') as ContentHash,
    groups,
    byteLength: items.length,
    items,
    texts: [],
    dimensions: names,
    vectorOptions: options,
  };
  return q;
}

/** Every type of item; two scales that share an option; a multiple of nine options, so two bytes. Laid out by hand. */
export const mixed: CompiledQuestionnaire = {
  id: 'mixed',
  hash: 'f'.repeat(64) as ContentHash,
  groups: ['parent'],
  byteLength: 11,
  dimensions: ['gap', 'effort'],
  vectorOptions: ['very', 'fairly', 'not', 'often'],
  texts: [],
  items: [
    rating('r1', 0, ['very', 'fairly', 'not'], [0, 1, 2], 0, 'dk'),
    rating('r2', 1, ['often', 'not'], [3, 2], 0, null),
    rating('r3', 2, ['very', 'fairly', 'not'], [0, 1, 2], 1, 'dk'),
    {
      type: 'single',
      id: 's1',
      offset: 3,
      width: 1,
      optionIds: ['x', 'y'],
      dontKnowId: 'dk',
      required: false,
      showIf: null,
    },
    {
      type: 'multiple',
      id: 'm1',
      offset: 4,
      width: 2,
      optionIds: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'],
      min: 0,
      max: 9,
      required: false,
      showIf: null,
    },
    {
      type: 'number',
      id: 'n1',
      offset: 6,
      width: 4,
      optionIds: [],
      min: 0,
      max: 50_000,
      required: false,
      showIf: null,
    },
    rating('r4', 10, ['very', 'fairly', 'not'], [0, 1, 2], 1, 'dk'),
  ],
};

function rating(
  id: string,
  offset: number,
  optionIds: string[],
  vector: number[],
  dimension: number,
  dontKnowId: string | null,
): CompiledItem {
  return {
    type: 'rating',
    id,
    offset,
    width: 1,
    optionIds,
    vector,
    dimension,
    dontKnowId,
    required: false,
    showIf: null,
    ...unstated,
  };
}

/** Any answer sheet that the questionnaire can hold, byte by byte from the documented codes. */
export function answersOf(q: CompiledQuestionnaire): fc.Arbitrary<Uint8Array> {
  const parts = q.items.map((item): fc.Arbitrary<number[]> => {
    const k = item.optionIds.length;
    switch (item.type) {
      case 'rating':
      case 'single':
        return fc
          .constantFrom(
            0,
            255,
            ...(item.dontKnowId === null ? [] : [254]),
            ...Array.from({ length: k }, (_, i) => i + 1),
          )
          .map((code) => [code]);
      case 'multiple':
        return fc.oneof(
          fc.constant(new Array<number>(item.width).fill(0)),
          fc.array(fc.boolean(), { minLength: k, maxLength: k }).map((ticks) => {
            const bytes = new Array<number>(item.width).fill(0);
            bytes[0] = 1;
            ticks.forEach((on, i) => {
              if (on) bytes[(i + 1) >> 3]! |= 1 << ((i + 1) & 7);
            });
            return bytes;
          }),
        );
      case 'number':
        return fc
          .oneof(fc.integer({ min: 0, max: item.max }), fc.constantFrom(0xffff_ffff, 0xffff_fffe))
          .map((x) => [(x >>> 24) & 255, (x >>> 16) & 255, (x >>> 8) & 255, x & 255]);
    }
  });
  return fc.tuple(...parts).map((bytes) => Uint8Array.from(bytes.flat()));
}
