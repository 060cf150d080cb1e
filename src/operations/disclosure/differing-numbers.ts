/** Which shown numbers are others. */

/** What tells entries of a list apart. */
const identities = [
  'reportingStratum',
  'id',
  'group',
  'location',
  'channel',
  'set',
  'name',
  'formula',
  'arm',
  'measure',
  'dimension',
  'level',
  'key',
  'option',
  'code',
];

/** Paths of what is shown, and is something else in `other` or not in it. What is suppressed says nothing, whatever stands there. */
export function differingNumbers(shown: unknown, other: unknown): readonly string[] {
  const found: string[] = [];
  compare(shown, other, '', found);
  return found;
}

function compare(shown: unknown, other: unknown, path: string, found: string[]): void {
  if (shown === null || shown === undefined || isSuppressed(shown)) return;
  if (typeof shown !== 'object') {
    if (shown !== other) found.push(path);
    return;
  }
  if (typeof other !== 'object' || other === null) {
    found.push(path);
    return;
  }
  if (!Array.isArray(shown)) {
    const [one, two] = [shown, other] as [Record<string, unknown>, Record<string, unknown>];
    for (const name of Object.keys(one)) compare(one[name], two[name], `${path}/${name}`, found);
    return;
  }
  const marks = marksOf(shown);
  const others = new Map(
    marksOf(other as readonly unknown[]).map((mark, i) => [mark, (other as unknown[])[i]]),
  );
  shown.forEach((entry, i) => {
    compare(entry, others.get(marks[i]!), `${path}/${marks[i]!}`, found);
  });
}

function isSuppressed(value: unknown): boolean {
  return typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'suppressed';
}

/** By what they are of, where that tells them apart; else by their places. */
function marksOf(list: readonly unknown[]): readonly string[] {
  const marked = list.map(markOf);
  return new Set(marked).size === list.length ? marked : list.map((_, i) => String(i));
}

function markOf(entry: unknown, at: number): string {
  if (typeof entry !== 'object' || entry === null || 'kind' in entry) return String(at);
  const own = entry as Record<string, unknown>;
  const named = identities.flatMap((mark) =>
    typeof own[mark] === 'string' || typeof own[mark] === 'number' ? [String(own[mark])] : [],
  );
  return named.length > 0 ? named.join(' ') : String(at);
}
