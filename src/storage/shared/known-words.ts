/** For columns of a few words: each word is checked once. To check it in each of ten thousand rows costs as much as to read them. */
export function rememberWords<T extends string>(schema: { parse(value: unknown): T }): (value: string) => T {
  const known = new Map<string, T>();
  return (value) => {
    let word = known.get(value);
    // What is no word of the schema is an error each time.
    if (word === undefined) known.set(value, (word = schema.parse(value)));
    return word;
  };
}
