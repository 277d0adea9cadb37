// Agents whose provider opens and closes: each run starts at once, and ends some seconds later as its provider lets it.
import { readFileSync } from 'node:fs'
import type { Run } from '../../../fake-github/runs.ts'
import { type AndonApp, openAndonApp } from '../../support/andon-app.ts'
import { type BoardPage, readBoardPage } from '../../support/board-api.ts'

/** How a run ends, and after how many seconds; null while it goes on. */
type Fate = { readonly after: number; readonly end: 'success' | 'failure' } | null

export const CLOSED: Fate = { after: 20, end: 'failure' }
export const WORKS: Fate = { after: 90, end: 'success' }

export type Agents = AndonApp & {
  /** Labels issues of the first repository, or of another. */
  label(count: number, repository?: string): Promise<void>
  /** Lets time pass; runs start and end meanwhile. */
  pass(seconds: number, o?: { stride?: number }): Promise<void>
  /** The seconds since the world began. */
  elapsed(): number
  /** Accepted dispatches: which attempt, in which second, and how many runs were live then. */
  readonly dispatches: readonly { readonly key: string; readonly at: number; readonly live: number }[]
  board(): Promise<BoardPage>
}

const BEGIN = Date.parse('2026-11-20T08:00:00.000Z')

/** A world whose stages are `plan` and, where the file has it, `code`; `fateOf` may change at any time. */
export async function openAgents(configuration: string, fateOf: (run: Run) => Fate): Promise<Agents> {
  const app = await openAndonApp({ configuration })
  const { github, clock } = app
  const startedAt = new Map<number, number>()
  const dispatches: { key: string; at: number; live: number }[] = []
  const elapsed = () => (Date.parse(clock.now()) - BEGIN) / 1000
  const live = () => github.runs.filter(({ state }) => state.status !== 'completed')

  /** Is a run live, or was one? */
  function moveRuns(): boolean {
    const before = live().length
    const accepted = github.writes.ofKind('dispatch').filter(({ done }) => done)
    for (const { body } of accepted.slice(dispatches.length)) {
      const { andon } = (body as { inputs: { andon: string } }).inputs
      dispatches.push({ key: andon.replace(/-[^-]*$/, ''), at: elapsed(), live: live().length })
    }
    for (const run of live()) {
      const startedAfter = startedAt.get(run.id)
      if (startedAfter === undefined) {
        startedAt.set(run.id, elapsed())
        run.job('agent').start()
        run.start()
        continue
      }
      const fate = fateOf(run)
      if (fate === null || elapsed() - startedAfter < fate.after) continue
      run.jobs.at(-1)?.conclude(fate.end)
      run.conclude(fate.end)
    }
    return before > 0
  }

  return {
    ...app,
    dispatches,
    elapsed,
    async label(count, repository = app.repository) {
      github.writeFile(repository, '.github/andon.yml', configuration)
      for (const stage of ['plan', 'code'])
        github.writeFile(
          repository,
          `.github/workflows/${stage}.yml`,
          readFileSync(`docs/workflows/${stage}.yml`, 'utf8'),
        )
      for (let issue = 0; issue < count; issue += 1)
        await github.openIssue(repository, { title: `Issue ${issue + 1}`, labels: ['andon'] })
    },
    async pass(seconds, { stride } = {}) {
      const end = elapsed() + seconds
      while (elapsed() < end) {
        await github.whenIdle()
        await app.andon.drain()
        const isBusy = moveRuns()
        const step = stride ?? (isBusy ? 5 : 60)
        clock.advance(Math.min(step, end - elapsed()))
      }
      await github.whenIdle()
      await app.andon.drain()
    },
    board: () => readBoardPage(app.url),
  }
}
