CREATE TABLE `campaign_counties` (
	`campaign` integer NOT NULL,
	`county` text NOT NULL,
	`name` text NOT NULL,
	`residents` integer,
	`residents_as_of` text,
	`slips` text NOT NULL,
	`frame_state` text NOT NULL,
	`frame_root` blob,
	`frame_size` integer,
	`frozen_at` integer,
	`draw` text,
	`lot` integer DEFAULT 0 NOT NULL,
	PRIMARY KEY(`campaign`, `county`),
	FOREIGN KEY (`campaign`) REFERENCES `campaigns`(`no`) ON UPDATE no action ON DELETE no action
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `campaigns` (
	`no` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`name` text NOT NULL,
	`purpose` text NOT NULL,
	`commissioner` text NOT NULL,
	`commissioner_phone` text NOT NULL,
	`state` text NOT NULL,
	`closes_at` integer NOT NULL,
	`storage_until` integer NOT NULL,
	`self_administered` integer NOT NULL,
	`demo` integer NOT NULL,
	`profile` text NOT NULL,
	`questionnaires` text NOT NULL,
	`key_checks` text NOT NULL,
	`created_at` integer NOT NULL,
	`opened_at` integer,
	`closing_step` text,
	`closed_at` integer,
	`released_at` integer,
	FOREIGN KEY (`profile`) REFERENCES `documents`(`hash`) ON UPDATE no action ON DELETE no action
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `campaigns_id_unique` ON `campaigns` (`id`);--> statement-breakpoint
CREATE TABLE `code_exports` (
	`id` text PRIMARY KEY NOT NULL,
	`campaign` integer NOT NULL,
	`county` text NOT NULL,
	`kind` text NOT NULL,
	`format` text NOT NULL,
	`groups` text NOT NULL,
	`count` integer NOT NULL,
	`file_hash` text NOT NULL,
	`by` text NOT NULL,
	`at` integer NOT NULL,
	FOREIGN KEY (`campaign`,`county`) REFERENCES `campaign_counties`(`campaign`,`county`) ON UPDATE no action ON DELETE no action
) STRICT;
--> statement-breakpoint
CREATE TABLE `contact_schools` (
	`campaign` integer NOT NULL,
	`county` text NOT NULL,
	`entry` blob NOT NULL,
	`school` text NOT NULL,
	`grade` integer NOT NULL,
	PRIMARY KEY(`campaign`, `county`, `entry`, `school`, `grade`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `contacts` (
	`campaign` integer NOT NULL,
	`county` text NOT NULL,
	`entry` blob NOT NULL,
	`grp` text NOT NULL,
	`digest` blob NOT NULL,
	`sealed` blob,
	`has_phone` integer NOT NULL,
	`late` integer NOT NULL,
	`slip_no` integer,
	`school` text,
	`counted_set` text,
	`reporting_stratum` integer,
	`sealed_code` blob,
	PRIMARY KEY(`campaign`, `county`, `entry`),
	FOREIGN KEY (`campaign`,`county`) REFERENCES `campaign_counties`(`campaign`,`county`) ON UPDATE no action ON DELETE no action
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE UNIQUE INDEX `contacts_digest` ON `contacts` (`campaign`,`county`,`digest`);--> statement-breakpoint
CREATE TABLE `divisions` (
	`code` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`as_of` text NOT NULL
) STRICT;
--> statement-breakpoint
CREATE TABLE `documents` (
	`hash` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`body` text NOT NULL
) STRICT;
--> statement-breakpoint
CREATE TABLE `first_tallies` (
	`campaign` integer NOT NULL,
	`county` integer NOT NULL,
	`questionnaire` integer NOT NULL,
	`sampling_stratum` integer NOT NULL,
	`reporting_stratum` integer NOT NULL,
	`channel` integer NOT NULL,
	`counted_set` integer NOT NULL,
	`valid` integer NOT NULL,
	`bytes` blob NOT NULL,
	PRIMARY KEY(`campaign`, `county`, `questionnaire`, `sampling_stratum`, `reporting_stratum`, `channel`, `counted_set`, `valid`)
) STRICT;
--> statement-breakpoint
CREATE TABLE `import_faults` (
	`import` text NOT NULL,
	`no` integer NOT NULL,
	`row` integer NOT NULL,
	`sheet` text NOT NULL,
	`field` text NOT NULL,
	`message` text NOT NULL,
	`params` text NOT NULL,
	PRIMARY KEY(`import`, `no`),
	FOREIGN KEY (`import`) REFERENCES `imports`(`id`) ON UPDATE no action ON DELETE no action
) STRICT;
--> statement-breakpoint
CREATE TABLE `import_rows` (
	`import` text NOT NULL,
	`no` integer NOT NULL,
	`grp` text NOT NULL,
	`school` text,
	`grade` integer,
	`digest` blob NOT NULL,
	`entry` blob NOT NULL,
	`sealed` blob NOT NULL,
	`has_phone` integer NOT NULL,
	PRIMARY KEY(`import`, `no`),
	FOREIGN KEY (`import`) REFERENCES `imports`(`id`) ON UPDATE no action ON DELETE no action
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `imports` (
	`id` text PRIMARY KEY NOT NULL,
	`campaign` integer NOT NULL,
	`county` text NOT NULL,
	`grp` text NOT NULL,
	`file_name` text NOT NULL,
	`file_hash` text,
	`state` text NOT NULL,
	`summary` text,
	`by` text NOT NULL,
	`at` integer NOT NULL,
	`added` integer DEFAULT 0 NOT NULL,
	`duplicates` integer DEFAULT 0 NOT NULL,
	`joined` integer DEFAULT 0 NOT NULL,
	`late_reason` text,
	FOREIGN KEY (`campaign`,`county`) REFERENCES `campaign_counties`(`campaign`,`county`) ON UPDATE no action ON DELETE no action
) STRICT;
--> statement-breakpoint
CREATE INDEX `imports_county` ON `imports` (`campaign`,`county`);--> statement-breakpoint
CREATE TABLE `issued` (
	`campaign` integer NOT NULL,
	`pseudonym` blob NOT NULL,
	`county` text NOT NULL,
	`sampling_stratum` integer NOT NULL,
	`reporting_stratum` integer NOT NULL,
	`questionnaire` integer NOT NULL,
	`counted_set` text NOT NULL,
	PRIMARY KEY(`campaign`, `pseudonym`),
	FOREIGN KEY (`campaign`,`county`) REFERENCES `campaign_counties`(`campaign`,`county`) ON UPDATE no action ON DELETE no action
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `links` (
	`id` text PRIMARY KEY NOT NULL,
	`campaign` integer NOT NULL,
	`county` text NOT NULL,
	`grp` text NOT NULL,
	`school` text,
	`reporting_stratum` integer NOT NULL,
	`questionnaire` integer NOT NULL,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`campaign`,`county`) REFERENCES `campaign_counties`(`campaign`,`county`) ON UPDATE no action ON DELETE no action
) STRICT;
--> statement-breakpoint
CREATE TABLE `proposals` (
	`id` text PRIMARY KEY NOT NULL,
	`campaign` integer NOT NULL,
	`content` text NOT NULL,
	`reason` text NOT NULL,
	`proposed_by` text NOT NULL,
	`proposed_name` text NOT NULL,
	`proposed_at` integer NOT NULL,
	`decision` text NOT NULL,
	`decided_by` text,
	`decided_name` text,
	`decided_at` integer,
	FOREIGN KEY (`campaign`) REFERENCES `campaigns`(`no`) ON UPDATE no action ON DELETE no action
) STRICT;
--> statement-breakpoint
CREATE TABLE `rate_snapshots` (
	`campaign` integer NOT NULL,
	`county` text NOT NULL,
	`day` text NOT NULL,
	`at` integer NOT NULL,
	`body` text NOT NULL,
	PRIMARY KEY(`campaign`, `county`, `day`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `reanswers` (
	`campaign` integer NOT NULL,
	`county` text NOT NULL,
	`reporting_stratum` integer NOT NULL,
	`respondents` integer NOT NULL,
	`reanswered` integer NOT NULL,
	PRIMARY KEY(`campaign`, `county`, `reporting_stratum`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `reporting_strata` (
	`campaign` integer NOT NULL,
	`county` text NOT NULL,
	`no` integer NOT NULL,
	`grp` text NOT NULL,
	`level` text NOT NULL,
	`key` text NOT NULL,
	`name` text NOT NULL,
	`schools` text NOT NULL,
	`location` text,
	`issued` text NOT NULL,
	PRIMARY KEY(`campaign`, `county`, `no`),
	FOREIGN KEY (`campaign`,`county`) REFERENCES `campaign_counties`(`campaign`,`county`) ON UPDATE no action ON DELETE no action
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `responses` (
	`campaign` integer NOT NULL,
	`county` integer NOT NULL,
	`pseudonym` blob NOT NULL,
	`revision` integer NOT NULL,
	`questionnaire` integer NOT NULL,
	`reporting_stratum` integer NOT NULL,
	`channel` integer NOT NULL,
	`nonce` blob,
	`answers` blob,
	`lot` integer DEFAULT 0 NOT NULL,
	PRIMARY KEY(`campaign`, `county`, `pseudonym`, `revision`),
	CONSTRAINT "responses_erased_together" CHECK((nonce IS NULL) = (answers IS NULL))
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `sampling_strata` (
	`campaign` integer NOT NULL,
	`county` text NOT NULL,
	`no` integer NOT NULL,
	`grp` text NOT NULL,
	`location` text,
	`grade` integer,
	`kind` text NOT NULL,
	`frame_size` integer,
	`quota` integer NOT NULL,
	`drawn` integer NOT NULL,
	`replacements` integer NOT NULL,
	PRIMARY KEY(`campaign`, `county`, `no`),
	FOREIGN KEY (`campaign`,`county`) REFERENCES `campaign_counties`(`campaign`,`county`) ON UPDATE no action ON DELETE no action
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `schools` (
	`campaign` integer NOT NULL,
	`county` text NOT NULL,
	`id` text NOT NULL,
	`name` text NOT NULL,
	`category` text NOT NULL,
	`location` text,
	`level` text,
	`ownership` text NOT NULL,
	`pupils` integer,
	`staff` integer,
	`township` text NOT NULL,
	`parent` text,
	PRIMARY KEY(`campaign`, `county`, `id`),
	FOREIGN KEY (`campaign`,`county`) REFERENCES `campaign_counties`(`campaign`,`county`) ON UPDATE no action ON DELETE no action
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `tallies` (
	`campaign` integer NOT NULL,
	`county` integer NOT NULL,
	`questionnaire` integer NOT NULL,
	`sampling_stratum` integer NOT NULL,
	`reporting_stratum` integer NOT NULL,
	`channel` integer NOT NULL,
	`counted_set` integer NOT NULL,
	`valid` integer NOT NULL,
	`bytes` blob NOT NULL,
	PRIMARY KEY(`campaign`, `county`, `questionnaire`, `sampling_stratum`, `reporting_stratum`, `channel`, `counted_set`, `valid`)
) STRICT;
--> statement-breakpoint
CREATE TABLE `texts` (
	`campaign` integer NOT NULL,
	`county` text NOT NULL,
	`text_id` blob NOT NULL,
	`item` text NOT NULL,
	`questionnaire` integer NOT NULL,
	`reporting_stratum` integer NOT NULL,
	`body` text NOT NULL,
	PRIMARY KEY(`campaign`, `county`, `text_id`, `item`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `trail` (
	`no` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`at` integer NOT NULL,
	`actor` text NOT NULL,
	`role` text NOT NULL,
	`via` text NOT NULL,
	`action` text NOT NULL,
	`campaign` text,
	`county` text,
	`details` text NOT NULL
) STRICT;
--> statement-breakpoint
CREATE INDEX `trail_campaign` ON `trail` (`campaign`,`no`);--> statement-breakpoint
CREATE TABLE `users` (
	`id` text PRIMARY KEY NOT NULL,
	`login` text NOT NULL,
	`name` text NOT NULL,
	`role` text NOT NULL,
	`counties` text NOT NULL,
	`password_hash` text NOT NULL,
	`disabled` integer DEFAULT 0 NOT NULL,
	`session_epoch` integer DEFAULT 0 NOT NULL,
	`created_at` integer NOT NULL
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `users_login_unique` ON `users` (`login`);--> statement-breakpoint
CREATE TABLE `voids` (
	`no` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`campaign` integer NOT NULL,
	`county` text,
	`grp` text,
	`reporting_stratum` integer,
	`reason` text NOT NULL,
	`at` integer NOT NULL,
	FOREIGN KEY (`campaign`) REFERENCES `campaigns`(`no`) ON UPDATE no action ON DELETE no action
) STRICT;
