// As much of GitHub Actions as dispatching needs: every dispatch that gets through begins a run, also the second one.

import type { Instant } from '../../../src/pipeline/model/time.ts'
import type { RecordedRequest } from './github-fetch-stub.ts'

export type StubRun = {
  readonly id: number
  readonly workflow: string
  /** The attempt key it was given. */
  readonly key: string
  readonly inputs: Readonly<Record<string, string>>
  readonly createdAt: Instant
  status: 'queued' | 'completed'
}

export type StubRuns = {
  /** Answers what the rest of the fake GitHub does not know. */
  readonly respond: (request: RecordedRequest) => { status: number; body: unknown } | null
  readonly all: readonly StubRun[]
  live(key: string): readonly StubRun[]
  /** Whether workflows echo the key, GitHub names the run it began, and for how long it does not list one. */
  echoesKey: boolean
  returnsRunDetails: boolean
  listingDelaySeconds: number
}

export function stubRuns(): StubRuns {
  const all: StubRun[] = []

  function payload(run: StubRun) {
    return {
      id: run.id,
      path: `.github/workflows/${run.workflow}`,
      display_title: runs.echoesKey ? `andon ${run.key}` : run.workflow,
      status: run.status,
      conclusion: run.status === 'completed' ? 'cancelled' : null,
      head_branch: 'main',
      head_sha: 'ba5e000000000000000000000000000000000000',
      html_url: runUrlOf(run.id),
      created_at: run.createdAt,
      updated_at: run.createdAt,
      repository: { id: 1 },
      head_repository: { id: 1, full_name: 'acme/widgets' },
    }
  }

  const runs: StubRuns = {
    all,
    live: (key) => all.filter((run) => run.key === key && run.status !== 'completed'),
    echoesKey: true,
    returnsRunDetails: true,
    listingDelaySeconds: 0,
    respond({ method, path, body, at }) {
      const [, workflow, noun] = /\/actions\/workflows\/([^/]+)\/(dispatches|runs)$/.exec(path) ?? []
      const [, id, verb] = /\/actions\/runs\/(\d+)(?:\/(\w[\w-]*))?$/.exec(path) ?? []
      const file = /\/contents\/(.+)$/.exec(path)?.[1]
      if (workflow !== undefined && method === 'POST' && noun === 'dispatches') {
        const inputs = body.inputs as Record<string, string>
        const run: StubRun = {
          id: 9_000 + all.length,
          workflow,
          key: inputs.andon ?? '',
          inputs,
          createdAt: at,
          status: 'queued',
        }
        all.push(run)
        if (!runs.returnsRunDetails) return { status: 204, body: null }
        return { status: 200, body: { workflow_run_id: run.id, html_url: runUrlOf(run.id) } }
      }
      if (workflow !== undefined) {
        const listed = all.filter((run) => {
          return run.workflow === workflow && secondsBetween(run.createdAt, at) >= runs.listingDelaySeconds
        })
        return { status: 200, body: { workflow_runs: listed.map(payload) } }
      }
      if (file !== undefined)
        return decodeURIComponent(file).includes('workflows/') ? workflowFile(runs.echoesKey) : null
      const run = all.find((candidate) => String(candidate.id) === id)
      if (run === undefined) return null
      if (verb === 'jobs') return { status: 200, body: { jobs: [] } }
      if (method === 'GET') return { status: 200, body: payload(run) }
      if (run.status === 'completed') return { status: 409, body: { message: 'Cannot cancel a run that is completed' } }
      run.status = 'completed'
      return { status: 202, body: {} }
    },
  }
  return runs
}

function workflowFile(echoes: boolean) {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a placeholder of GitHub, not of ours.
  const text = echoes ? 'run-name: "andon ${{ inputs.andon }}"\n' : 'name: plan\n'
  return {
    status: 200,
    body: { type: 'file', encoding: 'base64', content: btoa(text), size: text.length, sha: 'f11e' },
  }
}

function runUrlOf(id: number): string {
  return `https://github.com/acme/widgets/actions/runs/${id}`
}

function secondsBetween(from: Instant, to: Instant): number {
  return (Date.parse(to) - Date.parse(from)) / 1000
}
