/** Single messages: queued, claimed, sent. Prepared statements, because a survey has some ten thousand of them. */
import { z } from 'zod';
import type { Receipt } from '../../../domain/messaging/channel.ts';
import {
  fateOfState,
  messageStates,
  moveByReceipt,
  type MessageState,
} from '../../../domain/messaging/outbox.ts';
import { decideBarring } from '../../../domain/messaging/decide-sending.ts';
import type { CampaignId, CountyCode } from '../../../domain/model/ids.ts';
import { joinIds, splitIds } from '../../../domain/messaging/recipient.ts';
import type { ClaimedMessages, MessageCount, QueuedMessages } from '../../../domain/model/sending.ts';
import type { Stamp } from '../../../domain/model/stamp.ts';
import { countedSetSchema } from '../../../domain/model/vocabulary.ts';
import { assertMayEraseCounted } from '../../../domain/campaign/decide-count.ts';
import type {
  Claim,
  KnownNumber,
  OutboxWriter,
  RecordedResult,
  SendingKey,
  SentMessage,
} from '../../port/outbox.ts';
import type { Raw } from '../connection.ts';
import type { Context } from '../context.ts';
import { idAt, positionsOf, prepared } from '../prepared.ts';
import { knownCampaignNo } from './campaign-no.ts';
import { getCampaign } from './campaigns.ts';
import { hasDispositions } from './evidence-log.ts';
import { recordTrail } from './trail.ts';

/** `sealed_entry` of a row whose recipient is the encrypted entry id itself. */
const notSealed = new Uint8Array(0);
const sealedIn = (bytes: Buffer) => (bytes.length === 0 ? null : new Uint8Array(bytes));

const ofSending = 'campaign = @campaign AND county = @county AND sending = @no';

interface Row {
  readonly campaign: number;
  readonly county: CountyCode;
  readonly no: number;
}
function rowOf(ctx: Context, { campaign, county, no }: SendingKey): Row {
  return { campaign: knownCampaignNo(ctx, campaign), county, no };
}

export function queueMessages(
  ctx: Context,
  key: SendingKey,
  { recipients, reportingStrata, sets }: QueuedMessages,
  at: number,
  day: string,
): boolean {
  const row = rowOf(ctx, key);
  const state = prepared(
    ctx.raw,
    'SELECT state FROM sendings WHERE campaign = @campaign AND county = @county AND no = @no',
  )
    .pluck()
    .get(row);
  if (state !== 'filling') return false;
  const put = prepared(
    ctx.raw,
    `INSERT INTO outbox (campaign, county, sending, recipient, sealed_entry, reporting_stratum, counted_set, state, due_at, day)
     VALUES (?, ?, ?, ?, ?, ?, ?, 'queued', ?, ?)
     ON CONFLICT DO NOTHING`,
  );
  const { campaign, county, no } = row;
  for (const [i, recipient] of splitIds(recipients).entries())
    put.run(campaign, county, no, recipient, notSealed, reportingStrata[i], sets[i], at, day);
  return true;
}

export function exchangeMessages(
  ctx: Context,
  claim: Claim,
  results: readonly RecordedResult[],
  isIdempotent: boolean,
): ClaimedMessages {
  if (results.length > 0) recordResults(ctx, claim, results, isIdempotent);
  return claim.limit > 0
    ? claimMessages(ctx, claim)
    : { recipients: notSealed, attempts: [], sealedEntries: [] };
}

function claimMessages(ctx: Context, claim: Claim): ClaimedMessages {
  const { worker, at, day, leaseUntil, limit } = claim;
  const row = { ...rowOf(ctx, claim), worker, at, day, leaseUntil, limit };
  const claimed = prepared(
    ctx.raw,
    `UPDATE outbox SET state = 'sending', worker = @worker, lease_until = @leaseUntil, attempts = attempts + 1, day = @day
       WHERE ${ofSending} AND state = 'queued' AND recipient IN (
         SELECT recipient FROM outbox WHERE ${ofSending} AND state = 'queued' AND due_at <= @at ORDER BY due_at
         LIMIT (SELECT CASE WHEN s.state <> 'running' THEN 0 WHEN s.per_day IS NULL THEN @limit
                  ELSE max(0, min(@limit, s.per_day - CASE WHEN s.cap_day = @day THEN s.cap_count ELSE 0 END)) END
                FROM sendings s WHERE s.campaign = @campaign AND s.county = @county AND s.no = @no))
       RETURNING recipient, nullif(sealed_entry, x''), attempts`,
  )
    .raw()
    .all(row) as [recipient: Buffer, sealedEntry: Buffer | null, attempts: number][];
  countTowardsCap(ctx.raw, row, claimed.length);
  return {
    recipients: joinIds(claimed.map(([recipient]) => recipient)),
    attempts: claimed.map(([, , attempts]) => attempts),
    sealedEntries: claimed.flatMap(([, sealed], i) =>
      sealed === null ? [] : [[i, new Uint8Array(sealed)] as const],
    ),
  };
}

/** Negative `n`: messages that were claimed and not sent. */
function countTowardsCap(
  raw: Raw,
  { campaign, county, no, day }: Row & { readonly day: string },
  n: number,
): void {
  if (n === 0) return;
  prepared(
    raw,
    `UPDATE sendings SET cap_count = CASE WHEN cap_day = @day THEN max(0, cap_count + @n) ELSE max(0, @n) END, cap_day = @day
       WHERE campaign = @campaign AND county = @county AND no = @no`,
  ).run({ campaign, county, no, day, n });
}

export function releaseStale(ctx: Context, at: number): number {
  return prepared(
    ctx.raw,
    `UPDATE outbox SET state = 'queued', worker = NULL, lease_until = NULL, repeats = repeats + 1
       WHERE (campaign, county, sending, recipient) IN
         (SELECT o.campaign, o.county, o.sending, o.recipient FROM sendings s
          CROSS JOIN outbox o INDEXED BY outbox_held ON o.campaign = s.campaign AND o.county = s.county AND o.sending = s.no AND o.state = 'sending'
          WHERE s.ended_at IS NULL AND s.started_at IS NOT NULL AND o.lease_until < ?)`,
  ).run(at).changes;
}

function recordResults(
  ctx: Context,
  claim: Claim,
  results: readonly RecordedResult[],
  isIdempotent: boolean,
): void {
  const row = { ...rowOf(ctx, claim), day: claim.day };
  const { raw } = ctx;
  const mine = `${ofSending} AND recipient = @recipient AND state = 'sending' AND worker = @worker`;
  const forget = prepared(raw, `DELETE FROM outbox WHERE ${mine}`);
  const again = prepared(
    raw,
    `UPDATE outbox SET state = 'queued', worker = NULL, lease_until = NULL, due_at = @dueAt, reason = @reason, day = @day,
       attempts = attempts - @uncounted, repeats = repeats + @repeat WHERE ${mine}`,
  );
  const settle = prepared(
    raw,
    `UPDATE outbox SET state = ?, worker = NULL, lease_until = NULL, provider = ?, segments = ?, reason = ?,
       repeats = CASE WHEN ? THEN 0 ELSE repeats END, day = ?
     WHERE campaign = ? AND county = ? AND sending = ? AND recipient = ? AND state = 'sending' AND worker = ?`,
  );
  const notes = createNotes(ctx, claim.campaign, claim.county, claim.at, claim.day);
  const hasEarly =
    prepared(raw, 'SELECT 1 FROM early_receipts WHERE campaign = ? LIMIT 1').get(row.campaign) !== undefined;
  let unused = 0;
  for (const { recipient, result, entry, provider, number } of results) {
    if (result.state === 'unneeded' || result.state === 'queued') unused++;
    let changes: number;
    if (result.state === 'unneeded') ({ changes } = forget.run({ ...row, recipient, worker: claim.worker }));
    else if (result.state === 'queued') {
      const { dueAt, reason, uncounted, mayHaveBeenSent } = result;
      const repeat = mayHaveBeenSent && !isIdempotent ? 1 : 0;
      ({ changes } = again.run({
        ...{ ...row, recipient, worker: claim.worker, dueAt, reason, repeat },
        uncounted: uncounted ? 1 : 0,
      }));
    } else {
      const [segments, reason] = result.state === 'sent' ? [result.segments, null] : [0, result.reason];
      ({ changes } = settle.run(
        result.state,
        provider,
        segments,
        reason,
        isIdempotent ? 1 : 0,
        claim.day,
        row.campaign,
        row.county,
        row.no,
        recipient,
        claim.worker,
      ));
    }
    // Another worker has it by now, or the survey has ended.
    if (changes === 0) continue;
    if (number) notes.used(number);
    if (result.state === 'unneeded' || result.state === 'queued') continue;
    let state: MessageState = result.state;
    if (hasEarly && state === 'sent' && provider)
      state = takeEarlyReceipt(raw, { ...row, recipient }, provider) ?? state;
    notes.settled(entry, state);
    if (state === 'opted-out' && number) notes.barred(number);
  }
  countTowardsCap(raw, row, -unused);
}

/** Further rows to be written when a message changes its state. */
function createNotes(ctx: Context, id: CampaignId, county: CountyCode, at: number, day: string) {
  const { raw } = ctx;
  const campaign = knownCampaignNo(ctx, id);
  // Counted and closed: no data of single contacts is kept.
  const isOpen = prepared(raw, 'SELECT state FROM campaigns WHERE no = ?').pluck().get(campaign) === 'open';
  const putFate = prepared(
    raw,
    `INSERT INTO delivery_fates (campaign, county, entry, fate) VALUES (?, ?, ?, ?)
     ON CONFLICT (campaign, county, entry) DO UPDATE SET fate = excluded.fate`,
  );
  const putUse = prepared(
    raw,
    `INSERT INTO messaged_numbers (digest, day, messages, last_at) VALUES (?, ?, 1, ?)
     ON CONFLICT (digest) DO UPDATE SET messages = CASE WHEN day = excluded.day THEN messages + 1 ELSE 1 END, day = excluded.day,
       last_at = excluded.last_at`,
  );
  return {
    used: (digest: Uint8Array) => putUse.run(digest, day, at),
    settled(entry: Uint8Array, state: MessageState) {
      const fate = fateOfState(state);
      if (isOpen && fate) putFate.run(campaign, county, entry, fate);
    },
    barred: (digest: Uint8Array) => bar(raw, digest, 'opted-out', day),
  };
}

function bar(raw: Raw, digest: Uint8Array, reason: string, day: string): void {
  prepared(
    raw,
    'INSERT INTO do_not_contact (digest, reason, day) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
  ).run(digest, reason, day);
}

function takeEarlyReceipt(
  raw: Raw,
  own: Row & { readonly recipient: Uint8Array; readonly day: string },
  provider: Uint8Array,
): MessageState | undefined {
  const { campaign } = own;
  const state = prepared(raw, 'SELECT state FROM early_receipts WHERE campaign = ? AND provider = ?')
    .pluck()
    .get(campaign, provider) as Receipt['state'] | undefined;
  if (state === undefined) return undefined;
  prepared(raw, 'DELETE FROM early_receipts WHERE campaign = ? AND provider = ?').run(campaign, provider);
  prepared(
    raw,
    `UPDATE outbox SET state = @state, reason = CASE WHEN @state = 'delivered' THEN NULL ELSE 'receipt' END, day = @day
     WHERE ${ofSending} AND recipient = @recipient`,
  ).run({ ...own, state });
  return state;
}

export function haveMessages(
  ctx: Context,
  key: SendingKey,
  recipients: readonly Uint8Array[],
): readonly boolean[] {
  const row = rowOf(ctx, key);
  const find = prepared(ctx.raw, `SELECT 1 FROM outbox WHERE ${ofSending} AND recipient = @recipient`);
  return recipients.map((recipient) => find.get({ ...row, recipient }) !== undefined);
}

export function findSentMessage(ctx: Context, id: CampaignId, provider: Uint8Array): SentMessage | undefined {
  const row = prepared(
    ctx.raw,
    'SELECT county, sending, recipient, sealed_entry AS sealedEntry FROM outbox WHERE campaign = ? AND provider = ?',
  ).get(knownCampaignNo(ctx, id), provider) as
    { county: CountyCode; sending: number; recipient: Buffer; sealedEntry: Buffer } | undefined;
  return (
    row && {
      ...row,
      recipient: new Uint8Array(row.recipient),
      sealedEntry: sealedIn(row.sealedEntry),
    }
  );
}

export function recordReceipt(
  ctx: Context,
  id: CampaignId,
  receipt: {
    readonly provider: Uint8Array;
    readonly state: Receipt['state'];
    readonly at: number;
    readonly day: string;
  },
  of: (SentMessage & { readonly entry: Uint8Array; readonly number: Uint8Array | null }) | null,
): boolean {
  const { raw } = ctx;
  const { provider, state, at, day } = receipt;
  const campaign = knownCampaignNo(ctx, id);
  if (of === null) {
    const isKnown = prepared(raw, 'SELECT 1 FROM outbox WHERE campaign = ? AND provider = ?').get(
      campaign,
      provider,
    );
    if (isKnown !== undefined) return false;
    prepared(
      raw,
      'INSERT INTO early_receipts (campaign, provider, state, at) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET state = excluded.state',
    ).run(campaign, provider, state, at);
    return true;
  }
  const own = { campaign, county: of.county, no: of.sending, recipient: of.recipient };
  const now = prepared(raw, `SELECT state FROM outbox WHERE ${ofSending} AND recipient = @recipient`)
    .pluck()
    .get(own) as MessageState | undefined;
  const next = now === undefined ? null : moveByReceipt(now, state);
  if (next === null) return true;
  prepared(
    raw,
    `UPDATE outbox SET state = @state, reason = CASE WHEN @state = 'delivered' THEN NULL ELSE 'receipt' END, day = @day
       WHERE ${ofSending} AND recipient = @recipient`,
  ).run({ ...own, state: next, day });
  const notes = createNotes(ctx, id, of.county, at, day);
  notes.settled(of.entry, next);
  if (next === 'opted-out' && of.number) notes.barred(of.number);
  return true;
}

export function recordReply(
  ctx: Context,
  { channel, day, optOut }: Parameters<OutboxWriter['recordReply']>[0],
): void {
  const { raw } = ctx;
  prepared(
    raw,
    `INSERT INTO replies (channel, day, opt_outs, others) VALUES (@channel, @day, @optOuts, 1 - @optOuts)
     ON CONFLICT (channel, day) DO UPDATE SET opt_outs = opt_outs + excluded.opt_outs, others = others + excluded.others`,
  ).run({ channel, day, optOuts: optOut === null ? 0 : 1 });
  if (optOut === null) return;
  bar(raw, optOut.number, 'opted-out', day);
  const withdraw = prepared(
    raw,
    `UPDATE outbox SET state = 'opted-out', reason = 'reply', day = @day
     WHERE ${ofSending} AND recipient = @recipient AND state IN ('queued', 'sent', 'delivered')`,
  );
  for (const { campaign: id, county, entry, messages } of optOut.contacts) {
    const campaign = knownCampaignNo(ctx, id);
    createNotes(ctx, id, county, 0, day).settled(entry, 'opted-out');
    for (const { sending: no, recipient } of messages) withdraw.run({ campaign, county, no, recipient, day });
  }
}

export function countReplies(ctx: Context): { readonly optOuts: number; readonly others: number } {
  return prepared(
    ctx.raw,
    'SELECT coalesce(sum(opt_outs), 0) AS optOuts, coalesce(sum(others), 0) AS others FROM replies',
  ).get() as { optOuts: number; others: number };
}

export function withdrawMessages(
  ctx: Context,
  key: SendingKey,
  to: 'cancelled' | 'expired',
  day: string,
  limit: number,
  all = false,
): number {
  const row = { ...rowOf(ctx, key), to, day };
  // One statement per state: each has its own index.
  const withdraw = (from: 'queued' | 'sending', most: number) =>
    prepared(
      ctx.raw,
      `UPDATE outbox SET state = @to, worker = NULL, lease_until = NULL, day = @day WHERE ${ofSending} AND recipient IN
         (SELECT recipient FROM outbox WHERE ${ofSending} AND state = '${from}' LIMIT @most)`,
    ).run({ ...row, most }).changes;
  const changed = withdraw('queued', limit);
  return all && changed < limit ? changed + withdraw('sending', limit - changed) : changed;
}

const stateSchema = z.enum(messageStates);

export function countMessages(ctx: Context, id: CampaignId, county: CountyCode): readonly MessageCount[] {
  const where = { campaign: knownCampaignNo(ctx, id), county };
  const rows = prepared(
    ctx.raw,
    `SELECT sending, reporting_stratum AS reportingStratum, counted_set AS "set", state, reason, day, count(*) AS messages,
              sum(segments) AS segments, sum(CASE WHEN repeats > 0 THEN 1 ELSE 0 END) AS repeats
       FROM outbox WHERE campaign = @campaign AND county = @county GROUP BY 1, 2, 3, 4, 5, 6
       UNION ALL
       SELECT sending, reporting_stratum, counted_set, state, nullif(reason, ''), day, messages, segments, repeats
       FROM message_counts WHERE campaign = @campaign AND county = @county`,
  ).all(where) as MessageCount[];
  return rows.map((r) => ({ ...r, state: stateSchema.parse(r.state), set: countedSetSchema.parse(r.set) }));
}

/** The survey is counted: messages become counts, at most `limit` at a time. Returns how many were deleted. */
export function eraseMessages(ctx: Context, id: CampaignId, county: CountyCode, limit: number): number {
  const campaign = knownCampaignNo(ctx, id);
  assertMayEraseCounted(getCampaign(ctx.db, id), hasDispositions(ctx, campaign, county));
  const where = { campaign, county, limit };
  prepared(ctx.raw, 'DELETE FROM early_receipts WHERE campaign = @campaign').run({ campaign });
  const some =
    '(SELECT sending, recipient FROM outbox WHERE campaign = @campaign AND county = @county ORDER BY sending, recipient LIMIT @limit)';
  prepared(
    ctx.raw,
    `INSERT INTO message_counts (campaign, county, sending, reporting_stratum, counted_set, state, reason, day, messages, segments, repeats)
       SELECT campaign, county, sending, reporting_stratum, counted_set, state, coalesce(reason, ''), day, count(*), sum(segments),
              sum(CASE WHEN repeats > 0 THEN 1 ELSE 0 END)
       FROM outbox WHERE campaign = @campaign AND county = @county AND (sending, recipient) IN ${some} GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
       ON CONFLICT DO UPDATE SET messages = messages + excluded.messages, segments = segments + excluded.segments,
         repeats = repeats + excluded.repeats`,
  ).run(where);
  return prepared(
    ctx.raw,
    `DELETE FROM outbox WHERE campaign = @campaign AND county = @county AND (sending, recipient) IN ${some}`,
  ).run(where).changes;
}

// Numbers --------------------------------------------------------------------------------------------------------------

type Mutable = { -readonly [K in keyof KnownNumber]: KnownNumber[K] };

/** Runs for every message just before it is sent, a few at a time. */
export function findNumbers(ctx: Context, digests: readonly (Uint8Array | null)[]): readonly KnownNumber[] {
  const known = digests.map((): Mutable => ({
    use: null,
    isBarred: false,
  }));
  const asked = digests.flatMap((digest, i) => (digest === null ? [] : [i]));
  const ids = joinIds(asked.map((i) => digests[i]!));
  const positions = positionsOf(asked);
  const rows = prepared(
    ctx.raw,
    `SELECT k.value, u.day, u.messages, u.last_at, d.digest IS NOT NULL
     FROM json_each(?) k LEFT JOIN messaged_numbers u ON u.digest = ${idAt} LEFT JOIN do_not_contact d ON d.digest = ${idAt}
     WHERE u.digest IS NOT NULL OR d.digest IS NOT NULL`,
  )
    .raw()
    .all(positions, ids, ids) as [number, string | null, number, number, number][];
  for (const [i, day, messages, lastAt, isBarred] of rows) {
    const own = known[asked[i]!]!;
    if (day !== null) own.use = { day, messages, lastAt };
    own.isBarred = isBarred === 1;
  }
  return known;
}

export function findBarred(ctx: Context, digests: readonly Uint8Array[]): readonly boolean[] {
  const find = prepared(ctx.raw, 'SELECT 1 FROM do_not_contact WHERE digest = ?');
  return digests.map((digest) => find.get(digest) !== undefined);
}

export function countBarred(ctx: Context): number {
  return prepared(ctx.raw, 'SELECT count(*) FROM do_not_contact').pluck().get() as number;
}

export function setBarred(
  ctx: Context,
  stamp: Stamp,
  digests: readonly Uint8Array[],
  isBarred: boolean,
  reason: 'asked' | 'opted-out',
  day: string,
): void {
  const forget = prepared(ctx.raw, 'DELETE FROM do_not_contact WHERE digest = ?');
  for (const digest of digests)
    if (isBarred) bar(ctx.raw, digest, reason, day);
    else forget.run(digest);
  const { trail } = decideBarring(digests.length, isBarred, reason);
  recordTrail(ctx.db, stamp, null, trail);
}

export function forgetNumberUses(ctx: Context, before: number): void {
  prepared(ctx.raw, 'DELETE FROM messaged_numbers WHERE last_at < ?').run(before);
}

export function forgetEarlyReceipts(ctx: Context, before: number): void {
  prepared(ctx.raw, 'DELETE FROM early_receipts WHERE at < ?').run(before);
}
