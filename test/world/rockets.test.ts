// 👀 says that an order was read, 🚀 that it is carried out: at once where only Andon changes, else when GitHub has the run,
// or no longer runs it.
import { afterEach, expect, test } from 'vitest'
import type { Run } from '../../fake-github/runs.ts'
import { type AndonApp, BY_SECONDS, openAndonApp } from '../support/andon-app.ts'

const GATED = 'stages: { plan: { workflow: plan.yml, attempts: 1, gate: approval } }\ncomments: off\n'
const QUIET = `${GATED}checks: { before_pull_request: off }\n`

let app: AndonApp
/** What a dispatched run does. */
let happens: (run: Run) => void
afterEach(() => app.close())

test('a retry is read at once, and carried out when GitHub has the new run', async () => {
  await open((run) => run.fail())
  app.github.injectFault({ requests: 'dispatch', kind: 'unreachable', maxTimes: 2 })
  const retry = await app.comment('/andon retry plan', { by: 'ada' })
  await app.advance(5, BY_SECONDS)
  expect(app.reactions(retry)).toEqual(['eyes'])
  await app.advance(120)
  expect(app.dispatched().at(-1)).toBe('1/plan/2')
  expect(app.reactions(retry)).toEqual(['rocket'])
})

test('a start by a comment is carried out by the first run', async () => {
  await open(() => undefined)
  const issue = await app.github.openIssue(app.repository, { title: 'Another' })
  const start = await app.comment('/andon start', { by: 'ada', on: issue })
  await app.advance(60)
  expect(app.reactions(start)).toEqual(['rocket'])
})

test('a cancellation is carried out when the run has ended', async () => {
  await open((run) => {
    run.start()
    run.ignoreCancel()
  })
  const cancel = await app.comment('/andon cancel', { by: 'ada' })
  await app.advance(60)
  expect(app.reactions(cancel)).toEqual(['eyes'])
  await app.advance(600)
  expect(app.reactions(cancel)).toEqual(['rocket'])
})

test.each(['/andon approve', '/andon hold no staff', '/andon skip plan'])(
  '%s is carried out at once: one reaction, and no eyes before it',
  async (order) => {
    await open((run) => {
      run.start()
      run.succeed()
    })
    const comment = await app.comment(order, { by: 'ada' })
    await app.advance(20)
    expect(app.reactions(comment)).toEqual(['rocket'])
    expect(app.github.writes.ofKind('reaction')).toHaveLength(1)
    expect(app.github.writes.ofKind('reaction-delete')).toEqual([])
  },
)

test('a comment with something that cannot be done stays confused, also when the rest of it is carried out', async () => {
  await open((run) => run.fail())
  const comment = await app.comment('/andon retry plan\n/andon approve', { by: 'ada' })
  await app.advance(120)
  expect(app.dispatched()).toEqual(['1/plan/1', '1/plan/2'])
  expect(app.reactions(comment)).toEqual(['confused'])
})

test.each([
  ['reaction', 'crash-before'],
  ['reaction', 'crash-after'],
  ['reaction-delete', 'crash-before'],
  ['reaction-delete', 'crash-after'],
] as const)('a process that dies while it swaps them (%s, %s) leaves the rocket alone', async (kind, fault) => {
  await open((run) => run.fail())
  let deaths = 0
  const death = Promise.withResolvers<void>()
  app.github.chooseFaults((request) => {
    const isSwap = request.kind === kind && (request.body as { content?: string } | null)?.content !== 'eyes'
    if (!isSwap || deaths > 0) return null
    deaths += 1
    death.resolve()
    return { kind: fault }
  })
  const retry = await app.comment('/andon retry plan', { by: 'ada' })
  await Promise.race([app.advance(120), death.promise])
  app.clock.advance(60)
  const next = await app.startAnother()
  await app.advance(90, { andons: [next] })
  expect(deaths).toBe(1)
  expect(app.reactions(retry)).toEqual(['rocket'])
})

async function open(run: (run: Run) => void): Promise<void> {
  app = await openAndonApp({ configuration: QUIET })
  happens = run
  app.github.onDispatch((dispatched) => happens(dispatched))
  await app.openLabeledIssue()
  await app.advance(30)
}
