/**
 * A document is stored under its content hash and frozen with the campaign. All users read it here: a document that does not
 * match its hash is refused.
 */
import { AppError } from '../errors.ts';
import { contentHash } from '../hash.ts';
import type { Document } from '../model/campaign.ts';
import type { ContentHash } from '../model/ids.ts';
import { questionnaireSchema, type Questionnaire } from '../questionnaire/template.ts';
import { ruleProfileSchema, type RuleProfile } from '../scoring/rules/profile.ts';

/**
 * The document as it was validated when it was saved.
 * @throws AppError corrupt `campaign.document-missing`, `campaign.document-broken`
 */
export function readDocument(hash: ContentHash, found: Document | undefined): unknown {
  if (!found) throw new AppError('corrupt', 'campaign.document-missing', { params: { hash } });
  let content: unknown;
  try {
    content = JSON.parse(found.body);
  } catch (cause) {
    throw broken(hash, cause);
  }
  if (contentHash(withoutHint(content)) !== hash) throw broken(hash);
  return content;
}

/** @throws AppError as `readDocument` */
export function parseProfile(hash: ContentHash, found: Document | undefined): RuleProfile {
  const parsed = ruleProfileSchema.safeParse(readDocument(hash, found));
  if (!parsed.success) throw broken(hash, parsed.error);
  return parsed.data;
}

/** @throws AppError as `readDocument` */
export function parseQuestionnaire(hash: ContentHash, found: Document | undefined): Questionnaire {
  const parsed = questionnaireSchema.safeParse(readDocument(hash, found));
  if (!parsed.success) throw broken(hash, parsed.error);
  return parsed.data;
}

/** `$schema` is for editors and not hashed. */
function withoutHint(content: unknown): unknown {
  if (typeof content !== 'object' || content === null || !('$schema' in content)) return content;
  const { $schema: _, ...rest } = content;
  return rest;
}

function broken(hash: ContentHash, cause?: unknown): AppError {
  return new AppError('corrupt', 'campaign.document-broken', { params: { hash }, cause });
}
