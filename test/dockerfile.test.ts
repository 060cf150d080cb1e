/** Without a daemon the image is not built here; what its file names must exist, and what the build reads must be let in. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const root = new URL('../', import.meta.url);
const read = (name: string) => readFileSync(new URL(name, root), 'utf8');
const lines = read('Dockerfile').replaceAll('\\\n', ' ').split('\n');
const copies = lines.filter((line) => line.startsWith('COPY ')).map((line) => line.split(/\s+/).slice(1));
const own = copies.filter(([first]) => !first!.startsWith('--')).flatMap((words) => words.slice(0, -1));

describe('Dockerfile', () => {
  test('copies only what exists, and .dockerignore lets it in', () => {
    const allowed = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    expect(own.length).toBeGreaterThan(5);
    for (const path of own) {
      expect(existsSync(new URL(path, root)), path).toBe(true);
      expect(allowed).toContain(path.replace(/^\.\//, ''));
    }
  });

  test('takes from the first stage what an installation consists of', () => {
    const taken = copies
      .filter(([first]) => first === '--from=build')
      .map(([, path]) => path!.replace('/app/', ''));
    expect(taken.sort()).toEqual(['dist', 'migrations', 'node_modules', 'package.json', 'survey-templates']);
  });

  test('runs as a user without rights, says how it is, and is told to stop as the service expects', () => {
    const at = (start: string) => lines.findLastIndex((line) => line.startsWith(start));
    expect(lines[at('USER ')]).toBe('USER node');
    expect(at('USER ')).toBeLessThan(at('CMD '));
    expect(lines[at('HEALTHCHECK ')]).toContain('/healthz');
    expect(lines[at('CMD ')]).toBe('CMD ["node", "--single-threaded-gc", "dist/server.js"]');
  });
});
