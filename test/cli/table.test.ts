/** Tables in a terminal of some width, and in a pipe. */
import { expect, test } from 'vitest';
import { displayWidth } from '../../src/cli/present.ts';
import { table } from '../../src/cli/table.ts';

const header = ['登录名', '角色', '县', '密码'];
const rows = [
  ['admin', '管理员', '', 'xzywh-ka7v4-a8qqb-spmbe'],
  ['inspector', '督学', '990101 990102 990103 990104', '3_ufk-dw6db-8asrc-pqfbw'],
];
const whole = [
  '登录名     角色    县                           密码',
  'admin      管理员                               xzywh-ka7v4-a8qqb-spmbe',
  'inspector  督学    990101 990102 990103 990104  3_ufk-dw6db-8asrc-pqfbw',
].join('\n');

test('a pipe, and a terminal that is wide enough, get one line a row', () => {
  expect(table(header, rows)).toBe(whole);
  expect(table(header, rows, 71)).toBe(whole);
});

test('the longest text is broken into lines where the rest leaves room for it', () => {
  expect(table(header, rows, 70)).toBe(
    [
      '登录名     角色    县                          密码',
      'admin      管理员                              xzywh-ka7v4-a8qqb-spmbe',
      'inspector  督学    990101 990102 990103        3_ufk-dw6db-8asrc-pqfbw',
      '                   990104',
    ].join('\n'),
  );
});

test('else each row is a block, without what is empty', () => {
  expect(table(header, rows, 60)).toBe(
    [
      '登录名  admin',
      '角色    管理员',
      '密码    xzywh-ka7v4-a8qqb-spmbe',
      '',
      '登录名  inspector',
      '角色    督学',
      '县      990101 990102 990103 990104',
      '密码    3_ufk-dw6db-8asrc-pqfbw',
    ].join('\n'),
  );
});

test('whatever the width, nothing is wider than the terminal, and nothing is lost', () => {
  const long = [
    [
      '1',
      '2026-05-12 10:00',
      '实验县调查操作员',
      '把抽样名册中的重复人员标为无效，理由：学校合并后一人登记了两次',
      'a b c',
    ],
    ['2', '2026-05-12 10:01', 'A', 'x', ''],
  ];
  const letters = (text: string) => [...text.replaceAll(/\s/g, '')].sort().join('');
  for (let columns = 40; columns < 120; columns++) {
    const shown = table(['序号', '时间', '谁', '内容', '其他'], long, columns);
    expect(Math.max(...shown.split('\n').map(displayWidth))).toBeLessThanOrEqual(columns);
    for (const cell of long.flat()) for (const c of letters(cell)) expect(shown).toContain(c);
  }
  expect(table(['a'], [], 40)).toBe('a');
});
