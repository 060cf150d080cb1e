CREATE TABLE `inspection_versions` (
	`campaign` integer NOT NULL,
	`county` text NOT NULL,
	`no` integer NOT NULL,
	`record` text NOT NULL,
	`version` integer NOT NULL,
	`change` text NOT NULL,
	`body` text NOT NULL,
	`reason` text,
	`at` integer NOT NULL,
	`by` text NOT NULL,
	PRIMARY KEY(`campaign`, `county`, `no`),
	FOREIGN KEY (`campaign`,`county`) REFERENCES `campaign_counties`(`campaign`,`county`) ON UPDATE no action ON DELETE no action
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `inspection_versions_record` ON `inspection_versions` (`campaign`,`county`,`record`,`version`);