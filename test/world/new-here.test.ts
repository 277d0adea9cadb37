// What was just made may be missing at GitHub for some seconds: what is written to it then is written again.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Fault } from '../../fake-github/faults.ts'
import type { RequestKind } from '../../fake-github/write-log.ts'
import { type AndonApp, openAndonApp, PLAN } from '../support/andon-app.ts'
import { expectConsistent } from '../support/consistency.ts'
import { readIssue } from './support/issue-pages.ts'

const MISSING: readonly (readonly [string, Fault])[] = [
  ['404 Not Found', { kind: 'refuse', status: 404, message: 'Not Found' }],
  ['422 No commit found', { kind: 'refuse', status: 422, message: 'No commit found for SHA: 1234abcd' }],
  ['422 Could not resolve', { kind: 'refuse', status: 422, message: 'Could not resolve to a node with the global id' }],
  ['410 Gone', { kind: 'refuse', status: 410, message: 'This issue was deleted' }],
]

let app: AndonApp
beforeEach(async () => {
  app = await openAndonApp({ configuration: PLAN })
})
afterEach(() => app.close())

/** The first requests of a kind are answered so. */
function refuseFirst(kind: RequestKind, times: number, fault: Fault): void {
  let seen = 0
  app.github.chooseFaults((request) => (request.kind === kind && seen++ < times ? fault : null))
}

describe.each(MISSING)('what is answered %s', (_, fault) => {
  test.each(['comment', 'check'] as const)(
    'to the first two creations of a %s is published within two minutes',
    async (kind) => {
      refuseFirst(kind, 2, fault)
      await app.openLabeledIssue()
      await app.advance(120)
      await expectConsistent({ database: app.database, now: app.clock.now(), github: app.github })
      expect(app.github.comments(app.repository, 1)).toHaveLength(1)
      expect(app.github.checkRuns(app.repository).length).toBeGreaterThan(0)
    },
  )

  test('to a reaction and a reply is sent again', async () => {
    await app.openLabeledIssue()
    await app.advance(60)
    let left = 4
    app.github.chooseFaults(({ kind }) => (['comment', 'reaction'].includes(kind) && left-- > 0 ? fault : null))
    const command = await app.comment('/andon why')
    await app.advance(180)
    expect(app.reactions(command)).toEqual(['eyes'])
    expect(await app.replies()).toHaveLength(1)
  })
})

test('a comment is given up when its issue has been missing for an hour', async () => {
  refuseFirst('comment', Number.POSITIVE_INFINITY, { kind: 'refuse', status: 404, message: 'Not Found' })
  app.github.onDispatch((run) => run.succeed())
  await app.openLabeledIssue()
  await app.advance(2 * 3_600, { stride: 60 })
  expect(app.github.writes.ofKind('comment').length).toBeLessThanOrEqual(40)
})

test('a run that GitHub does not know when it is cancelled is cancelled all the same', async () => {
  await app.openLabeledIssue()
  await app.advance(60)
  const run = app.github.runs[0]
  run?.start()
  await app.advance(20)
  refuseFirst('cancel', 2, { kind: 'refuse', status: 404, message: 'Not Found' })
  await app.comment('/andon cancel')
  await app.advance(90)
  expect(run?.state).toMatchObject({ status: 'completed', conclusion: 'cancelled' })
  expect(await readIssue(app)).toMatchObject({ reason: 'cancelled by @linus; /andon retry plan tries again' })
})
