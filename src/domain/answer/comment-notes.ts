/**
 * What people do with comments after close: parts are hidden by hand, and some are marked for the report. Nothing of a comment is changed, because the log commits to
 * it: each step is an entry of the trail that holds places and never words, and what is shown follows from these entries.
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

/** A name for a comment that stands for nobody: of its random id and item. */
export function commentRef(textId: Uint8Array, item: string): string {
  return toHex(sha256(textId, '\0', item)).slice(0, 20);
}

const isSpan = (value: unknown): value is Span =>
  Array.isArray(value) && value.length === 2 && value.every((n) => Number.isSafeInteger(n));

/** By comment; entries oldest first. What is no entry of a comment is passed over. */
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

/** Of one comment; none if nobody has noted anything. */
export function notesOf(notes: ReadonlyMap<string, CommentNotes>, ref: string): CommentNotes {
  return notes.get(ref) ?? none;
}

/** As it may be read: what a person hid, then numbers and names by their form. */
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
 * Every place of the phrase in a comment. The phrase is what a person reads on the page, so it cannot span what is hidden already.
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
