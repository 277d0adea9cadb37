// Hours under load, shortened: two whole processes on one Postgres, of which one is killed now and then and the other lives on. A
// hundred deliveries a second, most of them not Andon's business, beside issues that live at GitHub. The test makes what
// is old older than its retention, so that the tables must stay as large as they were.
import { afterEach, expect, test } from 'vitest'
import { APP } from '../../fake-github/organization.ts'
import { seededRandom } from '../../fake-github/random.ts'
import { prune } from '../../src/store/prune.ts'
import { countRows } from '../support/count-rows.ts'
import { type SignedDelivery, signDelivery } from '../support/deliveries.ts'
import { FAKE_GITHUB_SECRET } from '../support/fake-github.ts'
import { openHttpClient } from '../support/http-load.ts'
import { minutesGiven, randomSeed, recordMeasurements, repetitions } from '../support/measurements.ts'
import { openAgeing } from './support/ageing.ts'
import { openBalancer } from './support/balancer.ts'
import { expectAsGitHub, listUnsettled } from './support/expect-as-github.ts'
import { LIVES_ANDON_YML, openIssueLives } from './support/issue-lives.ts'
import { unmanagedActivity } from './support/unmanaged-activity.ts'
import { openWorkerFleet, type WorkerFleet } from './support/worker-fleet.ts'

const SECOND_MS = 1_000
const IS_SHORT = repetitions(1, 0) === 1
const LENGTH_MS = IS_SHORT ? 5 * SECOND_MS : (minutesGiven() ?? 10) * 60 * SECOND_MS
/** Until then caches fill and the compiler works: ten minutes, or a third of a shorter time. */
const WARM_MS = Math.min(10 * 60 * SECOND_MS, LENGTH_MS / 3)
const A_SECOND = repetitions(40, 100)
/** On a clock that is 20 times as fast, issues come as fast as GitHub's 500 creations an hour let them be shown. */
const FACTOR = 20
const BETWEEN_ISSUES_MS = repetitions(2, 5) * SECOND_MS
const BETWEEN_KILLS_MS = [repetitions(2, 30) * SECOND_MS, repetitions(3, 120) * SECOND_MS] as const
const BETWEEN_LOOKS_MS = repetitions(1, 15) * SECOND_MS
const SENDERS = 8
const MOST_GROWTH = 0.1

let fleet: WorkerFleet
afterEach(() => fleet.close())

test('under load, with a process that dies again and again, memory and tables stay as they are and nothing is lost', async () => {
  fleet = await openWorkerFleet({ factor: FACTOR, configuration: LIVES_ANDON_YML })
  const { github, repository, database } = fleet
  const chance = seededRandom(randomSeed())
  const lives = openIssueLives({ github, repository, chance, ends: ['merged', 'not planned'] })
  const balancer = await openBalancer()
  const alone = github.deliveries.target()
  github.deliveries.setTarget(`${balancer.url}/api/github/webhooks`)
  const survivor = await fleet.startAll()
  await survivor.started
  balancer.doors.add(survivor.port)
  const startedAt = performance.now()
  const passedMs = () => performance.now() - startedAt
  const isOver = () => passedMs() >= LENGTH_MS
  const pause = (ms: number) =>
    new Promise((resolve) => setTimeout(resolve, Math.max(0, Math.min(ms, LENGTH_MS - passedMs()))))
  let kills = 0

  async function die(): Promise<void> {
    while (!isOver()) {
      const andon = await fleet.startAll()
      balancer.doors.add(andon.port)
      const [least, most] = BETWEEN_KILLS_MS
      await pause(least + chance.integer(most - least))
      await andon.kill()
      balancer.doors.delete(andon.port)
      kills += 1
    }
  }
  async function live(): Promise<void> {
    for (; !isOver(); await pause(BETWEEN_ISSUES_MS)) await lives.begin()
  }
  const load = openLoad({ repository, fleet, url: balancer.url, isOver, passedMs })
  const ageing = openAgeing({ database, github, repository })
  const looks: Look[] = []
  async function look(): Promise<void> {
    for (; !isOver(); await pause(BETWEEN_LOOKS_MS)) {
      await ageing.age(fleet.now())
      looks.push({ passedMs: passedMs(), memoryMiB: survivor.memoryMiB(), rows: await countRows(database) })
    }
  }
  await Promise.all([die(), live(), look(), ...load.senders])
  await survivor.kill()
  github.deliveries.setTarget(alone)
  const compared = { github, database, repository, issues: lives.numbers }
  const here = () => ({ ...compared, issues: lives.numbers.filter((number) => !ageing.agedIssues.has(number)) })
  const isSettled = async () => {
    await lives.settled()
    return (await listUnsettled(here())).length === 0
  }
  const converge = await fleet.finishAlone(isSettled, 2 * 3_600)
  await prune(database, fleet.now())
  const counts = await expectAsGitHub({ ...here(), now: fleet.now() })
  const lost = await ageing.notKept(load.acknowledged)
  expect(lost).toEqual([])
  const memory = growthOf(looks, ({ memoryMiB }) => memoryMiB)
  const grown = tablesThatGrow(looks)
  recordMeasurements('soak', {
    faults: kills,
    converge,
    ...counts,
    issues: lives.numbers.length,
    minutes: Math.round(LENGTH_MS / 600) / 100,
    deliveries: load.acknowledged.size,
    'a second': Math.round(load.acknowledged.size / (LENGTH_MS / SECOND_MS)),
    'sent again': load.sentAgain(),
    'memory after warming up and at the end, MiB': `${Math.round(memory.before)} ${Math.round(memory.after)}`,
    'most rows in a table': Math.max(...looks.flatMap(({ rows }) => [...rows.values()])),
    'tables that grow': grown.length,
  })
  await balancer.close()
  if (IS_SHORT) return
  expect(memory.after / memory.before - 1).toBeLessThan(MOST_GROWTH)
  expect(grown).toEqual([])
})

type Look = { readonly passedMs: number; readonly memoryMiB: number; readonly rows: ReadonlyMap<string, number> }

/** Sends what is not Andon's business, at its rate; what gets no 202 is sent again, as an operator would have it redelivered. */
function openLoad(o: {
  readonly repository: string
  readonly fleet: WorkerFleet
  readonly url: string
  readonly isOver: () => boolean
  readonly passedMs: () => number
}) {
  const { github } = o.fleet
  const activityOf = { id: 990_001, fullName: `${o.repository}-ordinary`, installationId: github.installationId }
  const acknowledged = new Set<string>()
  const client = openHttpClient()
  const queue: SignedDelivery[] = []
  let [taken, story, sentAgain] = [0, 0, 0]

  function next(): SignedDelivery {
    if (queue.length === 0) {
      story += 1
      const signed = unmanagedActivity(activityOf, story).map((delivery, index) =>
        signDelivery(delivery, { guid: `soak-${story}-${index}`, secret: FAKE_GITHUB_SECRET, hookId: APP.hookId }),
      )
      queue.push(...signed)
    }
    return queue.shift() as SignedDelivery
  }
  async function sender(): Promise<void> {
    while (!o.isOver()) {
      const dueMs = (SECOND_MS * taken++) / A_SECOND
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueMs - o.passedMs())))
      const delivery = next()
      while ((await client.post(o.url, delivery)).status !== 202) {
        sentAgain += 1
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
      acknowledged.add(delivery.guid)
    }
  }
  return { acknowledged, sentAgain: () => sentAgain, senders: Array.from({ length: SENDERS }, sender) }
}

/** The median after warming up, over a fifth of the time that is left, and in the last fifth. */
function growthOf(looks: readonly Look[], of: (look: Look) => number): { before: number; after: number } {
  const warm = looks.filter(({ passedMs }) => passedMs >= WARM_MS)
  const fifth = Math.max(1, Math.floor(warm.length / 5))
  const median = (some: readonly Look[]) => some.map(of).toSorted((a, b) => a - b)[Math.floor(some.length / 2)] ?? 0
  return { before: median(warm.slice(0, fifth)), after: median(warm.slice(-fifth)) }
}

/** The tables whose most rows are far more in the second half than in the first: pruning comes every few minutes, so they rise and fall. */
function tablesThatGrow(looks: readonly Look[]): readonly string[] {
  const warm = looks.filter(({ passedMs }) => passedMs >= WARM_MS)
  const half = Math.ceil(warm.length / 2)
  const tables = [...(looks[0]?.rows.keys() ?? [])]
  return tables.flatMap((table) => {
    const most = (some: readonly Look[]) => Math.max(0, ...some.map(({ rows }) => rows.get(table) ?? 0))
    const [before, after] = [most(warm.slice(0, half)), most(warm.slice(half))]
    return after > 1.5 * before + 60 * A_SECOND ? [`${table}: ${before} to ${after}`] : []
  })
}
