import { readFileSync } from 'node:fs';
import { checkProfile, type RuleProfile } from '../../../src/domain/scoring/profile.ts';

/** A shipped profile, parsed; throws with the issues if it is refused. */
export function readProfile(name: string): RuleProfile {
  const url = new URL(`../../../survey-templates/profiles/${name}.json`, import.meta.url);
  const result = checkProfile(JSON.parse(readFileSync(url, 'utf8')));
  if (!result.ok) throw new Error(JSON.stringify(result.issues));
  return result.profile;
}
