import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import type { Door } from '../apply/door.ts'
import type { GitHub } from '../github/client.ts'
import type { Instant } from '../pipeline/model/time.ts'
import type { Database } from '../store/database.ts'
import { type DueKind, type DueWork, findDueWork } from '../store/due-work.ts'
import { millisecondsAfter } from '../text/milliseconds-after.ts'
import { askNextPermission, askNextQuestion } from './ask-questions.ts'
import { type CallQuota, openCallQuota } from './call-quota.ts'
import { cancelNextRun } from './cancel.ts'
import { sendNextDispatch, type UnreportedResults } from './dispatch.ts'
import { type LaneKind, type LaneWork, openLanes } from './lanes.ts'
import { publishNext } from './publish.ts'
import type { PublishContext } from './publish-context.ts'
import { blockInstallation } from './rate-limit.ts'
import { sendNextReaction, sendNextSwap } from './react.ts'
import { recoverNextDispatch } from './recover-dispatch.ts'
import { recoverNextReply } from './recover-reply.ts'
import { type ReplyContext, sendNextReply } from './reply.ts'
import { countUnansweredCalls, type UnansweredCalls } from './unanswered-calls.ts'

/** Every call to GitHub starts here. Once `stopping` is aborted, nothing more is claimed. */
export type Outbox = {
  /** Starts what is due in free lanes, and resolves before it is done. Rejects if a lane has failed since. */
  start(stopping?: AbortSignal): Promise<void>
  /** Starts what is due and resolves, once no lane works, to how much was done; 0 means that there was nothing. */
  step(stopping?: AbortSignal): Promise<number>
  /** Resolves once no lane works. */
  idle(): Promise<void>
  /** When the oldest work in progress began. */
  inFlightSince(): Instant | null
}

/** Opens the outbox; any number of processes may have one open on the same database. */
export function openOutbox(o: {
  database: Database
  door: Door
  github: GitHub
  now: () => Instant
  log: Logger
  baseUrl: string
  githubUrl: string
  /** The client of GitHub records every call there. */
  unansweredCalls?: UnansweredCalls
  callQuota?: CallQuota
  token?: () => string
  /** Called when lanes are free and more may be due. */
  freed?: () => void
}): Outbox {
  const { database, now, freed = () => undefined } = o
  const { unansweredCalls = countUnansweredCalls(), callQuota = openCallQuota(now) } = o
  const parts = { ...o, token: o.token ?? randomUUID }
  const unreported: UnreportedResults = new Map()
  const units: readonly (readonly [DueKind, Unit])[] = [
    ['ask permission', askNextPermission],
    ['recover dispatch', recoverNextDispatch],
    ['ask', (o) => askNextQuestion(o)],
    ['recover reply', recoverNextReply],
    // Effects go before publications; which of them may take the slot is decided in priority.ts.
    ['react', sendNextReaction],
    ['dispatch', (o) => sendNextDispatch(o, unreported)],
    ['cancel', cancelNextRun],
    ['reply', sendNextReply],
    ['swap', sendNextSwap],
    ['publish', (o) => publishUntilWritten(o, stopping)],
  ]
  let stopping: AbortSignal | undefined
  let done = 0
  const isStopping = () => stopping?.aborted === true
  const mayRead = (installationId: number) => !callQuota.isSpent(installationId)
  const { isSuspect } = unansweredCalls
  const lanes = openLanes<DueKind>({ perform, isSuspect, mayRead, freed, isStopping, now })

  return {
    async start(signal) {
      stopping = signal
      await offerDueWork()
      throwLaneError()
    },
    async step(signal) {
      stopping = signal
      await offerDueWork()
      await lanes.idle()
      throwLaneError()
      const all = done
      done = 0
      return all
    },
    idle: lanes.idle,
    inFlightSince: lanes.inFlightSince,
  }

  async function offerDueWork(): Promise<void> {
    const due = await findDueWork(database, now())
    const toReport = [...unreported.values()].map(({ claimed }) => {
      return { installationId: claimed.access.installationId, kind: 'dispatch', count: 1 } as const
    })
    const byLane = Map.groupBy([...due, ...toReport], ({ installationId, kind }) => `${installationId} ${LANES[kind]}`)
    lanes.offer([...byLane.values()].map(laneWorkOf))
  }

  /** Does one unit of an installation's work. */
  async function perform({ installationId, due }: LaneWork<DueKind>): Promise<number> {
    const context = { ...parts, installationId }
    let count = 0
    try {
      for (const [kind, unit] of units) {
        if (count === 0 && due.includes(kind) && !isStopping()) count = await unit(context)
      }
    } finally {
      const restMs = unansweredCalls.takeRest(installationId)
      if (restMs !== null) await blockInstallation(database, installationId, millisecondsAfter(now(), restMs), now)
    }
    done += count
    return count
  }

  function throwLaneError(): void {
    const [error] = lanes.takeErrors()
    if (error !== undefined) throw error
  }
}

type Unit = (o: ReplyContext & PublishContext) => Promise<number>

const LANES = {
  'ask permission': 'permission',
  ask: 'read',
  'recover ask': 'read',
  'recover cancel': 'read',
  'recover dispatch': 'read',
  'recover react': 'read',
  'recover reply': 'read',
  'recover swap': 'read',
  cancel: 'write',
  dispatch: 'write',
  publish: 'write',
  react: 'write',
  reply: 'write',
  swap: 'write',
} as const satisfies Record<DueKind, LaneKind>

/** What is due for one installation in one kind of lane. */
function laneWorkOf(due: readonly DueWork[]): LaneWork<DueKind> {
  const { installationId, kind } = due[0] as DueWork
  const kinds = due.map((one) => one.kind)
  const isUrgent = kinds.includes('ask permission') || kinds.includes('react')
  const count = due.reduce((sum, one) => sum + one.count, 0)
  return { installationId, kind: LANES[kind], due: kinds, isUrgent, count: LANES[kind] === 'write' ? 1 : count }
}

/** Publishes until something was written, or a few targets had nothing to write; resolves to how many were served. */
async function publishUntilWritten(o: PublishContext, stopping?: AbortSignal): Promise<number> {
  let served = 0
  while (!stopping?.aborted && served < MAX_UNCHANGED_PUBLICATIONS) {
    const steps = await publishNext(o, stopping)
    if (steps === null) break
    served += 1
    if (steps > 0) break
  }
  return served
}

/** Enough that unchanged publications go quickly, few enough that no lane is kept for long. */
const MAX_UNCHANGED_PUBLICATIONS = 20
