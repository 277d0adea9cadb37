// A workflow that cannot succeed, with everything real but the clock and GitHub: exactly the attempts that the file allows,
// the reason where people look, and then nothing goes out any more.
import { afterEach, expect, test } from 'vitest'
import type { Run } from '../../fake-github/runs.ts'
import { type AndonApp, openAndonApp } from '../support/andon-app.ts'
import { expectConsistent } from '../support/consistency.ts'
import { recordMeasurements } from '../support/measurements.ts'

const ATTEMPTS = 3
const CONFIGURATION = `stages: { plan: { workflow: plan.yml, attempts: ${ATTEMPTS}, timeout: 2m } }`
const DISABLED = "Cannot trigger a 'workflow_dispatch' on a disabled workflow"
const UNTIL_GIVEN_UP_SECONDS = 1_500
const HOURS_OF_SILENCE = 48

let whole: AndonApp
afterEach(() => whole.close())

const PERMANENT_FAULTS: readonly [string, (() => Response) | null, (run: Run) => void, string][] = [
  [
    'always answers 422',
    () => Response.json({ message: DISABLED }, { status: 422 }),
    () => undefined,
    `was refused: GitHub refused to start plan.yml: ${DISABLED}`,
  ],
  [
    'always fails',
    null,
    (run) => {
      run.start()
      run.fail()
    },
    'failed',
  ],
  ['never starts', null, () => undefined, 'was cancelled: no runner took it'],
]

test.each(PERMANENT_FAULTS)(
  'a workflow that %s has exactly its attempts, its reason on the board, and then silence',
  async (what, answer, happens, words) => {
    const sent: string[] = []
    whole = await openAndonApp(async (key) => {
      sent.push(key.replace(/-.*/, ''))
      return answer?.() ?? null
    }, CONFIGURATION)
    const { github, andon, clock, url } = whole
    github.onDispatch(happens)
    await whole.openLabeledIssue()
    await whole.advance(UNTIL_GIVEN_UP_SECONDS, [andon], 30)
    expect(sent).toEqual(Array.from({ length: ATTEMPTS }, (_, index) => `1/plan/${index + 1}`))

    const reason = `attempt ${ATTEMPTS} of ${ATTEMPTS} ${words}; a person is needed: /andon retry plan`
    const board = (await (await fetch(`${url}/api/pipelines`)).json()) as { counts: object; pipelines: object[] }
    expect(board.pipelines).toMatchObject([{ light: 'failed', stage: 'plan', reason, waiting: null }])
    expect(board.counts).toMatchObject({ failed: 1, needsYou: 1, running: 0, queued: 0 })
    expect(await (await fetch(url)).text()).toContain(`attempt ${ATTEMPTS} of ${ATTEMPTS}`)
    const [repository = ''] = github.repositories
    const comments = await github.comments(repository, 1)
    expect(comments.map(({ body }) => body.includes('a person is needed'))).toEqual([true])

    await expectConsistent({ database: whole.database, now: clock.now(), github })
    const writes = github.writes.all.length
    for (let hours = 0; hours < HOURS_OF_SILENCE; hours += 4) {
      clock.advance(4 * 3_600)
      await andon.drain()
    }
    expect(github.writes.all.length).toBe(writes)
    expect(sent).toHaveLength(ATTEMPTS)
    recordMeasurements('hopeless', { workflow: what, attempts: sent.length, 'writes in the two days after': 0 })
  },
)
