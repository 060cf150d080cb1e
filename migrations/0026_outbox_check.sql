-- SQLite builds the table of a list of constants anew for each row that it checks; comparisons cost next to nothing. Triggers that run afterwards spare it a second
-- look at the row.
CREATE TABLE `__new_outbox` (
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
	CONSTRAINT "outbox_state" CHECK(state = 'sending' OR state = 'sent' OR state = 'queued' OR state = 'delivered' OR state = 'failed' OR state = 'wrong-number' OR state = 'opted-out' OR state = 'expired' OR state = 'cancelled'),
	CONSTRAINT "outbox_claim" CHECK((state = 'sending') = (lease_until IS NOT NULL))
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
INSERT INTO `__new_outbox`("campaign", "county", "sending", "recipient", "sealed_entry", "reporting_stratum", "counted_set", "state", "attempts", "repeats", "due_at", "worker", "lease_until", "provider", "segments", "reason", "day") SELECT "campaign", "county", "sending", "recipient", "sealed_entry", "reporting_stratum", "counted_set", "state", "attempts", "repeats", "due_at", "worker", "lease_until", "provider", "segments", "reason", "day" FROM `outbox`;--> statement-breakpoint
DROP TABLE `outbox`;--> statement-breakpoint
ALTER TABLE `__new_outbox` RENAME TO `outbox`;--> statement-breakpoint
CREATE INDEX `outbox_queue` ON `outbox` (`campaign`,`county`,`sending`,`due_at`) WHERE state = 'queued';--> statement-breakpoint
CREATE INDEX `outbox_held` ON `outbox` (`campaign`,`county`,`sending`,`lease_until`) WHERE state = 'sending';--> statement-breakpoint
CREATE INDEX `outbox_provider` ON `outbox` (`campaign`,`provider`) WHERE provider IS NOT NULL;--> statement-breakpoint
CREATE TRIGGER `outbox_begins` AFTER INSERT ON `outbox` WHEN NEW.state <> 'queued'
BEGIN
	SELECT RAISE(ABORT, 'outbox: begins as queued');
END;
--> statement-breakpoint
-- The legal moves of domain/messaging/outbox.ts; a test compares the two.
CREATE TRIGGER `outbox_moves` AFTER UPDATE OF `state` ON `outbox`
WHEN OLD.state <> NEW.state AND NOT CASE OLD.state
	WHEN 'queued' THEN NEW.state = 'sending' OR NEW.state = 'opted-out' OR NEW.state = 'expired' OR NEW.state = 'cancelled'
	WHEN 'sending' THEN NEW.state = 'sent' OR NEW.state = 'queued' OR NEW.state = 'failed' OR NEW.state = 'wrong-number' OR NEW.state = 'opted-out'
		OR NEW.state = 'expired' OR NEW.state = 'cancelled'
	WHEN 'sent' THEN NEW.state = 'delivered' OR NEW.state = 'failed' OR NEW.state = 'wrong-number' OR NEW.state = 'opted-out' OR NEW.state = 'expired'
	WHEN 'delivered' THEN NEW.state = 'opted-out'
	WHEN 'failed' THEN NEW.state = 'delivered'
	WHEN 'expired' THEN NEW.state = 'delivered'
	ELSE 0 END
BEGIN
	SELECT RAISE(ABORT, 'outbox: no such move');
END;
