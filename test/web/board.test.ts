// The site over a real database that the door writes: people see what deliveries did.

import pino from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Door, openDoor } from '../../src/apply/door.ts'
import type { Event } from '../../src/pipeline/model/events.ts'
import { encodeCursor } from '../../src/store/cursor.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { type EventReader, openEventReader } from '../support/event-reader.ts'
import { issueLabeled, REPOSITORY, runChanged } from '../support/pipeline-fixtures.ts'
import { minutesAgo, NOW } from './support/board-fixtures.ts'
import { type DatabaseSite, openDatabaseSite } from './support/database-site.ts'

const log = pino({ level: 'silent' })
let database: TestDatabase
let door: Door
let site: DatabaseSite
let url: string
const streams: EventReader[] = []

beforeEach(async () => {
  database = await openTestDatabase()
  door = openDoor({ database, now: () => NOW, log })
  site = await openDatabaseSite(database, NOW)
  url = site.url
})
afterEach(async () => {
  for (const stream of streams.splice(0)) stream.close()
  await site.close()
  await door.close()
  await database.close()
})

const tell = (event: Event) => door.apply({ event })
const label = (number: number, at = 5) =>
  tell(
    issueLabeled({
      number,
      title: `Issue ${number}`,
      url: `https://github.com/acme/widgets/issues/${number}`,
      at: minutesAgo(at),
    }),
  )
const run = (issue: number, known: Parameters<typeof runChanged>[0] = {}) =>
  tell(
    runChanged({
      id: 1000 + issue,
      workflow: 'plan.yml',
      branch: `claude/issue-${issue}-x`,
      startedAt: minutesAgo(3),
      at: minutesAgo(3),
      ...known,
    }),
  )

/** A number at the head of the board. */
const shows = (count: number, word: string) =>
  new RegExp(`<b>${count}</b> <span class="word"><svg [^>]*>.{10,80}</svg> ?(<a [^>]*>)?${word}<`)

type Answer = {
  counts: Record<string, number>
  pipelines: { issue: number; light: string }[]
  next: string | null
  asOf: string
}

async function board(query = ''): Promise<Answer> {
  return (await (await fetch(`${url}/api/pipelines${query}`)).json()) as Answer
}

async function stream(path: string): Promise<EventReader> {
  const events = await openEventReader(url + path)
  streams.push(events)
  return events
}

test('what the door commits reaches an open stream, and the page and the JSON say the same', async () => {
  await label(42)
  const events = await stream('/events')
  expect((await events.nextMessage('message')).data).toMatch(shows(1, 'queued'))
  await run(42)
  expect((await events.nextMessage('message')).data).toMatch(shows(1, 'running'))
  expect(await board()).toMatchObject({
    verdict: 'running',
    counts: { running: 1, review: 0, queued: 0, failed: 0, held: 0, needsYou: 0, open: 1, moving: 1, mistaken: 0 },
    pipelines: [
      { repository: REPOSITORY.fullName, issue: 42, stage: 'plan', light: 'running', attempt: 1, health: 'ok' },
    ],
    next: null,
    asOf: NOW,
  })
  expect(await (await fetch(url)).text()).toMatch(shows(1, 'running'))
})

test('the detail of an issue has its stages and its history, newest first', async () => {
  await label(42)
  await run(42, { conclusion: 'failure' })
  const detail = (await (await fetch(`${url}/api/pipelines/ACME/widgets/42`)).json()) as { history: { text: string }[] }
  expect(detail).toMatchObject({ issue: 42, light: 'failed', stages: [{ name: 'plan', status: 'failed' }, {}, {}, {}] })
  const { history } = detail
  expect(history.at(-1)?.text).toBe('taken up: the issue was labelled')
  expect(history.length).toBeGreaterThan(1)
  expect((await fetch(`${url}/acme/widgets/issues/42`)).status).toBe(200)
})

test('a listing continues at its cursor, which must be one that Andon issued', async () => {
  await Promise.all(Array.from({ length: 230 }, (_, index) => label(index + 1, index + 1)))
  const first = await board()
  const second = await board(`?after=${first.next}`)
  expect([first.pipelines.length, second.pipelines.length, second.next]).toEqual([200, 30, null])
  expect(new Set([...first.pipelines, ...second.pipelines].map(({ issue }) => issue)).size).toBe(230)
  expect(second.counts).toEqual(first.counts)
  const html = await (await fetch(url)).text()
  expect(html).toContain(`href="/?after=${first.next}"`)
  const older = await (await fetch(`${url}/?after=${first.next}`)).text()
  expect(older.match(/<tr id="pipeline-/g)).toHaveLength(30)
  expect(older).toContain('<a href="/">The first tasks</a>')
  expect(older).not.toContain('rel="next"')
  const last = encodeCursor({ group: '', rank: 19, position: 4_000_000_000, id: 1_000_000 })
  const beyond = await fetch(`${url}/?after=${last}`, { redirect: 'manual' })
  expect([beyond.status, beyond.headers.get('location')]).toEqual([302, '/'])
  for (const cursor of ['nonsense', 'W10', '', '%00']) {
    const response = await fetch(`${url}/api/pipelines?after=${cursor}`)
    expect([cursor, response.status]).toEqual([cursor, 400])
    expect(await response.json()).toEqual({ error: expect.stringContaining('cursor') })
  }
})

test('done pipelines are listed only when asked for', async () => {
  await label(42)
  await tell(issueLabeled({ number: 43, title: 'Issue 43', at: minutesAgo(5) }))
  await run(42)
  expect((await board('?light=running')).pipelines.map(({ issue }) => issue)).toEqual([42])
  expect((await board('?light=done,idle')).pipelines).toEqual([])
  expect((await board('?light=queued&light=running')).pipelines).toHaveLength(2)
})

test('readers never fail while writers write, and every reading is consistent', async () => {
  let writing = true
  let readings = 0
  const write = async () => {
    for (let issue = 1; issue <= 24; issue++) {
      await label(issue)
      await run(issue, issue % 3 === 0 ? { conclusion: 'failure' } : {})
    }
    writing = false
  }
  const read = async () => {
    while (writing) {
      const response = await fetch(`${url}/api/pipelines`)
      expect(response.status).toBe(200)
      const { counts, pipelines } = (await response.json()) as Answer
      const listed = { running: 0, review: 0, queued: 0, failed: 0 }
      for (const { light } of pipelines) listed[light as keyof typeof listed] += 1
      expect(counts).toMatchObject(listed)
      const page = await fetch(url)
      expect(page.status).toBe(200)
      await page.text()
      readings += 1
    }
  }
  await Promise.all([write(), read(), read(), read(), read()])
  console.log(`${readings} readings beside 48 writes`)
  expect(readings).toBeGreaterThanOrEqual(4)
  expect((await board()).counts).toMatchObject({ running: 16, failed: 8, needsYou: 8 })
})

test('readiness says what the database lacks', async () => {
  expect(await (await fetch(`${url}/readyz`)).json()).toEqual({ ready: true, reason: null })
  expect(await (await fetch(`${url}/healthz`)).json()).toMatchObject({
    status: 'ok',
    deliveries: { failed: 0, lastAt: null },
  })
})
