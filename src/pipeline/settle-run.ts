// A stage that a workflow carries stands as its newest run does.
import type { Conclusion, RunFact } from './facts.ts'
import type { Attempt, Stage, StageStatus } from './pipeline.ts'
import type { Standing } from './settle.ts'

type Tried = Attempt & { readonly run: RunFact }

/** How a stage stands by its runs; null while it has none. */
export function standingOfRun(stage: Stage): Standing | null {
  const tried = newestAttempt(stage)
  if (tried === null) return null
  const { run } = tried
  const told = { evidence: run.evidence, waiting: null, since: run.startedAt }
  const attempt = wordsOfAttempt(tried)
  if (run.conclusion === 'action_required')
    return {
      ...told,
      ...waits('an approval on GitHub'),
      status: 'queued',
      reason: `${attempt} waits for an approval on GitHub`,
    }
  if (run.status === 'queued')
    return { ...told, ...waits('a runner'), status: 'queued', reason: `${attempt} waits for a runner` }
  if (run.status === 'in_progress') return { ...told, status: 'running', reason: `${attempt}${wordsOfProgress(run)}` }
  const conclusion = run.conclusion ?? 'stale'
  return {
    ...told,
    status: CONCLUDED[conclusion],
    reason: `${attempt} ${CONCLUSION_WORDS[conclusion]}${wordsOfFailure(run)}`,
    since: run.updatedAt,
  }
}

/** The attempt a stage stands by: the newest, but a run that GitHub skipped says nothing over one that ran. */
export function newestAttempt(stage: Stage): Tried | null {
  const tried = stage.attempts.filter(hasRun)
  return tried.findLast(({ run }) => run.conclusion !== 'skipped') ?? tried.at(-1) ?? null
}

function hasRun(attempt: Attempt): attempt is Tried {
  return attempt.run !== null
}

function waits(awaited: string): Pick<Standing, 'waiting'> {
  return { waiting: { for: awaited, until: null } }
}

function wordsOfAttempt({ number, run }: Tried): string {
  return run.runAttempt === 1 ? `attempt ${number}` : `attempt ${number} (re-run ${run.runAttempt - 1})`
}

function wordsOfProgress({ jobs }: RunFact): string {
  const job = jobs.find(({ status }) => status === 'in_progress')
  if (job === undefined) return ' runs'
  const step = job.step === null ? '' : `, step "${job.step}"`
  return job.stepsKnown === 0
    ? `, job ${job.name}${step}`
    : `, job ${job.name}${step} (${job.stepsDone} of ${job.stepsKnown})`
}

function wordsOfFailure({ jobs }: RunFact): string {
  const job = jobs.find(({ conclusion }) => conclusion !== null && CONCLUDED[conclusion] === 'failed')
  return job === undefined ? '' : `: job ${job.name}`
}

const CONCLUDED = {
  success: 'done',
  neutral: 'done',
  skipped: 'skipped',
  failure: 'failed',
  timed_out: 'failed',
  startup_failure: 'failed',
  stale: 'failed',
  cancelled: 'cancelled',
  action_required: 'queued',
} as const satisfies Record<Conclusion, StageStatus>

const CONCLUSION_WORDS = {
  success: 'succeeded',
  neutral: 'ended neutral',
  skipped: 'was skipped',
  failure: 'failed',
  timed_out: 'timed out',
  startup_failure: 'could not start',
  stale: 'was given up by GitHub',
  cancelled: 'was cancelled',
  action_required: 'waits for an approval on GitHub',
} as const satisfies Record<Conclusion, string>
