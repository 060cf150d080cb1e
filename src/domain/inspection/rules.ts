/** The regime by which a county is judged: a copy of a shipped one, or one adapted by the office. */
import { z } from 'zod';
import type { RecordRules } from './record.ts';
import { parseRegime, regimeSchema } from './regime.ts';

const bodySchema = z.strictObject({ regime: regimeSchema.nullable(), adapted: z.boolean() });
export type RulesBody = z.infer<typeof bodySchema>;

const changeSchema = z.strictObject({
  do: z.literal('choose'),
  /** Checked by `parseRegime`, which names each fault. */
  regime: z.unknown(),
  adapted: z.boolean(),
});

export const rulesRecord: RecordRules<RulesBody, z.infer<typeof changeSchema>> = {
  body: bodySchema,
  change: changeSchema,
  empty: { regime: null, adapted: false },
  actionOf: () => 'inspection.configure',
  needsReason: (_change, before) => before.regime !== null,
  apply(_before, { regime: document, adapted }) {
    const regime = parseRegime(document);
    return { regime, adapted };
  },
};
