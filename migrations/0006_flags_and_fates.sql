CREATE TABLE `delivery_fates` (
	`campaign` integer NOT NULL,
	`county` text NOT NULL,
	`entry` blob NOT NULL,
	`fate` text NOT NULL,
	PRIMARY KEY(`campaign`, `county`, `entry`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `fate_counts` (
	`campaign` integer NOT NULL,
	`county` text NOT NULL,
	`reporting_stratum` integer NOT NULL,
	`counted_set` text NOT NULL,
	`opted_out` integer NOT NULL,
	`wrong_number` integer NOT NULL,
	`undeliverable` integer NOT NULL,
	PRIMARY KEY(`campaign`, `county`, `reporting_stratum`, `counted_set`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `flags` (
	`campaign` integer NOT NULL,
	`county` text NOT NULL,
	`reporting_stratum` integer NOT NULL,
	`kind` text NOT NULL,
	`lot` integer NOT NULL,
	`observed` real NOT NULL,
	`n` integer NOT NULL,
	`expected` real NOT NULL,
	PRIMARY KEY(`campaign`, `county`, `reporting_stratum`, `kind`, `lot`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `ineligibles` (
	`no` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`campaign` integer NOT NULL,
	`county` text NOT NULL,
	`sampling_stratum` integer NOT NULL,
	`contacts` integer NOT NULL,
	`issued` integer NOT NULL,
	`reason` text NOT NULL,
	`at` integer NOT NULL,
	FOREIGN KEY (`campaign`,`county`) REFERENCES `campaign_counties`(`campaign`,`county`) ON UPDATE no action ON DELETE no action
) STRICT;
--> statement-breakpoint
CREATE TABLE `slot_alarms` (
	`campaign` integer NOT NULL,
	`county` text NOT NULL,
	`reporting_stratum` integer NOT NULL,
	`kind` text NOT NULL,
	`lot` integer NOT NULL,
	`observed` real NOT NULL,
	`n` integer NOT NULL,
	`expected` real NOT NULL,
	PRIMARY KEY(`campaign`, `county`, `reporting_stratum`, `kind`, `lot`)
) STRICT, WITHOUT ROWID;
