/** An empty school table with the columns that a regime requires. */
import type { Regime } from '../domain/inspection/regime.ts';
import type { Language } from '../domain/model/vocabulary.ts';
import { translator } from '../texts/texts.ts';
import { emptyTable } from './empty-table.ts';

export function schoolTableTemplate(regime: Regime, language: Language): Promise<Buffer> {
  // The reader knows the columns by their Chinese names.
  const t = translator('zh-CN');
  const needed = [...new Set(regime.balance.indicators.map((i) => i.of))];
  const header = ['name', 'kind', 'primaryPupils', 'juniorPupils', 'seniorPupils', ...needed].map((f) =>
    t(f === 'name' ? 'inspection.table.name' : `staff.column.${f}`),
  );
  return emptyTable(translator(language)('inspection.record.schools'), header);
}
