/**
 * kill -9 of a real process at every arrow: while a roll is read and applied, while the sample is drawn and the campaign opened, while people
 * answer, and at each call of the closing sequence. After a restart nothing that was acknowledged is missing, the sequence has gone on,
 * and the recount agrees. Held against the same work done without interruption, and against what the clients were told.
 * Long because every arrow is tried on the same campaign.
 */
import Database from 'better-sqlite3';
import { spawn, type ChildProcess } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { resumeInterrupted } from '../../src/schedule.ts';
import { verifyBundle } from '../../src/domain/evidence/verify/verify-bundle.ts';
import { systemActor } from '../../src/domain/campaign/permissions.ts';
import { pseudonymOf, textIdOf } from '../../src/domain/code/pseudonym.ts';
import type { CampaignId } from '../../src/domain/model/ids.ts';
import { createAnswerParser } from '../../src/domain/questionnaire/answers.ts';
import type { Summary } from '../../src/domain/scoring/summary/summary.ts';
import { openCampaign } from '../../src/operations/campaign/campaigns.ts';
import { makeBackup } from '../../src/operations/service/backup.ts';
import { exportBundle } from '../../src/operations/evidence/bundle.ts';
import { closeCampaign } from '../../src/operations/campaign/closing.ts';
import type { Deps } from '../../src/operations/deps.ts';
import { expireCampaign } from '../../src/operations/campaign/expiry.ts';
import { holdClock } from '../support/clock.ts';
import { freezeFrame } from '../../src/operations/frame/frame.ts';
import { getCoverage } from '../../src/operations/frame/coverage.ts';
import { applyRoll, discardReadings } from '../../src/operations/frame/roll.ts';
import { createResurvey } from '../../src/operations/inspection/rectification.ts';
import { getSummary } from '../../src/operations/summary/summary.ts';
import { createFileKeyStore } from '../../src/keys/key-store.ts';
import { assertKeysFit } from '../../src/operations/service/installation.ts';
import { createFirstAdministrator } from '../../src/operations/user/users.ts';
import { openFolder } from '../support/folder.ts';
import { built } from '../support/process.ts';
import { createClient, inParallel } from '../support/service.ts';
import {
  actors,
  addCampaign,
  addFinding,
  county,
  draw,
  exportCodes,
  phoneOf,
  questionnaire,
  randomAnswers,
  resurvey,
  rollSize,
  seededNumbers,
  stageRoll,
} from '../support/small-survey.ts';
import { watchCalls } from '../support/watch-calls.ts';

// Many processes are started, and they may have to share their processors with others.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

const driver = join(built(), 'kill-driver.js');
const root = fileURLToPath(new URL('../..', import.meta.url));
const parser = createAnswerParser(questionnaire);
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

let folder: string;
let campaign: CampaignId;
const children = new Set<ChildProcess>();
const at = (name: string) => join(folder, name);
let copies = 0;

/** The folder as it was left at a stage, for one test to spoil. */
function copyOf(stage: string): string {
  const copy = at(`copy-${++copies}`);
  cpSync(at(stage), copy, { recursive: true });
  return copy;
}

async function using<T>(where: string, work: (deps: Deps) => Promise<T>): Promise<T> {
  const parts = await openFolder(where, { inline: true });
  try {
    return await work(parts.deps);
  } finally {
    await parts.close();
  }
}

/** What the service does at its start. */
async function restart(deps: Deps): Promise<void> {
  await discardReadings(deps, systemActor);
  await resumeInterrupted(deps);
}

function start(task: string, where: string, arrow: string): ChildProcess {
  const child = spawn(process.execPath, [driver, task, where, campaign, arrow], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

/** Runs the task until it has killed itself. */
async function killAt(task: string, where: string, arrow: string): Promise<void> {
  const child = start(task, where, arrow);
  let said = '';
  child.stderr!.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stdout!.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const signal = await new Promise((resolve) => child.once('close', (_code, name) => resolve(name)));
  expect(signal, `${task} at ${arrow}: ${said}`).toBe('SIGKILL');
}

function rows<T>(where: string, sql: string, ...parameters: unknown[]): T[] {
  const file = new Database(join(where, 'data', 'manyi.db'), { readonly: true });
  try {
    return file.prepare(sql).all(...parameters) as T[];
  } finally {
    file.close();
  }
}

/** How often each action stands in the trail. */
function trailOf(where: string): Record<string, number> {
  const found = rows<{ action: string; n: number }>(
    where,
    'SELECT action, count(*) AS n FROM trail GROUP BY action',
  );
  return Object.fromEntries(found.map(({ action, n }) => [action, n]));
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'manyi-kill-'));
  await using(at('draft'), async (deps) => {
    campaign = await addCampaign(deps);
  });
  cpSync(at('draft'), at('staged'), { recursive: true });
  await using(at('staged'), async (deps) => stageRoll(deps, campaign, rollSize));
  cpSync(at('staged'), at('frozen'), { recursive: true });
  await using(at('frozen'), async (deps) => {
    const [staged] = await deps.storage.listImports(campaign, county);
    await applyRoll(deps, actors.operator, staged!.id, { keepGood: false, reason: 'an invented roll' });
    await freezeFrame(deps, actors.operator, campaign, county);
  });
  cpSync(at('frozen'), at('drawn'), { recursive: true });
  await using(at('drawn'), async (deps) => draw(deps, campaign));
  cpSync(at('drawn'), at('open'), { recursive: true });
  await using(at('open'), async (deps) => openCampaign(deps, actors.operator, campaign));
});
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const contactsIn = async (deps: Deps) => {
  const counts = await deps.storage.countFrame(campaign, county);
  return counts.reduce((n, c) => n + c.contacts, 0);
};

describe.concurrent('importing', () => {
  it('a file that was being read is forgotten, and can be sent again', async () => {
    const where = copyOf('draft');
    await killAt('stage', where, 'stageRows#2:after');
    await using(where, async (deps) => {
      await restart(deps);
      const imports = await deps.storage.listImports(campaign, county);
      expect(imports.map((i) => i.state)).toEqual(['discarded']);
      expect(await contactsIn(deps)).toBe(0);
      expect(rows(where, 'SELECT no FROM import_rows LIMIT 1')).toEqual([]);
      const again = await stageRoll(deps, campaign, rollSize);
      expect(
        await applyRoll(deps, actors.operator, again, { keepGood: false, reason: 'an invented roll' }),
      ).toMatchObject({
        added: rollSize,
      });
    });
  });

  it.each(['1:during', '2:after', '3:during', '3:after'])(
    'a roll that was being applied (chunk %s) is applied whole, and once',
    async (chunk) => {
      const where = copyOf('staged');
      await killAt('apply', where, `applyImport#${chunk}`);
      await using(where, async (deps) => {
        await restart(deps);
        let [roll] = await deps.storage.listImports(campaign, county);
        // Killed before the first chunk was stored: nobody was told that it was being applied.
        if (chunk === '1:during' && roll!.state === 'staged')
          roll = await applyRoll(deps, actors.operator, roll!.id, {
            keepGood: false,
            reason: 'an invented roll',
          });
        expect(roll).toMatchObject({ state: 'applied', added: rollSize, duplicates: 0, joined: 0 });
        expect(await contactsIn(deps)).toBe(rollSize);
        const { missing } = await getCoverage(deps, actors.operator, campaign, county);
        expect(missing).toEqual([]);
        expect(trailOf(where)).toMatchObject({ 'import.apply': 1, 'import.applied': 1 });
        const again = await stageRoll(deps, campaign, rollSize);
        expect(
          await applyRoll(deps, actors.operator, again, { keepGood: false, reason: 'an invented roll' }),
        ).toMatchObject({
          added: 0,
        });
        expect((await freezeFrame(deps, actors.operator, campaign, county)).frame?.size).toBe(rollSize);
      });
    },
  );
});

describe.concurrent('drawing and opening', () => {
  interface Drawn {
    readonly entry: Uint8Array;
    readonly school: string;
    readonly counted_set: string;
    readonly reporting_stratum: number;
  }
  const drawnIn = (where: string) =>
    rows<Drawn>(
      where,
      'SELECT entry, school, counted_set, reporting_stratum FROM contacts WHERE sealed_code IS NOT NULL ORDER BY entry',
    ).map((c) => ({ ...c, entry: hex(c.entry) }));

  it.each(['beginDraw#1:after', 'saveDrawn#3:during', 'saveDrawn#5:after', 'finishDraw#1:after'])(
    'a draw stopped at %s is finished with the same seed and the same people',
    async (arrow) => {
      const where = copyOf('frozen');
      await killAt('draw', where, arrow);
      await using(where, async (deps) => {
        await restart(deps);
        const { counties, keyChecks } = (await deps.storage.findCampaign(campaign))!;
        const [own] = counties;
        expect(own).toMatchObject({ frameState: 'drawn' });
        const seed = await using(
          copyOf('drawn'),
          async (other) => (await other.storage.findCampaign(campaign))!.counties[0]!.draw!.seed,
        );
        expect(hex(own!.draw!.seed)).toBe(hex(seed));
        expect(drawnIn(where)).toEqual(drawnIn(at('drawn')));
        // One code for each, and each leads somewhere: none is left over from before.
        const codes = await exportCodes(deps, campaign);
        expect(new Set(codes).size).toBe(rollSize);
        const key = deps.keys.use(campaign, 'pseudonym', keyChecks['pseudonym']);
        const issued = rows<{ pseudonym: Uint8Array }>(where, 'SELECT pseudonym FROM issued').map((i) =>
          hex(i.pseudonym),
        );
        expect(issued.toSorted()).toEqual(codes.map((code) => hex(pseudonymOf(key, code))).toSorted());
        expect(trailOf(where)).toMatchObject({ 'draw.seed': 1, 'draw.done': 1 });
        expect((await openCampaign(deps, actors.operator, campaign)).state).toBe('open');
      });
    },
  );

  it.each(['during', 'after'])(
    'an opening stopped %s its transaction is whole or has not been',
    async (when) => {
      const where = copyOf('drawn');
      await killAt('open', where, `openCampaign#1:${when}`);
      await using(where, async (deps) => {
        await restart(deps);
        const { state } = (await deps.storage.findCampaign(campaign))!;
        if (when === 'after') expect(state).toBe('open');
        else if (state === 'draft') await openCampaign(deps, actors.operator, campaign);
        expect((await deps.storage.findCampaign(campaign))!.state).toBe('open');
      });
    },
  );
});

describe.concurrent('the only campaign', () => {
  const keysOf = (where: string) =>
    readdirSync(join(where, 'keys'), { withFileTypes: true })
      .filter(({ name }) => name !== 'service')
      .map(({ name }) => readdirSync(join(where, 'keys', name)).sort());
  const all = ['contacts.key', 'pseudonym.key', 'text.key'];
  const unconfirmed = [...all, 'unconfirmed'];
  const emptied = (where: string) =>
    using(join(where, 'other'), ({ storage }) =>
      assertKeysFit({ storage, keys: createFileKeyStore(join(where, 'keys')) }, false),
    );

  it.each(['during', 'after'])(
    'stopped %s the transaction that stores it, after its keys: the next start knows that they may be of nothing',
    async (when) => {
      const where = at(`first-${when}`);
      await killAt('create', where, `createCampaign#1:${when}`);
      expect(keysOf(where)).toEqual([unconfirmed]);
      // Beside another database without campaigns, they are still the keys of a lost one.
      await expect(emptied(where)).rejects.toMatchObject({ message: 'storage.empty-beside-keys' });
      await using(where, async (deps) => {
        await assertKeysFit(deps, false);
        const stored = (await deps.storage.listCampaigns()).length;
        if (when === 'after') expect(stored).toBe(1);
        expect(keysOf(where)).toEqual([stored === 1 ? all : unconfirmed]);
        await addCampaign(deps);
        expect(await deps.storage.listCampaigns()).toHaveLength(stored + 1);
      });
      await expect(emptied(where)).rejects.toMatchObject({ message: 'storage.empty-beside-keys' });
    },
  );

  it('stopped after it is deleted, before its keys are', async () => {
    const where = copyOf('draft');
    expect(keysOf(where)).toEqual([all]);
    await using(where, (deps) =>
      createFirstAdministrator(deps, { login: 'first', name: 'First', password: 'a long enough one' }),
    );
    await killAt('remove', where, 'deleteCampaign#1:after');
    await using(where, async (deps) => {
      expect(await deps.storage.listCampaigns()).toEqual([]);
      await assertKeysFit(deps, false);
    });
    await expect(emptied(where)).rejects.toMatchObject({ message: 'storage.empty-beside-keys' });
  });
});

describe.concurrent('a re-survey', () => {
  it.each(['during', 'after'])(
    'stopped %s its transaction is made whole or not at all, and once by the same form',
    async (when) => {
      const where = copyOf('open');
      await using(where, async (deps) => addFinding(deps, campaign));
      await killAt('resurvey', where, `createResurvey#1:${when}`);
      await using(where, async (deps) => {
        await restart(deps);
        const listed = async () => {
          const documents = await deps.storage.readInspection(campaign, county);
          const list = documents.find((d) => d.record === 'rectification')!;
          return (JSON.parse(list.body) as { readonly resurveys: readonly string[] }).resurveys;
        };
        const drafts = async () =>
          (await deps.storage.listCampaigns()).filter((c) => c.purpose === 're-survey').map((c) => c.id);
        expect(await listed()).toEqual(await drafts());
        if (when === 'after') expect(await drafts()).toEqual([resurvey.id]);
        const { id } = await createResurvey(deps, actors.operator, campaign, county, resurvey);
        expect([id]).toEqual(await drafts());
        expect([id]).toEqual(await listed());
      });
    },
  );
});

/** What a phone knows of one code: everything sent, and how much of it was acknowledged, in order. */
interface Phone {
  readonly code: string;
  readonly sent: { readonly bytes: string; readonly texts: number; acknowledged: boolean }[];
}

interface StoredRow {
  readonly pseudonym: Uint8Array;
  readonly revision: number;
  readonly answers: Uint8Array | null;
}

describe('answering', () => {
  it('no acknowledged answer is missing after three kills', async () => {
    const where = copyOf('open');
    const codes = await using(where, (deps) => exportCodes(deps, campaign));
    const below = seededNumbers(7);
    const phones = codes.slice(0, 700).map((code): Phone => ({ code, sent: [] }));

    /** Every phone sends until two answers were acknowledged, or the service is gone. */
    async function answer(port: number, isOver: (acknowledged: number) => void): Promise<void> {
      const client = createClient(port, 32);
      let acknowledged = 0;
      let gone = false;
      await inParallel(phones, 32, async ({ code, sent }) => {
        while (!gone && sent.filter((s) => s.acknowledged).length < 2) {
          const answers = randomAnswers(below);
          const parsed = parser.parseJson(answers);
          if (!parsed.ok) continue;
          const entry = { bytes: hex(parsed.bytes), texts: parsed.texts.length, acknowledged: false };
          sent.push(entry);
          try {
            const { status } = await client.postJson(code, answers);
            if (status !== 200) throw new Error(`status ${status}`);
            entry.acknowledged = true;
            isOver(++acknowledged);
          } catch (error) {
            if (!gone && !(error instanceof Error && 'code' in error)) throw error;
            gone = true;
          }
        }
      });
      client.close();
    }

    for (let round = 0; round < 4; round++) {
      const child = start('serve', where, 'none');
      const ended = new Promise((resolve) => child.once('close', resolve));
      const port = await new Promise<number>((resolve, reject) => {
        child.stdout!.once('data', (chunk: Buffer) => resolve(Number(chunk.toString())));
        child.once('error', reject);
        child.once('exit', () => reject(new Error('the service did not start')));
      });
      await answer(port, (acknowledged) => {
        if (round < 3 && acknowledged === 150 + 100 * round) child.kill('SIGKILL');
      });
      child.kill('SIGKILL');
      await ended;
    }

    await using(where, async (deps) => {
      await restart(deps);
      const { differences, responses } = (await deps.storage.recount(campaign, [county]))[0]!;
      expect(differences).toEqual([]);
      expect(responses).toBe(phones.length);
      const { keyChecks } = (await deps.storage.findCampaign(campaign))!;
      const pseudonymKey = deps.keys.use(campaign, 'pseudonym', keyChecks['pseudonym']);
      const textKey = deps.keys.use(campaign, 'text', keyChecks['text']);
      const stored = new Map<string, string[]>();
      for (const { pseudonym, answers } of rows<StoredRow>(
        where,
        'SELECT pseudonym, revision, answers FROM responses ORDER BY pseudonym, revision',
      ))
        stored.set(hex(pseudonym), [...(stored.get(hex(pseudonym)) ?? []), hex(answers!)]);
      expect(stored.size).toBe(phones.length);
      let uncertain = 0;
      for (const { code, sent } of phones) {
        const answers = stored.get(hex(pseudonymOf(pseudonymKey, code)))!;
        // What was acknowledged is there in its order; what was not may be.
        let next = 0;
        let last: Phone['sent'][number] | undefined;
        for (const [i, entry] of sent.entries()) {
          const isThere =
            answers[next] === entry.bytes &&
            (entry.acknowledged ||
              answers.length - next > sent.slice(i + 1).filter((s) => s.acknowledged).length);
          if (entry.acknowledged) expect(isThere).toBe(true);
          else uncertain++;
          if (isThere) {
            next++;
            last = entry;
          }
        }
        expect(next).toBe(answers.length);
        const comments = rows(where, 'SELECT item FROM texts WHERE text_id = ?', textIdOf(textKey, code));
        expect(comments).toHaveLength(last!.texts);
      }
      // The kills fell among answers under way.
      expect(uncertain).toBeGreaterThan(0);
    });
  });
});

describe('closing', () => {
  /** Pseudonym → the answers that count. */
  const counts = new Map<string, string>();
  let secrets: string[];
  let control: {
    readonly summary: Summary;
    readonly closing: unknown;
    readonly trail: Record<string, number>;
  };
  const arrows: string[] = [];

  const view = async (deps: Deps, where: string) => ({
    summary: await getSummary(deps, actors.inspector, campaign, county),
    closing: await deps.storage.readClosingCounts(campaign, county),
    trail: trailOf(where),
  });

  beforeAll(async () => {
    cpSync(at('open'), at('answered'), { recursive: true });
    await using(at('answered'), async (deps) => {
      const below = seededNumbers(11);
      const { keyChecks } = (await deps.storage.findCampaign(campaign))!;
      const pseudonymKey = deps.keys.use(campaign, 'pseudonym', keyChecks['pseudonym']);
      const textKey = deps.keys.use(campaign, 'text', keyChecks['text']);
      secrets = [hex(pseudonymKey), hex(textKey)];
      const codes = (await exportCodes(deps, campaign)).slice(0, 200);
      const self = new Set<string>();
      for (let i = 0; i < 450; i++) {
        const code = codes[below(codes.length)]!;
        const channel = below(4) === 0 ? ('assisted' as const) : ('web' as const);
        const parsed = parser.parseJson(randomAnswers(below));
        if (!parsed.ok) continue;
        const pseudonym = pseudonymOf(pseudonymKey, code);
        const result = await deps.storage.recordResponses([
          {
            campaign,
            county,
            pseudonym,
            channel,
            link: null,
            questionnaire: 1,
            nonce: deps.randomBytes(16),
            answers: parsed.bytes,
            textId: textIdOf(textKey, code),
            texts: parsed.texts.map((t) => ({ item: t.item, body: t.text })),
          },
        ]);
        expect(result).toEqual(['stored']);
        if (channel === 'web' || !self.has(code)) counts.set(hex(pseudonym), hex(parsed.bytes));
        if (channel === 'web') self.add(code);
      }
    });
    const where = copyOf('answered');
    await using(where, async (deps) => {
      const watched = watchCalls(deps, (call, work) => {
        arrows.push(call);
        return work();
      });
      await closeCampaign(watched, actors.operator, campaign);
      control = await view(deps, where);
    });
  });

  it('the control run closes as it should', () => {
    expect(arrows).toEqual([
      'beginClosing#1',
      'saveCheckpoint#1',
      'completeClosingStep#1',
      'countClosing#1',
      'completeClosingStep#2',
      'saveCheckpoint#2',
      ...Array.from({ length: 9 }, (_, i) => `sealLot#${i + 1}`),
      'saveCheckpoint#3',
      'completeClosingStep#3',
      'backup#1',
      'completeClosingStep#4',
      'removeUnfinished#1',
      'eraseSuperseded#1',
      'compact#1',
      'completeClosingStep#5',
      'completeClosingStep#6',
      'saveCheckpoint#4',
      'completeClosingStep#7',
      'saveCheckpoint#5',
    ]);
    expect(control.summary.official.kind).toBe('estimate');
  });

  it('resumes after a kill at each arrow, and inside each step', async () => {
    const inside = ['countClosing#1', 'backup#1', 'eraseSuperseded#1', 'compact#1'];
    const all = [
      // Lots in the middle are all of one kind.
      ...arrows.filter((call) => !/^sealLot#[3-7]$/.test(call)).map((call) => `${call}:after`),
      ...inside.map((call) => `${call}:during`),
      'destroy pseudonym:after',
      'destroy text:after',
    ];
    await inParallel(all, 2, async (arrow) => {
      const where = copyOf('answered');
      await killAt('close', where, arrow);
      await using(where, async (deps) => {
        await restart(deps);
        const found = (await deps.storage.findCampaign(campaign))!;
        expect(found, arrow).toMatchObject({ state: 'closed', closingStep: null });
        expect(
          (['pseudonym', 'text', 'contacts'] as const).map((name) => deps.keys.has(campaign, name)),
          arrow,
        ).toEqual([false, false, true]);
        const { differences, responses } = (await deps.storage.recount(campaign, [county]))[0]!;
        expect(differences, arrow).toEqual([]);
        expect(responses, arrow).toBe(counts.size);
        const kept = rows<StoredRow>(
          where,
          'SELECT pseudonym, answers FROM responses WHERE answers IS NOT NULL',
        );
        expect(new Map(kept.map((r) => [hex(r.pseudonym), hex(r.answers!)])), arrow).toEqual(counts);
        expect(kept, arrow).toHaveLength(counts.size);
        expect(await view(deps, where), arrow).toEqual(control);
        expect(existsSync(join(where, 'backups', `closing-${campaign}.db`)), arrow).toBe(true);
      });
      for (const file of readdirSync(where, { recursive: true, withFileTypes: true }))
        if (file.isFile()) {
          const content = readFileSync(join(file.parentPath, file.name));
          for (const secret of secrets) {
            expect(content.includes(secret), `${arrow} ${file.name}`).toBe(false);
            expect(content.includes(Buffer.from(secret, 'hex')), `${arrow} ${file.name}`).toBe(false);
          }
        }
      rmSync(where, { recursive: true, force: true });
    });
  });
});

describe('erasing at the end of the storage period', () => {
  const arrows: string[] = [];
  let erased: string;
  /** Phones, codes, comments, nonces and answers, as they would stand in a file. */
  const needles: Buffer[] = [];
  const find = (bytes: Buffer, list = needles) => list.filter((needle) => bytes.includes(needle)).length;
  const files = (where: string) =>
    readdirSync(where, { recursive: true, withFileTypes: true })
      .filter((file) => file.isFile())
      .map((file) => join(file.parentPath, file.name));
  const expired = (deps: Deps): Promise<Deps> =>
    deps.storage.findCampaign(campaign).then(async (c) => {
      await holdClock(deps.storage, c!.storageUntil);
      return { ...deps, now: () => c!.storageUntil };
    });
  const leavesIn = (where: string) =>
    rows<{ n: number }>(where, 'SELECT sum(size) AS n FROM evidence_logs')[0]!.n;
  let control: {
    readonly summary: Summary;
    readonly trail: Record<string, number>;
    readonly bundle: readonly string[];
  };

  const view = async (deps: Deps, where: string) => {
    const bundle: string[] = [];
    const trail = trailOf(where);
    const summary = await getSummary(deps, actors.inspector, campaign, county);
    for await (const line of await exportBundle(await expired(deps), actors.inspector, campaign, county))
      bundle.push(line.slice(0, -1));
    return { summary, trail, bundle };
  };
  const verify = (lines: readonly string[]) =>
    verifyBundle(async function* () {
      yield lines;
    });

  beforeAll(async () => {
    cpSync(at('open'), at('stored'), { recursive: true });
    await using(at('stored'), async (deps) => {
      const below = seededNumbers(12);
      const { keyChecks } = (await deps.storage.findCampaign(campaign))!;
      const pseudonymKey = deps.keys.use(campaign, 'pseudonym', keyChecks['pseudonym']);
      const textKey = deps.keys.use(campaign, 'text', keyChecks['text']);
      const codes = await exportCodes(deps, campaign);
      for (let i = 0; i < 300; i++) {
        const code = codes[i % 250]!;
        const parsed = parser.parseJson({ ...randomAnswers(below), comments: `意见第${1000 + i}条` });
        if (!parsed.ok) continue;
        await deps.storage.recordResponses([
          {
            campaign,
            county,
            pseudonym: pseudonymOf(pseudonymKey, code),
            channel: 'web',
            link: null,
            questionnaire: 1,
            nonce: deps.randomBytes(16),
            answers: parsed.bytes,
            textId: textIdOf(textKey, code),
            texts: parsed.texts.map((t) => ({ item: t.item, body: t.text })),
            pressure: { id: deps.randomBytes(16), source: 'other', body: `有人要求我${i}` },
          },
        ]);
      }
      for (const { nonce, answers } of rows<{ nonce: Buffer; answers: Buffer }>(
        at('stored'),
        'SELECT nonce, answers FROM responses',
      ))
        needles.push(nonce, Buffer.concat([nonce, answers]));
      for (const code of codes) needles.push(Buffer.from(code));
      for (let i = 0; i < rollSize; i++) needles.push(Buffer.from(phoneOf(i)));
      for (const { sealed, sealed_code } of rows<{ sealed: Buffer; sealed_code: Buffer }>(
        at('stored'),
        'SELECT sealed, sealed_code FROM contacts',
      ))
        needles.push(sealed, sealed_code);
      needles.push(Buffer.from('意见第1'), Buffer.from('有人要求我'));
      await closeCampaign(deps, actors.operator, campaign);
      await makeBackup(deps, actors.administrator);
    });
    // As an upgrade leaves one, and one that is no database at all.
    cpSync(
      join(at('stored'), 'backups', `closing-${campaign}.db`),
      join(at('stored'), 'data', 'before-0009_x.db'),
    );
    writeFileSync(join(at('stored'), 'backups', 'broken.db'), 'no database');
    erased = copyOf('stored');
    await using(erased, async (deps) => {
      const later = await expired(deps);
      const watched = watchCalls(later, (call, work) => {
        arrows.push(call);
        return work();
      });
      const before = await getSummary(deps, actors.inspector, campaign, county);
      await expect(expireCampaign(deps, actors.operator, campaign)).rejects.toMatchObject({
        message: 'expiry.too-early',
      });
      await expireCampaign(watched, actors.operator, campaign);
      control = await view(deps, erased);
      expect(control.summary).toEqual(before);
      await expect(expireCampaign(later, actors.operator, campaign)).rejects.toMatchObject({
        message: 'campaign.expired',
      });
    });
  });

  it('the control run erases as it should, and what is left still verifies', async () => {
    expect(arrows).toEqual([
      'beginExpiry#1',
      ...[1, 2, 3, 4, 5].map((n) => `eraseContacts#${n}`),
      'eraseContents#1',
      'completeExpiryStep#1',
      'compact#1',
      'completeExpiryStep#2',
      'completeExpiryStep#3',
      'removeUnfinished#1',
      'eraseCopies#1',
      'completeExpiryStep#4',
      'saveCheckpoint#1',
    ]);
    // The search finds what there is to find, before.
    expect(
      files(at('stored'))
        .map((file) => find(readFileSync(file)))
        .filter((n) => n > 500),
    ).toHaveLength(4);
    const result = await verify(control.bundle);
    expect(result.findings).toEqual([]);
    expect(result).toMatchObject({ ok: true, responses: 300, respondents: 250 });
    expect(result.erasedAt).not.toBeNull();
    expect(result.summary).toEqual(control.summary);
    for (const file of files(erased)) expect(find(readFileSync(file)), file).toBe(0);
  });

  it('resumes after a kill at each arrow; then no file holds a phone, a code, a comment or an answer', async () => {
    const inside = ['eraseContents#1', 'eraseCopies#1', 'compact#1'];
    const some = needles.filter((_, i) => i % 12 === 0);
    const all = [
      ...arrows.map((call) => `${call}:after`),
      ...inside.map((call) => `${call}:during`),
      'destroy contacts:after',
    ];
    await inParallel(all, 2, async (arrow) => {
      const where = copyOf('stored');
      await killAt('expire', where, arrow);
      await using(where, async (deps) => {
        await restart(await expired(deps));
        expect(await deps.storage.findCampaign(campaign), arrow).toMatchObject({
          state: 'closed',
          expiryStep: null,
        });
        expect((await deps.storage.findCampaign(campaign))!.expiredAt, arrow).not.toBeNull();
        expect(deps.keys.has(campaign, 'contacts'), arrow).toBe(false);
        expect((await deps.storage.recount(campaign, [county]))[0], arrow).toMatchObject({
          erased: true,
          responses: 250,
          differences: [],
        });
        const found = await view(deps, where);
        expect({ ...found, bundle: [] }, arrow).toEqual({ ...control, bundle: [] });
        expect(await verify(found.bundle), arrow).toMatchObject({ ok: true, findings: [] });
        expect(leavesIn(where), arrow).toBe(leavesIn(at('stored')) + 2);
      });
      for (const file of files(where)) expect(find(readFileSync(file), some), `${arrow} ${file}`).toBe(0);
      expect(existsSync(join(where, 'backups', 'broken.db')), arrow).toBe(true);
      rmSync(where, { recursive: true, force: true });
    });
  });
});
