// The work on one issue: what its people and its agents do, in the order the plots call for.

import type { Run } from './github/runs.ts'
import type { FakeGitHub } from './github.ts'
import { GATED } from './line.ts'
import type { Shift } from './shift.ts'
import type { Starts } from './starts.ts'
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
  /** Somebody who may write tells Andon what to do. */
  order(command: string): Promise<void>
}

/** How a run goes: how long each of its jobs takes, and how it ends; `null` leaves it as it is, without another word. */
export type Course = {
  readonly seconds?: number
  readonly ends?: 'success' | 'failure' | 'cancelled' | null
  readonly waits?: number
  /** It does not hear that it is to stop, until it is forced. */
  readonly deaf?: boolean
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
export async function takeUp(o: { github: FakeGitHub; shift: Shift; starts: Starts }, wish: Wish): Promise<Work> {
  const { github, shift, starts } = o
  const { repository } = wish
  const { chance } = shift
  const number = await github.openIssue(repository, { title: wish.title, body: wish.body, by: chance.pick(REPORTERS) })
  const where = `${repository}#${number}`
  const branch = `claude/issue-${number}-${slug(wish.title)}`
  let branched = false
  let pull = 0

  async function run(workflow: string, course: Course): Promise<Run> {
    const { seconds = 6, ends = 'success', waits = 0, deaf = false } = course
    const name = workflow.replace('.yml', '')
    const place = { repository, number, workflow, branch, by: AGENT, shift }
    if (!branched) await github.createBranch(repository, branch, AGENT)
    branched = true
    const { run: started, report } = await starts({ ...place, title: `${name}: ${wish.title}` })
    if (deaf) started.ignoreCancel()
    await shift.pause(1 + waits)
    started.start()
    shift.say(where, `${name} runs`)
    const jobs = JOBS[workflow] ?? []
    const steps = jobs.flatMap(([, each]) => each)
    let done = 0
    for (const [n, [jobName, jobSteps]] of jobs.entries()) {
      const last = n === jobs.length - 1
      const job = started.job(jobName, jobSteps)
      await shift.pause(0.5)
      job.start()
      for (const step of jobSteps) {
        void report(Math.floor((100 * done++) / steps.length), step.toLowerCase())
        await shift.pause(seconds / jobSteps.length)
        if (started.state.status === 'completed') return stopped(name, started)
        if (last && ends === null) return started
        job.step()
      }
      job.conclude(last && ends !== null ? ends : 'success')
    }
    if (ends === 'success') await report(100, 'done')
    if (ends !== null) started.conclude(ends)
    shift.say(where, `${name}: ${ends}`)
    return started
  }

  // Somebody cancelled it while it was at work.
  function stopped(name: string, run: Run): Run {
    shift.say(where, `${name} was stopped: ${run.state.conclusion}`)
    return run
  }

  async function order(command: string): Promise<void> {
    const by = chance.pick(MAINTAINERS)
    await github.comment(repository, number, command, by)
    shift.say(where, `${by}: ${command}`)
  }

  return {
    repository,
    number,
    async label() {
      await github.label(repository, number, 'andon', chance.pick(MAINTAINERS))
      shift.say(where, `labelled: ${wish.title}`)
    },
    async plan(course = {}) {
      const planned = await run('plan.yml', course)
      if (repository !== GATED || planned.state.conclusion !== 'success') return planned
      await shift.pause(4)
      await order('/andon approve')
      return planned
    },
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
    order,
  }
}

function slug(title: string): string {
  const words = title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
  return words.slice(0, 30).replace(/-$/, '')
}
