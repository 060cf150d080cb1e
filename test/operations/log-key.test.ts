/** The key that signs the logs: never replaced silently, and a log that was signed by two keys still verifies. */
import { rmSync, writeFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isSignedBy, parseNote, parseVerifierKey } from '../../src/domain/evidence/note.ts';
import { createFileKeyStore } from '../../src/keys/key-store.ts';
import { getCheckpoint, getLogKey } from '../../src/operations/evidence/evidence.ts';
import { ensureLogKey, isLogKeyThere, rekeyLog } from '../../src/operations/evidence/log-key.ts';
import { bundleLines, closedSurvey, counted, verify, type ClosedSurvey } from '../support/evidence.ts';

let survey: ClosedSurvey;
let path: string;
/** As after a restart: nothing is cached. */
const restarted = () => ({
  ...survey.world.deps,
  keys: createFileKeyStore(join(survey.world.directory, 'keys')),
});

beforeEach(async () => {
  survey = await closedSurvey();
  path = join(survey.world.directory, 'keys', 'service', 'log.key');
});
afterEach(() => survey.world.close());

describe('at start', () => {
  test('a missing key is refused and none is made in its place', async () => {
    rmSync(path);
    await expect(ensureLogKey(restarted())).rejects.toMatchObject({
      kind: 'unavailable',
      message: 'log.key-missing',
    });
    expect(() => readFileSync(path)).toThrow();
    expect(await isLogKeyThere(restarted())).toBe(false);
    await expect(getLogKey(restarted(), survey.id, survey.county)).rejects.toMatchObject({
      message: 'log.key-missing',
    });
  });

  test('so is another key', async () => {
    writeFileSync(path, `${'ab'.repeat(32)}\n`);
    await expect(ensureLogKey(restarted())).rejects.toMatchObject({
      kind: 'corrupt',
      message: 'log.key-wrong',
    });
    expect(await isLogKeyThere(restarted())).toBe(false);
  });

  test('a database that does not know its key yet is bound to the one that signed, and to no other', async () => {
    const deps = restarted();
    const known = await deps.storage.findLogKey();
    const forgetful = {
      ...deps,
      storage: new Proxy(deps.storage, {
        get: (target, name) =>
          name === 'findLogKey' ? async () => null : (Reflect.get(target, name, target) as unknown),
      }),
    };
    await ensureLogKey(forgetful);
    expect(await deps.storage.findLogKey()).toBe(known);
    writeFileSync(path, `${'cd'.repeat(32)}\n`);
    await expect(ensureLogKey(forgetful)).rejects.toMatchObject({ message: 'log.key-wrong' });
    rmSync(path);
    await expect(ensureLogKey(forgetful)).rejects.toMatchObject({ message: 'log.key-missing' });
  });
});

describe('a new key', () => {
  async function rekey(): Promise<readonly string[]> {
    rmSync(path);
    await rekeyLog(restarted(), survey.world.actors.administrator);
    await ensureLogKey(restarted());
    return bundleLines(restarted(), survey.world, survey.id, survey.county);
  }

  test('is a leaf of each log; what the old one signed still verifies', async () => {
    const before = parseVerifierKey(await getLogKey(survey.world.deps, survey.id, survey.county));
    const lines = await rekey();
    const after = parseVerifierKey(await getLogKey(restarted(), survey.id, survey.county));
    expect(after.publicKey).not.toEqual(before.publicKey);
    const newest = parseNote(await getCheckpoint(restarted(), survey.id, survey.county));
    expect([isSignedBy(newest, after), isSignedBy(newest, before)]).toEqual([true, false]);
    const result = await verify(lines, { checkpoints: [survey.opening, survey.held] });
    expect(result).toMatchObject({ ok: true, held: 2, findings: [] });
    expect(result.events.map((e) => e.type)).toContain('rekey');
  });

  test('a checkpoint signed by the wrong one of the two is found', async () => {
    const old = survey.world.deps.keys.service('log');
    const lines = await rekey();
    const { createNoteSigner } = await import('../../src/keys/note-signer.ts');
    const signer = createNoteSigner(
      old,
      parseVerifierKey(await getLogKey(restarted(), survey.id, survey.county)).name,
    );
    const forged = lines.map((line) => {
      const parsed = JSON.parse(line) as { checkpoint?: string };
      if (parsed.checkpoint === undefined) return line;
      const { text, signatures } = parseNote(parsed.checkpoint);
      const isNew = signatures.every((s) => !isSignedBy({ text, signatures: [s] }, signer.key));
      return isNew ? JSON.stringify({ checkpoint: signer.sign(text) }) : line;
    });
    expect(forged).not.toEqual(lines);
    const result = await verify(counted(forged));
    expect(result.findings.map((f) => f.code)).toContain('checkpoint-signature');
  });

  test('is put in place at the next start if the process died before', async () => {
    const deps = restarted();
    const interrupted = {
      ...deps,
      keys: {
        ...deps.keys,
        replaceService: () => {
          throw new Error('killed');
        },
      },
    };
    await expect(rekeyLog(interrupted, survey.world.actors.administrator)).rejects.toThrow('killed');
    await ensureLogKey(restarted());
    expect(
      await verify(await bundleLines(restarted(), survey.world, survey.id, survey.county)),
    ).toMatchObject({
      ok: true,
      findings: [],
    });
  });

  test('is for administrators, and in the trail', async () => {
    await expect(rekeyLog(restarted(), survey.world.actors.operator)).rejects.toMatchObject({
      kind: 'forbidden',
    });
    await rekey();
    const [newest] = await survey.world.storage.listTrail({
      campaign: null,
      counties: null,
      before: null,
      limit: 1,
    });
    expect(['log.rekey', 'evidence.bundle', 'bundle.export']).toContain(newest!.action);
    const trail = await survey.world.storage.listTrail({
      campaign: null,
      counties: null,
      before: null,
      limit: 10,
    });
    expect(trail.map((e) => e.action)).toContain('log.rekey');
  });
});
