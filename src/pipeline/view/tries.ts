// The attempts at a stage, as people count them: anew for each start, round of rework or retry.
import type { StageConfig } from '../../line/line.ts'
import { type AdmittedAttempt, isAdmitted } from '../model/attempt.ts'
import type { Attempt, Pipeline, Stage, Trigger } from '../model/pipeline.ts'
import type { AttemptReason } from '../model/reason.ts'
import type { Instant } from '../model/time.ts'
import { attemptsForTrigger, closingOf, countExcused, outcomeOf } from '../stages/attempts.ts'
import { deriveFromAttempt } from '../stages/derive-from-attempt.ts'
import { startedBy } from '../stages/pipeline-start.ts'
import { isSpent } from '../stages/refusals.ts'
import { type AttemptOutcome, isCompletedRun } from '../stages/run-outcome.ts'
import { isRound, rerunCommands, roundOf, startedRounds } from '../stages/triggers.ts'

/** One attempt at a stage, with all that is known of how it went. */
export type Try = {
  readonly attempt: Attempt
  readonly outcome: AttemptOutcome
  readonly reason: AttemptReason | null
  /** Null for a run that something else started. */
  readonly count: TryCount | null
  readonly startedAt: Instant | null
  /** Null while it is not over. */
  readonly endedAt: Instant | null
}

/** `2nd of 3`: `excused` of those that are allowed were added, because as many did not count. */
export type TryCount = {
  readonly nth: number
  readonly allowed: number
  readonly excused: number
  /** GitHub refused to start it: it did not count. */
  readonly isRefused: boolean
  readonly cause: TryCause
}

/** Why there are tries at all, and who wanted them. */
export type TryCause =
  | { readonly kind: 'start'; readonly by: string | null }
  | { readonly kind: 'round'; readonly by: string | null; readonly round: number; readonly rework: number }
  | { readonly kind: 'command'; readonly by: string | null; readonly verb: string }

export function triesOf(pipeline: Pipeline, stage: Stage): readonly Try[] {
  const rule = pipeline.line.stages.find(({ name }) => name === stage.name)
  if (rule === undefined) return []
  return stage.attempts.map((attempt) => {
    const context = { stage, rule }
    return {
      attempt,
      outcome: outcomeOf(attempt),
      reason: deriveFromAttempt(context, attempt).reason,
      count: isAdmitted(attempt) ? countOf(pipeline, context, attempt) : null,
      ...timesOf(attempt),
    }
  })
}

/** Among those of the same trigger. */
function countOf(
  pipeline: Pipeline,
  { stage, rule }: { readonly stage: Stage; readonly rule: StageConfig },
  attempt: AdmittedAttempt,
): TryCount {
  const { trigger } = attempt.control
  const own = attemptsForTrigger(stage, trigger.id)
  const excused = countExcused(own)
  return {
    nth: own.filter((other) => other.number < attempt.number && isSpent(other)).length + 1,
    allowed: rule.attempts + excused,
    excused,
    isRefused: !isSpent(attempt),
    cause: causeOf(pipeline, trigger),
  }
}

function causeOf(pipeline: Pipeline, { id, from }: Trigger): TryCause {
  const { stages, pullRequests, line } = pipeline
  if (isRound(id)) {
    const reviews = pullRequests.flatMap((pullRequest) => pullRequest.reviews)
    const review = reviews.find((other) => other.state === 'changes_requested' && id === roundOf(other))
    const stage = stages.find(({ name }) => name === from)
    const round = (stage === undefined ? [] : startedRounds(stage)).indexOf(id) + 1
    return { kind: 'round', by: review?.reviewer ?? null, round: Math.max(round, 1), rework: line.rework }
  }
  const command = stages.flatMap(rerunCommands).find(({ triggerId }) => triggerId === id)
  if (command !== undefined) return { kind: 'command', by: command.by, verb: command.verb }
  return { kind: 'start', by: startedBy(pipeline) }
}

/** Both by one clock: GitHub's where there is a run, else ours. */
function timesOf(attempt: Attempt): Pick<Try, 'startedAt' | 'endedAt'> {
  const { run, control } = attempt
  if (run === null) return { startedAt: control?.admittedAt ?? null, endedAt: closingOf(attempt)?.at ?? null }
  const isOver = isCompletedRun(run) || outcomeOf(attempt) !== 'live'
  return { startedAt: run.startedAt, endedAt: isOver ? run.updatedAt : null }
}
