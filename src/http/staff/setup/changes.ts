/**
 * Two people editing one step of a draft. The form carries what was stored when its page was made. Together with what is stored
 * now and what was entered, this tells who changed what. A colleague's change of other fields is taken over; if both changed a
 * field, the entry stays, and the page says so.
 */
import { z } from 'zod';
import type { Change } from './form-view.ts';

/** One field of a step's form, for comparison and for display. */
export interface FieldValue {
  readonly label: string;
  readonly value: string;
  readonly text: string;
}
export type FieldValues = ReadonlyMap<string, FieldValue>;

const wasSchema = z.record(z.string(), z.tuple([z.string(), z.string()]));
type Was = z.infer<typeof wasSchema>;

/** For a hidden field. */
export function encodeFieldValues(stored: FieldValues): string {
  return JSON.stringify(Object.fromEntries([...stored].map(([key, s]) => [key, [s.value, s.text]])));
}

/** Null: the field is not as a page wrote it. */
function readWas(text: string): Was | null {
  try {
    return wasSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** Value and text of a field when the page was made; empty if unknown. */
export function storedBefore(wasField: string, key: string): readonly [value?: string, text?: string] {
  return readWas(wasField)?.[key] ?? [];
}

export interface Compared {
  readonly changes: readonly Change[];
  /** Whether the form must show what is stored instead of what was entered. */
  readonly isTheirs: (key: string) => boolean;
}

export function compareFieldValues(wasField: string, stored: FieldValues, entered: FieldValues): Compared {
  const was = readWas(wasField);
  const keys = new Set([...Object.keys(was ?? {}), ...stored.keys(), ...entered.keys()]);
  const taken = new Set<string>();
  const changes = [...keys].flatMap((key): Change[] => {
    const [before, beforeText] = was?.[key] ?? ['', ''];
    const theirs = stored.get(key);
    const mine = entered.get(key);
    const [now, typed] = [theirs?.value ?? '', mine?.value ?? ''];
    // If the original value is unknown, only empty fields are taken over.
    const isUntouched = was === null ? mine === undefined : typed === before;
    const isChanged = was === null ? now !== typed : now !== before;
    if (!isChanged) return [];
    if (isUntouched) taken.add(key);
    return [
      {
        label: theirs?.label ?? mine?.label ?? key,
        before: was === null ? null : beforeText,
        theirs: theirs?.text ?? '',
        mine: mine?.text ?? '',
        isTaken: isUntouched || now === typed,
      },
    ];
  });
  return { changes, isTheirs: (key) => taken.has(key) };
}
