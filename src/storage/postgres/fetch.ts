/**
 * Reads whole tables through a cursor. The number of rows per fetch follows the largest row seen, because some tables have rows
 * of a megabyte.
 */
import type { MovedRow } from '../port/move.ts';
import { bytesPerPart, rowsPerPart, sizeOf } from '../shared/moved-rows.ts';
import type { Raw } from './raw.ts';

/** In the caller's transaction. */
export async function* fetchInParts(raw: Raw, sql: string): AsyncGenerator<readonly MovedRow[]> {
  await raw.exec(`DECLARE whole NO SCROLL CURSOR FOR ${sql}`);
  let count = 16;
  for (;;) {
    const { rows } = await raw.client.query<(number | string | Buffer | null)[]>({
      text: `FETCH ${count} FROM whole`,
      rowMode: 'array',
    });
    if (rows.length > 0) yield rows;
    if (rows.length < count) break;
    const largest = Math.max(1, ...rows.map(sizeOf));
    count = Math.max(1, Math.min(rowsPerPart, 4 * count, Math.floor(bytesPerPart / largest)));
  }
  await raw.exec('CLOSE whole');
}
