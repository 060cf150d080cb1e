/** Text typed as a name or a reason: one line, without invisible characters. */
import { z } from 'zod';

/**
 * Control characters, line and paragraph separators, surrogate halves, noncharacters, and the marks that reverse text direction.
 * Single-direction marks (U+200E, U+200F) and joiners are part of languages, and allowed.
 */
const invisible = /[\p{Cc}\p{Cs}\u2028\u2029\ufdd0-\ufdef\ufffe\uffff\u202a-\u202e\u2066-\u2069\ufeff]/u;

/** Message of the issue about it. */
export const controlMessage = 'text.control';

/** Whether the text is one line without invisible characters. */
export function isVisible(text: string): boolean {
  return !invisible.test(text);
}

/** Like isVisible, for several lines. */
export function isVisibleText(text: string): boolean {
  return isVisible(text.replace(/[\n\r\t]/g, ''));
}

/**
 * Characters that no text needs: control characters except tabs and line ends, surrogate halves, noncharacters, and U+FFFD, which
 * indicates broken UTF-8.
 */
const unreadable = /[\p{Cs}\0-\x08\v\f\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffd-\uffff]/u;

interface Place {
  readonly value: unknown;
  readonly name: string;
  readonly parent: Place | null;
}

function pathOf(place: Place): string {
  const names: string[] = [];
  for (let at: Place | null = place; at?.parent && names.length < 20; at = at.parent) names.unshift(at.name);
  return names.join('.');
}

/**
 * Paths of texts and member names with such characters. All input is checked before anything reads it. Walks plain objects and
 * lists without recursion, because nesting may be arbitrarily deep.
 */
export function findUnreadable(root: unknown, limit = 20): readonly string[] {
  const found: string[] = [];
  const waiting: Place[] = [{ value: root, name: '', parent: null }];
  for (let place = waiting.pop(); place !== undefined && found.length < limit; place = waiting.pop()) {
    const { value } = place;
    if (typeof value === 'string') {
      if (unreadable.test(value)) found.push(pathOf(place));
    } else if (Array.isArray(value) || isPlain(value)) {
      for (const [name, inner] of Object.entries(value)) {
        if (unreadable.test(name)) found.push(pathOf(place));
        waiting.push({ value: inner, name, parent: place });
      }
    }
  }
  return found;
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

/** The schema of every name, label and reason. Trimmed; an issue about a control character has the message `text.control`. */
export function lineSchema(min: number, max: number) {
  return z.string().trim().min(min).max(max).refine(isVisible, controlMessage);
}

/** `text.control` if that is the fault, or else the given message. */
export function lineFault(error: z.ZodError, otherwise: string): string {
  return error.issues.some((issue) => issue.message === controlMessage) ? controlMessage : otherwise;
}
