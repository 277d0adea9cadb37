import { afterEach, expect, test } from 'vitest'
import { seededRandom } from '../../fake-github/random.ts'
import { startAndonProcess, stopAllProcesses } from '../support/andon-process.ts'
import { COUNTED_LIGHTS, readAllRows, readBoardPage } from '../support/board-api.ts'
import { expectConsistent } from '../support/consistency.ts'
import { openTestDatabase } from '../support/database.ts'
import { REPOSITORY, type SignedDelivery, signDelivery } from '../support/deliveries.ts'
import { forEachConcurrently, openHttpClient, statusCounter } from '../support/http-load.ts'
import { randomSeed, recordMeasurements, repetitions } from '../support/measurements.ts'
import { traces } from '../support/traces.ts'

afterEach(stopAllProcesses)

const SENDERS = 64
const READERS = 8

test('a flood over two processes leaves one pipeline per issue and every light right, and disturbs no reader', async () => {
  const database = await openTestDatabase('postgres')
  const processes = await Promise.all([1, 2].map(() => startAndonProcess('web', { DATABASE_URL: database.url })))
  await Promise.all(processes.map((andon) => andon.ready()))
  const urls = processes.map(({ url }) => url)
  const stories = traces(repetitions(40, 200))
  const chance = seededRandom(randomSeed())
  const deliveries = chance.shuffle(
    stories.flatMap((story) =>
      story.deliveries.flatMap((delivery, index): SignedDelivery[] => {
        const once = signDelivery(delivery, { guid: `flood-${story.issueNumber}-${index}` })
        return Array.from({ length: 1 + chance.integer(3) }, () => once)
      }),
    ),
  )
  const answers = statusCounter()
  const reads = statusCounter()
  const client = openHttpClient()
  const reading = keepReading(urls, reads)
  try {
    await forEachConcurrently(SENDERS, deliveries, async (delivery, index) => {
      answers.add((await client.post(urls[index % urls.length] ?? '', delivery)).status)
    })
  } finally {
    await reading.stop()
    client.close()
  }
  expect(answers.counts()).toEqual({ 202: deliveries.length })
  expect(Object.keys(reads.counts())).toEqual(['200'])

  const expected = stories
    .filter(({ light }) => light !== null)
    .map(({ issueNumber, light }) => `${REPOSITORY.fullName}#${issueNumber} ${light}`)
  for (const url of urls) {
    const rows = await readAllRows(url)
    expect(rows.map((row) => `${row.repository}#${row.issue} ${row.light}`).sort()).toEqual(expected.sort())
    const { counts } = await readBoardPage(url)
    for (const light of COUNTED_LIGHTS) expect(counts[light]).toBe(rows.filter((row) => row.light === light).length)
  }
  await expectConsistent({ database, now: new Date().toISOString() })
  recordMeasurements('flood', {
    faults: deliveries.length,
    lost: 0,
    doubled: 0,
    wrong: 0,
    issues: stories.length,
    'reads meanwhile': Object.values(reads.counts()).reduce((sum, count) => sum + count, 0),
    '5xx': 0,
    pipelines: expected.length,
  })
  await database.close()
})

function keepReading(urls: readonly string[], reads: ReturnType<typeof statusCounter>): { stop(): Promise<void> } {
  const client = openHttpClient()
  let over = false
  async function reader(number: number): Promise<void> {
    for (let turn = number; !over; turn++) {
      const page = turn % 2 === 0 ? '/' : '/api/pipelines'
      reads.add((await client.get(`${urls[number % urls.length]}${page}`)).status)
    }
  }
  const readers = Array.from({ length: READERS }, (_, number) => reader(number))
  return {
    async stop() {
      over = true
      await Promise.all(readers)
      client.close()
    },
  }
}
