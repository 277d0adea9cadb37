import type { WorkflowJob, WorkflowStep } from '@octokit/webhooks-types'
import { z } from 'zod'
import type { Event } from '../pipeline/model/events.ts'
import type { JobFact } from '../pipeline/model/facts.ts'
import type { Instant } from '../pipeline/model/time.ts'
import {
  conclusion,
  evidence,
  type Here,
  here,
  id,
  moment,
  number,
  type Receipt,
  read,
  repositoryRef,
  text,
  webUrl,
} from './fields.ts'
import { Untranslatable } from './untranslatable.ts'

type JobPort = Pick<WorkflowJob, 'id' | 'run_id' | 'run_attempt' | 'name' | 'completed_at'> & {
  status: 'requested' | 'pending' | JobFact['status']
  conclusion: JobFact['conclusion']
  steps: (Pick<WorkflowStep, 'name'> & { status: string })[]
  html_url: string | null
  created_at: string | null
  started_at: string | null
}
type JobEventPort = Here & { workflow_job: JobPort }

const maybe = moment.nullish().transform((at) => at ?? null)

const schema: z.ZodType<JobEventPort> = here.extend({
  workflow_job: z.object({
    id,
    run_id: id,
    run_attempt: number.nullish().transform((attempt) => attempt ?? 1),
    name: text,
    status: z.enum(['requested', 'pending', 'queued', 'waiting', 'in_progress', 'completed']),
    conclusion,
    steps: z
      .array(z.object({ name: text, status: z.string() }))
      .nullish()
      .transform((steps) => steps ?? []),
    html_url: webUrl.nullish().transform((url) => url ?? null),
    created_at: maybe,
    started_at: maybe,
    completed_at: maybe,
  }),
})

export function translateWorkflowJob(action: string, payload: unknown, receipt: Receipt): Event {
  const port = read(schema, payload)
  const at = newest(port.workflow_job)
  const told = { at, evidence: evidence(receipt, at) }
  return {
    type: 'job.changed',
    ...told,
    repository: repositoryRef(port),
    job: jobFact(action, port.workflow_job, told),
  }
}

function jobFact(action: string, job: JobPort, told: Pick<JobFact, 'at' | 'evidence'>): JobFact {
  const status = jobStatus(action, job)
  return {
    id: job.id,
    runId: job.run_id,
    runAttempt: job.run_attempt,
    name: job.name,
    status,
    conclusion: status === 'completed' ? job.conclusion : null,
    step: job.steps.find((step) => step.status === 'in_progress')?.name ?? null,
    stepsDone: job.steps.filter((step) => step.status === 'completed').length,
    stepsKnown: job.steps.length,
    url: job.html_url,
    ...told,
  }
}

// The further of action and status counts, as with runs; `queued` deliveries of jobs held by an environment say waiting.
function jobStatus(action: string, job: JobPort): JobFact['status'] {
  if (job.status === 'completed' || (action === 'completed' && job.conclusion !== null)) {
    if (job.conclusion === null) throw new Untranslatable('workflow_job.conclusion: a completed job has none')
    return 'completed'
  }
  if (job.status === 'in_progress' || action === 'in_progress') return 'in_progress'
  return job.status === 'waiting' ? 'waiting' : 'queued'
}

function newest(job: JobPort): Instant {
  const moments = [job.created_at, job.started_at, job.completed_at].filter((at) => at !== null)
  const at = moments.toSorted().at(-1)
  if (at === undefined) throw new Untranslatable('workflow_job.started_at: the job carries no moment at all')
  return at
}
