// The whole desk: a site, a database with issue 42 whose first plan runs as run 901, tokens of an issuer it trusts.
import pino from 'pino'
import type { Door } from '../../../src/apply/door.ts'
import type { Event } from '../../../src/pipeline/model/events.ts'
import type { RunFact } from '../../../src/pipeline/model/facts.ts'
import type { Attempt, Ours, Pipeline } from '../../../src/pipeline/model/pipeline.ts'
import { openBook } from '../../../src/web/report-store.ts'
import { createReports } from '../../../src/web/reports.ts'
import { arrivalOf, door as openDoor, taken } from '../../apply/support/arrivals.ts'
import { AUDIENCE, type Issued, issued } from '../../github/support/token-issuer.ts'
import { freshDatabase } from '../../support/database.ts'
import { delivered, minute, REPOSITORY, runFact } from '../../support/pipeline-fixtures.ts'
import { openFloor, openSite } from './site-world.ts'

export const KEY = '42/plan/1-k3v9x'
export const RUN_ID = 901
export const NOW = '2026-11-21T12:00:00.000Z'

export type Desk = Pick<Issued, 'issuer' | 'wire' | 'pass'> & {
  readonly url: string
  /** A token of run 901, with some claims different. */
  token(claims?: Record<string, unknown>): Promise<string>
  post(body: unknown, token?: string): Promise<Response>
  /** What came to the door since the beginning. */
  readonly told: readonly Event[]
  beats(): Promise<readonly object[]>
  /** Lets the pipeline stand otherwise. */
  becomes(change: (pipeline: Pipeline) => Pipeline): Promise<void>
  readonly database: Awaited<ReturnType<typeof freshDatabase>>
  /** From now on the door turns everything away, or takes it again. */
  shut(error: Error | null): void
  /** As it was when it was opened. */
  reset(): Promise<void>
  close(): Promise<void>
}

export async function openDesk(): Promise<Desk> {
  const database = await freshDatabase()
  const inner = openDoor(database)
  const told: Event[] = []
  let shut: Error | null = null
  const door: Door = {
    ...inner,
    async apply(arrival) {
      if (shut) throw shut
      if (arrival.event) told.push(arrival.event)
      return inner.apply(arrival)
    },
  }
  await inner.apply(arrivalOf(taken(42)))
  let time = Date.parse(NOW)
  const issue = issued({ at: NOW })
  const book = openBook({ database, door, now: () => new Date(time).toISOString() })
  const site = await openSite(
    openFloor().reader,
    {},
    0,
    createReports({ prove: issue.prove, book, log: pino({ level: 'silent' }) }),
  )
  const token = (claims = {}) =>
    issue.token({ repository_id: String(REPOSITORY.id), run_id: String(RUN_ID), aud: AUDIENCE, ...claims })

  async function becomes(change: (pipeline: Pipeline) => Pipeline): Promise<void> {
    const { kysely } = database
    const { document } = await kysely.selectFrom('pipelines').select('document').executeTakeFirstOrThrow()
    await kysely
      .updateTable('pipelines')
      .set({ document: JSON.stringify(change(document)) })
      .execute()
  }
  const before = await database.kysely.selectFrom('pipelines').select('document').executeTakeFirstOrThrow()

  async function reset(): Promise<void> {
    issue.pass((Date.parse(NOW) - time) / 1000)
    time = Date.parse(NOW)
    shut = null
    told.length = 0
    await database.kysely.deleteFrom('beats').execute()
    await database.kysely.updateTable('repositories').set({ removedAt: null }).execute()
    await becomes(() => withAttempts(before.document, [attempt()]))
  }
  await reset()

  return {
    ...issue,
    url: site.url,
    token,
    told,
    database,
    becomes,
    pass(seconds) {
      time += seconds * 1000
      issue.pass(seconds)
    },
    async post(body, as) {
      return fetch(`${site.url}/api/reports`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${as ?? (await token())}` },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      })
    },
    beats: () => database.kysely.selectFrom('beats').selectAll().execute(),
    shut(error) {
      shut = error
    },
    reset,
    async close() {
      await site.close()
      await inner.close()
      await database.close()
    },
  }
}

const ADMITTED = {
  call: { id: 'start', at: minute(0), from: 'plan', evidence: delivered(minute(0)) },
  admittedAt: minute(1),
  evidence: delivered(minute(1)),
  ref: 'main',
  runId: RUN_ID,
  dispatch: null,
  report: null,
  asked: null,
  cancel: null,
  over: null,
  twins: [],
}

/** An attempt of ours at the plan, bound to run 901 and running, unless said otherwise. */
export function attempt(known: Partial<Attempt> & { ours?: Ours; run?: RunFact | null } = {}): Attempt {
  const { run = runFact({ id: RUN_ID, workflow: 'plan.yml', title: `andon ${KEY}` }) } = known
  return { number: 1, key: KEY, ours: ours(), ...known, run }
}

export function ours(known: Partial<Ours> = {}): Ours {
  return { ...ADMITTED, ...known }
}

/** The plan with these attempts. */
export function withAttempts(pipeline: Pipeline, attempts: readonly Attempt[]): Pipeline {
  const stages = pipeline.stages.map((stage) => (stage.name === 'plan' ? { ...stage, attempts } : stage))
  return { ...pipeline, stages }
}
