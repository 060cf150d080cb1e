// The verifier without anything around it: one file for plain node, and one page that works without network. Goes to dist/verifier.
import { build } from 'esbuild';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const target = process.argv[2] ?? path('../dist/verifier');
mkdirSync(target, { recursive: true });
const common = { bundle: true, write: false, charset: 'utf8', legalComments: 'none', minifySyntax: true };

const forNode = await build({
  ...common,
  entryPoints: [path('cli/verifier/node.ts')],
  platform: 'node',
  format: 'esm',
  target: 'node20',
});
writeFileSync(`${target}/manyi-verify.mjs`, forNode.outputFiles[0].text);

const forPage = await build({
  ...common,
  entryPoints: [path('cli/verifier/browser.ts')],
  platform: 'browser',
  format: 'iife',
  target: 'es2022',
  minify: true,
  alias: { 'node:crypto': path('cli/verifier/crypto-browser.ts') },
  inject: [path('cli/verifier/crypto-browser.ts')],
});
const script = forPage.outputFiles[0].text.replaceAll('</script', '<\\/script');
const page = readFileSync(path('cli/verifier/page.html'), 'utf8');
writeFileSync(
  `${target}/verify.html`,
  page.replace('<script></script>', () => `<script>\n${script}</script>`),
);
