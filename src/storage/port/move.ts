/** Moving a whole installation from one engine to the other: which database is active, and the rows themselves. */
import type { MoveMark, MoveStep } from '../../domain/service-move.ts';
import type { Stamp } from '../../domain/model/stamp.ts';

export interface MoveReader {
  /** null: this database is active. */
  findMove(): Promise<MoveMark | null>;
}

export interface MoveWriter {
  /** @throws AppError as `decideMove` */
  recordMove(stamp: Stamp, step: MoveStep): Promise<void>;
}

/**
 * Every table of an installation, each after those that it refers to, with the columns that order its rows. Tables private to an
 * engine are not included.
 */
export const movedTables = {
  users: ['id'],
  recovery_codes: ['user', 'hash'],
  sessions: ['id'],
  api_tokens: ['id'],
  ended_sessions: ['id'],
  divisions: ['code'],
  documents: ['hash'],
  templates: ['no'],
  campaigns: ['no'],
  campaign_counties: ['campaign', 'county'],
  schools: ['campaign', 'county', 'id'],
  imports: ['id'],
  import_rows: ['import', 'no'],
  import_faults: ['import', 'no'],
  roll_statements: ['campaign', 'county', 'entry', 'source', 'school', 'grade'],
  roll_files: ['id'],
  roll_file_pages: ['file', 'no'],
  roll_hand_ins: ['campaign', 'county', 'no'],
  upload_links: ['token_hash'],
  reminder_requests: ['campaign', 'county', 'no'],
  contacts: ['campaign', 'county', 'entry'],
  contact_schools: ['campaign', 'county', 'entry', 'school', 'grade'],
  sampling_strata: ['campaign', 'county', 'no'],
  reporting_strata: ['campaign', 'county', 'no'],
  issued: ['campaign', 'county', 'pseudonym'],
  code_exports: ['id'],
  links: ['id'],
  responses: ['campaign', 'county', 'pseudonym', 'revision'],
  tallies: [
    ...(['campaign', 'county', 'questionnaire', 'sampling_stratum', 'reporting_stratum'] as const),
    ...(['channel', 'counted_set', 'valid'] as const),
  ],
  first_tallies: [
    ...(['campaign', 'county', 'questionnaire', 'sampling_stratum', 'reporting_stratum'] as const),
    ...(['channel', 'counted_set', 'valid'] as const),
  ],
  reanswers: ['campaign', 'county', 'reporting_stratum'],
  delivery_fates: ['campaign', 'county', 'entry'],
  fate_counts: ['campaign', 'county', 'reporting_stratum', 'counted_set'],
  ineligibles: ['no'],
  slot_alarms: ['campaign', 'county', 'reporting_stratum', 'kind', 'lot'],
  flags: ['campaign', 'county', 'reporting_stratum', 'kind', 'lot'],
  texts: ['campaign', 'county', 'text_id', 'item'],
  pressure_reports: ['campaign', 'county', 'report_id', 'source'],
  sealed_parts: ['campaign', 'no'],
  rate_snapshots: ['campaign', 'county', 'day'],
  proposals: ['id'],
  voids: ['no'],
  trail: ['no'],
  audits: ['campaign', 'county'],
  service_state: ['no'],
  evidence_logs: ['campaign', 'county'],
  evidence_leaves: ['campaign', 'county', 'no'],
  evidence_references: ['campaign', 'county', 'no'],
  evidence_tiles: ['campaign', 'county', 'level', 'no'],
  checkpoints: ['campaign', 'county', 'size'],
  cosignatures: ['campaign', 'county', 'size', 'witness'],
  witness_posts: ['campaign', 'county', 'witness', 'size'],
  canaries: ['campaign', 'county', 'entry'],
  inspection_versions: ['campaign', 'county', 'no'],
  sendings: ['campaign', 'county', 'no'],
  outbox: ['campaign', 'county', 'sending', 'recipient'],
  early_receipts: ['campaign', 'provider'],
  message_counts: [
    ...(['campaign', 'county', 'sending', 'reporting_stratum'] as const),
    ...(['counted_set', 'state', 'reason', 'day'] as const),
  ],
  messaged_numbers: ['digest'],
  replies: ['channel', 'day'],
  do_not_contact: ['digest'],
} as const;
export type MovedTable = keyof typeof movedTables;
export const movedTableNames = Object.keys(movedTables) as readonly MovedTable[];

/** In the order of the schema's columns, without the mark of `MoveReader`, which belongs to each database. */
export type MovedRow = readonly (number | string | Uint8Array | null)[];

/** Numbers assigned by the engine: the highest ever assigned, so that none is reused. */
export const countedTables = ['campaigns', 'voids', 'ineligibles'] as const;
export type Counters = Readonly<Record<(typeof countedTables)[number], number>>;

/** The tables of one database, as long as nobody else changes it. */
export interface TableReader {
  countRows(table: MovedTable): Promise<number>;
  /** In key order, some thousand rows or some megabytes at a time. */
  readTable(table: MovedTable): AsyncIterable<readonly MovedRow[]>;
  readCounters(): Promise<Counters>;
  close(): Promise<void>;
}

/** The database to be filled. Each part is durable before the next one is requested. */
export interface TableWriter extends TableReader {
  /** Deletes everything but the mark: the rest of an interrupted copy. */
  clear(): Promise<void>;
  /**
   * Into an empty table.
   * @throws AppError conflict `move.not-storable` naming the table if the engine cannot store a value
   */
  writeTable(table: MovedTable, parts: AsyncIterable<readonly MovedRow[]>): Promise<void>;
  /** After the last table. */
  finish(counters: Counters): Promise<void>;
}
