/**
 * Stages of the determination: date, conclusion, who signed, and the public notice. The state of the gates at a conclusion is
 * stored with it.
 */
import { z } from 'zod';
import { AppError } from '../errors.ts';
import { lineSchema } from '../line.ts';
import type { RecordRules } from './record.ts';
import { gateStates } from './gate-states.ts';
import { day } from './scores.ts';

export const conclusions = ['passed', 'not-passed', 'returned'] as const;
const gateSchema = z.strictObject({ id: z.string(), state: z.enum(gateStates) });
const conclusionSchema = z.strictObject({
  outcome: z.enum(conclusions),
  on: day,
  opinion: lineSchema(1, 1000),
  /** As signed on paper; the account is in the version itself. */
  signedBy: lineSchema(1, 100),
  gates: z.array(gateSchema),
});
const stageSchema = z.strictObject({
  from: day.nullable(),
  to: day.nullable(),
  conclusion: conclusionSchema.nullable(),
});
const noticeSchema = z.strictObject({
  from: day,
  to: day,
  text: lineSchema(1, 2000),
  contact: lineSchema(1, 200),
});
const bodySchema = z.strictObject({
  stages: z.record(z.string(), stageSchema),
  notice: noticeSchema.nullable(),
});
export type StagesBody = z.infer<typeof bodySchema>;

const changeSchema = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('plan'), stage: z.string(), from: day, to: day }),
  z.strictObject({
    do: z.literal('conclude'),
    stage: z.string(),
    outcome: z.enum(conclusions),
    on: day,
    opinion: lineSchema(1, 1000),
    signedBy: lineSchema(1, 100),
  }),
  z.strictObject({ do: z.literal('notice'), ...noticeSchema.shape }),
  z.strictObject({ do: z.literal('end-notice') }),
]);

const none = { from: null, to: null, conclusion: null };
const wrong = (path: string, message: string) =>
  new AppError('invalid', 'inspection.invalid', { issues: [{ path, message }] });

export const stagesRecord: RecordRules<StagesBody, z.infer<typeof changeSchema>> = {
  body: bodySchema,
  change: changeSchema,
  empty: { stages: {}, notice: null },
  // Self-evaluation is concluded by the county, the others by inspectors: decided below.
  actionOf: (change) => (change.do === 'conclude' ? 'inspection.enter' : 'inspection.configure'),
  needsReason: (change, before) =>
    change.do === 'plan'
      ? before.stages[change.stage]?.from !== undefined && before.stages[change.stage]?.from !== null
      : change.do === 'conclude'
        ? Boolean(before.stages[change.stage]?.conclusion)
        : before.notice !== null,
  apply(before, change, { latest, gates }, stamp) {
    const regime = latest.rules?.body.regime;
    if (!regime) throw new AppError('conflict', 'inspection.no-regime');
    if (change.do === 'end-notice') return { ...before, notice: null };
    if (change.do !== 'conclude' && change.to < change.from) throw wrong('to', 'inspection.stage.dates');
    if (change.do === 'notice') {
      const { from, to, text, contact } = change;
      return { ...before, notice: { from, to, text, contact } };
    }
    const at = regime.stages.findIndex((s) => s.id === change.stage);
    const stage = regime.stages[at];
    if (!stage) throw wrong('stage', 'inspection.unknown-id');
    const known = before.stages[stage.id] ?? none;
    if (change.do === 'plan')
      return {
        ...before,
        stages: { ...before.stages, [stage.id]: { ...known, from: change.from, to: change.to } },
      };
    const { role } = stamp.actor;
    if (stage.by === 'inspectors' ? role !== 'inspector' : role === 'inspector')
      throw new AppError('forbidden', 'forbidden', {
        params: { action: stage.by === 'inspectors' ? 'inspection.decide' : 'inspection.enter' },
      });
    const earlier = regime.stages
      .slice(0, at)
      .find((s) => before.stages[s.id]?.conclusion?.outcome !== 'passed');
    if (earlier)
      throw new AppError('conflict', 'inspection.stage.earlier', {
        params: { stage: earlier.title['zh-CN'] },
      });
    const own = gates ?? [];
    const open = own.filter((g) => g.state !== 'met').length;
    if (change.outcome === 'passed' && stage.by === 'inspectors' && open > 0)
      throw new AppError('conflict', 'inspection.stage.gates', { params: { count: open } });
    const { outcome, on, opinion, signedBy } = change;
    const conclusion = { outcome, on, opinion, signedBy, gates: own.map(({ id, state }) => ({ id, state })) };
    return { ...before, stages: { ...before.stages, [stage.id]: { ...known, conclusion } } };
  },
};
