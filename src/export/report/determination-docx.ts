/** The determination sheet as .docx, in the layout of the report. */
import { AlignmentType, Paragraph, TextRun } from 'docx';
import type { Language } from '../../domain/model/vocabulary.ts';
import { translator } from '../../texts/texts.ts';
import { determinationLines, determinationTables, type Determination } from '../determination.ts';
import { body, caption, heading1, officialPaper, small, tableOf } from './docx.ts';
import { localisedIn } from './draft.ts';

export async function determinationDocx(d: Determination, language: Language): Promise<Buffer> {
  const t = translator(language);
  const text = localisedIn(language);
  const title = `${d.county.name}${t('inspection.export.title')}`;
  return officialPaper({
    title,
    creator: d.campaign.commissioner,
    children: [
      new Paragraph({
        alignment: AlignmentType.CENTER,
        spacing: { after: 300 },
        children: [new TextRun({ text: title, size: 44, font: { eastAsia: '方正小标宋简体' } })],
      }),
      ...determinationLines(d, language).map(body),
      ...determinationTables(d, language).flatMap((table) => [
        caption(table.name),
        tableOf(table.header, table.rows, table.widths),
      ]),
      heading1(t('inspection.choices')),
      ...d.regime.choices.map((choice) => small(text(choice))),
    ],
  });
}
