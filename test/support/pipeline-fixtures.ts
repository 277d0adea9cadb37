// A pure world for the core: one repository, one issue (#42), people with names. Builders take what matters to the test.

import { expect } from 'vitest'
import { startPipeline } from '../../src/advance/advance-pipeline.ts'
import { OBSERVE_ONLY_LINE } from '../../src/line/line.ts'
import type { Event, EventOf, RepositoryRef } from '../../src/pipeline/model/events.ts'
import type { IssueFact, JobFact, PullRequestFact, ReviewFact, RunFact } from '../../src/pipeline/model/facts.ts'
import type { Pipeline, StageStatus } from '../../src/pipeline/model/pipeline.ts'
import type { Evidence, Instant } from '../../src/pipeline/model/time.ts'
import { reduce } from '../../src/pipeline/reduce.ts'
import type { Headline } from '../../src/pipeline/view/light.ts'
import { headlineInWords } from './in-words.ts'

export const ISSUE = 42
export const AGENT_BRANCH = 'claude/issue-42-20261121-0900'
export const REPOSITORY: RepositoryRef = {
  id: 1,
  fullName: 'acme/widgets',
  private: false,
  defaultBranch: 'main',
  installationId: 9,
}

/** That many minutes after nine. */
export function minutesAfterNine(minutes: number): Instant {
  return new Date(Date.UTC(2026, 10, 21, 9, minutes)).toISOString()
}

export function deliveryEvidence(at: Instant, id = `guid-${at}`): Evidence {
  return { kind: 'delivery', id, at }
}
type AtTime<T> = Partial<T> & { at?: Instant }

export function issueFact({ at = minutesAfterNine(0), ...known }: AtTime<IssueFact> = {}): IssueFact {
  return {
    number: ISSUE,
    title: 'Retry on flaky upload',
    url: 'https://github.com/acme/widgets/issues/42',
    author: 'olga',
    assignees: [],
    state: 'open',
    stateReason: null,
    closedAt: null,
    updatedAt: at,
    evidence: deliveryEvidence(at),
    ...known,
  }
}

export function runFact({ at = minutesAfterNine(2), ...known }: AtTime<RunFact> = {}): RunFact {
  const { id = 100, runAttempt = 1 } = known
  return {
    id,
    runAttempt,
    workflow: 'code.yml',
    title: 'Retry on flaky upload',
    event: 'workflow_dispatch',
    actor: 'andon[bot]',
    status: known.conclusion ? 'completed' : 'in_progress',
    conclusion: null,
    branch: AGENT_BRANCH,
    headSha: 'aaa1',
    url: `https://github.com/acme/widgets/actions/runs/${id}`,
    startedAt: minutesAfterNine(1),
    updatedAt: at,
    jobs: [],
    evidence: deliveryEvidence(at),
    ...known,
  }
}

export function jobFact({ at = minutesAfterNine(2), ...known }: Partial<JobFact> = {}): JobFact {
  return {
    id: 1000,
    runId: 100,
    runAttempt: 1,
    name: 'build',
    status: known.conclusion ? 'completed' : 'in_progress',
    conclusion: null,
    step: null,
    stepsCompleted: 0,
    stepsTotal: 0,
    url: null,
    at,
    evidence: deliveryEvidence(at),
    ...known,
  }
}

export function pullRequestFact({ at = minutesAfterNine(5), ...known }: AtTime<PullRequestFact> = {}): PullRequestFact {
  return {
    number: 7,
    title: 'Retry uploads',
    url: 'https://github.com/acme/widgets/pull/7',
    author: 'claude[bot]',
    bot: true,
    authorPermission: null,
    state: 'open',
    draft: false,
    branch: AGENT_BRANCH,
    headSha: 'bbb1',
    snapshots: [],
    replacedShas: [],
    closingIssues: null,
    closingIssuesAt: null,
    reviews: [],
    writePermissions: {},
    updatedAt: at,
    evidence: deliveryEvidence(at),
    ...known,
  }
}

export function reviewFact({ at = minutesAfterNine(6), ...known }: AtTime<ReviewFact> = {}): ReviewFact {
  return {
    id: 500,
    reviewer: 'mara',
    bot: false,
    state: 'approved',
    commitSha: 'bbb1',
    submittedAt: at,
    evidence: deliveryEvidence(at),
    ...known,
  }
}

function eventBase(at: Instant) {
  return { at, evidence: deliveryEvidence(at), repository: REPOSITORY }
}

export function issueLabeled(known: AtTime<IssueFact> & { label?: string } = {}): EventOf<'issue.labeled'> {
  const { label = 'andon', ...fact } = known
  const issue = issueFact(fact)
  return { type: 'issue.labeled', ...eventBase(issue.updatedAt), issue, label, sender: 'olga' }
}

export function issueChanged(known: AtTime<IssueFact>, action = 'edited'): EventOf<'issue.changed'> {
  const issue = issueFact(known)
  return { type: 'issue.changed', ...eventBase(issue.updatedAt), action, issue, sender: 'olga' }
}

export function issueGone(why: 'deleted' | 'transferred', at = minutesAfterNine(9)): EventOf<'issue.removed'> {
  return { type: 'issue.removed', ...eventBase(at), issue: issueFact({ at }), why }
}

export function runChanged(known: AtTime<RunFact> = {}): EventOf<'run.changed'> {
  const run = runFact(known)
  return { type: 'run.changed', ...eventBase(run.updatedAt), run }
}

export function jobChanged(known: Partial<JobFact> = {}): EventOf<'job.changed'> {
  const job = jobFact(known)
  return { type: 'job.changed', ...eventBase(job.at), job }
}

export function pullRequestChanged(
  known: AtTime<PullRequestFact> = {},
  action = 'opened',
): EventOf<'pull_request.changed'> {
  const pullRequest = pullRequestFact(known)
  return { type: 'pull_request.changed', ...eventBase(pullRequest.updatedAt), action, pullRequest }
}

export function reviewChanged(
  known: AtTime<ReviewFact> = {},
  on: AtTime<PullRequestFact> = {},
): EventOf<'review.changed'> {
  const review = reviewFact(known)
  const pullRequest = pullRequestFact({ at: review.submittedAt, ...on })
  return { type: 'review.changed', ...eventBase(review.submittedAt), pullRequest, review }
}

export function reviewerPermission(
  login: string,
  granted = true,
  at = minutesAfterNine(7),
): EventOf<'question.answered'> {
  return {
    type: 'question.answered',
    ...eventBase(at),
    evidence: { kind: 'read', id: `permission/7/${login}/500`, at },
    question: { about: 'permission', login, purpose: { kind: 'review', pullRequestNumber: 7 } },
    answer: { about: 'permission', role: granted ? 'write' : 'read' },
  }
}

export function closesIssues(
  numbers: readonly number[],
  at = minutesAfterNine(6),
  pullRequestNumber = 7,
): EventOf<'question.answered'> {
  return {
    type: 'question.answered',
    ...eventBase(at),
    evidence: { kind: 'read', id: `pull_request/${pullRequestNumber}/opened/${at}`, at },
    question: { about: 'pull_request', pullRequestNumber },
    answer: { about: 'pull_request', closes: numbers, pullRequest: null },
  }
}

/** The pipeline after these events, the first of which must begin it. */
export function pipelineAfter(first: Event, ...rest: readonly Event[]): Pipeline {
  const start = startPipeline(first, ISSUE, OBSERVE_ONLY_LINE)
  if (start === null) throw new Error(`${first.type} begins no pipeline`)
  return rest.reduce((pipeline, event) => reduce(pipeline, event).pipeline, start.pipeline)
}

/** `given(issueLabeled()).when(runChanged()).expectShown({ stages: 'idle running idle idle', light: 'running' })` */
export function given(first: Event, ...rest: readonly Event[]) {
  const before = pipelineAfter(first, ...rest)
  return {
    when: (...events: readonly Event[]) => {
      const after = events.reduce((pipeline, event) => reduce(pipeline, event).pipeline, before)
      return {
        pipeline: after,
        expectShown: (expected: {
          stages?: string
          light?: Headline['light']
          stage?: string
          reason?: string
          since?: Instant
        }) => {
          const { light: colour, stage, reason, since } = headlineInWords(after)
          const actual = { stages: stageStatuses(after).join(' '), light: colour, stage, reason, since }
          expect(actual).toMatchObject(expected)
        },
        /** The very same object, and no entry or effect. */
        expectUnchanged: () => {
          for (const event of events)
            expect(reduce(before, event)).toEqual({ pipeline: before, effects: [], entries: [], outcomes: [] })
          expect(after).toBe(before)
        },
      }
    },
  }
}

export function stageStatuses(pipeline: Pipeline): readonly StageStatus[] {
  return pipeline.stages.map(({ status }) => status)
}
