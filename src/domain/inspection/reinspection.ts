/**
 * Re-inspection by draw (随机复核): a share of the tasks reported as done is drawn by dice and checked on site. If more of the drawn
 * ones fail than the rule allows, all are refused. seed = SHA-256(root of the frozen roll ‖ digits ‖ mark); those with the
 * smallest SHA-256(seed ‖ number) are drawn, so anyone can repeat it. The list is in the evidence log before the dice are thrown.
 */
import { z } from 'zod';
import { AppError } from '../errors.ts';
import { sha256, toHex } from '../hash.ts';
import { lineSchema } from '../line.ts';
import { compareBytes, readDice } from '../frame/sample.ts';
import { bilingualSchema } from '../scoring/rules/formula.ts';

const id = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/);
const share = z.number().gt(0).max(1);

export const reinspectionSchema = z.strictObject({
  /** One after the other; each takes its share of all. */
  rounds: z
    .array(z.strictObject({ id, title: bilingualSchema, share }))
    .min(1)
    .max(5),
  /** If a larger share of the drawn ones fails, all are refused. */
  refuseAbove: z.number().min(0).lt(1),
});
export type ReinspectionRule = z.infer<typeof reinspectionSchema>;

const no = z.int().min(1);
export const roundOutcomes = ['accepted', 'refused'] as const;
export const roundSchema = z.strictObject({
  round: id,
  dice: z.string(),
  seed: z.string(),
  /** Numbers from which was drawn, ascending. */
  from: z.array(no),
  drawn: z.array(no),
  checks: z.array(z.strictObject({ no, passes: z.boolean(), note: lineSchema(1, 500) })),
  outcome: z.enum(roundOutcomes).nullable(),
});
export type Round = z.infer<typeof roundSchema>;

export const drawChange = z.strictObject({ do: z.literal('draw'), dice: z.string().max(1000) });
export const checkChange = z.strictObject({
  do: z.literal('check'),
  no,
  passes: z.boolean(),
  note: lineSchema(1, 500),
});
export const endRoundChange = z.strictObject({ do: z.literal('end-round') });

/** At least one, and never less than the share. */
export function drawCount(of: number, part: number): number {
  return Math.min(of, Math.max(1, Math.ceil(of * part - 1e-9)));
}

/** @throws AppError invalid `draw.dice` */
export function reinspectionSeed(root: Uint8Array, dice: string, mark: string): Uint8Array {
  return sha256(root, readDice(dice), mark);
}

/** Ascending. */
export function drawNumbers(from: readonly number[], seed: Uint8Array, count: number): readonly number[] {
  return from
    .map((own) => ({ own, key: sha256(seed, String(own)) }))
    .sort((a, b) => compareBytes(a.key, b.key))
    .slice(0, count)
    .map(({ own }) => own)
    .sort((a, b) => a - b);
}

/** The next round; null: one is open, or all were accepted. */
export function nextRound(
  rule: ReinspectionRule,
  rounds: readonly Round[],
): ReinspectionRule['rounds'][number] | null {
  if (rounds.at(-1)?.outcome === null) return null;
  return rule.rounds[rounds.filter((r) => r.outcome === 'accepted').length] ?? null;
}

/** Whether as many rounds were accepted as the rule has. */
export function areRoundsDone(rule: ReinspectionRule, rounds: readonly Round[]): boolean {
  return rounds.filter((r) => r.outcome === 'accepted').length >= rule.rounds.length;
}

/**
 * @param mark precedes the round's number in the seed
 * @throws AppError invalid `draw.dice`; conflict `inspection.sample.not-frozen`, `inspection.round.open`,
 * `inspection.round.all-done`, `inspection.round.nothing`
 */
export function startRound(
  rule: ReinspectionRule,
  rounds: readonly Round[],
  o: {
    readonly root: Uint8Array | null;
    readonly dice: string;
    readonly mark: string;
    readonly from: readonly number[];
  },
): readonly Round[] {
  if (o.root === null) throw new AppError('conflict', 'inspection.sample.not-frozen');
  if (rounds.at(-1)?.outcome === null) throw new AppError('conflict', 'inspection.round.open');
  const next = nextRound(rule, rounds);
  if (next === null) throw new AppError('conflict', 'inspection.round.all-done');
  if (o.from.length === 0) throw new AppError('conflict', 'inspection.round.nothing');
  const dice = readDice(o.dice);
  const seed = reinspectionSeed(o.root, dice, `${o.mark} ${rounds.length + 1}`);
  const from = [...o.from].sort((a, b) => a - b);
  const drawn = [...drawNumbers(from, seed, drawCount(from.length, next.share))];
  return [...rounds, { round: next.id, dice, seed: toHex(seed), from, drawn, checks: [], outcome: null }];
}

/** @throws AppError conflict `inspection.round.none`, `inspection.round.not-drawn` */
export function checkDrawn(
  rounds: readonly Round[],
  { no: own, passes, note }: Omit<z.infer<typeof checkChange>, 'do'>,
): readonly Round[] {
  const open = openRound(rounds);
  if (!open.drawn.includes(own)) throw new AppError('conflict', 'inspection.round.not-drawn');
  const checks = [...open.checks.filter((c) => c.no !== own), { no: own, passes, note }].sort(
    (a, b) => a.no - b.no,
  );
  return [...rounds.slice(0, -1), { ...open, checks }];
}

/** Numbers that failed in the round so far. */
export const failedOf = (round: Pick<Round, 'checks'>): readonly number[] =>
  round.checks.filter((c) => !c.passes).map((c) => c.no);

/** @throws AppError conflict `inspection.round.none`, `inspection.round.unchecked` */
export function endRound(
  rule: ReinspectionRule,
  rounds: readonly Round[],
): { readonly rounds: readonly Round[]; readonly ended: Round; readonly failed: readonly number[] } {
  const open = openRound(rounds);
  const left = open.drawn.length - open.checks.length;
  if (left > 0) throw new AppError('conflict', 'inspection.round.unchecked', { params: { left } });
  const failed = failedOf(open);
  // Exactly the allowed share does not exceed it.
  const isRefused = failed.length > rule.refuseAbove * open.drawn.length + 1e-9;
  const ended: Round = { ...open, outcome: isRefused ? 'refused' : 'accepted' };
  return { rounds: [...rounds.slice(0, -1), ended], ended, failed };
}

function openRound(rounds: readonly Round[]): Round {
  const open = rounds.at(-1);
  if (!open || open.outcome !== null) throw new AppError('conflict', 'inspection.round.none');
  return open;
}

/** The same date that many years later; for 29 February the last day of the month. */
export function yearsLater(day: string, years: number): string {
  const year = Number(day.slice(0, 4)) + years;
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const rest = day.slice(4) === '-02-29' && !isLeap ? '-02-28' : day.slice(4);
  return `${String(year).padStart(4, '0')}${rest}`;
}
