/** One file for plain node: `node manyi-verify.mjs BUNDLE [--checkpoint FILE]… [--receipt FILE]… [--canaries FILE] [--against SUMMARY.json] [--witness KEY]… [--policy FILE] [--key KEY] [--lang en] [--json]`. */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { readJsonSummary } from '../../domain/evidence/verify/against.ts';
import { verifyBundle } from '../../domain/evidence/verify/verify-bundle.ts';
import { fileLines } from './file-lines.ts';
import { reportLines } from './report.ts';
import { sayIn } from './texts.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    checkpoint: { type: 'string', multiple: true },
    canaries: { type: 'string' },
    receipt: { type: 'string', multiple: true },
    key: { type: 'string' },
    against: { type: 'string' },
    witness: { type: 'string', multiple: true },
    policy: { type: 'string' },
    lang: { type: 'string' },
    json: { type: 'boolean' },
  },
});
const [bundle] = positionals;
const say = sayIn(values.lang ?? process.env['LANG'] ?? '');
if (bundle === undefined) {
  process.stderr.write(`${say('verify.usage')}\n`);
  process.exitCode = 64;
} else {
  const result = await verifyBundle(() => fileLines(bundle), {
    checkpoints: (values.checkpoint ?? []).map((file) => readFileSync(file, 'utf8')),
    receipts: (values.receipt ?? []).map((file) => readFileSync(file, 'utf8')),
    canaries: values.canaries === undefined ? undefined : readFileSync(values.canaries, 'utf8'),
    key: values.key,
    witnesses: values.witness ?? [],
    policy: values.policy === undefined ? undefined : readFileSync(values.policy, 'utf8'),
    against: values.against === undefined ? undefined : readJsonSummary(readFileSync(values.against, 'utf8')),
  });
  process.stdout.write(
    values.json ? `${JSON.stringify(result, null, 2)}\n` : `${reportLines(result, say).join('\n')}\n`,
  );
  process.exitCode = result.ok ? 0 : 1;
}
