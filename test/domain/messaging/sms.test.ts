import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { countSegments, splitSegments } from '../../../src/domain/messaging/segments.ts';
import {
  checkForChannel,
  composeSms,
  createSmsFiller,
  defaultSmsTemplates,
  fillSms,
  formatClosing,
} from '../../../src/domain/messaging/sms-text.ts';
import type { ChannelCapabilities } from '../../../src/domain/messaging/channel.ts';
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

  it('cuts a text into as many parts as it counts, in the same alphabet', () => {
    const character = fc.constantFrom('a', '€', '家', '😀', 'ç', '[');
    fc.assert(
      fc.property(fc.array(character, { maxLength: 180 }), (characters) => {
        const text = characters.join('');
        const { encoding, parts } = splitSegments(text);
        expect(parts.join('')).toBe(text);
        expect(countSegments(text)).toMatchObject({ encoding, segments: parts.length });
      }),
    );
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
  const dated = { county: '某县', closes: '12月5日18时' };
  const parts = { ...dated, signature: '某县督导室', address: 'my.example.gov.cn', code: '0123456789' };
  const template = '请访问 {address} 输入答题码{code}。';
  const every = Object.entries(defaultSmsTemplates);

  it.each(every)('the default %s fits in one segment, with the closing time', (_, templates) => {
    const short = composeSms({ ...parts, address: 'dc.x.gov.cn', signature: '督导办', templates });
    expect(short).toMatchObject({ segments: 1, issues: [], template: templates[0] });
    const sms = composeSms({ ...parts, templates });
    expect(sms).toMatchObject({ segments: 1, issues: [] });
    expect(sms.text).toContain('12月5日18时');
    expect(sms.text.startsWith('【某县督导室】')).toBe(true);
    expect(sms.text).toContain('0123456789');
  });

  // 17 characters and a real address: 81 units with the first text.
  it.each(every)('a shorter %s is taken for a full official name', (_, templates) => {
    const official = {
      ...dated,
      signature: '临江市人民政府教育督导委员会办公室',
      address: 'diaocha.linjiang.gov.cn',
    };
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

  it('fills a text taken apart once like any other, whatever stands in it', () => {
    const piece = fc.constantFrom(
      '{code}',
      '{答题码}',
      '{address}',
      '{网址}',
      '{county}',
      '{closes}',
      '{',
      '}',
      '问',
      ' ',
    );
    const value = fc.constantFrom('', '{code}', '甲县', '$&');
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 8 }),
        fc.record({ signature: value, county: value, closes: value, address: value }),
        (pieces, values) => {
          const fill = createSmsFiller(pieces.join(''), values);
          for (const code of ['0123456789', 'ABC'])
            expect(fill(code)).toBe(fillSms(pieces.join(''), { ...values, code }));
        },
      ),
    );
  });

  it('fills county and closing time, in English braces or Chinese ones', () => {
    const sms = composeSms({ ...parts, templates: ['{县区}{closes}前： {网址} 答题码{答题码}'] });
    expect(sms.text).toBe('【某县督导室】某县12月5日18时前： my.example.gov.cn 答题码0123456789');
    expect(sms).toMatchObject({ issues: [], warnings: [], hasPersonalLink: false });
    expect(fillSms(sms.template, { ...parts, code: '9876543210' })).toBe(
      sms.text.replace('0123456789', '9876543210'),
    );
  });

  it.each([
    ['也可访问 t.cn/A6x 答题', 'sms.shortener', 't.cn'],
    ['也可访问 https://Bit.ly/x 答题', 'sms.shortener', 'bit.ly'],
    ['也可访问 ｔ．ｃｎ 答题', 'sms.shortener', 't.cn'],
    ['也可访问 www.wjx.cn 答题', 'sms.foreign-address', 'www.wjx.cn'],
    ['也可访问 x.my.example.gov.cn 答题', 'sms.foreign-address', 'x.my.example.gov.cn'],
    ['也可访问 my.example.gov.cn.evil.com 答题', 'sms.foreign-address', 'my.example.gov.cn.evil.com'],
    ['也可访问 10.0.0.1 答题', 'sms.foreign-address', '10.0.0.1'],
    ['也可访问 xn--fiqs8s.xn--fiqs8s 答题', 'sms.foreign-address', 'xn--fiqs8s.xn--fiqs8s'],
    ['也可访问 满意度.中国 答题', 'sms.foreign-address', '满意度.中国'],
  ])('%s: %s %s', (words, message, text) => {
    expect(
      composeSms({ ...parts, signature: '某', templates: [` {address} {code} ${words}`] }).issues,
    ).toMatchObject([{ message, params: { text } }]);
  });

  it('takes no date, version or own address for a foreign one', () => {
    const text = '12.5前答 https://{address}/ my.example.gov.cn {code}';
    expect(composeSms({ ...parts, templates: [text] }).issues).toEqual([]);
  });

  it('refuses a shortener as the configured address', () => {
    expect(composeSms({ ...parts, templates: [template], address: 'dwz.cn/x' }).issues).toMatchObject([
      { path: 'address', message: 'sms.shortener' },
    ]);
  });

  it('warns of words that vendors reject, and of other words for the code', () => {
    const { issues, warnings } = composeSms({ ...parts, templates: ['免费领取红包 {address} 验证码{code}'] });
    expect(issues).toEqual([]);
    expect(warnings).toEqual([
      { path: 'template', message: 'sms.code-word', params: { text: '验证码' } },
      { path: 'template', message: 'sms.word.marketing', params: { words: '免费' } },
      { path: 'template', message: 'sms.word.lure', params: { words: '红包、领取' } },
    ]);
  });

  it('a channel with registered texts takes those alone, signature and all, whatever the variables are called', () => {
    const registered = { signature: '督导办', texts: ['满意度调查 {网址} 答题码{code}'] };
    const channel = { name: 'aliyun', capabilities: strict, registered };
    const issuesOf = (template: string, signature = '督导办') => {
      const own = { ...parts, address: 'dc.x.gov.cn', signature };
      return checkForChannel(composeSms({ ...own, templates: [template] }), channel, own).issues.map(
        (i) => i.message,
      );
    };
    expect(issuesOf('满意度调查 {address} 答题码{答题码}')).toEqual([]);
    expect(issuesOf('满意度调查 {address} 答题码 {code}')).toEqual(['sms.channel.unregistered']);
    expect(issuesOf('满意度调查 {address} 答题码{code}', '教育局')).toEqual(['sms.channel.unregistered']);
  });

  it('no default text is warned of, at any channel', () => {
    for (const [, templates] of every)
      for (const text of templates) {
        const sms = composeSms({ ...parts, address: 'dc.x.gov.cn', signature: '督导办', templates: [text] });
        expect([text, sms.warnings]).toEqual([text, []]);
        for (const name of ['aliyun', 'tencent'])
          expect(checkForChannel(sms, { name, capabilities: strict })).toEqual({ issues: [], warnings: [] });
      }
  });

  const strict: ChannelCapabilities = {
    personalLink: false,
    variableLength: false,
    maxSegments: 1,
    optOutText: 'forbidden',
    window: undefined,
    receipts: true,
    templateIds: true,
    perSecond: 1,
    idempotent: false,
  };
  it.each([
    ['请访问 {address}/s/{code}', 'sms.channel.link'],
    ['请访问 {address} 答题码{code}，退订回T', 'sms.channel.opt-out-forbidden'],
    ['请访问 {address} 答题码{code}' + '。'.repeat(70), 'sms.channel.segments'],
  ])('a channel that forbids it refuses %s', (text, message) => {
    const sms = composeSms({ ...parts, templates: [text] });
    expect(checkForChannel(sms, { name: 'aliyun', capabilities: strict }).issues).toMatchObject([
      { message },
    ]);
    expect(checkForChannel(sms, { name: 'smpp', capabilities: free }).issues).toEqual([]);
  });
  const free: ChannelCapabilities = { ...strict, personalLink: true, maxSegments: 9, optOutText: 'free' };

  it('a channel that wants an opt-out at the end gets it there', () => {
    const channel = { name: 'http', capabilities: { ...free, optOutText: 'required' as const } };
    const check = (text: string) =>
      checkForChannel(composeSms({ ...parts, templates: [text] }), channel).issues;
    expect(check('请访问 {address} 答题码{code}。拒收请回复R')).toEqual([]);
    expect(check('拒收请回复R 请访问 {address} 答题码{code}')).toMatchObject([
      { message: 'sms.channel.opt-out-required' },
    ]);
  });
});

describe('formatClosing', () => {
  // China has had UTC+8 all year since 1991.
  it.each([
    ['2026-12-05T18:00:00+08:00', '12月5日18时'],
    ['2026-12-05T17:30:00+08:00', '12月5日17时30分'],
    ['2026-12-06T00:00:00+08:00', '12月5日24时'],
    ['2027-01-01T00:00:00+08:00', '12月31日24时'],
    ['2027-01-01T00:05:00+08:00', '1月1日0时5分'],
  ])('%s is %s', (at, text) => expect(formatClosing(Date.parse(at))).toBe(text));
});
