import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { boardFixture, busyBoard, issueTakenUp, minutesAgo, NOW, workflowRan } from './support/board-fixtures.ts'
import { openSite, openStubBoard } from './support/site-world.ts'
import { one, openForEachTest, other } from './support/stream-world.ts'
import { targetsOf } from './support/swap-targets.ts'

const { open, site, events } = openForEachTest()

test('a stream begins with a snapshot that names the build and the moment', async () => {
  const { url } = await site(openStubBoard().reader, { build: 'abc' })
  const stream = await events(`${url}/events`)
  const first = await stream.nextMessage()
  expect(first.event).toBe('snapshot')
  expect(JSON.parse(first.data)).toEqual({ build: 'abc', asOf: NOW })
  const second = await stream.nextMessage()
  expect(second.event).toBeUndefined()
  expect(second.data.match(/<tr id="pipeline-\d+"/g)).toHaveLength(12)
})

test('a client that sends a Last-Event-ID gets a snapshot too', async () => {
  const { url } = await site(openStubBoard().reader)
  const stream = await events(`${url}/events`, { 'last-event-id': '99999; drop table' })
  expect((await stream.nextMessage()).event).toBe('snapshot')
})

test('the stream renders a row with the same markup as the page', async () => {
  const { url } = await site(openStubBoard().reader)
  const page = await (await fetch(`${url}/`)).text()
  const stream = await events(`${url}/events`)
  const { data } = await stream.nextMessage('message')
  const rows = data.match(/<tr id="pipeline-.*?<\/tr>/g) ?? []
  expect(rows).toHaveLength(12)
  for (const row of rows) expect(page).toContain(row)
})

test('a change sends the changed row and counts, and nothing else', async () => {
  const factory = openStubBoard([one(), other])
  const { url } = await site(factory.reader)
  const stream = await events(`${url}/events`)
  await stream.nextMessage('message')
  factory.show([one(workflowRan(70, 'plan.yml', { id: 9, from: 5 })), other])
  const { data } = await stream.nextMessage('message')
  expect(targetsOf(data)).toEqual(['#counts outerMorph', '#pipeline-70 outerMorph'])
  factory.show([one(workflowRan(70, 'plan.yml', { id: 9, from: 5, to: 4, conclusion: 'failure' })), other])
  expect(targetsOf((await stream.nextMessage('message')).data)).toEqual([
    '#counts outerMorph',
    '#needs-you-head outerMorph',
    '#needs-you-head afterend',
    '#pipeline-70 delete',
    '#active-head outerMorph',
  ])
})

test('a reading with nothing new sends nothing', async () => {
  const factory = openStubBoard([one(), other])
  const { url } = await site(factory.reader, { pingEveryMs: 30 })
  const stream = await events(`${url}/events`)
  await stream.nextMessage('message')
  await stream.nextMessage('ping')
  factory.show([one(), other])
  await stream.nextMessage('ping')
  await stream.nextMessage('ping')
  expect(stream.unread().filter(({ event }) => event === undefined)).toEqual([])
})

test('the streams of one repository and of one issue carry only their own changes', async () => {
  const factory = openStubBoard([one(), other])
  const { url } = await site(factory.reader)
  const api = await events(`${url}/events?repository=acme/api`)
  const issue = await events(`${url}/events?repository=acme/widgets&issue=71`)
  const widgets = await events(`${url}/events?repository=acme/widgets`)
  for (const stream of [api, issue, widgets]) await stream.nextMessage('message')
  factory.show([one(workflowRan(70, 'plan.yml', { id: 9, from: 5 })), other])
  await widgets.nextMessage('message')
  factory.show([
    one(),
    boardFixture({ id: 71, issue: 71, events: [issueTakenUp({ issue: 71, title: 'Print it twice', at: 8 })] }),
  ])
  expect(targetsOf((await issue.nextMessage('message')).data)).toEqual(['#summary outerMorph'])
  expect(api.unread()).toEqual([])
})

test('as JSON the stream carries the rows of the API: all of them, then those that changed or left', async () => {
  const factory = openStubBoard([one(), other])
  const { url } = await site(factory.reader)
  const stream = await events(`${url}/events?as=json`)
  expect((await stream.nextMessage()).event).toBe('snapshot')
  const board = JSON.parse((await stream.nextMessage()).data)
  expect(board).toEqual(await (await fetch(`${url}/api/pipelines`)).json())
  factory.show([one(workflowRan(70, 'plan.yml', { id: 9, from: 5 }))])
  const change = JSON.parse((await stream.nextMessage()).data)
  expect(change.pipelines).toMatchObject([{ issue: 70, light: 'running', stage: 'plan' }])
  expect(change.gone).toEqual([{ repository: 'acme/widgets', issue: 71 }])
  expect(change.counts).toMatchObject({ running: 1, queued: 0 })
})

test('as JSON the stream of one issue carries its detail, sent again when anything in it changed', async () => {
  const factory = openStubBoard([one()])
  const { url } = await site(factory.reader)
  const stream = await events(`${url}/events?as=json&repository=acme/widgets&issue=70`)
  await stream.nextMessage('snapshot')
  const before = JSON.parse((await stream.nextMessage('message')).data)
  expect(before).toEqual(await (await fetch(`${url}/api/pipelines/acme/widgets/70`)).json())
  factory.show([one(workflowRan(70, 'plan.yml', { id: 9, from: 5 }))])
  const after = JSON.parse((await stream.nextMessage('message')).data)
  expect(after.stages[0]).toMatchObject({ status: 'running', attempt: 1 })
})

test('a ping carries the time of the last reading that succeeded', async () => {
  const factory = openStubBoard()
  const { url } = await site(factory.reader, { pingEveryMs: 30, build: 'abc' })
  const stream = await events(`${url}/events`)
  expect(JSON.parse((await stream.nextMessage('ping')).data)).toEqual({ build: 'abc', asOf: NOW })
  const later = minutesAgo(-1)
  factory.show(busyBoard(), later)
  let asOf = NOW
  while (asOf !== later) asOf = JSON.parse((await stream.nextMessage('ping')).data).asOf
})

test('while the database is away no ping claims life, and its return brings a snapshot', async () => {
  const factory = openStubBoard([one(), other])
  const { url } = await site(factory.reader, { pingEveryMs: 30 })
  const stream = await events(`${url}/events`)
  await stream.nextMessage('ping')
  factory.setUnavailable(true)
  expect(JSON.parse((await stream.nextMessage('away')).data)).toMatchObject({ asOf: NOW })
  await stream.nextMessage('away')
  await stream.nextMessage('away')
  expect(stream.unread().filter(({ event }) => event === 'ping')).toEqual([])
  expect((await fetch(`${url}/events`)).status).toBe(503)
  factory.show([one(workflowRan(70, 'plan.yml', { id: 9, from: 5 })), other])
  factory.setUnavailable(false)
  await stream.nextMessage('snapshot')
  expect((await stream.nextMessage('message')).data).toMatch(
    /<b>1<\/b> <span class="word"><svg [^>]*>.{10,80}<\/svg> ?<a [^>]*>running/,
  )
  await stream.nextMessage('ping')
})

test('the stream of an issue that leaves the line ends with a `gone` event', async () => {
  const factory = openStubBoard([one(), other])
  const { url } = await site(factory.reader)
  const stream = await events(`${url}/events?repository=acme/widgets&issue=70`)
  await stream.nextMessage('message')
  factory.show([other])
  await stream.nextMessage('gone')
  await stream.ended
})

test.each(['', '&as=json'])('the streams of a renamed repository end with a `gone` event (%s)', async (format) => {
  const factory = openStubBoard([one(), other])
  const { url } = await site(factory.reader)
  const stream = await events(`${url}/events?repository=acme/widgets${format}`)
  await stream.nextMessage('message')
  factory.removeRepository('acme/widgets')
  await stream.nextMessage('gone')
  await stream.ended
})

test('a client that stops reading is dropped, and its neighbours go on', async () => {
  const factory = openStubBoard()
  const { url, streams } = await site(factory.reader)
  const neighbour = await events(`${url}/events`)
  await neighbour.nextMessage('message')
  const slow = connect(Number(new URL(url).port), '127.0.0.1')
  open.push({ close: () => slow.destroy() })
  slow.on('error', () => undefined)
  slow.pause()
  slow.write('GET /events HTTP/1.1\r\nhost: localhost\r\n\r\n')
  while (streams() < 2) await neighbour.nextMessage(await change(factory))
  let rounds = 0
  while (streams() > 1 && rounds < 2_000) {
    await neighbour.nextMessage(await change(factory))
    rounds += 1
  }
  console.log(`dropped after ${rounds} changes that it did not read`)
  expect(streams()).toBe(1)
})

test('a client that disconnects is forgotten, and a scope without viewers is no longer read', async () => {
  const factory = openStubBoard()
  const { url, streams } = await site(factory.reader, { pingEveryMs: 20 })
  const stream = await events(`${url}/events`)
  const neighbour = await events(`${url}/events?repository=acme/api`)
  await stream.nextMessage('message')
  expect(streams()).toBe(2)
  stream.close()
  while (streams() > 1) await neighbour.nextMessage('ping')
  neighbour.close()
  const page = () => fetch(`${url}/healthz`).then((answer) => answer.json() as Promise<{ streams: number }>)
  while ((await page()).streams > 0);
  const before = factory.readCount()
  await page()
  await page()
  // Each probe reads once; nothing else reads.
  expect(factory.readCount()).toBe(before + 2)
})

test('closing ends the streams first, so that nothing waits for them', async () => {
  const opened = await openSite(openStubBoard().reader)
  const stream = await events(`${opened.url}/events`)
  await stream.nextMessage('message')
  await Promise.all([opened.close(), stream.ended])
  await expect(fetch(opened.url)).rejects.toThrow()
})

let changes = 0
// Every row of a long board changes: a message of half a megabyte.
async function change(factory: ReturnType<typeof openStubBoard>): Promise<'message'> {
  changes += 1
  const copies = Array.from({ length: 20 }, (_, copy) => copy)
  factory.show(
    copies.flatMap((copy) =>
      busyBoard().map((all) => ({
        ...all,
        shown: { ...all.shown, id: copy * 100 + all.shown.id, revision: changes, repository: `acme/r${changes}` },
      })),
    ),
  )
  return 'message'
}
