// How long a creation may take, and when GitHub is searched after one without a clear answer.

/** A creation that starts within this and takes the ten seconds a call may take ends well before its claim. */
export const SEND_WINDOW_MS = 12_000

/** GitHub may list a new object later than it answers: two lookups, the second a minute after the request. */
export const FIRST_LOOKUP_AFTER_MS = 5_000
/** When the second lookup finds nothing either, nothing was created and it is sent again. */
export const ASSUME_NOT_CREATED_AFTER_MS = 60_000
/** Clocks differ, and GitHub's is the one that counts. */
export const CLOCK_SKEW_MS = 10 * 60_000
