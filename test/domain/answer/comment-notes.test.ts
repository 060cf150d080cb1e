import { expect, test } from 'vitest';
import { decideHide, foldNotes, notesOf, readableText } from '../../../src/domain/answer/comment-notes.ts';
import { topicsOf } from '../../../src/domain/answer/comment-topics.ts';

const entry = (action: string, details: Readonly<Record<string, unknown>>) => ({
  ...{ no: 1, at: 0, actor: 'a', role: 'inspector', via: 'web', campaign: null, county: null },
  ...{ action, details },
});

test('what is hidden by hand is hidden before numbers are looked for, overlaps included', () => {
  const body = '小胖子班里的王小明老师，电话13800001234';
  const spans = [...decideHide(body, '小胖子'), ...decideHide(body, '胖子班')];
  expect(readableText(body, spans)).toMatch(/^＊+里的＊+老师，电话＊+$/);
  for (const word of ['胖', '班里', '小明', '1380']) expect(readableText(body, spans)).not.toContain(word);
});

test('every place of a phrase is hidden', () => {
  expect(decideHide('甲乙甲乙甲', '甲')).toEqual([
    [0, 1],
    [2, 3],
    [4, 5],
  ]);
});

test('steps are folded in their order; what is not of a comment, or broken, is passed over', () => {
  const notes = foldNotes([
    entry('comment.hidden', { comment: 'a', spans: [[0, 2], ['x', 3], [1]] }),
    entry('comment.marked', { comment: 'a' }),
    entry('codes.export', { comment: 'a' }),
    entry('comment.hidden', { spans: [[0, 1]] }),
    entry('comment.shown', { comment: 'b' }),
  ]);
  expect(notesOf(notes, 'a')).toEqual({ hidden: [[0, 2]], isMarked: true });
  expect(notesOf(notes, 'b')).toEqual({ hidden: [], isMarked: false });
  expect(notesOf(notes, 'c')).toEqual({ hidden: [], isMarked: false });
});

test.each([
  ['作业太多，补课收费', ['regulation']],
  ['离学校太远，能不能加一班校车', ['proximity']],
  ['食堂的饭菜可以再热一些', ['conditions-gap']],
  ['挺好', []],
])('%s', (text, topics) => {
  expect(topicsOf(text)).toEqual(topics);
});
