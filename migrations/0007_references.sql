CREATE TABLE `evidence_references` (
	`campaign` integer NOT NULL,
	`county` text NOT NULL,
	`no` integer NOT NULL,
	`data` blob NOT NULL,
	PRIMARY KEY(`campaign`, `county`, `no`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
-- Leaves of responses (type 1), one a row so far: runs without a gap, cut into pieces of at most 48.
INSERT INTO `evidence_references` (`campaign`, `county`, `no`, `data`)
SELECT campaign, county, min(no), CAST(group_concat(data, '' ORDER BY no) AS BLOB)
FROM (
	SELECT campaign, county, no, data, no - k AS run, (k - 1) / 48 AS piece
	FROM (
		SELECT campaign, county, no, data, row_number() OVER (PARTITION BY campaign, county ORDER BY no) AS k
		FROM evidence_leaves WHERE type = 1
	)
)
GROUP BY campaign, county, run, piece;
--> statement-breakpoint
DELETE FROM `evidence_leaves` WHERE type = 1;
