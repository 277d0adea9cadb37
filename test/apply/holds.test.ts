// Holds through the door: which pipelines wait and for what reason, what the board counts, what is published, and that
// everything continues where it stopped.
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Door } from '../../src/apply/door.ts'
import { setGlobalHold } from '../../src/apply/holds.ts'
import type { Event } from '../../src/pipeline/model/events.ts'
import type { Instant } from '../../src/pipeline/model/time.ts'
import { boardRowOf } from '../../src/render/board-row.ts'
import { loadBoard } from '../../src/store/board.ts'
import type { Database } from '../../src/store/database.ts'
import { fanOutHolds } from '../../src/watchdog/fan-out-holds.ts'
import { wakeDuePipelines } from '../../src/watchdog/wake.ts'
import { openTestDatabase } from '../support/database.ts'
import { issueLabeled } from '../support/pipeline-fixtures.ts'
import { commandPermission, commentCreated } from '../support/pipeline-harness.ts'
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

const ANDON_YML = andonYml({ running: 2 })

let database: Database
let testDoor: Door
let seconds: number

const now = (): Instant => new Date(Date.UTC(2026, 10, 21, 9) + 1000 * seconds).toISOString()
const advance = (): Instant => {
  seconds += 1
  return now()
}

beforeEach(async () => {
  seconds = 0
  database = await openTestDatabase()
  testDoor = openTestDoor(database, { now })
})

afterEach(async () => {
  await testDoor.close()
  await database.close()
})

async function label(number: number, repositoryId = 1): Promise<void> {
  const repository = repositoryOf(repositoryId)
  await applyOrThrow(testDoor, { ...configurationAnswer(ANDON_YML, { at: advance() }), repository })
  await applyOrThrow(testDoor, { ...issueLabeled({ number, at: advance() }), repository })
}

/** Answers every question until none is left; resolves to the claimed dispatches. */
async function answerQuestions(): Promise<readonly ClaimedEffect[]> {
  const dispatches: ClaimedEffect[] = []
  for (;;) {
    const claimed = await claimEffects(database, 100)
    if (claimed.length === 0) return dispatches
    for (const one of claimed) {
      const { effect } = one
      if (effect.type === 'ask') await applyOrThrow(testDoor, answerTo({ ...one, effect }, ANDON_YML, advance()), one)
      else if (effect.type === 'dispatch') dispatches.push(one)
    }
  }
}

/** A comment, on an issue with or without a pipeline, and GitHub's answer whether its author may write. */
async function applyCommand(
  body: string,
  o: { on?: number; mayWrite?: boolean; at?: Instant; commentId?: number } = {},
) {
  const { on = 1, mayWrite = true, at = advance(), commentId = 5000 + seconds } = o
  const comment = commentCreated(body, { on, at, commentId, by: 'ada' })
  const repository = repositoryOf(1)
  await applyOrThrow(testDoor, { ...comment, repository })
  const question = (await claimEffects(database, 100)).find(
    ({ effect }) => effect.key === `permission/command/${commentId}`,
  )
  await applyOrThrow(testDoor, { ...commandPermission(comment, mayWrite, advance()), repository } as Event, question)
}

const operator = (reason: string | null) => setGlobalHold({ database, now }, { by: 'root', reason })

/** The watchdog's work. */
async function watch(): Promise<void> {
  while ((await fanOutHolds({ database, now })) > 0);
  while ((await wakeDuePipelines({ database, door: testDoor, now })) > 0);
}

async function board() {
  const read = await loadBoard(database, { visible: 'all' }, now())
  const rows = read.rows.map((shown) => boardRowOf(shown, now()))
  expect(rows.filter(({ held }) => held)).toHaveLength(read.counts.held)
  return { ...read, rows, reasons: Object.fromEntries(rows.map(({ issue, reason }) => [issue, reason])) }
}

const numbersOf = (dispatches: readonly ClaimedEffect[]) =>
  dispatches.flatMap(({ effect }) => (effect.type === 'dispatch' ? [effect.issueNumber] : []))

test('nothing is admitted while its repository is held, each pipeline says why, and resuming admits in order of the queue', async () => {
  await applyCommand('/andon hold repository release week', { on: 77 })
  for (const number of [3, 1, 2]) await label(number)
  await label(9, 2)
  expect(numbersOf(await answerQuestions())).toEqual([9])
  const words = 'the repository is held by @ada since 2026-11-21 09:00 UTC: release week'
  const { counts, reasons, holds } = await board()
  expect(counts).toMatchObject({ queued: 4, held: 3, needsYou: 3 })
  expect(reasons).toMatchObject({ 1: `waiting: ${words}; then attempt 1 of 3`, 9: 'attempt 1 of 3 is being started' })
  expect(holds).toMatchObject([{ repository: 'acme/widgets', hold: { by: 'ada', reason: 'release week' } }])

  await applyCommand('/andon resume repository', { on: 77 })
  expect(numbersOf(await answerQuestions()).toSorted()).toEqual([1, 3])
  expect((await board()).reasons).toMatchObject({ 2: 'waiting: 2 of 2 running; then attempt 1 of 3' })
  expect((await board()).counts.held).toBe(0)
})

test('a sender without write permission holds nothing, and a hold written before a resume stays released', async () => {
  await label(1)
  await applyCommand('/andon hold repository mine', { mayWrite: false })
  expect((await board()).holds).toEqual([])
  const early = advance()
  await applyCommand('/andon resume repository')
  await applyCommand('/andon hold repository too late', { at: early, commentId: 1 })
  expect((await board()).holds).toEqual([])
})

test('a dispatch that is about to be sent when a hold comes is requeued, spends no try and keeps its slot', async () => {
  for (const number of [1, 2, 3]) await label(number)
  const [first, second] = await answerQuestions()
  await applyCommand('/andon hold the key is being changed', { on: 1 })
  await applyCommand('/andon hold code also here', { on: 2 })
  for (const claimed of [first!, second!]) {
    const sending = dispatchResultOf(claimed as never, { state: 'sending' }, advance())
    const outcome = await testDoor.apply({
      event: sending,
      effect: { id: claimed.id, token: claimed.token, state: 'sending' },
    })
    expect(outcome).toMatchObject({ duplicate: false, requeuedByHold: true })
  }
  const effects = await database.kysely
    .selectFrom('effects')
    .select(['state', 'claimToken', 'error'])
    .where('type', '=', 'dispatch')
    .orderBy('id')
    .execute()
  expect(effects).toEqual([
    { state: 'due', claimToken: null, error: 'held: the key is being changed' },
    { state: 'due', claimToken: null, error: 'held: also here' },
  ])
  expect((await pipelinesIn(database)).map(({ liveAttempts }) => liveAttempts)).toEqual([1, 1, 0])
  expect((await board()).reasons).toMatchObject({
    1: 'held by @ada since 2026-11-21 09:00 UTC: the key is being changed; then attempt 1 of 3',
    3: 'waiting: 2 of 2 running; then attempt 1 of 3',
  })
})

test('a running stage continues while held and says who holds it; a done pipeline does not count as held', async () => {
  await label(1)
  const [claimed] = await answerQuestions()
  await applyOrThrow(
    testDoor,
    dispatchResultOf(claimed as never, { state: 'confirmed', runId: 5, url: '' }, advance()),
    claimed,
  )
  await applyOrThrow(testDoor, runChangedOf(claimed as never, 5, advance(), null))
  await applyCommand('/andon hold repository release week')
  const { counts, rows } = await board()
  expect(counts).toMatchObject({ running: 1, held: 1, needsYou: 1 })
  expect(rows[0]).toMatchObject({ light: 'running', held: true })
  expect(rows[0]?.reason).toContain('the repository is held by @ada since 2026-11-21 09:00 UTC: release week')
  await applyOrThrow(testDoor, runChangedOf(claimed as never, 5, advance(), 'success'))
  expect((await board()).counts).toMatchObject({ held: 0, needsYou: 0 })
})

test('a hold of a repository, or of everything, is published for every live pipeline under it', async () => {
  for (const number of [1, 2, 3]) await label(number)
  await label(9, 2)
  await answerQuestions()
  await watch()
  const revisions = async () => (await pipelinesIn(database)).map(({ revision }) => revision)
  let before = await revisions()
  const changed = async () => {
    const after = await revisions()
    const which = after.map((revision, index) => revision > before[index]!)
    before = after
    return which
  }
  await applyCommand('/andon hold repository release week', { on: 77 })
  await watch()
  expect(await changed()).toEqual([true, true, true, false])
  await operator('GitHub is down')
  await watch()
  expect(await changed()).toEqual([true, true, true, true])
  await watch()
  expect(await changed()).toEqual([false, false, false, false])
})

test('the operator’s hold of everything outlives a restart, and what waited starts after its release', async () => {
  expect(await operator('GitHub is down')).toMatchObject({ outcome: 'done' })
  expect(await operator('again')).toMatchObject({ outcome: 'already' })
  for (const number of [1, 2, 3]) await label(number)
  await label(9, 2)
  expect(await answerQuestions()).toEqual([])
  await testDoor.close()
  testDoor = openTestDoor(database, { now })
  await label(4)
  expect(await answerQuestions()).toEqual([])
  const words = 'everything is held by root since 2026-11-21 09:00 UTC: GitHub is down'
  const { counts, reasons, holds } = await board()
  expect(counts).toMatchObject({ queued: 5, held: 5 })
  expect(reasons[1]).toBe(`waiting: ${words}; then attempt 1 of 3`)
  expect(holds).toMatchObject([{ repository: null, hold: { by: 'root', reason: 'GitHub is down' } }])
  expect(await operator(null)).toMatchObject({ outcome: 'done' })
  await watch()
  expect(numbersOf(await answerQuestions()).toSorted()).toEqual([1, 2, 9])
  expect((await board()).counts.held).toBe(0)
})
