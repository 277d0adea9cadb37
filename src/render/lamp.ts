// How the status of an issue, a stage or an attempt is shown. One function decides, so that a run that is not well is amber
// wherever it is seen.
import type { StageName } from '../line/line.ts'
import type { Health, StageStatus } from '../pipeline/model/pipeline.ts'
import type { HealthAtWork } from '../pipeline/view/health.ts'
import { HEALTH_WORDS, LIGHT_SYMBOLS } from './labels.ts'

/** The shape is that of the status; an unwell one is amber and has the word of its health. */
export type Lamp = { readonly status: StageStatus; readonly word: string; readonly isUnwell: boolean }

export function lampOf(status: StageStatus, health: Health): Lamp {
  const unwell = HEALTH_WORDS[health]
  return { status, word: unwell ?? LIGHT_SYMBOLS[status].word, isUnwell: unwell !== null }
}

/** The health of the stage at work is that stage's; every other one is well. */
export function healthOfStage(name: StageName, atWork: HealthAtWork | null): Health {
  return atWork?.stage === name ? atWork.health : 'ok'
}
