// GitHub posts a delivery once. What did not reach the inbox is found in GitHub's log, fetched, and put through the same
// door under its own GUID: whatever GitHub says of it, because a process may have died between its answer and its commit.
// One process at a time sweeps, one turn after the other, and each turn saves how far it has come.
import { Unavailable } from '../apply/apply-request.ts'
import { GitHubFailure } from '../github/failure.ts'
import type { Instant } from '../pipeline/model/time.ts'
import type { Transaction } from '../store/database.ts'
import { bringLabelScansForward } from '../store/label-scans.ts'
import { bringReconcilesForward } from '../store/reconciles.ts'
import {
  bringSweepForward,
  type ClaimedSweep,
  claimSweep,
  countDueMissedDeliveries,
  findFirstReceivedAt,
  findInInbox,
  insertMissedDeliveries,
  type SweepChange,
  type SweepRow,
  saveSweep,
} from '../store/sweeps.ts'
import { millisecondsAfter } from '../text/milliseconds-after.ts'
import { openMissedFetch, type SweepContext, type TurnResult } from './fetch-missed.ts'
import { callsLeft, countCalls, nextCallAt } from './log-quota.ts'
import {
  advanceScan,
  beginScan,
  cutOff,
  isCutOff,
  isOnItsWay,
  isOrderFromBefore,
  isRelevant,
  isSeenBefore,
  SCAN_EVERY_MS,
} from './log-scan.ts'

export type Sweep = {
  /** One turn, if one is due: a page of the log, or some missing deliveries. Resolves to how many requests it made. */
  step(): Promise<number>
}

/** After a request that failed, and while something that was just sent may still be on its way. */
const SOON_MS = 60_000
/** A limit of GitHub's lasts an hour at most. */
const LONGEST_LIMIT_MS = 60 * 60_000

export function openSweep(o: SweepContext): Sweep {
  const { database, appId, now } = o
  const fetchMissed = openMissedFetch(o)
  let isStarted = false

  async function step(): Promise<number> {
    // A new start scans at once: it follows most absences.
    if (!isStarted) await bringSweepForward(database, appId, now())
    isStarted = true
    const row = await claimSweep(database, appId, now())
    if (row === null) return 0
    const made: TurnResult = { calls: 0, learnt: {} }
    try {
      await takeTurn(row, made)
    } catch (failure) {
      await save(row, { ...countCalls(row, made.calls, now()), ...made.learnt, ...changeAfter(failure, row) })
      if (!(failure instanceof GitHubFailure)) throw failure
      o.log.warn({ reason: failure.message }, "GitHub's log of deliveries cannot be read now")
    }
    return made.calls
  }

  async function takeTurn(row: ClaimedSweep, made: TurnResult): Promise<void> {
    const left = callsLeft(row, now())
    const isScanDue = row.scan !== null || isPast(row.nextScanAt, SCAN_EVERY_MS)
    const { count } = await countDueMissedDeliveries(database, appId, now())
    const isLong = row.scan !== null && row.scan.startedAt < millisecondsAfter(now(), -SCAN_EVERY_MS)
    if (left === 0) {
      await save(row, { dueAt: nextCallAt(row, now()) })
    } else if (isScanDue && !(isLong && count > 0)) {
      made.calls = 1
      await readPage(row)
    } else {
      await fetchMissed({ row, left, count, made })
      await save(row, { ...countCalls(row, made.calls, now()), ...made.learnt, ...(await nextTurn(row)) })
    }
  }

  /** What the log has lost is looked for elsewhere. */
  async function save(row: ClaimedSweep, change: SweepChange, also?: (trx: Transaction) => Promise<void>) {
    await database.kysely.transaction().execute(async (trx) => {
      if (!(await saveSweep({ kysely: trx }, row, change))) return
      if (change.cutOffAt != null) {
        await bringLabelScansForward({ kysely: trx }, change.cutOffAt)
        await bringReconcilesForward({ kysely: trx }, change.cutOffAt)
      }
      await also?.(trx)
    })
  }

  async function readPage(row: ClaimedSweep): Promise<void> {
    const before = row.scan ?? beginScan(now())
    const page = await o.github.readDeliveryLog(before.cursor)
    if (page.next !== null && page.next === before.cursor) throw new GitHubFailure('refused', 'the log repeats itself')
    const at = now()
    const begin = row.scannedAt === null ? ((await findFirstReceivedAt(database)) ?? before.startedAt) : null
    const relevant = page.deliveries.filter((each) => isRelevant(each) && !isOrderFromBefore(each, begin))
    const guids = relevant.map(({ guid }) => guid)
    const present = await findInInbox(database, row.hookId, guids)
    const absent = relevant.filter(({ guid }) => !present.has(guid))
    const missed = absent.filter((each) => !isOnItsWay(each, at))
    const isAtEnd = page.next === null || page.deliveries.length === 0
    const isFinished = isAtEnd || isSeenBefore(page.deliveries, row)
    const isSoonAgain = before.isSoonAgain || missed.length < absent.length
    const scan = { ...advanceScan(before, page), isSoonAgain }
    const change: SweepChange = {
      ...countCalls(row, 1, at),
      ...WELL,
      ...(isFinished
        ? {
            scan: null,
            scannedAt: at,
            sweptUntil: latestOf(row.sweptUntil, scan.newestAt),
            nextScanAt: isSoonAgain ? millisecondsAfter(at, SOON_MS) : millisecondsAfter(scan.startedAt, SCAN_EVERY_MS),
            ...(isAtEnd && isCutOff(scan, row, at) && lostSince(row, scan.oldestAt ?? at, at)),
          }
        : { scan: JSON.stringify(scan) }),
      dueAt: at,
    }
    const noted = missed.map(withoutAcceptance)
    await save(row, change, (trx) => insertMissedDeliveries(trx, { appId, foundAt: scan.startedAt, now: at }, noted))
    if (missed.length > 0) o.log.warn({ missed: missed.length }, 'deliveries of GitHub are missing and will be fetched')
  }

  function lostSince(row: SweepRow, until: Instant, at: Instant): SweepChange {
    const from = row.sweptUntil ?? row.scannedAt
    o.log.error({ from, until }, "GitHub's log no longer has everything since the last scan")
    return cutOff(row, { from, until }, at)
  }

  /** When nothing more is due now. */
  async function nextTurn({ scan, nextScanAt }: SweepRow): Promise<SweepChange> {
    const at = now()
    const { nextDueAt } = await countDueMissedDeliveries(database, appId, at)
    const next = nextDueAt !== null && nextDueAt < nextScanAt ? nextDueAt : nextScanAt
    return { dueAt: scan === null && next > at ? next : at }
  }

  function changeAfter(failure: unknown, row: SweepRow): SweepChange {
    const at = now()
    if (!(failure instanceof GitHubFailure))
      return { dueAt: failure instanceof Unavailable ? millisecondsAfter(at, 5_000) : at }
    const failing = { failingSince: row.failingSince ?? at, error: failure.message }
    const isOver = failure.kind === 'refused' || failure.kind === 'not_found'
    const longest = millisecondsAfter(at, LONGEST_LIMIT_MS)
    const { until = at } = failure
    return {
      ...failing,
      dueAt: millisecondsAfter(at, failure.kind === 'no_access' ? SCAN_EVERY_MS : SOON_MS),
      ...(failure.kind === 'rate_limited' && { dueAt: at, blockedUntil: until < longest ? until : longest }),
      // Its place in the log is no more: from the top again.
      ...(isOver && { scan: null }),
    }
  }

  /** Has it passed, or does it lie further ahead than it ever may? */
  function isPast(moment: Instant, furthestMs: number): boolean {
    const at = now()
    return moment <= at || moment > millisecondsAfter(at, furthestMs)
  }

  return { step }
}

const WELL = { failingSince: null, error: null } as const

function latestOf(one: Instant | null, other: Instant | null): Instant | null {
  return one === null || (other !== null && other > one) ? other : one
}

function withoutAcceptance<T extends { readonly isAccepted: boolean }>({ isAccepted: _, ...rest }: T) {
  return rest
}
