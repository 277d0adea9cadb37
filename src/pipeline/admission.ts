// What waits for a slot, and what holds one.

import type { Attempt, Pipeline, Stage } from './model/pipeline.ts'
import { isLiveAttempt, isUnsent, ownAttempts } from './stages/attempt-outcome.ts'

/** How many slots the pipeline holds. What is not sent yet holds none while its issue is closed or gone. */
export function liveAttempts(pipeline: Pipeline): number {
  const isOff = pipeline.gone !== null || pipeline.issue.state === 'closed'
  return everyOne(pipeline).filter((attempt) => isLiveAttempt(attempt) && !(isOff && isUnsent(attempt))).length
}

/** The attempt with this key, and its stage; null for a key that was never issued here. */
export function attemptOfKey(
  pipeline: Pipeline,
  key: string,
): { readonly stage: Stage; readonly attempt: Attempt } | null {
  for (const stage of pipeline.stages) {
    const attempt = ownAttempts(stage).find((own) => own.key === key)
    if (attempt !== undefined) return { stage, attempt }
  }
  return null
}

/**
 * May the attempt still be sent? Asked last before it is: it or its issue may have been called off, or its run may have
 * shown itself.
 */
export function maySend(pipeline: Pipeline, key: string): boolean {
  const ours = attemptOfKey(pipeline, key)?.attempt.ours
  if (ours === undefined || pipeline.gone !== null || pipeline.issue.state === 'closed') return false
  return ours.runId === null && ours.over === null && ours.cancel === null
}

/** Keys whose run is known: there is nothing left to send or to look for. */
export function boundKeys(pipeline: Pipeline): readonly string[] {
  return everyOne(pipeline).flatMap(({ key, ours }) => (ours.runId === null ? [] : [key]))
}

/** Ids of the runs that belong here whatever their titles and branches say. */
export function boundRunIds(pipeline: Pipeline): readonly number[] {
  return everyOne(pipeline).flatMap(({ ours }) => [
    ...(ours.runId === null ? [] : [ours.runId]),
    ...ours.twins.map(({ runId }) => runId),
  ])
}

function everyOne({ stages }: Pipeline) {
  return stages.flatMap(ownAttempts)
}
