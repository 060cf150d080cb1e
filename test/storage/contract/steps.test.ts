/** Each step of a close and of the end of a storage period, on each engine: not before its turn, not half done, and not twice. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemActor } from '../../../src/domain/campaign/permissions.ts';
import type { closingSteps } from '../../../src/domain/campaign/life-cycle.ts';
import { pseudonymOf, textIdOf } from '../../../src/domain/code/pseudonym.ts';
import { decodeStateLeaf } from '../../../src/domain/evidence/leaf.ts';
import { toHex } from '../../../src/domain/hash.ts';
import type { ResponseEntry } from '../../../src/domain/model/answer.ts';
import { compileQuestionnaire } from '../../../src/domain/questionnaire/compile.ts';
import { createFileKeyStore } from '../../../src/keys/key-store.ts';
import type { Storage } from '../../../src/storage/port/index.ts';
import type { CallPart, PartCalls } from '../../../src/storage/shared/part-calls.ts';
import { partedOperations } from '../../../src/storage/shared/parts.ts';
import {
  benchQuestionnaire,
  campaign,
  codeOf,
  countyCode,
  createRandom,
  createSurvey,
} from '../../bench/support/survey.ts';
import { holdClock } from '../../support/clock.ts';
import { engines, type OpenEngine } from '../../support/engines.ts';

const counties = [0, 1, 2, 3].map(countyCode);
/** Of each county: more than one part of an operation. */
const codes = 110;
const day = 86_400_000;
const { byteLength } = compileQuestionnaire(benchQuestionnaire());

describe.each(engines.filter((e) => e.missing === false))('on $name', (engine) => {
  let opened: OpenEngine;
  let storage: Storage;
  let second: Storage;
  /** Runs before each part of an operation. */
  let beforePart: (part: keyof PartCalls) => Promise<unknown> = async () => undefined;
  const now = Date.now();
  const by = (at = now) => ({ at, actor: systemActor });
  const refused = (step: string) => ({ kind: 'conflict', params: { step } });

  beforeAll(async () => {
    const originals = { ...partedOperations };
    type Run = (call: CallPart, ...args: readonly unknown[]) => Promise<unknown>;
    for (const [name, run] of Object.entries(originals as unknown as Record<string, Run>))
      Object.assign(partedOperations, {
        [name]: (call: Run, ...args: readonly unknown[]) =>
          run(
            (async (part: keyof PartCalls, ...own: readonly unknown[]) => {
              await beforePart(part);
              return (call as (...all: readonly unknown[]) => Promise<unknown>)(part, ...own);
            }) as unknown as CallPart,
            ...args,
          ),
      });
    try {
      opened = await engine.open();
    } finally {
      Object.assign(partedOperations, originals);
    }
    [storage, second] = opened.storages;
    const keyDir = join(opened.directory, 'keys');
    const all = codes * counties.length;
    await createSurvey(storage, keyDir, { counties: counties.length, codes: all, answered: 0 });
    const keys = createFileKeyStore(keyDir);
    const random = createRandom(12);
    const bytes = (length: number, below: number) =>
      Uint8Array.from({ length }, () => Math.floor(random() * below));
    for (let time = 0; time < 2; time++) {
      const batch = Array.from({ length: all }, (_, code): ResponseEntry => ({
        ...{ campaign, county: null, channel: 'web', link: null, questionnaire: 1, texts: [] },
        pseudonym: pseudonymOf(keys.use(campaign, 'pseudonym'), codeOf(code)),
        nonce: bytes(16, 256),
        answers: bytes(byteLength, 4).map((option) => 1 + option),
        textId: textIdOf(keys.use(campaign, 'text'), codeOf(code)),
      }));
      expect(new Set(await storage.recordResponses(batch))).toEqual(new Set(['stored']));
    }
  });
  afterAll(() => opened?.close());

  const complete = (step: (typeof closingSteps)[number]) =>
    storage.completeClosingStep(by(), campaign, step, {});
  const leavesOf = (county: (typeof counties)[number]) => storage.listLeaves(campaign, county, 0, 10_000);
  /** Somebody else does all of it just before this part. */
  async function overtakenAt(at: keyof PartCalls, work: () => Promise<unknown>): Promise<void> {
    beforePart = async (part) => {
      if (part !== at) return;
      beforePart = async () => undefined;
      await work();
    };
  }
  async function seal(by_: Storage, county: (typeof counties)[number]): Promise<number> {
    let sealed = 0;
    let after: Parameters<Storage['sealLot']>[2]['after'] = null;
    do {
      const part = await by_.sealLot(campaign, county, { at: now, minimum: 1, limit: 40, after });
      sealed += part.responses;
      after = part.next;
    } while (after !== null);
    return sealed;
  }

  test('a survey that takes answers is neither counted nor erased', async () => {
    const [county] = counties;
    await expect(storage.countClosing(by(), campaign, county!, [])).rejects.toMatchObject(refused('count'));
    await expect(storage.eraseContents(campaign, county!)).rejects.toMatchObject(refused('erase'));
    const [found] = await storage.recount(campaign, [county!]);
    expect(found).toMatchObject({ responses: codes, differences: [] });
    await expect(complete('drain')).rejects.toMatchObject(refused('drain'));
    await storage.beginClosing(by(), campaign);
    await expect(second.beginClosing(by(), campaign)).rejects.toMatchObject({ kind: 'conflict' });
    await complete('drain');
    await expect(complete('drain')).rejects.toMatchObject(refused('drain'));
    await expect(storage.eraseSuperseded(campaign, county!)).rejects.toMatchObject(refused('erase'));
  });

  test('a county is counted once, wherever somebody else overtakes; the step is not done before', async () => {
    const count = (one: Storage, county: (typeof counties)[number]) =>
      one.countClosing(by(), campaign, county, []);
    for (const [i, part] of (['eraseCells', 'saveCells', 'saveCounts'] as const).entries()) {
      await expect(complete('count')).rejects.toMatchObject(refused('count'));
      await overtakenAt(part, () => count(second, counties[i]!));
      await expect(count(storage, counties[i]!), part).rejects.toMatchObject(refused('count'));
    }
    await expect(complete('count')).rejects.toMatchObject(refused('count'));
    await overtakenAt('countCounty', () => count(second, counties[3]!));
    await count(storage, counties[3]!);
    for (const county of counties) {
      const types = (await leavesOf(county)).map(({ data }) => decodeStateLeaf(data!).type);
      expect(types.filter((type) => type === 'dispositions')).toEqual(['dispositions']);
    }
    await complete('count');
    for (const found of await storage.recount(campaign, counties))
      expect(found).toMatchObject({ counted: true, responses: codes, differences: [] });
  });

  test('an answer is sealed once, though somebody else seals what was listed', async () => {
    const [county, ...others] = counties;
    let overtaking = 0;
    await overtakenAt('sealListed', async () => (overtaking = await seal(second, county!)));
    expect(await seal(storage, county!)).toBe(0);
    expect(overtaking).toBe(2 * codes);
    for (const other of others) await seal(storage, other);
    for (const one of counties) {
      const contents = (await leavesOf(one)).flatMap((leaf) => (leaf.contents ? [toHex(leaf.contents)] : []));
      expect([contents.length, new Set(contents).size]).toEqual([2 * codes, 2 * codes]);
    }
    await complete('seal');
    await complete('backup');
  });

  test('each superseded answer is erased, and none that counts', async () => {
    for (const county of counties.slice(1))
      expect(await storage.eraseSuperseded(campaign, county)).toBe(codes);
    const [county] = counties;
    await overtakenAt('eraseRevisions', async () => {
      await second.eraseSuperseded(campaign, county!);
      await second.completeClosingStep(by(), campaign, 'erase', {});
    });
    await expect(storage.eraseSuperseded(campaign, county!)).rejects.toMatchObject(refused('erase'));
    for (const one of counties)
      expect((await leavesOf(one)).filter(({ contents }) => contents !== null)).toHaveLength(codes);
    for (const found of await storage.recount(campaign, counties))
      expect(found).toMatchObject({ responses: codes, differences: [] });
    await complete('destroy-keys');
    await complete('finish');
  });

  test('its storage period does not end while anything is left', async () => {
    const at = now + 4001 * day;
    await holdClock(storage, at);
    await storage.beginExpiry(by(at), campaign);
    const end = () => storage.completeExpiryStep(by(at), campaign, 'erase', {});
    for (const county of counties) {
      await expect(end()).rejects.toMatchObject(refused('erase'));
      await second.eraseContents(campaign, county);
    }
    await end();
    for (const county of counties)
      expect((await leavesOf(county)).filter(({ contents }) => contents !== null)).toEqual([]);
  });
});
