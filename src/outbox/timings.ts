// How long a creation may be on its way, and when GitHub is looked at after one without a clear answer.

/** With the ten seconds that a call may take, a creation begun within this ends well before its claim does. */
export const SEND_WINDOW_MS = 12_000

/** What was created may be listed later than its answer arrives: two looks, the second a minute after the sending. */
export const FIRST_LOOKUP_AFTER_MS = 5_000
/** When the second look finds nothing either, nothing was created and it is sent again. */
export const ASSUME_NOT_CREATED_AFTER_MS = 60_000
/** Clocks differ, and GitHub's is the one that counts. */
export const CLOCK_SKEW_MS = 10 * 60_000
