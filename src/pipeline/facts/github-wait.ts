// What GitHub makes a run wait for, told by the run and its jobs together: one job may wait while others are at work. A run
// that GitHub itself makes wait is not silent.
import type { JobFact, RunFact } from '../model/facts.ts'

/** `approval`: of the run itself, before any of its jobs; `environment`: of a job, by reviewers, a timer or another rule. */
export type GitHubWait = 'approval' | 'environment' | 'concurrency' | 'request'

/** Null while the run is at work, wants a runner, or is over. */
export function githubWaitOf({ status, conclusion, jobs }: RunFact): GitHubWait | null {
  if (conclusion === 'action_required') return 'approval'
  const has = (wanted: JobFact['status']) => jobs.some((job) => job.status === wanted)
  if (status === 'completed' || has('in_progress')) return null
  if (status === 'waiting' || has('waiting')) return 'environment'
  if (has('queued')) return null
  if (status === 'pending' || has('pending')) return 'concurrency'
  return status === 'requested' || has('requested') ? 'request' : null
}
