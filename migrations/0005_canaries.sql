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
CREATE INDEX `evidence_canaries` ON `evidence_leaves` (`campaign`,`county`) WHERE type = 20;
