// Finding tasks: one query for a page, its stream and the JSON, over a real database.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { writePipelines, writeRepositories } from '../store/support/pipeline-rows.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { type EventReader, openEventReader } from '../support/event-reader.ts'
import { minutesAfterNine } from '../support/pipeline-fixtures.ts'
import { type DatabaseSite, openDatabaseSite } from './support/database-site.ts'

const NOW = minutesAfterNine(60)
let database: TestDatabase
let site: DatabaseSite
let url: string
const streams: EventReader[] = []

beforeEach(async () => {
  database = await openTestDatabase()
  await writeRepositories(database, { 1: 'acme/widgets', 2: 'acme/api', 3: 'zeta/sure_100' })
  const needed = { needsYouAt: minutesAfterNine(1) }
  await writePipelines(database, [
    { issueNumber: 1, title: 'Cache the token', light: 'failed', since: minutesAfterNine(5), ...needed },
    { issueNumber: 2, title: 'Page the audit log', repositoryId: 2, since: minutesAfterNine(7) },
    { issueNumber: 3, title: '100% of uploads', light: 'done', since: minutesAfterNine(2) },
    { issueNumber: 4, title: 'A cache_key', light: 'done', since: minutesAfterNine(9), repositoryId: 2 },
    { issueNumber: 5, title: 'Wait', light: 'idle', since: minutesAfterNine(3) },
    {
      issueNumber: 6,
      title: 'Silent',
      since: minutesAfterNine(1),
      silentAt: NOW,
      silentHealth: 'stalled',
      needsYouAt: NOW,
    },
    { issueNumber: 7, title: null, light: 'queued', since: minutesAfterNine(4), repositoryId: 3 },
  ])
  site = await openDatabaseSite(database, NOW)
  url = site.url
})
afterEach(async () => {
  for (const stream of streams.splice(0)) stream.close()
  await site.close()
  await database.close()
})

type Board = { pipelines: { issue: number; repository: string }[]; next: string | null; counts: Record<string, number> }

async function issues(query: string): Promise<readonly number[]> {
  const response = await fetch(`${url}/api/pipelines?${query}`)
  expect([query, response.status]).toEqual([query, 200])
  return ((await response.json()) as Board).pipelines.map(({ issue }) => issue)
}

test.each<[string, readonly number[]]>([
  ['', [1, 6, 2, 7]],
  ['q=cache', [1]],
  ['q=CACHE&light=done', [4]],
  ['q=%23', []],
  ['q=%231', [1]],
  ['q=2', [2]],
  ['q=100%25&light=done', [3]],
  ['q=e_k&light=done', [4]],
  ['q=acme', [1, 6, 2]],
  ['q=%00%5C%27%22', []],
  ['q=', [1, 6, 2, 7]],
  ['light=done', [4, 3]],
  ['light=', [1, 6, 2, 7]],
  ['light=idle', [5]],
  ['health=stalled', [6]],
  ['health=ok', [1, 2, 7]],
  ['needs=me', [1, 6]],
  ['sort=newest', [2, 1, 7, 6]],
  ['sort=oldest', [6, 7, 1, 2]],
  ['sort=repository', [2, 1, 6, 7]],
  ['repository=acme/widgets', [1, 6]],
  ['repository=acme/widgets&light=done,idle&sort=oldest', [3, 5]],
])('?%s finds %j, in the JSON, on the page and on the stream', async (query, expected) => {
  expect(await issues(query)).toEqual(expected)
  const html = await (await fetch(`${url}/?${query}`)).text()
  const idsOf = (text: string) =>
    [...text.matchAll(/<tr id="pipeline-\d+".*?class="number" [^>]*>#(\d+)</gs)].map(([, id]) => Number(id))
  expect(idsOf(html)).toEqual(expected)
  const stream = await openEventReader(`${url}/events?${query}`)
  streams.push(stream)
  expect(idsOf((await stream.nextMessage('message')).data)).toEqual(expected)
})

test.each([
  ['light=purple', 'running, review, queued, failed, done, idle'],
  ['health=ill', 'ok, stalled, stale, unknown'],
  ['sort=colour', 'urgency, newest, oldest, repository'],
  ['needs=you', 'me'],
])('?%s is refused with the words that are valid', async (query, words) => {
  for (const path of ['/', '/api/pipelines', '/events']) {
    const response = await fetch(`${url}${path}?${query}`)
    expect([path, response.status]).toEqual([path, 400])
    expect(await response.text()).toContain(`use one of ${words}.`)
  }
})

test('in every order the pages of a listing have the same rows as the whole, each once', async () => {
  const rows = Array.from({ length: 230 }, (_, index) => ({
    issueNumber: 100 + index,
    repositoryId: 1 + (index % 3),
    since: minutesAfterNine(index % 7),
    light: index % 2 === 0 ? ('done' as const) : ('running' as const),
  }))
  await writePipelines(database, rows)
  for (const sort of ['urgency', 'newest', 'oldest', 'repository']) {
    const seen: string[] = []
    let next: string | null = null
    do {
      const query = new URLSearchParams({ sort, light: 'done,running', ...(next && { after: next }) })
      const page: Board = (await (await fetch(`${url}/api/pipelines?${query}`)).json()) as never
      seen.push(...page.pipelines.map(({ repository, issue }) => `${repository}#${issue}`))
      next = page.next
    } while (next !== null)
    expect([sort, seen.length, new Set(seen).size]).toEqual([sort, 234, 234])
  }
})

test('a later page keeps its filter, and its stream carries that page', async () => {
  const rows = Array.from({ length: 230 }, (_, index) => ({ issueNumber: 100 + index, light: 'done' as const }))
  await writePipelines(database, rows)
  const first = await (await fetch(`${url}/?light=done&q=acme`)).text()
  const [, next = ''] = /rel="next" href="([^"]+)"/.exec(first) ?? []
  const address = next.replaceAll('&amp;', '&')
  expect(address).toMatch(/^\/\?q=acme&light=done&after=/)
  const later = await (await fetch(url + address)).text()
  expect(later.match(/<tr id="pipeline-/g)).toHaveLength(32)
  const [, query = ''] = /data-query="([^"]+)"/.exec(later) ?? []
  const stream = await openEventReader(`${url}/events?${query.replaceAll('&amp;', '&')}`)
  streams.push(stream)
  expect((await stream.nextMessage('message')).data.match(/<tr id="pipeline-/g)).toHaveLength(32)
})

test('each repository stands over its rows with its own counts', async () => {
  const html = await (await fetch(`${url}/?sort=repository`)).text()
  const heads = [...html.matchAll(/<tr id="group-\d+".*?<a href="\/([^"]+)">.*?<span class="muted">([^<]*)</g)]
  expect(heads.map(([, name, words]) => [name, words])).toEqual([
    ['acme/api', '1 running'],
    ['acme/widgets', '1 running · 1 failed · 2 need you'],
    ['zeta/sure_100', '1 queued'],
  ])
})

test('the form works as a plain form: it shows what was asked for, and keeps the rest', async () => {
  const html = await (
    await fetch(`${url}/acme/widgets?q=%22%3E%3Cimg&light=done&health=ok&sort=newest&needs=me`)
  ).text()
  expect(html).toContain('<form class="find" role="search" method="get" action="/acme/widgets">')
  expect(html).toContain('name="q" value="&quot;&gt;&lt;img"')
  expect(html).toContain('<input type="hidden" name="health" value="ok">')
  for (const value of ['done', 'newest']) expect(html).toContain(`<option value="${value}" selected>`)
  expect(html).toContain('name="needs" value="me" checked')
})
