/**
 * What is judged by hand in points: the government's work, vetoes, parts and requirements, figures of other bodies, the archive.
 */
import { z } from 'zod';
import { AppError } from '../errors.ts';
import { lineSchema } from '../line.ts';
import type { Action } from '../campaign/permissions.ts';
import type { InspectionState, RecordRules } from './record.ts';
import type { Regime } from './regime.ts';

const id = z.string().min(1).max(60);
const reason = lineSchema(0, 500);
const pointsSchema = z.number().min(0).max(1000);
export const day = z.iso.date();

function regimeOf({ latest }: InspectionState): Regime {
  const regime = latest.rules?.body.regime;
  if (!regime) throw new AppError('conflict', 'inspection.no-regime');
  return regime;
}
const unknown = (path: string): never => {
  throw new AppError('invalid', 'inspection.invalid', {
    issues: [{ path, message: 'inspection.unknown-id' }],
  });
};

// The government's work -------------------------------------------------------------------------------------------------

const scoreSchema = z.strictObject({ points: pointsSchema, reason });
const workBody = z.strictObject({
  scores: z.record(id, z.strictObject({ self: scoreSchema.nullable(), inspectors: scoreSchema.nullable() })),
});
export type WorkBody = z.infer<typeof workBody>;
const workChange = z.strictObject({
  /** Whose score it is. */
  do: z.enum(['self', 'inspectors']),
  scores: z
    .array(z.strictObject({ indicator: id, points: pointsSchema, reason }))
    .min(1)
    .max(200),
});

export const workRecord: RecordRules<WorkBody, z.infer<typeof workChange>> = {
  body: workBody,
  change: workChange,
  empty: { scores: {} },
  actionOf: (change): Action => (change.do === 'self' ? 'inspection.enter' : 'inspection.decide'),
  needsReason: (change, before) =>
    change.scores.some(({ indicator, points, reason: why }) => {
      const known = before.scores[indicator]?.[change.do];
      return known !== undefined && known !== null && (known.points !== points || known.reason !== why);
    }),
  apply(before, change, state) {
    const { work } = regimeOf(state);
    if (!work) throw new AppError('conflict', 'inspection.not-in-regime');
    const full = new Map(work.areas.flatMap((a) => a.indicators).map((i) => [i.id, i.points]));
    const scores = { ...before.scores };
    const issues = change.scores.flatMap(({ indicator, points, reason: why }) => {
      const most = full.get(indicator) ?? unknown(indicator);
      const known = scores[indicator] ?? { self: null, inspectors: null };
      scores[indicator] = { ...known, [change.do]: { points, reason: why } };
      if (points > most)
        return [{ path: `points-${indicator}`, message: 'inspection.work.too-many', params: { most } }];
      return points < most && why === ''
        ? [{ path: `reason-${indicator}`, message: 'inspection.work.reason', params: { most } }]
        : [];
    });
    if (issues.length > 0) throw new AppError('invalid', 'inspection.invalid', { issues });
    return { scores };
  },
};

// Vetoes ----------------------------------------------------------------------------------------------------------------

export const vetoStates = ['clear', 'violated'] as const;
const vetoesBody = z.strictObject({
  vetoes: z.record(id, z.strictObject({ state: z.enum(vetoStates), evidence: lineSchema(1, 500) })),
});
export type VetoesBody = z.infer<typeof vetoesBody>;
const vetoesChange = z.strictObject({
  do: z.literal('judge'),
  veto: id,
  state: z.enum(vetoStates),
  /** What was looked at. */
  evidence: lineSchema(1, 500),
});
export const vetoesRecord: RecordRules<VetoesBody, z.infer<typeof vetoesChange>> = {
  body: vetoesBody,
  change: vetoesChange,
  empty: { vetoes: {} },
  actionOf: () => 'inspection.decide',
  needsReason: ({ veto }, before) => before.vetoes[veto] !== undefined,
  apply(before, { veto, state: judged, evidence }, state) {
    const known = regimeOf(state).vetoes.find((v) => v.id === veto) ?? unknown('veto');
    if (known.follows !== undefined) throw new AppError('conflict', 'inspection.veto.follows');
    return { vetoes: { ...before.vetoes, [veto]: { state: judged, evidence } } };
  },
};

// Parts, requirements, points ------------------------------------------------------------------------------------------

const valueSchema = z.strictObject({
  value: z.number().min(-1e9).max(1e12).nullable(),
  yes: z.boolean().nullable(),
  note: reason,
});
const partsBody = z.strictObject({
  values: z.record(id, valueSchema),
  verdicts: z.record(id, z.strictObject({ meets: z.boolean(), reason: lineSchema(1, 500) })),
  points: z.record(id, z.strictObject({ points: pointsSchema, reason: lineSchema(1, 500) })),
  bonus: z.strictObject({ points: pointsSchema, reason: lineSchema(1, 500) }).nullable(),
});
export type PartsBody = z.infer<typeof partsBody>;
const partsChange = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('value'), requirement: id, ...valueSchema.shape }),
  z.strictObject({ do: z.literal('verdict'), part: id, meets: z.boolean(), reason: lineSchema(1, 500) }),
  z.strictObject({ do: z.literal('points'), part: id, points: pointsSchema, reason: lineSchema(1, 500) }),
  z.strictObject({ do: z.literal('bonus'), points: pointsSchema, reason: lineSchema(1, 500) }),
]);
type PartsChange = z.infer<typeof partsChange>;
export const partsRecord: RecordRules<PartsBody, PartsChange> = {
  body: partsBody,
  change: partsChange,
  empty: { values: {}, verdicts: {}, points: {}, bonus: null },
  actionOf: (change): Action => (change.do === 'value' ? 'inspection.enter' : 'inspection.decide'),
  needsReason(change, before) {
    switch (change.do) {
      case 'value':
        return before.values[change.requirement] !== undefined;
      case 'verdict':
        return before.verdicts[change.part] !== undefined;
      case 'points':
        return before.points[change.part] !== undefined;
      case 'bonus':
        return before.bonus !== null;
    }
  },
  apply(before, change, state) {
    const regime = regimeOf(state);
    switch (change.do) {
      case 'value': {
        const { requirement, value, yes, note } = change;
        const known =
          regime.parts.flatMap((p) => p.indicators).find((i) => i.id === requirement) ??
          unknown('requirement');
        if ((known.comparison === 'yes' ? yes : value) === null)
          throw new AppError('invalid', 'inspection.invalid', {
            issues: [{ path: `value-${requirement}`, message: 'inspection.part.value' }],
          });
        const own = known.comparison === 'yes' ? { value: null, yes, note } : { value, yes: null, note };
        return { ...before, values: { ...before.values, [requirement]: own } };
      }
      case 'verdict': {
        const known = regime.parts.find((p) => p.id === change.part) ?? unknown('part');
        if (known.indicators.length > 0) throw new AppError('conflict', 'inspection.part.indicators');
        const { meets, reason: why } = change;
        return { ...before, verdicts: { ...before.verdicts, [change.part]: { meets, reason: why } } };
      }
      case 'points': {
        const known = regime.points?.parts.find((p) => p.id === change.part) ?? unknown('part');
        if (known.from !== 'entered') throw new AppError('conflict', 'inspection.points.computed');
        assertAtMost(change.points, known.points);
        return {
          ...before,
          points: { ...before.points, [change.part]: { points: change.points, reason: change.reason } },
        };
      }
      case 'bonus': {
        const most = regime.points?.bonus ?? 0;
        if (most === 0) throw new AppError('conflict', 'inspection.not-in-regime');
        assertAtMost(change.points, most);
        return { ...before, bonus: { points: change.points, reason: change.reason } };
      }
    }
  },
};
function assertAtMost(points: number, most: number): void {
  if (points > most)
    throw new AppError('invalid', 'inspection.invalid', {
      issues: [{ path: 'points', message: 'inspection.work.too-many', params: { most } }],
    });
}

// Figures of other bodies ----------------------------------------------------------------------------------------------

const otherSchema = z.strictObject({
  /** Who published it. */
  body: lineSchema(1, 100),
  value: z.number().min(0).max(100),
  unit: z.enum(['points', 'percent']),
  asOf: day,
  note: reason,
});
const othersBody = z.strictObject({ figures: z.array(otherSchema).max(20) });
export type OtherFiguresBody = z.infer<typeof othersBody>;
const othersChange = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('note'), ...otherSchema.shape }),
  z.strictObject({ do: z.literal('withdraw'), index: z.int().min(0) }),
]);
export const otherFiguresRecord: RecordRules<OtherFiguresBody, z.infer<typeof othersChange>> = {
  body: othersBody,
  change: othersChange,
  empty: { figures: [] },
  actionOf: () => 'inspection.enter',
  needsReason: (change) => change.do === 'withdraw',
  apply(before, change) {
    if (change.do === 'withdraw') {
      if (before.figures[change.index] === undefined) unknown('index');
      return { figures: before.figures.toSpliced(change.index, 1) };
    }
    const { do: _, ...figure } = change;
    return { figures: [...before.figures, figure] };
  },
};

// Archive --------------------------------------------------------------------------------------------------------------

export const archiveStates = ['ready', 'partial', 'absent'] as const;
const itemSchema = z.strictObject({
  state: z.enum(archiveStates),
  /** Where the office stores it: files are not stored here. */
  place: lineSchema(0, 200),
  /** SHA-256 of the file, to prove later that it is the same. */
  hash: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable(),
});
const archiveBody = z.strictObject({ items: z.record(z.string(), itemSchema) });
export type ArchiveBody = z.infer<typeof archiveBody>;
const archiveChange = z.strictObject({ do: z.literal('put'), no: z.int().min(1), ...itemSchema.shape });
export const archiveRecord: RecordRules<ArchiveBody, z.infer<typeof archiveChange>> = {
  body: archiveBody,
  change: archiveChange,
  empty: { items: {} },
  actionOf: () => 'inspection.enter',
  needsReason: ({ no, hash }, before) => {
    const known = before.items[no]?.hash ?? null;
    return known !== null && known !== hash;
  },
  apply(before, { no, state: reached, place, hash }, state) {
    if (!regimeOf(state).archive.some((a) => a.no === no)) unknown('no');
    if (reached !== 'absent' && place === '')
      throw new AppError('invalid', 'inspection.invalid', {
        issues: [{ path: 'place', message: 'inspection.archive.place' }],
      });
    return { items: { ...before.items, [no]: { state: reached, place, hash } } };
  },
};
