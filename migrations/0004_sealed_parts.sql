CREATE TABLE `sealed_parts` (
	`campaign` integer NOT NULL,
	`no` integer NOT NULL,
	`bytes` blob NOT NULL,
	PRIMARY KEY(`campaign`, `no`),
	FOREIGN KEY (`campaign`) REFERENCES `campaigns`(`no`) ON UPDATE no action ON DELETE no action
) STRICT;
