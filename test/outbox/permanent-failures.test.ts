// A workflow that cannot succeed, with everything real but the clock and GitHub: it gets the attempts that the file
// allows, shows the reason where people look, and then nothing more is sent.
import { afterEach, expect, test } from 'vitest'
import type { Run } from '../../fake-github/runs.ts'
import { type AndonApp, openAndonApp } from '../support/andon-app.ts'
import { expectConsistent } from '../support/consistency.ts'
import { recordMeasurements } from '../support/measurements.ts'

const ATTEMPTS = 3
const CONFIGURATION = `stages: { plan: { workflow: plan.yml, attempts: ${ATTEMPTS}, timeout: 2m } }`
const UNTIL_GIVEN_UP_SECONDS = 1_500
const HOURS_OF_SILENCE = 48

let app: AndonApp
afterEach(() => app.close())

const PERMANENT_FAULTS: readonly [string, (run: Run) => void, string][] = [
  [
    'always fails',
    (run) => {
      run.start()
      run.fail()
    },
    'failed',
  ],
  ['never starts', () => undefined, 'was cancelled: no runner picked it up'],
]

test.each(PERMANENT_FAULTS)(
  'a workflow that %s gets exactly its attempts, shows its reason on the board, and then stays silent',
  async (what, happens, words) => {
    app = await openAndonApp({ configuration: CONFIGURATION })
    const { github, andon, clock, url } = app
    github.onDispatch(happens)
    await app.openLabeledIssue()
    await app.advance(UNTIL_GIVEN_UP_SECONDS, { stride: 30 })
    expect(app.dispatched()).toEqual(Array.from({ length: ATTEMPTS }, (_, index) => `1/plan/${index + 1}`))

    const reason = `attempt ${ATTEMPTS} of ${ATTEMPTS} ${words}; a person is needed: /andon retry plan`
    const board = (await (await fetch(`${url}/api/pipelines`)).json()) as { counts: object; pipelines: object[] }
    expect(board.pipelines).toMatchObject([{ light: 'failed', stage: 'plan', reason, waiting: null }])
    expect(board.counts).toMatchObject({ failed: 1, needsYou: 1, running: 0, queued: 0 })
    expect(await (await fetch(url)).text()).toContain(`attempt ${ATTEMPTS} of ${ATTEMPTS}`)
    const [repository = ''] = github.repositories
    const comments = github.comments(repository, 1)
    expect(comments.map(({ body }) => /a person is needed|To try it again/.exec(body)?.[0])).toEqual([
      'a person is needed',
      'To try it again',
    ])

    await expectConsistent({ database: app.database, now: clock.now(), github })
    const writes = github.writes.all.length
    for (let hours = 0; hours < HOURS_OF_SILENCE; hours += 4) {
      clock.advance(4 * 3_600)
      await andon.drain()
    }
    expect(github.writes.all.length).toBe(writes)
    expect(app.dispatched()).toHaveLength(ATTEMPTS)
    recordMeasurements('hopeless', { faults: ATTEMPTS, doubled: 0, workflow: what })
  },
)
