/**
 * The tables of ../sqlite/schema.ts on PostgreSQL, with the same names; a test compares the two, and this file with the migrated
 * database. The purpose of each is in ../README.md. `partitions.ts` makes partitions, which drizzle cannot express. Above 500
 * lines in one file, because tables refer to one another and are read together.
 */
import { sql } from 'drizzle-orm';
import {
  bigint,
  check,
  customType,
  doublePrecision,
  foreignKey,
  index,
  integer,
  pgTable,
  primaryKey,
  uniqueIndex,
} from 'drizzle-orm/pg-core';

/** Sorted and compared byte by byte, as on SQLite, whatever the collation of the database. */
const text = customType<{ data: string }>({ dataType: () => 'text COLLATE "C"' });
const bytes = customType<{ data: Buffer }>({ dataType: () => 'bytea' });
/** Times and sizes: values that may exceed 2^31. */
const long = (name = '') => bigint(name, { mode: 'number' });

export const users = pgTable('users', {
  id: text().primaryKey(),
  login: text().notNull().unique(),
  name: text().notNull(),
  role: text().notNull(),
  counties: text().notNull(),
  passwordHash: text('password_hash').notNull(),
  disabled: integer().notNull().default(0),
  sessionEpoch: integer('session_epoch').notNull().default(0),
  createdAt: long('created_at').notNull(),
  /** Someone else chose the password: it must be changed before anything else. */
  mustChangePassword: integer('must_change_password').notNull().default(0),
  /** Secret of the time-based codes, sealed under a key of the installation; null: not enrolled. */
  secondFactor: bytes('second_factor'),
  secondFactorAt: long('second_factor_at'),
  /** The last period whose code was used: no code is valid twice. */
  secondFactorStep: long('second_factor_step'),
  /** The account's subject at the identity provider, stored at the first log-in through it. */
  oidcSubject: text('oidc_subject'),
});

export const recoveryCodes = pgTable(
  'recovery_codes',
  {
    user: text()
      .notNull()
      .references(() => users.id),
    hash: bytes('hash').notNull(),
  },
  (t) => [primaryKey({ columns: [t.user, t.hash] })],
);

/** Log-ins, and the sessions that they started. */
export const sessions = pgTable(
  'sessions',
  {
    id: text().primaryKey(),
    user: text()
      .notNull()
      .references(() => users.id),
    epoch: integer().notNull(),
    beganAt: long('began_at').notNull(),
    expiresAt: long('expires_at').notNull(),
    network: text().notNull(),
    device: text().notNull(),
  },
  (t) => [index('sessions_user').on(t.user, t.beganAt), index('sessions_began_at').on(t.beganAt)],
);

export const apiTokens = pgTable(
  'api_tokens',
  {
    id: text().primaryKey(),
    user: text()
      .notNull()
      .references(() => users.id),
    name: text().notNull(),
    scopes: text().notNull(),
    hash: bytes('hash').notNull(),
    createdAt: long('created_at').notNull(),
    expiresAt: long('expires_at').notNull(),
    /** To the day. */
    lastUsedAt: long('last_used_at'),
    revokedAt: long('revoked_at'),
  },
  (t) => [index('api_tokens_user').on(t.user)],
);

export const endedSessions = pgTable(
  'ended_sessions',
  {
    id: text().primaryKey(),
    expiresAt: long('expires_at').notNull(),
  },
  (t) => [index('ended_sessions_expires_at').on(t.expiresAt)],
);

export const divisions = pgTable('divisions', {
  code: text().primaryKey(),
  name: text().notNull(),
  asOf: text('as_of').notNull(),
});

export const documents = pgTable('documents', {
  hash: text().primaryKey(),
  kind: text().notNull(),
  body: text().notNull(),
});

/** Questionnaires and rule profiles added by users, one row per version (domain/model/template.ts). */
export const templates = pgTable(
  'templates',
  {
    no: integer().primaryKey(),
    kind: text().notNull(),
    id: text().notNull(),
    version: integer().notNull(),
    hash: text()
      .notNull()
      .references(() => documents.hash),
    origin: text().notNull(),
    note: text().notNull(),
    addedAt: long('added_at').notNull(),
    addedBy: text('added_by').notNull(),
    /** When, by whom and why it was withdrawn, JSON. */
    withdrawn: text(),
  },
  (t) => [
    uniqueIndex('templates_version').on(t.kind, t.id, t.version),
    check('templates_kind', sql`${t.kind} IN ('questionnaire', 'profile')`),
    check('templates_origin', sql`${t.origin} IN ('file', 'xlsform', 'adapted')`),
  ],
);

export const campaigns = pgTable('campaigns', {
  /** Short number for the wide tables; never shown. */
  no: integer().primaryKey().generatedByDefaultAsIdentity(),
  id: text().notNull().unique(),
  name: text().notNull(),
  purpose: text().notNull(),
  commissioner: text().notNull(),
  commissionerPhone: text('commissioner_phone').notNull(),
  state: text().notNull(),
  closesAt: long('closes_at').notNull(),
  storageUntil: long('storage_until').notNull(),
  selfAdministered: integer('self_administered').notNull(),
  demo: integer().notNull(),
  profile: text()
    .notNull()
    .references(() => documents.hash),
  questionnaires: text().notNull(),
  keyChecks: text('key_checks').notNull(),
  createdAt: long('created_at').notNull(),
  openedAt: long('opened_at'),
  closingStep: text('closing_step'),
  closedAt: long('closed_at'),
  releasedAt: long('released_at'),
  expiryStep: text('expiry_step'),
  expiredAt: long('expired_at'),
  /** Fixed at opening (domain/answer/revision.ts). */
  revisionRule: integer('revision_rule').notNull().default(1),
  /** Fixed at opening (domain/scoring/suppression/rule.ts). */
  disclosureRule: integer('disclosure_rule').notNull().default(1),
});

const campaignNo = () =>
  integer('campaign')
    .notNull()
    .references(() => campaigns.no);

export const campaignCounties = pgTable(
  'campaign_counties',
  {
    campaign: campaignNo(),
    county: text().notNull(),
    name: text().notNull(),
    residents: long(),
    residentsAsOf: text('residents_as_of'),
    slips: text().notNull(),
    frameState: text('frame_state').notNull(),
    frameRoot: bytes('frame_root'),
    frameSize: integer('frame_size'),
    frozenAt: long('frozen_at'),
    draw: text(),
    lot: integer().notNull().default(0),
    /** Incremented with each change of an entry: tells readers that page through the roll whether it changed. */
    frameVersion: integer('frame_version').notNull().default(0),
  },
  (t) => [primaryKey({ columns: [t.campaign, t.county] })],
);

const ofCounty = (t: { campaign: never; county: never }) =>
  foreignKey({
    columns: [t.campaign, t.county],
    foreignColumns: [campaignCounties.campaign, campaignCounties.county],
  });

export const schools = pgTable(
  'schools',
  {
    campaign: integer().notNull(),
    county: text().notNull(),
    id: text().notNull(),
    name: text().notNull(),
    category: text().notNull(),
    location: text(),
    level: text(),
    ownership: text().notNull(),
    pupils: integer(),
    staff: integer(),
    township: text().notNull(),
    parent: text(),
    /** Of a school that was first listed without one; else the id is the code. */
    code: text(),
    /** JSON list of other names: short and former ones. */
    aliases: text().notNull().default('[]'),
  },
  (t) => [primaryKey({ columns: [t.campaign, t.county, t.id] }), ofCounty(t as never)],
);

export const imports = pgTable(
  'imports',
  {
    id: text().primaryKey(),
    campaign: integer().notNull(),
    county: text().notNull(),
    group: text('grp').notNull(),
    fileName: text('file_name').notNull(),
    fileHash: text('file_hash'),
    state: text().notNull(),
    summary: text(),
    by: text().notNull(),
    at: long().notNull(),
    added: integer().notNull().default(0),
    duplicates: integer().notNull().default(0),
    joined: integer().notNull().default(0),
    lateReason: text('late_reason'),
    /** Counts up: a later import's grades replace an earlier one's. */
    no: integer().notNull().default(0),
    corrected: integer().notNull().default(0),
    /** The file stored until it was confirmed; null if a program sent group and columns with it. */
    file: text(),
    /** Why it was applied in spite of warnings. */
    reason: text(),
    /** Order in which rolls were applied; 0: not yet, or by a version that could not withdraw. */
    appliedNo: integer('applied_no').notNull().default(0),
    /** JSON: who withdrew it, when, why, and how many contacts were removed. */
    withdrawal: text(),
  },
  (t) => [index('imports_county').on(t.campaign, t.county), ofCounty(t as never)],
);

export const importRows = pgTable(
  'import_rows',
  {
    import: text()
      .notNull()
      .references(() => imports.id),
    no: integer().notNull(),
    group: text('grp').notNull(),
    school: text(),
    grade: integer(),
    digest: bytes('digest').notNull(),
    entry: bytes('entry').notNull(),
    sealed: bytes('sealed').notNull(),
    hasPhone: integer('has_phone').notNull(),
    /** Keyed digest of all numbers of a household that gave several: the same ones in another order are the same contact. */
    household: bytes('household'),
  },
  (t) => [primaryKey({ columns: [t.import, t.no] })],
);

export const importFaults = pgTable(
  'import_faults',
  {
    import: text()
      .notNull()
      .references(() => imports.id),
    no: integer().notNull(),
    row: integer().notNull(),
    sheet: text().notNull(),
    field: text().notNull(),
    message: text().notNull(),
    params: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.import, t.no] })],
);

/** What each applied roll says about a contact, until the freeze: withdrawing one keeps what the others say. */
export const rollStatements = pgTable(
  'roll_statements',
  {
    campaign: integer().notNull(),
    county: text().notNull(),
    entry: bytes('entry').notNull(),
    /** `imports.no`; 0: a roll applied before statements were stored. */
    source: integer().notNull(),
    /** '': none. */
    school: text().notNull(),
    /** 0: none. */
    grade: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.campaign, t.county, t.entry, t.source, t.school, t.grade] })],
);

/** Roll files that wait until a person confirms them. */
export const rollFiles = pgTable(
  'roll_files',
  {
    id: text().primaryKey(),
    campaign: integer().notNull(),
    county: text().notNull(),
    /** For a file that came by a school's upload link: its rows can only be of this school. */
    school: text(),
    fileName: text('file_name').notNull(),
    fileHash: text('file_hash'),
    state: text().notNull(),
    /** JSON: sheets with their columns, and the guesses about the file; no cell of a row. */
    content: text(),
    /** A person's choices and corrections, sealed under the contacts key. */
    choices: bytes('choices'),
    /** The import last staged from it. */
    import: text(),
    by: text().notNull(),
    at: long().notNull(),
  },
  (t) => [index('roll_files_county').on(t.campaign, t.county), ofCounty(t as never)],
);

/** Rows of such a file, sealed under the contacts key, only of columns that a roll may need. */
export const rollFilePages = pgTable(
  'roll_file_pages',
  {
    file: text()
      .notNull()
      .references(() => rollFiles.id),
    no: integer().notNull(),
    sealed: bytes('sealed').notNull(),
  },
  (t) => [primaryKey({ columns: [t.file, t.no] })],
);

/** Submissions of a county's roll and their results: the last one gives the state. */
export const rollHandIns = pgTable(
  'roll_hand_ins',
  {
    campaign: integer().notNull(),
    county: text().notNull(),
    no: integer().notNull(),
    step: text().notNull(),
    note: text().notNull(),
    by: text().notNull(),
    at: long().notNull(),
  },
  (t) => [primaryKey({ columns: [t.campaign, t.county, t.no] }), ofCounty(t as never)],
);

/** Links with which one school sends its own roll without an account. */
export const uploadLinks = pgTable(
  'upload_links',
  {
    /** SHA-256 of the secret in the address. */
    tokenHash: bytes('token_hash').primaryKey(),
    campaign: integer().notNull(),
    county: text().notNull(),
    school: text().notNull(),
    createdBy: text('created_by').notNull(),
    createdAt: long('created_at').notNull(),
    expiresAt: long('expires_at').notNull(),
    revokedAt: long('revoked_at'),
    /** Files sent so far. */
    uploads: integer().notNull().default(0),
  },
  (t) => [index('upload_links_county').on(t.campaign, t.county), ofCounty(t as never)],
);

/** An official asks the commissioner for a reminder. */
export const reminderRequests = pgTable(
  'reminder_requests',
  {
    campaign: integer().notNull(),
    county: text().notNull(),
    no: integer().notNull(),
    by: text().notNull(),
    at: long().notNull(),
    note: text().notNull(),
    /** Sent, or declined with a reason. */
    answer: text(),
    answerNote: text('answer_note'),
    answeredBy: text('answered_by'),
    answeredAt: long('answered_at'),
  },
  (t) => [primaryKey({ columns: [t.campaign, t.county, t.no] }), ofCounty(t as never)],
);

/** Values of `contacts.late`. A test contact is never part of the roll, before or after the freeze. */
export const lateness = { frame: 0, late: 1, canary: 2 } as const;

export const contacts = pgTable(
  'contacts',
  {
    campaign: integer().notNull(),
    county: text().notNull(),
    entry: bytes('entry').notNull(),
    group: text('grp').notNull(),
    digest: bytes('digest').notNull(),
    /** salt ‖ phone under the contacts key; null at the end of the storage period, and for slips. */
    sealed: bytes('sealed'),
    hasPhone: integer('has_phone').notNull(),
    late: integer().notNull(),
    slipNo: integer('slip_no'),
    school: text(),
    set: text('counted_set'),
    reportingStratum: integer('reporting_stratum'),
    sealedCode: bytes('sealed_code'),
    /** SHA-256(salt ‖ phone), when phone and salt are erased: the roll's root commits to it. */
    commitment: bytes('commitment'),
    /** Keyed digest of all numbers of the row, if there were several; null at the end of the storage period. */
    household: bytes('household'),
  },
  (t) => [
    primaryKey({ columns: [t.campaign, t.county, t.entry] }),
    uniqueIndex('contacts_digest').on(t.campaign, t.county, t.digest),
    uniqueIndex('contacts_household')
      .on(t.campaign, t.county, t.household)
      .where(sql`household IS NOT NULL`),
    ofCounty(t as never),
  ],
);

export const contactSchools = pgTable(
  'contact_schools',
  {
    campaign: integer().notNull(),
    county: text().notNull(),
    entry: bytes('entry').notNull(),
    school: text().notNull(),
    /** 0: the roll gives none. */
    grade: integer().notNull(),
    /** `imports.no` of the roll that said so last. */
    source: integer().notNull().default(0),
  },
  (t) => [primaryKey({ columns: [t.campaign, t.county, t.entry, t.school, t.grade] })],
);

export const samplingStrata = pgTable(
  'sampling_strata',
  {
    campaign: integer().notNull(),
    county: text().notNull(),
    no: integer().notNull(),
    group: text('grp').notNull(),
    location: text(),
    grade: integer(),
    kind: text().notNull(),
    frameSize: integer('frame_size'),
    quota: integer().notNull(),
    drawn: integer().notNull(),
    replacements: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.campaign, t.county, t.no] }), ofCounty(t as never)],
);

export const reportingStrata = pgTable(
  'reporting_strata',
  {
    campaign: integer().notNull(),
    county: text().notNull(),
    no: integer().notNull(),
    group: text('grp').notNull(),
    level: text().notNull(),
    key: text().notNull(),
    name: text().notNull(),
    schools: text().notNull(),
    location: text(),
    issued: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.campaign, t.county, t.no] }), ofCounty(t as never)],
);

export const issued = pgTable(
  'issued',
  {
    campaign: integer().notNull(),
    pseudonym: bytes('pseudonym').notNull(),
    county: text().notNull(),
    samplingStratum: integer('sampling_stratum').notNull(),
    reportingStratum: integer('reporting_stratum').notNull(),
    questionnaire: integer().notNull(),
    set: text('counted_set').notNull(),
  },
  // Includes the county, or the table could not be partitioned by it.
  (t) => [
    primaryKey({ columns: [t.campaign, t.county, t.pseudonym] }),
    // A code is looked up before its county is known, in one sub-partition after the other. With a hash index one page tells that
    // it is not there.
    index('issued_pseudonym').using('hash', t.pseudonym),
    ofCounty(t as never),
  ],
);

export const codeExports = pgTable(
  'code_exports',
  {
    id: text().primaryKey(),
    campaign: integer().notNull(),
    county: text().notNull(),
    kind: text().notNull(),
    format: text().notNull(),
    groups: text().notNull(),
    count: integer().notNull(),
    fileHash: text('file_hash').notNull(),
    by: text().notNull(),
    at: long().notNull(),
  },
  (t) => [ofCounty(t as never)],
);

export const links = pgTable(
  'links',
  {
    id: text().primaryKey(),
    campaign: integer().notNull(),
    county: text().notNull(),
    group: text('grp').notNull(),
    school: text(),
    reportingStratum: integer('reporting_stratum').notNull(),
    questionnaire: integer().notNull(),
    createdAt: long('created_at').notNull(),
    /** A second link of the same place, made before links were unique: it still works, because it may be on a poster. */
    duplicateOf: text('duplicate_of'),
  },
  (t) => [
    ofCounty(t as never),
    uniqueIndex('links_place')
      .on(t.campaign, t.county, t.group, sql`coalesce(${t.school}, '')`)
      .where(sql`${t.duplicateOf} IS NULL`),
  ],
);

export const responses = pgTable(
  'responses',
  {
    campaign: integer().notNull(),
    county: integer().notNull(),
    pseudonym: bytes('pseudonym').notNull(),
    revision: integer().notNull(),
    questionnaire: integer().notNull(),
    reportingStratum: integer('reporting_stratum').notNull(),
    /** Index in the list of channels. */
    channel: integer().notNull(),
    /** Null once contents are erased: superseded ones at close, all at the end of the storage period. */
    nonce: bytes('nonce'),
    answers: bytes('answers'),
    /** 0: waiting for its lot. */
    lot: integer().notNull().default(0),
    /** SHA-256(nonce ‖ answers), kept when they are erased: the leaf commits to it. */
    contentHash: bytes('content_hash'),
  },
  (t) => [
    primaryKey({ columns: [t.campaign, t.county, t.pseudonym, t.revision] }),
    check('responses_erased_together', sql`(nonce IS NULL) = (answers IS NULL)`),
  ],
);

const tallyColumns = {
  campaign: integer().notNull(),
  county: integer().notNull(),
  questionnaire: integer().notNull(),
  samplingStratum: integer('sampling_stratum').notNull(),
  reportingStratum: integer('reporting_stratum').notNull(),
  channel: integer().notNull(),
  /** Index in the list of counted sets. */
  set: integer('counted_set').notNull(),
  valid: integer().notNull(),
  bytes: bytes('bytes').notNull(),
};
type TallyKeyColumns = { [K in Exclude<keyof typeof tallyColumns, 'bytes'>]: never };
const tallyKey = (t: TallyKeyColumns) =>
  primaryKey({
    columns: [
      t.campaign,
      t.county,
      t.questionnaire,
      t.samplingStratum,
      t.reportingStratum,
      t.channel,
      t.set,
      t.valid,
    ],
  });
export const tallies = pgTable('tallies', tallyColumns, (t) => [tallyKey(t as never)]);
/** The same cells for first answers, written at close. */
export const firstTallies = pgTable('first_tallies', tallyColumns, (t) => [tallyKey(t as never)]);

export const reanswers = pgTable(
  'reanswers',
  {
    campaign: integer().notNull(),
    county: text().notNull(),
    reportingStratum: integer('reporting_stratum').notNull(),
    respondents: integer().notNull(),
    reanswered: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.campaign, t.county, t.reportingStratum] })],
);

/** Delivery outcome of a contact, as reported by its platform; deleted at close. */
export const deliveryFates = pgTable(
  'delivery_fates',
  {
    campaign: integer().notNull(),
    county: text().notNull(),
    entry: bytes('entry').notNull(),
    fate: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.campaign, t.county, t.entry] })],
);

export const fateCounts = pgTable(
  'fate_counts',
  {
    campaign: integer().notNull(),
    county: text().notNull(),
    reportingStratum: integer('reporting_stratum').notNull(),
    set: text('counted_set').notNull(),
    optedOut: integer('opted_out').notNull(),
    wrongNumber: integer('wrong_number').notNull(),
    undeliverable: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.campaign, t.county, t.reportingStratum, t.set] })],
);

export const ineligibles = pgTable(
  'ineligibles',
  {
    no: integer().primaryKey().generatedByDefaultAsIdentity(),
    campaign: integer().notNull(),
    county: text().notNull(),
    samplingStratum: integer('sampling_stratum').notNull(),
    contacts: integer().notNull(),
    issued: integer().notNull(),
    reason: text().notNull(),
    at: long().notNull(),
  },
  (t) => [ofCounty(t as never)],
);

const flagColumns = {
  campaign: integer().notNull(),
  county: text().notNull(),
  reportingStratum: integer('reporting_stratum').notNull(),
  kind: text().notNull(),
  /** 0: all answers. */
  lot: integer().notNull(),
  observed: doublePrecision().notNull(),
  n: integer().notNull(),
  expected: doublePrecision().notNull(),
};
const flagKey = (t: Record<'campaign' | 'county' | 'reportingStratum' | 'kind' | 'lot', never>) =>
  primaryKey({ columns: [t.campaign, t.county, t.reportingStratum, t.kind, t.lot] });
/** Alarms of the open survey; converted to flags and deleted at close. */
export const slotAlarms = pgTable('slot_alarms', flagColumns, (t) => [flagKey(t as never)]);
export const flags = pgTable('flags', flagColumns, (t) => [flagKey(t as never)]);

export const texts = pgTable(
  'texts',
  {
    campaign: integer().notNull(),
    county: text().notNull(),
    textId: bytes('text_id').notNull(),
    item: text().notNull(),
    questionnaire: integer().notNull(),
    reportingStratum: integer('reporting_stratum').notNull(),
    body: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.campaign, t.county, t.textId, t.item] })],
);

export const pressureReports = pgTable(
  'pressure_reports',
  {
    campaign: integer().notNull(),
    county: text().notNull(),
    reportId: bytes('report_id').notNull(),
    source: text().notNull(),
    reportingStratum: integer('reporting_stratum').notNull(),
    body: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.campaign, t.county, t.reportId, t.source] })],
);

/** Only in a backup of an open campaign: data not in a lot yet, encrypted. */
export const sealedParts = pgTable(
  'sealed_parts',
  {
    campaign: campaignNo(),
    no: integer().notNull(),
    bytes: bytes('bytes').notNull(),
  },
  (t) => [primaryKey({ columns: [t.campaign, t.no] })],
);

export const rateSnapshots = pgTable(
  'rate_snapshots',
  {
    campaign: integer().notNull(),
    county: text().notNull(),
    day: text().notNull(),
    at: long().notNull(),
    body: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.campaign, t.county, t.day] })],
);

export const proposals = pgTable('proposals', {
  id: text().primaryKey(),
  campaign: campaignNo(),
  content: text().notNull(),
  reason: text().notNull(),
  proposedBy: text('proposed_by').notNull(),
  proposedName: text('proposed_name').notNull(),
  proposedAt: long('proposed_at').notNull(),
  decision: text().notNull(),
  decidedBy: text('decided_by'),
  decidedName: text('decided_name'),
  decidedAt: long('decided_at'),
});

export const voids = pgTable('voids', {
  no: integer().primaryKey().generatedByDefaultAsIdentity(),
  campaign: campaignNo(),
  county: text(),
  group: text('grp'),
  reportingStratum: integer('reporting_stratum'),
  reason: text().notNull(),
  at: long().notNull(),
});

export const trail = pgTable(
  'trail',
  {
    no: integer().primaryKey(),
    at: long().notNull(),
    actor: text().notNull(),
    role: text().notNull(),
    via: text().notNull(),
    action: text().notNull(),
    campaign: text(),
    county: text(),
    details: text().notNull(),
    /** Hash of the entry, chained to the one before (domain/evidence/trail.ts). */
    hash: bytes('hash'),
  },
  (t) => [index('trail_campaign').on(t.campaign, t.no)],
);

/** The last audit of a county's tables against its log. */
export const audits = pgTable(
  'audits',
  {
    campaign: integer().notNull(),
    county: text().notNull(),
    at: long().notNull(),
    logSize: long('log_size').notNull(),
    differences: integer().notNull(),
    /** JSON: the first differences, and what the log does not commit to. */
    body: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.campaign, t.county] }), ofCounty(t as never)],
);

/** The installation itself: one row. */
export const serviceState = pgTable(
  'service_state',
  {
    no: integer().primaryKey(),
    /** The last known time, and for how long the clock has run without a jump (domain/service-time.ts). */
    seenAt: long('seen_at'),
    heldFor: long('held_for').notNull().default(0),
    jumpFrom: long('jump_from'),
    jumpTo: long('jump_to'),
    /** Fingerprint of the key that signs the evidence logs. */
    logKey: text('log_key'),
    /** Written by the readiness check, to see that a commit reaches the disk. */
    probe: long().notNull().default(0),
    /** Settings of the administrator (domain/model/settings.ts), JSON. */
    settings: text(),
    /** Target or source of a move (domain/service-move.ts), JSON; null: the database is active. */
    move: text(),
  },
  (t) => [check('service_state_one', sql`${t.no} = 1`)],
);

/** State of this engine's own maintenance: one row. */
export const maintenance = pgTable(
  'maintenance',
  {
    no: integer().primaryKey(),
    /** Since when rewriting the tables is due. */
    deferredAt: long('deferred_at'),
  },
  (t) => [check('maintenance_one', sql`${t.no} = 1`)],
);

/** One evidence log per campaign and county: its size, and the compact range to which the next leaf is appended. */
export const evidenceLogs = pgTable(
  'evidence_logs',
  {
    campaign: integer().notNull(),
    county: text().notNull(),
    /** First line of its checkpoints, fixed by the first one. */
    origin: text(),
    size: long().notNull(),
    range: bytes('range').notNull(),
    sealedAt: long('sealed_at'),
  },
  (t) => [primaryKey({ columns: [t.campaign, t.county] }), ofCounty(t as never)],
);

export const evidenceLeaves = pgTable(
  'evidence_leaves',
  {
    campaign: integer().notNull(),
    county: text().notNull(),
    no: integer().notNull(),
    /** Second byte of the leaf. */
    type: integer().notNull(),
    data: bytes('data').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.campaign, t.county, t.no] }),
    index('evidence_canaries')
      .on(t.campaign, t.county)
      .where(sql`type = 20`),
    // Index of the heads of lots, among millions of answers.
    index('evidence_lots')
      .on(t.campaign, t.county, t.no)
      .where(sql`type = 13`),
    index('evidence_heads')
      .on(t.campaign, t.county, t.no)
      .where(sql`type = 25`),
  ],
);

/** Response leaves, at most `leavesPerReference` per row. Stores only references to rows; the data are in `responses`. */
export const evidenceReferences = pgTable(
  'evidence_references',
  {
    campaign: integer().notNull(),
    county: text().notNull(),
    /** Number of the first leaf; the others follow without a gap. */
    no: integer().notNull(),
    /** For each leaf pseudonym (16 bytes) ‖ revision (4, big-endian). */
    data: bytes('data').notNull(),
  },
  (t) => [primaryKey({ columns: [t.campaign, t.county, t.no] })],
);

export const evidenceTiles = pgTable(
  'evidence_tiles',
  {
    campaign: integer().notNull(),
    county: text().notNull(),
    level: integer().notNull(),
    no: integer().notNull(),
    hashes: bytes('hashes').notNull(),
  },
  (t) => [primaryKey({ columns: [t.campaign, t.county, t.level, t.no] })],
);

export const checkpoints = pgTable(
  'checkpoints',
  {
    campaign: integer().notNull(),
    county: text().notNull(),
    size: long().notNull(),
    at: long().notNull(),
    /** Signed note as published. */
    note: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.campaign, t.county, t.size] })],
);

export const cosignatures = pgTable(
  'cosignatures',
  {
    campaign: integer().notNull(),
    county: text().notNull(),
    size: long().notNull(),
    witness: text().notNull(),
    /** Given by the witness, milliseconds since 1970. */
    at: long().notNull(),
    /** Signature line of the note. */
    line: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.campaign, t.county, t.size, t.witness] })],
);

/** Checkpoints for witnesses: one row per checkpoint and witness, which stays after delivery. */
export const witnessPosts = pgTable(
  'witness_posts',
  {
    campaign: integer().notNull(),
    county: text().notNull(),
    witness: text().notNull(),
    size: long().notNull(),
    /** Not before. */
    dueAt: long('due_at').notNull(),
    attempts: integer().notNull().default(0),
    deliveredAt: long('delivered_at'),
    /** Of the last attempt: message and parameters as JSON. */
    failure: text(),
    failedAt: long('failed_at'),
  },
  (t) => [
    primaryKey({ columns: [t.campaign, t.county, t.witness, t.size] }),
    index('witness_posts_waiting')
      .on(t.witness, t.dueAt)
      .where(sql`delivered_at IS NULL`),
    foreignKey({
      columns: [t.campaign, t.county, t.size],
      foreignColumns: [checkpoints.campaign, checkpoints.county, checkpoints.size],
    }),
  ],
);

/** Inspectors' test contacts until the draw, when they become ordinary contacts and their rows here are deleted. */
export const canaries = pgTable(
  'canaries',
  {
    campaign: integer().notNull(),
    county: text().notNull(),
    entry: bytes('entry').notNull(),
    group: text('grp').notNull(),
    digest: bytes('digest').notNull(),
    sealed: bytes('sealed').notNull(),
    school: text(),
    sealedCode: bytes('sealed_code').notNull(),
    pseudonym: bytes('pseudonym').notNull(),
    questionnaire: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.campaign, t.county, t.entry] }), ofCounty(t as never)],
);

/** Versions of the documents of an inspection: the sheet, its numbers, samples, lists. They never change. */
export const inspectionVersions = pgTable(
  'inspection_versions',
  {
    campaign: integer().notNull(),
    county: text().notNull(),
    /** From 1, over all documents. */
    no: integer().notNull(),
    record: text().notNull(),
    version: integer().notNull(),
    change: text().notNull(),
    /** Canonical JSON. */
    body: text().notNull(),
    reason: text(),
    at: long().notNull(),
    /** Who, as JSON. */
    by: text().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.campaign, t.county, t.no] }),
    uniqueIndex('inspection_versions_record').on(t.campaign, t.county, t.record, t.version),
    ofCounty(t as never),
  ],
);
// Messages that the service itself sends -------------------------------------------------------------------------------

/** Scheduled sendings of a county, and their results. */
export const sendings = pgTable(
  'sendings',
  {
    campaign: integer().notNull(),
    county: text().notNull(),
    no: integer().notNull(),
    kind: text().notNull(),
    channel: text().notNull(),
    form: text().notNull(),
    signature: text().notNull(),
    template: text().notNull(),
    perDay: integer('per_day'),
    /** Thousandths of a yuan per segment. */
    price: integer(),
    dueAt: long('due_at').notNull(),
    state: text().notNull(),
    /** JSON: contacts by stratum, answered or not. */
    audience: text(),
    /** JSON: state of the messages when it ended. */
    result: text(),
    by: text().notNull(),
    at: long().notNull(),
    startedAt: long('started_at'),
    endedAt: long('ended_at'),
    /** Messages claimed on this day, for the daily cap. */
    capDay: text('cap_day').notNull().default(''),
    capCount: integer('cap_count').notNull().default(0),
  },
  (t) => [
    primaryKey({ columns: [t.campaign, t.county, t.no] }),
    ofCounty(t as never),
    check('sendings_kind', sql`kind IN ('invitation', 'reminder', 'last-notice', 'replacement', 'late')`),
    check(
      'sendings_state',
      sql`state IN ('planned', 'filling', 'running', 'paused', 'stopping', 'finished', 'cancelled')`,
    ),
  ],
);

/**
 * One message to one contact. It holds neither number nor text, and a contact's id only encrypted under a key derived from the
 * pseudonym key. So nobody learns after the close who was still reminded. Triggers refuse state changes that
 * domain/messaging/outbox.ts does not list.
 */
export const outbox = pgTable(
  'outbox',
  {
    campaign: integer().notNull(),
    county: text().notNull(),
    sending: integer().notNull(),
    /** The entry id, encrypted under a key of the sending that is derived from the pseudonym key. */
    recipient: bytes('recipient').notNull(),
    /** Empty; in rows from before the recipient was the encrypted entry id, the recipient is a hash, and the id is here. */
    sealedEntry: bytes('sealed_entry').notNull(),
    reportingStratum: integer('reporting_stratum').notNull(),
    set: text('counted_set').notNull(),
    state: text().notNull(),
    attempts: integer().notNull().default(0),
    /** Earlier attempts that may have reached the person. */
    repeats: integer().notNull().default(0),
    dueAt: long('due_at').notNull(),
    /** Lease of the worker that has claimed it. */
    worker: text(),
    leaseUntil: long('lease_until'),
    /** HMAC of the gateway's id under the contacts key. */
    provider: bytes('provider'),
    segments: integer().notNull().default(0),
    reason: text(),
    /** Day on which it got into its state. */
    day: text().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.campaign, t.county, t.sending, t.recipient] }),
    index('outbox_queue')
      .on(t.campaign, t.county, t.sending, t.dueAt)
      .where(sql`state = 'queued'`),
    index('outbox_held')
      .on(t.campaign, t.county, t.sending, t.leaseUntil)
      .where(sql`state = 'sending'`),
    index('outbox_provider')
      .on(t.campaign, t.provider)
      .where(sql`provider IS NOT NULL`),
    foreignKey({
      columns: [t.campaign, t.county, t.sending],
      foreignColumns: [sendings.campaign, sendings.county, sendings.no],
    }),
    check(
      'outbox_state',
      sql`state IN ('queued', 'sending', 'sent', 'delivered', 'failed', 'wrong-number', 'opted-out', 'expired', 'cancelled')`,
    ),
    check('outbox_claim', sql`(state = 'sending') = (lease_until IS NOT NULL)`),
  ],
);

/** Receipts that arrived before the gateway's response to the submission was stored. */
export const earlyReceipts = pgTable(
  'early_receipts',
  {
    campaign: campaignNo(),
    provider: bytes('provider').notNull(),
    state: text().notNull(),
    at: long().notNull(),
  },
  (t) => [primaryKey({ columns: [t.campaign, t.provider] })],
);

/** Messages of a sending by stratum, state and day, when the messages themselves are erased. */
export const messageCounts = pgTable(
  'message_counts',
  {
    campaign: integer().notNull(),
    county: text().notNull(),
    sending: integer().notNull(),
    reportingStratum: integer('reporting_stratum').notNull(),
    set: text('counted_set').notNull(),
    state: text().notNull(),
    reason: text().notNull(),
    day: text().notNull(),
    messages: integer().notNull(),
    segments: integer().notNull(),
    repeats: integer().notNull(),
  },
  (t) => [
    primaryKey({
      columns: [t.campaign, t.county, t.sending, t.reportingStratum, t.set, t.state, t.reason, t.day],
    }),
    foreignKey({
      columns: [t.campaign, t.county, t.sending],
      foreignColumns: [sendings.campaign, sendings.county, sendings.no],
    }),
  ],
);

/** Numbers written to in the last days, for the caps: keyed digests, including numbers that needed no message. */
export const messagedNumbers = pgTable('messaged_numbers', {
  digest: bytes('digest').primaryKey(),
  day: text().notNull(),
  messages: integer().notNull(),
  lastAt: long('last_at').notNull(),
});

/** Number of replies through a channel in a day: neither numbers nor texts. */
export const replies = pgTable(
  'replies',
  {
    channel: text().notNull(),
    /** YYYY-MM-DD. */
    day: text().notNull(),
    optOuts: integer('opt_outs').notNull(),
    others: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.channel, t.day] })],
);

/** Numbers that get no more messages, in any campaign: keyed digests. */
export const doNotContact = pgTable('do_not_contact', {
  digest: bytes('digest').primaryKey(),
  reason: text().notNull(),
  /** YYYY-MM-DD. */
  day: text().notNull(),
});
