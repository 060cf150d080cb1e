/**
 * The regularised incomplete beta function, from which Student's t, Clopper–Pearson and binomial tails follow. The factor before the continued
 * fraction is written with Stirling errors instead of three log-gammas, which would cancel for large arguments.
 */

/** δ(z) = ln Γ(z) − (z − ½) ln z + z − ½ ln 2π. */
function stirlingError(z: number): number {
  // Below 16 the recurrence Γ(z + 1) = z Γ(z) lifts the argument to where the series has full precision.
  let shift = 0;
  let x = z;
  while (x < 16) {
    // δ(x) − δ(x + 1) = (x + ½) ln(1 + 1/x) − 1
    shift += (x + 0.5) * Math.log1p(1 / x) - 1;
    x += 1;
  }
  const s = 1 / (x * x);
  return (
    shift +
    (1 / 12 -
      s * (1 / 360 - s * (1 / 1260 - s * (1 / 1680 - s * (1 / 1188 - s * (691 / 360_360 - s / 156)))))) /
      x
  );
}

/** x^a (1 − x)^b ⁄ B(a, b). */
function betaFactor(x: number, a: number, b: number): number {
  const n = a + b;
  const mode = a / n;
  const up = (x - mode) / mode;
  const down = (mode - x) / (b / n);
  const log = (u: number, plain: number) => (Math.abs(u) < 0.5 ? Math.log1p(u) : Math.log(plain));
  const exponent =
    a * log(up, x / mode) +
    b * log(down, (1 - x) / (b / n)) +
    stirlingError(n) -
    stirlingError(a) -
    stirlingError(b);
  return Math.exp(exponent) * Math.sqrt((a * b) / (2 * Math.PI * n));
}

/** Continued fraction by Lentz's method, for x below (a + 1) ⁄ (a + b + 2). */
function continuedFraction(x: number, a: number, b: number): number {
  const tiny = 1e-300;
  const guard = (v: number) => (Math.abs(v) < tiny ? tiny : v);
  let c = 1;
  let d = 1 / guard(1 - ((a + b) * x) / (a + 1));
  let f = d;
  for (let m = 1; m < 20_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / guard(1 + even * d);
    c = guard(1 + even / c);
    f *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / guard(1 + odd * d);
    c = guard(1 + odd / c);
    const step = d * c;
    f *= step;
    if (Math.abs(step - 1) < 1e-16) break;
  }
  return f;
}

/**
 * I_x(a, b) for 0 ≤ x ≤ 1, a, b > 0. With `upper`, 1 − I_x(a, b), computed directly where it is the small one.
 * Source: DLMF 8.17.22 (continued fraction), 5.11.1 (Stirling). R: `pbeta(x, a, b, lower.tail = !upper)`.
 */
export function incompleteBeta(x: number, a: number, b: number, upper = false): number {
  if (!(a > 0 && b > 0 && x >= 0 && x <= 1)) return NaN;
  if (x === 0 || x === 1) return (x === 1) === upper ? 0 : 1;
  const front = betaFactor(x, a, b);
  if (x <= (a + 1) / (a + b + 2)) {
    const lower = (front * continuedFraction(x, a, b)) / a;
    return upper ? 1 - lower : lower;
  }
  const rest = (front * continuedFraction(1 - x, b, a)) / b;
  return upper ? rest : 1 - rest;
}

/**
 * x with I_x(a, b) = p: Newton steps kept inside a shrinking bracket. R: `qbeta(p, a, b)`.
 */
export function quantileBeta(p: number, a: number, b: number): number {
  if (!(p >= 0 && p <= 1 && a > 0 && b > 0)) return NaN;
  if (p === 0 || p === 1) return p;
  let low = 0;
  let high = 1;
  let x = a / (a + b);
  for (let i = 0; i < 200; i++) {
    const error = p <= 0.5 ? incompleteBeta(x, a, b) - p : 1 - p - incompleteBeta(x, a, b, true);
    if (error === 0) return x;
    if (error > 0) high = x;
    else low = x;
    const density = betaFactor(x, a, b) / (x * (1 - x));
    const newton = x - error / density;
    const next = newton > low && newton < high ? newton : (low + high) / 2;
    if (Math.abs(next - x) <= 2e-16 * x) return next;
    x = next;
  }
  return x;
}
