/**
 * The audit's own count (design 8): from the answers' bytes by their documented codes (questionnaire/compiled.ts), sharing neither
 * tables nor code with the writer's fold, so that a mistake in either shows as a difference. Plain on purpose: histograms of bytes by
 * item, and every scope's items looked up by option name.
 */
import type { CompiledItem, CompiledQuestionnaire } from '../questionnaire/compiled.ts';
import { crossIndex, decodeTally, eachGroup, itemCounts, type Tally } from './tally.ts';

interface RecountGroup {
  n: number;
  sum: number[];
  /** Full matrix, row by row. */
  cross: number[];
}

/** Mutable; made by `createRecount`, fed by `recountAnswers`. */
export interface Recount {
  readonly questionnaire: CompiledQuestionnaire;
  n: number;
  /** Rating and single: how often each byte came. Multiple: [asked, option 1…k, asked and blank]. Number: [n, Σx, Σx², blank, not asked]. */
  readonly items: readonly Float64Array[];
  /** scope → a → d. Scope 0 first, then the dimensions. */
  readonly scopes: readonly (RecountGroup | undefined)[][][];
  readonly plan: Plan;
}

/** What follows from the questionnaire alone. */
interface Plan {
  /** scope → its rating items, each with the axis of every code. */
  readonly members: readonly (readonly {
    readonly offset: number;
    readonly axisOfCode: readonly number[];
  }[])[];
  /** Where each item's counts begin, and where the last one's end. */
  readonly starts: readonly number[];
  /** Work space. */
  readonly vector: number[];
}

const plans = new WeakMap<CompiledQuestionnaire, Plan>();

function planOf(q: CompiledQuestionnaire): Plan {
  const known = plans.get(q);
  if (known) return known;
  const ratings = q.items.filter((item) => item.type === 'rating');
  const member = (item: (typeof ratings)[number]) => ({
    offset: item.offset,
    axisOfCode: [-1, ...item.optionIds.map((option) => q.vectorOptions.indexOf(option))],
  });
  const starts = [0];
  for (const item of q.items) starts.push(starts.at(-1)! + sizeOf(item));
  const plan = {
    members: [
      ratings.map(member),
      ...q.dimensions.map((name) =>
        ratings.filter((item) => q.dimensions[item.dimension] === name).map(member),
      ),
    ],
    starts,
    vector: q.vectorOptions.map(() => 0),
  };
  plans.set(q, plan);
  return plan;
}

/** An empty count. */
export function createRecount(q: CompiledQuestionnaire): Recount {
  const plan = planOf(q);
  const all = new Float64Array(plan.starts.at(-1)!);
  return {
    questionnaire: q,
    n: 0,
    items: q.items.map((_, i) => all.subarray(plan.starts[i], plan.starts[i + 1])),
    scopes: plan.members.map(() => []),
    plan,
  };
}

function sizeOf(item: CompiledItem): number {
  if (item.type === 'multiple') return item.optionIds.length + 2;
  return item.type === 'number' ? 5 : 256;
}

/** Counts one response. */
export function recountAnswers(recount: Recount, answers: Uint8Array): void {
  recount.n++;
  recount.questionnaire.items.forEach((item, i) => {
    const counts = recount.items[i]!;
    if (item.type === 'multiple') recountTicks(counts, answers, item.offset, item.optionIds.length);
    else if (item.type === 'number') recountNumber(counts, answers, item.offset);
    else counts[answers[item.offset] ?? 0]!++;
  });
  recount.plan.members.forEach((members, scope) => {
    recountScope(recount.plan.vector, members, recount.scopes[scope]!, answers);
  });
}

function recountTicks(counts: Float64Array, answers: Uint8Array, offset: number, options: number): void {
  const bit = (j: number) => (answers[offset + Math.floor(j / 8)]! & (2 ** (j % 8))) !== 0;
  if (!bit(0)) return;
  counts[0]!++;
  let blank = true;
  for (let j = 1; j <= options; j++)
    if (bit(j)) {
      counts[j]!++;
      blank = false;
    }
  if (blank) counts[options + 1]!++;
}

function recountNumber(counts: Float64Array, answers: Uint8Array, offset: number): void {
  const value = new DataView(answers.buffer, answers.byteOffset).getUint32(offset);
  if (value === 0xffff_ffff) counts[4]!++;
  else if (value === 0xffff_fffe) counts[3]!++;
  else {
    counts[0]!++;
    counts[1]! += value;
    counts[2]! += value * value;
  }
}

function recountScope(
  v: number[],
  members: Plan['members'][number],
  groups: Recount['scopes'][number],
  answers: Uint8Array,
): void {
  v.fill(0);
  let answered = 0;
  let dontKnow = 0;
  for (const { offset, axisOfCode } of members) {
    const code = answers[offset]!;
    if (code === 0 || code === 255) continue;
    answered++;
    if (code === 254) dontKnow++;
    else v[axisOfCode[code]!]!++;
  }
  if (answered === 0) return;
  const group = ((groups[answered] ??= [])[dontKnow] ??= {
    n: 0,
    sum: v.map(() => 0),
    cross: new Array<number>(v.length * v.length).fill(0),
  });
  group.n++;
  for (let x = 0; x < v.length; x++) {
    group.sum[x]! += v[x]!;
    if (v[x] !== 0) for (let y = 0; y < v.length; y++) group.cross[x * v.length + y]! += v[x]! * v[y]!;
  }
}

/** One number in which a stored tally and the recount disagree. */
export interface TallyDifference {
  /** `response`: the number of responses. `item`: a code's count. `group`: a moment of respondents with a items answered, d of them 不了解. */
  readonly what: 'response' | 'item' | 'group';
  /** Item id, or dimension id of the scope ('' = all rating items). */
  readonly where: string;
  /** Option id, `dont-know`, `blank`, `not-asked`, `n`, `sum`, `sum-of-squares`; for groups `a=5 d=1 sum very-satisfied`. */
  readonly code: string;
  readonly expected: number;
  readonly found: number;
}

/** Names everything in which a stored tally differs from the audit's count; empty = exactly equal. Throws `corrupt` if the bytes do not decode. */
export function diffTally(found: Uint8Array | Tally, expected: Recount): readonly TallyDifference[] {
  const q = expected.questionnaire;
  const tally = found instanceof Uint8Array ? decodeTally(q, found) : found;
  const differences: TallyDifference[] = [];
  /** `code` is put together only for what differs: nearly nothing does. */
  const compare = (
    what: TallyDifference['what'],
    where: string,
    code: string | (() => string),
    want: number,
    have: number,
  ) => {
    if (want !== have)
      differences.push({
        what,
        where,
        code: typeof code === 'string' ? code : code(),
        expected: want,
        found: have,
      });
  };
  compare('response', '', 'n', expected.n, tally.n);

  q.items.forEach((item, i) => {
    const want = expected.items[i]!;
    const have = itemCounts(tally, i);
    if (have.type === 'number') {
      compare('item', item.id, 'n', want[0]!, have.n);
      compare('item', item.id, 'sum', want[1]!, have.sum);
      compare('item', item.id, 'sum-of-squares', want[2]!, have.sumOfSquares);
      compare('item', item.id, 'blank', want[3]!, have.blank);
      compare('item', item.id, 'not-asked', want[4]!, have.notAsked);
      return;
    }
    item.optionIds.forEach((option, j) => {
      compare('item', item.id, option, want[j + 1]!, have.options[j]!);
    });
    if (have.type === 'multiple') {
      compare('item', item.id, 'asked', want[0]!, have.asked);
      compare('item', item.id, 'blank', want[item.optionIds.length + 1]!, have.blank);
      compare('item', item.id, 'not-asked', expected.n - want[0]!, have.notAsked);
    } else {
      compare('item', item.id, 'dont-know', want[254]!, have.dontKnow);
      compare('item', item.id, 'blank', want[255]!, have.blank);
      compare('item', item.id, 'not-asked', want[0]!, have.notAsked);
      // Bytes that the item does not have: the writer would have refused them.
      for (let byte = item.optionIds.length + 1; byte < 254; byte++)
        if (want[byte] !== 0) compare('item', item.id, `byte ${byte}`, want[byte]!, 0);
    }
  });

  const axes = q.vectorOptions.length;
  const scopes = ['', ...q.dimensions];
  function compareGroup(scope: number, a: number, d: number, wanted?: RecountGroup, have?: Float64Array) {
    const where = scopes[scope]!;
    const name = () => `a=${a} d=${d}`;
    compare('group', where, () => `${name()} n`, wanted?.n ?? 0, have?.[0] ?? 0);
    for (let x = 0; x < axes; x++) {
      const option = q.vectorOptions[x]!;
      compare('group', where, () => `${name()} sum ${option}`, wanted?.sum[x] ?? 0, have?.[1 + x] ?? 0);
      for (let y = x; y < axes; y++)
        compare(
          'group',
          where,
          () => `${name()} cross ${option} ${q.vectorOptions[y]!}`,
          wanted?.cross[x * axes + y] ?? 0,
          have?.[1 + axes + crossIndex(axes, x, y)] ?? 0,
        );
    }
  }
  const seen = new Set<RecountGroup>();
  for (const { scope, answered, dontKnow, moments } of eachGroup(tally)) {
    const wanted = expected.scopes[scope]?.[answered]?.[dontKnow];
    if (wanted) seen.add(wanted);
    compareGroup(scope, answered, dontKnow, wanted, moments);
  }
  expected.scopes.forEach((byA, scope) => {
    byA.forEach((byD, a) => {
      byD.forEach((wanted, d) => {
        if (wanted && !seen.has(wanted)) compareGroup(scope, a, d, wanted);
      });
    });
  });
  return differences;
}
