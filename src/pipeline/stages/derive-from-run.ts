// A stage that a workflow carries stands as its run does, whoever started it.

import type { Conclusion, RunFact } from '../model/facts.ts'
import type { Stage } from '../model/pipeline.ts'
import { newestAttempt, outcomeOfRun, type Tried } from './attempt-outcome.ts'
import type { Standing } from './derived-stage.ts'

/** How a stage stands whose runs somebody else starts; null while it has none. */
export function standingOfRun(stage: Stage): Standing | null {
  const tried = newestAttempt(stage)
  return tried === null ? null : standsAs(tried.run, wordsOfAttempt(tried))
}

/** How a stage stands by one run, in words about the attempt. */
export function standsAs(run: RunFact, attempt: string): Standing {
  const told = { evidence: run.evidence, waiting: null, since: run.startedAt }
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
  const outcome = outcomeOfRun(run)
  return {
    ...told,
    status: outcome === 'live' ? 'queued' : outcome,
    reason: `${attempt} ${CONCLUSION_WORDS[conclusion]}${wordsOfFailure(run)}`,
    since: run.updatedAt,
  }
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
  const job = jobs.find(({ conclusion }) => conclusion !== null && FAILURES.includes(conclusion))
  return job === undefined ? '' : `: job ${job.name}`
}

const FAILURES: readonly Conclusion[] = ['failure', 'timed_out', 'startup_failure', 'stale']

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
