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

type Stratum = readonly [location: string | null, grade: number | null, answers: number];

/** Which strata each list counts as one, by their places in it. */
export async function runCollapse(lists: readonly (readonly Stratum[])[], least: number): Promise<unknown> {
  const folder = fileURLToPath(new URL('.', import.meta.url));
  const program = `
import json, sys
sys.path.insert(0, sys.argv[1])
from verify import collapse
out = []
for rows in json.loads(sys.argv[2]):
    strata = [{"no": no, "location": location, "grade": grade} for no, (location, grade, _) in enumerate(rows)]
    out.append(sorted(sorted(s["no"] for s in cell) for cell in collapse(strata, [row[2] for row in rows], ${least})))
print(json.dumps(out))`;
  const { stdout } = await promisify(execFile)('python3', [
    '-B',
    '-c',
    program,
    folder,
    JSON.stringify(lists),
  ]);
  return JSON.parse(stdout);
}

/** Quotas and moves of each [profile, residents, population]. */
export async function runQuotas(cases: readonly unknown[]): Promise<unknown> {
  const folder = fileURLToPath(new URL('.', import.meta.url));
  const program = `
import json, sys
sys.path.insert(0, sys.argv[1])
from verify import quotas_of
print(json.dumps([quotas_of(profile, {"count": n}, people) for profile, n, people in json.load(sys.stdin)]))`;
  const child = promisify(execFile)('python3', ['-B', '-c', program, folder]);
  child.child.stdin!.end(JSON.stringify(cases));
  return JSON.parse((await child).stdout);
}

/** Of a questionnaire's document: the tally of these sheets (hex) in hex, and the items that each formula looks at. */
export async function runTally(
  document: unknown,
  sheets: readonly string[],
  formulas: readonly unknown[],
): Promise<unknown> {
  const folder = fileURLToPath(new URL('.', import.meta.url));
  const program = `
import json, sys
sys.path.insert(0, sys.argv[1])
from verify import Questionnaire, encode_tally
document, sheets, formulas = json.load(sys.stdin)
q = Questionnaire(document)
tally = encode_tally(q, [q.read(bytes.fromhex(sheet)) for sheet in sheets]).hex()
print(json.dumps([tally, [[i["id"] for i in q.looked_at(formula)] for formula in formulas]]))`;
  const child = promisify(execFile)('python3', ['-B', '-c', program, folder]);
  child.child.stdin!.end(JSON.stringify([document, sheets, formulas]));
  return JSON.parse((await child).stdout);
}
