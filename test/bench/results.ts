/**
 * `npm run bench:results`: CPU time of what inspectors open, for a county of 400 schools and two groups: the first screen and the largest tab as HTML, the report as
 * .docx, and the comparison of 120 counties (60 schools each). `cold`: from the tallies, with suppression, as after a restart; the rest: from the summary that the
 * service keeps for as long as nothing that it was computed from changes. Last line: one JSON object, milliseconds.
 */
import { computeShownSummary } from '../../src/domain/scoring/suppression/suppression.ts';
import type { Summary, SummaryInput } from '../../src/domain/scoring/summary/summary.ts';
import { reportDocx } from '../../src/export/report/docx.ts';
import { reportDraft } from '../../src/export/report/draft.ts';
import { fingerprintOf } from '../../src/operations/summary/shown.ts';
import { comparePage } from '../../src/http/staff/summary/compare-view.ts';
import { summaryPage } from '../../src/http/staff/summary/view.ts';
import { toMarkup } from '../../src/html/html.ts';
import { syntheticCounty } from './support/synthetic-county.ts';
import { framed } from '../support/framed.ts';
import { staffContext } from '../support/result-pages.ts';

/** Least CPU milliseconds of some rounds, for other work shares the machine. */
async function cpu(rounds: number, work: () => unknown): Promise<number> {
  let best = Infinity;
  for (let i = 0; i < rounds; i++) {
    const start = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(start);
    best = Math.min(best, (user + system) / 1000);
  }
  return Number(best.toFixed(1));
}

const large: SummaryInput = syntheticCounty({ schools: 400, answers: 20_000, seed: 1 });
const cold = await cpu(3, () => computeShownSummary(large));
const report = (s: Summary) => ({ ...s, log: null, audit: null });
const s = report(computeShownSummary(large));
const draft = reportDraft(s, 'zh-CN');
const c = staffContext('zh-CN');
const tabs = ['overview', 'groups', 'dimensions', 'items', 'units', 'process', 'evidence'] as const;
const pages: Record<string, number> = {};
for (const tab of tabs)
  pages[tab] = await cpu(20, () =>
    toMarkup(summaryPage(c, { ...framed(s), summary: s, tab, draft: reportDraft(s, 'zh-CN'), strata: [] })),
  );
const fingerprint = await cpu(20, () =>
  fingerprintOf({ ...large, cells: [...large.cells], firstCells: [...large.firstCells] }),
);
const docx = await cpu(3, () => reportDocx(s, { language: 'zh-CN', demo: false, draft }));
const province = Array.from({ length: 120 }, (_, i) =>
  computeShownSummary(syntheticCounty({ schools: 60, answers: 1000, seed: i + 2 })),
);
const compare = await cpu(5, () =>
  toMarkup(
    comparePage(c, {
      campaign: framed(s).campaign,
      counties: province.map((summary) => ({ summary, before: summary })),
      earlier: { id: 'x', name: 'x' },
      choices: [],
      cities: new Map(),
      left: 0,
      files: '',
    }),
  ),
);
console.log(JSON.stringify({ cold_ms_400_schools: cold, fingerprint_ms: fingerprint, pages }));
console.log(
  JSON.stringify({
    bench: 'results',
    summary_ms_400_schools: Number((fingerprint + Math.max(...Object.values(pages))).toFixed(1)),
    report_ms: docx,
    compare_120_ms: compare,
  }),
);
