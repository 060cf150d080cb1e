import { describe, expect, test } from 'vitest';
import { parseVerifierKey, type NoteKey } from '../../../src/domain/evidence/note.ts';
import {
  decideAddCheckpoint,
  formatAddCheckpoint,
  keysOf,
  parseAddCheckpoint,
  parseWitnessedSize,
  type TrustedLog,
  type WitnessAnswer,
  type WitnessedHead,
} from '../../../src/domain/evidence/tlog-witness.ts';
import { fromBase64, fromHex } from '../../../src/domain/hash.ts';

/** As a witness goes on: what it accepts is its next state. */
function witnessOf(trusted: readonly TrustedLog[]) {
  const heads = new Map<string, WitnessedHead>();
  return (body: string): WitnessAnswer => {
    const request = parseAddCheckpoint(body);
    const origin = request.note.split('\n')[0]!;
    const answer = decideAddCheckpoint(trusted, heads.get(origin) ?? null, request);
    if (answer.status === 200) heads.set(origin, answer.head);
    return answer;
  };
}
const said = (answer: WitnessAnswer) => (answer.status === 409 ? [409, answer.size] : [answer.status]);

// The requests and answers of torchwood's litewitness (github.com/FiloSottile/torchwood, cmd/litewitness/testdata/litewitness.txt); an unknown log is 404 in
// the specification of today, 403 there.
const sigsum = 'sigsum.org/v1/tree/4d6d8825a6bb689d459628312889dfbb0bcd41b5211d9e1ce768b0ff0309e562';
const sigsumKey: NoteKey = {
  name: sigsum,
  type: 'log',
  publicKey: fromHex('ffdc2d4d98e4124d3feaf788c0c2f9abfd796083d1f0495437f302ec79cf100f'),
};
const notes: Readonly<Record<number, readonly [root: string, signature: string]>> = {
  1: [
    'KgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=',
    'UgIom7fPZTqpxWWhyjWduBvTvGVqsokMbqTArsQilegKoFBJQjUFAmQ0+YeSPM3wfUQMFSzVnnNuWRTYrajXpNUbIQY=',
  ],
  3: [
    'RcCI1Nk56ZcSmIEfIn0SleqtV7uvrlXNccFx595Iwl0=',
    'UgIom2VbtIcdFbwFAy1n7s6IkAxIY6J/GQOTuZF2ORV39d75cbAj2aQYwyJre36kezNobZs4SUUdrcawfAB8WVrx6go=',
  ],
  5: [
    'QrtXrQZCCvpIgsSmOsah7HdICzMLLyDfxToMql9WTjY=',
    'UgIomw/EOJmWi0i1FQsOj+etB7F8IccFam/jgd6wzRns4QPVmyEZtdvl1U2KEmLOZ/ASRcWJi0tW90dJWAShei7sDww=',
  ],
};
const oneToThree = [
  'KgEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=',
  'KgIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=',
];
const oneToFive = [
  oneToThree[0]!,
  '+fUDV+k970B4I3uKrqJM4aP1lloPZP8mvr2Z4wRw2LI=',
  'KgQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=',
];
const threeToFive = [
  'KgIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=',
  'KgMAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=',
  'wgiIFdZfYNv6WU1OllBKsWnLYIS/DBMqt8Uh/S4OukE=',
  'KgQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=',
];
function sigsumRequest(old: number, size: number, proof: readonly string[], change = (note: string) => note) {
  const [root, signature] = notes[size]!;
  const note = change(`${sigsum}\n${size}\n${root}\n\n— ${sigsum} ${signature}\n`);
  return `old ${old}\n${proof.map((line) => `${line}\n`).join('')}\n${note}`;
}

describe('a witness answers as another implementation does', () => {
  test('litewitness, request by request', () => {
    const ask = witnessOf([{ origin: sigsum, key: sigsumKey }]);
    expect(said(ask(sigsumRequest(0, 1, [])))).toEqual([200]);
    const badSignature = (note: string) => note.replace('6go=', '6gx=').replace('6gx=', '6gw=');
    expect(said(ask(sigsumRequest(1, 3, oneToThree, badSignature)))).toEqual([403]);
    const other = (note: string) => note.replaceAll('e562', 'e563');
    expect(said(ask(sigsumRequest(1, 3, oneToThree, other)))).toEqual([404]);
    expect(said(ask(sigsumRequest(1, 3, [])))).toEqual([422]);
    const wrongProof = [oneToThree[0]!, oneToThree[1]!.replace('AAA=', 'ABA=')];
    expect(said(ask(sigsumRequest(1, 3, wrongProof)))).toEqual([422]);
    expect(said(ask(sigsumRequest(1, 3, oneToThree)))).toEqual([200]);
    expect(said(ask(sigsumRequest(1, 5, oneToFive)))).toEqual([409, 3]);
    expect(said(ask(sigsumRequest(3, 5, threeToFive)))).toEqual([200]);
    expect(said(ask(sigsumRequest(0, 5, [])))).toEqual([409, 5]);
    // Signed once more, with a later time.
    expect(said(ask(sigsumRequest(5, 5, [])))).toEqual([200]);
    expect(said(ask(sigsumRequest(5, 3, oneToThree)))).toEqual([400]);
  });

  // github.com/transparency-dev/witness, witness/witness_test.go.
  test("the omniwitness's log of five and eight leaves", () => {
    const key = parseVerifierKey('monkeys+db4d9f7e+AULaJMvTtDLHPUcUrjdDad9vDlh/PTfC2VV60JUtCfWT');
    const five =
      'monkeys\n5\n41smjBUiAU70EtKlT6lIOIYtRTYxYXsDB+XHfcvu/BE=\n\n— monkeys 202fftzGl3LVoqjXfwCFZZXs8I+5G22+Ek2K0AOyBuSJ/8/CZawNF+6fNlTKOCd622pbzJNkkJFWuw9DbicZCkEx9AY=\n';
    const eight =
      'monkeys\n8\nV8K9aklZ4EPB+RMOk1/8VsJUdFZR77GDtZUQq84vSbo=\n\n— monkeys 202ffoUEboiQYpHzICeaFmoy3RNviHTpAxYrq/eO4QQVQMvu9UebKBMX2MJC76NLthZaKsnKbCA8GxrjePZhvDCH7Ag=\n';
    const proof = [
      'b9e1d62618f7fee8034e4c5010f727ab24d8e4705cb296c374bf2025a87a10d2',
      'aac66cd7a79ce4012d80762fe8eec3a77f22d1ca4145c3f4cee022e7efcd599d',
      '89d0f753f66a290c483b39cd5e9eafb12021293395fad3d4a2ad053cfbcfdc9e',
      '29e40bb79c966f4c6fe96aff6f30acfce5f3e8d84c02215175d6e018a5dee833',
    ].map(fromHex);
    const ask = witnessOf([{ origin: 'monkeys', key }]);
    expect(said(ask(formatAddCheckpoint({ oldSize: 0, proof, note: five })))).toEqual([422]);
    expect(said(ask(formatAddCheckpoint({ oldSize: 0, proof: [], note: five })))).toEqual([200]);
    expect(said(ask(formatAddCheckpoint({ oldSize: 2, proof, note: eight })))).toEqual([409, 5]);
    expect(said(ask(formatAddCheckpoint({ oldSize: 5, proof, note: eight })))).toEqual([200]);
    expect(said(ask(formatAddCheckpoint({ oldSize: 8, proof, note: five })))).toEqual([400]);
  });

  // A checkpoint of Go's own checksum database, whose key has another name than its log (litewitness, testdata/sumdb.txt).
  test('the log of sum.golang.org', () => {
    const key = parseVerifierKey('sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8');
    const body =
      'old 0\n\ngo.sum database tree\n35225469\nvt5T6GaLCXvyHFl9VUvvItR43XZxfLgftEcTyO3eJCQ=\n\n— sum.golang.org Az3grpukl5AXaVfYkLiDGORx/DN2nlcS5kZHR5uYOBV2KA2HgXpD+gu9HHONebHLAyaKbbTM75QTtPydhKCExixSfwQ=\n';
    expect(said(witnessOf([{ origin: 'go.sum database tree', key }])(body))).toEqual([200]);
    expect(said(witnessOf([{ origin: key.name, key }])(body))).toEqual([404]);
  });
});

describe('what a witness refuses', () => {
  const trusted = [{ origin: sigsum, key: sigsumKey }];

  test('another root of the size that it signed: that is told apart, as a proof of two histories', () => {
    const [root, signature] = notes[3]!;
    const request = parseAddCheckpoint(sigsumRequest(3, 3, []));
    const same = { size: 3, root: fromBase64(root) };
    expect(decideAddCheckpoint(trusted, same, request).status).toBe(200);
    const other = { size: 3, root: new Uint8Array(32) };
    expect(decideAddCheckpoint(trusted, other, request)).toMatchObject({
      status: 422,
      why: 'witness.refused.fork',
      contradicts: { origin: sigsum, size: 3 },
    });
    // Also behind a wrong old size.
    const stale = parseAddCheckpoint(sigsumRequest(1, 3, oneToThree));
    expect(decideAddCheckpoint(trusted, other, stale)).toMatchObject({
      status: 409,
      contradicts: { size: 3 },
    });
    expect(decideAddCheckpoint(trusted, same, stale)).toMatchObject({ status: 409, contradicts: null });
    expect(signature).not.toBe('');
  });

  test('one wrong signature in a trusted name spoils a note, one of somebody unknown does not', () => {
    const [, good] = notes[1]!;
    const [, wrong] = notes[3]!;
    const withLine = (line: string) => parseAddCheckpoint(`${sigsumRequest(0, 1, [])}${line}\n`);
    expect(decideAddCheckpoint(trusted, null, withLine(`— ${sigsum} ${wrong}`)).status).toBe(403);
    const accepted = decideAddCheckpoint(trusted, null, withLine(`— somebody.example ${good}`));
    expect(accepted).toMatchObject({ status: 200 });
    // What it did not check it does not pass on.
    expect(accepted.status === 200 && accepted.note.signatures.map((s) => s.name)).toEqual([sigsum]);
  });

  test('the empty tree has one root', () => {
    // No log of the vectors signs one: the check of the signature comes first.
    const unsigned = parseAddCheckpoint(
      `old 0\n\n${sigsum}\n0\nKgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n— ${sigsum} ${notes[1]![1]}\n`,
    );
    expect(decideAddCheckpoint(trusted, null, unsigned).status).toBe(403);
  });

  test('requests that are none', () => {
    const [root] = notes[1]!;
    for (const bad of [
      '',
      'old 0\n',
      'old 00\n\nx',
      'old 01\n\nx',
      'old -1\n\nx',
      'old  0\n\nx',
      'Old 0\n\nx',
      'old 0 \n\nx',
      'old 9007199254740993\n\nx',
      '0\n\nx',
      'old 1\nAAAA\n\nx',
      `old 1\n${root}x\n\nx`,
      `old 1\r\n${root}\r\n\r\nx`,
      `old 1\n${`${root}\n`.repeat(64)}\nx`,
    ])
      expect(() => parseAddCheckpoint(bad), JSON.stringify(bad)).toThrow('witness.request');
    expect(parseAddCheckpoint(`old 1\n${`${root}\n`.repeat(63)}\nx`).proof).toHaveLength(63);
    const request = { oldSize: 7, proof: [fromBase64(root)], note: 'a\n\nb\n\nc\n' };
    expect(parseAddCheckpoint(formatAddCheckpoint(request))).toEqual(request);
    for (const note of ['', 'x', `${sigsum}\n1\n${root}\n`])
      expect(decideAddCheckpoint(trusted, null, { oldSize: 0, proof: [], note }).status).toBe(400);
  });
});

test('one key for all logs of an installation opens those below its host alone, each under its own name', () => {
  const key: NoteKey = { ...sigsumKey, name: 'my.example.cn/log/*' };
  const trusted = [{ origin: key.name, key }];
  expect(keysOf(trusted, 'my.example.cn/log/0123456789ab/990101')).toEqual([
    { ...key, name: 'my.example.cn/log/0123456789ab/990101' },
  ]);
  for (const origin of ['my.example.cn/log', 'my.example.cn.evil.cn/log/a', 'other.cn/log/a', ''])
    expect(keysOf(trusted, origin), origin).toEqual([]);
});

test('the size in a 409 is read strictly', () => {
  expect(['0\n', '5\n', '20852163\n', '12'].map(parseWitnessedSize)).toEqual([0, 5, 20852163, 12]);
  for (const bad of ['', '\n', '05\n', '-1\n', '5 \n', '5\n\n', '1e3\n', '9007199254740993\n', 'x'])
    expect(parseWitnessedSize(bad), bad).toBeUndefined();
});
