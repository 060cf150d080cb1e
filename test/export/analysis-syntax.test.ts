/** The syntax that comes with the analysis file, run by the programs that it is for, where they are installed: PSPP (pspp) reads SPSS's, R (r-base-core) its own. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { questionnaireSchema } from '../../src/domain/questionnaire/template.ts';
import { compileQuestionnaire } from '../../src/domain/questionnaire/compile.ts';
import { analysisFiles, type AnalysedAnswer } from '../../src/export/analysis/files.ts';

const has = (program: string) => spawnSync(program, ['--version']).status === 0;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'manyi-analysis-'));
  const text = readFileSync(new URL('../../survey-templates/parent-2017.json', import.meta.url), 'utf8');
  const document = questionnaireSchema.parse(JSON.parse(text));
  const compiled = compileQuestionnaire(document);
  const answer = (i: number): AnalysedAnswer => ({
    ...{ questionnaire: 1, reportingStratum: 1, channel: 'self' as never },
    place: { group: 'parent', stratum: '甲’s 学校,1', population: i === 0 ? null : 120, weight: 1.25 },
    answers: compiled.items.map((item) => {
      if (item.type !== 'rating' && item.type !== 'single') return { state: 'blank' };
      if (i === 1) return { state: item.dontKnowId === null ? 'blank' : 'dont-know' };
      return { state: 'option', option: item.optionIds[0]! };
    }),
  });
  const files = analysisFiles(
    {
      ...{ campaign: '满意度', county: { code: '110101', name: '甲县 "A\'s" `b` $c' }, demo: false },
      ...{ minimumCell: 10, formula: 'mean', rows: 3, groupWeights: new Map([['parent', 0.5]]) },
      questionnaires: [{ no: 1, document, compiled }],
      units: new Map([[1, { name: '甲，"小学"', group: 'parent' }]]),
      async *answers() {
        for (let i = 0; i < 3; i++) yield await Promise.resolve(answer(i));
      },
    },
    'zh-CN',
  );
  for (const { name, content } of files) {
    const parts: (string | Uint8Array)[] = [];
    for await (const part of content) parts.push(part);
    writeFileSync(join(folder, name), Buffer.concat(parts.map((p) => Buffer.from(p))));
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('PSPP runs the SPSS syntax without a word, and keeps labels and what is missing', ({ skip }) => {
  if (!has('pspp')) return skip('pspp is not installed');
  const run = spawnSync('pspp', ['-O', 'format=txt', 'spss.sps'], { cwd: folder, encoding: 'utf8' });
  expect(`${run.stdout}${run.stderr}`).toBe('');
  writeFileSync(
    join(folder, 'look.sps'),
    "GET FILE='data.sav'.\nDISPLAY DICTIONARY.\nDESCRIPTIVES weight.\n",
  );
  const shown = execFileSync('pspp', ['-O', 'format=csv', 'look.sps'], { cwd: folder, encoding: 'utf8' });
  expect(shown).toContain('不了解');
  expect(shown).toContain('97');
  expect(shown).toMatch(/1\.25/);
});

test('R runs its script, with labels and missing values', ({ skip }) => {
  if (!has('Rscript')) return skip('R is not installed');
  const look =
    'stopifnot(nrow(data) == 3, all(data$weight == 1.25), is.character(data$county), is.factor(labelled$grp)); cat("fine")';
  writeFileSync(join(folder, 'look.R'), `source("analysis.R", encoding = "UTF-8")\n${look}\n`);
  const run = spawnSync('Rscript', ['--vanilla', 'look.R'], {
    ...{ cwd: folder, encoding: 'utf8' },
    env: { ...process.env, LC_ALL: 'C.UTF-8' },
  });
  expect(`${run.stderr}${run.stdout}`).toBe('fine');
});
