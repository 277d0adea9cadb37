// A workflow run. Deliveries and REST show it in the same shape, so one function translates it either way.
import type { Workflow, WorkflowRun } from '@octokit/webhooks-types'
import { z } from 'zod'
import type { Event } from '../pipeline/model/events.ts'
import type { JobFact, RunFact, RunStatus } from '../pipeline/model/facts.ts'
import type { Evidence } from '../pipeline/model/time.ts'
import {
  conclusion,
  type DeliveryReceipt,
  evidenceOf,
  id,
  identifier,
  number,
  optionalTimestamp,
  type ReadReceipt,
  type RepositoryPayload,
  readPayload,
  repositoryPayload,
  repositoryRefOf,
  sha,
  timestamp,
  truncatedText,
  waitingStatusOf,
  webUrl,
} from './fields.ts'
import { forkBranch } from './fork-branch.ts'
import { type RunCausesRead, translateAnnotations, translatePendingDeployments } from './run-causes.ts'
import { UntranslatablePayload } from './untranslatable.ts'
import { translateJobOfRun } from './workflow-job.ts'

type RunFields = Pick<
  WorkflowRun,
  'id' | 'run_attempt' | 'head_sha' | 'html_url' | 'created_at' | 'updated_at' | 'display_title'
> & {
  path: string | null
  status: string
  conclusion: RunFact['conclusion']
  head_branch: string | null
  head_repository: Pick<WorkflowRun['head_repository'], 'id' | 'full_name'> | null
  run_started_at: string | null
  event: string
  actor: string | null
}
type RunPayload = RepositoryPayload & { workflow_run: RunFields; workflow: Pick<Workflow, 'path'> | null }

const path = z.string().max(1_000)

const runFields: z.ZodType<RunFields> = z.object({
  id,
  run_attempt: number.nullish().transform((attempt) => attempt ?? 1),
  path: path.nullish().transform((file) => file ?? null),
  display_title: truncatedText.nullish().transform((title) => title ?? ''),
  status: z.string(),
  conclusion,
  head_branch: identifier.nullable(),
  head_sha: sha,
  head_repository: z.object({ id, full_name: identifier }).nullable(),
  html_url: webUrl,
  created_at: timestamp,
  run_started_at: optionalTimestamp,
  event: z
    .string()
    .nullish()
    .transform((event) => event ?? ''),
  actor: z
    .object({ login: identifier })
    .nullish()
    .transform((actor) => actor?.login ?? null),
  updated_at: timestamp,
})

const runPayload: z.ZodType<RunPayload> = repositoryPayload.extend({
  workflow_run: runFields,
  workflow: z
    .object({ path })
    .nullish()
    .transform((workflow) => workflow ?? null),
})

export function translateWorkflowRun(action: string, payload: unknown, receipt: DeliveryReceipt): Event {
  const port = readPayload(runPayload, payload)
  const { repository, workflow, workflow_run: run } = port
  const at = run.updated_at
  const evidence = evidenceOf(receipt, at)
  const context = { repositoryId: repository.id, action, workflowPath: workflow?.path ?? '', jobs: [] }
  return {
    type: 'run.changed',
    at,
    evidence,
    repository: repositoryRefOf(port),
    run: runFactOf(run, { ...context, evidence }),
  }
}

/** A run that was read from GitHub, with the jobs of its newest `run_attempt` as far as they were read. */
export type RunRead = RunFact

/** A run as REST shows it, with the jobs of its newest `run_attempt` and with its causes, as far as they were read. */
export function translateRunRead(
  repositoryId: number,
  run: unknown,
  jobs: readonly unknown[],
  evidence: ReadReceipt,
  { annotations, deployments }: RunCausesRead = {},
): RunFact {
  const fact = runFactOf(readPayload(runFields, run), {
    repositoryId,
    action: null,
    workflowPath: '',
    jobs: jobs.map((job) => translateJobOfRun(job, evidence)).sort((a, b) => a.id - b.id),
    evidence,
  })
  return {
    ...fact,
    ...(annotations && { cancellation: translateAnnotations(annotations, evidence.at) }),
    ...(deployments !== undefined && { environmentWait: translatePendingDeployments(deployments, evidence.at) }),
  }
}

function runFactOf(
  run: RunFields,
  o: {
    readonly repositoryId: number
    /** The delivery's action; null for a read. */
    readonly action: string | null
    /** The path of the delivery's workflow, for a run that does not name its own. */
    readonly workflowPath: string
    readonly jobs: readonly JobFact[]
    readonly evidence: Evidence
  },
): RunFact {
  const status = runStatusOf(o.action, run)
  const ours = run.head_repository?.id === o.repositoryId
  return {
    id: run.id,
    runAttempt: run.run_attempt,
    workflow: workflowFileOf(run.path ?? o.workflowPath),
    // A fork titles its runs as it likes: an attempt key in its title proves nothing.
    title: ours ? run.display_title : '',
    event: run.event,
    actor: run.actor,
    status,
    conclusion: status === 'completed' ? run.conclusion : null,
    branch: ours ? run.head_branch : forkBranchOf(run),
    headSha: run.head_sha,
    url: run.html_url,
    startedAt: run.run_started_at ?? run.created_at,
    updatedAt: run.updated_at,
    jobs: o.jobs,
    evidence: o.evidence,
  }
}

// Whichever of action and status is further along counts: GitHub delivers `requested` runs that are already completed
// (they wait for approval) and, rarely, `completed` runs whose body still says queued.
function runStatusOf(action: string | null, run: RunFields): RunStatus {
  if (run.status === 'completed' || (action === 'completed' && run.conclusion !== null)) {
    if (run.conclusion === null) throw new UntranslatablePayload('workflow_run.conclusion: a completed run has none')
    return 'completed'
  }
  return run.status === 'in_progress' || action === 'in_progress' ? 'in_progress' : waitingStatusOf(run.status)
}

// `.github/workflows/plan.yml@refs/heads/main` is the file plan.yml.
function workflowFileOf(file: string): string {
  const [withoutRef = ''] = file.split('@')
  return withoutRef.slice(withoutRef.lastIndexOf('/') + 1)
}

function forkBranchOf({ head_repository, head_branch }: RunFields): string | null {
  if (head_repository === null || head_branch === null) return null
  return forkBranch(head_repository.full_name.split('/')[0], head_branch)
}
