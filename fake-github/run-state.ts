// The state of a run and a job, and how GitHub writes it.
import { type Repository, repositoryOf, type World } from './world.ts'

export type Conclusion =
  | 'success'
  | 'failure'
  | 'neutral'
  | 'cancelled'
  | 'timed_out'
  | 'action_required'
  | 'stale'
  | 'skipped'
  | 'startup_failure'

export type Workflow = {
  readonly id: number
  readonly name: string
  /** `plan.yml` */
  readonly file: string
  /** Whether its `run-name` echoes the attempt key. */
  readonly echoesKey: boolean
  state: 'active' | 'disabled_manually' | 'disabled_inactivity'
}

export type StepState = {
  name: string
  number: number
  status: 'queued' | 'in_progress' | 'completed'
  conclusion: Conclusion | null
  startedAt: string | null
  completedAt: string | null
}

/** What protects an environment: people who must approve a deployment there, or minutes that it waits. */
export type Environment = { readonly name: string; readonly reviewers: readonly string[]; readonly waitTimer: number }

export type WaitingStatus = 'requested' | 'queued' | 'pending' | 'waiting'

export type JobState = {
  readonly id: number
  readonly attempt: number
  readonly name: string
  status: WaitingStatus | 'in_progress' | 'completed'
  conclusion: Conclusion | null
  /** The environment that it waits for. */
  environment: Environment | null
  /** What GitHub writes beside its check run, as with a cancellation. */
  readonly annotations: string[]
  readonly createdAt: string
  startedAt: string
  completedAt: string | null
  readonly steps: StepState[]
}

export type RunState = {
  readonly id: number
  readonly repository: string
  readonly workflow: Workflow
  readonly number: number
  readonly event: string
  readonly branch: string
  readonly headSha: string
  /** `display_title`: the run-name, or GitHub's default. */
  readonly title: string
  readonly actor: string
  /** Whose fork its head is in; null for a branch of the repository. */
  readonly fork: string | null
  attempt: number
  status: WaitingStatus | 'in_progress' | 'completed'
  conclusion: Conclusion | null
  readonly createdAt: string
  startedAt: string
  updatedAt: string
  jobs: JobState[]
  /** Whether it reacts to a cancellation. */
  ignoresCancel: 'no' | 'until force-cancelled' | 'always'
}

export function workflowPayload(world: World, fullName: string, workflow: Workflow): Record<string, unknown> {
  return {
    id: workflow.id,
    node_id: `W_${workflow.id}`,
    name: workflow.name,
    path: `.github/workflows/${workflow.file}`,
    state: workflow.state,
    url: `${world.url}/repos/${fullName}/actions/workflows/${workflow.id}`,
    html_url: `${world.url}/${fullName}/blob/main/.github/workflows/${workflow.file}`,
    badge_url: `${world.url}/${fullName}/workflows/${workflow.file}/badge.svg`,
    created_at: WORKFLOWS_CREATED_AT,
    updated_at: WORKFLOWS_CREATED_AT,
  }
}

export function runPayload(world: World, run: RunState): Record<string, unknown> {
  const api = `${world.url}/repos/${run.repository}`
  const url = `${api}/actions/runs/${run.id}`
  const actor = world.users.get(run.actor)
  const repository = repositoryOf(world, run.repository)
  return {
    id: run.id,
    name: run.workflow.name,
    node_id: `WFR_${run.id}`,
    head_branch: run.branch,
    head_sha: run.headSha,
    path: `.github/workflows/${run.workflow.file}`,
    display_title: run.title,
    run_number: run.number,
    event: run.event,
    status: run.status,
    conclusion: run.conclusion,
    workflow_id: run.workflow.id,
    check_suite_id: run.id + CHECK_SUITE_OFFSET,
    check_suite_node_id: `CS_${run.id}`,
    url,
    html_url: `${world.url}/${run.repository}/actions/runs/${run.id}`,
    pull_requests: openPullRequestsOf(world, run),
    created_at: run.createdAt,
    updated_at: run.updatedAt,
    actor,
    run_attempt: run.attempt,
    referenced_workflows: [],
    run_started_at: run.startedAt,
    triggering_actor: actor,
    jobs_url: `${url}/jobs`,
    logs_url: `${url}/logs`,
    check_suite_url: `${api}/check-suites/${run.id + CHECK_SUITE_OFFSET}`,
    artifacts_url: `${url}/artifacts`,
    cancel_url: `${url}/cancel`,
    rerun_url: `${url}/rerun`,
    previous_attempt_url: run.attempt > 1 ? `${url}/attempts/${run.attempt - 1}` : null,
    workflow_url: `${api}/actions/workflows/${run.workflow.id}`,
    head_commit: {
      id: run.headSha,
      tree_id: run.headSha,
      message: run.title,
      timestamp: run.createdAt,
      author: { name: run.actor, email: `${run.actor}@acme.example` },
      committer: { name: run.actor, email: `${run.actor}@acme.example` },
    },
    repository,
    head_repository: run.fork === null ? repository : forkOf(repository, run.fork),
  }
}

export function jobPayload(world: World, run: RunState, job: JobState): Record<string, unknown> {
  const api = `${world.url}/repos/${run.repository}`
  return {
    id: job.id,
    run_id: run.id,
    workflow_name: run.workflow.name,
    head_branch: run.branch,
    run_url: `${api}/actions/runs/${run.id}`,
    run_attempt: job.attempt,
    node_id: `CR_${job.id}`,
    head_sha: run.headSha,
    url: `${api}/actions/jobs/${job.id}`,
    html_url: `${world.url}/${run.repository}/actions/runs/${run.id}/job/${job.id}`,
    status: job.status,
    conclusion: job.conclusion,
    created_at: job.createdAt,
    started_at: job.startedAt,
    completed_at: job.completedAt,
    name: job.name,
    // A job that has not started has no steps yet.
    steps: hasStarted(job) ? job.steps.map(stepPayload) : [],
    check_run_url: `${api}/check-runs/${job.id}`,
    labels: ['ubuntu-latest'],
    runner_id: hasStarted(job) ? 1 : null,
    runner_name: hasStarted(job) ? 'Hosted Agent' : null,
    runner_group_id: null,
    runner_group_name: null,
  }
}

/** The annotations of a job's check run, which has the id of the job. */
export function annotationPayloads({ annotations }: JobState): readonly object[] {
  const place = { path: '.github', start_line: 1, end_line: 1, start_column: null, end_column: null }
  return annotations.map((message) => ({ ...place, annotation_level: 'failure', title: '', message, raw_details: '' }))
}

/** The deployments that wait for an environment. */
export function pendingDeployments(world: World, { jobs }: RunState): readonly object[] {
  return jobs.flatMap(({ status, environment }) => {
    if (status !== 'waiting' || environment === null) return []
    const { name, reviewers, waitTimer } = environment
    return [
      {
        environment: { id: 1, name },
        wait_timer: waitTimer,
        current_user_can_approve: false,
        reviewers: reviewers.map((login) => ({ type: 'User', reviewer: world.users.get(login) ?? { login } })),
      },
    ]
  })
}

/** One that its environment's reviewers rejected has ended without a step. */
function hasStarted({ status, steps }: JobState): boolean {
  return status === 'in_progress' || (status === 'completed' && steps.length > 0)
}

function stepPayload(step: StepState): object {
  const { startedAt, completedAt, ...rest } = step
  return { ...rest, started_at: startedAt, completed_at: completedAt }
}

// "These do not necessarily indicate pull requests that triggered the run."
function openPullRequestsOf(world: World, run: RunState): readonly object[] {
  return [...world.pullRequests]
    .filter(
      ([key, pull]) => key.startsWith(`${run.repository}#`) && pull.state === 'open' && pull.head.ref === run.branch,
    )
    .map(([, pull]) => ({
      id: pull.id,
      number: pull.number,
      url: `${world.url}/repos/${run.repository}/pulls/${pull.number}`,
      head: { ref: pull.head.ref, sha: pull.head.sha },
      base: { ref: pull.base.ref, sha: pull.base.sha },
    }))
}

function forkOf(repository: Repository, owner: string): object {
  return { ...repository, id: repository.id + FORK_ID_OFFSET, full_name: `${owner}/${repository.name}`, fork: true }
}

const FORK_ID_OFFSET = 9_000_000
const CHECK_SUITE_OFFSET = 5_000_000_000
const WORKFLOWS_CREATED_AT = '2026-01-05T09:00:00Z'
