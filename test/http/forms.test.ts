/** Forms as they come from browsers, from other programs and from attackers. */
import { describe, expect, it } from 'vitest';
import { FormBody, formPairs } from '../../src/http/plugins/forms.ts';

describe('the reader of forms', () => {
  it.each<readonly [string, readonly (readonly [string, string])[]]>([
    [
      'a=1&b=x+y%2B&a=',
      [
        ['a', '1'],
        ['b', 'x y+'],
        ['a', ''],
      ],
    ],
    [
      '&&a&=b&',
      [
        ['a', ''],
        ['', 'b'],
      ],
    ],
    [
      '名=值%20é&q=%E4%BD%A0好',
      [
        ['名', '值 é'],
        ['q', '你好'],
      ],
    ],
    [
      'a=100%&b=%zz&c=%',
      [
        ['a', '100%'],
        ['b', '%zz'],
        ['c', '%'],
      ],
    ],
    // Broken UTF-8 is found by its replacement character, and refused.
    [
      'a=%E4%BD&%ff=x',
      [
        ['a', '\ufffd'],
        ['\ufffd', 'x'],
      ],
    ],
    ['a=%00', [['a', '\0']]],
    ['', []],
  ])('reads %j', (text, pairs) => {
    expect(new FormBody(text).pairs).toEqual(pairs);
  });

  it('gives fields by name, repeated ones as lists, and no field to the prototype', () => {
    const body = new FormBody('a=1&b=x&a=2&__proto__=y&a=3');
    expect(body.fields['a']).toEqual(['1', '2', '3']);
    expect(body.fields['b']).toBe('x');
    expect(Object.getPrototypeOf(body.fields)).toBeNull();
    expect([...formPairs(body.fields)]).toHaveLength(5);
  });
});
