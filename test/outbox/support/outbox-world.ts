// An outbox with everything real around it but GitHub and the clock: the client, the database and its rows.
import { generateKeyPairSync, randomUUID } from 'node:crypto'
import pino from 'pino'
import type { ApplyRequest } from '../../../src/apply/apply-request.ts'
import type { Door } from '../../../src/apply/door.ts'
import { openGitHub } from '../../../src/github/client.ts'
import { type Outbox, openOutbox } from '../../../src/outbox/outbox.ts'
import type { Effect } from '../../../src/pipeline/model/effects.ts'
import type { Pipeline } from '../../../src/pipeline/model/pipeline.ts'
import type { Database } from '../../../src/store/database.ts'
import { saveEffectResults } from '../../../src/store/effects.ts'
import { openTestDatabase } from '../../support/database.ts'
import { type ManualClock, manualClock } from '../../support/manual-clock.ts'
import { API, APP_ID, type GitHubFetchStub, githubFetchStub } from './github-fetch-stub.ts'

export const START = '2026-11-21T14:05:00.000Z'

const privateKey = generateKeyPairSync('rsa', { modulusLength: 2048 })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString()

export type OutboxWorld = {
  readonly database: Database
  readonly github: GitHubFetchStub
  readonly clock: ManualClock
  readonly outbox: Outbox
  /** What came through the door, oldest first. */
  readonly arrivals: ApplyRequest[]
  /** What the door does with an arrival; it settles the effect as it is told unless told otherwise. */
  onArrival: (arrival: ApplyRequest) => Promise<{ duplicate: boolean }>
  /** Another process on the same database, with a door that fails it in some way. */
  openAnotherOutbox(through?: (door: Door) => Door): Outbox
  /** Writes the pipeline as its next revision; resolves to its id. */
  savePipeline(pipeline: Pipeline): Promise<number>
  /** Writes the effect, due at once; resolves to its id. */
  insertEffect(effect: Effect): Promise<number>
  /** Steps and moves the clock to whatever is next, until nothing is left to publish or to perform. */
  drain(outboxes?: readonly Outbox[]): Promise<void>
  close(): Promise<void>
}

/** Opens a world with one active installation and acme/widgets in it. */
export async function openOutboxWorld(): Promise<OutboxWorld> {
  const database = await openTestDatabase()
  const clock = manualClock(START)
  const { now } = clock
  const github = githubFetchStub(now)
  const log = pino({ level: process.env.ANDON_TEST_LOG ?? 'silent' })
  const { kysely } = database
  await kysely
    .insertInto('installations')
    .values({ id: 7, account: 'acme', state: 'active', updatedAt: START })
    .execute()
  await kysely
    .insertInto('repositories')
    .values({
      id: 1,
      installationId: 7,
      fullName: 'acme/widgets',
      private: false,
      defaultBranch: 'main',
      updatedAt: START,
    })
    .execute()

  const door: Door = {
    async apply(arrival) {
      world.arrivals.push(arrival)
      return { ...(await world.onArrival(arrival)), state: 'applied' }
    },
    close: async () => undefined,
  }
  const open = (through: (door: Door) => Door = (same) => same) => {
    const client = openGitHub({ appId: APP_ID, privateKey, apiUrl: API, fetch: github.fetch, now, log })
    return openOutbox({
      database,
      door: through(door),
      github: client,
      now,
      log,
      baseUrl: 'https://andon.example',
      githubUrl: 'https://github.example',
      token: randomUUID,
    })
  }

  const world: OutboxWorld = {
    database,
    github,
    clock,
    outbox: open(),
    arrivals: [],
    openAnotherOutbox: open,

    async onArrival({ effect }) {
      if (effect === undefined) return { duplicate: false }
      const settlement = { state: 'done', ...effect } as const
      const settled = await kysely.transaction().execute((trx) => saveEffectResults(trx, [settlement], now()))
      return { duplicate: !settled.has(effect.id) }
    },

    async savePipeline(pipeline) {
      const document = JSON.stringify(pipeline)
      const { id } = await kysely
        .insertInto('pipelines')
        .values({
          repositoryId: pipeline.repositoryId,
          issueNumber: pipeline.issue.number,
          revision: 1,
          document,
          light: 'running',
          stage: 'plan',
          since: now(),
          createdAt: now(),
          updatedAt: now(),
        })
        .onConflict((conflict) =>
          conflict
            .columns(['repositoryId', 'issueNumber'])
            .doUpdateSet((eb) => ({ document, revision: eb('pipelines.revision', '+', 1), updatedAt: now() })),
        )
        .returning('id')
        .executeTakeFirstOrThrow()
      return id
    },

    async insertEffect(effect) {
      const { id } = await kysely
        .insertInto('effects')
        .values({
          repositoryId: 1,
          type: effect.type,
          key: effect.key,
          document: JSON.stringify(effect),
          dueAt: now(),
          createdAt: now(),
          updatedAt: now(),
        })
        .returning('id')
        .executeTakeFirstOrThrow()
      return id
    },

    async drain(outboxes = [world.outbox]) {
      for (;;) {
        const done = await Promise.all(outboxes.map((outbox) => outbox.step()))
        if (done.some((count) => count > 0)) continue
        const seconds = await secondsUntilDue(database, now())
        if (seconds === null) return
        clock.advance(seconds)
      }
    },

    close: () => database.close(),
  }
  return world
}

/** How long nothing will be due, in whole steps of 50 ms; null when nothing is left. */
async function secondsUntilDue({ kysely }: Database, now: string): Promise<number | null> {
  const behind = (table: 'pipelines' | 'repositories') =>
    kysely
      .selectFrom(table)
      .select(['publishAfter', 'publishClaimToken', 'publishClaimedUntil'])
      .whereRef('publishedRevision', '<', 'revision')
      .execute()
  const subjects = [...(await behind('pipelines')), ...(await behind('repositories'))]
  const budget = await kysely.selectFrom('budgets').select(['nextWriteAt', 'blockedUntil']).executeTakeFirst()
  const effects = await kysely
    .selectFrom('effects')
    .select(['type', 'state', 'dueAt', 'claimedUntil'])
    .where('state', 'in', ['due', 'sending', 'unconfirmed'])
    .execute()
  const moments = [
    ...subjects.map(({ publishAfter, publishClaimToken, publishClaimedUntil }) => {
      const until = [budget?.nextWriteAt ?? null, budget?.blockedUntil ?? null]
      return latestMs([publishAfter, publishClaimToken && publishClaimedUntil, ...until])
    }),
    ...effects.map(({ type, state, dueAt, claimedUntil }) => {
      const isWrite = type !== 'ask' && state === 'due'
      return latestMs([dueAt, claimedUntil, budget?.blockedUntil ?? null, (isWrite && budget?.nextWriteAt) || null])
    }),
  ]
  if (moments.length === 0) return null
  const ms = Math.min(...moments) - Date.parse(now)
  return Math.max(50, ms) / 1000
}

function latestMs(moments: readonly (string | null)[]): number {
  return Math.max(...moments.map((at) => (at === null || at.endsWith('infinity') ? 0 : Date.parse(at))))
}
