// One picture for the board, the check run and the sticky comment: a person learns it once.

import type { Health, Light, Pipeline, StageStatus } from '../pipeline/model/pipeline.ts'
import type { Instant } from '../pipeline/model/time.ts'

/** How a light is shown: a shape and a word, so that colour is never alone. */
export type LightSymbol = { readonly shape: string; readonly word: string }

/** The shape and the word of every light and of every status a stage may have. */
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

/** What lies over a light when the line is not well; nothing when it is. */
export const HEALTH_LABELS = {
  ok: null,
  stalled: 'stalled',
  stale: 'stale',
  unknown: 'unknown progress',
} as const satisfies Record<Health, string | null>

/** The whole line as text: `plan ✓─ code ●─ test ·─ review ·`. */
export function stageLightsText(pipeline: Pipeline): string {
  return pipeline.stages.map((stage) => `${stage.name} ${LIGHT_SYMBOLS[stage.status].shape}`).join('─ ')
}

/** A moment of today, to the second: `14:02:31 UTC`. */
export function formatTime(at: Instant): string {
  return `${at.slice(11, 19)} UTC`
}

/** A moment of any day, to the minute: `2026-11-21 14:02 UTC`. */
export function formatMinute(at: Instant): string {
  return `${at.slice(0, 10)} ${at.slice(11, 16)} UTC`
}

/** A moment of any day, to the second: `2026-11-21 14:02:31 UTC`. */
export function formatSecond(at: Instant): string {
  return `${at.slice(0, 10)} ${formatTime(at)}`
}
