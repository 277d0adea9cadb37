// The state of a pipeline implies its effects; new are those that it implies now and did not imply before. So no effect can
// be forgotten or doubled, whichever event brought it about.

import type { AdmittedAttempt } from './model/attempt.ts'
import type { CancelEffect, DispatchEffect, Effect } from './model/effects.ts'
import type { Cancellation, Pipeline, Stage } from './model/pipeline.ts'
import { admittedAttempts, hasLiveRun, isLiveDuplicate } from './stages/attempts.ts'
import { askReviewerPermissions, askSilentRuns, askStartPermissions } from './stages/questions-to-ask.ts'

/** The effects that the pipeline implies now and did not imply before. */
export function newEffects(before: Pipeline, after: Pipeline): readonly Effect[] {
  const known = new Set(allEffectsOf(before).map(({ key }) => key))
  return allEffectsOf(after).filter(({ key }) => !known.has(key))
}

function allEffectsOf(pipeline: Pipeline): readonly Effect[] {
  const own = pipeline.stages.flatMap((stage) => admittedAttempts(stage).map((attempt) => ({ stage, attempt })))
  return [
    ...own.flatMap(({ stage, attempt }) => dispatchesOf(pipeline, stage, attempt)),
    ...own.flatMap(({ attempt }) => cancelsOf(pipeline, attempt)),
    ...askStartPermissions(pipeline),
    ...askReviewerPermissions(pipeline),
    ...askSilentRuns(pipeline),
  ]
}

function dispatchesOf(
  { issue, line }: Pipeline,
  { name: stage }: Stage,
  attempt: AdmittedAttempt,
): readonly DispatchEffect[] {
  const workflow = line.stages.find((rule) => rule.name === stage)?.workflow ?? null
  if (workflow === null) return []
  const { key: attemptKey, number, control } = attempt
  const key = `dispatch/${attemptKey}`
  return [
    {
      type: 'dispatch',
      key,
      issueNumber: issue.number,
      stage,
      attempt: number,
      attemptKey,
      workflow,
      ref: control.ref,
    },
  ]
}

function cancelsOf({ issue }: Pipeline, attempt: AdmittedAttempt): readonly CancelEffect[] {
  const { control, run, key: attemptKey } = attempt
  const mayRun = run === null ? control.closed === null || control.closed.kind === 'cancelled' : hasLiveRun(attempt)
  const cancelled = [
    ...(control.runId !== null && mayRun
      ? [{ runId: control.runId, again: run?.runAttempt ?? 1, cancel: control.cancel }]
      : []),
    ...control.duplicateRuns
      .filter(isLiveDuplicate)
      .map(({ runId, run, cancel }) => ({ runId, again: run?.runAttempt ?? 1, cancel })),
  ]
  return cancelled.flatMap(({ runId, again, cancel }) =>
    cancelSteps(cancel).map((force): CancelEffect => {
      const key = `cancel/${runId}${again > 1 ? `/${again}` : ''}${force ? '/force' : ''}`
      return { type: 'cancel', key, runId, issueNumber: issue.number, attemptKey, force }
    }),
  )
}

function cancelSteps(cancel: Cancellation | null): readonly boolean[] {
  if (cancel === null) return []
  return cancel.forcedAt === null ? [false] : [false, true]
}
