/** The work on site over one county: who is drawn, whose number is shown and logged, and the spot survey read beside the county's figure. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CampaignId } from '../../src/domain/model/ids.ts';
import { openCampaign, releaseCampaign } from '../../src/operations/campaign/campaigns.ts';
import { closeCampaign } from '../../src/operations/campaign/closing.ts';
import { drawSample } from '../../src/operations/draw/draw.ts';
import { exportBundle } from '../../src/operations/evidence/bundle.ts';
import { freezeFrame } from '../../src/operations/frame/frame.ts';
import { listCalls, noteCall, showNumber, viewCalls } from '../../src/operations/inspection/calls.ts';
import { viewInspection } from '../../src/operations/inspection/documents.ts';
import { changeInspection, listInspectionVersions } from '../../src/operations/inspection/inspection.ts';
import { listSpotSurveys, makeSpotSurvey } from '../../src/operations/inspection/spot.ts';
import { answer, verify } from '../support/evidence.ts';
import { countyA, createWorld, dice, readTemplate, type World } from '../support/world.ts';

let world: World;
let id: CampaignId;
const hour = 3_600_000;

beforeAll(async () => {
  world = await createWorld();
  const { deps, actors } = world;
  const { counties, questionnaires } = world.campaignInput();
  // Pupils, who answer by slips on the spot, are asked what the county's rules ask for.
  const pupils = { ...(readTemplate('student-2017.json') as object), regime: 'basic-2012' };
  ({ id } = await world.addCampaign({
    counties: [counties[0]!],
    questionnaires: [...questionnaires, { document: pupils, groups: ['student'] }],
  }));
  await world.fillCounty(id, countyA);
  await freezeFrame(deps, actors.operator, id, countyA);
  await drawSample(deps, actors.inspector, id, countyA, dice);
  await openCampaign(deps, actors.operator, id);
  for (const kind of ['invitation', 'slips'] as const)
    for (const [i, { code }] of (await world.sentCodes(id, countyA, kind)).entries())
      await answer(deps, id, countyA, code, i % 2);
}, 60_000);
afterAll(() => world.close());

const change = (
  who: 'official' | 'inspector' | 'operator',
  record: 'sample' | 'symposiums' | 'interviews' | 'spot' | 'students',
  raw: unknown,
) => changeInspection(world.deps, world.actors[who], id, countyA, record, raw);

describe('a symposium', () => {
  it('has its people drawn from the frozen roll, as anybody repeats it from the bundle’s entries', async () => {
    const { deps } = world;
    const plan = { kind: 'parents', on: '2026-04-01', at: '14:30', minutes: 60, place: '第一小学' };
    await change('official', 'symposiums', { do: 'plan', ...plan });
    const draw = { do: 'draw', no: 1, dice, count: 9, sampleSchools: false };
    await change('inspector', 'symposiums', draw);
    const { documents } = await viewInspection(deps, world.actors.official, id, countyA);
    const own = documents.symposiums.body.meetings[0]!.draw!;
    const { frame } = (await world.campaign(id)).counties[0]!;
    const seed = createHash('sha256')
      .update(frame!.root)
      .update(dice.replaceAll(' ', ''))
      .update('symposium 1')
      .digest();
    const roll = await deps.storage.listFrame(id, countyA, null, 1000);
    const parents = roll.filter((c) => c.group === 'parent');
    const expected = parents
      .map((c) => ({
        id: Buffer.from(c.entry).toString('hex'),
        key: createHash('sha256').update(seed).update(c.entry).digest('hex'),
      }))
      .sort((a, b) => (a.key < b.key ? -1 : 1))
      .slice(0, 9)
      .map((c) => c.id);
    expect(own.invited.map((i) => i.entry)).toEqual(expected);
    expect(own.size).toBe(parents.length);
    await expect(change('inspector', 'symposiums', draw)).rejects.toMatchObject({
      message: 'inspection.symposium.drawn-once',
    });
  });

  it('from the sample schools alone needs them first', async () => {
    const { deps } = world;
    const plan = { kind: 'teachers', on: '2026-04-01', at: '09:00', minutes: 50, place: '教育局' };
    await change('official', 'symposiums', { do: 'plan', ...plan });
    const draw = { do: 'draw', no: 2, dice, count: 5, sampleSchools: true };
    await expect(change('inspector', 'symposiums', draw)).rejects.toMatchObject({
      message: 'inspection.spot.no-sample',
    });
    await change('inspector', 'sample', { do: 'draw', dice, count: 3 });
    await change('inspector', 'symposiums', draw);
    const { documents } = await viewInspection(deps, world.actors.inspector, id, countyA);
    const sample = documents.sample.body.draw!.schools;
    const own = documents.symposiums.body.meetings[1]!.draw!;
    expect(own.within).toEqual([...sample].sort());
    expect(own.invited.every((i) => sample.includes(i.school!))).toBe(true);
    expect(own.size).toBe(8 * sample.length);
  });
});

describe('a number', () => {
  it('is shown to who calls, one at a time, and the log says so before', async () => {
    const { deps, actors } = world;
    const sheet = { do: 'draw', group: 'parent', dice, count: 4, sampleSchools: false };
    await change('inspector', 'interviews', sheet);
    const call = { list: 'interviews', no: 1, at: 1 } as const;
    for (const who of [actors.official, actors.operator, actors.administrator])
      await expect(showNumber(deps, who, id, countyA, call)).rejects.toMatchObject({ kind: 'forbidden' });
    const shown = await showNumber(deps, actors.interviewer, id, countyA, call);
    expect(shown.phone).toMatch(/^1380\d{7}$/);
    const [entry] = await listInspectionVersions(deps, actors.inspector, id, countyA);
    expect(entry).toMatchObject({ record: 'interviews', change: 'show', by: { role: 'interviewer' } });
    await expect(showNumber(deps, actors.interviewer, id, countyA, { ...call, at: 2 })).rejects.toMatchObject(
      { message: 'inspection.call.open', params: { no: 1 } },
    );
    await noteCall(deps, actors.interviewer, id, countyA, { ...call, outcome: 'complete' });
    const next = await showNumber(deps, actors.interviewer, id, countyA, { ...call, at: 2 });
    expect(next.phone).not.toBe(shown.phone);
    const desk = await viewCalls(deps, actors.interviewer, id, countyA);
    expect(JSON.stringify(desk.sheets)).not.toContain(shown.phone);
    const lists = await listCalls(deps, actors.interviewer);
    expect(lists.map((l) => [l.county.code, l.waiting])).toEqual([[countyA, 9 + 5 + 3]]);
    const { documents } = await viewInspection(deps, actors.official, id, countyA);
    expect(JSON.stringify(documents)).not.toMatch(/1380\d{7}/);
  });
});

describe('the spot survey', () => {
  let spot: CampaignId;
  it('is a campaign of its own, made at once, by slips, without a roll', async () => {
    const { deps, actors } = world;
    const plan = {
      slips: [
        { group: 'parent' as const, count: 40 },
        { group: 'teacher' as const, count: 20 },
      ],
      closesAt: world.now() + 6 * hour,
    };
    for (const who of [actors.official, actors.inspector])
      await expect(makeSpotSurvey(deps, who, id, countyA, plan)).rejects.toMatchObject({
        kind: 'forbidden',
      });
    await expect(change('operator', 'spot', { do: 'make', ...plan })).rejects.toMatchObject({
      message: 'inspection.spot.only-made',
    });
    const past = { ...plan, closesAt: world.now() };
    await expect(makeSpotSurvey(deps, actors.operator, id, countyA, past)).rejects.toMatchObject({
      message: 'campaign.invalid',
    });
    const made = await makeSpotSurvey(deps, actors.operator, id, countyA, plan);
    spot = made.id;
    expect(made).toMatchObject({ state: 'open', purpose: 'spot-check' });
    expect(made.counties).toMatchObject([{ code: countyA, frame: { size: 0 } }]);
    const [view] = await listSpotSurveys(deps, actors.inspector, id, countyA);
    expect(view).toMatchObject({ waits: 'spot-open', rows: null });
    // Every slip of a group is some school's, once, and numbers run on.
    const { handOut } = view!.survey;
    expect(handOut.map((h) => h.from)).toEqual([1, ...handOut.slice(0, -1).map((h) => h.to + 1)]);
    expect(handOut.at(-1)!.to).toBe(60);
    expect(handOut.filter((h) => h.group === 'parent').at(-1)!.to).toBe(40);
  });

  it('asks no more pupils than guardians have consented, at the sample schools', async () => {
    const { deps, actors } = world;
    const plan = { slips: [{ group: 'student' as const, count: 30 }], closesAt: world.now() + 6 * hour };
    const make = () => makeSpotSurvey(deps, actors.operator, id, countyA, plan);
    const before = (await deps.storage.listCampaigns()).length;
    await expect(make()).rejects.toMatchObject({ message: 'inspection.consent.missing' });
    expect(await deps.storage.listCampaigns()).toHaveLength(before);
    const { documents } = await viewInspection(deps, actors.official, id, countyA);
    const { schools } = documents.sample.body.draw!;
    const [other] = (await deps.storage.listSchools(id, countyA)).filter((s) => !schools.includes(s.id));
    const consent = { do: 'consent', on: '2026-03-01', pupils: 40 };
    await change('official', 'students', { ...consent, school: other!.id, consented: 40 });
    await change('official', 'students', { ...consent, school: schools[0], consented: 18 });
    await expect(make()).rejects.toMatchObject({ params: { count: 30, consented: 18 } });
    await change('official', 'students', { ...consent, school: schools[1], consented: 12 });
    const made = await make();
    const slips = await world.sentCodes(made.id, countyA, 'slips');
    expect(slips).toHaveLength(30);
    expect(slips.every((s) => s.phone === '')).toBe(true);
  });

  it('is read the same evening beside the county’s figure, interviews in a column of their own', async () => {
    const { deps, actors } = world;
    const codes = await world.sentCodes(spot, countyA, 'slips');
    const parents = codes.filter((c) => /parent/i.test(c.group));
    const teachers = codes.filter((c) => /teacher/i.test(c.group));
    expect([parents.length, teachers.length]).toEqual([40, 20]);
    for (const [i, { code }] of parents.slice(0, 30).entries())
      await answer(deps, spot, countyA, code, i % 4, { channel: 'kiosk' });
    // By telephone, all of them content.
    for (const { code } of parents.slice(30))
      await answer(deps, spot, countyA, code, 0, { channel: 'assisted' });
    for (const [i, { code }] of teachers.entries())
      await answer(deps, spot, countyA, code, i % 2, { channel: 'paper' });
    world.passTime(7 * hour);
    await closeCampaign(deps, actors.operator, spot);
    const [waiting] = await listSpotSurveys(deps, actors.inspector, id, countyA);
    expect(waiting!.waits).toBe('county-open');
    world.passTime(15 * 24 * hour);
    await closeCampaign(deps, actors.operator, id);
    const [view] = await listSpotSurveys(deps, actors.inspector, id, countyA);
    const [parent, teacher] = view!.rows!;
    // 100, 80, 60 and 0 points in turn: 8, 8, 7 and 7 of 30 answers to each item.
    const mean = (8 * 100 + 8 * 80 + 7 * 60) / 30;
    expect(parent!.spot).toMatchObject({ kind: 'estimate', n: 30 });
    expect(parent!.spot.kind === 'estimate' && parent!.spot.value).toBeCloseTo(mean, 6);
    expect(parent!.county.kind).toBe('estimate');
    const [a, b] = [parent!.spot, parent!.county];
    if (a.kind !== 'estimate' || b.kind !== 'estimate' || parent!.difference.kind !== 'difference')
      throw new Error('no figure');
    expect(parent!.difference.value).toBeCloseTo(a.value - b.value, 9);
    const { low, high } = parent!.difference.interval;
    // Half as wide as the critical value times √(se₁² + se₂²), which lies between the normal's and that of t with the smaller degrees of freedom.
    const error = Math.hypot(a.se!, b.se!);
    expect((high - low) / 2 / error).toBeGreaterThan(1.9599);
    expect((high - low) / 2 / error).toBeLessThan(2.0453);
    expect(parent!.difference.change).toBe('down');
    expect(teacher!.difference).toMatchObject({ kind: 'difference', change: 'unclear' });
    expect(view!.spot!.channels.find((c) => c.channel === 'assisted')).toMatchObject({ counted: false });
    await expect(listSpotSurveys(deps, actors.official, id, countyA)).resolves.toMatchObject([
      { waits: 'spot-unreleased', rows: null, spot: null, county: null },
      { waits: 'spot-open', rows: null },
    ]);
    await releaseCampaign(deps, actors.secondOperator, spot);
    await releaseCampaign(deps, actors.secondOperator, id);
    const [seen] = await listSpotSurveys(deps, actors.official, id, countyA);
    expect(seen!.rows).toEqual(view!.rows);
  });

  it('and all of it stands in logs that the offline verifier checks', async () => {
    const { deps, actors } = world;
    for (const campaign of [id, spot]) {
      let text = '';
      for await (const part of await exportBundle(deps, actors.inspector, campaign, countyA)) text += part;
      const result = await verify(text.split('\n').filter((line) => line !== ''));
      expect(result.findings).toEqual([]);
      expect(result.ok).toBe(true);
      if (campaign === id)
        expect(result.events.filter((e) => e.type === 'inspection').length).toBeGreaterThan(8);
    }
  });
});
