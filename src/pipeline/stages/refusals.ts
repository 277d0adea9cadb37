// Attempts that GitHub refused to start. Trying again does not help, so a refusal spends no attempt: the stage waits until a
// person has repaired what GitHub named. Andon finds that out by a push that touches the workflow's file, by a new
// configuration, and else by reading the workflow again, soon after the refusal and then more and more seldom: GitHub notices
// a pushed file late, and sends nothing when a workflow is enabled.
import type { Line } from '../../line/line.ts'
import { isDispatched } from '../../line/stage-rules.ts'
import { millisecondsAfter } from '../../text/milliseconds-after.ts'
import { type AdmittedAttempt, updateAdmittedAttempts, withControl } from '../model/attempt.ts'
import type { EventOf } from '../model/events.ts'
import type { Attempt, Pipeline, Stage } from '../model/pipeline.ts'
import type { DispatchReason, RefusalCause } from '../model/reason.ts'
import type { Instant } from '../model/time.ts'
import { currentAttempt, isOff } from './attempts.ts'

export type DispatchRefusal = Extract<DispatchReason, { kind: 'refused' }>

/** Why GitHub did not start the attempt; null if it did, or if the attempt ended for another reason. */
export function refusalOf({ run, control }: Attempt): DispatchRefusal | null {
  const closed = control?.closed
  const refusal = run === null && closed?.kind === 'refused' ? closed.refusal : null
  return refusal?.kind === 'refused' ? refusal : null
}

/** Does it count against the stage's `attempts`? */
export function isSpent(attempt: Attempt): boolean {
  return refusalOf(attempt) === null
}

/** GitHub may only be late to notice a push: the refusal is checked once before a person is called. */
export function isUnderCheck(attempt: AdmittedAttempt): boolean {
  const refusal = refusalOf(attempt)
  const { reconciliation, control } = attempt
  if (refusal === null || control.closed === null || !MAY_BE_LATE[refusal.cause.kind]) return false
  const isUnanswered = reconciliation === undefined || reconciliation.answeredAt === null
  // A check that gets no answer does not keep the person waiting.
  return isUnanswered && (reconciliation?.at ?? '') <= millisecondsAfter(control.closed.at, 2 * FIRST_CHECK_MS)
}

/** When the workflow is read again; null unless the attempt is the one that its stage waits for. */
export function workflowCheckAt(pipeline: Pipeline, stage: Stage, attempt: Attempt): Instant | null {
  const closed = attempt.control?.closed
  if (closed == null || isOff(pipeline) || waitingAttempt(stage) !== attempt) return null
  const checkedAt = attempt.reconciliation?.at ?? closed.at
  const passed = Date.parse(checkedAt) - Date.parse(closed.at)
  return millisecondsAfter(checkedAt, Math.min(Math.max(FIRST_CHECK_MS, 2 * passed), MAX_CHECK_INTERVAL_MS))
}

/** Is there a stage that GitHub refused to start? */
export function awaitsWorkflow({ stages }: Pipeline): boolean {
  return stages.some((stage) => waitingAttempt(stage) !== null)
}

/** A push, or a new default branch, may have repaired it: it is read at once, or tried where reading shows nothing. */
export function whenConfigurationPushed(
  pipeline: Pipeline,
  { paths, at, evidence }: Pick<EventOf<'configuration.pushed'>, 'paths' | 'at' | 'evidence'>,
): Pipeline {
  if (isOff(pipeline)) return pipeline
  return updateWaiting(pipeline, (attempt, { workflow, cause }, stage) => {
    if (paths !== null && !paths.includes(`.github/workflows/${workflow}`)) return attempt
    return isSeenByReading(stage, cause)
      ? { ...attempt, reconciliation: { at, answeredAt: null } }
      : withControl(attempt, { lifted: { at, evidence } })
  })
}

/** GitHub answered what its workflow is like now. */
export function whenWorkflowChecked(pipeline: Pipeline, event: EventOf<'question.answered'>): Pipeline {
  const { question, answer, at, evidence } = event
  if (question.about !== 'workflow' || answer.about !== 'workflow') return pipeline
  return updateWaiting(pipeline, (attempt, refusal, stage) => {
    const { reconciliation, control } = attempt
    if (attempt.key !== question.attemptKey || reconciliation === undefined || control.closed === null) return attempt
    const answered = { ...attempt, reconciliation: { ...reconciliation, answeredAt: at } }
    if (answer.cause === null) {
      const isLifted = isSeenByReading(stage, refusal.cause) || at >= retryUnreadableAt(stage, control.closed.at)
      return isLifted ? withControl(answered, { lifted: { at, evidence } }) : answered
    }
    const cause = refine(refusal.cause, answer.cause)
    const closed = { ...control.closed, kind: 'refused', refusal: { ...refusal, cause } } as const
    return withControl(answered, { closed })
  })
}

/** The pipeline in which stages that wait for their workflow start the one that the file names now. */
export function withRenamedWorkflows(
  pipeline: Pipeline,
  line: Line,
  { at, evidence }: EventOf<'question.answered'>,
): Pipeline {
  const renamed = pipeline.line.stages.map((rule) => {
    const stage = pipeline.stages.find(({ name }) => name === rule.name)
    const { workflow = null } = line.stages.find((other) => other.name === rule.name && isDispatched(other)) ?? {}
    return workflow === null || stage === undefined || waitingAttempt(stage) === null ? rule : { ...rule, workflow }
  })
  if (renamed.every(({ workflow }, index) => workflow === pipeline.line.stages[index]?.workflow)) return pipeline
  const lifted = updateWaiting(pipeline, (attempt, { workflow }, { name }) => {
    const isRenamed = renamed.some((rule) => rule.name === name && rule.workflow !== workflow)
    return isRenamed ? withControl(attempt, { lifted: { at, evidence } }) : attempt
  })
  return { ...lifted, line: { ...lifted.line, stages: renamed } }
}

const FIRST_CHECK_MS = 10_000
const MAX_CHECK_INTERVAL_MS = 60 * 60_000

/** Where a second reading shows nothing, a try does: after an hour, and each time twice as long, up to half a day. */
function retryUnreadableAt({ attempts }: Stage, refusedAt: Instant): Instant {
  const refused = attempts.filter((attempt) => !isSpent(attempt)).length
  return millisecondsAfter(refusedAt, Math.min(MAX_CHECK_INTERVAL_MS * 2 ** (refused - 1), MAX_RETRY_INTERVAL_MS))
}

const MAX_RETRY_INTERVAL_MS = 12 * 60 * 60_000

/** Where the workflow reads well and GitHub has refused it three times all the same, reading shows nothing. */
function isSeenByReading({ attempts }: Stage, { kind }: RefusalCause): boolean {
  return IS_READABLE[kind] && attempts.filter((attempt) => !isSpent(attempt)).length < 3
}

/** Is it seen by reading the workflow's state and file? */
const IS_READABLE = {
  'workflow-unknown': true,
  'file-missing': true,
  'no-trigger': true,
  'inputs-undeclared': true,
  'input-required': true,
  'workflow-disabled': true,
  'branch-missing': false,
  'file-invalid': false,
  'actions-disabled': false,
  other: false,
} as const satisfies Record<RefusalCause['kind'], boolean>

const MAY_BE_LATE = {
  'workflow-unknown': true,
  'file-missing': true,
  'no-trigger': true,
  'inputs-undeclared': true,
  'input-required': true,
  'branch-missing': true,
  'file-invalid': true,
  'workflow-disabled': false,
  'actions-disabled': false,
  other: false,
} as const satisfies Record<RefusalCause['kind'], boolean>

/** The refused attempt that the stage waits for. */
function waitingAttempt(stage: Stage): Attempt | null {
  const { reason } = stage
  return reason?.kind === 'start-refused' || reason?.kind === 'checks-workflow' ? currentAttempt(stage) : null
}

function updateWaiting(
  pipeline: Pipeline,
  change: (attempt: AdmittedAttempt, refusal: DispatchRefusal, stage: Stage) => Attempt,
): Pipeline {
  return updateAdmittedAttempts(pipeline, (attempt, _, stage) => {
    const refusal = refusalOf(attempt)
    return refusal === null || waitingAttempt(stage) !== attempt ? attempt : change(attempt, refusal, stage)
  })
}

/** GitHub's own words name the mistake in a file more precisely than a second reading of it. */
function refine(refused: RefusalCause, read: RefusalCause): RefusalCause {
  return refused.kind === read.kind ? refused : read
}
