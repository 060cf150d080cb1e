/**
 * Fills a message's parameters: `{count}` prints one; `{count|school is|schools are}` prints the first words if it is 1, else the
 * others. Alone in its file, because the verifier's page has no message folder.
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
