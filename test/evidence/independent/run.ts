/** The verifier in another language, over files. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import { findPython, installCommand } from '../../support/programs.ts';

/** Tests of it are skipped without Python. */
export const hasPython = findPython() !== undefined;
export const needsPython = hasPython ? '' : ` (needs python3: ${installCommand})`;

const outcomeSchema = z.object({
  file: z.string(),
  ok: z.boolean(),
  fault: z.string().optional(),
  root: z.string().optional(),
  responses: z.number().optional(),
  respondents: z.number().optional(),
  official: z.number().nullable().optional(),
});
export type Outcome = z.infer<typeof outcomeSchema>;

/** One outcome for each file, in their order. */
export async function runIndependent(
  files: readonly string[],
  script: 'verify.py' | 'reporting_strata.py' = 'verify.py',
  options: readonly string[] = [],
): Promise<readonly Outcome[]> {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const run = promisify(execFile)('python3', ['-B', path, ...files, ...options], {
    maxBuffer: 1 << 26,
    timeout: 120_000,
  });
  // Ends with 1 if one is refused: what it printed is the result.
  const { stdout } = await run.catch((error: unknown) => {
    const failed = error as { readonly code?: unknown; readonly stdout?: string };
    if (failed.code !== 1 || !failed.stdout) throw error;
    return { stdout: failed.stdout };
  });
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => outcomeSchema.parse(JSON.parse(line)));
}
