/** `npm run test:setup`: installs the programs that tests need, on Debian and Ubuntu, as root or through sudo. */
import { spawnSync } from 'node:child_process';
import { installCommand, missingPackages, furtherPackages } from './support/programs.ts';

const missing = [...new Set([...missingPackages(), ...furtherPackages()])];
if (missing.length === 0) process.stdout.write('Every program that the tests need is there.\n');
else {
  const sudo = process.getuid?.() === 0 ? [] : ['sudo'];
  const apt = (...args: string[]): number => {
    const [command, ...rest] = [...sudo, 'apt-get', ...args];
    return (
      spawnSync(command!, rest, {
        stdio: 'inherit',
        env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      }).status ?? 1
    );
  };
  process.exitCode = apt('update') || apt('install', '-y', '--no-install-recommends', ...missing);
  if (process.exitCode !== 0) process.stderr.write(`That failed. The command is:\n  ${installCommand}\n`);
}
