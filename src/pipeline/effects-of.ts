// What must be done once follows from how the line stands: whatever stands for the first time is done. So no effect can be
// forgotten or doubled, whichever event brought it about.

import type { OwnAttempt } from './model/attempt.ts'
import type { CancelEffect, DispatchEffect, Effect } from './model/effects.ts'
import type { Cancel, Pipeline, Stage } from './model/pipeline.ts'
import { hasLiveRun, isLiveTwin, ownAttempts } from './stages/attempt-outcome.ts'
import { askPermissions, askRuns, askStarters } from './stages/questions-to-ask.ts'

/** What is to be done that was not to be done before. */
export function newEffects(before: Pipeline, after: Pipeline): readonly Effect[] {
  const known = new Set(effectsOf(before).map(({ key }) => key))
  return effectsOf(after).filter(({ key }) => !known.has(key))
}

function effectsOf(pipeline: Pipeline): readonly Effect[] {
  const own = pipeline.stages.flatMap((stage) => ownAttempts(stage).map((attempt) => ({ stage, attempt })))
  return [
    ...own.flatMap(({ stage, attempt }) => dispatchOf(pipeline, stage, attempt)),
    ...own.flatMap(({ attempt }) => cancelsOf(pipeline, attempt)),
    ...askStarters(pipeline),
    ...askPermissions(pipeline),
    ...askRuns(pipeline),
  ]
}

function dispatchOf({ issue, line }: Pipeline, { name: stage }: Stage, attempt: OwnAttempt): readonly DispatchEffect[] {
  const workflow = line.stages.find((rule) => rule.name === stage)?.workflow ?? null
  if (workflow === null) return []
  const { key: attemptKey, number, ours } = attempt
  const key = `dispatch/${attemptKey}`
  return [
    { type: 'dispatch', key, issueNumber: issue.number, stage, attempt: number, attemptKey, workflow, ref: ours.ref },
  ]
}

function cancelsOf({ issue }: Pipeline, attempt: OwnAttempt): readonly CancelEffect[] {
  const { ours, run, key: attemptKey } = attempt
  const mayRun = run === null ? ours.over === null || ours.over.how === 'ordered' : hasLiveRun(attempt)
  const cancelled = [
    ...(ours.runId !== null && mayRun ? [{ runId: ours.runId, again: run?.runAttempt ?? 1, cancel: ours.cancel }] : []),
    ...ours.twins.filter(isLiveTwin).map(({ runId, run, cancel }) => ({ runId, again: run?.runAttempt ?? 1, cancel })),
  ]
  return cancelled.flatMap(({ runId, again, cancel }) =>
    stepsOf(cancel).map((force): CancelEffect => {
      const key = `cancel/${runId}${again > 1 ? `/${again}` : ''}${force ? '/force' : ''}`
      return { type: 'cancel', key, runId, issueNumber: issue.number, attemptKey, force }
    }),
  )
}

function stepsOf(cancel: Cancel | null): readonly boolean[] {
  if (cancel === null) return []
  return cancel.forcedAt === null ? [false] : [false, true]
}
