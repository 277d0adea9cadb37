// A run as GitHub answered it, in our words: the same that a delivery about it would say.
import { GitHubFailure } from '../github/failure.ts'
import type { GitHubJob, GitHubRun } from '../github/workflow-runs.ts'
import type { Evidence } from '../pipeline/model/evidence.ts'
import type { Conclusion, JobFact, RunFact, RunStatus } from '../pipeline/model/facts.ts'
import type { Instant } from '../pipeline/model/time.ts'

/** `evidence` says what the run was read for, and when. */
export function runFactOf(run: GitHubRun, jobs: readonly GitHubJob[], evidence: Evidence): RunFact {
  const status = runStatusOf(run.status)
  return {
    id: run.id,
    runAttempt: run.runAttempt,
    workflow: workflowFileOf(run.path),
    // A fork titles its runs as it likes: an attempt key found there would be anybody's.
    title: run.fork === null ? run.title : '',
    status,
    conclusion: status === 'completed' ? conclusionOf(run.conclusion) : null,
    branch: run.fork === null || run.branch === null ? run.branch : `${run.fork}:${run.branch}`,
    headSha: run.headSha,
    url: run.url,
    startedAt: toInstant(run.startedAt),
    updatedAt: toInstant(run.updatedAt),
    jobs: jobs.map((job) => jobFactOf(run.id, job, evidence)).sort((a, b) => a.id - b.id),
    evidence,
  }
}

function jobFactOf(runId: number, job: GitHubJob, evidence: Evidence): JobFact {
  const status = jobStatusOf(job.status)
  const moments = [job.createdAt, job.startedAt, job.completedAt].filter((at) => at !== null)
  const at = moments.map(toInstant).sort().at(-1)
  if (at === undefined) throw new GitHubFailure('retryable', `GitHub told no moment of job ${job.id}`)
  return {
    id: job.id,
    runId,
    runAttempt: job.runAttempt,
    name: job.name,
    status,
    conclusion: status === 'completed' ? conclusionOf(job.conclusion) : null,
    step: job.steps.find((step) => step.status === 'in_progress')?.name ?? null,
    stepsCompleted: job.steps.filter((step) => step.status === 'completed').length,
    stepsTotal: job.steps.length,
    url: job.url,
    at,
    evidence,
  }
}

function runStatusOf(status: string): RunStatus {
  return status === 'completed' || status === 'in_progress' ? status : 'queued'
}

function jobStatusOf(status: string): JobFact['status'] {
  return status === 'completed' || status === 'in_progress' || status === 'waiting' ? status : 'queued'
}

const CONCLUSIONS: readonly string[] = [
  'success',
  'failure',
  'neutral',
  'cancelled',
  'timed_out',
  'action_required',
  'stale',
  'skipped',
  'startup_failure',
] satisfies readonly Conclusion[]

function isConclusion(text: string | null): text is Conclusion {
  return text !== null && CONCLUSIONS.includes(text)
}

function conclusionOf(conclusion: string | null): Conclusion {
  if (isConclusion(conclusion)) return conclusion
  throw new GitHubFailure('retryable', `GitHub told the conclusion ${conclusion}`)
}

// `.github/workflows/plan.yml@refs/heads/main` is the file plan.yml.
function workflowFileOf(path: string): string {
  const [withoutRef = ''] = path.split('@')
  return withoutRef.slice(withoutRef.lastIndexOf('/') + 1)
}

/** GitHub tells seconds; moments of ours always carry milliseconds, so that they sort as text. */
function toInstant(told: string): Instant {
  return new Date(told).toISOString()
}
