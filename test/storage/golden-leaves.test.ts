/**
 * The evidence log of a campaign equals that of an earlier build, byte for byte, on each engine: how the code is laid out must not show in it. The fixture was
 * written by commit 3b9dc8c with `GOLDEN=write npx vitest run test/storage/golden-leaves.test.ts`. A change of the format is a new leaf version; it is
 * written anew only with a commit that says so.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { leafTypes } from '../../src/domain/evidence/leaf.ts';
import { canonicalJson } from '../../src/domain/hash.ts';
import {
  goldenCampaign,
  listLeaves,
  type GoldenCampaign,
  type GoldenLeaf,
} from '../support/golden-campaign.ts';
import { engines } from '../support/engines.ts';

const fixture = new URL('../fixtures/golden/leaves.json.gz', import.meta.url);

/** State leaves as their documents, so that a difference can be read. */
const readable = ({ type, data }: GoldenLeaf) =>
  type === 'response'
    ? { type, data }
    : { type, body: Buffer.from(data, 'hex').subarray(2).toString('utf8') };

/** The one leaf that says more than it did: which rules of revisions and disclosure hold. */
function withRules(leaf: GoldenLeaf): GoldenLeaf {
  if (leaf.type !== 'open') return leaf;
  const text = Buffer.from(leaf.data, 'hex').toString('latin1');
  return {
    ...leaf,
    data: Buffer.from(
      text
        .replace(',"demo":true,', ',"demo":true,"disclosureRule":5,')
        .replace(',"selfAdministered":', ',"revisionRule":2,"selfAdministered":'),
      'latin1',
    ).toString('hex'),
  };
}

/** A hand-over says which checkpoints were signed before it. */
function withoutCheckpoints(leaf: GoldenLeaf): GoldenLeaf {
  if (leaf.type !== 'bundle') return leaf;
  const text = Buffer.from(leaf.data, 'hex').toString('latin1');
  return {
    ...leaf,
    data: Buffer.from(text.replace(/,"checkpoints":\[[\d,]+\]/, ''), 'latin1').toString('hex'),
  };
}

/** The hash of a file that was handed out follows the wording of its messages, which is no part of the format. */
function withoutFileHash(leaf: GoldenLeaf): GoldenLeaf {
  if (leaf.type !== 'export') return leaf;
  const text = Buffer.from(leaf.data, 'hex').toString('latin1');
  return {
    ...leaf,
    data: Buffer.from(text.replace(/"file":"[0-9a-f]{64}"/, '"file":""'), 'latin1').toString('hex'),
  };
}

/** Kinds of leaf, and fields of bodies, that the earlier build did not know. */
const added: Readonly<Record<string, readonly string[]>> = {
  'late-edit': ['ids'],
  dispositions: ['last', 'comments', 'reports'],
};
function withoutAdditions(leaf: GoldenLeaf): GoldenLeaf {
  const fields = added[leaf.type];
  if (!fields) return leaf;
  const bytes = Buffer.from(leaf.data, 'hex');
  const body = JSON.parse(bytes.subarray(2).toString('utf8')) as Record<string, unknown>;
  for (const field of fields) expect(body).toHaveProperty(field);
  const rest = Object.fromEntries(Object.entries(body).filter(([field]) => !fields.includes(field)));
  return {
    ...leaf,
    data: bytes.subarray(0, 2).toString('hex') + Buffer.from(canonicalJson(rest)).toString('hex'),
  };
}

describe.each(engines)('on $name', ({ name, missing }) => {
  let golden: GoldenCampaign;
  let leaves: readonly GoldenLeaf[];

  beforeAll(async () => {
    if (missing !== false) return;
    golden = await goldenCampaign(undefined, { engine: name });
    await golden.expire();
    leaves = await listLeaves(golden.world, golden.id);
    if (process.env['GOLDEN'] === 'write')
      writeFileSync(fixture, gzipSync(JSON.stringify(leaves), { level: 9 }));
  });
  afterAll(() => golden?.world.close());

  test.skipIf(missing !== false)('the campaign appends a leaf of every kind', () => {
    const missing = Object.keys(leafTypes).filter((type) => !leaves.some((leaf) => leaf.type === type));
    // No stratum is answered fast enough to be stated, no log key is lost; what inspections and sendings add has tests of its own.
    const elsewhere = ['signal', 'rekey', 'inspection', 'schedule', 'sent'];
    expect(missing.filter((type) => !elsewhere.includes(type))).toEqual([]);
  });

  test.skipIf(missing !== false)('leaves are those of the earlier build', () => {
    const before = (JSON.parse(gunzipSync(readFileSync(fixture)).toString('utf8')) as readonly GoldenLeaf[])
      .map(withRules)
      .map(withoutFileHash);
    const now = leaves
      .filter((leaf) => leaf.type !== 'heads')
      .map(withoutFileHash)
      .map(withoutCheckpoints)
      .map(withoutAdditions);
    expect(now.map(readable)).toEqual(before.map(readable));
    expect(now).toEqual(before);
  });
});
