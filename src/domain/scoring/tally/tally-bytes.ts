/** Encoding of a tally, as it is stored and committed to. Canonical: equal tallies give equal bytes. */
import { AppError } from '../../errors.ts';
import type { CompiledQuestionnaire } from '../../questionnaire/compiled.ts';
import { planOf, type ItemSlots, type Tally } from './tally.ts';

/** First byte of the encoding. */
const VERSION = 1;

/**
 * Canonical bytes: equal tallies give equal bytes. LEB128 unsigned integers throughout:
 * `version, n, slots used, (gap, count)*, groups used, (key gap, n, Σv…, Σvvᵀ…)*`; a gap is the distance from the entry before (from −1 at first).
 * Throws `corrupt` on a negative count or one beyond 2^53 − 1.
 */
export function encodeTally(tally: Tally): Uint8Array {
  const out = new VarintWriter();
  out.byte(VERSION);
  out.write(tally.n);
  const { slots } = tally;
  let used = 0;
  for (let i = 0; i < slots.length; i++) if (slots[i] !== 0) used++;
  out.write(used);
  for (let i = 0, last = -1; i < slots.length; i++) {
    if (slots[i] === 0) continue;
    out.write(i - last);
    out.write(slots[i]!);
    last = i;
  }
  const keys: number[] = [];
  for (const [key, group] of tally.groups) if (holdsAnything(group)) keys.push(key);
  keys.sort((x, y) => x - y);
  out.write(keys.length);
  let last = -1;
  for (const key of keys) {
    const group = tally.groups.get(key)!;
    // Sums without a respondent: something was removed that had not been added.
    if (group[0] === 0) throw corruptTally('negative');
    out.write(key - last);
    for (let i = 0; i < group.length; i++) out.write(group[i]!);
    last = key;
  }
  return out.finish();
}

function holdsAnything(group: Float64Array): boolean {
  for (let i = 0; i < group.length; i++) if (group[i] !== 0) return true;
  return false;
}

/** The inverse. Throws `corrupt` on anything that `encodeTally` would not have written for this questionnaire. */
export function decodeTally(q: CompiledQuestionnaire, bytes: Uint8Array): Tally {
  const groups = new Map<number, Float64Array>();
  const { base } = planOf(q);
  const { plan, n, slots } = readTally(q, bytes, (scope, answered, dontKnow, group) => {
    groups.set((scope * base + answered) * base + dontKnow, group.slice());
  });
  return { plan, n, slots: Float64Array.from(slots), groups };
}

/**
 * Reads a stored tally once from end to end. Its groups are passed to `take` one after the other, in ascending order of scope, a
 * and d, and are not kept. `group` is `[n, Σv (K), Σvvᵀ (upper triangle, row by row)]` in the reader's own work space, valid
 * until the next one. Throws like `decodeTally`.
 */
export function readTally(
  q: CompiledQuestionnaire,
  bytes: Uint8Array,
  take: (scope: number, answered: number, dontKnow: number, group: Float64Array) => void,
): ItemSlots & { readonly slots: number[] } {
  const plan = planOf(q);
  const { base, groupSize, scopes, group } = plan;
  const input = new VarintReader(bytes);
  if (input.byte() !== VERSION) throw corruptTally('version');
  const n = input.read();
  // Plain arrays: hundreds of small typed ones cost more in garbage collection than in filling.
  const slots = new Array<number>(plan.slotCount).fill(0);
  const used = input.read();
  for (let i = 0, at = -1; i < used; i++) {
    at += input.readPositive();
    if (at >= plan.slotCount) throw corruptTally('slot');
    slots[at] = input.readPositive();
  }
  const groups = input.read();
  for (let i = 0, key = -1; i < groups; i++) {
    key += input.readPositive();
    const d = key % base;
    const a = Math.floor(key / base) % base;
    const scope = Math.floor(key / base / base);
    if (scope >= scopes || a === 0 || d > a) throw corruptTally('group');
    group[0] = input.readPositive();
    for (let x = 1; x < groupSize; x++) group[x] = input.read();
    take(scope, a, d, group);
  }
  if (!input.atEnd()) throw corruptTally('trailing');
  return { plan, n, slots };
}

function corruptTally(fault: string): AppError {
  return new AppError('corrupt', 'tally.corrupt', { params: { fault } });
}

/** Grown when a tally needs it, and reused for the next one. */
let workSpace = new Uint8Array(4096);

class VarintWriter {
  #bytes = workSpace;
  #length = 0;
  byte(value: number): void {
    if (this.#length === this.#bytes.length) {
      const grown = new Uint8Array(this.#bytes.length * 2);
      grown.set(this.#bytes);
      this.#bytes = workSpace = grown;
    }
    this.#bytes[this.#length++] = value;
  }
  write(value: number): void {
    // Most counts of a small cell fit into one byte.
    if (value >= 0 && value < 128 && value === (value | 0)) {
      this.byte(value);
      return;
    }
    if (value < 0 || !Number.isSafeInteger(value)) throw corruptTally(value < 0 ? 'negative' : 'too-large');
    let rest = value;
    while (rest >= 128) {
      this.byte((rest % 128) | 128);
      rest = Math.floor(rest / 128);
    }
    this.byte(rest);
  }
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }
}

class VarintReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }
  byte(): number {
    const value = this.#bytes[this.#at++];
    if (value === undefined) throw corruptTally('truncated');
    return value;
  }
  read(): number {
    // Most are below 128.
    const first = this.#bytes[this.#at];
    if (first !== undefined && first < 128) {
      this.#at++;
      return first;
    }
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (!Number.isSafeInteger(value)) throw corruptTally('too-large');
      if (byte < 128) {
        if (byte === 0 && scale > 1) throw corruptTally('not-canonical');
        return value;
      }
    }
  }
  readPositive(): number {
    const value = this.read();
    if (value === 0) throw corruptTally('not-canonical');
    return value;
  }
  atEnd(): boolean {
    return this.#at === this.#bytes.length;
  }
}
