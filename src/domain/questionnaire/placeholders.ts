/** Placeholders in texts: `{county}` and `{school}`, filled when a text is shown. Other names in braces have no meaning. */

export const placeholders = ['county', 'school'] as const;
export type Placeholder = (typeof placeholders)[number];

const pattern = /\{(\w+)\}/g;

/** Unknown placeholders stay as they are. */
export function fillPlaceholders(text: string, names: Readonly<Record<Placeholder, string>>): string {
  return text.replace(pattern, (whole, name: string) =>
    (placeholders as readonly string[]).includes(name) ? names[name as Placeholder] : whole,
  );
}

/** Names in braces, known or not, in order. */
export function placeholdersIn(text: string): readonly string[] {
  return [...text.matchAll(pattern)].map((match) => match[1]!);
}
