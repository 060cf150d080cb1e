/** Checks that the log is complete up to the hand-over of the bundle, and that the first line agrees with that leaf. */
import { all, indexOf, type Run } from './run.ts';

/**
 * A bundle is given only after close, and its last leaf records the hand-over. A log without these leaves was truncated.
 * @returns whether it is complete
 */
export function checkHandOver(run: Run): boolean {
  for (const type of ['keys-destroyed', 'closed', 'bundle'] as const)
    if (!run.states.has(type)) {
      const last = run.events.at(-1)?.type ?? 'nothing';
      run.find('incomplete', null, type, `${run.tree.size} leaves, the last of state: ${last}`);
      return false;
    }
  checkHead(run);
  checkSigned(run);
  return true;
}

/** Whether the log states what belongs to a bundle. Leaves of earlier versions do not. */
export const statesHandOver = (run: Run) => all(run, 'bundle').at(-1)?.checkpoints !== undefined;

function checkHead(run: Run): void {
  if (!run.head) return;
  const { exportedAt, version } = run.head;
  const last = all(run, 'bundle').at(-1)!;
  const isStated = statesHandOver(run);
  if (isStated ? exportedAt !== last.at : exportedAt < last.at)
    run.find('head', indexOf(run, 'bundle'), `exportedAt ${last.at}`, `exportedAt ${exportedAt}`);
  const isErased = run.erasedAt !== null;
  // Before version 2 existed, bundles without answers were marked as version 1.
  if ((version === 2) !== isErased && (isStated || version === 2))
    run.find('head', null, `version ${isErased ? 2 : 1}`, `version ${version}`);
}

/** A signed head is kept somewhere outside: a bundle that omits it hides what it was signed over. */
function checkSigned(run: Run): void {
  const there = new Set(run.sizes);
  for (const [size, leaf] of run.stated)
    if (!there.has(size)) run.find('checkpoint-dropped', leaf, `a checkpoint of ${size} leaves`, 'none');
}

/** Time of the last hand-over, milliseconds since 1970; null: none. */
export const handedOverAt = (run: Run): number | null => all(run, 'bundle').at(-1)?.at ?? null;
