/**
 * A survey large enough to be slow: counties with sixty schools each, sampling strata within them (240 tally cells a county), issued codes, and
 * answers to a part of them, all through the storage's own operations. Where schools are asked for, there is a roll, too, whose rows are written at once.
 * Everything follows from the numbers asked for, so a folder can be used again.
 */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { codeAlphabet, completeAccessCode } from '../../../src/domain/code/access-code.ts';
import { systemActor } from '../../../src/domain/campaign/permissions.ts';
import { pseudonymOf, textIdOf } from '../../../src/domain/code/pseudonym.ts';
import { contentHash } from '../../../src/domain/hash.ts';
import type { CampaignId, CountyCode, SchoolId } from '../../../src/domain/model/ids.ts';
import { compileQuestionnaire } from '../../../src/domain/questionnaire/compile.ts';
import { questionnaireSchema, type Questionnaire } from '../../../src/domain/questionnaire/template.ts';
import { ruleProfileSchema } from '../../../src/domain/scoring/rules/profile.ts';
import { createFileKeyStore } from '../../../src/keys/key-store.ts';
import type { ResponseEntry } from '../../../src/domain/model/answer.ts';
import type { SealingPoint } from '../../../src/domain/model/evidence.ts';
import type { Storage } from '../../../src/storage/port/index.ts';
import { openSqliteStorage } from '../../../src/storage/sqlite/index.ts';
import { readMigrations } from '../../../src/storage/sqlite/migrate.ts';

export const campaign = '0123456789ab' as CampaignId;
export const schoolsPerCounty = 60;
export const samplingPerCounty = 4;
const stamp = { at: Date.now(), actor: systemActor };
const day = 86_400_000;

export interface SurveySize {
  readonly counties: number;
  /** Codes issued; the first `answered` of them have answered. */
  readonly codes: number;
  readonly answered: number;
  /** Number of the first code; 0 where it is not given. */
  readonly first?: number;
  /** Of each county, in the order of its reporting strata; where it is given, the county has these schools and a contact for each code, not only their strata. */
  readonly schools?: number;
}

export const countyCode = (i: number) => String(990_001 + i) as CountyCode;

/** The i-th code of every survey: bodies are an affine permutation of the 45 bits, so none comes twice. */
export function codeOf(i: number): string {
  let rest = (BigInt(i) * 0x9e3779b97f5n + 0x1234567n) & ((1n << 45n) - 1n);
  let body = '';
  for (let k = 0; k < 9; k++) {
    body += codeAlphabet.charAt(Number(rest & 31n));
    rest >>= 5n;
  }
  return completeAccessCode(body);
}

/** xorshift32: the same numbers in every run. */
export function createRandom(seed: number): () => number {
  let x = seed | 0 || 1;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) / 2 ** 32;
  };
}

/** Thirteen rated items and a comment, none of them conditional: any bytes from 1 to 4 are a sheet, and measurements stay comparable over the years. */
export function benchQuestionnaire(): Questionnaire {
  const old = '../../fixtures/questionnaires/until-2026/teacher.json';
  const { $schema: _, ...document } = JSON.parse(
    readFileSync(new URL(old, import.meta.url), 'utf8'),
  ) as Record<string, unknown>;
  return questionnaireSchema.parse({ ...document, groups: ['parent'] });
}

function readTemplate(name: string): Record<string, unknown> {
  return JSON.parse(
    readFileSync(new URL(`../../../survey-templates/${name}`, import.meta.url), 'utf8'),
  ) as Record<string, unknown>;
}

const shares = [0.4, 0.75, 0.92, 0.97, 1];
/** One option for each rating item, as people answer: 40, 35, 17, 5 and 3 in a hundred. */
export function randomAnswers(q: Questionnaire, random: () => number): Record<string, string> {
  const answers: Record<string, string> = {};
  for (const item of q.items) {
    if (item.type !== 'rating') continue;
    const options = q.scales[item.scale]!.options;
    const at = random();
    answers[item.id] = options[shares.findIndex((s) => at < s)]!.id;
  }
  return answers;
}

const schoolsOf = (size: SurveySize): number => size.schools ?? schoolsPerCounty;

/** Where the i-th code belongs. */
function placeOf(i: number, size: SurveySize) {
  const county = i % size.counties;
  const within = Math.floor(i / size.counties);
  return {
    county,
    reportingStratum: 1 + (within % schoolsOf(size)),
    samplingStratum: 1 + (Math.floor(within / schoolsOf(size)) % samplingPerCounty),
  };
}

/** Fills the folder unless it holds this survey already. Returns the folder's parts. */
export async function prepareSurvey(folder: string, size: SurveySize, say: (line: string) => void) {
  const done = join(folder, 'survey.json');
  const places = { data: join(folder, 'data'), keys: join(folder, 'keys') };
  // One made by an older version of the program is made anew.
  const made = JSON.stringify({ ...size, schema: readMigrations().length });
  if (existsSync(done) && readFileSync(done, 'utf8') === made) return places;
  say(`preparing ${size.codes} codes and ${size.answered} responses in ${folder}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const storage = await openSqliteStorage({ directory: places.data, inline: true });
  try {
    await createSurvey(storage, places.keys, size, campaign, places.data);
    say(`${size.codes} codes are issued`);
    await answerSurvey(storage, places.keys, size, 0, size.answered);
    say(`${size.answered} answers are stored`);
    await sealSurvey(storage, size);
  } finally {
    await storage.close();
  }
  writeFileSync(`${done}.new`, made);
  renameSync(`${done}.new`, done);
  return places;
}

/** The prepared survey in a place where it may be changed. */
export function copySurvey(
  from: { data: string; keys: string },
  to: string,
  campaigns: readonly CampaignId[] = [campaign],
) {
  rmSync(to, { recursive: true, force: true });
  const places = { data: join(to, 'data'), keys: join(to, 'keys') };
  mkdirSync(places.data, { recursive: true });
  copyFileSync(join(from.data, 'manyi.db'), join(places.data, 'manyi.db'));
  for (const id of campaigns) {
    mkdirSync(join(places.keys, id), { recursive: true });
    for (const name of ['pseudonym', 'text', 'contacts'])
      copyFileSync(join(from.keys, id, `${name}.key`), join(places.keys, id, `${name}.key`));
  }
  return places;
}

export async function createSurvey(
  storage: Storage,
  keyDir: string,
  size: SurveySize,
  id: CampaignId = campaign,
  /** Where the database lies: needed where there are schools. */
  directory?: string,
): Promise<void> {
  const keys = createFileKeyStore(keyDir);
  const questionnaire = benchQuestionnaire();
  const { $schema: _, ...profileDocument } = readTemplate('profiles/basic-2012.json');
  const profile = ruleProfileSchema.parse(profileDocument);
  const hash = compileQuestionnaire(questionnaire).hash;
  const now = Date.now();
  await storage.createCampaign(
    stamp,
    {
      id,
      name: '满意度调查',
      purpose: 'provincial-evaluation',
      commissioner: '云川市教育督导委员会办公室',
      commissionerPhone: '0999-1234567',
      closesAt: now + 3000 * day,
      storageUntil: now + 4000 * day,
      selfAdministered: false,
      demo: true,
      profile: contentHash(profile),
      questionnaires: [{ no: 1, hash, groups: ['parent'] }],
      counties: Array.from({ length: size.counties }, (_, i) => ({
        code: countyCode(i),
        name: `县${i + 1}`,
        residents: { count: 300_000, asOf: '2025-12-31' },
        slips: [{ group: 'parent', count: 1 }],
      })),
    },
    [
      { hash, kind: 'questionnaire', body: JSON.stringify(questionnaire) },
      { hash: contentHash(profile), kind: 'profile', body: JSON.stringify(profile) },
    ],
    keys.create(id),
  );
  const key = keys.use(id, 'pseudonym');
  for (let c = 0; c < size.counties; c++) {
    const county = countyCode(c);
    const drawn = Math.floor((size.codes - c + size.counties - 1) / size.counties);
    let schools: readonly SchoolId[] = Array.from({ length: schoolsOf(size) }, (_, s) => `s${s}` as SchoolId);
    if (size.schools !== undefined) {
      await storage.putSchools(stamp, id, county, listOfSchools(size.schools));
      schools = (await storage.listSchools(id, county)).map((s) => s.id);
      writeRoll(directory!, county, schools, drawn);
    }
    await storage.freezeFrame(stamp, id, county, {
      root: new Uint8Array(32),
      size: size.schools === undefined ? 0 : drawn,
      version: 0,
    });
    await storage.beginDraw(stamp, id, county, {
      dice: '1'.repeat(20),
      seed: new Uint8Array(32),
      moves: [],
      quotas: { parent: drawn },
    });
    for (let at = c; at < size.codes;) {
      const issued = [];
      for (; at < size.codes && issued.length < 2000; at += size.counties) {
        const { county: _, ...strata } = placeOf(at, size);
        issued.push({
          pseudonym: pseudonymOf(key, codeOf((size.first ?? 0) + at)),
          ...strata,
          questionnaire: 1,
          set: 'drawn' as const,
        });
      }
      await storage.saveDrawn(id, county, [], issued);
    }
    const share = (n: number) => Math.ceil(drawn / n);
    await storage.finishDraw(
      stamp,
      id,
      county,
      Array.from({ length: samplingPerCounty }, (_, s) => ({
        no: s + 1,
        group: 'parent' as const,
        location: 'rural' as const,
        grade: s + 1,
        kind: 'frame' as const,
        frameSize: share(samplingPerCounty) * 2,
        quota: share(samplingPerCounty),
        drawn: share(samplingPerCounty),
        replacements: 0,
      })),
      Array.from({ length: schoolsOf(size) }, (_, s) => ({
        no: s + 1,
        group: 'parent' as const,
        level: 'school' as const,
        key: `s${s}`,
        name: `第${s + 1}小学`,
        schools: [schools[s]!],
        location: 'rural' as const,
        issued: { drawn: share(schoolsOf(size)), replacement: 0, other: 0 },
      })),
    );
  }
  await storage.openCampaign(stamp, id);
}

/**
 * Contacts of the county's only campaign, each of one school and with a code: the rows that imports and a draw leave behind, without their hour for a million. What is
 * sealed in them is noise of the right length; no page opens it.
 */
function writeRoll(directory: string, county: CountyCode, schools: readonly SchoolId[], count: number): void {
  const raw = new Database(join(directory, 'manyi.db'));
  try {
    const numbers = 'WITH RECURSIVE n(i) AS (SELECT @from UNION ALL SELECT i + 1 FROM n WHERE i + 1 < @to)';
    const entry = "unhex(printf('%016x%016x', i, 0))";
    const school = "json_extract(@schools, '$[' || (i % @modulus) || ']')";
    const contacts = raw.prepare(
      `${numbers} INSERT INTO contacts (campaign, county, entry, grp, digest, sealed, has_phone, late, school, counted_set, reporting_stratum, sealed_code)
       SELECT (SELECT max(no) FROM campaigns), @county, ${entry}, 'parent', unhex(printf('%016x%048x', i, 0)), randomblob(55), 1, 0,
              ${school}, 'drawn', 1 + i % @modulus, randomblob(38) FROM n`,
    );
    const affiliations = raw.prepare(
      `${numbers} INSERT INTO contact_schools (campaign, county, entry, school, grade)
       SELECT (SELECT max(no) FROM campaigns), @county, ${entry}, ${school}, 1 + i % 6 FROM n`,
    );
    for (let from = 0; from < count; from += 100_000) {
      const to = Math.min(count, from + 100_000);
      // Numbers of JavaScript would be bound as fractions.
      const whole = { from: BigInt(from), to: BigInt(to), modulus: BigInt(schools.length) };
      const given = { ...whole, county, schools: JSON.stringify(schools) };
      raw.transaction(() => {
        contacts.run(given);
        affiliations.run(given);
      })();
    }
  } finally {
    raw.close();
  }
}

const listOfSchools = (count: number) =>
  Array.from({ length: count }, (_, s) => ({
    row: s + 2,
    sheet: '',
    entry: {
      name: `第${s + 1}小学`,
      code: null,
      aliases: [],
      category: 'primary' as const,
      location: 'rural' as const,
      level: null,
      ownership: null,
      pupils: 500,
      staff: 30,
      township: `第${1 + (s % 20)}乡`,
      parent: null,
      given: [],
    },
  }));

/** The answers so far stand in the log, as all but the last day's do. */
export async function sealSurvey(storage: Storage, size: SurveySize): Promise<void> {
  for (let c = 0; c < size.counties; c++) {
    let after: SealingPoint | null = null;
    do {
      const part: Awaited<ReturnType<Storage['sealLot']>> = await storage.sealLot(campaign, countyCode(c), {
        at: Date.now(),
        minimum: 1,
        limit: 5000,
        after,
      });
      after = part.next;
    } while (after !== null);
  }
}

/** Answers of the codes from … up to, in batches. */
export async function answerSurvey(
  storage: Storage,
  keyDir: string,
  size: SurveySize,
  from: number,
  upTo: number,
): Promise<void> {
  const keys = createFileKeyStore(keyDir);
  const key = keys.use(campaign, 'pseudonym');
  const textKey = keys.use(campaign, 'text');
  const questionnaire = benchQuestionnaire();
  const compiled = compileQuestionnaire(questionnaire);
  const codes = new Map(
    questionnaire.scales[Object.keys(questionnaire.scales)[0]!]!.options.map((o, i) => [
      o.id,
      o.dontKnow === true ? 254 : i + 1,
    ]),
  );
  const random = createRandom(from + 1);
  for (let at = from; at < upTo;) {
    const batch: ResponseEntry[] = [];
    for (; at < upTo && batch.length < 4000; at++) {
      const chosen = randomAnswers(questionnaire, random);
      const answers = new Uint8Array(compiled.byteLength);
      for (const item of compiled.items) answers[item.offset] = codes.get(chosen[item.id]!)!;
      const nonce = new Uint8Array(16);
      for (let k = 0; k < 16; k++) nonce[k] = random() * 256;
      const code = codeOf(at);
      batch.push({
        campaign,
        county: countyCode(placeOf(at, size).county),
        pseudonym: pseudonymOf(key, code),
        channel: 'web',
        link: null,
        questionnaire: 1,
        nonce,
        answers,
        textId: textIdOf(textKey, code),
        texts: [],
      });
    }
    const results = await storage.recordResponses(batch);
    if (results.some((r) => r !== 'stored')) throw new Error(`not stored: ${[...new Set(results)].join()}`);
  }
}
