/**
 * Segments of a short message (3GPP TS 23.038, 23.040). GSM-7: 160 septets, else 153 a part; UCS-2: 70 units, else 67 a part.
 * Neither an extension pair (escape and character) nor a surrogate pair is split between parts, so a part may be shorter. In
 * China nearly every text is UCS-2, and platforms bill by these numbers.
 */
export interface SegmentCount {
  readonly encoding: 'GSM-7' | 'UCS-2';
  /** Septets or UTF-16 units. */
  readonly units: number;
  readonly segments: number;
  /** Units that still fit before the next segment begins. */
  readonly left: number;
}

const basic = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
);
const extended = new Set('\f^{}\\[~]|€');

interface Measured {
  readonly encoding: SegmentCount['encoding'];
  readonly characters: readonly string[];
  readonly sizes: readonly number[];
  readonly units: number;
}

/** What one part holds in either alphabet: such a text need not be examined character by character. */
const certainlyOne = 70;

function isGsm(text: string): boolean {
  for (const c of text) if (!basic.has(c) && !extended.has(c)) return false;
  return true;
}

function measure(text: string): Measured {
  const characters = [...text];
  const gsm = characters.every((c) => basic.has(c) || extended.has(c));
  const sizes = characters.map((c) => (gsm ? (extended.has(c) ? 2 : 1) : c.length));
  return {
    encoding: gsm ? 'GSM-7' : 'UCS-2',
    characters,
    sizes,
    units: sizes.reduce((sum, s) => sum + s, 0),
  };
}

const limits = { 'GSM-7': { single: 160, part: 153 }, 'UCS-2': { single: 70, part: 67 } } as const;

/** How many messages a carrier bills for the text, and how many characters it has. */
export function countSegments(text: string): SegmentCount {
  const { encoding, sizes, units } = measure(text);
  const { single, part } = limits[encoding];
  if (units <= single) return { encoding, units, segments: 1, left: single - units };
  let segments = 1;
  let used = 0;
  for (const size of sizes) {
    if (used + size > part) {
      segments += 1;
      used = 0;
    }
    used += size;
  }
  return { encoding, units, segments, left: part - used };
}

/** The text, split where `countSegments` counts a new segment. */
export function splitSegments(text: string): {
  readonly encoding: SegmentCount['encoding'];
  readonly parts: readonly string[];
} {
  if (text.length <= certainlyOne) return { encoding: isGsm(text) ? 'GSM-7' : 'UCS-2', parts: [text] };
  const { encoding, characters, sizes, units } = measure(text);
  const { single, part } = limits[encoding];
  if (units <= single) return { encoding, parts: [text] };
  const parts: string[] = [];
  let current = '';
  let used = 0;
  for (const [i, character] of characters.entries()) {
    const size = sizes[i]!;
    if (used + size > part) {
      parts.push(current);
      current = '';
      used = 0;
    }
    current += character;
    used += size;
  }
  return { encoding, parts: [...parts, current] };
}
