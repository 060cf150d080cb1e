import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createShell, type Shell } from './support.ts';

const templates = fileURLToPath(new URL('../../survey-templates/', import.meta.url));
let shell: Shell;
beforeAll(() => {
  shell = createShell();
});
afterAll(() => shell.remove());

function changed(name: string, change: (document: any) => void): string {
  const document: unknown = JSON.parse(readFileSync(join(templates, name), 'utf8'));
  change(document);
  const path = join(shell.folder, name.replace(/.*\//, ''));
  writeFileSync(path, JSON.stringify(document));
  return path;
}

describe('template check', { timeout: 180_000 }, () => {
  test('what ships is correct, questionnaires and profiles', async () => {
    const names = ['2012', '2017'].flatMap((year) =>
      ['parent', 'teacher', 'principal', 'deputy', 'public'].map((n) => `${n}-${year}.json`),
    );
    names.push('profiles/basic-2012.json', 'profiles/open-link-2024.json', 'profiles/basic-2012-county.json');
    const ran = await shell.run(['template', 'check', ...names.map((n) => join(templates, n))]);
    expect(ran.code).toBe(0);
    expect(ran.out.match(/: correct/g)).toHaveLength(names.length);
  });

  test('the templates of before November 2026: what the set leaves out, by group and item; exit code 1', async () => {
    const old = fileURLToPath(new URL('../fixtures/questionnaires/until-2026/', import.meta.url));
    const names = ['parent', 'teacher', 'principal', 'deputy', 'public'];
    const files = names.map((n) => join(old, `${n}.json`));
    const ran = await shell.run(['template', 'check', '--regime', 'basic-2012', ...files, '--lang', 'zh-CN']);
    expect(ran.code).toBe(1);
    const lines = ran.out.split('\n');
    const left = lines
      .filter((l) => l.includes('漏了'))
      .map((l) => /(\w+)\.json.*：(\S+)（/.exec(l)!.slice(1));
    expect(left).toEqual([
      ['teacher', '就近入学'],
      ['teacher', '校际教师队伍差距'],
      ['principal', '就近入学'],
      ['principal', '校际办学条件差距'],
      ['principal', '校际教师队伍差距'],
      ['deputy', '政府努力程度'],
    ]);
    for (const finding of ['一字不差', '问了两件事', '与满意量表不配', '没有尾句', '不在最前面'])
      expect(ran.out).toContain(finding);
  });

  test('file, item and remedy of each fault; exit code 1', async () => {
    const questionnaire = changed('parent-2012.json', (d) => {
      delete d.items[3].dimension;
      delete d.items[4].text.en;
      d.items[5].id = d.items[6].id;
    });
    const profile = changed('profiles/basic-2012.json', (d) => {
      d.official = 'no-such-formula';
    });
    const broken = join(shell.folder, 'broken.json');
    writeFileSync(broken, '{ "id": ');
    const absent = join(shell.folder, 'absent.json');
    const ran = await shell.run(['template', 'check', questionnaire, profile, broken, absent]);
    expect(ran.code).toBe(1);
    const lines = ran.out.split('\n');
    expect(lines.some((l) => l.startsWith(`${questionnaire}: items[3]`) && l.includes('curriculum'))).toBe(
      true,
    );
    expect(lines.some((l) => l.startsWith(profile) && l.includes('no-such-formula'))).toBe(true);
    expect(lines.some((l) => l.startsWith(broken) && l.includes('JSON') && l.includes('line 1'))).toBe(true);
    expect(lines.some((l) => l.startsWith(absent) && l.includes('cannot be read'))).toBe(true);
    expect(ran.out + ran.err).not.toMatch(/\bat .*\.ts:/);
  });

  test('in Chinese, and as JSON', async () => {
    const path = changed('parent-2012.json', (d) => {
      delete d.items[3].dimension;
    });
    const chinese = await shell.run(['template', 'check', path, '--lang', 'zh-CN']);
    expect(chinese.out).toMatch(/有 \d+ 处要改/);
    const json = (await shell.run(['template', 'check', path, '--json'])).json();
    expect(json[0]).toMatchObject({ ok: false, kind: 'questionnaire' });
    expect(json[0].issues[0].path).toContain('items[3]');
  });
});

describe('wrong use', { timeout: 180_000 }, () => {
  test('wrong environment: each variable named, exit code 11, no stack', async () => {
    const ran = await shell.run(['audit'], {
      env: { PORT: 'eighty', KEY_DIR: join(shell.folder, 'data', 'keys') },
    });
    expect(ran.code).toBe(11);
    expect(ran.err).toContain('PORT');
    expect(ran.err).not.toMatch(/\bat .*\.ts:/);
    const inside = await shell.run(['audit'], { env: { KEY_DIR: join(shell.folder, 'data', 'keys') } });
    expect(inside.code).toBe(11);
    expect(inside.err).toContain('KEY_DIR');
  });

  test('unknown command, missing option, wrong value: exit code 64; no database: 5', async () => {
    expect((await shell.run(['dance'])).code).toBe(64);
    expect((await shell.run(['draw', '0123456789ab'])).code).toBe(64);
    expect((await shell.run(['rates', 'NOT-AN-ID', '--as', 'x'])).code).toBe(64);
    expect((await shell.run(['audit'])).code).toBe(5);
    expect((await shell.run(['--help'])).out).toContain('DATA_DIR');
  });
});

test(
  'a version is added and withdrawn, by whoever may; a file with a fault is refused with its line',
  { timeout: 180_000 },
  async () => {
    const secret = 'first chief of all';
    const made = await shell.run(['admin', 'create', 'chief', '--password-stdin'], { input: `${secret}\n` });
    expect(made.code).toBe(0);
    const as = (...args: readonly string[]) =>
      shell.run(['--as', 'chief', '--json', 'template', ...args], { env: { MANYI_PASSWORD: secret } });
    const ours = changed('parent-2017.json', (d) => {
      d.title.en = 'Ours';
    });
    const added = await as('add', ours, '--note', 'A title of our own');
    expect(added.err).toBe('');
    expect(added.json()).toMatchObject({ key: '1', title: 'Ours', stored: { version: 1, addedBy: 'chief' } });
    const broken = changed('parent-2012.json', (d) => delete d.items[0].text);
    expect((await as('add', broken)).err).toContain('line 1');
    expect((await as('withdraw', '1', '--reason', 'A slip in it')).json()).toMatchObject({
      stored: { withdrawn: { by: 'chief', reason: 'A slip in it' } },
    });
  },
);
