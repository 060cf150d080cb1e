import { monitorEventLoopDelay } from 'node:perf_hooks';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { drawSample } from '../../src/operations/draw/draw.ts';
import { freezeFrame } from '../../src/operations/frame/frame.ts';
import { applyRoll, readRoll } from '../../src/operations/frame/roll.ts';
import { countyA, createWorld, dice, smallSchools, type World } from '../support/world.ts';

const total = Number(process.env['ROLL_ROWS'] ?? 20_000);
let world: World;
beforeEach(async () => {
  world = await createWorld({ threads: true });
});
afterEach(() => world.close());

/** Rows as they would come off a network, never whole in memory. Every thousandth is bad. */
async function* roll(rows: number): AsyncGenerator<Uint8Array> {
  yield Buffer.from('姓名,学校,年级,家长电话\r\n');
  let text = '';
  for (let i = 0; i < rows; i++) {
    const phone = i % 1_000 === 999 ? '1.38E+10' : String(13_000_000_000 + i * 7);
    text += `学生${i},${smallSchools[i % 6]![1]},${(i % 9) + 1},${phone}\r\n`;
    if (text.length > 60_000) {
      yield Buffer.from(text);
      text = '';
    }
  }
  yield Buffer.from(text);
}

test(`a roll of ${total} rows is read, frozen and drawn in bounded memory`, async () => {
  const { id } = await world.addCampaign();
  await world.addSchools(id, countyA);
  const { deps, actors } = world;
  let peak = 0;
  const watch = setInterval(() => {
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    peak = Math.max(peak, heapUsed + arrayBuffers);
  }, 20);
  globalThis.gc?.();
  const before = process.memoryUsage();
  const start = before.heapUsed + before.arrayBuffers;
  const delays: Record<string, number> = {};
  const seconds: Record<string, number> = {};
  const timed = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const histogram = monitorEventLoopDelay({ resolution: 5 });
    histogram.enable();
    const from = performance.now();
    try {
      return await work();
    } finally {
      histogram.disable();
      seconds[name] = (performance.now() - from) / 1_000;
      delays[name] = histogram.percentile(99.9) / 1e6;
    }
  };

  const staged = await timed('read', () =>
    readRoll(deps, actors.official, {
      campaign: id,
      county: countyA,
      group: 'parent',
      fileName: 'roll.csv',
      source: roll(total),
    }),
  );
  const bad = Math.floor(total / 1_000);
  expect(staged.summary).toMatchObject({ good: total - bad, bad, unmappedColumns: 1 });
  const applied = await timed('apply', () =>
    applyRoll(deps, actors.official, staged.id, { keepGood: true, reason: 'an invented roll' }),
  );
  expect(applied.added).toBe(total - bad);
  const { frame } = await timed('freeze', () => freezeFrame(deps, actors.operator, id, countyA));
  expect(frame?.size).toBe(total - bad);
  const { sampling } = await timed('draw', () => drawSample(deps, actors.inspector, id, countyA, dice));
  expect(sampling.filter((s) => s.kind === 'frame').reduce((n, s) => n + s.drawn, 0)).toBe(110);
  clearInterval(watch);

  const megabytes = (peak - start) / 1e6;
  if (process.env['ROLL_ROWS']) process.stderr.write(`${JSON.stringify({ megabytes, seconds, delays })}\n`);
  // The whole roll as objects would take some hundred bytes a row more with every row; this bound does not grow with it.
  expect(megabytes).toBeLessThan(150);
}, 1_200_000);
