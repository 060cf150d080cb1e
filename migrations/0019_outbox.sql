CREATE TABLE `do_not_contact` (
	`digest` blob PRIMARY KEY NOT NULL,
	`reason` text NOT NULL,
	`day` text NOT NULL
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `early_receipts` (
	`campaign` integer NOT NULL,
	`provider` blob NOT NULL,
	`state` text NOT NULL,
	`at` integer NOT NULL,
	PRIMARY KEY(`campaign`, `provider`),
	FOREIGN KEY (`campaign`) REFERENCES `campaigns`(`no`) ON UPDATE no action ON DELETE no action
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `message_counts` (
	`campaign` integer NOT NULL,
	`county` text NOT NULL,
	`sending` integer NOT NULL,
	`reporting_stratum` integer NOT NULL,
	`counted_set` text NOT NULL,
	`state` text NOT NULL,
	`reason` text NOT NULL,
	`day` text NOT NULL,
	`messages` integer NOT NULL,
	`segments` integer NOT NULL,
	`repeats` integer NOT NULL,
	PRIMARY KEY(`campaign`, `county`, `sending`, `reporting_stratum`, `counted_set`, `state`, `reason`, `day`),
	FOREIGN KEY (`campaign`,`county`,`sending`) REFERENCES `sendings`(`campaign`,`county`,`no`) ON UPDATE no action ON DELETE no action
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `messaged_numbers` (
	`digest` blob PRIMARY KEY NOT NULL,
	`day` text NOT NULL,
	`messages` integer NOT NULL,
	`last_at` integer NOT NULL
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `outbox` (
	`campaign` integer NOT NULL,
	`county` text NOT NULL,
	`sending` integer NOT NULL,
	`recipient` blob NOT NULL,
	`sealed_entry` blob NOT NULL,
	`reporting_stratum` integer NOT NULL,
	`counted_set` text NOT NULL,
	`state` text NOT NULL,
	`attempts` integer DEFAULT 0 NOT NULL,
	`repeats` integer DEFAULT 0 NOT NULL,
	`due_at` integer NOT NULL,
	`worker` text,
	`lease_until` integer,
	`provider` blob,
	`segments` integer DEFAULT 0 NOT NULL,
	`reason` text,
	`day` text NOT NULL,
	PRIMARY KEY(`campaign`, `county`, `sending`, `recipient`),
	FOREIGN KEY (`campaign`,`county`,`sending`) REFERENCES `sendings`(`campaign`,`county`,`no`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "outbox_state" CHECK(state IN ('queued', 'sending', 'sent', 'delivered', 'failed', 'wrong-number', 'opted-out', 'expired', 'cancelled')),
	CONSTRAINT "outbox_claim" CHECK((state = 'sending') = (lease_until IS NOT NULL))
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `outbox_queue` ON `outbox` (`campaign`,`county`,`sending`,`state`,`due_at`);--> statement-breakpoint
CREATE INDEX `outbox_provider` ON `outbox` (`campaign`,`provider`) WHERE provider IS NOT NULL;--> statement-breakpoint
CREATE TABLE `sendings` (
	`campaign` integer NOT NULL,
	`county` text NOT NULL,
	`no` integer NOT NULL,
	`kind` text NOT NULL,
	`channel` text NOT NULL,
	`form` text NOT NULL,
	`signature` text NOT NULL,
	`template` text NOT NULL,
	`per_day` integer,
	`price` integer,
	`due_at` integer NOT NULL,
	`state` text NOT NULL,
	`audience` text,
	`result` text,
	`by` text NOT NULL,
	`at` integer NOT NULL,
	`started_at` integer,
	`ended_at` integer,
	`cap_day` text DEFAULT '' NOT NULL,
	`cap_count` integer DEFAULT 0 NOT NULL,
	PRIMARY KEY(`campaign`, `county`, `no`),
	FOREIGN KEY (`campaign`,`county`) REFERENCES `campaign_counties`(`campaign`,`county`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "sendings_kind" CHECK(kind IN ('invitation', 'reminder', 'last-notice', 'replacement', 'late')),
	CONSTRAINT "sendings_state" CHECK(state IN ('planned', 'filling', 'running', 'paused', 'stopping', 'finished', 'cancelled'))
) STRICT;
--> statement-breakpoint
-- The legal moves of domain/messaging/outbox.ts; a test compares the two.
CREATE TRIGGER `outbox_moves` BEFORE UPDATE OF `state` ON `outbox`
WHEN OLD.state <> NEW.state AND (OLD.state || '>' || NEW.state) NOT IN (
	'queued>sending', 'queued>opted-out', 'queued>expired', 'queued>cancelled',
	'sending>queued', 'sending>sent', 'sending>failed', 'sending>wrong-number', 'sending>opted-out', 'sending>expired', 'sending>cancelled',
	'sent>delivered', 'sent>failed', 'sent>wrong-number', 'sent>opted-out', 'sent>expired',
	'delivered>opted-out',
	'failed>delivered',
	'expired>delivered')
BEGIN
	SELECT RAISE(ABORT, 'outbox: no such move');
END;
--> statement-breakpoint
CREATE TRIGGER `outbox_begins` BEFORE INSERT ON `outbox` WHEN NEW.state <> 'queued'
BEGIN
	SELECT RAISE(ABORT, 'outbox: begins as queued');
END;
