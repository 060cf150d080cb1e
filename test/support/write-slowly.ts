/** Writes a file or a folder as a command does, and waits in the middle until it is killed. */
import { writeFolder, writeWhole } from '../../src/cli/files.ts';

const [kind, target] = process.argv.slice(2) as [string, string];
const endless = () => {
  process.stdout.write('half');
  return new Promise<never>(() => setInterval(() => undefined, 1_000));
};

if (kind === 'file')
  await writeWhole(
    target,
    (async function* () {
      yield 'first half\n';
      await new Promise((r) => setTimeout(r, 50));
      await endless();
    })(),
  );
else
  await writeFolder(
    target,
    ['a.json', 'b.json'],
    (async function* () {
      yield { name: 'a.json', content: ['{}'] };
      await endless();
    })(),
  );
