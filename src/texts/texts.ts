/**
 * Texts shown to people: one folder per language, one flat JSON file per noun, `{placeholder}`s filled from parameters
 * (`fill.ts`). Adding a language is adding a folder. A key without a text in the language falls back to the main language, then
 * to the key itself.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { AppError, type MessageParams } from '../domain/errors.ts';
import type { Language } from '../domain/model/vocabulary.ts';
import { fillText } from './fill.ts';

export const mainLanguage: Language = 'zh-CN';
const fileSchema = z.record(z.string(), z.string());

/** @throws AppError config `config.messages-file` */
function load(root: URL): ReadonlyMap<Language, ReadonlyMap<string, string>> {
  const all = new Map<Language, ReadonlyMap<string, string>>();
  for (const folder of readdirSync(root, { withFileTypes: true })) {
    if (!folder.isDirectory()) continue;
    const texts = new Map<string, string>();
    for (const file of readdirSync(new URL(`${folder.name}/`, root))) {
      const place = `${folder.name}/${file}`;
      for (const [key, text] of Object.entries(readTexts(new URL(place, root), place))) {
        if (texts.has(key)) throw fileFault(place, new Error(`${key} stands twice`));
        texts.set(key, text);
      }
    }
    all.set(folder.name, texts);
  }
  return all;
}

function readTexts(url: URL, file: string): Readonly<Record<string, string>> {
  try {
    return fileSchema.parse(JSON.parse(readFileSync(url, 'utf8')));
  } catch (cause) {
    throw fileFault(file, cause);
  }
}

function fileFault(file: string, cause: unknown): AppError {
  return new AppError('config', 'config.messages-file', { params: { name: 'MESSAGES_DIR', file }, cause });
}

const texts = new Map(load(new URL('./', import.meta.url)));
const available: Language[] = [];

/** Languages that have a folder, the main one first. */
export const availableLanguages: readonly Language[] = available;

function listLanguages(): void {
  const sorted = [...texts.keys()].sort((a, b) =>
    a === mainLanguage ? -1 : b === mainLanguage ? 1 : a < b ? -1 : 1,
  );
  available.splice(0, available.length, ...sorted);
}
listLanguages();

/**
 * Further languages of an installation, before anything is served. What they leave out is shown in the main language.
 * @returns the keys that no page asks for, each with its language
 * @throws AppError config `config.folder-unreadable`, `config.messages-none`, `config.messages-file`
 */
export function addMessages(root: URL): readonly string[] {
  const value = fileURLToPath(root).replace(/(?<=.)\/$/, '');
  const params = { name: 'MESSAGES_DIR', value };
  let added: ReturnType<typeof load>;
  try {
    added = load(root);
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError('config', 'config.folder-unreadable', { params, cause });
  }
  if (added.size === 0) throw new AppError('config', 'config.messages-none', { params });
  const known = texts.get(mainLanguage);
  const unknown: string[] = [];
  for (const [language, own] of added) {
    for (const key of own.keys()) if (known?.has(key) !== true) unknown.push(`${language}: ${key}`);
    texts.set(language, new Map([...(texts.get(language) ?? []), ...own]));
  }
  listLanguages();
  return unknown;
}

export type Translate = (key: string, params?: MessageParams) => string;

export function translator(language: Language): Translate {
  const own = texts.get(language);
  const main = texts.get(mainLanguage);
  return (key, params) => {
    const text = own?.get(key) ?? main?.get(key) ?? key;
    return params === undefined ? text : fillText(text, params);
  };
}

/** The keys of a language, for the test that all languages have the same. */
export function messageKeys(language: Language): readonly string[] {
  return [...(texts.get(language)?.keys() ?? [])];
}

/** The best of the offered languages for an Accept-Language header; the first one if none is requested. */
export function negotiateLanguage(
  header: string | undefined,
  offered: readonly Language[] = availableLanguages,
): Language {
  const wanted = (header ?? '')
    .split(',')
    .map((part) => {
      const [tag = '', ...rest] = part.trim().split(';');
      const q = rest.map((r) => /^\s*q=([\d.]+)$/.exec(r)?.[1]).find((x) => x !== undefined);
      return { tag: tag.toLowerCase(), q: q === undefined ? 1 : Number(q) };
    })
    .filter((w) => w.q > 0)
    .sort((a, b) => b.q - a.q);
  for (const { tag } of wanted) {
    const exact = offered.find((l) => l.toLowerCase() === tag);
    if (exact) return exact;
    const base = offered.find((l) => l.toLowerCase().split('-')[0] === tag.split('-')[0]);
    if (base) return base;
  }
  return offered[0] ?? mainLanguage;
}
