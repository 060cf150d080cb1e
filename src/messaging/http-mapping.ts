/**
 * Finds values in a response or receipt of a configured gateway: a path into JSON (`data.0.code`), a field's name, or a pattern
 * with one group.
 */
export function findAt(data: unknown, path: string): unknown {
  let at = data;
  for (const step of path === '' ? [] : path.split('.')) {
    if (typeof at !== 'object' || at === null) return undefined;
    // Own properties only: `constructor` is not a value.
    at = Object.hasOwn(at, step) ? (at as Readonly<Record<string, unknown>>)[step] : undefined;
  }
  return at;
}

export function textAt(data: unknown, path: string): string | undefined {
  const found = findAt(data, path);
  return typeof found === 'string' || typeof found === 'number' || typeof found === 'boolean'
    ? String(found)
    : undefined;
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
