/** The configured channels: without an entry in CHANNELS_FILE nobody is contacted. */
import type { Channel } from '../domain/messaging/channel.ts';
import { nameOf, type ChannelEntry, type ChannelSettings } from '../domain/messaging/channel-settings.ts';
import type { ReceiptReceiver } from '../domain/messaging/receipt-call.ts';
import type { Secret } from '../domain/secret.ts';
import { createAliyunChannel } from './aliyun.ts';
import { createEmailChannel } from './email.ts';
import { createHttpChannel } from './http.ts';
import type { ReceiptAuth } from './receiver.ts';
import { createSmppChannel } from './smpp.ts';
import { createTencentChannel } from './tencent.ts';

export interface ChannelSurroundings {
  readonly mail: { readonly url: string; readonly from: string } | null;
  readonly publicUrl: string;
  readonly now: () => number;
  readonly random: () => number;
  readonly nonce: () => string;
  readonly log: (event: string, details: Readonly<Record<string, unknown>>) => void;
}

export interface Channels {
  readonly list: readonly Channel[];
  /** For channels whose gateways call us. */
  readonly receivers: readonly ReceiptReceiver[];
}

export function createChannels(settings: readonly ChannelSettings[], around: ChannelSurroundings): Channels {
  const list = settings.map((s) => createChannel(s, around));
  return { list, receivers: list.flatMap((c) => c.receivers ?? []) };
}

type WithReceivers = Channel & { readonly receivers?: readonly ReceiptReceiver[] };

function createChannel({ entry, secrets, ca }: ChannelSettings, around: ChannelSurroundings): WithReceivers {
  const patience = entry.patience * 1000;
  const capabilities = capabilitiesOf(entry);
  const name = nameOf(entry);
  const secret = (path: string) => {
    const found = secrets.get(path);
    if (found === undefined) throw new Error(`no secret ${path}`);
    return found;
  };
  switch (entry.kind) {
    case 'smpp': {
      const { hostname, port, protocol } = new URL(entry.url);
      return createSmppChannel(
        {
          ...entry,
          name,
          host: hostname.replace(/^\[|\]$/g, ''),
          port: Number(port),
          tls: protocol === 'smpps:',
          ca,
          password: secret('password'),
          window: entry.outstanding,
          capabilities,
          patience,
        },
        around,
      );
    }
    case 'http': {
      const { request, reply, connections, idempotent } = entry;
      const named = Object.keys(entry.secrets).map((name) => [name, secret(`secrets.${name}`)] as const);
      return createHttpChannel(
        {
          name,
          capabilities: { ...capabilities, idempotent },
          request: {
            method: request.method,
            url: request.url,
            headers: request.headers,
            query: request.query,
            form: request.form,
            json: request.json,
            signature: request.signature && { ...request.signature, key: request.signature.key },
          },
          secrets: new Map<string, Secret>(named),
          reply: { ...reply, code: reply.code },
          receipt: entry.receipt && callOf(entry.receipt, secret('receipt.auth.secret')),
          inbound: entry.inbound && callOf(entry.inbound, secret('inbound.auth.secret')),
          publicUrl: around.publicUrl,
          patience,
          ca,
          connections,
        },
        around,
      );
    }
    case 'aliyun':
      return createAliyunChannel({
        ...entry,
        name,
        capabilities,
        accessKeySecret: secret('accessKeySecret'),
        receiptToken: secrets.get('receiptToken'),
        patience,
      });
    case 'tencent':
      return createTencentChannel({
        ...entry,
        name,
        capabilities,
        secretKey: secret('secretKey'),
        receiptToken: secrets.get('receiptToken'),
        patience,
      });
    case 'email': {
      if (around.mail === null) throw new Error('no mail server');
      return createEmailChannel({ ...around.mail, name, perSecond: entry.perSecond, patience });
    }
  }
}

function capabilitiesOf({
  personalLink,
  variableLength,
  maxSegments,
  optOutText,
  window,
  perSecond,
}: ChannelEntry) {
  return { personalLink, variableLength, maxSegments, optOutText, window, perSecond };
}

type AuthEntry = NonNullable<Extract<ChannelEntry, { readonly kind: 'http' }>['receipt']>['auth'];

function callOf<T extends { readonly auth: AuthEntry }>(
  { auth, ...mapping }: T,
  secret: Secret,
): Omit<T, 'auth'> & { readonly auth: ReceiptAuth } {
  return { ...mapping, auth: { ...auth, secret } };
}
