/** A cycle of imports works until somebody reorders them: then a constant is used before it is made. Imports of types are gone at run time and do not count. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, test } from 'vitest';

/** Modules that a file loads when it is loaded, as paths from the root. */
function importsOf(path: string, text: string): readonly string[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest);
  return file.statements.flatMap((statement) => {
    if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) return [];
    const { moduleSpecifier } = statement;
    if (!moduleSpecifier || !ts.isStringLiteral(moduleSpecifier) || !moduleSpecifier.text.startsWith('.'))
      return [];
    return hasValues(statement) ? [normalize(join(dirname(path), moduleSpecifier.text))] : [];
  });
}

function hasValues(statement: ts.ImportDeclaration | ts.ExportDeclaration): boolean {
  if (ts.isExportDeclaration(statement)) {
    const names = statement.exportClause;
    if (statement.isTypeOnly) return false;
    return !names || !ts.isNamedExports(names) || names.elements.some((e) => !e.isTypeOnly);
  }
  const clause = statement.importClause;
  if (!clause) return true;
  if (clause.isTypeOnly) return false;
  const names = clause.namedBindings;
  return (
    clause.name !== undefined ||
    names === undefined ||
    !ts.isNamedImports(names) ||
    names.elements.some((e) => !e.isTypeOnly)
  );
}

/** The first way round that is found from each file, each cycle once. */
function findCycles(graph: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const done = new Set<string>();
  const cycles: string[] = [];
  const walk = (path: string, way: readonly string[]): void => {
    const before = way.indexOf(path);
    if (before >= 0) {
      cycles.push([...way.slice(before), path].join(' → '));
      return;
    }
    if (done.has(path)) return;
    for (const next of graph.get(path) ?? []) walk(next, [...way, path]);
    done.add(path);
  };
  for (const path of graph.keys()) walk(path, []);
  return cycles;
}

test('no module of the service imports itself at run time, over however many others', () => {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const paths = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join('src', name));
  expect(paths.length).toBeGreaterThan(200);
  const graph = new Map(paths.map((path) => [path, importsOf(path, readFileSync(join(root, path), 'utf8'))]));
  expect(findCycles(graph)).toEqual([]);
});

test('a cycle is found, and one of types alone is none', () => {
  const graph = (back: string) =>
    new Map([
      ['a.ts', importsOf('a.ts', "import { b } from './b.ts';")],
      ['b.ts', importsOf('b.ts', "export { c } from './c.ts';")],
      ['c.ts', importsOf('c.ts', back)],
    ]);
  expect(findCycles(graph("import { type A, a } from './a.ts';"))).toEqual(['a.ts → b.ts → c.ts → a.ts']);
  expect(findCycles(graph("import './a.ts';"))).toHaveLength(1);
  expect(findCycles(graph("import type { A } from './a.ts'; import { type B } from './a.ts';"))).toEqual([]);
});
