// Effects follow from the state of the pipeline: each that follows for the first time is new. So none is forgotten or
// doubled, whichever event brought it about.

import { swapReactions } from './carried-out.ts'
import { contestedAt } from './facts/correlate.ts'
import { githubWaitOf } from './facts/github-wait.ts'
import { whenSecondIsOver } from './facts/moment-shown.ts'
import { authorToAsk, decidingPullRequests } from './facts/standing.ts'
import type { AdmittedAttempt } from './model/attempt.ts'
import type { AskEffect, CancelEffect, DispatchEffect, Effect } from './model/effects.ts'
import type { Attempt, Pipeline, Stage } from './model/pipeline.ts'
import type { Question } from './model/questions.ts'
import type { Instant } from './model/time.ts'
import {
  admittedAttempts,
  hasLiveRun,
  isLiveAttempt,
  isLiveDuplicate,
  isUnexplained,
  questionAskedAt,
  runIdOf,
} from './stages/attempts.ts'
import { unansweredStartRequests } from './stages/pipeline-start.ts'
import { refusalOf } from './stages/refusals.ts'
import { unverifiedReviews } from './stages/triggers.ts'

/** The effects that `after` calls for and `before` did not. */
export function newEffects(before: Pipeline, after: Pipeline): readonly Effect[] {
  const known = new Set(allEffectsOf(before).map(({ key }) => key))
  return allEffectsOf(after).filter(({ key }) => !known.has(key))
}

function allEffectsOf(pipeline: Pipeline): readonly Effect[] {
  const { stages } = pipeline
  return [
    ...stages.flatMap((stage) => admittedAttempts(stage).flatMap((attempt) => dispatchesOf(pipeline, stage, attempt))),
    ...stages.flatMap(admittedAttempts).flatMap((attempt) => cancelsOf(pipeline, attempt)),
    ...swapReactions(pipeline),
    ...askStartPermissions(pipeline),
    ...askAuthorPermissions(pipeline),
    ...askReviewerPermissions(pipeline),
    ...askSilentRuns(pipeline),
    ...askRefusedWorkflows(pipeline),
    ...stages.flatMap((stage) => stage.attempts.flatMap((attempt) => askCauses(pipeline, stage, attempt))),
    ...askWhatCameLast(pipeline),
    ...askForPullRequest(pipeline),
  ]
}

function dispatchesOf({ issue, line }: Pipeline, stage: Stage, attempt: AdmittedAttempt): readonly DispatchEffect[] {
  const workflow = line.stages.find(({ name }) => name === stage.name)?.workflow ?? null
  if (workflow === null) return []
  const { key: attemptKey, number, control } = attempt
  const sent = { stage: stage.name, attempt: number, attemptKey, workflow, ref: control.ref }
  return [{ type: 'dispatch', key: `dispatch/${attemptKey}`, issueNumber: issue.number, ...sent }]
}

function cancelsOf({ issue }: Pipeline, attempt: AdmittedAttempt): readonly CancelEffect[] {
  const { control, run, key: attemptKey } = attempt
  const { runId, cancel } = control
  const mayRun = run === null ? control.closed === null || control.closed.kind === 'cancelled' : hasLiveRun(attempt)
  const cancellable = [
    ...(runId !== null && mayRun ? [{ runId, run, cancel }] : []),
    ...control.duplicateRuns.filter(isLiveDuplicate),
  ]
  return cancellable.flatMap(({ runId, run, cancel }) => {
    const steps = cancel === null ? [] : cancel.forcedAt === null ? [false] : [false, true]
    const rerun = run !== null && run.runAttempt > 1 ? `/${run.runAttempt}` : ''
    // What was sent before it was taken for gone is not sent again under the same key.
    const again = control.returns === undefined ? '' : `/again-${control.returns}`
    return steps.map((force) => {
      const key = `cancel/${runId}${rerun}${again}${force ? '/force' : ''}`
      return { type: 'cancel', key, runId, issueNumber: issue.number, attemptKey, force } as const
    })
  })
}

/** May the people who opened the pull requests write? */
function askAuthorPermissions({ pullRequests }: Pipeline): readonly Effect[] {
  return pullRequests.flatMap((pullRequest) => {
    const { number, updatedAt: at } = pullRequest
    const login = authorToAsk(pullRequest)
    if (login === null) return []
    const purpose = { kind: 'author', pullRequestNumber: number, at } as const
    return [
      {
        type: 'ask',
        key: `permission/${number}/author/${login}/${at}`,
        question: { about: 'permission', login, purpose },
      },
    ]
  })
}

/**
 * A verdict counts once GitHub has said that its author may write. Anybody can review without end: there is one question about
 * a reviewer at a time, and about a pull request so many; the others follow as these are answered.
 */
function askReviewerPermissions(pipeline: Pipeline): readonly Effect[] {
  return decidingPullRequests(pipeline).flatMap((pullRequest) => {
    const first = new Map(
      unverifiedReviews(pullRequest)
        .toReversed()
        .map((review) => [review.reviewer, review]),
    )
    const asked = [...first.values()].sort((a, b) => a.id - b.id).slice(0, MAX_REVIEWERS_ASKED)
    return asked.map(({ reviewer: login, id }): AskEffect => {
      const purpose = { kind: 'review', pullRequestNumber: pullRequest.number } as const
      const key = `permission/${pullRequest.number}/${login}/${id}`
      return { type: 'ask', key, question: { about: 'permission', login, purpose } }
    })
  })
}

const MAX_REVIEWERS_ASKED = 20

/** May the sender of a start label start what Andon dispatches? */
function askStartPermissions(pipeline: Pipeline): readonly Effect[] {
  const issueNumber = pipeline.issue.number
  return unansweredStartRequests(pipeline).map(({ login, at }) => ({
    type: 'ask',
    key: `permission/start/${issueNumber}/${login}/${at}`,
    question: { about: 'permission', login, purpose: { kind: 'start', issueNumber, at } },
  }))
}

/** No webhook says why GitHub cancelled or failed a run, or what an environment waits for: such a run is read at once. */
function askCauses({ issue, removed }: Pipeline, stage: Stage, attempt: Attempt): readonly AskEffect[] {
  const { run } = attempt
  if (run === null || removed !== null) return []
  const question = { about: 'run', runId: run.id, issueNumber: issue.number } as const
  const ask = (what: string): AskEffect => ({ type: 'ask', key: `run/${run.id}/${run.runAttempt}/${what}`, question })
  if (isUnexplained(stage, attempt)) return [ask(run.conclusion ?? 'cancelled')]
  if (!isLiveAttempt(attempt) || githubWaitOf(run) !== 'environment') return []
  const waiting = run.jobs.filter(({ status }) => status === 'waiting').map(({ id }) => id)
  return [ask(['waiting', ...waiting].join('/'))]
}

/** Asks how the issue and its pull requests stand, where GitHub sent several states of one second. */
function askWhatCameLast({ issue, pullRequests, removed }: Pipeline): readonly Effect[] {
  if (removed !== null) return []
  const { number: issueNumber, updatedAt } = issue
  const ask = (key: string, at: Instant, question: Question): AskEffect => {
    return { type: 'ask', key: `${key}/last/${at}`, question, notBefore: whenSecondIsOver(at) }
  }
  const isContested = issue.isContested || issue.areAssigneesContested
  const issues = isContested ? [ask(`issue/${issueNumber}`, updatedAt, { about: 'issue', issueNumber })] : []
  const contested = pullRequests.flatMap((fact) => {
    const { number: pullRequestNumber } = fact
    const at = contestedAt(fact)
    // Not through the issue, which does not list those that only their branch links.
    const question = { about: 'pull_request', pullRequestNumber } as const
    return at === null ? [] : [ask(`pull_request/${pullRequestNumber}`, at, question)]
  })
  return [...issues, ...contested]
}

/** Asks GitHub to read the runs that have been silent for too long. */
function askSilentRuns({ issue, stages, line }: Pipeline): readonly Effect[] {
  return stages.flatMap(({ attempts }, index) => {
    const workflow = line.stages[index]?.workflow ?? null
    return attempts.flatMap((attempt): readonly AskEffect[] => {
      const { reconciliation } = attempt
      const runId = runIdOf(attempt)
      if (runId === null || reconciliation === undefined || reconciliation.answeredAt !== null) return []
      const question = {
        about: 'run',
        runId,
        ...(workflow !== null && { workflow }),
        issueNumber: issue.number,
      } as const
      return [{ type: 'ask', key: `run/${runId}/${questionAskedAt(reconciliation)}`, question }]
    })
  })
}

/** Asks GitHub to read the workflows that it refused to start. */
function askRefusedWorkflows({ issue, stages }: Pipeline): readonly Effect[] {
  return stages.flatMap(admittedAttempts).flatMap((attempt) => {
    const { reconciliation, key: attemptKey } = attempt
    const refusal = refusalOf(attempt)
    if (refusal === null || reconciliation === undefined || reconciliation.answeredAt !== null) return []
    const question = { about: 'workflow', workflow: refusal.workflow, issueNumber: issue.number, attemptKey } as const
    return [{ type: 'ask', key: `workflow/${attemptKey}/${questionAskedAt(reconciliation)}`, question }]
  })
}

/** Asks for the pull requests that close the issue, while a stage waits for one. */
function askForPullRequest({ issue, pullRequestAskedAt: at }: Pipeline): readonly Effect[] {
  if (at === undefined) return []
  return [{ type: 'ask', key: `issue/${issue.number}/${at}`, question: { about: 'issue', issueNumber: issue.number } }]
}
