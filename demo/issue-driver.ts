// The work on one issue: what its people and its agents do, in the order the plots call for.

import type { FakeGitHub } from '../fake-github/fake-github.ts'
import type { Run } from '../fake-github/runs.ts'
import { GATED } from './configuration.ts'
import type { Wish } from './issue-texts.ts'
import type { Started, Starts } from './run-starter.ts'
import type { Shift } from './session.ts'
import { jobsOf, type Report, type Step } from './workflows.ts'

export type Work = {
  readonly repository: string
  readonly number: number
  /** Somebody who may write puts the label on. */
  label(): Promise<void>
  plan(o?: Course): Promise<Run>
  code(o?: Course): Promise<Run>
  test(o?: Course): Promise<Run>
  /** The agent opens the pull request that closes the issue; where Andon starts it, the workflow does so itself. */
  propose(): Promise<void>
  push(): Promise<void>
  requestChanges(): Promise<void>
  approve(): Promise<void>
  merge(): Promise<void>
  dismiss(): Promise<void>
  /** Somebody who may write tells Andon what to do. */
  order(command: string): Promise<void>
}

/** How a run goes: how long the agent works, and how it ends; `null` leaves it as it is, without another word. */
export type Course = {
  readonly seconds?: number
  readonly ends?: 'success' | 'failure' | 'cancelled' | null
  readonly waits?: number
  /** It does not hear that it is to stop, until it is forced. */
  readonly deaf?: boolean
}

const REPORTERS = ['passerby', 'trinity', 'margaret']
const MAINTAINERS = ['ada', 'grace']
const REVIEWERS = ['linus', 'margaret', 'grace']

/** Opens the issue and answers what may be done about it. */
export async function takeUp(o: { github: FakeGitHub; shift: Shift; starts: Starts }, wish: Wish): Promise<Work> {
  const { github, shift, starts } = o
  const { repository } = wish
  const { chance } = shift
  const number = await github.openIssue(repository, { title: wish.title, body: wish.body, by: chance.pick(REPORTERS) })
  const where = `${repository}#${number}`
  // An agent of its own names its branches itself; what Andon starts does as the workflows say.
  const agent = starts.byAndon ? 'github-actions[bot]' : 'claude[bot]'
  const branch = starts.byAndon ? `andon/issue-${number}` : `claude/issue-${number}-${slug(wish.title)}`
  const reviewer = chance.pick(REVIEWERS)
  let branched = false
  let pull = 0

  async function run(stage: keyof typeof THOUGHTS, course: Course): Promise<Run> {
    const { waits = 0, deaf = false } = course
    const workflow = `${stage}.yml`
    const title = `${stage}: ${wish.title}`
    if (!starts.byAndon) await pushOnce()
    const started = await starts.next({ repository, number, workflow, branch, title, by: agent, shift })
    if (deaf) started.run.ignoreCancel()
    await shift.pause(1 + waits)
    started.run.start()
    if (!starts.byAndon) shift.say(where, `${stage} runs`)
    const ended = await goThrough(stage, started, course)
    if (ended) shift.say(where, `${stage}: ${started.run.state.conclusion}`)
    return started.run
  }

  /** False when it falls silent, and hence does not end. */
  async function goThrough(stage: keyof typeof THOUGHTS, started: Started, course: Course): Promise<boolean> {
    const { run } = started
    const ends = course.ends === undefined ? 'success' : course.ends
    for (const { name, steps: all } of jobsOf(`${stage}.yml`)) {
      const steps = all.filter((step) => starts.byAndon || !step.isForAndon)
      const job = run.job(
        name,
        steps.map((step) => step.name),
      )
      await shift.pause(0.5)
      job.start()
      for (const step of steps) {
        if (step.report) await started.report(step.report)
        const isWork = step.does === 'the work'
        if (isWork) await workOn(stage, started, course)
        else await shift.pause(0.2)
        if (run.state.status === 'completed') return true
        if (isWork && ends === null) {
          shift.say(where, `${stage} falls silent`)
          return false
        }
        if (isWork && ends !== 'success') {
          run.conclude(ends ?? 'failure')
          return true
        }
        if (isWork || step.does !== null) await comesOf(stage, step)
        job.step()
      }
      job.succeed()
    }
    run.succeed()
    return true
  }

  /** What the agent does in its step, telling now and then how far it is; in the end it falls silent half-way. */
  async function workOn(stage: keyof typeof THOUGHTS, { run, report }: Started, course: Course): Promise<void> {
    const { seconds = 12, ends } = course
    const thoughts = THOUGHTS[stage]
    for (const said of ends === null ? thoughts.slice(0, 2) : thoughts) {
      await shift.pause(seconds / (thoughts.length + 1))
      if (run.state.status === 'completed') return
      await report(said)
    }
    await shift.pause(seconds / (thoughts.length + 1))
  }

  async function comesOf(stage: string, step: Step): Promise<void> {
    if (!starts.byAndon) return
    if (stage === 'plan') await github.comment(repository, number, planFor(wish), agent)
    if (step.does !== 'opens the pull request') return
    if (pull > 0) await push()
    else {
      await pushOnce()
      await propose()
    }
  }

  async function pushOnce(): Promise<void> {
    if (!branched) await github.createBranch(repository, branch, agent)
    branched = true
  }

  async function push(): Promise<void> {
    await github.push(repository, branch, { by: agent, message: 'Answer the review' })
    shift.say(where, `pushed to pull request #${pull}`)
  }

  async function propose(): Promise<void> {
    const body = `Closes #${number}\n\n${wish.body}`
    pull = await github.openPullRequest(repository, { branch, title: wish.title, body, by: agent })
    shift.say(where, `pull request #${pull}`)
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
      const planned = await run('plan', course)
      if (!starts.byAndon || repository !== GATED || planned.state.conclusion !== 'success') return planned
      await shift.pause(READING_SECONDS)
      await order('/andon approve')
      return planned
    },
    code: (course = {}) => run('code', course),
    test: (course = {}) => run('test', course),
    propose,
    push,
    async requestChanges() {
      const body = 'Please cover the empty case too.'
      await github.review(repository, pull, 'request changes', { by: reviewer, body })
      shift.say(where, `${reviewer} requests changes`)
    },
    async approve() {
      await github.review(repository, pull, 'approve', { by: reviewer, body: 'Thank you.' })
      shift.say(where, `${reviewer} approves`)
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

// A maintainer reads the plan before approving it.
const READING_SECONDS = 14

/** What an agent tells of its work. */
const THOUGHTS = {
  plan: [
    { progress: 30, text: 'looking for what it touches' },
    { progress: 70, text: 'writing the plan' },
  ],
  code: [
    { progress: 20, text: 'reading the code around it' },
    { progress: 50, text: 'changing 4 files' },
    { progress: 75, text: 'covering it with a test' },
  ],
  test: [
    { progress: 35, text: '61 of 173 tests' },
    { progress: 80, text: '138 of 173 tests' },
  ],
} as const satisfies Readonly<Record<string, readonly Report[]>>

function planFor({ body }: Wish): string {
  return `**Plan**\n\n1. Reproduce it: ${body}\n2. Change as little as cures it.\n3. Cover it with a test that failed before.`
}

function slug(title: string): string {
  const words = title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
  return words.slice(0, 30).replace(/-$/, '')
}
