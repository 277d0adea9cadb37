// Nothing stands still in silence: a pipeline that is not done, not ended and not held has something that will move it by
// itself, or is counted under Needs you.
import { expect } from 'vitest'
import { wakeAt } from '../../src/pipeline/deadlines/enforce-deadlines.ts'
import { holdsAffectingStage, pipelineHolds } from '../../src/pipeline/holds/holds.ts'
import type { Effect } from '../../src/pipeline/model/effects.ts'
import type { Pipeline } from '../../src/pipeline/model/pipeline.ts'
import type { Instant } from '../../src/pipeline/model/time.ts'
import { workflowHoldOn } from '../../src/pipeline/view/held-by-andon.ts'
import { headlineAtWork } from '../../src/pipeline/view/light.ts'
import { hasEnded, needsYouAt } from '../../src/pipeline/view/needs-you.ts'
import { describeReason } from '../../src/render/reason.ts'

/** What surrounds a pipeline. */
export type Surroundings = {
  /** Does a hold of its repository, or of everything, apply? */
  readonly isHeldAround: boolean
  /** Is GitHub still being asked what this user may do? */
  readonly isAsked: (login: string) => boolean
  /** Is it given a slot as soon as one is free, and will one become free? */
  readonly isAdmitted: boolean
  /** When the clock wakes it; by its own state unless a database says otherwise. */
  readonly wakeAt?: Instant | null
}

/** The users about whom one of these questions asks, unless it was answered. */
export function usersAsked(effects: Iterable<Effect>, answered: ReadonlySet<string>): ReadonlySet<string> {
  return new Set(
    [...effects].flatMap((effect) => {
      if (effect.type !== 'ask' || answered.has(effect.key) || effect.question.about !== 'permission') return []
      return [effect.question.login]
    }),
  )
}

/** Why the pipeline does not stand still in silence; null when it does. */
export function moverOf(pipeline: Pipeline, now: Instant, around: Surroundings): string | null {
  const { light, stage, reason } = headlineAtWork(pipeline)
  if (hasEnded(pipeline)) return 'it has ended'
  const holds = holdsAffectingStage(pipelineHolds(pipeline), stage)
  if (light !== 'idle' && (around.isHeldAround || holds.length > 0 || workflowHoldOn(pipeline) !== null))
    return 'it is held'
  // That a person is needed before long is no excuse for a question that nobody asks.
  if (reason?.kind === 'asks-permission') return around.isAsked(reason.login) ? 'GitHub is asked' : null
  const neededAt = needsYouAt(pipeline)
  if (neededAt !== null && neededAt <= now) return 'a person is needed'
  const dueAt = around.wakeAt === undefined ? wakeAt(pipeline, now) : around.wakeAt
  if (dueAt !== null) return `something is due at ${dueAt}`
  const isWaiting = pipeline.stages.some(({ name, queuedAt }) => name === stage && queuedAt != null)
  return isWaiting && around.isAdmitted ? 'it is given a slot' : null
}

/** Fails when the pipeline stands still in silence. */
export function expectMoving(pipeline: Pipeline, now: Instant, around: Surroundings, hint = ''): void {
  if (moverOf(pipeline, now, around) !== null) return
  const { light, stage, reason } = headlineAtWork(pipeline)
  const where = `#${pipeline.issue.number} at ${stage}, ${light}: ${describeReason(reason, stage)}`
  expect.fail(`${where} stands still in silence at ${now} ${hint}`)
}
