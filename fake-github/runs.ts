// Workflow runs and their jobs: their state, their deliveries, and the verbs that
// move them. Each verb delivers exactly what GitHub would deliver: the end of a step is silent.
import { APP } from './organization.ts'
import {
  type Conclusion,
  type Environment,
  type JobState,
  jobPayload,
  type RunState,
  runPayload,
  type StepState,
  type WaitingStatus,
  type Workflow,
  workflowPayload,
} from './run-state.ts'
import type { SendWebhook } from './webhooks.ts'
import { repositoryOf, type World } from './world.ts'

export type Job = {
  readonly id: number
  readonly state: Readonly<JobState>
  /** Held back by an environment, whose reviewers must approve unless told otherwise. */
  wait(environment?: Partial<Environment>): void
  /** The environment lets it go on: it wants a runner. */
  approve(): void
  /** A reviewer of its environment rejects it: it fails without having begun. */
  reject(): void
  start(): void
  /** Ends the current step and starts the next; GitHub delivers nothing. */
  step(): void
  succeed(): void
  fail(): void
  conclude(conclusion: Conclusion, annotation?: string): void
}

export type Run = {
  readonly id: number
  readonly url: string
  readonly state: Readonly<RunState>
  readonly jobs: readonly Job[]
  /** GitHub makes it wait, and delivers that as a run that is requested. */
  wait(status: WaitingStatus): void
  /** Also a run that a person has approved (`action_required`). */
  start(): void
  /** Queues a job of this attempt. */
  job(name: string, steps?: readonly string[]): Job
  succeed(): void
  fail(): void
  /** Ends every open job with the same conclusion, and perhaps with an annotation that explains it; then the run. */
  conclude(conclusion: Conclusion, annotation?: string): void
  /** Another `run_attempt` of the same run, for which GitHub delivers no `requested`. */
  rerun(): void
  /** From now on cancelling is accepted without effect; forcing still works unless `whenForced` is set. */
  ignoreCancel(whenForced?: boolean): void
  cancel(forced?: boolean): void
  /** A user cancels it on GitHub. */
  cancelBy(login: string): void
}

/** Starts a run: GitHub delivers `workflow_run.requested`. */
export function createRun(
  world: World,
  send: SendWebhook,
  workflow: Workflow,
  o: Pick<RunState, 'repository' | 'number' | 'event' | 'branch' | 'headSha' | 'title' | 'actor' | 'fork'>,
): Run {
  const at = world.clock.nowIso()
  const state: RunState = {
    ...o,
    id: world.nextId(),
    workflow,
    attempt: 1,
    status: 'queued',
    conclusion: null,
    createdAt: at,
    startedAt: at,
    updatedAt: at,
    jobs: [],
    ignoresCancel: 'no',
  }
  const jobs: Job[] = []

  function deliver(action: string): void {
    state.updatedAt = world.clock.nowIso()
    const payload = {
      action,
      workflow_run: runPayload(world, state),
      workflow: workflowPayload(world, state.repository, workflow),
    }
    send('workflow_run', payload, state.repository, state.actor)
  }

  function end(conclusion: Conclusion, annotation?: string): void {
    if (state.status === 'completed') return
    for (const job of jobs)
      if (job.state.attempt === state.attempt && job.state.status !== 'completed') job.conclude(conclusion, annotation)
    state.status = 'completed'
    state.conclusion = conclusion
    deliver('completed')
  }

  const run: Run = {
    id: state.id,
    url: `${world.url}/${state.repository}/actions/runs/${state.id}`,
    state,
    jobs,
    wait(status) {
      state.status = status
      deliver('requested')
    },
    start() {
      const isOver = state.status === 'completed' && state.conclusion !== 'action_required'
      if (state.status === 'in_progress' || isOver) return
      Object.assign(state, { status: 'in_progress', conclusion: null } satisfies Partial<RunState>)
      deliver('in_progress')
    },
    job(name, steps = ['Set up job', 'Run the agent', 'Complete job']) {
      const job = createJob(world, send, state, name, steps)
      jobs.push(job)
      return job
    },
    succeed: () => end('success'),
    fail: () => end('failure'),
    conclude: end,
    rerun() {
      Object.assign(state, {
        attempt: state.attempt + 1,
        status: 'queued',
        conclusion: null,
        startedAt: world.clock.nowIso(),
        jobs: [],
      })
    },
    ignoreCancel(whenForced = false) {
      state.ignoresCancel = whenForced ? 'always' : 'until force-cancelled'
    },
    cancel(forced = false) {
      if (state.ignoresCancel === 'no' || (forced && state.ignoresCancel === 'until force-cancelled'))
        end('cancelled', cancelledBy(`${APP.slug}[bot]`))
    },
    cancelBy: (login) => end('cancelled', cancelledBy(login)),
  }
  repositoryOf(world, state.repository)
  deliver('requested')
  return run
}

function cancelledBy(login: string): string {
  return `The run was canceled by @${login}.`
}

function createJob(world: World, send: SendWebhook, run: RunState, name: string, steps: readonly string[]): Job {
  const state: JobState = {
    id: world.nextId(),
    attempt: run.attempt,
    name,
    status: 'queued',
    conclusion: null,
    environment: null,
    annotations: [],
    createdAt: world.clock.nowIso(),
    startedAt: world.clock.nowIso(),
    completedAt: null,
    steps: steps.map((step, n) => ({
      name: step,
      number: n + 1,
      status: 'queued',
      conclusion: null,
      startedAt: null,
      completedAt: null,
    })),
  }
  run.jobs.push(state)

  function deliver(action: string): void {
    const payload = { action, workflow_job: jobPayload(world, run, state) }
    send('workflow_job', payload, run.repository, run.actor)
  }

  function beginStep(): void {
    const next = state.steps.find((step) => step.status === 'queued')
    if (next)
      Object.assign(next, { status: 'in_progress', startedAt: world.clock.nowIso() } satisfies Partial<StepState>)
  }

  function endStep(conclusion: Conclusion): void {
    const open = state.steps.find((step) => step.status === 'in_progress')
    if (open)
      Object.assign(open, {
        status: 'completed',
        conclusion,
        completedAt: world.clock.nowIso(),
      } satisfies Partial<StepState>)
  }

  function end(conclusion: Conclusion, annotation?: string): void {
    if (state.status === 'completed') return
    if (annotation !== undefined) state.annotations.push(annotation)
    endStep(conclusion)
    for (const step of state.steps)
      if (step.status === 'queued') completeUnstartedStep(step, conclusion, world.clock.nowIso())
    Object.assign(state, {
      status: 'completed',
      conclusion,
      completedAt: world.clock.nowIso(),
    } satisfies Partial<JobState>)
    deliver('completed')
  }

  deliver('queued')
  return {
    id: state.id,
    state,
    wait(environment = {}) {
      state.status = 'waiting'
      state.environment = { name: 'production', reviewers: ['mara'], waitTimer: 0, ...environment }
      // Its other jobs go on.
      if (run.jobs.every(({ status }) => status !== 'in_progress')) run.status = 'waiting'
      deliver('waiting')
    },
    approve() {
      state.status = 'queued'
      if (run.status === 'waiting') run.status = 'queued'
      deliver('queued')
    },
    reject() {
      state.steps.splice(0)
      end('failure', "The deployment was rejected or didn't satisfy other protection rules.")
    },
    start() {
      state.status = 'in_progress'
      state.startedAt = world.clock.nowIso()
      beginStep()
      deliver('in_progress')
    },
    step() {
      endStep('success')
      beginStep()
    },
    succeed: () => end('success'),
    fail: () => end('failure'),
    conclude: end,
  }
}

function completeUnstartedStep(step: StepState, conclusion: Conclusion, at: string): void {
  Object.assign(step, {
    status: 'completed',
    conclusion: conclusion === 'success' ? 'success' : 'skipped',
    startedAt: at,
    completedAt: at,
  })
}
