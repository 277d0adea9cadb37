// A site, a database with issue 42 whose first plan runs as run 901, and tokens of an issuer that the site trusts.
import pino from 'pino'
import type { Door } from '../../../src/apply/door.ts'
import type { Event } from '../../../src/pipeline/model/events.ts'
import type { RunFact } from '../../../src/pipeline/model/facts.ts'
import type { Attempt, AttemptControl, Pipeline } from '../../../src/pipeline/model/pipeline.ts'
import { openReportStore } from '../../../src/web/report-store.ts'
import { createReportEndpoint } from '../../../src/web/reports.ts'
import { arrivalOf, labelIssue, openTestDoor as openDoor } from '../../apply/support/arrivals.ts'
import { AUDIENCE, openTokenIssuer, type TokenIssuer } from '../../github/support/token-issuer.ts'
import { openTestDatabase } from '../../support/database.ts'
import { deliveryEvidence, minutesAfterNine, REPOSITORY, runFact } from '../../support/pipeline-fixtures.ts'
import { openSite, openStubBoard } from './site-world.ts'

export const KEY = '42/plan/1-k3v9x'
export const RUN_ID = 901
const NOW = '2026-11-21T12:00:00.000Z'

export type ReportWorld = Pick<TokenIssuer, 'issuer' | 'setNetwork' | 'advance'> & {
  readonly url: string
  /** A token of run 901, with some claims different. */
  token(claims?: Record<string, unknown>): Promise<string>
  post(body: unknown, token?: string): Promise<Response>
  /** The events that reached the door so far. */
  readonly events: readonly Event[]
  beats(): Promise<readonly object[]>
  /** Replaces the stored pipeline. */
  changePipeline(change: (pipeline: Pipeline) => Pipeline): Promise<void>
  readonly database: Awaited<ReturnType<typeof openTestDatabase>>
  /** Makes the door fail from now on, or accept events again. */
  failDoor(error: Error | null): void
  /** Restores the state that it was opened with. */
  reset(): Promise<void>
  close(): Promise<void>
}

export async function openReportWorld(): Promise<ReportWorld> {
  const database = await openTestDatabase()
  const inner = openDoor(database)
  const events: Event[] = []
  let shut: Error | null = null
  const door: Door = {
    ...inner,
    async apply(arrival) {
      if (shut) throw shut
      if (arrival.event) events.push(arrival.event)
      return inner.apply(arrival)
    },
  }
  await inner.apply(arrivalOf(labelIssue(42)))
  let time = Date.parse(NOW)
  const issue = openTokenIssuer({ at: NOW })
  const book = openReportStore({ database, door, now: () => new Date(time).toISOString() })
  const site = await openSite(
    openStubBoard().reader,
    {},
    0,
    createReportEndpoint({ verify: issue.verify, store: book, log: pino({ level: 'silent' }) }),
  )
  const token = (claims = {}) =>
    issue.token({ repository_id: String(REPOSITORY.id), run_id: String(RUN_ID), aud: AUDIENCE, ...claims })

  async function changePipeline(change: (pipeline: Pipeline) => Pipeline): Promise<void> {
    const { kysely } = database
    const { document } = await kysely.selectFrom('pipelines').select('document').executeTakeFirstOrThrow()
    await kysely
      .updateTable('pipelines')
      .set({ document: JSON.stringify(change(document)) })
      .execute()
  }
  const before = await database.kysely.selectFrom('pipelines').select('document').executeTakeFirstOrThrow()

  async function reset(): Promise<void> {
    issue.advance((Date.parse(NOW) - time) / 1000)
    time = Date.parse(NOW)
    shut = null
    events.length = 0
    await database.kysely.deleteFrom('beats').execute()
    await database.kysely.updateTable('repositories').set({ removedAt: null }).execute()
    await changePipeline(() => withAttempts(before.document, [runningAttempt()]))
  }
  await reset()

  return {
    ...issue,
    url: site.url,
    token,
    events,
    database,
    changePipeline,
    advance(seconds) {
      time += seconds * 1000
      issue.advance(seconds)
    },
    async post(body, as) {
      return fetch(`${site.url}/api/reports`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${as ?? (await token())}` },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      })
    },
    beats: () => database.kysely.selectFrom('beats').selectAll().execute(),
    failDoor(error) {
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
  trigger: { id: 'start', at: minutesAfterNine(0), from: 'plan', evidence: deliveryEvidence(minutesAfterNine(0)) },
  admittedAt: minutesAfterNine(1),
  evidence: deliveryEvidence(minutesAfterNine(1)),
  ref: 'main',
  runId: RUN_ID,
  dispatch: null,
  report: null,
  cancel: null,
  closed: null,
  duplicateRuns: [],
}

/** An attempt that Andon dispatched for the plan; bound to run 901 and running, unless overridden. */
export function runningAttempt(
  known: Partial<Attempt> & { control?: AttemptControl; run?: RunFact | null } = {},
): Attempt {
  const { run = runFact({ id: RUN_ID, workflow: 'plan.yml', title: `andon ${KEY}` }) } = known
  return { number: 1, key: KEY, control: dispatchedBy(), ...known, run }
}

export function dispatchedBy(known: Partial<AttemptControl> = {}): AttemptControl {
  return { ...ADMITTED, ...known }
}

/** The plan with these attempts. */
export function withAttempts(pipeline: Pipeline, attempts: readonly Attempt[]): Pipeline {
  const stages = pipeline.stages.map((stage) => (stage.name === 'plan' ? { ...stage, attempts } : stage))
  return { ...pipeline, stages }
}
