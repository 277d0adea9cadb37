// Who starts, who waits, and with which words: slots are counted and given in the transaction that changes anything.
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Door } from '../../src/apply/door.ts'
import type { DispatchEffect } from '../../src/pipeline/model/effects.ts'
import type { Event } from '../../src/pipeline/model/events.ts'
import type { Instant } from '../../src/pipeline/model/time.ts'
import type { Database } from '../../src/store/database.ts'
import { wake } from '../../src/watchdog/wake.ts'
import { freshDatabase } from '../support/database.ts'
import { delivered, labelled, REPOSITORY } from '../support/pipeline-fixtures.ts'
import { seeded } from '../support/seeded-random.ts'
import { configurationIs, countOf, door, pipelinesIn } from './support/arrivals.ts'
import { answerTo, type Claimed, claim, fileOf, repositoryOf, runOf, tell, told } from './support/effect-worker.ts'

let database: Database
let opened: Door
let second: number

const now = (): Instant => new Date(Date.UTC(2026, 10, 21, 9) + 1000 * second).toISOString()
const later = (): Instant => {
  second += 1
  return now()
}

beforeEach(async () => {
  second = 0
  database = await freshDatabase()
  opened = door(database, { now })
})

afterEach(async () => {
  await opened.close()
  await database.close()
})

async function say(...events: readonly Event[]): Promise<void> {
  for (const event of events) await tell(opened, event)
}

function wanted(number: number, repositoryId = 1): Event {
  return { ...labelled({ number, at: later() }), repository: repositoryOf(repositoryId) }
}

/** Answers what is asked until nothing is; resolves to the dispatches that are left in hand, oldest first. */
async function answerAll(text: string): Promise<readonly (Claimed & { readonly effect: DispatchEffect })[]> {
  const dispatches: (Claimed & { readonly effect: DispatchEffect })[] = []
  for (;;) {
    const held = await claim(database, 100)
    if (held.length === 0) return dispatches
    for (const one of held) {
      const { effect } = one
      if (effect.type === 'ask') await tell(opened, answerTo({ ...one, effect }, text, later()), one)
      if (effect.type === 'dispatch') dispatches.push({ ...one, effect })
    }
  }
}

function numbersOf(dispatches: readonly { readonly effect: DispatchEffect }[]): readonly number[] {
  return dispatches.map(({ effect }) => effect.issueNumber)
}

async function reasons(): Promise<Readonly<Record<number, string>>> {
  const pipelines = await pipelinesIn(database)
  return Object.fromEntries(
    pipelines.map(({ issueNumber, document }) => [issueNumber, document.stages[0]?.reason ?? '']),
  )
}

test('first come, first served: whoever was queued first starts first, however late the answers come', async () => {
  await say(configurationIs(fileOf({ running: 1 })))
  await say(wanted(30), wanted(10), wanted(20))
  let dispatches = await answerAll(fileOf({ running: 1 }))
  const order: number[] = []
  for (let run = 1; dispatches.length > 0; run += 1) {
    expect(dispatches).toHaveLength(1)
    order.push(...numbersOf(dispatches))
    const [held] = dispatches
    await tell(opened, told(held!, { state: 'confirmed', runId: run, url: '' }, later()), held)
    await say(runOf(held!, run, later(), 'success'))
    dispatches = await answerAll(fileOf({ running: 1 }))
  }
  expect(order).toEqual([30, 10, 20])
})

test('whoever waits is told for what, once, and told again when it is something else', async () => {
  const text = fileOf({ running: 2 })
  await say(configurationIs(text), ...[1, 2, 3, 4].map((number) => wanted(number)))
  const dispatches = await answerAll(text)
  expect(numbersOf(dispatches)).toEqual([1, 2])
  expect((await reasons())[3]).toContain('2 of 2 running')
  const before = await countOf(database, 'history')
  const [held] = dispatches
  await tell(opened, told(held!, { state: 'confirmed', runId: 1, url: '' }, later()), held)
  await say(runOf(held!, 1, later(), null))
  const revisions = (await pipelinesIn(database)).map(({ revision }) => revision)
  await say(runOf(held!, 1, later(), null))
  expect((await pipelinesIn(database)).slice(2).map(({ revision }) => revision)).toEqual(revisions.slice(2))
  expect(await countOf(database, 'history')).toBeGreaterThan(before)
  await say(configurationIs(fileOf({ running: 1 }), { at: later() }))
  expect((await reasons())[3]).toContain('2 of 1 running')
  expect((await reasons())[4]).toContain('2 of 1 running')
})

test('a limit that is raised is used at once', async () => {
  const text = fileOf({ running: 1 })
  await say(configurationIs(text), ...[1, 2, 3].map((number) => wanted(number)))
  expect(numbersOf(await answerAll(text))).toEqual([1])
  await say(configurationIs(fileOf({ running: 3 }), { at: later() }))
  expect(numbersOf(await answerAll(fileOf({ running: 3 })))).toEqual([2, 3])
})

test('no repository takes a slot from another', async () => {
  const text = fileOf({ running: 2 })
  const all = [1, 2, 3].flatMap((repositoryId) => {
    const repository = repositoryOf(repositoryId)
    return [{ ...configurationIs(text), repository }, ...[1, 2, 3].map((number) => wanted(number, repositoryId))]
  })
  await say(...all)
  const dispatches = await answerAll(text)
  const places = dispatches.map(({ repositoryId, effect }) => `${repositoryId}#${effect.issueNumber}`)
  expect(places.toSorted()).toEqual(['1#1', '1#2', '2#1', '2#2', '3#1', '3#2'])
})

test('in a day only so many begin; those that have begun go on, and the rest begin after midnight', async () => {
  const text = fileOf({ stages: ['code', 'test'], running: 10, startsPerDay: 2 })
  await say(configurationIs(text), ...[1, 2, 3, 4, 5].map((number) => wanted(number)))
  const first = await answerAll(text)
  expect(numbersOf(first)).toEqual([1, 2])
  expect((await reasons())[5]).toContain('2 of 2 begun today')
  const [held] = first
  await tell(opened, told(held!, { state: 'confirmed', runId: 1, url: '' }, later()), held)
  await say(runOf(held!, 1, later(), 'success'))
  const next = await answerAll(text)
  expect(next.map(({ effect }) => [effect.issueNumber, effect.stage])).toEqual([[1, 'test']])
  const begins = async () => {
    while ((await wake({ database, door: opened, now })) > 0);
    return numbersOf((await answerAll(text)).filter(({ effect }) => effect.stage === 'code')).filter(
      (number) => number > 2,
    )
  }
  second = 15 * 60 * 60 - 60
  expect(await begins()).toEqual([])
  second = 15 * 60 * 60
  expect(await begins()).toEqual([3, 4])
})

test('in a suspended installation nothing starts, and what waited starts when it is back', async () => {
  const text = fileOf()
  const { installationId } = REPOSITORY
  const installation = (state: 'active' | 'suspended'): Event => {
    const at = later()
    const nobody = { added: [], removed: [] }
    return {
      type: 'installation.changed',
      at,
      evidence: delivered(at),
      installationId,
      account: 'acme',
      state,
      ...nobody,
    }
  }
  await say(configurationIs(text), installation('suspended'), wanted(1))
  expect(await answerAll(text)).toEqual([])
  expect((await reasons())[1]).toContain('suspended')
  await say(installation('active'))
  expect(numbersOf(await answerAll(text))).toEqual([1])
})

test('a pipeline that began before the file was read takes its line over, and starts', async () => {
  await say(wanted(1))
  expect((await pipelinesIn(database))[0]?.document).toMatchObject({ configured: false })
  const [held] = await answerAll(fileOf({ stages: ['build'] }))
  expect(held?.effect).toMatchObject({ stage: 'build', workflow: 'build.yml', ref: 'main', attempt: 1 })
  expect(held?.effect.attemptKey).toMatch(/^1\/build\/1-[a-z0-9]{5}$/)
})

test('where the file holds nothing but mistakes, a pipeline waits for a version without any', async () => {
  await say(wanted(1))
  expect(await answerAll('stages: nonsense')).toEqual([])
  expect((await pipelinesIn(database))[0]?.document).toMatchObject({ configured: false })
  await say(configurationIs(fileOf({ stages: ['build'] }), { at: later() }))
  expect(numbersOf(await answerAll(fileOf({ stages: ['build'] })))).toEqual([1])
})

test('a run that GitHub named is known by its id, whatever its title and branch say, and whenever it was told', async () => {
  const chance = seeded(5)
  const text = fileOf({ running: 100 })
  await say(configurationIs(text), ...Array.from({ length: 12 }, (_, index) => wanted(index + 1)))
  const dispatches = await answerAll(text)
  expect(dispatches).toHaveLength(12)
  for (const [index, held] of dispatches.entries()) {
    const id = 100 + index
    const silent = (event: Event): Event =>
      event.type === 'run.changed' ? { ...event, run: { ...event.run, title: 'code', branch: 'main' } } : event
    const steps = [
      () => tell(opened, told(held, { state: 'confirmed', runId: id, url: '' }, later()), held),
      () => tell(opened, silent(runOf(held, id, later(), 'success'))),
    ]
    for (const step of chance.shuffle(steps)) await step()
  }
  const pipelines = await pipelinesIn(database)
  expect(pipelines.map(({ document }) => document.stages[0]?.attempts.map(({ run }) => run?.id))).toEqual(
    dispatches.map((_, index) => [100 + index]),
  )
  expect(pipelines.map(({ light }) => light)).toEqual(dispatches.map(() => 'done'))
})

test('a run that shows itself before GitHub answers us ends the dispatch, and our late answer is not taken', async () => {
  const text = fileOf()
  await say(configurationIs(text), wanted(1))
  const [held] = await answerAll(text)
  await tell(opened, told(held!, { state: 'sending' }, later()), held, 'sending')
  await say(runOf(held!, 7, later(), null))
  expect(await effectOf(held!.id)).toMatchObject({ state: 'done', token: null })
  const answer = told(held!, { state: 'unconfirmed', words: 'GitHub hung up' }, later())
  expect(await tell(opened, answer, held)).toBe(false)
  const [pipeline] = await pipelinesIn(database)
  expect(pipeline?.document.stages[0]?.attempts).toMatchObject([{ number: 1, run: { id: 7 }, ours: { runId: 7 } }])
  expect(pipeline).toMatchObject({ light: 'running', liveAttempts: 1 })
})

test('a run that echoes a key which was never issued is nobody’s', async () => {
  const text = fileOf()
  await say(configurationIs(text), wanted(1))
  const [held] = await answerAll(text)
  const forged = { ...held!, effect: { ...held!.effect, attemptKey: '1/code/1-zzzzz' } }
  await say(runOf(forged, 7, later(), 'failure'))
  const [pipeline] = await pipelinesIn(database)
  expect(pipeline?.document.stages[0]?.attempts).toMatchObject([{ run: null, ours: { runId: null } }])
  expect(await effectOf(held!.id)).toMatchObject({ state: 'due' })
})

test('an answer whose claim was taken meanwhile is not taken', async () => {
  const text = fileOf()
  await say(configurationIs(text), wanted(1))
  const [held] = await answerAll(text)
  const theirs = crypto.randomUUID()
  await database.kysely.updateTable('effects').set({ token: theirs }).where('id', '=', held!.id).execute()
  expect(await tell(opened, told(held!, { state: 'refused', words: 'no such workflow' }, later()), held)).toBe(false)
  expect((await pipelinesIn(database))[0]?.document.stages[0]?.attempts[0]?.ours?.over).toBeNull()
  const again = { ...held!, token: theirs }
  expect(await tell(opened, told(held!, { state: 'confirmed', runId: 3, url: '' }, later()), again)).toBe(true)
})

async function effectOf(id: number) {
  return database.kysely.selectFrom('effects').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
}
