import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readSummaryFile } from '../../src/export/read-summary.ts';
import type { StateLeafType } from '../../src/domain/evidence/leaf.ts';
import { conclusionsOf } from '../../src/domain/evidence/verify/conclusions.ts';
import type { Estimate } from '../../src/domain/scoring/figure.ts';
import { summaryCsv, summaryTable } from '../../src/export/summary-csv.ts';
import { exportBundle } from '../../src/operations/evidence/bundle.ts';
import { getReport, getSummary, type SummaryReport } from '../../src/operations/summary/summary.ts';
import { xlsxChunks } from '../../src/tabular/write.ts';
import type { Row } from '../../src/tabular/cells.ts';
import { closedSurvey, counted, verify, type ClosedSurvey } from '../support/evidence.ts';
import { createWorld } from '../support/world.ts';

let survey: ClosedSurvey;
beforeAll(async () => {
  survey = await closedSurvey();
});
afterAll(() => survey.world.close());

const directory = mkdtempSync(join(tmpdir(), 'manyi-against-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** `manyi verify BUNDLE --against FILE` with a file of these bytes. */
async function against(name: string, content: string | Uint8Array, lines = survey.lines) {
  const path = join(directory, name);
  writeFileSync(path, content);
  return verify(lines, { against: await readSummaryFile(path) });
}

describe('a bundle', () => {
  test('verifies, agrees with checkpoints kept outside, and gives the summary that the service shows', async () => {
    const { lines, held, opening, world, id, county } = survey;
    const result = await verify(lines, { checkpoints: [opening, held] });
    expect(result.findings).toEqual([]);
    expect(result).toMatchObject({ ok: true, held: 2, more: 0 });
    expect(result.responses).toBeGreaterThan(result.respondents);
    const shown = await getSummary(world.deps, world.actors.inspector, id, county);
    expect(result.summary).toEqual(shown);
    expect(shown.official.kind).toBe('estimate');
  });

  test('tells of every change of state', async () => {
    const { events } = await verify(survey.lines);
    const types = new Set<StateLeafType>(events.map((e) => e.type));
    for (const type of [
      'frame',
      'draw',
      'issue',
      'open',
      'export',
      'links',
      'lot',
      'late-edit',
      'late-issue',
      'dates',
      'void',
      'closing',
      'dispositions',
      'keys-destroyed',
      'closed',
      'bundle',
    ] as const)
      expect(types.has(type), type).toBe(true);
  });

  test('holds no phone, code, salt or superseded answer', () => {
    const text = survey.lines.join('\n');
    expect(text).not.toMatch(/1380[12]\d{7}/);
    expect(text).not.toContain('13811119999');
    const withContents = survey.lines.filter((l) => l.includes('"c":')).length;
    const responses = survey.lines.filter((l) => l.includes('"h":')).length;
    expect(withContents).toBeGreaterThan(50);
    expect(withContents).toBeLessThan(responses);
  });

  test('is given to inspectors after close and to nobody else, and each hand-over is in the next one', async () => {
    const { world, id, county } = survey;
    const { deps, actors } = world;
    for (const actor of [actors.official, actors.operator, actors.administrator, actors.interviewer])
      await expect(exportBundle(deps, actor, id, county)).rejects.toMatchObject({ kind: 'forbidden' });
    const before = (await verify(survey.lines)).events.filter((e) => e.type === 'bundle').length;
    expect(before).toBe(1);
    const again = await createWorld();
    const open = await again.openedCampaign({ counties: [again.campaignInput().counties[0]!] });
    await expect(exportBundle(again.deps, again.actors.inspector, open.id, county)).rejects.toThrow(
      'evidence.not-closed',
    );
    await again.close();
  });
});

describe('a summary that somebody was shown, held against the bundle', () => {
  const report = () => getReport(survey.world.deps, survey.world.actors.inspector, survey.id, survey.county);
  const csvOf = async (language: string, edit: (report: SummaryReport) => SummaryReport = (r) => r) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of summaryCsv([edit(await report())], language)) chunks.push(chunk);
    return Buffer.concat(chunks);
  };
  /** 34 more points for the official figure, as an edit of the tallies would have it. */
  const prettier = (r: SummaryReport): SummaryReport => ({
    ...r,
    official: { ...(r.official as Estimate), value: 91.8 },
  });

  test('JSON of the command, the API and a publication agree; a changed figure is named', async () => {
    const own = await report();
    for (const shape of [own, [own], { manyi: 'publication', summary: own }]) {
      const same = await against('summary.json', JSON.stringify(shape));
      expect(same.findings).toEqual([]);
      expect(conclusionsOf(same).follows.map((c) => c.code)).toContain('against');
    }
    const changed = await against('summary.json', JSON.stringify(prettier(own)));
    expect(changed.status).toBe('refused');
    expect(changed.findings).toEqual([
      {
        code: 'against',
        leaf: null,
        expected: expect.stringMatching(/^official\.value: \d/) as string,
        found: '91.8',
      },
    ]);
    const verdict = await against('summary.json', JSON.stringify({ ...own, verdict: { kind: 'met' } }));
    expect(verdict.findings.map((f) => f.expected.split(':')[0])).toContain('verdict.kind');
    const issued = {
      ...own,
      schools: own.schools.map((s) => ({ ...s, issued: { kind: 'count', value: 999 } })),
    };
    expect((await against('summary.json', JSON.stringify(issued))).findings[0]?.expected).toContain(
      'schools[0].issued',
    );
  });

  test('the table in both languages, and a workbook made of it', async () => {
    for (const language of ['zh-CN', 'en']) {
      expect((await against('summary.csv', await csvOf(language))).findings).toEqual([]);
      const changed = await against('summary.csv', await csvOf(language, prettier));
      expect(changed.findings.map((f) => f.code)).toContain('against');
      expect(changed.findings.map((f) => f.found)).toContain('91.8');
    }
    const { header, rows } = summaryTable([await report()], 'zh-CN');
    const all = [...rows];
    const workbook = async (edit: (row: Row, i: number) => Row) => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of xlsxChunks([{ name: '结果', header, rows: all.map(edit) }]))
        chunks.push(chunk);
      return against('summary.xlsx', Buffer.concat(chunks));
    };
    const numbers = (row: Row, edit: (n: number) => number): Row =>
      row.map((cell) => (typeof cell === 'number' ? edit(cell) : cell));
    // As a spreadsheet program keeps them.
    expect((await workbook((row) => numbers(row, (n) => Number(n.toPrecision(15))))).findings).toEqual([]);
    const changed = await workbook((row, i) => (i === 0 ? numbers(row, (n) => n + 1) : row));
    expect(changed.findings.map((f) => f.code)).toContain('against');
  });

  test('the table in the words of 0.1.0', async () => {
    const text = (await csvOf('zh-CN')).toString('utf8');
    const [head, ...lines] = text.split('\r\n');
    // As its message file had them.
    const former = [
      head!.replace('人员类别', '对象').replace('算法', '公式'),
      ...lines.map((line) =>
        line
          .replace(',人员类别,', ',群体,')
          .replace(',算法,', ',公式,')
          .replace(',样本来源,', ',样本,')
          .replace(',方面（这类人员自己的题目，不比较）,', ',维度（本群体自己的题目，不与其他群体比较）,')
          .replace(/,方面(?=[,（])/, ',维度'),
      ),
    ].join('\r\n');
    for (const word of ['对象', '群体', '公式', '维度']) expect(former).toContain(`,${word},`);
    for (const word of ['人员类别', '算法', '方面']) expect(former).not.toContain(`,${word},`);
    expect((await against('former.csv', former)).findings).toEqual([]);
  });

  test('of another county, of another log, or no summary at all', async () => {
    const own = await report();
    const other = { ...own, county: { ...own.county, code: '990199' } };
    expect((await against('s.json', JSON.stringify(other))).findings[0]).toMatchObject({
      code: 'against',
      found: 'no summary of it',
    });
    const csv = (await csvOf('en')).toString('utf8').replaceAll('990101', '990199');
    expect((await against('s.csv', csv)).findings[0]).toMatchObject({ code: 'against', found: '' });
    const { log } = own;
    const head = (more: Partial<NonNullable<typeof log>>) =>
      against('s.json', JSON.stringify({ ...own, log: { ...log, ...more } }));
    const forked = await head({ root: Buffer.alloc(32, 7).toString('base64') });
    expect(forked.findings.map((f) => f.code)).toEqual(['against']);
    const later = await head({ size: 100_000 });
    expect(later.findings).toEqual([]);
    expect(conclusionsOf(later).open.map((c) => c.code)).toContain('later-head');
    for (const text of ['{', '{"a":1}', 'a,b\n1,2\n'])
      await expect(against('s', text)).rejects.toMatchObject({ message: 'evidence.against' });
  });

  test('a head that a summary names is no signature: the end of the log must still be signed', async () => {
    const { size, root } = await verify(survey.lines);
    const own = await report();
    const log = { ...own.log!, size, root: Buffer.from(root, 'hex').toString('base64') };
    const last = survey.lines.findLast((l) => l.startsWith('{"checkpoint"'));
    const unsigned = counted(survey.lines.filter((l) => l !== last));
    const result = await against('s.json', JSON.stringify({ ...own, log }), unsigned);
    expect(result.findings.map((f) => f.code)).toContain('checkpoint-missing');
  });
});
