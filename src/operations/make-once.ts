/**
 * What a form makes, made once, whichever of several processes gets the form and its repetition: the page carries the id of what will be made, and the database
 * knows each id once. The id is no secret, and nothing else is kept of the form.
 */
import { AppError } from '../domain/errors.ts';
import type { Deps } from './deps.ts';

export interface Making<Id extends string, T> {
  /** What has this id and is what the form asks for; `other`: something else has it, as the page was gone back to and filled in anew; undefined: nothing. */
  find(this: void, id: Id): Promise<T | 'other' | undefined>;
  /** @throws AppError conflict if there is one already */
  make(this: void, id: Id): Promise<T>;
}

/**
 * @param promised to the page; undefined: to none
 * @returns what is made now, or was made by the same form
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
    // The same form at another process, at the same time: its transaction was first.
    const meanwhile = await find(promised);
    if (meanwhile === undefined || meanwhile === 'other') throw error;
    return meanwhile;
  }
}
