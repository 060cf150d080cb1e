/** Results as text for a terminal. */
import type { AppError } from '../domain/errors.ts';
import { formatShare } from '../domain/scoring/format.ts';
import { errorWords } from '../texts/error-words.ts';
import type { Translate } from '../texts/texts.ts';
import type { Damage } from '../storage/port/maintenance.ts';

/** Chinese characters are two columns wide. */
export function isWide(character: string): boolean {
  return /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/.test(
    character,
  );
}

/** In columns of a terminal. */
export function displayWidth(text: string): number {
  let columns = 0;
  for (const c of text) columns += isWide(c) ? 2 : 1;
  return columns;
}

export function percent(ratio: number | null): string {
  return ratio === null ? '—' : `${formatShare(ratio)}%`;
}

export function damageText(t: Translate, { table: name, page, detail }: Damage): string {
  const place = [
    ...(name === null ? [] : [t('cli.damage.table', { table: name })]),
    ...(page === null ? [] : [t('cli.damage.page', { page })]),
  ].join(t('cli.damage.and'));
  return t('cli.damage', { place: place === '' ? t('cli.damage.database') : place, detail });
}

export function errorText(t: Translate, error: AppError): string {
  const sentence = errorWords(t, error.message, error.params);
  const issues = error.issues
    .map((issue) => ({ path: issue.path, text: errorWords(t, issue.message, issue.params) }))
    .filter(({ text }) => text !== sentence)
    .map(({ path, text }) => `  ${path === '' ? '' : `${path}: `}${text}`);
  return [sentence, ...issues].join('\n');
}
