/** What follows from a verification, and what does not: reported as clearly as the findings. */
import type { Verification } from './verification.ts';

export interface Conclusion {
  /** Text: `verify.follows.<code>` or `verify.open.<code>`. */
  readonly code: string;
  readonly params: Readonly<Record<string, string | number>>;
}

export interface Conclusions {
  readonly follows: readonly Conclusion[];
  readonly open: readonly Conclusion[];
}

type Part = readonly [condition: boolean, code: string, params?: Conclusion['params']];
const listed = (parts: readonly Part[]): readonly Conclusion[] =>
  parts.flatMap(([holds, code, params]) => (holds ? [{ code, params: params ?? {} }] : []));

/** Nothing follows from a refused bundle. */
export function conclusionsOf(v: Verification): Conclusions {
  const { status, size, root, held, largestHeld, rules, handedOverAt, against } = v;
  if (status === 'refused') return { follows: [], open: [] };
  const isWhole = status === 'verified';
  const isErased = v.erasedAt !== null;
  const { witnessed } = v;
  const cosigned = witnessed?.cosigned ?? [];
  const quorum = witnessed?.quorum?.size ?? 0;
  const vouched = Math.max(0, ...cosigned.map((c) => c.size));
  // The part that outsiders can rule out was changed: the larger of both.
  const outside = Math.max(largestHeld, vouched);
  return {
    follows: listed([
      [isWhole, 'log', { size, root }],
      [!isWhole, 'log-so-far', { size, root }],
      [held > 0, 'held', { held, largest: largestHeld }],
      [cosigned.length > 0, 'cosigned', { witnesses: cosigned.length, largest: vouched }],
      [quorum > 0, 'quorum', { size: quorum }],
      [true, 'draw'],
      [true, 'codes'],
      [isWhole && !isErased, 'answers', { respondents: v.respondents }],
      [isWhole && isErased, 'tallies', { respondents: v.respondents }],
      [isWhole && v.summary !== null, 'figures'],
      [isWhole && rules.statesHandOver, 'nothing-else'],
      [v.receipts > 0, 'receipts', { receipts: v.receipts }],
      [against !== null && v.summary !== null, 'against'],
    ]),
    open: listed([
      [!isWhole, 'end'],
      [outside === 0, 'outside'],
      [outside > 0 && outside < size, 'since-held', { from: outside, to: size - 1 }],
      [!v.keyGiven, 'key'],
      [true, 'person'],
      [true, 'roll'],
      [true, 'before-lot'],
      [isWhole, 'first'],
      [isWhole && rules.statesFates, 'stated'],
      [isWhole && !rules.statesFates, 'not-stated'],
      [isWhole && !rules.statesHandOver, 'hand-over'],
      [isErased, 'erased'],
      [witnessed === null, 'witnesses'],
      [cosigned.length > 0, 'one-hand'],
      [handedOverAt !== null, 'after', { at: new Date(handedOverAt ?? 0).toISOString() }],
      [against !== null && against.laterThan !== null, 'later-head', { size: against?.laterThan ?? 0 }],
    ]),
  };
}
