/** The service and a witness of another office, both as they run, over HTTP on this machine. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { beginWitness, openWitness } from '../../src/compose-witness.ts';
import {
  formatCheckpoint,
  isSignedBy,
  parseNote,
  parseVerifierKey,
  type NoteKey,
} from '../../src/domain/evidence/note.ts';
import { formatAddCheckpoint } from '../../src/domain/evidence/tlog-witness.ts';
import type { Witness } from '../../src/domain/evidence/witness.ts';
import { sha256, toHex } from '../../src/domain/hash.ts';
import type { CampaignId } from '../../src/domain/model/ids.ts';
import { buildWitnessApp } from '../../src/http/witness/app.ts';
import { createNoteSigner } from '../../src/keys/note-signer.ts';
import type { Deps } from '../../src/operations/deps.ts';
import { drawSample } from '../../src/operations/draw/draw.ts';
import { getCheckpoint, getLogKey, publishCheckpoint } from '../../src/operations/evidence/evidence.ts';
import { listWitnessKeys } from '../../src/operations/evidence/log-key.ts';
import type { WitnessDeps } from '../../src/operations/evidence/witnessing.ts';
import { pushCheckpoints, readLogStatus } from '../../src/operations/evidence/witnesses.ts';
import { freezeFrame } from '../../src/operations/frame/frame.ts';
import { createWitnessSender } from '../../src/witnesses/send.ts';
import { copiesOf, countyA, dice, type World } from '../support/world.ts';

const signal = new AbortController().signal;
const frozenWorld = copiesOf(async (made) => {
  const { id: of } = await made.addCampaign({ counties: made.campaignInput().counties.slice(0, 1) });
  await made.fillCounty(of, countyA);
  return { id: of };
});

let root: string;
let world: World;
let id: CampaignId;
let folder: string;
let office: WitnessDeps;
let app: FastifyInstance;
let deps: Deps;
let key: NoteKey;
let no = 0;

beforeAll(() => (root = mkdtempSync(join(tmpdir(), 'manyi-office-'))));
afterAll(() => rmSync(root, { recursive: true, force: true }));
beforeEach(async () => {
  ({ world, id } = await frozenWorld());
  folder = join(root, String(no++));
  key = parseVerifierKey(beginWitness(folder, 'witness.example.cn'));
  await open();
  office.store.trust(trusted((await listWitnessKeys(world.deps))[0]!));
  await freezeFrame(deps, world.actors.operator, id, countyA);
});
afterEach(async () => {
  await shut();
  await world.close();
});

const trusted = (text: string) => ({ origin: parseVerifierKey(text).name, key: parseVerifierKey(text) });
async function open(): Promise<void> {
  office = openWitness(folder);
  app = await buildWitnessApp({ ...office, now: world.now }, { logger: null, prefix: '/witness' });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const target = { kind: 'witness', url: `http://127.0.0.1:${port}/witness` } as const;
  const witness: Witness = { name: '省督导室', key, target };
  deps = { ...world.deps, witnesses: [witness], sendToWitness: createWitnessSender({ mail: null }) };
}
async function shut(): Promise<void> {
  await app.close();
  office.store.close();
}
const urlOf = () => (deps.witnesses![0]!.target as { url: string }).url;
async function push(): Promise<number> {
  const head = (await publishCheckpoint(deps, id, countyA))!;
  world.passTime(7 * 3_600_000);
  await pushCheckpoints(deps, signal);
  return head.size;
}
const cosigned = async () => (await world.storage.listCosignatures(id, countyA)).map((c) => c.size);
const failure = async () => (await world.storage.listWitnessProgress(id, countyA))[0]?.failure?.message;
/** Anything that the log's own key signs: what an office that rewrites its log can hand out. */
async function signedHead(size: number, byte: number): Promise<string> {
  const origin = parseVerifierKey(await getLogKey(deps, id, countyA)).name;
  const signer = createNoteSigner(deps.keys.findService('log')!, origin);
  return signer.sign(formatCheckpoint({ origin, size, root: new Uint8Array(32).fill(byte) }));
}
const ask = (body: string) => fetch(`${urlOf()}/add-checkpoint`, { method: 'POST', body });

describe('a log that only grows', () => {
  test('is signed at each checkpoint; the signature is stored, shown, and served by the witness', async () => {
    const first = await push();
    expect(await cosigned()).toEqual([first]);
    await drawSample(deps, world.actors.inspector, id, countyA, dice);
    const second = await push();
    expect(second).toBeGreaterThan(first);
    expect(await cosigned()).toContain(second);
    expect(await failure()).toBeUndefined();
    const status = await readLogStatus(deps, id, countyA);
    expect(status?.witnesses).toMatchObject([{ transport: 'witness', size: second, signed: second }]);
    const note = parseNote(await getCheckpoint(deps, id, countyA));
    expect(isSignedBy(note, key)).toBe(true);

    // What monitors get: both signatures, below the hash of the log's name.
    const origin = note.text.split('\n')[0]!;
    const served = await fetch(`${urlOf()}/${toHex(sha256(origin))}/checkpoint`);
    expect(served.status).toBe(200);
    const its = parseNote(await served.text());
    expect(its.text).toBe(note.text);
    expect([
      isSignedBy(its, key),
      isSignedBy(its, parseVerifierKey(await getLogKey(deps, id, countyA))),
    ]).toEqual([true, true]);
    expect((await fetch(`${urlOf()}/${toHex(sha256('other'))}/checkpoint`)).status).toBe(404);
    expect(await (await fetch(`${urlOf()}/`)).text()).toContain('witness.example.cn+');
  });

  test('a lost answer is made good: the witness says how far it is, and signs once more', async () => {
    const size = await push();
    // As if the answer had not arrived: nothing of it is known here.
    const fresh: Deps = { ...deps, storage: { ...world.storage, listCosignatures: async () => [] } };
    await drawSample(deps, world.actors.inspector, id, countyA, dice);
    const next = (await publishCheckpoint(deps, id, countyA))!.size;
    world.passTime(60_000);
    await pushCheckpoints(fresh, signal);
    expect(await cosigned()).toEqual([...new Set([size, ...(await cosigned()), next])]);
    expect(office.store.listCheckpoints()).toMatchObject([{ size: next }]);
    // The same one again, as after a lost answer to the last.
    const post = {
      campaign: id,
      county: countyA,
      size: next,
      note: (await world.storage.findCheckpoint(id, countyA, next))!.note,
    };
    const [again] = await deps.sendToWitness!(deps.witnesses![0]!, [post], signal, {
      signedSize: async () => 0,
      size: async () => next,
      prove: async () => [],
    });
    expect(again).toMatchObject({ ok: true, mustSign: true });
  });

  test('a witness that was stopped goes on where it was; the size that it signed answers a stale one with 409', async () => {
    const size = await push();
    await shut();
    await open();
    const stale = await ask(
      formatAddCheckpoint({ oldSize: 0, proof: [], note: await signedHead(size + 1, 1) }),
    );
    expect([stale.status, stale.headers.get('content-type'), await stale.text()]).toEqual([
      409,
      'text/x.tlog.size',
      `${size}\n`,
    ]);
    await drawSample(deps, world.actors.inspector, id, countyA, dice);
    expect(await cosigned()).toEqual([size]);
    const next = await push();
    expect(await cosigned()).toContain(next);
  });
});

describe('a log that was rewritten', () => {
  test('is refused, and the refused head is kept as evidence', async () => {
    // Another history of the same log was shown to the witness first.
    const size = (await publishCheckpoint(deps, id, countyA))!.size;
    const other = await signedHead(size, 7);
    expect((await ask(formatAddCheckpoint({ oldSize: 0, proof: [], note: other }))).status).toBe(200);
    await push();
    expect(await cosigned()).toEqual([]);
    expect(await failure()).toBe('witness.failure.inconsistent');
    expect(office.store.listRefused()).toMatchObject([{ size }]);
    expect(office.store.listCheckpoints()[0]!.note).toContain(parseNote(other).text);
    await drawSample(deps, world.actors.inspector, id, countyA, dice);
    await push();
    expect(await cosigned()).toEqual([]);
  });

  test('one that was cut short is told so', async () => {
    await push();
    const size = (await publishCheckpoint(deps, id, countyA))!.size;
    await shut();
    rmSync(folder, { recursive: true });
    key = parseVerifierKey(beginWitness(folder, 'witness.example.cn'));
    await open();
    office.store.trust(trusted((await listWitnessKeys(world.deps))[0]!));
    expect(
      (await ask(formatAddCheckpoint({ oldSize: 0, proof: [], note: await signedHead(size + 50, 7) })))
        .status,
    ).toBe(200);
    await drawSample(deps, world.actors.inspector, id, countyA, dice);
    await push();
    expect(await failure()).toBe('witness.failure.ahead');
  });
});

describe('whom a witness does not know', () => {
  test('another key is refused with 403, another log with 404, before anything is told of the log', async () => {
    await push();
    const origin = (await signedHead(1, 1)).split('\n')[0]!;
    const stranger = createNoteSigner(new Uint8Array(32).fill(5), origin);
    const forged = stranger.sign(formatCheckpoint({ origin, size: 99, root: new Uint8Array(32) }));
    expect((await ask(formatAddCheckpoint({ oldSize: 0, proof: [], note: forged }))).status).toBe(403);
    const elsewhere = createNoteSigner(new Uint8Array(32).fill(5), 'other.example.cn/log/a/1');
    const unknown = elsewhere.sign(
      formatCheckpoint({ origin: 'other.example.cn/log/a/1', size: 9, root: new Uint8Array(32) }),
    );
    expect((await ask(formatAddCheckpoint({ oldSize: 0, proof: [], note: unknown }))).status).toBe(404);
    expect((await ask('nonsense')).status).toBe(400);
    expect((await ask('x'.repeat(200_000))).status).toBe(413);
    expect(office.store.listRefused()).toEqual([]);
  });

  test('the log says what to do where its key is not trusted, and counts no signature of another key', async () => {
    const [own] = await listWitnessKeys(world.deps);
    office.store.distrust(parseVerifierKey(own!).name);
    await push();
    expect(await failure()).toBe('witness.failure.not-trusted');
    office.store.trust(trusted(own!));
    const wrong: NoteKey = { ...key, publicKey: new Uint8Array(32).fill(9) };
    deps = { ...deps, witnesses: [{ ...deps.witnesses![0]!, key: wrong }] };
    await push();
    expect(await cosigned()).toEqual([]);
    expect(await failure()).toBe('witness.failure.signature');
  });
});

describe('what a witness keeps', () => {
  test('a key without its record, or a record without its key, signs nothing', async () => {
    await shut();
    expect(() => beginWitness(folder, 'again')).toThrow('witness.begun');
    const elsewhere = join(root, 'parts');
    beginWitness(elsewhere, 'w');
    rmSync(join(elsewhere, 'witness.db'));
    expect(() => openWitness(elsewhere)).toThrow('witness.not-begun');
    expect(() => beginWitness(elsewhere, 'w')).toThrow('witness.record-lost');
    const other = join(root, 'other');
    beginWitness(other, 'w');
    rmSync(join(other, 'keys'), { recursive: true });
    expect(() => openWitness(other)).toThrow('witness.key-missing');
    expect(() => beginWitness(join(root, 'bad'), 'two words')).toThrow('witness.name');
    await open();
  });

  test('two requests at once for the same step: one is signed, the other learns how far the witness is', async () => {
    const note = await signedHead(3, 3);
    const other = await signedHead(4, 4);
    const bodies = [note, other].map((n) => formatAddCheckpoint({ oldSize: 0, proof: [], note: n }));
    const statuses = await Promise.all(bodies.map(async (body) => (await ask(body)).status));
    expect(statuses.sort()).toEqual([200, 409]);
  });
});
