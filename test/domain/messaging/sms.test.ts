import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { countSegments } from '../../../src/domain/messaging/segments.ts';
import { composeSms, defaultSmsTemplates } from '../../../src/domain/messaging/sms-text.ts';
import { readReference } from '../../support/reference.ts';

describe('countSegments', () => {
  const cases = JSON.parse(readReference('sms/segments.json')) as {
    name: string;
    text: string;
    encoding: string;
    segments: number;
  }[];
  it('agrees with three libraries', () => {
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
  const template = '请访问 {address} 输入答题码{code}。';
  const every = Object.entries(defaultSmsTemplates);

  it.each(every)('the default %s fits in one segment', (_, templates) => {
    const sms = composeSms({ ...parts, templates });
    expect(sms).toMatchObject({ segments: 1, issues: [], template: templates[0] });
    expect(sms.text.startsWith('【某县教育督导室】')).toBe(true);
    expect(sms.text).toContain('AB3D-E5FG-HJ');
  });

  // 17 characters and a real address: 81 units with the first text.
  it.each(every)('a shorter %s is taken for a full official name', (_, templates) => {
    const official = { signature: '临江市人民政府教育督导委员会办公室', address: 'diaocha.linjiang.gov.cn' };
    const sms = composeSms({ ...official, code: '0123456789', templates });
    expect(sms).toMatchObject({ segments: 1, issues: [] });
    expect(sms.template).not.toBe(templates[0]);
    expect(composeSms({ ...official, code: '0123456789', templates: [templates[0]] }).issues).toMatchObject([
      { message: 'sms.long' },
    ]);
  });

  it('counts what is too long, without cutting it', () => {
    const sms = composeSms({ ...parts, templates: [template], address: 'a'.repeat(60) + '.gov.cn' });
    expect(sms.issues).toMatchObject([
      { message: 'sms.long', params: { length: sms.text.length, max: 70, over: sms.text.length - 70 } },
    ]);
  });

  it.each([
    [{ signature: '' }, 'sms.signature'],
    [{ signature: 'a】b' }, 'sms.signature'],
    [{ templates: ['编号{code}'] }, 'sms.placeholder'],
    [{ templates: ['请填 {address} {code}{code}'] }, 'sms.placeholder'],
    [{ templates: ['请填 {address} \n{code}'] }, 'sms.lines'],
    [{ templates: ['【某】 {address} {code}'] }, 'sms.lines'],
    [{ templates: ['{name}您好，请访问 {address} {code}'] }, 'sms.variable'],
    [{ templates: ['请访问 {address} ｛code｝{code}'] }, 'sms.variable'],
    [{ templates: ['请访问 {address} {code} }'] }, 'sms.variable'],
  ] as const)('%j: %s', (change, message) => {
    expect(composeSms({ ...parts, templates: [template], ...change }).issues).toMatchObject([{ message }]);
  });

  it.each([
    ['请访问{address} 输入{code}', '问'],
    ['请访问 {address}输入{code}', '输'],
    ['请访问：{address} 输入{code}', '：'],
    ['请访问 {address}，输入{code}', '，'],
    ['visit{address} code {code}', 't'],
    ['visit {address}2 code {code}', '2'],
    ['{code}{address} ', '{code}'],
    [' {address}{code}', '{code}'],
    ['{address} {code}', '】'],
  ])('%s: the address touches %s', (touching, text) => {
    expect(composeSms({ ...parts, templates: [touching] }).issues).toMatchObject([
      { message: 'sms.address-touches', params: { text } },
    ]);
  });

  it.each([
    '请访问 {address} 答题码{code}',
    '请访问 https://{address}/ 答题码{code}',
    'Visit ({address}), code {code}',
    '答题码{code}，请访问\u3000{address}',
  ])('%s: the address stands apart', (apart) => {
    expect(composeSms({ ...parts, templates: [apart] }).issues).toEqual([]);
  });

  it('fills once: a value with braces stays as it is', () => {
    expect(composeSms({ ...parts, templates: [template], address: '{code}$&' }).text).toContain('{code}$&');
  });
});
