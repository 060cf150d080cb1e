/** Decides which waiting responses may be sealed, and what the next lot of a log is (design 14). */
import { compareBytes } from '../frame/sample.ts';
import type { SealingPoint } from '../model/evidence.ts';
import type { Channel } from '../model/vocabulary.ts';
import { assertMayRun, type ServiceTime } from '../service-time.ts';
import { contentHashOf, encodeResponseLeaf, type StateLeafBody } from './leaf.ts';
import { leafHash } from './merkle.ts';

/** A lot with fewer than `minimum` answers of a stratum would tell when they came: these wait for the next one. */
export function chooseSealable(
  waiting: readonly { readonly stratum: number; readonly n: number }[],
  minimum: number,
): Pick<SealingPoint, 'strata' | 'waiting'> {
  return {
    strata: waiting.filter(({ n }) => n >= minimum).map(({ stratum }) => stratum),
    waiting: waiting.reduce((sum, { n }) => sum + n, 0),
  };
}

export interface WaitingResponse {
  readonly pseudonym: Uint8Array;
  readonly revision: number;
  readonly reportingStratum: number;
  readonly channel: Channel;
  readonly nonce: Uint8Array;
  readonly answers: Uint8Array;
}

export interface LotDecision {
  readonly no: number;
  /** When the waiting responses were read to the end; null: more follow. */
  readonly sealedAt: number | null;
  /** Null: nothing waits, so there is no lot. */
  readonly head: StateLeafBody<'lot'> | null;
  /** The responses of the lot, in ascending order of their leaf hashes, which is independent of their arrival. */
  readonly responses: readonly {
    readonly pseudonym: Uint8Array;
    readonly revision: number;
    readonly hash: Uint8Array;
  }[];
}

/**
 * @param state `newest`: number of the log's newest lot, 0: none
 * @param command `waiting`: how many waited before; `isLast`: no other part follows; `scheduled`: requested by the clock only
 * @throws AppError conflict `clock.unconfirmed`
 */
export function decideLot(
  state: {
    readonly time: ServiceTime;
    readonly newest: number;
    readonly responses: readonly WaitingResponse[];
  },
  command: {
    readonly at: number;
    readonly waiting: number;
    readonly isLast: boolean;
    readonly scheduled: boolean;
  },
): LotDecision {
  const { at, waiting, isLast, scheduled } = command;
  if (scheduled) assertMayRun(state.time, 'seal', at);
  const no = state.newest + 1;
  const responses = state.responses
    .map(({ pseudonym, revision, reportingStratum, channel, nonce, answers }) => {
      const content = contentHashOf(nonce, answers);
      const leaf = encodeResponseLeaf({ reportingStratum, channel, pseudonym, revision, content });
      return { pseudonym, revision, hash: leafHash(leaf) };
    })
    .sort((a, b) => compareBytes(a.hash, b.hash));
  const n = responses.length;
  return {
    no,
    sealedAt: isLast ? at : null,
    head: n === 0 ? null : { no, responses: n, waiting: Math.max(0, waiting - n), at },
    responses,
  };
}
