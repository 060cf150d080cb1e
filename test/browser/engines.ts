/**
 * What every page is held to: two accessibility engines in the page as the browser built it, and the Nu HTML checker (the W3C's own, vnu) over the page as
 * it was sent. The engines overlap little: axe knows colours and names, IBM's Equal Access knows scrollable boxes and tables, vnu knows the grammar.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { z } from 'zod';
import { findJava, installCommand } from '../support/programs.ts';

const require = createRequire(import.meta.url);
const axeSource = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const equalAccessSource = readFileSync(require.resolve('accessibility-checker-engine/ace.js'), 'utf8');
const vnu = require.resolve('vnu-jar/build/dist/vnu.jar');

/** WCAG 2.2 A and AA, the engines' best practices, and what no engine asks. What is folded away is unfolded first. Each fault as engine, rule, and where. */
export async function faultsOf(page: Page): Promise<readonly string[]> {
  await unfold(page);
  return [...(await structureFaults(page)), ...(await engineFaults(page))];
}

async function engineFaults(page: Page): Promise<readonly string[]> {
  return [...(await axeFaults(page)), ...(await equalAccessFaults(page))];
}

/** Opens what is folded away, so that it is looked at, too. */
export async function unfold(page: Page): Promise<void> {
  await page.evaluate('for (const fold of document.querySelectorAll("details")) fold.open = true');
}

/** Tables have captions and whole heads, scrollable boxes a role and a name, lists an entry; no two words are glued on a phone. */
function structureFaults(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    const { document: d, getComputedStyle: styleOf } = globalThis as any;
    const all = (selector: string): any[] => [...d.querySelectorAll(selector)];
    const isBlank = (node: any) => node === null || node.textContent.trim() === '';
    const scrolls = (node: any) => /auto|scroll/.test(styleOf(node).overflowX) && node.tagName !== 'TEXTAREA';
    const nameless = (node: any) => !node.getAttribute('role') || !node.getAttribute('aria-label');
    // Stacked for a phone, a table hides its line breaks.
    const glues = ({ previousSibling: before, nextSibling: after }: any) =>
      after?.nodeType === 3 && /^\S/.test(after.data) && /\S$/.test(before?.textContent ?? '');
    const faults = {
      'table without a caption': all('table').filter((n) => isBlank(n.querySelector('caption'))),
      'empty cell in a head': all('thead td, thead th').filter((n) => n.tagName === 'TD' || isBlank(n)),
      'list without an entry': all('ul, ol, dl').filter((n) => n.children.length === 0),
      'scrollable box without role or name': all('body *').filter((n) => scrolls(n) && nameless(n)),
      'words glued by a hidden line break': all('table.stack br').filter(glues),
    };
    return Object.entries(faults).flatMap(([fault, nodes]) =>
      nodes.map((n) => `structure: ${fault}: ${n.outerHTML.slice(0, 120)}`),
    );
  });
}

async function axeFaults(page: Page): Promise<readonly string[]> {
  await page.evaluate(axeSource);
  return page.evaluate(async () => {
    const { axe } = globalThis as any;
    // Without resultTypes axe also describes every node that passes, which takes longer than the rules.
    const { violations } = await axe.run({
      resultTypes: ['violations'],
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    });
    return violations.flatMap((v: { id: string; nodes: { target: string[] }[] }) =>
      v.nodes.map((n) => `axe ${v.id}: ${n.target.join(' ')}`),
    );
  });
}

/**
 * Failures of Equal Access that are none:
 * - it takes every form for a landmark; by the HTML accessibility mappings only a form with a name is one;
 * - a box that scrolls on a phone can be reached by the keyboard on a wide screen too, where nothing is to be scrolled: it is a region with a name;
 * - it calls `http-equiv` deprecated, but a page opened from the disk has no other place for its Content-Security-Policy.
 */
function isNoFault(r: { ruleId: string; snippet: string }): boolean {
  switch (r.ruleId) {
    case 'aria_form_label_unique':
    case 'aria_landmark_name_unique':
      return r.snippet.startsWith('<form') && !/aria-label/.test(r.snippet);
    case 'element_tabbable_role_valid':
      return r.snippet.startsWith('<div') && r.snippet.includes('role="region"');
    case 'element_attribute_deprecated':
      return r.snippet.startsWith('<meta') && r.snippet.includes('http-equiv="Content-Security-Policy"');
    default:
      return false;
  }
}

interface EqualAccessFailure {
  readonly ruleId: string;
  readonly message: string;
  readonly snippet: string;
}

async function equalAccessFaults(page: Page): Promise<readonly string[]> {
  await page.evaluate(`${equalAccessSource};globalThis.ace = ace;`);
  const failures: readonly EqualAccessFailure[] = await page.evaluate(async () => {
    const checker = new (globalThis as any).ace.Checker();
    const { document } = globalThis as any;
    const { results: all } = await checker.check(document, ['IBM_Accessibility', 'WCAG_2_2']);
    // Only failures leave the page: there are thousands of other results, with a whole tree in each.
    return all
      .filter((r: { value: string[] }) => r.value[1] === 'FAIL')
      .map(({ ruleId, message, snippet }: EqualAccessFailure) => ({ ruleId, message, snippet }));
  });
  return failures
    .filter((r) => !isNoFault(r))
    .map((r) => `equal-access ${r.ruleId}: ${r.message} ${r.snippet}`);
}

/**
 * What the engines judge: which elements stand in which, with which attributes, and what has no words. Neither the words nor how often a row or an entry is
 * repeated: a page, its translation and the same page over other data have one shape. What ids and labels point at is the markup checker's to judge, and it
 * reads every page whole. Takes rows, entries and folds out of the page that repeat those before them, for the engines' time grows with every one.
 */
function reduceToShape(page: Page): Promise<{ readonly main: string; readonly around: string }> {
  return page.evaluate(() => {
    const kept = new Map([
      ['TR', 3],
      ['LI', 3],
      ['OPTION', 3],
      ['DETAILS', 1],
    ]);
    const pointing = /^(id|for|name|headers|aria-(labelledby|describedby|controls|owns)|href|action|src)$/;
    const worded = /^(aria-label|alt|title|placeholder|value|lang|content|datetime|data-.*)$/;
    const { documentElement: whole } = (globalThis as any).document;
    const main = whole.querySelector('main');
    const shape = (node: any, without: any): string => {
      if (node === without) return '<main>';
      if (node.nodeType === 3) return node.data.trim() === '' ? '' : 'words';
      if (node.nodeType !== 1) return '';
      const isDrawing = node.tagName.toLowerCase() === 'svg';
      const marks = [...node.attributes]
        .filter(({ name }: { name: string }) => !isDrawing || /^(role|aria-.*|class)$/.test(name))
        .map(({ name, value }: { name: string; value: string }) => {
          if (pointing.test(name)) return name;
          return worded.test(name) ? name + (value.trim() === '' ? '' : '=words') : `${name}=${value}`;
        });
      const inside = new Map<string, number>();
      for (const child of isDrawing ? [] : [...node.childNodes]) {
        const one = shape(child, without);
        const before = inside.get(one) ?? 0;
        if (before >= (kept.get(child.tagName) ?? Infinity)) child.remove();
        inside.set(one, before + 1);
      }
      return `<${node.tagName} ${marks.sort().join(' ')}>${[...inside.keys()].join('')}</>`;
    };
    return { around: shape(whole, main), main: main === null ? '' : shape(main, null) };
  });
}

/** Takes rules out of the style sheets that no element can match: Equal Access goes through all of them for each element. */
function dropUnusedRules(page: Page): Promise<void> {
  return page.evaluate(() => {
    const { document: d } = globalThis as any;
    // Whether something is hovered, focused or generated is no matter of the element.
    const states =
      /::?(before|after|marker|placeholder|hover|focus|focus-visible|focus-within|active|visited|checked|disabled|open)\b/g;
    const isUnused = ({ selectorText }: { selectorText?: string }) => {
      if (selectorText === undefined) return false;
      try {
        return selectorText
          .split(',')
          .every((one) => d.querySelector(one.replace(states, '').trim() || '*') === null);
      } catch {
        // The list was split within parentheses.
        return false;
      }
    };
    const thin = (list: any) => {
      for (let i = list.cssRules.length - 1; i >= 0; i--) {
        const rule = list.cssRules[i];
        if (isUnused(rule)) list.deleteRule(i);
        else if (rule.cssRules && rule.deleteRule) thin(rule);
      }
    };
    for (const sheet of d.styleSheets) thin(sheet);
  });
}

/** Looks at many pages, but lets the slow engines run only once over what is between header and footer, and once over each header and footer, of one shape. */
export interface PageChecker {
  /** Leaves the page without repeated rows and unused styles. @returns the faults of the page as the browser built it. `markup`: the page as it was sent, for `markupFaults`. */
  check(page: Page, name: string, markup: string): Promise<readonly string[]>;
  /** Keeps a page for `markupFaults` that is not looked at otherwise. */
  read(name: string, markup: string): void;
  /** Of all pages that were looked at or read. */
  markupFaults(): Promise<readonly string[]>;
  /** How many pages were looked at, and over how many the engines ran. */
  readonly counts: { pages: number; engines: number };
}

export function createPageChecker(): PageChecker {
  const markups = createMarkupChecker();
  const known = new Map<string, readonly string[]>();
  const knownAround = new Set<string>();
  const counts = { pages: 0, engines: 0 };
  return {
    counts,
    async check(page, name, markup) {
      counts.pages++;
      markups.add(name, markup);
      await unfold(page);
      const structure = await structureFaults(page);
      const { main, around } = await reduceToShape(page);
      let faults = known.get(main);
      // Navigation differs by role and language: it is judged with the first page that has it.
      if (faults === undefined || !knownAround.has(around)) {
        counts.engines++;
        knownAround.add(around);
        await dropUnusedRules(page);
        known.set(main, (faults = await engineFaults(page)));
      }
      return [...structure, ...faults];
    },
    read: (name, markup) => markups.add(name, markup),
    markupFaults: () => markups.faults(),
  };
}

const reportSchema = z.object({
  messages: z.array(
    z.object({
      type: z.string(),
      subType: z.string().optional(),
      url: z.string().optional(),
      message: z.string(),
      extract: z.string().optional(),
    }),
  ),
});

/** In the HTML standard since 2024, and not known to this release; later ones download a Java runtime when they are installed. */
const isNewer = (message: string) =>
  message.startsWith('Attribute “autocorrect” not allowed on element “input”');

/** Pages are collected, then read by one Java process. */
export interface MarkupChecker {
  add(name: string, markup: string): void;
  /** Every error and warning, with the page's name. */
  faults(): Promise<readonly string[]>;
}

export function createMarkupChecker(): MarkupChecker {
  const pages = new Map<string, string>();
  return {
    add: (name, markup) => void pages.set(name, markup),
    async faults() {
      const java = findJava();
      if (java === undefined) throw new Error(`Java is missing. Get it with: ${installCommand}`);
      if (pages.size === 0) throw new Error('no page was collected');
      const folder = mkdtempSync(join(tmpdir(), 'manyi-markup-'));
      try {
        const names = [...pages.keys()];
        const files = names.map((_, i) => join(folder, `${i}.html`));
        files.forEach((file, i) => writeFileSync(file, pages.get(names[i]!)!));
        const { stdout } = await promisify(execFile)(
          java,
          ['-Xss4m', '-jar', vnu, '--format', 'json', '--stdout', '--exit-zero-always', ...files],
          { maxBuffer: 64 << 20 },
        );
        // Plain information is no fault: that slashes of void elements have no effect, or where the first of two like ids stands.
        return reportSchema
          .parse(JSON.parse(stdout))
          .messages.filter((m) => (m.type !== 'info' || m.subType === 'warning') && !isNewer(m.message))
          .map((m) => {
            const name = names[Number.parseInt(basename(m.url ?? ''), 10)] ?? '?';
            return `${name}: vnu: ${m.message} ${m.extract ?? ''}`;
          });
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  };
}
