// What waits for a slot, and what holds one.

import type { Attempt, Pipeline, Stage } from './model/pipeline.ts'
import { admittedAttempts, isLiveAttempt, isUndispatched } from './stages/attempts.ts'

/** How many slots the pipeline holds. What is not sent yet holds none while its issue is closed or gone. */
export function countLiveAttempts(pipeline: Pipeline): number {
  const isOff = pipeline.removed !== null || pipeline.issue.state === 'closed'
  return allAdmittedAttempts(pipeline).filter(
    (attempt) => isLiveAttempt(attempt) && !(isOff && isUndispatched(attempt)),
  ).length
}

/** The attempt with this key, and its stage; null for a key that was never issued here. */
export function findAttemptByKey(
  pipeline: Pipeline,
  key: string,
): { readonly stage: Stage; readonly attempt: Attempt } | null {
  for (const stage of pipeline.stages) {
    const attempt = admittedAttempts(stage).find((own) => own.key === key)
    if (attempt !== undefined) return { stage, attempt }
  }
  return null
}

/**
 * May the attempt still be sent? Asked last before it is: it or its issue may have been called off, or its run may have
 * shown itself.
 */
export function mayDispatch(pipeline: Pipeline, key: string): boolean {
  const ours = findAttemptByKey(pipeline, key)?.attempt.control
  if (ours === undefined || pipeline.removed !== null || pipeline.issue.state === 'closed') return false
  return ours.runId === null && ours.closed === null && ours.cancel === null
}

/** Keys whose run is known: there is nothing left to send or to look for. */
export function boundKeys(pipeline: Pipeline): readonly string[] {
  return allAdmittedAttempts(pipeline).flatMap(({ key, control }) => (control.runId === null ? [] : [key]))
}

/** Ids of the runs that belong here whatever their titles and branches say. */
export function boundRunIds(pipeline: Pipeline): readonly number[] {
  return allAdmittedAttempts(pipeline).flatMap(({ control }) => [
    ...(control.runId === null ? [] : [control.runId]),
    ...control.duplicateRuns.map(({ runId }) => runId),
  ])
}

function allAdmittedAttempts({ stages }: Pipeline) {
  return stages.flatMap(admittedAttempts)
}
