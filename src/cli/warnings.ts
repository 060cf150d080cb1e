import type { MessageParams } from '../domain/errors.ts';
import type { Translate } from '../texts/texts.ts';

/** Warnings whose remedy on a page is a choice of its form, and here an option. */
const byOption: Readonly<Record<string, string>> = { 'roll.rows-hidden.read': 'cli.rows-hidden.read' };

/** A warning about a file that was read, with the remedy that the command line has. */
export function warningText(
  t: Translate,
  { message, params }: { readonly message: string; readonly params?: MessageParams | undefined },
): string {
  return t(byOption[message] ?? message, params);
}
