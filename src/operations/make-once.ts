/**
 * Creates the object of a form only once, whichever of several processes gets the form and its repetition. The page carries the
 * id of the future object, and the database knows each id once. The id is not secret, and nothing else of the form is stored.
 */
import { AppError } from '../domain/errors.ts';
import type { Deps } from './deps.ts';

export interface Making<Id extends string, T> {
  /**
   * The object with this id, if it is what the form requests; `other`: another object has it, because the user went back and
   * changed the form; undefined: none.
   */
  find(this: void, id: Id): Promise<T | 'other' | undefined>;
  /** @throws AppError conflict if it exists already */
  make(this: void, id: Id): Promise<T>;
}

/**
 * @param promised id on the page; undefined: none
 * @returns the new object, or the one made by the same form
 */
export async function makeOnce<Id extends string, T>(
  deps: Pick<Deps, 'newId'>,
  promised: Id | undefined,
  { find, make }: Making<Id, T>,
): Promise<T> {
  const fresh = () => make(deps.newId() as Id);
  if (promised === undefined) return fresh();
  const before = await find(promised);
  if (before !== undefined) return before === 'other' ? fresh() : before;
  try {
    return await make(promised);
  } catch (error) {
    if (!(error instanceof AppError) || error.kind !== 'conflict') throw error;
    // The same form at another process, at the same time: its transaction came first.
    const meanwhile = await find(promised);
    if (meanwhile === undefined || meanwhile === 'other') throw error;
    return meanwhile;
  }
}
