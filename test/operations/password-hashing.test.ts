import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/domain/errors.ts';
import {
  createQueue,
  decoyHash,
  hashPassword,
  verifyPassword,
} from '../../src/operations/user/password-hashing.ts';

/** Work that ends when the test says so. */
function createBench(limit: number) {
  const queue = createQueue(limit);
  const done: string[] = [];
  const ends: (() => void)[] = [];
  let running = 0;
  let most = 0;
  const run = (name: string, rank: number) =>
    queue
      .run(rank, async () => {
        most = Math.max(most, ++running);
        await new Promise<void>((end) => ends.push(end));
        running--;
        done.push(name);
      })
      .then(
        () => 'done',
        (error: unknown) => (error instanceof AppError ? error.message : 'other'),
      );
  async function finishAll(): Promise<void> {
    while (ends.length > 0) {
      ends.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  return { run, done, finishAll, most: () => most };
}

describe('the queue of hashes', () => {
  it('runs one at a time: known devices first, then the networks with the fewest failures', async () => {
    const b = createBench(10);
    const all = [b.run('a', 3), b.run('b', 9), b.run('c', 1), b.run('d', 0), b.run('e', 1), b.run('f', 0)];
    await b.finishAll();
    expect(await Promise.all(all)).toEqual(all.map(() => 'done'));
    expect(b.done).toEqual(['a', 'd', 'f', 'c', 'e', 'b']);
    expect(b.most()).toBe(1);
  });

  it('is bounded: a full queue refuses the highest rank, of equals the last', async () => {
    const b = createBench(2);
    const running = b.run('running', 5);
    const [one, two] = [b.run('one', 4), b.run('two', 7)];
    expect(await b.run('late', 7)).toBe('login.busy');
    const first = b.run('first', 1);
    expect(await two).toBe('login.busy');
    await b.finishAll();
    expect(await Promise.all([running, one, first])).toEqual(['done', 'done', 'done']);
    expect(b.done).toEqual(['running', 'first', 'one']);
  });

  it('goes on after work that failed', async () => {
    const queue = createQueue(2);
    const failing = queue.run(0, () => Promise.reject(new Error('no')));
    const next = queue.run(0, async () => 'yes');
    await expect(failing).rejects.toThrow('no');
    expect(await next).toBe('yes');
    expect(await queue.run(0, async () => 'again')).toBe('again');
  });
});

describe('hashes', () => {
  it('of unknown logins have the parameters of all others, so that they take the same time', async () => {
    const parameters = (hash: string) => hash.split('$').slice(0, 4);
    const own = await hashPassword('vier Wörter und mehr');
    expect(own).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(parameters(decoyHash)).toEqual(parameters(own));
    expect(await verifyPassword(decoyHash, '', 0)).toBe(false);
  });

  it('are of one spelling of a password', async () => {
    const stored = await hashPassword('Ｖｉｅｒ Wörter');
    expect(await verifyPassword(stored, 'Vier Wo\u0308rter', 0)).toBe(true);
    expect(await verifyPassword(stored, 'vier Wörter', 0)).toBe(false);
  });
});
