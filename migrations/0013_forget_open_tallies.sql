-- Tallies are counted at close from the rows. What earlier versions kept of campaigns that are not counted yet is never read again.
-- A county is counted once its dispositions (leaf type 15) stand in its log.
DELETE FROM `tallies` WHERE EXISTS (
	SELECT 1 FROM `campaigns` c WHERE c.`no` = `tallies`.`campaign` AND (
		c.`state` IN ('draft', 'open') OR c.`closing_step` = 'drain' OR (
			c.`closing_step` = 'count' AND NOT EXISTS (
				SELECT 1 FROM `evidence_leaves` e
				WHERE e.`campaign` = c.`no` AND CAST(e.`county` AS INTEGER) = `tallies`.`county` AND e.`type` = 15
			)
		)
	)
);
