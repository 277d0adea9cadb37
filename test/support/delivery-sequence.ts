// The order of one issue's deliveries, on GitHub's clock of whole seconds.
import { exampleDelivery, REPOSITORY, type TestRepository, type WebhookDelivery } from './deliveries.ts'
import type { Stage, TraceOptions } from './traces.ts'

export class DeliverySequence {
  readonly deliveries: WebhookDelivery[] = []
  readonly number: number
  readonly options: TraceOptions
  readonly repository: TestRepository
  private clock: number
  private runs = 0
  private headNumber = 0
  private replacedSha = ''

  constructor(number: number, plot: TraceOptions) {
    this.number = number
    this.options = plot
    this.repository = plot.repository ?? REPOSITORY
    this.clock = Date.parse(plot.startAt ?? '2026-11-20T09:00:00Z') + (number % 3600) * 1000
  }

  /** GitHub's clock: whole seconds, which may repeat. */
  now(afterSeconds = 0): string {
    if (!this.options.equalTimestamps) this.clock += afterSeconds * 1000
    return new Date(this.clock).toISOString().replace('.000Z', 'Z')
  }

  sha(head = this.headNumber): string {
    return (this.number * 100 + head).toString(16).padStart(40, 'a')
  }

  nextId(): number {
    this.runs += 1
    return (this.repository.id % 100_000) * 1_000_000_000 + this.number * 1_000 + this.runs
  }

  nextHead(): void {
    this.replacedSha = this.sha()
    this.headNumber += 1
  }

  get branch(): string {
    return `andon/issue-${this.number}`
  }

  get url(): string {
    return `https://github.com/${this.repository.fullName}`
  }

  deliver(name: string, action: string, parts: Record<string, unknown>): void {
    this.deliveries.push(exampleDelivery(name, action, this.repository, parts))
  }

  issue(action: 'opened' | 'labeled' | 'closed', reason: string | null = null): void {
    const at = this.now(2)
    const label = { id: 9, name: 'andon', color: 'ededed', default: false, description: null, node_id: 'x', url: 'x' }
    this.deliver('issues', action, {
      ...(action === 'labeled' && { label }),
      issue: {
        id: this.repository.id * 10_000 + this.number,
        number: this.number,
        title: `Issue ${this.number} of the morning`,
        html_url: `${this.url}/issues/${this.number}`,
        state: action === 'closed' ? 'closed' : 'open',
        state_reason: reason,
        labels: action === 'opened' ? [] : [label],
        created_at: '2026-11-20T08:00:00Z',
        updated_at: at,
        closed_at: action === 'closed' ? at : null,
      },
      sender: { login: 'maintainer', type: 'User' },
    })
  }

  run(stage: Stage): RunSequence {
    return new RunSequence(this, stage)
  }

  /** One run from start to end, re-run if the plot says so; false: the story stops at its failure. */
  stage(stage: Stage, o: { isRerun?: boolean } = {}): boolean {
    const fails = this.options.fails === stage
    const rerun = this.options.rerun === stage && !o.isRerun
    const run = this.run(stage).requested().started()
    run.completed(fails || rerun ? 'failure' : 'success')
    if (rerun)
      run
        .rerun()
        .started()
        .completed(fails ? 'failure' : 'success')
    return !fails
  }

  pullRequest(action: 'opened' | 'synchronize' | 'closed'): void {
    const at = this.now(3)
    this.deliver('pull_request', action, {
      number: this.number + 5_000,
      ...(action === 'synchronize' && { before: this.replacedSha, after: this.sha() }),
      pull_request: { ...this.pullRequestJson(at, action === 'closed'), merged: action === 'closed' },
    })
  }

  review(state: 'approved' | 'changes_requested'): void {
    const at = this.now(60)
    this.deliver('pull_request_review', 'submitted', {
      review: {
        id: this.nextId(),
        user: { login: 'reviewer', type: 'User' },
        state,
        commit_id: this.sha(),
        submitted_at: at,
      },
      pull_request: this.pullRequestJson(at, false),
    })
  }

  private pullRequestJson(at: string, merged: boolean): Record<string, unknown> {
    const number = this.number + 5_000
    const repo = { id: this.repository.id, full_name: this.repository.fullName }
    const [owner = ''] = this.repository.fullName.split('/')
    return {
      number,
      title: `Resolve issue ${this.number}`,
      html_url: `${this.url}/pull/${number}`,
      state: merged ? 'closed' : 'open',
      draft: false,
      created_at: '2026-11-20T08:30:00Z',
      updated_at: at,
      closed_at: merged ? at : null,
      merged_at: merged ? at : null,
      user: { login: 'agent[bot]', type: 'Bot' },
      head: { label: `${owner}:${this.branch}`, ref: this.branch, sha: this.sha(), repo },
      base: { label: `${owner}:main`, ref: 'main', repo },
    }
  }
}

/** One workflow run with one job: a plan runs on the default branch and echoes its key, the rest on the agent's branch. */
class RunSequence {
  private readonly sequence: DeliverySequence
  private readonly stage: Stage
  private readonly id: number
  private attempt = 1
  private startedAt: string

  constructor(story: DeliverySequence, stage: Stage) {
    this.sequence = story
    this.stage = stage
    this.id = story.nextId()
    this.startedAt = story.now(1)
  }

  requested(): this {
    this.startedAt = this.sequence.now(1)
    this.deliverRun('requested', 'queued', null)
    this.deliverJob('queued', null, 0)
    return this
  }

  started(): this {
    this.deliverRun('in_progress', 'in_progress', null)
    this.sequence.now(4)
    this.deliverJob('in_progress', null, 1)
    return this
  }

  completed(conclusion: 'success' | 'failure'): this {
    this.sequence.now(90)
    this.deliverJob('completed', conclusion, 3)
    this.sequence.now(1)
    this.deliverRun('completed', 'completed', conclusion)
    return this
  }

  /** "Re-run" on GitHub: the same run, `requested` is not delivered again. */
  rerun(): this {
    this.attempt += 1
    this.startedAt = this.sequence.now(120)
    this.deliverJob('queued', null, 0)
    return this
  }

  private deliverRun(action: string, status: string, conclusion: string | null): void {
    const { sequence, stage } = this
    const plan = stage === 'plan'
    const path = `.github/workflows/${stage}.yml`
    sequence.deliver('workflow_run', action, {
      workflow: { path, name: stage },
      workflow_run: {
        id: this.id,
        run_attempt: this.attempt,
        name: stage,
        path,
        display_title: plan ? `andon ${sequence.number}/plan/1-k3v9x` : `Resolve issue ${sequence.number}`,
        event: plan ? 'workflow_dispatch' : 'push',
        status,
        conclusion,
        head_branch: plan ? 'main' : sequence.branch,
        head_sha: plan ? 'b'.repeat(40) : sequence.sha(),
        head_repository: { id: sequence.repository.id, full_name: sequence.repository.fullName },
        html_url: `${sequence.url}/actions/runs/${this.id}`,
        pull_requests: [],
        created_at: this.startedAt,
        run_started_at: this.startedAt,
        updated_at: sequence.now(),
      },
    })
  }

  private deliverJob(status: 'queued' | 'in_progress' | 'completed', conclusion: string | null, steps: number): void {
    const { sequence, stage } = this
    const jobId = this.id * 10 + this.attempt
    const at = sequence.now()
    const names = ['Set up job', `Run the ${stage} agent`, 'Complete job']
    sequence.deliver('workflow_job', status, {
      workflow_job: {
        id: jobId,
        run_id: this.id,
        run_attempt: this.attempt,
        workflow_name: stage,
        name: `${stage} / agent`,
        head_branch: stage === 'plan' ? 'main' : sequence.branch,
        head_sha: stage === 'plan' ? 'b'.repeat(40) : sequence.sha(),
        html_url: `${sequence.url}/actions/runs/${this.id}/job/${jobId}`,
        status,
        conclusion,
        created_at: this.startedAt,
        started_at: status === 'queued' ? this.startedAt : at,
        completed_at: status === 'completed' ? at : null,
        steps: names.slice(0, steps).map((name, index) => ({
          name,
          number: index + 1,
          status: status === 'completed' ? 'completed' : 'in_progress',
          conclusion: status === 'completed' ? conclusion : null,
          started_at: at,
          completed_at: status === 'completed' ? at : null,
        })),
      },
    })
  }
}
