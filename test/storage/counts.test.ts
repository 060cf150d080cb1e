/** What processes tell one another of attempts; that it arrives is tested with two services in contract/processes.test.ts. */
import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import { expect, test } from 'vitest';
import { createCounts } from '../../src/storage/postgres/counts.ts';

test('a failure that is taken back does not overtake the failure', async () => {
  const heard: unknown[] = [];
  const other = createCounts({ query: (() => undefined) as unknown as pg.Pool['query'] });
  other.onCount('log-in', (name, count) => heard.push([name, count]));
  // Each statement has a connection of its own. The first one is slow.
  const ends: (() => void)[] = [];
  const query = async (_: string, [messages]: [string[]]) => {
    const isFirst = ends.length === 0;
    await new Promise<void>((resolve) => {
      ends.push(resolve);
      if (!isFirst) resolve();
    });
    for (const message of messages) other.hear(message);
  };
  const counts = createCounts({ query: query as unknown as pg.Pool['query'] });
  counts.tell('log-in', 'a', 1);
  while (ends.length === 0) await pause(5);
  counts.tell('log-in', 'a', -1);
  counts.tell('log-in', 'b', 1);
  // Longer than counts are gathered: it would have gone by now.
  await pause(300);
  expect(heard).toEqual([]);
  ends[0]!();
  while (heard.length < 3) await pause(5);
  expect(heard).toEqual([
    ['a', 1],
    ['a', -1],
    ['b', 1],
  ]);
  await counts.close();
});
