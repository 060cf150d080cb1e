/** Before the first test: is there a browser for the tests that need one? Root on Debian or Ubuntu gets it at once; everybody else is told how. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { findChromium, installCommand } from './chromium.ts';

export default function setup(): void {
  if (findChromium() !== undefined) return;
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    const apt = (...args: string[]) =>
      execFileSync('apt-get', args, {
        stdio: ['ignore', 'ignore', 'inherit'],
        env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      });
    try {
      apt('update');
      apt('install', '-y', '--no-install-recommends', 'chromium', 'fonts-noto-cjk');
    } catch {
      // The sentence below says what is missing.
    }
  }
  if (findChromium() === undefined)
    process.stderr.write(
      `\nChromium is missing, so the browser tests will fail. Get it with:\n  ${installCommand}\n\n`,
    );
}
