import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openCheckpoint, parseNote, parseVerifierKey } from '../../src/domain/evidence/note.ts';
import { postFileName, retryDelay, type Witness } from '../../src/domain/evidence/witness.ts';
import type { CampaignId } from '../../src/domain/model/ids.ts';
import type { Deps } from '../../src/operations/deps.ts';
import { getLogKey, publishCheckpoint } from '../../src/operations/evidence/evidence.ts';
import { freezeFrame } from '../../src/operations/frame/frame.ts';
import {
  queueHeadsForNewWitnesses,
  pushCheckpoints,
  readLogStatus,
  viewEvidence,
} from '../../src/operations/evidence/witnesses.ts';
import { drawSample } from '../../src/operations/draw/draw.ts';
import { createWitnessSender } from '../../src/witnesses/send.ts';
import { createCosigner, startHttpWitness, startMailServer, type Witnessing } from '../support/witnesses.ts';
import { copiesOf, countyA, dice, type World } from '../support/world.ts';

const minute = 60_000;
const signal = new AbortController().signal;
const cosigner = createCosigner('witness.example.cn');

let world: World;
let id: CampaignId;
let folder: string;
let servers: Witnessing[] = [];
const filledWorld = copiesOf(async (made) => {
  const { id: of } = await made.addCampaign({ counties: made.campaignInput().counties.slice(0, 1) });
  await made.fillCounty(of, countyA);
  return { id: of };
});
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'manyi-witness-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(async () => {
  ({ world, id } = await filledWorld());
});
afterEach(async () => {
  await Promise.all(servers.map((s) => s.close()));
  servers = [];
  await world.close();
});

function withWitnesses(witnesses: readonly Witness[], mail = ''): Deps {
  const sendToWitness = createWitnessSender({
    mail: mail === '' ? null : { url: mail, from: 'survey@my.example.cn' },
  });
  return { ...world.deps, witnesses, sendToWitness };
}
async function httpWitness(answer: Parameters<typeof startHttpWitness>[0]): Promise<Witnessing> {
  const server = await startHttpWitness(answer);
  servers.push(server);
  return server;
}
async function freeze(deps: Deps): Promise<void> {
  await freezeFrame(deps, world.actors.operator, id, countyA);
  await publishCheckpoint(deps, id, countyA);
}
const draw = (deps: Deps) => drawSample(deps, world.actors.inspector, id, countyA, dice);
const trailOf = async (action: string) =>
  (await world.storage.listTrail({ campaign: id, counties: null, before: null, limit: 1000 })).filter(
    (e) => e.action === action,
  );

describe('a checkpoint goes to every witness', () => {
  test('by HTTP, folder and e-mail; a signature in the answer is kept and shown', async () => {
    const http = await httpWitness((note) => ({ status: 200, body: cosigner.whole(note) }));
    const mail = await startMailServer();
    servers.push(mail);
    const drop = join(folder, 'drop');
    mkdirSync(drop);
    const deps = withWitnesses(
      [
        { name: '省督导室', key: cosigner.key, target: { kind: 'http', url: http.url } },
        { name: '共享目录', key: null, target: { kind: 'folder', path: drop } },
        { name: '大学', key: null, target: { kind: 'email', address: 'log@uni.example.cn' } },
      ],
      mail.url,
    );
    await freeze(deps);
    const head = (await publishCheckpoint(deps, id, countyA))!;
    await pushCheckpoints(deps, signal);

    expect(http.got).toEqual([head.note]);
    const name = postFileName({ campaign: id, county: countyA, size: head.size });
    expect(readdirSync(drop)).toEqual([name]);
    expect(readFileSync(join(drop, name), 'utf8')).toBe(head.note);
    const [letter] = mail.got;
    expect(mail.got).toHaveLength(1);
    expect(letter).toContain('To: log@uni.example.cn');
    const attached = /Content-Disposition: attachment[^]*?\r\n\r\n([^]*?)\r\n--/.exec(letter!)![1]!;
    expect(Buffer.from(attached, 'base64').toString('utf8')).toBe(head.note);

    const key = parseVerifierKey(await getLogKey(deps, id, countyA));
    for (const note of [...http.got, Buffer.from(attached, 'base64').toString('utf8')])
      expect(openCheckpoint(note, key).size).toBe(head.size);
    const status = await readLogStatus(deps, id, countyA);
    expect(status?.witnesses.map((w) => [w.name, w.transport, w.size, w.signed])).toEqual([
      ['省督导室', 'http', head.size, head.size],
      ['共享目录', 'folder', head.size, null],
      ['大学', 'email', head.size, null],
    ]);
    expect(status?.held).toEqual([{ size: head.size, witnesses: 3, signed: 1 }]);
    expect((await trailOf('witness.delivered')).map((e) => e.details.signed).sort()).toEqual([
      false,
      false,
      true,
    ]);
    expect((await world.storage.listCosignatures(id, countyA))[0]?.line).toBe(
      cosigner.line(parseNote(head.note).text),
    );

    // Nothing is sent twice.
    await pushCheckpoints(deps, signal);
    expect([http.got.length, mail.got.length]).toEqual([1, 1]);
  });

  test('each state of the log, in order, also those from before he could be reached', async () => {
    let works = false;
    const http = await httpWitness(() => ({ status: works ? 200 : 503, body: '' }));
    const other = await httpWitness(() => ({ status: 200, body: '' }));
    const deps = withWitnesses([
      { name: 'a', key: null, target: { kind: 'http', url: http.url } },
      { name: 'b', key: null, target: { kind: 'http', url: other.url } },
    ]);
    await freeze(deps);
    const first = (await publishCheckpoint(deps, id, countyA))!;
    await pushCheckpoints(deps, signal);
    await draw(deps);
    const second = (await publishCheckpoint(deps, id, countyA))!;
    await pushCheckpoints(deps, signal);
    expect(other.got).toEqual([...new Set([first.note, ...other.got, second.note])]);
    expect(http.got).toEqual([]);

    const { queue } = await viewEvidence(deps, world.actors.operator, id, countyA);
    expect(queue.find((q) => q.witness === 'a')).toMatchObject({
      held: null,
      failure: { message: 'witness.failure.status', params: { status: 503 } },
    });
    expect(queue.find((q) => q.witness === 'b')).toMatchObject({ waiting: 0, failure: null });
    expect(await trailOf('witness.failed')).toMatchObject([{ details: { witness: 'a', size: first.size } }]);
    expect(world.logged.some((l) => l.event === 'witness.failed')).toBe(true);

    // Back-off: not before its time, then all of it, oldest first.
    works = true;
    await pushCheckpoints(deps, signal);
    expect(http.got).toEqual([]);
    world.passTime(4 * minute);
    await pushCheckpoints(deps, signal);
    expect(http.got).toEqual(other.got);
    expect(await trailOf('witness.failed')).toHaveLength(1);
  });

  test('a witness named later gets the newest one when the service starts', async () => {
    await freeze(world.deps);
    const head = (await publishCheckpoint(world.deps, id, countyA))!;
    const http = await httpWitness(() => ({ status: 200, body: '' }));
    const deps = withWitnesses([{ name: 'late', key: null, target: { kind: 'http', url: http.url } }]);
    await pushCheckpoints(deps, signal);
    expect(http.got).toEqual([]);
    await queueHeadsForNewWitnesses(deps);
    await queueHeadsForNewWitnesses(deps);
    await pushCheckpoints(deps, signal);
    expect(http.got).toEqual([head.note]);
  });
});

describe('what is no delivery', () => {
  test.each([
    ['a redirect', () => ({ status: 302, body: '' })],
    ['a refusal', () => ({ status: 409, body: '' })],
    [
      'a signature of his over something else',
      (note: string) => ({ status: 200, body: `${note}${cosigner.line('another\n1\nx\n')}\n` }),
    ],
  ])('%s', async (_, answer) => {
    const http = await httpWitness(answer);
    const deps = withWitnesses([{ name: 'w', key: cosigner.key, target: { kind: 'http', url: http.url } }]);
    await freeze(deps);
    await pushCheckpoints(deps, signal);
    const [state] = await world.storage.listWitnessProgress(id, countyA);
    expect(state).toMatchObject({ held: null, waiting: 1 });
    expect(await world.storage.listCosignatures(id, countyA)).toEqual([]);
  });

  test('a line of another key is none of his: he holds the note and signed nothing', async () => {
    const other = createCosigner(cosigner.key.name);
    const http = await httpWitness((note) => ({ status: 200, body: other.whole(note) }));
    const deps = withWitnesses([{ name: 'w', key: cosigner.key, target: { kind: 'http', url: http.url } }]);
    await freeze(deps);
    await pushCheckpoints(deps, signal);
    const status = await readLogStatus(deps, id, countyA);
    expect(status?.witnesses).toMatchObject([{ name: 'w', size: 1, signed: null }]);
  });

  test('a folder that is not there is not made, and a file of other contents is not replaced', async () => {
    const missing = join(folder, 'not-mounted');
    const drop = join(folder, 'taken');
    mkdirSync(drop);
    const deps = withWitnesses([
      { name: 'm', key: null, target: { kind: 'folder', path: missing } },
      { name: 't', key: null, target: { kind: 'folder', path: drop } },
    ]);
    const file = join(drop, postFileName({ campaign: id, county: countyA, size: 1 }));
    writeFileSync(file, 'older');
    await freeze(deps);
    await pushCheckpoints(deps, signal);
    expect(readdirSync(folder)).not.toContain('not-mounted');
    expect(readFileSync(file, 'utf8')).toBe('older');
    expect((await world.storage.listWitnessProgress(id, countyA)).map((p) => p.failure?.message)).toEqual([
      'witness.failure.unreachable',
      'witness.failure.other-file',
    ]);
  });

  test('a mail server that is not there', async () => {
    const mail = await startMailServer();
    await mail.close();
    const deps = withWitnesses(
      [{ name: 'e', key: null, target: { kind: 'email', address: 'log@uni.example.cn' } }],
      mail.url,
    );
    await freeze(deps);
    await pushCheckpoints(deps, signal);
    const [state] = await world.storage.listWitnessProgress(id, countyA);
    expect(state?.failure?.message).toBe('witness.failure.unreachable');
  });

  test('a stop on the way counts as nobody’s failure', async () => {
    const stop = new AbortController();
    const http = await httpWitness(() => ({ status: 200, body: '' }));
    const deps = withWitnesses([{ name: 'w', key: null, target: { kind: 'http', url: http.url } }]);
    await freeze(deps);
    stop.abort();
    await pushCheckpoints(deps, stop.signal);
    expect(await world.storage.listWitnessProgress(id, countyA)).toMatchObject([
      { held: null, waiting: 1, failure: null },
    ]);
  });
});

test('attempts are one, two, four minutes apart, and never more than six hours', () => {
  expect([1, 2, 3, 9, 10, 1000].map((n) => retryDelay(n) / minute)).toEqual([1, 2, 4, 256, 360, 360]);
});
