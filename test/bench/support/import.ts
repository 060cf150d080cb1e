/**
 * A process of its own, so that its peak of memory is the import's: a county's roll from a CSV that is made while it is read, frozen, drawn as a census and
 * given codes, through the operations that pages and commands call. Prints one JSON line.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createLogger, openParts } from '../../../src/compose.ts';
import { readConfig } from '../../../src/config.ts';
import { actors, addCampaign, county, dice } from '../../support/small-survey.ts';
import { drawSample } from '../../../src/operations/draw/draw.ts';
import { freezeFrame } from '../../../src/operations/frame/frame.ts';
import { applyRoll, readRoll } from '../../../src/operations/frame/roll.ts';

const [folder = '', count = '1000000'] = process.argv.slice(2);
const rows = Number(count);
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const config = readConfig({
  DATA_DIR: join(folder, 'data'),
  KEY_DIR: join(folder, 'keys'),
  BACKUP_DIR: join(folder, 'backups'),
  LOG_LEVEL: 'warn',
});
const parts = await openParts(config, createLogger(config));
const { deps } = parts;

async function* roll(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('学校代码,学生姓名,身份证号,家长电话\n');
  for (let i = 0; i < rows;) {
    const lines: string[] = [];
    for (const end = Math.min(rows, i + 1000); i < end; i++)
      lines.push(
        `S${(i % 3) + 1},学生${i},3701022015${String(i).padStart(8, '0')},138${String((i * 7919) % 100_000_000).padStart(8, '0')}`,
      );
    yield Buffer.from(`${lines.join('\n')}\n`);
  }
}

const seconds = async (work: () => Promise<unknown>): Promise<number> => {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
};

try {
  const campaign = await addCampaign(deps);
  const importing = await seconds(async () => {
    const { id } = await readRoll(deps, actors.operator, {
      campaign,
      county,
      group: 'parent',
      fileName: 'roll.csv',
      source: roll(),
    });
    await applyRoll(deps, actors.operator, id, { keepGood: true, reason: 'an invented roll' });
  });
  const importPeak = process.resourceUsage().maxRSS / 1024;
  await freezeFrame(deps, actors.operator, campaign, county);
  const drawing = await seconds(() => drawSample(deps, actors.inspector, campaign, county, dice));
  const { sampling } = await deps.storage.readStrata(campaign, county);
  const codes = sampling.reduce((n, s) => n + s.drawn + s.replacements, 0);
  process.stdout.write(
    `${JSON.stringify({ rowsPerS: rows / importing, peakMb: importPeak, codesPerS: codes / drawing, codes })}\n`,
  );
} finally {
  await parts.close();
  rmSync(folder, { recursive: true, force: true });
}
