/**
 * A hundred thousand answers in random order through the threaded storage: re-answers, entries by interviewers that must not supersede, voids on the
 * way. Held against a ledger kept here, and against the recount of the rows, while the survey is open and, in a copy, after its count; then one byte is
 * changed there, which the recount must name. On PostgreSQL with `MANYI_TEST_ENGINE=postgres`.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemActor } from '../../src/domain/campaign/permissions.ts';
import type { ReportingStratum, SamplingStratum } from '../../src/domain/frame/strata.ts';
import { contentHash } from '../../src/domain/hash.ts';
import type { CampaignId, CountyCode, SchoolId } from '../../src/domain/model/ids.ts';
import { createAnswerParser } from '../../src/domain/questionnaire/answers.ts';
import { compileQuestionnaire } from '../../src/domain/questionnaire/compile.ts';
import { ruleProfileSchema } from '../../src/domain/scoring/rules/profile.ts';
import { itemCounts } from '../../src/domain/scoring/tally/tally.ts';
import { decodeTally } from '../../src/domain/scoring/tally/tally-bytes.ts';
import type { Channel, Group } from '../../src/domain/model/vocabulary.ts';
import type { RecordResult, ResponseEntry } from '../../src/domain/model/answer.ts';
import type { Storage } from '../../src/storage/port/index.ts';
import { openPostgresStorage } from '../../src/storage/postgres/index.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/index.ts';
import { load, sampleDocument } from '../domain/questionnaire/sample.ts';
import { countCampaign } from '../support/count-campaign.ts';
import { censusProfile, randomAnswers, seededNumbers } from '../support/small-survey.ts';
import { sharedServer } from '../support/postgres.ts';
import { openRows, rowsOf, type OpenRows } from '../support/tables.ts';
import { readTemplate, usualEngine } from '../support/world.ts';

const answersInAll = 100_000;
const batchSize = 250;
const seed = 20_260_512;

const campaign = '0123456789ab' as CampaignId;
const counties = [
  { code: '990101' as CountyCode, name: '云溪县', codes: 24_000 },
  { code: '990102' as CountyCode, name: '松岭县', codes: 12_000 },
] as const;
const stamp = { at: 1_000, actor: systemActor };
const second = { at: 1_000, actor: { ...systemActor, userId: 'second000000', name: 'second' } };

const documents = [load(sampleDocument()), load(readTemplate('teacher-2012.json'))];
const questionnaires = documents.map(compileQuestionnaire);
const groupOf: readonly Group[] = ['parent', 'teacher'];
const profile = ruleProfileSchema.parse(censusProfile());

/** Six schools' parents and two strata of teachers, over three sampling strata. */
const reporting: readonly ReportingStratum[] = Array.from({ length: 8 }, (_, i) => ({
  no: i + 1,
  group: groupOf[i < 6 ? 0 : 1]!,
  level: 'school',
  key: `S${i}`,
  name: `S${i}`,
  schools: [`S${i}` as SchoolId],
  location: 'urban',
  issued: { drawn: 0, replacement: 0, other: 0 },
}));
const sampling: readonly SamplingStratum[] = [1, 2, 3].map((no) => ({
  no,
  group: groupOf[no === 3 ? 1 : 0]!,
  location: null,
  grade: null,
  kind: 'frame',
  frameSize: 1,
  quota: 1,
  drawn: 1,
  replacements: 0,
}));

interface Respondent {
  readonly county: CountyCode;
  readonly pseudonym: Uint8Array;
  readonly textId: Uint8Array;
  readonly stratum: number;
  readonly set: 'drawn' | 'replacement';
}
interface Counted {
  readonly respondent: Respondent;
  readonly channel: Channel;
  readonly answers: Uint8Array;
  readonly texts: number;
}

const below = seededNumbers(seed);
const bytes = (length: number) => Uint8Array.from({ length }, () => below(256));
const respondents: Respondent[] = counties.flatMap(({ code, codes }) =>
  Array.from({ length: codes }, (): Respondent => ({
    county: code,
    pseudonym: bytes(16),
    textId: bytes(16),
    stratum: 1 + below(8),
    set: below(10) === 0 ? 'replacement' : 'drawn',
  })),
);
const questionnaireNo = ({ stratum }: Respondent) => (stratum <= 6 ? 1 : 2);
const samplingStratum = ({ stratum }: Respondent) => (stratum > 6 ? 3 : 1 + (stratum % 2));

interface Place {
  readonly dataDir: string;
  readonly database: string | null;
}
let directory: string;
let original: Place;
let storage: Storage;
const ledger = new Map<Respondent, Counted>();
const outcomes = new Map<RecordResult, number>();
const tally = { superseded: 0, keptOut: 0, refused: 0 };

function isVoid(sent: number, { county, stratum }: Respondent): boolean {
  return (
    (sent >= voidStratumAt && county === counties[0].code && stratum === 3) ||
    (sent >= voidGroupAt && county === counties[1].code && stratum > 6)
  );
}
const voidStratumAt = 40_000;
const voidGroupAt = 70_000;

async function voidPart(content: {
  county: CountyCode;
  group: Group | null;
  reportingStratum: number | null;
}) {
  const id = `void-${content.county}`;
  await storage.createProposal(stamp, {
    id,
    campaign,
    content: { kind: 'void', ...content },
    reason: '答案被代填',
  });
  await storage.decideProposal(second, id, 'confirmed');
}

const parsers = questionnaires.map(createAnswerParser);
function randomSheet(respondent: Respondent) {
  const no = questionnaireNo(respondent);
  const raw =
    no === 1
      ? randomAnswers(below)
      : Object.fromEntries(
          questionnaires[1]!.items.map((item) => {
            const options =
              'dontKnowId' in item && item.dontKnowId ? [...item.optionIds, item.dontKnowId] : item.optionIds;
            return [item.id, below(8) === 0 ? null : (options[below(options.length)] ?? null)];
          }),
        );
  const parsed = parsers[no - 1]!.parseJson(raw, { partial: true });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return parsed;
}

function open({ dataDir, database }: Place, how: { readonly readOnly?: boolean } = {}): Promise<Storage> {
  if (database !== null) return openPostgresStorage({ url: database, ...how });
  return openSqliteStorage({ directory: dataDir, inline: dataDir !== original.dataDir, ...how });
}

/** Of what is stored, as it stands. */
async function copyOf(place: Place): Promise<Place> {
  const dataDir = join(directory, 'copy');
  if (place.database === null) {
    mkdirSync(dataDir);
    await storage.backup(join(dataDir, 'manyi.db'), []);
    return { dataDir, database: null };
  }
  // The server copies a database that nobody uses.
  await storage.close();
  const database = await (await sharedServer()).createDatabase(place.database);
  storage = await open(place);
  return { dataDir, database };
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'manyi-audit-'));
  original = {
    dataDir: join(directory, 'data'),
    database: usualEngine === 'postgres' ? await (await sharedServer()).createDatabase() : null,
  };
  storage = await open(original);
  await storage.createCampaign(
    stamp,
    {
      id: campaign,
      name: 'Audit',
      purpose: 'self-check',
      commissioner: 'X',
      commissionerPhone: '1',
      closesAt: 9e12,
      storageUntil: 9.1e12,
      selfAdministered: false,
      demo: true,
      profile: contentHash(profile),
      questionnaires: questionnaires.map(({ hash }, i) => ({ no: i + 1, hash, groups: [groupOf[i]!] })),
      counties: counties.map(({ code, name }) => ({
        code,
        name,
        residents: null,
        slips: [{ group: 'parent', count: 1 }],
      })),
    },
    [
      ...documents.map((d, i) => ({
        hash: questionnaires[i]!.hash,
        kind: 'questionnaire' as const,
        body: JSON.stringify(d),
      })),
      { hash: contentHash(profile), kind: 'profile', body: JSON.stringify(profile) },
    ],
    {},
  );
  for (const { code } of counties) {
    await storage.freezeFrame(stamp, campaign, code, {
      root: new Uint8Array(32),
      size: 0,
      version: 0,
    });
    const draw = { dice: '1', seed: new Uint8Array(32), moves: [], quotas: {} };
    await storage.beginDraw(stamp, campaign, code, draw);
    const own = respondents.filter((r) => r.county === code);
    for (let from = 0; from < own.length; from += 2000) {
      const issued = own.slice(from, from + 2000).map((r) => ({
        pseudonym: r.pseudonym,
        samplingStratum: samplingStratum(r),
        reportingStratum: r.stratum,
        questionnaire: questionnaireNo(r),
        set: r.set,
      }));
      await storage.saveDrawn(campaign, code, [], issued);
    }
    await storage.finishDraw(stamp, campaign, code, sampling, reporting);
  }
  await storage.openCampaign(stamp, campaign);
});

beforeAll(async () => {
  const self = new Set<Channel>(['web']);
  const ways: readonly Channel[] = [
    'web',
    'web',
    'web',
    'web',
    'web',
    'kiosk',
    'assisted',
    'assisted',
    'paper',
  ];
  for (let sent = 0; sent < answersInAll; sent += batchSize) {
    if (sent === voidStratumAt)
      await voidPart({ county: counties[0].code, group: null, reportingStratum: 3 });
    if (sent === voidGroupAt)
      await voidPart({ county: counties[1].code, group: 'teacher', reportingStratum: null });
    const batch: ResponseEntry[] = [];
    for (let i = 0; i < batchSize; i++) {
      const respondent = respondents[below(respondents.length)]!;
      const channel = ways[below(ways.length)]!;
      const { bytes: answers, texts } = randomSheet(respondent);
      batch.push({
        campaign,
        county: respondent.county,
        pseudonym: respondent.pseudonym,
        channel,
        link: null,
        questionnaire: questionnaireNo(respondent),
        nonce: bytes(16),
        answers,
        textId: respondent.textId,
        texts: texts.map((t) => ({ item: t.item, body: t.text })),
      });
      // What the port's comments promise, told once more and in another way.
      const before = ledger.get(respondent);
      if (isVoid(sent, respondent)) tally.refused++;
      else if (before && self.has(before.channel) && !self.has(channel)) tally.keptOut++;
      else {
        if (before) tally.superseded++;
        ledger.set(respondent, { respondent, channel, answers, texts: texts.length });
      }
    }
    for (const outcome of await storage.recordResponses(batch))
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
}, 180_000);

afterAll(async () => {
  await storage?.close();
  rmSync(directory, { recursive: true, force: true });
});

const ledgerOf = (county: CountyCode) => [...ledger.values()].filter((c) => c.respondent.county === county);

describe('a hundred thousand random answers', () => {
  it('are stored, but for those of voided strata', () => {
    expect(tally.superseded).toBeGreaterThan(10_000);
    expect(tally.keptOut).toBeGreaterThan(5_000);
    expect(tally.refused).toBeGreaterThan(2_000);
    expect(Object.fromEntries(outcomes)).toEqual({
      stored: answersInAll - tally.refused,
      voided: tally.refused,
    });
  });

  it.each(counties)('are counted as the ledger says in $code', async ({ code }) => {
    const count = (of: readonly string[]) => {
      const found: Record<string, number> = {};
      for (const key of of) found[key] = (found[key] ?? 0) + 1;
      return found;
    };
    const counts = await storage.countResponses(campaign, code);
    expect(
      Object.fromEntries(
        counts
          .filter((c) => c.answered > 0)
          .map((c) => [`${c.reportingStratum} ${c.set} ${c.channel}`, c.answered]),
      ),
    ).toEqual(count(ledgerOf(code).map((c) => `${c.respondent.stratum} ${c.respondent.set} ${c.channel}`)));

    // The first item of each questionnaire is a rating: one byte, 1 … k its options, 254 不了解.
    const options: Record<string, number> = {};
    for (const cell of await storage.readTallies(campaign, code)) {
      const q = questionnaires[cell.questionnaire - 1]!;
      const item = itemCounts(decodeTally(q, cell.bytes), 0);
      if (item.type !== 'rating') throw new Error('not a rating');
      const add = (answer: number, n: number) => {
        const key = `${cell.reportingStratum} ${answer}`;
        if (n > 0) options[key] = (options[key] ?? 0) + n;
      };
      item.options.forEach((n, i) => add(i + 1, n));
      add(254, item.dontKnow);
      add(255, item.blank);
    }
    expect(options).toEqual(count(ledgerOf(code).map((c) => `${c.respondent.stratum} ${c.answers[0]}`)));
  });

  it('keep the comments of the answer that counts', async () => {
    const [found] = await rowsOf<{ n: number }>(original, 'SELECT count(*) AS n FROM texts');
    expect(found!.n).toBe([...ledger.values()].reduce((n, c) => n + c.texts, 0));
  });

  it.each(counties)('are counted anew to the same tallies in $code', async ({ code }) => {
    const { responses, differences } = (await storage.recount(campaign, [code]))[0]!;
    expect(differences).toEqual([]);
    expect(responses).toBe(ledgerOf(code).length);
  });
});

describe('on a copy that is counted', () => {
  const { code } = counties[1];
  let place: Place;
  let copy: Storage;
  let rows: OpenRows;

  beforeAll(async () => {
    place = await copyOf(original);
    const writing = await open(place);
    await countCampaign(
      writing,
      campaign,
      counties.map((c) => c.code),
    );
    await writing.close();
    rows = await openRows(place);
    copy = await open(place, { readOnly: true });
  }, 120_000);
  afterAll(async () => {
    await copy?.close();
    await rows?.close();
  });

  const recount = async () => (await copy.recount(campaign, [code]))[0]!.differences;

  it('nothing differs, and what is stored is what was derived while it was open', async () => {
    expect((await storage.recount(campaign, [code]))[0]).toMatchObject({ counted: false, differences: [] });
    expect((await copy.recount(campaign, [code]))[0]).toMatchObject({ counted: true, differences: [] });
    for (const { code } of counties) {
      expect(await copy.readTallies(campaign, code)).toEqual(await storage.readTallies(campaign, code));
      expect(await copy.countResponses(campaign, code)).toEqual(await storage.countResponses(campaign, code));
    }
    const tallies = async (where: Place) =>
      (await rowsOf<{ n: number }>(where, 'SELECT count(*) AS n FROM tallies'))[0]!.n;
    expect(await tallies(original)).toBe(0);
    expect(await tallies(place)).toBeGreaterThan(100);
  });

  it('one changed byte of an answer is noticed, and its cell named', async () => {
    const set = (...values: readonly Uint8Array[]) =>
      rows.run('UPDATE responses SET answers = ? WHERE pseudonym = ? AND answers = ?', ...values);
    const all = ledgerOf(code);
    for (let i = 0; i < 8; i++) {
      const { respondent, answers } = all[below(all.length)]!;
      const changed = answers.slice();
      const at = below(changed.length);
      changed[at] = (changed[at]! + 1 + below(255)) % 256;
      expect(await set(changed, respondent.pseudonym, answers)).toBeGreaterThan(0);
      const differences = await recount();
      expect(differences.length).toBeGreaterThan(0);
      for (const { cell, county } of differences) {
        expect(county).toBe(code);
        expect(cell).toContain(`reporting stratum ${respondent.stratum},`);
        expect(cell).toContain(`questionnaire ${questionnaireNo(respondent)}`);
      }
      await set(answers, respondent.pseudonym, changed);
    }
    expect(await recount()).toEqual([]);
  });

  it('one changed byte of a tally cell is noticed, and the cell named', async () => {
    const cells = await storage.readTallies(campaign, code);
    const set = (...values: readonly (Uint8Array | number)[]) =>
      rows.run('UPDATE tallies SET bytes = ? WHERE county = ? AND bytes = ?', ...values);
    for (let i = 0; i < 8; i++) {
      const cell = cells[below(cells.length)]!;
      const changed = cell.bytes.slice();
      const at = below(changed.length);
      changed[at] = (changed[at]! + 1 + below(255)) % 256;
      expect(await set(changed, Number(code), cell.bytes)).toBe(1);
      const named = new Set((await recount()).map((d) => d.cell));
      const { questionnaire, samplingStratum: stratum, reportingStratum, channel, valid } = cell;
      expect([...named]).toEqual([
        `questionnaire ${questionnaire}, sampling stratum ${stratum}, reporting stratum ${reportingStratum}, channel ${channel}, set ${cell.set}, ${valid ? 'valid' : 'not valid'}`,
      ]);
      await set(cell.bytes, Number(code), changed);
    }
    expect(await recount()).toEqual([]);
  });

  it('an answer taken away, and one slipped in, are noticed', async () => {
    const { respondent } = ledgerOf(code).find((c) => c.channel === 'web')!;
    const before = await rows.all('SELECT * FROM responses WHERE pseudonym = ?', respondent.pseudonym);
    await rows.run('DELETE FROM responses WHERE pseudonym = ?', respondent.pseudonym);
    expect((await recount())[0]?.cell).toContain(`reporting stratum ${respondent.stratum},`);
    const columns = Object.keys(before[0]!);
    const insert = (row: Readonly<Record<string, unknown>>) =>
      rows.run(
        `INSERT INTO responses (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
        ...columns.map((c) => row[c]),
      );
    for (const row of before) await insert(row);
    expect(await recount()).toEqual([]);
    const silent = respondents.find(
      (r) => r.county === code && r.stratum === respondent.stratum && !ledger.has(r),
    )!;
    await insert({ ...before[0], pseudonym: silent.pseudonym });
    expect((await recount())[0]?.cell).toContain(`reporting stratum ${respondent.stratum},`);
  });
});
