/** Names for downloads, made from campaign and county names that people typed. */

/** Characters that a spreadsheet program may take as the start of a formula or command, in every width and form. */
export const formulaSigns = '=+\\-@|＝＋－＠｜−﹢﹣﹦﹫⁺⁻⁼₊₋₌';

const reserved = /^(con|prn|aux|nul|com\d|lpt\d)$/i;

const leading = new RegExp(`^[\\s.'${formulaSigns}]+|(?<![\\s.])[\\s.]+$`, 'gu');

/** No path, control, bidirectional or reserved character, no leading dot or formula sign; at most 80 characters before the ending. */
export function safeFileName(base: string, extension: string): string {
  const clean = wellFormed(base)
    .normalize('NFC')
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\u2028\u2029]/gu, '')
    .replace(/[/\\:*?"<>|%;'`$&#{}~^]/g, '-')
    .replace(/\s+/gu, ' ')
    .replace(leading, '');
  const short = [...clean]
    .slice(0, 80)
    .join('')
    .trim()
    .replace(/(?<!\.)\.+$/, '');
  const name = short === '' || reserved.test(short) ? `file${short === '' ? '' : `-${short}`}` : short;
  return `${name}.${extension.toLowerCase().replace(/[^a-z0-9]/g, '')}`;
}

/**
 * The sender's file name, for lists and reports: no folder, nothing invisible, no formula at its start; at most 120 characters.
 */
export function storedFileName(name: string): string {
  const base = wellFormed(name.split(/[/\\]/).pop() ?? '')
    .normalize('NFKC')
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\u2028\u2029]/gu, '')
    .replace(/\s+/gu, ' ')
    .replace(leading, '');
  return [...base].slice(-120).join('').replace(leading, '');
}

/** A lone surrogate cannot be encoded; it becomes U+FFFD. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Cs}/gu, '\ufffd');
}
