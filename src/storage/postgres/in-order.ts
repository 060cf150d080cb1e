/** One after the other, because the queries of a transaction share its connection. */
export async function mapInOrder<T, R>(
  list: readonly T[],
  fn: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  for (const [i, item] of list.entries()) results.push(await fn(item, i));
  return results;
}
