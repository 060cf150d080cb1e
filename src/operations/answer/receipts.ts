/**
 * Receipts (design 15): made in the response to the answer that asked for one, and not stored, so that nobody gets one by a code.
 * After close they are checked against the log. A check only tells whether the log has the leaf.
 */
import { AppError } from '../../domain/errors.ts';
import { formatReceipt, openReceipt, parseReceipt, type Receipt } from '../../domain/evidence/receipt.ts';
import { isScoreVisible } from '../../domain/campaign/life-cycle.ts';
import { toBase64 } from '../../domain/hash.ts';
import type { Deps } from '../deps.ts';
import {
  getInclusionProof,
  listLogKeys,
  openWithAny,
  publishCheckpoint,
  signLogText,
} from '../evidence/evidence.ts';
import type { AnswerPlace } from './open-campaigns.ts';

/**
 * For an answer stored with this nonce. Undefined if its row no longer exists, which can happen during a close.
 * @returns signed note
 */
export async function makeReceipt(
  deps: Deps,
  place: AnswerPlace,
  nonce: Uint8Array,
): Promise<string | undefined> {
  const { id } = place.open.campaign;
  const { code } = place.county;
  const leaf = await deps.storage.findLeafHash(id, code, place.pseudonym, nonce);
  return leaf && signLogText(deps, id, code, (origin) => formatReceipt({ origin, leaf }));
}

export type ReceiptCheck =
  /** Not a receipt, or one not signed by this service. */
  | { readonly result: 'malformed' | 'foreign' }
  | { readonly result: 'not-closed'; readonly closesAt: number }
  /** Taken back as a whole, by two people, before its answers were in the log. */
  | { readonly result: 'voided' }
  | {
      readonly result: 'included';
      readonly index: number;
      readonly size: number;
      /** Base 64, from the leaf's sibling upwards. */
      readonly path: readonly string[];
      readonly checkpoint: string;
      /** C2SP tlog-proof: all of this in one text. */
      readonly proof: string;
    }
  /** Signed but not in the log: evidence against the operator of the service. */
  | { readonly result: 'missing' };

export async function checkReceipt(deps: Deps, raw: string): Promise<ReceiptCheck> {
  let receipt: Receipt;
  try {
    receipt = parseReceipt(raw);
  } catch (error) {
    if (error instanceof AppError) return { result: 'malformed' };
    throw error;
  }
  const { campaign: id, county } = receipt;
  try {
    receipt = openWithAny(await listLogKeys(deps, id, county), (key) => openReceipt(raw, key));
  } catch (error) {
    // For a log that is not here, or of another key.
    if (error instanceof AppError && (error.kind === 'invalid' || error.kind === 'not-found'))
      return { result: 'foreign' };
    throw error;
  }
  const campaign = await deps.storage.findCampaign(id);
  if (!campaign) return { result: 'foreign' };
  if (!isScoreVisible(campaign.state) && campaign.state !== 'voided')
    return { result: 'not-closed', closesAt: campaign.closesAt };
  const index = await deps.storage.findLeaf(id, county, receipt.leaf);
  if (index === undefined) {
    if (campaign.state === 'voided') return { result: 'voided' };
    deps.log.error({ campaign: id, county, leaf: toBase64(receipt.leaf) }, 'receipt.missing');
    return { result: 'missing' };
  }
  const head = await publishCheckpoint(deps, id, county);
  if (!head) throw new AppError('corrupt', 'storage.corrupt', { params: { column: 'checkpoints' } });
  const path = (await getInclusionProof(deps, id, county, index, head.size)).map(toBase64);
  const proof = `c2sp.org/tlog-proof@v1\nindex ${index}\n${path.map((h) => `${h}\n`).join('')}\n${head.note}`;
  return { result: 'included', index, size: head.size, path, checkpoint: head.note, proof };
}
