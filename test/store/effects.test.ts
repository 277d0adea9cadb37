// The states of an effect; only the worker with its token may change them.
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Database } from '../../src/store/database.ts'
import { completeEffects, type EffectResult, saveEffectResults, saveEffects } from '../../src/store/effects.ts'
import { openTestDatabase } from '../support/database.ts'
import { minutesAfterNine } from '../support/pipeline-fixtures.ts'

let database: Database

beforeEach(async () => {
  database = await openTestDatabase()
})

afterEach(() => database.close())

const OURS = '00000000-0000-4000-8000-000000000001'
const THEIRS = '00000000-0000-4000-8000-000000000002'

function dispatch(known: { key?: string; stage?: string; attempt?: number } = {}) {
  const { key = 'dispatch/42/plan/1-k3v9x', stage = 'plan', attempt = 1 } = known
  return {
    repositoryId: 1,
    pipelineId: null,
    key,
    type: 'dispatch' as const,
    document: JSON.stringify({ type: 'dispatch', key, issueNumber: 42, stage, attempt }),
    dueAt: minutesAfterNine(0),
    createdAt: minutesAfterNine(0),
    updatedAt: minutesAfterNine(0),
  }
}

async function save(...rows: readonly ReturnType<typeof dispatch>[]): Promise<void> {
  await database.kysely.transaction().execute((trx) => saveEffects(trx, rows))
}

async function inHand(token = OURS): Promise<number> {
  const claimed = { claimToken: token, claimedUntil: minutesAfterNine(1) }
  await database.kysely.updateTable('effects').set(claimed).execute()
  return (await only()).id
}

async function saveResult(result: EffectResult, at = minutesAfterNine(5)): Promise<boolean> {
  return (await database.kysely.transaction().execute((trx) => saveEffectResults(trx, [result], at))).has(result.id)
}

async function only() {
  return database.kysely.selectFrom('effects').selectAll().executeTakeFirstOrThrow()
}

test('an effect is sent under its token, and sending renews the claim', async () => {
  await save(dispatch())
  const id = await inHand()
  expect(await saveResult({ id, token: OURS, state: 'sending' })).toBe(true)
  expect(await only()).toMatchObject({ state: 'sending', claimToken: OURS, sentAt: minutesAfterNine(5) })
  expect((await only()).claimedUntil).toBe('2026-11-21T09:05:25.000Z')
  expect(await saveResult({ id, token: OURS, state: 'done' }, minutesAfterNine(6))).toBe(true)
  expect(await only()).toMatchObject({
    state: 'done',
    claimToken: null,
    claimedUntil: null,
    sentAt: minutesAfterNine(5),
  })
})

test('a worker that lost its claim can no longer change the effect', async () => {
  await save(dispatch())
  const id = await inHand(THEIRS)
  for (const state of ['sending', 'done', 'refused', 'unconfirmed', 'due'] as const) {
    expect(await saveResult({ id, token: OURS, state })).toBe(false)
  }
  expect(await only()).toMatchObject({ state: 'due', claimToken: THEIRS })
  await saveResult({ id, token: THEIRS, state: 'done' })
  expect(await saveResult({ id, token: THEIRS, state: 'due' })).toBe(false)
})

test('a requeued effect says why, and when it may be claimed again', async () => {
  await save(dispatch())
  const id = await inHand()
  await saveResult({ id, token: OURS, state: 'due', dueAt: minutesAfterNine(20), error: 'GitHub asked for silence' })
  expect(await only()).toMatchObject({
    state: 'due',
    dueAt: minutesAfterNine(20),
    error: 'GitHub asked for silence',
    claimToken: null,
  })
})

test('misses are counted, and sending again starts the count from zero', async () => {
  await save(dispatch())
  for (const at of [5, 8]) {
    const id = await inHand()
    await saveResult({ id, token: OURS, state: 'unconfirmed', missed: true }, minutesAfterNine(at))
  }
  expect(await only()).toMatchObject({ state: 'unconfirmed', misses: 2, missedAt: minutesAfterNine(8) })
  const id = await inHand()
  await saveResult({ id, token: OURS, state: 'sending' }, minutesAfterNine(9))
  expect(await only()).toMatchObject({ state: 'sending', misses: 0, sentAt: minutesAfterNine(9) })
})

test('an effect whose result is known is done, whoever has the claim', async () => {
  await save(dispatch())
  const id = await inHand()
  const keys = [{ repositoryId: 1, key: 'dispatch/42/plan/1-k3v9x' }]
  await database.kysely.transaction().execute((trx) => completeEffects(trx, keys, minutesAfterNine(3)))
  expect(await only()).toMatchObject({ state: 'done', claimToken: null, updatedAt: minutesAfterNine(3) })
  expect(await saveResult({ id, token: OURS, state: 'sending' })).toBe(false)
})

test('an effect is stored once; a second dispatch of an attempt is refused whatever its key', async () => {
  await save(dispatch(), dispatch({ key: 'dispatch/42/plan/2-aaaaa', attempt: 2 }))
  await save(dispatch())
  await expect(save(dispatch({ key: 'dispatch/42/plan/1-zzzzz' }))).rejects.toThrow(/effects_one_dispatch/)
  expect(await database.kysely.selectFrom('effects').select('id').execute()).toHaveLength(2)
})
