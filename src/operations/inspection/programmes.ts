/** The programmes of schools shipped with the service, read on demand, so that a new file is available at once. */
import { readdir, readFile } from 'node:fs/promises';
import { AppError } from '../../domain/errors.ts';
import { parseProgramme, type ProgrammeRules } from '../../domain/inspection/programme-rules.ts';

const folder = new URL('../../../survey-templates/programmes/', import.meta.url);

/** Files that fail validation are left out. */
export async function listProgrammes(): Promise<readonly ProgrammeRules[]> {
  const found: ProgrammeRules[] = [];
  for (const file of (await readdir(folder)).filter((f) => f.endsWith('.json')).sort()) {
    try {
      found.push(parseProgramme(JSON.parse(await readFile(new URL(file, folder), 'utf8'))));
    } catch (error) {
      if (!(error instanceof AppError || error instanceof SyntaxError)) throw error;
    }
  }
  return found;
}

/** @throws AppError not-found `inspection.programme.unknown` */
export async function getProgramme(id: string): Promise<ProgrammeRules> {
  const found = (await listProgrammes()).find((r) => r.id === id);
  if (!found) throw new AppError('not-found', 'inspection.programme.unknown');
  return found;
}
