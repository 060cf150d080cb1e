/** What the command line says of itself, and of a line that it does not understand. */
import { describe, expect, it, test } from 'vitest';
import { displayWidth } from '../../src/cli/present.ts';
import { wrapText } from '../../src/cli/usage.ts';
import { run } from '../../src/cli/run.ts';
import { warningText } from '../../src/cli/warnings.ts';
import { availableLanguages, translator } from '../../src/texts/texts.ts';

async function said(lang: string, ...args: readonly string[]) {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await run(
    args,
    { LANG: lang },
    {
      input: process.stdin,
      write: (stream, bytes) => void (stream === 'out' ? out : err).push(String(bytes)),
    },
  );
  return { code, out: out.join(''), err: err.join('') };
}

describe.each([
  ['zh_CN.UTF-8', '命令：', '退出码：'],
  ['en_GB.UTF-8', 'Commands:', 'Exit codes:'],
])('%s', (lang, commands, last) => {
  test('every help fits a terminal of 80 columns, and is in one language', { timeout: 120_000 }, async () => {
    const todo: (readonly string[])[] = [[]];
    const wide: string[] = [];
    let screens = 0;
    for (let path = todo.shift(); path !== undefined; path = todo.shift()) {
      const { code, out, err } = await said(lang, ...path, '--help');
      expect([path, code, err]).toEqual([path, 0, '']);
      screens++;
      wide.push(...out.split('\n').filter((line) => displayWidth(line) > 80));
      if (lang.startsWith('zh')) expect(out).not.toMatch(/Usage:|Options:|display help|default:/);
      const list = out.split(`${commands}\n`)[1]?.split('\n\n')[0] ?? '';
      for (const [, name] of list.matchAll(/^ {2}([a-z][a-z-]*)/gm))
        if (name !== 'help') todo.push([...path, name!]);
    }
    expect(screens).toBeGreaterThan(100);
    expect(wide).toEqual([]);
    expect((await said(lang, '--help')).out).toContain(last);
  });
});

// As commander 14 says them; a sentence that it words otherwise would be shown as it is.
test.each([
  [['dance'], '没有命令 dance。'],
  [['rols'], '没有命令 rols。您要写的是不是 roll？'],
  [['rates', '--ass', 'x'], '没有选项 --ass。您要写的是不是 --as？'],
  [['summary'], '缺少参数 campaign。'],
  [['draw', '0123456789ab'], '缺少选项 --dice <digits>，必须写明。'],
  [['summary', '--county'], '选项 --county <code> 后面没有写内容。'],
  [['campaign', 'create', 'a', 'b'], '参数过多：最多 1 个，写了 2 个。含空格的内容请加引号。'],
  [['rates', 'NOT-AN-ID'], '参数 campaign 不能是“NOT-AN-ID”。例如：0123456789ab'],
  [
    ['summary', '0123456789ab', '--format', 'p. d\nf'],
    '选项 --format <format> 不能是“p. d\nf”。可以写：text | json | csv',
  ],
])('%j', async (args, sentence) => {
  expect(await said('zh_CN.UTF-8', ...args)).toEqual({
    ...{ code: 64, out: '' },
    err: `${sentence}\n加 --help 查看用法。\n`,
  });
});

test('a Chinese text is broken between characters, never before what closes', () => {
  expect(wrapText('密码从标准输入读取，每行一个', 10)).toBe('密码从标准\n输入读取，\n每行一个');
  expect(wrapText('写成“甲”，或者（乙）', 9)).toBe('写成\n“甲”，或\n者（乙）');
  expect(wrapText('one two\nthree', 5)).toBe('one\ntwo\nthree');
});

describe('a warning about a file', () => {
  it.each(availableLanguages)(
    'names the option that is its remedy here, and not the choice of a page: %s',
    (language) => {
      const rows = { message: 'roll.rows-hidden.read', params: { sheet: '名册', rows: 2 } };
      expect(warningText(translator(language), rows)).toMatch(/名册.* --skip-hidden/);
      const columns = { message: 'roll.columns-hidden', params: { sheet: '名册', count: 1, columns: 'B' } };
      expect(warningText(translator(language), columns)).toBe(
        translator(language)(columns.message, columns.params),
      );
    },
  );
});
