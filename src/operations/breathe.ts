/** Lets the event loop serve others during long work on the main thread: answering goes on while a roll of a million rows is read. */
import { setImmediate } from 'node:timers/promises';

/** To be awaited between small pieces of work; gives way once `milliseconds` have passed since it last did. */
export function createBreather(milliseconds = 8): () => Promise<void> | undefined {
  let since = performance.now();
  return () => {
    if (performance.now() - since < milliseconds) return undefined;
    return setImmediate().then(() => {
      since = performance.now();
    });
  };
}
