// How the deliveries of one issue follow each other, on GitHub's clock of whole seconds.
import { type Posted, posted, REPOSITORY, type RepositoryOf } from './deliveries.ts'
import type { Plot, Stage } from './traces.ts'

export class Story {
  readonly deliveries: Posted[] = []
  readonly number: number
  readonly plot: Plot
  readonly repository: RepositoryOf
  private clock: number
  private runs = 0
  private head = 0
  private replaced = ''

  constructor(number: number, plot: Plot) {
    this.number = number
    this.plot = plot
    this.repository = plot.repository ?? REPOSITORY
    this.clock = Date.parse(plot.startAt ?? '2026-11-20T09:00:00Z') + (number % 3600) * 1000
  }

  /** GitHub's clock: whole seconds, and not always a new one. */
  now(afterSeconds = 0): string {
    if (!this.plot.equalTimestamps) this.clock += afterSeconds * 1000
    return new Date(this.clock).toISOString().replace('.000Z', 'Z')
  }

  sha(head = this.head): string {
    return (this.number * 100 + head).toString(16).padStart(40, 'a')
  }

  nextId(): number {
    this.runs += 1
    return (this.repository.id % 100_000) * 1_000_000_000 + this.number * 1_000 + this.runs
  }

  nextHead(): void {
    this.replaced = this.sha()
    this.head += 1
  }

  get branch(): string {
    return `andon/issue-${this.number}`
  }

  get url(): string {
    return `https://github.com/${this.repository.fullName}`
  }

  tell(name: string, action: string, parts: Record<string, unknown>): void {
    this.deliveries.push(posted(name, action, this.repository, parts))
  }

  issue(action: 'opened' | 'labeled' | 'closed', reason: string | null = null): void {
    const at = this.now(2)
    const label = { id: 9, name: 'andon', color: 'ededed', default: false, description: null, node_id: 'x', url: 'x' }
    this.tell('issues', action, {
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

  run(stage: Stage): Run {
    return new Run(this, stage)
  }

  /** One run from start to end, run again if the plot says so; false: the story stops at its failure. */
  stage(stage: Stage, o: { again?: boolean } = {}): boolean {
    const fails = this.plot.fails === stage
    const rerun = this.plot.rerun === stage && !o.again
    const run = this.run(stage).requested().started()
    run.completed(fails || rerun ? 'failure' : 'success')
    if (rerun)
      run
        .again()
        .started()
        .completed(fails ? 'failure' : 'success')
    return !fails
  }

  pullRequest(action: 'opened' | 'synchronize' | 'closed'): void {
    const at = this.now(3)
    this.tell('pull_request', action, {
      number: this.number + 5_000,
      ...(action === 'synchronize' && { before: this.replaced, after: this.sha() }),
      pull_request: { ...this.pullRequestJson(at, action === 'closed'), merged: action === 'closed' },
    })
  }

  review(state: 'approved' | 'changes_requested'): void {
    const at = this.now(60)
    this.tell('pull_request_review', 'submitted', {
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

/** One workflow run with one job: a plan works on the default branch and echoes its key, the rest on the agent's branch. */
class Run {
  private readonly story: Story
  private readonly stage: Stage
  private readonly id: number
  private attempt = 1
  private startedAt: string

  constructor(story: Story, stage: Stage) {
    this.story = story
    this.stage = stage
    this.id = story.nextId()
    this.startedAt = story.now(1)
  }

  requested(): this {
    this.startedAt = this.story.now(1)
    this.tellRun('requested', 'queued', null)
    this.tellJob('queued', null, 0)
    return this
  }

  started(): this {
    this.tellRun('in_progress', 'in_progress', null)
    this.story.now(4)
    this.tellJob('in_progress', null, 1)
    return this
  }

  completed(conclusion: 'success' | 'failure'): this {
    this.story.now(90)
    this.tellJob('completed', conclusion, 3)
    this.story.now(1)
    this.tellRun('completed', 'completed', conclusion)
    return this
  }

  /** "Re-run" on GitHub: the same run, `requested` is not delivered again. */
  again(): this {
    this.attempt += 1
    this.startedAt = this.story.now(120)
    this.tellJob('queued', null, 0)
    return this
  }

  private tellRun(action: string, status: string, conclusion: string | null): void {
    const { story, stage } = this
    const plan = stage === 'plan'
    const path = `.github/workflows/${stage}.yml`
    story.tell('workflow_run', action, {
      workflow: { path, name: stage },
      workflow_run: {
        id: this.id,
        run_attempt: this.attempt,
        name: stage,
        path,
        display_title: plan ? `andon ${story.number}/plan/1-k3v9x` : `Resolve issue ${story.number}`,
        event: plan ? 'workflow_dispatch' : 'push',
        status,
        conclusion,
        head_branch: plan ? 'main' : story.branch,
        head_sha: plan ? 'b'.repeat(40) : story.sha(),
        head_repository: { id: story.repository.id, full_name: story.repository.fullName },
        html_url: `${story.url}/actions/runs/${this.id}`,
        pull_requests: [],
        created_at: this.startedAt,
        run_started_at: this.startedAt,
        updated_at: story.now(),
      },
    })
  }

  private tellJob(status: 'queued' | 'in_progress' | 'completed', conclusion: string | null, steps: number): void {
    const { story, stage } = this
    const jobId = this.id * 10 + this.attempt
    const at = story.now()
    const names = ['Set up job', `Run the ${stage} agent`, 'Complete job']
    story.tell('workflow_job', status, {
      workflow_job: {
        id: jobId,
        run_id: this.id,
        run_attempt: this.attempt,
        workflow_name: stage,
        name: `${stage} / agent`,
        head_branch: stage === 'plan' ? 'main' : story.branch,
        head_sha: stage === 'plan' ? 'b'.repeat(40) : story.sha(),
        html_url: `${story.url}/actions/runs/${this.id}/job/${jobId}`,
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
