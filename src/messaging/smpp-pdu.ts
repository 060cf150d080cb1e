/**
 * The part of SMPP 3.4 for messages and receipts (SMPP Protocol Specification v3.4, issue 1.2): encoding of texts, meaning of
 * command statuses, and receipts from their optional parameters or, if a gateway sends none, from their text (appendix B).
 */
import type { Library } from 'smpp';
import type { Receipt, Refusal, Reply, SendOutcome } from '../domain/messaging/channel.ts';
import { splitSegments } from '../domain/messaging/segments.ts';

export interface Part {
  /** UCS-2 is 8 (5.2.19); 0 is the gateway's default alphabet, which is GSM 7 with one octet per septet. */
  readonly dataCoding: 0 | 8;
  /** Texts of several parts begin with a user data header. */
  readonly bytes: Buffer;
}

const gsm =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u001bÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà';
const gsmCodes = new Map<string, readonly number[]>([
  ...[...gsm].map((c, i) => [c, [i]] as const),
  // After the escape (3GPP TS 23.038, 6.2.1.1).
  ...(
    [
      ['\f', 0x0a],
      ['^', 0x14],
      ['{', 0x28],
      ['}', 0x29],
      ['\\', 0x2f],
      ['[', 0x3c],
      ['~', 0x3d],
      [']', 0x3e],
      ['|', 0x40],
      ['€', 0x65],
    ] as const
  ).map(([c, code]) => [c, [0x1b, code]] as const),
]);

function bytesOf(text: string, dataCoding: 0 | 8): Buffer {
  if (dataCoding === 0) return Buffer.from([...text].flatMap((c) => gsmCodes.get(c) ?? []));
  return Buffer.from(text, 'utf16le').swap16();
}

export interface Submission {
  readonly to: string;
  readonly part: Part;
  /** 5.2.12; 0x40: the bytes begin with a user data header. */
  readonly esmClass: 0 | 0x40;
  readonly wantsReceipt: boolean;
}

/**
 * Submissions of one channel differ in a few fields: the library encodes one, and these fields are replaced. Creating an object
 * with twenty fields and encoding it each time costs several times as much.
 * @param fields of every submission, in the library's names
 */
export function createSubmissions(
  { PDU }: Library,
  fields: Readonly<Record<string, unknown>> & { readonly source_addr: string },
): (submission: Submission, sequence: number) => Buffer {
  const empty = { destination_addr: '', short_message: Buffer.alloc(0), data_coding: 0 };
  const model = new PDU('submit_sm', { ...fields, ...empty }).toBuffer();
  // 4.4.1: header (16), service type (empty), kind of the sender's number (2) and the number, kind of the recipient's (2).
  const toAt = 16 + 1 + 2 + fields.source_addr.length + 1 + 2;
  const rest = model.subarray(toAt + 1);
  return ({ to, part, esmClass, wantsReceipt }, sequence) => {
    const restAt = toAt + to.length + 1;
    const textAt = restAt + rest.length;
    const bytes = Buffer.allocUnsafe(textAt + part.bytes.length);
    model.copy(bytes, 0, 0, toAt);
    bytes.writeUInt32BE(bytes.length, 0);
    bytes.writeUInt32BE(sequence, 12);
    bytes.write(to, toAt, 'latin1');
    bytes[restAt - 1] = 0;
    bytes.set(rest, restAt);
    bytes[restAt] = esmClass;
    // Before the text: receipt, replace, coding, stored text, length.
    bytes[textAt - 5] = wantsReceipt ? 1 : 0;
    bytes[textAt - 3] = part.dataCoding;
    bytes[textAt - 1] = part.bytes.length;
    bytes.set(part.bytes, textAt);
    return bytes;
  };
}

/** @param reference of the parts of one message: the same at each attempt, so that a phone replaces a repeated part */
export function partsOf(text: string, reference: () => number): readonly Part[] {
  const { encoding, parts } = splitSegments(text);
  const dataCoding = encoding === 'GSM-7' ? 0 : 8;
  const [only, ...more] = parts;
  if (more.length === 0) return [{ dataCoding, bytes: bytesOf(only ?? '', dataCoding) }];
  const common = reference() & 0xff;
  return parts.map((part, i) => ({
    dataCoding,
    // 3GPP TS 23.040, 9.2.3.24.1: concatenated messages, reference of 8 bits.
    bytes: Buffer.concat([Buffer.from([5, 0, 3, common, parts.length, i + 1]), bytesOf(part, dataCoding)]),
  }));
}

/** The whole text for `message_payload`; the gateway splits it. */
export function payloadOf(text: string): Part {
  const dataCoding = splitSegments(text).encoding === 'GSM-7' ? 0 : 8;
  return { dataCoding, bytes: bytesOf(text, dataCoding) };
}

/** Command statuses (5.1.3) that concern the message itself. */
const refusals = new Map<number, Refusal>([
  [0x0b, 'wrong-number'],
  [0x48, 'wrong-number'],
  [0x50, 'wrong-number'],
  [0x51, 'wrong-number'],
]);
/** Not the message's fault: system error, queue full, not bound, submit failed, throttled, temporary application error. */
const passing = new Set([0x04, 0x05, 0x08, 0x0d, 0x0e, 0x0f, 0x14, 0x45, 0x58, 0x64]);
const throttled = new Set([0x14, 0x58]);
const throttlePause = 1_000;

/**
 * @param own meaning of the gateway's own statuses (0x400 to 0x4ff), or of others that it uses differently from the specification
 */
export function outcomeOfStatus(
  status: number,
  own: Readonly<Record<string, Refusal>>,
): Exclude<SendOutcome, { readonly kind: 'accepted' }> {
  const reason = own[`0x${status.toString(16)}`] ?? refusals.get(status);
  if (reason !== undefined) return { kind: 'refused', reason };
  if (throttled.has(status))
    return { kind: 'retry', reason: 'throttled', afterMs: throttlePause, mayHaveBeenSent: false };
  if (passing.has(status)) return { kind: 'retry', reason: 'unavailable', mayHaveBeenSent: false };
  return { kind: 'refused', reason: 'rejected' };
}

/** 5.2.28; null: not final yet. */
const states: Readonly<Record<number, Receipt['state'] | null>> = {
  1: null,
  2: 'delivered',
  3: 'expired',
  4: 'failed',
  5: 'failed',
  6: null,
  7: 'failed',
  8: 'failed',
};
const words: Readonly<Record<string, Receipt['state'] | null>> = {
  ENROUTE: null,
  DELIVRD: 'delivered',
  EXPIRED: 'expired',
  DELETED: 'failed',
  UNDELIV: 'failed',
  ACCEPTD: null,
  UNKNOWN: 'failed',
  REJECTD: 'failed',
};

/**
 * @param own meaning of the gateway's own words or error numbers: `MK:0001` → `wrong-number`
 * @returns 'other' if it is not a receipt but, for example, a reply; null if it is not final yet
 */
export function receiptOf(
  pdu: Readonly<Record<string, unknown>>,
  own: Readonly<Record<string, Receipt['state']>>,
): Receipt | 'other' | null {
  // 5.2.12: bits 5 to 2, 0001 is a receipt.
  const isReceipt = typeof pdu['esm_class'] === 'number' && (pdu['esm_class'] & 0x3c) === 0x04;
  if (!isReceipt) return 'other';
  const text = textOf(pdu['short_message']) || textOf(pdu['message_payload']);
  const id =
    typeof pdu['receipted_message_id'] === 'string' && pdu['receipted_message_id'] !== ''
      ? pdu['receipted_message_id']
      : /\bid:\s*([^\s]+)/i.exec(text)?.[1];
  if (id === undefined) return 'other';
  const word = /\bstat:\s*([^\s]+)/i.exec(text)?.[1]?.toUpperCase();
  const error = /\berr:\s*([^\s]+)/i.exec(text)?.[1];
  const named = own[error ?? ''] ?? own[word ?? ''];
  const numbered = typeof pdu['message_state'] === 'number' ? states[pdu['message_state']] : undefined;
  const state = named ?? (word === undefined ? undefined : words[word]) ?? numbered;
  return state === null || state === undefined ? null : { providerId: id, state };
}

/** A person's reply: a plain message, or an answer to one of ours (5.2.12: 0000, 0100). null: something else. */
export function replyOf(pdu: Readonly<Record<string, unknown>>): Reply | null {
  const kind = typeof pdu['esm_class'] === 'number' ? pdu['esm_class'] & 0x3c : 0;
  if (kind !== 0 && kind !== 0x10) return null;
  const isUcs2 = pdu['data_coding'] === 8;
  const from = pdu['source_addr'];
  const text = wordsOf(pdu['short_message'], isUcs2) || wordsOf(pdu['message_payload'], isUcs2);
  if (typeof from !== 'string' || from === '') return null;
  return { from: from.slice(0, 50), text: text.slice(0, 1_000) };
}

/** For long replies the first part, without its header, is enough. */
function wordsOf(value: unknown, isUcs2: boolean): string {
  if (typeof value === 'object' && value !== null && 'message' in value)
    return wordsOf(value.message, isUcs2);
  if (typeof value === 'string') return value;
  if (!Buffer.isBuffer(value)) return '';
  return isUcs2
    ? Buffer.from(value.subarray(0, value.length & ~1))
        .swap16()
        .toString('utf16le')
    : value.toString('latin1');
}

function textOf(value: unknown): string {
  if (Buffer.isBuffer(value)) return value.toString('latin1');
  if (typeof value === 'string') return value;
  return typeof value === 'object' && value !== null && 'message' in value ? textOf(value.message) : '';
}
