CREATE TABLE `reminder_requests` (
	`campaign` integer NOT NULL,
	`county` text NOT NULL,
	`no` integer NOT NULL,
	`by` text NOT NULL,
	`at` integer NOT NULL,
	`note` text NOT NULL,
	`answer` text,
	`answer_note` text,
	`answered_by` text,
	`answered_at` integer,
	PRIMARY KEY(`campaign`, `county`, `no`),
	FOREIGN KEY (`campaign`,`county`) REFERENCES `campaign_counties`(`campaign`,`county`) ON UPDATE no action ON DELETE no action
) STRICT;
--> statement-breakpoint
CREATE TABLE `roll_file_pages` (
	`file` text NOT NULL,
	`no` integer NOT NULL,
	`sealed` blob NOT NULL,
	PRIMARY KEY(`file`, `no`),
	FOREIGN KEY (`file`) REFERENCES `roll_files`(`id`) ON UPDATE no action ON DELETE no action
) STRICT;
--> statement-breakpoint
CREATE TABLE `roll_files` (
	`id` text PRIMARY KEY NOT NULL,
	`campaign` integer NOT NULL,
	`county` text NOT NULL,
	`school` text,
	`file_name` text NOT NULL,
	`file_hash` text,
	`state` text NOT NULL,
	`content` text,
	`choices` blob,
	`import` text,
	`by` text NOT NULL,
	`at` integer NOT NULL,
	FOREIGN KEY (`campaign`,`county`) REFERENCES `campaign_counties`(`campaign`,`county`) ON UPDATE no action ON DELETE no action
) STRICT;
--> statement-breakpoint
CREATE INDEX `roll_files_county` ON `roll_files` (`campaign`,`county`);--> statement-breakpoint
CREATE TABLE `roll_hand_ins` (
	`campaign` integer NOT NULL,
	`county` text NOT NULL,
	`no` integer NOT NULL,
	`step` text NOT NULL,
	`note` text NOT NULL,
	`by` text NOT NULL,
	`at` integer NOT NULL,
	PRIMARY KEY(`campaign`, `county`, `no`),
	FOREIGN KEY (`campaign`,`county`) REFERENCES `campaign_counties`(`campaign`,`county`) ON UPDATE no action ON DELETE no action
) STRICT;
--> statement-breakpoint
CREATE TABLE `roll_statements` (
	`campaign` integer NOT NULL,
	`county` text NOT NULL,
	`entry` blob NOT NULL,
	`source` integer NOT NULL,
	`school` text NOT NULL,
	`grade` integer NOT NULL,
	PRIMARY KEY(`campaign`, `county`, `entry`, `source`, `school`, `grade`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `upload_links` (
	`token_hash` blob PRIMARY KEY NOT NULL,
	`campaign` integer NOT NULL,
	`county` text NOT NULL,
	`school` text NOT NULL,
	`created_by` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`revoked_at` integer,
	`uploads` integer DEFAULT 0 NOT NULL,
	FOREIGN KEY (`campaign`,`county`) REFERENCES `campaign_counties`(`campaign`,`county`) ON UPDATE no action ON DELETE no action
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `upload_links_county` ON `upload_links` (`campaign`,`county`);--> statement-breakpoint
ALTER TABLE `imports` ADD `file` text;--> statement-breakpoint
ALTER TABLE `imports` ADD `reason` text;--> statement-breakpoint
ALTER TABLE `imports` ADD `applied_no` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `imports` ADD `withdrawal` text;--> statement-breakpoint
-- Rolls applied before cannot be told apart any more: what they said stays, whichever later roll is withdrawn.
INSERT INTO `roll_statements` (`campaign`, `county`, `entry`, `source`, `school`, `grade`)
SELECT c.`campaign`, c.`county`, c.`entry`, 0, coalesce(s.`school`, ''), coalesce(s.`grade`, 0)
FROM `contacts` c
JOIN `campaign_counties` k ON k.`campaign` = c.`campaign` AND k.`county` = c.`county` AND k.`frame_state` = 'preparing'
LEFT JOIN `contact_schools` s ON s.`campaign` = c.`campaign` AND s.`county` = c.`county` AND s.`entry` = c.`entry`
WHERE c.`late` = 0 AND c.`slip_no` IS NULL;
