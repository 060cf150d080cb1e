/** Names in texts: `{county}` and `{school}`, filled in when a text is shown. No other name in braces means anything. */

export const placeholders = ['county', 'school'] as const;

const pattern = /\{(\w+)\}/g;

export function placeholdersIn(text: string): readonly string[] {
  return [...text.matchAll(pattern)].map((match) => match[1]!);
}
