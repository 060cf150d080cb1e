import { generateKeyPairSync, sign } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { leafHash, rangeRoot, createTreeBuilder } from '../../src/domain/evidence/merkle.ts';
import {
  formatNote,
  keyIdOf,
  openCheckpoint,
  parseNote,
  parseVerifierKey,
  type NoteKey,
} from '../../src/domain/evidence/note.ts';
import { verifyConsistency, verifyInclusion } from '../../src/domain/evidence/proofs.ts';
import { fromBase64 } from '../../src/domain/hash.ts';
import { closedSurvey, verify, type ClosedSurvey } from '../support/evidence.ts';
import { createStaff } from '../support/staff.ts';
import { createApp, type TestApp } from './support.ts';

const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const witness: NoteKey = {
  name: 'witness.example.cn',
  type: 'cosignature',
  publicKey: new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }).subarray(12)),
};

let survey: ClosedSurvey;
let app: TestApp;
let base: string;
beforeAll(async () => {
  survey = await closedSurvey();
  app = await createApp({ ...survey.world.deps, witnesses: [{ name: 'w', key: witness, target: null }] });
  base = `/log/${survey.id}/${survey.county}`;
});
afterAll(async () => {
  await app.close();
  await survey.world.close();
});
const get = (path: string) => app.app.inject(`${base}${path}`);
const pathOf = async (path: string) => (await get(path)).json<{ path: string[] }>().path.map(fromBase64);

async function head() {
  const key = parseVerifierKey((await get('/key')).body);
  const response = await get('/checkpoint');
  return { response, key, ...openCheckpoint(response.body, key) };
}

describe('the log for everybody', () => {
  test('its checkpoint is signed, of the size of the log, and not to be kept', async () => {
    const { response, size, origin } = await head();
    expect(response.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(response.headers['cache-control']).toBe('no-cache');
    expect(size).toBe(survey.lines.filter((l) => l.includes('"h":')).length);
    expect(origin).toBe(`my.example.cn${base}`);
  });

  test('tiles give the root, may be kept for ever, and hold hashes only', async () => {
    const { size, root } = await head();
    const tree = createTreeBuilder();
    for (let n = 0; n * 256 < size; n++) {
      const width = Math.min(256, size - n * 256);
      const tile = await get(`/tile/0/${String(n).padStart(3, '0')}${width < 256 ? `.p/${width}` : ''}`);
      expect(tile.statusCode).toBe(200);
      expect(tile.headers['cache-control']).toContain('immutable');
      expect(tile.rawPayload.length).toBe(width * 32);
      for (let i = 0; i < width; i++)
        tree.append(new Uint8Array(tile.rawPayload.subarray(i * 32, i * 32 + 32)));
    }
    expect(tree.root()).toEqual(root);
  });

  test('inclusion and consistency are proved against checkpoints that somebody kept', async () => {
    const { size, root, key } = await head();
    const first = survey.lines.find((l) => l.includes('"h":'))!;
    const leaf = leafHash(fromBase64((JSON.parse(first) as { l: string }).l));
    const path = await pathOf(`/proof/inclusion?index=0&size=${size}`);
    expect(verifyInclusion(leaf, 0, size, path, root)).toBe(true);
    const old = openCheckpoint(survey.held, key);
    const links = await pathOf(`/proof/consistency?from=${old.size}&to=${size}`);
    expect(verifyConsistency(old.size, size, links, old.root, root)).toBe(true);
    expect(await pathOf(`/proof/consistency?from=0&to=${size}`)).toEqual([]);
    expect(rangeRoot({ size: 0, hashes: [] })).toHaveLength(32);
  });

  test('what is not there is not there', async () => {
    const { size } = await head();
    for (const path of [
      '/tile/0/000.p/255x',
      '/tile/0/x001/000',
      '/tile/9/000',
      `/proof/inclusion?index=${size}&size=${size}`,
      `/proof/inclusion?index=0&size=${size + 1}`,
      `/proof/consistency?from=5&to=4`,
    ])
      expect((await get(path)).statusCode, path).toBe(404);
    for (const path of ['/proof/inclusion?index=-1&size=3', '/proof/consistency?from=1'])
      expect((await get(path)).statusCode, path).toBeGreaterThanOrEqual(400);
    expect((await app.app.inject('/log/0123456789ab/990101/checkpoint')).statusCode).toBe(404);
    expect((await app.app.inject('/log/x/990101/checkpoint')).statusCode).toBeGreaterThanOrEqual(400);
    for (const path of ['/leaf/0', '/leaves', '/entries', '/tile/entries/000'])
      expect((await get(path)).statusCode, path).toBe(404);
  });

  test('a witness hands its signature in; anybody else is refused', async () => {
    const { response } = await head();
    const { text, signatures } = parseNote(response.body);
    const seconds = 1_778_551_200n;
    const stamp = Buffer.alloc(8);
    stamp.writeBigUInt64BE(seconds);
    const given = (body: string) => ({
      name: witness.name,
      keyId: keyIdOf(witness),
      signature: new Uint8Array(
        Buffer.concat([
          stamp,
          sign(null, Buffer.from(`cosignature/v1\ntime ${seconds}\n${body}`), privateKey),
        ]),
      ),
    });
    const post = (payload: string) =>
      app.app.inject({
        method: 'POST',
        url: `${base}/cosignature`,
        payload,
        headers: { 'content-type': 'text/plain' },
      });
    for (const bad of [
      'x',
      response.body,
      formatNote({ text, signatures: [...signatures, given('another\n1\nx\n')] }),
      formatNote({ text, signatures: [given(text)] }),
    ])
      expect((await post(bad)).statusCode).toBe(422);
    const good = await post(formatNote({ text, signatures: [...signatures, given(text)] }));
    expect(good.json()).toMatchObject({ witness: witness.name });
    expect((await get('/checkpoint')).body).toContain(`\u2014 ${witness.name} `);
  });
});

describe('the bundle', () => {
  test('is downloaded by an inspector, whole, and verifies', async () => {
    const staff = await createStaff(survey.world);
    const url = `/api/v1/campaigns/${survey.id}/counties/${survey.county}/bundle`;
    const inspector = await staff.visit('inspector-a');
    const response = await inspector.send({ method: 'POST', url });
    expect(response.statusCode).toBe(200);
    expect(response.headers['content-disposition']).toContain('attachment');
    const lines = response.body.split('\n').slice(0, -1);
    expect(await verify(lines, { checkpoints: [survey.held] })).toMatchObject({ ok: true, held: 1 });
    const operator = await staff.visit('operator');
    expect((await operator.send({ method: 'POST', url })).statusCode).toBe(403);
    await staff.close();
  });
});
