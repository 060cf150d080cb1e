import { expect, it } from 'vitest';
import { createRepeatGate } from '../../../src/domain/limits/repeat-gate.ts';

it('reports an event at once, then once an interval, with how many were left out', () => {
  const gate = createRepeatGate(60);
  expect(gate('full', 0)).toBe(0);
  expect([1, 30, 59].map((now) => gate('full', now))).toEqual([null, null, null]);
  expect(gate('other', 30)).toBe(0);
  expect(gate('full', 60)).toBe(3);
  expect(gate('full', 61)).toBeNull();
  expect(gate('full', 200)).toBe(1);
});

it('does not grow with what comes from outside', () => {
  const gate = createRepeatGate(60);
  for (let i = 0; i < 5000; i++) expect(gate(`key ${i}`, 1)).toBe(0);
  // The newest are still known, the oldest are not.
  expect(gate('key 4999', 2)).toBeNull();
  expect(gate('key 0', 2)).toBe(0);
});
