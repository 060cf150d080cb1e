/** An HTTP gateway described by its settings: requests, the meaning of responses, and delivery reports. */
import type {
  Channel,
  ChannelCapabilities,
  OutgoingMessage,
  Receipt,
  Refusal,
  Reply,
  SendOutcome,
} from '../domain/messaging/channel.ts';
import type { ReceiptReceiver } from '../domain/messaging/receipt-call.ts';
import { countSegments } from '../domain/messaging/segments.ts';
import type { Secret } from '../domain/secret.ts';
import { parseJson, textAt } from './http-mapping.ts';
import { createHttpClient, type HttpAnswer, type HttpOutcome } from './http-request.ts';
import { fillRequest, type RequestTemplate } from './http-template.ts';
import {
  createReceiver,
  createReplyReceiver,
  type ReceiptMapping,
  type ReplyCallMapping,
} from './receiver.ts';
import { zoneOffset } from '../domain/time-zone.ts';

type RetryReason = Extract<SendOutcome, { readonly kind: 'retry' }>['reason'];

export interface ReplyMapping {
  readonly format: 'json' | 'text';
  /** Path into JSON, or a pattern with one group: the gateway's own code. Absent: only the HTTP status counts. */
  readonly code: string | undefined;
  readonly accepted: readonly string[];
  /** Path or pattern of the message's id; `own`: the response has none, and receipts carry ours. */
  readonly id: string;
  readonly refusals: Readonly<Record<string, Refusal>>;
  readonly retries: Readonly<Record<string, RetryReason>>;
}

export interface HttpSettings {
  readonly name: string;
  readonly capabilities: Omit<ChannelCapabilities, 'receipts' | 'templateIds'>;
  readonly request: RequestTemplate;
  readonly secrets: ReadonlyMap<string, Secret>;
  readonly reply: ReplyMapping;
  readonly receipt: ReceiptMapping | undefined;
  readonly inbound: ReplyCallMapping | undefined;
  /** Where the gateway finds us. */
  readonly publicUrl: string;
  readonly patience: number;
  readonly ca: string | undefined;
  readonly connections: number;
}

export function createHttpChannel(
  settings: HttpSettings,
  around: { readonly now: () => number; readonly nonce: () => string },
): Channel & { readonly receivers: readonly ReceiptReceiver[] } {
  const client = createHttpClient(settings);
  const pending = new Set<Promise<SendOutcome>>();
  let isClosed = false;
  let listener: ((receipt: Receipt) => Promise<void>) | undefined;
  let replyListener: ((reply: Reply) => Promise<void>) | undefined;
  const { name, receipt, inbound } = settings;

  async function deliver(message: OutgoingMessage): Promise<SendOutcome> {
    const { segments } = countSegments(message.text);
    if (segments > settings.capabilities.maxSegments) return { kind: 'refused', reason: 'rejected' };
    let answer: HttpOutcome;
    try {
      answer = await client.ask(fillRequest(settings.request, valuesOf(message), settings.secrets));
    } catch {
      // An invalid header value prevents sending.
      return { kind: 'refused', reason: 'rejected' };
    }
    switch (answer.kind) {
      case 'unreachable':
        return { kind: 'retry', reason: 'unavailable', mayHaveBeenSent: false };
      case 'lost':
        return { kind: 'retry', reason: answer.reason, mayHaveBeenSent: !settings.capabilities.idempotent };
      case 'answer':
        return outcomeOf(answer, message.id, segments);
    }
  }

  function valuesOf({ id, to, text, subject, variables }: OutgoingMessage): ReadonlyMap<string, string> {
    const now = around.now();
    const date = new Date(now + zoneOffset).toISOString();
    return new Map([
      ...Object.entries(variables).map(([key, value]) => [`variable.${key}`, value] as const),
      ['id', id],
      ['to', to],
      ['text', text],
      ['subject', subject ?? ''],
      ['seconds', String(Math.floor(now / 1000))],
      ['milliseconds', String(now)],
      ['date', date.replace(/\D/g, '').slice(0, 14)],
      ['nonce', around.nonce()],
      ['receipts', `${settings.publicUrl}/gateway/receipts/${settings.name}`],
    ]);
  }

  function outcomeOf(answer: HttpAnswer, own: string, segments: number): SendOutcome {
    const { reply, capabilities } = settings;
    const data = reply.format === 'json' ? parseJson(answer.body) : answer.body;
    const at = (place: string) =>
      reply.format === 'json' ? textAt(data, place) : new RegExp(place, 'm').exec(answer.body)?.[1];
    const code = reply.code === undefined ? undefined : at(reply.code);
    const refusal = code === undefined ? undefined : reply.refusals[code];
    if (refusal !== undefined) return { kind: 'refused', reason: refusal };
    const retry = code === undefined ? undefined : reply.retries[code];
    const wait = answer.retryAfter === undefined ? {} : { afterMs: answer.retryAfter * 1000 };
    if (retry !== undefined) return { kind: 'retry', reason: retry, ...wait, mayHaveBeenSent: false };
    const isGood = answer.status >= 200 && answer.status < 300;
    if (isGood && (reply.code === undefined || (code !== undefined && reply.accepted.includes(code)))) {
      const providerId = reply.id === 'own' ? own : at(reply.id);
      return { kind: 'accepted', providerId: providerId === '' ? undefined : providerId, segments };
    }
    if (answer.status === 429) return { kind: 'retry', reason: 'throttled', ...wait, mayHaveBeenSent: false };
    // Wrong credentials, a wrong address: not the message's fault.
    if ([401, 403, 404, 405, 407].includes(answer.status) || (answer.status >= 300 && answer.status < 400))
      return { kind: 'retry', reason: 'unavailable', mayHaveBeenSent: false };
    if (answer.status >= 500 || (isGood && code === undefined))
      return {
        kind: 'retry',
        reason: 'unavailable',
        ...wait,
        // 503 means that nothing was done; other codes may come later.
        mayHaveBeenSent: answer.status !== 503 && !capabilities.idempotent,
      };
    return { kind: 'refused', reason: 'rejected' };
  }

  return {
    name,
    kind: 'http',
    capabilities: { ...settings.capabilities, receipts: settings.receipt !== undefined, templateIds: false },
    async send(message) {
      if (isClosed) return { kind: 'retry', reason: 'unavailable', mayHaveBeenSent: false };
      const sending = deliver(message);
      pending.add(sending);
      try {
        return await sending;
      } finally {
        pending.delete(sending);
      }
    },
    onReceipt(next) {
      listener = next;
    },
    onReply(next) {
      replyListener = next;
    },
    receivers: [
      ...(receipt ? [createReceiver(name, receipt, () => listener)] : []),
      ...(inbound ? [createReplyReceiver(name, inbound, () => replyListener)] : []),
    ],
    async close() {
      isClosed = true;
      await Promise.all(pending);
      client.close();
    },
  };
}
