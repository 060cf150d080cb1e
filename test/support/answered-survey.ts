/** One county of the benchmarks' survey in a storage of its own for the tests of a file, with answers that wait. */
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import type { Storage } from '../../src/storage/port/index.ts';
import { answerSurvey, createSurvey, type SurveySize } from '../bench/support/survey.ts';
import { temporaryFolder, type TemporaryFolder } from './at-end.ts';
import { openNewStorage } from './new-storage.ts';

export interface AnsweredSurvey {
  readonly directory: string;
  readonly storage: Storage;
}

/** What it returns is filled before the first test. */
export function useAnsweredSurvey(size: SurveySize): AnsweredSurvey {
  const survey = {} as { directory: string; storage: Storage };
  let folder: TemporaryFolder | undefined;
  beforeAll(async () => {
    folder = temporaryFolder('manyi-survey');
    survey.directory = folder.path;
    const keys = join(survey.directory, 'keys');
    survey.storage = await openNewStorage({ directory: join(survey.directory, 'data'), inline: true });
    await createSurvey(survey.storage, keys, size);
    await answerSurvey(survey.storage, keys, size, 0, size.answered);
  });
  afterAll(async () => {
    await survey.storage.close();
    folder?.remove();
  });
  return survey;
}
