/**
 * Reads a roll of a million rows, as CSV or .xlsx, generated while it is read (CSV) or built beforehand by a child process
 * (.xlsx), and prints one JSON line: rows a second and the peak of resident memory.
 * `npx tsx test/bench/roll-memory.ts [csv|xlsx] [rows]`
 */
import { spawnSync } from 'node:child_process';
import { createReadStream, createWriteStream, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createFrameRowParser } from '../../src/domain/frame/roll/frame-row.ts';
import { mapFrameHeader } from '../../src/domain/frame/roll/header.ts';
import { createSchoolIndex } from '../../src/domain/frame/roll/school-index.ts';
import { schoolIdSchema } from '../../src/domain/model/ids.ts';
import { isNotice, readTable, type TableRow } from '../../src/tabular/read.ts';
import { csvChunks, xlsxChunks } from '../../src/tabular/write.ts';
import type { Row } from '../../src/tabular/cells.ts';

const header = ['学校', '学生姓名', '身份证号', '年级', '家长电话'];
const schoolName = (i: number) => `第${(i % 60) + 1}小学`;

function* generate(rows: number): Generator<Row> {
  for (let i = 0; i < rows; i += 1)
    yield [
      schoolName(i),
      `学生${i}`,
      `3701022015${String(i).padStart(8, '0')}`,
      `${(i % 6) + 1}年级`,
      `138${String((i * 7919) % 100_000_000).padStart(8, '0')}`,
    ];
}

async function parseAll(source: AsyncIterable<Uint8Array>, fileName: string) {
  const schools = createSchoolIndex(
    Array.from({ length: 60 }, (_, i) => ({ id: schoolIdSchema.parse(`s${i}`), name: schoolName(i) })),
  );
  let head: TableRow[] | undefined = [];
  let parser: ReturnType<typeof createFrameRowParser> | undefined;
  let read = 0;
  for await (const row of readTable(source, { fileName })) {
    if (isNotice(row)) continue;
    read += 1;
    if (parser) {
      parser.parse(row);
      continue;
    }
    head?.push(row);
    if (head === undefined || head.length < 20) continue;
    const mapping = mapFrameHeader(head, { group: 'parent' });
    if (!mapping.ok) throw new Error(mapping.fault.message);
    parser = createFrameRowParser({ group: 'parent', schools, mapping });
    for (const early of head) parser.parse(early);
    head = undefined;
  }
  return { read, counts: parser?.counts() };
}

const [kind = 'csv', count = '1000000', built] = process.argv.slice(2);
const rows = Number(count);
if (kind === 'build') {
  const sheet = { name: 'roll', header, rows: generate(rows) };
  await pipeline(Readable.from(xlsxChunks([sheet])), createWriteStream(built ?? ''));
} else {
  const folder = mkdtempSync(join(tmpdir(), 'manyi-roll-'));
  const file = join(folder, 'roll.xlsx');
  if (kind === 'xlsx') {
    const arguments_ = [...process.execArgv, import.meta.filename, 'build', count, file];
    const child = spawnSync(process.execPath, arguments_, { stdio: 'inherit' });
    if (child.status !== 0) throw new Error('the file could not be built');
  }
  const baseline = process.resourceUsage().maxRSS;
  const start = performance.now();
  const source = kind === 'xlsx' ? createReadStream(file) : csvChunks(header, generate(rows));
  const { read, counts } = await parseAll(source, `roll.${kind}`);
  const seconds = (performance.now() - start) / 1000;
  console.log(
    JSON.stringify({
      kind,
      rows: read,
      entries: counts?.entries,
      seconds: Number(seconds.toFixed(2)),
      rowsPerSecond: Math.round(read / seconds),
      fileMB: kind === 'xlsx' ? Math.round(statSync(file).size / 2 ** 20) : undefined,
      baselineRssMB: Math.round(baseline / 1024),
      peakRssMB: Math.round(process.resourceUsage().maxRSS / 1024),
    }),
  );
  rmSync(folder, { recursive: true });
}
