CREATE TABLE `service_state` (
	`no` integer PRIMARY KEY NOT NULL,
	`seen_at` integer,
	`held_for` integer DEFAULT 0 NOT NULL,
	`jump_from` integer,
	`jump_to` integer,
	`log_key` text,
	`probe` integer DEFAULT 0 NOT NULL,
	CONSTRAINT "service_state_one" CHECK("service_state"."no" = 1)
) STRICT;
--> statement-breakpoint
-- The newest time that the database knows: an upgrade must not begin with a clock that has jumped.
INSERT INTO `service_state` (`no`, `seen_at`) SELECT 1, max(at) FROM (
	SELECT at FROM trail UNION ALL SELECT at FROM checkpoints UNION ALL SELECT at FROM rate_snapshots
) HAVING max(at) IS NOT NULL;
--> statement-breakpoint
-- Copies are erased last now: what had come to them begins again, which repeats nothing that matters.
UPDATE `campaigns` SET `expiry_step` = 'erase' WHERE `expiry_step` = 'copies';
