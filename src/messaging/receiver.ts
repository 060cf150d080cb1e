/**
 * Receives a gateway's calls: checks secret or signature first, reads the mapped fields, and responds once every receipt is
 * stored.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Receipt, Reply } from '../domain/messaging/channel.ts';
import type { ReceiptCall, ReceiptReceiver, ReceiptReply } from '../domain/messaging/receipt-call.ts';
import type { Secret } from '../domain/secret.ts';
import { findAt, parseJson, textAt } from './http-mapping.ts';

export type ReceiptAuth =
  | {
      readonly kind: 'token';
      readonly in: 'query' | 'header';
      readonly name: string;
      readonly secret: Secret;
    }
  | {
      readonly kind: 'hmac';
      readonly header: string;
      readonly algorithm: 'sha1' | 'sha256';
      readonly encoding: 'hex' | 'base64';
      readonly secret: Secret;
    };

interface CallMapping {
  readonly auth: ReceiptAuth;
  readonly format: 'query' | 'form' | 'json';
  /** Path to a list in JSON; empty: the body itself, which is one entry or a list. */
  readonly list: string;
  readonly answer: { readonly contentType: string; readonly body: string };
}

/** Fields of a person's reply. */
export interface ReplyCallMapping extends CallMapping {
  readonly from: string;
  readonly text: string;
}

export interface ReceiptMapping extends CallMapping {
  readonly id: string;
  readonly state: string;
  /** What the gateway's words mean. */
  readonly states: Readonly<Record<string, Receipt['state']>>;
  /** Meaning of any other word; absent: an intermediate state, which is ignored. */
  readonly otherwise?: Receipt['state'] | undefined;
}

/** Larger than any gateway's batch. */
const mostReceipts = 2_000;

/** @param readEntry undefined: unreadable; null: nothing to be stored */
function createCallReceiver<T>(
  names: Pick<ReceiptReceiver, 'channel' | 'what'>,
  mapping: CallMapping,
  readEntry: (entry: unknown) => T | null | undefined,
  listener: () => ((taken: T) => Promise<void>) | undefined,
): ReceiptReceiver {
  async function receive(call: ReceiptCall): Promise<ReceiptReply> {
    if (!isGenuine(mapping.auth, call)) return { kind: 'refused' };
    const entries = entriesOf(mapping, call);
    if (entries === undefined || entries.length > mostReceipts) return { kind: 'unreadable' };
    const found: T[] = [];
    for (const entry of entries) {
      const read = readEntry(entry);
      if (read === undefined) return { kind: 'unreadable' };
      if (read !== null) found.push(read);
    }
    const store = listener();
    if (store === undefined && found.length > 0) throw new Error('nobody takes what gateways say');
    for (const one of found) await store!(one);
    return { kind: 'taken', ...mapping.answer };
  }
  return { ...names, receive };
}

export function createReceiver(
  channel: string,
  mapping: ReceiptMapping,
  listener: () => ((receipt: Receipt) => Promise<void>) | undefined,
): ReceiptReceiver {
  const read = (entry: unknown): Receipt | null | undefined => {
    const providerId = textAt(entry, mapping.id);
    const word = textAt(entry, mapping.state);
    if (providerId === undefined || providerId === '' || word === undefined) return undefined;
    const state = Object.hasOwn(mapping.states, word) ? mapping.states[word] : mapping.otherwise;
    return state === undefined ? null : { providerId: providerId.slice(0, 200), state };
  };
  return createCallReceiver({ channel, what: 'receipts' }, mapping, read, listener);
}

export function createReplyReceiver(
  channel: string,
  mapping: ReplyCallMapping,
  listener: () => ((reply: Reply) => Promise<void>) | undefined,
): ReceiptReceiver {
  const read = (entry: unknown): Reply | undefined => {
    const from = textAt(entry, mapping.from);
    const text = textAt(entry, mapping.text);
    if (from === undefined || text === undefined) return undefined;
    return { from: from.slice(0, 50), text: text.slice(0, 1_000) };
  };
  return createCallReceiver({ channel, what: 'replies' }, mapping, read, listener);
}

function isGenuine(auth: ReceiptAuth, { query, headers, body }: ReceiptCall): boolean {
  const given =
    auth.kind === 'token' && auth.in === 'query'
      ? query[auth.name]
      : headers[(auth.kind === 'token' ? auth.name : auth.header).toLowerCase()];
  if (typeof given !== 'string') return false;
  if (auth.kind === 'token') return isSame(given.replace(/^Bearer /, ''), auth.secret.reveal());
  const expected = createHmac(auth.algorithm, auth.secret.reveal())
    .update(body, 'utf8')
    .digest(auth.encoding);
  return isSame(auth.encoding === 'hex' ? given.toLowerCase() : given, expected);
}

/** Constant time; compares hashes, so that the time does not depend on the lengths either. */
function isSame(given: string, expected: string): boolean {
  const digest = (text: string) => createHmac('sha256', 'compare').update(text, 'utf8').digest();
  return timingSafeEqual(digest(given), digest(expected));
}

function entriesOf(
  { format, list }: CallMapping,
  { query, body }: ReceiptCall,
): readonly unknown[] | undefined {
  if (format === 'query') return [query];
  if (format === 'form') return [Object.fromEntries(new URLSearchParams(body))];
  const found = findAt(parseJson(body), list);
  if (Array.isArray(found)) return found as readonly unknown[];
  return typeof found === 'object' && found !== null ? [found] : undefined;
}
