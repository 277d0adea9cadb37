// The work on one issue: what its people and its agents do, in the order of the scenario.

import type { FakeGitHub } from '../fake-github/fake-github.ts'
import type { Run } from '../fake-github/runs.ts'
import { GATED_REPOSITORY } from './configuration.ts'
import type { IssueText } from './issue-texts.ts'
import type { RunSource, StartedRun } from './run-source.ts'
import type { DemoSession } from './session.ts'
import { readJobs, type Step, type StepReport } from './workflows.ts'

export type IssueDriver = {
  readonly repository: string
  readonly number: number
  /** A user with write permission adds the label. */
  label(): Promise<void>
  plan(o?: RunBehavior): Promise<Run>
  code(o?: RunBehavior): Promise<Run>
  test(o?: RunBehavior): Promise<Run>
  /** The agent opens the pull request that closes the issue; a dispatched workflow does so itself. */
  openPullRequest(): Promise<void>
  push(): Promise<void>
  requestChanges(): Promise<void>
  approve(): Promise<void>
  merge(): Promise<void>
  closeAsNotPlanned(): Promise<void>
  /** A user with write permission sends a command. */
  comment(command: string): Promise<void>
}

/** How a run goes: how long the agent works, and how it ends; `null` leaves it silent in the middle. */
export type RunBehavior = {
  readonly seconds?: number
  readonly conclusion?: 'success' | 'failure' | 'cancelled' | null
  readonly queuedSeconds?: number
  /** It ignores its cancellation, until it is cancelled by force. */
  readonly ignoresCancel?: boolean
}

const REPORTERS = ['passerby', 'trinity', 'margaret']
const MAINTAINERS = ['ada', 'grace']
const REVIEWERS = ['linus', 'margaret', 'grace']

/** Opens the issue and returns its possible actions. */
export async function openDrivenIssue(
  o: { github: FakeGitHub; session: DemoSession; runSource: RunSource },
  issueText: IssueText,
): Promise<IssueDriver> {
  const { github, session, runSource } = o
  const { repository } = issueText
  const { random } = session
  const number = await github.openIssue(repository, {
    title: issueText.title,
    body: issueText.body,
    by: random.pick(REPORTERS),
  })
  const where = `${repository}#${number}`
  // An independent agent names its own branches; a dispatched one follows the workflows.
  const agent = runSource.startedByAndon ? 'github-actions[bot]' : 'claude[bot]'
  const branch = runSource.startedByAndon ? `andon/issue-${number}` : `claude/issue-${number}-${slug(issueText.title)}`
  const reviewer = random.pick(REVIEWERS)
  let branched = false
  let pull = 0

  async function run(stage: keyof typeof STAGE_PROGRESS, course: RunBehavior): Promise<Run> {
    const { queuedSeconds = 0, ignoresCancel = false } = course
    const workflow = `${stage}.yml`
    const title = `${stage}: ${issueText.title}`
    if (!runSource.startedByAndon) await pushOnce()
    const started = await runSource.nextRun({ repository, number, workflow, branch, title, by: agent, session })
    if (ignoresCancel) started.run.ignoreCancel()
    await session.pause(1 + queuedSeconds)
    started.run.start()
    if (!runSource.startedByAndon) session.log(where, `${stage} runs`)
    const ended = await goThrough(stage, started, course)
    if (ended) session.log(where, `${stage}: ${started.run.state.conclusion}`)
    return started.run
  }

  /** False when it falls silent, and so never ends. */
  async function goThrough(
    stage: keyof typeof STAGE_PROGRESS,
    started: StartedRun,
    course: RunBehavior,
  ): Promise<boolean> {
    const { run } = started
    const ends = course.conclusion === undefined ? 'success' : course.conclusion
    for (const { name, steps: all } of readJobs(`${stage}.yml`)) {
      const steps = all.filter((step) => runSource.startedByAndon || !step.isForAndon)
      const job = run.job(
        name,
        steps.map((step) => step.name),
      )
      await session.pause(0.5)
      job.start()
      for (const step of steps) {
        if (step.report) await started.report(step.report)
        const isWork = step.outcome === 'runs the agent'
        if (isWork) await workOn(stage, started, course)
        else await session.pause(0.2)
        if (run.state.status === 'completed') return true
        if (isWork && ends === null) {
          session.log(where, `${stage} falls silent`)
          return false
        }
        if (isWork && ends !== 'success') {
          run.conclude(ends ?? 'failure')
          return true
        }
        if (isWork || step.outcome !== null) await comesOf(stage, step)
        job.step()
      }
      job.succeed()
    }
    run.succeed()
    return true
  }

  /** The agent's work in its step, with a report now and then; it may fall silent half-way. */
  async function workOn(
    stage: keyof typeof STAGE_PROGRESS,
    { run, report }: StartedRun,
    course: RunBehavior,
  ): Promise<void> {
    const { seconds = 12, conclusion } = course
    const thoughts = STAGE_PROGRESS[stage]
    for (const thought of conclusion === null ? thoughts.slice(0, 2) : thoughts) {
      await session.pause(seconds / (thoughts.length + 1))
      if (run.state.status === 'completed') return
      await report(thought)
    }
    await session.pause(seconds / (thoughts.length + 1))
  }

  async function comesOf(stage: string, step: Step): Promise<void> {
    if (!runSource.startedByAndon) return
    if (stage === 'plan') await github.comment(repository, number, planText(issueText), agent)
    if (step.outcome !== 'opens the pull request') return
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
    await github.push(repository, branch, { by: agent })
    session.log(where, `pushed to pull request #${pull}`)
  }

  async function propose(): Promise<void> {
    const body = `Closes #${number}\n\n${issueText.body}`
    pull = await github.openPullRequest(repository, { branch, title: issueText.title, body, by: agent })
    session.log(where, `pull request #${pull}`)
  }

  async function order(command: string): Promise<void> {
    const by = random.pick(MAINTAINERS)
    await github.comment(repository, number, command, by)
    session.log(where, `${by}: ${command}`)
  }

  return {
    repository,
    number,
    async label() {
      await github.label(repository, number, 'andon', random.pick(MAINTAINERS))
      session.log(where, `labelled: ${issueText.title}`)
    },
    async plan(course = {}) {
      const planned = await run('plan', course)
      if (!runSource.startedByAndon || repository !== GATED_REPOSITORY || planned.state.conclusion !== 'success')
        return planned
      await session.pause(READING_SECONDS)
      await order('/andon approve')
      return planned
    },
    code: (course = {}) => run('code', course),
    test: (course = {}) => run('test', course),
    openPullRequest: propose,
    push,
    async requestChanges() {
      const body = 'Please cover the empty case too.'
      await github.review(repository, pull, 'request changes', { by: reviewer, body })
      session.log(where, `${reviewer} requests changes`)
    },
    async approve() {
      await github.review(repository, pull, 'approve', { by: reviewer, body: 'Thank you.' })
      session.log(where, `${reviewer} approves`)
    },
    async merge() {
      await github.merge(repository, pull, random.pick(MAINTAINERS))
      session.log(where, 'merged')
    },
    async closeAsNotPlanned() {
      await github.closeIssue(repository, number, 'not_planned', random.pick(MAINTAINERS))
      session.log(where, 'closed as not planned')
    },
    comment: order,
  }
}

// A maintainer reads the plan before approving it.
const READING_SECONDS = 14

/** An agent's progress reports. */
const STAGE_PROGRESS = {
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
} as const satisfies Readonly<Record<string, readonly StepReport[]>>

function planText({ body }: IssueText): string {
  return `**Plan**\n\n1. Reproduce it: ${body}\n2. Change as little as cures it.\n3. Cover it with a test that failed before.`
}

function slug(title: string): string {
  const words = title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
  return words.slice(0, 30).replace(/-$/, '')
}
