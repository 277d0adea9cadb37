// Which attempts wait for a slot, which hold one, and which runs they name.
import type { Pipeline } from './model/pipeline.ts'
import { admittedAttempts, isLiveAttempt, isUndispatched } from './stages/attempts.ts'

/** How many slots the pipeline holds. An attempt that is not sent yet holds none while its issue is closed or gone. */
export function countLiveAttempts(pipeline: Pipeline): number {
  const live = allAdmittedAttempts(pipeline).filter(isLiveAttempt)
  return (isOff(pipeline) ? live.filter((attempt) => !isUndispatched(attempt)) : live).length
}

/** The attempt with this key, and its stage; null for a key that was never issued here. */
export function findAttemptByKey({ stages }: Pipeline, key: string) {
  const admitted = stages.flatMap((stage) => admittedAttempts(stage).map((attempt) => ({ stage, attempt })))
  return admitted.find(({ attempt }) => attempt.key === key) ?? null
}

/** May the attempt still be sent? Checked last before sending: it may have been called off, or its run may have appeared. */
export function mayDispatch(pipeline: Pipeline, key: string): boolean {
  const control = findAttemptByKey(pipeline, key)?.attempt.control
  if (control === undefined || isOff(pipeline)) return false
  return control.runId === null && control.closed === null && control.cancel === null
}

/** Keys whose run is known: nothing is left to send or to look for. */
export function boundKeys(pipeline: Pipeline): readonly string[] {
  return allAdmittedAttempts(pipeline).flatMap(({ key, control }) => (control.runId === null ? [] : [key]))
}

/** Ids of the runs that belong here whatever their titles and branches say. */
export function boundRunIds(pipeline: Pipeline): readonly number[] {
  return allAdmittedAttempts(pipeline).flatMap(({ control: { runId, duplicateRuns } }) => [
    ...(runId === null ? [] : [runId]),
    ...duplicateRuns.map((duplicate) => duplicate.runId),
  ])
}

function isOff({ removed, issue }: Pipeline): boolean {
  return removed !== null || issue.state === 'closed'
}

function allAdmittedAttempts({ stages }: Pipeline) {
  return stages.flatMap(admittedAttempts)
}
