// One issue's whole life as GitHub delivers it: planned by a keyed run, coded by an agent, tested, reviewed, sent back
// twice, coded again, approved, merged, closed; with a re-run, a person's second pull request, and unrelated deliveries.

import type { Event } from '../../src/pipeline/model/events.ts'
import type { JobFact, RunFact } from '../../src/pipeline/model/facts.ts'
import type { Question } from '../../src/pipeline/model/questions.ts'
import { type Instant, secondsAfter } from '../../src/pipeline/model/time.ts'
import type { AskedEffect } from './in-memory-world.ts'
import {
  deliveryEvidence,
  ISSUE,
  issueChanged,
  issueFact,
  issueLabeled,
  jobChanged,
  pullRequestChanged,
  pullRequestFact,
  REPOSITORY,
  reviewChanged,
  runChanged,
} from './pipeline-fixtures.ts'
import { DELETED_ISSUE, OTHER_REPOSITORIES, presenceOf, steeringEvents } from './steering-events.ts'

/** All stages are observed, as without a file, and one more bot may review. */
const ANDON_YML = {
  text: `stages:
  plan: { workflow: plan.yml, observe: true }
  code: { workflow: code.yml, observe: true }
  test: { workflow: test.yml, observe: true }
  review: { pull_request: true }
bots: [helper]
`,
  sha: 'fff0',
  source: 'repository',
} as const
const CLOSED = { state: 'closed', stateReason: 'completed' } as const
const HUMAN_PULL_REQUEST = {
  number: 8,
  branch: 'retry-docs',
  headSha: 'ccc1',
  author: 'olga',
  title: 'Say that uploads retry',
}

/** Of people: readers' decide nothing, from a fork or a branch; the last is by one who may write. */
const PEOPLES_PULL_REQUESTS = [
  ...Array.from({ length: 22 }, (_, nth) => ({ number: 20 + nth, author: 'mallory', branch: `mallory:retry-${nth}` })),
  { number: 50, author: 'trent', branch: 'left-behind' },
  { number: 51, author: 'mara', branch: 'mara:retry' },
].map((known) => ({ ...known, bot: false, headSha: `ddd${known.number}`, title: 'Mine', closingIssues: null }))

/** The last of the forks and both others are closed in the end. */
const FIRST_CLOSED = 41

/** Every delivery of that life, in the order GitHub sent them; `at` is the time of the n-th. */
export function lifecycleEvents(at: (nth: number) => Instant): readonly Event[] {
  const sent: Event[] = []
  const send = (event: (at: Instant) => Event) => sent.push(withGuid(event(at(sent.length)), sent.length))
  const run = (known: Partial<RunFact>, conclusion: 'success' | 'failure' = 'success') => {
    const { id = 0, runAttempt = 1 } = known
    const job = { id: id * 10 + runAttempt, runId: id, runAttempt } satisfies Partial<JobFact>
    const startedAt = at(sent.length)
    send((at) => runChanged({ at, startedAt, ...known, status: 'queued' }))
    send((at) => jobChanged({ at, ...job, status: 'queued' }))
    send((at) => jobChanged({ at, ...job, status: 'waiting' }))
    send((at) => jobChanged({ at, ...job, status: 'queued' }))
    send((at) => runChanged({ at, startedAt, ...known, status: 'in_progress' }))
    send((at) => jobChanged({ at, ...job, status: 'in_progress', step: 'tests', stepsCompleted: 1, stepsTotal: 3 }))
    send((at) => jobChanged({ at, ...job, status: 'completed', conclusion, stepsCompleted: 3, stepsTotal: 3 }))
    send((at) => runChanged({ at, startedAt, ...known, status: 'completed', conclusion }))
  }
  send((at) => issueChanged({ at }, 'opened'))
  send((at) => issueLabeled({ at }))
  send((at) => issueLabeled({ at, label: 'bug' }))
  run({ id: 101, workflow: 'plan.yml', branch: 'main', title: 'andon 42/plan/1-k3v9x', headSha: 'aaa0' })
  run({ id: 102, workflow: 'code.yml', headSha: 'aaa0' }, 'failure')
  run({ id: 102, workflow: 'code.yml', headSha: 'aaa0', runAttempt: 2 })
  send((at) => pullRequestChanged({ at, draft: true }))
  send((at) => pullRequestChanged({ at }, 'ready_for_review'))
  run({ id: 103, workflow: 'test.yml', headSha: 'bbb1' })
  run({ id: 104, workflow: 'ci.yml', headSha: 'bbb1' })
  send((at) => reviewChanged({ at, id: 501, reviewer: 'copilot[bot]', bot: true, state: 'changes_requested' }))
  send((at) => reviewChanged({ at, id: 502, reviewer: 'passer-by', state: 'changes_requested' }))
  send((at) => reviewChanged({ at, id: 503, reviewer: 'mara', state: 'changes_requested' }))
  run({ id: 105, workflow: 'code.yml', headSha: 'bbb1' })
  send((at) => pullRequestChanged({ at, headSha: 'bbb2', replacedShas: ['bbb1'] }, 'synchronize'))
  send((at) => pullRequestChanged({ at, headSha: 'bbb0', replacedShas: ['bbb2'] }, 'synchronize'))
  run({ id: 106, workflow: 'test.yml', headSha: 'bbb0' })
  send((at) => pullRequestChanged({ at, ...HUMAN_PULL_REQUEST }))
  run({ id: 107, workflow: 'test.yml', headSha: 'ccc1', branch: 'retry-docs' })
  send((at) => reviewChanged({ at, id: 504, reviewer: 'mara', commitSha: 'bbb0' }, { headSha: 'bbb0' }))
  for (const known of PEOPLES_PULL_REQUESTS) {
    send((at) => pullRequestChanged({ at, ...known }))
    if (known.number >= FIRST_CLOSED) send((at) => pullRequestChanged({ at, ...known, state: 'closed' }, 'closed'))
  }
  send((at) => pullRequestChanged({ at, headSha: 'bbb0', state: 'merged' }, 'closed'))
  send((at) => pullRequestChanged({ at, ...HUMAN_PULL_REQUEST, state: 'closed' }, 'closed'))
  send((at) => issueChanged({ at, ...CLOSED, closedAt: at }, 'closed'))
  const steered = sent.length
  return [...sent, ...steeringEvents((nth) => secondsAfter(at(steered + nth), nth))]
}

/** GitHub's answer to a question: at the end of the life, or while the issue and both pull requests are open. */
export function answerQuestion(effect: AskedEffect, at: Instant, when: 'over' | 'open' = 'over'): Event {
  if (effect.type !== 'ask') throw new Error(`${effect.key} is not a question`)
  const { key, question } = effect
  const evidence = { kind: 'read', id: key, at } as const
  const repository = [REPOSITORY, ...OTHER_REPOSITORIES].find(({ id }) => id === effect.repositoryId) ?? REPOSITORY
  const base = { type: 'question.answered', at, evidence, repository } as const
  // Read after every delivery has arrived.
  const later = { ...base, at: secondsAfter(at, 3_600) }
  if (question.about === 'repository') return { ...later, question, answer: presenceOf(repository, at) }
  if (question.about === 'installation')
    return { ...later, question, answer: { about: 'installation', state: 'active', account: 'acme' } }
  if (question.about === 'permission') {
    const role = ['mara', 'ada', 'bob'].includes(question.login) ? 'write' : 'read'
    return { ...base, question, answer: { about: 'permission', role } }
  }
  if (question.about === 'configuration')
    return { ...base, question, answer: { about: 'configuration', ...ANDON_YML, headSha: 'aaa0' } }
  if (question.about === 'pull_request')
    return { ...base, question, answer: { about: 'pull_request', closes: closedIssues(question), pullRequest: null } }
  // Deliveries say everything about runs here.
  if (question.about === 'run') return { ...base, question, answer: { about: 'run', run: null } }
  const isDeleted = question.about === 'issue' && question.issueNumber === DELETED_ISSUE
  const agentPullRequest = when === 'over' ? ({ headSha: 'bbb0', state: 'merged' } as const) : {}
  const human = { ...HUMAN_PULL_REQUEST, state: when === 'over' ? 'closed' : 'open' } as const
  const end = when === 'over' ? { ...CLOSED, closedAt: at } : {}
  return {
    ...base,
    question,
    answer: {
      about: 'issue',
      issue: isDeleted ? null : issueFact({ at, evidence, ...end }),
      pullRequests: isDeleted
        ? []
        : [
            pullRequestFact({ at, evidence, ...agentPullRequest, closingIssues: [], closingIssuesAt: at }),
            pullRequestFact({ at, evidence, ...human, closingIssues: [ISSUE], closingIssuesAt: at }),
            ...PEOPLES_PULL_REQUESTS.map((known) => {
              const state = when === 'over' && known.number >= FIRST_CLOSED ? 'closed' : 'open'
              return pullRequestFact({ at, evidence, ...known, state, closingIssues: [ISSUE], closingIssuesAt: at })
            }),
          ],
      defaultBranchSha: 'aaa0',
      configuration: ANDON_YML,
    },
  }
}

function closedIssues(question: Extract<Question, { about: 'pull_request' }>): readonly number[] {
  const linked = [HUMAN_PULL_REQUEST, ...PEOPLES_PULL_REQUESTS].map(({ number }) => number)
  return linked.includes(question.pullRequestNumber) ? [ISSUE] : []
}

/** Each delivery has its own GUID, which its facts cite as their evidence. */
function withGuid(event: Event, nth: number): Event {
  const evidence = deliveryEvidence(event.at, `guid-${nth}`)
  const base = { ...event, evidence }
  if ('issue' in base) return { ...base, issue: { ...base.issue, evidence } }
  if (base.type === 'run.changed') return { ...base, run: { ...base.run, evidence } }
  if (base.type === 'job.changed') return { ...base, job: { ...base.job, evidence } }
  if (base.type === 'pull_request.changed') return { ...base, pullRequest: { ...base.pullRequest, evidence } }
  if (base.type === 'review.changed')
    return { ...base, pullRequest: { ...base.pullRequest, evidence }, review: { ...base.review, evidence } }
  return base
}
