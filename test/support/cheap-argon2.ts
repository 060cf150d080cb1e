/**
 * In place of '@node-rs/argon2' where tests open accounts: the same functions at the least cost, and how many passwords were checked. What the real cost is,
 * `test/operations/password-hashing.test.ts` shows.
 */
import type * as Argon2 from '@node-rs/argon2';
import { createRequire } from 'node:module';

// Not by an import, which would come back here.
const real = createRequire(import.meta.url)('@node-rs/argon2') as typeof Argon2;

export const checks = { count: 0, running: 0, most: 0 };

/** @public imported by the alias in vitest.config.ts */
export function hash(text: string): Promise<string> {
  return real.hash(text, { memoryCost: 64, timeCost: 1, parallelism: 1 });
}

/** @public imported by the alias in vitest.config.ts */
export async function verify(stored: string, secret: string): Promise<boolean> {
  checks.count++;
  checks.most = Math.max(checks.most, ++checks.running);
  try {
    // The decoy keeps its parameters: unknown log-ins cost as much as known ones. Here they only take a moment.
    if (stored.includes('m=19456')) return await new Promise((done) => setTimeout(done, 2, false));
    return await real.verify(stored, secret);
  } finally {
    checks.running--;
  }
}
