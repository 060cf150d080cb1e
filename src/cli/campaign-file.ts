/**
 * A campaign as a file with the members of `NewCampaign`. The profile and each questionnaire may be the document itself, the name
 * of a shipped one ("basic-2012", "parent-2012"), or the path of a JSON file beside this one. Times are ISO 8601 with an offset.
 */
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { AppError, type Issue } from '../domain/errors.ts';
import type { Group } from '../domain/model/vocabulary.ts';
import type { NewCampaign } from '../operations/campaign/draft-shape.ts';
import { readJson } from './files.ts';

const shipped = fileURLToPath(new URL('../../survey-templates/', import.meta.url));

const timeSchema = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
/** Only what the operation does not check itself; everything else is passed on unchanged. */
const fileSchema = z.looseObject({
  closesAt: timeSchema,
  storageUntil: timeSchema,
  selfAdministered: z.boolean().default(false),
  demo: z.boolean().default(false),
  questionnaires: z.array(z.looseObject({})).min(1),
  counties: z.array(
    z.looseObject({ residents: z.unknown().default(null), slips: z.array(z.unknown()).default([]) }),
  ),
});

/** @throws AppError invalid `cli.campaign-file` */
export function readCampaignFile(file: string): NewCampaign {
  const read = readJson(file);
  if (!read.ok) throw new AppError('invalid', read.issue.message, { params: read.issue.params ?? {} });
  const parsed = fileSchema.safeParse(read.value);
  if (!parsed.success) {
    const issues = parsed.error.issues.map((i): Issue => ({
      path: i.path.join('.'),
      message: i.code === 'invalid_format' ? 'cli.campaign-file-time' : 'campaign.field',
    }));
    throw new AppError('invalid', 'cli.campaign-file', { params: { file }, issues });
  }
  const { $schema: _schema, ...rest } = parsed.data;
  return resolveDocuments(rest, dirname(resolve(file)));
}

/** A campaign made by the program itself, with shipped documents. */
export function readCampaignTemplate(
  input: Omit<NewCampaign, 'profile' | 'questionnaires'> & {
    readonly profile: string;
    readonly questionnaires: readonly { readonly document: string; readonly groups: readonly Group[] }[];
  },
): NewCampaign {
  return resolveDocuments({ ...input }, shipped);
}

function resolveDocuments(
  input: Readonly<Record<string, unknown>> & { readonly questionnaires: readonly object[] },
  folder: string,
): NewCampaign {
  const questionnaires = input.questionnaires.map((q) => ({
    ...q,
    document: document('document' in q ? q.document : undefined, folder, ''),
  }));
  // createCampaign checks the whole.
  return {
    ...input,
    profile: document(input['profile'], folder, 'profiles/'),
    questionnaires,
  } as unknown as NewCampaign;
}

function document(given: unknown, folder: string, kind: string): unknown {
  if (typeof given !== 'string') return given;
  const beside = resolve(folder, given);
  const own =
    /^[\w-]+$/.test(given) && !existsSync(beside) ? resolve(shipped, `${kind}${given}.json`) : beside;
  const read = readJson(own);
  if (!read.ok) throw new AppError('invalid', read.issue.message, { params: read.issue.params ?? {} });
  return read.value;
}
