-- A code is sought in one part of its campaign after the other, until it is found: with every answer.
DROP INDEX "issued_pseudonym";--> statement-breakpoint
CREATE INDEX "issued_pseudonym" ON "issued" USING hash ("pseudonym");
