CREATE TABLE `pressure_reports` (
	`campaign` integer NOT NULL,
	`county` text NOT NULL,
	`report_id` blob NOT NULL,
	`source` text NOT NULL,
	`reporting_stratum` integer NOT NULL,
	`body` text NOT NULL,
	PRIMARY KEY(`campaign`, `county`, `report_id`, `source`)
) STRICT, WITHOUT ROWID;
