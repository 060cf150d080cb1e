import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { parseForm, parseJson } from '../../../src/domain/questionnaire/answers.ts';
import { compileQuestionnaire } from '../../../src/domain/questionnaire/compile.ts';
import {
  answeredCounts,
  canDecode,
  decodeAnswers,
  encodeAnswers,
  type DecodedAnswer,
} from '../../../src/domain/questionnaire/decode.ts';
import { questionnaireSchema } from '../../../src/domain/questionnaire/template.ts';
import { compiledSample, sampleDocument } from './sample.ts';

const q = compiledSample();
const bytesOf = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));

const notAsked: DecodedAnswer = { state: 'not-asked' };
const blank: DecodedAnswer = { state: 'blank' };
const dontKnow: DecodedAnswer = { state: 'dont-know' };
const is = (option: string): DecodedAnswer => ({ state: 'option', option });

/**
 * Written by hand from the description in compiled.ts. way | bus | meal | dishes, two bytes, bit 0 = asked | price, four bytes.
 */
const golden: [name: string, answers: object, hex: string, decoded: DecodedAnswer[]][] = [
  [
    'the best, the rest blank',
    { way: 'great' },
    '01 00 ff 0000 ffffffff',
    [is('great'), notAsked, blank, notAsked, notAsked],
  ],
  [
    '不了解 opens a branch',
    { way: 'dont-know' },
    'fe ff ff 0000 ffffffff',
    [dontKnow, blank, blank, notAsked, notAsked],
  ],
  [
    '不了解 of a single item',
    { way: 'poor', bus: 'unsure', meal: 'varies' },
    '04 fe fe 0000 ffffffff',
    [is('poor'), dontKnow, dontKnow, notAsked, notAsked],
  ],
  [
    'bits in the first byte',
    { way: 'fair', meal: 'school', dishes: ['d1', 'd7'] },
    '03 00 02 8300 ffffffff',
    [is('fair'), notAsked, is('school'), { state: 'options', options: ['d1', 'd7'] }, notAsked],
  ],
  [
    'bits in the second byte, a number asked and blank',
    { way: 'good', meal: 'school', dishes: ['d9', 'd8'] },
    '02 00 02 0103 fffffffe',
    [is('good'), notAsked, is('school'), { state: 'options', options: ['d8', 'd9'] }, blank],
  ],
  [
    'a number',
    { way: 'good', meal: 'school', dishes: ['d9', 'd3'], price: 258 },
    '02 00 02 0902 00000102',
    [
      is('good'),
      notAsked,
      is('school'),
      { state: 'options', options: ['d3', 'd9'] },
      { state: 'number', value: 258 },
    ],
  ],
];

describe.each(golden)('%s', (_, answers, hex, decoded) => {
  test('is encoded, decoded and encoded again', () => {
    const parsed = parseJson(q, answers);
    expect(parsed).toMatchObject({ ok: true, bytes: bytesOf(hex) });
    expect(decodeAnswers(q, bytesOf(hex))).toEqual(decoded);
    expect(encodeAnswers(q, decoded)).toEqual(bytesOf(hex));
  });
  test('is the same from a form', () => {
    const fields = Object.entries(answers).flatMap(([name, value]: [string, unknown]) =>
      [value].flat().map((v): [string, string] => [name, String(v)]),
    );
    expect(parseForm(q, fields)).toMatchObject({ ok: true, bytes: bytesOf(hex) });
  });
});

test.each([
  ['too short', '01 00 ff 0000 ffffff'],
  ['too long', '01 00 ff 0000 ffffffff 00'],
  ['empty', ''],
  ['a code beyond the scale', '05 00 ff 0000 ffffffff'],
  ['an item without condition not asked', '00 00 ff 0000 ffffffff'],
  ['an answer to an item that was not asked', '01 01 ff 0000 ffffffff'],
  ['an asked item not asked', '04 00 ff 0000 ffffffff'],
  ['an option without the asked bit', '01 00 02 0600 ffffffff'],
  ['a bit beyond the options', '01 00 02 0704 ffffffff'],
  ['fewer options than the least', '01 00 02 0300 ffffffff'],
  ['more options than the most', '01 00 02 1f00 ffffffff'],
  ['a number below its range', '01 00 02 0103 00000000'],
  ['a number above its range', '01 00 02 0103 0000012d'],
  ['a number not asked though it is', '01 00 02 0103 ffffffff'],
  ['a blank number that was not asked', '01 00 ff 0000 fffffffe'],
])('decoding refuses %s', (_, hex) => {
  expect(() => decodeAnswers(q, bytesOf(hex))).toThrow(RangeError);
});

test('encoding refuses answers that do not fit', () => {
  const good: DecodedAnswer[] = [is('great'), notAsked, blank, notAsked, notAsked];
  const bad: [number, DecodedAnswer][] = [
    [0, is('awful')],
    [0, { state: 'number', value: 1 }],
    [0, notAsked],
    [1, is('good')],
    [3, { state: 'options', options: [] }],
    [4, { state: 'number', value: -1 }],
    [4, { state: 'number', value: 1.5 }],
    [4, { state: 'number', value: 7 }],
  ];
  expect(() => encodeAnswers(q, good.slice(1))).toThrow(RangeError);
  for (const [i, answer] of bad) expect(() => encodeAnswers(q, good.with(i, answer))).toThrow(RangeError);
});

test('a 不了解 that is not offered is no code', () => {
  const document = sampleDocument();
  document.scales.five.options.pop();
  Object.assign(document.scales.five, { dontKnow: 'not-offered' });
  document.items[1]!.showIf = { item: 'way', in: ['poor'] };
  const without = compileQuestionnaire(questionnaireSchema.parse(document));
  expect(() => decodeAnswers(without, bytesOf('fe 00 ff 0000 ffffffff'))).toThrow(RangeError);
});

test('arbitrary bytes are either refused or the encoding of what they decode to', () => {
  // Bytes that mean something somewhere, so that some sheets are whole.
  const code = fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(1, 2, 4, 254, 255, 0) },
    { weight: 1, arbitrary: fc.nat(255) },
  );
  const dishes = fc.oneof(fc.constant([0, 0]), fc.tuple(fc.nat(255), fc.nat(7)));
  const price = fc.constantFrom(
    [0xff, 0xff, 0xff, 0xff],
    [0xff, 0xff, 0xff, 0xfe],
    [0, 0, 1, 2],
    [0, 0, 0, 0],
  );
  let accepted = 0;
  fc.assert(
    fc.property(fc.tuple(code, code, code), dishes, price, (codes, bits, number) => {
      const bytes = Uint8Array.from([...codes, ...bits, ...number]);
      let decoded;
      try {
        decoded = decodeAnswers(q, bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
        expect(canDecode(q, bytes)).toBe(false);
        return;
      }
      accepted++;
      expect(canDecode(q, bytes)).toBe(true);
      expect(canDecode(q, bytes.subarray(1))).toBe(false);
      expect(encodeAnswers(q, decoded)).toEqual(bytes);
    }),
    { numRuns: 5000 },
  );
  expect(accepted).toBeGreaterThan(20);
});

test('bytes are read where they lie in a larger buffer', () => {
  const row = bytesOf('aaaaaa 02 00 02 0902 00000102 bb').subarray(3, 12);
  expect(decodeAnswers(q, row)[4]).toEqual({ state: 'number', value: 258 });
});

test.each([
  ['01 00 ff 0000 ffffffff', 1, 0],
  ['fe ff ff 0000 ffffffff', 1, 1],
  ['04 fe fe 0000 ffffffff', 2, 1],
  ['ff 00 ff 0000 ffffffff', 0, 0],
  ['04 02 02 8300 ffffffff', 2, 0],
])('rating items answered in %s', (hex, answered, dontKnows) => {
  expect(answeredCounts(q, bytesOf(hex))).toEqual({ answered, dontKnow: dontKnows });
});

describe('compiling', () => {
  test('lays items out in order, without texts', () => {
    expect(q.items.map((i) => [i.id, i.offset, i.width])).toEqual([
      ['way', 0, 1],
      ['bus', 1, 1],
      ['meal', 2, 1],
      ['dishes', 3, 2],
      ['price', 5, 4],
    ]);
    expect(q).toMatchObject({ byteLength: 9, groups: ['parent', 'teacher'], dimensions: ['near', 'fair'] });
  });

  test('conditions become codes of an item’s index, also for texts', () => {
    expect(q.items.map((i) => i.showIf)).toEqual([
      null,
      { item: 0, codes: [4, 254] },
      null,
      { item: 2, codes: [2] },
      { item: 3, codes: [8, 9] },
    ]);
    expect(q.texts).toEqual([
      { id: 'why', maxLength: 10, required: false, showIf: { item: 1, codes: [2] } },
      { id: 'comments', maxLength: 20, required: false, showIf: null },
    ]);
  });

  test('scales share the axes of the vector by option id', () => {
    expect(q.vectorOptions).toEqual(['great', 'good', 'fair', 'poor', 'bad']);
    expect(q.items.map((i) => (i.type === 'rating' ? [i.vector, i.dimension, i.dontKnowId] : null))).toEqual([
      [[0, 1, 2, 3], 0, 'dont-know'],
      [[1, 4], 1, 'unsure'],
      null,
      null,
      null,
    ]);
  });

  test.each([
    [2, 1],
    [7, 1],
    [8, 2],
    [15, 2],
    [16, 3],
    [60, 8],
  ])('%i options and the asked bit take %i bytes', (count, width) => {
    const document = sampleDocument();
    const text = document.title;
    const options = Array.from({ length: count }, (_, i) => ({ id: `o${i}`, text }));
    document.items = [document.items[0]!, { id: 'm', type: 'multiple', text, options }];
    const compiled = compileQuestionnaire(questionnaireSchema.parse(document));
    expect(compiled.items[1]).toMatchObject({ width, min: 1, max: count });
    const all = parseJson(compiled, { way: 'good', m: options.map((o) => o.id) });
    expect(all.ok && decodeAnswers(compiled, all.bytes)[1]).toEqual({
      state: 'options',
      options: options.map((o) => o.id),
    });
  });

  test('the version is the hash of the document: not of $schema, nor of the order of keys', () => {
    const compile = (d: object) => compileQuestionnaire(questionnaireSchema.parse(d)).hash;
    const document = sampleDocument();
    const { id, scales, ...rest } = document;
    const reordered = { ...rest, scales: { two: scales.two, five: scales.five }, id };
    expect(compile({ ...document, $schema: './x.json' })).toBe(q.hash);
    expect(compile(reordered)).toBe(q.hash);
    expect(compileQuestionnaire(questionnaireSchema.parse(reordered))).toEqual(q);
    expect(compile({ ...document, groups: ['parent'] })).not.toBe(q.hash);
  });

  test('the hash is SHA-256 of JSON with sorted keys', () => {
    const sorted = (v: unknown): unknown =>
      Array.isArray(v)
        ? v.map(sorted)
        : v !== null && typeof v === 'object'
          ? Object.fromEntries(
              Object.entries(v)
                .sort(([a], [b]) => (a < b ? -1 : 1))
                .map(([k, w]) => [k, sorted(w)]),
            )
          : v;
    const json = JSON.stringify(sorted(sampleDocument()));
    expect(q.hash).toBe(createHash('sha256').update(json).digest('hex'));
  });

  test('goes through a structured clone', () => {
    expect(structuredClone(q)).toEqual(q);
  });

  test('an unchecked document that refers to nothing is refused', () => {
    for (const change of [
      { scale: 'none' },
      { dimension: 'none' },
      { showIf: { item: 'price', in: ['x'] } },
    ]) {
      const document = sampleDocument();
      Object.assign(document.items[0]!, change);
      expect(() => compileQuestionnaire(questionnaireSchema.parse(document))).toThrow(RangeError);
    }
  });
});
