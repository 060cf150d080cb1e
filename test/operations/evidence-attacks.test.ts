/**
 * An attacker who holds the signing key and every key that lives, and edits bundle or database. What he cannot reach is a checkpoint that somebody keeps
 * outside. Each attack is tried on what verifies when it is left alone.
 * Long because each attack has its case, on the same bundle.
 */
import Database from 'better-sqlite3';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  decodeResponseLeaf,
  decodeStateLeaf,
  encodeResponseLeaf,
  encodeStateLeaf,
  leafTypeOf,
  type StateLeaf,
  type StateLeafBody,
  type StateLeafType,
} from '../../src/domain/evidence/leaf.ts';
import { leafHash } from '../../src/domain/evidence/merkle.ts';
import { reportLines } from '../../src/cli/verifier/report.ts';
import { sayIn } from '../../src/cli/verifier/texts.ts';
import { conclusionsOf } from '../../src/domain/evidence/verify/conclusions.ts';
import type { FindingCode, Verification } from '../../src/domain/evidence/verify/verification.ts';
import { seedFromDice } from '../../src/domain/frame/sample.ts';
import { fromHex, sha256, toHex } from '../../src/domain/hash.ts';
import { readMigrations } from '../../src/storage/sqlite/migrate.ts';
import {
  bundleLines,
  closedSurvey,
  counted,
  forge,
  rebuild,
  verify,
  type ClosedSurvey,
  type ForgedLeaf,
} from '../support/evidence.ts';
import { openCopy } from '../support/moved-copy.ts';

let survey: ClosedSurvey;
beforeAll(async () => {
  survey = await closedSurvey({ engine: 'sqlite' });
});
afterAll(() => survey.world.close());

const codesOf = (v: Verification): readonly FindingCode[] => [...new Set(v.findings.map((f) => f.code))];
const isResponse = (leaf: ForgedLeaf) => leafTypeOf(leaf.data) === 'response';
const typeIs = (type: StateLeafType) => (leaf: ForgedLeaf) => leafTypeOf(leaf.data) === type;
/** A response that counts, of somebody who answered once by phone. */
const counting = (leaf: ForgedLeaf) =>
  isResponse(leaf) && leaf.contents !== null && decodeResponseLeaf(leaf.data).channel === 'web';

function change<T extends StateLeafType>(
  leaves: ForgedLeaf[],
  type: T,
  edit: (body: StateLeafBody<T>) => void,
): void {
  const leaf = leaves.find(typeIs(type))!;
  const body = structuredClone(decodeStateLeaf(leaf.data).body) as StateLeafBody<T>;
  edit(body);
  leaf.data = encodeStateLeaf(type, body as never);
}
function bodyOf<T extends StateLeafType>(leaves: readonly ForgedLeaf[], type: T): StateLeafBody<T> {
  return decodeStateLeaf(leaves.find(typeIs(type))!.data).body as StateLeafBody<T>;
}
/** Keeps the lots' heads and order right, as a careful forger would. */
function tidyLots(leaves: ForgedLeaf[]): void {
  for (let i = 0; i < leaves.length; i++) {
    if (!typeIs('lot')(leaves[i]!)) continue;
    let to = i + 1;
    while (to < leaves.length && isResponse(leaves[to]!)) to++;
    const lot = leaves.slice(i + 1, to);
    lot.sort((a, b) => Buffer.compare(leafHash(a.data), leafHash(b.data)));
    leaves.splice(i + 1, lot.length, ...lot);
    const { body } = decodeStateLeaf(leaves[i]!.data) as Extract<StateLeaf, { type: 'lot' }>;
    leaves[i]!.data = encodeStateLeaf('lot', { ...body, responses: lot.length });
  }
}

function takeOne(leaves: ForgedLeaf[]): void {
  leaves.splice(leaves.findIndex(counting), 1);
  tidyLots(leaves);
}

describe('left alone', () => {
  test('taking the bundle apart and putting it together again changes nothing', async () => {
    const again = await verify(
      forge(survey, () => undefined),
      { checkpoints: [survey.opening, survey.held] },
    );
    expect(again).toMatchObject({ ok: true, held: 2 });
    expect(again.summary).toEqual((await verify(survey.lines)).summary);
  });
});

describe('with every key, and one checkpoint outside', () => {
  const attacks: readonly (readonly [
    string,
    (f: { leaves: ForgedLeaf[]; before: Record<string, unknown>[] }) => void,
  ])[] = [
    ['an answer is deleted', ({ leaves }) => takeOne(leaves)],
    [
      'an answer is altered',
      ({ leaves }) => {
        const leaf = leaves.find(counting)!;
        leaf.contents = leaf.contents!.with(16, leaf.contents![16] === 1 ? 2 : 1);
        const content = sha256(leaf.contents);
        leaf.data = encodeResponseLeaf({ ...decodeResponseLeaf(leaf.data), content });
        tidyLots(leaves);
      },
    ],
    [
      'an answer is inserted for a code that did not answer',
      ({ leaves, before }) => {
        const answered = new Set(
          leaves.filter(isResponse).map((l) => toHex(decodeResponseLeaf(l.data).pseudonym)),
        );
        const model = leaves.find(counting)!;
        const { reportingStratum } = decodeResponseLeaf(model.data);
        const issued = Buffer.from(before.find((l) => 'issued' in l)!['issued'] as string, 'base64');
        for (let at = 0; at < issued.length; at += 27) {
          const pseudonym = new Uint8Array(issued.subarray(at, at + 16));
          if (answered.has(toHex(pseudonym)) || issued.readUInt32BE(at + 22) !== reportingStratum) continue;
          const leaf = decodeResponseLeaf(model.data);
          leaves.splice(leaves.indexOf(model), 0, {
            data: encodeResponseLeaf({ ...leaf, pseudonym, revision: 1 }),
            contents: model.contents,
          });
          break;
        }
        tidyLots(leaves);
      },
    ],
    [
      'answers are reordered',
      ({ leaves }) => {
        const at = leaves.findIndex(isResponse);
        [leaves[at], leaves[at + 1]] = [leaves[at + 1]!, leaves[at]!];
      },
    ],
    ['a code export is hidden', ({ leaves }) => void leaves.splice(leaves.findIndex(typeIs('export')), 1)],
    [
      'another seed was drawn with',
      ({ leaves }) =>
        change(leaves, 'draw', (draw) => {
          const frame = decodeStateLeaf(leaves[0]!.data) as Extract<StateLeaf, { type: 'frame' }>;
          draw.dice = '66543216543216543212';
          draw.seed = toHex(seedFromDice(fromHex(frame.body.root), draw.dice));
        }),
    ],
    [
      'the log is cut short and everything after forged',
      ({ leaves }) => void leaves.splice(leaves.findIndex(typeIs('open')) + 1),
    ],
    [
      'the roll is another',
      ({ leaves }) => change(leaves, 'frame', (frame) => void (frame.root = '00'.repeat(32))),
    ],
  ];
  test.each(attacks)('%s: seen', async (_name, attack) => {
    const forged = forge(survey, (f) => void attack(f));
    const result = await verify(forged, { checkpoints: [survey.held] });
    expect(result.ok).toBe(false);
    expect(
      codesOf(result).some((c) => c === 'checkpoint-root' || c === 'checkpoint-beyond'),
      JSON.stringify(result.findings[0]),
    ).toBe(true);
  });

  test('what was hidden after the held checkpoint is seen by a newer one', async () => {
    const newest = (
      JSON.parse(survey.lines.findLast((l) => l.includes('"checkpoint"'))!) as { checkpoint: string }
    ).checkpoint;
    for (const type of ['late-edit', 'void', 'dates', 'flag', 'closing', 'dispositions'] as const) {
      const forged = forge(survey, ({ leaves }) => void leaves.splice(leaves.findIndex(typeIs(type)), 1));
      expect((await verify(forged, { checkpoints: [newest] })).ok, type).toBe(false);
    }
  });

  test('a log that forks at an old size agrees with what is older and not with what is newer', async () => {
    const forged = forge(survey, ({ leaves }) => {
      const at = leaves.findIndex(typeIs('lot'));
      leaves.splice(at + 1, 1);
      tidyLots(leaves);
    });
    expect(await verify(forged, { checkpoints: [survey.opening] })).toMatchObject({ held: 1 });
    const seen = await verify(forged, { checkpoints: [survey.opening, survey.held] });
    expect(seen.held).toBe(1);
    expect(codesOf(seen)).toContain('checkpoint-root');
  });
});

describe('without any checkpoint from outside, what contradicts itself is seen all the same', () => {
  const cases: readonly (readonly [
    string,
    FindingCode,
    (leaves: ForgedLeaf[], before: Record<string, unknown>[]) => void,
  ])[] = [
    [
      'an invented pseudonym',
      'not-issued',
      (leaves) => {
        const leaf = leaves.find(counting)!;
        leaf.data = encodeResponseLeaf({
          ...decodeResponseLeaf(leaf.data),
          pseudonym: new Uint8Array(16).fill(9),
        });
        tidyLots(leaves);
      },
    ],
    [
      'an answer moved to another school',
      'wrong-stratum',
      (leaves) => {
        const leaf = leaves.find(counting)!;
        const own = decodeResponseLeaf(leaf.data);
        leaf.data = encodeResponseLeaf({ ...own, reportingStratum: own.reportingStratum + 1 });
        tidyLots(leaves);
      },
    ],
    [
      'a lot that is not sorted',
      'lot',
      (leaves) =>
        void leaves.splice(
          leaves.findIndex(isResponse) + 1,
          0,
          ...leaves.splice(leaves.findIndex(isResponse), 1),
        ),
    ],
    ['a lot that is short', 'lot', (leaves) => void leaves.splice(leaves.findIndex(isResponse), 1)],
    ['an answer taken out, lots put right', 'dispositions', (leaves) => takeOne(leaves)],
    [
      'contents that are not those of the leaf',
      'contents-differ',
      (leaves) => {
        const leaf = leaves.find(counting)!;
        leaf.contents = leaf.contents!.with(16, leaf.contents![16] === 1 ? 2 : 1);
      },
    ],
    ['contents left out', 'contents-missing', (leaves) => void (leaves.find(counting)!.contents = null)],
    [
      'a revision twice',
      'revision',
      (leaves) => {
        const again = leaves.filter(isResponse).find((l) => decodeResponseLeaf(l.data).revision === 2)!;
        again.data = encodeResponseLeaf({ ...decodeResponseLeaf(again.data), revision: 1 });
        tidyLots(leaves);
      },
    ],
    ['a hidden late edit', 'late', (leaves) => void leaves.splice(leaves.findIndex(typeIs('late-edit')), 1)],
    [
      'more contacts declared ineligible than the stratum has, in two parts',
      'ineligible',
      (leaves) => {
        const { sampling } = bodyOf(leaves, 'issue');
        const stratum = sampling.find((s) => s.frameSize !== null && s.drawn > 1)!;
        const issued = stratum.drawn + stratum.replacements;
        const { proposedBy, proposedAt, by, at } = bodyOf(leaves, 'dates');
        const half = (n: number) => ({
          data: encodeStateLeaf('ineligible', {
            ...{ samplingStratum: stratum.no, contacts: n, issued: n, reason: '转学' },
            ...{ proposedBy, proposedAt, by, at },
          }),
          contents: null,
        });
        leaves.splice(leaves.findIndex(typeIs('dates')), 0, half(issued), half(1));
      },
    ],
    [
      'a seed that is not of root and dice',
      'seed',
      (leaves) => change(leaves, 'draw', (d) => void (d.seed = '11'.repeat(32))),
    ],
    [
      'a drawn sample that the seed does not give',
      'draw',
      (leaves) => change(leaves, 'issue', (i) => void (i.contacts = '22'.repeat(32))),
    ],
    [
      'more quota for one group than the profile gives',
      'draw',
      (leaves) => change(leaves, 'draw', (d) => void (d.quotas.parent = (d.quotas.parent ?? 0) + 1)),
    ],
    [
      'another list of codes',
      'issue',
      (leaves) => change(leaves, 'issue', (i) => void (i.codes[0]!.pseudonyms = '33'.repeat(32))),
    ],
    [
      'a void by one person',
      'two-people',
      (leaves) => change(leaves, 'void', (v) => void (v.by = { ...v.by, id: v.proposedBy.id })),
    ],
    [
      'a date change by one person',
      'two-people',
      (leaves) => change(leaves, 'dates', (v) => void (v.proposedBy = { id: v.by.id!, name: v.by.name })),
    ],
    [
      'first answers that were not counted so',
      'first-answers',
      (_leaves, before) => {
        const first = before.find((l) => 'first' in l)!;
        (first['first'] as unknown[]).pop();
      },
    ],
    [
      'another profile',
      'document',
      (_leaves, before) => {
        const profile = before.find((l) => l['document'] === 'profile')!;
        profile['body'] = (profile['body'] as string).replace('"minimumCell":5', '"minimumCell":4');
      },
    ],
    [
      'another school list',
      'document',
      (_leaves, before) => {
        const schools = before.find((l) => 'schools' in l)!['schools'] as { location: string }[];
        schools[0]!.location = 'rural';
      },
    ],
    [
      'a contact taken out of the roll',
      'frame-root',
      (_leaves, before) => {
        (before.find((l) => 'entries' in l)!['entries'] as unknown[]).splice(3, 1);
      },
    ],
    ['a second frame', 'order', (leaves) => void leaves.splice(5, 0, { ...leaves[0]! })],
    ['a second draw', 'order', (leaves) => void leaves.splice(2, 0, { ...leaves[1]! })],
    [
      'a lot after the keys died',
      'order',
      (leaves) => {
        const keys = leaves.splice(leaves.findIndex(typeIs('keys-destroyed')), 1);
        leaves.splice(leaves.findLastIndex(typeIs('lot')), 0, ...keys);
      },
    ],
  ];
  test.each(cases)('%s', async (_name, code, edit) => {
    const result = await verify(forge(survey, ({ leaves, before }) => void edit(leaves, before)));
    expect(result.ok).toBe(false);
    expect(codesOf(result)).toContain(code);
  });
});

describe('the file', () => {
  const codes = async (lines: readonly string[], more: readonly string[] = []) =>
    codesOf(await verify(lines, { checkpoints: more }));

  test('cut short, with a line missing or doubled, or with something after its end', async () => {
    const { lines } = survey;
    expect(await codes(lines.slice(0, -1))).toContain('truncated');
    expect(await codes(lines.slice(0, -40))).toContain('truncated');
    expect(await codes(lines.slice(0, 3))).toContain('truncated');
    expect(await codes([])).toContain('truncated');
    expect((await codes(lines.toSpliced(lines.length - 9, 1))).length).toBeGreaterThan(0);
    expect((await codes(lines.toSpliced(8, 0, lines[8]!))).length).toBeGreaterThan(0);
    expect(await codes([...lines, lines[3]!])).toContain('malformed');
    expect(await codes(['{'])).toContain('malformed');
    expect(await codes([lines[0]!, '{"h":"*","l":null}'])).toContain('malformed');
  });

  test('a second preimage: leaf bytes that look like a node', async () => {
    const { lines } = survey;
    const at = lines.findIndex((l) => l.includes('"h":'));
    const [a, b] = [lines[at]!, lines[at + 1]!].map((l) => (JSON.parse(l) as { h: string }).h);
    const node = Buffer.concat([Buffer.of(1), Buffer.from(a!, 'base64'), Buffer.from(b!, 'base64')]);
    for (const data of [node, node.subarray(1)]) {
      const forged = forge(
        survey,
        ({ leaves }) => void leaves.splice(0, 2, { data: new Uint8Array(data), contents: null }),
      );
      const result = await verify(forged, { checkpoints: [survey.opening] });
      expect(codesOf(result)).toEqual(expect.arrayContaining(['leaf-malformed', 'checkpoint-root']));
    }
  });

  test('an old checkpoint in place of the newest, or one of another log or key', async () => {
    const { lines, held } = survey;
    const notes = lines.filter((l) => l.startsWith('{"checkpoint"'));
    const last = notes.at(-1)!;
    expect(await codes(counted(lines.filter((l) => l !== last)))).toContain('checkpoint-missing');
    expect(await codes(counted(lines.map((l) => (l === last ? notes[0]! : l))))).toContain(
      'checkpoint-missing',
    );
    expect(await codes(lines, [held.replace(/\n\d+\n/, '\n3\n')])).toContain('checkpoint-signature');
    expect(await codes(lines, ['nonsense'])).toContain('checkpoint-signature');
    const foreign = await verify(lines, {
      key: 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
    });
    expect(codesOf(foreign)).toContain('key');
  });
});

/** The lines of one section, parsed. */
const linesOf = (kind: string) => survey.lines.filter((l) => l.startsWith(`{"${kind}":`));
const checkpointSizes = (lines: readonly string[]) =>
  lines.flatMap((l) =>
    l.startsWith('{"checkpoint":')
      ? [Number((JSON.parse(l) as { checkpoint: string }).checkpoint.split('\n')[1])]
      : [],
  );

describe('what nobody committed to is refused, though nothing in the log is touched', () => {
  const doubled = (kind: string) => (lines: readonly string[]) =>
    lines.toSpliced(
      lines.findLastIndex((l) => l.startsWith(`{"${kind}":`)),
      0,
      lines.find((l) => l.startsWith(`{"${kind}":`))!,
    );
  const replaced = (of: string, by: (line: string) => string) => (lines: readonly string[]) => {
    const at = lines.findIndex((l) => l.startsWith(of));
    const line = by(lines[at]!);
    expect(line).not.toBe(lines[at]);
    return lines.with(at, line);
  };
  const head = (from: RegExp, to: string) => replaced('{"manyi":', (line) => line.replace(from, to));
  const secondProfile = (lines: readonly string[]) => {
    const at = lines.findIndex((l) => l.startsWith('{"document":"profile"'));
    const { body } = JSON.parse(lines[at]!) as { body: string };
    const other = body.replace('"minimumCell":5', '"minimumCell":6');
    const hash = toHex(sha256(other));
    return lines.toSpliced(at + 1, 0, JSON.stringify({ document: 'profile', hash, body: other }));
  };

  const cases: readonly (readonly [string, FindingCode, (lines: readonly string[]) => readonly string[]])[] =
    [
      ['a second list of schools', 'malformed', doubled('schools')],
      ['first answers twice', 'malformed', doubled('first')],
      ['an unknown section', 'malformed', (lines) => lines.toSpliced(1, 0, '{"remark":"all is well"}')],
      ['an unknown member of the first line', 'malformed', head(/\}$/, ',"remark":"all is well"}')],
      [
        'an unknown member of a leaf',
        'malformed',
        replaced('{"l":', (l) => l.replace(/\}$/, ',"note":"x"}')),
      ],
      ['a second profile', 'document', secondProfile],
      ['the same profile twice', 'document', doubled('document')],
      [
        'a document of a kind that is none',
        'malformed',
        replaced('{"document":"profile"', (l) => l.replace('"profile"', '"remark"')),
      ],
      [
        'a questionnaire in place of another',
        'document',
        (lines) => {
          const at = lines.findIndex((l) => l.startsWith('{"document":"questionnaire"'));
          return lines.toSpliced(at, 2, lines[at + 1]!, lines[at]!);
        },
      ],
      [
        'a document with a space, which hashes to the same once it is parsed',
        'document',
        replaced('{"document":"profile"', (l) => l.replace('"body":"{', '"body":"{ ')),
      ],
      [
        'a document whose member stands there twice',
        'document',
        replaced('{"document":"profile"', (l) => l.replace('"body":"{', '"body":"{\\"decimals\\":1,')),
      ],
      [
        'a middle checkpoint dropped',
        'checkpoint-dropped',
        (lines) => {
          const notes = linesOf('checkpoint');
          return lines.filter((l) => l !== notes[Math.floor(notes.length / 2)]);
        },
      ],
      [
        'checkpoints in another order',
        'malformed',
        (lines) => {
          const at = lines.findIndex((l) => l.startsWith('{"checkpoint":'));
          return lines.toSpliced(at, 2, lines[at + 1]!, lines[at]!);
        },
      ],
      ['CRLF', 'malformed', (lines) => lines.map((l) => `${l}\r`)],
      ['one CRLF', 'malformed', replaced('{"schools":', (l) => `${l}\r`)],
      ['another time of the hand-over', 'head', head(/"exportedAt":(\d+)/, '"exportedAt":1$1')],
      [
        'a time of the hand-over one millisecond later',
        'head',
        (lines) => {
          const { exportedAt } = JSON.parse(lines[0]!) as { exportedAt: number };
          return lines.with(0, lines[0]!.replace(String(exportedAt), String(exportedAt + 1)));
        },
      ],
      ['a bundle with answers that calls itself one without', 'head', head(/"version":1/, '"version":2')],
      ['a key of another log', 'head', head(/"county":"\d+"/, '"county":"990199"')],
      ['a byte order mark', 'malformed', (lines) => lines.with(0, `\ufeff${lines[0]!}`)],
      [
        'members in another order',
        'malformed',
        replaced('{"l":', (l) => l.replace(/^\{("l":"[^"]+"),("h":"[^"]+")/, '{$2,$1')),
      ],
      ['a member twice', 'malformed', replaced('{"schools":', (l) => `{"schools":[],${l.slice(1)}`)],
      ['a needless escape', 'malformed', replaced('{"schools":', (l) => l.replace('"name"', '"n\\u0061me"'))],
      ['a space', 'malformed', replaced('{"entries":', (l) => l.replace(':', ': '))],
      [
        'an empty line of entries',
        'malformed',
        (lines) => lines.toSpliced(lines.indexOf(linesOf('entries')[0]!), 0, '{"entries":[]}'),
      ],
      [
        'an empty line of codes',
        'malformed',
        (lines) => lines.toSpliced(lines.indexOf(linesOf('issued')[0]!), 0, '{"issued":""}'),
      ],
      [
        'contents on a leaf that has none',
        'leaf-malformed',
        replaced('{"l":', (l) => l.replace(/\}$/, ',"c":"AAAA"}')),
      ],
      ['no list of schools', 'document', (lines) => lines.filter((l) => !l.startsWith('{"schools":'))],
    ];
  test.each(cases)('%s', async (_name, code, edit) => {
    const edited = counted(edit(survey.lines)).map((l, _i, all) =>
      // With the line feeds of the others.
      l.startsWith('{"end"') && all[0]!.endsWith('\r') ? `${l}\r` : l,
    );
    const result = await verify(edited);
    expect(result.status).toBe('refused');
    expect(codesOf(result), JSON.stringify(result.findings)).toContain(code);
  });

  test('the time of an earlier hand-over', async () => {
    const { world, id, county, lines } = survey;
    world.passTime(1000);
    const again = await bundleLines(world.deps, world, id, county);
    expect(await verify(again)).toMatchObject({ ok: true });
    const times = [lines, again].map((l) => (JSON.parse(l[0]!) as { exportedAt: number }).exportedAt);
    expect(times[1]).toBeGreaterThan(times[0]!);
    const edited = again.with(0, again[0]!.replace(String(times[1]), String(times[0])));
    expect(codesOf(await verify(edited))).toEqual(['head']);
  });

  test('a list of schools is asked for even where it is committed to as empty', async () => {
    const result = await verify(counted(survey.lines.filter((l) => !l.startsWith('{"schools":'))));
    expect(codesOf(result)).toContain('document');
  });
});

describe('a log that was cut by somebody without any key', () => {
  /** At the last checkpoint that is not after the first leaf of the type. */
  function cutBefore(type: StateLeafType): readonly string[] {
    const leaves = linesOf('l');
    const at = leaves.findIndex((l) => {
      const data = new Uint8Array(Buffer.from((JSON.parse(l) as { l: string }).l, 'base64'));
      return leafTypeOf(data) === type;
    });
    const size = checkpointSizes(survey.lines).findLast((n) => n <= at)!;
    let no = 0;
    const lines = survey.lines.filter((l) =>
      l.startsWith('{"checkpoint":')
        ? checkpointSizes([l])[0]! <= size
        : !l.startsWith('{"l":') || no++ < size,
    );
    return counted(lines.with(0, lines[0]!.replace(/"leaves":\d+/, `"leaves":${size}`)));
  }

  test.each(['keys-destroyed', 'closed', 'bundle'] as const)(
    'before %s: incomplete, and no figure',
    async (type) => {
      const result = await verify(cutBefore(type));
      expect(result).toMatchObject({ ok: false, status: 'incomplete', summary: null });
      expect(result.findings.map((f) => [f.code, f.expected])).toEqual([['incomplete', type]]);
      // An older checkpoint does not tell of what came later.
      expect(await verify(cutBefore(type), { checkpoints: [survey.opening] })).toMatchObject({
        status: 'incomplete',
        held: 1,
      });
      // A newer one does.
      const newest = (JSON.parse(linesOf('checkpoint').at(-1)!) as { checkpoint: string }).checkpoint;
      const seen = await verify(cutBefore(type), { checkpoints: [newest] });
      expect(seen.status).toBe('refused');
      expect(codesOf(seen)).toContain('checkpoint-beyond');
    },
  );

  test('by somebody with every key: incomplete', async () => {
    const forged = forge(
      survey,
      ({ leaves }) => void leaves.splice(leaves.findIndex(typeIs('keys-destroyed'))),
    );
    expect(await verify(forged)).toMatchObject({ status: 'incomplete', summary: null });
    const seen = await verify(forged, { checkpoints: [survey.held] });
    expect(seen).toMatchObject({ status: 'incomplete', held: 1 });
  });
});

describe('the report', () => {
  const codes = (list: readonly { readonly code: string }[]) => list.map((c) => c.code);

  test('says what follows and what does not, by what was given', async () => {
    const alone = await verify(survey.lines);
    const { follows, open } = conclusionsOf(alone);
    expect(codes(follows)).toEqual(['log', 'draw', 'codes', 'answers', 'figures', 'nothing-else']);
    expect(codes(open)).toEqual([
      'outside',
      'key',
      'person',
      'roll',
      'before-lot',
      'first',
      'stated',
      'witnesses',
      'after',
    ]);
    const { key } = JSON.parse(survey.lines[0]!) as { key: string };
    const held = conclusionsOf(
      await verify(survey.lines, { checkpoints: [survey.opening, survey.held], key }),
    );
    const [size] = checkpointSizes([JSON.stringify({ checkpoint: survey.held })]);
    expect(held.follows.find((c) => c.code === 'held')?.params).toEqual({ held: 2, largest: size });
    expect(codes(held.open)).not.toContain('outside');
    expect(codes(held.open)).not.toContain('key');
    expect(held.open.find((c) => c.code === 'since-held')?.params).toEqual({
      from: size,
      to: alone.size - 1,
    });
  });

  test('of a cut log gives no figure; of a refused one nothing follows', async () => {
    const cut = await verify(
      forge(survey, ({ leaves }) => void leaves.splice(leaves.findIndex(typeIs('closed')))),
    );
    expect(codes(conclusionsOf(cut).follows)).toEqual(['log-so-far', 'draw', 'codes']);
    expect(codes(conclusionsOf(cut).open)).toContain('end');
    const refused = await verify(survey.lines.slice(0, -1));
    expect(conclusionsOf(refused)).toEqual({ follows: [], open: [] });
    for (const say of [sayIn('en'), sayIn('zh')]) {
      const [whole, part, bad] = [await verify(survey.lines), cut, refused].map((v) =>
        reportLines(v, say).join('\n'),
      );
      expect(whole).toContain(say('verify.status.verified'));
      expect(whole).toContain(say('verify.open.person'));
      expect(part).toContain(say('verify.status.incomplete'));
      expect(part).not.toContain(say('verify.follows.figures'));
      expect(bad).toContain(say('verify.status.refused', { findings: 1 }));
      for (const text of [whole!, part!, bad!]) expect(text).not.toMatch(/verify\.|\{\w+\}/);
    }
  });
});

describe('the database', () => {
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'manyi-attack-'));
    await survey.world.storage.backup(join(folder, 'manyi.db'), []);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** What the service would hand to an inspector after somebody edited its file. */
  async function afterEdit(edit: (raw: Database.Database) => void): Promise<Verification> {
    const copy = mkdtempSync(join(tmpdir(), 'manyi-attack-'));
    try {
      cpSync(join(folder, 'manyi.db'), join(copy, 'manyi.db'));
      const raw = new Database(join(copy, 'manyi.db'));
      edit(raw);
      raw.close();
      const storage = await openCopy(copy);
      const { world, id, county, held } = survey;
      const lines = await bundleLines({ ...world.deps, storage }, world, id, county);
      await storage.close();
      return await verify(lines, { checkpoints: [held] });
    } finally {
      rmSync(copy, { recursive: true, force: true });
    }
  }
  // Of the sample: a late code is in a leaf itself, so its row in `issued` is not in the bundle.
  const some = `(SELECT r.pseudonym FROM responses r JOIN issued i ON i.pseudonym = r.pseudonym
    WHERE r.answers IS NOT NULL AND r.channel = 0 AND i.counted_set = 'drawn' ORDER BY r.pseudonym LIMIT 1)`;

  test('left alone', async () => {
    expect(await afterEdit(() => undefined)).toMatchObject({ ok: true, held: 1 });
  });

  test('carried over from the schema before, where every response had a leaf row of its own', async () => {
    let pieces: readonly number[] = [];
    const result = await afterEdit((raw) => {
      const packs = raw.prepare('SELECT campaign, county, no, data FROM evidence_references').all() as {
        campaign: number;
        county: string;
        no: number;
        data: Buffer;
      }[];
      const put = raw.prepare('INSERT INTO evidence_leaves VALUES (?, ?, ?, 1, ?)');
      for (const { campaign, county, no, data } of packs)
        for (let i = 0; i * 20 < data.length; i++)
          put.run(campaign, county, no + i, data.subarray(i * 20, (i + 1) * 20));
      raw.exec('DROP TABLE evidence_references; VACUUM;');
      // That one alone: what later ones changed is there.
      const [step] = readMigrations().filter((m) => m.tag.startsWith('0007'));
      raw.exec(step!.sql.replaceAll('--> statement-breakpoint', ''));
      expect(raw.prepare('SELECT count(*) FROM evidence_leaves WHERE type = 1').pluck().get()).toBe(0);
      pieces = raw
        .prepare('SELECT length(data) / 20 FROM evidence_references ORDER BY no')
        .pluck()
        .all() as number[];
    });
    expect(result).toMatchObject({ ok: true, held: 1 });
    // Full ones, and what is left of a run: no row a leaf.
    expect(Math.max(...pieces)).toBe(48);
    expect(pieces.reduce((a, b) => a + b, 0)).toBe(result.responses);
  });

  test.each([
    [
      'an answer altered',
      'leaf-differs',
      `UPDATE responses SET answers = zeroblob(length(answers)) WHERE pseudonym = ${some} AND answers IS NOT NULL`,
    ],
    ['an answer deleted', 'leaf-missing', `DELETE FROM responses WHERE pseudonym = ${some}`],
    [
      'another school',
      'leaf-differs',
      `UPDATE responses SET reporting_stratum = reporting_stratum + 1 WHERE pseudonym = ${some}`,
    ],
    ['a channel changed', 'leaf-differs', `UPDATE responses SET channel = 3 WHERE pseudonym = ${some}`],
    ['a code invented', 'issue', `UPDATE issued SET pseudonym = randomblob(16) WHERE pseudonym = ${some}`],
    ['a leaf deleted', 'leaf-missing', 'DELETE FROM evidence_leaves WHERE type = 9'],
    [
      'a leaf rewritten',
      'leaf-differs',
      `UPDATE evidence_leaves SET data = CAST(replace(CAST(data AS TEXT), 'operator2', 'operator9') AS BLOB) WHERE type = 10`,
    ],
    [
      'a contact of the roll deleted',
      'frame-root',
      'DELETE FROM contacts WHERE late = 0 AND slip_no IS NULL AND sealed_code IS NULL AND entry = (SELECT min(entry) FROM contacts WHERE late = 0 AND slip_no IS NULL AND sealed_code IS NULL)',
    ],
    [
      'a school moved to the countryside',
      'document',
      "UPDATE schools SET location = 'rural' WHERE id = 'S1'",
    ],
  ] as const)('%s', async (_name, code, sql) => {
    const result = await afterEdit((raw) => {
      raw.pragma('foreign_keys = OFF');
      raw.exec(sql);
    });
    expect(result.ok).toBe(false);
    expect(codesOf(result)).toContain(code);
    const finding = result.findings.find((f) => f.code === code)!;
    if (code.startsWith('leaf-')) expect(finding.leaf).toBeGreaterThan(0);
  });

  test('rewritten whole with a fresh tree: one old checkpoint held outside tells', async () => {
    const result = await afterEdit((raw) => {
      // The survey as it would be without its first lot's first answer, hashed anew from leaf 0.
      raw.exec('DELETE FROM checkpoints; DELETE FROM cosignatures;');
      const victim = raw.prepare('SELECT min(no) FROM evidence_references').pluck().get() as number;
      raw.prepare('UPDATE evidence_references SET data = substr(data, 21) WHERE no = ?').run(victim);
      raw.prepare('UPDATE evidence_references SET no = no - 1 WHERE no > ?').run(victim);
      raw.prepare('UPDATE evidence_leaves SET no = no - 1 WHERE no > ?').run(victim);
      const lot = raw
        .prepare('SELECT data FROM evidence_leaves WHERE no = ?')
        .pluck()
        .get(victim - 1) as Buffer;
      const { body } = decodeStateLeaf(new Uint8Array(lot)) as Extract<StateLeaf, { type: 'lot' }>;
      raw
        .prepare('UPDATE evidence_leaves SET data = ? WHERE no = ?')
        .run(encodeStateLeaf('lot', { ...body, responses: body.responses - 1 }), victim - 1);
      rebuild(raw);
    });
    expect(codesOf(result)).toContain('checkpoint-root');
    expect(codesOf(result)).not.toContain('leaf-differs');
  });

  test('checkpoints deleted before the hand-over are missed: earlier leaves say that they were signed', async () => {
    const result = await afterEdit((raw) =>
      raw.exec(
        'DELETE FROM cosignatures; DELETE FROM checkpoints WHERE size < (SELECT max(size) FROM checkpoints)',
      ),
    );
    expect(codesOf(result)).toEqual(['checkpoint-dropped']);
  });
});
