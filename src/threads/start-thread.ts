/** Starts the program's own threads, from what was built or from the sources. */
import { Worker, type WorkerOptions } from 'node:worker_threads';

/** @param entry address of the thread's module, without `.ts` or `.js` */
export function startThread(entry: URL, options: WorkerOptions = {}): Worker {
  if (!import.meta.url.endsWith('.ts')) return new Worker(new URL(`${entry.href}.js`), options);
  // From the sources (demo, tests): no Node version that is supported runs them in a thread by itself.
  const bundler = new URL('../bundle-thread.mjs', import.meta.url).href;
  const script = `import(${JSON.stringify(bundler)}).then(({ bundleThread }) => bundleThread(${JSON.stringify(`${entry.href}.ts`)})).then((bundle) => import(bundle));`;
  return new Worker(script, { ...options, eval: true });
}
