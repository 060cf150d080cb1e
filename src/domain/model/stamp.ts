import type { Actor } from '../campaign/permissions.ts';

/** Who acts, and when (milliseconds since 1970, from the service's one clock). */
export interface Stamp {
  readonly at: number;
  readonly actor: Actor;
}

/** As in a leaf. */
export function stampOf({ at, actor }: Stamp) {
  return { at, by: { id: actor.userId, name: actor.name, role: actor.role } };
}
