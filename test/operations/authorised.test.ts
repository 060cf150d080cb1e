/**
 * Every operation that somebody calls checks whether that account may, before it touches anything. Routes check it too; commands do not.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const folder = new URL('../../src/operations/', import.meta.url);
const called = /^export (?:async )?function\*? (\w+)[^(]*\(\s*deps: (?:Pick<[^>]*>|\w+),\s*actor: Actor\b/gm;

/** Those that check something else, and why. */
const others: Readonly<Record<string, string>> = {
  'code/export-progress.ts withProgress': 'of the account itself',
  'code/export-progress.ts findExportProgress': 'of the account itself',
  'user/sessions.ts listOwnSessions': 'of the account itself',
  'user/sessions.ts endOwnSession': 'of the account itself',
  'user/tokens.ts createToken': 'of the account itself',
  'user/tokens.ts listTokens': 'of the account itself',
  'user/tokens.ts revokeToken': 'of the account itself',
  'campaign/lookup.ts getVisibleCampaign': 'by the counties of the campaign',
  'campaign/lookup.ts getCampaignCounty': 'by the counties of the campaign',
  'summary/monitoring.ts viewProgress': 'by the counties of the campaign',
  'service/move.ts moveTo': 'whoever has the machine',
  'service/move.ts undoMove': 'whoever has the machine',
  'deps.ts stamp': 'part of others',
  'answer/comments.ts markedComments': 'part of others',
  'evidence/audit.ts assertAudited': 'part of others',
  'frame/files.ts expireRollFiles': 'by the clock',
  'frame/kept-rows.ts contactsKeyOf': 'part of others',
  'frame/kept-rows.ts getOwnFile': 'part of others, which name the action',
  'frame/left-out.ts closeAppliedFile': 'part of others',
  'frame/staging.ts beginStaging': 'part of others',
  'inspection/inspection.ts storeChange': 'part of others',
};

const touched = new Error('it was not checked who calls');
const deps = new Proxy(
  {},
  {
    get() {
      throw touched;
    },
  },
);
const nobody = { userId: 'u', name: 'n', role: 'nobody', counties: [], via: 'cli' };
/** Stands for whatever an operation takes. */
const anything: unknown = new Proxy(() => undefined, {
  get: (_target, name) => {
    if (name === 'then') return undefined;
    if (name === Symbol.iterator) return () => [anything].values();
    if (name === Symbol.toPrimitive || name === 'trim') return () => '';
    return anything;
  },
  apply: () => anything,
});

async function call(work: (...given: unknown[]) => unknown): Promise<string> {
  try {
    const result = work(deps, nobody, ...Array<unknown>(8).fill(anything));
    const isIterator = typeof result === 'object' && result !== null && 'next' in result;
    await (isIterator ? (result as AsyncGenerator).next() : result);
    return 'done';
  } catch (error) {
    return (error as Error).message;
  }
}

test('every operation refuses an account without rights before it touches anything', async () => {
  const found: string[] = [];
  const unchecked: [operation: string, result: string][] = [];
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    if (!file.endsWith('.ts')) continue;
    const path = file.replaceAll('\\', '/');
    const url = new URL(path, folder);
    const names = [...readFileSync(url, 'utf8').matchAll(called)].map(([, name]) => name!);
    if (names.length === 0) continue;
    const module = (await import(fileURLToPath(url))) as Record<string, (...given: unknown[]) => unknown>;
    for (const name of names) {
      const operation = `${path} ${name}`;
      found.push(operation);
      if (operation in others) continue;
      const result = await call(module[name]!);
      if (result !== 'forbidden') unchecked.push([operation, result]);
    }
  }
  expect(unchecked).toEqual([]);
  expect(found.length).toBeGreaterThan(170);
  expect(found).toEqual(expect.arrayContaining(Object.keys(others)));
});
