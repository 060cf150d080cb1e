ALTER TABLE `campaigns` ADD `expiry_step` text;--> statement-breakpoint
ALTER TABLE `campaigns` ADD `expired_at` integer;--> statement-breakpoint
ALTER TABLE `contacts` ADD `commitment` blob;