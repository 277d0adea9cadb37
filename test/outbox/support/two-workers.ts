// Two workers on one Postgres, each with a door, an outbox and connections of its own, over one GitHub that begins a run
// whenever it is asked. The database writes down in which order the commits came that say `sending`, and those that
// pull a cord or let it go: they are made under locks that exclude each other, so that order is the real one.
import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import pino from 'pino'
import type { Door } from '../../../src/apply/door.ts'
import { openGitHub } from '../../../src/github/client.ts'
import { type Outbox, openOutbox } from '../../../src/outbox/outbox.ts'
import type { Instant } from '../../../src/pipeline/model/time.ts'
import type { Database } from '../../../src/store/database.ts'
import { openPostgresDatabase } from '../../../src/store/postgres.ts'
import { configurationAnswer, openTestDoor } from '../../apply/support/arrivals.ts'
import { andonYml, answerTo, applyOrThrow, claimEffects, repositoryOf } from '../../apply/support/effect-worker.ts'
import { openTestDatabase } from '../../support/database.ts'
import { issueLabeled } from '../../support/pipeline-fixtures.ts'
import { API, APP_ID, githubFetchStub } from './github-fetch-stub.ts'
import { type StubRun, stubRuns } from './stub-runs.ts'

const FILE = `${andonYml({ running: 100 })}checks: { before_pull_request: off }\ncomments: off\n`

export type Worker = { readonly database: Database; readonly door: Door; readonly outbox: Outbox }

export type TwoWorkers = {
  readonly workers: readonly [Worker, Worker]
  readonly runs: readonly StubRun[]
  now(): Instant
  /** The next hour: everything after it is later than what was before. */
  advanceHour(): void
  /** Called with every dispatch that reaches GitHub. */
  onDispatch: () => void
  /** That many issues of a repository wait to be sent. */
  queueDispatches(repositoryId: number, issues: number): Promise<void>
  /** Commits in their order: `sending`, or what was said about a cord. */
  commits(): Promise<readonly { readonly change: string; readonly repositoryId: number | null }[]>
  /** Steps both until neither has anything left to do, nor a few seconds later. */
  drain(): Promise<void>
  close(): Promise<void>
}

const privateKey = generateKeyPairSync('rsa', { modulusLength: 2048 })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString()

export async function openTwoWorkers(): Promise<TwoWorkers> {
  let at = Date.parse('2026-11-21T09:00:00.000Z')
  const now = () => new Date(at).toISOString()
  const log = pino({ level: process.env.ANDON_TEST_LOG ?? 'silent' })
  const first = await openTestDatabase('postgres')
  const second = await openPostgresDatabase(first.url ?? '')
  const github = githubFetchStub(now)
  const runs = stubRuns()
  await recordCommits(first)

  function open(database: Database): Worker {
    const opened = openTestDoor(database, { now })
    const client = openGitHub({ appId: APP_ID, privateKey, apiUrl: API, fetch: github.fetch, now, log })
    const urls = { baseUrl: 'https://andon.example', githubUrl: 'https://github.com' }
    const outbox = openOutbox({ database, door: opened, github: client, now, log, ...urls, token: randomUUID })
    return { database, door: opened, outbox }
  }
  const workers = [open(first), open(second)] as const

  const world: TwoWorkers = {
    workers,
    runs: runs.all,
    now,
    advanceHour() {
      at += 3_600_000
    },
    onDispatch: () => undefined,
    async queueDispatches(repositoryId, issues) {
      const repository = repositoryOf(repositoryId)
      const numbers = Array.from({ length: issues }, (_, index) => index + 1)
      const [{ door: first }] = workers
      await applyOrThrow(first, { ...configurationAnswer(FILE, { at: now() }), repository })
      await Promise.all(
        numbers.map((number) => applyOrThrow(first, { ...issueLabeled({ number, at: now() }), repository })),
      )
      const asked = (await claimEffects(workers[0].database, 1_000)).flatMap((held) =>
        held.effect.type === 'ask' ? [{ ...held, effect: held.effect }] : [],
      )
      await Promise.all(asked.map((held) => applyOrThrow(first, answerTo(held, FILE, now()), held)))
    },
    async commits() {
      const { rows } = await sql<{ change: string; repositoryId: number | null }>`
        select change, repository_id from commits order by id`.execute(first.kysely)
      return rows
    },
    async drain() {
      // What had to let a reaction or a reply go first has its turn a moment later.
      for (let idle = 0; idle < 2; at += idle * 2_000) {
        const done = await Promise.all(workers.map(({ outbox }) => outbox.step()))
        idle = done.some((count) => count > 0) ? 0 : idle + 1
      }
    },
    async close() {
      for (const worker of workers) await worker.door.close()
      await second.close()
      await first.close()
    },
  }
  github.respond = (request) => {
    if (request.method === 'POST' && request.path.endsWith('/dispatches')) world.onDispatch()
    return runs.respond(request)
  }
  return world
}

async function recordCommits({ kysely }: Database): Promise<void> {
  await sql`create table commits (id bigint generated always as identity, change text, repository_id bigint)`.execute(
    kysely,
  )
  await sql`
    create function note_sending() returns trigger language plpgsql as $$ begin
      insert into commits (change, repository_id) values ('sending', new.repository_id); return null; end $$;
    create function note_repository() returns trigger language plpgsql as $$ begin
      insert into commits (change, repository_id) values (coalesce(new.hold_or_release ->> 'reason', 'resumed'), new.id); return null; end $$;
    create function note_everything() returns trigger language plpgsql as $$ begin
      insert into commits (change) values (coalesce(new.hold_or_release ->> 'reason', 'resumed')); return null; end $$;
    create constraint trigger note_sending after update on effects deferrable initially deferred
      for each row when (new.state = 'sending' and old.state <> 'sending') execute function note_sending();
    create constraint trigger note_repository after update on repositories deferrable initially deferred
      for each row when (new.hold_or_release is distinct from old.hold_or_release) execute function note_repository();
    create constraint trigger note_everything after update on global_hold deferrable initially deferred
      for each row when (new.hold_or_release is distinct from old.hold_or_release) execute function note_everything();
    -- GitHub's patience is somebody else's test: here everything may be sent at once.
    create function forget_budget() returns trigger language plpgsql as $$ begin
      new.next_write_at = '-infinity'; new.creations = '[]'; return new; end $$;
    create trigger forget_budget before insert or update on budgets for each row execute function forget_budget()`.execute(
    kysely,
  )
}
