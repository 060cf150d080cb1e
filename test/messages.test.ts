import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { availableLanguages, messageKeys, negotiateLanguage, translator } from '../src/messages/messages.ts';

const source = fileURLToPath(new URL('../src/', import.meta.url));

function* sourceFiles(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* sourceFiles(path);
    else if (entry.name.endsWith('.ts')) yield path;
  }
}

describe('messages', () => {
  test('every language has the same keys, with the same placeholders', () => {
    const [main, ...others] = availableLanguages;
    const placeholders = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort();
    for (const language of others) {
      expect([...messageKeys(language)].sort(), language).toEqual([...messageKeys(main!)].sort());
      for (const key of messageKeys(main!)) {
        expect(placeholders(translator(language)(key)), `${language} ${key}`).toEqual(
          placeholders(translator(main!)(key)),
        );
      }
    }
  });

  test('every key that an error of the program names has a text', () => {
    const missing: string[] = [];
    for (const file of sourceFiles(source)) {
      const text = readFileSync(file, 'utf8');
      for (const m of text.matchAll(/new AppError\(\s*'[a-z-]+',\s*'([\w.-]+)'/g)) {
        if (!messageKeys('zh-CN').includes(m[1]!)) missing.push(`${file.slice(source.length)}: ${m[1]}`);
      }
    }
    expect(missing).toEqual([]);
  });

  test('the language is negotiated, Chinese first', () => {
    expect(negotiateLanguage(undefined)).toBe('zh-CN');
    expect(negotiateLanguage('fr, en-GB;q=0.8')).toBe('en');
    expect(negotiateLanguage('en;q=0.1, zh;q=0.9')).toBe('zh-CN');
    expect(negotiateLanguage(';;;q=,,,')).toBe('zh-CN');
  });
});
