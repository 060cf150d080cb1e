/**
 * Yields to the event loop during long work on the main thread, so that answers are served while a roll of a million rows is
 * read.
 */
import { setImmediate } from 'node:timers/promises';

/** Await it between small pieces of work; it yields if `milliseconds` have passed since the last time. */
export function createYielder(milliseconds = 8): () => Promise<void> | undefined {
  let since = performance.now();
  return () => {
    if (performance.now() - since < milliseconds) return undefined;
    return setImmediate().then(() => {
      since = performance.now();
    });
  };
}
