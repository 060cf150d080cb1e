/** Summaries on a thread of their own are the ones that the main thread computes. */
import { afterAll, expect, it } from 'vitest';
import { AppError } from '../../src/domain/errors.ts';
import { computeShownSummary } from '../../src/domain/scoring/suppression/suppression.ts';
import { shownSummary } from '../../src/operations/summary/shown.ts';
import { createSummarizer } from '../../src/operations/summary/summarizer.ts';
import { syntheticCounty } from '../bench/support/synthetic-county.ts';

const summarizer = createSummarizer();
afterAll(() => summarizer.close());

it('are the same, value for value, and computed once for all who ask meanwhile', async () => {
  const input = syntheticCounty({ schools: 90, answers: 2_000, seed: 5 });
  let calls = 0;
  const deps = {
    summarize: (given: typeof input) => {
      calls += 1;
      return summarizer.summarize(given);
    },
  };
  const [one, other] = await Promise.all([shownSummary(deps, input), shownSummary(deps, { ...input })]);
  expect(one).toEqual(computeShownSummary(input));
  expect(other).toBe(one);
  expect(await shownSummary(deps, input)).toBe(one);
  expect(calls).toBe(1);
});

it('leave a small county to whoever asks', async () => {
  const input = syntheticCounty({ schools: 5, answers: 200, seed: 5 });
  const never = () => Promise.reject(new Error('a small county on a thread'));
  expect(await shownSummary({ summarize: never }, input)).toEqual(computeShownSummary(input));
});

it('say what is wrong with the tallies as the main thread would, and go on', async () => {
  const input = syntheticCounty({ schools: 90, answers: 2_000, seed: 6 });
  const [first, ...cells] = input.cells;
  const broken = { ...input, cells: [{ ...first!, bytes: first!.bytes.slice(1) }, ...cells] };
  const deps = { summarize: (given: typeof input) => summarizer.summarize(given) };
  const thrown = await shownSummary(deps, broken).catch((error: unknown) => error);
  expect(thrown).toBeInstanceOf(AppError);
  expect(() => computeShownSummary(broken)).toThrow((thrown as AppError).message);
  // Nothing of it is kept: asked again it fails again.
  await expect(shownSummary(deps, broken)).rejects.toThrow();
  await expect(shownSummary(deps, input)).resolves.toEqual(computeShownSummary(input));
});
