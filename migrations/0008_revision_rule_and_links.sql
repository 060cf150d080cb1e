ALTER TABLE `campaigns` ADD `revision_rule` integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE `links` ADD `duplicate_of` text;--> statement-breakpoint
-- Of several links of one place the oldest stays the link; the others, which may be on posters, go on working.
UPDATE `links` SET `duplicate_of` = (
	SELECT `first`.`id` FROM `links` AS `first`
	WHERE `first`.`campaign` = `links`.`campaign` AND `first`.`county` = `links`.`county` AND `first`.`grp` = `links`.`grp`
		AND `first`.`school` IS `links`.`school`
	ORDER BY `first`.`created_at`, `first`.`id` LIMIT 1
);--> statement-breakpoint
UPDATE `links` SET `duplicate_of` = NULL WHERE `duplicate_of` = `id`;--> statement-breakpoint
CREATE UNIQUE INDEX `links_place` ON `links` (`campaign`,`county`,`grp`,coalesce(`school`, '')) WHERE `duplicate_of` IS NULL;
