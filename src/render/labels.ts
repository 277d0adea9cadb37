// The symbols and formats that the board, check runs and comments share: a person learns them once.
import type { Health, Light, Pipeline, StageStatus } from '../pipeline/model/pipeline.ts'
import type { Evidence, Instant } from '../pipeline/model/time.ts'
import type { LineVerdict } from '../pipeline/view/verdict.ts'

/** How a light is shown: a shape and a word, so that colour is never alone. */
export type LightSymbol = { readonly shape: string; readonly word: string }

/** The shape and the word of every light and of every stage status. */
export const LIGHT_SYMBOLS = {
  running: { shape: '●', word: 'running' },
  review: { shape: '◆', word: 'in review' },
  queued: { shape: '▲', word: 'queued' },
  failed: { shape: '✖', word: 'failed' },
  done: { shape: '✓', word: 'done' },
  idle: { shape: '·', word: 'idle' },
  cancelled: { shape: '⊘', word: 'cancelled' },
  skipped: { shape: '↷', word: 'skipped' },
} as const satisfies Record<Light | StageStatus, LightSymbol>

/** The verdict on the whole line, as the head of the board shows it. */
export const VERDICT_SYMBOLS = {
  running: { shape: '●', word: 'Running' },
  'waiting-for-you': { shape: '◆', word: 'Waiting for you' },
  'standing-still': { shape: '■', word: 'Standing still' },
  'nothing-to-do': { shape: '✓', word: 'Nothing to do' },
  'cannot-know': { shape: '?', word: 'Cannot know' },
} as const satisfies Record<LineVerdict, LightSymbol>

/** The word beside a light whose live run is not well; null when it is. */
export const HEALTH_LABELS = {
  ok: null,
  stalled: 'stalled',
  stale: 'stale',
  unknown: 'unknown progress',
} as const satisfies Record<Health, string | null>

/** The same in place of the light's word, where the board has little room. */
export const HEALTH_WORDS = {
  ok: null,
  stalled: 'stalled',
  stale: 'past its limit',
  unknown: 'unknown',
} as const satisfies Record<Health, string | null>

/** Where evidence comes from. People are shown this and the time: the GUID or key behind it is plumbing. */
export const EVIDENCE_SOURCES = {
  delivery: 'webhook delivery',
  read: 'read from GitHub',
  beat: 'report by the workflow',
  command: 'command in a comment',
  clock: "Andon's clock",
} as const satisfies Record<Evidence['kind'], string>

/** What follows the source of what did not arrive by itself. */
export function repairedText(kind: Evidence['kind'], repairedAt: Instant): string {
  if (kind === 'read') return `, repaired at ${formatTime(repairedAt)}: no delivery had told of it`
  return ` that was missing, found in GitHub’s log at ${formatTime(repairedAt)}`
}

/** `1 needs you`, `3 need you`. */
export function needsYouText(needsYou: number): string {
  return `${needsYou} ${needsYou === 1 ? 'needs' : 'need'} you`
}

/** Every stage with its light, as text: `plan ✓─ code ●─ test ·─ review ·`. */
export function stageLightsText(pipeline: Pipeline): string {
  return pipeline.stages.map((stage) => `${stage.name} ${LIGHT_SYMBOLS[stage.status].shape}`).join('─ ')
}

/** A time of today, to the second: `14:02:31 UTC`. */
export function formatTime(at: Instant): string {
  return `${at.slice(11, 19)} UTC`
}

/** A time for a reader without JavaScript: `26 Nov, 14:02`, in UTC like all others. */
export function formatShort(at: Instant): string {
  return `${Number(at.slice(8, 10))} ${MONTHS[Number(at.slice(5, 7)) - 1]}, ${at.slice(11, 16)}`
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const

/** A time of any day, to the minute: `2026-11-21 14:02 UTC`. */
export function formatMinute(at: Instant): string {
  return `${at.slice(0, 10)} ${at.slice(11, 16)} UTC`
}

/** A time of any day, to the second: `2026-11-21 14:02:31 UTC`. */
export function formatSecond(at: Instant): string {
  return `${at.slice(0, 10)} ${formatTime(at)}`
}

/** `2nd`. */
export function ordinal(nth: number): string {
  const isTeen = nth % 100 >= 11 && nth % 100 <= 13
  return `${nth}${isTeen ? 'th' : (['th', 'st', 'nd', 'rd'][nth % 10] ?? 'th')}`
}

/** As ages tick in the browser: `45 s`, `12 m`, `1 h 5 m`, `2 d 3 h`. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000))
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} m`
  const hours = Math.floor(minutes / 60)
  const [large, word, rest, restWord] =
    hours < 24 ? [hours, 'h', minutes % 60, 'm'] : [Math.floor(hours / 24), 'd', hours % 24, 'h']
  return rest === 0 ? `${large} ${word}` : `${large} ${word} ${rest} ${restWord}`
}

/** Of what a browser is notified. */
export function describePushWishes({
  everything,
  exceptions,
}: {
  readonly everything: boolean
  readonly exceptions: readonly number[]
}): string {
  const count = `${exceptions.length} ${exceptions.length === 1 ? 'repository' : 'repositories'}`
  if (!everything) return `for ${count}`
  return exceptions.length === 0 ? 'for all repositories' : `for all but ${count}`
}
