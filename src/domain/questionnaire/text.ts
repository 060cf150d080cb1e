/**
 * Free text as stored: one kind of newline, no control characters or noncharacters (a tab becomes a space), U+FFFD for a
 * surrogate half, NFC, trimmed. Null if it is longer than `maxLength` code points. Much longer text is refused before NFC, whose
 * reordering of combining marks takes quadratic time.
 */
export function normaliseText(raw: string, maxLength: number): string | null {
  if (raw.length > 8 * maxLength + 1024) return null;
  const text = raw
    .replace(/\r\n|[\r\u0085\u2028\u2029]/g, '\n')
    .replaceAll('\t', ' ')
    .replace(/(?!\n)[\p{Cc}\ufdd0-\ufdef\ufffe\uffff]/gu, '')
    .replace(/\p{Cs}/gu, '\ufffd')
    .normalize('NFC')
    .trim();
  return codePoints(text, maxLength) > maxLength ? null : text;
}

/** Counts at most one beyond `enough`. */
function codePoints(text: string, enough: number): number {
  if (text.length <= enough) return text.length;
  let n = 0;
  for (const _ of text) if (++n > enough) break;
  return n;
}
