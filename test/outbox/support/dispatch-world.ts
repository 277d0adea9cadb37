// A line that admits attempts and binds their runs, as far as the outbox can tell: what the door does with its arrivals.
import type { Arrival } from '../../../src/apply/apply-request.ts'
import type { Outbox } from '../../../src/outbox/outbox.ts'
import { keyOf } from '../../../src/pipeline/facts/correlate.ts'
import type { Effect } from '../../../src/pipeline/model/effects.ts'
import type { DispatchTold } from '../../../src/pipeline/model/events.ts'
import type { Attempt, Ours } from '../../../src/pipeline/model/pipeline.ts'
import { closeEffects } from '../../../src/store/effects.ts'
import { EVIDENCE, pipelineOf } from '../../support/pipeline-documents.ts'
import { openWorld, type World } from './outbox-world.ts'
import { type FakeRuns, fakeRuns } from './stub-runs.ts'

export type Line = {
  readonly world: World
  readonly runs: FakeRuns
  /** What was told of each attempt, by key. */
  readonly told: ReadonlyMap<string, readonly DispatchTold[]>
  /** The run that each attempt was bound to. */
  readonly bound: ReadonlyMap<string, number>
  /** An issue is given an attempt at `plan`, to be dispatched at once; resolves to its key. */
  admit(issueNumber: number): Promise<string>
  /** The attempt is given up before its run is known. */
  giveUp(issueNumber: number, key: string): Promise<void>
  lastTold(key: string): DispatchTold | undefined
  effects(): Promise<readonly { key: string; state: string; attempts: number; error: string | null }[]>
}

export async function openLine(): Promise<Line> {
  const world = await openWorld()
  const runs = fakeRuns()
  world.github.answer = runs.answer
  const told = new Map<string, DispatchTold[]>()
  const bound = new Map<string, number>()
  const settle = world.receive

  async function adopt(key: string, runId: number): Promise<void> {
    const known = bound.get(key)
    bound.set(key, Math.min(runId, known ?? runId))
    await world.database.kysely
      .transaction()
      .execute((trx) => closeEffects(trx, [{ repositoryId: 1, key: `dispatch/${key}` }], world.clock.now()))
    if (known === undefined || known === runId) return
    const twin = Math.max(runId, known)
    if (cancelled.has(twin)) return
    cancelled.add(twin)
    const issueNumber = keyOf(key)?.issueNumber ?? 0
    await world.ask({ type: 'cancel', key: `cancel/${twin}`, runId: twin, issueNumber, attemptKey: key, force: false })
  }
  const cancelled = new Set<number>()

  world.receive = async (arrival: Arrival) => {
    const { duplicate } = await settle(arrival)
    if (duplicate) return { duplicate }
    const { event } = arrival
    if (event?.type === 'dispatch.told') {
      told.set(event.key, [...(told.get(event.key) ?? []), event.told])
      if (event.told.state === 'confirmed') await adopt(event.key, event.told.runId)
    }
    if (event?.type === 'run.changed') {
      const key = keyOf(event.run.title)?.key
      if (key !== undefined) await adopt(key, event.run.id)
    }
    return { duplicate }
  }

  async function put(issueNumber: number, attempt: Attempt): Promise<void> {
    const issue = { ...pipelineOf({}).issue, number: issueNumber }
    await world.put(pipelineOf({ plan: { status: 'queued', since: EVIDENCE.at, attempts: [attempt] } }, { issue }))
    // Nothing is published here: this is about what must happen once.
    await world.database.kysely
      .updateTable('pipelines')
      .set((eb) => ({ publishedRevision: eb.ref('revision') }))
      .execute()
  }

  return {
    world,
    runs,
    told,
    bound,
    lastTold: (key) => told.get(key)?.at(-1),
    async admit(issueNumber) {
      const key = `${issueNumber}/plan/1-k3v9x`
      await put(issueNumber, { number: 1, key, run: null, ours: OURS })
      await world.ask(dispatchOf(issueNumber, key))
      return key
    },
    async giveUp(issueNumber, key) {
      const over = { how: 'ordered', words: 'cancelled by ada', at: EVIDENCE.at, evidence: EVIDENCE } as const
      await put(issueNumber, { number: 1, key, run: null, ours: { ...OURS, over } })
    },
    async effects() {
      return await world.database.kysely
        .selectFrom('effects')
        .select(['key', 'state', 'attempts', 'error'])
        .orderBy('id')
        .execute()
    },
  }
}

const OURS: Ours = {
  call: { id: 'start', at: EVIDENCE.at, from: 'plan', evidence: EVIDENCE },
  admittedAt: EVIDENCE.at,
  ref: 'main',
  ...{ runId: null, dispatch: null, report: null, asked: null, cancel: null, over: null, twins: [] },
  evidence: EVIDENCE,
}

function dispatchOf(issueNumber: number, attemptKey: string): Effect {
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
export async function live(
  world: World,
  outbox: Outbox,
  o: { seconds: number; stride?: number; until?: Promise<unknown> },
): Promise<{ step?: Promise<number> }> {
  const stride = o.stride ?? 1
  for (let second = 0; second < o.seconds; second += stride) {
    const step = outbox.step()
    const ended = await Promise.race([step.then(() => false), ...(o.until ? [o.until.then(() => true)] : [])])
    if (ended) return { step }
    world.clock.pass(stride)
  }
  return {}
}
