// Deliveries that did not reach the inbox are found in GitHub's log, and come in by the same door.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Delivery } from '../../fake-github/deliveries.ts'
import { loadSweepReports } from '../../src/store/sweep-report.ts'
import { type AndonApp, openAndonApp } from '../support/andon-app.ts'
import { issuesOnBoard } from '../support/board-api.ts'
import { whileAway } from '../support/undelivered.ts'

let app: AndonApp
beforeEach(async () => {
  app = await openAndonApp()
})
afterEach(() => app.close())

const label = (n: number) => app.github.openIssue(app.repository, { title: `Issue ${n}`, labels: ['andon'] })

const onBoard = () => issuesOnBoard(app.url)

async function report() {
  const [one] = await loadSweepReports(app.database)
  if (one === undefined) throw new Error('nothing was swept')
  return one
}

/** Requests for pages of the log, and for single deliveries, so far. */
function askedOfLog(): { readonly pages: number; readonly deliveries: number } {
  const paths = app.github.writes.requests.map(({ path }) => path)
  return {
    pages: paths.filter((path) => path === '/app/hook/deliveries').length,
    deliveries: paths.filter((path) => path.startsWith('/app/hook/deliveries/')).length,
  }
}

/** GitHub's log, which this test may change. */
const log = () => app.github.deliveries.log as Delivery[]

describe('what GitHub sent while Andon was away', () => {
  test('is found by the next start: twenty labels and a completion, each under its own GUID', async () => {
    const { github, repository } = app
    await app.openLabeledIssue()
    await app.advance(60)
    github.runs[0]?.start()
    await app.advance(10)
    await whileAway(app.github, async () => {
      for (let n = 2; n <= 21; n++) await label(n)
      github.runs[0]?.succeed()
    })
    const away = log().map(({ guid }) => guid)
    await app.advance(20, { andons: [await app.startAnother()] })
    expect(await onBoard()).toEqual(Array.from({ length: 21 }, (_, index) => index + 1))
    const { document } = await app.database.kysely
      .selectFrom('pipelines')
      .select('document')
      .where('issueNumber', '=', 1)
      .executeTakeFirstOrThrow()
    expect(document.stages[0]).toMatchObject({ status: 'done', evidence: { repairedAt: expect.any(String) } })
    const stored = await app.database.kysely.selectFrom('deliveries').select(['guid', 'hookId']).execute()
    expect(away.filter((guid) => !stored.some((row) => row.guid === guid))).toEqual([])
    expect(new Set(stored.map(({ hookId }) => hookId)).size).toBe(1)
    const page = await (await fetch(`${app.url}/${repository}/issues/2`)).text()
    expect(page).toContain('found in GitHub')
  })

  test('is found within five minutes by a process that ran all the time', async () => {
    await app.advance(10)
    await whileAway(app.github, () => label(1))
    await app.advance(310)
    expect(await onBoard()).toEqual([1])
    expect((await report()).missed).toMatchObject([{ count: 2, repaired: 2, due: 0, lost: 0 }])
  })

  test('is fetched by ids that are larger than a number holds exactly', async () => {
    app.github.setHook({ logIdsFrom: 9_007_199_254_740_993n })
    await app.advance(10)
    await whileAway(app.github, async () => {
      for (let n = 1; n <= 4; n++) await label(n)
    })
    await app.advance(310)
    expect(await onBoard()).toEqual([1, 2, 3, 4])
  })

  test('is found too where GitHub calls it delivered, because a process died between its answer and its commit', async () => {
    await app.advance(10)
    const answersAll = createServer((request, response) => {
      request.resume().on('end', () => response.writeHead(202).end())
    }).listen(0, '127.0.0.1')
    await once(answersAll, 'listening')
    const url = app.github.deliveries.target()
    app.github.deliveries.setTarget(`http://127.0.0.1:${(answersAll.address() as AddressInfo).port}`)
    await label(1)
    await app.github.whenIdle()
    app.github.deliveries.setTarget(url)
    answersAll.close()
    await app.advance(310)
    expect(await onBoard()).toEqual([1])
  })

  test('and means nothing to Andon is not fetched', async () => {
    await app.openLabeledIssue()
    await app.advance(60)
    const before = askedOfLog()
    await whileAway(app.github, async () => {
      for (const action of ['locked', 'demilestoned', 'pinned', 'milestoned', 'labeled_by_nobody'])
        app.github.deliver('issues', { action, issue: app.github.issue(app.repository, 1) })
    })
    await app.advance(310)
    expect(askedOfLog().deliveries).toBe(before.deliveries)
    expect((await report()).missed).toEqual([])
  })

  test('and comes by itself meanwhile, or is sent again, is applied once', async () => {
    await app.advance(10)
    await whileAway(app.github, () => label(1))
    await app.advance(310)
    const [missed] = log().filter(({ event, action }) => event === 'issues' && action === 'labeled')
    await app.github.deliveries.redeliver(missed?.id ?? 0)
    await app.advance(310)
    const history = await app.database.kysely.selectFrom('history').select('type').execute()
    expect(history.filter(({ type }) => type === 'pipeline.started').length).toBeLessThanOrEqual(1)
    const rows = await app.database.kysely
      .selectFrom('deliveries')
      .selectAll()
      .where('guid', '=', missed?.guid ?? '')
      .execute()
    expect(rows).toMatchObject([{ state: 'applied', attempts: 2 }])
  })
})

test('what is logged minutes late, with an earlier time, is found', async () => {
  await app.advance(10)
  await whileAway(app.github, () => label(1))
  const late = log().splice(0)
  await app.advance(120)
  await label(2)
  await app.advance(600)
  log().unshift(...late)
  await app.advance(310)
  expect(await onBoard()).toEqual([1, 2])
})

test('what was sent a moment ago and is said to have arrived is left for a minute, and is nothing that was missed', async () => {
  await app.advance(295)
  await whileAway(app.github, () => label(1))
  for (const delivery of log()) Object.assign(delivery, { status: 'OK', statusCode: 202 })
  await app.advance(30)
  expect(await onBoard()).toEqual([])
  for (const { id } of log().slice()) await app.github.deliveries.redeliver(id)
  await app.advance(400)
  expect(await onBoard()).toEqual([1])
  expect((await report()).missed).toEqual([])
})

describe('a log that GitHub cannot show', () => {
  test('is told apart from one with nothing missing, and is read once it can be', async () => {
    await app.advance(10)
    expect(await report()).toMatchObject({ failing: null, missed: [] })
    app.github.chooseFaults(({ path }) => (path.startsWith('/app/hook') ? { kind: '502-before' } : null))
    await whileAway(app.github, () => label(1))
    await app.advance(600)
    expect(await report()).toMatchObject({ failing: { words: expect.stringContaining('502') } })
    expect(await (await fetch(`${app.url}/healthz`)).text()).toContain(
      "GitHub's log of deliveries cannot be read since",
    )
    app.github.chooseFaults(() => null)
    await app.advance(120)
    expect(await report()).toMatchObject({ failing: null, missed: [{ repaired: expect.any(Number) }] })
    expect(await onBoard()).toEqual([1])
  })

  test('because of a limit is left alone for as long as GitHub asks, and then read on from where it was', async () => {
    await app.advance(10)
    await whileAway(app.github, async () => {
      for (let n = 1; n <= 60; n++) await label(n)
    })
    let seen = 0
    app.github.chooseFaults(({ path }) => {
      if (!path.startsWith('/app/hook')) return null
      seen += 1
      return seen === 7
        ? { kind: 'refuse', status: 429, message: 'too many', headers: { 'retry-after': '1200' } }
        : null
    })
    await app.advance(310)
    const asked = seen
    await app.advance(1_100)
    expect(seen).toBe(asked)
    expect((await report()).failing).not.toBeNull()
    await app.advance(300)
    expect((await onBoard()).length).toBe(60)
    expect((await report()).failing).toBeNull()
  })
})

describe('a log that no longer reaches back', () => {
  test('is known after four days away: from when until when', async () => {
    await label(1)
    await app.advance(60)
    log().splice(0)
    app.clock.advance(4 * 24 * 3_600)
    await whileAway(app.github, () => label(2))
    await app.advance(20, { andons: [await app.startAnother()] })
    const { cutOff } = await report()
    expect(cutOff?.from?.slice(0, 10)).toBe('2026-11-20')
    expect(cutOff?.until.slice(0, 10)).toBe('2026-11-24')
    expect(await onBoard()).toEqual([1, 2])
    expect(await (await fetch(`${app.url}/healthz`)).text()).toContain('GitHub kept no log of what it sent from')
  })

  test('is not taken for one in which nothing has happened for days', async () => {
    await label(1)
    await app.advance(60)
    await app.advance(4 * 24 * 3_600, { stride: 3_600 })
    log().splice(0)
    await app.advance(310)
    expect((await report()).cutOff).toBeNull()
  })

  test('is one too where a delivery is gone before it is fetched: labels are looked for, though GitHub ends the turn', async () => {
    await app.openLabeledIssue()
    await app.advance(60)
    await app.github.closeIssue(app.repository, 1, 'completed')
    await app.advance(700)
    await whileAway(app.github, () => label(2))
    await whileAway(app.github, () => label(3))
    const gone = `/${log().at(-2)?.id}`
    const away = `/${log().at(-1)?.id}`
    app.github.chooseFaults(({ path }) => {
      if (path.endsWith(gone)) return { kind: 'refuse', status: 404, message: 'Not Found' }
      return path.endsWith(away) ? { kind: '502-before' } : null
    })
    await app.advance(600)
    expect((await report()).cutOff).not.toBeNull()
    expect(await onBoard()).toContain(2)
  })

  test('is noticed too where GitHub has dropped what it sent an hour ago', async () => {
    await label(1)
    await app.advance(60)
    log().splice(0)
    await app.advance(310)
    expect((await report()).cutOff).not.toBeNull()
  })
})
