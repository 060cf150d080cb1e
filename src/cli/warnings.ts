import type { MessageParams } from '../domain/errors.ts';
import type { Translate } from '../texts/texts.ts';

/** Warnings whose remedy is a choice of the form on a page, and an option here. */
const byOption: Readonly<Record<string, string>> = { 'roll.rows-hidden.read': 'cli.rows-hidden.read' };

/** A warning about a file that was read, with the command line's remedy. */
export function warningText(
  t: Translate,
  { message, params }: { readonly message: string; readonly params?: MessageParams | undefined },
): string {
  return t(byOption[message] ?? message, params);
}
