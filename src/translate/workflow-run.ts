import type { Workflow, WorkflowRun } from '@octokit/webhooks-types'
import { z } from 'zod'
import type { Event } from '../pipeline/model/events.ts'
import type { RunFact, RunStatus } from '../pipeline/model/facts.ts'
import {
  conclusion,
  type DeliveryReceipt,
  evidenceOf,
  id,
  identifier,
  number,
  type RepositoryPayload,
  readPayload,
  repositoryPayload,
  repositoryRefOf,
  sha,
  timestamp,
  truncatedText,
  webUrl,
} from './fields.ts'
import { UntranslatablePayload } from './untranslatable.ts'

type RunFields = Pick<
  WorkflowRun,
  'id' | 'run_attempt' | 'head_sha' | 'html_url' | 'created_at' | 'updated_at' | 'display_title'
> & {
  path: string | null
  status: 'requested' | 'queued' | 'pending' | 'waiting' | 'in_progress' | 'completed'
  conclusion: RunFact['conclusion']
  head_branch: string | null
  head_repository: Pick<WorkflowRun['head_repository'], 'id' | 'full_name'> | null
  run_started_at: string | null
}
type RunPayload = RepositoryPayload & { workflow_run: RunFields; workflow: Pick<Workflow, 'path'> | null }

const path = z.string().max(1_000)

const schema: z.ZodType<RunPayload> = repositoryPayload.extend({
  workflow_run: z.object({
    id,
    run_attempt: number.nullish().transform((attempt) => attempt ?? 1),
    path: path.nullish().transform((file) => file ?? null),
    display_title: truncatedText.nullish().transform((title) => title ?? ''),
    status: z.enum(['requested', 'queued', 'pending', 'waiting', 'in_progress', 'completed']),
    conclusion,
    head_branch: identifier.nullable(),
    head_sha: sha,
    head_repository: z.object({ id, full_name: identifier }).nullable(),
    html_url: webUrl,
    created_at: timestamp,
    run_started_at: timestamp.nullish().transform((at) => at ?? null),
    updated_at: timestamp,
  }),
  workflow: z
    .object({ path })
    .nullish()
    .transform((workflow) => workflow ?? null),
})

export function translateWorkflowRun(action: string, payload: unknown, receipt: DeliveryReceipt): Event {
  const port = readPayload(schema, payload)
  const at = port.workflow_run.updated_at
  const told = { at, evidence: evidenceOf(receipt, at) }
  return {
    type: 'run.changed',
    ...told,
    repository: repositoryRefOf(port),
    run: runFactOf(action, port, told.evidence),
  }
}

function runFactOf(action: string, port: RunPayload, told: RunFact['evidence']): RunFact {
  const run = port.workflow_run
  const status = runStatusOf(action, run)
  const ours = run.head_repository?.id === port.repository.id
  return {
    id: run.id,
    runAttempt: run.run_attempt,
    workflow: workflowFileOf(run.path ?? port.workflow?.path ?? ''),
    // A fork's pull request titles its runs as it likes: an attempt key found there would be anybody's.
    title: ours ? run.display_title : '',
    status,
    conclusion: status === 'completed' ? run.conclusion : null,
    branch: ours ? run.head_branch : forkBranchOf(run),
    headSha: run.head_sha,
    url: run.html_url,
    startedAt: run.run_started_at ?? run.created_at,
    updatedAt: run.updated_at,
    jobs: [],
    evidence: told,
  }
}

// The action and the status are read together, the further one counts: GitHub delivers `requested` runs that are
// already completed (they wait for approval) and, rarely, `completed` runs whose body still says queued.
function runStatusOf(action: string, run: RunFields): RunStatus {
  if (run.status === 'completed' || (action === 'completed' && run.conclusion !== null)) {
    if (run.conclusion === null) throw new UntranslatablePayload('workflow_run.conclusion: a completed run has none')
    return 'completed'
  }
  return run.status === 'in_progress' || action === 'in_progress' ? 'in_progress' : 'queued'
}

// `.github/workflows/plan.yml@refs/heads/main` is the file plan.yml.
function workflowFileOf(file: string): string {
  const [withoutRef = ''] = file.split('@')
  return withoutRef.slice(withoutRef.lastIndexOf('/') + 1)
}

// As GitHub labels heads in forks; a fork that was deleted leaves no name behind.
function forkBranchOf(run: RunFields): string | null {
  if (run.head_repository === null || run.head_branch === null) return null
  const [owner] = run.head_repository.full_name.split('/')
  return `${owner}:${run.head_branch}`
}
