import { expect, test } from 'vitest';
import {
  nextServiceHour,
  serviceDay,
  serviceHour,
  serviceMinute,
  serviceSecond,
} from '../../src/domain/time-zone.ts';

test('the service’s day and hour are Asia/Shanghai’s', () => {
  const at = Date.parse('2026-05-31T16:30:00Z');
  expect(serviceDay(at)).toBe('2026-06-01');
  expect(serviceHour(at)).toBe(0);
  const midnight = Date.parse('2026-05-31T16:00:00Z');
  expect([midnight - 1, midnight].map(serviceDay)).toEqual(['2026-05-31', '2026-06-01']);
  expect([midnight - 1, midnight].map(serviceHour)).toEqual([23, 0]);
  expect([midnight - 1, midnight].map(serviceMinute)).toEqual(['2026-05-31 23:59', '2026-06-01 00:00']);
  expect([midnight - 1, midnight].map(serviceSecond)).toEqual(['23:59:59', '00:00:00']);
  expect(new Date(nextServiceHour(at, 6)).toISOString()).toBe('2026-05-31T22:00:00.000Z');
  expect(new Date(nextServiceHour(Date.parse('2026-05-31T22:00:00Z'), 6)).toISOString()).toBe(
    '2026-06-01T22:00:00.000Z',
  );
});
