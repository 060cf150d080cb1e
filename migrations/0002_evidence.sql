CREATE TABLE `checkpoints` (
	`campaign` integer NOT NULL,
	`county` text NOT NULL,
	`size` integer NOT NULL,
	`at` integer NOT NULL,
	`note` text NOT NULL,
	PRIMARY KEY(`campaign`, `county`, `size`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `cosignatures` (
	`campaign` integer NOT NULL,
	`county` text NOT NULL,
	`size` integer NOT NULL,
	`witness` text NOT NULL,
	`at` integer NOT NULL,
	`line` text NOT NULL,
	PRIMARY KEY(`campaign`, `county`, `size`, `witness`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `evidence_leaves` (
	`campaign` integer NOT NULL,
	`county` text NOT NULL,
	`no` integer NOT NULL,
	`type` integer NOT NULL,
	`data` blob NOT NULL,
	PRIMARY KEY(`campaign`, `county`, `no`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `evidence_logs` (
	`campaign` integer NOT NULL,
	`county` text NOT NULL,
	`origin` text,
	`size` integer NOT NULL,
	`range` blob NOT NULL,
	`sealed_at` integer,
	PRIMARY KEY(`campaign`, `county`),
	FOREIGN KEY (`campaign`,`county`) REFERENCES `campaign_counties`(`campaign`,`county`) ON UPDATE no action ON DELETE no action
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `evidence_tiles` (
	`campaign` integer NOT NULL,
	`county` text NOT NULL,
	`level` integer NOT NULL,
	`no` integer NOT NULL,
	`hashes` blob NOT NULL,
	PRIMARY KEY(`campaign`, `county`, `level`, `no`)
) STRICT;
--> statement-breakpoint
ALTER TABLE `responses` ADD `content_hash` blob;
