/**
 * The version of the rules on what is shown of a county. It is fixed when a campaign is opened and stated in its
 * `open` leaf. Closed campaigns keep their figures, and everybody who computes them again gets the same. README.md
 * describes each rule in "Five rules".
 */
export type DisclosureRule = 1 | 2 | 3 | 4 | 5;
/** For campaigns that are opened now. */
export const currentDisclosureRule = 5;
