/** The end of the storage period: when, by whom, what is left of the evidence, and what an attacker could make of it. That nothing is left of the rest, and that it survives being killed, is shown in test/failure/kill.test.ts. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  decodeStateLeaf,
  encodeStateLeaf,
  leafTypeOf,
  type StateLeafBody,
} from '../../src/domain/evidence/leaf.ts';
import type { FindingCode, Verification } from '../../src/domain/evidence/verify/verification.ts';
import { systemActor } from '../../src/domain/campaign/permissions.ts';
import { expireCampaign, expireDue } from '../../src/operations/campaign/expiry.ts';
import { holdClock } from '../support/clock.ts';
import { recountCampaign } from '../../src/operations/evidence/recount.ts';
import { getSummary } from '../../src/operations/summary/summary.ts';
import type { Summary } from '../../src/domain/scoring/summary/summary.ts';
import {
  bundleLines,
  closedSurvey,
  forge,
  verify,
  type ClosedSurvey,
  type ForgedLeaf,
} from '../support/evidence.ts';
import { createWorld } from '../support/world.ts';

const day = 86_400_000;
const codesOf = (v: Verification): readonly FindingCode[] => [...new Set(v.findings.map((f) => f.code))];

describe('after it', () => {
  let survey: ClosedSurvey;
  let erased: Pick<ClosedSurvey, 'lines' | 'world'>;
  let before: Summary;
  beforeAll(async () => {
    survey = await closedSurvey();
    const { world, id, county } = survey;
    before = await getSummary(world.deps, world.actors.inspector, id, county);
    const { storageUntil } = await world.campaign(id);
    await expect(expireCampaign(world.deps, world.actors.operator, id)).rejects.toMatchObject({
      message: 'expiry.too-early',
    });
    await expireDue(world.deps);
    expect((await world.campaign(id)).expiredAt).toBeNull();
    world.passTime(storageUntil - world.now() + day);
    await holdClock(world.storage, world.now());
    await expireDue(world.deps);
    erased = { world, lines: await bundleLines(world.deps, world, id, county) };
  });
  afterAll(() => survey.world.close());

  test('the log still agrees with what was published, and gives the same summary', async () => {
    const result = await verify(erased.lines, { checkpoints: [survey.opening, survey.held] });
    expect(result.findings).toEqual([]);
    expect(result).toMatchObject({ ok: true, held: 2 });
    expect(result.erasedAt).not.toBeNull();
    const { world, id, county } = survey;
    expect(await getSummary(world.deps, world.actors.inspector, id, county)).toEqual(before);
    expect(result.summary).toEqual(before);
    expect((await verify(survey.lines)).erasedAt).toBeNull();
  });

  test('the audit says that nothing can be counted again', async () => {
    const { world, id } = survey;
    expect(await recountCampaign(world.deps, systemActor, id)).toMatchObject([
      { erased: true, differences: [] },
    ]);
  });

  const destroyed = (leaves: ForgedLeaf[]) =>
    leaves.findLast((l) => leafTypeOf(l.data) === 'keys-destroyed')!;
  function change(leaf: ForgedLeaf, edit: (body: StateLeafBody<'keys-destroyed'>) => void): void {
    const body = structuredClone(decodeStateLeaf(leaf.data).body) as StateLeafBody<'keys-destroyed'>;
    edit(body);
    leaf.data = encodeStateLeaf('keys-destroyed', body);
  }

  test.each<readonly [string, FindingCode, (leaves: ForgedLeaf[], first: Record<string, unknown>[]) => void]>(
    [
      [
        'answers erased before their time',
        'order',
        (leaves) => change(destroyed(leaves), (b) => void (b.at -= 400 * day)),
      ],
      [
        'answers gone, and the log does not say so',
        'contents-missing',
        (leaves) => void leaves.splice(leaves.indexOf(destroyed(leaves)), 1),
      ],
      [
        'other tallies',
        'tallies',
        (_l, before) => void (before.find((l) => 'last' in l)!['last'] as unknown[]).pop(),
      ],
      [
        'no tallies',
        'tallies',
        (_l, before) =>
          void before.splice(
            before.findIndex((l) => 'last' in l),
            1,
          ),
      ],
      [
        'tallies in a bundle that has answers',
        'malformed',
        (leaves, lines) => {
          lines[0]!['version'] = 1;
          leaves.splice(leaves.indexOf(destroyed(leaves)), 1);
        },
      ],
      [
        'answers where there should be none',
        'erased-contents',
        (leaves) => {
          const contents = Buffer.from(
            (JSON.parse(survey.lines.find((l) => l.includes('"c":'))!) as { c: string }).c,
            'base64',
          );
          leaves.find((l) => leafTypeOf(l.data) === 'response')!.contents = new Uint8Array(contents);
        },
      ],
    ],
  )('%s: seen', async (_name, code, attack) => {
    expect((await verify(forge(erased, () => undefined))).ok).toBe(true);
    const result = await verify(forge(erased, ({ leaves, before: lines }) => void attack(leaves, lines)));
    expect(codesOf(result)).toContain(code);
  });
});

describe('other campaigns', () => {
  test('one that is open is closed first, one that never opened ends too and cannot be opened', async () => {
    const world = await createWorld();
    try {
      const { deps, actors } = world;
      const open = await world.openedCampaign();
      const draft = await world.addCampaign();
      world.passTime(open.storageUntil - world.now() + day);
      await holdClock(world.storage, world.now());
      await expect(expireCampaign(deps, actors.operator, open.id)).rejects.toMatchObject({
        message: 'expiry.not-closed',
      });
      await expect(expireCampaign(deps, actors.inspector, draft.id)).rejects.toMatchObject({
        kind: 'forbidden',
      });
      await expireDue(deps);
      expect(await world.campaign(open.id)).toMatchObject({ state: 'open', expiredAt: null });
      expect((await world.campaign(draft.id)).expiredAt).toBe(world.now());
      for (const name of ['pseudonym', 'contacts', 'text'] as const)
        expect(deps.keys.has(draft.id, name)).toBe(false);
      await expect(
        deps.storage.openCampaign({ at: world.now(), actor: actors.operator }, draft.id),
      ).rejects.toMatchObject({
        message: 'campaign.expired',
      });
    } finally {
      await world.close();
    }
  });

  test('a contacts key that was lost keeps nothing from being erased; the bundle says what it cannot show', async () => {
    const survey = await closedSurvey();
    const { world, id, county } = survey;
    try {
      world.deps.keys.destroy(id, 'contacts');
      world.passTime((await world.campaign(id)).storageUntil - world.now());
      await holdClock(world.storage, world.now());
      await expireCampaign(world.deps, world.actors.operator, id);
      expect((await world.campaign(id)).expiredAt).toBe(world.now());
      expect(await world.deps.storage.listSealedContacts(id, county, null, 1)).toEqual([]);
      expect(world.logged.map((l) => l.event)).toContain('expiry.no-contacts-key');
      await expect(bundleLines(world.deps, world, id, county)).rejects.toMatchObject({
        message: 'evidence.roll-lost',
      });
    } finally {
      await world.close();
    }
  });
});
