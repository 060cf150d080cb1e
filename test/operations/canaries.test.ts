/** Test contacts of an inspector: nobody who works with the lists can tell them, nothing counts them, and what was done to them shows after close. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { canaryCommitment, parseCanaryFile, type CanaryFile } from '../../src/domain/evidence/canaries.ts';
import { decodeStateLeaf, encodeStateLeaf, leafTypeOf } from '../../src/domain/evidence/leaf.ts';
import { compileQuestionnaire } from '../../src/domain/questionnaire/compile.ts';
import type { CampaignId } from '../../src/domain/model/ids.ts';
import { openCampaign } from '../../src/operations/campaign/campaigns.ts';
import {
  openCanaries,
  sealCanaries,
  viewCanaries,
  type CanaryInput,
} from '../../src/operations/evidence/canaries.ts';
import { closeCampaign } from '../../src/operations/campaign/closing.ts';
import { drawSample, viewDraw } from '../../src/operations/draw/draw.ts';
import { freezeFrame } from '../../src/operations/frame/frame.ts';
import { createOpenCampaigns } from '../../src/operations/answer/open-campaigns.ts';
import { viewRates } from '../../src/operations/summary/rates.ts';
import { recountCampaign } from '../../src/operations/evidence/recount.ts';
import { getSummary } from '../../src/operations/summary/summary.ts';
import { answer, bundleLines, forge, sheet, verify } from '../support/evidence.ts';
import { copiesOf, countyA, createWorld, dice, type SentCode, type World } from '../support/world.ts';

const inputs: readonly CanaryInput[] = [
  { label: 'A 答二', phone: '139 0000 0001', group: 'parent', school: '第一小学', answers: 2 },
  { label: 'B 不答', phone: '13900000002', group: 'parent', school: 'S3', answers: null },
  { label: 'C 答一', phone: '13900000003', group: 'teacher', school: null, answers: 1 },
  { label: 'D 不答', phone: '13900000004', group: 'parent', school: '', answers: null },
];

let world: World;
let id: CampaignId;
const frozenWorld = copiesOf(async (made) => {
  const { id: of } = await made.addCampaign({ counties: made.campaignInput().counties.slice(0, 1) });
  await made.fillCounty(of, countyA);
  await freezeFrame(made.deps, made.actors.operator, of, countyA);
  return { id: of };
});
beforeEach(async () => {
  ({ world, id } = await frozenWorld());
});
afterEach(() => world.close());

const seal = (list = inputs) => sealCanaries(world.deps, world.actors.inspector, id, countyA, list);
async function drawAndOpen(): Promise<void> {
  await drawSample(world.deps, world.actors.inspector, id, countyA, dice);
  await openCampaign(world.deps, world.actors.operator, id);
}
const isCanary = (s: SentCode) => s.phone.startsWith('1390000000');
const give = (s: SentCode, pick: number) =>
  answer(world.deps, id, countyA, s.code.replace(/\s/g, ''), pick, { ratingsOnly: isCanary(s) });
const open = (file: CanaryFile) =>
  openCanaries(world.deps, world.actors.inspector, id, countyA, JSON.stringify(file));

/** Everybody of the sample answers; the test contacts as agreed, unless `wrong` says otherwise. */
async function survey(
  file: CanaryFile | null,
  wrong: Readonly<Record<string, number | null>> = {},
): Promise<readonly SentCode[]> {
  const sent = await world.sentCodes(id, countyA);
  for (const [i, s] of sent.entries()) {
    if (!isCanary(s)) await give(s, i % 4);
    else {
      const pick = wrong[s.phone] ?? { 1: 1, 2: null, 3: 0, 4: null }[Number(s.phone.at(-1))] ?? null;
      if (wrong[s.phone] === null || pick === null) continue;
      await give(s, pick);
    }
  }
  world.passTime(86_400_000);
  await closeCampaign(world.deps, world.actors.operator, id);
  expect(file === null || file.canaries.length).toBeTruthy();
  return sent;
}

describe('sealed before the draw', () => {
  test('what opens the commitment is kept before the commitment is stored', async () => {
    const { deps, actors } = world;
    const sealed = () => world.storage.findCanaries(id, countyA);
    const broken = async () => {
      throw new Error('disk full');
    };
    const run = (keep: (file: CanaryFile) => Promise<void>) =>
      sealCanaries(deps, actors.inspector, id, countyA, inputs, keep);
    await expect(run(broken)).rejects.toThrow('disk full');
    expect(await sealed()).toBeUndefined();
    let kept: CanaryFile | null = null;
    await run(async (file) => {
      expect(await sealed()).toBeUndefined();
      kept = file;
    });
    expect((await sealed())?.commitment).toBe(canaryCommitment(kept!));
  });

  test('once, by an inspector, of numbers that are not in the roll', async () => {
    const { deps, actors } = world;
    for (const actor of [actors.operator, actors.official, actors.administrator])
      await expect(sealCanaries(deps, actor, id, countyA, inputs)).rejects.toMatchObject({
        kind: 'forbidden',
      });
    const inRoll = (await rollPhone())!;
    await expect(seal([{ ...inputs[0]!, phone: inRoll }])).rejects.toMatchObject({
      message: 'canaries.in-roll',
    });
    for (const [patch, message] of [
      [{ label: ' ' }, 'canaries.label'],
      [{ phone: '0531-88886666' }, 'canaries.phone'],
      [{ school: '没有的学校' }, 'canaries.school'],
      [{ group: 'student' }, 'canaries.group'],
      [{ answers: { nonsense: 'x' } }, 'canaries.answers'],
    ] as const)
      await expect(seal([{ ...inputs[0]!, ...patch }])).rejects.toMatchObject({
        issues: [{ message }],
      });
    const file = await seal();
    expect(parseCanaryFile(JSON.stringify(file))).toEqual(file);
    expect(JSON.stringify(file)).not.toMatch(/139\s?0000/);
    const { sealed } = await viewCanaries(deps, actors.inspector, id, countyA);
    expect(sealed).toEqual({ commitment: canaryCommitment(file), count: 4 });
    await expect(seal()).rejects.toMatchObject({ message: 'canaries.not-now' });
    const trail = await deps.storage.listTrail({ campaign: id, counties: null, before: null, limit: 5 });
    expect(trail[0]).toMatchObject({ action: 'canaries.sealed', actor: 'inspector' });
  });

  test('and not after it', async () => {
    await drawAndOpen();
    await expect(seal()).rejects.toMatchObject({ message: 'canaries.not-now' });
  });

  async function rollPhone(): Promise<string | undefined> {
    const other = await createWorld();
    const [county] = other.campaignInput().counties;
    const { id: theirs } = await other.openedCampaign({ counties: [county!] });
    const [first] = (await other.sentCodes(theirs, countyA)).filter((s) => s.group === 'parents');
    await other.close();
    return first?.phone;
  }
});

describe('in the lists', () => {
  test('they get codes and messages as others do, and no page of the work counts them', async () => {
    const plain = await createWorld();
    const [county] = plain.campaignInput().counties;
    const other = await plain.openedCampaign({ counties: [county!] });
    const view = async (w: World, campaign: CampaignId) => ({
      draw: await viewDraw(w.deps, w.actors.operator, campaign, countyA).then(({ sampling, reporting }) => ({
        sampling,
        reporting,
      })),
      frame: await w.storage.countFrame(campaign, countyA),
      rates: (await viewRates(w.deps, w.actors.operator, campaign, countyA)).groups,
    });
    await seal();
    await drawAndOpen();
    expect(await world.storage.listCanaries(id, countyA)).toEqual([]);
    expect(Object.keys(await view(world, id))).toHaveLength(3);
    const [ours, theirs] = [await view(world, id), await view(plain, other.id)];
    // The draw itself goes by random ids and differs; how many there are of what does not.
    const counts = (v: typeof ours) => ({
      ...v,
      draw: [
        v.draw.sampling.map((s) => [s.group, s.location, s.grade, s.drawn, s.replacements]),
        v.draw.reporting.reduce((n, r) => n + r.issued.drawn + r.issued.replacement + r.issued.other, 0),
      ],
    });
    expect(counts(ours)).toEqual(counts(theirs));

    const sent = await world.sentCodes(id, countyA);
    const others = await plain.sentCodes(other.id, countyA);
    expect(sent).toHaveLength(others.length + 4);
    expect(sent.filter(isCanary)).toHaveLength(4);
    const shape = (s: SentCode) => [s.text.length, s.code.length, s.link.length, s.group].join();
    const usual = new Set(sent.filter((s) => !isCanary(s)).map(shape));
    for (const s of sent.filter(isCanary)) expect(usual.has(shape(s)), s.phone).toBe(true);
    // They stand among the others, by random ids, not at the end.
    const at = sent.flatMap((s, i) => (isCanary(s) ? [i] : []));
    expect(Math.max(...at) - Math.min(...at)).toBeGreaterThan(4);
    await plain.close();
  });

  test('who has not answered is reminded, test contact or not', async () => {
    await seal();
    await drawAndOpen();
    const sent = await world.sentCodes(id, countyA);
    await give(
      sent.find((s) => s.phone === '13900000001')!,
      1,
    );
    const reminded = await world.sentCodes(id, countyA, 'reminder');
    expect(reminded.map((s) => s.phone)).not.toContain('13900000001');
    expect(reminded.map((s) => s.phone)).toContain('13900000002');
  });
});

describe('after close', () => {
  test('they are found as agreed, and count nowhere', async () => {
    const file = await seal();
    await drawAndOpen();
    const sent = await survey(file);
    const others = sent.filter((s) => !isCanary(s)).length;
    const counts = await world.storage.countResponses(id, countyA);
    expect(counts.reduce((n, c) => n + c.answered, 0)).toBe(others);
    const [recounted] = await recountCampaign(world.deps, world.actors.administrator, id);
    expect(recounted).toMatchObject({ differences: [], responses: others });

    const lines = await bundleLines(world.deps, world, id, countyA);
    const verified = await verify(lines, { canaries: JSON.stringify(file) });
    expect(verified.findings).toEqual([]);
    expect(verified.canaries?.map((c) => c.fault)).toEqual([null, null, null, null]);
    expect(verified.responses).toBe(others + 2);
    expect(verified.summary).toEqual(await getSummary(world.deps, world.actors.inspector, id, countyA));
    expect((await verify(lines)).canaries).toBeNull();

    expect((await open(file)).map((r) => r.fault)).toEqual([null, null, null, null]);
    const again = await verify(await bundleLines(world.deps, world, id, countyA));
    expect(again.events.find((e) => e.type === 'canaries-opened')?.what).toContain('"answered":0');
    const trail = await world.storage.listTrail({ campaign: id, counties: null, before: null, limit: 20 });
    expect(trail.map((e) => e.action)).toContain('canaries.opened');
  });

  test('whoever answered for one, changed one or kept a message back shows', async () => {
    const file = await seal();
    await drawAndOpen();
    // B never answers, yet somebody did; A's answer was overwritten; C's never came.
    await survey(file, { '13900000002': 0, '13900000001': 3, '13900000003': null });
    const results = await open(file);
    expect(results.map((r) => r.fault)).toEqual(['altered', 'answered', 'missing', null]);
    const verified = await verify(await bundleLines(world.deps, world, id, countyA), {
      canaries: JSON.stringify(file),
    });
    expect(verified.canaries?.map((c) => c.fault)).toEqual(['altered', 'answered', 'missing', null]);
    expect(verified.findings.filter((f) => f.code === 'canary').map((f) => f.found)).toEqual([
      'altered',
      'answered',
      'missing',
    ]);
  });

  test('a list that is not the one committed to opens nothing', async () => {
    const file = await seal();
    await expect(open(file)).rejects.toMatchObject({ message: 'evidence.not-closed' });
    await drawAndOpen();
    await survey(file);
    for (const changed of [
      { ...file, nonce: '00'.repeat(32) },
      { ...file, canaries: file.canaries.slice(1) },
      { ...file, canaries: file.canaries.map((c) => ({ ...c, answers: null })) },
    ]) {
      await expect(open(changed)).rejects.toMatchObject({ message: 'canaries.other' });
      const lines = await bundleLines(world.deps, world, id, countyA);
      const { findings } = await verify(lines, { canaries: JSON.stringify(changed) });
      expect(findings.map((f) => f.code)).toEqual(['canary-file']);
    }
    await expect(openCanaries(world.deps, world.actors.inspector, id, countyA, '{}')).rejects.toMatchObject({
      message: 'evidence.canaries',
    });
  });

  test('codes that take people out of the count without a commitment are found out', async () => {
    const file = await seal();
    await drawAndOpen();
    await survey(file);
    const lines = await bundleLines(world.deps, world, id, countyA);
    const forged = forge({ lines, world }, ({ leaves }) => {
      const at = leaves.findIndex((l) => leafTypeOf(l.data) === 'canaries');
      const { body } = decodeStateLeaf(leaves[at]!.data);
      leaves[at]!.data = encodeStateLeaf('canaries', { ...(body as any), count: 1 });
    });
    expect((await verify(forged)).findings.map((f) => f.code)).toContain('canary-issue');
  });

  test('nobody’s comment or report of pressure comes from one', async () => {
    await seal();
    await drawAndOpen();
    const sent = (await world.sentCodes(id, countyA)).find((s) => s.phone === '13900000001')!;
    const place = (await createOpenCampaigns(world.deps).findByCode(sent.code.replace(/\s/g, '')))!;
    await world.storage.recordResponses([
      {
        campaign: id,
        county: countyA,
        pseudonym: place.pseudonym,
        channel: 'web',
        link: null,
        questionnaire: place.questionnaire.no,
        nonce: world.deps.randomBytes(16),
        answers: sheet(compileQuestionnaire(place.questionnaire.document), 1),
        textId: place.textId,
        texts: [{ item: 'comments', body: '测试' }],
        pressure: { id: place.pressureId, source: 'school', body: 'x' },
      },
    ]);
    expect(await world.storage.listTexts(id, countyA)).toEqual([]);
    expect(await world.storage.listPressure(id, countyA)).toEqual([]);
  });
});
