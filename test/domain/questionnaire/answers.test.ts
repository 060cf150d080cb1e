import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { answersSchema } from '../../../src/domain/questionnaire/answers-schema.ts';
import { createAnswerParser, parseForm, parseJson } from '../../../src/domain/questionnaire/answers.ts';
import { compileQuestionnaire } from '../../../src/domain/questionnaire/compile.ts';
import { answeredCounts, decodeAnswers, encodeAnswers } from '../../../src/domain/questionnaire/decode.ts';
import { questionnaireSchema } from '../../../src/domain/questionnaire/template.ts';
import { normaliseText } from '../../../src/domain/questionnaire/text.ts';
import { compiledSample, sampleDocument } from './sample.ts';
import { readReference } from '../../support/reference.ts';

const q = compiledSample();

function form(query: string): ReturnType<typeof parseForm> {
  return parseForm(q, new URLSearchParams(query));
}
function states(query: string): string[] {
  const result = form(query);
  if (!result.ok) throw new Error(JSON.stringify(result.issues));
  return decodeAnswers(q, result.bytes).map((a) => a.state);
}
function complaint(result: ReturnType<typeof parseForm>): string[] {
  if (result.ok) throw new Error('accepted');
  return result.issues.map((i) => `${i.path} ${i.message.replace('questionnaire.answer.', '')}`);
}

describe('a form', () => {
  test.each([
    ['nothing at all', '', ['way required']],
    ['a required item sent empty', 'way=', ['way required']],
    ['an unknown field', 'way=good&weight=7', ['weight unknown-field']],
    ['an unknown field with a name of every object', 'way=good&constructor=1', ['constructor unknown-field']],
    ['a rating twice', 'way=good&way=poor', ['way duplicate']],
    ['the same rating twice', 'way=good&way=good', ['way duplicate']],
    ['a text twice', 'way=good&comments=a&comments=b', ['comments duplicate']],
    ['an unknown option', 'way=splendid', ['way unknown-option']],
    ['an option of another scale', 'way=bad', ['way unknown-option']],
    ['a code instead of an option', 'way=1', ['way unknown-option']],
    ['an option in capitals', 'way=Good', ['way unknown-option']],
    ['a required multiple unanswered', 'way=good&meal=school', ['dishes required']],
    ['too few options', 'way=good&meal=school&dishes=d1', ['dishes too-few']],
    ['one option twice is one', 'way=good&meal=school&dishes=d1&dishes=d1', ['dishes too-few']],
    ['too many options', 'way=good&meal=school&dishes=d1&dishes=d2&dishes=d3&dishes=d4', ['dishes too-many']],
    ['an unknown option in a list', 'way=good&meal=school&dishes=d1&dishes=d10', ['dishes unknown-option']],
    [
      'every fault at once, in order',
      'way=x&meal=y&comments=123456789012345678901',
      ['way unknown-option', 'meal unknown-option', 'comments text-too-long'],
    ],
  ])('is refused for %s', (_, query, expected) => {
    expect(complaint(form(query))).toEqual(expected);
  });

  test.each([
    ['fields of the form itself', 'way=good&_lang=en&_submit=&__proto__=x&_=1'],
    ['empty fields', 'way=good&bus=&meal=&dishes=&price=&why=&comments='],
    ['an empty field beside a filled one', 'way=&way=good'],
    ['an answer to an item that is not asked', 'way=good&bus=bad&why=because'],
    [
      'nonsense for items that are not asked',
      'way=good&bus=zzz&bus=yyy&price=many&dishes=x&why=far+too+long+for+this',
    ],
    ['white space for a text', 'way=good&comments=+%0D%0A+%E3%80%80'],
  ])('passes with %s', (_, query) => {
    expect(form(query)).toEqual({ ...form('way=good'), ok: true });
  });

  test('a condition on a condition', () => {
    const through = 'meal=school&dishes=d8&dishes=d1&price=5';
    expect(states(`way=good&${through}`)).toEqual(['option', 'not-asked', 'option', 'options', 'number']);
    expect(states(`way=good&${through}&meal=`)).toEqual([
      'option',
      'not-asked',
      'option',
      'options',
      'number',
    ]);
    expect(states(`way=good&${through.replace('school', 'home')}`)).toEqual([
      'option',
      'not-asked',
      'option',
      'not-asked',
      'not-asked',
    ]);
  });

  test('a text is taken only where its item is asked', () => {
    const texts = (query: string) => {
      const result = form(query);
      return result.ok ? result.texts : result.issues;
    };
    expect(texts('way=poor&bus=bad&why=late&comments=hi')).toEqual([
      { item: 'why', text: 'late' },
      { item: 'comments', text: 'hi' },
    ]);
    expect(texts('way=poor&bus=good&why=late&comments=hi')).toEqual([{ item: 'comments', text: 'hi' }]);
    expect(texts('way=good&bus=bad&why=late')).toEqual([]);
  });

  test('counts the rating items answered', () => {
    for (const [query, answered] of [
      ['way=good', 1],
      ['way=dont-know&bus=unsure&meal=home', 2],
      ['way=poor', 1],
    ] as const)
      expect(form(query)).toMatchObject({ ok: true, answered });
  });

  test('may be partial where a paper sheet is entered', () => {
    const partial = parseForm(q, new URLSearchParams('meal=school'), { partial: true });
    if (!partial.ok) throw new Error('refused');
    expect(decodeAnswers(q, partial.bytes).map((a) => a.state)).toEqual([
      'blank',
      'not-asked',
      'option',
      'blank',
      'not-asked',
    ]);
    expect(parseForm(q, [['way', 'x']], { partial: true }).ok).toBe(false);
  });
});

describe('a number in a form', () => {
  const asked = 'way=good&meal=school&dishes=d8&dishes=d1';
  test.each([
    ['1', 1],
    ['300', 300],
    ['007', 7],
    [' 12 ', 12],
    ['１２', 12], // full-width
    ['　２５８　', 258], // between ideographic spaces
    ['٢٥٨', 258], // Arabic-Indic
    ['۲۵۸', 258], // Persian, Urdu
    ['२५८', 258], // Devanagari
    ['༢༥༨', 258], // Tibetan
    ['\u200f٢٥\u200f', 25], // with marks of direction
  ])('%j is %i', (typed, value) => {
    const result = form(`${asked}&price=${encodeURIComponent(typed)}`);
    expect(result.ok && decodeAnswers(q, result.bytes)[4]).toEqual({ state: 'number', value });
  });
  test.each(['0', '301', '99999999999999999999'])('%j is out of range', (typed) => {
    expect(complaint(form(`${asked}&price=${typed}`))).toEqual(['price number-out-of-range']);
  });
  test.each([
    '-1',
    '+1',
    '1.5',
    '1e2',
    '0x10',
    '十二',
    '1 2',
    'NaN',
    'Infinity',
    '1'.repeat(65),
    '½',
    '1,000',
    '٢٫٥', // an Arabic decimal
    '٢٬٥', // a thousands separator in the wrong place
  ])('%j is no number', (typed) => {
    expect(complaint(form(`${asked}&price=${encodeURIComponent(typed)}`))).toEqual(['price not-a-number']);
  });
  test.each(['', ' ', '　'])('%j is a blank', (typed) => {
    const result = form(`${asked}&price=${encodeURIComponent(typed)}`);
    expect(result.ok && decodeAnswers(q, result.bytes)[4]).toEqual({ state: 'blank' });
  });
});

describe('JSON', () => {
  const asked = { way: 'good', meal: 'school', dishes: ['d8', 'd1'] };
  test.each([[null], [undefined], [1], ['way'], [[]], [true]])('%o is no answer sheet', (answers) => {
    expect(complaint(parseJson(q, answers))).toEqual([' not-an-object']);
  });
  test.each([
    [{ way: ['good'] }, 'way wrong-type'],
    [{ way: 1 }, 'way wrong-type'],
    [{ way: { toString: 'good' } }, 'way wrong-type'],
    [{ ...asked, dishes: 'd8' }, 'dishes wrong-type'],
    [{ ...asked, dishes: ['d8', 1] }, 'dishes wrong-type'],
    [{ ...asked, dishes: ['d8', ''] }, 'dishes unknown-option'],
    [{ ...asked, price: [5] }, 'price wrong-type'],
    [{ ...asked, price: '5.0' }, 'price not-a-number'],
    [{ ...asked, price: '٠' }, 'price number-out-of-range'],
    [{ ...asked, price: 1.5 }, 'price not-a-number'],
    [{ ...asked, price: NaN }, 'price not-a-number'],
    [{ ...asked, price: 2 ** 32 - 1 }, 'price number-out-of-range'],
    [{ ...asked, comments: 5 }, 'comments wrong-type'],
    [JSON.parse('{"way":"good","constructor":"x"}'), 'constructor unknown-field'],
  ])('%j is refused: %s', (answers, expected) => {
    expect(complaint(parseJson(q, answers))).toEqual([expected]);
  });
  test.each(['258', '٢٥٨', '２５８', 258])('the number %j', (price) => {
    const result = parseJson(q, { ...asked, price });
    expect(result.ok && decodeAnswers(q, result.bytes)[4]).toEqual({ state: 'number', value: 258 });
  });
  test('null, empty text, empty list and absence are blanks', () => {
    const plain = parseJson(q, { way: 'good' });
    expect(
      parseJson(q, { way: 'good', bus: null, meal: '', dishes: [], price: null, comments: null }),
    ).toEqual(plain);
    expect(parseJson(q, JSON.parse('{"way":"good","__proto__":{"meal":"home"}}'))).toEqual(plain);
  });
});

describe('text', () => {
  test.each([
    ['  a b  ', 'a b'],
    ['a\r\nb\rc\nd', 'a\nb\nc\nd'],
    ['a\u0000b\u0007c\u001bd\u007fe\u009ff', 'abcdef'],
    ['a\tb', 'a b'],
    ['e\u0301', '\u00e9'], // NFC
    ['a\ud800b', 'a\ufffdb'],
    ['😀好', '😀好'],
  ])('%j is kept as %j', (raw, kept) => {
    expect(normaliseText(raw, 100)).toBe(kept);
  });
  test('its length is counted in code points, after cleaning', () => {
    expect(normaliseText('😀'.repeat(10), 10)).toBe('😀'.repeat(10));
    expect(normaliseText('😀'.repeat(11), 10)).toBeNull();
    expect(normaliseText(`  ${'e\u0301'.repeat(10)}\u0000 `, 10)).toBe('é'.repeat(10));
  });
  test('cleaning again changes nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (raw) => {
        const once = normaliseText(raw, 500);
        expect(once).not.toBeNull();
        expect(normaliseText(once!, 500)).toBe(once);
      }),
    );
  });
});

/** Mostly plausible answers, so that many sheets pass. */
const value = (...good: unknown[]) =>
  fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(...good) },
    { weight: 1, arbitrary: fc.anything() },
    { weight: 1, arbitrary: fc.constantFrom('', null, 'zzz', 'constructor', [], 3) },
  );
const list = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.uniqueArray(fc.constantFrom('d1', 'd3', 'd7', 'd8', 'd9'), { minLength: 2, maxLength: 3 }),
  },
  { weight: 2, arbitrary: fc.array(fc.constantFrom('d1', 'd9', 'd10', '', 4)) },
  { weight: 1, arbitrary: fc.anything() },
);
const sheet = fc
  .tuple(
    fc.record(
      {
        way: value('great', 'good', 'fair', 'poor', 'dont-know'),
        bus: value('good', 'bad', 'unsure'),
        why: fc.oneof(fc.string({ maxLength: 12, unit: 'binary' }), value('late')),
        meal: value('home', 'school', 'school', 'varies'),
        dishes: list,
        price: fc.oneof(fc.integer({ min: -2, max: 310 }), value(1, 300, 1.5, -0)),
        comments: fc.oneof(fc.string({ maxLength: 22 }), value('好')),
        _lang: fc.anything(),
      },
      { requiredKeys: ['way'] },
    ),
    fc.option(
      fc.dictionary(
        fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'toString')),
        fc.anything(),
        { maxKeys: 1 },
      ),
      {
        freq: 8,
        nil: {},
      },
    ),
  )
  .map(([a, b]) => ({ ...b, ...a }));

describe('the parser and the schema', () => {
  const schema = answersSchema(q);
  test('accept the same and give the same', () => {
    let [accepted, refused] = [0, 0];
    fc.assert(
      fc.property(
        fc.oneof({ weight: 20, arbitrary: sheet }, { weight: 1, arbitrary: fc.anything() }),
        (answers) => {
          const parsed = parseJson(q, answers);
          const defined = schema.safeParse(answers);
          expect(parsed.ok).toBe(defined.success);
          if (parsed.ok && defined.success) {
            accepted++;
            expect({ ok: true, ...defined.data }).toEqual(parsed);
            expect(encodeAnswers(q, decodeAnswers(q, parsed.bytes))).toEqual(parsed.bytes);
            expect(answeredCounts(q, parsed.bytes).answered).toBe(parsed.answered);
          } else if (!parsed.ok && !defined.success) {
            refused++;
            const paths = new Set(defined.error.issues.map((i) => String(i.path[0] ?? '')));
            expect(new Set(parsed.issues.map((i) => i.path))).toEqual(paths);
          }
        },
      ),
      { numRuns: 3000 },
    );
    expect(Math.min(accepted, refused)).toBeGreaterThan(300);
  });
});

test('an item may have a name that every object has', () => {
  const document = sampleDocument();
  document.items[3]!.id = 'constructor';
  document.items[4]!.showIf = { item: 'constructor', in: ['school'] };
  const odd = compileQuestionnaire(questionnaireSchema.parse(document));
  for (const parsed of [parseForm(odd, [['way', 'good']]), parseJson(odd, { way: 'good' })])
    expect(parsed.ok && decodeAnswers(odd, parsed.bytes)[2]).toEqual({ state: 'blank' });
  expect(answersSchema(odd).safeParse({ way: 'good' }).success).toBe(true);
  expect(answersSchema(odd).safeParse({ way: 'good', constructor: 'home' }).success).toBe(true);
  expect(parseJson(odd, { way: 'good', constructor: 'home' }).ok).toBe(true);
});

describe('hostile input', () => {
  const parser = createAnswerParser(q);
  const names = [...q.items, ...q.texts].map((i) => i.id);
  const name = fc.oneof(
    fc.constantFrom(...names),
    fc.string(),
    fc.constantFrom('__proto__', 'constructor', '_'),
  );

  test('never throws', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(name, fc.string({ unit: 'binary' })), { maxLength: 40 }), (fields) => {
        const result = parser.parseForm(fields);
        if (result.ok) expect(() => decodeAnswers(q, result.bytes)).not.toThrow();
        else expect(result.issues.length).toBeGreaterThan(0);
      }),
    );
  });

  test('a flood of unknown fields makes few, short issues', () => {
    const flood = Array.from({ length: 5000 }, (_, i): [string, string] => [`${i}${'x'.repeat(1000)}`, 'v']);
    const result = parser.parseForm(flood);
    if (result.ok) throw new Error('accepted');
    expect(result.issues.length).toBeLessThanOrEqual(50);
    expect(JSON.stringify(result.issues).length).toBeLessThan(10_000);
  });

  test('naughty strings are text, and nothing else', () => {
    const strings = JSON.parse(readReference('hostile/naughty-strings.json')) as string[];
    expect(strings.length).toBeGreaterThan(400);
    const document = sampleDocument();
    document.items[6]!.maxLength = 2000;
    const wide = compileQuestionnaire(questionnaireSchema.parse(document));
    for (const s of strings) {
      const kept = parseForm(wide, [
        ['way', 'good'],
        ['comments', s],
      ]);
      if (!kept.ok) throw new Error(`refused as text: ${JSON.stringify(s)}`);
      const text = kept.texts[0]?.text ?? '';
      expect(text).not.toMatch(/(?!\n)\p{Cc}|\p{Cs}/u);
      for (const item of ['way', 'meal']) {
        const result = parseForm(wide, [[item, s], ...(item === 'way' ? [] : [['way', 'good'] as const])]);
        expect(result.ok).toBe(s === '' && item === 'meal');
      }
      const asName = parseForm(wide, [
        ['way', 'good'],
        [s, 'x'],
      ]);
      expect(asName.ok).toBe(s.startsWith('_'));
      expect(parseJson(wide, { way: s }).ok).toBe(false);
    }
  });
});
