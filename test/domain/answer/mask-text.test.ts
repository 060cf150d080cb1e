/** Numbers and names in comments, masked before anybody reads them. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { maskText } from '../../../src/domain/answer/mask-text.ts';

describe('numbers', () => {
  test.each([
    ['请回电13812345678，谢谢', '请回电＊＊＊＊，谢谢'],
    ['138 1234 5678', '＊＊＊＊'],
    ['１３８１２３４５６７８', '＊＊＊＊'],
    ['+86 138-1234-5678', '＊＊＊＊'],
    ['0571-88776655', '＊＊＊＊'],
    ['身份证 11010519491231002X。', '身份证 ＊＊＊＊。'],
    ['110105194912310021', '＊＊＊＊'],
    ['卡号 6222 0212 3456 7890 123', '卡号 ＊＊＊＊'],
    ['微信号：12345678', '微信号：＊＊＊＊'],
  ])('%s', (text, expected) => {
    expect(maskText(text)).toEqual({ text: expected, found: 1 });
  });

  test.each([
    '三年级 2 班 48 人，2026 年 9 月起作业到 22:30',
    '每学期收费 1200 元，超过 85 分',
    '2025-2026 学年',
    '100/80/60/0',
  ])('%s stays', (text) => {
    expect(maskText(text)).toEqual({ text, found: 0 });
  });

  test('no mobile number of any form is left', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^1[3-9]\d{9}$/),
        fc.constantFrom('', ' ', '-'),
        fc.constantFrom('', '电话', '。', '找我 '),
        (number, gap, before) => {
          const spaced = `${number.slice(0, 3)}${gap}${number.slice(3, 7)}${gap}${number.slice(7)}`;
          expect(maskText(`${before}${spaced}，`).text).not.toMatch(/\d{3}/);
        },
      ),
    );
  });
});

describe('names', () => {
  test.each([
    ['王小明老师打人', '＊＊＊老师打人'],
    ['希望李校长听一听', '希望＊校长听一听'],
    ['我叫张伟，孩子在三班', '我叫＊＊，孩子在三班'],
    ['班主任欧阳娜经常骂人', '班主任＊＊＊经常骂人'],
    // Surnames that are words too: an earlier list of words exempted whoever has one.
    ['高建国老师打人', '＊＊＊老师打人'],
    ['我叫方建国', '我叫＊＊＊'],
    ['方校长收钱', '＊校长收钱'],
    ['校长是文小军', '校长是＊＊＊'],
    ['提高王老师的待遇', '提高＊老师的待遇'],
  ])('%s', (text, expected) => {
    expect(maskText(text).text).toBe(expected);
  });

  test.each([
    '希望老师和校长多关心孩子',
    '全体老师都很负责',
    '学校安排老师值班',
    '高年级老师太少',
    '办学条件差距大，大班额仍未消除',
    '语文老师和学生家长沟通少',
    '提高老师待遇，对于老师和校长要公平',
    '地方教师少，高水平老师更少',
    '方便家长，安全第一，全县老师轮岗',
    '完成老师布置的作业',
    '要求高家长压力大，条件不全老师也少',
    '名册改成家长自己填，用于教师考核',
  ])('%s names nobody', (text) => {
    expect(maskText(text)).toEqual({ text, found: 0 });
  });
});
