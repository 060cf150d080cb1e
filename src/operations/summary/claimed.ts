/** Compares a county's own claim with what was measured. The file is read, and nothing of it is stored. */
import { AppError } from '../../domain/errors.ts';
import type { Actor } from '../../domain/campaign/permissions.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import {
  claimedAnswers,
  claimedFigures,
  optionNames,
  readClaimed,
  type ClaimedFigure,
} from '../../domain/scoring/claimed/claimed.ts';
import type { CellValue } from '../../domain/frame/roll/table.ts';
import { isNotice, readTable } from '../../tabular/read.ts';
import type { Deps } from '../deps.ts';
import type { UploadedFile } from '../frame/schools.ts';
import { getCampaignCounty, getProfile, getQuestionnaireDocument } from '../campaign/lookup.ts';
import { getReport, type SummaryReport } from './summary.ts';

const maxRows = 200_000;

export interface ClaimedView {
  readonly summary: SummaryReport;
  readonly claimed: {
    readonly kind: 'rows' | 'options';
    readonly people: number | null;
    /** null: the file has only percentages. */
    readonly answers: number | null;
    readonly questions: number;
    readonly left: readonly { readonly title: string; readonly option: string }[];
    readonly figures: readonly ClaimedFigure[];
  };
}

/** @throws AppError as `getReport`; invalid `claimed.not-understood`, `tabular.…` */
export async function compareClaimed(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  code: CountyCode,
  file: UploadedFile,
  aliases: string,
): Promise<ClaimedView> {
  const summary = await getReport(deps, actor, id, code);
  const { campaign } = await getCampaignCounty(deps, actor, id, code);
  const profile = await getProfile(deps, campaign.profile);
  const documents = await Promise.all(
    campaign.questionnaires.map(({ hash }) => getQuestionnaireDocument(deps, hash)),
  );
  const rows: (readonly CellValue[])[] = [];
  for await (const item of readTable(file.source, { fileName: file.fileName, maxRows, hiddenRows: 'read' }))
    if (!isNotice(item)) rows.push(item.cells);
  const read = readClaimed(rows, optionNames(documents, aliases));
  if (read === undefined)
    throw new AppError('invalid', 'claimed.not-understood', { params: { file: file.fileName } });
  return {
    summary,
    claimed: {
      ...{ kind: read.kind, people: read.people, answers: claimedAnswers(read) },
      ...{ questions: read.questions.length, left: read.left },
      figures: claimedFigures(read, profile),
    },
  };
}
