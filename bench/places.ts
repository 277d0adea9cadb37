// What people who look at many places cost a delivery: 400 streams on one place and on 400 places, beside none. One
// Andon on Postgres; it, the readers and what sends the deliveries are processes of their own on this machine.
// `npm run bench:places`; writes docs/bench-places.md in less than a minute.
import { type ChildProcess, fork } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { exampleDelivery, signDelivery, type TestRepository } from '../test/support/deliveries.ts'
import { forEachConcurrently } from '../test/support/http-load.ts'
import { endChildren, nextMessage } from './children.ts'
import { startBenchCluster } from './cluster.ts'
import { median, percentile } from './percentile.ts'
import type { PlacesReport } from './places-server.ts'
import type { ReadersReport } from './stream-readers.ts'

const STREAMS = 400
const SINGLE_CHANGES = 5
const CHANGES_IN_A_ROW = 100

const REPOSITORIES = Array.from({ length: STREAMS / 2 }, (_, index): TestRepository => {
  return { id: 9_001 + index, fullName: `acme/r${index + 1}`, installationId: 4_001 }
})
const places = REPOSITORIES.flatMap(({ fullName }) => [`repository=${fullName}`, `repository=${fullName}&issue=1`])

const cluster = await startBenchCluster()
try {
  const rows: string[] = []
  for (const [title, watched] of [
    ['no stream', []],
    [`${STREAMS} streams on one place`, places.slice(1, 2)],
    [`${STREAMS} streams on ${STREAMS} places`, places],
  ] as const) {
    rows.push(`| ${[title, ...(await measure(watched))].join(' | ')} |`)
    console.log(rows.at(-1))
  }
  const text = `# What many open places cost

Written by \`npm run bench:places\`. ${cpus().length} cores, ${cpus()[0]?.model.trim()}, load ${loadavg()[0]?.toFixed(1)} at the end. One Andon on Postgres with an issue in each of
${REPOSITORIES.length} repositories. Each delivery is signed and changes the issue of the first repository. The one place is the page of that issue; the 400 are the boards of the
repositories and the pages of their issues, of which two show the change. *Queries*: of the whole process for one delivery that comes
alone, until it rests (median of ${SINGLE_CHANGES}). *In a row*: ${CHANGES_IN_A_ROW} deliveries, each sent when the one before has its 202
([decision](decisions/0044-which-streams-a-change-wakes.md)).

| open | queries for a delivery | alone: to the 202 | to the screens, p50 | in a row: to the 202, p50 / p99 |
|---|---:|---:|---:|---:|
${rows.join('\n')}

When each change woke every stream, 400 places were 3,215 queries for a delivery, 2,362 ms to the screens, and 43.9 ms to each 202 in a row,
beside 9 queries and 4.6 ms without streams.
`
  console.log(text)
  writeFileSync(resolve(import.meta.dirname, '../docs/bench-places.md'), text)
} finally {
  await cluster.remove()
}

async function measure(watched: readonly string[]): Promise<readonly string[]> {
  const server = fork(join(import.meta.dirname, 'places-server.ts'))
  const { url, secret } = await nextMessage<Extract<PlacesReport, { url: string }>>(server)
  const post = (delivery: Parameters<typeof signDelivery>[0]) => postTo(`${url}/api/github/webhooks`, delivery, secret)
  await forEachConcurrently(
    20,
    REPOSITORIES,
    async (repository) => void (await post(issueDelivery(repository, 'labeled', 'Task'))),
  )
  const addresses = watched.map((query) => `${url}/events?${query}`)
  const crowd =
    addresses.length === 0
      ? null
      : fork(join(import.meta.dirname, 'stream-readers.ts'), [String(STREAMS), ...addresses])
  if (crowd !== null) await nextMessage<ReadersReport>(crowd)
  crowd?.send('start')
  const [first] = REPOSITORIES
  if (first === undefined) throw new Error('there are repositories')
  const change = () =>
    post(issueDelivery(first, 'edited', `Task t=${(performance.timeOrigin + performance.now()).toFixed(1)};`))

  const alone: number[] = []
  const queries: number[] = []
  for (let sent = 0; sent < SINGLE_CHANGES; sent++) {
    const before = await queriesAtRest(server)
    alone.push(await change())
    queries.push((await queriesAtRest(server)) - before)
  }
  const inARow: number[] = []
  for (let sent = 0; sent < CHANGES_IN_A_ROW; sent++) inARow.push(await change())
  await queriesAtRest(server)
  crowd?.send({ last: '' })
  const seen = crowd && (await nextMessage<Extract<ReadersReport, { p50: number }>>(crowd))
  await endChildren([...(crowd === null ? [] : [crowd]), server])
  const ms = (values: readonly number[], share: number) => percentile(values, share).toFixed(1)
  return [
    String(median(queries)),
    `${median(alone).toFixed(1)} ms`,
    seen === null ? '' : `${seen.p50.toFixed(0)} ms`,
    `${ms(inARow, 0.5)} / ${ms(inARow, 0.99)} ms`,
  ]
}

/** How many queries the server has sent, once it sends no more. */
async function queriesAtRest(server: ChildProcess): Promise<number> {
  for (let before = -1; ; ) {
    server.send('queries')
    const { queries } = await nextMessage<Extract<PlacesReport, { queries: number }>>(server)
    if (queries === before) return queries
    before = queries
    await sleep(300)
  }
}

function issueDelivery(repository: TestRepository, action: string, title: string) {
  const label = { id: 1, name: 'andon', color: 'ededed', default: false, description: null }
  return exampleDelivery('issues', action, repository, {
    issue: {
      number: 1,
      title,
      state: 'open',
      labels: [label],
      updated_at: new Date().toISOString().replace(/\.\d+/, ''),
    },
    ...(action === 'labeled' && { label }),
  })
}

/** Resolves to how long the answer took, in milliseconds. */
async function postTo(url: string, delivery: Parameters<typeof signDelivery>[0], secret: string): Promise<number> {
  const { body, headers } = signDelivery(delivery, { secret })
  const sentAt = performance.now()
  const { status } = await fetch(url, { method: 'POST', headers, body })
  if (status !== 202) throw new Error(`a delivery was answered with ${status}`)
  return performance.now() - sentAt
}
