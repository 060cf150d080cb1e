/** Single messages: queued, claimed, sent. Statements as text, because a survey has some ten thousand messages. */
import { z } from 'zod';
import type { Receipt } from '../../../domain/messaging/channel.ts';
import {
  fateOfState,
  messageStates,
  moveByReceipt,
  type MessageState,
  type NumberUse,
} from '../../../domain/messaging/outbox.ts';
import { decideBarring } from '../../../domain/messaging/decide-sending.ts';
import { toHex } from '../../../domain/hash.ts';
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
import { findBytes, insertRows } from '../bulk.ts';
import type { Context } from '../context.ts';
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
async function rowOf(ctx: Context, { campaign, county, no }: SendingKey): Promise<Row> {
  return { campaign: await knownCampaignNo(ctx, campaign), county, no };
}

export async function queueMessages(
  ctx: Context,
  key: SendingKey,
  { recipients, reportingStrata, sets }: QueuedMessages,
  at: number,
  day: string,
): Promise<boolean> {
  const row = await rowOf(ctx, key);
  const state = await ctx.raw
    .prepare('SELECT state FROM sendings WHERE campaign = @campaign AND county = @county AND no = @no')
    .pluck()
    .get(row);
  if (state !== 'filling') return false;
  const { campaign, county, no } = row;
  await insertRows(
    ctx.raw,
    'outbox',
    {
      ...{
        campaign: 'integer',
        county: 'text',
        sending: 'integer',
        recipient: 'bytea',
        sealed_entry: 'bytea',
      },
      ...{ reporting_stratum: 'integer', counted_set: 'text', state: 'text', due_at: 'bigint', day: 'text' },
    },
    splitIds(recipients).map((recipient, i) => [
      ...[campaign, county, no, recipient, notSealed, reportingStrata[i], sets[i], 'queued', at, day],
    ]),
    'ON CONFLICT DO NOTHING',
  );
  return true;
}

export async function exchangeMessages(
  ctx: Context,
  claim: Claim,
  results: readonly RecordedResult[],
  isIdempotent: boolean,
): Promise<ClaimedMessages> {
  if (results.length > 0) await recordResults(ctx, claim, results, isIdempotent);
  return claim.limit > 0
    ? await claimMessages(ctx, claim)
    : { recipients: notSealed, attempts: [], sealedEntries: [] };
}

async function claimMessages(ctx: Context, claim: Claim): Promise<ClaimedMessages> {
  const { worker, at, day, leaseUntil, limit } = claim;
  const row = { ...(await rowOf(ctx, claim)), worker, at, day, leaseUntil, limit };
  const claimed = (await ctx.raw
    .prepare(
      `UPDATE outbox SET state = 'sending', worker = @worker, lease_until = @leaseUntil, attempts = attempts + 1, day = @day
       WHERE ${ofSending} AND state = 'queued' AND recipient IN (
         SELECT recipient FROM outbox WHERE ${ofSending} AND state = 'queued' AND due_at <= @at ORDER BY due_at, recipient
         LIMIT (SELECT CASE WHEN s.state <> 'running' THEN 0 WHEN s.per_day IS NULL THEN @limit
                  ELSE greatest(0, least(@limit, s.per_day - CASE WHEN s.cap_day = @day THEN s.cap_count ELSE 0 END)) END
                FROM sendings s WHERE s.campaign = @campaign AND s.county = @county AND s.no = @no))
       RETURNING recipient, sealed_entry AS "sealedEntry", attempts`,
    )
    .all(row)) as { recipient: Buffer; sealedEntry: Buffer; attempts: number }[];
  await countTowardsCap(ctx.raw, row, claimed.length);
  return {
    recipients: joinIds(claimed.map(({ recipient }) => recipient)),
    attempts: claimed.map(({ attempts }) => attempts),
    sealedEntries: claimed.flatMap(({ sealedEntry }, i) =>
      sealedEntry.length === 0 ? [] : [[i, new Uint8Array(sealedEntry)] as const],
    ),
  };
}

/** Negative `n`: messages that were claimed and not sent. */
async function countTowardsCap(
  raw: Raw,
  { campaign, county, no, day }: Row & { readonly day: string },
  n: number,
): Promise<void> {
  if (n === 0) return;
  await raw
    .prepare(
      `UPDATE sendings SET cap_count = CASE WHEN cap_day = @day THEN greatest(0, cap_count + @n) ELSE greatest(0, @n) END, cap_day = @day
       WHERE campaign = @campaign AND county = @county AND no = @no`,
    )
    .run({ campaign, county, no, day, n });
}

export async function releaseStale(ctx: Context, at: number): Promise<number> {
  return (
    await ctx.raw
      .prepare(
        `UPDATE outbox SET state = 'queued', worker = NULL, lease_until = NULL, repeats = repeats + 1
       WHERE (campaign, county, sending, recipient) IN
         (SELECT o.campaign, o.county, o.sending, o.recipient FROM sendings s
          JOIN outbox o ON o.campaign = s.campaign AND o.county = s.county AND o.sending = s.no AND o.state = 'sending'
          WHERE s.ended_at IS NULL AND s.started_at IS NOT NULL AND o.lease_until < ?)`,
      )
      .run(at)
  ).changes;
}

async function recordResults(
  ctx: Context,
  claim: Claim,
  results: readonly RecordedResult[],
  isIdempotent: boolean,
): Promise<void> {
  const row = { ...(await rowOf(ctx, claim)), day: claim.day };
  const { raw } = ctx;
  const mine = `${ofSending} AND recipient = @recipient AND state = 'sending' AND worker = @worker`;
  const forget = raw.prepare(`DELETE FROM outbox WHERE ${mine}`);
  const again =
    raw.prepare(`UPDATE outbox SET state = 'queued', worker = NULL, lease_until = NULL, due_at = @dueAt, reason = @reason, day = @day,
       attempts = attempts - @uncounted, repeats = repeats + @repeat WHERE ${mine}`);
  const settle =
    raw.prepare(`UPDATE outbox SET state = ?, worker = NULL, lease_until = NULL, provider = ?, segments = ?, reason = ?,
       repeats = CASE WHEN ? THEN 0 ELSE repeats END, day = ?
     WHERE campaign = ? AND county = ? AND sending = ? AND recipient = ? AND state = 'sending' AND worker = ?`);
  const notes = await createNotes(ctx, claim.campaign, claim.county, claim.at, claim.day);
  let unused = 0;
  for (const { recipient, result, entry, provider, number } of results) {
    const own = { ...row, recipient, worker: claim.worker };
    if (result.state === 'unneeded' || result.state === 'queued') unused++;
    let changes: number;
    if (result.state === 'unneeded') ({ changes } = await forget.run(own));
    else if (result.state === 'queued') {
      const { dueAt, reason, uncounted, mayHaveBeenSent } = result;
      const repeat = mayHaveBeenSent && !isIdempotent ? 1 : 0;
      ({ changes } = await again.run({ ...own, dueAt, reason, uncounted: uncounted ? 1 : 0, repeat }));
    } else {
      const [segments, reason] = result.state === 'sent' ? [result.segments, null] : [0, result.reason];
      ({ changes } = await settle.run(
        ...[result.state, provider, segments, reason, isIdempotent ? 1 : 0, claim.day],
        ...[row.campaign, row.county, row.no, recipient, claim.worker],
      ));
    }
    // Another worker has it by now, or the survey has ended.
    if (changes === 0) continue;
    if (number) await notes.used(number);
    if (result.state === 'unneeded' || result.state === 'queued') continue;
    let state: MessageState = result.state;
    if (state === 'sent' && provider) state = (await takeEarlyReceipt(raw, own, provider)) ?? state;
    await notes.settled(entry, state);
    if (state === 'opted-out' && number) await notes.barred(number);
  }
  await countTowardsCap(raw, row, -unused);
}

/** Further rows to be written when a message changes its state. */
async function createNotes(ctx: Context, id: CampaignId, county: CountyCode, at: number, day: string) {
  const { raw } = ctx;
  const campaign = await knownCampaignNo(ctx, id);
  // Counted and closed: no data of single contacts is kept.
  const isOpen =
    (await raw.prepare('SELECT state FROM campaigns WHERE no = ?').pluck().get(campaign)) === 'open';
  const putFate = raw.prepare(`INSERT INTO delivery_fates (campaign, county, entry, fate) VALUES (?, ?, ?, ?)
     ON CONFLICT (campaign, county, entry) DO UPDATE SET fate = excluded.fate`);
  const putUse =
    raw.prepare(`INSERT INTO messaged_numbers (digest, day, messages, last_at) VALUES (?, ?, 1, ?)
     ON CONFLICT (digest) DO UPDATE SET messages = CASE WHEN messaged_numbers.day = excluded.day THEN messaged_numbers.messages + 1 ELSE 1 END, day = excluded.day,
       last_at = excluded.last_at`);
  return {
    used: async (digest: Uint8Array) => await putUse.run(digest, day, at),
    async settled(entry: Uint8Array, state: MessageState) {
      const fate = fateOfState(state);
      if (isOpen && fate) await putFate.run(campaign, county, entry, fate);
    },
    barred: async (digest: Uint8Array) => await bar(raw, digest, 'opted-out', day),
  };
}

async function bar(raw: Raw, digest: Uint8Array, reason: string, day: string): Promise<void> {
  await raw
    .prepare('INSERT INTO do_not_contact (digest, reason, day) VALUES (?, ?, ?) ON CONFLICT DO NOTHING')
    .run(digest, reason, day);
}

async function takeEarlyReceipt(
  raw: Raw,
  own: Row & { readonly recipient: Uint8Array; readonly day: string },
  provider: Uint8Array,
): Promise<MessageState | undefined> {
  const { campaign } = own;
  const state = (await raw
    .prepare('SELECT state FROM early_receipts WHERE campaign = ? AND provider = ?')
    .pluck()
    .get(campaign, provider)) as Receipt['state'] | undefined;
  if (state === undefined) return undefined;
  await raw.prepare('DELETE FROM early_receipts WHERE campaign = ? AND provider = ?').run(campaign, provider);
  await raw
    .prepare(
      `UPDATE outbox SET state = @state, reason = CASE WHEN @state = 'delivered' THEN NULL ELSE 'receipt' END, day = @day
     WHERE ${ofSending} AND recipient = @recipient`,
    )
    .run({ ...own, state });
  return state;
}

export async function haveMessages(
  ctx: Context,
  key: SendingKey,
  recipients: readonly Uint8Array[],
): Promise<readonly boolean[]> {
  const { campaign, county, no } = await rowOf(ctx, key);
  const found = await findBytes(
    ctx.raw,
    'SELECT recipient FROM outbox WHERE campaign = ? AND county = ? AND sending = ? AND recipient = ANY(?)',
    ...[campaign, county, no, recipients],
  );
  return recipients.map((recipient) => found.has(toHex(recipient)));
}

export async function findSentMessage(
  ctx: Context,
  id: CampaignId,
  provider: Uint8Array,
): Promise<SentMessage | undefined> {
  const row = (await ctx.raw
    .prepare(
      'SELECT county, sending, recipient, sealed_entry AS "sealedEntry" FROM outbox WHERE campaign = ? AND provider = ?',
    )
    .get(await knownCampaignNo(ctx, id), provider)) as
    { county: CountyCode; sending: number; recipient: Buffer; sealedEntry: Buffer } | undefined;
  return (
    row && {
      ...row,
      recipient: new Uint8Array(row.recipient),
      sealedEntry: sealedIn(row.sealedEntry),
    }
  );
}

export async function recordReceipt(
  ctx: Context,
  id: CampaignId,
  receipt: {
    readonly provider: Uint8Array;
    readonly state: Receipt['state'];
    readonly at: number;
    readonly day: string;
  },
  of: (SentMessage & { readonly entry: Uint8Array; readonly number: Uint8Array | null }) | null,
): Promise<boolean> {
  const { raw } = ctx;
  const { provider, state, at, day } = receipt;
  const campaign = await knownCampaignNo(ctx, id);
  if (of === null) {
    const isKnown = await raw
      .prepare('SELECT 1 FROM outbox WHERE campaign = ? AND provider = ?')
      .get(campaign, provider);
    if (isKnown !== undefined) return false;
    await raw
      .prepare(
        'INSERT INTO early_receipts (campaign, provider, state, at) VALUES (?, ?, ?, ?) ON CONFLICT (campaign, provider) DO UPDATE SET state = excluded.state',
      )
      .run(campaign, provider, state, at);
    return true;
  }
  const own = { campaign, county: of.county, no: of.sending, recipient: of.recipient };
  const now = (await raw
    .prepare(`SELECT state FROM outbox WHERE ${ofSending} AND recipient = @recipient`)
    .pluck()
    .get(own)) as MessageState | undefined;
  const next = now === undefined ? null : moveByReceipt(now, state);
  if (next === null) return true;
  await raw
    .prepare(
      `UPDATE outbox SET state = @state, reason = CASE WHEN @state = 'delivered' THEN NULL ELSE 'receipt' END, day = @day
       WHERE ${ofSending} AND recipient = @recipient`,
    )
    .run({ ...own, state: next, day });
  const notes = await createNotes(ctx, id, of.county, at, day);
  await notes.settled(of.entry, next);
  if (next === 'opted-out' && of.number) await notes.barred(of.number);
  return true;
}

export async function recordReply(
  ctx: Context,
  { channel, day, optOut }: Parameters<OutboxWriter['recordReply']>[0],
): Promise<void> {
  const { raw } = ctx;
  await raw
    .prepare(
      `INSERT INTO replies (channel, day, opt_outs, others) VALUES (@channel, @day, @optOuts, 1 - @optOuts)
     ON CONFLICT (channel, day) DO UPDATE SET opt_outs = replies.opt_outs + excluded.opt_outs, others = replies.others + excluded.others`,
    )
    .run({ channel, day, optOuts: optOut === null ? 0 : 1 });
  if (optOut === null) return;
  await bar(raw, optOut.number, 'opted-out', day);
  const withdraw = raw.prepare(`UPDATE outbox SET state = 'opted-out', reason = 'reply', day = @day
     WHERE ${ofSending} AND recipient = @recipient AND state IN ('queued', 'sent', 'delivered')`);
  for (const { campaign: id, county, entry, messages } of optOut.contacts) {
    const campaign = await knownCampaignNo(ctx, id);
    await (await createNotes(ctx, id, county, 0, day)).settled(entry, 'opted-out');
    for (const { sending: no, recipient } of messages)
      await withdraw.run({ campaign, county, no, recipient, day });
  }
}

export async function countReplies(
  ctx: Context,
): Promise<{ readonly optOuts: number; readonly others: number }> {
  return (await ctx.raw
    .prepare(
      'SELECT coalesce(sum(opt_outs), 0) AS "optOuts", coalesce(sum(others), 0) AS others FROM replies',
    )
    .get()) as { optOuts: number; others: number };
}

export async function withdrawMessages(
  ctx: Context,
  key: SendingKey,
  to: 'cancelled' | 'expired',
  day: string,
  limit: number,
  all = false,
): Promise<number> {
  const row = { ...(await rowOf(ctx, key)), to, day };
  // One statement per state: each has its own index.
  const withdraw = async (from: 'queued' | 'sending', most: number) =>
    (
      await ctx.raw
        .prepare(
          `UPDATE outbox SET state = @to, worker = NULL, lease_until = NULL, day = @day WHERE ${ofSending} AND ctid = ANY (ARRAY(
             SELECT ctid FROM outbox WHERE ${ofSending} AND state = '${from}' LIMIT @most))`,
        )
        .run({ ...row, most })
    ).changes;
  const changed = await withdraw('queued', limit);
  return all && changed < limit ? changed + (await withdraw('sending', limit - changed)) : changed;
}

const stateSchema = z.enum(messageStates);

export async function countMessages(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
): Promise<readonly MessageCount[]> {
  const where = { campaign: await knownCampaignNo(ctx, id), county };
  const rows = (await ctx.raw
    .prepare(
      `SELECT sending, reporting_stratum AS "reportingStratum", counted_set AS "set", state, reason, day, count(*) AS messages,
              sum(segments) AS segments, sum(CASE WHEN repeats > 0 THEN 1 ELSE 0 END) AS repeats
       FROM outbox WHERE campaign = @campaign AND county = @county GROUP BY 1, 2, 3, 4, 5, 6
       UNION ALL
       SELECT sending, reporting_stratum, counted_set, state, nullif(reason, ''), day, messages, segments, repeats
       FROM message_counts WHERE campaign = @campaign AND county = @county`,
    )
    .all(where)) as MessageCount[];
  return rows.map((r) => ({ ...r, state: stateSchema.parse(r.state), set: countedSetSchema.parse(r.set) }));
}

/** The survey is counted: messages become counts, at most `limit` at a time. Returns how many were deleted. */
export async function eraseMessages(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  limit: number,
): Promise<number> {
  const campaign = await knownCampaignNo(ctx, id);
  assertMayEraseCounted(await getCampaign(ctx.db, id), await hasDispositions(ctx, campaign, county));
  const where = { campaign, county, limit };
  await ctx.raw.prepare('DELETE FROM early_receipts WHERE campaign = @campaign').run({ campaign });
  const some =
    '(SELECT sending, recipient FROM outbox WHERE campaign = @campaign AND county = @county ORDER BY sending, recipient LIMIT @limit)';
  await ctx.raw
    .prepare(
      `INSERT INTO message_counts (campaign, county, sending, reporting_stratum, counted_set, state, reason, day, messages, segments, repeats)
       SELECT campaign, county, sending, reporting_stratum, counted_set, state, coalesce(reason, ''), day, count(*), sum(segments),
              sum(CASE WHEN repeats > 0 THEN 1 ELSE 0 END)
       FROM outbox WHERE campaign = @campaign AND county = @county AND (sending, recipient) IN ${some} GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
       ON CONFLICT (campaign, county, sending, reporting_stratum, counted_set, state, reason, day) DO UPDATE SET
         messages = message_counts.messages + excluded.messages, segments = message_counts.segments + excluded.segments,
         repeats = message_counts.repeats + excluded.repeats`,
    )
    .run(where);
  return (
    await ctx.raw
      .prepare(
        `DELETE FROM outbox WHERE campaign = @campaign AND county = @county AND (sending, recipient) IN ${some}`,
      )
      .run(where)
  ).changes;
}

// Numbers --------------------------------------------------------------------------------------------------------------

/** Runs for every message just before it is sent, a few at a time. */
export async function findNumbers(
  ctx: Context,
  digests: readonly (Uint8Array | null)[],
): Promise<readonly KnownNumber[]> {
  const asked = digests.filter((d) => d !== null);
  const uses = (await ctx.raw
    .prepare('SELECT digest, day, messages, last_at AS "lastAt" FROM messaged_numbers WHERE digest = ANY(?)')
    .all(asked)) as (NumberUse & { readonly digest: Buffer })[];
  const known = new Map(uses.map(({ digest, ...use }) => [toHex(digest), use]));
  const barred = await findBytes(ctx.raw, barredAmong, asked);
  return digests.map((digest) => ({
    use: digest === null ? null : (known.get(toHex(digest)) ?? null),
    isBarred: digest !== null && barred.has(toHex(digest)),
  }));
}

const barredAmong = 'SELECT digest FROM do_not_contact WHERE digest = ANY(?)';

export async function findBarred(ctx: Context, digests: readonly Uint8Array[]): Promise<readonly boolean[]> {
  const barred = await findBytes(ctx.raw, barredAmong, digests);
  return digests.map((digest) => barred.has(toHex(digest)));
}

export async function countBarred(ctx: Context): Promise<number> {
  return (await ctx.raw.prepare('SELECT count(*) FROM do_not_contact').pluck().get()) as number;
}

export async function setBarred(
  ctx: Context,
  stamp: Stamp,
  digests: readonly Uint8Array[],
  isBarred: boolean,
  reason: 'asked' | 'opted-out',
  day: string,
): Promise<void> {
  const forget = ctx.raw.prepare('DELETE FROM do_not_contact WHERE digest = ?');
  for (const digest of digests)
    if (isBarred) await bar(ctx.raw, digest, reason, day);
    else await forget.run(digest);
  const { trail } = decideBarring(digests.length, isBarred, reason);
  await recordTrail(ctx.db, stamp, null, trail);
}

export async function forgetNumberUses(ctx: Context, before: number): Promise<void> {
  await ctx.raw.prepare('DELETE FROM messaged_numbers WHERE last_at < ?').run(before);
}

export async function forgetEarlyReceipts(ctx: Context, before: number): Promise<void> {
  await ctx.raw.prepare('DELETE FROM early_receipts WHERE at < ?').run(before);
}
