/** A small fictional installation over the real storage: fixed clock, seeded randomness, an actor of every role, two counties. */
import { createHash } from 'node:crypto';
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { z } from 'zod';
import { codeAlphabet } from '../../src/domain/code/access-code.ts';
import type { Actor } from '../../src/domain/campaign/permissions.ts';
import type { CampaignId, CountyCode } from '../../src/domain/model/ids.ts';
import type { Group, Role } from '../../src/domain/model/vocabulary.ts';
import { createFileKeyStore, type KeyStore } from '../../src/keys/key-store.ts';
import { createCampaign, getCampaign, openCampaign } from '../../src/operations/campaign/campaigns.ts';
import type { NewCampaign } from '../../src/operations/campaign/draft-shape.ts';
import { exportMessages } from '../../src/operations/code/codes.ts';
import type { Deps } from '../../src/operations/deps.ts';
import { drawSample } from '../../src/operations/draw/draw.ts';
import { freezeFrame } from '../../src/operations/frame/frame.ts';
import { ensureLogKey } from '../../src/operations/evidence/log-key.ts';
import { applyRoll, readRoll } from '../../src/operations/frame/roll.ts';
import { importSchools } from '../../src/operations/frame/schools.ts';
import type { Campaign } from '../../src/domain/model/campaign.ts';
import type { CodeExport } from '../../src/domain/model/code.ts';
import type { RollImport } from '../../src/domain/model/import.ts';
import { openPostgresStorage } from '../../src/storage/postgres/index.ts';
import { openSqliteStorage, type SqliteOptions } from '../../src/storage/sqlite/index.ts';

import { openNewStorage } from './new-storage.ts';
import { sharedServer } from './postgres.ts';
import { createTwin } from './twin.ts';
import { temporaryFolder } from './at-end.ts';

export const countyA = '990101' as CountyCode;
export const countyB = '990102' as CountyCode;
export const dice = '3161 2455 1362 4415 2361 5542';
const day = 86_400_000;

/** `twin`: both, held against each other at every call (twin.ts). */
export type Engine = 'sqlite' | 'postgres' | 'twin';
/** `MANYI_TEST_ENGINE=postgres` runs whatever uses a world, and no file of SQLite's, on PostgreSQL. */
export const usualEngine = z
  .enum(['sqlite', 'postgres', 'twin'])
  .parse(process.env['MANYI_TEST_ENGINE'] ?? 'sqlite');

export interface WorldOptions {
  readonly engine?: Engine;
  /** Storage on threads of its own, as in service; otherwise on the calling thread. */
  readonly threads?: boolean;
  readonly onWrite?: SqliteOptions['onWrite'];
  /** In place of key files of the world's own. */
  readonly keys?: KeyStore;
  /** Begins with a copy of these files, at that time. */
  readonly from?: { readonly directory: string; readonly now: number; readonly database: string | null };
}

export interface SentCode {
  readonly phone: string;
  readonly text: string;
  readonly code: string;
  readonly link: string;
  readonly school: string;
  readonly group: string;
}

export type World = Awaited<ReturnType<typeof createWorld>>;

/** A document of survey-templates/ as an editor saved it. */
export function readTemplate(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../survey-templates/${name}`, import.meta.url), 'utf8'));
}

/** The same of test/fixtures/questionnaires/until-2026: what campaigns froze before the templates were written anew. */
export function readOldTemplate(name: string): unknown {
  return JSON.parse(
    readFileSync(new URL(`../fixtures/questionnaires/until-2026/${name}`, import.meta.url), 'utf8'),
  );
}

/** A file as it arrives: in several pieces, cut anywhere. */
export async function* bytesOf(content: string | Uint8Array, piece = 4_096): AsyncGenerator<Uint8Array> {
  const bytes = typeof content === 'string' ? Buffer.from(content, 'utf8') : content;
  for (let at = 0; at < bytes.length; at += piece) yield bytes.subarray(at, at + piece);
}

export function csv(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  return [header, ...rows].map((row) => row.join(',')).join('\r\n') + '\r\n';
}

/** SHA-256 in counter mode: the same bytes in every run. */
function seededBytes(seed: string): (length: number) => Uint8Array {
  let counter = 0;
  return (length) => {
    const out = new Uint8Array(length);
    for (let at = 0; at < length; at += 32)
      out.set(
        createHash('sha256')
          .update(`${seed}/${counter++}`)
          .digest()
          .subarray(0, Math.min(32, length - at)),
        at,
      );
    return out;
  };
}

/** Small quotas in place of the table's, so that a county of some two hundred contacts is a whole survey. */
export function smallProfile(
  patch: Record<string, unknown> = {},
  basic = readTemplate('profiles/basic-2012-county.json') as Record<string, unknown>,
): Record<string, unknown> {
  return {
    ...basic,
    quota: {
      kind: 'tiers',
      tiers: [{ below: null, quotas: { parent: 60, teacher: 30, principal: 10, deputy: 10 } }],
    },
    replacementRatio: 0.5,
    minimumCell: 5,
    ...patch,
  };
}

export const smallSchools = [
  ['S1', '第一小学', '小学', '城区', '城关镇', '', 120, 12],
  ['S2', '第二小学', '小学', '城区', '城关镇', '', 110, 12],
  ['S3', '第三中学', '初中', '镇区', '河口镇', '', 100, 12],
  ['S4', '中心小学', '小学', '镇区', '河口镇', '', 90, 12],
  ['S5', '上村教学点', '教学点', '乡村', '河口镇', '中心小学', 30, 3],
  ['S6', '下村小学', '小学', '乡村', '青山乡', '', 60, 6],
] as const;

const commissionerSide: ReadonlySet<Role> = new Set<Role>(['administrator', 'operator']);

export async function createWorld(options: WorldOptions = {}) {
  const folder = temporaryFolder('manyi-world');
  const directory = folder.path;
  const dataDir = join(directory, 'data');
  const { from } = options;
  if (from) cpSync(from.directory, directory, { recursive: true });
  const { engine = usualEngine } = options;
  const database =
    engine === 'sqlite' ? null : await (await sharedServer()).createDatabase(from?.database ?? undefined);
  const openFile = () =>
    (from ? openSqliteStorage : openNewStorage)({
      directory: dataDir,
      inline: engine === 'twin' || !(options.threads ?? false),
      ...(options.onWrite && { onWrite: options.onWrite }),
    });
  const openServer = (url: string) => openPostgresStorage({ url });
  const storage =
    database === null
      ? await openFile()
      : engine === 'postgres'
        ? await openServer(database)
        : createTwin(await openFile(), await openServer(database), { dataDir, database });
  let now = from?.now ?? Date.UTC(2026, 4, 12, 2);
  // No id comes twice in a copy.
  const randomBytes = seededBytes(from ? 'copy of a world' : 'world');
  const textOf = (alphabet: string, length: number) => () =>
    [...randomBytes(length)].map((b) => alphabet.charAt(b & 31)).join('');
  const logged: { level: string; details: object; event: string }[] = [];
  const log = (level: string) => (details: object, event: string) => {
    logged.push({ level, details, event });
  };
  const deps: Deps = {
    storage,
    keys: options.keys ?? createFileKeyStore(join(directory, 'keys')),
    now: () => now,
    randomBytes,
    newCodeBody: textOf(codeAlphabet, 9),
    newId: textOf(codeAlphabet.toLowerCase(), 12),
    publicUrl: 'https://my.example.cn',
    backupDir: null,
    log: { info: log('info'), warn: log('warn'), error: log('error') },
  };

  await ensureLogKey(deps);

  const actor = (role: Role, name: string, counties: readonly CountyCode[] = []): Actor => ({
    userId: name.padEnd(12, '0').slice(0, 12),
    name,
    role,
    counties: commissionerSide.has(role) ? [] : counties,
    via: 'web',
  });
  const actors = {
    administrator: actor('administrator', 'admin'),
    operator: actor('operator', 'operator'),
    secondOperator: actor('operator', 'operator2'),
    official: actor('official', 'official-a', [countyA]),
    officialOfB: actor('official', 'official-b', [countyB]),
    inspector: actor('inspector', 'inspector', [countyA, countyB]),
    inspectorOfB: actor('inspector', 'inspector-b', [countyB]),
    interviewer: actor('interviewer', 'interview', [countyA]),
  };

  function campaignInput(patch: Partial<NewCampaign> = {}): NewCampaign {
    const groups = ['parent', 'teacher', 'principal', 'deputy', 'public'] as const;
    return {
      name: '满意度调查',
      purpose: 'city-review',
      commissioner: '示范市教育督导室',
      commissionerPhone: '0531-88886666',
      closesAt: now + 14 * day,
      storageUntil: now + 400 * day,
      selfAdministered: false,
      demo: true,
      profile: smallProfile(),
      questionnaires: groups.map((group) => ({
        document: readTemplate(`${group}-2012.json`),
        groups: [group],
      })),
      counties: [
        {
          code: countyA,
          name: '云溪县',
          residents: { count: 300_000, asOf: '2025-12-31' },
          slips: [{ group: 'public', count: 12 }],
        },
        { code: countyB, name: '松岭县', residents: { count: 250_000, asOf: '2025-12-31' }, slips: [] },
      ],
      ...patch,
    };
  }

  /** With the documents of a campaign from before November 2026. */
  function oldCampaignInput(): NewCampaign {
    const input = campaignInput();
    return {
      ...input,
      profile: smallProfile(
        {},
        readOldTemplate('profiles/basic-2012-county.json') as Record<string, unknown>,
      ),
      questionnaires: input.questionnaires.map(({ groups }) => ({
        document: readOldTemplate(`${groups[0]!}.json`),
        groups,
      })),
    };
  }

  async function addCampaign(patch: Partial<NewCampaign> = {}): Promise<Campaign> {
    return createCampaign(deps, actors.operator, campaignInput(patch));
  }

  async function addSchools(campaign: CampaignId, county: CountyCode): Promise<void> {
    const header = ['学校代码', '学校名称', '学校类别', '城乡类别', '乡镇', '中心校', '学生数', '教职工数'];
    const file = { fileName: 'schools.csv', source: bytesOf(csv(header, smallSchools)) };
    const { faults } = await importSchools(deps, actors.operator, campaign, county, file);
    if (faults.length > 0) throw new Error(JSON.stringify(faults));
  }

  /** Reads and applies a roll in one go. */
  async function addRoll(
    campaign: CampaignId,
    county: CountyCode,
    group: Group,
    content: string | Uint8Array,
    more: { readonly lateReason?: string; readonly keepGood?: boolean; readonly fileName?: string } = {},
  ): Promise<RollImport> {
    const { keepGood = false, fileName = `${group}.csv`, ...rest } = more;
    const file = { campaign, county, group, fileName, source: bytesOf(content), ...rest };
    const { id } = await readRoll(deps, actors.operator, file);
    // Invented rolls are what doubts are made for: one number after the other.
    return applyRoll(deps, actors.operator, id, { keepGood, reason: 'an invented roll' });
  }

  /** Six schools, 120 parents over six grades, 48 teachers, 6 principals, 12 deputies. */
  async function fillCounty(campaign: CampaignId, county: CountyCode): Promise<void> {
    await addSchools(campaign, county);
    const phone = (block: number, i: number) => `1380${county.slice(-1)}${block}${String(10_000 + i * 37)}`;
    const names = smallSchools.map((s) => s[1]);
    const parents = names.flatMap((school, s) =>
      Array.from({ length: 20 }, (_, i) => [school, `${(i % 6) + 1}年级`, phone(1, s * 100 + i)]),
    );
    const teachers = names.flatMap((school, s) =>
      Array.from({ length: 8 }, (_, i) => [school, phone(2, s * 100 + i)]),
    );
    const principals = names.map((school, s) => [school, phone(3, s)]);
    const deputies = Array.from({ length: 12 }, (_, i) => ['县人大', phone(4, i)]);
    await addRoll(campaign, county, 'parent', csv(['学校', '年级', '家长电话'], parents), { keepGood: true });
    await addRoll(campaign, county, 'teacher', csv(['学校', '手机'], teachers));
    await addRoll(campaign, county, 'principal', csv(['学校', '手机'], principals));
    await addRoll(campaign, county, 'deputy', csv(['单位', '手机'], deputies));
  }

  async function freezeAndDraw(campaign: CampaignId, county: CountyCode, thrown = dice): Promise<void> {
    await freezeFrame(deps, actors.operator, campaign, county);
    await drawSample(deps, actors.inspector, campaign, county, thrown);
  }

  /** Everything up to answering. */
  async function openedCampaign(patch: Partial<NewCampaign> = {}): Promise<Campaign> {
    const { id, counties } = await addCampaign(patch);
    for (const { code } of counties) {
      await fillCounty(id, code);
      await freezeAndDraw(id, code);
    }
    return openCampaign(deps, actors.operator, id);
  }

  /** What the SMS platform or the printer would get. Leaves its mark in the trail, as every export does. */
  async function sentCodes(
    campaign: CampaignId,
    county: CountyCode,
    kind: CodeExport['kind'] = 'invitation',
  ): Promise<readonly SentCode[]> {
    const file = await exportMessages(deps, actors.operator, {
      campaign,
      county,
      kind,
      format: 'csv',
      language: 'en',
    });
    const rows = parse(Buffer.concat(file.body), { bom: true });
    return rows.slice(1).map(([phone = '', text = '', code = '', link = '', school = '', group = '']) => ({
      phone,
      text,
      code,
      link,
      school,
      group,
    }));
  }

  return {
    directory,
    dataDir,
    /** Of PostgreSQL; null: the file in `dataDir`, of two twins it, too. */
    database: engine === 'twin' ? null : database,
    /** What a copy of it on PostgreSQL begins with. */
    original: database,
    storage,
    deps,
    actors,
    logged,
    campaignInput,
    oldCampaignInput,
    addCampaign,
    addSchools,
    addRoll,
    fillCounty,
    freezeAndDraw,
    openedCampaign,
    sentCodes,
    campaign: (id: CampaignId) => getCampaign(deps, actors.administrator, id),
    now: () => now,
    /** Moves the clock. */
    passTime(milliseconds: number) {
      now += milliseconds;
    },
    async close() {
      await storage.close();
      folder.remove();
    },
  };
}

/**
 * Copies of one world, for tests that each need it as it stood: to copy its files takes a hundredth of what it takes to make them. It is made at the first
 * call, once in a process.
 */
export function copiesOf<T extends object>(
  make: (world: World) => Promise<T>,
): (options?: WorldOptions) => Promise<T & { readonly world: World }> {
  const templates = new Map<Engine, Promise<NonNullable<WorldOptions['from']> & { readonly made: T }>>();
  async function build(engine: Engine) {
    const world = await createWorld({ engine });
    const made = await make(world);
    await world.storage.close();
    return { directory: world.directory, database: world.original, now: world.now(), made };
  }
  return async (options = {}) => {
    const { engine = usualEngine } = options;
    let template = templates.get(engine);
    if (!template) templates.set(engine, (template = build(engine)));
    const from = await template;
    return { ...from.made, world: await createWorld({ ...options, from }) };
  };
}

/** A campaign of one county, `countyA`, that takes answers. */
export const openedWorld = copiesOf(async (world) => {
  const counties = world.campaignInput().counties.slice(0, 1);
  return { campaign: await world.openedCampaign({ counties }) };
});

/** The same with both counties. */
export const openedWorldOfTwo = copiesOf(async (world) => ({ campaign: await world.openedCampaign() }));
