// A job of a workflow run. Deliveries and REST show it in the same shape, so one function translates it either way.
import type { WorkflowJob, WorkflowStep } from '@octokit/webhooks-types'
import { z } from 'zod'
import type { Event } from '../pipeline/model/events.ts'
import type { JobFact } from '../pipeline/model/facts.ts'
import type { Instant } from '../pipeline/model/time.ts'
import {
  conclusion,
  type DeliveryReceipt,
  evidenceOf,
  id,
  number,
  optionalTimestamp,
  type ReadReceipt,
  type RepositoryPayload,
  readPayload,
  repositoryPayload,
  repositoryRefOf,
  truncatedText,
  waitingStatusOf,
  webUrl,
} from './fields.ts'
import { UntranslatablePayload } from './untranslatable.ts'

type JobFields = Pick<WorkflowJob, 'id' | 'run_id' | 'run_attempt' | 'name' | 'completed_at'> & {
  status: string
  conclusion: JobFact['conclusion']
  steps: (Pick<WorkflowStep, 'name'> & {
    status: string
    number: number | null
    conclusion: string | null
    started_at: string | null
    completed_at: string | null
  })[]
  html_url: string | null
  created_at: string | null
  started_at: string | null
}
type JobPayload = RepositoryPayload & { workflow_job: JobFields }

const jobFields: z.ZodType<JobFields> = z.object({
  id,
  run_id: id,
  run_attempt: number.nullish().transform((attempt) => attempt ?? 1),
  name: truncatedText,
  status: z.string(),
  conclusion,
  steps: z
    .array(
      z.object({
        name: truncatedText,
        status: z.string(),
        number: number.nullish().transform((position) => position ?? null),
        conclusion: z
          .string()
          .nullish()
          .transform((ended) => ended ?? null),
        started_at: optionalTimestamp.catch(null),
        completed_at: optionalTimestamp.catch(null),
      }),
    )
    .nullish()
    .transform((steps) => steps ?? []),
  html_url: webUrl.nullish().transform((url) => url ?? null),
  created_at: optionalTimestamp,
  started_at: optionalTimestamp,
  completed_at: optionalTimestamp,
})

const jobPayload: z.ZodType<JobPayload> = repositoryPayload.extend({ workflow_job: jobFields })

export function translateWorkflowJob(action: string, payload: unknown, receipt: DeliveryReceipt): Event {
  const port = readPayload(jobPayload, payload)
  const at = newestTimestampOf(port.workflow_job)
  const source = { at, evidence: evidenceOf(receipt, at) }
  return {
    type: 'job.changed',
    ...source,
    repository: repositoryRefOf(port),
    job: jobFactOf(action, port.workflow_job, source),
  }
}

/** A job as REST lists it under its run. */
export function translateJobOfRun(body: unknown, evidence: ReadReceipt): JobFact {
  const job = readPayload(jobFields, body)
  return jobFactOf(null, job, { at: newestTimestampOf(job), evidence })
}

function jobFactOf(action: string | null, job: JobFields, source: Pick<JobFact, 'at' | 'evidence'>): JobFact {
  const status = jobStatusOf(action, job)
  const failed = job.steps.find(({ conclusion }) => conclusion === 'failure')
  return {
    id: job.id,
    runId: job.run_id,
    runAttempt: job.run_attempt,
    name: job.name,
    status,
    conclusion: status === 'completed' ? job.conclusion : null,
    // GitHub gives a job that waits for a runner a start, too.
    ...(job.started_at !== null &&
      (status === 'in_progress' || status === 'completed') && { startedAt: job.started_at }),
    step: job.steps.find((step) => step.status === 'in_progress')?.name ?? null,
    stepsCompleted: job.steps.filter((step) => step.status === 'completed').length,
    stepsTotal: job.steps.length,
    ...(failed?.number != null && { failedStep: { number: failed.number, name: failed.name } }),
    url: job.html_url,
    ...source,
  }
}

// Whichever of action and status is further along counts, as with runs. A job that an environment keeps waiting may arrive
// as `queued` with the status `waiting`.
function jobStatusOf(action: string | null, job: JobFields): JobFact['status'] {
  if (job.status === 'completed' || (action === 'completed' && job.conclusion !== null)) {
    if (job.conclusion === null) throw new UntranslatablePayload('workflow_job.conclusion: a completed job has none')
    return 'completed'
  }
  if (job.status === 'in_progress' || action === 'in_progress') return 'in_progress'
  return action === 'waiting' ? 'waiting' : waitingStatusOf(job.status)
}

function newestTimestampOf(job: JobFields): Instant {
  const ofSteps = job.steps.flatMap((step) => [step.started_at, step.completed_at])
  const timestamps = [job.created_at, job.started_at, job.completed_at, ...ofSteps].filter((at) => at !== null)
  const at = timestamps.toSorted().at(-1)
  if (at === undefined) throw new UntranslatablePayload('workflow_job.started_at: the job has no timestamp')
  return at
}
