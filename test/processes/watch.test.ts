// `watch` as a process: over a board that changes, a server that is stopped, killed and started again, and what else an
// address may lead to.
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { type BoardServer, startBoardServer } from '../browser/support/board-server.ts'
import { openAndonApp } from '../support/andon-app.ts'
import { waitUntil } from '../support/andon-process.ts'
import { freePort } from '../support/postgres-cluster.ts'
import { openVisitor } from '../support/visitor.ts'
import { boardFixture, busyBoard, issueTakenUp, workflowRan } from '../web/support/board-fixtures.ts'
import { one, other } from '../web/support/stream-world.ts'
import { startTerminalWatch, startWatch, stopAllWatches } from './support/watch-process.ts'

const servers: { stop(): Promise<unknown> }[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop()
})
afterAll(stopAllWatches)

async function board(o: Parameters<typeof startBoardServer>[0] = {}): Promise<BoardServer> {
  const server = await startBoardServer(o)
  servers.push(server)
  return server
}

/** Whatever is at an address that is not Andon's. */
async function stranger(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  servers.push({
    async stop() {
      server.close()
      server.closeAllConnections()
    },
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const running = one(workflowRan(70, 'plan.yml', { id: 9, from: 5 }))
const failed = one(workflowRan(70, 'plan.yml', { id: 9, from: 5, to: 4, conclusion: 'failure' }))

/** What a terminal would execute: a title for its window, a cleared screen, a report that it types, in 7 bits and in 8. */
const SEQUENCES = 'A \x1b]0;owned\x07 \x1b[2J \x1b[6n \x9b31m \u202egnp.exe\u202c \r\n end'
const hostile = boardFixture({ id: 90, issue: 90, events: [issueTakenUp({ issue: 90, title: SEQUENCES, at: 5 })] })

describe('on a terminal', () => {
  test('the board is drawn once, then only lines that change, and Ctrl-C leaves the terminal as it was', async () => {
    const server = await board()
    server.show({ rows: [one(), other] })
    const watch = startTerminalWatch(['--url', server.url])
    await watch.shows(/0 need you.*2 queued/)
    await watch.shows(/queued +acme\/widgets#70 +plan +9m +Weigh the parcel/)
    const drawn = watch.screen.drawn()
    server.show({ rows: [failed, other] })
    await watch.shows(/1 needs you.*1 queued · 1 failed/)
    await watch.shows(/Needs you\n. failed +acme\/widgets#70 .*\n +attempt 1 failed/)
    expect(watch.screen.cleared()).toBe(1)
    expect(watch.screen.drawn() - drawn).toBeLessThan(12)
    expect(watch.screen.changedModes()).toEqual(expect.arrayContaining(['own screen', 'hidden cursor', 'no wrapping']))
    watch.type('x\x03')
    expect(await watch.exited()).toBe(130)
    expect(watch.screen.changedModes()).toEqual([])
    expect(watch.screen.outside()).toMatch(/ icanon .* echo /s)
  })

  test('a server that is stopped is stale within 12 seconds, and current again when it goes on', async () => {
    const server = await board({ beatEveryMs: 5_000 })
    server.show({ rows: [one(), other] })
    const watch = startTerminalWatch(['--url', server.url])
    await watch.shows(/as of 14:02:31/)
    server.kill('SIGSTOP')
    const stoppedAt = Date.now()
    await watch.shows(/STALE +the server is silent, (next try in|trying)/, 12_500)
    expect(Date.now() - stoppedAt).toBeLessThan(12_500)
    server.kill('SIGCONT')
    await watch.shows(/at 127.0.0.1:\d+ +as of 14:02:31/)
    watch.type('q')
    expect(await watch.exited()).toBe(0)
  })

  test('a killed server is stale at once, is tried at most 5 seconds apart, and its successor is shown', async () => {
    const server = await board()
    server.show({ rows: [one(), other] })
    const watch = startTerminalWatch(['--url', server.url])
    await watch.shows(/2 queued/)
    await server.stop()
    await watch.shows(/STALE +nobody answers at http:\/\/127.0.0.1:\d+: ECONNREFUSED, next try in [1-5] s/)
    await board({ port: Number(new URL(server.url).port) })
    await watch.shows(/6 running/)
    expect(watch.screen.text()).not.toContain('STALE')
    watch.type('q')
    expect(await watch.exited()).toBe(0)
  })

  test.each([
    [40, 12],
    [20, 6],
    [200, 60],
  ])('a window of %i columns and %i rows is filled and never left', async (columns, rows) => {
    const server = await board()
    const watch = startTerminalWatch(['--url', server.url], { columns, rows })
    await watch.shows(/need you/)
    expect(watch.screen.lines().length).toBeLessThanOrEqual(rows)
    if (rows < 20) expect(watch.screen.lines().at(-1)).toMatch(/… \d+ more/)
    watch.type('q')
    expect(await watch.exited()).toBe(0)
  })

  test('no title, name or reason is executed by the terminal, and NO_COLOR leaves no colour', async () => {
    const server = await board()
    server.show({ rows: [hostile, ...busyBoard()] })
    const watch = startTerminalWatch(['--url', server.url], { rows: 60, columns: 160, environment: { NO_COLOR: '1' } })
    await watch.shows(/widgets#90 .*A �\]0;owned� �\[2J/)
    watch.type('q')
    expect(await watch.exited()).toBe(0)
    expect(watch.screen.styled()).toBe(0)
    const inColour = startTerminalWatch(['acme/widgets#90', '--url', server.url])
    await inColour.shows(/queued acme\/widgets#90 +A �\]0;owned�/)
    inColour.type('q')
    expect(await inColour.exited()).toBe(0)
    expect(inColour.screen.styled()).toBeGreaterThan(0)
  })
})

describe('as lines of JSON', () => {
  test('a snapshot, each change, each loss and the next snapshot follow each other, and give the whole board', async () => {
    const server = await board()
    server.show({ rows: [one(), other, hostile] })
    const watch = startWatch(['acme/widgets', '--json', '--url', server.url])
    const printed = (count: number) => waitUntil(`${count} lines`, () => watch.lines().length >= count)
    await printed(1)
    server.show({ rows: [running, hostile] })
    await printed(2)
    await server.stop()
    await printed(3)
    const successor = await board({ port: Number(new URL(server.url).port) })
    successor.show({ rows: [failed] })
    await waitUntil('a board of one row', () =>
      watch.json().some(({ counts }) => (counts as { failed: number })?.failed === 1),
    )
    const [snapshot, change, lost] = watch.json()
    expect(snapshot).toMatchObject({
      type: 'snapshot',
      counts: { queued: 3 },
      pipelines: [{}, {}, { title: SEQUENCES }],
    })
    expect(change).toMatchObject({
      type: 'change',
      pipelines: [{ issue: 70, light: 'running' }],
      gone: [{ issue: 71 }],
    })
    expect(lost).toMatchObject({ type: 'lost', why: expect.any(String), asOf: expect.stringContaining('2026-11-21') })
    expect(watch.lines().join('')).not.toMatch(/\p{C}/u)
    expect(await watch.stop()).toBe(143)
    expect(watch.errors()).toBe('')
  })

  test('a database that cannot be read is said again by the server that answers after a cut', async () => {
    let connections = 0
    const url = await stranger((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('event: away\ndata: {}\n\n')
      connections += 1
      if (connections === 1) response.end()
    })
    const watch = startWatch(['--json', '--url', url])
    await waitUntil('three losses', () => watch.lines().length >= 3)
    expect(watch.json().map(({ why }) => why)).toEqual([
      'Andon cannot read its database',
      'the server ended the connection',
      'Andon cannot read its database',
    ])
    expect(await watch.stop()).toBe(143)
  })

  test('a reader that has gone ends it without a word, at the next line', async () => {
    const server = await board()
    server.show({ rows: [one()] })
    const watch = startWatch(['--json', '--url', server.url])
    await waitUntil('a snapshot', () => watch.lines().length > 0)
    watch.hangUp()
    server.show({ rows: [failed] })
    expect(await watch.exited()).toBe(0)
    expect(watch.errors()).toBe('')
  })
})

describe('until an issue is where it is waited for', () => {
  const fixtures = { running, failed, queued: one() }

  test.each([
    ['failed', fixtures.failed, 0],
    ['done,failed', fixtures.failed, 1],
    ['needs-person', fixtures.failed, 0],
    ['running', fixtures.running, 0],
  ] as const)('--until %s ends with the exit code that says which word it was', async (words, then, code) => {
    const server = await board()
    server.show({ rows: [one(), other] })
    const watch = startWatch(['--until', words, 'acme/widgets#70', '--url', server.url])
    await waitUntil('it waits', () => watch.lines().length === 1)
    expect(watch.lines()[0]).toContain('acme/widgets#70  ▲ queued  plan')
    server.show({ rows: [then, other] })
    expect(await watch.exited()).toBe(code)
    expect(watch.errors()).toBe('')
  })

  test('it goes on over a server that is killed and started again', async () => {
    const server = await board()
    server.show({ rows: [one()] })
    const watch = startWatch(['--until', 'failed', 'acme/widgets#70', '--url', server.url])
    await waitUntil('it waits', () => watch.lines().length === 1)
    await server.stop()
    await waitUntil('it says so', () => /trying again\.\n/.test(watch.errors()))
    const successor = await board({ port: Number(new URL(server.url).port) })
    successor.show({ rows: [failed] })
    expect(await watch.exited()).toBe(0)
  })

  test('an issue that nobody knows, or that goes away, is answered in one sentence and exit code 2', async () => {
    const server = await board()
    const unknown = startWatch(['--until', 'done', 'acme/widgets#999', '--url', server.url])
    expect(await unknown.exited()).toBe(2)
    expect(unknown.errors()).toMatch(/^andon: Issue #999 of acme\/widgets is not on the line[^\n]+\.\n$/)
    const watch = startWatch(['acme/widgets#58', '--url', server.url])
    await waitUntil('it waits', () => watch.lines().length === 1)
    server.show({ rows: [other] })
    expect(await watch.exited()).toBe(2)
    expect(watch.errors()).toBe('andon: acme/widgets#58 is no longer there, or no longer yours to see.\n')
  })
})

describe('an address that cannot be watched is answered in one sentence and exit code 2', () => {
  async function ends(url: string, environment = {}): Promise<string> {
    const watch = startWatch(['--url', url], environment)
    expect(await watch.exited()).toBe(2)
    expect(watch.errors()).toMatch(/^andon: [^\n]+\.\n$/)
    expect(watch.lines()).toEqual([])
    return watch.errors()
  }

  test('nobody is there, somebody else is there, or it leads elsewhere', async () => {
    const unused = `http://127.0.0.1:${await freePort()}`
    expect(await ends(unused)).toContain(`nobody answers at ${unused}: ECONNREFUSED`)
    const page = await stranger((_request, response) => void response.end('<h1>Welcome</h1>'))
    expect(await ends(page)).toContain('answers 200, and not as Andon does')
    const elsewhere = { location: 'https://andon.example.com/events' }
    const moved = await stranger((_request, response) => void response.writeHead(308, elsewhere).end())
    expect(await ends(moved)).toContain('leads elsewhere: use the address https://andon.example.com')
  })

  test('the board is closed', async () => {
    const { url } = await board({ access: 'login' })
    expect(await ends(url)).toContain('This board is closed')
  })

  test('where people sign in, only a token of theirs is let in, and it reads what they may see', async () => {
    const app = await openAndonApp({ access: 'login', kind: 'embedded' })
    servers.push({ stop: () => app.close() })
    await app.openLabeledIssue()
    await app.advance(10)
    expect(await ends(app.url)).toContain('/account and set ANDON_TOKEN to it')
    expect(await ends(app.url, { ANDON_TOKEN: 'andon_wrong' })).toContain('does not know the token in ANDON_TOKEN')
    const visitor = openVisitor({ url: app.url, baseUrl: 'https://andon.example.com', github: app.github })
    await visitor.signIn('linus')
    const made = await visitor.post('/account/tokens', { token: await visitor.formToken(), name: 'terminal' })
    const ANDON_TOKEN = /andon_[\w-]+/.exec(made.text)?.[0] ?? ''
    const watch = startWatch(['--json', '--url', app.url], { ANDON_TOKEN })
    await waitUntil('a snapshot', () => watch.lines().length > 0)
    expect(watch.json()[0]).toMatchObject({ pipelines: [{ repository: app.repository, issue: 1 }] })
    expect(await watch.stop('SIGINT')).toBe(130)
  })
})

test.each([
  'acme',
  'acme/widgets#0',
  'acme/widgets acme/api',
  '--yaml',
  '--until',
  '--until done',
  '--until done acme/widgets',
  '--until finished acme/widgets#1',
  '--needs-me acme/widgets#1',
  '--url ftp://andon.example.com',
])('`watch %s` is answered in one sentence and exit code 64', async (words) => {
  const watch = startWatch(words.split(' '))
  expect(await watch.exited()).toBe(64)
  expect(watch.errors()).toMatch(/^andon: [^\n]+\.\n$/)
})
