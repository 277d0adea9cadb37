// GitHub has accepted a dispatch, and then our commit fails: the worst time to fail. However the run becomes known
// again, it belongs to its attempt, and nothing is sent twice.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { seededRandom } from '../../fake-github/random.ts'
import { Unavailable } from '../../src/apply/apply-request.ts'
import type { Door } from '../../src/apply/door.ts'
import type { DispatchEffect } from '../../src/pipeline/model/effects.ts'
import type { Event } from '../../src/pipeline/model/events.ts'
import type { Instant } from '../../src/pipeline/model/time.ts'
import type { Database, Transaction } from '../../src/store/database.ts'
import { openPostgresDatabase } from '../../src/store/postgres.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { randomSeed, recordMeasurements, repetitions } from '../support/measurements.ts'
import { issueLabeled } from '../support/pipeline-fixtures.ts'
import { configurationAnswer, openTestDoor, pipelinesIn } from './support/arrivals.ts'
import {
  andonYml,
  answerTo,
  applyOrThrow,
  type ClaimedEffect,
  claimEffects,
  dispatchResultOf,
  repositoryOf,
  runChangedOf,
} from './support/effect-worker.ts'

let database: TestDatabase
let other: Database
let doors: readonly Door[]
let second = 0

const now = (): Instant => new Date(Date.UTC(2026, 10, 21, 9) + 1000 * second++).toISOString()

beforeEach(async () => {
  database = await openTestDatabase('postgres')
  other = await openPostgresDatabase(database.url!)
  doors = [openTestDoor(database, { now }), openTestDoor(other, { now })]
})

afterEach(async () => {
  for (const opened of doors) await opened.close()
  await other.close()
  await database.close()
})

test('when the commit after an accepted dispatch fails, the attempt still gets its run, and nothing is sent twice', async () => {
  const chance = seededRandom(randomSeed(17))
  const issues = repetitions(40, 200)
  const text = andonYml({ running: 100, startsPerDay: 10_000 })
  const faults = { before: 0, after: 0 }
  // The database fails either before the commit, which stores nothing, or after it, which loses the answer.
  const failing = failingCommits(other, () => (chance.next() < 0.5 ? 'before' : 'after'), faults)
  for (const repositoryId of [1, 2]) {
    const repository = repositoryOf(repositoryId)
    await applyOrThrow(doors[0]!, { ...configurationAnswer(text), repository })
    for (let number = 1; number <= issues / 2; number += 1) {
      await applyOrThrow(doors[0]!, { ...issueLabeled({ number, at: now() }), repository })
    }
  }
  const posted = new Map<string, number>()

  async function send(claimed: ClaimedEffect, effect: DispatchEffect): Promise<void> {
    const of = { repositoryId: claimed.repositoryId, effect }
    const name = `${claimed.repositoryId}:${effect.attemptKey}`
    expect(await applyOrThrow(doors[0]!, dispatchResultOf(of, { state: 'sending' }, now()), claimed, 'sending')).toBe(
      true,
    )
    expect(posted.has(name)).toBe(false)
    const runId = posted.size + 1
    posted.set(name, runId)
    const confirmed = () => dispatchResultOf(of, { state: 'confirmed', runId, url: '' }, now())
    // A separate door: each event is a commit of its own, and each fails.
    await expect(applyOrThrow(openTestDoor(failing, { now }), confirmed(), claimed)).rejects.toThrow(Unavailable)
    const recoveries = [
      () => applyOrThrow(doors[0]!, runChangedOf(of, runId, now(), null)),
      () => applyOrThrow(doors[1]!, confirmed(), claimed),
      () => recover(claimed, confirmed),
    ]
    await Promise.all(
      chance
        .shuffle(recoveries)
        .slice(0, 1 + chance.integer(3))
        .map((step) => step()),
    )
  }

  /** Another worker finds the dispatch sent and unclaimed, and sees the run on GitHub. */
  async function recover({ id }: ClaimedEffect, confirmed: () => Event): Promise<void> {
    const token = crypto.randomUUID()
    const { numUpdatedRows } = await database.kysely
      .updateTable('effects')
      .set({ claimToken: token })
      .where('id', '=', id)
      .where('state', 'in', ['sending', 'unconfirmed'])
      .executeTakeFirst()
    if (numUpdatedRows > 0n) await applyOrThrow(doors[1]!, confirmed(), { id, token })
  }

  for (;;) {
    const claimed = await claimEffects(database, 16)
    if (claimed.length === 0) break
    await Promise.all(
      claimed.map(async (one) => {
        const { effect } = one
        if (effect.type === 'dispatch') await send(one, effect)
        if (effect.type === 'ask')
          await applyOrThrow(chance.pick(doors), answerTo({ ...one, effect }, text, now()), one)
      }),
    )
  }
  const pipelines = await pipelinesIn(database)
  const bound = pipelines.flatMap(({ repositoryId, document }) =>
    document.stages.flatMap(({ attempts }) =>
      attempts.map(
        ({ key, control }) => [`${repositoryId}:${key}`, control?.runId, control?.duplicateRuns.length] as const,
      ),
    ),
  )
  expect(new Map(bound.map(([name, runId]) => [name, runId]))).toEqual(posted)
  expect(bound.every(([, , duplicates]) => duplicates === 0)).toBe(true)
  expect(posted.size).toBe(issues)
  const states = await database.kysely.selectFrom('effects').select('state').where('type', '=', 'dispatch').execute()
  expect(states.filter(({ state }) => state !== 'done')).toEqual([])
  expect(faults.before + faults.after).toBeGreaterThanOrEqual(issues)
  recordMeasurements('lost-commits', {
    faults: faults.before + faults.after,
    lost: issues - bound.length,
    doubled: 0,
    'commits undone': faults.before,
    'commits done and not heard of': faults.after,
  })
}, 120_000)

/** The same database, whose transactions fail before or after their commit. */
function failingCommits(
  of: Database,
  fault: () => 'before' | 'after',
  counts: Record<'before' | 'after', number>,
): Database {
  const lost = () => Object.assign(new Error('connection terminated'), { code: '57P01' })
  const reserved = new Proxy(of.reserved, {
    get(target, name) {
      if (name !== 'transaction') return Reflect.get(target, name)
      return () => ({
        async execute(work: (trx: Transaction) => Promise<unknown>) {
          const when = fault()
          counts[when] += 1
          await target.transaction().execute(async (trx) => {
            await work(trx)
            if (when === 'before') throw lost()
          })
          throw lost()
        },
      })
    },
  })
  return { ...of, reserved }
}
