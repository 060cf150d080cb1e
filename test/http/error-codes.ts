/**
 * Which error codes each operation of the API can answer with, found in the code itself: from a route's handler, through every function that it names, to the
 * errors that those make. The storage port is followed into the SQLite adapter, whose decisions both adapters share. A function that is named counts as called,
 * so a code may be listed that the operation's own input rules out; none that it can raise is left out, which test/http/openapi.test.ts holds against replies.
 * `npm run api:codes` writes the list that the service ships.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { statusOf } from '../../src/http/plugins/errors.ts';
import type { ErrorKind } from '../../src/domain/errors.ts';
import { messageKeys } from '../../src/texts/texts.ts';

const root = fileURLToPath(new URL('../../src/', import.meta.url));
export const listFile = join(root, 'http/api/error-codes.json');

/** By operation, by status. */
export type ErrorCodes = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

interface Unit {
  readonly codes: Set<string>;
  /** `file#name` */
  readonly names: Set<string>;
}
interface Source {
  readonly path: string;
  readonly file: ts.SourceFile;
  /** Local name → `file#name`; `file#*` of a whole module. */
  readonly imports: Map<string, string>;
  readonly declared: Map<string, ts.Node>;
}

/** What is handed in as a service: by the name that it goes by everywhere, what makes it. */
const providers: Readonly<Record<string, string>> = {
  keys: 'keys/key-store.ts#createFileKeyStore',
  throttle: 'operations/user/login-throttle.ts#createLoginThrottle',
};

const keys = messageKeys('zh-CN');
const known = new Set(keys);
const kinds = new Set<string>(Object.keys(statusOf));

function readSource(path: string): Source {
  const file = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
  const imports = new Map<string, string>();
  const declared = new Map<string, ts.Node>();
  const from = (specifier: ts.Expression) =>
    ts.isStringLiteral(specifier) && specifier.text.startsWith('.')
      ? resolve(dirname(path), specifier.text)
      : null;
  for (const statement of file.statements) {
    if (ts.isImportDeclaration(statement)) {
      const target = from(statement.moduleSpecifier);
      const bindings = statement.importClause?.namedBindings;
      if (target === null || !bindings) continue;
      if (ts.isNamespaceImport(bindings)) imports.set(bindings.name.text, `${target}#*`);
      else
        for (const one of bindings.elements)
          imports.set(one.name.text, `${target}#${(one.propertyName ?? one.name).text}`);
    } else if (ts.isExportDeclaration(statement) && statement.moduleSpecifier && statement.exportClause) {
      const target = from(statement.moduleSpecifier);
      if (target !== null && ts.isNamedExports(statement.exportClause))
        for (const one of statement.exportClause.elements)
          imports.set(one.name.text, `${target}#${(one.propertyName ?? one.name).text}`);
    } else if (ts.isVariableStatement(statement)) {
      for (const one of statement.declarationList.declarations)
        if (ts.isIdentifier(one.name)) declared.set(one.name.text, one);
        else
          for (const element of one.name.elements)
            if (ts.isBindingElement(element) && ts.isIdentifier(element.name))
              declared.set(element.name.text, one);
    } else if ((ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) && statement.name)
      declared.set(statement.name.text, statement);
  }
  return { path, file, imports, declared };
}

/**
 * Keys that an expression can be: literals, branches, and what a template can be filled to.
 * @param isFilling can that text stand in a template?
 */
function keysIn(node: ts.Node, isFilling: (text: string) => boolean = () => true): readonly string[] {
  if (ts.isStringLiteralLike(node)) return known.has(node.text) ? [node.text] : [];
  if (ts.isConditionalExpression(node))
    return [...keysIn(node.whenTrue, isFilling), ...keysIn(node.whenFalse, isFilling)];
  // `draw.${why}`. A head without a part of a key says nothing.
  if (ts.isTemplateExpression(node) && node.head.text.includes('.')) {
    const [start, end] = [node.head.text, node.templateSpans.at(-1)!.literal.text];
    return keys.filter(
      (key) =>
        key.startsWith(start) &&
        key.endsWith(end) &&
        (node.templateSpans.length > 1 || isFilling(key.slice(start.length, key.length - end.length))),
    );
  }
  return [];
}

class Graph {
  readonly #sources = new Map<string, Source>();
  readonly #units = new Map<string, Unit>();
  /** Operations of storage, and the calls that the longer ones are made of. */
  readonly #port = new Map<string, { readonly node: ts.Node; readonly source: Source }>();
  readonly #written = new Map<string, ReadonlySet<string>>();
  readonly #makers = new Map<string, readonly string[]>();

  constructor() {
    for (const path of ['storage/sqlite/operations.ts', 'storage/shared/parts.ts']) {
      const source = this.source(path);
      const visit = (node: ts.Node): void => {
        const value = ts.isVariableDeclaration(node) ? bare(node.initializer) : undefined;
        if (value && ts.isObjectLiteralExpression(value))
          for (const property of value.properties)
            if (property.name && ts.isIdentifier(property.name))
              this.#port.set(property.name.text, { node: property, source });
        ts.forEachChild(node, visit);
      };
      visit(source.file);
    }
  }

  /** Read when something leads there. */
  source(path: string): Source {
    const whole = resolve(root, path);
    const kept = this.#sources.get(whole);
    if (kept) return kept;
    const source = readSource(whole);
    this.#sources.set(whole, source);
    return source;
  }

  /** Texts that are written in a file, or in one that it imports: types of their own among them. */
  #words(path: string): ReadonlySet<string> {
    const kept = this.#written.get(path);
    if (kept) return kept;
    const source = this.source(path);
    const files = [...new Set([...source.imports.values()].map((name) => name.split('#')[0]!))];
    const found = new Set<string>();
    const visit = (node: ts.Node): void => {
      if (ts.isStringLiteralLike(node)) found.add(node.text);
      ts.forEachChild(node, visit);
    };
    for (const { file } of [source, ...files.map((one) => this.source(one))]) visit(file);
    this.#written.set(path, found);
    return found;
  }

  /** Kinds of the errors that a function makes of a key that it is given. */
  #madeBy(name: string): readonly string[] {
    const kept = this.#makers.get(name);
    if (kept) return kept;
    const [path = '', own = ''] = name.split('#');
    const source = path === '' ? undefined : this.source(path);
    const passed = source?.imports.get(own);
    const node = source?.declared.get(own);
    const made =
      passed !== undefined
        ? this.#madeBy(passed)
        : errorsIn(node).flatMap(({ kind, message }) => (isParameter(message) ? [kind] : []));
    this.#makers.set(name, made);
    return made;
  }

  /** What a piece of code makes and names itself. @param beside functions of the route's file that stand around it */
  unitOf(node: ts.Node, { path, imports, declared }: Source, beside?: ReadonlyMap<string, ts.Node>): Unit {
    const codes = new Set<string>();
    const names = new Set<string>();
    const local = localNames(node);
    const looked = new Set<ts.Node>([node]);
    const nameOf = (text: string): string | null =>
      local.has(text) ? null : (imports.get(text) ?? (declared.has(text) ? `${path}#${text}` : null));
    const visit = (at: ts.Node): void => {
      if (ts.isImportDeclaration(at) || ts.isTypeNode(at)) return;
      if (isNewError(at)) {
        const { kind, message } = partsOf(at);
        // What is no literal was written as one nearby, or is given by whoever calls.
        const found = keysIn(message, (text) => this.#words(path).has(text));
        if (found.length > 0 || !isParameter(message))
          for (const key of found.length > 0 ? found : nearby(at)) codes.add(`${kind} ${key}`);
      }
      if (ts.isCallExpression(at) && ts.isIdentifier(at.expression)) {
        const [first] = at.arguments;
        if (at.expression.text === 'call' && first && ts.isStringLiteral(first) && this.#port.has(first.text))
          names.add(`port#${first.text}`);
        const made = this.#madeBy(nameOf(at.expression.text) ?? '');
        const given = at.arguments.flatMap((one) => keysIn(one));
        if (made.length > 0)
          for (const key of given.length > 0 ? given : nearby(at))
            for (const kind of made) codes.add(`${kind} ${key}`);
      }
      if (isSchemaOfTable(at)) return;
      if (ts.isPropertyAccessExpression(at)) {
        const owner = at.expression.getText();
        const space = imports.get(owner);
        if (space?.endsWith('#*') === true) names.add(space.slice(0, -1) + at.name.text);
        const provider = /\w+$/.exec(owner)?.[0] ?? '';
        if (provider === 'storage' && this.#port.has(at.name.text)) names.add(`port#${at.name.text}`);
        if (Object.hasOwn(providers, provider)) names.add(join(root, providers[provider]!));
        visit(at.expression);
        return;
      }
      if (ts.isPropertyAssignment(at)) {
        visit(at.initializer);
        return;
      }
      if (ts.isIdentifier(at)) {
        const near = beside?.get(at.text);
        if (near && !looked.has(near)) {
          looked.add(near);
          visit(near);
        }
        const name = nameOf(at.text);
        if (name !== null && !name.endsWith('#*') && declared.get(at.text) !== node) names.add(name);
      }
      ts.forEachChild(at, visit);
    };
    visit(node);
    return { codes, names };
  }

  #find(name: string): Unit {
    const kept = this.#units.get(name);
    if (kept) return kept;
    const [path = '', own = ''] = name.split('#');
    const ofPort = path === 'port' ? this.#port.get(own) : undefined;
    const source = ofPort?.source ?? this.source(path);
    const node = ofPort?.node ?? source?.declared.get(own);
    const passed = source?.imports.get(own);
    const unit =
      source && node
        ? this.unitOf(node, source)
        : { codes: new Set<string>(), names: new Set(passed === undefined ? [] : [passed]) };
    this.#units.set(name, unit);
    return unit;
  }

  /** Everything that can come of it, `kind key`. */
  codesFrom(start: Unit): ReadonlySet<string> {
    const seen = new Set<string>();
    const codes = new Set(start.codes);
    const waiting = [...start.names];
    for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
      if (seen.has(name)) continue;
      seen.add(name);
      const unit = this.#find(name);
      for (const code of unit.codes) codes.add(code);
      waiting.push(...unit.names);
    }
    return codes;
  }
}

/** Without `satisfies` and `as`. */
function bare(expression: ts.Expression | undefined): ts.Expression | undefined {
  return expression && (ts.isSatisfiesExpression(expression) || ts.isAsExpression(expression))
    ? bare(expression.expression)
    : expression;
}

function isNewError(node: ts.Node): node is ts.NewExpression {
  return ts.isNewExpression(node) && node.expression.getText() === 'AppError';
}

function partsOf({ arguments: given }: ts.NewExpression): {
  readonly kind: string;
  readonly message: ts.Expression;
} {
  const [kind, message] = given ?? [];
  return {
    kind: kind && ts.isStringLiteralLike(kind) && kinds.has(kind.text) ? kind.text : '?',
    message: message!,
  };
}

/** `rulesOf(record).body`: the shape of a document alone, not the decisions that stand beside it in the table. */
function isSchemaOfTable(node: ts.Node): boolean {
  return (
    ts.isPropertyAccessExpression(node) &&
    ['body', 'change'].includes(node.name.text) &&
    ts.isCallExpression(node.expression) &&
    node.expression.expression.getText() === 'rulesOf'
  );
}

function errorsIn(node: ts.Node | undefined): { readonly kind: string; readonly message: ts.Expression }[] {
  if (!node) return [];
  const found = isNewError(node) ? [partsOf(node)] : [];
  ts.forEachChild(node, (child) => void found.push(...errorsIn(child)));
  return found;
}

/** Of the function that it stands in directly. */
function isParameter(expression: ts.Expression): boolean {
  if (!ts.isIdentifier(expression)) return false;
  let at: ts.Node = expression;
  while (at.parent && !ts.isFunctionDeclaration(at)) at = at.parent;
  return ts.isFunctionDeclaration(at) && at.parameters.some((p) => p.name.getText() === expression.text);
}

/** Parameters and variables inside: they hide what the file declares. */
function localNames(node: ts.Node): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (at: ts.Node): void => {
    if (
      (ts.isParameter(at) || ts.isBindingElement(at) || ts.isVariableDeclaration(at)) &&
      ts.isIdentifier(at.name) &&
      at !== node
    )
      found.add(at.name.text);
    if ((ts.isFunctionDeclaration(at) || ts.isFunctionExpression(at)) && at.name && at !== node)
      found.add(at.name.text);
    ts.forEachChild(at, visit);
  };
  visit(node);
  return found;
}

/** Functions and values that are declared around the routes, inside the function that registers them. */
function besideRoutes(call: ts.Node): ReadonlyMap<string, ts.Node> {
  const found = new Map<string, ts.Node>();
  for (let at = call.parent; !ts.isSourceFile(at); at = at.parent) {
    if (!ts.isBlock(at)) continue;
    for (const statement of at.statements) {
      if (ts.isFunctionDeclaration(statement) && statement.name) found.set(statement.name.text, statement);
      if (ts.isVariableStatement(statement))
        for (const one of statement.declarationList.declarations)
          if (ts.isIdentifier(one.name)) found.set(one.name.text, one);
    }
  }
  return found;
}

function nearby(node: ts.Node): readonly string[] {
  let outer = node;
  while (outer.parent && !ts.isSourceFile(outer.parent)) outer = outer.parent;
  const found: string[] = [];
  const visit = (at: ts.Node): void => {
    if (ts.isStringLiteralLike(at) || ts.isTemplateExpression(at)) found.push(...keysIn(at));
    ts.forEachChild(at, visit);
  };
  visit(outer);
  return found;
}

function byStatus(codes: Iterable<string>): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const code of codes) {
    const [kind, key] = code.split(' ') as [ErrorKind | '?', string];
    // Settings are checked at start: no call can raise such an error.
    if (kind === '?' || kind === 'config') continue;
    (found[statusOf[kind]] ??= []).push(key);
  }
  for (const list of Object.values(found)) list.sort();
  return found;
}

/** What Fastify's own refusals become: the table of plugins/errors.ts. */
function codesOfTable({ file }: Source): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAssignment(node) && ts.isNumericLiteral(node.name))
      (found[node.name.text] ??= []).push(...keysIn(node.initializer));
    if (
      ts.isPropertyAssignment(node) &&
      node.name.getText() === 'code' &&
      node.parent.getText().includes('status')
    )
      for (const key of keysIn(node.initializer)) {
        const status = /status: (\d+)/.exec(node.parent.getText())?.[1];
        if (status !== undefined) (found[status] ??= []).push(key);
      }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** Before any route's own code runs. */
const before = [
  ...['access', 'headers', 'limits', 'session', 'closing', 'forms'].map((name) => `http/plugins/${name}.ts`),
  'http/behind-log-in.ts',
  // What a disk or a database refuses, whatever it was asked.
  'storage/sqlite/raw.ts#storageError',
  'operations/user/tokens.ts#actorOfToken',
];

function codesOfAll(graph: Graph): Record<string, string[]> {
  const found = codesOfTable(graph.source('http/plugins/errors.ts'));
  for (const path of before) {
    const [file = '', name] = path.split('#');
    const source = graph.source(file);
    const node = name === undefined ? source.file : source.declared.get(name)!;
    const own = byStatus(graph.unitOf(node, source).codes);
    for (const [status, codes] of Object.entries(own)) (found[status] ??= []).push(...codes);
  }
  return Object.fromEntries(
    Object.entries(found).map(([status, codes]) => [status, [...new Set(codes)].sort()]),
  );
}

/** An id is written as it is, or for each of a few routes made in a loop. */
function idsOf(id: ts.Expression): readonly string[] {
  if (ts.isStringLiteralLike(id)) return [id.text];
  if (ts.isConditionalExpression(id)) return [...idsOf(id.whenTrue), ...idsOf(id.whenFalse)];
  if (!ts.isTemplateExpression(id)) throw new Error(`an operation id is ${id.getText()}`);
  let loop: ts.Node = id;
  while (!ts.isForOfStatement(loop)) loop = loop.parent;
  const words: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteral(node) && /^[a-z]+$/.test(node.text)) words.push(node.text);
    ts.forEachChild(node, visit);
  };
  visit(loop.expression);
  return words.map((word) => id.head.text + word + id.templateSpans[0]!.literal.text);
}

/** Of every route of the API with an operation id; `*`: of all of them. */
export function findErrorCodes(): ErrorCodes {
  const graph = new Graph();
  const found: Record<string, Record<string, readonly string[]>> = { '*': codesOfAll(graph) };
  for (const name of readdirSync(join(root, 'http/api'), { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts')) continue;
    const source = graph.source(join('http/api', name));
    const visit = (node: ts.Node): void => {
      if (ts.isPropertyAssignment(node) && node.name.getText() === 'operationId') {
        let call: ts.Node = node;
        while (!ts.isCallExpression(call)) call = call.parent;
        const codes = byStatus(graph.codesFrom(graph.unitOf(call, source, besideRoutes(call))));
        for (const id of idsOf(node.initializer)) found[id] = codes;
      }
      ts.forEachChild(node, visit);
    };
    visit(source.file);
  }
  return Object.fromEntries(Object.entries(found).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** An operation a line. */
export function listOf(codes: ErrorCodes): string {
  const lines = Object.entries(codes).map(([id, own]) => `  ${JSON.stringify(id)}: ${JSON.stringify(own)}`);
  return `{\n${lines.join(',\n')}\n}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(listFile, listOf(findErrorCodes()));
