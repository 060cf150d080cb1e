/** The end of the storage period. */
import { first, type Run } from './run.ts';

/** From here on contents may be missing, but not before the end of the storage period. */
export function takeErasure(run: Run, index: number, tallies: string, at: number): void {
  const until = first(run, 'open')?.storageUntil ?? 0;
  if (!run.states.has('closed')) run.find('order', index, 'closed before', 'erased');
  if (at < until)
    run.find('order', index, `not before ${new Date(until).toISOString()}`, new Date(at).toISOString());
  if (run.lastHash !== tallies) run.find('tallies', index, tallies, String(run.lastHash));
  run.erasedAt = at;
}
