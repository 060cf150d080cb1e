/**
 * A verifier that was written from the format's document alone, in another language, agrees with ours: on what verifies, with the same figures; and on what was
 * corrupted, which neither takes.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fileLines } from '../../../src/cli/verifier/file-lines.ts';
import {
  decodeResponseLeaf,
  decodeStateLeaf,
  encodeResponseLeaf,
  encodeStateLeaf,
  leafTypeOf,
  type StateLeafBody,
  type StateLeafType,
} from '../../../src/domain/evidence/leaf.ts';
import { leafHash } from '../../../src/domain/evidence/merkle.ts';
import { collapseStrata } from '../../../src/domain/scoring/estimate/collapse.ts';
import type { Verification } from '../../../src/domain/evidence/verify/verification.ts';
import { parseForm } from '../../../src/domain/questionnaire/answers.ts';
import { compileQuestionnaire } from '../../../src/domain/questionnaire/compile.ts';
import { questionnaireSchema } from '../../../src/domain/questionnaire/template.ts';
import { computeQuota } from '../../../src/domain/scoring/rules/quota.ts';
import { formulaItems, type Formula } from '../../../src/domain/scoring/rules/formula.ts';
import { encodeTally } from '../../../src/domain/scoring/tally/tally-bytes.ts';
import { createTally, foldAnswers } from '../../../src/domain/scoring/tally/tally.ts';
import { readProfile } from '../../domain/scoring/profiles.ts';
import { verifyBundle } from '../../../src/domain/evidence/verify/verify-bundle.ts';
import { roundValue } from '../../../src/domain/scoring/format.ts';
import { bundleLines, counted, forge, type ForgedLeaf } from '../../support/evidence.ts';
import { goldenCampaign, type GoldenCampaign } from '../../support/golden-campaign.ts';
import { countyA } from '../../support/world.ts';
import { seededRandom } from '../../support/cutting-proxy.ts';
import { hasPython, needsPython, runCollapse, runIndependent, runQuotas, runTally } from './run.ts';

const directory = mkdtempSync(join(tmpdir(), 'manyi-independent-'));
let golden: GoldenCampaign;
/** Of a campaign with voids, ineligible contacts, late additions, flags, test contacts and open links; before and after its storage period. */
let lines: readonly string[];
let erased: readonly string[];

beforeAll(async () => {
  if (!hasPython) return;
  golden = await goldenCampaign();
  lines = golden.lines;
  await golden.expire();
  erased = await bundleLines(golden.world.deps, golden.world, golden.id, countyA);
});
afterAll(async () => {
  await golden?.world.close();
  rmSync(directory, { recursive: true, force: true });
});

function write(name: string, content: readonly string[] | Uint8Array): string {
  const path = join(directory, name);
  writeFileSync(path, content instanceof Uint8Array ? content : content.map((line) => `${line}\n`).join(''));
  return path;
}
const verifyFile = (path: string): Promise<Verification> => verifyBundle(() => fileLines(path));

/** Both on the same files, ours first. */
async function both(files: readonly string[]) {
  const ours: Verification[] = [];
  for (const file of files) ours.push(await verifyFile(file));
  return { ours, theirs: await runIndependent(files) };
}

describe.skipIf(!hasPython)(`the independent verifier${needsPython}`, () => {
  test('is at most 400 lines and imports nothing but the standard library', () => {
    const read = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8').trimEnd();
    const text = read('verify.py');
    expect(text.split('\n').length).toBeLessThanOrEqual(400);
    expect(read('ed25519.py').split('\n').length).toBeLessThanOrEqual(40);
    const imported = [
      ...`${text}\n${read('ed25519.py')}`.matchAll(/^(?:import|from) (.+?)(?: import .*)?$/gm),
    ].flatMap((m) => m[1]!.split(', '));
    expect([...new Set(imported)].sort()).toEqual(
      ['base64', 'collections', 'decimal', 'ed25519', 'functools', 'hashlib', 'json', 'math', 'sys'].sort(),
    );
  });

  test('collapses strata as ours does, in 500 groups', async () => {
    const random = seededRandom(27);
    const below = (n: number) => Math.floor(random() * n);
    const lists = Array.from({ length: 500 }, () => {
      const places = [['urban', 'town', 'rural'] as const, ['town', null] as const, [null] as const][
        below(3)
      ]!;
      const grades = Array.from({ length: 1 + below(9) }, (_, i) => (i === 0 ? null : i));
      return places.flatMap((place) =>
        grades.flatMap((grade) => (below(6) === 0 ? [] : [[place, grade, below(9)] as const])),
      );
    });
    const ours = lists.map((rows) => {
      const strata = rows.map(([location, grade], no) => ({ no, location, grade }));
      const found = collapseStrata(strata, (no) => rows[no]![2], 5);
      return [...new Set(found.values())].sort((a, b) => a[0]! - b[0]!);
    });
    expect(ours.filter((cells, i) => cells.length < lists[i]!.length).length).toBeGreaterThan(300);
    expect(await runCollapse(lists, 5)).toEqual(ours);
  });

  test('gives the same quotas where a campaign has raised them', async () => {
    const random = seededRandom(16);
    const below = (n: number) => Math.floor(random() * n);
    const cases = Array.from({ length: 200 }, (_, i) => {
      const profile = readProfile(i % 2 === 0 ? 'basic-2012' : 'basic-2012-county');
      const from = 100 + below(900);
      const raised = { from, to: from + 1 + below(2 * from) };
      const people = Object.fromEntries(profile.groups.map(({ group }) => [group, below(800)]));
      const quota = i % 10 < 2 ? profile.quota : { ...profile.quota, raised };
      return [{ ...profile, quota }, 100_000 + below(900_000), people] as const;
    });
    const ours = cases.map(([profile, residents, people]) => {
      const found = computeQuota(profile, residents, people);
      if (!found.ok) throw new Error(found.why);
      return [Object.fromEntries(found.groups.map((g) => [g.group, g.quota])), found.moves];
    });
    expect(await runQuotas(cases)).toEqual(ours);
  });

  test('counts a shipped questionnaire’s sheets as ours does, and looks at the same items', async () => {
    const random = seededRandom(15);
    const folder = new URL('../../../survey-templates/', import.meta.url);
    const names = readdirSync(folder).filter((name) => /-201[27]\.json$/.test(name));
    expect(names.length).toBe(11);
    const base = readProfile('basic-2012').formulas[0]!;
    for (const name of names) {
      const document = questionnaireSchema.parse(JSON.parse(readFileSync(new URL(name, folder), 'utf8')));
      const q = compileQuestionnaire(document);
      const tally = createTally(q);
      const sheets = Array.from({ length: 40 }, () => {
        const fields = document.items.flatMap((item): [string, string][] => {
          if (item.type !== 'rating' && item.type !== 'single') return [];
          const { options } = item.type === 'rating' ? document.scales[item.scale]! : item;
          const option = options[Math.floor(random() * options.length)]!.id;
          return random() < 0.1 ? [] : [[item.id, option]];
        });
        const parsed = parseForm(q, fields, { partial: true });
        if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
        foldAnswers(tally, q, parsed.bytes, 1);
        return Buffer.from(parsed.bytes).toString('hex');
      });
      const formulas: Formula[] = [
        base,
        { ...base, named: true },
        ...q.dimensions.map((dimension) => ({ ...base, dimension })),
        { ...base, items: ['workload', 'overall'] },
      ];
      expect(tally.plan.scopes).toBeGreaterThan(1 + q.dimensions.length);
      expect(await runTally(document, sheets, formulas)).toEqual([
        Buffer.from(encodeTally(tally)).toString('hex'),
        formulas.map((formula) => formulaItems(formula, q).map((index) => q.items[index]!.id)),
      ]);
    }
  });

  test('takes what ours takes, with the same root, numbers and figure', async () => {
    const folder = new URL('../../fixtures/', import.meta.url);
    const unzip = (name: string) => gunzipSync(readFileSync(new URL(name, folder)));
    const old = readdirSync(new URL('bundles/', folder)).filter((name) => name.endsWith('.gz'));
    const files = [
      write('golden', lines),
      write('erased', erased),
      // Taken apart and put together again: what is refused below is refused for what was changed.
      write(
        'again',
        forge({ lines, world: golden.world }, () => undefined),
      ),
      write('golden-before', unzip('golden/bundle.jsonl.gz')),
      ...old.map((name) => write(name, unzip(`bundles/${name}`))),
    ];
    expect(files.length).toBe(15);
    const { ours, theirs } = await both(files);
    for (const [i, own] of ours.entries()) {
      const other = theirs[i]!;
      expect(own.findings, files[i]).toEqual([]);
      expect(other, files[i]).toMatchObject({
        ok: true,
        root: own.root,
        responses: own.responses,
        respondents: own.respondents,
      });
      const { official, profile, threshold } = own.summary!;
      expect(official.kind, files[i]).toBe('estimate');
      // By rule 1, a county's figure has all its digits.
      const rounding = { decimals: profile.decimals, threshold: threshold.value };
      const digits = (value: number) => (own.rules.disclosure === 1 ? value : roundValue(value, rounding));
      if (own.erasedAt === null) expect(official, files[i]).toMatchObject({ value: digits(other.official!) });
    }
    expect(await runIndependent(files, 'reporting_strata.py')).toEqual(
      files.map((file) => ({ file, ok: true })),
    );
    const [{ events }] = ours as [Verification];
    for (const type of [
      'void',
      'ineligible',
      'late-edit',
      'late-issue',
      'flag',
      'links',
      'canaries',
    ] as const)
      expect(
        events.some((e) => e.type === type),
        type,
      ).toBe(true);
    // A checkpoint from outside, and one of another log.
    const note = (of: readonly string[]) =>
      (JSON.parse(of.find((l) => l.startsWith('{"checkpoint"'))!) as { checkpoint: string }).checkpoint;
    const foreign = unzip(`bundles/${old[0]!}`).toString('utf8').split('\n');
    for (const [name, text, ok] of [
      ['held', note(lines), true],
      ['foreign', note(foreign), false],
    ] as const) {
      const option = ['--checkpoint', write(name, Buffer.from(text))];
      expect((await runIndependent([files[0]!], 'verify.py', option))[0]!.ok, name).toBe(ok);
    }
  });

  test('refuses 100 corrupted bundles, as ours does', { timeout: 180_000 }, async () => {
    const random = seededRandom(20_261_129);
    const originals = [lines, erased];
    const made = Array.from({ length: 100 }, (_, i) => {
      const { what, bytes } = corrupt(originals[i % 4 === 3 ? 1 : 0]!, random, i);
      return { what: `${i} ${what}`, file: write(`corrupted-${i}`, bytes) };
    });
    const { ours, theirs } = await both(made.map((m) => m.file));
    const taken = made.flatMap(({ what }, i) =>
      ours[i]!.ok || theirs[i]!.ok ? [{ what, ours: ours[i]!.ok, theirs: theirs[i]!.ok }] : [],
    );
    expect(taken).toEqual([]);
  });

  test('refuses what somebody with every key forged, and says why', async () => {
    const made = forgeries().map(([name, edit]) => ({
      name,
      file: write(
        `forged ${name}`,
        forge({ lines, world: golden.world }, ({ leaves }) => edit(leaves)),
      ),
    }));
    const { ours, theirs } = await both(made.map((m) => m.file));
    expect(
      made.map(
        ({ name }, i) =>
          `${name}: ${ours[i]!.findings[0]?.code} | ${theirs[i]!.fault?.replace(/leaf \d+/, 'leaf N')}`,
      ),
    ).toEqual([
      'another roll: frame-root | Fault: root of the roll',
      'another list of schools: document | Fault: schools, county',
      'another seed: seed | Fault: dice or seed',
      'dice of one face: seed | Fault: dice or seed',
      'more quota: draw | Fault: the draw gives other strata',
      'N of a stratum: draw | Fault: the draw gives other strata',
      'replacements of a stratum: issue | Fault: the draw gives other strata',
      'issued codes of a reporting stratum: issue | Fault: codes by reporting stratum',
      'name of a reporting stratum: draw | undefined',
      'other contacts: draw | Fault: the draw gives other contacts',
      'other codes: issue | Fault: codes',
      'one drawn code less: issue | Fault: codes',
      'late codes in the sample: late | Fault: late codes',
      'late codes without contacts: late | Fault: late contacts',
      'a void by one: two-people | Fault: void by one person',
      'ineligible by one: two-people | Fault: ineligible by one person',
      'too many ineligible: ineligible | Fault: ineligible',
      'respondents at close: dispositions | Fault: dispositions',
      'valid answers at close: dispositions | Fault: dispositions',
      're-answers set to none: dispositions | Fault: answers given again',
      'other first answers: first-answers | Fault: first answers',
      'a checkpoint that is not there: checkpoint-dropped | Fault: a checkpoint was dropped',
      'another time of the hand-over: head | Fault: exportedAt',
      'no closing: order | Fault: dispositions too early',
      'no link: not-issued | Fault: leaf N of no code of its stratum',
      'the second lot left out: lot | Fault: leaf N in its lot',
      'an answer taken out: revision | Fault: revisions of a respondent',
      'an answer without contents: contents-missing | Fault: contents of a respondent',
      'contents of another: contents-differ | Fault: revision or contents of leaf N',
      'an invented code: not-issued | Fault: leaf N of no code of its stratum',
      'another stratum: wrong-stratum | Fault: leaf N of no code of its stratum',
      'a revision skipped: revision | Fault: revision or contents of leaf N',
    ]);
    // Names and merging of reporting strata are the other script's.
    const renamed = made.find(({ name }) => name.startsWith('name of'))!.file;
    expect(await runIndependent([renamed], 'reporting_strata.py')).toEqual([{ file: renamed, ok: false }]);
  });
});

// Corrupted by chance --------------------------------------------------------------------------------------------------

type Random = ReturnType<typeof seededRandom>;

function corrupt(
  of: readonly string[],
  random: Random,
  no: number,
): { readonly what: string; readonly bytes: Uint8Array } {
  const pick = (n: number) => Math.floor(random() * n);
  // Every kind of line alike, for most lines are leaves. The last one is counted anew where lines come or go.
  const kinds = [...new Set(of.map(kindOf))].filter((k) => k !== 'end' || no % 5 === 0 || no % 5 === 4);
  const kind = kinds[pick(kinds.length)]!;
  const candidates = of.flatMap((line, i) => (kindOf(line) === kind ? [i] : []));
  const at = candidates[pick(candidates.length)]!;
  const bytesOf = (list: readonly string[]) => Buffer.from(list.map((line) => `${line}\n`).join(''));
  switch (no % 5) {
    case 0: {
      const bytes = bytesOf(of);
      const from = bytesOf(of.slice(0, at)).length;
      const place = from + pick(Buffer.byteLength(of[at]!) + 1);
      bytes[place]! ^= 1 << pick(8);
      return { what: `a bit of ${kind}`, bytes };
    }
    case 1:
      return { what: `${kind} dropped`, bytes: bytesOf(counted(of.toSpliced(at, 1))) };
    case 2:
      return { what: `${kind} twice`, bytes: bytesOf(counted(of.toSpliced(at, 0, of[at]!))) };
    case 3: {
      const other = pick(of.length - 2) + 1;
      const place = other === at ? (at === 1 ? 2 : at - 1) : other;
      const swapped = of.with(at, of[place]!).with(place, of[at]!);
      return { what: `${kind} and ${kindOf(of[place]!)} swapped`, bytes: bytesOf(counted(swapped)) };
    }
    default: {
      // Two members of one line, or the same member of two lines.
      const values = Object.entries(JSON.parse(of[at]!) as object);
      const fields = values.length > 1 ? pick(values.length) : -1;
      if (fields >= 0) {
        const [a, b] = [values[fields]!, values[(fields + 1) % values.length]!];
        const swapped = Object.fromEntries(
          values.map(([k, v]) => [k, k === a[0] ? b[1] : k === b[0] ? a[1] : v]),
        );
        return {
          what: `${a[0]} and ${b[0]} of ${kind} swapped`,
          bytes: bytesOf(of.with(at, JSON.stringify(swapped))),
        };
      }
      const doubled = of[at]!.replace('{', `{${of[at]!.slice(1, -1)},`);
      return { what: `the member of ${kind} twice`, bytes: bytesOf(of.with(at, doubled)) };
    }
  }
}
const kindOf = (line: string) => /^\{"(\w+)":/.exec(line)![1]!;

// Forged with every key ------------------------------------------------------------------------------------------------

function forgeries(): readonly (readonly [string, (leaves: ForgedLeaf[]) => void])[] {
  const isResponse = (leaf: ForgedLeaf) => leafTypeOf(leaf.data) === 'response';
  const find = (leaves: ForgedLeaf[], type: StateLeafType) =>
    leaves.findIndex((l) => leafTypeOf(l.data) === type);
  const change =
    <T extends StateLeafType>(type: T, edit: (body: StateLeafBody<T>) => void) =>
    (leaves: ForgedLeaf[]) => {
      const leaf = leaves[find(leaves, type)]!;
      const body = structuredClone(decodeStateLeaf(leaf.data).body) as StateLeafBody<T>;
      edit(body);
      leaf.data = encodeStateLeaf(type, body as never);
    };
  /** Lots' order and number put right, as a careful forger would. */
  const tidy = (leaves: ForgedLeaf[]) => {
    for (let i = 0; i < leaves.length; i++) {
      if (leafTypeOf(leaves[i]!.data) !== 'lot') continue;
      let to = i + 1;
      while (to < leaves.length && isResponse(leaves[to]!)) to++;
      const lot = leaves.slice(i + 1, to).sort((a, b) => Buffer.compare(leafHash(a.data), leafHash(b.data)));
      leaves.splice(i + 1, lot.length, ...lot);
      const body = decodeStateLeaf(leaves[i]!.data).body as StateLeafBody<'lot'>;
      leaves[i]!.data = encodeStateLeaf('lot', { ...body, responses: lot.length });
    }
  };
  const response =
    (edit: (own: ReturnType<typeof decodeResponseLeaf>) => Partial<ReturnType<typeof decodeResponseLeaf>>) =>
    (leaves: ForgedLeaf[]) => {
      const leaf = leaves.find(
        (l) => isResponse(l) && l.contents !== null && decodeResponseLeaf(l.data).channel === 'web',
      )!;
      const own = decodeResponseLeaf(leaf.data);
      leaf.data = encodeResponseLeaf({ ...own, ...edit(own) });
      tidy(leaves);
    };
  const without = (type: StateLeafType) => (leaves: ForgedLeaf[]) =>
    void leaves.splice(find(leaves, type), 1);
  return [
    ['another roll', change('frame', (b) => void (b.root = '00'.repeat(32)))],
    ['another list of schools', change('frame', (b) => void (b.schools = '00'.repeat(32)))],
    ['another seed', change('draw', (b) => void (b.seed = '11'.repeat(32)))],
    ['dice of one face', change('draw', (b) => void (b.dice = '1'.repeat(20)))],
    ['more quota', change('draw', (b) => void (b.quotas.parent = b.quotas.parent! + 1))],
    [
      'N of a stratum',
      change('issue', (b) => void (b.sampling[0]!.frameSize = b.sampling[0]!.frameSize! + 9)),
    ],
    ['replacements of a stratum', change('issue', (b) => void (b.sampling[0]!.replacements += 1))],
    ['issued codes of a reporting stratum', change('issue', (b) => void (b.reporting[0]!.issued.drawn += 1))],
    ['name of a reporting stratum', change('issue', (b) => void (b.reporting[0]!.name = 'x'))],
    ['other contacts', change('issue', (b) => void (b.contacts = '22'.repeat(32)))],
    ['other codes', change('issue', (b) => void (b.codes[0]!.pseudonyms = '33'.repeat(32)))],
    ['one drawn code less', change('issue', (b) => void (b.codes[0]!.count -= 1))],
    ['late codes in the sample', change('late-issue', (b) => void (b.codes[0]!.set = 'drawn'))],
    ['late codes without contacts', without('late-edit')],
    ['a void by one', change('void', (b) => void (b.by = { ...b.by, id: b.proposedBy.id }))],
    ['ineligible by one', change('ineligible', (b) => void (b.by = { ...b.by, id: b.proposedBy.id }))],
    ['too many ineligible', change('ineligible', (b) => void (b.contacts = 100_000))],
    ['respondents at close', change('dispositions', (b) => void (b.strata[0]!.answered += 1))],
    ['valid answers at close', change('dispositions', (b) => void (b.strata[0]!.valid += 1))],
    [
      're-answers set to none',
      change('dispositions', (b) => b.reanswers.forEach((r) => void (r.reanswered = 0))),
    ],
    ['other first answers', change('dispositions', (b) => void (b.first = '44'.repeat(32)))],
    ['a checkpoint that is not there', change('bundle', (b) => b.checkpoints!.push(3))],
    ['another time of the hand-over', change('bundle', (b) => void (b.at += 1))],
    ['no closing', without('closing')],
    ['no link', without('links')],
    [
      'the second lot left out',
      (leaves) => {
        const at = leaves.findLastIndex((l) => leafTypeOf(l.data) === 'lot');
        leaves.splice(at, 1);
      },
    ],
    [
      'an answer taken out',
      (leaves) => {
        leaves.splice(
          leaves.findIndex((l) => isResponse(l) && l.contents !== null),
          1,
        );
        tidy(leaves);
      },
    ],
    [
      'an answer without contents',
      (leaves) => void (leaves.find((l) => l.contents !== null)!.contents = null),
    ],
    [
      'contents of another',
      (leaves) => {
        const [a, b] = leaves.filter((l) => l.contents !== null);
        [a!.contents, b!.contents] = [b!.contents, a!.contents];
      },
    ],
    ['an invented code', response(() => ({ pseudonym: new Uint8Array(16).fill(9) }))],
    ['another stratum', response((own) => ({ reportingStratum: own.reportingStratum + 1 }))],
    ['a revision skipped', response((own) => ({ revision: own.revision + 1 }))],
  ];
}
