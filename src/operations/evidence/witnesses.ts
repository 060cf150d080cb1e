/**
 * Delivery of checkpoints to witnesses, and the state of each witness. The queue is in the storage; sending is retried until it
 * succeeds.
 */
import { AppError } from '../../domain/errors.ts';
import { parseCheckpoint, parseNote } from '../../domain/evidence/note.ts';
import {
  cosignatureIn,
  heldSizes,
  type CheckpointPost,
  type LogHistory,
  type LogStatus,
  type PostOutcome,
  type Witness,
  type WitnessStatus,
} from '../../domain/evidence/witness.ts';
import { assertMay, systemActor, type Actor } from '../../domain/campaign/permissions.ts';
import { toBase64 } from '../../domain/hash.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { AuditStatus } from '../../domain/model/audit.ts';
import type { Campaign, CampaignCounty } from '../../domain/model/campaign.ts';
import type { StoredCheckpoint, StoredCosignature, WitnessProgress } from '../../domain/model/evidence.ts';
import { stamp, type Deps } from '../deps.ts';
import { getConsistencyProof, witnessesToSend } from './evidence.ts';
import { getCampaignCounty } from '../campaign/lookup.ts';
import { memoizeByIdentity } from '../memoize.ts';

/** Maximum for one e-mail. */
const batchSize = 50;

/** A newly configured witness gets the heads of all logs. */
export async function queueHeadsForNewWitnesses(deps: Deps): Promise<void> {
  const names = witnessesToSend(deps).map((w) => w.name);
  if (names.length > 0) await deps.storage.queueNewest(names, deps.now());
}

/** Sends what is due, to all witnesses concurrently, each in the order of its logs. A failing one does not delay others. */
export async function pushCheckpoints(deps: Deps, signal: AbortSignal): Promise<void> {
  await Promise.all(witnessesToSend(deps).map((witness) => pushTo(deps, witness, signal)));
}

async function pushTo(deps: Deps, witness: Witness, signal: AbortSignal): Promise<void> {
  const send = deps.sendToWitness;
  while (send && !signal.aborted) {
    const posts = await deps.storage.listDuePosts(witness.name, deps.now(), batchSize);
    if (posts.length === 0) return;
    const outcomes = await send(witness, posts, signal, historyFor(deps, witness));
    for (const [i, outcome] of outcomes.entries()) {
      const post = posts[i];
      if (!post || !(await settle(deps, witness, post, outcome))) return;
    }
    if (outcomes.length === 0) return;
  }
}

function historyFor(deps: Deps, { key }: Witness): LogHistory {
  return {
    async signedSize({ campaign, county }) {
      const given = await deps.storage.listCosignatures(campaign, county);
      return Math.max(0, ...given.filter((c) => c.witness === key?.name).map((c) => c.size));
    },
    size: async ({ campaign, county }) => (await deps.storage.findLog(campaign, county))?.size ?? 0,
    prove: ({ campaign, county, size }, from) => getConsistencyProof(deps, campaign, county, from, size),
  };
}

async function settle(
  deps: Deps,
  { name, key }: Witness,
  post: CheckpointPost,
  outcome: PostOutcome,
): Promise<boolean> {
  const by = stamp(deps, systemActor);
  if (outcome.ok) {
    try {
      const given = key && cosignatureIn(outcome.reply, parseNote(post.note).text, key);
      if (!given && outcome.mustSign) throw new AppError('invalid', 'evidence.witness');
      await deps.storage.recordDelivery(by, name, post, given && { size: post.size, ...given });
      return true;
    } catch (error) {
      if (!(error instanceof AppError) || error.kind !== 'invalid') throw error;
    }
  }
  const failure = outcome.ok ? { message: 'witness.failure.signature', params: {} } : outcome.failure;
  await deps.storage.recordFailedPost(by, name, post, failure);
  const { campaign, county, size } = post;
  deps.log.warn({ campaign, county, size, witness: name, ...failure }, 'witness.failed');
  return false;
}

// What is shown --------------------------------------------------------------------------------------------------------

/** Head of the log and who holds which size; null before there is a log. All of it is public. */
export async function readLogStatus(
  deps: Deps,
  id: CampaignId,
  county: CountyCode,
): Promise<LogStatus | null> {
  return logStatusOf(
    await deps.storage.listCheckpoints(id, county, 1),
    await deps.storage.listWitnessProgress(id, county),
    await deps.storage.listCosignatures(id, county),
    deps.witnesses ?? noWitnesses,
  );
}

const noWitnesses: readonly Witness[] = [];

const logStatusOf = memoizeByIdentity(
  (
    checkpoints: readonly StoredCheckpoint[],
    progress: readonly WitnessProgress[],
    cosignatures: readonly StoredCosignature[],
    configured: readonly Witness[],
  ): LogStatus | null => {
    const [newest] = checkpoints;
    if (!newest) return null;
    const { origin, size, root } = parseCheckpoint(parseNote(newest.note).text);
    const witnesses = witnessStatuses(progress, cosignatures, configured);
    return {
      origin,
      size,
      root: toBase64(root),
      at: newest.at,
      note: newest.note,
      witnesses,
      held: heldSizes(witnesses),
    };
  },
);

/** Configured ones, then those no longer configured that hold something. */
function witnessStatuses(
  known: readonly WitnessProgress[],
  cosignatures: readonly StoredCosignature[],
  configured: readonly Witness[],
): readonly WitnessStatus[] {
  const progress = new Map(known.map((p) => [p.witness, p]));
  const signatures = new Map<string, { readonly size: number; readonly at: number }>();
  // By ascending size: the last one stays.
  for (const { witness, size, at } of cosignatures)
    signatures.set(configured.find((w) => w.key?.name === witness)?.name ?? witness, { size, at });
  const names = new Set([...configured.map((w) => w.name), ...progress.keys(), ...signatures.keys()]);
  return [...names].map((name) => {
    const held = progress.get(name)?.held ?? null;
    const signed = signatures.get(name) ?? null;
    const newest = held && signed ? (held.size >= signed.size ? held : signed) : (held ?? signed);
    return {
      name,
      transport: configured.find((w) => w.name === name)?.target?.kind ?? null,
      size: newest?.size ?? null,
      at: newest?.at ?? null,
      signed: signed?.size ?? null,
    };
  });
}

export interface EvidenceView {
  readonly campaign: Campaign;
  readonly county: CampaignCounty;
  readonly log: LogStatus | null;
  /** Result of the last comparison of the tables with the log; null before the close. */
  readonly audit: AuditStatus | null;
  /** Posts waiting for each witness, and their errors; only for witnesses to which checkpoints are sent. */
  readonly queue: readonly WitnessProgress[];
}

export async function viewEvidence(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  code: CountyCode,
): Promise<EvidenceView> {
  assertMay(actor, 'evidence.view', code);
  const { campaign, county } = await getCampaignCounty(deps, actor, id, code);
  return {
    campaign,
    county,
    log: await readLogStatus(deps, id, code),
    audit: campaign.closedAt === null ? null : ((await deps.storage.findAudit(id, code)) ?? null),
    queue: await deps.storage.listWitnessProgress(id, code),
  };
}
