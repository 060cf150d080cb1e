/** The regimes shipped with the service, read on demand, so that a new file is available at once. */
import { readdir, readFile } from 'node:fs/promises';
import { AppError } from '../../domain/errors.ts';
import { parseRegime, type Regime } from '../../domain/inspection/regime.ts';

const folder = new URL('../../../survey-templates/regimes/', import.meta.url);

/** Files that fail validation are left out; `manyi inspection regimes` reports them. */
export async function listRegimes(): Promise<readonly Regime[]> {
  const found: Regime[] = [];
  for (const file of (await readdir(folder)).filter((f) => f.endsWith('.json')).sort()) {
    try {
      found.push(parseRegime(JSON.parse(await readFile(new URL(file, folder), 'utf8'))));
    } catch (error) {
      if (!(error instanceof AppError || error instanceof SyntaxError)) throw error;
    }
  }
  return found;
}

/** @throws AppError not-found `inspection.regime.unknown` */
export async function getRegime(id: string): Promise<Regime> {
  const found = (await listRegimes()).find((r) => r.id === id);
  if (!found) throw new AppError('not-found', 'inspection.regime.unknown');
  return found;
}
