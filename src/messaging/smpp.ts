/** SMPP 3.4, as spoken by carriers and by aggregators other than the cloud vendors. */
import { createHash } from 'node:crypto';
import type {
  Channel,
  ChannelCapabilities,
  OutgoingMessage,
  Receipt,
  Refusal,
  Reply,
  SendOutcome,
} from '../domain/messaging/channel.ts';
import {
  createSubmissions,
  outcomeOfStatus,
  partsOf,
  payloadOf,
  receiptOf,
  replyOf,
  type Part,
  type Submission,
} from './smpp-pdu.ts';
import type { Answer } from './smpp-connection.ts';
import { createSmppSession, type SessionOptions, type SmppLine } from './smpp-session.ts';

export interface SmppSettings extends SmppLine {
  readonly name: string;
  readonly capabilities: Omit<ChannelCapabilities, 'receipts' | 'templateIds' | 'idempotent'>;
  /** The sender's number or name that people see. */
  readonly from: string;
  /** `international`: prefixed with 86. */
  readonly numbers: 'national' | 'international';
  /** How a text of several segments is sent: split by us, or as a whole for the gateway to split. */
  readonly long: 'udh' | 'payload';
  readonly window: number;
  /** The gateway gives a message up after this many hours; 0: it decides. */
  readonly validHours: number;
  /** `hex`: the gateway responds with a hexadecimal id and writes it in decimal in receipts. */
  readonly ids: 'same' | 'hex';
  /** Statuses of the gateway's own, as `0x…`. */
  readonly statuses: Readonly<Record<string, Refusal>>;
  /** Words and error numbers of its receipts. */
  readonly receiptStates: Readonly<Record<string, Receipt['state']>>;
  readonly patience: number;
}

export interface SmppSurroundings {
  readonly log: SessionOptions['log'];
  readonly random: () => number;
  readonly pulse?: number;
  readonly backoff?: SessionOptions['backoff'];
}

const ok = 0;
/** 5.1.3, ESME_RX_T_APPN: the gateway keeps the receipt and sends it again. */
const temporarily = 0x64;

export function createSmppChannel(settings: SmppSettings, around: SmppSurroundings): Channel {
  let listener: ((receipt: Receipt) => Promise<void>) | undefined;
  let replyListener: ((reply: Reply) => Promise<void>) | undefined;
  const session = createSmppSession({
    line: settings,
    window: settings.window,
    patience: settings.patience,
    pulse: around.pulse ?? 30_000,
    backoff: around.backoff ?? { first: 1_000, most: 60_000 },
    log: around.log,
    random: around.random,
    onDeliver: async (pdu) => {
      const receipt = receiptOf({ ...pdu }, settings.receiptStates);
      // A state on the way.
      if (receipt === null) return ok;
      const reply = receipt === 'other' ? replyOf({ ...pdu }) : null;
      if (receipt === 'other' && reply === null) return ok;
      if (listener === undefined) return temporarily;
      try {
        if (reply !== null) await replyListener?.(reply);
        else if (receipt !== 'other')
          await listener({ ...receipt, providerId: receiptId(receipt.providerId, settings.ids) });
        return ok;
      } catch {
        return temporarily;
      }
    },
  });

  const numberOf = (to: string) => (settings.numbers === 'international' ? `86${to}` : to);
  const common = {
    ...sourceOf(settings.from),
    dest_addr_ton: settings.numbers === 'international' ? 1 : 0,
    dest_addr_npi: 1,
    validity_period: validity(settings.validHours),
  };

  function send(message: OutgoingMessage): Promise<SendOutcome> {
    const { to, text } = message;
    const parts = partsOf(text, () => createHash('sha256').update(message.id).digest()[0]!);
    const segments = parts.length;
    if (segments > settings.capabilities.maxSegments)
      return Promise.resolve({ kind: 'refused', reason: 'rejected' });
    const number = numberOf(to);
    if (segments === 1) return submit({ to: number, part: parts[0]!, esmClass: 0, wantsReceipt: true }, 1);
    if (settings.long === 'udh') return sendParts(number, parts);
    const { dataCoding, bytes } = payloadOf(text);
    const whole = { data_coding: dataCoding, short_message: Buffer.alloc(0), message_payload: bytes };
    const fields = { ...common, destination_addr: number, registered_delivery: 1, ...whole };
    return session.request(
      ({ PDU }, sequence_number) => new PDU('submit_sm', { ...fields, sequence_number }).toBuffer(),
      (answer) => outcomeOf(answer, segments),
    );
  }

  let encode: ReturnType<typeof createSubmissions> | undefined;
  const submit = (submission: Submission, segments: number): Promise<SendOutcome> =>
    session.request(
      (library, sequence) => (encode ??= createSubmissions(library, common))(submission, sequence),
      (answer) => outcomeOf(answer, segments),
    );

  async function sendParts(to: string, parts: readonly Part[]): Promise<SendOutcome> {
    let outcome: SendOutcome = { kind: 'refused', reason: 'rejected' };
    for (const [i, part] of parts.entries()) {
      // One receipt per message, for the part that was sent last.
      const wantsReceipt = i === parts.length - 1;
      outcome = await submit({ to, part, esmClass: 0x40, wantsReceipt }, parts.length);
      if (outcome.kind === 'accepted') continue;
      // Its earlier parts have been sent.
      return outcome.kind === 'retry' && i > 0 ? { ...outcome, mayHaveBeenSent: true } : outcome;
    }
    return outcome;
  }

  function outcomeOf(answer: Answer, segments: number): SendOutcome {
    switch (answer.kind) {
      case 'down':
        return { kind: 'retry', reason: 'unavailable', afterMs: answer.afterMs, mayHaveBeenSent: false };
      case 'lost':
        return { kind: 'retry', reason: answer.reason, mayHaveBeenSent: true };
      case 'answer': {
        const { command, command_status, message_id } = answer.pdu;
        if (command === 'generic_nack' || command_status !== ok)
          return outcomeOfStatus(command_status, settings.statuses);
        const providerId = typeof message_id === 'string' && message_id !== '' ? message_id : undefined;
        return {
          kind: 'accepted',
          providerId: providerId === undefined ? undefined : submittedId(providerId, settings.ids),
          segments,
        };
      }
    }
  }

  return {
    name: settings.name,
    kind: 'smpp',
    capabilities: { ...settings.capabilities, receipts: true, templateIds: false, idempotent: false },
    send,
    onReceipt(next) {
      listener = next;
      session.start();
    },
    onReply(next) {
      replyListener = next;
    },
    close: () => session.close(),
  };
}

/** 5.2.5: letters are a name (type of number 5); digits are a number of the numbering plan. */
function sourceOf(from: string) {
  const isNumber = /^\+?\d+$/.test(from);
  return {
    source_addr: from.replace(/^\+/, ''),
    source_addr_ton: from === '' ? 0 : isNumber ? (from.startsWith('+') ? 1 : 0) : 5,
    source_addr_npi: isNumber ? 1 : 0,
  };
}

/** Relative: YYMMDDhhmmsstnnR (7.1.1.2). */
function validity(hours: number): string {
  if (hours === 0) return '';
  const [days, rest] = [Math.floor(hours / 24), hours % 24];
  return `0000${String(days).padStart(2, '0')}${String(rest).padStart(2, '0')}0000000R`;
}

const hexadecimal = /^(?:0x)?[0-9a-f]{1,16}$/i;
/** In decimal, without leading zeros, which gateways add only to receipts. */
function submittedId(id: string, ids: SmppSettings['ids']): string {
  return ids === 'hex' && hexadecimal.test(id) ? BigInt(`0x${id.replace(/^0x/i, '')}`).toString() : id;
}
function receiptId(id: string, ids: SmppSettings['ids']): string {
  return ids === 'hex' && /^\d{1,20}$/.test(id) ? BigInt(id).toString() : id;
}
