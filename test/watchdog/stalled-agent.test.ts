// A beat proves no progress. An agent beats for three hours and achieves nothing: every surface shows it as stalled.
import { afterEach, expect, test } from 'vitest'
import type { Run } from '../../fake-github/runs.ts'
import { type AndonApp, openAndonApp } from '../support/andon-app.ts'
import { recordMeasurements, repetitions } from '../support/measurements.ts'

const CONFIGURATION = 'stages: { plan: { workflow: plan.yml, timeout: 30m, limit: 6h } }'
const HOURS = 3
const BEAT_EVERY_SECONDS = repetitions(120, 15)
const LOOK_EVERY_SECONDS = repetitions(1_800, 300)

let app: AndonApp
afterEach(() => app.close())

test('an agent that beats for three hours without progress is stalled on the board, the check, the comment and in JSON', async () => {
  const { run, runs } = await writingThePlan()
  const { github, clock } = app
  const since = Date.parse(clock.now())

  let beats = 0
  const looks = { ok: 0, stalled: 0 }
  for (let seconds = 0; seconds < HOURS * 3_600; seconds += BEAT_EVERY_SECONDS) {
    expect(await app.report(run)).toBe(204)
    beats += 1
    await app.idle(BEAT_EVERY_SECONDS)
    if (seconds % LOOK_EVERY_SECONDS !== 0) continue
    await app.advance(20)
    const isStalled = Date.parse(clock.now()) - since > 30 * 60_000 + LOOK_EVERY_SECONDS * 1000
    const seen = await readEverySurface()
    if (isStalled) expect(seen).toEqual({ json: 'stalled', board: true, check: true, comment: true })
    looks[seen.json === 'stalled' ? 'stalled' : 'ok'] += 1
  }

  expect(looks.stalled).toBeGreaterThan(repetitions(3, 28))
  // It is alive, so nothing cancels it before its limit, and nothing starts another.
  expect(github.writes.ofKind('cancel')).toEqual([])
  expect(runs).toEqual([run])
  recordMeasurements('three-hours', { faults: beats, wrong: 0, ...looks })
})

test('an agent that beats is not cancelled because of a question that was asked for another reason', async () => {
  const { run } = await writingThePlan()
  const { github, clock, database } = app
  // Half an hour later: it beat a minute ago, GitHub is asked, and no wake-up has brought the beat yet.
  clock.advance(30 * 60)
  expect(await app.report(run)).toBe(204)
  clock.advance(60)
  await database.kysely.updateTable('pipelines').set({ wakeAt: null }).execute()
  await app.advance(20)
  expect(github.writes.ofKind('cancel')).toEqual([])
  const [attempt] = (await app.pipeline()).stages[0]?.attempts ?? []
  expect(attempt?.control).toMatchObject({ cancel: null, closed: null })
})

/** A working agent that has reported progress once; `runs` are all that ever started. */
async function writingThePlan(): Promise<{ readonly run: Run; readonly runs: readonly Run[] }> {
  app = await openAndonApp({ configuration: CONFIGURATION })
  const runs: Run[] = []
  app.github.onDispatch((run) => {
    run.start()
    runs.push(run)
  })
  await app.openLabeledIssue()
  await app.advance(60)
  const [run] = runs
  if (run === undefined) throw new Error('nothing was dispatched')
  expect(await app.report(run, { progress: 40, text: 'writing the plan' })).toBe(204)
  return { run, runs }
}

async function readEverySurface() {
  const { github, url } = app
  const [repository = ''] = github.repositories
  const { pipelines } = (await (await fetch(`${url}/api/pipelines`)).json()) as { pipelines: { health: string }[] }
  const board = await (await fetch(url)).text()
  const sha = (await app.pipeline()).stages[0]?.attempts[0]?.run?.headSha ?? ''
  const checks = github.checkRuns(repository, sha)
  const comments = github.comments(repository, (await app.pipeline()).issue.number)
  return {
    json: pipelines[0]?.health,
    board: /stalled/.test(board.replace(/<(style|script)[\s\S]*?<\/\1>/g, '')),
    check: checks.some(({ output }) => output.title?.startsWith('running, stalled since')),
    comment: comments.some(({ body }) => body.includes('running, stalled since')),
  }
}
