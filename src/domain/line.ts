/** Text that people type as a name or a reason: one line, everything in it visible. */
import { z } from 'zod';

/**
 * Control characters, line and paragraph separators, halves of surrogate pairs, noncharacters, and the marks that reverse the order of
 * what follows. The marks of single direction (U+200E, U+200F) and joiners belong to languages and stay.
 */
const invisible = /[\p{Cc}\p{Cs}\u2028\u2029\ufdd0-\ufdef\ufffe\uffff\u202a-\u202e\u2066-\u2069\ufeff]/u;

/** The message of issues about it. */
export const controlMessage = 'text.control';

export function isVisible(text: string): boolean {
  return !invisible.test(text);
}

/** As isVisible, but of several lines. */
export function isVisibleText(text: string): boolean {
  return isVisible(text.replace(/[\n\r\t]/g, ''));
}

/** The type of every name, label and reason. Trimmed; an issue about a control character has the message `text.control`. */
export function lineSchema(min: number, max: number) {
  return z.string().trim().min(min).max(max).refine(isVisible, controlMessage);
}

/** `text.control` if that is what is wrong, or else the message given. */
export function lineFault(error: z.ZodError, otherwise: string): string {
  return error.issues.some((issue) => issue.message === controlMessage) ? controlMessage : otherwise;
}
