// How runs begin: an agent starts one by itself, as where Andon only watches, or Andon dispatches it.
import type { Run } from './github/runs.ts'
import type { FakeGitHub } from './github.ts'
import type { Shift } from './shift.ts'

/** A run that has begun, and a way to say how far it is; nobody hears it where Andon did not start it. */
export type Started = { readonly run: Run; report(progress: number, text: string): Promise<void> }

/** Resolves when the next run of the issue's stage has begun. */
export type Starts = (o: {
  readonly repository: string
  readonly number: number
  readonly workflow: string
  readonly branch: string
  readonly title: string
  readonly by: string
  readonly shift: Shift
}) => Promise<Started>

/** Agents start their runs themselves, by a push to their branch. */
export function onTheirOwn(github: FakeGitHub): Starts {
  return async ({ repository, workflow, ...run }) => ({
    run: await github.startRun(repository, workflow, { ...run, event: 'push' }),
    report: async () => undefined,
  })
}

/** Andon starts them; they report to it with the token that GitHub gives them. */
export function byDispatch(github: FakeGitHub, board: string): Starts {
  const begun: { readonly run: Run; readonly issue: number; readonly key: string }[] = []
  github.whenDispatched((run, { issue, andon = '' }) => {
    // What the guard step of the workflows does: the younger of two runs of one attempt stops.
    if (github.runs.some((other) => other.state.title === run.state.title && other.id < run.id)) {
      run.start()
      run.fail()
    } else begun.push({ run, issue: Number(issue), key: andon })
  })

  return async ({ repository, number, workflow, shift }) => {
    const giveUp = Date.now() + PATIENCE_MS
    while (Date.now() < giveUp) {
      const place = begun.findIndex(
        ({ run: { state }, issue }) =>
          issue === number && state.repository === repository && state.workflow.file === workflow,
      )
      const [next] = place < 0 ? [] : begun.splice(place, 1)
      if (next && next.run.state.status !== 'completed')
        return { run: next.run, report: (progress, text) => report(github, board, next, { progress, text }) }
      await shift.pause(LOOK_SECONDS)
    }
    throw new Error(`Andon started no ${workflow} for ${repository}#${number}`)
  }
}

// As long as the longest back-off, and a zombie before it.
const PATIENCE_MS = 30 * 60_000
const LOOK_SECONDS = 0.3

// Like the action: what cannot be reported is no reason to stop working.
async function report(
  github: FakeGitHub,
  board: string,
  { run, key }: { readonly run: Run; readonly key: string },
  said: { readonly progress: number; readonly text: string },
): Promise<void> {
  await fetch(`${board}/api/reports`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await github.idToken(run, board)}`, 'content-type': 'application/json' },
    body: JSON.stringify({ andon: key, ...said, url: run.url }),
    signal: AbortSignal.timeout(REPORT_MS),
  }).catch(() => undefined)
}

const REPORT_MS = 10_000
