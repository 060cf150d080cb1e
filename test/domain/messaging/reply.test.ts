import { expect, test } from 'vitest';
import { isOptOut } from '../../../src/domain/messaging/reply.ts';

test.each([
  '退订',
  '退订。',
  '回复TD',
  'td',
  ' T ',
  'Ｔ',
  '“R”',
  '回复R',
  'N',
  'n.',
  '拒收',
  '请退订，谢谢！',
  '退订了',
  '不要再发了！',
  '取消订阅',
  'STOP',
  '0000',
])('%j asks for no more', (text) => expect(isOptOut(text)).toBe(true));

test.each([
  '',
  '好的',
  '已填',
  '收到，谢谢',
  'Thanks',
  'NO PROBLEM',
  '4A2Q7XK9M0',
  '怎么填？',
  'TT',
  '我是四年级家长，前几天就听说有人要退订，请问这个调查是真的吗',
])('%j says something else', (text) => expect(isOptOut(text)).toBe(false));
