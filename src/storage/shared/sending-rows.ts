/** A scheduled sending from its row. */
import { z } from 'zod';
import { messageStates } from '../../domain/messaging/outbox.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import {
  sendingKinds,
  sendingStates,
  textForms,
  type Sending,
  type StateCount,
} from '../../domain/model/sending.ts';
import { countedSetSchema } from '../../domain/model/vocabulary.ts';
import { parseJson } from './json.ts';

type Plain = Omit<Sending, 'campaign' | 'county' | 'kind' | 'state' | 'form' | 'audience' | 'result'>;
export interface SendingRow extends Plain {
  readonly campaign: number;
  readonly county: string;
  readonly kind: string;
  readonly state: string;
  readonly form: string;
  readonly audience: string | null;
  readonly result: string | null;
  readonly capDay: string;
  readonly capCount: number;
}

// Created once: building a schema costs more than reading a row.
const kindSchema = z.enum(sendingKinds);
const stateSchema = z.enum(sendingStates);
const formSchema = z.enum(textForms);
const audienceSchema = z.array(
  z.object({ reportingStratum: z.number(), set: countedSetSchema, contacts: z.number() }),
);
const resultSchema = z.object({
  end: z.enum(['finished', 'cancelled', 'closed']),
  counts: z.partialRecord(z.enum(messageStates), z.number()),
  segments: z.number(),
  repeats: z.number(),
});

/** @throws AppError corrupt `storage.corrupt` */
export function toSending(id: CampaignId, row: SendingRow): Sending {
  const { capDay: _, capCount: __, ...rest } = row;
  return {
    ...rest,
    campaign: id,
    county: row.county as CountyCode,
    kind: kindSchema.parse(row.kind),
    state: stateSchema.parse(row.state),
    form: formSchema.parse(row.form),
    audience: row.audience === null ? null : parseJson(audienceSchema, row.audience, 'sendings.audience'),
    result: row.result === null ? null : parseJson(resultSchema, row.result, 'sendings.result'),
  };
}

/** By county and sending; states in their own order. */
export function inStateOrder(counts: readonly StateCount[]): readonly StateCount[] {
  const order = (a: StateCount, b: StateCount) =>
    Number(a.county) - Number(b.county) ||
    a.sending - b.sending ||
    messageStates.indexOf(a.state) - messageStates.indexOf(b.state);
  return counts.toSorted(order);
}
