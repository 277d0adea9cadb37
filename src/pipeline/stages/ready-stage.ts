import type { StageName } from '../../line/line.ts'
import { pipelineHoldAffectingStage } from '../holds/holds.ts'
import type { Pipeline } from '../model/pipeline.ts'
import type { Instant } from '../model/time.ts'
import { nextAttemptNumber } from './derive-from-attempt.ts'

/** A stage that may be started now, as the attempt of that number. First come, first served, by `queuedAt`. */
export type ReadyStage = { readonly stage: StageName; readonly attempt: number; readonly queuedAt: Instant }

/** What may be admitted at this moment; null while nothing is wanted, or something else must happen before. */
export function stageReadyForAdmission(pipeline: Pipeline, now: Instant): ReadyStage | null {
  const waiting = pipeline.stages.find((stage) => {
    return (
      stage.queuedAt != null &&
      (stage.retryAt ?? '') <= now &&
      pipelineHoldAffectingStage(pipeline, stage.name) === null
    )
  })
  if (waiting?.queuedAt == null) return null
  return { stage: waiting.name, attempt: nextAttemptNumber(waiting), queuedAt: waiting.queuedAt }
}
