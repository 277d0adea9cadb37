// A line that admits attempts and binds their runs, as far as the outbox can tell: what the door does with its arrivals.

import type { ApplyRequest } from '../../../src/apply/apply-request.ts'
import type { Outbox } from '../../../src/outbox/outbox.ts'
import { parseAttemptKey } from '../../../src/pipeline/facts/correlate.ts'
import type { Effect } from '../../../src/pipeline/model/effects.ts'
import type { DispatchOutcome } from '../../../src/pipeline/model/events.ts'
import type { Attempt, AttemptControl } from '../../../src/pipeline/model/pipeline.ts'
import { describeDispatch } from '../../../src/render/dispatch-reason.ts'
import { completeEffects } from '../../../src/store/effects.ts'
import { EVIDENCE, pipelineOf } from '../../support/pipeline-documents.ts'
import { type OutboxWorld, openOutboxWorld } from './outbox-world.ts'
import { type StubRuns, stubRuns } from './stub-runs.ts'

export type DispatchWorld = {
  readonly world: OutboxWorld
  readonly runs: StubRuns
  /** What was told of each attempt, by key. */
  readonly results: ReadonlyMap<string, readonly DispatchOutcome[]>
  /** The run that each attempt was bound to. */
  readonly boundRuns: ReadonlyMap<string, number>
  /** An issue is given an attempt at `plan`, to be dispatched at once; resolves to its key. */
  admit(issueNumber: number): Promise<string>
  /** The attempt is given up before its run is known. */
  abandon(issueNumber: number, key: string): Promise<void>
  /** With its reason in words. */
  lastResult(key: string): DispatchOutcomeInWords | undefined
  effects(): Promise<readonly { key: string; state: string; tries: number; error: string | null }[]>
}

export async function openDispatchWorld(): Promise<DispatchWorld> {
  const world = await openOutboxWorld()
  const runs = stubRuns()
  world.github.respond = runs.respond
  const results = new Map<string, DispatchOutcome[]>()
  const boundRuns = new Map<string, number>()
  const settle = world.onArrival

  async function adopt(key: string, runId: number): Promise<void> {
    const known = boundRuns.get(key)
    boundRuns.set(key, Math.min(runId, known ?? runId))
    await world.database.kysely
      .transaction()
      .execute((trx) => completeEffects(trx, [{ repositoryId: 1, key: `dispatch/${key}` }], world.clock.now()))
    if (known === undefined || known === runId) return
    const twin = Math.max(runId, known)
    if (cancelled.has(twin)) return
    cancelled.add(twin)
    const issueNumber = parseAttemptKey(key)?.issueNumber ?? 0
    await world.insertEffect({
      type: 'cancel',
      key: `cancel/${twin}`,
      runId: twin,
      issueNumber,
      attemptKey: key,
      force: false,
    })
  }
  const cancelled = new Set<number>()

  world.onArrival = async (arrival: ApplyRequest) => {
    const { duplicate } = await settle(arrival)
    if (duplicate) return { duplicate }
    const { event } = arrival
    if (event?.type === 'dispatch.updated') {
      results.set(event.key, [...(results.get(event.key) ?? []), event.outcome])
      if (event.outcome.state === 'confirmed') await adopt(event.key, event.outcome.runId)
    }
    if (event?.type === 'run.changed') {
      const key = parseAttemptKey(event.run.title)?.key
      if (key !== undefined) await adopt(key, event.run.id)
    }
    return { duplicate }
  }

  async function put(issueNumber: number, attempt: Attempt): Promise<void> {
    const issue = { ...pipelineOf({}).issue, number: issueNumber }
    await world.savePipeline(
      pipelineOf({ plan: { status: 'queued', since: EVIDENCE.at, attempts: [attempt] } }, { issue }),
    )
    // Nothing is published here: this is about what must happen once.
    await world.database.kysely
      .updateTable('pipelines')
      .set((eb) => ({ publishedRevision: eb.ref('revision') }))
      .execute()
  }

  return {
    world,
    runs,
    results,
    boundRuns,
    lastResult: (key) => results.get(key)?.map(outcomeInWords).at(-1),
    async admit(issueNumber) {
      const key = `${issueNumber}/plan/1-k3v9x`
      await put(issueNumber, { number: 1, key, run: null, control: DISPATCHED })
      await world.insertEffect(dispatchEffect(issueNumber, key))
      return key
    },
    async abandon(issueNumber, key) {
      const closed = { kind: 'cancelled', by: 'ada', at: EVIDENCE.at, evidence: EVIDENCE } as const
      await put(issueNumber, { number: 1, key, run: null, control: { ...DISPATCHED, closed } })
    },
    async effects() {
      return await world.database.kysely
        .selectFrom('effects')
        .select(['key', 'state', 'tries', 'error'])
        .orderBy('id')
        .execute()
    },
  }
}

const DISPATCHED: AttemptControl = {
  trigger: { id: 'start', at: EVIDENCE.at, from: 'plan', evidence: EVIDENCE },
  admittedAt: EVIDENCE.at,
  ref: 'main',
  ...{ runId: null, dispatch: null, report: null, cancel: null, closed: null, duplicateRuns: [] },
  evidence: EVIDENCE,
}

function dispatchEffect(issueNumber: number, attemptKey: string): Effect {
  return {
    type: 'dispatch',
    key: `dispatch/${attemptKey}`,
    issueNumber,
    stage: 'plan',
    attempt: 1,
    attemptKey,
    workflow: 'plan.yml',
    ref: 'main',
  }
}

/** Steps an outbox while time passes; ends early, with the step still in hand, when that promise resolves. */
export async function stepWhileTimePasses(
  world: OutboxWorld,
  outbox: Outbox,
  o: { seconds: number; stride?: number; until?: Promise<unknown> },
): Promise<{ step?: Promise<number> }> {
  const stride = o.stride ?? 1
  for (let second = 0; second < o.seconds; second += stride) {
    const step = outbox.step()
    const ended = await Promise.race([step.then(() => false), ...(o.until ? [o.until.then(() => true)] : [])])
    if (ended) return { step }
    world.clock.advance(stride)
  }
  return {}
}

/** What was told of sending an attempt, as people read it. */
export function outcomeInWords(outcome: DispatchOutcome) {
  if (!('reason' in outcome)) return outcome
  const { reason, ...rest } = outcome
  return { ...rest, message: describeDispatch(reason) }
}

type DispatchOutcomeInWords = ReturnType<typeof outcomeInWords>
