// What lets all tabs of a browser share one stream.
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import type { EventReader } from '../support/event-reader.ts'
import { NOW, workflowRan } from './support/board-fixtures.ts'
import { openStubBoard } from './support/site-world.ts'
import { one, openForEachTest, other } from './support/stream-world.ts'
import { targetsOf } from './support/swap-targets.ts'

const { open, site, events } = openForEachTest()

test('one stream carries several scopes, says which one each message is about, and outlives the end of one', async () => {
  const factory = openStubBoard([one(), other])
  const { url, streams } = await site(factory.reader)
  const scopes = ['', 'repository=acme/widgets&issue=70', 'repository=acme/nowhere', 'repository=acme/api']
  const stream = await events(`${url}/events?${scopes.map((scope) => `scope=${encodeURIComponent(scope)}`).join('&')}`)
  const first = await messagesOf(stream, 4)
  expect(first.map(({ scope, event }) => `${scope} ${event}`).sort()).toEqual([
    '0 message',
    '0 snapshot',
    '1 message',
    '1 snapshot',
    '2 gone',
    '3 message',
    '3 snapshot',
  ])
  factory.show([one(workflowRan(70, 'plan.yml', { id: 9, from: 5 })), other])
  const changes = await messagesOf(stream, 2)
  expect(changes.map(({ scope, event }) => `${scope} ${event}`).sort()).toEqual(['0 message', '1 message'])
  factory.show([other])
  expect((await messagesOf(stream, 2)).map(({ scope, event }) => `${scope} ${event}`).sort()).toEqual([
    '0 message',
    '1 gone',
  ])
  expect(streams()).toBe(1)
  const many = Array.from({ length: 33 }, () => 'scope=').join('&')
  expect((await fetch(`${url}/events?${many}`)).status).toBe(400)
})

/** The next messages of a stream of several scopes, until as many scopes have had something shown or ended. */
async function messagesOf(stream: EventReader, count: number): Promise<{ scope: string; event: string }[]> {
  const found: { scope: string; event: string }[] = []
  let scope = ''
  for (let settled = 0; settled < count; ) {
    const { event = 'message', data } = await stream.nextMessage()
    if (event === 'scope') scope = data
    else found.push({ scope, event })
    if (event === 'message' || event === 'gone') settled += 1
  }
  return found
}

test('a page that shows what the stream would send is sent no snapshot, and later only what changes', async () => {
  const factory = openStubBoard([one(), other])
  const { url } = await site(factory.reader, { build: 'abc' })
  const html = await (await fetch(url)).text()
  const [, version = ''] = /data-version="([^"]+)"/.exec(html) ?? []
  const stream = await events(`${url}/events?scope=${encodeURIComponent(`#${version}`)}`)
  expect((await stream.nextMessage()).event).toBe('scope')
  expect(JSON.parse((await stream.nextMessage()).data)).toEqual({ build: 'abc', asOf: NOW, unchanged: true })
  factory.show([one(workflowRan(70, 'plan.yml', { id: 9, from: 5 })), other])
  const change = await stream.nextMessage()
  expect(targetsOf(change.data)).toEqual(['#counts outerMorph', '#pipeline-70 outerMorph'])
  const fresh = await (await fetch(url)).text()
  expect(fresh).toContain(`data-version="${change.id}"`)
  const outdated = await events(`${url}/events?scope=${encodeURIComponent(`#${version}`)}`)
  expect((await outdated.nextMessage('message')).id).toBe(change.id)
})

test('a page of somebody who is no longer signed in is not sent what the next person sees', async () => {
  const { url } = await site(openStubBoard().reader)
  const html = await (await fetch(url)).text()
  const [, viewer = ''] = /data-viewer="([^"]+)"/.exec(html) ?? []
  expect((await fetch(`${url}/events?viewer=${viewer}x&scope=`)).status).toBe(409)
  const stream = await events(`${url}/events?viewer=${viewer}&scope=`)
  await stream.nextMessage('message')
})

test('a stream is compressed where the client takes it, and each message can be read when it is sent', async () => {
  const factory = openStubBoard()
  const { url } = await site(factory.reader, { pingEveryMs: 50 })
  const sizes: Record<string, number> = {}
  for (const coding of ['identity', 'gzip']) {
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    open.push({ close: () => socket.destroy() })
    socket.write(`GET /events HTTP/1.1\r\nhost: localhost\r\naccept-encoding: ${coding}\r\n\r\n`)
    let size = 0
    let head = ''
    socket.on('data', (bytes) => {
      size += bytes.length
      head ||= bytes.toString('latin1')
    })
    const stream = await events(`${url}/events`, { 'accept-encoding': coding })
    await stream.nextMessage('message')
    await stream.nextMessage('ping')
    expect(head.includes('content-encoding: gzip')).toBe(coding === 'gzip')
    sizes[coding] = size
  }
  expect(sizes.gzip).toBeLessThan((sizes.identity ?? 0) / 3)
})

test('pages, scripts and JSON are compressed where the client takes it', async () => {
  const { url } = await site(openStubBoard().reader)
  for (const path of ['/', '/api/pipelines', '/assets/0/andon.css']) {
    expect((await fetch(url + path)).headers.get('content-encoding')).toBe('gzip')
    expect(
      (await fetch(url + path, { headers: { 'accept-encoding': 'identity' } })).headers.has('content-encoding'),
    ).toBe(false)
  }
})

test('a stream carries a byte between its pings, so that a frozen server is told from a quiet one', async () => {
  const { url } = await site(openStubBoard().reader, { beatEveryMs: 20 })
  const { body } = await fetch(`${url}/events`)
  let beats = 0
  for await (const text of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    beats += text.match(/(^|\n):\n/g)?.length ?? 0
    if (beats > 3) break
  }
  expect(beats).toBeGreaterThan(3)
})
