/** The page: bundle and checkpoints are chosen from the disk, with the same report. Nothing is sent anywhere. */
import { readJsonSummary } from '../../domain/evidence/verify/against.ts';
import { createLineReader } from '../../domain/evidence/verify/lines.ts';
import { verifyBundle } from '../../domain/evidence/verify/verify-bundle.ts';
import { reportLines } from './report.ts';
import { sayIn } from './texts.ts';

interface PageFile {
  stream(): AsyncIterable<Uint8Array> & {
    getReader(): { read(): Promise<{ done: boolean; value?: Uint8Array }> };
  };
  text(): Promise<string>;
}
interface PageElement {
  textContent: string;
  className: string;
  readonly files: ArrayLike<PageFile> | null;
  readonly value: string;
  addEventListener(type: string, listener: () => void): void;
}
interface Page {
  readonly document: { getElementById(id: string): PageElement; readonly documentElement: { lang: string } };
  readonly navigator: { readonly language: string };
}
const { document, navigator } = globalThis as unknown as Page;
const say = sayIn(navigator.language);
const element = (id: string) => document.getElementById(id);

async function* linesOf(file: PageFile): AsyncGenerator<readonly string[], void, undefined> {
  const lines = createLineReader();
  const reader = file.stream().getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done || !value) break;
    yield lines.push(value);
  }
  lines.end();
}

async function run(): Promise<void> {
  const bundle = element('bundle').files?.[0];
  if (!bundle) return;
  const report = element('report');
  report.className = '';
  report.textContent = say('verify.working');
  try {
    const texts = (id: string) => Promise.all(Array.from(element(id).files ?? [], (f) => f.text()));
    const [checkpoints, receipts] = [await texts('checkpoints'), await texts('receipts')];
    const [canaries] = await texts('canaries');
    const [against] = await texts('against');
    const [policy] = await texts('policy');
    const key = element('key').value.trim();
    const result = await verifyBundle(() => linesOf(bundle), {
      checkpoints,
      receipts,
      canaries,
      key: key === '' ? undefined : key,
      policy,
      against: against === undefined ? undefined : readJsonSummary(against),
    });
    report.className = result.ok ? 'ok' : 'bad';
    report.textContent = reportLines(result, say).join('\n');
  } catch (error) {
    report.className = 'bad';
    report.textContent = String(error);
  }
}

document.documentElement.lang = /^en/i.test(navigator.language) ? 'en' : 'zh-CN';
for (const id of [
  'title',
  'intro',
  'label-bundle',
  'label-checkpoints',
  'label-receipts',
  'label-canaries',
  'label-against',
  'label-policy',
  'label-key',
  'start',
])
  element(id).textContent = say(`verify.page.${id}`);
element('start').addEventListener('click', () => void run());
