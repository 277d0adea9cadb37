// Which pipeline starts, which waits, and for what reason: slots are counted and given in the transaction of the change.

import { afterEach, beforeEach, expect, test } from 'vitest'
import { seededRandom } from '../../fake-github/random.ts'
import type { Door } from '../../src/apply/door.ts'
import type { DispatchEffect } from '../../src/pipeline/model/effects.ts'
import type { Event } from '../../src/pipeline/model/events.ts'
import type { Instant } from '../../src/pipeline/model/time.ts'
import type { Database } from '../../src/store/database.ts'
import { wakeDuePipelines } from '../../src/watchdog/wake.ts'
import { openTestDatabase } from '../support/database.ts'
import { stageInWords } from '../support/in-words.ts'
import { deliveryEvidence, issueLabeled, REPOSITORY } from '../support/pipeline-fixtures.ts'
import { refusal } from '../support/reasons.ts'
import { configurationAnswer, countOf, openTestDoor, pipelinesIn } from './support/arrivals.ts'
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

let database: Database
let testDoor: Door
let secondsAfter: number

const now = (): Instant => new Date(Date.UTC(2026, 10, 21, 9) + 1000 * secondsAfter).toISOString()
const advance = (): Instant => {
  secondsAfter += 1
  return now()
}

beforeEach(async () => {
  secondsAfter = 0
  database = await openTestDatabase()
  testDoor = openTestDoor(database, { now })
})

afterEach(async () => {
  await testDoor.close()
  await database.close()
})

async function applyCommand(...events: readonly Event[]): Promise<void> {
  for (const event of events) await applyOrThrow(testDoor, event)
}

function queuedIssues(number: number, repositoryId = 1): Event {
  return { ...issueLabeled({ number, at: advance() }), repository: repositoryOf(repositoryId) }
}

/** Answers every question until none is left; resolves to the claimed dispatches, oldest first. */
async function answerQuestions(
  text: string,
): Promise<readonly (ClaimedEffect & { readonly effect: DispatchEffect })[]> {
  const dispatches: (ClaimedEffect & { readonly effect: DispatchEffect })[] = []
  for (;;) {
    const claimed = await claimEffects(database, 100)
    if (claimed.length === 0) return dispatches
    for (const one of claimed) {
      const { effect } = one
      if (effect.type === 'ask') await applyOrThrow(testDoor, answerTo({ ...one, effect }, text, advance()), one)
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
    pipelines.map(({ issueNumber, document }) => [
      issueNumber,
      document.stages[0] === undefined ? '' : stageInWords(document.stages[0]).reason,
    ]),
  )
}

test('pipelines start in the order in which they were queued, however late the answers come', async () => {
  await applyCommand(configurationAnswer(andonYml({ running: 1 })))
  await applyCommand(queuedIssues(30), queuedIssues(10), queuedIssues(20))
  let dispatches = await answerQuestions(andonYml({ running: 1 }))
  const order: number[] = []
  for (let run = 1; dispatches.length > 0; run += 1) {
    expect(dispatches).toHaveLength(1)
    order.push(...numbersOf(dispatches))
    const [claimed] = dispatches
    await applyOrThrow(
      testDoor,
      dispatchResultOf(claimed!, { state: 'confirmed', runId: run, url: '' }, advance()),
      claimed,
    )
    await applyCommand(runChangedOf(claimed!, run, advance(), 'success'))
    dispatches = await answerQuestions(andonYml({ running: 1 }))
  }
  expect(order).toEqual([30, 10, 20])
})

test('a waiting pipeline says once what it waits for, and again when that changes', async () => {
  const text = andonYml({ running: 2 })
  await applyCommand(configurationAnswer(text), ...[1, 2, 3, 4].map((number) => queuedIssues(number)))
  const dispatches = await answerQuestions(text)
  expect(numbersOf(dispatches)).toEqual([1, 2])
  expect((await reasons())[3]).toContain('2 of 2 running')
  const before = await countOf(database, 'history')
  const [claimed] = dispatches
  await applyOrThrow(
    testDoor,
    dispatchResultOf(claimed!, { state: 'confirmed', runId: 1, url: '' }, advance()),
    claimed,
  )
  await applyCommand(runChangedOf(claimed!, 1, advance(), null))
  const revisions = (await pipelinesIn(database)).map(({ revision }) => revision)
  await applyCommand(runChangedOf(claimed!, 1, advance(), null))
  expect((await pipelinesIn(database)).slice(2).map(({ revision }) => revision)).toEqual(revisions.slice(2))
  expect(await countOf(database, 'history')).toBeGreaterThan(before)
  await applyCommand(configurationAnswer(andonYml({ running: 1 }), { at: advance() }))
  expect((await reasons())[3]).toContain('2 of 1 running')
  expect((await reasons())[4]).toContain('2 of 1 running')
})

test('a limit that is raised is used at once', async () => {
  const text = andonYml({ running: 1 })
  await applyCommand(configurationAnswer(text), ...[1, 2, 3].map((number) => queuedIssues(number)))
  expect(numbersOf(await answerQuestions(text))).toEqual([1])
  await applyCommand(configurationAnswer(andonYml({ running: 3 }), { at: advance() }))
  expect(numbersOf(await answerQuestions(andonYml({ running: 3 })))).toEqual([2, 3])
})

test('no repository takes a slot from another', async () => {
  const text = andonYml({ running: 2 })
  const all = [1, 2, 3].flatMap((repositoryId) => {
    const repository = repositoryOf(repositoryId)
    return [
      { ...configurationAnswer(text), repository },
      ...[1, 2, 3].map((number) => queuedIssues(number, repositoryId)),
    ]
  })
  await applyCommand(...all)
  const dispatches = await answerQuestions(text)
  const places = dispatches.map(({ repositoryId, effect }) => `${repositoryId}#${effect.issueNumber}`)
  expect(places.toSorted()).toEqual(['1#1', '1#2', '2#1', '2#2', '3#1', '3#2'])
})

test('past the daily limit no pipeline starts before midnight, and started ones continue', async () => {
  const text = andonYml({ stages: ['code', 'test'], running: 10, startsPerDay: 2 })
  await applyCommand(configurationAnswer(text), ...[1, 2, 3, 4, 5].map((number) => queuedIssues(number)))
  const first = await answerQuestions(text)
  expect(numbersOf(first)).toEqual([1, 2])
  expect((await reasons())[5]).toContain('2 of 2 started today')
  const [claimed] = first
  await applyOrThrow(
    testDoor,
    dispatchResultOf(claimed!, { state: 'confirmed', runId: 1, url: '' }, advance()),
    claimed,
  )
  await applyCommand(runChangedOf(claimed!, 1, advance(), 'success'))
  const next = await answerQuestions(text)
  expect(next.map(({ effect }) => [effect.issueNumber, effect.stage])).toEqual([[1, 'test']])
  const begins = async () => {
    while ((await wakeDuePipelines({ database, door: testDoor, now })) > 0);
    return numbersOf((await answerQuestions(text)).filter(({ effect }) => effect.stage === 'code')).filter(
      (number) => number > 2,
    )
  }
  secondsAfter = 15 * 60 * 60 - 60
  expect(await begins()).toEqual([])
  secondsAfter = 15 * 60 * 60
  expect(await begins()).toEqual([3, 4])
})

test('nothing starts in a suspended installation, and what waited starts when it is back', async () => {
  const text = andonYml()
  const { installationId } = REPOSITORY
  const installation = (state: 'active' | 'suspended'): Event => {
    const at = advance()
    const noRepositories = { added: [], removed: [] }
    return {
      type: 'installation.changed',
      at,
      evidence: deliveryEvidence(at),
      installationId,
      account: 'acme',
      state,
      ...noRepositories,
    }
  }
  await applyCommand(configurationAnswer(text), queuedIssues(1), installation('suspended'))
  expect(await answerQuestions(text)).toEqual([])
  expect((await reasons())[1]).toContain('suspended')
  await applyCommand(installation('active'))
  expect(numbersOf(await answerQuestions(text))).toEqual([1])
})

test('a pipeline that began before the file was read adopts its line and starts', async () => {
  await applyCommand(queuedIssues(1))
  expect((await pipelinesIn(database))[0]?.document).toMatchObject({ isConfigured: false })
  const [claimed] = await answerQuestions(andonYml({ stages: ['build'] }))
  expect(claimed?.effect).toMatchObject({ stage: 'build', workflow: 'build.yml', ref: 'main', attempt: 1 })
  expect(claimed?.effect.attemptKey).toMatch(/^1\/build\/1-[a-z0-9]{5}$/)
})

test('while every version of the file has mistakes, a pipeline waits for one without', async () => {
  await applyCommand(queuedIssues(1))
  expect(await answerQuestions('stages: nonsense')).toEqual([])
  expect((await pipelinesIn(database))[0]?.document).toMatchObject({ isConfigured: false })
  await applyCommand(configurationAnswer(andonYml({ stages: ['build'] }), { at: advance() }))
  expect(numbersOf(await answerQuestions(andonYml({ stages: ['build'] })))).toEqual([1])
})

test('a run that GitHub named is found by its id, whatever its title, branch and time of delivery', async () => {
  const chance = seededRandom(5)
  const text = andonYml({ running: 100 })
  await applyCommand(configurationAnswer(text), ...Array.from({ length: 12 }, (_, index) => queuedIssues(index + 1)))
  const dispatches = await answerQuestions(text)
  expect(dispatches).toHaveLength(12)
  for (const [index, claimed] of dispatches.entries()) {
    const id = 100 + index
    const silent = (event: Event): Event =>
      event.type === 'run.changed' ? { ...event, run: { ...event.run, title: 'code', branch: 'main' } } : event
    const steps = [
      () =>
        applyOrThrow(
          testDoor,
          dispatchResultOf(claimed, { state: 'confirmed', runId: id, url: '' }, advance()),
          claimed,
        ),
      () => applyOrThrow(testDoor, silent(runChangedOf(claimed, id, advance(), 'success'))),
    ]
    for (const step of chance.shuffle(steps)) await step()
  }
  const pipelines = await pipelinesIn(database)
  expect(pipelines.map(({ document }) => document.stages[0]?.attempts.map(({ run }) => run?.id))).toEqual(
    dispatches.map((_, index) => [100 + index]),
  )
  expect(pipelines.map(({ light }) => light)).toEqual(dispatches.map(() => 'done'))
})

test('a run that is delivered before GitHub answers ends the dispatch, and the late answer is ignored', async () => {
  const text = andonYml()
  await applyCommand(configurationAnswer(text), queuedIssues(1))
  const [claimed] = await answerQuestions(text)
  await applyOrThrow(testDoor, dispatchResultOf(claimed!, { state: 'sending' }, advance()), claimed, 'sending')
  await applyCommand(runChangedOf(claimed!, 7, advance(), null))
  expect(await effectOf(claimed!.id)).toMatchObject({ state: 'done', claimToken: null })
  const answer = dispatchResultOf(
    claimed!,
    { state: 'unconfirmed', reason: { kind: 'answer-lost', words: 'GitHub hung up' } },
    advance(),
  )
  expect(await applyOrThrow(testDoor, answer, claimed)).toBe(false)
  const [pipeline] = await pipelinesIn(database)
  expect(pipeline?.document.stages[0]?.attempts).toMatchObject([{ number: 1, run: { id: 7 }, control: { runId: 7 } }])
  expect(pipeline).toMatchObject({ light: 'running', liveAttempts: 1 })
})

test('a run that echoes a key which was never issued belongs to no attempt', async () => {
  const text = andonYml()
  await applyCommand(configurationAnswer(text), queuedIssues(1))
  const [claimed] = await answerQuestions(text)
  const forged = { ...claimed!, effect: { ...claimed!.effect, attemptKey: '1/code/1-zzzzz' } }
  await applyCommand(runChangedOf(forged, 7, advance(), 'failure'))
  const [pipeline] = await pipelinesIn(database)
  expect(pipeline?.document.stages[0]?.attempts).toMatchObject([{ run: null, control: { runId: null } }])
  expect(await effectOf(claimed!.id)).toMatchObject({ state: 'due' })
})

test('an answer under a lost claim is ignored', async () => {
  const text = andonYml()
  await applyCommand(configurationAnswer(text), queuedIssues(1))
  const [claimed] = await answerQuestions(text)
  const theirs = crypto.randomUUID()
  await database.kysely.updateTable('effects').set({ claimToken: theirs }).where('id', '=', claimed!.id).execute()
  expect(
    await applyOrThrow(
      testDoor,
      dispatchResultOf(claimed!, { state: 'refused', reason: refusal('no such workflow') }, advance()),
      claimed,
    ),
  ).toBe(false)
  expect((await pipelinesIn(database))[0]?.document.stages[0]?.attempts[0]?.control?.closed).toBeNull()
  const again = { ...claimed!, token: theirs }
  expect(
    await applyOrThrow(
      testDoor,
      dispatchResultOf(claimed!, { state: 'confirmed', runId: 3, url: '' }, advance()),
      again,
    ),
  ).toBe(true)
})

async function effectOf(id: number) {
  return database.kysely.selectFrom('effects').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
}
