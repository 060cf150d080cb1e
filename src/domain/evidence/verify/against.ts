/** Compares a published summary with the one that follows from the bundle. */
import { AppError } from '../../errors.ts';
import { canonicalJson, fromBase64, toHex } from '../../hash.ts';
import type { Summary } from '../../scoring/summary/summary.ts';
import type { Run } from './run.ts';
import type { StatedHead, SummaryDifference, SummaryFile } from './verification.ts';

/** Registers, before the leaves are read, that the log must have had the summary's root at its size. */
export function expectStatedHeads(run: Run): void {
  for (const { origin, size, root } of run.options.against?.logs ?? []) {
    if (origin !== run.key?.name) continue;
    // Figures may be read after the contents were handed over.
    if (size > (run.head?.leaves ?? 0)) run.later = size;
    else run.want(size, hexOf(root), 'summary');
  }
}

function hexOf(base64: string): string {
  try {
    return toHex(fromBase64(base64));
  } catch {
    return base64;
  }
}

/** Compares a published summary with the one computed from the bundle. */
export function checkAgainst(run: Run, summary: Summary | null): void {
  const file = run.options.against;
  if (!file) return;
  if (summary === null) run.find('against', null, 'a summary that follows from the bundle', 'none');
  else
    for (const { path, expected, found } of file.compare(summary))
      run.find('against', null, `${path}: ${expected}`, found);
}

/**
 * The output of `manyi summary --format json`, of the API, or a publication: one summary or several.
 * @throws AppError invalid `evidence.against`
 */
export function readJsonSummary(text: string): SummaryFile {
  const fault = () => new AppError('invalid', 'evidence.against');
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\ufeff/, ''));
  } catch {
    throw fault();
  }
  const summaries = summariesIn(value);
  if (summaries.length === 0) throw fault();
  return {
    logs: summaries.flatMap(({ log }) => (isHead(log) ? [log] : [])),
    compare(own) {
      const stated = summaries.find(
        ({ campaign, county }) =>
          isOf(campaign, 'id', own.campaign.id) && isOf(county, 'code', own.county.code),
      );
      if (!stated)
        return [
          { path: 'county', expected: `${own.campaign.id} ${own.county.code}`, found: 'no summary of it' },
        ];
      const { log: _log, audit: _audit, ...rest } = stated;
      return differences('', JSON.parse(JSON.stringify(own)), rest);
    },
  };
}

type Members = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Members =>
  value !== null && typeof value === 'object' && !Array.isArray(value);
const isOf = (value: unknown, name: string, wanted: string) => isObject(value) && value[name] === wanted;

function summariesIn(value: unknown): readonly Members[] {
  if (Array.isArray(value)) return value.flatMap(summariesIn);
  if (!isObject(value)) return [];
  if ('official' in value && 'verdict' in value) return [value];
  return ['summary', 'summaries', 'counties'].flatMap((name) => summariesIn(value[name]));
}

function isHead(value: unknown): value is StatedHead {
  return (
    isObject(value) &&
    typeof value['origin'] === 'string' &&
    Number.isSafeInteger(value['size']) &&
    typeof value['root'] === 'string'
  );
}

const shown = (value: unknown) => (value === undefined ? 'nothing' : canonicalJson(value).slice(0, 200));

/** Compares member by member and element by element, as deep as both go. */
function differences(path: string, expected: unknown, found: unknown): readonly SummaryDifference[] {
  if (Array.isArray(expected) && Array.isArray(found)) {
    const length = Math.max(expected.length, found.length);
    return Array.from({ length }, (_, i) => differences(`${path}[${i}]`, expected[i], found[i])).flat();
  }
  if (isObject(expected) && isObject(found))
    return [...new Set([...Object.keys(expected), ...Object.keys(found)])].flatMap((name) =>
      differences(path === '' ? name : `${path}.${name}`, expected[name], found[name]),
    );
  if (expected === found) return [];
  return [{ path, expected: shown(expected), found: shown(found) }];
}
