CREATE TABLE `canaries` (
	`campaign` integer NOT NULL,
	`county` text NOT NULL,
	`entry` blob NOT NULL,
	`grp` text NOT NULL,
	`digest` blob NOT NULL,
	`sealed` blob NOT NULL,
	`school` text,
	`sealed_code` blob NOT NULL,
	`pseudonym` blob NOT NULL,
	`questionnaire` integer NOT NULL,
	PRIMARY KEY(`campaign`, `county`, `entry`),
	FOREIGN KEY (`campaign`,`county`) REFERENCES `campaign_counties`(`campaign`,`county`) ON UPDATE no action ON DELETE no action
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `witness_posts` (
	`campaign` integer NOT NULL,
	`county` text NOT NULL,
	`witness` text NOT NULL,
	`size` integer NOT NULL,
	`due_at` integer NOT NULL,
	`attempts` integer DEFAULT 0 NOT NULL,
	`delivered_at` integer,
	`failure` text,
	`failed_at` integer,
	PRIMARY KEY(`campaign`, `county`, `witness`, `size`),
	FOREIGN KEY (`campaign`,`county`,`size`) REFERENCES `checkpoints`(`campaign`,`county`,`size`) ON UPDATE no action ON DELETE no action
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `witness_posts_waiting` ON `witness_posts` (`witness`,`due_at`) WHERE delivered_at IS NULL;--> statement-breakpoint
CREATE INDEX `evidence_canaries` ON `evidence_leaves` (`campaign`,`county`) WHERE type = 20;--> statement-breakpoint
CREATE INDEX `evidence_lots` ON `evidence_leaves` (`campaign`,`county`,`no`) WHERE type = 13;
