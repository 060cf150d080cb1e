/**
 * `npm run bench:verify [leaves]`: the single file that inspectors get verifies bundles of a quarter and of the whole number of answers (a million), each in a plain node
 * process of its own, from a file that another process made. Goal: at least a million leaves in 10 s, in memory that does not grow with the log: what
 * grows is what is kept of each code (some dozens of bytes).
 */
import { execFileSync, spawn } from 'node:child_process';
import { hash } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const answers = Number(process.argv[2] ?? 1_000_000);
const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'manyi-bench-'));
const resultSchema = z.object({ ok: z.boolean(), size: z.number(), findings: z.array(z.unknown()) });

/** Hashes of 64 bytes a second, on this machine at this moment: verifying takes at least three for each leaf. */
function hashRate(): number {
  const block = new Uint8Array(64);
  const started = performance.now();
  const n = 500_000;
  for (let i = 0; i < n; i++) hash('sha256', block, 'buffer');
  return n / ((performance.now() - started) / 1000);
}

interface Run {
  readonly leaves: number;
  readonly seconds: number;
  /** Of the processor: what it would take on a machine that does nothing else, on one core. */
  readonly cpuSeconds: number;
  readonly peakMb: number;
}

/** Peak memory as the system counts it (ru_maxrss, kilobytes), told by the process itself as it ends. */
const tellPeak =
  'data:text/javascript,process.on("exit",()=>{const u=process.resourceUsage();process.stderr.write(`peak ${u.maxRSS} cpu ${u.userCPUTime+u.systemCPUTime}`)})';

function verify(bundle: string): Promise<Run> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(
      process.execPath,
      ['--import', tellPeak, join(directory, 'manyi-verify.mjs'), bundle, '--json'],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    let [out, err] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    child.once('error', reject);
    child.once('close', () => {
      const seconds = (performance.now() - started) / 1000;
      try {
        const result = resultSchema.parse(JSON.parse(out));
        if (!result.ok) throw new Error(JSON.stringify(result.findings.slice(0, 3)));
        resolve({
          leaves: result.size,
          seconds,
          cpuSeconds: Number(/cpu (\d+)/.exec(err)?.[1]) / 1e6,
          peakMb: Number(/peak (\d+)/.exec(err)?.[1]) / 1000,
        });
      } catch (error) {
        reject(error instanceof Error ? error : new Error(err));
      }
    });
  });
}

try {
  execFileSync(process.execPath, [path('../../src/build-verifier.mjs'), directory]);
  const runs: Run[] = [];
  for (const n of [Math.round(answers / 4), answers]) {
    const bundle = join(directory, `bundle-${n}`);
    execFileSync(process.execPath, ['--import', 'tsx', path('./support/make-bundle.ts'), String(n), bundle]);
    const before = hashRate();
    const run = await verify(bundle);
    const rate = (before + hashRate()) / 2;
    runs.push(run);
    console.log(
      `${run.leaves} leaves of ${Math.round(statSync(bundle).size / 1e6)} MB in ${run.seconds.toFixed(1)} s, of the processor ${run.cpuSeconds.toFixed(1)} s, start of the process included; peak ${Math.round(run.peakMb)} MB; ` +
        `SHA-256 of 64 bytes at the same time: ${Math.round(rate)}/s, of which a leaf takes the time of ${((rate * run.seconds) / run.leaves).toFixed(1)}`,
    );
    rmSync(bundle);
  }
  const [small, whole] = runs as [Run, Run];
  console.log(
    `memory for each further leaf: ${Math.round(((whole.peakMb - small.peakMb) * 1e6) / (whole.leaves - small.leaves))} bytes`,
  );
  console.log(
    JSON.stringify({
      bench: 'verify',
      leaves_per_s: Math.round(whole.leaves / whole.seconds),
      peak_mb: Math.round(whole.peakMb),
    }),
  );
} finally {
  rmSync(directory, { recursive: true, force: true });
}
