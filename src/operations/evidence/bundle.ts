/**
 * The inspectors' bundle (domain/evidence/bundle.ts). Contents of the log leave only here, after close, and the log itself
 * records each hand-over.
 */
import { AppError } from '../../domain/errors.ts';
import { encodeIssued, leafLine, type BundleEntry, type BundleHead } from '../../domain/evidence/bundle.ts';
import { decodeStateLeaf, leafTypes, presentCells } from '../../domain/evidence/leaf.ts';
import { assertMayHandOver } from '../../domain/evidence/decide-flag.ts';
import { assertMay, type Actor } from '../../domain/campaign/permissions.ts';
import { committedSchools } from '../../domain/frame/roll/school-plan.ts';
import { toHex } from '../../domain/hash.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { Campaign } from '../../domain/model/campaign.ts';
import type { IssuedCode } from '../../domain/model/code.ts';
import { stamp, type Deps } from '../deps.ts';
import { auditForReports } from './audit.ts';
import { getLogKey, publishCheckpoint, withCosignatures } from './evidence.ts';
import { frameEntries } from '../frame/frame.ts';
import { campaignKey, getCampaignCounty, getDocument } from '../campaign/lookup.ts';
import { commitmentOf } from './sealing.ts';

const linesOfEntries = 500;
const pageSize = 2_000;

/**
 * @returns lines, each with its newline. Reading them is the hand-over, which is recorded before the first one. After the storage
 * period: without answers, and with the remaining tallies.
 * @throws AppError conflict `evidence.not-closed`, `evidence.expiring`, `evidence.roll-lost`; not-found `evidence.no-log`;
 * unavailable `keys.missing`
 */
export async function exportBundle(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  county: CountyCode,
): Promise<AsyncGenerator<string, void, undefined>> {
  assertMay(actor, 'evidence.export', county);
  const { campaign } = await getCampaignCounty(deps, actor, id, county);
  assertMayHandOver(campaign);
  if (!(await deps.storage.findLog(id, county))) throw new AppError('not-found', 'evidence.no-log');
  const contactsKey = campaign.expiredAt === null ? campaignKey(deps, campaign, 'contacts') : null;
  const [first] = await deps.storage.listFrame(id, county, null, 1);
  if (first && contactsKey === null && first.commitment === null)
    throw new AppError('conflict', 'evidence.roll-lost');
  // Differences do not prevent it: inspectors then need the evidence all the more.
  await auditForReports(deps, id, [county]);
  await deps.storage.recordBundle(stamp(deps, actor), id, county);
  const last = await publishCheckpoint(deps, id, county);
  const head: BundleHead = {
    manyi: 'bundle',
    version: campaign.expiredAt === null ? 1 : 2,
    campaign: id,
    county,
    key: await getLogKey(deps, id, county),
    leaves: last?.size ?? 0,
    exportedAt: await lastHandOver(deps, id, county, last?.size ?? 0),
  };
  return numbered(bundleLines(deps, campaign, county, head, contactsKey));
}

/**
 * The time in the last `bundle` leaf, because a time outside the leaves could be changed. That leaf may be another user's, who
 * got the same contents at the same moment.
 */
async function lastHandOver(deps: Deps, id: CampaignId, county: CountyCode, size: number): Promise<number> {
  for (let to = size; to > 0; to -= pageSize) {
    const from = Math.max(0, to - pageSize);
    const leaves = await deps.storage.listLeaves(id, county, from, to - from);
    for (const { data } of [...leaves].reverse())
      if (data?.[1] === leafTypes.bundle) return decodeStateLeaf(data).body.at;
  }
  throw new AppError('corrupt', 'storage.corrupt', { params: { column: 'evidence_leaves' } });
}

async function* numbered(lines: AsyncIterable<unknown>): AsyncGenerator<string, void, undefined> {
  let count = 0;
  for await (const line of lines) {
    count += 1;
    yield `${JSON.stringify(line)}\n`;
  }
  yield `${JSON.stringify({ end: count })}\n`;
}

async function* bundleLines(
  deps: Deps,
  campaign: Campaign,
  county: CountyCode,
  head: BundleHead,
  contactsKey: Uint8Array | null,
): AsyncGenerator<unknown, void, undefined> {
  const { storage } = deps;
  const { id } = campaign;
  yield head;
  for (const hash of new Set([campaign.profile, ...campaign.questionnaires.map((q) => q.hash)])) {
    const { kind, body } = await getDocument(deps, hash);
    yield { document: kind, hash, body };
  }
  yield { schools: committedSchools(await storage.listSchools(id, county)) };

  let entries: BundleEntry[] = [];
  for await (const { entry, group, affiliations, sealed, commitment } of frameEntries(deps, id, county)) {
    const kept = contactsKey && sealed ? commitmentOf(contactsKey, entry, sealed) : commitment;
    if (kept === null) throw new AppError('conflict', 'evidence.roll-lost');
    const schools = affiliations.map((a): [typeof a.school, number] => [a.school, a.grade ?? 0]);
    entries.push({ id: toHex(entry), group, schools, commitment: toHex(kept) });
    if (entries.length < linesOfEntries) continue;
    yield { entries };
    entries = [];
  }
  if (entries.length > 0) yield { entries };

  for (let after: Uint8Array | null = null; ;) {
    const page: readonly IssuedCode[] = await storage.listIssued(id, county, after, pageSize);
    if (page.length > 0) yield { issued: encodeIssued(page) };
    after = page.at(-1)?.pseudonym ?? null;
    if (page.length < pageSize) break;
  }
  const closing = await storage.readClosingCounts(id, county);
  if (closing) yield { first: presentCells(closing.first) };
  if (campaign.expiredAt !== null) yield { last: presentCells(await storage.readTallies(id, county)) };

  const given = await storage.listCosignatures(id, county);
  for (const checkpoint of [...(await storage.listCheckpoints(id, county, 100_000))].reverse())
    if (checkpoint.size <= head.leaves) yield { checkpoint: withCosignatures(checkpoint, given) };

  for (let from = 0; from < head.leaves; from += pageSize) {
    const limit = Math.min(pageSize, head.leaves - from);
    for (const leaf of await storage.listLeaves(id, county, from, limit)) yield leafLine(leaf);
  }
}
