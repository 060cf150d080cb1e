/** `make-bundle.ts ANSWERS FILE`: a bundle of so many answers (slips of one county), for the bench to verify. A process of its own: what it takes to make one is not what it takes to verify it. */
import { randomBytes } from 'node:crypto';
import { createWriteStream, readFileSync } from 'node:fs';
import { encodeIssued } from '../../../src/domain/evidence/bundle.ts';
import {
  contentHashOf,
  encodeResponseLeaf,
  encodeStateLeaf,
  presentCells,
  sortedListHash,
} from '../../../src/domain/evidence/leaf.ts';
import { createTreeBuilder, leafHash, rangeRoot, emptyRange } from '../../../src/domain/evidence/merkle.ts';
import { formatCheckpoint, formatVerifierKey } from '../../../src/domain/evidence/note.ts';
import { replayDraw } from '../../../src/domain/evidence/verify/replay-draw.ts';
import { compareBytes, seedFromDice } from '../../../src/domain/frame/sample.ts';
import { canonicalJson, contentHash, toBase64, toHex } from '../../../src/domain/hash.ts';
import type { CampaignId, CountyCode } from '../../../src/domain/model/ids.ts';
import { compileQuestionnaire } from '../../../src/domain/questionnaire/compile.ts';
import { questionnaireSchema } from '../../../src/domain/questionnaire/template.ts';
import { checkProfile } from '../../../src/domain/scoring/rules/profile.ts';
import { createValidityTest } from '../../../src/domain/scoring/rules/valid.ts';
import { countByStratum, createCellCounter } from '../../../src/domain/scoring/tally/cells.ts';
import { createNoteSigner } from '../../../src/keys/note-signer.ts';
import { sheet } from '../../support/evidence.ts';

const answers = Number(process.argv[2] ?? 1_000_000);
const lotSize = 20_000;
const template = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../../survey-templates/${name}`, import.meta.url), 'utf8'));

const raw = template('parent-2012.json') as Record<string, unknown>;
const { $schema: _, ...document } = questionnaireSchema.parse(raw);
const q = compileQuestionnaire(questionnaireSchema.parse(raw));
const checked = checkProfile({
  ...(template('profiles/basic-2012-county.json') as object),
  quota: {
    kind: 'tiers',
    tiers: [{ below: null, quotas: { parent: answers, teacher: 1, principal: 1, deputy: 1 } }],
  },
});
if (!checked.ok) throw new Error(JSON.stringify(checked.issues));
const { profile } = checked;

const path = process.argv[3]!;
const signer = createNoteSigner(new Uint8Array(32).fill(1), 'bench/log/0123456789ab/990101');
const tree = createTreeBuilder();
const by = { id: null, name: 'bench', role: 'system' };
const stamped = { at: 0, by };
const leaves: string[] = [];
function add(data: Uint8Array, contents?: Uint8Array): void {
  const hash = leafHash(data);
  tree.append(hash);
  leaves.push(
    JSON.stringify({ l: toBase64(data), h: toBase64(hash), ...(contents && { c: toBase64(contents) }) }),
  );
}

const frame = {
  campaign: '0123456789ab' as CampaignId,
  county: '990101' as CountyCode,
  name: 'bench',
  residents: { count: 300_000, asOf: '2025-12-31' },
  slips: [{ group: 'parent' as const, count: answers }],
  profile: checked.hash,
  questionnaires: [{ no: 1, hash: q.hash, groups: ['parent' as const] }],
  schools: contentHash([]),
  root: toHex(rangeRoot(emptyRange)),
  size: 0,
  ...stamped,
};
const dice = '31612455136244152361';
const seed = seedFromDice(rangeRoot(emptyRange), dice);
const draw = await replayDraw({ frame, seed, profile, schools: [], entries: async function* () {} });
const pseudonyms = Array.from({ length: answers }, () => new Uint8Array(randomBytes(16))).sort(compareBytes);
const place = { questionnaire: 1, samplingStratum: 1, reportingStratum: 1, set: 'drawn' as const };
add(encodeStateLeaf('frame', frame));
add(
  encodeStateLeaf('draw', {
    dice,
    seed: toHex(seed),
    moves: draw.moves.map((m) => ({ ...m })),
    quotas: draw.quotas,
    ...stamped,
  }),
);
add(
  encodeStateLeaf('issue', {
    sampling: draw.sampling.map((s) => ({ ...s })),
    reporting: draw.reporting.map((r) => ({ ...r, schools: [...r.schools], issued: { ...r.issued } })),
    codes: [{ ...place, count: answers, pseudonyms: sortedListHash(pseudonyms) }],
    contacts: draw.contacts,
    ...stamped,
  }),
);
add(
  encodeStateLeaf('open', {
    name: 'bench',
    purpose: 'self-check',
    commissioner: 'bench',
    commissionerPhone: '0',
    closesAt: 1,
    storageUntil: 1,
    selfAdministered: false,
    demo: true,
    ...stamped,
  }),
);
const counter = createCellCounter({
  questionnaires: new Map([[1, q]]),
  validity: new Map([[1, createValidityTest(profile.valid, q)]]),
});
const sheets = [0, 1, 2, 3].map((pick) => sheet(q, pick));
for (let from = 0; from < answers; from += lotSize) {
  const lot = pseudonyms.slice(from, from + lotSize).map((pseudonym, i) => {
    counter.add({ ...place, channel: 'web' }, sheets[i % 4]!);
    const contents = new Uint8Array([...randomBytes(16), ...sheets[i % 4]!]);
    const content = contentHashOf(contents.subarray(0, 16), contents.subarray(16));
    const data = encodeResponseLeaf({ reportingStratum: 1, channel: 'web', pseudonym, revision: 1, content });
    return { data, contents, hash: leafHash(data) };
  });
  lot.sort((a, b) => compareBytes(a.hash, b.hash));
  add(encodeStateLeaf('lot', { no: from / lotSize + 1, responses: lot.length, waiting: 0, at: 0 }));
  for (const { data, contents } of lot) add(data, contents);
}
// Nobody answered again: first answers are those that count.
const cells = counter.cells();
const first = presentCells(cells);
add(encodeStateLeaf('closing', stamped));
add(
  encodeStateLeaf('dispositions', {
    strata: countByStratum(new Map([[1, q]]), cells).map((s) => ({ ...s })),
    reanswers: [{ reportingStratum: 1, respondents: answers, reanswered: 0 }],
    first: contentHash(first),
    at: 0,
  }),
);
add(encodeStateLeaf('keys-destroyed', { keys: ['pseudonym', 'text'], at: 0 }));
add(encodeStateLeaf('closed', { at: 0 }));
add(encodeStateLeaf('bundle', { checkpoints: [], ...stamped }));
const head = {
  manyi: 'bundle',
  version: 1,
  campaign: frame.campaign,
  county: frame.county,
  key: formatVerifierKey(signer.key),
  leaves: tree.size,
  exportedAt: 0,
};
const lines = [
  JSON.stringify(head),
  JSON.stringify({ document: 'profile', hash: checked.hash, body: canonicalJson(profile) }),
  JSON.stringify({ document: 'questionnaire', hash: q.hash, body: canonicalJson(document) }),
  JSON.stringify({ schools: [] }),
];
for (let from = 0; from < answers; from += 2000)
  lines.push(
    JSON.stringify({
      issued: encodeIssued(pseudonyms.slice(from, from + 2000).map((pseudonym) => ({ pseudonym, ...place }))),
    }),
  );
lines.push(JSON.stringify({ first }));
lines.push(
  JSON.stringify({
    checkpoint: signer.sign(
      formatCheckpoint({ origin: signer.key.name, size: tree.size, root: tree.root() }),
    ),
  }),
);
const out = createWriteStream(path);
let written = 0;
for (const list of [lines, leaves])
  for (let at = 0; at < list.length; at += 5000) {
    const part = list.slice(at, at + 5000);
    written += part.length;
    if (!out.write(`${part.join('\n')}\n`)) await new Promise<void>((r) => void out.once('drain', r));
  }
await new Promise<void>((r) => out.end(`${JSON.stringify({ end: written })}\n`, r));
