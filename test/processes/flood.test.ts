import { afterEach, expect, test } from 'vitest'
import { endProcesses, startProcess } from '../support/andon-process.ts'
import { COUNTED, readBoardPage, readEverything } from '../support/board-api.ts'
import { expectOneTruth } from '../support/consistency.ts'
import { freshDatabase } from '../support/database.ts'
import { REPOSITORY, type Signed, signed } from '../support/deliveries.ts'
import { inParallel, openKnocker, tally } from '../support/http-load.ts'
import { howMany, record, runSeed } from '../support/measurements.ts'
import { seeded } from '../support/seeded-random.ts'
import { traces } from '../support/traces.ts'

afterEach(endProcesses)

const SENDERS = 64
const READERS = 8

test('a flood over two processes leaves one pipeline per issue and every light right, and harms no reader', async () => {
  const database = await freshDatabase('postgres')
  const processes = await Promise.all([1, 2].map(() => startProcess('web', { DATABASE_URL: database.url })))
  await Promise.all(processes.map((andon) => andon.ready()))
  const urls = processes.map(({ url }) => url)
  const stories = traces(howMany(40, 200))
  const chance = seeded(runSeed())
  const deliveries = chance.shuffle(
    stories.flatMap((story) =>
      story.deliveries.flatMap((delivery, index): Signed[] => {
        const once = signed(delivery, { guid: `flood-${story.issueNumber}-${index}` })
        return Array.from({ length: 1 + chance.integer(3) }, () => once)
      }),
    ),
  )
  const answers = tally()
  const reads = tally()
  const knocker = openKnocker()
  const reading = keepReading(urls, reads)
  try {
    await inParallel(SENDERS, deliveries, async (delivery, index) => {
      answers.add((await knocker.post(urls[index % urls.length] ?? '', delivery)).status)
    })
  } finally {
    await reading.stop()
    knocker.close()
  }
  expect(answers.all()).toEqual({ 202: deliveries.length })
  expect(Object.keys(reads.all())).toEqual(['200'])

  const expected = stories
    .filter(({ light }) => light !== null)
    .map(({ issueNumber, light }) => `${REPOSITORY.fullName}#${issueNumber} ${light}`)
  for (const url of urls) {
    const rows = await readEverything(url)
    expect(rows.map((row) => `${row.repository}#${row.issue} ${row.light}`).sort()).toEqual(expected.sort())
    const { counts } = await readBoardPage(url)
    for (const light of COUNTED) expect(counts[light]).toBe(rows.filter((row) => row.light === light).length)
  }
  await expectOneTruth({ database, now: new Date().toISOString() })
  record('flood', {
    issues: stories.length,
    'deliveries sent': deliveries.length,
    'reads meanwhile': Object.values(reads.all()).reduce((sum, count) => sum + count, 0),
    '5xx': 0,
    pipelines: expected.length,
    'wrong lights': 0,
  })
  await database.close()
})

function keepReading(urls: readonly string[], reads: ReturnType<typeof tally>): { stop(): Promise<void> } {
  const knocker = openKnocker()
  let over = false
  async function reader(number: number): Promise<void> {
    for (let turn = number; !over; turn++) {
      const page = turn % 2 === 0 ? '/' : '/api/pipelines'
      reads.add((await knocker.get(`${urls[number % urls.length]}${page}`)).status)
    }
  }
  const readers = Array.from({ length: READERS }, (_, number) => reader(number))
  return {
    async stop() {
      over = true
      await Promise.all(readers)
      knocker.close()
    },
  }
}
