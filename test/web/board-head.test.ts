// The head of the board, its sections and the pages that lead to it.
import { afterEach, expect, test } from 'vitest'
import { boardFixture, issueTakenUp, MISTAKE_NOTICE, minutesAgo, workflowRan } from './support/board-fixtures.ts'
import { type OpenSite, openSite, openStubBoard, type StubBoard } from './support/site-world.ts'

const opened: OpenSite[] = []
afterEach(async () => {
  await Promise.all(opened.splice(0).map((site) => site.close()))
})

async function open(board: StubBoard = openStubBoard()) {
  const opening = await openSite(board.reader)
  opened.push(opening)
  return async (path: string) => (await fetch(opening.url + path)).text()
}

test('the JSON has the same counts and rows as the page, whose lights add up to the whole', async () => {
  const get = await open()
  const { counts, pipelines, asOf } = JSON.parse(await get('/api/pipelines')) as never
  const html = await get('/')
  expect([...html.matchAll(/<tr id="pipeline-\d+" class="pipeline-row is-(\w+)/g)].map(([, light]) => light)).toEqual(
    (pipelines as { light: string }[]).map(({ light }) => light),
  )
  expect(counts).toEqual({
    ...{ running: 6, review: 2, queued: 2, failed: 2, held: 0, stalled: 1, stale: 0, unknown: 1, mistaken: 0 },
    ...{ needsYou: 6, moving: 4, open: 12 },
  })
  const heads = [...html.matchAll(/<li class="count is-[^>]*><b>(\d+)<\/b>.*?<a [^>]*>(.*?)<\/a>/g)]
  const [lights, parts] = [false, true].map((isPart) =>
    heads.filter(([, , word]) => word?.startsWith('of them ') === isPart).map(([, count]) => Number(count)),
  )
  expect(lights?.reduce((sum, count) => sum + count, 0)).toBe(12)
  expect(parts).toEqual([1, 1])
  expect(html).toContain('<b>6</b> <span class="word">need you')
  expect(html).toContain('data-needs-you="6"')
  expect(asOf).toBe(minutesAgo(0))
})

test('the verdict stands before the counts, as a word, and the JSON says the same', async () => {
  const board = openStubBoard()
  const get = await open(board)
  const verdict = async () => {
    const html = await get('/')
    expect(html.indexOf('class="verdict"')).toBeLessThan(html.indexOf('class="counts"'))
    const { verdict } = JSON.parse(await get('/api/pipelines')) as { verdict: string }
    expect(html).toContain(`data-verdict="${verdict}"`)
    return [verdict, /<strong>(.*?)<\/strong>/.exec(html)?.[1]]
  }
  expect(await verdict()).toEqual(['waiting-for-you', 'Waiting for you'])
  const labeled = issueTakenUp({ issue: 70, title: 'One', at: 9 })
  board.show([boardFixture({ id: 70, issue: 70, events: [labeled, workflowRan(70, 'plan.yml', { id: 9, from: 5 })] })])
  expect(await verdict()).toEqual(['running', 'Running'])
  board.show([boardFixture({ id: 70, issue: 70, events: [labeled] })])
  expect(await verdict()).toEqual(['standing-still', 'Standing still'])
  board.show([])
  expect(await verdict()).toEqual(['nothing-to-do', 'Nothing to do'])
})

test('a mistaken file needs a person, and is counted at the head', async () => {
  const board = openStubBoard([])
  board.showMistakes([MISTAKE_NOTICE])
  const get = await open(board)
  const html = await get('/')
  expect(html).toContain('data-needs-you="1"')
  expect(html).toContain('file mistaken')
  expect(JSON.parse(await get('/api/pipelines'))).toMatchObject({
    counts: { needsYou: 1, mistaken: 1, open: 0 },
    verdict: 'waiting-for-you',
  })
})

test('what failed comes first, then what is silent, then what waits for people, each with the oldest first', async () => {
  const get = await open()
  const { pipelines } = JSON.parse(await get('/api/pipelines')) as { pipelines: { issue: number; since: string }[] }
  expect(pipelines.slice(0, 6).map(({ issue }) => issue)).toEqual([17, 42, 15, 58, 60, 57])
  expect((await get('/')).match(/<span class="word">(stalled|unknown)<\/span><\/td>/g)).toHaveLength(2)
})

test('the name of a repository leads to its board, and the name of an owner to its repositories', async () => {
  const get = await open()
  expect(await get('/')).toContain('<a class="repository" href="/acme/widgets">acme/widgets</a>')
  expect(await get('/acme/widgets')).toContain('<a href="/acme">acme</a>')
  const owner = await get('/ACME')
  expect(owner).toContain('<a href="/acme/widgets">acme/widgets</a>')
  expect(owner).toContain('<a href="/acme/api">acme/api</a>')
  expect(owner).not.toContain('northwind')
})

test('a wall shows the same rows in the same stream, without links to follow or notices', async () => {
  const get = await open()
  const [wall, page] = [await get('/?wall'), await get('/')]
  const ids = (html: string) => html.match(/<tr id="pipeline-\d+"/g)
  expect(ids(wall)).toEqual(ids(page))
  expect(wall).toContain('<html lang="en" class="wall"')
  expect(wall).toContain('<table class="board" role="table" inert>')
  expect(wall).not.toMatch(/open access|<footer|<a class="brand"/)
  const stream = /data-query="[^"]*"/
  expect(stream.exec(wall)?.[0]).toBe(stream.exec(page)?.[0])
})

test('what is done is one click away', async () => {
  const get = await open()
  expect(await get('/')).toContain('<a href="/?light=done">12 done today</a>')
  const done = await get('/?light=done')
  expect(done).toMatch(/id="found" class="found"><b>\d+<\/b> tasks: done\. <a href="\/">/)
})
