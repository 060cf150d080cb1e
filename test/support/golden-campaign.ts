/**
 * One campaign from the first roll to the end of its storage period, the same in every run: clock, randomness and keys are given. Each kind of
 * state leaf is appended at least once, so that its leaves can be held against those of an earlier build, byte for byte.
 */
import { createHash } from 'node:crypto';
import { leafTypeOf } from '../../src/domain/evidence/leaf.ts';
import { toHex } from '../../src/domain/hash.ts';
import type { CampaignId } from '../../src/domain/model/ids.ts';
import { fingerprintOf, keyNames, type KeyName, type KeyStore } from '../../src/keys/key-store.ts';
import { openCampaign, releaseCampaign } from '../../src/operations/campaign/campaigns.ts';
import { openCanaries, sealCanaries } from '../../src/operations/evidence/canaries.ts';
import { closeCampaign } from '../../src/operations/campaign/closing.ts';
import { drawSample } from '../../src/operations/draw/draw.ts';
import { sealDueLots } from '../../src/operations/evidence/evidence.ts';
import { expireCampaign } from '../../src/operations/campaign/expiry.ts';
import { importFates } from '../../src/operations/message/fates.ts';
import { flagAnswers } from '../../src/operations/evidence/flags.ts';
import { freezeFrame } from '../../src/operations/frame/frame.ts';
import { issueLateCodes } from '../../src/operations/draw/late.ts';
import { createLinks } from '../../src/operations/code/links.ts';
import { decideProposal, makeProposal } from '../../src/operations/campaign/proposals.ts';
import { holdClock } from './clock.ts';
import { answer, bundleLines } from './evidence.ts';
import { bytesOf, countyA, createWorld, csv, dice, type World, type WorldOptions } from './world.ts';

const day = 86_400_000;

/** Keys in memory, each the SHA-256 of its name. */
export function namedKeys(): KeyStore {
  const destroyed = new Set<string>();
  const keyOf = (name: string) => new Uint8Array(createHash('sha256').update(`golden key ${name}`).digest());
  return {
    create: (campaign) =>
      Object.fromEntries(
        keyNames.map((name) => [name, fingerprintOf(keyOf(`${campaign}/${name}`))]),
      ) as Record<KeyName, string>,
    use: (campaign, name) => keyOf(`${campaign}/${name}`),
    has: (campaign, name) => !destroyed.has(`${campaign}/${name}`),
    confirm: () => undefined,
    unconfirm: () => undefined,
    destroy: (campaign, name) => void destroyed.add(`${campaign}/${name}`),
    service: (name) => keyOf(`service/${name}`),
    findService: (name) => (name === 'log' ? keyOf(`service/${name}`) : undefined),
    replaceService: () => undefined,
    check: () => 'ok',
    listAll: () => [],
    listCampaigns: () => [],
    listUnconfirmed: () => [],
  };
}

export interface GoldenLeaf {
  readonly type: string;
  /** Hexadecimal. */
  readonly data: string;
}

export async function listLeaves(world: World, id: CampaignId): Promise<readonly GoldenLeaf[]> {
  const leaves: GoldenLeaf[] = [];
  for (;;) {
    const page = await world.storage.listLeaves(id, countyA, leaves.length, 500);
    if (page.length === 0) return leaves;
    for (const { data } of page) leaves.push({ type: leafTypeOf(data!), data: toHex(data!) });
  }
}

export interface GoldenCampaign {
  readonly world: World;
  readonly id: CampaignId;
  /** What an inspector was handed after release. */
  readonly lines: readonly string[];
  /** Goes on to the end of the storage period. */
  expire(): Promise<void>;
}

/** Up to the release. The caller closes the world. `beforeClose`: more than the golden campaign itself has. */
export async function goldenCampaign(
  beforeClose: (world: World, id: CampaignId, codes: readonly string[]) => Promise<void> = async () =>
    undefined,
  options: Pick<WorldOptions, 'engine'> = {},
): Promise<GoldenCampaign> {
  const world = await createWorld({ ...options, keys: namedKeys() });
  const { actors } = world;
  const { operator, secondOperator, inspector } = actors;
  // How many answers are sealed at once is no part of the format: as many as when the fixtures were written.
  const { storage } = world.deps;
  const sealLot: typeof storage.sealLot = (at, place, lot) =>
    storage.sealLot(at, place, { ...lot, limit: 100 });
  const deps = { ...world.deps, storage: { ...storage, sealLot } };
  const county = countyA;
  const { id, closesAt } = await world.addCampaign({
    ...world.oldCampaignInput(),
    counties: [world.campaignInput().counties[0]!],
  });
  await world.fillCounty(id, county);
  await freezeFrame(deps, operator, id, county);
  const kept = await sealCanaries(deps, inspector, id, county, [
    { label: '甲', phone: '13900000001', group: 'parent', school: '第一小学', answers: 2 },
    { label: '乙', phone: '13900000002', group: 'teacher', school: null, answers: null },
  ]);
  await drawSample(deps, inspector, id, county, dice);
  await openCampaign(deps, operator, id);
  const sent = [...(await world.sentCodes(id, county)), ...(await world.sentCodes(id, county, 'slips'))];
  const links = await createLinks(deps, operator, id, county, ['parent']);
  const propose = async (content: Parameters<typeof makeProposal>[3], reason: string) =>
    decideProposal(
      deps,
      secondOperator,
      await makeProposal(deps, operator, id, content, reason),
      'confirmed',
    );

  for (const [i, { code }] of sent.entries()) if (i % 3 !== 2) await answer(deps, id, county, code, i % 4);
  for (let i = 0; i < 7; i++) await answer(deps, id, county, `VISITOR00${i}`, i, { link: links[0]!.id });
  world.passTime(day);
  await sealDueLots(deps);

  for (const [i, { code }] of sent.entries())
    if (i % 5 === 0) await answer(deps, id, county, code, (i + 1) % 4);
  for (const [i, { code }] of sent.entries())
    if (i % 7 === 2) await answer(deps, id, county, code, 0, { channel: 'assisted' });
  await world.sentCodes(id, county, 'reminder');
  await world.sentCodes(id, county, 'replacement');
  const late = csv(['学校', '年级', '家长电话'], [['第一小学', '3年级', '13811119999']]);
  await world.addRoll(id, county, 'parent', late, { lateReason: '转入的学生家长' });
  await issueLateCodes(deps, operator, id, county);
  for (const { code } of await world.sentCodes(id, county, 'late')) await answer(deps, id, county, code, 1);
  await propose({ kind: 'dates', closesAt: closesAt + day }, '天气原因顺延一天');
  const { sampling, reporting } = await deps.storage.readStrata(id, county);
  const declared = sampling.find((s) => s.group === 'parent' && s.drawn > 1)!;
  await propose(
    { kind: 'ineligible', county, samplingStratum: declared.no, contacts: 1, issued: 1 },
    '已随学生转出本县',
  );
  const report = csv(
    ['手机号', '状态'],
    sent
      .filter((s, i) => s.phone !== '' && i % 9 === 2)
      .map((s, i) => [s.phone, ['空号', '失败', '退订'][i % 3]!]),
  );
  await importFates(deps, operator, id, county, { fileName: 'report.csv', source: bytesOf(report) });
  world.passTime(day);
  await sealDueLots(deps);

  await flagAnswers(deps, inspector, id, county, {
    group: 'parent',
    reportingStratum: null,
    reason: '督学接到多名家长反映',
  });
  const voided = reporting.find((r) => r.group === 'teacher')!;
  await propose(
    { kind: 'void', county, group: 'teacher', reportingStratum: voided.no },
    '有人代填，该层作废',
  );
  world.passTime(3_600_000);
  await beforeClose(
    world,
    id,
    sent.map((s) => s.code),
  );
  await closeCampaign(deps, operator, id);
  await openCanaries(deps, inspector, id, county, JSON.stringify(kept));
  await releaseCampaign(deps, operator, id);
  const lines = await bundleLines(deps, world, id, county);
  return {
    world,
    id,
    lines,
    async expire() {
      world.passTime(401 * day);
      await holdClock(deps.storage, deps.now());
      await expireCampaign(deps, actors.administrator, id);
    },
  };
}
