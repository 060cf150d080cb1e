/**
 * The tables of ../sqlite/schema.ts on PostgreSQL, by the same names; a test compares the two and this file with the migrated database. What
 * each is for stands in ../README.md. Partitions are made by `partitions.ts`: drizzle cannot express them. Above 500 lines in one file,
 * because tables refer to one another and are read together.
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
/** Moments, sizes: what may pass 2^31. */
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
  /** Somebody else chose the password: nothing but another one can be done. */
  mustChangePassword: integer('must_change_password').notNull().default(0),
  /** Secret of the time-based codes, sealed under a key of the installation; null: none is enrolled. */
  secondFactor: bytes('second_factor'),
  secondFactorAt: long('second_factor_at'),
  /** The last period whose code was used: none is good twice. */
  secondFactorStep: long('second_factor_step'),
  /** Who the account is to the identity provider, kept at the first log-in through it. */
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

/** Log-ins, and the sessions that they began. */
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

/** Questionnaires and rule profiles that users added, a row a version (domain/model/template.ts). */
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
    /** When, by whom and why it is no longer offered, JSON. */
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
    /** One more with each change of an entry: who pages through the roll learns whether it stayed the same. */
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
    /** The file kept until it was confirmed; null where a program sent group and columns along. */
    file: text(),
    /** Why it was applied although warnings stood. */
    reason: text(),
    /** In which order rolls were applied; 0: not yet, or by a version that could not withdraw. */
    appliedNo: integer('applied_no').notNull().default(0),
    /** JSON: who withdrew it, when, why, and how many contacts went. */
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

/** What each applied roll said of a contact, until the freeze: withdrawing one leaves what the others said. */
export const rollStatements = pgTable(
  'roll_statements',
  {
    campaign: integer().notNull(),
    county: text().notNull(),
    entry: bytes('entry').notNull(),
    /** `imports.no`; 0: a roll applied before statements were kept. */
    source: integer().notNull(),
    /** '': none. */
    school: text().notNull(),
    /** 0: none. */
    grade: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.campaign, t.county, t.entry, t.source, t.school, t.grade] })],
);

/** Files of rolls as they wait for a person to say whose they are. */
export const rollFiles = pgTable(
  'roll_files',
  {
    id: text().primaryKey(),
    campaign: integer().notNull(),
    county: text().notNull(),
    /** Of a file that came by a school's upload link: its rows can be of this school alone. */
    school: text(),
    fileName: text('file_name').notNull(),
    fileHash: text('file_hash'),
    state: text().notNull(),
    /** JSON: sheets with their columns, and what the file looks like; no cell of a row. */
    content: text(),
    /** What a person has chosen and corrected, under the contacts key. */
    choices: bytes('choices'),
    /** The import that was staged from it last. */
    import: text(),
    by: text().notNull(),
    at: long().notNull(),
  },
  (t) => [index('roll_files_county').on(t.campaign, t.county), ofCounty(t as never)],
);

/** Rows of such a file under the contacts key, only of columns that a roll may need. */
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

/** Hand-ins of a county's roll, and what became of them: the last one says how it stands. */
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

/** Addresses at which one school sends its own roll without an account. */
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

/** Values of `contacts.late`. A test contact is none of the roll's, before or after the freeze. */
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
    /** SHA-256(salt ‖ phone), when phone and salt are erased: what the roll's root commits to. */
    commitment: bytes('commitment'),
    /** Keyed digest of all numbers of the row, where there were several; null at the end of the storage period. */
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
  // The county in it, or the table could not be partitioned by it.
  (t) => [
    primaryKey({ columns: [t.campaign, t.county, t.pseudonym] }),
    // A code is looked up before anybody knows its county, in one part of the campaign after the other. A hash tells by one page that it is not there.
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
    /** A second link of the same place, made before there could be only one: it still works, for it may stand on a poster. */
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
    /** Position in the list of channels. */
    channel: integer().notNull(),
    /** Null once contents are erased: superseded ones at close, all at the end of the storage period. */
    nonce: bytes('nonce'),
    answers: bytes('answers'),
    /** 0: waiting for its lot. */
    lot: integer().notNull().default(0),
    /** SHA-256(nonce ‖ answers), kept when they are erased: what the leaf commits to. */
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
  /** Position in the list of counted sets. */
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

/** What became of the messages to a contact, as its platform said; gone with the close. */
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
/** Alarms of the open survey; become flags at close, and are gone then. */
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

/** Only in a backup of an open campaign: what had come in and was in no lot yet, encrypted. */
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
    /** Of the entry behind the hash of the one before (domain/evidence/trail.ts). */
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
    /** The clock when it was last looked at, and for how long it has run without a jump (domain/service-time.ts). */
    seenAt: long('seen_at'),
    heldFor: long('held_for').notNull().default(0),
    jumpFrom: long('jump_from'),
    jumpTo: long('jump_to'),
    /** Fingerprint of the key that signs the evidence logs. */
    logKey: text('log_key'),
    /** Written by the readiness check, to see that a commit reaches the disk. */
    probe: long().notNull().default(0),
    /** What an administrator set (domain/model/settings.ts), JSON. */
    settings: text(),
    /** Where its contents went, or where it is being filled from (domain/service-move.ts), JSON; null: it is in charge. */
    move: text(),
  },
  (t) => [check('service_state_one', sql`${t.no} = 1`)],
);

/** What this engine alone keeps, of the care of its files: one row. */
export const maintenance = pgTable(
  'maintenance',
  {
    no: integer().primaryKey(),
    /** Since when a rewriting of the tables is to be done. */
    deferredAt: long('deferred_at'),
  },
  (t) => [check('maintenance_one', sql`${t.no} = 1`)],
);

/** One evidence log a campaign and county: how far it is, and the compact range that the next leaf is appended to. */
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
    // The heads of lots, among millions of answers.
    index('evidence_lots')
      .on(t.campaign, t.county, t.no)
      .where(sql`type = 13`),
    index('evidence_heads')
      .on(t.campaign, t.county, t.no)
      .where(sql`type = 25`),
  ],
);

/** Leaves of responses, `leavesPerReference` of them in a row at most. Stores only references to rows; the data are in `responses`. */
export const evidenceReferences = pgTable(
  'evidence_references',
  {
    campaign: integer().notNull(),
    county: text().notNull(),
    /** Number of the first leaf; the others follow it without a gap. */
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

/** Checkpoints on their way to witnesses: one row a checkpoint and witness, which stays when it was delivered. */
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

/** Inspectors' test contacts until the draw, when they become contacts like the others and their rows here go. */
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

/** Versions of the documents of an inspection: the sheet, its numbers, samples, lists. None is ever changed. */
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

/** What is scheduled for a county, and what came of it. */
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
    /** Thousandths of a yuan a segment. */
    price: integer(),
    dueAt: long('due_at').notNull(),
    state: text().notNull(),
    /** JSON: contacts by stratum, answered or not. */
    audience: text(),
    /** JSON: what had become of the messages when it ended. */
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
 * One message to one contact. Neither number nor text, and no contact's id but under a key made of the pseudonym key, so that nobody learns after the close
 * who was still reminded. Triggers refuse a move that domain/messaging/outbox.ts does not list.
 */
export const outbox = pgTable(
  'outbox',
  {
    campaign: integer().notNull(),
    county: text().notNull(),
    sending: integer().notNull(),
    /** The entry id, encrypted under a key of the sending that is made of the pseudonym key. */
    recipient: bytes('recipient').notNull(),
    /** Empty: rows from before the recipient was the encrypted entry id held a hash there, and the id here. */
    sealedEntry: bytes('sealed_entry').notNull(),
    reportingStratum: integer('reporting_stratum').notNull(),
    set: text('counted_set').notNull(),
    state: text().notNull(),
    attempts: integer().notNull().default(0),
    /** Attempts that may have reached the person before the one that counts. */
    repeats: integer().notNull().default(0),
    dueAt: long('due_at').notNull(),
    /** Of whoever has claimed it, until when. */
    worker: text(),
    leaseUntil: long('lease_until'),
    /** HMAC of the gateway's id under the contacts key. */
    provider: bytes('provider'),
    segments: integer().notNull().default(0),
    reason: text(),
    /** When it came to its state: the day alone. */
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

/** Receipts that came before the gateway's answer to the submission had been stored. */
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

/** Who was written to in the last days, for the caps: keyed digests of numbers, of those who needed no message too. */
export const messagedNumbers = pgTable('messaged_numbers', {
  digest: bytes('digest').primaryKey(),
  day: text().notNull(),
  messages: integer().notNull(),
  lastAt: long('last_at').notNull(),
});

/** How many replies came by a channel in a day: neither numbers nor words. */
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

/** Numbers that are never written to again, in whatever campaign: keyed digests. */
export const doNotContact = pgTable('do_not_contact', {
  digest: bytes('digest').primaryKey(),
  reason: text().notNull(),
  /** YYYY-MM-DD. */
  day: text().notNull(),
});
