// The work on one issue: what its people and its agents do, in the order the plots call for.

import type { Run } from './github/runs.ts'
import type { FakeGitHub } from './github.ts'
import type { Shift } from './shift.ts'
import type { Wish } from './titles.ts'

export type Work = {
  readonly repository: string
  readonly number: number
  /** Somebody who may write puts the label on. */
  label(): Promise<void>
  plan(o?: Course): Promise<Run>
  code(o?: Course): Promise<Run>
  test(o?: Course): Promise<Run>
  /** The agent opens the pull request that closes the issue. */
  propose(o?: { draft?: boolean }): Promise<void>
  readyForReview(): Promise<void>
  push(): Promise<void>
  requestChanges(): Promise<void>
  approve(): Promise<void>
  merge(): Promise<void>
  dismiss(): Promise<void>
}

/** How a run goes: how long each of its jobs takes, and how it ends; `null` leaves it as it is, without another word. */
export type Course = {
  readonly seconds?: number
  readonly ends?: 'success' | 'failure' | 'cancelled' | null
  readonly waits?: number
}

const AGENT = 'claude[bot]'
const REPORTERS = ['passerby', 'trinity', 'margaret']
const MAINTAINERS = ['ada', 'grace']
const REVIEWERS = ['linus', 'margaret', 'grace']

const JOBS: Readonly<Record<string, readonly (readonly [string, readonly string[]])[]>> = {
  'plan.yml': [['plan', ['Check out', 'Read the issue', 'Write the plan']]],
  'code.yml': [
    ['prepare', ['Check out', 'Install']],
    ['code', ['Read the plan', 'Write the code', 'Push the branch']],
  ],
  'test.yml': [
    ['lint', ['Check out', 'Lint']],
    ['unit', ['Check out', 'Install', 'Run the tests']],
  ],
}

/** Opens the issue and answers what may be done about it. */
export async function takeUp(github: FakeGitHub, shift: Shift, wish: Wish): Promise<Work> {
  const { repository } = wish
  const { chance } = shift
  const number = await github.openIssue(repository, { title: wish.title, body: wish.body, by: chance.pick(REPORTERS) })
  const where = `${repository}#${number}`
  const branch = `claude/issue-${number}-${slug(wish.title)}`
  let branched = false
  let pull = 0

  async function run(workflow: string, { seconds = 6, ends = 'success', waits = 0 }: Course): Promise<Run> {
    if (!branched) await github.createBranch(repository, branch, AGENT)
    branched = true
    const name = workflow.replace('.yml', '')
    const started = await github.startRun(repository, workflow, {
      branch,
      title: `${name}: ${wish.title}`,
      by: AGENT,
      event: 'push',
    })
    await shift.pause(1 + waits)
    started.start()
    shift.say(where, `${name} runs`)
    const jobs = JOBS[workflow] ?? []
    for (const [n, [jobName, steps]] of jobs.entries()) {
      const last = n === jobs.length - 1
      const job = started.job(jobName, steps)
      await shift.pause(0.5)
      job.start()
      for (const _ of steps) {
        await shift.pause(seconds / steps.length)
        if (last && ends === null) return started
        job.step()
      }
      job.conclude(last && ends !== null ? ends : 'success')
    }
    if (ends !== null) started.conclude(ends)
    shift.say(where, `${name}: ${ends}`)
    return started
  }

  return {
    repository,
    number,
    async label() {
      await github.label(repository, number, 'andon', chance.pick(MAINTAINERS))
      shift.say(where, `labelled: ${wish.title}`)
    },
    plan: (course = {}) => run('plan.yml', course),
    code: (course = {}) => run('code.yml', course),
    test: (course = {}) => run('test.yml', course),
    async propose({ draft = false } = {}) {
      const body = `Closes #${number}\n\n${wish.body}`
      pull = await github.openPullRequest(repository, { branch, title: wish.title, body, draft, by: AGENT })
      shift.say(where, `${draft ? 'draft ' : ''}pull request #${pull}`)
    },
    async readyForReview() {
      await github.readyForReview(repository, pull, AGENT)
      shift.say(where, `pull request #${pull} is ready for review`)
    },
    async push() {
      await github.push(repository, branch, { by: AGENT, message: 'Answer the review' })
      shift.say(where, 'pushed')
    },
    async requestChanges() {
      const by = chance.pick(REVIEWERS)
      await github.review(repository, pull, 'request changes', { by, body: 'Please cover the empty case too.' })
      shift.say(where, `${by} requests changes`)
    },
    async approve() {
      const by = chance.pick(REVIEWERS)
      await github.review(repository, pull, 'approve', { by, body: 'Thank you.' })
      shift.say(where, `${by} approves`)
    },
    async merge() {
      await github.merge(repository, pull, chance.pick(MAINTAINERS))
      shift.say(where, 'merged')
    },
    async dismiss() {
      await github.closeIssue(repository, number, 'not_planned', chance.pick(MAINTAINERS))
      shift.say(where, 'closed as not planned')
    },
  }
}

function slug(title: string): string {
  const words = title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
  return words.slice(0, 30).replace(/-$/, '')
}
