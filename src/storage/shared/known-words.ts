/**
 * For columns with few distinct words: each word is validated once. Validating ten thousand rows costs as much as reading them.
 */
export function memoizeWords<T extends string>(schema: { parse(value: unknown): T }): (value: string) => T {
  const known = new Map<string, T>();
  return (value) => {
    let word = known.get(value);
    // An unknown word is an error each time.
    if (word === undefined) known.set(value, (word = schema.parse(value)));
    return word;
  };
}
