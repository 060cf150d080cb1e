/** What the READMEs promise is there: variables, files, commands. The README at the root is also read by people in a hurry. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { exitCodes } from '../src/cli/exit-codes.ts';
import { run } from '../src/cli/run.ts';
import { variables } from '../src/config.ts';
import { translator } from '../src/texts/texts.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const readme = read('README.md');
const files = ['src', 'test', 'migrations', 'survey-templates', '.github'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
);
const texts = [
  'README.md',
  'OPERATING.md',
  'CHANGELOG.md',
  ...files.filter((file) => file.endsWith('.md')),
].map((file) => ({
  file,
  text: read(file),
}));

/** `*` stands for a part of a name, `**` for folders. */
function isThere(pattern: string): boolean {
  if (!pattern.includes('*')) return existsSync(join(root, pattern));
  const source = pattern
    .replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll(/\*+/g, (stars) => (stars === '*' ? '[^/]*' : '.*'));
  const whole = new RegExp(`^${source}$`);
  return files.some((file) => whole.test(file));
}

test('the README lists every variable of the environment, with its default and what the program says of it', () => {
  const plain = (text: string) => text.replaceAll('`', '').trim();
  const t = translator('en');
  const rows = [...readme.matchAll(/^\| `([A-Z_]+)` +\|([^|]*)\|([^|]*)\|$/gm)].map(
    ([, name, value, what]) => ({
      name: name!,
      fallback: plain(value!).replace('–', ''),
      what: plain(what!),
    }),
  );
  const byName = <T extends { readonly name: string }>(list: readonly T[]) =>
    list.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  expect(byName(rows)).toEqual(
    byName(
      variables.map(({ name, fallback, description }) => ({ name, fallback, what: plain(t(description)) })),
    ),
  );
});

test('the unit of systemd is tried again after a fault, but not after a wrong setting', () => {
  const unit = /```ini\n([^`]+)```/.exec(readme)?.[1];
  // Five starts within ten seconds are the last, unless there is time between them.
  expect(unit).toContain('Restart=on-failure\nRestartSec=5\n');
  expect(unit).toContain(`RestartPreventExitStatus=${exitCodes.config}\n`);
  // A core file and swap would hold keys.
  expect(unit).toContain('LimitCORE=0\nMemorySwapMax=0\n');
});

describe.each(texts)('$file', ({ file, text }) => {
  test('links lead to files and headings that are there', () => {
    const missing: string[] = [];
    for (const [, link] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      const [path = '', heading] = link!.split('#');
      if (/^https?:|^mailto:/.test(link!)) continue;
      const target = path === '' ? file : join(dirname(file), path);
      if (!existsSync(join(root, target))) missing.push(link!);
      else if (heading !== undefined) {
        const anchors = [...read(target).matchAll(/^#+ (.*)$/gm)].map(([, title]) =>
          title!
            .toLowerCase()
            .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
            .replaceAll(' ', '-'),
        );
        if (!anchors.includes(heading)) missing.push(link!);
      }
    }
    expect(missing).toEqual([]);
  });

  test('files and scripts that it names are there', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const missing: string[] = [];
    const places = [
      '',
      'src',
      'src/storage',
      'src/storage/sqlite',
      'src/storage/postgres',
      'test',
      'src/domain',
      'src/domain/scoring',
      dirname(file),
    ];
    for (const [, name] of text.matchAll(/`((?:[\w.-]+\/)+[\w.*-]+\.(?:ts|mjs|md|json|sql))`/g))
      if (name!.split('/')[0] !== 'dist' && !places.some((place) => isThere(join(place, name!))))
        missing.push(name!);
    for (const [, name] of text.matchAll(/npm run ([\w:-]*\w)(?![:\w])/g))
      if (scripts[name!] === undefined) missing.push(name!);
    expect(missing).toEqual([]);
  });
});

test('each folder has its row in the overview', () => {
  const overview = read('src/README.md');
  const named = ['', 'domain', 'storage', 'http'].flatMap((above) =>
    readdirSync(join(root, 'src', above), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(above, entry.name)),
  );
  expect(named.filter((folder) => !overview.includes(`\`${folder}/`))).toEqual([]);
});

test('commands that they name are there', async () => {
  const said: string[] = [];
  await run(
    ['--help'],
    { LANG: 'en_GB.UTF-8' },
    { input: process.stdin, write: (_, bytes) => void said.push(String(bytes)) },
  );
  const commands = [...said.join('').matchAll(/^ {2}([a-z][a-z-]*)/gm)].map(([, name]) => name!);
  // The evidence log's format has words of its own behind the program's name.
  const named = texts
    .filter(({ file }) => !file.startsWith('src/domain/evidence/'))
    .flatMap(({ text }) => [...text.matchAll(/(?:`|^)manyi ([a-z][a-z-]*)/gm)].map(([, name]) => name!));
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((name) => !commands.includes(name))).toEqual([]);
});

test.each(['README.md', 'OPERATING.md'])('no sentence of %s has more than 30 words', (file) => {
  const prose = read(file).replaceAll(/```[\s\S]*?```/g, '');
  const blocks = prose
    .split(/\n\s*\n|\n(?=\s*(?:[-*]|\d+\.) )|\n(?=\|)/)
    .flatMap((block) => (block.startsWith('|') ? block.split('|') : [block]));
  const sentences = blocks.flatMap((block) =>
    block
      .replaceAll(/`[^`]*`/g, 'X')
      .replaceAll(/\]\([^)]*\)/g, ']')
      .replaceAll(/\s+/g, ' ')
      .split(/(?<=[.!?:;]\**) (?=[A-Z*([])/),
  );
  const words = (sentence: string) => sentence.match(/[\p{L}\p{N}][\p{L}\p{N}'’./,%-]*/gu)?.length ?? 0;
  expect(sentences.filter((sentence) => words(sentence) > 30)).toEqual([]);
});
