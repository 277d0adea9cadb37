// What happens in repositories all day that is not Andon's business.
import { exampleDelivery, type TestRepository, type WebhookDelivery } from '../../support/deliveries.ts'

const WORKFLOWS = ['ci.yml', 'codeql.yml', 'coverage.yml', 'release-plan.yml', 'test.yaml', 'test.yml']

/** An issue without the label `andon`, a pull request from a person's branch, and the checks that run on both. */
export function unmanagedActivity(repository: TestRepository, number: number): readonly WebhookDelivery[] {
  const at = (minutes: number) => new Date(Date.UTC(2026, 10, 20, 9, minutes)).toISOString().replace('.000', '')
  const issue = { id: 70_000 + number, number, state: 'open', labels: [], updated_at: at(0), closed_at: null }
  const label = { id: 3, name: 'bug', color: 'ededed' }
  const sha = (number * 7 + 1).toString(16).padStart(40, 'c')
  const branch = `fix/${number}-login`
  const pullRequest = {
    id: 80_000 + number,
    number: 1_000 + number,
    state: 'open',
    draft: false,
    merged_at: null,
    closed_at: null,
    updated_at: at(5),
    head: { ref: branch, sha },
    base: { ref: 'main' },
  }
  const delivery = (name: string, action: string, parts: Record<string, unknown>) =>
    exampleDelivery(name, action, repository, parts)
  return [
    delivery('issues', 'opened', { issue }),
    delivery('issues', 'labeled', { issue: { ...issue, labels: [label], updated_at: at(1) }, label }),
    delivery('issue_comment', 'created', { issue }),
    delivery('pull_request', 'opened', { number: 1_000 + number, pull_request: pullRequest }),
    ...WORKFLOWS.flatMap((file, index) => unmanagedRun(repository, number * 10 + index, file, branch, sha, at)),
    delivery('pull_request_review', 'submitted', {
      review: { id: 90_000 + number, state: 'approved', commit_id: sha, submitted_at: at(8) },
      pull_request: pullRequest,
    }),
    delivery('pull_request', 'closed', {
      number: 1_000 + number,
      pull_request: {
        ...pullRequest,
        state: 'closed',
        merged: true,
        merged_at: at(9),
        closed_at: at(9),
        updated_at: at(9),
      },
    }),
    delivery('issues', 'closed', { issue: { ...issue, state: 'closed', closed_at: at(10), updated_at: at(10) } }),
  ]
}

function unmanagedRun(
  repository: TestRepository,
  id: number,
  file: string,
  branch: string,
  sha: string,
  at: (minutes: number) => string,
): readonly WebhookDelivery[] {
  const path = `.github/workflows/${file}`
  const run = {
    id,
    run_attempt: 1,
    path,
    name: file,
    display_title: 'Fix the login',
    event: 'pull_request',
    head_branch: branch,
    head_sha: sha,
    created_at: at(5),
    run_started_at: at(5),
  }
  const job = { id: id * 10, run_id: id, run_attempt: 1, workflow_name: file, head_branch: branch, head_sha: sha }
  const tellRun = (action: string, conclusion: string | null, minutes: number) =>
    exampleDelivery('workflow_run', action, repository, {
      workflow: { path },
      workflow_run: { ...run, status: action === 'requested' ? 'queued' : action, conclusion, updated_at: at(minutes) },
    })
  return [
    tellRun('requested', null, 5),
    tellRun('in_progress', null, 6),
    exampleDelivery('workflow_job', 'completed', repository, {
      workflow_job: {
        ...job,
        status: 'completed',
        conclusion: 'success',
        created_at: at(5),
        started_at: at(6),
        completed_at: at(7),
      },
    }),
    tellRun('completed', 'success', 7),
  ]
}
