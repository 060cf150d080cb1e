CREATE TABLE `audits` (
	`campaign` integer NOT NULL,
	`county` text NOT NULL,
	`at` integer NOT NULL,
	`log_size` integer NOT NULL,
	`differences` integer NOT NULL,
	`body` text NOT NULL,
	PRIMARY KEY(`campaign`, `county`),
	FOREIGN KEY (`campaign`,`county`) REFERENCES `campaign_counties`(`campaign`,`county`) ON UPDATE no action ON DELETE no action
) STRICT;
--> statement-breakpoint
ALTER TABLE `trail` ADD `hash` blob;--> statement-breakpoint
CREATE INDEX `evidence_heads` ON `evidence_leaves` (`campaign`,`county`,`no`) WHERE type = 25;