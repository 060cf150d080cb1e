/**
 * People drawn from the frozen roll for work on site: seed = SHA-256(root ‖ digits ‖ mark); those with the smallest SHA-256(seed
 * ‖ entry id) are taken, in that order. The mark names the purpose, so that the same dice draw other people for another one.
 * Anyone with the roll's entry ids can repeat it.
 */
import { z } from 'zod';
import type { DrawEntry } from '../frame/draw.ts';
import { compareBytes, readDice } from '../frame/sample.ts';
import { sha256, toHex } from '../hash.ts';
import { AppError } from '../errors.ts';

export const entrySchema = z.string().regex(/^[0-9a-f]{32}$/);
export const rollDrawSchema = z.strictObject({
  dice: z.string(),
  seed: z.string(),
  /** People of the roll that could be drawn. */
  size: z.int(),
  count: z.int(),
});

export interface RollDraw {
  /** Of the roll that was read. */
  readonly root: string;
  readonly dice: string;
  readonly seed: string;
  readonly size: number;
  /** In the order in which they are asked. */
  readonly people: readonly { readonly entry: string; readonly school: string | null }[];
}

/** @throws AppError invalid `draw.dice` */
export function rollSeed(root: Uint8Array, dice: string, mark: string): Uint8Array {
  return sha256(root, readDice(dice), mark);
}

/** Reads the roll once; holds about as many contacts as are drawn. */
export function createRollDrawer(seed: Uint8Array, count: number, isWanted: (contact: DrawEntry) => boolean) {
  let kept: { readonly key: Uint8Array; readonly contact: DrawEntry }[] = [];
  let size = 0;
  const cut = () => {
    kept = kept.sort((a, b) => compareBytes(a.key, b.key)).slice(0, count);
  };
  return {
    add(contact: DrawEntry): void {
      if (!isWanted(contact)) return;
      size += 1;
      kept.push({ key: sha256(seed, contact.entry), contact });
      if (kept.length >= 2 * count + 1000) cut();
    },
    result(): Pick<RollDraw, 'size' | 'people'> {
      cut();
      return {
        size,
        people: kept.map(({ contact: { entry, affiliations } }) => ({
          entry: toHex(entry),
          school: [...affiliations].map((a) => a.school as string).sort()[0] ?? null,
        })),
      };
    },
  };
}

/**
 * Checks that the draw used the frozen roll and the rule.
 * @throws AppError conflict `inspection.sample.not-frozen`, `inspection.draw.nobody`; corrupt `draw.root-changed`
 */
export function checkRollDraw(
  root: Uint8Array | null,
  drawn: RollDraw | null | undefined,
  { dice, mark, count }: { readonly dice: string; readonly mark: string; readonly count: number },
): RollDraw {
  if (root === null) throw new AppError('conflict', 'inspection.sample.not-frozen');
  const seed = toHex(rollSeed(root, dice, mark));
  if (!drawn || drawn.root !== toHex(root) || drawn.seed !== seed || drawn.people.length > count)
    throw new AppError('corrupt', 'draw.root-changed', {
      params: { expected: toHex(root), got: drawn?.root ?? '' },
    });
  if (drawn.people.length === 0) throw new AppError('conflict', 'inspection.draw.nobody');
  return drawn;
}
