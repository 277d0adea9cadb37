// The breakers of a repository, under its lock: what its attempts showed is noted, those that failed with their workflow are
// excused, and those that were admitted but not sent wait like the rest.
import { lineOf } from '../advance/advance-pipeline.ts'
import type { PipelineRow, RepositoryRow } from '../advance/rows.ts'
import type { BreakerConfig } from '../line/line.ts'
import { isEqualJson } from '../pipeline/facts/total-order.ts'
import type { Breaker, Breakers, WorkflowHold } from '../pipeline/model/breaker.ts'
import type { DispatchReason } from '../pipeline/model/reason.ts'
import type { Instant } from '../pipeline/model/time.ts'
import { findAttemptByKey, isUndispatched } from '../pipeline/stages/attempts.ts'
import {
  breakerAfter,
  breakerDueAt,
  isUnused,
  newlyExcused,
  withinSecondsOf,
  workflowHoldOf,
} from '../pipeline/stages/breaker.ts'
import { observeAttempts } from '../pipeline/stages/trials.ts'
import { type ReduceRow, reduceRow } from './reduce-row.ts'

export function breakerConfigOf(repository: RepositoryRow): BreakerConfig | null {
  return lineOf(repository).breaker
}

/** The breakers once the pipelines of the group were looked at. */
export async function observeBreakers(o: ReduceRow): Promise<Breakers> {
  const { unitOfWork, repository, now } = o
  const config = breakerConfigOf(repository)
  const changed = unitOfWork.rows.pipelines.changed().filter(({ repositoryId }) => repositoryId === repository.id)
  const seen = changed.flatMap(({ pipeline }) => observeAttempts(pipeline, withinSecondsOf(config)))
  const breakers: Record<string, Breaker> = {}
  for (const [workflow, before] of Object.entries(repository.breakers)) {
    const own = seen.filter((one) => one.workflow === workflow)
    const after = breakerAfter(before, own, config, now)
    for (const { issueNumber, key } of newlyExcused(before, after)) {
      const row = await unitOfWork.pipeline({ repositoryId: repository.id, issueNumber })
      if (row !== null) reduceRow(o, row, { type: 'attempt.excused', issueNumber, key })
    }
    if (!isUnused(after)) breakers[workflow] = after
  }
  return breakers
}

/** What Andon holds in the repository. */
export function workflowHoldsOf(
  breakers: Breakers,
  config: BreakerConfig | null,
  now: Instant,
): readonly WorkflowHold[] {
  const holds = Object.entries(breakers).map(([workflow, breaker]) => workflowHoldOf(workflow, breaker, config, now))
  return holds.filter((hold) => hold !== null).sort((a, b) => (a.workflow < b.workflow ? -1 : 1))
}

/** Writes the breakers back if they changed, and tells the attempts that are admitted and not sent. */
export async function saveBreakers(o: ReduceRow, breakers: Breakers): Promise<void> {
  const { unitOfWork, repository, now } = o
  const config = breakerConfigOf(repository)
  const workflowHolds = workflowHoldsOf(breakers, config, now)
  const moments = Object.values(breakers).flatMap((breaker) => breakerDueAt(breaker, config, now) ?? [])
  const next = { ...repository, breakers, workflowHolds, admitAt: moments.sort()[0] ?? null }
  if (!isEqualJson(next, repository)) unitOfWork.put([{ put: 'repository', row: next }])
  for (const [workflow, { pending }] of Object.entries(breakers)) {
    const hold = workflowHolds.find((one) => one.workflow === workflow) ?? null
    for (const { key, issueNumber, isSent } of pending) {
      if (isSent || (hold === null && repository.workflowHolds.length === 0)) continue
      const row = await unitOfWork.pipeline({ repositoryId: repository.id, issueNumber })
      if (row !== null) updateUnsent(o, row, key, hold)
    }
  }
}

function updateUnsent(o: ReduceRow, row: PipelineRow, key: string, hold: WorkflowHold | null): void {
  const attempt = findAttemptByKey(row.pipeline, key)?.attempt
  if (attempt === undefined || !isUndispatched(attempt)) return
  const current = attempt.control.dispatch?.reason ?? null
  const isHeld = hold !== null && hold.probe?.key !== key
  if (!isHeld && current?.kind !== 'held-by-andon') return
  const reason: DispatchReason = isHeld ? { kind: 'held-by-andon', hold } : { kind: 'hold-over' }
  if (isEqualJson(current, reason)) return
  const outcome = { state: 'waiting', until: null, reason } as const
  reduceRow(o, row, { type: 'dispatch.updated', issueNumber: row.issueNumber, key, outcome })
}
