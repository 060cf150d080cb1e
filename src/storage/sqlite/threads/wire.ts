/** Messages between the storage and its threads. AppErrors are sent as data and restored on the other side. */
import { AppError, type ErrorKind, type Issue, type MessageParams } from '../../../domain/errors.ts';
import { channels, type Channel } from '../../../domain/model/vocabulary.ts';
import type { CampaignId, CountyCode } from '../../../domain/model/ids.ts';
import type { RecordResult, ResponseEntry } from '../../../domain/model/answer.ts';
import { storageError } from '../raw.ts';
import type { OperationName } from '../operations.ts';

export interface ThreadData {
  readonly role: 'writer' | 'reader' | 'checkpointer';
  readonly directory: string;
  /** See SqliteOptions. */
  readonly unsafeWithoutSync?: boolean;
}
export interface Call {
  readonly id: number;
  readonly name: OperationName;
  readonly args: readonly unknown[];
}
export type WireError =
  | {
      readonly app: true;
      readonly kind: ErrorKind;
      readonly message: string;
      readonly params: MessageParams;
      readonly issues: readonly Issue[];
      readonly cause: string;
    }
  | { readonly app: false; readonly message: string; readonly stack: string };
export type Reply =
  | { readonly id: number; readonly ok: true; readonly value: unknown; readonly ms: number }
  | { readonly id: number; readonly ok: false; readonly error: WireError };

export function packError(raw: unknown): WireError {
  const error = storageError(raw);
  if (error instanceof AppError) {
    const { kind, message, params, issues } = error;
    return {
      app: true,
      kind,
      message,
      params,
      issues,
      cause: error.cause instanceof Error ? error.cause.message : '',
    };
  }
  return error instanceof Error
    ? { app: false, message: error.message, stack: error.stack ?? '' }
    : { app: false, message: String(error), stack: '' };
}

export function unpackError(wire: WireError): Error {
  if (wire.app) {
    const { kind, message, params, issues, cause } = wire;
    return new AppError(kind, message, { params, issues, cause });
  }
  const error = new Error(wire.message);
  error.stack = wire.stack;
  return error;
}

/**
 * A batch of answers between threads: one transferred block of bytes instead of thousands of small objects, which cost more to
 * clone than to store. Variable parts are preceded by their lengths.
 */
export interface PackedBatch {
  readonly size: number;
  /** How many entries there are for each answer, the first and its alternatives; null: one each. */
  readonly groups: readonly number[] | null;
  readonly campaigns: readonly CampaignId[];
  readonly links: readonly string[];
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Comments and reports of pressure are rare: index in the batch, and content. */
  readonly texts: readonly (readonly [number, ResponseEntry['texts']])[];
  readonly pressures: readonly (readonly [number, NonNullable<ResponseEntry['pressure']>])[];
}

const fixedBytes = 2 + 2 + 4 + 1 + 2 + 1 + 1 + 1 + 2;
const channelNumbers = new Map<Channel, number>(channels.map((c, i) => [c, i]));
const noTexts: ResponseEntry['texts'] = [];

export function packBatch(answers: readonly ResponseEntry[]): PackedBatch {
  const hasAlternatives = answers.some((e) => e.otherwise !== undefined && e.otherwise.length > 0);
  const batch = hasAlternatives ? answers.flatMap((e) => [e, ...(e.otherwise ?? [])]) : answers;
  const groups = hasAlternatives ? answers.map((e) => 1 + (e.otherwise?.length ?? 0)) : null;
  let length = 0;
  for (const e of batch)
    length += fixedBytes + e.pseudonym.length + e.nonce.length + e.textId.length + e.answers.length;
  const bytes = new Uint8Array(length);
  const campaigns: CampaignId[] = [];
  const links: string[] = [];
  const texts: [number, ResponseEntry['texts']][] = [];
  const pressures: [number, NonNullable<ResponseEntry['pressure']>][] = [];
  const numberIn = <T>(list: T[], value: T): number => {
    const at = list.indexOf(value);
    return at >= 0 ? at : list.push(value) - 1;
  };
  let at = 0;
  const two = (n: number) => {
    bytes[at++] = n >> 8;
    bytes[at++] = n;
  };
  const put = (part: Uint8Array) => {
    bytes.set(part, at);
    at += part.length;
  };
  for (let i = 0; i < batch.length; i++) {
    const e = batch[i]!;
    two(numberIn(campaigns, e.campaign));
    two(e.link === null ? 0 : numberIn(links, e.link) + 1);
    const county = e.county === null ? 0 : Number(e.county);
    two(county >> 16);
    two(county);
    bytes[at++] = (channelNumbers.get(e.channel) ?? 127) | (e.fast === true ? 128 : 0);
    two(e.questionnaire);
    bytes[at++] = e.pseudonym.length;
    bytes[at++] = e.nonce.length;
    bytes[at++] = e.textId.length;
    two(e.answers.length);
    put(e.pseudonym);
    put(e.nonce);
    put(e.textId);
    put(e.answers);
    if (e.texts.length > 0) texts.push([i, e.texts]);
    if (e.pressure) pressures.push([i, e.pressure]);
  }
  return { size: batch.length, groups, campaigns, links, bytes, texts, pressures };
}

export function unpackBatch(packed: PackedBatch): readonly ResponseEntry[] {
  const { size, campaigns, links, bytes } = packed;
  const texts = new Map(packed.texts);
  const pressures = new Map(packed.pressures);
  const batch: ResponseEntry[] = [];
  let at = 0;
  const two = () => (bytes[at++]! << 8) | bytes[at++]!;
  const take = (length: number) => bytes.subarray(at, (at += length));
  for (let i = 0; i < size; i++) {
    const campaign = campaigns[two()]!;
    const link = two();
    const county = two() * 0x1_0000 + two();
    const packedChannel = bytes[at++]!;
    const channel = channels[packedChannel & 127]!;
    const questionnaire = two();
    const pseudonym = bytes[at++]!;
    const nonce = bytes[at++]!;
    const textId = bytes[at++]!;
    const answers = two();
    batch.push({
      campaign,
      link: link === 0 ? null : links[link - 1]!,
      county: county === 0 ? null : (String(county) as CountyCode),
      channel,
      questionnaire,
      pseudonym: take(pseudonym),
      nonce: take(nonce),
      textId: take(textId),
      answers: take(answers),
      texts: texts.get(i) ?? noTexts,
      pressure: pressures.get(i),
      fast: packedChannel > 127,
    });
  }
  if (packed.groups === null) return batch;
  let next = 0;
  return packed.groups.map((count) => {
    const [first, ...otherwise] = batch.slice(next, (next += count));
    return { ...first!, otherwise };
  });
}

const resultNames: readonly RecordResult[] = [
  'stored',
  'closed',
  'voided',
  'unknown',
  'other-questionnaire',
  'failed',
];

export function packResults(results: readonly RecordResult[]): Uint8Array {
  return Uint8Array.from(results, (r) => resultNames.indexOf(r));
}

export function unpackResults(packed: Uint8Array): readonly RecordResult[] {
  return Array.from(packed, (n) => resultNames[n] ?? 'failed');
}
