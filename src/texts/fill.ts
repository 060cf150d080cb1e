/**
 * A message with its parameters: `{count}` prints one, `{count|school is|schools are}` the first words where it is 1 and the others elsewhere. Alone in its file, for
 * the verifier's page has no message folder beside it.
 */
export function fillText(
  text: string,
  params: Readonly<Record<string, string | number | boolean | null | undefined>>,
): string {
  return text.replace(
    /\{(\w+)(?:\|([^|{}]*)\|([^|{}]*))?\}/g,
    (whole, name: string, one?: string, other?: string) => {
      const value = params[name];
      if (value === undefined || value === null) return whole;
      return one === undefined ? String(value) : String(value) === '1' ? one : (other ?? '');
    },
  );
}
