/**
 * What chance does, exactly. Somebody who knows who is in a class and which answers are, and nothing else, can do no better than to pair them at random; the
 * classes are independent, so the distributions of their sums are convolutions.
 */

function convolve(a: readonly number[], b: readonly number[]): number[] {
  const out = new Array<number>(a.length + b.length - 1).fill(0);
  a.forEach((x, i) => b.forEach((y, j) => (out[i + j]! += x * y)));
  return out;
}

const choose = (n: number, k: number): number => {
  let out = 1;
  for (let i = 0; i < k; i++) out = (out * (n - i)) / (i + 1);
  return out;
};

/** Of n pairs made at random, how many are right: fixed points of a random permutation (de Montmort 1708), C(n,k)·!(n−k)/n!. */
export function rightPairs(n: number): readonly number[] {
  // !m / m! = Σ (−1)^i / i!
  const deranged = (m: number) => {
    let sum = 0;
    let term = 1;
    for (let i = 0; i <= m; i++) {
      sum += term;
      term /= -(i + 1);
    }
    return sum;
  };
  const factorial = (m: number) => Array.from({ length: m }, (_, i) => i + 1).reduce((p, x) => p * x, 1);
  return Array.from({ length: n + 1 }, (_, k) => Math.max(0, deranged(n - k)) / factorial(k));
}

/** Of a drawn from n at random, how many are among a given a: hypergeometric. */
export function rightOf(n: number, a: number): readonly number[] {
  return Array.from({ length: a + 1 }, (_, k) => (choose(a, k) * choose(n - a, a - k)) / choose(n, a));
}

export function sumOf(distributions: readonly (readonly number[])[]): readonly number[] {
  return distributions.reduce<readonly number[]>(convolve, [1]);
}

/** P(X ≥ x). */
export function atLeast(distribution: readonly number[], x: number): number {
  return distribution.slice(Math.max(0, x)).reduce((p, q) => p + q, 0);
}

/** P(X ≤ x). */
export function atMost(distribution: readonly number[], x: number): number {
  return distribution.slice(0, x + 1).reduce((p, q) => p + q, 0);
}
