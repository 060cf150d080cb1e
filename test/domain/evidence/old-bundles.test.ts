/** Bundles written by earlier versions still verify, and give the figures that those versions gave (fixtures/bundles/README.md). */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { reportLines } from '../../../src/cli/verifier/report.ts';
import { sayIn } from '../../../src/cli/verifier/texts.ts';
import { decodeStateLeaf, leafTypeOf } from '../../../src/domain/evidence/leaf.ts';
import type { Figure } from '../../../src/domain/scoring/figure.ts';
import { canonicalJson, fromBase64 } from '../../../src/domain/hash.ts';
import { verify } from '../../support/evidence.ts';

const folder = new URL('../../fixtures/bundles/', import.meta.url);
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.jsonl.gz'))
  .map((name) => name.replace('.jsonl.gz', ''))
  .sort();
const figures = z
  .record(z.string(), z.object({ respondents: z.number(), responses: z.number() }).loose())
  .parse(JSON.parse(readFileSync(new URL('figures.json', folder), 'utf8')));

function readBundle(name: string): readonly string[] {
  const text = gunzipSync(readFileSync(new URL(`${name}.jsonl.gz`, folder))).toString('utf8');
  return text.trimEnd().split('\n');
}

/** What an earlier version said of a figure; its suppression may have hidden less or more. */
const basis = (figure: Figure) =>
  figure.kind === 'estimate' ? { value: figure.value, n: figure.n, denominator: figure.denominator } : null;

/** Of everything that the summary shows: figures, counts, distributions, and what is hidden. */
function digestOf(summary: unknown): string {
  const lines: string[] = [];
  const visit = (value: unknown, path: string): void => {
    if (value === null || typeof value !== 'object') return;
    if ('kind' in value && path !== '')
      lines.push(`${path} ${canonicalJson(JSON.parse(JSON.stringify(value)))}`);
    for (const [name, own] of Object.entries(value)) visit(own, `${path}/${name}`);
  };
  visit(summary, '');
  return createHash('sha256').update(lines.sort().join('\n')).digest('hex');
}

describe.each(names)('%s', (name) => {
  const lines = readBundle(name);

  test('verifies', async () => {
    const verified = await verify(lines);
    expect(verified.findings).toEqual([]);
    expect(verified.ok).toBe(true);
  });

  test('gives the figures that its version gave', async () => {
    const { summary, respondents, responses } = await verify(lines);
    const before = figures[name] as unknown as {
      readonly official: Figure;
      readonly first: Figure;
      readonly verdict: unknown;
      readonly respondents: number;
      readonly responses: number;
      readonly shown: string;
    };
    expect({ respondents, responses }).toEqual({
      respondents: before.respondents,
      responses: before.responses,
    });
    expect(basis(summary!.official)).not.toBeNull();
    expect(basis(summary!.official)).toEqual(basis(before.official));
    expect(basis(summary!.first.official)).toEqual(basis(before.first));
    expect(summary!.verdict).toEqual(before.verdict);
    expect(digestOf(summary)).toBe(before.shown);
  });

  test('does not verify with one byte changed', async () => {
    const at = lines.findLastIndex((line) => line.startsWith('{"l":"'));
    const changed = [...lines];
    changed[at] = lines[at]!.replace(/^\{"l":"(.{8})./, (_, kept: string) => `{"l":"${kept}!`);
    expect((await verify(changed)).ok).toBe(false);
  });
});

test('the formats differ as the fixtures are there to show', () => {
  const shapes = names.map((name) => {
    const states = readBundle(name)
      .filter((line) => line.startsWith('{"l":"'))
      .map((line) => fromBase64((JSON.parse(line) as { l: string }).l))
      .filter((data) => leafTypeOf(data) !== 'response')
      .map(decodeStateLeaf);
    const find = (type: string) => states.find((leaf) => leaf.type === type)?.body as never;
    const dispositions = find('dispositions') as { readonly fates?: unknown };
    const opened = find('canaries-opened') as { readonly faults: { readonly erased?: number } } | undefined;
    const head = JSON.parse(readBundle(name)[0]!) as { readonly version: number };
    return [
      name,
      head.version,
      dispositions.fates !== undefined,
      opened && opened.faults.erased !== undefined,
    ];
  });
  expect(shapes).toEqual([
    ['29cede5', 1, true, undefined],
    ['3b9dc8c', 1, true, true],
    ['3b9dc8c-expired', 2, true, true],
    ['46bd204', 1, false, false],
    ['75cfbf3', 1, false, true],
    ['9135b22', 1, true, true],
    ['9d1aafb', 1, true, true],
    ['9d1aafb-demo', 1, true, undefined],
    ['a5b6aef-expired', 1, false, undefined],
    ['ba2fb01-demo', 1, false, undefined],
    ['c0bfe7e', 1, true, undefined],
  ]);
});

test('the report says by which rules a log was read', async () => {
  const read = async (name: string) => {
    const { rules } = await verify(readBundle(name));
    return [name, rules.revision, rules.disclosure, rules.statesFates];
  };
  expect(await Promise.all(['3b9dc8c', '75cfbf3', '9d1aafb-demo', 'c0bfe7e', '29cede5'].map(read))).toEqual([
    ['3b9dc8c', 1, 1, true],
    ['75cfbf3', 1, 1, false],
    ['9d1aafb-demo', 2, 2, true],
    ['c0bfe7e', 2, 3, true],
    ['29cede5', 2, 4, true],
  ]);
  for (const say of [sayIn('en'), sayIn('zh')]) {
    const [own, older] = await Promise.all(
      ['3b9dc8c', '75cfbf3'].map(async (name) => reportLines(await verify(readBundle(name)), say)[2]),
    );
    expect(own).toContain(say('verify.rules.revision.1'));
    expect(own).toContain(say('verify.rules.fates.stated'));
    expect(older).toContain(say('verify.rules.fates.none'));
  }
});
