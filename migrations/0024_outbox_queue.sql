DROP INDEX `outbox_queue`;--> statement-breakpoint
CREATE INDEX `outbox_queue` ON `outbox` (`campaign`,`county`,`sending`,`due_at`) WHERE state = 'queued';--> statement-breakpoint
CREATE INDEX `outbox_held` ON `outbox` (`campaign`,`county`,`sending`,`lease_until`) WHERE state = 'sending';--> statement-breakpoint
DROP TRIGGER `outbox_moves`;--> statement-breakpoint
-- The legal moves of domain/messaging/outbox.ts; a test compares the two. Without a list of constants, which SQLite would build anew for each row.
CREATE TRIGGER `outbox_moves` BEFORE UPDATE OF `state` ON `outbox`
WHEN OLD.state <> NEW.state AND NOT CASE OLD.state
	WHEN 'queued' THEN NEW.state = 'sending' OR NEW.state = 'opted-out' OR NEW.state = 'expired' OR NEW.state = 'cancelled'
	WHEN 'sending' THEN NEW.state = 'sent' OR NEW.state = 'queued' OR NEW.state = 'failed' OR NEW.state = 'wrong-number' OR NEW.state = 'opted-out'
		OR NEW.state = 'expired' OR NEW.state = 'cancelled'
	WHEN 'sent' THEN NEW.state = 'delivered' OR NEW.state = 'failed' OR NEW.state = 'wrong-number' OR NEW.state = 'opted-out' OR NEW.state = 'expired'
	WHEN 'delivered' THEN NEW.state = 'opted-out'
	WHEN 'failed' THEN NEW.state = 'delivered'
	WHEN 'expired' THEN NEW.state = 'delivered'
	ELSE 0 END
BEGIN
	SELECT RAISE(ABORT, 'outbox: no such move');
END;
