/** Before the first test: are Chromium and Java there for the tests that need them? Root on Debian or Ubuntu gets them at once; everybody else is told how. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { installCommand, missingPackages } from './programs.ts';

export default function setup(): void {
  const wanted = missingPackages();
  if (wanted.length === 0) return;
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    const apt = (...args: string[]) =>
      execFileSync('apt-get', args, {
        stdio: ['ignore', 'ignore', 'inherit'],
        env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      });
    try {
      apt('update');
      apt('install', '-y', '--no-install-recommends', ...wanted);
    } catch {
      // The sentence below says what is missing.
    }
  }
  const missing = missingPackages();
  if (missing.length > 0)
    process.stderr.write(
      `\nMissing, so tests in the browser or of the markup will fail: ${missing.join(', ')}. Get all with:\n  ${installCommand}\n\n`,
    );
}
