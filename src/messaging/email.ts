/**
 * E-mail by SMTP. A mail server reports nothing later: its bounces are sent to MAIL_FROM. The Message-ID is the same at every
 * attempt, but not every mailbox drops a second e-mail with the same one.
 */
import { Readable } from 'node:stream';
import type { Transporter } from 'nodemailer';
import type {
  Channel,
  ChannelCapabilities,
  OutgoingMessage,
  Refusal,
  SendOutcome,
} from '../domain/messaging/channel.ts';

export interface EmailSettings {
  readonly name: string;
  /** smtp: or smtps:, with user and password if the server requires them. */
  readonly url: string;
  readonly from: string;
  readonly perSecond: number;
  /** Timeout of the server in milliseconds. */
  readonly patience: number;
}

export function createEmailChannel(settings: EmailSettings): Channel {
  const { url, from, perSecond, patience } = settings;
  const capabilities: ChannelCapabilities = {
    personalLink: true,
    variableLength: true,
    maxSegments: 100,
    optOutText: 'free',
    window: undefined,
    receipts: false,
    templateIds: false,
    perSecond,
    idempotent: false,
  };
  const host = from.slice(from.lastIndexOf('@') + 1);
  const pending = new Set<Promise<SendOutcome>>();
  let transport: Promise<Transporter> | undefined;
  let closed = false;

  async function connect(): Promise<Transporter> {
    const { createTransport } = await import('nodemailer');
    return createTransport({
      url,
      pool: true,
      maxConnections: 2,
      // The caller, which counts the attempts, sends it again.
      maxRequeues: 0,
      connectionTimeout: patience,
      greetingTimeout: patience,
      socketTimeout: patience,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
  }

  async function deliver({ id, to, text, subject }: OutgoingMessage): Promise<SendOutcome> {
    let isHandedOver = false;
    // Read only once the server has asked for the message itself.
    const body = Readable.from(
      (function* () {
        isHandedOver = true;
        yield Buffer.from(text, 'utf8');
      })(),
    );
    try {
      const mailer = await (transport ??= connect());
      await mailer.sendMail({
        from,
        to,
        messageId: `<${id}@${host}>`,
        subject: subject ?? '',
        text: body,
        textEncoding: 'base64',
      });
      return { kind: 'accepted', providerId: undefined, segments: 1 };
    } catch (error) {
      return outcomeOf(error, isHandedOver);
    }
  }

  return {
    name: settings.name,
    kind: 'email',
    capabilities,
    async send(message) {
      if (closed) return { kind: 'retry', reason: 'unavailable', mayHaveBeenSent: false };
      const sending = deliver(message);
      pending.add(sending);
      try {
        return await sending;
      } finally {
        pending.delete(sending);
      }
    },
    onReceipt: () => undefined,
    async close() {
      closed = true;
      // E-mails in progress are finished, or run into the socket's timeout.
      await Promise.all(pending);
      (await transport)?.close();
    },
  };
}

/** By reply code and enhanced status code (RFC 5321, 3463); the server's text may repeat the address. */
function outcomeOf(error: unknown, isHandedOver: boolean): SendOutcome {
  const { responseCode, response, command, code } = error as {
    readonly responseCode?: number;
    readonly response?: string;
    readonly command?: string;
    readonly code?: string;
  };
  const login = command?.startsWith('AUTH') === true || code === 'EAUTH';
  if (responseCode === undefined || login || command === 'CONN')
    return {
      kind: 'retry',
      reason: code === 'ETIMEDOUT' ? 'timed-out' : 'unavailable',
      // With a reply to the message the outcome is certain.
      mayHaveBeenSent: isHandedOver && responseCode === undefined,
    };
  if (responseCode < 500 || responseCode === 503)
    return {
      kind: 'retry',
      reason:
        responseCode === 450 || responseCode === 451 || responseCode === 452 ? 'throttled' : 'unavailable',
      mayHaveBeenSent: false,
    };
  return {
    kind: 'refused',
    reason: refusalOf(command, / 5\.(\d{1,3}\.\d{1,3})/.exec(` ${response ?? ''}`)?.[1]),
  };
}

function refusalOf(command: string | undefined, status: string | undefined): Refusal {
  if (status?.startsWith('1.') === true) return 'wrong-number';
  if (status === undefined && command === 'RCPT TO') return 'wrong-number';
  return command === 'DATA' ? 'blocked-text' : 'rejected';
}
