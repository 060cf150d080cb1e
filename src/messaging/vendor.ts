/**
 * Common parts of the cloud vendors: texts are registered with them, and errors of their SDKs repeat the number and the signed
 * address.
 */
import type { Channel, OutgoingMessage, Receipt, Reply, SendOutcome } from '../domain/messaging/channel.ts';
import type { ReceiptReceiver } from '../domain/messaging/receipt-call.ts';
import { countSegments } from '../domain/messaging/segments.ts';
import { fillSms } from '../domain/messaging/sms-text.ts';
import type { Secret } from '../domain/secret.ts';
import {
  createReceiver,
  createReplyReceiver,
  type ReceiptMapping,
  type ReplyCallMapping,
} from './receiver.ts';

export interface RegisteredText {
  /** The vendor's id of it. */
  readonly id: string;
  /** With our placeholders, without the signature. */
  readonly text: string;
  /** The vendor's name of each variable → ours, in the vendor's order. */
  readonly variables: Readonly<Record<string, string>>;
}

/** The registered text that equals this message. Any other would reach people with unchecked wording. */
export function findRegistered(
  { text, variables }: OutgoingMessage,
  registered: readonly RegisteredText[],
  signature: string,
): RegisteredText | undefined {
  const { county = '', closes = '', address = '', code = '' } = variables;
  return registered.find((r) => fillSms(r.text, { signature, county, closes, address, code }) === text);
}

export function variablesFor(
  { variables }: RegisteredText,
  message: OutgoingMessage,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(variables).map(([theirs, ours]) => [theirs, message.variables[ours] ?? '']),
  );
}

const neverConnected = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EINVAL',
]);

/** Whether the request was sent at all, from an error without a vendor code. Nothing of the error is passed on. */
export function outcomeOfFailure(error: unknown): SendOutcome {
  const codes: string[] = [];
  for (let e: unknown = error, depth = 0; e instanceof Error && depth < 4; e = e.cause, depth++)
    codes.push((e as NodeJS.ErrnoException).code ?? '', e.name);
  const said = `${codes.join(' ')} ${error instanceof Error ? error.message : ''}`;
  const isUnreachable = [...neverConnected].some((code) => said.includes(code));
  return {
    kind: 'retry',
    reason: /time-?d?-?out/i.test(said) ? 'timed-out' : 'unavailable',
    mayHaveBeenSent: !isUnreachable,
  };
}

export interface VendorParts {
  readonly name: string;
  readonly kind: string;
  readonly capabilities: Channel['capabilities'];
  readonly registered: readonly RegisteredText[];
  readonly signature: string;
  readonly submit: (
    message: OutgoingMessage,
    registered: RegisteredText,
    segments: number,
  ) => Promise<SendOutcome>;
  /**
   * Calls that the vendor pushes to our addresses, as JSON. It signs nothing, so the addresses contain the secret. Without one
   * nothing is accepted.
   */
  readonly pushed: {
    readonly secret: Secret | undefined;
    readonly receipts: Pick<ReceiptMapping, 'id' | 'state' | 'states' | 'otherwise'>;
    readonly replies: Pick<ReplyCallMapping, 'from' | 'text'>;
    /** What it wants to hear. */
    readonly answer: object;
  };
}

export type ReceivingChannel = Channel & { readonly receivers: readonly ReceiptReceiver[] };

export function createVendorChannel(parts: VendorParts): ReceivingChannel {
  const pending = new Set<Promise<SendOutcome>>();
  let isClosed = false;
  let onReceipt: ((receipt: Receipt) => Promise<void>) | undefined;
  let onReply: ((reply: Reply) => Promise<void>) | undefined;
  const { secret, receipts, replies, answer } = parts.pushed;
  const receivers: ReceiptReceiver[] = [];
  if (secret) {
    const call = {
      auth: { kind: 'token', in: 'query', name: 'token', secret },
      format: 'json',
      list: '',
      answer: { contentType: 'application/json', body: JSON.stringify(answer) },
    } as const;
    receivers.push(
      createReceiver(parts.name, { ...call, ...receipts }, () => onReceipt),
      createReplyReceiver(parts.name, { ...call, ...replies }, () => onReply),
    );
  }
  return {
    name: parts.name,
    kind: parts.kind,
    registered: { signature: parts.signature, texts: parts.registered.map((r) => r.text) },
    capabilities: parts.capabilities,
    async send(message) {
      if (isClosed) return { kind: 'retry', reason: 'unavailable', mayHaveBeenSent: false };
      const registered = findRegistered(message, parts.registered, parts.signature);
      if (registered === undefined) return { kind: 'refused', reason: 'blocked-text' };
      const sending = parts
        .submit(message, registered, countSegments(message.text).segments)
        .catch((error: unknown) => outcomeOfFailure(error));
      pending.add(sending);
      try {
        return await sending;
      } finally {
        pending.delete(sending);
      }
    },
    onReceipt(next) {
      onReceipt = next;
    },
    onReply(next) {
      onReply = next;
    },
    receivers,
    async close() {
      isClosed = true;
      await Promise.all(pending);
    },
  };
}
