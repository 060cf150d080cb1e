/** Publication: the same numbers that every page shows after suppression, and nothing that stands only in the bundle. */
import { translator } from '../../src/texts/texts.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCheckpoint, parseVerifierKey } from '../../src/domain/evidence/note.ts';
import { fromBase64, toHex } from '../../src/domain/hash.ts';
import { formatValue } from '../../src/domain/scoring/format.ts';
import { computeSummary } from '../../src/domain/scoring/summary/summary.ts';
import { unzipSync } from 'fflate';
import { headlineOf } from '../../src/domain/scoring/summary/headline.ts';
import { publicationHtml, publicationIndex } from '../../src/export/publication-page.ts';
import { publicationZip } from '../../src/export/publication-zip.ts';
import { publicationJson, type Publication } from '../../src/export/publication.ts';
import { summaryLines } from '../../src/export/summary-csv.ts';
import { releaseCampaign } from '../../src/operations/campaign/campaigns.ts';
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

test('each one made stands in the trail with its hash; only the commissioner’s side makes them', async () => {
  const { deps, actors } = survey.world;
  const [entry] = await deps.storage.listTrail({
    campaign: survey.id,
    counties: null,
    before: null,
    limit: 1,
  });
  expect(entry).toMatchObject({ action: 'publication.made', actor: 'operator' });
  expect(entry?.details['hash']).toMatch(/^[0-9a-f]{64}$/);
  for (const actor of [actors.official, actors.inspector])
    await expect(make(actor)).rejects.toMatchObject({ kind: 'forbidden' });
});
