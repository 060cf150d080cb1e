/**
 * Arrays in the server's binary format. As text each element would be written in hexadecimal and quoted here, and parsed there,
 * which costs both sides more than inserting it.
 */

/** Object ids of the element types. */
const types = { bytea: 17, bigint: 20, integer: 23, text: 25, 'double precision': 701 } as const;
export type ElementType = keyof typeof types;
export const elementTypes = Object.keys(types) as readonly ElementType[];

const fixed: Readonly<Partial<Record<ElementType, number>>> = {
  integer: 4,
  bigint: 8,
  'double precision': 8,
};
const head = 20;

/**
 * @param values null, or of the type; a number may be given as text
 * @throws RangeError for a number outside the type's range
 */
export function binaryArray(type: ElementType, values: readonly unknown[]): Buffer {
  const size = fixed[type];
  const elements = size === undefined ? values.map(bytesOf) : null;
  const length = values.reduce<number>(
    (sum, value, i) => sum + 4 + (isMissing(value) ? 0 : (size ?? elements![i]!.length)),
    head,
  );
  const out = Buffer.allocUnsafe(length);
  out.writeInt32BE(values.length === 0 ? 0 : 1, 0);
  out.writeInt32BE(values.some(isMissing) ? 1 : 0, 4);
  out.writeInt32BE(types[type], 8);
  if (values.length === 0) return out.subarray(0, 12);
  out.writeInt32BE(values.length, 12);
  out.writeInt32BE(1, 16);
  let at = head;
  for (let i = 0; i < values.length; i++) {
    if (isMissing(values[i])) {
      at = out.writeInt32BE(-1, at);
      continue;
    }
    at = out.writeInt32BE(size ?? elements![i]!.length, at);
    if (elements) {
      out.set(elements[i]!, at);
      at += elements[i]!.length;
    } else at = writeNumber(out, type, values[i], at);
  }
  return out;
}

const isMissing = (value: unknown): boolean => value === null || value === undefined;

const encoder = new TextEncoder();
const nothing = new Uint8Array(0);

function bytesOf(value: unknown): Uint8Array {
  if (isMissing(value)) return nothing;
  return value instanceof Uint8Array ? value : encoder.encode(String(value));
}

function writeNumber(out: Buffer, type: ElementType, value: unknown, at: number): number {
  if (type === 'double precision') return out.writeDoubleBE(Number(value), at);
  if (type === 'integer') return out.writeInt32BE(wholeOf(value), at);
  const whole = wholeOf(value);
  out.writeInt32BE(Math.floor(whole / 2 ** 32), at);
  return out.writeUInt32BE(whole >>> 0, at + 4);
}

/** Never truncated or rounded silently. */
function wholeOf(value: unknown): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number) || value === '')
    throw new RangeError(`a whole number was expected: ${String(value)}`);
  return number;
}
