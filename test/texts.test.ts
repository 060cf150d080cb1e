import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { defaultSmsTemplates } from '../src/domain/messaging/sms-text.ts';
import { fillText } from '../src/texts/fill.ts';
import { availableLanguages, messageKeys, negotiateLanguage, translator } from '../src/texts/texts.ts';

const source = fileURLToPath(new URL('../src/', import.meta.url));

function* sourceFiles(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* sourceFiles(path);
    else if (entry.name.endsWith('.ts')) yield path;
  }
}

function placeholders(text: string): readonly string[] {
  return [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]!).sort();
}

/** Texts about {address} and {code}, and texts that a script fills. */
const shownRaw = new Set([
  'sending.texts.hint',
  'cli.option.sms-template',
  'staff.messages.text.hint',
  'respondent.script.idle',
  'staff.autosave.left',
  'staff.autosave.saved',
]);
/** What a caller adds to every message that passes through it: the id of the item, the sheet, the file of settings. */
const addedLater: readonly (readonly [RegExp, string])[] = [
  [/^questionnaire\.answer\./, 'id'],
  [/^roll\.header\.beside$/, 'sheet'],
  [/^witness\.config\./, 'file'],
  [/^channels\./, 'file'],
  [/^channels\./, 'name'],
];
/** 编号 is the id of a campaign, proposal, stratum, formula, school or key. */
const idKeys =
  /^(?:cli\.option\.(?:stratum|flag-stratum|before|sampling-stratum)|cli\.argument\.(?:campaign|audit|proposal|school)|cli\.column\.id|evidence\.key|campaign\.exists|profile\.check\.formula-twice|staff\.proposal\.(?:stratum-no|stratum-hint|sampling-stratum)|summary-csv\.column\.id|witness\.config\.key)$/;

interface Use {
  readonly where: string;
  readonly key: string;
  /** Names of the parameters that are passed; null if that cannot be read from the source. */
  readonly given: ReadonlySet<string> | null;
  readonly mustExist: boolean;
}

/** `t('key', {…})`, `new AppError(kind, 'key', { params: {…} })` and `{ message: 'key', params: {…} }`. */
function listUses(file: string): readonly Use[] {
  const tree = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const uses: Use[] = [];
  function namesOf(node: ts.Expression | undefined): ReadonlySet<string> | null {
    if (node === undefined) return new Set();
    if (!ts.isObjectLiteralExpression(node)) return null;
    const names = new Set<string>();
    for (const property of node.properties) {
      if (property.name === undefined || !ts.isIdentifier(property.name)) return null;
      names.add(property.name.text);
    }
    return names;
  }
  /** The value of a member; null if it may be there without being seen. */
  function memberOf(node: ts.Expression | undefined, name: string): ts.Expression | undefined | null {
    if (node === undefined) return undefined;
    if (!ts.isObjectLiteralExpression(node)) return null;
    for (const property of node.properties)
      if (property.name !== undefined && property.name.getText() === name)
        return ts.isPropertyAssignment(property) ? property.initializer : null;
    return node.properties.some(ts.isSpreadAssignment) ? null : undefined;
  }
  function add(
    node: ts.Node,
    key: ts.Expression | undefined | null,
    given: Use['given'],
    mustExist: boolean,
  ) {
    if (!key || !ts.isStringLiteralLike(key)) return;
    const { line } = tree.getLineAndCharacterOfPosition(node.getStart());
    uses.push({ where: `${file.slice(source.length)}:${line + 1}`, key: key.text, given, mustExist });
  }
  function paramsOf(node: ts.Expression | undefined): Use['given'] {
    const params = memberOf(node, 'params');
    return params === null ? null : namesOf(params);
  }
  function visit(node: ts.Node): void {
    if (ts.isCallExpression(node) && /^(?:\w+\.)*t$/.test(node.expression.getText()))
      add(node, node.arguments[0], namesOf(node.arguments[1]), true);
    else if (ts.isNewExpression(node) && node.expression.getText() === 'AppError')
      add(node, node.arguments?.[1], paramsOf(node.arguments?.[2]), true);
    else if (ts.isObjectLiteralExpression(node)) add(node, memberOf(node, 'message'), paramsOf(node), false);
    ts.forEachChild(node, visit);
  }
  visit(tree);
  return uses;
}

describe('messages', () => {
  test('every language has the same keys, with the same placeholders', () => {
    const [main, ...others] = availableLanguages;
    for (const language of others) {
      expect([...messageKeys(language)].sort(), language).toEqual([...messageKeys(main!)].sort());
      for (const key of messageKeys(main!)) {
        expect(placeholders(translator(language)(key)), `${language} ${key}`).toEqual(
          placeholders(translator(main!)(key)),
        );
      }
    }
  });

  test('every text gets what it needs from whoever uses it', () => {
    const uses = [...sourceFiles(source)].flatMap(listUses);
    expect(uses.length).toBeGreaterThan(1500);
    const known = new Set(messageKeys('zh-CN'));
    const wrong = uses.flatMap(({ where, key, given, mustExist }) => {
      if (!known.has(key)) return mustExist ? [`${where}: no text ${key}`] : [];
      const missing = placeholders(translator('zh-CN')(key)).filter(
        (name) =>
          given?.has(name) === false && !addedLater.some(([keys, added]) => keys.test(key) && added === name),
      );
      return missing.length > 0 && !shownRaw.has(key) ? [`${where}: ${key} lacks ${missing.join(', ')}`] : [];
    });
    expect(wrong).toEqual([]);
  });

  test('a text with all its parameters has no braces left', () => {
    for (const language of availableLanguages)
      for (const key of messageKeys(language)) {
        const names = placeholders(translator(language)(key));
        if (shownRaw.has(key)) continue;
        const text = translator(language)(key, Object.fromEntries(names.map((name) => [name, 'x'])));
        expect([key, text.match(/[{}]/)]).toEqual([key, null]);
      }
  });

  test('Chinese texts call an answering code 答题码, and an id 编号', () => {
    const wrong = messageKeys('zh-CN').filter((key) => {
      const text = translator('zh-CN')(key).replaceAll('文字编码', '');
      return (
        /编码|填答码|作答码|问卷码|邀请码|访问码/.test(text) || (text.includes('编号') && !idKeys.test(key))
      );
    });
    expect(wrong).toEqual([]);
    for (const templates of Object.values(defaultSmsTemplates))
      for (const template of templates) expect(template).toMatch(/^(?!.*(?:编号|编码)).*答题码\{code\}/);
  });

  test('Chinese texts have one word for one thing', () => {
    const t = translator('zh-CN');
    // What these were called here and there: 答题条, 无法识别, 见证方, 计分规则, 主办单位, 县, 公开链接, 访问员, 单位 or 报告单位, 不能判定, 人员类别.
    const other =
      /纸条|看不懂|见证人|评分规则|主办方|个区县|开放链接|调查员|单元(?!格)|无法区分（|(?<!困难)群体|类对象/;
    const explained = new Set(['staff.word.slip.about']);
    // Words in files that programs read stay as they are.
    const isFixed = (key: string) => explained.has(key) || key.startsWith('summary-csv.');
    expect(messageKeys('zh-CN').filter((key) => !isFixed(key) && other.test(t(key)))).toEqual([]);
    // A verdict is 结论; 判定 is what is done to reach it, and the head of the form that does it.
    const asNoun = /判定(?:不变|改为|会变|不予)|的判定|和判定$|督导判定$|^判定$/;
    const verb = new Set(['inspection.veto.judge']);
    expect(messageKeys('zh-CN').filter((key) => !verb.has(key) && asNoun.test(t(key)))).toEqual([]);
  });

  test('Chinese texts have Chinese punctuation', () => {
    const halfWidth = /[\p{Script=Han}”）】》}][,;:!?()]|[,;:!?()][\p{Script=Han}“（【《]/u;
    const texts = [
      ...messageKeys('zh-CN').map((key) => [key, translator('zh-CN')(key)] as const),
      ...Object.values(defaultSmsTemplates).flatMap((list) => list.map((text) => ['sms', text] as const)),
    ];
    // An address is not a sentence: smtp://用户:密码@主机.
    const wrong = texts.filter(([, text]) => halfWidth.test(text.replace(/\w+:\/\/[^\s。]+/g, '')));
    expect(wrong).toEqual([]);
  });

  test('a count has a word for one and a word for more', () => {
    const text = '{n} {n|school has|schools have} no roll';
    expect([0, 1, '1', 2, '1\u202f001'].map((n) => fillText(text, { n }))).toEqual([
      '0 schools have no roll',
      '1 school has no roll',
      '1 school has no roll',
      '2 schools have no roll',
      '1\u202f001 schools have no roll',
    ]);
    expect(fillText('{n|one|more} {m}', {})).toBe('{n|one|more} {m}');

    const nouns =
      'answers|cells|characters|codes|contacts|counties|days|entries|faults|files|hours|leaves|people|places|questions|responses|rows|seconds|sheets|slips|warnings';
    // A limit is never one, and scripts fill some texts by themselves.
    const plural = new RegExp(`\\{(?!min|max|most|below|smallest|limit)\\w+\\} (?:[a-z]+ )?(?:${nouns})\\b`);
    const wrong = messageKeys('en').filter(
      (key) => !shownRaw.has(key) && key !== 'sms.preview.count' && plural.test(translator('en')(key)),
    );
    expect(wrong).toEqual([]);
  });

  test('the language is negotiated, Chinese first', () => {
    expect(negotiateLanguage(undefined)).toBe('zh-CN');
    expect(negotiateLanguage('fr, en-GB;q=0.8')).toBe('en');
    expect(negotiateLanguage('en;q=0.1, zh;q=0.9')).toBe('zh-CN');
    expect(negotiateLanguage(';;;q=,,,')).toBe('zh-CN');
  });
});

test('every regime that a shipped template names has a word on the page', () => {
  const folder = fileURLToPath(new URL('../survey-templates/', import.meta.url));
  const named = [...readdirSync(folder), ...readdirSync(join(folder, 'profiles')).map((f) => `profiles/${f}`)]
    .filter((file) => file.endsWith('.json') && !file.endsWith('schema.json'))
    .map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as { readonly regime?: unknown })
    .flatMap(({ regime }) => (typeof regime === 'string' ? [regime] : []));
  expect(named).toContain('three-evaluations');
  const known = new Set(messageKeys('zh-CN'));
  expect(named.filter((regime) => !known.has(`staff.template.regime.${regime}`))).toEqual([]);
});
