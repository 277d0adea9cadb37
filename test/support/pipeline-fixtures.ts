// A pure world for the core: one repository, one issue (#42), people with names. Builders take what matters to the test.
import { expect } from 'vitest'
import { WATCHED_LINE } from '../../src/line/line.ts'
import { begin } from '../../src/pipeline/begin.ts'
import type { Event, EventType, RepositoryRef } from '../../src/pipeline/model/events.ts'
import type { Evidence } from '../../src/pipeline/model/evidence.ts'
import type { IssueFact, JobFact, PullRequestFact, ReviewFact, RunFact } from '../../src/pipeline/model/facts.ts'
import type { Pipeline, StageStatus } from '../../src/pipeline/model/pipeline.ts'
import type { Instant } from '../../src/pipeline/model/time.ts'
import { reduce } from '../../src/pipeline/reduce.ts'
import { type Lit, light } from '../../src/pipeline/view/light.ts'

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
export function minute(minutes: number): Instant {
  return new Date(Date.UTC(2026, 10, 21, 9, minutes)).toISOString()
}

export function delivered(at: Instant, id = `guid-${at}`): Evidence {
  return { kind: 'delivery', id, at }
}

type Of<Type extends EventType> = Extract<Event, { type: Type }>
type Timed<T> = Partial<T> & { at?: Instant }

export function issueFact({ at = minute(0), ...known }: Timed<IssueFact> = {}): IssueFact {
  return {
    number: ISSUE,
    title: 'Retry on flaky upload',
    url: 'https://github.com/acme/widgets/issues/42',
    author: 'olga',
    state: 'open',
    stateReason: null,
    closedAt: null,
    updatedAt: at,
    evidence: delivered(at),
    ...known,
  }
}

export function runFact({ at = minute(2), ...known }: Timed<RunFact> = {}): RunFact {
  const { id = 100, runAttempt = 1 } = known
  return {
    id,
    runAttempt,
    workflow: 'code.yml',
    title: 'Retry on flaky upload',
    status: known.conclusion ? 'completed' : 'in_progress',
    conclusion: null,
    branch: AGENT_BRANCH,
    headSha: 'aaa1',
    url: `https://github.com/acme/widgets/actions/runs/${id}`,
    startedAt: minute(1),
    updatedAt: at,
    jobs: [],
    evidence: delivered(at),
    ...known,
  }
}

export function jobFact({ at = minute(2), ...known }: Partial<JobFact> = {}): JobFact {
  return {
    id: 1000,
    runId: 100,
    runAttempt: 1,
    name: 'build',
    status: known.conclusion ? 'completed' : 'in_progress',
    conclusion: null,
    step: null,
    stepsDone: 0,
    stepsKnown: 0,
    url: null,
    at,
    evidence: delivered(at),
    ...known,
  }
}

export function pullRequestFact({ at = minute(5), ...known }: Timed<PullRequestFact> = {}): PullRequestFact {
  return {
    number: 7,
    title: 'Retry uploads',
    url: 'https://github.com/acme/widgets/pull/7',
    author: 'claude[bot]',
    state: 'open',
    draft: false,
    branch: AGENT_BRANCH,
    headSha: 'bbb1',
    sightings: [],
    replacedShas: [],
    closes: null,
    closesAt: null,
    reviews: [],
    mayWrite: {},
    updatedAt: at,
    evidence: delivered(at),
    ...known,
  }
}

export function reviewFact({ at = minute(6), ...known }: Timed<ReviewFact> = {}): ReviewFact {
  return {
    id: 500,
    reviewer: 'mara',
    bot: false,
    state: 'approved',
    commitSha: 'bbb1',
    submittedAt: at,
    evidence: delivered(at),
    ...known,
  }
}

function here(at: Instant) {
  return { at, evidence: delivered(at), repository: REPOSITORY }
}

export function labelled(known: Timed<IssueFact> & { label?: string } = {}): Of<'issue.labeled'> {
  const { label = 'andon', ...fact } = known
  const issue = issueFact(fact)
  return { type: 'issue.labeled', ...here(issue.updatedAt), issue, label, sender: 'olga' }
}

export function issueIs(known: Timed<IssueFact>, action = 'edited'): Of<'issue.changed'> {
  const issue = issueFact(known)
  return { type: 'issue.changed', ...here(issue.updatedAt), action, issue, sender: 'olga' }
}

export function issueGone(why: 'deleted' | 'transferred', at = minute(9)): Of<'issue.gone'> {
  return { type: 'issue.gone', ...here(at), issue: issueFact({ at }), why }
}

export function runIs(known: Timed<RunFact> = {}): Of<'run.changed'> {
  const run = runFact(known)
  return { type: 'run.changed', ...here(run.updatedAt), run }
}

export function jobIs(known: Partial<JobFact> = {}): Of<'job.changed'> {
  const job = jobFact(known)
  return { type: 'job.changed', ...here(job.at), job }
}

export function pullRequestIs(known: Timed<PullRequestFact> = {}, action = 'opened'): Of<'pull_request.changed'> {
  const pullRequest = pullRequestFact(known)
  return { type: 'pull_request.changed', ...here(pullRequest.updatedAt), action, pullRequest }
}

export function reviewed(known: Timed<ReviewFact> = {}, on: Timed<PullRequestFact> = {}): Of<'review.changed'> {
  const review = reviewFact(known)
  const pullRequest = pullRequestFact({ at: review.submittedAt, ...on })
  return { type: 'review.changed', ...here(review.submittedAt), pullRequest, review }
}

export function mayWrite(login: string, granted = true, at = minute(7)): Of<'answered'> {
  return {
    type: 'answered',
    ...here(at),
    evidence: { kind: 'read', id: `permission/7/${login}/500`, at },
    question: { about: 'permission', login, for: { kind: 'review', pullRequestNumber: 7 } },
    answer: { about: 'permission', role: granted ? 'write' : 'read' },
  }
}

export function closing(numbers: readonly number[], at = minute(6), pullRequestNumber = 7): Of<'answered'> {
  return {
    type: 'answered',
    ...here(at),
    evidence: { kind: 'read', id: `pull_request/${pullRequestNumber}/opened/${at}`, at },
    question: { about: 'pull_request', pullRequestNumber },
    answer: { about: 'pull_request', closes: numbers },
  }
}

/** The pipeline after these events, the first of which must take the issue up. */
export function pipelineAfter(first: Event, ...rest: readonly Event[]): Pipeline {
  const begun = begin(first, ISSUE, WATCHED_LINE)
  if (begun === null) throw new Error(`${first.type} takes nothing up`)
  return rest.reduce((pipeline, event) => reduce(pipeline, event).pipeline, begun.pipeline)
}

/** `given(labelled()).when(runIs()).shows({ stages: 'idle running idle idle', light: 'running' })` */
export function given(first: Event, ...rest: readonly Event[]) {
  const before = pipelineAfter(first, ...rest)
  return {
    when: (...events: readonly Event[]) => {
      const after = events.reduce((pipeline, event) => reduce(pipeline, event).pipeline, before)
      return {
        pipeline: after,
        shows: (expected: {
          stages?: string
          light?: Lit['light']
          stage?: string
          reason?: string
          since?: Instant
        }) => {
          const { light: colour, stage, reason, since } = light(after)
          const actual = { stages: statuses(after).join(' '), light: colour, stage, reason, since }
          expect(actual).toMatchObject(expected)
        },
        /** The very same object, and nothing told or asked. */
        changesNothing: () => {
          for (const event of events)
            expect(reduce(before, event)).toEqual({ pipeline: before, effects: [], entries: [] })
          expect(after).toBe(before)
        },
      }
    },
  }
}

export function statuses(pipeline: Pipeline): readonly StageStatus[] {
  return pipeline.stages.map(({ status }) => status)
}
