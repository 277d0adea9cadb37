// GitHub starts no workflow for long, because its endpoint fails or cannot be reached. That is GitHub's trouble: one attempt
// waits, Andon says so, and once GitHub works again there is one run.
import { afterEach, expect, test } from 'vitest'
import type { Fault } from '../../fake-github/faults.ts'
import { type AndonApp, openAndonApp } from '../support/andon-app.ts'
import { readBoard, readIssue } from './support/issue-pages.ts'

const PLAN = 'stages: { plan: { workflow: plan.yml, attempts: 2 } }'
const OUTAGE_SECONDS = 70 * 60

let app: AndonApp
afterEach(() => app.close())

test.each<[string, Fault, RegExp]>([
  ['answers 500', { kind: 'refuse', status: 500, message: 'Server Error' }, /did not confirm the start|sent once more/],
  ['loses the request', { kind: '502-before' }, /did not confirm the start|sent once more/],
  ['cannot be reached', { kind: 'unreachable' }, /could not be reached/],
  ['has no address', { kind: 'no-dns' }, /could not be reached/],
])(
  'while GitHub %s, an attempt waits and is not spent, a person is called, and one run starts',
  async (_, fault, words) => {
    app = await openAndonApp({ configuration: PLAN })
    const until = Date.parse(app.clock.now()) + OUTAGE_SECONDS * 1000
    app.github.chooseFaults(({ kind, at }) => (kind === 'dispatch' && at < until ? fault : null))
    await app.openLabeledIssue()
    await app.advance(5 * 60, { stride: 30 })
    expect((await readBoard(app)).counts).toMatchObject({ queued: 1, needsYou: 0 })
    await app.advance(OUTAGE_SECONDS - 10 * 60, { stride: 120 })
    const { light, reason, stages } = await readIssue(app)
    expect({ light, attempts: stages[0]?.attempts.length }).toEqual({ light: 'queued', attempts: 1 })
    expect(reason).toMatch(/^attempt 1 of 2/)
    expect(reason).toMatch(words)
    expect((await readBoard(app)).counts).toMatchObject({ failed: 0, needsYou: 1 })
    expect(app.github.runs).toEqual([])
    await app.advance(15 * 60, { stride: 30 })
    expect(app.github.runs).toHaveLength(1)
    expect(new Set(app.dispatched())).toEqual(new Set(['1/plan/1']))
    expect((await readBoard(app)).counts).toMatchObject({ needsYou: 0 })
  },
  60_000,
)
