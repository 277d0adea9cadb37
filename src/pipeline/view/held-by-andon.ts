// What Andon itself holds, because a workflow fails alike for several issues or its agent is limited.
import type { WorkflowHold } from '../model/breaker.ts'
import type { Pipeline } from '../model/pipeline.ts'
import { allAdmittedAttempts, isUndispatched } from '../stages/attempts.ts'

/** The hold that keeps the next attempt of the pipeline from starting, or an admitted one from being sent; null if none does. */
export function workflowHoldOn(pipeline: Pipeline): WorkflowHold | null {
  const unsent = allAdmittedAttempts(pipeline).filter(isUndispatched)
  const reasons = [pipeline.denial?.reason, ...unsent.map(({ control }) => control.dispatch?.reason)]
  return reasons.flatMap((reason) => (reason?.kind === 'held-by-andon' ? [reason.hold] : []))[0] ?? null
}
