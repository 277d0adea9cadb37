// Missing deliveries are fetched a few at a time and put through the door, the oldest first: an order is judged by what was
// so before it.

import type { Logger } from 'pino'
import type { DeliveryLog } from '../github/delivery-log.ts'
import { GitHubFailure } from '../github/failure.ts'
import type { Receiver } from '../inbox/receive.ts'
import type { Instant } from '../pipeline/model/time.ts'
import type { Database } from '../store/database.ts'
import {
  countTries,
  type DueMissedDelivery,
  findInInbox,
  listDueMissedDeliveries,
  type MissedDeliveryChange,
  type SweepChange,
  type SweepRow,
  updateMissedDelivery,
} from '../store/sweeps.ts'
import { millisecondsAfter } from '../text/milliseconds-after.ts'
import type { LoggedRequest } from '../translate/delivery-log.ts'
import { MalformedDelivery } from '../translate/envelope.ts'
import { cutOff } from './log-scan.ts'

export type SweepContext = {
  readonly database: Database
  readonly github: DeliveryLog
  readonly appId: number
  readonly acceptMissed: Receiver['acceptMissed']
  readonly now: () => Instant
  readonly log: Logger
}

const AT_ONCE = 10
/** One negative answer is no proof. */
const MISSES_UNTIL_GONE = 2
const MAX_TRIES = 8
const RETRY_MS = 60_000
const LONGEST_RETRY_MS = 5 * 60_000

/** Where all cannot be fetched now, what starts and moves work goes first, and what GitHub can be asked about goes last. */
const BY_WEIGHT = [
  'installation',
  'installation_repositories',
  'repository',
  'issues',
  'issue_comment',
  'check_run',
  'pull_request_review',
  'pull_request',
  'push',
  'workflow_run',
  'workflow_job',
]

type Turn = {
  readonly row: SweepRow
  /** How many requests may be made. */
  readonly left: number
  /** How many deliveries are missing. */
  readonly count: number
  readonly made: TurnResult
}

/** How many requests a turn made and what it learnt, also where it fails in the end. */
export type TurnResult = { calls: number; learnt: SweepChange }

/** Fetches some. Throws a GitHubFailure when GitHub cannot be asked at all now. */
export function openMissedFetch(o: SweepContext): (turn: Turn) => Promise<void> {
  const { database, appId, now } = o

  function end(guid: string, change: MissedDeliveryChange): Promise<void> {
    return updateMissedDelivery(database, { appId, guid }, change)
  }

  async function withoutArrived(hookId: number | null, due: readonly DueMissedDelivery[]) {
    const guids = due.map(({ guid }) => guid)
    const arrived = await findInInbox(database, hookId, guids)
    // A process that died after its commit had repaired it.
    for (const { guid, tries } of due.filter((each) => arrived.has(each.guid)))
      await end(guid, { state: tries > 0 ? 'repaired' : 'arrived', endedAt: now() })
    return due.filter(({ guid }) => !arrived.has(guid))
  }

  /** Resolves to the hook that it was sent to. */
  async function accept({ guid, name }: DueMissedDelivery, hookId: number | null, { headers, payload }: LoggedRequest) {
    const hook = hookId === null ? {} : { 'x-github-hook-id': String(hookId) }
    const request = { headers: { 'x-github-event': name, ...hook, ...headers, 'x-github-delivery': guid }, payload }
    const accepted = await o.acceptMissed(request)
    await end(guid, { state: 'repaired', endedAt: now(), error: null })
    return accepted.hookId
  }

  /** Resolves to whether the delivery is lost. */
  async function noteFailure(missed: DueMissedDelivery, { kind, message, isOutage }: GitHubFailure): Promise<boolean> {
    const { guid, tries } = missed
    const misses = missed.misses + (kind === 'not_found' ? 1 : 0)
    const isGone = misses >= MISSES_UNTIL_GONE
    if (isGone || (tries + 1 >= MAX_TRIES && !isOutage)) {
      o.log.error({ delivery: guid, reason: message }, 'a missing delivery cannot be fetched')
      await end(guid, { state: isGone ? 'gone' : 'failed', misses, endedAt: now(), error: message })
      return true
    }
    const retryMs = Math.min(RETRY_MS * 2 ** tries, LONGEST_RETRY_MS)
    await end(guid, { dueAt: millisecondsAfter(now(), retryMs), misses, error: message })
    return false
  }

  return async ({ row, left, count, made }) => {
    const names = count > left ? BY_WEIGHT : []
    const limit = Math.min(AT_ONCE, left)
    const due = await listDueMissedDeliveries(database, { appId, now: now(), limit, names })
    const absent = await withoutArrived(row.hookId, due)
    await countTries(
      database,
      appId,
      absent.map(({ guid }) => guid),
    )
    made.calls = absent.length
    const requests = await Promise.allSettled(absent.map((each) => o.github.readLoggedRequest(each)))
    const lost: Instant[] = []
    for (const [index, each] of absent.entries()) {
      const request = requests[index]
      try {
        if (request?.status !== 'fulfilled') throw request?.reason
        const known = made.learnt.hookId ?? row.hookId
        made.learnt = { ...made.learnt, hookId: (await accept(each, known, request.value)) || known }
      } catch (error) {
        const failure = error instanceof MalformedDelivery ? new GitHubFailure('retryable', error.message) : error
        if (!(failure instanceof GitHubFailure) || isAboutAll(failure)) throw failure
        if (await noteFailure(each, failure)) {
          lost.push(each.deliveredAt)
          const [from = each.deliveredAt] = lost.sort()
          made.learnt = { ...made.learnt, ...cutOff(row, { from, until: lost.at(-1) ?? from }, now()) }
        }
        // Others are asked for first, once GitHub answers again.
        if (failure.isOutage) throw failure
      }
    }
  }
}

/** No other request would be answered now. */
function isAboutAll({ kind }: GitHubFailure): boolean {
  return kind === 'rate_limited' || kind === 'no_access'
}
