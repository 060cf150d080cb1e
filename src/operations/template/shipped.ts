/** The questionnaires and rule profiles shipped with the service. Read on demand, so that a new file is available at once. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { contentHash } from '../../domain/hash.ts';
import type { ContentHash } from '../../domain/model/ids.ts';
import { checkQuestionnaire } from '../../domain/questionnaire/check.ts';
import type { Questionnaire } from '../../domain/questionnaire/template.ts';
import { checkProfile, type RuleProfile } from '../../domain/scoring/rules/profile.ts';

const folder = new URL('../../../survey-templates/', import.meta.url);

interface Shipped {
  /** Path within survey-templates. */
  readonly file: string;
  readonly hash: ContentHash;
}
export type ShippedTemplate =
  | (Shipped & {
      readonly kind: 'questionnaire';
      readonly questionnaire: Questionnaire;
      readonly isBalanced: boolean;
    })
  | (Shipped & { readonly kind: 'profile'; readonly profile: RuleProfile });

/** By path, with a mark of the file's state: validating them all costs as much as a page. */
const known = new Map<string, { readonly stamp: string; readonly template: ShippedTemplate | null }>();

/**
 * Files that fail validation are left out: `manyi template check` says why. The same holds for regimes and programmes of schools
 * (operations/inspection).
 */
export async function listShipped(): Promise<readonly ShippedTemplate[]> {
  const files = (await readdir(folder, { recursive: true }))
    .filter((f) => f.endsWith('.json') && !f.endsWith('.schema.json') && !/^(?:regimes|programmes)\b/.test(f))
    .sort();
  const found: ShippedTemplate[] = [];
  for (const file of files) {
    const url = new URL(file, folder);
    const { mtimeMs, size, ino } = await stat(url);
    const stamp = `${mtimeMs} ${size} ${ino}`;
    let own = known.get(file);
    if (own?.stamp !== stamp) {
      own = { stamp, template: read(file, JSON.parse(await readFile(url, 'utf8'))) };
      known.set(file, own);
    }
    if (own.template) found.push(own.template);
  }
  return found;
}

function read(file: string, document: unknown): ShippedTemplate | null {
  if (typeof document === 'object' && document !== null && 'formulas' in document) {
    const checked = checkProfile(document);
    return checked.ok ? { kind: 'profile', file, hash: checked.hash, profile: checked.profile } : null;
  }
  const checked = checkQuestionnaire(document);
  if (!checked.ok) return null;
  const { $schema: _, ...questionnaire } = checked.questionnaire;
  const isBalanced = file.startsWith('balanced');
  return { kind: 'questionnaire', file, hash: contentHash(questionnaire), questionnaire, isBalanced };
}
