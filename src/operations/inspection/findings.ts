/** Findings for a rectification list: only from a released survey, like the sheet. */
import { systemActor } from '../../domain/campaign/permissions.ts';
import { lowestItems, refOfItem, symposiumProblems, type Finding } from '../../domain/inspection/findings.ts';
import type { Campaign } from '../../domain/model/campaign.ts';
import type { CountyCode } from '../../domain/model/ids.ts';
import { formatValue, pointStyle } from '../../domain/scoring/format.ts';
import { gateName, gateReasons } from '../../texts/gate-words.ts';
import { translator, type Translate } from '../../texts/texts.ts';
import type { Deps } from '../deps.ts';
import { getReport } from '../summary/summary.ts';
import type { InspectionDocuments } from './documents.ts';
import { sheetOf } from './sheet.ts';

const both = (write: (t: Translate, language: 'zh-CN' | 'en') => string) => ({
  'zh-CN': write(translator('zh-CN'), 'zh-CN'),
  en: write(translator('en'), 'en'),
});

/** @param lowest number of items from the survey */
export async function findingsOf(
  deps: Deps,
  campaign: Campaign,
  code: CountyCode,
  documents: InspectionDocuments,
  lowest: number,
): Promise<readonly Finding[]> {
  const { sheet } = await sheetOf(deps, campaign, code, documents);
  const gates = (sheet?.gates ?? []).filter((g) => g.state === 'not-met');
  return [
    ...gates.map((gate): Finding => ({
      ...{ kind: 'gate', ref: `gate:${gate.id}`, group: null, item: null },
      title: both((t, language) => gateName(t, (text) => text[language] ?? text['zh-CN'] ?? '', gate)),
      found: both((t) => gateReasons(t, gate).slice(0, 1000) || t('inspection.gate.not-met')),
    })),
    ...symposiumProblems(documents.symposiums.body).map((problem): Finding => ({
      ...{ kind: 'symposium', ref: problem.ref, group: null, item: null },
      title: both(() => problem.text),
      found: both((t) =>
        t('inspection.found.symposium', {
          kind: t(`inspection.symposium.kind.${problem.kind}`),
          on: problem.on,
          dimension: t(`inspection.dimension.${problem.dimension}`),
        }),
      ),
    })),
    ...(await itemsOf(deps, campaign, code, lowest)),
  ];
}

async function itemsOf(
  deps: Deps,
  campaign: Campaign,
  code: CountyCode,
  lowest: number,
): Promise<readonly Finding[]> {
  if (campaign.state !== 'released' || lowest === 0) return [];
  const s = await getReport(deps, systemActor, campaign.id, code);
  const style = pointStyle(s);
  return lowestItems(s, lowest).map(({ group, item, title, figure }): Finding => ({
    ...{ kind: 'item', ref: refOfItem(group, item), group, item },
    title: both((_, language) => title[language] ?? title['zh-CN'] ?? item),
    found: both((t) => {
      const { interval } = figure;
      const params = { group: t(`staff.group.${group}`), value: formatValue(figure.value, style) };
      // A census has no sampling error.
      if (!interval || interval.method === 'census') return t('inspection.found.item', params);
      const [low, high] = [formatValue(interval.low, style), formatValue(interval.high, style)];
      return t('inspection.found.item-interval', { ...params, low, high });
    }),
  }));
}
