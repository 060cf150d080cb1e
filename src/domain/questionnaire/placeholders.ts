/** Names in texts: `{county}` and `{school}`, filled in when a text is shown. No other name in braces means anything. */

export const placeholders = ['county', 'school'] as const;
export type Placeholder = (typeof placeholders)[number];

const pattern = /\{(\w+)\}/g;

/** What is none of the known placeholders stays as it is. */
export function fillPlaceholders(text: string, names: Readonly<Record<Placeholder, string>>): string {
  return text.replace(pattern, (whole, name: string) =>
    (placeholders as readonly string[]).includes(name) ? names[name as Placeholder] : whole,
  );
}

/** Names in braces, known or not, in order. */
export function placeholdersIn(text: string): readonly string[] {
  return [...text.matchAll(pattern)].map((match) => match[1]!);
}
