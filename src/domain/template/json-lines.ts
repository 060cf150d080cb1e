/**
 * Parses JSON with the line of each part: a person who corrects a file looks for lines, not for `items[3].text`. JSON.parse gives
 * neither the position of a part nor, on every version of Node, the line of a syntax error; nor does it detect repeated names in
 * one object.
 */
import type { Issue } from '../errors.ts';

export interface JsonText {
  readonly value: unknown;
  /** Line of a path as in `Issue.path`, from 1; for a missing part, that of its parent. */
  readonly lineOf: (path: string) => number;
  /** Repeated names in one object: the last would silently win. */
  readonly repeated: readonly Issue[];
}

/** Deeper than any document; deeper input would exhaust the stack. */
const deepest = 60;
const space = /[\x20\t\n\r]*/y;
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const string = /"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const word = /true|false|null/y;

class Slip extends Error {
  constructor(
    readonly at: number,
    readonly key: string,
  ) {
    super(key);
  }
}

/** Member names as in the paths of issues. */
const step = (name: string): string => name.slice(0, 60);
/** `items[3].text` → `items[3]` → `items` → empty */
const parentOf = (path: string): string =>
  path.slice(
    0,
    path.endsWith(']')
      ? Math.max(0, path.lastIndexOf('['))
      : Math.max(0, path.lastIndexOf('.'), path.lastIndexOf(']') + 1),
  );

/** JSON with the line of each value, so that a fault can be shown at its line. */
export function readJsonText(
  source: string,
): { readonly ok: true; readonly json: JsonText } | { readonly ok: false; readonly issue: Issue } {
  const text = source.replace(/^\ufeff/, '');
  const starts: number[] = [0];
  for (let i = text.indexOf('\n'); i !== -1; i = text.indexOf('\n', i + 1)) starts.push(i + 1);
  const lineAt = (offset: number): number => {
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  };
  const places = new Map<string, number>();
  const repeated: Issue[] = [];
  let at = 0;

  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) at += found.length;
    return found;
  };
  const slip = (key: string): never => {
    throw new Slip(at, key);
  };
  const name = (): string => {
    const found = take(string);
    return found === undefined ? slip(text[at] === '"' ? 'string' : 'name') : (JSON.parse(found) as string);
  };

  function read(path: string, depth: number): unknown {
    if (depth > deepest) slip('deep');
    take(space);
    places.set(path, at);
    if (text[at] === '{') return readObject(path, depth);
    if (text[at] === '[') return readArray(path, depth);
    const found = take(string) ?? take(number) ?? take(word);
    if (found === undefined) return slip(text[at] === '"' ? 'string' : at >= text.length ? 'end' : 'value');
    return JSON.parse(found);
  }
  function readObject(path: string, depth: number): Record<string, unknown> {
    const members: [string, unknown][] = [];
    const seen = new Set<string>();
    at += 1;
    take(space);
    if (text[at] !== '}')
      for (;;) {
        take(space);
        const start = at;
        const key = name();
        take(space);
        if (text[at] !== ':') slip('colon');
        at += 1;
        const own = `${path}${path === '' ? '' : '.'}${step(key)}`;
        if (seen.has(key))
          repeated.push({
            path: own,
            message: 'template.repeated-name',
            params: { name: step(key), line: lineAt(start) },
          });
        seen.add(key);
        members.push([key, read(own, depth + 1)]);
        places.set(own, start);
        take(space);
        if (text[at] === '}') break;
        if (text[at] !== ',') slip(at >= text.length ? 'end' : 'comma');
        at += 1;
        take(space);
        if (text[at] === '}') slip('last-comma');
      }
    at += 1;
    return Object.fromEntries(members);
  }
  function readArray(path: string, depth: number): unknown[] {
    const values: unknown[] = [];
    at += 1;
    take(space);
    if (text[at] !== ']')
      for (;;) {
        values.push(read(`${path}[${values.length}]`, depth + 1));
        take(space);
        if (text[at] === ']') break;
        if (text[at] !== ',') slip(at >= text.length ? 'end' : 'comma');
        at += 1;
        take(space);
        if (text[at] === ']') slip('last-comma');
      }
    at += 1;
    return values;
  }

  try {
    const value = read('', 0);
    take(space);
    if (at < text.length) slip('more');
    const lineOf = (path: string): number => {
      let p = path;
      // A name in the file may hold any number of dots; our own paths are short.
      for (let level = 0; level < deepest && p !== ''; level++) {
        const found = places.get(p);
        if (found !== undefined) return lineAt(found);
        p = parentOf(p);
      }
      return lineAt(places.get('') ?? 0);
    };
    return { ok: true, json: { value, lineOf, repeated } };
  } catch (error) {
    if (!(error instanceof Slip)) throw error;
    const line = lineAt(Math.min(error.at, Math.max(0, text.length - 1)));
    return { ok: false, issue: { path: '', message: `template.json.${error.key}`, params: { line } } };
  }
}
