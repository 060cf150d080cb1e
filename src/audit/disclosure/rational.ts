/** Exact fractions of BigInts, and the fields for the elimination. */

export interface Rational {
  readonly n: bigint;
  /** Positive. */
  readonly d: bigint;
}

export const zero: Rational = { n: 0n, d: 1n };
export const one: Rational = { n: 1n, d: 1n };
export const minusOne: Rational = { n: -1n, d: 1n };

function gcd(a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, a % b];
  return a < 0n ? -a : a;
}

/** @throws RangeError for a denominator of 0 */
export function ratio(n: bigint | number, d: bigint | number = 1n): Rational {
  let [a, b] = [BigInt(n), BigInt(d)];
  if (b === 0n) throw new RangeError('ratio: denominator 0');
  if (b < 0n) [a, b] = [-a, -b];
  if (b === 1n) return { n: a, d: b };
  const divisor = gcd(a, b);
  return divisor === 1n ? { n: a, d: b } : { n: a / divisor, d: b / divisor };
}

export const add = (a: Rational, b: Rational): Rational =>
  a.d === 1n && b.d === 1n ? { n: a.n + b.n, d: 1n } : ratio(a.n * b.d + b.n * a.d, a.d * b.d);
export const negate = (a: Rational): Rational => ({ n: -a.n, d: a.d });
export const subtract = (a: Rational, b: Rational): Rational => add(a, negate(b));
export const multiply = (a: Rational, b: Rational): Rational =>
  a.d === 1n && b.d === 1n ? { n: a.n * b.n, d: 1n } : ratio(a.n * b.n, a.d * b.d);
export const divide = (a: Rational, b: Rational): Rational => ratio(a.n * b.d, a.d * b.n);
export const isZero = (a: Rational): boolean => a.n === 0n;

/** The written decimal, not the double behind it: 0.1 is 1 ⁄ 10. */
export function fromDecimal(value: number): Rational {
  if (Number.isSafeInteger(value)) return ratio(value);
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value));
  if (!match) throw new RangeError(`fromDecimal: ${value}`);
  const [, sign = '', whole = '0', fraction = '', exponent = '0'] = match;
  const digits = BigInt(whole + fraction) * (sign === '-' ? -1n : 1n);
  const scale = fraction.length - Number(exponent);
  return scale >= 0 ? ratio(digits, 10n ** BigInt(scale)) : ratio(digits * 10n ** BigInt(-scale));
}

/** Number of decimals of a number in JSON. */
export function decimalsOf(value: number): number {
  const match = /^-?\d+(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value));
  return match ? Math.max(0, (match[1]?.length ?? 0) - Number(match[2] ?? 0)) : 0;
}

/** Also if numerator or denominator exceed the range of doubles. */
export function toNumber({ n, d }: Rational): number {
  const [a, b] = [Number(n), Number(d)];
  if (Number.isFinite(a) && Number.isFinite(b)) return a / b;
  const shift = BigInt(Math.max(n.toString(2).length, d.toString(2).length) - 1000);
  return Number(n >> shift) / Number(d >> shift);
}

export interface Field<T> {
  readonly isExact: boolean;
  readonly zero: T;
  readonly one: T;
  of(value: Rational): T;
  isZero(value: T): boolean;
  /** For the choice of pivots; constant in exact fields. */
  size(value: T): number;
  /** a − b·c */
  subtractProduct(a: T, b: T, c: T): T;
  divide(a: T, b: T): T;
}

/** A field whose values can be converted to numbers. */
export interface ReadableField<T> extends Field<T> {
  toNumber(value: T): number;
}

export const rationals: ReadableField<Rational> = {
  isExact: true,
  zero,
  one,
  of: (value) => value,
  isZero,
  size: () => 1,
  subtractProduct: (a, b, c) => subtract(a, multiply(b, c)),
  divide,
  toNumber,
};

/** Doubles. Rows must be scaled to about 1; what is below `tolerance` counts as 0. */
export function doubles(tolerance: number): ReadableField<number> {
  return {
    isExact: false,
    zero: 0,
    one: 1,
    of: toNumber,
    isZero: (value) => Math.abs(value) < tolerance,
    size: Math.abs,
    subtractProduct: (a, b, c) => a - b * c,
    divide: (a, b) => a / b,
    toNumber: (value) => value,
  };
}

/** Below 2^26, so that a product of two residues is exact in a double. */
export const primes = [67_108_859, 67_108_837, 67_108_819] as const;

/** Residues modulo a prime. Throws if the prime divides a denominator; take another prime then. */
export function primeField(p: number): Field<number> {
  const big = BigInt(p);
  const times = (a: number, b: number) => {
    const product = a * b;
    return product - Math.floor(product / p) * p;
  };
  const inverse = (a: number) => {
    let [r, next, s, after] = [p, a, 0, 1];
    while (next !== 0) {
      const q = Math.floor(r / next);
      [r, next] = [next, r - q * next];
      [s, after] = [after, s - q * after];
    }
    return s < 0 ? s + p : s;
  };
  const residue = (value: bigint) => {
    const rest = Number(value % big);
    return rest < 0 ? rest + p : rest;
  };
  return {
    isExact: true,
    zero: 0,
    one: 1,
    size: () => 1,
    of: ({ n, d }) => {
      if (d === 1n) return residue(n);
      const below = residue(d);
      if (below === 0) throw new RangeError(`primeField: ${p} divides a denominator`);
      return times(residue(n), inverse(below));
    },
    isZero: (value) => value === 0,
    subtractProduct: (a, b, c) => {
      const rest = a - times(b, c);
      return rest < 0 ? rest + p : rest;
    },
    divide: (a, b) => times(a, inverse(b)),
  };
}
