import type { CompiledItem } from './compiled.ts';

/**
 * Skip logic on the encoded sheet: whether an item is asked. Bytes of earlier items must be set. An earlier item that was not
 * asked has no code, so items that depend on it are not asked either.
 */
export function isAsked(
  items: readonly CompiledItem[],
  showIf: CompiledItem['showIf'],
  bytes: Uint8Array,
): boolean {
  if (showIf === null) return true;
  const parent = items[showIf.item]!;
  if (parent.type !== 'multiple') return showIf.codes.includes(bytes[parent.offset]!);
  for (const bit of showIf.codes) if (hasBit(bytes, parent.offset, bit)) return true;
  return false;
}

/** The lowest bit of the first byte is number 0. */
export function hasBit(bytes: Uint8Array, offset: number, bit: number): boolean {
  return (bytes[offset + (bit >> 3)]! & (1 << (bit & 7))) !== 0;
}

/** Changes the bytes in place. */
export function setBit(bytes: Uint8Array, offset: number, bit: number): void {
  bytes[offset + (bit >> 3)]! |= 1 << (bit & 7);
}
