/**
 * Removes the parts of a document with a wrong shape, so that a shape fault does not hide other faults. Faults that may only be
 * due to the removed parts are not reported.
 */
import type { Issue } from '../errors.ts';

type Path = readonly PropertyKey[];
type Fields = Record<string, unknown>;

export interface WellFormed {
  /** To be parsed again. */
  readonly document: unknown;
  /** Null: the fault may be due to a removed part; else the issue with its position in the original document. */
  readonly inPlace: (issue: Issue) => Issue | null;
}

const lists = ['items', 'dimensions'] as const;
/** Replaces unreadable values; no faults are reported for it. */
const substitutes: Fields = { id: 'unreadable', groups: ['parent'], languages: ['und'], title: { und: '?' } };

/** @param found shape faults, with unknown fields. Null: nothing remains to be checked */
export function wellFormedPart(
  raw: unknown,
  found: readonly { readonly path: Path; readonly unknown: readonly string[] }[],
): WellFormed | null {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return null;
  const document = structuredClone(raw) as Fields;
  const wrong = new Set<string>();
  const left = new Map(lists.map((name) => [name, new Set<number>()]));
  for (const { path, unknown } of found) {
    if (unknown.length > 0) {
      const holder = path.reduce<unknown>(
        (value, step) => (value as Fields | undefined)?.[String(step)],
        document,
      );
      // Already removed together with its parent.
      if (typeof holder === 'object' && holder !== null)
        for (const name of unknown) delete (holder as Fields)[name];
      continue;
    }
    const [field, part] = path;
    if (field === undefined) return null;
    wrong.add(String(field));
    const own = lists.find((name) => name === field);
    if (own && typeof part === 'number') left.get(own)!.add(part);
    else if (field === 'scales' && part !== undefined) delete (document['scales'] as Fields)[String(part)];
    else if (Object.hasOwn(substitutes, field)) document[String(field)] = substitutes[String(field)];
    else if (own) document[own] = [];
    else if (field === 'scales') document['scales'] = {};
    else delete document[String(field)];
  }
  /** For the remaining parts: their original position. */
  const places = new Map<string, readonly number[]>();
  for (const name of lists) {
    const list = Array.isArray(document[name]) ? (document[name] as readonly unknown[]) : [];
    const kept = list.map((_, i) => i).filter((i) => !left.get(name)!.has(i));
    places.set(name, kept);
    document[name] = kept.map((i) => list[i]);
  }
  return { document, inPlace: (issue) => (isConsequence(issue, wrong) ? null : moved(issue, places)) };
}

function isConsequence({ path, message }: Issue, wrong: ReadonlySet<string>): boolean {
  const key = message.slice(message.lastIndexOf('.') + 1);
  if (wrong.has(path)) return true;
  if (/^(?:missing-translation|undeclared-language)$/.test(key)) return wrong.has('languages');
  if (key === 'placeholder-no-school') return wrong.has('groups');
  if (key === 'unknown-dimension') return wrong.has('dimensions');
  if (key === 'unknown-scale') return wrong.has('scales');
  if (key === 'no-rating') return wrong.has('items');
  return key.startsWith('condition-') && (wrong.has('items') || wrong.has('scales'));
}

function moved(issue: Issue, places: ReadonlyMap<string, readonly number[]>): Issue {
  const at = /^(items|dimensions)\[(\d+)\]/.exec(issue.path);
  if (!at) return issue;
  const own = places.get(at[1]!)?.[Number(at[2])] ?? Number(at[2]);
  return { ...issue, path: `${at[1]}[${own}]${issue.path.slice(at[0].length)}` };
}
