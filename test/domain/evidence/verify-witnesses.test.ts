/** What a bundle says of its witnesses, to a reader who names them. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { reportLines } from '../../../src/cli/verifier/report.ts';
import { sayIn } from '../../../src/cli/verifier/texts.ts';
import { formatVerifierKey, parseCheckpoint, parseNote } from '../../../src/domain/evidence/note.ts';
import { conclusionsOf } from '../../../src/domain/evidence/verify/conclusions.ts';
import type { Verification } from '../../../src/domain/evidence/verify/verification.ts';
import { verify } from '../../support/evidence.ts';
import { createCosigner } from '../../support/witnesses.ts';

const file = new URL('../../fixtures/bundles/9135b22.jsonl.gz', import.meta.url);
const lines = gunzipSync(readFileSync(file)).toString('utf8').trimEnd().split('\n');
const [a, b, c] = ['a.example', 'b.example', 'c.example'].map(createCosigner) as [
  ReturnType<typeof createCosigner>,
  ReturnType<typeof createCosigner>,
  ReturnType<typeof createCosigner>,
];
const keyOf = (who: typeof a) => formatVerifierKey(who.key);

const noteIn = (line: string) => (JSON.parse(line) as { checkpoint?: string }).checkpoint;
const notes = lines.map(noteIn).filter((n) => n !== undefined);
const sizeOf = (note: string) => parseCheckpoint(parseNote(note).text).size;
const [early, middle, last] = [notes[1]!, notes[Math.floor(notes.length / 2)]!, notes.at(-1)!].map(
  sizeOf,
) as [number, number, number];
/** The bundle with those signature lines under its checkpoints. */
function signedBy(sign: (size: number, text: string) => readonly string[]): readonly string[] {
  return lines.map((line) => {
    const note = noteIn(line);
    if (note === undefined) return line;
    const more = sign(sizeOf(note), parseNote(note).text);
    return JSON.stringify({ checkpoint: note + more.map((l) => `${l}\n`).join('') });
  });
}
// A signed early and in the middle, B the last one.
const bundle = signedBy((size, text) => [
  ...(size === early || size === middle ? [a.line(text)] : []),
  ...(size === last ? [b.line(text)] : []),
]);
const codes = (v: Verification) => v.findings.map((f) => f.code);
const text = (v: Verification) => reportLines(v, sayIn('en')).join('\n');

describe('witnesses named by whoever verifies', () => {
  test('nobody was named: signatures are passed over, and the report says so', async () => {
    const v = await verify(bundle);
    expect([v.ok, v.witnessed]).toEqual([true, null]);
    expect(conclusionsOf(v).open.map((o) => o.code)).toEqual(
      expect.arrayContaining(['witnesses', 'outside']),
    );
  });

  test('the newest checkpoint of each is named, and what lies behind it is said to be open', async () => {
    const v = await verify(bundle, { witnesses: [keyOf(a), keyOf(c)] });
    expect(v.ok).toBe(true);
    expect(v.witnessed).toEqual({
      cosigned: [{ witness: 'a.example', size: middle, at: 1_778_551_200_000 }],
      quorum: null,
    });
    const { follows, open } = conclusionsOf(v);
    expect(follows).toContainEqual({ code: 'cosigned', params: { witnesses: 1, largest: middle } });
    expect(open).toContainEqual({ code: 'since-held', params: { from: middle, to: v.size - 1 } });
    expect(open.map((o) => o.code)).not.toContain('outside');
    expect(text(v)).toContain(`a.example signed the checkpoint of ${middle} leaves`);
    const nobody = await verify(bundle, { witnesses: [keyOf(c)] });
    expect([nobody.ok, text(nobody).includes('None of the witnesses named')]).toEqual([true, true]);
  });

  test('a quorum holds as far as enough of them signed or went beyond', async () => {
    const policy = (quorum: string) =>
      `witness A ${keyOf(a)}\nwitness B ${keyOf(b)}\nwitness C ${keyOf(c)}\n${quorum}\n`;
    const of = async (quorum: string) => verify(bundle, { policy: policy(quorum) });
    expect((await of('group g 2 A B C\nquorum g')).witnessed?.quorum).toEqual({ name: 'g', size: middle });
    const any = await of('group g any A B C\nquorum g');
    expect([any.ok, any.witnessed?.quorum]).toEqual([true, { name: 'g', size: last }]);
    expect((await of('quorum none')).witnessed?.quorum).toBeNull();

    const missed = await of('group g all A B C\nquorum g');
    expect([missed.status, codes(missed)]).toEqual(['refused', ['quorum']]);
    expect(text(missed)).toContain('is not met');
  });

  test('a signature in the name of one of them that is not its own is refused', async () => {
    const forged = signedBy((size, note) => (size === last ? [a.line(note.replace(/^./, 'x'))] : []));
    const v = await verify(forged, { witnesses: [keyOf(a)] });
    expect([v.status, codes(v)]).toEqual(['refused', ['cosignature']]);
    expect((await verify(forged)).ok).toBe(true);
  });

  test('a policy that names other logs refuses this one', async () => {
    const { key } = JSON.parse(lines[0]!) as { key: string };
    const other = formatVerifierKey({
      name: 'other/log',
      type: 'log',
      publicKey: new Uint8Array(32).fill(3),
    });
    const of = (log: string) => verify(bundle, { policy: `log ${log}\nquorum none\n` });
    expect((await of(key)).ok).toBe(true);
    expect(codes(await of(other))).toEqual(['key']);
  });

  test('a wrong policy or key is no finding', async () => {
    await expect(verify(bundle, { policy: 'quorum A\n' })).rejects.toThrow('verify.policy');
    await expect(
      verify(bundle, { witnesses: [(JSON.parse(lines[0]!) as { key: string }).key] }),
    ).rejects.toThrow('evidence.key');
  });
});

test('what is refused has no summary, for programs as for people', async () => {
  const at = lines.findLastIndex((line) => line.includes('"c":"'));
  const sound = await verify(lines);
  expect([sound.ok, sound.summary !== null]).toEqual([true, true]);
  const edited = [...lines];
  edited[at] = lines[at]!.replace(/"c":"./, (s) => `"c":"${s.endsWith('A') ? 'B' : 'A'}`);
  const refused = await verify(edited);
  expect([refused.status, refused.summary]).toEqual(['refused', null]);
});
