// Facts become one whatever the order they came in: every function here is commutative, associative and idempotent.
// Each part of a fact is either the greatest under a total order or a union, and each order looks only at the part it
// decides, which is what keeps them associative.
import type { IssueFact, JobFact, RunFact } from '../model/facts.ts'
import { earliest } from '../model/time.ts'
import { greatest } from './total-order.ts'

/** What is known of an issue. Closing and reopening are no ladder, so time decides; a reopening outranks a closing of its second. */
export function mergeIssue(a: IssueFact, b: IssueFact): IssueFact {
  return greatest(a, b, (issue) => [
    issue.title !== null,
    issue.updatedAt,
    issue.stateReason === 'reopened' ? 2 : issue.state === 'closed' ? 1 : 0,
    issue.evidence.kind === 'read',
  ])
}

/** What is known of a run: a newer `run_attempt` replaces the older one, and inside one what is over stays over. */
export function mergeRun(a: RunFact | null, b: RunFact): RunFact {
  if (a === null) return { ...b, jobs: mergeJobs([], b.jobs) }
  const origin = greatest(identityOf(a), identityOf(b), (known) => [known.workflow !== ''])
  if (a.runAttempt !== b.runAttempt) return { ...mergeRun(null, a.runAttempt > b.runAttempt ? a : b), ...origin }
  return {
    id: a.id,
    runAttempt: a.runAttempt,
    ...origin,
    ...greatest(progressOf(a), progressOf(b), (course) => [
      runRank(course),
      // A run that is over keeps the moment it was first known to be over; a live one the moment it was last heard of.
      course.status === 'completed' ? -Date.parse(course.updatedAt) : Date.parse(course.updatedAt),
    ]),
    startedAt: earliest(a.startedAt, b.startedAt),
    jobs: mergeJobs(a.jobs, b.jobs),
  }
}

/** A job is told to its run. Of a run that was never told it makes a stub, with no workflow, which the run fills later. */
export function mergeJob(run: RunFact | null, job: JobFact): RunFact {
  return mergeRun(run, stubRunOf(job))
}

function identityOf({ workflow, title, branch, headSha, url }: RunFact) {
  return { workflow, title, branch, headSha, url }
}

function progressOf({ status, conclusion, updatedAt, evidence }: RunFact) {
  return { status, conclusion, updatedAt, evidence }
}

function runRank({ status, conclusion }: Pick<RunFact, 'status' | 'conclusion'>): number {
  // GitHub calls a run that waits for approval completed; once approved the same attempt goes on.
  if (conclusion === 'action_required') return 1
  return { queued: 0, in_progress: 2, completed: 3 }[status]
}

function stubRunOf(job: JobFact): RunFact {
  const moving = job.status === 'in_progress' || job.status === 'completed'
  return {
    id: job.runId,
    runAttempt: job.runAttempt,
    workflow: '',
    title: '',
    status: moving ? 'in_progress' : 'queued',
    conclusion: null,
    branch: null,
    headSha: '',
    url: '',
    startedAt: job.at,
    updatedAt: job.at,
    jobs: [job],
    evidence: job.evidence,
  }
}

function mergeJobs(a: readonly JobFact[], b: readonly JobFact[]): readonly JobFact[] {
  return unionById(a, b, (one, other) =>
    greatest(one, other, (job) => [JOB_RANK[job.status], job.stepsCompleted, job.at]),
  )
}

// GitHub sends queued, waiting, queued with one and the same timestamp
// (https://github.com/runs-on/runs-on/issues/539): a job that was ever queued is not said to wait for somebody.
const JOB_RANK = { waiting: 0, queued: 1, in_progress: 2, completed: 3 } as const satisfies Record<
  JobFact['status'],
  number
>

/** Both lists as one, sorted by id; what is in both is merged. */
export function unionById<T extends { readonly id: number }>(
  a: readonly T[],
  b: readonly T[],
  merge: (one: T, other: T) => T,
): readonly T[] {
  const known = new Map<number, T>()
  for (const fact of [...a, ...b]) {
    const other = known.get(fact.id)
    known.set(fact.id, other === undefined ? fact : merge(other, fact))
  }
  return [...known.values()].sort((one, other) => one.id - other.id)
}
