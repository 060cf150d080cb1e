/** Stands before the storage and the keys and sees every call that changes something, by name and number: `applyImport#2`. */
import type { Deps } from '../../src/operations/deps.ts';
import { operations } from '../../src/storage/sqlite/operations.ts';
import { partedOperations } from '../../src/storage/shared/parts.ts';

/** Does the call (or not); what it returns, the caller gets. */
export type Around = (call: string, work: () => Promise<unknown>) => Promise<unknown>;

/** Operations that look things up pass unseen, backups do not: they write a file. */
function isSeen(name: string): boolean {
  const mode = operations[name as keyof typeof operations]?.mode;
  return (
    name in partedOperations ||
    mode === 'write' ||
    mode === 'batch' ||
    name === 'backup' ||
    name === 'eraseCopies'
  );
}

export function watchCalls(deps: Deps, around: Around): Deps {
  const counts = new Map<string, number>();
  const numbered = (name: string): string => {
    const n = (counts.get(name) ?? 0) + 1;
    counts.set(name, n);
    return `${name}#${n}`;
  };
  const storage = new Proxy(deps.storage, {
    get(target, name) {
      const value = Reflect.get(target, name, target) as unknown;
      if (typeof value !== 'function' || typeof name !== 'string') return value;
      const method = value as (...args: unknown[]) => Promise<unknown>;
      if (!isSeen(name)) return method.bind(target);
      return (...args: unknown[]) => around(numbered(name), () => method.apply(target, args));
    },
  });
  return { ...deps, storage };
}
