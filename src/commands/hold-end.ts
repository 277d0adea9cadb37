// When a hold ends: `for 2h`, `until 18:00`, `until 2026-11-28 18:00`. A time is in UTC unless its offset is given, and a time
// without a date is the next one after the command.

/** The end of a hold, as it was typed: so long after the command, or at a time. */
export type HoldEnd =
  | { readonly kind: 'for'; readonly minutes: number }
  /** `day` is null for the next such time; `offset` is minutes east of UTC. */
  | {
      readonly kind: 'until'
      readonly day: string | null
      readonly hour: number
      readonly minute: number
      readonly offset: number
    }

/** The words that begin the end of a hold. */
export const HOLD_END_WORDS = ['until', 'for'] as const

export type HoldEndWord = (typeof HOLD_END_WORDS)[number]

/** An end, and the words after it; null when what follows is no time or no duration. */
type ParsedHoldEnd = { readonly end: HoldEnd; readonly rest: readonly string[] } | null

/** Parses the words after `until` or `for`. */
export function parseHoldEnd(word: HoldEndWord, words: readonly string[]): ParsedHoldEnd {
  return word === 'for' ? parseDuration(words) : parseTime(words)
}

/** The moment at which a hold of a command given `at` that time ends. */
export function holdEndsAt(end: HoldEnd, at: string): string {
  const given = Date.parse(at)
  if (end.kind === 'for') return new Date(given + end.minutes * MINUTE_MS).toISOString()
  const { day, hour, minute, offset } = end
  const local = new Date(given + offset * MINUTE_MS).toISOString().slice(0, 10)
  const ms = Date.parse(`${day ?? local}T00:00:00Z`) + (hour * 60 + minute - offset) * MINUTE_MS
  return new Date(day === null && ms <= given ? ms + DAY_MS : ms).toISOString()
}

/** The longest that a hold with an end may last. */
export const MAX_HOLD_DAYS = 366

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
const MAX_MINUTES = MAX_HOLD_DAYS * 24 * 60

function parseDuration(words: readonly string[]): ParsedHoldEnd {
  let minutes = 0
  let used = 0
  while (used < words.length) {
    const [first = '', second = ''] = words.slice(used)
    const amount = /^\d{1,6}$/.test(first) ? minutesIn(`${first}${second}`) : minutesIn(first)
    if (amount === null) break
    minutes += amount
    used += /^\d+$/.test(first) ? 2 : 1
  }
  const isDuration = minutes >= 1 && minutes <= MAX_MINUTES
  return isDuration ? { end: { kind: 'for', minutes }, rest: words.slice(used) } : null
}

/** `2h`, `1h30m`, `3days`; null for anything else. */
function minutesIn(text: string): number | null {
  const match = /^(?=\d)(?:(\d{1,3})(?:d|days?))?(?:(\d{1,4})(?:h|hours?))?(?:(\d{1,6})(?:m|mins?|minutes?))?$/i.exec(
    text,
  )
  if (match === null) return null
  const [days = 0, hours = 0, minutes = 0] = match.slice(1).map((digits) => Number(digits ?? 0))
  return (days * 24 + hours) * 60 + minutes
}

const DAY = /^\d{4}-\d{2}-\d{2}$/
const TIME = /^([01]?\d|2[0-3]):([0-5]\d)(z|utc|[+-]\d{2}:?\d{2})?$/i
const OFFSET = /^(?:z|utc|[+-](?:0\d|1[0-4]):?[0-5]\d)$/i

function parseTime(words: readonly string[]): ParsedHoldEnd {
  // `2026-11-28T18:00Z` is a day and a time.
  const [first = '', ...others] = words
  const parts = /^\d{4}-\d{2}-\d{2}T\d/i.test(first) ? [first.slice(0, 10), first.slice(11), ...others] : words
  const hasDay = DAY.test(parts[0] ?? '')
  const day = hasDay ? (parts[0] ?? null) : null
  if (day !== null && !isDay(day)) return null
  const after = hasDay ? parts.slice(1) : parts
  const match = TIME.exec(after[0] ?? '')
  if (match === null) {
    const looksLikeTime = /^\d{1,2}[:.]/.test(after[0] ?? '')
    return day === null || looksLikeTime
      ? null
      : { end: { kind: 'until', day, hour: 0, minute: 0, offset: 0 }, rest: after }
  }
  const [, hour = '', minute = '', attached] = match
  const separate = attached === undefined && OFFSET.test(after[1] ?? '') ? after[1] : undefined
  const end = { kind: 'until', day, hour: Number(hour), minute: Number(minute) } as const
  const offset = offsetOf(attached ?? separate ?? 'z')
  return { end: { ...end, offset }, rest: after.slice(separate === undefined ? 1 : 2) }
}

/** Is there such a day? JavaScript takes 30 February for 2 March. */
function isDay(day: string): boolean {
  const time = Date.parse(`${day}T00:00:00Z`)
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(day)
}

function offsetOf(text: string): number {
  const match = /^([+-])(\d{2}):?(\d{2})$/.exec(text)
  if (match === null) return 0
  const [, sign, hours, minutes] = match
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes))
}
