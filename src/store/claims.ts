/**
 * How long what is claimed stays with whoever claimed it. Longer than a call to GitHub may take (10 s) and than a dispatch
 * may take from its intent to its answer (22 s); short enough that what a dead process had in hand is taken over within
 * 30 s, the wait for the next look included.
 */
export const CLAIM_MS = 25_000
