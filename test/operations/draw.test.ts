/** From the frozen frame to codes: quotas, moves between groups, late contacts, and who may draw. Long because all share one county. */
import Database from 'better-sqlite3';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemActor } from '../../src/domain/campaign/permissions.ts';
import { pseudonymOf } from '../../src/domain/code/pseudonym.ts';
import type { SamplingStratum } from '../../src/domain/frame/strata.ts';
import type { CampaignId } from '../../src/domain/model/ids.ts';
import { openCampaign } from '../../src/operations/campaign/campaigns.ts';
import type { Deps } from '../../src/operations/deps.ts';
import { drawSample, resumeDraw, resumeDraws, viewDraw } from '../../src/operations/draw/draw.ts';
import { freezeFrame } from '../../src/operations/frame/frame.ts';
import { issueLateCodes } from '../../src/operations/draw/late.ts';
import { createLinks, listLinks } from '../../src/operations/code/links.ts';
import { campaignKey } from '../../src/operations/campaign/lookup.ts';
import { applyRoll, readRoll } from '../../src/operations/frame/roll.ts';
import { unsealCode, unsealPhone } from '../../src/operations/evidence/sealing.ts';
import type { FrameEntry, MessageContact } from '../../src/domain/model/contact.ts';
import type { Storage } from '../../src/storage/port/index.ts';
import {
  bytesOf,
  countyA,
  countyB,
  createWorld,
  csv,
  dice,
  readTemplate,
  smallProfile,
  smallSchools,
  type World,
} from '../support/world.ts';

let world: World;
let id: CampaignId;
beforeEach(async () => {
  world = await createWorld();
  ({ id } = await world.addCampaign());
});
afterEach(() => world.close());

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const sha = (...parts: (Uint8Array | string)[]) => {
  const h = createHash('sha256');
  for (const p of parts) h.update(p);
  return h.digest();
};

async function frameOf(county = countyA): Promise<readonly FrameEntry[]> {
  return world.storage.listFrame(id, county, null, 1_000_000);
}
async function contactsOf(county = countyA, slips = false): Promise<readonly MessageContact[]> {
  const sets = ['drawn', 'replacement', 'other'] as const;
  return world.storage.listMessageContacts(id, county, { sets, slips }, null, 1_000_000);
}
/** Leaf hashes of the roll as it is, with no code of the service but the decryption. */
async function leavesOfRoll(): Promise<readonly Buffer[]> {
  const key = campaignKey(world.deps, await world.campaign(id), 'contacts');
  return (await frameOf()).map((f) => {
    const { salt, phone } = unsealPhone(key, f.entry, f.sealed!);
    const groups = ['parent', 'teacher', 'principal', 'deputy', 'public', 'student'];
    const parts = [Buffer.from([1]), f.entry, Buffer.from([groups.indexOf(f.group), f.affiliations.length])];
    for (const { school, grade } of f.affiliations)
      parts.push(Buffer.from([school.length]), Buffer.from(school), Buffer.from([grade ?? 0]));
    return sha(Buffer.from([0]), Buffer.concat([...parts, sha(salt, phone)]));
  });
}

// RFC 6962 §2.1, by its recursive definition.
const mth = (list: readonly Buffer[]): Buffer => {
  if (list.length === 1) return list[0] as Buffer;
  let k = 1;
  while (k * 2 < list.length) k *= 2;
  return sha(Buffer.from([1]), mth(list.slice(0, k)), mth(list.slice(k)));
};

async function freeze(county = countyA) {
  return freezeFrame(world.deps, world.actors.operator, id, county);
}
async function draw(deps: Deps = world.deps, thrown = dice) {
  return drawSample(deps, world.actors.inspector, id, countyA, thrown);
}

/** The same installation, whose storage fails once at the named operation. */
function failingOnce(name: keyof Storage): Deps {
  let armed = true;
  const storage = new Proxy(world.storage, {
    get: (target, property, receiver) => {
      if (property !== name || !armed) return Reflect.get(target, property, receiver) as unknown;
      armed = false;
      return () => Promise.reject(new Error('the power went'));
    },
  });
  return { ...world.deps, storage };
}

/** The same installation, in whose storage somebody does one of `changes` each time that a page of the roll has been read. */
function changedWhileRead(changes: (() => Promise<unknown>)[]): Deps {
  const storage = new Proxy(world.storage, {
    get: (target, property, receiver) => {
      if (property !== 'listFrame') return Reflect.get(target, property, receiver) as unknown;
      return async (...args: Parameters<Storage['listFrame']>) => {
        const page = await target.listFrame(...args);
        await changes.shift()?.();
        return page;
      };
    },
  });
  return { ...world.deps, storage };
}

/** A file that is read, but not yet applied: first-school parents of fillCounty, in one more school. It adds nobody. */
async function stageJoining(school: string) {
  const parents = Array.from({ length: 20 }, (_, i) => [
    school,
    `1380${countyA.slice(-1)}1${10_000 + i * 37}`,
  ]);
  const file = csv(['学校', '电话'], parents);
  const more = {
    county: countyA,
    group: 'parent',
    fileName: `${school}.csv`,
    source: bytesOf(file),
  } as const;
  const { id: staged } = await readRoll(world.deps, world.actors.operator, { campaign: id, ...more });
  return async () => {
    const applied = await applyRoll(world.deps, world.actors.operator, staged, {
      keepGood: false,
      reason: 'an invented roll',
    });
    expect(applied).toMatchObject({ state: 'applied', added: 0, joined: 20 });
  };
}

/** What only a hand in the database file can do once the roll is frozen. */
function changeFile(sql: string): void {
  const file = new Database(join(world.dataDir, 'manyi.db'));
  expect(file.prepare(sql).run().changes).toBeGreaterThan(0);
  file.close();
}

describe('freezing', () => {
  test('fixes the root of the canonical entries, as written in the format’s own words', async () => {
    await world.fillCounty(id, countyA);
    const { frame, frameState } = await freeze();
    expect(frameState).toBe('frozen');
    const leaves = await leavesOfRoll();
    expect(frame?.size).toBe(leaves.length);
    expect(hex(frame!.root)).toBe(hex(mth(leaves)));
  });

  test('reads the roll again if an import that adds nobody changed it in between', async () => {
    await world.fillCounty(id, countyA);
    const before = hex(mth(await leavesOfRoll()));
    const deps = changedWhileRead([await stageJoining('第三中学')]);
    const { frame } = await freezeFrame(deps, world.actors.operator, id, countyA);
    const after = hex(mth(await leavesOfRoll()));
    expect(after).not.toBe(before);
    expect(hex(frame!.root)).toBe(after);
    await draw();
  });

  test('gives up, and freezes nothing, if the roll changes again', async () => {
    await world.fillCounty(id, countyA);
    const join = async (school: string) => (await stageJoining(school))();
    const deps = changedWhileRead([() => join('第三中学'), () => join('下村小学')]);
    await expect(freezeFrame(deps, world.actors.operator, id, countyA)).rejects.toMatchObject({
      kind: 'conflict',
      message: 'frame.changed',
    });
    expect((await world.campaign(id)).counties[0]).toMatchObject({ frameState: 'preparing', frame: null });
    expect(hex((await freeze()).frame!.root)).toBe(hex(mth(await leavesOfRoll())));
  });

  test('closes the roll', async () => {
    await world.fillCounty(id, countyA);
    await freeze();
    await expect(freeze()).rejects.toMatchObject({ message: 'frame.frozen' });
    await expect(world.addSchools(id, countyA)).rejects.toMatchObject({ message: 'frame.frozen' });
    const more = csv(['学校', '电话'], [['第一小学', '13711112222']]);
    await expect(world.addRoll(id, countyA, 'parent', more)).rejects.toMatchObject({
      message: 'frame.frozen',
    });
  });

  test('waits for files that are half done, and wants somebody in the roll', async () => {
    await world.addSchools(id, countyB);
    await expect(freeze(countyB)).rejects.toMatchObject({ message: 'frame.empty' });
    await world.addSchools(id, countyA);
    const file = csv(['学校', '电话'], [['第一小学', '13711112222']]);
    await readRoll(world.deps, world.actors.official, {
      campaign: id,
      county: countyA,
      group: 'parent',
      fileName: 'a.csv',
      source: bytesOf(file),
    });
    await expect(freeze()).rejects.toMatchObject({ message: 'frame.import-pending' });
  });
});

describe('the draw', () => {
  test('is what anybody computes from root, dice and entries', async () => {
    await world.fillCounty(id, countyA);
    // Households with children in two or three schools.
    const several = ['第一小学', '第三中学', '上村教学点'].flatMap((school, s) =>
      Array.from({ length: 40 }, (_, i) => [school, `${s + 1}年级`, String(13_512_340_000 + i * 11)]),
    );
    await world.addRoll(id, countyA, 'parent', csv(['学校', '年级', '电话'], several));
    const { frame } = await freeze();
    const view = await draw();

    // An independent draw: no code of the service below this line.
    const seed = sha(frame!.root, dice.replaceAll(' ', ''));
    expect(hex(view.county.draw!.seed)).toBe(hex(seed));
    const location = new Map<string, string>(smallSchools.map((s) => [s[0], s[3]]));
    const strata = new Map<string, { entry: Uint8Array; key: string; school: string | null }[]>();
    for (const { entry, group, affiliations } of await frameOf()) {
      const byHash = affiliations
        .map((a) => ({ ...a, hash: hex(sha(seed, entry, a.school)) }))
        .sort((a, b) => (a.hash < b.hash ? -1 : 1));
      const chosen = byHash[0];
      const stratum = `${group}/${chosen ? location.get(chosen.school) : ''}/${chosen?.grade ?? ''}`;
      const list = strata.get(stratum) ?? [];
      strata.set(stratum, list);
      list.push({ entry, key: hex(sha(seed, entry)), school: chosen?.school ?? null });
    }
    const names: Record<string, string> = { urban: '城区', town: '镇区', rural: '乡村' };
    const expected = new Map<string, string>();
    for (const s of view.sampling.filter((x) => x.kind === 'frame')) {
      const members = strata.get(`${s.group}/${s.location ? names[s.location] : ''}/${s.grade ?? ''}`)!;
      expect(s.frameSize).toBe(members.length);
      expect(s.replacements).toBe(Math.min(Math.ceil(s.drawn / 2), members.length - s.drawn));
      members.sort((a, b) => (a.key < b.key ? -1 : 1));
      members.slice(0, s.drawn + s.replacements).forEach((m, i) => {
        expected.set(hex(m.entry), `${i < s.drawn ? 'drawn' : 'replacement'} ${m.school ?? '-'}`);
      });
    }
    const actual = new Map((await contactsOf()).map((c) => [hex(c.entry), `${c.set} ${c.school ?? '-'}`]));
    expect(actual).toEqual(expected);

    const total = (group: string, what: 'quota' | 'drawn') =>
      view.sampling.filter((s) => s.group === group).reduce((n, s) => n + s[what], 0);
    // 6 principals where 10 are wanted: 4 places go to the parents, 60 + 4.
    expect(view.county.draw!.quotas).toEqual({ parent: 64, teacher: 30, principal: 6, deputy: 10 });
    expect(view.county.draw!.moves).toEqual([{ from: 'principal', to: 'parent', count: 4 }]);
    expect([total('parent', 'drawn'), total('teacher', 'drawn')]).toEqual([64, 30]);
    expect([total('principal', 'drawn'), total('deputy', 'drawn')]).toEqual([6, 10]);
    // Proportional to the strata, within one (two at least in each).
    const parents = view.sampling.filter((s) => s.group === 'parent');
    const size = parents.reduce((n, s) => n + s.frameSize!, 0);
    for (const s of parents)
      expect(Math.abs(s.drawn - Math.max(2, (64 * s.frameSize!) / size))).toBeLessThan(1.5);
  });

  test('gives every drawn contact a code of its own, known to the answers only by its pseudonym', async () => {
    await world.fillCounty(id, countyA);
    await freeze();
    const { sampling, reporting } = await draw();
    const campaign = await world.campaign(id);
    const contactsKey = campaignKey(world.deps, campaign, 'contacts');
    const pseudonymKey = campaignKey(world.deps, campaign, 'pseudonym');
    const contacts = [...(await contactsOf()), ...(await contactsOf(countyA, true))];
    const codes = contacts.map((c) => unsealCode(contactsKey, c.entry, c.sealedCode));
    expect(new Set(codes).size).toBe(contacts.length);
    expect(contacts).toHaveLength(sampling.reduce((n, s) => n + s.drawn + s.replacements, 0));
    const counted = new Map<string, number>();
    for (const [i, code] of codes.entries()) {
      const issued = await world.storage.findIssued(id, pseudonymOf(pseudonymKey, code));
      const stratum = sampling.find((s) => s.no === issued?.samplingStratum) as SamplingStratum;
      const report = reporting.find((r) => r.no === issued?.reportingStratum);
      expect(issued?.county).toBe(countyA);
      expect(issued?.set).toBe(contacts[i]!.set);
      expect(stratum.group).toBe(contacts[i]!.group);
      expect(report?.group).toBe(contacts[i]!.group);
      expect(campaign.questionnaires.find((q) => q.no === issued?.questionnaire)?.groups).toEqual([
        stratum.group,
      ]);
      const key = `${issued!.reportingStratum} ${issued!.set}`;
      counted.set(key, (counted.get(key) ?? 0) + 1);
    }
    for (const r of reporting) {
      for (const set of ['drawn', 'replacement', 'other'] as const)
        expect(r.issued[set]).toBe(counted.get(`${r.no} ${set}`) ?? 0);
      expect(r.issued.drawn + r.issued.replacement).toBeGreaterThanOrEqual(5);
    }
    const slips = sampling.find((s) => s.kind === 'slips');
    expect(slips).toMatchObject({ group: 'public', frameSize: null, drawn: 12, replacements: 0 });
    const numbers = (await contactsOf(countyA, true)).map((c) => c.slipNo!).sort((a, b) => a - b);
    expect(numbers).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
  });

  test('happens once', async () => {
    await world.fillCounty(id, countyA);
    await expect(draw()).rejects.toMatchObject({ message: 'draw.not-frozen' });
    await freeze();
    await expect(draw(world.deps, '123')).rejects.toMatchObject({ kind: 'invalid', message: 'draw.dice' });
    const both = await Promise.allSettled([draw(), draw(world.deps, '6543 2165 4321 6543 2165 4321')]);
    expect(both.map((r) => r.status).sort()).toEqual(['fulfilled', 'rejected']);
    await expect(draw()).rejects.toMatchObject({ kind: 'conflict', message: 'draw.done' });
  });

  test.each(['saveDrawn', 'finishDraw', 'beginDraw'] as const)(
    'interrupted at %s it goes on to the same sample',
    async (step) => {
      await world.fillCounty(id, countyA);
      await freeze();
      await expect(draw(failingOnce(step))).rejects.toThrow('the power went');
      const { frameState } = (await world.campaign(id)).counties[0]!;
      if (step === 'beginDraw') {
        // Nothing was written: the dice can be thrown again.
        expect(frameState).toBe('frozen');
        await draw();
        return;
      }
      expect(frameState).toBe('drawing');
      await expect(openCampaign(world.deps, world.actors.operator, id)).rejects.toMatchObject({
        message: 'campaign.not-drawn',
      });
      await expect(draw()).rejects.toMatchObject({ message: 'draw.done' });
      await resumeDraws(world.deps, systemActor);
      const resumed = await contactsOf();

      const twin = await createWorld();
      try {
        // The same roll under the same ids, drawn without interruption.
        await twin.addCampaign();
        await twin.fillCounty(id, countyA);
        await twin.freezeAndDraw(id, countyA);
        const sets = ['drawn', 'replacement'] as const;
        const whole = await twin.storage.listMessageContacts(
          id,
          countyA,
          { sets, slips: false },
          null,
          1_000,
        );
        const { frame } = (await twin.campaign(id)).counties[0]!;
        expect(hex(frame!.root)).toBe(hex((await world.campaign(id)).counties[0]!.frame!.root));
        expect(resumed.map((c) => [hex(c.entry), c.set, c.school])).toEqual(
          whole.map((c) => [hex(c.entry), c.set, c.school]),
        );
      } finally {
        await twin.close();
      }
      await expect(resumeDraw(world.deps, world.actors.operator, id, countyA)).rejects.toMatchObject({
        message: 'draw.not-interrupted',
      });
    },
  );

  test('is refused if the roll is not the frozen one, before the seed is spent, and again before codes are issued', async () => {
    await world.fillCounty(id, countyA);
    const expected = hex((await freeze()).frame!.root);
    changeFile(`UPDATE contact_schools SET grade = 6 WHERE county = '${countyA}' AND grade = 1`);
    const got = hex(mth(await leavesOfRoll()));
    const refusal = { kind: 'corrupt', message: 'draw.root-changed', params: { expected, got } };
    await expect(draw()).rejects.toMatchObject(refusal);
    expect((await world.campaign(id)).counties[0]).toMatchObject({ frameState: 'frozen', draw: null });
    expect(await contactsOf()).toEqual([]);
  });

  test('is not resumed on a roll that is not the frozen one', async () => {
    await world.fillCounty(id, countyA);
    await freeze();
    await expect(draw(failingOnce('saveDrawn'))).rejects.toThrow('the power went');
    changeFile(`UPDATE contact_schools SET grade = 6 WHERE county = '${countyA}' AND grade = 1`);
    await expect(resumeDraw(world.deps, world.actors.operator, id, countyA)).rejects.toMatchObject({
      message: 'draw.root-changed',
    });
    expect((await world.campaign(id)).counties[0]!.frameState).toBe('drawing');
    expect(await contactsOf()).toEqual([]);
  });

  test('needs the residents where the quota is by residents, before the seed is spent', async () => {
    const [first] = world.campaignInput().counties;
    const other = await world.addCampaign({ counties: [{ ...first!, residents: null }] });
    id = other.id;
    await world.fillCounty(id, countyA);
    await freeze();
    await expect(draw()).rejects.toMatchObject({ message: 'draw.residents-unknown' });
    expect((await world.campaign(id)).counties[0]).toMatchObject({ frameState: 'frozen', draw: null });
  });

  test('a census draws everybody', async () => {
    const profile = smallProfile({ quota: { kind: 'census' }, replacementRatio: 0 });
    ({ id } = await world.addCampaign({ profile }));
    await world.fillCounty(id, countyA);
    await freeze();
    const { sampling } = await draw();
    for (const s of sampling.filter((x) => x.kind === 'frame')) expect(s.drawn).toBe(s.frameSize);
    expect(await contactsOf()).toHaveLength((await frameOf()).length);
  });

  test('is the inspector’s, and seen by the county', async () => {
    await world.fillCounty(id, countyA);
    await freeze();
    const { operator, administrator, official, officialOfB, inspectorOfB } = world.actors;
    for (const actor of [operator, administrator, official, inspectorOfB])
      await expect(drawSample(world.deps, actor, id, countyA, dice)).rejects.toMatchObject({
        kind: 'forbidden',
      });
    for (const actor of [official, world.actors.inspector])
      await expect(freezeFrame(world.deps, actor, id, countyA)).rejects.toMatchObject({ kind: 'forbidden' });
    await draw();
    expect((await viewDraw(world.deps, official, id, countyA)).county.draw?.by).toBe('inspector');
    await expect(viewDraw(world.deps, officialOfB, id, countyA)).rejects.toMatchObject({ kind: 'forbidden' });
  });
});

describe('late contacts', () => {
  const late = csv(
    ['学校', '年级', '电话'],
    [
      ['第一小学', '一年级', '13711112222'],
      ['第一小学', '二年级', '13711113333'],
    ],
  );

  test('get codes outside the denominators', async () => {
    await world.fillCounty(id, countyA);
    await freeze();
    const before = await draw();
    await expect(world.addRoll(id, countyA, 'parent', late)).rejects.toMatchObject({
      message: 'frame.frozen',
    });
    await expect(world.addRoll(id, countyA, 'parent', late, { lateReason: 'x' })).rejects.toMatchObject({
      message: 'roll.reason',
    });
    await world.addRoll(id, countyA, 'parent', late, { lateReason: '转学补录，学校证明' });
    expect(await issueLateCodes(world.deps, world.actors.operator, id, countyA)).toBe(2);
    expect(await issueLateCodes(world.deps, world.actors.operator, id, countyA)).toBe(0);
    const after = await viewDraw(world.deps, world.actors.operator, id, countyA);
    expect(after.sampling).toEqual(before.sampling);
    expect(after.county.frame).toEqual(before.county.frame);
    const others = after.reporting.filter((r) => r.issued.other > 0);
    expect(others).toHaveLength(1);
    expect(others[0]).toMatchObject({ group: 'parent', issued: { other: 2 } });
    expect(others[0]!.schools).toContain('S1');
    const campaign = await world.campaign(id);
    const key = campaignKey(world.deps, campaign, 'contacts');
    for (const c of (await contactsOf()).filter((x) => x.set === 'other')) {
      const code = unsealCode(key, c.entry, c.sealedCode);
      const pseudonym = pseudonymOf(campaignKey(world.deps, campaign, 'pseudonym'), code);
      expect(await world.storage.findIssued(id, pseudonym)).toMatchObject({
        samplingStratum: 0,
        set: 'other',
      });
    }
  });

  test('are the commissioner’s business', async () => {
    await world.fillCounty(id, countyA);
    await freeze();
    await draw();
    const file = { campaign: id, county: countyA, group: 'parent', fileName: 'l.csv' } as const;
    await expect(
      readRoll(world.deps, world.actors.official, {
        ...file,
        source: bytesOf(late),
        lateReason: '转学补录，学校证明',
      }),
    ).rejects.toMatchObject({ kind: 'forbidden' });
    await expect(issueLateCodes(world.deps, world.actors.official, id, countyA)).rejects.toMatchObject({
      kind: 'forbidden',
    });
  });
});

describe('open links', () => {
  test('one a school and group, made once', async () => {
    await world.fillCounty(id, countyA);
    await freeze();
    const { operator, official } = world.actors;
    await expect(createLinks(world.deps, operator, id, countyA, ['parent'])).rejects.toMatchObject({
      message: 'links.not-drawn',
    });
    const { reporting } = await draw();
    const links = await createLinks(world.deps, operator, id, countyA, ['parent', 'deputy']);
    expect(
      links
        .filter((l) => l.group === 'parent')
        .map((l) => l.school)
        .sort(),
    ).toEqual(smallSchools.map((s) => s[0]));
    expect(links.filter((l) => l.group === 'deputy').map((l) => l.school)).toEqual([null]);
    for (const l of links)
      expect(reporting.find((r) => r.no === l.reportingStratum)).toMatchObject({ group: l.group });
    await createLinks(world.deps, operator, id, countyA, ['parent', 'deputy']);
    expect(await listLinks(world.deps, operator, id, countyA)).toEqual(links);
    await expect(createLinks(world.deps, operator, id, countyA, ['student'])).rejects.toMatchObject({
      message: 'links.group-not-asked',
    });
    await expect(listLinks(world.deps, official, id, countyA)).rejects.toMatchObject({ kind: 'forbidden' });
  });

  test('a survey by link alone needs schools, no roll; its strata are the schools', async () => {
    ({ id } = await world.addCampaign({
      profile: readTemplate('profiles/open-link-2024.json'),
      counties: [{ code: countyA, name: '云溪县', residents: null, slips: [] }],
    }));
    await world.addSchools(id, countyA);
    expect((await freeze()).frame?.size).toBe(0);
    const { sampling, reporting } = await draw();
    expect(sampling).toEqual([]);
    expect(reporting.every((r) => r.issued.drawn + r.issued.replacement + r.issued.other === 0)).toBe(true);
    const ofParents = reporting.filter((r) => r.group === 'parent');
    expect(ofParents.flatMap((r) => r.schools).sort()).toEqual(smallSchools.map((s) => s[0]));
    const links = await createLinks(world.deps, world.actors.operator, id, countyA, ['parent', 'teacher']);
    expect(links).toHaveLength(12);
    expect((await openCampaign(world.deps, world.actors.operator, id)).state).toBe('open');
  });
});
