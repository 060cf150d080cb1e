/** Several open campaigns at once: a code is looked up in the transaction that stores its answer, in whichever of them knows it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { systemActor } from '../../src/domain/campaign/permissions.ts';
import type { CampaignId } from '../../src/domain/model/ids.ts';
import { createIntake, type Intake } from '../../src/intake/intake.ts';
import { createFileKeyStore } from '../../src/keys/key-store.ts';
import { createOpenCampaigns, watchCampaigns } from '../../src/operations/answer/open-campaigns.ts';
import type { Storage } from '../../src/storage/port/index.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/index.ts';
import {
  benchQuestionnaire,
  codeOf,
  countyCode,
  createRandom,
  createSurvey,
  randomAnswers,
} from '../bench/support/survey.ts';
import { createApp, quiet, type TestApp } from './support.ts';

const ids = ['aaaaaaaaaaaa', 'bbbbbbbbbbbb', 'cccccccccccc'] as CampaignId[];
const first = (k: number) => 1000 * k;
let directory: string;
let storage: Storage;
let intake: Intake;
let t: TestApp;
const looked: string[] = [];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'manyi-several-'));
  const raw = await openSqliteStorage({ directory: join(directory, 'data') });
  for (const [k, id] of ids.entries())
    await createSurvey(
      raw,
      join(directory, 'keys'),
      { counties: 1, codes: 30, answered: 0, first: first(k) },
      id,
    );
  const keys = createFileKeyStore(join(directory, 'keys'));
  const campaigns = createOpenCampaigns({
    storage: new Proxy(raw, {
      get(target, name) {
        if (name === 'findIssued') looked.push(String(name));
        return Reflect.get(target, name, target) as unknown;
      },
    }),
    keys,
    now: Date.now,
    log: quiet,
  });
  storage = watchCampaigns(raw, () => campaigns.expire());
  intake = createIntake(storage, { queueLimit: 100, batchLimit: 16, onFailure: () => undefined });
  t = await createApp({ storage, keys, intake, campaigns, now: Date.now });
});
afterAll(async () => {
  await t.close();
  await intake.close();
  await storage.close();
  rmSync(directory, { recursive: true, force: true });
});

const random = createRandom(5);
const post = async (code: string) => {
  const payload = new URLSearchParams(randomAnswers(benchQuestionnaire(), random)).toString();
  const reply = await t.app.inject({
    method: 'POST',
    url: `/s/${code}`,
    payload,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
  return reply.statusCode;
};
const counted = (id: CampaignId) =>
  storage.recount(id, [countyCode(0)]).then(([county]) => county!.responses);

describe('three open campaigns', () => {
  it('take each code where it belongs, without a look-up before', async () => {
    // The list of open campaigns is used for a second from when its reading began; a busy machine needs that for the reading alone.
    const clock = vi.spyOn(performance, 'now').mockReturnValue(performance.now());
    // Has the list read.
    expect((await t.app.inject(`/s/${codeOf(0)}`)).statusCode).toBe(200);
    looked.length = 0;
    const statuses = await Promise.all(
      Array.from({ length: 30 }, (_, i) => post(codeOf(first(i % 3) + Math.floor(i / 3)))),
    );
    clock.mockRestore();
    expect(new Set(statuses)).toEqual(new Set([303]));
    expect(looked).toEqual([]);
    expect(await Promise.all(ids.map(counted))).toEqual([10, 10, 10]);
    expect(await post(codeOf(first(1)))).toBe(303);
    expect(await counted(ids[1]!)).toBe(10);
  });

  it('know nothing of a code that none of them has', async () => {
    expect(await post(codeOf(first(7)))).toBe(404);
    expect(await Promise.all(ids.map(counted))).toEqual([10, 10, 10]);
  });

  it('of which one closes: its codes are closed, the others go on', async () => {
    await storage.beginClosing({ at: Date.now(), actor: { ...systemActor, role: 'operator' } }, ids[2]!);
    expect(await post(codeOf(first(2) + 20))).toBe(404);
    expect(await post(codeOf(first(0) + 20))).toBe(303);
    expect(await post(codeOf(first(1) + 20))).toBe(303);
    expect(await Promise.all(ids.map(counted))).toEqual([11, 11, 10]);
  });
});
