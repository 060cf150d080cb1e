/**
 * Two people at one step of a draft. The form carries what was stored when its page was made; beside what is stored now and what was entered, that tells who
 * changed what. What only a colleague changed is taken over; where both did, the entry stays, and the page says so.
 */
import { z } from 'zod';
import type { Change } from './form-view.ts';

/** One thing that a step's form says, as it is compared and as people read it. */
export interface Said {
  readonly label: string;
  readonly value: string;
  readonly text: string;
}
export type Saying = ReadonlyMap<string, Said>;

const wasSchema = z.record(z.string(), z.tuple([z.string(), z.string()]));
type Was = z.infer<typeof wasSchema>;

/** For a hidden field. */
export function wasText(stored: Saying): string {
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

/** Value and text of one thing when the page was made; empty where that is not known. */
export function saidBefore(wasField: string, key: string): readonly [value?: string, text?: string] {
  return readWas(wasField)?.[key] ?? [];
}

export interface Compared {
  readonly changes: readonly Change[];
  /** Whether the form is to say what is stored in place of what was entered. */
  readonly isTheirs: (key: string) => boolean;
}

export function compareSayings(wasField: string, stored: Saying, entered: Saying): Compared {
  const was = readWas(wasField);
  const keys = new Set([...Object.keys(was ?? {}), ...stored.keys(), ...entered.keys()]);
  const taken = new Set<string>();
  const changes = [...keys].flatMap((key): Change[] => {
    const [before, beforeText] = was?.[key] ?? ['', ''];
    const theirs = stored.get(key);
    const mine = entered.get(key);
    const [now, typed] = [theirs?.value ?? '', mine?.value ?? ''];
    // Without knowing what was there, only what was not entered at all is taken over.
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
