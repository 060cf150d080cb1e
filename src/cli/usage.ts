/** Help and usage errors in the reader's language, wrapped with the width of Chinese characters in mind. */
import type { Command, Help, Option } from 'commander';
import type { Translate } from '../texts/texts.ts';
import { displayWidth, isWide } from './present.ts';

/** For a terminal that does not tell, and for a pipe. */
const usualColumns = 80;
/** Below this width a description is not wrapped. */
const least = 24;

export function explainIn(program: Command, t: Translate): void {
  const titles: Readonly<Record<string, string>> = {
    'Usage:': t('cli.help.usage'),
    'Arguments:': t('cli.help.arguments'),
    'Options:': t('cli.help.options'),
    'Commands:': t('cli.help.commands'),
  };
  const help: Partial<Help> = {
    minWidthToWrap: least,
    displayWidth,
    boxWrap: (text, columns) => (columns < least ? text : wrapText(text, columns)),
    styleTitle: (title) => titles[title] ?? title,
    optionDescription: (option: Option) =>
      shownDefault(option) === undefined
        ? option.description
        : t('cli.help.default', { text: option.description, value: shownDefault(option)! }),
  };
  program
    .configureHelp(help)
    .helpOption('-h, --help', t('cli.help.option'))
    .helpCommand('help [command]', t('cli.help.command'))
    .addHelpText('after', () => {
      const columns = process.stdout.isTTY ? process.stdout.columns : usualColumns;
      return `\n${wrapText(t('cli.environment'), columns)}`;
    });
}

function shownDefault({ defaultValue, required }: Option): string | number | undefined {
  const value: unknown = defaultValue;
  return required && (typeof value === 'number' || (typeof value === 'string' && value !== ''))
    ? value
    : undefined;
}

// No line begins with a closing character, or ends with an opening one.
const opening = '（“‘《【〔';
const closing = '，。；：、！？…）”’》】〕%';

/** Between words, and between Chinese characters. Existing line breaks stay. */
export function wrapText(text: string, columns: number): string {
  return text
    .split('\n')
    .map((line) => {
      const lines = [''];
      let used = 0;
      for (const piece of piecesOf(line)) {
        const width = displayWidth(piece.trimEnd());
        if (used > 0 && used + width > columns) {
          lines[lines.length - 1] = lines.at(-1)!.trimEnd();
          lines.push('');
          used = 0;
        }
        lines[lines.length - 1] += piece;
        used += displayWidth(piece);
      }
      return lines.join('\n').trimEnd();
    })
    .join('\n');
}

/** Unbreakable units, with the space after them. */
function piecesOf(line: string): readonly string[] {
  const pieces: string[] = [];
  let current = '';
  let before = '';
  for (const character of line) {
    const isBreak =
      before !== '' &&
      character !== ' ' &&
      !closing.includes(character) &&
      !opening.includes(before) &&
      (before === ' ' || isWide(before) || isWide(character) || opening.includes(character));
    if (isBreak) {
      pieces.push(current);
      current = '';
    }
    current += character;
    before = character;
  }
  return current === '' ? pieces : [...pieces, current];
}

/** Commander's own sentences with their parameters, for its version in package.json: a test goes through all of them. */
const sentences: readonly (readonly [RegExp, string, readonly string[]])[] = [
  [/^missing required argument '(.*)'$/, 'argument-missing', ['name']],
  [/^option '(.*)' argument missing$/, 'value-missing', ['option']],
  [/^required option '(.*)' not specified$/, 'option-missing', ['option']],
  [/^unknown option '(.*)'$/, 'option-unknown', ['option']],
  [/^unknown command '(.*)'$/, 'command-unknown', ['command']],
  [
    /^too many arguments(?: for '.*')?\. Expected (\d+) arguments? but got (\d+)\.$/,
    'too-many',
    ['expected', 'got'],
  ],
  [
    /^command-argument value '(.*)' is invalid for argument '(.*?)'\. (.*)$/s,
    'argument-wrong',
    ['value', 'name', 'expected'],
  ],
  [/^option '(.*?)' argument '(.*)' is invalid\. (.*)$/s, 'option-wrong', ['option', 'value', 'expected']],
];
const likely = /\n\(Did you mean (?:one of )?(.*)\?\)$/;

export function usageWords(t: Translate, said: string): string {
  const text = said.trim().replace(/^error: /, '');
  const meant = likely.exec(text)?.[1];
  const sentence = text.replace(likely, '');
  for (const [pattern, key, names] of sentences) {
    const found = pattern.exec(sentence);
    if (!found) continue;
    const params: Record<string, string> = {};
    names.forEach((name, i) => (params[name] = found[i + 1] ?? ''));
    const { expected } = params;
    if (expected !== undefined && key !== 'too-many')
      params['expected'] = t(`cli.usage.${expected.includes(' | ') ? 'choices' : 'example'}`, { expected });
    const words = t(`cli.usage.${key}`, params);
    return meant === undefined ? words : `${words}${t('cli.usage.meant', { meant })}`;
  }
  return text;
}
