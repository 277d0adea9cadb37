// How runs start: an agent starts them itself, where Andon only observes, or Andon dispatches them.

import type { FakeGitHub } from '../fake-github/fake-github.ts'
import type { Run } from '../fake-github/runs.ts'
import type { DemoSession } from './session.ts'
import type { StepReport } from './workflows.ts'

/** A run that has started, and a way to report its progress, which does nothing where Andon did not start it. */
export type StartedRun = { readonly run: Run; report(fields: StepReport): Promise<void> }

export type RunSource = {
  /** Whether Andon starts the runs, which then do everything that the workflows say. */
  readonly startedByAndon: boolean
  /** Resolves when the next run of the issue's stage has started. */
  nextRun(o: {
    readonly repository: string
    readonly number: number
    readonly workflow: string
    readonly branch: string
    readonly title: string
    readonly by: string
    readonly session: DemoSession
  }): Promise<StartedRun>
}

/** Agents start their runs themselves, by a push to their branch. */
export function agentRuns(github: FakeGitHub): RunSource {
  return {
    startedByAndon: false,
    nextRun: async ({ repository, workflow, ...run }) => ({
      run: await github.startRun(repository, workflow, { ...run, event: 'push' }),
      report: async () => undefined,
    }),
  }
}

/** Andon starts and cancels them; they report to it with the token that GitHub gives them. */
export function dispatchedRuns(github: FakeGitHub, board: string, say: DemoSession['log']): RunSource {
  const started: { readonly run: Run; readonly issue: number; readonly key: string }[] = []
  github.onDispatch((run, { issue, andon = '' }) => {
    const { repository, title } = run.state
    const [, stage, number] = /^\d+\/([^/]+)\/(\d+)-/.exec(andon) ?? []
    const again = number === '1' ? '' : `, attempt ${number}`
    say(`${repository}#${issue}`, `Andon starts ${stage}${again}`)
    // Like the guard step of the workflows: the younger of two runs of one attempt stops.
    const isDuplicate = github.runs.some(
      ({ id, state }) => state.repository === repository && state.title === title && id < run.id,
    )
    if (!isDuplicate) started.push({ run, issue: Number(issue), key: andon })
    else {
      run.start()
      run.fail()
    }
  })
  github.onCancel((run, forced) => {
    const { repository, title, workflow, ignoresCancel } = run.state
    const [, issue] = / (\d+)\//.exec(title) ?? []
    const stops = ignoresCancel === 'no' || (forced && ignoresCancel === 'until force-cancelled')
    const end = stops ? '' : ', which ignores it'
    say(`${repository}#${issue}`, `Andon cancels ${workflow.name}${forced ? ' by force' : ''}${end}`)
  })

  return {
    startedByAndon: true,
    async nextRun({ repository, number, workflow, session }) {
      const giveUp = Date.now() + DISPATCH_TIMEOUT_MS
      while (Date.now() < giveUp) {
        const index = started.findIndex(
          ({ run: { state }, issue }) =>
            issue === number && state.repository === repository && state.workflow.file === workflow,
        )
        const [next] = index < 0 ? [] : started.splice(index, 1)
        if (next && next.run.state.status !== 'completed')
          return { run: next.run, report: (fields) => sendReport(github, board, next, fields) }
        await session.pause(POLL_SECONDS)
      }
      throw new Error(`Andon started no ${workflow} for ${repository}#${number}`)
    },
  }
}

// As long as the longest backoff, after a zombie.
const DISPATCH_TIMEOUT_MS = 30 * 60_000
const POLL_SECONDS = 0.3

// Like the action: a failed report is no reason to stop working.
async function sendReport(
  github: FakeGitHub,
  board: string,
  { run, key }: { readonly run: Run; readonly key: string },
  fields: StepReport,
): Promise<void> {
  await fetch(`${board}/api/reports`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await github.idToken(run, board)}`, 'content-type': 'application/json' },
    body: JSON.stringify({ andon: key, ...fields }),
    signal: AbortSignal.timeout(REPORT_TIMEOUT_MS),
  }).catch(() => undefined)
}

const REPORT_TIMEOUT_MS = 10_000
