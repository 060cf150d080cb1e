CREATE INDEX `evidence_lots` ON `evidence_leaves` (`campaign`,`county`,`no`) WHERE type = 13;
