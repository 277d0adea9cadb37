// One of the two servers of bench/stream.ts, in a process of its own: `stream-server.ts andon|bare`. It is told how many
// events a second to make, and answers with its memory.
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type BoardFixture, boardFixture, issueTakenUp, workflowRan } from '../test/web/support/board-fixtures.ts'
import { openSite, openStubBoard } from '../test/web/support/site-world.ts'

export type ServerOrder = { readonly perSecond: number; readonly seconds: number }
export type ServerReport =
  | { readonly url: string }
  | { readonly sent: number; readonly last: string }
  | { readonly residentBytes: number }

const ROWS = 50

type EventSource = { readonly url: string; change(number: number, stamp: string): void }

const source = process.argv[2] === 'bare' ? await openBareBroadcaster() : await openBoard()
report({ url: source.url })
process.on('disconnect', () => process.exit())
process.on('message', (order: ServerOrder | 'memory') => {
  if (order === 'memory') report({ residentBytes: process.memoryUsage().rss })
  else void makeEvents(order)
})

async function makeEvents({ perSecond, seconds }: ServerOrder): Promise<void> {
  const startedAt = performance.now()
  let last = ''
  const total = perSecond * seconds
  for (let sent = 0; sent < total; ) {
    const due = Math.min(total, Math.floor(((performance.now() - startedAt) / 1000) * perSecond))
    for (; sent < due; sent += 1) {
      last = stampOfNow()
      source.change(sent, last)
    }
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  report({ sent: total, last })
}

/** When an event was made, to a tenth of a millisecond, as readers find it in what they are sent. */
function stampOfNow(): string {
  return `t=${(performance.timeOrigin + performance.now()).toFixed(1)};`
}

async function openBoard(): Promise<EventSource> {
  let rows: readonly BoardFixture[] = Array.from({ length: ROWS }, (_, index) => {
    const taken = issueTakenUp({ issue: index + 1, title: 'Task', at: 30 })
    return boardFixture({
      id: index + 1,
      issue: index + 1,
      events: [taken, workflowRan(index + 1, 'plan.yml', { id: index + 1, from: 20 })],
    })
  })
  const board = openStubBoard(rows)
  const { url } = await openSite(board.reader)
  return {
    url: `${url}/events`,
    change(number, stamp) {
      rows = rows.map((row, index) => (index === number % ROWS ? withTitle(row, `Task ${stamp}`) : row))
      board.show(rows)
    },
  }
}

function withTitle({ shown, history }: BoardFixture, title: string): BoardFixture {
  const { pipeline } = shown
  return { history, shown: { ...shown, pipeline: { ...pipeline, issue: { ...pipeline.issue, title } } } }
}

/** What Node can do at best: each event is written to every reader as it is, about as long as a row of the board. */
async function openBareBroadcaster(): Promise<EventSource> {
  const readers = new Set<ServerResponse>()
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(':\n\n')
    readers.add(response)
    response.on('close', () => readers.delete(response))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    change(_number, stamp) {
      const message = Buffer.from(`data: ${stamp}${'x'.repeat(1_500)}\n\n`)
      for (const reader of readers) reader.write(message)
    },
  }
}

function report(message: ServerReport): void {
  process.send?.(message)
}
