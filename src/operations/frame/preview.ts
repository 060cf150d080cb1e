/**
 * The first rows of a file before it is imported. Nothing of it is stored: after choosing the columns the user sends the file
 * again.
 */
import { fateHeader } from '../../domain/messaging/fate.ts';
import { assertMay, type Actor } from '../../domain/campaign/permissions.ts';
import { frameHeader, schoolHeader, scoreHeader, type HeaderKind } from '../../domain/frame/roll/header.ts';
import type { TablePreview } from '../../domain/frame/roll/preview.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { Group } from '../../domain/model/vocabulary.ts';
import { readTable } from '../../tabular/read.ts';
import type { Deps } from '../deps.ts';
import { getCampaignCounty } from '../campaign/lookup.ts';
import type { UploadedFile } from './schools.ts';
import { previewSheets } from './sheets.ts';

export const tableKinds = ['roll', 'schools', 'fates'] as const;
export type TableKind = (typeof tableKinds)[number];

/** @param group of a roll: some need no school */
export function headerKindOf(kind: TableKind, group: Group = 'parent'): HeaderKind<string> {
  if (kind === 'roll') return frameHeader(group);
  return kind === 'schools' ? schoolHeader : fateHeader;
}

/** @throws AppError invalid `roll.header.none` if there is no such sheet; errors of readTable */
export async function previewTable(
  deps: Deps,
  actor: Actor,
  campaign: CampaignId,
  county: CountyCode,
  asked: {
    readonly kind: TableKind;
    readonly group?: Group | undefined;
    readonly sheet?: string | undefined;
  },
  file: UploadedFile,
): Promise<TablePreview<string>> {
  assertMay(actor, asked.kind === 'fates' ? 'codes.export' : 'roll.prepare', county);
  await getCampaignCounty(deps, actor, campaign, county);
  const kind = headerKindOf(asked.kind, asked.group);
  const items = readTable(file.source, {
    fileName: file.fileName,
    score: (rows) => scoreHeader(rows, kind),
    ...(file.hiddenRows && { hiddenRows: file.hiddenRows }),
  });
  return previewSheets(items, kind, asked.sheet);
}
