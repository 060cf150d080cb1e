/**
 * Work on comments after close: staff hide parts by hand, and select some for the report. The comment itself never changes,
 * because the log commits to it. Each step is a trail entry that holds positions and no text; what is shown is derived from these
 * entries.
 */
import { AppError } from '../errors.ts';
import { sha256, toHex } from '../hash.ts';
import type { TrailEntry } from '../model/trail.ts';
import { maskText } from './mask-text.ts';

export const commentActions = [
  'comment.hidden',
  'comment.shown',
  'comment.marked',
  'comment.unmarked',
] as const;
export type CommentAction = (typeof commentActions)[number];

/** From–to in the stored text, in UTF-16 units. */
export type Span = readonly [from: number, to: number];

export interface CommentNotes {
  readonly hidden: readonly Span[];
  readonly isMarked: boolean;
}

const none: CommentNotes = { hidden: [], isMarked: false };

/** An id for a comment that reveals no person: its random id and item. */
export function commentRef(textId: Uint8Array, item: string): string {
  return toHex(sha256(textId, '\0', item)).slice(0, 20);
}

const isSpan = (value: unknown): value is Span =>
  Array.isArray(value) && value.length === 2 && value.every((n) => Number.isSafeInteger(n));

/** Notes by comment, from entries in chronological order. Entries that are not about comments are ignored. */
export function foldNotes(entries: readonly TrailEntry[]): ReadonlyMap<string, CommentNotes> {
  const notes = new Map<string, CommentNotes>();
  for (const { action, details } of entries) {
    const { comment, spans } = details;
    if (typeof comment !== 'string') continue;
    const before = notes.get(comment) ?? none;
    switch (action as CommentAction) {
      case 'comment.hidden':
        notes.set(comment, {
          ...before,
          hidden: [...before.hidden, ...(Array.isArray(spans) ? spans.filter(isSpan) : [])],
        });
        break;
      case 'comment.shown':
        notes.set(comment, { ...before, hidden: [] });
        break;
      case 'comment.marked':
        notes.set(comment, { ...before, isMarked: true });
        break;
      case 'comment.unmarked':
        notes.set(comment, { ...before, isMarked: false });
        break;
      default:
        break;
    }
  }
  return notes;
}

/** The notes on one comment; empty if there are none. */
export function notesOf(notes: ReadonlyMap<string, CommentNotes>, ref: string): CommentNotes {
  return notes.get(ref) ?? none;
}

/** The comment as it may be read: parts hidden by hand, then numbers and names masked by pattern. */
export function readableText(body: string, hidden: readonly Span[]): string {
  const sorted = hidden.toSorted((a, b) => a[0] - b[0]);
  let text = '';
  let at = 0;
  for (const [from, to] of sorted) {
    if (to <= at) continue;
    const start = Math.max(from, at);
    text += `${body.slice(at, start)}${'＊'.repeat(Math.min(4, to - start))}`;
    at = to;
  }
  return maskText(text + body.slice(at)).text;
}

/**
 * Every position of the phrase in a comment. The phrase is what a person reads on the page, so it cannot span hidden text.
 * @throws AppError invalid `comments.phrase-empty`, `comments.phrase-not-found`
 */
export function decideHide(body: string, phrase: string): readonly Span[] {
  const wanted = phrase.trim();
  if (wanted === '') throw new AppError('invalid', 'comments.phrase-empty');
  const spans: Span[] = [];
  for (let at = body.indexOf(wanted); at !== -1; at = body.indexOf(wanted, at + wanted.length))
    spans.push([at, at + wanted.length]);
  if (spans.length === 0) throw new AppError('invalid', 'comments.phrase-not-found');
  return spans;
}
