import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { maskPhone, parsePhones } from '../../../src/domain/messaging/phone.ts';

const numbers = (cell: string | number | null) => parsePhones(cell).phones.map((p) => p.number);
const faults = (cell: string | number | null) => parsePhones(cell).faults.map((f) => f.message.slice(11));

describe('phones as clerks write them', () => {
  it.each<[string | number | null, string[]]>([
    ['13800138000', ['13800138000']],
    [13800138000, ['13800138000']],
    ['１３８００１３８０００', ['13800138000']],
    ["'13800138000", ['13800138000']],
    ['\u202d13800138000\u202c', ['13800138000']],
    ['13800138000.0', ['13800138000']],
    ['1.3800138000E+10', ['13800138000']],
    ['+86 138-0013-8000', ['13800138000']],
    ['＋８６１３８００１３８０００', ['13800138000']],
    ['008613800138000', ['13800138000']],
    ['8613800138000', ['13800138000']],
    [8613800138000, ['13800138000']],
    ['(+86)138 0013 8000', ['13800138000']],
    ['013800138000', ['13800138000']],
    ['138.0013.8000', ['13800138000']],
    ['138 0013 8000 139 0013 9000', ['13800138000', '13900139000']],
    ['13800138000/13900139000', ['13800138000', '13900139000']],
    ['13800138000、13900139000', ['13800138000', '13900139000']],
    ['13800138000；13900139000', ['13800138000', '13900139000']],
    ['13800138000,13900139000', ['13800138000', '13900139000']],
    ['13800138000 13900139000', ['13800138000', '13900139000']],
    ['13800138000-13900139000', ['13800138000', '13900139000']],
    ['13800138000\n13900139000', ['13800138000', '13900139000']],
    ['13800138000或13900139000', ['13800138000', '13900139000']],
    ['13800138000/13800138000', ['13800138000']],
    ['父亲：13800138000；母亲：13900139000', ['13800138000', '13900139000']],
    ['手机13800138000', ['13800138000']],
    ['0531-88886666', ['0531-88886666']],
    ['(0531)88886666', ['0531-88886666']],
    ['053188886666', ['0531-88886666']],
    [53188886666, ['0531-88886666']],
    ['+86 531 8888 6666', ['0531-88886666']],
    ['010-88886666转123', ['010-88886666']],
    ['0531-88886666 ext. 12', ['0531-88886666']],
    ['0891-6334567', ['0891-6334567']],
    ['0531-88886666 / 13800138000', ['0531-88886666', '13800138000']],
    [null, []],
    ['无', []],
    ['-', []],
    [0, []],
  ])('%j', (cell, expected) => {
    expect(numbers(cell)).toEqual(expected);
    expect(faults(cell)).toEqual([]);
  });

  it.each<[string | number, string]>([
    ['1.38E+10', 'scientific'],
    ['1.38001E+10', 'scientific'],
    ['1380013800', 'short'],
    ['138001380001', 'unknown'],
    ['1380013800013900139', 'long'],
    ['12345678901', 'unknown'],
    ['88886666', 'area'],
    ['400-888-6666', 'service'],
    ['+852 9123 4567', 'foreign'],
    ['138O0138000', 'letters'],
    ['张三', 'letters'],
    ['A13800138000', 'letters'],
    ['13800138000@qq.com', 'letters'],
    ['张三13800138000李四13900139000', 'letters'],
    ['13800138000 身份证370102201501011234', 'letters'],
    ['88886666张三', 'letters'],
    ['13800138000(空号)', 'disused'],
    ['13800138000（已停用）', 'disused'],
    ['旧号13800138000', 'disused'],
    ['+85213800138000(香港)', 'foreign'],
    ['张三138****8000', 'letters'],
    ['138****8000', 'masked'],
    ['370102201501011234', 'identity'],
    ['37010220150101123X', 'identity'],
  ])('%j is a fault: %s', (cell, fault) => {
    expect(numbers(cell)).toEqual([]);
    expect(faults(cell)).toEqual([fault]);
  });

  it.each<[string, string[]]>([
    ['13800138000（微信同号）', ['13800138000']],
    ['13800138000(微信同号,勿打)', ['13800138000']],
    ['13800138000(短号612345)', ['13800138000']],
    ['13800138000 短号612345', ['13800138000']],
    ['1795113800138000', ['13800138000']],
    ['17951 13800138000', ['13800138000']],
    ['12593-13800138000', ['13800138000']],
    ['1259313800138000', ['13800138000']],
    ['①13800138000', ['13800138000']],
    ['①13800138000②13900139000', ['13800138000', '13900139000']],
    ['⒈13800138000', ['13800138000']],
    ['1.13800138000', ['13800138000']],
    ['(1)13800138000', ['13800138000']],
    ['张三13800138000', ['13800138000']],
    ['父亲张三 138 0013 8000', ['13800138000']],
    ['13800138000（张三）/13900139000（李四）', ['13800138000', '13900139000']],
    ['13800138000，微信同号', ['13800138000']],
    ['13800138000【常用】', ['13800138000']],
  ])('takes the unambiguous number of %j, and says so', (cell, expected) => {
    expect(numbers(cell)).toEqual(expected);
    expect(faults(cell)).toEqual([]);
    expect(parsePhones(cell).warnings).toEqual([{ message: 'roll.phone.extracted' }]);
  });

  it.each(['父亲：13800138000；母亲：13900139000', '13800138000(父)', '手机13800138000', '(0531)88886666'])(
    'needs no notice of a mere label: %s',
    (cell) => expect(parsePhones(cell).warnings).toEqual([]),
  );

  it('is quick with a hostile cell', () => {
    const start = performance.now();
    for (const c of ['-', '(', ' 1', '/', '父', '0']) parsePhones(c.repeat(200_000));
    expect(performance.now() - start).toBeLessThan(5000);
  });

  it('keeps a good number beside a bad one', () => {
    expect(numbers('13800138000/1390013')).toEqual(['13800138000']);
    expect(faults('13800138000/1390013')).toEqual(['short']);
  });

  it('asks for a look where digits may have been lost', () => {
    expect(parsePhones(13800000000).warnings).toEqual([
      { message: 'roll.phone.rounded', params: { phone: '138****0000' } },
    ]);
  });

  it('finds a mobile however it is spaced, prefixed and joined', () => {
    const mobile = fc
      .tuple(fc.integer({ min: 3, max: 9 }), fc.integer({ min: 100_000_001, max: 999_999_999 }))
      .map(([a, b]) => `1${a}${b}`);
    const spaced = fc
      .tuple(mobile, fc.constantFrom('', ' ', '-', '.'), fc.constantFrom('', '+86', '+86 ', '0086'))
      .map(
        ([m, s, prefix]) => [m, `${prefix}${m.slice(0, 3)}${s}${m.slice(3, 7)}${s}${m.slice(7)}`] as const,
      );
    fc.assert(
      fc.property(
        fc.uniqueArray(spaced, { minLength: 1, maxLength: 3, selector: ([m]) => m }),
        fc.constantFrom('/', '、', ';', '，', '\n', '或'),
        (list, joint) => {
          expect(numbers(list.map(([, text]) => text).join(joint))).toEqual(list.map(([m]) => m));
        },
      ),
      { seed: 3 },
    );
  });

  it('shows no whole number in a fault, whatever the cell', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[-0-9 a/+E.家]{1,30}$/), (cell) => {
        const { faults: found, warnings } = parsePhones(cell);
        expect(JSON.stringify([found, warnings])).not.toMatch(/\d{5}/);
      }),
      { seed: 4 },
    );
  });

  it.each([
    ['13800138000', '138****8000'],
    ['0531-88886666', '053****6666'],
    ['1380013', '13****'],
    ['', '****'],
  ])('masks %s', (number, masked) => {
    expect(maskPhone(number)).toBe(masked);
  });
});
