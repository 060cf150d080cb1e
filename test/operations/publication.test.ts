/** Publication: the same numbers that every page shows after suppression, and nothing that stands only in the bundle. */
import { translator } from '../../src/texts/texts.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCheckpoint, parseVerifierKey } from '../../src/domain/evidence/note.ts';
import { contentHash, fromBase64, toHex } from '../../src/domain/hash.ts';
import { formatValue } from '../../src/domain/scoring/format.ts';
import { computeSummary } from '../../src/domain/scoring/summary/summary.ts';
import { parse } from 'csv-parse/sync';
import { createHash } from 'node:crypto';
import { groups } from '../../src/domain/model/vocabulary.ts';
import type { CompiledRating } from '../../src/domain/questionnaire/compiled.ts';
import { formulaItems, optionPoints } from '../../src/domain/scoring/rules/formula.ts';
import { exportAnalysis } from '../../src/operations/summary/analysis.ts';
import { unzipSync } from 'fflate';
import { headlineOf } from '../../src/domain/scoring/summary/headline.ts';
import { publicationHtml, publicationIndex } from '../../src/export/publication-page.ts';
import { publicationZip } from '../../src/export/publication-zip.ts';
import { publicationJson, type Publication } from '../../src/export/publication.ts';
import { summaryLines } from '../../src/export/summary-csv.ts';
import { releaseCampaign } from '../../src/operations/campaign/campaigns.ts';
import { makeDossier, type MadeDossier } from '../../src/operations/summary/dossier.ts';
import { makePublication } from '../../src/operations/summary/publication.ts';
import { getSummary, readSummaryInput } from '../../src/operations/summary/summary.ts';
import { closedSurvey, type ClosedSurvey } from '../support/evidence.ts';

let survey: ClosedSurvey;
let publication: Publication;
let json: string;
let html: string;
const make = (actor = survey.world.actors.operator) =>
  makePublication(survey.world.deps, actor, survey.id, survey.county);
beforeAll(async () => {
  survey = await closedSurvey();
  await expect(make()).rejects.toMatchObject({ message: 'publication.not-released' });
  await releaseCampaign(survey.world.deps, survey.world.actors.operator, survey.id);
  publication = await make();
  json = publicationJson(publication);
  html = publicationHtml(publication, 'zh-CN');
});
afterAll(() => survey.world.close());

const messages = translator('zh-CN');

describe('numbers', () => {
  test('are those of the suppressed summary, all of them', async () => {
    const { deps, actors } = survey.world;
    const { log, audit, ...summary } = (JSON.parse(json) as Publication).summary;
    expect(audit).toMatchObject({ differences: 0, uncommitted: [] });
    expect(summary).toEqual(
      JSON.parse(JSON.stringify(await getSummary(deps, actors.inspector, survey.id, survey.county))),
    );
    expect(log?.size).toBeGreaterThan(100);
  });

  test('nothing that is suppressed stands in JSON or page', async () => {
    const { deps } = survey.world;
    const campaign = (await deps.storage.findCampaign(survey.id))!;
    const whole = computeSummary(await readSummaryInput(deps, campaign, survey.county));
    let hidden = 0;
    const walk = (shown: unknown, full: unknown, path: string): void => {
      if (typeof shown !== 'object' || shown === null) return;
      if ((shown as { kind?: unknown }).kind === 'suppressed') {
        hidden++;
        expect(Object.keys(shown).sort(), path).toEqual(['kind', 'why']);
        return;
      }
      for (const [key, value] of Object.entries(shown))
        walk(value, (full as Record<string, unknown> | undefined)?.[key], `${path}.${key}`);
    };
    walk((JSON.parse(json) as Publication).summary, whole, 'summary');
    expect(hidden).toBeGreaterThan(0);

    // Row by row: what is suppressed has its reason and no digit.
    const rows = [
      ...html.slice(html.indexOf('id="all"')).matchAll(/<tr>\s*<th scope="row">([^]*?)<\/tr>/g),
    ].map((m) => m[1]!);
    const lines = [...summaryLines(publication.summary, (title) => title['zh-CN'] ?? '')];
    expect(rows).toHaveLength(lines.length);
    const { decimals } = publication.summary.profile;
    const threshold = publication.summary.threshold.value;
    const [{ decimals: rateDecimals, floor } = { decimals: 1, floor: null }] =
      publication.summary.returnRates;
    const roundings: Readonly<Record<string, { decimals: number; threshold: number | null }>> = {
      'return-rate': { decimals: rateDecimals, threshold: floor },
      'return-place': { decimals: rateDecimals, threshold: floor },
      outcome: { decimals: 1, threshold: null },
      reanswers: { decimals: 1, threshold: null },
    };
    let withheld = 0;
    for (const [i, { figure, value }] of lines.entries()) {
      const [number, n] = [...rows[i]!.matchAll(/<td class="number">([^<]*)</g)].map((m) => m[1]);
      if (value.kind === 'estimate') {
        const rounding =
          value.formula === 'mean'
            ? { decimals: 2, threshold: null }
            : (roundings[figure] ?? { decimals, threshold });
        expect([number, n]).toEqual([formatValue(value.value, rounding), String(value.n)]);
        // Without it the twelve response rates of a group look alike.
        if (figure === 'outcome') expect(rows[i]).toContain(messages(value.message!));
      } else if (value.kind === 'count') expect(number).toBe(String(value.value));
      else if (value.kind === 'text') {
        if (value.value === undefined) expect(number).toBeUndefined();
        else expect(Number(number)).toBeCloseTo(value.value, decimals);
      } else {
        withheld++;
        expect(rows[i]).not.toContain('class="number"');
        expect(rows[i]).toContain('class="why"');
      }
    }
    expect(withheld).toBeGreaterThan(0);
  });
});

describe('apart from the bundle', () => {
  test('it holds no leaf, no contents, no pseudonym and no entry of the roll', () => {
    const secrets = new Set<string>();
    for (const line of survey.lines) {
      const parsed = JSON.parse(line) as Record<string, unknown>;
      for (const name of ['l', 'c'])
        if (typeof parsed[name] === 'string') secrets.add(parsed[name]).add(toHex(fromBase64(parsed[name])));
      if (typeof parsed['issued'] === 'string') {
        const bytes = fromBase64(parsed['issued']);
        for (let at = 0; at < bytes.length; at += 27) {
          secrets.add(toHex(bytes.subarray(at, at + 16)));
          secrets.add(Buffer.from(bytes.subarray(at, at + 16)).toString('base64'));
        }
      }
      for (const entry of (parsed['entries'] ?? []) as { id: string; commitment: string }[])
        secrets.add(entry.id).add(entry.commitment);
    }
    expect(secrets.size).toBeGreaterThan(500);
    for (const secret of secrets) {
      expect(json.includes(secret), secret.slice(0, 40)).toBe(false);
      expect(html.includes(secret), secret.slice(0, 40)).toBe(false);
    }
  });

  test('its roots and checkpoints are those of the log, and verify', () => {
    const key = parseVerifierKey(publication.key);
    const sizes = publication.checkpoints.map((note) => openCheckpoint(note, key).size);
    expect(sizes).toEqual([...sizes].sort((a, b) => a - b));
    expect(publication.checkpoints.map((n) => n.split('\n').slice(0, 3).join())).toContain(
      survey.held.split('\n').slice(0, 3).join(),
    );
    expect(sizes.at(-1)).toBe(publication.summary.log?.size);
    const frame = survey.lines.find((l) => l.includes('"h":'))!;
    const leaf = Buffer.from((JSON.parse(frame) as { l: string }).l, 'base64')
      .subarray(2)
      .toString('utf8');
    expect(publication.roll).toMatchObject({ root: (JSON.parse(leaf) as { root: string }).root });
  });
});

describe('the page', () => {
  test('needs nothing beside it', () => {
    expect(html).not.toMatch(/<(script|link|img|iframe|form)\b/);
    expect(html).not.toMatch(/(?:src|action)=/);
    // The log's address alone, to be looked up.
    expect([...html.matchAll(/href="([^"]*)"/g)].map((m) => m[1])).toEqual([
      `${publication.service}/log/${survey.id}/${survey.county}/checkpoint`,
    ]);
    expect(html).toContain('演示数据');
  });

  test('says the result first, then groups, dimensions, return, formulas, and three steps to check it', () => {
    const { summary: s } = publication;
    const style = { decimals: s.profile.decimals, threshold: s.threshold.value };
    const official = s.official.kind === 'estimate' ? formatValue(s.official.value, style) : '';
    const order = [
      `<p class="figure">${official}</p>`,
      'class="number-line"',
      '各类人员怎么看',
      '各方面得分，从高到低',
      '回收了多少',
      '换一种算法会怎样',
      '全部数字（',
      '怎样核对',
    ].map((text) => html.indexOf(text));
    expect(order.every((at) => at > 0)).toBe(true);
    expect(order).toEqual([...order].sort((a, b) => a - b));
    // Whatever fills hundreds of lines is folded.
    expect(html.indexOf('<details class="all"')).toBeLessThan(
      html.indexOf(`${messages('summary-csv.figure.place')}</th>`),
    );
    expect(html.slice(html.indexOf('id="verify"')).match(/<li>\s*<strong>/g)).toHaveLength(3);
  });

  test('as a zip: the page with links to its data and table, which lie beside it', async () => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of publicationZip(publication, 'zh-CN')) chunks.push(chunk);
    const files = unzipSync(Buffer.concat(chunks));
    const name = `${survey.id}-${survey.county}`;
    expect(Object.keys(files)).toEqual([`${name}.html`, `${name}.json`, `${name}.csv`]);
    const page = Buffer.from(files[`${name}.html`]!).toString('utf8');
    for (const ending of ['json', 'csv']) expect(page).toContain(`href="${name}.${ending}"`);
    expect(Buffer.from(files[`${name}.json`]!).toString('utf8')).toBe(json);
  });

  test('the first page names each county with its verdict and leads to it', () => {
    const page = publicationIndex([{ summary: publication.summary, href: 'a.html' }], {
      language: 'zh-CN',
      demo: false,
      publishedAt: publication.publishedAt,
    });
    expect(page).toContain(`<a href="a.html">${publication.summary.county.name}</a>`);
    expect(page).toContain(messages(`headline.${headlineOf(publication.summary)}`));
  });

  test('escapes what comes from outside', () => {
    const hostile = structuredClone(publication) as any;
    hostile.summary.county.name = '<img src=x onerror=alert(1)>';
    hostile.summary.campaign.commissioner = '"><script>';
    const page = publicationHtml(hostile as Publication, 'en');
    expect(page).not.toContain('<img');
    expect(page).not.toContain('<script');
  });
});

describe('the dossier', () => {
  let made: MadeDossier;
  const textOf = (ending: string) => {
    const found = made.files.find((file) => file.name.endsWith(ending));
    expect(found, ending).toBeDefined();
    return Buffer.from(found!.content).toString('utf8');
  };
  beforeAll(async () => {
    const { deps, actors } = survey.world;
    made = await makeDossier(deps, actors.official, survey.id, survey.county, 'zh-CN');
  });

  test('holds every part that the archive asks for, numbered under the application’s fourth item', () => {
    expect(made.name).toMatch(/^第4项 满意度调查档案 /);
    const names = made.files.map((file) => file.name);
    expect(names.slice(0, 2)).toEqual(['4-0 目录.html', 'SHA256SUMS']);
    for (const part of [
      /^4-1 评估报告\.docx$/,
      /^4-2 结果数据\/4-2-1 结果表\.xlsx$/,
      /^4-2 结果数据\/4-2-2 全部数字\.csv$/,
      /^4-2 结果数据\/4-2-3 数据\.json$/,
      /^4-2 结果数据\/4-2-4 公众结果页\.html$/,
      /^4-3 发出的问卷\/4-3-1 .+\.html$/,
      /^4-3 发出的问卷\/4-3-1 .+\.json$/,
      /^4-4 评价规则\/4-4-1 .+\.html$/,
      /^4-5 抽样记录\.xlsx$/,
      /^4-6 回收与处置\.xlsx$/,
      /^4-7 导出记录\.csv$/,
      /^4-8 检查点\/4-8-1 验证公钥\.txt$/,
      /^4-8 检查点\/4-8-2 检查点 \d{7} 条\.txt$/,
      /^4-9 核验程序\/4-9-1 核验说明\.txt$/,
    ])
      expect(names.filter((name) => part.test(name)).length, String(part)).toBeGreaterThan(0);
    expect(new Set(names).size).toBe(names.length);
  });

  test('its list of hashes names every other file, and its contents page every file but the two', () => {
    const lines = textOf('SHA256SUMS').trimEnd().split('\n');
    const rest = made.files.filter((file) => file.name !== 'SHA256SUMS');
    expect(lines.sort()).toEqual(
      rest
        .map(({ name, content }) => `${createHash('sha256').update(content).digest('hex')}  ${name}`)
        .sort(),
    );
    const page = textOf('目录.html');
    for (const { name } of made.files.slice(2)) expect(page).toContain(`>${name}</a>`);
  });

  test('its figures are those that are published, its documents those that were frozen, byte for byte', async () => {
    const data = JSON.parse(textOf('数据.json')) as Publication;
    expect({ ...data.summary, log: null, audit: null }).toEqual({
      ...(JSON.parse(json) as Publication).summary,
      log: null,
      audit: null,
    });
    const campaign = (await survey.world.deps.storage.findCampaign(survey.id))!;
    const documents = made.files.filter((file) => /4-[34] .*\.json$/.test(file.name));
    expect(
      documents.map(({ content }) => contentHash(JSON.parse(Buffer.from(content).toString('utf8')))),
    ).toEqual([...campaign.questionnaires.map((q) => q.hash), campaign.profile]);
    // Each question is printed.
    const questionnaire = JSON.parse(Buffer.from(documents[0]!.content).toString('utf8')) as {
      items: { text: Record<string, string> }[];
    };
    const page = Buffer.from(
      made.files.find((file) => file.name === documents[0]!.name.replace('.json', '.html'))!.content,
    ).toString('utf8');
    expect(questionnaire.items.length).toBeGreaterThan(3);
    for (const { text } of questionnaire.items) expect(page).toContain(text['zh-CN']!.split(/\{\w+\}/)[0]!);
  });

  test('tells of every export, and holds nobody’s answers, codes or numbers', async () => {
    const { deps } = survey.world;
    const exported = (
      await deps.storage.listTrail({ campaign: survey.id, counties: null, before: null, limit: 1000 })
    ).filter((entry) =>
      ['codes.export', 'links.create', 'evidence.bundle', 'publication.made'].includes(entry.action),
    );
    expect(exported.length).toBeGreaterThan(2);
    const rows = textOf('导出记录.csv').trimEnd().split('\r\n');
    expect(rows).toHaveLength(1 + exported.length);
    expect(rows.filter((row) => row.includes('导出答题码'))[0]).toMatch(/,邀请：.*家长.*,\d+$/);
    for (const { name, content } of made.files) {
      if (/\.(docx|xlsx)$/.test(name)) continue;
      const text = Buffer.from(content).toString('utf8');
      expect(text, name).not.toMatch(/(?<![\w.+/])1[3-9]\d{9}(?![\w+/])/);
      for (const line of survey.lines.filter((l) => l.includes('"c":')).slice(0, 50))
        expect(text.includes((JSON.parse(line) as { c: string }).c), name).toBe(false);
    }
  });

  test('stands in the trail, and an interviewer makes none', async () => {
    const { deps, actors } = survey.world;
    const [entry] = await deps.storage.listTrail({
      campaign: survey.id,
      counties: null,
      before: null,
      limit: 1,
    });
    expect(entry).toMatchObject({
      action: 'dossier.made',
      actor: actors.official.name,
      details: { count: made.files.length },
    });
    await expect(
      makeDossier(deps, actors.interviewer, survey.id, survey.county, 'zh-CN'),
    ).rejects.toMatchObject({ kind: 'forbidden' });
  });
});

describe('the analysis file', () => {
  let files: Record<string, string>;
  let rows: Record<string, string>[];
  beforeAll(async () => {
    const { deps, actors } = survey.world;
    const { length } = await deps.storage.listLeaves(survey.id, survey.county, 0, 10_000);
    const chunks: Uint8Array[] = [];
    for await (const chunk of await exportAnalysis(deps, actors.inspector, survey.id, survey.county, 'zh-CN'))
      chunks.push(chunk);
    files = Object.fromEntries(
      Object.entries(unzipSync(Buffer.concat(chunks))).map(([name, bytes]) => [
        name,
        Buffer.from(bytes)
          .toString('utf8')
          .replace(/^\ufeff/, ''),
      ]),
    );
    rows = parse<Record<string, string>>(files['data.csv']!, { columns: true });
    // Contents left the service: the log says so.
    expect(await deps.storage.listLeaves(survey.id, survey.county, 0, 10_000)).toHaveLength(length + 1);
  });

  test('gives the official figure again, from its rows and weights alone', async () => {
    const { deps } = survey.world;
    const campaign = (await deps.storage.findCampaign(survey.id))!;
    const { profile, ...input } = await readSummaryInput(deps, campaign, survey.county);
    const formula = profile.formulas.find((f) => f.id === profile.official)!;
    const whole = computeSummary({ profile, ...input });
    const groupCode = new Map(groups.map((group, i) => [String(i + 1), group]));
    const sums = new Map<string, { points: number; count: number; n: number }>();
    for (const row of rows) {
      const q = input.questionnaires.get(Number(row['questionnaire']))!;
      const points = optionPoints(formula, q);
      const sum = sums.get(row['grp']!) ?? { points: 0, count: 0, n: 0 };
      sum.n++;
      for (const at of formulaItems(formula, q)) {
        const item = q.items[at] as CompiledRating;
        const code =
          row[item.id.replaceAll('-', '_')] ??
          row[`q${row['questionnaire']}_${item.id.replaceAll('-', '_')}`];
        if (code === undefined || code === '' || code === '98') continue;
        if (code === '97') sum.count += formula.dontKnow === 'include' ? Number(row['weight']) : 0;
        else {
          sum.count += Number(row['weight']);
          sum.points += Number(row['weight']) * points[item.vector[Number(code) - 1]!]!;
        }
      }
      sums.set(row['grp']!, sum);
    }
    let compared = 0;
    for (const [code, { points, count, n }] of sums) {
      const own = whole.groups.find((g) => g.group === groupCode.get(code))!;
      if (own.figure.kind !== 'estimate') continue;
      compared++;
      expect(points / count, own.group).toBeCloseTo(own.figure.value, 8);
      expect(n, own.group).toBe(own.figure.n);
    }
    expect(compared).toBeGreaterThan(1);
  });

  test('has a codebook entry and a label in each syntax for every column, and names nobody', () => {
    const header = Object.keys(rows[0]!);
    const codebook = parse<Record<string, string>>(files['codebook.csv']!, { columns: true });
    expect(codebook.map((row) => row['变量'])).toEqual(header);
    for (const name of header) {
      expect(name).toMatch(/^[a-z][a-z0-9_]{0,31}$/);
      expect(files['spss.sps']).toContain(`  ${name} '`);
      expect(files['analysis.R']).toContain(`data[["${name}"]], "label"`);
      expect(files['stata.do']).toContain(`label variable ${name} "`);
    }
    expect(files['README.txt']).toContain(`共 ${rows.length} 行`);
    for (const line of survey.lines) {
      const { issued } = JSON.parse(line) as { issued?: string };
      if (issued === undefined) continue;
      const bytes = fromBase64(issued);
      for (let at = 0; at < bytes.length; at += 27)
        expect(files['data.csv']).not.toContain(toHex(bytes.subarray(at, at + 16)));
    }
  });

  test('is for inspectors alone', async () => {
    const { deps, actors } = survey.world;
    for (const actor of [actors.operator, actors.official])
      await expect(exportAnalysis(deps, actor, survey.id, survey.county, 'en')).rejects.toMatchObject({
        kind: 'forbidden',
      });
  });
});

test('each one made stands in the trail with its hash; only the commissioner’s side makes them', async () => {
  const { deps, actors } = survey.world;
  const entries = await deps.storage.listTrail({
    campaign: survey.id,
    counties: null,
    before: null,
    limit: 10,
  });
  const entry = entries.find(({ action }) => action === 'publication.made');
  expect(entry).toMatchObject({ actor: 'operator' });
  expect(entry?.details['hash']).toMatch(/^[0-9a-f]{64}$/);
  for (const actor of [actors.official, actors.inspector])
    await expect(make(actor)).rejects.toMatchObject({ kind: 'forbidden' });
});
