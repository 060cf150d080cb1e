/**
 * The audit's own count (design 8): from the answers' bytes by their documented codes (questionnaire/compiled.ts). It shares
 * neither tables nor code with the fold of tally.ts, so that a mistake in either shows as a difference. Kept simple on purpose:
 * histograms of codes by item, and every scope's items looked up by option name. For speed over millions of sheets it uses a
 * table per byte and plain numbers.
 */
import { BLANK, DONT_KNOW, NOT_ASKED, NUMBER_BLANK, NUMBER_NOT_ASKED } from '../../questionnaire/compiled.ts';
import type {
  CompiledItem,
  CompiledMultiple,
  CompiledNumber,
  CompiledQuestionnaire,
  CompiledRating,
} from '../../questionnaire/compiled.ts';
import { crossIndex, itemCounts, type ItemCounts } from './tally.ts';
import { readTally } from './tally-bytes.ts';

/** Mutable; made by `createRecount`, filled by `recountAnswers`, read through `recountedItem` and `recountedGroups`. */
export interface Recount {
  readonly questionnaire: CompiledQuestionnaire;
  n: number;
  readonly plan: Plan;
  /** All items' counts, one item after the other from `plan.starts`. */
  readonly counts: Float64Array;
  /**
   * Groups, concatenated, from `plan.scopes[…].first` by a and d: [n, Σv, Σvvᵀ complete, row by row]. Complete after `settle`.
   */
  readonly moments: Float64Array;
  /**
   * How often each combination of answers to a dimension's items occurred: few items have few combinations, and each is turned
   * into moments once.
   */
  readonly patterns: Uint32Array;
}

/** Data that depends only on the questionnaire. */
interface Plan {
  /** Start of each item's counts, and end of the last one's. */
  readonly starts: readonly number[];
  /** Rating and single items: the byte, the start of its counts, and code → count. */
  readonly coded: readonly { readonly offset: number; readonly start: number; readonly slots: Uint8Array }[];
  readonly multiple: readonly { readonly item: CompiledMultiple; readonly start: number }[];
  readonly numbers: readonly { readonly item: CompiledNumber; readonly start: number }[];
  /** Scope 0 first, then the dimensions, then the further sets. */
  readonly scopes: readonly Scope[];
  readonly groups: number;
  /** Numbers of a group. */
  readonly groupSize: number;
  readonly patterns: number;
  /** Work space: v, and its non-zero positions; the groups that a stored tally has. */
  readonly vector: Int32Array;
  readonly used: Int32Array;
  readonly seen: Uint8Array;
}

interface Scope {
  readonly members: readonly Member[];
  /** Position of its group a = d = 0; those of one a are adjacent. */
  readonly first: number;
  /** Start of its combinations; −1: there would be too many, so its moments are updated with each answer. */
  readonly firstPattern: number;
}
/** A rating item of a scope. */
interface Member {
  readonly offset: number;
  /** Code → axis, or one of the two below. */
  readonly axes: Int8Array;
  /**
   * Code → its part of a combination's number: digit · (K + 2)^(position in the scope); the digits are the K axes, 不了解 and no
   * answer.
   */
  readonly shares: Uint16Array;
}
const noAnswer = -1;
const dontKnowAnswer = -2;
/** A scope with more combinations stores none. */
const maximumPatterns = 1024;

const plans = new WeakMap<CompiledQuestionnaire, Plan>();

function planOf(q: CompiledQuestionnaire): Plan {
  const known = plans.get(q);
  if (known) return known;
  const starts = [0];
  for (const item of q.items) starts.push(starts.at(-1)! + countsOf(item));
  const of = <T extends CompiledItem['type']>(...types: readonly T[]) =>
    q.items.flatMap((item, i) =>
      (types as readonly string[]).includes(item.type)
        ? [{ item: item as Extract<CompiledItem, { type: T }>, start: starts[i]! }]
        : [],
    );
  const ratings = of('rating').map(({ item }) => item);
  const axes = q.vectorOptions.length;
  let groups = 0;
  let patterns = 0;
  const scopeOf = (items: readonly CompiledRating[]): Scope => {
    const first = groups;
    groups += (items.length + 1) ** 2;
    const combinations = (axes + 2) ** items.length;
    const few = combinations <= maximumPatterns;
    const firstPattern = few ? patterns : -1;
    if (few) patterns += combinations;
    const members = items.map((item, place): Member => {
      const own = axesOf(q, item);
      const digits = Array.from(own, (axis) =>
        axis === noAnswer ? axes + 1 : axis === dontKnowAnswer ? axes : axis,
      );
      const shares = Uint16Array.from(digits, (digit) => (few ? digit * (axes + 2) ** place : 0));
      return { offset: item.offset, axes: own, shares };
    });
    return { members, first, firstPattern };
  };
  const plan: Plan = {
    starts,
    coded: of('rating', 'single').map(({ item, start }) => ({
      offset: item.offset,
      start,
      slots: slotsOf(item.optionIds.length),
    })),
    multiple: of('multiple'),
    numbers: of('number'),
    scopes: [
      scopeOf(ratings),
      ...q.dimensions.map((name) => scopeOf(ratings.filter((item) => q.dimensions[item.dimension] === name))),
      ...furtherSets(q, ratings).map(scopeOf),
    ],
    groups,
    groupSize: 1 + axes + axes * axes,
    patterns,
    vector: new Int32Array(axes),
    used: new Int32Array(axes),
    seen: new Uint8Array(groups),
  };
  plans.set(q, plan);
  return plan;
}

/** Sets of items of which figures are made, and which are neither all, nor a dimension, nor a single item: as `evidence/FORMAT.md` lists them. */
function furtherSets(
  q: CompiledQuestionnaire,
  ratings: readonly CompiledRating[],
): readonly (readonly CompiledRating[])[] {
  const nameOf = (items: readonly CompiledRating[]) => items.map((item) => item.id).join(' ');
  const byDimension = q.dimensions.map((_, no) => ratings.filter((item) => item.dimension === no));
  const known = new Set([ratings, ...byDimension].map(nameOf));
  const scored = ratings.filter((item) => item.scored);
  const compared = byDimension.map((own) => {
    const counted = own.filter((item) => item.scored);
    const base = counted.length > 0 ? counted : own;
    const core = base.filter((item) => item.core);
    return core.length > 0 ? core : base;
  });
  return [
    scored,
    ratings.filter((item) => item.named),
    scored.filter((item) => item.about !== 'county'),
    ...compared,
  ].filter((items) => {
    const isNew = items.length >= 2 && !known.has(nameOf(items));
    known.add(nameOf(items));
    return isNew;
  });
}

/** Rating and single [not asked, option 1…k, 不了解, blank, no code of the item]; multiple [asked, option 1…k, asked and blank]; number [n, Σx, Σx², blank, not asked]. */
function countsOf(item: CompiledItem): number {
  if (item.type === 'number') return 5;
  return item.optionIds.length + (item.type === 'multiple' ? 2 : 4);
}

function slotsOf(options: number): Uint8Array {
  const slots = new Uint8Array(256).fill(options + 3);
  slots[NOT_ASKED] = 0;
  for (let code = 1; code <= options; code++) slots[code] = code;
  slots[DONT_KNOW] = options + 1;
  slots[BLANK] = options + 2;
  return slots;
}

function axesOf(q: CompiledQuestionnaire, item: CompiledRating): Int8Array {
  const axes = new Int8Array(256).fill(noAnswer);
  for (const [i, option] of item.optionIds.entries()) axes[i + 1] = q.vectorOptions.indexOf(option);
  axes[DONT_KNOW] = dontKnowAnswer;
  return axes;
}

/** An empty count. */
export function createRecount(q: CompiledQuestionnaire): Recount {
  const plan = planOf(q);
  return {
    questionnaire: q,
    n: 0,
    plan,
    counts: new Float64Array(plan.starts.at(-1)!),
    moments: new Float64Array(plan.groups * plan.groupSize),
    patterns: new Uint32Array(plan.patterns),
  };
}

/** Resets it, to count many cells one after the other. */
export function clearRecount(recount: Recount): void {
  recount.n = 0;
  recount.counts.fill(0);
  recount.moments.fill(0);
  recount.patterns.fill(0);
}

/** Counts one response, whose bytes begin at `at` of `sheets`. They must be valid for `decodeAnswers`. */
export function recountAnswers(recount: Recount, sheets: Uint8Array, at = 0): void {
  const { plan, counts } = recount;
  recount.n++;
  for (const { offset, start, slots } of plan.coded) counts[start + slots[sheets[at + offset]!]!]!++;
  for (const { item, start } of plan.multiple)
    recountTicks(counts, start, sheets, at + item.offset, item.optionIds.length);
  for (const { item, start } of plan.numbers) recountNumber(counts, start, sheets, at + item.offset);
  for (const scope of plan.scopes) {
    if (scope.firstPattern < 0) recountScope(recount, scope, sheets, at);
    else {
      let pattern = scope.firstPattern;
      for (const { offset, shares } of scope.members) pattern += shares[sheets[at + offset]!]!;
      recount.patterns[pattern]!++;
    }
  }
}

function recountTicks(
  counts: Float64Array,
  start: number,
  sheets: Uint8Array,
  at: number,
  options: number,
): void {
  const bit = (j: number) => (sheets[at + Math.floor(j / 8)]! & (2 ** (j % 8))) !== 0;
  if (!bit(0)) return;
  counts[start]!++;
  let blank = true;
  for (let j = 1; j <= options; j++)
    if (bit(j)) {
      counts[start + j]!++;
      blank = false;
    }
  if (blank) counts[start + options + 1]!++;
}

function recountNumber(counts: Float64Array, start: number, sheets: Uint8Array, at: number): void {
  const value = new DataView(sheets.buffer, sheets.byteOffset).getUint32(at);
  if (value === NUMBER_NOT_ASKED) counts[start + 4]!++;
  else if (value === NUMBER_BLANK) counts[start + 3]!++;
  else {
    counts[start]!++;
    counts[start + 1]! += value;
    counts[start + 2]! += value * value;
  }
}

function recountScope(recount: Recount, scope: Scope, sheets: Uint8Array, at: number): void {
  const { vector, used } = recount.plan;
  let answered = 0;
  let dontKnow = 0;
  let axes = 0;
  for (const member of scope.members) {
    const axis = member.axes[sheets[at + member.offset]!]!;
    if (axis === noAnswer) continue;
    answered++;
    if (axis === dontKnowAnswer) dontKnow++;
    else if (vector[axis]!++ === 0) used[axes++] = axis;
  }
  addMoments(recount, scope, answered, dontKnow, axes, 1);
}

/** `times` respondents with the vector of the work space, which is cleared. */
function addMoments(
  { moments, plan }: Recount,
  scope: Scope,
  answered: number,
  dontKnow: number,
  axes: number,
  times: number,
): void {
  if (answered === 0) return;
  const { vector, used } = plan;
  const k = vector.length;
  const at = (scope.first + answered * (scope.members.length + 1) + dontKnow) * plan.groupSize;
  moments[at]! += times;
  for (let i = 0; i < axes; i++) {
    const x = used[i]!;
    const sum = times * vector[x]!;
    moments[at + 1 + x]! += sum;
    const row = at + 1 + k + x * k;
    for (let j = 0; j < axes; j++) moments[row + used[j]!]! += sum * vector[used[j]!]!;
  }
  for (let i = 0; i < axes; i++) vector[used[i]!] = 0;
}

/** Turns the combinations counted so far into moments. */
function settle(recount: Recount): void {
  const { plan, patterns } = recount;
  const { vector, used } = plan;
  const k = vector.length;
  for (const scope of plan.scopes) {
    if (scope.firstPattern < 0) continue;
    const combinations = (k + 2) ** scope.members.length;
    for (let pattern = 0; pattern < combinations; pattern++) {
      const times = patterns[scope.firstPattern + pattern]!;
      if (times === 0) continue;
      patterns[scope.firstPattern + pattern] = 0;
      let answered = 0;
      let dontKnow = 0;
      let axes = 0;
      for (let i = 0, rest = pattern; i < scope.members.length; i++, rest = Math.floor(rest / (k + 2))) {
        const digit = rest % (k + 2);
        if (digit > k) continue;
        answered++;
        if (digit === k) dontKnow++;
        else if (vector[digit]!++ === 0) used[axes++] = digit;
      }
      addMoments(recount, scope, answered, dontKnow, axes, times);
    }
  }
}

/** Like a tally's counts; `foreign`: bytes that are not a code of the item, which the writer would have refused. */
export type RecountedItem =
  Exclude<ItemCounts, Coded> | (Extract<ItemCounts, Coded> & { readonly foreign: number });
interface Coded {
  readonly type: 'rating' | 'single';
}

/** The counts of the item at `index` of the questionnaire's `items`. */
export function recountedItem(recount: Recount, index: number): RecountedItem {
  const item = recount.questionnaire.items[index];
  if (!item) throw new RangeError(`recountedItem: no item ${index}`);
  const { counts } = recount;
  const start = recount.plan.starts[index]!;
  const k = item.optionIds.length;
  if (item.type === 'number')
    return {
      type: item.type,
      n: counts[start]!,
      sum: counts[start + 1]!,
      sumOfSquares: counts[start + 2]!,
      blank: counts[start + 3]!,
      notAsked: counts[start + 4]!,
    };
  const options: number[] = [];
  for (let j = 1; j <= k; j++) options.push(counts[start + j]!);
  if (item.type === 'multiple')
    return {
      type: item.type,
      options,
      asked: counts[start]!,
      blank: counts[start + k + 1]!,
      notAsked: recount.n - counts[start]!,
    };
  return {
    type: item.type,
    options,
    dontKnow: counts[start + k + 1]!,
    blank: counts[start + k + 2]!,
    notAsked: counts[start]!,
    foreign: counts[start + k + 3]!,
  };
}

/** The groups of every scope with respondents, in ascending order of scope, a and d. `cross` is the whole matrix, row by row. */
export function* recountedGroups(recount: Recount): Generator<{
  readonly scope: number;
  readonly answered: number;
  readonly dontKnow: number;
  readonly n: number;
  readonly sum: ArrayLike<number>;
  readonly cross: ArrayLike<number>;
}> {
  settle(recount);
  const { plan, moments } = recount;
  const k = plan.vector.length;
  for (const [scope, { first, members }] of plan.scopes.entries()) {
    const width = members.length + 1;
    for (let i = 0; i < width * width; i++) {
      const at = (first + i) * plan.groupSize;
      if (moments[at] !== 0)
        yield {
          scope,
          answered: Math.floor(i / width),
          dontKnow: i % width,
          n: moments[at]!,
          sum: moments.subarray(at + 1, at + 1 + k),
          cross: moments.subarray(at + 1 + k, at + plan.groupSize),
        };
    }
  }
}

/** One number in which a stored tally and the recount disagree. */
export interface TallyDifference {
  /** `response`: the number of responses. `item`: a code's count. `group`: a moment of respondents with a items answered, d of them 不了解. */
  readonly what: 'response' | 'item' | 'group';
  /** Item id, or dimension id of the scope ('' = all rating items; `set 10` = the scope of that number). */
  readonly where: string;
  /** Option id, `dont-know`, `blank`, `not-asked`, `no-code`, `n`, `sum`, `sum-of-squares`; for groups `a=5 d=1 sum very-satisfied`. */
  readonly code: string;
  readonly expected: number;
  readonly found: number;
}

/**
 * Lists every difference between a stored tally and the audit's count; empty = exactly equal. Throws `corrupt` if the bytes do
 * not decode.
 */
export function diffTally(found: Uint8Array, expected: Recount): readonly TallyDifference[] {
  const q = expected.questionnaire;
  settle(expected);
  const { plan } = expected;
  const differences: TallyDifference[] = [];
  const compare = (
    what: TallyDifference['what'],
    where: string,
    code: string,
    want: number,
    have: number,
  ): void => {
    if (want !== have) differences.push({ what, where, code, expected: want, found: have });
  };

  const axes = q.vectorOptions.length;
  const { moments: want } = expected;
  /**
   * Compares a counted group, from `at` (−1: none), with a stored one, from its beginning. Names are built only for differences,
   * which are rare.
   */
  const compareGroup = (scope: number, a: number, d: number, at: number, have: ArrayLike<number>): void => {
    const wanted = (i: number) => (at < 0 ? 0 : want[at + i]!);
    const found = (i: number) => have[i] ?? 0;
    const name = (moment: string) =>
      [scope === 0 ? '' : (q.dimensions[scope - 1] ?? `set ${scope}`), `a=${a} d=${d} ${moment}`] as const;
    if (wanted(0) !== found(0)) compare('group', ...name('n'), wanted(0), found(0));
    for (let x = 0; x < axes; x++) {
      if (wanted(1 + x) !== found(1 + x))
        compare('group', ...name(`sum ${q.vectorOptions[x]!}`), wanted(1 + x), found(1 + x));
      for (let y = x; y < axes; y++) {
        const [i, j] = [1 + axes + x * axes + y, 1 + axes + crossIndex(axes, x, y)];
        if (wanted(i) !== found(j))
          compare(
            'group',
            ...name(`cross ${q.vectorOptions[x]!} ${q.vectorOptions[y]!}`),
            wanted(i),
            found(j),
          );
      }
    }
  };
  const { seen, groupSize } = plan;
  seen.fill(0);
  const tally = readTally(q, found, (scope, a, d, group) => {
    const { first, members } = plan.scopes[scope]!;
    const width = members.length + 1;
    // A stored group may have more items than the scope.
    const place = a < width ? first + a * width + d : -1;
    if (place >= 0) seen[place] = 1;
    compareGroup(scope, a, d, place < 0 ? -1 : place * groupSize, group);
  });
  for (const [scope, { first, members }] of plan.scopes.entries()) {
    const width = members.length + 1;
    for (let i = 0; i < width * width; i++)
      if (seen[first + i] === 0 && want[(first + i) * groupSize] !== 0)
        compareGroup(scope, Math.floor(i / width), i % width, (first + i) * groupSize, []);
  }
  const groups = differences.splice(0);

  compare('response', '', 'n', expected.n, tally.n);
  q.items.forEach((item, i) => {
    const want = recountedItem(expected, i);
    const have = itemCounts(tally, i);
    if (want.type === 'number' && have.type === 'number') {
      compare('item', item.id, 'n', want.n, have.n);
      compare('item', item.id, 'sum', want.sum, have.sum);
      compare('item', item.id, 'sum-of-squares', want.sumOfSquares, have.sumOfSquares);
      compare('item', item.id, 'blank', want.blank, have.blank);
      compare('item', item.id, 'not-asked', want.notAsked, have.notAsked);
    } else if (want.type !== 'number' && have.type !== 'number') {
      item.optionIds.forEach((option, j) => {
        compare('item', item.id, option, want.options[j]!, have.options[j]!);
      });
      if (want.type === 'multiple' && have.type === 'multiple')
        compare('item', item.id, 'asked', want.asked, have.asked);
      if (want.type !== 'multiple' && have.type !== 'multiple') {
        compare('item', item.id, 'dont-know', want.dontKnow, have.dontKnow);
        compare('item', item.id, 'no-code', want.foreign, 0);
      }
      compare('item', item.id, 'blank', want.blank, have.blank);
      compare('item', item.id, 'not-asked', want.notAsked, have.notAsked);
    }
  });
  return [...differences, ...groups];
}
