/** A split ballot from the set-up to the comparison: assigned by the seed, the same on a second answer, repeated by an independent program, and by hand. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withoutBounds } from '../../src/audit/disclosure/audit.ts';
import { pseudonymOf } from '../../src/domain/code/pseudonym.ts';
import { decodeStateLeaf, encodeStateLeaf, leafTypeOf } from '../../src/domain/evidence/leaf.ts';
import type { CampaignId } from '../../src/domain/model/ids.ts';
import type { Estimate } from '../../src/domain/scoring/figure.ts';
import { roundValue } from '../../src/domain/scoring/format.ts';
import { ballotCsv } from '../../src/export/ballot-csv.ts';
import { toMarkup } from '../../src/html/html.ts';
import { ballotPage } from '../../src/http/staff/summary/ballot-view.ts';
import type { StaffContext } from '../../src/http/staff/page-view.ts';
import { issueLateCodes } from '../../src/operations/draw/late.ts';
import { closeCampaign } from '../../src/operations/campaign/closing.ts';
import { auditCounty } from '../../src/operations/disclosure/audit-disclosure.ts';
import { getBallot } from '../../src/operations/summary/ballot.ts';
import { getSummary } from '../../src/operations/summary/summary.ts';
import { translator } from '../../src/texts/texts.ts';
import { hasPython, needsPython, runIndependent } from '../evidence/independent/run.ts';
import { answer, bundleLines, forge, verify } from '../support/evidence.ts';
import { framed } from '../support/framed.ts';
import { countyA, createWorld, readTemplate, smallProfile, type World } from '../support/world.ts';

let world: World;
let id: CampaignId;
const county = countyA;
const directory = mkdtempSync(join(tmpdir(), 'manyi-ballot-'));
const points: Record<number, readonly number[]> = { 1: [100, 80, 60, 0], 6: [100, 75, 50, 25, 0] };
/** What each parent's sheet is all of, by arm. */
const given = new Map<number, number[]>([
  [1, []],
  [6, []],
]);

const input = (official: boolean) => {
  const base = world.campaignInput();
  return {
    ...base,
    profile: smallProfile({ withinGroup: 'none', smallestStratum: undefined }),
    counties: [base.counties[0]!],
    questionnaires: [
      ...base.questionnaires.map((q) =>
        q.groups[0] === 'parent' ? { ...q, arm: 'A', ...(official && { official: true as const }) } : q,
      ),
      { document: readTemplate('balanced/parent-2012-balanced.json'), groups: ['parent' as const], arm: 'B' },
    ],
  };
};

async function issuedTo(code: string) {
  const { deps } = world;
  const campaign = await deps.storage.findCampaign(id);
  const key = deps.keys.use(id, 'pseudonym', campaign!.keyChecks['pseudonym']);
  return (await deps.storage.findIssued(id, pseudonymOf(key, code)))!;
}

beforeAll(async () => {
  world = await createWorld();
  const { deps, actors } = world;
  ({ id } = await world.openedCampaign(input(true)));
  const sent = [...(await world.sentCodes(id, county)), ...(await world.sentCodes(id, county, 'slips'))];
  for (const [i, { code }] of sent.entries()) {
    const { questionnaire } = await issuedTo(code);
    const pick = i % 4;
    // A second thought of some: the last answer counts.
    if (i % 9 === 0) await answer(deps, id, county, code, 3);
    await answer(deps, id, county, code, pick);
    expect((await issuedTo(code)).questionnaire).toBe(questionnaire);
    given.get(questionnaire)?.push(points[questionnaire]![pick]!);
  }
  await closeCampaign(deps, actors.operator, id);
});
afterAll(async () => {
  await world.close();
  rmSync(directory, { recursive: true, force: true });
});

describe('a split ballot', () => {
  test('is refused where the figure decides and no arm is official, and two questionnaires of a group are not arms', async () => {
    await expect(world.addCampaign(input(false))).rejects.toMatchObject({
      issues: [{ message: 'campaign.ballot-gate', path: 'questionnaires[0].official' }],
    });
    const shared = (first: unknown, second: unknown) => {
      const base = input(true);
      const shares = [first, second];
      const questionnaires = base.questionnaires.map((q) =>
        q.groups[0] === 'parent' ? { ...q, share: shares.shift() as number } : q,
      );
      return world.addCampaign({ ...base, questionnaires });
    };
    for (const [first, second, message] of [
      [80, 10, 'campaign.ballot-shares-sum'],
      [80, undefined, 'campaign.ballot-shares-some'],
      [97, 3, 'campaign.field'],
      [79.5, 20.5, 'campaign.field'],
      ['80', '20', 'campaign.field'],
    ] as const)
      await expect(shared(first, second), `${first} ${second}`).rejects.toMatchObject({
        issues: expect.arrayContaining([
          expect.objectContaining({ message, path: expect.stringMatching(/^questionnaires\[\d\]\.share$/) }),
        ]),
      });
    const twice = input(true);
    const { arm: _, ...plain } = twice.questionnaires.at(-1)! as {
      arm?: string;
    } & (typeof twice.questionnaires)[0];
    await expect(
      world.addCampaign({ ...twice, questionnaires: [...twice.questionnaires.slice(0, -1), plain] }),
    ).rejects.toMatchObject({
      issues: expect.arrayContaining([expect.objectContaining({ message: 'campaign.group-twice' })]),
    });
  });

  test('gives each arm half of each group and set', async () => {
    const { codes } = decodeIssue(await bundleLines(world.deps, world, id, county));
    const of = (questionnaire: number, set: string) =>
      codes
        .filter((c) => c.questionnaire === questionnaire && c.set === set)
        .reduce((n, c) => n + c.count, 0);
    expect(of(1, 'drawn') + of(6, 'drawn')).toBeGreaterThanOrEqual(60);
    expect(Math.abs(of(1, 'drawn') - of(6, 'drawn'))).toBeLessThanOrEqual(1);
    expect(Math.abs(of(1, 'replacement') - of(6, 'replacement'))).toBeLessThanOrEqual(1);
    // What may be shown of a stratum of ten may be shown of five of each arm.
    const { reporting } = await world.deps.storage.readStrata(id, county);
    for (const r of reporting)
      if (r.group === 'parent') expect(r.issued.drawn + r.issued.replacement).toBeGreaterThanOrEqual(10);
  });

  test('is compared as by hand, and the summary is of the official arm', async () => {
    const comparison = await getBallot(world.deps, world.actors.inspector, id, county);
    const [group] = comparison.groups;
    expect(comparison.groups).toHaveLength(1);
    const [a, b] = [given.get(1)!, given.get(6)!];
    const mean = (list: readonly number[]) => list.reduce((x, y) => x + y, 0) / list.length;
    const error = (list: readonly number[]) =>
      Math.sqrt(list.reduce((sum, x) => sum + (x - mean(list)) ** 2, 0) / (list.length - 1) / list.length);
    const measure = group!.measures.find((m) => m.measure === 'mean')!;
    expect(group!.arms.map((arm) => [arm.arm, arm.scale, arm.official, arm.responses])).toEqual([
      ['A', 'four-step', true, { kind: 'count', value: a.length }],
      ['B', 'balanced', false, { kind: 'count', value: b.length }],
    ]);
    const [first, second] = measure.figures;
    expect(first).toMatchObject({ kind: 'estimate', n: a.length });
    if (first?.kind !== 'estimate' || second?.kind !== 'estimate') throw new Error('hidden');
    // As people read it, in every format.
    const read = (value: number) => Math.round(value * 10) / 10;
    expect(first.value).toBe(read(mean(a)));
    expect(second.value).toBe(read(mean(b)));
    const difference = measure.differences[1]!;
    if (difference.kind !== 'estimate') throw new Error('hidden');
    expect(difference.value).toBe(read(mean(b) - mean(a)));
    expect(difference.se).toBe(read(Math.hypot(error(a), error(b))));
    const summary = await getSummary(world.deps, world.actors.inspector, id, county);
    const parents = summary.groups.find((own) => own.group === 'parent')!;
    expect(parents.figure).toMatchObject({ kind: 'estimate', n: a.length });
    expect(parents.figure.kind === 'estimate' && parents.figure.value).toBeCloseTo(mean(a), 1);
    // Both arms came back.
    const returned = summary.returnRates.find((rate) => rate.group === 'parent')!.figure;
    expect(returned).toMatchObject({ kind: 'estimate' });
    await expect(getBallot(world.deps, world.actors.official, id, county)).rejects.toMatchObject({
      message: 'summary.not-released',
    });
  });

  test('tells an auditor of disclosure nothing that is hidden, together with the summary', async () => {
    const report = await auditCounty(world.deps, world.actors.inspector, id, county, withoutBounds);
    expect(report.mismatches).toEqual([]);
    expect(report.solved).toEqual([]);
    expect(report.cells).toBeGreaterThan(20);
  });

  test('is shown with the intervals of its differences, as a page and as a table', async () => {
    const comparison = await getBallot(world.deps, world.actors.inspector, id, county);
    const t = translator('zh-CN');
    const c = {
      page: { t, language: 'zh-CN', direction: 'ltr', branding: '', demo: false, selfAdministered: false },
      ...{ stylesheet: '', user: null, may: () => true, csrf: '', here: '/', languages: ['zh-CN', 'en'] },
    } as unknown as StaffContext;
    const page = toMarkup(ballotPage(c, { ...framed(comparison), comparison, csv: '/ballot.csv' }));
    const text = page.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');
    for (const words of ['A 组', 'B 组减 A 组', '不满意的比例', '（正式）', '五级（均衡）', '就近入学'])
      expect(text).toContain(words);
    expect(text).toMatch(/ [+−]\d+\.\d 至 [+−]?\d+\.\d /);
    expect(text).not.toMatch(/ballot\.|\b(?:four-step|dont-know)\b/);
    // The answer comes first.
    const { measures } = comparison.groups[0]!;
    const ranges = measures.flatMap(({ differences: [, d] }) =>
      d?.kind === 'estimate' && d.interval ? [d.interval] : [],
    );
    expect(ranges.every(({ low, high }) => low <= 0 && high >= 0)).toBe(true);
    expect(text).toContain(`B 组减 A 组：${ranges.length} 项中，没有一项的差别超出偶然范围。`);
    expect(text).toContain(`平均也有约 ${(ranges.length * 0.05).toFixed(1)} 项看上去有差别`);
    expect(page.match(/<line class="interval"/g)).toHaveLength(ranges.length);
    expect(page).not.toContain('class="change"');
    const [mean, ...others] = measures;
    const [none, far] = mean!.differences;
    const apart = {
      ...(far as Estimate),
      value: -9.5,
      interval: { ...(far as Estimate).interval!, low: -14.1, high: -4.9 },
    };
    const differing = {
      ...comparison,
      groups: [
        { ...comparison.groups[0]!, measures: [{ ...mean!, differences: [none!, apart] }, ...others] },
      ],
    };
    const shown = toMarkup(
      ballotPage(c, { ...framed(differing), comparison: differing, csv: '/ballot.csv' }),
    );
    expect(shown).toContain(`${ranges.length} 项中，1 项的差别不像是偶然：均值（分） −9.5。`);
    expect(shown.match(/class="change"\s*>不像是偶然/g)).toHaveLength(1);
    let csv = '';
    for await (const chunk of ballotCsv(comparison, 'en')) csv += Buffer.from(chunk).toString('utf8');
    const lines = csv.trimEnd().split('\r\n');
    expect(lines).toHaveLength(1 + 2 * comparison.groups[0]!.measures.length);
    expect(lines[0]).toContain('difference, low');
  });

  test('verifies, and a draw that gives one arm more does not', async () => {
    const lines = await bundleLines(world.deps, world, id, county);
    expect((await verify(lines)).findings).toEqual([]);
    const forged = forge({ lines, world }, ({ leaves }) => {
      const own = leaves.find(({ data }) => leafTypeOf(data) === 'issue')!;
      const leaf = decodeStateLeaf(own.data);
      if (leaf.type !== 'issue') throw new Error(leaf.type);
      const [from, to] = [1, 6].map((no) =>
        leaf.body.codes.findIndex((c) => c.questionnaire === no && c.set === 'drawn'),
      ) as [number, number];
      const codes = leaf.body.codes.map((c, i) => ({
        ...c,
        count: c.count + (i === to ? 1 : i === from ? -1 : 0),
      }));
      own.data = encodeStateLeaf('issue', { ...leaf.body, codes });
    });
    const { findings } = await verify(forged);
    expect(findings.some(({ expected }) => expected?.startsWith('arms '))).toBe(true);
  });

  test.skipIf(!hasPython)(
    `is repeated by the independent verifier, with the same figure${needsPython}`,
    async () => {
      const lines = await bundleLines(world.deps, world, id, county);
      const path = join(directory, 'split');
      writeFileSync(path, lines.map((line) => `${line}\n`).join(''));
      const [theirs] = await runIndependent([path]);
      expect(theirs).toMatchObject({ ok: true });
      const summary = await getSummary(world.deps, world.actors.inspector, id, county);
      const rounding = { decimals: summary.profile.decimals, threshold: summary.threshold.value };
      expect(summary.official).toMatchObject({ value: roundValue(theirs!.official!, rounding) });
    },
  );
});

describe('arms of unequal shares', () => {
  test('are in the log, verify, and are repeated by the independent verifier; others do not', async () => {
    const other = await createWorld();
    try {
      const base = input(true);
      const share = (i: number) => ({ share: [80, 20][i]! });
      const parents = base.questionnaires.filter((q) => q.groups[0] === 'parent');
      const { deps, actors } = other;
      const created = await other.openedCampaign({
        ...base,
        questionnaires: base.questionnaires.map((q) =>
          parents.includes(q) ? { ...q, ...share(parents.indexOf(q)) } : q,
        ),
      });
      const campaign = (await deps.storage.findCampaign(created.id))!;
      expect(campaign.questionnaires.flatMap((q) => q.share ?? [])).toEqual([80, 20]);
      for (const { code } of (await other.sentCodes(created.id, county)).slice(0, 12))
        await answer(deps, created.id, county, code, 0);
      // Who is added after the freeze is of no share: the official questionnaire, outside the denominators.
      const late = '学校,年级,电话\n第一小学,一年级,13711112222\n第一小学,二年级,13711113333\n';
      await other.addRoll(created.id, county, 'parent', late, { lateReason: '转学补录，学校证明' });
      expect(await issueLateCodes(deps, actors.operator, created.id, county)).toBe(2);
      await closeCampaign(deps, actors.operator, created.id);
      const lines = await bundleLines(deps, other, created.id, county);
      expect((await verify(lines)).findings).toEqual([]);
      const { codes, reporting } = decodeIssue(lines);
      const added = (await deps.storage.readStrata(created.id, county)).reporting.reduce(
        (n, own) => n + own.issued.other,
        0,
      );
      expect(added).toBe(2);
      for (const set of ['drawn', 'replacement']) {
        const of = (no: number) =>
          codes.reduce((n, c) => n + (c.questionnaire === no && c.set === set ? c.count : 0), 0);
        const all = of(1) + of(6);
        expect(Math.abs(of(6) - all / 5), set).toBeLessThan(1);
      }
      // A fifth of them is the minimum cell of five.
      for (const own of reporting)
        if (own.group === 'parent')
          expect(own.issued.drawn + own.issued.replacement).toBeGreaterThanOrEqual(25);
      if (hasPython) {
        const path = join(directory, 'shares');
        writeFileSync(path, lines.map((line) => `${line}\n`).join(''));
        const [theirs] = await runIndependent([path]);
        expect(theirs).toMatchObject({ ok: true });
      }
      // The log says 80 : 20; codes as by 50 : 50 are found.
      const forged = forge({ lines, world: other }, ({ leaves }) => {
        const own = leaves.find(({ data }) => leafTypeOf(data) === 'frame')!;
        const leaf = decodeStateLeaf(own.data);
        if (leaf.type !== 'frame') throw new Error(leaf.type);
        const questionnaires = leaf.body.questionnaires.map((q) =>
          q.share === undefined ? q : { ...q, share: 50 },
        );
        own.data = encodeStateLeaf('frame', { ...leaf.body, questionnaires });
      });
      const { findings } = await verify(forged);
      expect(findings.some(({ expected }) => expected?.startsWith('arms '))).toBe(true);
    } finally {
      await other.close();
    }
  });
});

function decodeIssue(lines: readonly string[]) {
  for (const line of lines) {
    const { l } = JSON.parse(line) as { readonly l?: string };
    if (l === undefined) continue;
    const leaf =
      leafTypeOf(Buffer.from(l, 'base64')) === 'issue' && decodeStateLeaf(Buffer.from(l, 'base64'));
    if (leaf && leaf.type === 'issue') return leaf.body;
  }
  throw new Error('no codes were issued');
}
