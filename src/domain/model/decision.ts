import type { StateLeaf } from '../evidence/leaf.ts';
import type { CountyCode } from './ids.ts';

/** A leaf for the log of one county, or for each log of the campaign. */
export type DecidedLeaf = StateLeaf & { readonly county: CountyCode | 'all' };

export interface DecidedTrail {
  readonly action: string;
  readonly county?: CountyCode | null;
  readonly details: Readonly<Record<string, unknown>>;
}

/**
 * The result of a pure `decide…(state, command)`. The adapter calls it inside its transaction, with the state that it loaded
 * there. A refusal is thrown as an AppError and rolls the transaction back. The adapter stores `changes`, then appends `leaves`
 * and `trail` in their order.
 */
export interface Decision<Changes> {
  readonly changes: Changes;
  readonly leaves: readonly DecidedLeaf[];
  readonly trail: readonly DecidedTrail[];
}
