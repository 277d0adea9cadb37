// The part of the app from the door to GitHub, so that tests can stop it in between: a real door, outboxes and client, a
// manual clock, and one fake GitHub in the same process. Due work is stored by hand; nothing is delivered.
import { randomUUID } from 'node:crypto'
import pino from 'pino'
import type { ChooseFault } from '../../../fake-github/faults.ts'
import { ACME, type Organization } from '../../../fake-github/organization.ts'
import type { CheckRun, Comment } from '../../../fake-github/world.ts'
import type { ApplyRequest, ApplyResult } from '../../../src/apply/apply-request.ts'
import { type Door, openDoor } from '../../../src/apply/door.ts'
import { openGitHub } from '../../../src/github/client.ts'
import { type Outbox, openOutbox } from '../../../src/outbox/outbox.ts'
import type { Effect } from '../../../src/pipeline/model/effects.ts'
import type { Pipeline } from '../../../src/pipeline/model/pipeline.ts'
import type { Database } from '../../../src/store/database.ts'
import { isInTransaction } from '../../../src/store/track-transactions.ts'
import { openTestDatabase, type TestDatabase } from '../../support/database.ts'
import { type FakeGitHub, openFakeGitHub } from '../../support/fake-github.ts'
import { type ManualClock, manualClock } from '../../support/manual-clock.ts'
import { REPOSITORY } from '../../support/pipeline-fixtures.ts'
import { secondsUntilDue } from './seconds-until-due.ts'

export const START = '2026-11-21T14:05:00.000Z'

/** One process: a door and an outbox on a database. */
export type Worker = { readonly database: Database; readonly door: Door; readonly outbox: Outbox }

export type OutboxWorld = {
  readonly database: TestDatabase
  readonly github: FakeGitHub
  readonly clock: ManualClock
  readonly door: Door
  readonly outbox: Outbox
  /** The events that the outboxes sent to the door, oldest first. */
  readonly arrivals: ApplyRequest[]
  /** What the door does with an event; a test may replace it. */
  onArrival: (arrival: ApplyRequest, door: Door) => Promise<ApplyResult>
  /** The fault of a request to GitHub; null: none. */
  fault: ChooseFault
  /** Another process, with a failing door or connections of its own. */
  openWorker(o?: { through?: (door: Door) => Door; database?: Database }): Worker
  openAnotherOutbox(through?: (door: Door) => Door): Outbox
  /** Comments of acme/widgets, on one issue or on all, oldest first. */
  comments(issueNumber?: number): readonly Comment[]
  checkRuns(): readonly CheckRun[]
  /** Stores the pipeline's next revision, and adds its issue and commits to GitHub; resolves to its id. */
  savePipeline(pipeline: Pipeline): Promise<number>
  /** Stores the effect, due at once, and adds its issue to GitHub; resolves to its id. */
  insertEffect(effect: Effect): Promise<number>
  /** Steps and moves the clock to the next due time, until nothing is left to publish or to perform. */
  drain(outboxes?: readonly Outbox[]): Promise<void>
  close(): Promise<void>
}

const ONLY_WIDGETS: Organization = { ...ACME, repositories: [{ name: 'widgets' }] }

/** Opens a world with one active installation and acme/widgets in it. */
export async function openOutboxWorld(
  o: { kind?: Database['kind']; organization?: Organization } = {},
): Promise<OutboxWorld> {
  const { kind, organization = ONLY_WIDGETS } = o
  const database = await openTestDatabase(kind)
  const clock = manualClock(START)
  const { now } = clock
  const { installationId } = REPOSITORY
  const github = await openFakeGitHub({ organization, now, listens: false, installationId })
  const log = pino({ level: process.env.ANDON_TEST_LOG ?? 'silent' })
  const doors: Door[] = []
  await insertRepositories(database, github)

  function openWorker({ through = (same: Door) => same, database: own = database as Database } = {}): Worker {
    const door = openDoor({ database: own, now, log })
    doors.push(door)
    const tapped: Door = {
      ...door,
      async apply(arrival) {
        world.arrivals.push(arrival)
        return await world.onArrival(arrival, door)
      },
    }
    const { appId, privateKey, url: apiUrl } = github
    const client = openGitHub({ appId, privateKey, apiUrl, now, log, fetch: outsideTransactions(github.fetch) })
    const urls = { baseUrl: 'https://andon.example', githubUrl: 'https://github.example' }
    const outbox = openOutbox({
      database: own,
      door: through(tapped),
      github: client,
      now,
      log,
      ...urls,
      token: randomUUID,
    })
    return { database: own, door, outbox }
  }

  async function createIssue(number: number | null): Promise<void> {
    if (number !== null && !github.issue(REPOSITORY.fullName, number))
      await github.openIssue(REPOSITORY.fullName, { title: `Issue ${number}`, number })
  }

  const world: OutboxWorld = {
    database,
    github,
    clock,
    ...openFirst(),
    arrivals: [],
    fault: () => null,
    openWorker,
    openAnotherOutbox: (through) => openWorker(through && { through }).outbox,
    comments: (issueNumber) => github.comments(REPOSITORY.fullName, issueNumber),
    checkRuns: () => github.checkRuns(REPOSITORY.fullName),

    async savePipeline(pipeline) {
      await createIssue(pipeline.issue.number)
      for (const sha of commitsOf(pipeline)) github.addCommit(REPOSITORY.fullName, sha)
      const document = JSON.stringify(pipeline)
      const { id } = await database.kysely
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
      if ('issueNumber' in effect) await createIssue(effect.issueNumber)
      const { id } = await database.kysely
        .insertInto('effects')
        .values({
          repositoryId: REPOSITORY.id,
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

    async close() {
      for (const door of doors) await door.close()
      await github.close()
      await database.close()
    },
  }
  github.chooseFaults((request) => world.fault(request))
  return world

  function openFirst() {
    const { door, outbox } = openWorker()
    return { door, outbox, onArrival: (arrival: ApplyRequest, at: Door) => at.apply(arrival) }
  }
}

/** Steps an outbox while time passes; ends early, during the step, when that promise resolves. */
export async function stepWhileTimePasses(
  { clock }: Pick<OutboxWorld, 'clock'>,
  outbox: Outbox,
  o: { seconds: number; stride?: number; until?: Promise<unknown> },
): Promise<{ step?: Promise<number> }> {
  const stride = o.stride ?? 1
  for (let second = 0; second < o.seconds; second += stride) {
    const step = outbox.step()
    const ended = await Promise.race([step.then(() => false), ...(o.until ? [o.until.then(() => true)] : [])])
    if (ended) return { step }
    clock.advance(stride)
  }
  return {}
}

async function insertRepositories({ kysely }: Database, github: FakeGitHub): Promise<void> {
  const { installationId } = github
  await kysely.insertInto('installations').values({ id: installationId, account: 'acme', state: 'active' }).execute()
  const rows = github.repositories.map((fullName) => {
    return { id: github.repositoryId(fullName), fullName, private: false, defaultBranch: 'main', installationId }
  })
  await kysely
    .insertInto('repositories')
    .values(rows.map((row) => ({ ...row, updatedAt: START })))
    .execute()
}

function outsideTransactions(send: typeof fetch): typeof fetch {
  return async (input, init) => {
    if (isInTransaction()) throw new Error(`GitHub was asked inside a transaction: ${input}`)
    return await send(input, init)
  }
}

function commitsOf({ stages, pullRequests, baseSha }: Pipeline): readonly string[] {
  // One of the pipelines that are stored here is malformed on purpose.
  const runs = (stages ?? []).flatMap(({ attempts }) => attempts.flatMap(({ run }) => (run ? [run.headSha] : [])))
  return [...runs, ...pullRequests.map(({ headSha }) => headSha), ...(baseSha ? [baseSha] : [])]
}
