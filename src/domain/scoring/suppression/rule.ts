/**
 * What of a county is shown is a rule of the campaign, fixed at its opening and stated in the log's `open` leaf, so that what is closed keeps its figures, and whoever computes them
 * again gets the same. 1: county figures to the last digit, and no width promised (campaigns opened before rule 2). 2: README.md, "Width" and "Digits". 3 and 4: README.md, "Follow-ups".
 */
export type DisclosureRule = 1 | 2 | 3 | 4;
/** Of campaigns that are opened now. */
export const currentDisclosureRule = 4;
