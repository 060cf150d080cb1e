CREATE TABLE `replies` (
	`channel` text NOT NULL,
	`day` text NOT NULL,
	`opt_outs` integer NOT NULL,
	`others` integer NOT NULL,
	PRIMARY KEY(`channel`, `day`)
) STRICT, WITHOUT ROWID;
