// What the board says at one glance, through the door: a file with mistakes, a review before its tests, a run that says nothing.
import { afterEach, expect, test } from 'vitest'
import type { Run } from '../../fake-github/runs.ts'
import { type AndonApp, openAndonApp } from '../support/andon-app.ts'
import { type BoardPage, readBoardPage } from '../support/board-api.ts'
import { expectConsistent } from '../support/consistency.ts'

let app: AndonApp
let run: Run | null
afterEach(() => app.close())

const LINE = `stages:
  plan: { workflow: plan.yml }
  review: { pull_request: true }
checks: { before_pull_request: off }
comments: off
`

/** The board's answer, which the page and the metrics agree with. */
async function board(): Promise<BoardPage> {
  const answer = await readBoardPage(app.url)
  await expectConsistent({ database: app.database, now: app.clock.now() })
  const html = await (await fetch(app.url)).text()
  expect(html).toContain(`data-verdict="${answer.verdict}"`)
  expect(html).toContain(`data-needs-you="${answer.counts.needsYou}"`)
  expect(await (await fetch(`${app.url}/metrics`)).text()).toContain(`andon_needs_you ${answer.counts.needsYou}\n`)
  return answer
}

async function open(configuration: string): Promise<void> {
  run = null
  app = await openAndonApp({ configuration })
  app.github.onDispatch((dispatched) => {
    run = dispatched
  })
}

test('a mistaken file is one need, counted for each issue that waits for it, or for itself where none does', async () => {
  await open('stages: 7')
  await app.openLabeledIssue()
  await app.advance(20)
  expect(await board()).toMatchObject({
    verdict: 'waiting-for-you',
    counts: { needsYou: 1, mistaken: 0, queued: 1, moving: 0 },
    pipelines: [{ needsYou: true, light: 'queued', reason: expect.stringContaining('andon.yml without mistakes') }],
  })
  app.github.writeFile(app.repository, '.github/andon.yml', LINE)
  await app.advance(20)
  run?.start()
  await app.advance(5)
  expect(await board()).toMatchObject({
    verdict: 'running',
    counts: { needsYou: 0, mistaken: 0, running: 1, moving: 1 },
  })
  app.github.writeFile(app.repository, '.github/andon.yml', 'stages: 8')
  await app.advance(20)
  expect(await board()).toMatchObject({
    counts: { needsYou: 1, mistaken: 1, running: 1, moving: 1 },
    pipelines: [{ needsYou: false }],
  })
})

test('a line goes from running to unknown to standing still, and the verdict with it', async () => {
  await open(LINE)
  expect((await board()).verdict).toBe('nothing-to-do')
  await app.openLabeledIssue()
  await app.advance(20)
  run?.start()
  await app.advance(10)
  expect(await board()).toMatchObject({ verdict: 'running', counts: { running: 1, moving: 1, unknown: 0 } })
  await app.advance(31 * 60, { stride: 60 })
  expect(await board()).toMatchObject({
    verdict: 'cannot-know',
    counts: { running: 1, moving: 0, unknown: 1, needsYou: 1 },
    pipelines: [{ light: 'running', health: 'unknown' }],
  })
  await app.comment('/andon hold release week')
  await app.advance(20)
  expect(await board()).toMatchObject({ verdict: 'standing-still', counts: { held: 1, unknown: 1 } })
})
