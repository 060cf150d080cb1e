/** The audit trail as a table to save. */
import type { TrailEntry } from '../domain/model/trail.ts';
import { csvChunks } from '../tabular/write.ts';
import type { Row } from '../tabular/cells.ts';
import type { Translate } from '../texts/texts.ts';
import { actionName, trailCells, type TrailNames } from '../texts/trail-words.ts';
import { serviceMinute } from '../domain/time-zone.ts';

/** For a report about it, and for proof: words first, the stored entry at the end. */
export function trailCsv(
  t: Translate,
  entries: AsyncIterable<TrailEntry>,
  names: TrailNames,
): AsyncGenerator<Uint8Array, void, undefined> {
  async function* rows(): AsyncGenerator<Row> {
    for await (const e of entries)
      yield [
        e.no,
        serviceMinute(e.at),
        e.actor,
        t(`staff.role.${e.role}`),
        t(`staff.trail.via.${e.via}`),
        actionName(t, e.action),
        ...trailCells(t, e, names),
        JSON.stringify({ action: e.action, campaign: e.campaign, county: e.county, details: e.details }),
      ];
  }
  const columns = ['no', 'when', 'who', 'role', 'via', 'what', 'campaign', 'county', 'details', 'stored'];
  return csvChunks(
    columns.map((column) => t(`staff.trail.column.${column}`)),
    rows(),
  );
}
