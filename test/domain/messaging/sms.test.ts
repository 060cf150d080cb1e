import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { countSegments } from '../../../src/domain/messaging/segments.ts';
import { composeSms, defaultSmsTemplates } from '../../../src/domain/messaging/sms-text.ts';
import { reference } from '../../tabular/helpers.ts';

describe('countSegments', () => {
  const cases = JSON.parse(reference('sms/segments.json') ?? '[]') as {
    name: string;
    text: string;
    encoding: string;
    segments: number;
  }[];
  it.skipIf(cases.length === 0)('agrees with three libraries', () => {
    for (const { name, text, encoding, segments } of cases)
      expect([name, countSegments(text)]).toMatchObject([name, { encoding, segments }]);
  });

  // 3GPP TS 23.040: 140 octets are 160 septets or 70 units; a part loses six octets to its header.
  it.each<[string, number, number]>([
    ['', 1, 160],
    ['a'.repeat(160), 1, 0],
    ['a'.repeat(161), 2, 145],
    ['€'.repeat(80), 1, 0],
    ['a'.repeat(152) + '€' + 'a'.repeat(7), 2, 144],
    ['家'.repeat(70), 1, 0],
    ['家'.repeat(71), 2, 63],
    ['家'.repeat(66) + '😀' + '家'.repeat(66), 3, 66],
  ])('%#', (text, segments, left) => {
    expect(countSegments(text)).toMatchObject({ segments, left });
  });

  it('never lets `left` lie: that many more units fit, one more does not', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', '€', '家', '😀'), maxLength: 300 }), (text) => {
        const { encoding, segments, left } = countSegments(text);
        const unit = encoding === 'GSM-7' ? 'a' : '家';
        expect(countSegments(text + unit.repeat(left)).segments).toBe(segments);
        if (segments > 1) expect(countSegments(text + unit.repeat(left + 1)).segments).toBe(segments + 1);
      }),
      { seed: 5 },
    );
  });
});

describe('composeSms', () => {
  const parts = { signature: '某县教育督导室', address: 'my.example.gov.cn', code: 'AB3D-E5FG-HJ' };

  it.each(Object.entries(defaultSmsTemplates))('the default %s fits in one segment', (_, template) => {
    const sms = composeSms({ ...parts, template });
    expect(sms).toMatchObject({ segments: 1, issues: [] });
    expect(sms.text.startsWith('【某县教育督导室】')).toBe(true);
    expect(sms.text).toContain('AB3D-E5FG-HJ');
  });

  it('counts what is too long, without cutting it', () => {
    const sms = composeSms({ ...parts, address: 'a'.repeat(40) + '.gov.cn' });
    expect(sms.issues).toMatchObject([
      { message: 'sms.long', params: { length: sms.text.length, max: 70, over: sms.text.length - 70 } },
    ]);
  });

  it.each([
    [{ signature: '' }, 'sms.signature'],
    [{ signature: 'a】b' }, 'sms.signature'],
    [{ template: '编号{code}' }, 'sms.placeholder'],
    [{ template: '{address}{code}{code}' }, 'sms.placeholder'],
    [{ template: '{address}\n{code}' }, 'sms.lines'],
    [{ template: '【某】{address}{code}' }, 'sms.lines'],
  ])('%j: %s', (change, message) => {
    expect(composeSms({ ...parts, ...change }).issues).toMatchObject([{ message }]);
  });

  it('fills once: a value with braces stays as it is', () => {
    expect(composeSms({ ...parts, address: '{code}$&' }).text).toContain('{code}$&');
  });
});
