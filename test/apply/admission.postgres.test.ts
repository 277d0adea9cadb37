// Two processes share one Postgres: whatever they do at the same time, slots are given once, in order, and within the
// limit of each repository.

import { sql } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { seededRandom } from '../../fake-github/random.ts'
import type { Door } from '../../src/apply/door.ts'
import type { DispatchEffect } from '../../src/pipeline/model/effects.ts'
import type { Instant } from '../../src/pipeline/model/time.ts'
import { countLiveAttempts } from '../../src/pipeline/stages/attempts.ts'
import type { Database } from '../../src/store/database.ts'
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

/** Every commit records how many stages run in each repository; a commit with more than four fails. */
async function watchCommits(): Promise<void> {
  const { kysely } = database
  await sql`create table commits (repository_id bigint, running integer)`.execute(kysely)
  await sql`
    create function count_running() returns trigger language plpgsql as $$
    declare counted integer;
    begin
      select sum(live_attempts) into counted from pipelines where repository_id = new.repository_id;
      insert into commits values (new.repository_id, counted);
      if counted > 4 then raise exception 'more than four are running'; end if;
      return null;
    end $$`.execute(kysely)
  await sql`
    create constraint trigger count_running after insert or update of live_attempts on pipelines
    deferrable initially deferred for each row execute function count_running()`.execute(kysely)
}

const PIPELINES = repetitions(60, 200)

test('no commit leaves more than four of many pipelines running in any of three repositories', async () => {
  await watchCommits()
  const chance = seededRandom(randomSeed(11))
  const pick = () => chance.pick(doors)
  const text = andonYml({ stages: ['code', 'test'] })
  const issues = Array.from({ length: PIPELINES }, (_, index) => ({
    number: index + 1,
    repository: repositoryOf(1 + (index % 3)),
  }))
  const labels = issues.map(({ number, repository }) => ({ ...issueLabeled({ number, at: now() }), repository }))
  await Promise.all(chance.shuffle(labels).map((event) => applyOrThrow(pick(), event)))

  let runs = 0
  async function perform(claimed: ClaimedEffect): Promise<void> {
    const { effect } = claimed
    if (effect.type === 'ask')
      return void (await applyOrThrow(pick(), answerTo({ ...claimed, effect }, text, now()), claimed))
    if (effect.type !== 'dispatch') throw new Error(`nothing is to be cancelled: ${effect.key}`)
    await dispatched(claimed, effect)
  }
  async function dispatched(claimed: ClaimedEffect, effect: DispatchEffect): Promise<void> {
    const of = { repositoryId: claimed.repositoryId, effect }
    const id = ++runs
    await applyOrThrow(pick(), dispatchResultOf(of, { state: 'sending' }, now()), claimed, 'sending')
    const starts = [
      () =>
        applyOrThrow(
          pick(),
          dispatchResultOf(of, { state: 'confirmed', runId: id, url: 'https://example.org' }, now()),
          claimed,
        ),
      () => applyOrThrow(pick(), runChangedOf(of, id, now(), null)),
    ]
    await Promise.all(chance.shuffle(starts).map((step) => step()))
    await applyOrThrow(pick(), runChangedOf(of, id, now(), 'success'))
  }
  for (;;) {
    const claimed = (await Promise.all([database, other].map((at) => claimEffects(at, 8)))).flat()
    if (claimed.length === 0) break
    await Promise.all(chance.shuffle(claimed).map(perform))
  }

  const pipelines = await pipelinesIn(database)
  expect(pipelines.filter(({ document }) => document.stages.every(({ status }) => status === 'done'))).toHaveLength(
    PIPELINES,
  )
  expect(runs).toBe(2 * PIPELINES)
  expect(pipelines.map(({ liveAttempts: live }) => live)).toEqual(
    pipelines.map(({ document }) => countLiveAttempts(document)),
  )
  const { rows } = await sql<{ running: number; commits: number }>`
    select running, count(*)::integer as commits from commits group by running order by running`.execute(
    database.kysely,
  )
  expect(rows.at(-1)?.running).toBe(4)
  recordMeasurements('limit-of-four', {
    faults: runs,
    wrong: 0,
    pipelines: PIPELINES,
    repositories: 3,
    commits: rows.reduce((sum, { commits }) => sum + commits, 0),
    'most running at a commit': rows.at(-1)?.running ?? 0,
  })
})

test('many appliers of the same events at once dispatch each attempt exactly once', async () => {
  const chance = seededRandom(randomSeed(13))
  const text = andonYml({ running: 100 })
  const pools = [database, other, await openPostgresDatabase(database.url!, { connections: 20 })]
  const appliers = Array.from({ length: repetitions(24, 64) }, (_, index) =>
    openTestDoor(pools[index % pools.length]!, { now }),
  )
  const numbers = Array.from({ length: 20 }, (_, index) => index + 1)
  await applyOrThrow(doors[0]!, configurationAnswer(text))
  await Promise.all(numbers.map((number) => applyOrThrow(chance.pick(doors), issueLabeled({ number, at: now() }))))
  const questions = (await claimEffects(database, 100)).flatMap((claimed) =>
    claimed.effect.type === 'ask' ? [{ ...claimed, effect: claimed.effect }] : [],
  )
  expect(questions.filter(({ effect }) => effect.question.about === 'permission')).toHaveLength(20)
  // Each applier gets every event in deliveries of its own: events may be delivered any number of times.
  const applications = appliers.flatMap((applier) =>
    questions.map((claimed) => () => applyOrThrow(applier, answerTo(claimed, text, now()))),
  )
  await Promise.all(chance.shuffle(applications).map((step) => step()))
  const effects = await database.kysely
    .selectFrom('effects')
    .select('document')
    .where('type', '=', 'dispatch')
    .execute()
  const attempts = effects.map(({ document }) => {
    return document.type === 'dispatch' && `${document.issueNumber}/${document.stage}/${document.attempt}`
  })
  expect(attempts.toSorted()).toEqual(numbers.map((number) => `${number}/code/1`).toSorted())
  recordMeasurements('limit-of-four', {
    faults: applications.length,
    doubled: 0,
    appliers: appliers.length,
    dispatches: attempts.length,
  })
  for (const applier of appliers) await applier.close()
  await pools[2]?.close()
})
