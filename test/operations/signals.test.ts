/** From the open survey to the verifier: counters by hour, flags as leaves, delivery reports, ineligibles; and what of it may reach the disk. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withoutBounds } from '../../src/audit/disclosure/audit.ts';
import { encodeStateLeaf, leafTypes } from '../../src/domain/evidence/leaf.ts';
import type { CampaignId } from '../../src/domain/model/ids.ts';
import type { Estimate, Figure } from '../../src/domain/scoring/figure.ts';
import type { Summary } from '../../src/domain/scoring/summary/summary.ts';
import { closeCampaign } from '../../src/operations/campaign/closing.ts';
import { auditCounty } from '../../src/operations/disclosure/audit-disclosure.ts';
import { importFates } from '../../src/operations/message/fates.ts';
import { decideProposal, makeProposal } from '../../src/operations/campaign/proposals.ts';
import { getSummary } from '../../src/operations/summary/summary.ts';
import { answer, bundleLines, forge, verify } from '../support/evidence.ts';
import { actors, county, openSmallSurvey, phoneOf } from '../support/small-survey.ts';
import { rowsOf } from '../support/tables.ts';
import { bytesOf, createWorld, type World } from '../support/world.ts';

const parents = 300;
let world: World;
let id: CampaignId;
let summary: Summary;
let lines: readonly string[];
const hourly: unknown[][] = [];

/** Rows of a table of the world's own database. */
const rows = async (table: string): Promise<unknown[]> => [
  ...(await rowsOf(world, `SELECT * FROM ${table}`)),
];
const estimate = (figure: Figure): Estimate => {
  if (figure.kind !== 'estimate') throw new Error(`no estimate but ${figure.kind}`);
  return figure;
};
const rate = (name: string) =>
  estimate(summary.responseRates[0]!.rates.find((r) => r.name === name)!.figure).value;

beforeAll(async () => {
  world = await createWorld();
  const { deps } = world;
  const opened = await openSmallSurvey(deps, parents);
  id = opened.campaign;
  const { codes } = opened;
  // The roll goes round the three schools; of the second one nearly everybody answers alike within an hour, and twice.
  const isOfSecond = (i: number) => i % 3 === 1;
  const give = (i: number, pick: number) => answer(deps, id, county, codes[i]!, pick);
  for (let i = 0; i < 270; i++) if (!isOfSecond(i)) await give(i, i % 4);
  await deps.storage.endSlot();
  hourly.push(await rows('slot_alarms'));
  // Where all did, how many were asked what follows an answer would tell that none gave it, and the school would be hidden.
  for (let i = 0; i < 270; i++) if (isOfSecond(i)) await give(i, i % 90 === 1 ? 0 : 2);
  for (let i = 270; i < 276; i++) await give(i, i % 4);
  await deps.storage.endSlot();
  hourly.push(await rows('slot_alarms'));
  for (let i = 0; i < 270; i++) if (isOfSecond(i) && i % 2 === 0) await give(i, 2);

  const sampling = (await deps.storage.readStrata(id, county)).sampling[0]!;
  const declared = await makeProposal(
    deps,
    actors.operator,
    id,
    { kind: 'ineligible', county, samplingStratum: sampling.no, contacts: 6, issued: 6 },
    '六名学生已转走',
  );
  await decideProposal(deps, { ...actors.operator, userId: 'second', name: 'second' }, declared, 'confirmed');
  // 24 did not answer: 4 opted out, 5 wrong numbers, 3 undeliverable, and some who did answer all the same.
  const report = ['手机号,状态,姓名', `${phoneOf(0)},失败,张三`, '13000000000,成功,李四', 'x,成功,'];
  for (let i = 276; i < 300; i++)
    report.push(
      `${phoneOf(i)},${i < 280 ? '退订' : i < 285 ? '空号' : i < 288 ? 'UNDELIV' : 'DELIVRD'},王五`,
    );
  const fates = await importFates(deps, actors.operator, id, county, {
    fileName: 'report.csv',
    source: bytesOf(report.join('\n')),
  });
  expect(fates).toMatchObject({ saved: 25, unknown: 1, faults: [{ row: 4, field: 'phone' }] });
  expect(await rows('delivery_fates')).toHaveLength(25);
  await closeCampaign(deps, actors.operator, id);
  summary = await getSummary(deps, actors.inspector, id, county);
  lines = await bundleLines(deps, { actors } as never, id, county);
}, 120_000);
afterAll(() => world.close());

describe('flags', () => {
  const second = () => summary.schools.find((s) => s.name === '第二小学')!.reportingStratum;

  it('name the stratum that hurried, agreed and answered again, and no other', () => {
    const kinds = summary.signals.map((signal) => [signal.kind, signal.reportingStratum]);
    expect(kinds).toContainEqual(['burst', second()]);
    expect(kinds).toContainEqual(['identical', second()]);
    expect(kinds).toContainEqual(['reanswers', second()]);
    expect(new Set(kinds.map(([, stratum]) => stratum))).toEqual(new Set([second()]));
    expect(summary.signals.find((signal) => signal.kind === 'burst')!.lot).toBe(1);
  });

  it('give the figure without it, by last and by first answers', () => {
    const { withoutFlagged: without, official } = summary;
    expect(estimate(without!.official).n).toBe(
      summary.schools
        .filter((s) => s.reportingStratum !== second())
        .reduce((n, s) => n + estimate(s.figure).n, 0),
    );
    expect(estimate(without!.official).value).not.toBe(estimate(official).value);
    expect(without!.changesVerdict).not.toBeNull();
  });

  it('are kept above the alarm level alone, without an hour, and no count below the minimum cell', async () => {
    expect(hourly[0]).toEqual([]);
    expect(hourly[1]!.map((row) => (row as { kind: string }).kind)).toEqual(['burst']);
    for (const row of hourly.flat() as Record<string, unknown>[]) {
      expect(Object.keys(row).sort()).toEqual(
        ['campaign', 'county', 'expected', 'kind', 'lot', 'n', 'observed', 'reporting_stratum'].sort(),
      );
      expect(row['observed']).toBeGreaterThanOrEqual(5);
    }
    expect(await rows('slot_alarms')).toEqual([]);
  });

  it('are leaves of their own, which the verifier counts again', async () => {
    const verified = await verify(lines);
    expect(verified.findings).toEqual([]);
    expect(verified.events.filter((event) => event.type === 'signal')).toHaveLength(summary.signals.length);
    expect(verified.summary).toEqual(summary);
  });

  it('cannot be left out of the log, nor put into it', async () => {
    const survey = { lines, world };
    const without = forge(survey, (forgery) => {
      forgery.leaves = forgery.leaves.filter(({ data }) => data[1] !== leafTypes.signal);
    });
    expect((await verify(without)).findings.map((f) => f.code)).toContain('flags');
    const added = forge(survey, (forgery) => {
      const at = forgery.leaves.findIndex(({ data }) => data[1] === leafTypes.signal);
      const data = encodeStateLeaf('signal', {
        kind: 'identical',
        reportingStratum: 1,
        lot: null,
        observed: 90,
        n: 90,
        expected: 1,
        at: 0,
      });
      forgery.leaves.splice(at, 0, { data, contents: null });
    });
    expect((await verify(added)).findings.map((f) => f.code)).toContain('flags');
  });
});

describe('fates and ineligibles', () => {
  it('are counted by stratum for codes without an answer, and gone by contact', async () => {
    expect(await rows('delivery_fates')).toEqual([]);
    const counts = (await rows('fate_counts')) as {
      opted_out: number;
      wrong_number: number;
      undeliverable: number;
    }[];
    const sum = (pick: (c: (typeof counts)[number]) => number) => counts.reduce((n, c) => n + pick(c), 0);
    expect([sum((c) => c.opted_out), sum((c) => c.wrong_number), sum((c) => c.undeliverable)]).toEqual([
      4, 5, 3,
    ]);
  });

  it('tell AAPOR’s rates apart', () => {
    // Cases: 276 I, 4 R, 8 UO, 6 NE, 300 − 294 = 6 NC; e = 286 ⁄ 292.
    const e = 286 / 292;
    expect(rate('RR1')).toBeCloseTo((100 * 276) / 294, 9);
    expect(rate('RR3')).toBeCloseTo((100 * 276) / (286 + e * 8), 9);
    expect(rate('RR5')).toBeCloseTo((100 * 276) / 286, 9);
    expect(rate('REF1')).toBeCloseTo((100 * 4) / 294, 9);
    expect(rate('COOP1')).toBeCloseTo((100 * 276) / 280, 9);
  });

  it('are read by the auditor of disclosure as the summary counts them', async () => {
    const report = await auditCounty(world.deps, actors.operator, id, county, withoutBounds);
    expect(report.mismatches).toEqual([]);
    expect(report.solved).toEqual([]);
  });

  it('lessen N, say so, and leave the return rate alone', () => {
    expect(summary.notes).toContainEqual(
      expect.objectContaining({ kind: 'ineligible', contacts: 6, reason: '六名学生已转走' }),
    );
    expect(estimate(summary.returnRates[0]!.figure).denominator).toBe(300);
  });
});
