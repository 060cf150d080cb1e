DROP INDEX "outbox_queue";--> statement-breakpoint
CREATE INDEX "outbox_queue" ON "outbox" USING btree ("campaign","county","sending","due_at") WHERE state = 'queued';--> statement-breakpoint
CREATE INDEX "outbox_held" ON "outbox" USING btree ("campaign","county","sending","lease_until") WHERE state = 'sending';
