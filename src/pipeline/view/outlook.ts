// What happens next to an issue, if nothing unforeseen does: what follows by itself, what a person decides, and what the clock does.
import type { Line, StageConfig } from '../../line/line.ts'
import { isDispatched, reworkStage } from '../../line/stage-rules.ts'
import { isAdmitted } from '../model/attempt.ts'
import type { Hold } from '../model/hold.ts'
import type { Health, Pipeline, Stage } from '../model/pipeline.ts'
import { type Instant, secondsAfter } from '../model/time.ts'
import { currentAttempt, isLiveAttempt, isUndispatched, runStartedAt } from '../stages/attempts.ts'
import { reworkRoundsOf } from '../stages/triggers.ts'
import { headlineAtWork, upcomingProblems } from './light.ts'
import { hasEnded } from './needs-you.ts'
import { triesOf } from './tries.ts'

export type Prospect =
  /** When the stage has succeeded, or has been approved, or its pull request has; it has ended already. */
  | {
      readonly kind: 'then'
      readonly stage: string
      readonly next: NextStep
      readonly after: 'success' | 'approval' | 'review' | 'end'
    }
  /** When it fails: so many tries are left. */
  | { readonly kind: 'if-it-fails'; readonly stage: string; readonly triesLeft: number }
  | {
      readonly kind: 'if-changes-are-asked-for'
      readonly stage: string
      readonly round: number
      readonly rework: number
    }
  | { readonly kind: 'if-it-stays-silent'; readonly health: Health; readonly at: Instant }
  | { readonly kind: 'is-cancelled'; readonly at: Instant }
  /** A hold keeps it; or what runs goes on, and nothing after it starts. */
  | { readonly kind: 'goes-on-when-resumed' | 'starts-nothing-new'; readonly until: Instant | null }
  /** Nothing moves before a person decides, or ever again. */
  | { readonly kind: 'stands-until-retried'; readonly stage: string }
  | { readonly kind: 'over' }

/** What comes after a stage. `starts`: by itself; `workflow`: something else starts that workflow's run. */
export type NextStep =
  | { readonly kind: 'approval' | 'pull-request' | 'end' }
  | { readonly kind: 'starts'; readonly stage: string }
  | { readonly kind: 'workflow'; readonly stage: string; readonly workflow: string }

/** In the order in which people want to know it. `holds` are those in force. */
export function outlookOf(pipeline: Pipeline, holds: readonly Hold[], now: Instant): readonly Prospect[] {
  if (hasEnded(pipeline)) return [{ kind: 'over' }]
  const { stage: name } = headlineAtWork(pipeline)
  const stage = pipeline.stages.find((stage) => stage.name === name)
  const rule = pipeline.line.stages.find((rule) => rule.name === name)
  if (stage === undefined || rule === undefined) return []
  const [hold] = holds
  const held = hold === undefined ? [] : [{ kind: heldKindOf(stage), until: hold.until ?? null }]
  return [...held, ...prospectsOf(pipeline, stage, rule), ...deadlinesOf(pipeline, stage, rule, holds, now)]
}

/** What GitHub has been sent, or what waits for people, does not stop for a hold. */
function heldKindOf(stage: Stage): 'goes-on-when-resumed' | 'starts-nothing-new' {
  const attempt = currentAttempt(stage)
  const isSent = attempt !== null && isLiveAttempt(attempt) && !isUndispatched(attempt)
  return isSent || stage.status === 'review' ? 'starts-nothing-new' : 'goes-on-when-resumed'
}

function prospectsOf(pipeline: Pipeline, stage: Stage, rule: StageConfig): readonly Prospect[] {
  const next = nextStepOf(pipeline.line, rule)
  const then = { kind: 'then', stage: rule.name, next } as const
  switch (stage.status) {
    case 'queued':
    case 'running': {
      const follows: NextStep = rule.gate === null ? next : { kind: 'approval' }
      const current = triesOf(pipeline, stage).at(-1)
      const count = current?.outcome === 'live' ? current.count : null
      return [
        { ...then, next: follows, after: 'success' },
        ...(count === null
          ? []
          : [{ kind: 'if-it-fails', stage: rule.name, triesLeft: count.allowed - count.nth } as const]),
      ]
    }
    case 'review':
      return rule.workflow === null
        ? [{ ...then, after: 'review' }, ...changesOf(pipeline)]
        : [{ ...then, after: 'approval' }]
    case 'failed':
    case 'cancelled':
      return isDispatched(rule) ? [{ kind: 'stands-until-retried', stage: stage.name }] : []
    case 'idle':
      return []
    case 'done':
    case 'skipped':
      return [{ ...then, after: 'end' }]
  }
}

function changesOf(pipeline: Pipeline): readonly Prospect[] {
  const { line } = pipeline
  const stage = reworkStage(line)
  if (stage === null) return []
  const round = reworkRoundsOf(pipeline).allowed.length + 1
  return [{ kind: 'if-changes-are-asked-for', stage, round, rework: line.rework }]
}

function nextStepOf({ stages }: Line, rule: StageConfig): NextStep {
  const next = stages[stages.indexOf(rule) + 1]
  if (next === undefined) return { kind: 'end' }
  if (next.workflow === null) return { kind: 'pull-request' }
  if (isDispatched(next)) return { kind: 'starts', stage: next.name }
  return { kind: 'workflow', stage: next.name, workflow: next.workflow }
}

function deadlinesOf(
  pipeline: Pipeline,
  stage: Stage,
  rule: StageConfig,
  holds: readonly Hold[],
  now: Instant,
): readonly Prospect[] {
  const silent = upcomingProblems(pipeline, holds).find(({ since, health }) => since > now && health !== 'stale')
  const attempt = currentAttempt(stage)
  const limitAt =
    attempt !== null && isAdmitted(attempt) && isLiveAttempt(attempt) && attempt.run !== null
      ? secondsAfter(runStartedAt(attempt), rule.limitSeconds)
      : null
  return [
    ...(silent === undefined ? [] : [{ kind: 'if-it-stays-silent', health: silent.health, at: silent.since } as const]),
    ...(limitAt === null || limitAt <= now ? [] : [{ kind: 'is-cancelled', at: limitAt } as const]),
  ]
}
