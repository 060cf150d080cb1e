/**
 * Integer tallies (design 8): all that scoring ever needs of the answers, derived from the stored rows when a county is counted. Their bytes: tally-bytes.ts.
 *
 * Everything is a count, so adding is exact, order does not matter and removing a superseded answer leaves no trace.
 * Two parts:
 *
 * 1. Slots: per item, how often each code came.
 * 2. Groups: per *scope* (0 = all rating items, 1 + d = those of dimension d, then the further ones of `scopesOf`) respondents are grouped by (a, d): a = rating
 *    items of the scope answered, 不了解 included; d = of those, 不了解. Per group n, Σv and the upper triangle of Σvvᵀ, where v counts each of the
 *    questionnaire's `vectorOptions` over the scope's items. As a and d are constant in a group, a respondent's own mean is
 *    linear in v there: every formula's mean and variance follow exactly, with 不了解 in the denominator or not, for any option points.
 */
import { AppError } from '../../errors.ts';
import {
  BLANK,
  DONT_KNOW,
  NOT_ASKED,
  NUMBER_BLANK,
  NUMBER_NOT_ASKED,
  type CompiledItem,
  type CompiledQuestionnaire,
  type CompiledRating,
} from '../../questionnaire/compiled.ts';
import type { Channel, CountedSet } from '../../model/vocabulary.ts';

/**
 * Key of a stored tally. `valid`: by the frozen rule profile, decided when the response is counted
 * (domain/scoring/rules/valid.ts).
 */
export interface TallyKey {
  /** Number of the questionnaire within the campaign. */
  readonly questionnaire: number;
  /** 0 = none (open link). */
  readonly samplingStratum: number;
  readonly reportingStratum: number;
  readonly channel: Channel;
  readonly set: CountedSet;
  readonly valid: boolean;
}
/** A tally as stored: its key and `encodeTally`'s bytes. */
export type TallyCell = TallyKey & { readonly bytes: Uint8Array };

/** Mutable, owned by its creator; read it through `itemCounts` and `scopeGroups`. */
export interface Tally {
  readonly plan: TallyPlan;
  /** Responses. */
  n: number;
  /** Slots of all items, in the order of `plan.slotOffset`. */
  readonly slots: Float64Array;
  /** Group key → [n, Σv (K), Σvvᵀ (K(K+1)/2, row by row from the diagonal)]. */
  readonly groups: Map<number, Float64Array>;
}

/** Tables derived from a questionnaire once. */
interface TallyPlan {
  readonly questionnaire: CompiledQuestionnaire;
  readonly slotOffset: readonly number[];
  readonly slotCount: number;
  /** Indexes into `items` of the rating items. */
  readonly ratings: readonly number[];
  /** K, length of v. */
  readonly axes: number;
  readonly scopes: number;
  /** Scope → indexes into `items`. */
  readonly scopeItems: readonly (readonly number[])[];
  /** Index into `items` → scopes that contain it; only for rating items. */
  readonly scopesOf: readonly (readonly number[])[];
  /** Group key = (scope · base + a) · base + d. */
  readonly base: number;
  readonly groupSize: number;
  /** Work space of one fold, by scope: a, d and v. Cleared by each fold. */
  readonly answered: Int32Array;
  readonly dontKnow: Int32Array;
  readonly vector: Int32Array;
  /** Work space of one reading: a group. */
  readonly group: Float64Array;
}

const plans = new WeakMap<CompiledQuestionnaire, TallyPlan>();

/** Slots after the options: rating/single [不了解, blank, not asked]; multiple [blank, not asked]; number [n, Σx, Σx², blank, not asked]. */
function slotsOf(item: CompiledItem): number {
  switch (item.type) {
    case 'rating':
    case 'single':
      return item.optionIds.length + 3;
    case 'multiple':
      return item.optionIds.length + 2;
    case 'number':
      return 5;
  }
}

/** Derived once for each questionnaire. */
export function planOf(q: CompiledQuestionnaire): TallyPlan {
  const known = plans.get(q);
  if (known) return known;
  const slotOffset: number[] = [];
  const ratings: number[] = [];
  let slotCount = 0;
  q.items.forEach((item, i) => {
    slotOffset.push(slotCount);
    slotCount += slotsOf(item);
    if (item.type === 'rating') ratings.push(i);
  });
  const axes = q.vectorOptions.length;
  const scopeItems = scopesOf(q, ratings);
  const scopes = scopeItems.length;
  const plan: TallyPlan = {
    questionnaire: q,
    slotOffset,
    slotCount,
    ratings,
    axes,
    scopes,
    scopeItems,
    scopesOf: q.items.map((_, i) => scopeItems.flatMap((own, scope) => (own.includes(i) ? [scope] : []))),
    base: ratings.length + 1,
    groupSize: 1 + axes + (axes * (axes + 1)) / 2,
    answered: new Int32Array(scopes),
    dontKnow: new Int32Array(scopes),
    vector: new Int32Array(scopes * axes),
    group: new Float64Array(1 + axes + (axes * (axes + 1)) / 2),
  };
  plans.set(q, plan);
  return plan;
}

/**
 * Scopes: all rating items, each dimension's, then further sets for figures: scored, named, scored and not about the county, each
 * dimension's figure. Of these, only sets of at least two items (the counts of a single item are enough) that are no scope yet.
 */
function scopesOf(q: CompiledQuestionnaire, ratings: readonly number[]): readonly (readonly number[])[] {
  const where = (test: (item: CompiledRating) => boolean) =>
    ratings.filter((i) => test(q.items[i] as CompiledRating));
  const scopes = [ratings, ...q.dimensions.map((_, d) => where((item) => item.dimension === d))];
  for (const own of [
    where((item) => item.scored),
    where((item) => item.named),
    where((item) => item.scored && item.about !== 'county'),
    ...q.dimensions.map((_, d) => where((item) => item.dimension === d && item.ofDimension)),
  ])
    if (own.length > 1 && !scopes.some((scope) => isSame(scope, own))) scopes.push(own);
  return scopes;
}

function isSame(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

/** An empty tally of a questionnaire. */
export function createTally(q: CompiledQuestionnaire): Tally {
  const plan = planOf(q);
  return { plan, n: 0, slots: new Float64Array(plan.slotCount), groups: new Map() };
}

/**
 * Adds (sign 1) or removes (sign −1) one response, given its encoded answers. Throws `corrupt` and changes nothing if the bytes
 * have the wrong length or contain a code that the item does not have. Counts may be temporarily negative; encoding refuses them.
 */
export function foldAnswers(tally: Tally, q: CompiledQuestionnaire, answers: Uint8Array, sign: 1 | -1): void {
  const plan = tally.plan;
  if (plan.questionnaire !== q && plan !== planOf(q) && plan.questionnaire.hash !== q.hash)
    throw new Error('foldAnswers: tally of another questionnaire');
  const corrupt = findCorrupt(q, answers);
  if (corrupt !== null) throw corruptAnswers(q, corrupt);
  const { slots, groups } = tally;
  const { axes, answered, dontKnow, vector, slotOffset } = plan;
  answered.fill(0);
  dontKnow.fill(0);
  vector.fill(0);
  tally.n += sign;
  for (let i = 0; i < q.items.length; i++) {
    const item = q.items[i]!;
    const at = slotOffset[i]!;
    const k = item.optionIds.length;
    switch (item.type) {
      case 'rating': {
        const code = answers[item.offset]!;
        if (code === NOT_ASKED) slots[at + k + 2]! += sign;
        else if (code === BLANK) slots[at + k + 1]! += sign;
        else {
          const own = plan.scopesOf[i]!;
          for (let s = 0; s < own.length; s++) answered[own[s]!]!++;
          if (code === DONT_KNOW) {
            slots[at + k]! += sign;
            for (let s = 0; s < own.length; s++) dontKnow[own[s]!]!++;
          } else {
            slots[at + code - 1]! += sign;
            const axis = item.vector[code - 1]!;
            for (let s = 0; s < own.length; s++) vector[own[s]! * axes + axis]!++;
          }
        }
        break;
      }
      case 'single': {
        const code = answers[item.offset]!;
        if (code === NOT_ASKED) slots[at + k + 2]! += sign;
        else if (code === BLANK) slots[at + k + 1]! += sign;
        else if (code === DONT_KNOW) slots[at + k]! += sign;
        else slots[at + code - 1]! += sign;
        break;
      }
      case 'multiple': {
        if ((answers[item.offset]! & 1) === 0) {
          slots[at + k + 1]! += sign;
          break;
        }
        let ticks = 0;
        for (let option = 1; option <= k; option++)
          if ((answers[item.offset + (option >> 3)]! >> (option & 7)) & 1) {
            slots[at + option - 1]! += sign;
            ticks++;
          }
        if (ticks === 0) slots[at + k]! += sign;
        break;
      }
      case 'number': {
        const x = readNumber(answers, item.offset);
        if (x === NUMBER_NOT_ASKED) slots[at + 4]! += sign;
        else if (x === NUMBER_BLANK) slots[at + 3]! += sign;
        else {
          slots[at]! += sign;
          slots[at + 1]! += sign * x;
          slots[at + 2]! += sign * x * x;
        }
        break;
      }
    }
  }
  for (let scope = 0; scope < plan.scopes; scope++) {
    const a = answered[scope]!;
    if (a === 0) continue;
    const key = (scope * plan.base + a) * plan.base + dontKnow[scope]!;
    let group = groups.get(key);
    if (!group) {
      group = new Float64Array(plan.groupSize);
      groups.set(key, group);
    }
    group[0]! += sign;
    let cross = 1 + axes;
    for (let x = 0, vx = scope * axes; x < axes; x++, vx++) {
      const count = vector[vx]!;
      if (count === 0) {
        cross += axes - x;
        continue;
      }
      group[1 + x]! += sign * count;
      for (let y = x, vy = vx; y < axes; y++, vy++) group[cross++]! += sign * count * vector[vy]!;
    }
  }
}

function readNumber(bytes: Uint8Array, at: number): number {
  return bytes[at]! * 0x100_0000 + (bytes[at + 1]! << 16) + (bytes[at + 2]! << 8) + bytes[at + 3]!;
}

/** Whether `foldAnswers` takes these bytes. */
export function canFold(q: CompiledQuestionnaire, answers: Uint8Array): boolean {
  return findCorrupt(q, answers) === null;
}

/** The item that does not have the code; '' for a wrong length; null: none. */
function findCorrupt(q: CompiledQuestionnaire, answers: Uint8Array): string | null {
  if (answers.length !== q.byteLength) return '';
  for (let i = 0; i < q.items.length; i++) {
    const item = q.items[i]!;
    const k = item.optionIds.length;
    const first = answers[item.offset]!;
    switch (item.type) {
      case 'rating':
      case 'single':
        if (first > k && first !== BLANK && (first !== DONT_KNOW || item.dontKnowId === null)) return item.id;
        break;
      case 'multiple': {
        let any = 0;
        for (let b = 1; b < item.width; b++) any |= answers[item.offset + b]!;
        // Bits above option k in the last byte, or ticks of an item that was not asked.
        const last = answers[item.offset + item.width - 1]!;
        const used = k + 1 - 8 * (item.width - 1);
        if (last >> used !== 0 || ((first & 1) === 0 && (first | any) !== 0)) return item.id;
        break;
      }
      case 'number': {
        const x = readNumber(answers, item.offset);
        if (x > item.max && x < NUMBER_BLANK) return item.id;
        break;
      }
    }
  }
  return null;
}

function corruptAnswers(q: CompiledQuestionnaire, item: string): AppError {
  return new AppError('corrupt', 'tally.answers-corrupt', { params: { questionnaire: q.id, item } });
}

/** Adds `b` into `a`. Both must be of the same questionnaire. */
export function addTally(a: Tally, b: Tally): void {
  if (a.plan !== b.plan && a.plan.questionnaire.hash !== b.plan.questionnaire.hash)
    throw new Error('addTally: tallies of different questionnaires');
  a.n += b.n;
  for (let i = 0; i < a.slots.length; i++) a.slots[i]! += b.slots[i]!;
  for (const [key, from] of b.groups) {
    const to = a.groups.get(key);
    if (!to) a.groups.set(key, from.slice());
    else for (let i = 0; i < to.length; i++) to[i]! += from[i]!;
  }
}

// Reading --------------------------------------------------------------------------------------------------------------

export type ItemCounts =
  | {
      readonly type: 'rating' | 'single';
      /** By option, in the order of `optionIds`. */
      readonly options: readonly number[];
      readonly dontKnow: number;
      readonly blank: number;
      readonly notAsked: number;
    }
  | {
      readonly type: 'multiple';
      /** Ticks by option; their sum may exceed `asked`. */
      readonly options: readonly number[];
      /** Respondents who saw the item. */
      readonly asked: number;
      /** Asked, nothing ticked. */
      readonly blank: number;
      readonly notAsked: number;
    }
  | {
      readonly type: 'number';
      readonly n: number;
      readonly sum: number;
      readonly sumOfSquares: number;
      readonly blank: number;
      readonly notAsked: number;
    };

/** Source of item counts: a tally, or several of one questionnaire with their slots added up. */
export interface ItemSlots extends Pick<Tally, 'plan' | 'n'> {
  readonly slots: ArrayLike<number>;
}

/** Counts of the item at `index` of the questionnaire's `items`. */
export function itemCounts(tally: ItemSlots, index: number): ItemCounts {
  const item = tally.plan.questionnaire.items[index];
  if (!item) throw new RangeError(`itemCounts: no item ${index}`);
  const at = tally.plan.slotOffset[index]!;
  const k = item.optionIds.length;
  const { slots } = tally;
  const options: number[] = [];
  for (let i = 0; i < k; i++) options.push(slots[at + i]!);
  switch (item.type) {
    case 'rating':
    case 'single':
      return {
        type: item.type,
        options,
        dontKnow: slots[at + k]!,
        blank: slots[at + k + 1]!,
        notAsked: slots[at + k + 2]!,
      };
    case 'multiple':
      return {
        type: 'multiple',
        options,
        asked: tally.n - slots[at + k + 1]!,
        blank: slots[at + k]!,
        notAsked: slots[at + k + 1]!,
      };
    case 'number':
      return {
        type: 'number',
        n: slots[at + 0]!,
        sum: slots[at + 1]!,
        sumOfSquares: slots[at + 2]!,
        blank: slots[at + 3]!,
        notAsked: slots[at + 4]!,
      };
  }
}

/** Respondents of one scope with the same numbers of answered items and of 不了解. */
export interface ScopeGroup {
  /** a: rating items of the scope answered, 不了解 included; at least 1. */
  readonly answered: number;
  /** d: of those, 不了解. */
  readonly dontKnow: number;
  readonly n: number;
  /** Σv over the group, by `vectorOptions`. */
  readonly sum: readonly number[];
  /** Σvvᵀ, upper triangle row by row: `cross[crossIndex(K, x, y)]`. */
  readonly cross: readonly number[];
}

/** Groups of a scope in the order of (a, d). Respondents without an answer in the scope are in none. */
export function scopeGroups(tally: Tally, scope: number): readonly ScopeGroup[] {
  const { base, axes, scopes } = tally.plan;
  if (!(scope >= 0 && scope < scopes)) throw new RangeError(`scopeGroups: no scope ${scope}`);
  const found: ScopeGroup[] = [];
  for (const [key, group] of tally.groups) {
    if (Math.floor(key / base / base) !== scope || group[0] === 0) continue;
    found.push({
      answered: Math.floor(key / base) % base,
      dontKnow: key % base,
      n: group[0]!,
      sum: Array.from(group.subarray(1, 1 + axes)),
      cross: Array.from(group.subarray(1 + axes)),
    });
  }
  return found.sort((x, y) => x.answered - y.answered || x.dontKnow - y.dontKnow);
}

/** Position of Σvₓv_y in `ScopeGroup.cross` for K axes. */
export function crossIndex(axes: number, x: number, y: number): number {
  const [low, high] = x <= y ? [x, y] : [y, x];
  return low * axes - (low * (low - 1)) / 2 + (high - low);
}
