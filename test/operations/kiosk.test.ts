/** An entry at a school's device never supersedes what was answered at home (for campaigns opened under the earlier rule see old-bundles.test.ts). */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { decodeStateLeaf, leafTypeOf } from '../../src/domain/evidence/leaf.ts';
import type { CampaignId } from '../../src/domain/model/ids.ts';
import { closeCampaign } from '../../src/operations/campaign/closing.ts';
import { recountCampaign } from '../../src/operations/evidence/recount.ts';
import { getSummary } from '../../src/operations/summary/summary.ts';
import { answer, bundleLines, forge, verify } from '../support/evidence.ts';
import { countyA, openedWorld, type World } from '../support/world.ts';

let world: World;
let id: CampaignId;
beforeEach(async () => {
  const opened = await openedWorld();
  ({ world } = opened);
  ({ id } = opened.campaign);
});
afterEach(() => world.close());

/** Everybody answers at home with the best option, and the school enters the worst for everybody afterwards. */
async function survey(): Promise<void> {
  const sent = await world.sentCodes(id, countyA);
  for (const { code } of sent) await answer(world.deps, id, countyA, code, 0);
  for (const { code } of sent) await answer(world.deps, id, countyA, code, 3, { channel: 'kiosk' });
  world.passTime(86_400_000);
  await closeCampaign(world.deps, world.actors.operator, id);
}

test('what was answered at home counts', async () => {
  await survey();
  const summary = await getSummary(world.deps, world.actors.inspector, id, countyA);
  const counts = await world.storage.countResponses(id, countyA);
  expect([...new Set(counts.map((c) => c.channel))]).toEqual(['web']);
  expect(summary.official).toMatchObject({ kind: 'estimate', value: 100 });
  const [recounted] = await recountCampaign(world.deps, world.actors.administrator, id);
  expect(recounted!.differences).toEqual([]);

  const lines = await bundleLines(world.deps, world, id, countyA);
  const verified = await verify(lines);
  expect(verified.findings).toEqual([]);
  expect(verified.summary).toEqual(summary);
  expect(verified.events.find((e) => e.type === 'open')?.what).toContain('"revisionRule":2');
});

test('nobody can give a campaign the earlier rule afterwards', async () => {
  await survey();
  const lines = await bundleLines(world.deps, world, id, countyA);
  const forged = forge({ lines, world }, ({ leaves }) => {
    const open = leaves.find((leaf) => leafTypeOf(leaf.data) === 'open')!;
    const { revisionRule: _, ...body } = decodeStateLeaf(open.data).body as Record<string, unknown>;
    const json = Object.fromEntries(Object.entries(body).sort(([a], [b]) => (a < b ? -1 : 1)));
    open.data = Buffer.concat([open.data.subarray(0, 2), Buffer.from(JSON.stringify(json))]);
  });
  const codes = (await verify(forged)).findings.map((f) => f.code);
  // The contents that were kept are those of the other answers.
  expect(codes).toContain('superseded-contents');
  expect(codes).not.toContain('leaf-malformed');
});
