/** Look-ups that are kept until the next write: never longer, and not by a process that another one writes beside. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemActor } from '../../src/domain/campaign/permissions.ts';
import type { Storage } from '../../src/storage/port/index.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/index.ts';
import { answerSurvey, campaign, countyCode, createSurvey } from '../bench/support/survey.ts';

const size = { counties: 1, codes: 20, answered: 10 };
const stamp = { at: 1_000, actor: systemActor };
let directory: string;
let storage: Storage;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'manyi-kept-'));
  storage = await openSqliteStorage({ directory: join(directory, 'data') });
  await createSurvey(storage, join(directory, 'keys'), size);
});
afterAll(async () => {
  await storage.close();
  rmSync(directory, { recursive: true, force: true });
});

it('keeps a campaign over answers, and reads it anew after a change', async () => {
  const found = await storage.findCampaign(campaign);
  await answerSurvey(storage, join(directory, 'keys'), size, 0, size.answered);
  expect(await storage.findCampaign(campaign)).toBe(found);
  const beside = await openSqliteStorage({ directory: join(directory, 'data'), readOnly: true });
  try {
    expect((await beside.findCampaign(campaign))?.state).toBe('open');
    await storage.beginClosing(stamp, campaign);
    expect((await storage.findCampaign(campaign))?.state).toBe('closing');
    expect((await beside.findCampaign(campaign))?.state).toBe('closing');
  } finally {
    await beside.close();
  }
});

it('reads anew after a change that failed, too', async () => {
  const found = await storage.findCampaign(campaign);
  await expect(storage.openCampaign(stamp, campaign)).rejects.toThrow();
  const again = await storage.findCampaign(campaign);
  expect(again).toEqual(found);
  expect(again).not.toBe(found);
});

it('keeps what was counted at close, and reads it anew after a change', async () => {
  const own = await openSqliteStorage({ directory: join(directory, 'closed') });
  try {
    await createSurvey(own, join(directory, 'closed-keys'), size);
    await answerSurvey(own, join(directory, 'closed-keys'), size, 0, size.answered);
    const county = countyCode(0);
    expect(await own.readClosingCounts(campaign, county)).toBeUndefined();
    await own.beginClosing(stamp, campaign);
    await own.completeClosingStep(stamp, campaign, 'drain', {});
    await own.countClosing(stamp, campaign, county, []);
    await own.completeClosingStep(stamp, campaign, 'count', {});
    const counted = await own.readClosingCounts(campaign, county);
    expect(counted?.tallies.length).toBeGreaterThan(0);
    expect(counted?.tallies).toEqual(await own.readTallies(campaign, county));
    expect(await own.readClosingCounts(campaign, county)).toBe(counted);
    // Nothing of a county is counted from it.
    await own.probeWrite();
    expect(await own.readClosingCounts(campaign, county)).toBe(counted);
    await own.completeClosingStep(stamp, campaign, 'seal', {});
    const again = await own.readClosingCounts(campaign, county);
    expect(again).toEqual(counted);
    expect(again).not.toBe(counted);
  } finally {
    await own.close();
  }
});
