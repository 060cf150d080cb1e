/** The questionnaires and rule profiles that ship with the service, read when asked for, so that a file put there is there at once. */
import { readdir, readFile } from 'node:fs/promises';
import { checkQuestionnaire } from '../../domain/questionnaire/check.ts';
import type { LocalisedText } from '../../domain/scoring/rules/formula.ts';
import { checkProfile } from '../../domain/scoring/rules/profile.ts';
import type { Group } from '../../domain/model/vocabulary.ts';

const folder = new URL('../../../survey-templates/', import.meta.url);

export interface QuestionnaireTemplate {
  /** Path within survey-templates. */
  readonly file: string;
  readonly title: LocalisedText;
  readonly groups: readonly Group[];
  readonly regime: string | null;
  readonly document: unknown;
}
export interface ProfileTemplate {
  readonly file: string;
  readonly title: LocalisedText;
  readonly source: LocalisedText;
  /** Of the questionnaires that it requires; null: any. */
  readonly questionnaireRegime: string | null;
  readonly document: unknown;
}
export interface Templates {
  readonly questionnaires: readonly QuestionnaireTemplate[];
  readonly profiles: readonly ProfileTemplate[];
}

/** Files that do not pass their check are left out: `manyi template check` says why. So are those of the balanced scale, which only a split ballot uses, regimes and programmes of schools (operations/inspection). */
export async function listTemplates(): Promise<Templates> {
  const questionnaires: QuestionnaireTemplate[] = [];
  const profiles: ProfileTemplate[] = [];
  const files = (await readdir(folder, { recursive: true }))
    .filter(
      (f) =>
        f.endsWith('.json') && !f.endsWith('.schema.json') && !/^(?:balanced|regimes|programmes)\b/.test(f),
    )
    .sort();
  for (const file of files) {
    const document: unknown = JSON.parse(await readFile(new URL(file, folder), 'utf8'));
    const q = checkQuestionnaire(document);
    if (q.ok) {
      const { title, groups, regime = null } = q.questionnaire;
      questionnaires.push({ file, title, groups, regime, document });
      continue;
    }
    const p = checkProfile(document);
    if (p.ok) {
      const { title, source, questionnaireRegime = null } = p.profile;
      profiles.push({ file, title, source, questionnaireRegime, document });
    }
  }
  return { questionnaires, profiles };
}
