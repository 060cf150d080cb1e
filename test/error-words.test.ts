/** Errors in a reader's words: what the program has as one of a closed list is named as the pages name it. */
import { expect, test } from 'vitest';
import { AppError } from '../src/domain/errors.ts';
import { errorText } from '../src/cli/present.ts';
import { errorWords } from '../src/texts/error-words.ts';
import { translator } from '../src/texts/texts.ts';

const zh = translator('zh-CN');
test.each([
  ['codes.not-open', { state: 'draft' }, '“准备中”'],
  ['campaign.state', { from: 'released', to: 'closing' }, '“已发布”状态，不能变为“正在结束”'],
  ['proposal.state', { state: 'closed' }, '“已结束”'],
  ['import.state', { state: 'applied' }, '“已入库”'],
  ['roll.group-not-asked', { group: 'teacher' }, '“教师”'],
  // Not one of the list: as it is.
  ['roll.group-not-asked', { group: '' }, '“”'],
])('%s', (message, params, words) => {
  expect(errorWords(zh, message, params)).toContain(words);
});

test('an issue of an error, likewise', () => {
  const issues = [
    { path: 'questionnaires[1]', message: 'campaign.group-twice', params: { group: 'parent' } },
  ];
  expect(errorText(zh, new AppError('invalid', 'campaign.invalid', { issues }))).toContain('“家长”');
});
