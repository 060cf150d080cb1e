ALTER TABLE `contact_schools` ADD `source` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `contacts` ADD `household` blob;--> statement-breakpoint
CREATE UNIQUE INDEX `contacts_household` ON `contacts` (`campaign`,`county`,`household`) WHERE household IS NOT NULL;--> statement-breakpoint
ALTER TABLE `import_rows` ADD `household` blob;--> statement-breakpoint
ALTER TABLE `imports` ADD `no` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `imports` ADD `corrected` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `schools` ADD `code` text;--> statement-breakpoint
ALTER TABLE `schools` ADD `aliases` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
UPDATE `imports` SET `no` = (
	SELECT count(*) FROM `imports` AS earlier WHERE (earlier.at, earlier.id) <= (`imports`.at, `imports`.id)
);
--> statement-breakpoint
-- Cells that matched nothing were echoed here, and could be a person's name.
UPDATE `import_faults` SET `params` = json_remove(`params`, '$.value', '$.code');
--> statement-breakpoint
DELETE FROM `import_faults` WHERE `import` IN (SELECT `id` FROM `imports` WHERE `state` = 'discarded');
--> statement-breakpoint
UPDATE `imports` SET `summary` = NULL WHERE `state` = 'discarded';
