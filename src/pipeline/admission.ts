// What waits for a slot, and what holds one.
import type { StageName } from '../line/line.ts'
import type { Attempt, Instant, Pipeline, Stage } from './pipeline.ts'

/** A stage that may be started now, as the attempt of that number. First come, first served, by `queuedAt`. */
export type Awaiting = { readonly stage: StageName; readonly attempt: number; readonly queuedAt: Instant }

/** What may be admitted at this moment; null while nothing is wanted, or something else must happen before. */
export function awaitingAdmission(_pipeline: Pipeline, _now: Instant): Awaiting | null {
  return null
}

/** How many slots the pipeline holds. */
export function liveAttempts(pipeline: Pipeline): number {
  return ownAttempts(pipeline).filter(({ attempt }) => isLiveAttempt(attempt)).length
}

/** Is it admitted and not known to be over? */
export function isLiveAttempt({ ours, run }: Attempt): boolean {
  return ours !== undefined && ours.over === null && run?.status !== 'completed'
}

/** The attempt with this key, and its stage; null for a key that was never issued here. */
export function attemptOfKey(
  pipeline: Pipeline,
  key: string,
): { readonly stage: Stage; readonly attempt: Attempt } | null {
  return ownAttempts(pipeline).find(({ attempt }) => attempt.key === key) ?? null
}

/** Keys of the attempts that are live: whose beats matter. */
export function liveKeys(pipeline: Pipeline): readonly string[] {
  return ownAttempts(pipeline).flatMap(({ attempt }) =>
    isLiveAttempt(attempt) && attempt.key !== null ? [attempt.key] : [],
  )
}

/** Keys whose run is known: there is nothing left to send or to look for. */
export function boundKeys(pipeline: Pipeline): readonly string[] {
  return ownAttempts(pipeline).flatMap(({ attempt: { key, ours, run } }) =>
    key !== null && (run !== null || ours?.runId != null) ? [key] : [],
  )
}

/** Ids of the runs that belong here whatever their titles and branches say. */
export function boundRunIds(pipeline: Pipeline): readonly number[] {
  return ownAttempts(pipeline).flatMap(({ attempt: { ours } }) => [
    ...(ours?.runId == null ? [] : [ours.runId]),
    ...(ours?.twins.map(({ run }) => run.id) ?? []),
  ])
}

function ownAttempts({ stages }: Pipeline) {
  return stages.flatMap((stage) =>
    stage.attempts.flatMap((attempt) => (attempt.ours === undefined ? [] : [{ stage, attempt }])),
  )
}
