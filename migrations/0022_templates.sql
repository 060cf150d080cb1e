CREATE TABLE `templates` (
	`no` integer PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`id` text NOT NULL,
	`version` integer NOT NULL,
	`hash` text NOT NULL,
	`origin` text NOT NULL,
	`note` text NOT NULL,
	`added_at` integer NOT NULL,
	`added_by` text NOT NULL,
	`withdrawn` text,
	FOREIGN KEY (`hash`) REFERENCES `documents`(`hash`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "templates_kind" CHECK(kind IN ('questionnaire', 'profile')),
	CONSTRAINT "templates_origin" CHECK(origin IN ('file', 'xlsform', 'adapted'))
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `templates_version` ON `templates` (`kind`,`id`,`version`);
--> statement-breakpoint
-- A version never changes, and none is taken away: it can only be withdrawn, once.
CREATE TRIGGER `templates_fixed` BEFORE UPDATE ON `templates`
WHEN OLD.withdrawn IS NOT NULL OR NEW.withdrawn IS NULL OR
	(OLD.no, OLD.kind, OLD.id, OLD.version, OLD.hash, OLD.origin, OLD.note, OLD.added_at, OLD.added_by) <>
	(NEW.no, NEW.kind, NEW.id, NEW.version, NEW.hash, NEW.origin, NEW.note, NEW.added_at, NEW.added_by)
BEGIN
	SELECT RAISE(ABORT, 'templates: a version never changes');
END;
--> statement-breakpoint
CREATE TRIGGER `templates_stay` BEFORE DELETE ON `templates`
BEGIN
	SELECT RAISE(ABORT, 'templates: a version never changes');
END;
