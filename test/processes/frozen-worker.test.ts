// Workers that are frozen past their claim with SIGSTOP and continued with SIGCONT: before and after the commit that checks
// the claim, and between that commit and the call, whose request then reaches GitHub late, after others may have sent
// another. A worker that never freezes continues meanwhile.
import { sql } from 'kysely'
import { afterEach, expect, test } from 'vitest'
import { seededRandom } from '../../fake-github/random.ts'
import type { Database } from '../../src/store/database.ts'
import { randomSeed, recordMeasurements, repetitions } from '../support/measurements.ts'
import type { CrashBoundary } from './support/crash-point.ts'
import { ONE_STAGE_ANDON_YML, unfinishedWork } from './support/expect-single-run.ts'
import { openWorkerFleet, type WorkerFleet } from './support/worker-fleet.ts'

const FACTOR = repetitions(20, 10)
/** How many are frozen at once. */
const AT_ONCE = repetitions(2, 10)
/** Others send a dispatch again after looking for its run twice, two minutes apart. */
const UNTIL_SENT_AGAIN_SECONDS = repetitions(30, 165)
const MINUTE_MS = 60_000
const LONG_AGO_MS = 10 * MINUTE_MS
const BETWEEN_ISSUES_MS = 700
const MOST_ISSUES = 15 * AT_ONCE

let fleet: WorkerFleet
afterEach(() => fleet.close())

test('a worker frozen past its claim leaves no second live run a minute later, and writes nothing stale', async () => {
  fleet = await openWorkerFleet({ factor: FACTOR, configuration: ONE_STAGE_ANDON_YML })
  const { github, database } = fleet
  await watchWrites(database)
  github.onDispatch((run) => run.start())
  // Some of the runs are never delivered.
  github.deliveries.injectFaults({ drop: repetitions(0, 0.3) })
  const freezes = repetitions(2, 100)
  let between = 0
  for (let frozen = 0; frozen < freezes; frozen += AT_ONCE) {
    const places = freezePoints(frozen / AT_ONCE)
    await freezeAndThaw(places)
    between += places.filter((at) => at === BETWEEN).length
    endRuns(LONG_AGO_MS)
  }
  endRuns(0)
  // Issues that no worker reached before are finished in the end.
  github.onDispatch((run) => run.succeed())
  github.deliveries.clearFaults()
  await fleet.finishAlone(async () => (await unfinishedWork(fleet)).length === 0, 4 * 3_600)
  const stale = await sql<{ what: string }>`select what from stale_writes`.execute(database.kysely)
  expect(stale.rows).toEqual([])
  const duplicates = github.runs.length - new Set(github.runs.map(({ state }) => state.title)).size
  const cancelled = github.runs.filter(({ state }) => state.conclusion === 'cancelled').length
  expect(cancelled).toBe(duplicates)
  recordMeasurements('frozen', {
    faults: freezes,
    doubled: 0,
    stuck: 0,
    wrong: 0,
    'between check and call': between,
    'sent a second time': duplicates,
  })
})

const BETWEEN = 'before: dispatch'

/** Half of them freeze between the claim's check and the call. One at a time freezes inside a transaction, with its locks. */
function freezePoints(round: number): readonly CrashBoundary[] {
  const inside = round % 2 === 0 ? 'before: a dispatch is confirmed' : 'before: a dispatch is sending'
  const elsewhere = ['after: a dispatch is sending', 'after: dispatch', 'after: a dispatch is claimed', inside] as const
  return Array.from({ length: AT_ONCE }, (_, index) => {
    return index % 2 === 0 ? BETWEEN : (elsewhere[(index - 1) / 2] ?? 'after: a dispatch is sending')
  })
}

/** No other worker runs until all of these are frozen; then one starts, and they are continued one after the other. */
async function freezeAndThaw(places: readonly CrashBoundary[]): Promise<void> {
  const { github, repository } = fleet
  const chance = seededRandom(randomSeed() + github.runs.length)
  const workers = await Promise.all(places.map((at) => fleet.startWorker({ at, signal: 'SIGSTOP' })))
  const isFrozen = workers.map(() => false)
  for (let issues = 0; isFrozen.includes(false); issues += 1) {
    if (issues === MOST_ISSUES) throw new Error(`not every worker freezes: ${places.filter((_, at) => !isFrozen[at])}`)
    await github.openIssue(repository, { title: 'Retry on flaky upload', labels: ['andon'] })
    const seen = await Promise.all(workers.map((worker) => worker.reachedCrashPoint(BETWEEN_ISSUES_MS)))
    for (const [index, reached] of seen.entries()) isFrozen[index] ||= reached
  }
  const steady = await fleet.startWorker()
  await pass(UNTIL_SENT_AGAIN_SECONDS)
  for (const worker of workers) {
    worker.thaw()
    await pass(chance.integer(repetitions(2, 8)))
  }
  await pass(65)
  expectNoDuplicateRuns()
  await Promise.all([steady, ...workers].map((worker) => worker.kill()))
}

/** Waits on the fast clock. */
function pass(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, (seconds * 1000) / FACTOR))
}

/** Ends the runs that started longer ago than that. */
function endRuns(olderThanMs: number): void {
  const since = Date.parse(fleet.now()) - olderThanMs
  for (const run of fleet.github.runs) if (Date.parse(run.state.createdAt) <= since) run.succeed()
}

/** Of the live runs of one attempt, all but the oldest are younger than a minute. */
function expectNoDuplicateRuns(): void {
  const { github } = fleet
  const live = github.runs.filter(({ state }) => state.status !== 'completed')
  const oldest = new Map<string, number>()
  for (const { id, state } of live) oldest.set(state.title, Math.min(id, oldest.get(state.title) ?? id))
  const aMinuteAgo = Date.parse(fleet.now()) - MINUTE_MS
  const duplicates = live.filter(({ id, state }) => {
    return id !== oldest.get(state.title) && Date.parse(state.createdAt) < aMinuteAgo
  })
  expect(duplicates.map(({ id, state }) => `${state.title}: ${id}, since ${state.createdAt}`)).toEqual([])
}

/**
 * Records every write to an effect by a process that was not the last to claim it. Any process may find the result of an
 * effect on GitHub, and then write that it is done.
 */
async function watchWrites({ kysely }: Database): Promise<void> {
  await sql`create table holders (effect_id bigint primary key, process text not null)`.execute(kysely)
  await sql`create table stale_writes (what text not null)`.execute(kysely)
  await sql`
    create function watch_write() returns trigger language plpgsql as $$
    declare
      me text := current_setting('application_name');
      holder text := (select process from holders where effect_id = new.id);
    begin
      if new.claim_token is not null and new.claim_token is distinct from old.claim_token then
        insert into holders values (new.id, me) on conflict (effect_id) do update set process = me;
      elsif (new.claim_token is distinct from old.claim_token or new.state <> old.state)
        and new.state <> 'done' and holder is distinct from me then
        insert into stale_writes values (format('%s: %s to %s by %s, held by %s', new.key, old.state, new.state, me, holder));
      end if;
      return null;
    end $$`.execute(kysely)
  await sql`create trigger watch_write after update on effects for each row execute function watch_write()`.execute(
    kysely,
  )
}
