-- ANALYZE keeps samples of values in pg_statistic, where erasing a row does not reach. On a partitioned table this holds for all its partitions.
ALTER TABLE "responses" ALTER COLUMN "nonce" SET STATISTICS 0, ALTER COLUMN "answers" SET STATISTICS 0, ALTER COLUMN "content_hash" SET STATISTICS 0;
--> statement-breakpoint
ALTER TABLE "texts" ALTER COLUMN "body" SET STATISTICS 0;
--> statement-breakpoint
ALTER TABLE "contacts" ALTER COLUMN "sealed" SET STATISTICS 0, ALTER COLUMN "sealed_code" SET STATISTICS 0, ALTER COLUMN "commitment" SET STATISTICS 0;
--> statement-breakpoint
ALTER TABLE "outbox" ALTER COLUMN "sealed_entry" SET STATISTICS 0, ALTER COLUMN "provider" SET STATISTICS 0;
--> statement-breakpoint
ALTER TABLE "pressure_reports" ALTER COLUMN "body" SET STATISTICS 0;
--> statement-breakpoint
ALTER TABLE "import_rows" ALTER COLUMN "sealed" SET STATISTICS 0;
--> statement-breakpoint
ALTER TABLE "roll_file_pages" ALTER COLUMN "sealed" SET STATISTICS 0;
--> statement-breakpoint
ALTER TABLE "canaries" ALTER COLUMN "sealed" SET STATISTICS 0, ALTER COLUMN "sealed_code" SET STATISTICS 0;
--> statement-breakpoint
ALTER TABLE "early_receipts" ALTER COLUMN "provider" SET STATISTICS 0;
