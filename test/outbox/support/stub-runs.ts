// As much of GitHub Actions as dispatching needs: every dispatch that gets through begins a run, also the second one.

import type { Instant } from '../../../src/pipeline/model/time.ts'
import type { Request } from './github-fetch-stub.ts'

export type FakeRun = {
  readonly id: number
  readonly workflow: string
  /** The attempt key it was given. */
  readonly key: string
  readonly inputs: Readonly<Record<string, string>>
  readonly createdAt: Instant
  status: 'queued' | 'completed'
}

export type FakeRuns = {
  /** Answers what the rest of the fake GitHub does not know. */
  readonly answer: (request: Request) => { status: number; body: unknown } | null
  readonly all: readonly FakeRun[]
  live(key: string): readonly FakeRun[]
  /** Whether workflows echo the key, GitHub names the run it began, and for how long it does not list one. */
  echoes: boolean
  namesRuns: boolean
  listedAfterSeconds: number
}

export function fakeRuns(): FakeRuns {
  const all: FakeRun[] = []

  function payload(run: FakeRun) {
    return {
      id: run.id,
      path: `.github/workflows/${run.workflow}`,
      display_title: runs.echoes ? `andon ${run.key}` : run.workflow,
      status: run.status,
      conclusion: run.status === 'completed' ? 'cancelled' : null,
      head_branch: 'main',
      head_sha: 'ba5e000000000000000000000000000000000000',
      html_url: urlOf(run.id),
      created_at: run.createdAt,
      updated_at: run.createdAt,
      repository: { id: 1 },
      head_repository: { id: 1 },
    }
  }

  const runs: FakeRuns = {
    all,
    live: (key) => all.filter((run) => run.key === key && run.status !== 'completed'),
    echoes: true,
    namesRuns: true,
    listedAfterSeconds: 0,
    answer({ method, path, body, at }) {
      const [, workflow, noun] = /\/actions\/workflows\/([^/]+)\/(dispatches|runs)$/.exec(path) ?? []
      const [, id, verb] = /\/actions\/runs\/(\d+)(?:\/(\w[\w-]*))?$/.exec(path) ?? []
      const file = /\/contents\/(.+)$/.exec(path)?.[1]
      if (workflow !== undefined && method === 'POST' && noun === 'dispatches') {
        const inputs = body.inputs as Record<string, string>
        const run: FakeRun = {
          id: 9_000 + all.length,
          workflow,
          key: inputs.andon ?? '',
          inputs,
          createdAt: at,
          status: 'queued',
        }
        all.push(run)
        if (!runs.namesRuns) return { status: 204, body: null }
        return { status: 200, body: { workflow_run_id: run.id, html_url: urlOf(run.id) } }
      }
      if (workflow !== undefined) {
        const listed = all.filter((run) => {
          return run.workflow === workflow && secondsBetween(run.createdAt, at) >= runs.listedAfterSeconds
        })
        return { status: 200, body: { workflow_runs: listed.map(payload) } }
      }
      if (file !== undefined) return decodeURIComponent(file).includes('workflows/') ? textFile(runs.echoes) : null
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

function textFile(echoes: boolean) {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a placeholder of GitHub, not of ours.
  const text = echoes ? 'run-name: "andon ${{ inputs.andon }}"\n' : 'name: plan\n'
  return {
    status: 200,
    body: { type: 'file', encoding: 'base64', content: btoa(text), size: text.length, sha: 'f11e' },
  }
}

function urlOf(id: number): string {
  return `https://github.com/acme/widgets/actions/runs/${id}`
}

function secondsBetween(from: Instant, to: Instant): number {
  return (Date.parse(to) - Date.parse(from)) / 1000
}
