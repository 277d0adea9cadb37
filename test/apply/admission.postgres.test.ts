// Two processes share one Postgres: whatever they do at the same time, slots are given once, in order, and to each
// repository its own.

import { sql } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Door } from '../../src/apply/door.ts'
import { liveAttempts } from '../../src/pipeline/admission.ts'
import type { DispatchEffect } from '../../src/pipeline/model/effects.ts'
import type { Instant } from '../../src/pipeline/model/time.ts'
import type { Database } from '../../src/store/database.ts'
import { openPostgres } from '../../src/store/postgres.ts'
import { type FreshDatabase, freshDatabase } from '../support/database.ts'
import { howMany, record, runSeed } from '../support/measurements.ts'
import { labelled } from '../support/pipeline-fixtures.ts'
import { seeded } from '../support/seeded-random.ts'
import { configurationIs, door, pipelinesIn } from './support/arrivals.ts'
import { answerTo, type Claimed, claim, fileOf, repositoryOf, runOf, tell, told } from './support/effect-worker.ts'

let database: FreshDatabase
let other: Database
let doors: readonly Door[]
let second = 0

const now = (): Instant => new Date(Date.UTC(2026, 10, 21, 9) + 1000 * second++).toISOString()

beforeEach(async () => {
  database = await freshDatabase('postgres')
  other = await openPostgres(database.url!)
  doors = [door(database, { now }), door(other, { now })]
})

afterEach(async () => {
  for (const opened of doors) await opened.close()
  await other.close()
  await database.close()
})

/** Every commit leaves behind how much was running in each repository; more than four and it does not come to be. */
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

const PIPELINES = howMany(60, 200)

test('of many pipelines in three repositories never more than four run at once in any of them, at any commit', async () => {
  await watchCommits()
  const chance = seeded(runSeed(11))
  const pick = () => chance.pick(doors)
  const text = fileOf({ stages: ['code', 'test'] })
  const issues = Array.from({ length: PIPELINES }, (_, index) => ({
    number: index + 1,
    repository: repositoryOf(1 + (index % 3)),
  }))
  const labels = issues.map(({ number, repository }) => ({ ...labelled({ number, at: now() }), repository }))
  await Promise.all(chance.shuffle(labels).map((event) => tell(pick(), event)))

  let runs = 0
  async function perform(held: Claimed): Promise<void> {
    const { effect } = held
    if (effect.type === 'ask') return void (await tell(pick(), answerTo({ ...held, effect }, text, now()), held))
    if (effect.type !== 'dispatch') throw new Error(`nothing is to be cancelled: ${effect.key}`)
    await dispatched(held, effect)
  }
  async function dispatched(held: Claimed, effect: DispatchEffect): Promise<void> {
    const of = { repositoryId: held.repositoryId, effect }
    const id = ++runs
    await tell(pick(), told(of, { state: 'sending' }, now()), held, 'sending')
    const begun = [
      () => tell(pick(), told(of, { state: 'confirmed', runId: id, url: 'https://example.org' }, now()), held),
      () => tell(pick(), runOf(of, id, now(), null)),
    ]
    await Promise.all(chance.shuffle(begun).map((step) => step()))
    await tell(pick(), runOf(of, id, now(), 'success'))
  }
  for (;;) {
    const held = (await Promise.all([database, other].map((at) => claim(at, 8)))).flat()
    if (held.length === 0) break
    await Promise.all(chance.shuffle(held).map(perform))
  }

  const pipelines = await pipelinesIn(database)
  expect(pipelines.filter(({ document }) => document.stages.every(({ status }) => status === 'done'))).toHaveLength(
    PIPELINES,
  )
  expect(runs).toBe(2 * PIPELINES)
  expect(pipelines.map(({ liveAttempts: live }) => live)).toEqual(
    pipelines.map(({ document }) => liveAttempts(document)),
  )
  const { rows } = await sql<{ running: number; commits: number }>`
    select running, count(*)::integer as commits from commits group by running order by running`.execute(
    database.kysely,
  )
  expect(rows.at(-1)?.running).toBe(4)
  record('limit-of-four', {
    pipelines: PIPELINES,
    attempts: runs,
    repositories: 3,
    commits: rows.reduce((sum, { commits }) => sum + commits, 0),
    'most running at a commit': rows.at(-1)?.running ?? 0,
  })
})

test('however many appliers tell the same at once, an attempt is dispatched exactly once', async () => {
  const chance = seeded(runSeed(13))
  const text = fileOf({ running: 100 })
  const pools = [database, other, await openPostgres(database.url!, { connections: 20 })]
  const appliers = Array.from({ length: howMany(24, 64) }, (_, index) => door(pools[index % pools.length]!, { now }))
  const numbers = Array.from({ length: 20 }, (_, index) => index + 1)
  await tell(doors[0]!, configurationIs(text))
  await Promise.all(numbers.map((number) => tell(chance.pick(doors), labelled({ number, at: now() }))))
  const questions = (await claim(database, 100)).flatMap((held) =>
    held.effect.type === 'ask' ? [{ ...held, effect: held.effect }] : [],
  )
  expect(questions.filter(({ effect }) => effect.question.about === 'permission')).toHaveLength(20)
  // Each applier is told everything, as deliveries of its own: what is true however often it is told.
  const told = appliers.flatMap((applier) => questions.map((held) => () => tell(applier, answerTo(held, text, now()))))
  await Promise.all(chance.shuffle(told).map((step) => step()))
  const effects = await database.kysely
    .selectFrom('effects')
    .select('document')
    .where('type', '=', 'dispatch')
    .execute()
  const attempts = effects.map(({ document }) => {
    return document.type === 'dispatch' && `${document.issueNumber}/${document.stage}/${document.attempt}`
  })
  expect(attempts.toSorted()).toEqual(numbers.map((number) => `${number}/code/1`).toSorted())
  record('limit-of-four', { tellings: told.length, appliers: appliers.length, dispatches: attempts.length, twice: 0 })
  for (const applier of appliers) await applier.close()
  await pools[2]?.close()
})
