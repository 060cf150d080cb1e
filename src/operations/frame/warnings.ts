/** Warnings about a file's rows: one per kind, with the number of rows and, if it counts something, that number. */
import type { Issue } from '../../domain/errors.ts';
import type { RowFault } from '../../domain/frame/roll/table.ts';

export interface Warnings {
  readonly add: (warning: RowFault) => void;
  readonly list: () => readonly Issue[];
}

export function createWarnings(): Warnings {
  const known = new Map<string, Issue & { params: Record<string, string | number> }>();
  return {
    add({ field, message, params }) {
      const own = known.get(message);
      if (!own) {
        known.set(message, { path: field, message, params: { ...params, rows: 1 } });
        return;
      }
      for (const [name, more] of Object.entries({ rows: 1, count: params?.['count'] ?? 0 }))
        if (name in own.params) own.params[name] = Number(own.params[name]) + Number(more);
    },
    list: () => [...known.values()],
  };
}
