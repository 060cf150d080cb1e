/** How many people a county invites, according to the rules. */
import { z } from 'zod';
import { groupSchema } from '../../model/vocabulary.ts';

const count = z.number().int().min(0);

/** A campaign that invites more than the rule: `to` for every `from`. */
const raisedSchema = z.strictObject({ from: z.int().min(1), to: z.int().min(2) }).optional();

export const quotaRuleSchema = z.discriminatedUnion('kind', [
  /** Everybody in the frame. */
  z.strictObject({ kind: z.literal('census') }),
  /** 教督〔2012〕3号 as applied in Gansu: 1.5 ‰ of the residents, 600 where they are fewer than 400,000; parents at least half, the others equal. */
  z.strictObject({
    kind: z.literal('per-mille'),
    perMille: z.number().gt(0).max(1000),
    floor: count,
    floorBelowResidents: count,
    parentShareAtLeast: z.number().min(0).max(1),
    others: z.literal('equal'),
    raised: raisedSchema,
  }),
  /** A table by residents: the first tier with residents < `below` applies; null = no upper bound. */
  z.strictObject({
    kind: z.literal('tiers'),
    tiers: z
      .array(
        z.strictObject({
          below: z.number().int().min(1).nullable(),
          quotas: z.partialRecord(groupSchema, count),
        }),
      )
      .min(1),
    raised: raisedSchema,
  }),
  z.strictObject({ kind: z.literal('open-link') }),
]);
export type QuotaRule = z.infer<typeof quotaRuleSchema>;

/** More than this many times the rule is a typing error. */
export const maxTimes = 10;

/** Proportional, in whole numbers: `to` for every `from` of the rule. */
export interface Raise {
  readonly from: number;
  readonly to: number;
}

/** How the campaign has raised the quotas; null: not. */
export function raiseOf({ quota }: { readonly quota: QuotaRule }): Raise | null {
  return 'raised' in quota ? (quota.raised ?? null) : null;
}
