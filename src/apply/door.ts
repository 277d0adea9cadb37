// The one door: every event comes through `apply`, which answers after the commit. This is the queue in front of it:
// requests that come at the same time share a transaction (commit-group.ts), and each of them is applied whole or not
// at all. A repository that somebody else keeps locked rests: what is for it waits in a lane of its own, within its deadline,
// and the lanes go on with the others.
import { randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Instant } from '../pipeline/model/time.ts'
import type { Database } from '../store/database.ts'
import type { RandomSuffix } from './admit-queued.ts'
import { type ApplyRequest, type ApplyResult, Locked, repositoryOf, Unavailable } from './apply-request.ts'
import { commitGroup } from './commit-group.ts'
import { openCommitRecord } from './commit-record.ts'
import { rehearseDelivery } from './rehearse-delivery.ts'

export type Door = {
  /** Resolves after the commit; throws Unavailable when nothing could be committed. */
  apply(request: ApplyRequest): Promise<ApplyResult>
  /** Why the last commit failed, in one sentence; null once one has succeeded, or enough were rehearsed. Another may succeed meanwhile. */
  problem(): string | null
  /** That nothing can come in just now, in one sentence: what is in hand has had no answer for too long. */
  hangs(): string | null
  /**
   * Why a delivery that came now would be turned away; null when it would be committed. What was committed within the last
   * half second says so; else `read` does, unless a commit does before it.
   */
  whyClosed(read: () => Promise<string | null>): Promise<string | null>
  /** After a commit that failed: why that of a delivery would, too; null when it would not, or when that is known. */
  rehearse(): Promise<string | null>
  /** That deliveries wait for repositories that somebody else keeps locked, in one sentence. */
  resting(): string | null
  /** Resolves when every accepted request is committed or turned away. */
  close(): Promise<void>
}

/** GitHub gives up after 10 s (https://docs.github.com/webhooks/using-webhooks/best-practices-for-using-webhooks). */
const DEADLINE_MS = 8_000
const MAX_GROUP_SIZE = 128
// While one group waits for its commit, another is gathered from the other repositories.
const LANES = 2
/** Under load the first request of a group waits this long for others: else groups of one and of many alternate. */
const LINGER_MS = 2
/** A group takes milliseconds: after the first, others that ask wait for it; after the second, nothing comes in. */
const WAITS_AFTER_MS = 500
const HANGS_AFTER_MS = 2_500

type PendingRequest = {
  readonly request: ApplyRequest
  /** The repository whose lock it needs, as far as that is known. */
  place: number | null
  /** It has had its answer. */
  isOver: boolean
  readonly complete: (outcome: ApplyResult | Error) => void
}

export function openDoor(options: {
  database: Database
  now: () => Instant
  log: Logger
  /** Makes attempt keys unpredictable. */
  random?: RandomSuffix
}): Door {
  const o = { random: randomSuffix, knownRows: new Set<string>(), ...options }
  // PGlite has one connection: a second lane would only wait for it.
  const lanes = o.database.kind === 'embedded' ? 1 : LANES
  const queue: PendingRequest[] = []
  /** When each lane began with its group. */
  const busy = new Map<Promise<void>, number>()
  const inHand = new Set<number>()
  /** Locked by somebody else; the one that was tried last is the last. */
  const resting = new Set<number>()
  let restingLane: Promise<void> | null = null
  let isGathering = false
  let sizeBefore = 1
  let closed = false
  const record = openCommitRecord()

  function pump(): void {
    if (!isGathering && busy.size < lanes && queue.some(isFree)) {
      const lane = nextGroup().finally(() => {
        busy.delete(lane)
        pump()
      })
      busy.set(lane, performance.now())
    }
    const place = [...resting].find((id) => !inHand.has(id) && isAwaited(id))
    if (restingLane !== null || place === undefined) return
    restingLane = commitResting(place).finally(() => {
      restingLane = null
      pump()
    })
  }

  async function nextGroup(): Promise<void> {
    isGathering = true
    if (sizeBefore > 1 && queue.length < MAX_GROUP_SIZE) await sleep(LINGER_MS)
    isGathering = false
    const group = takeGroup(isFree)
    sizeBefore = group.length
    const committed = commit(group)
    pump()
    await committed
  }

  /** Waits in the database for as long as a lock may take; if that is not enough, the next one that rests has its turn. */
  async function commitResting(place: number): Promise<void> {
    const outcomes = await commit(takeGroup((waiting) => waiting.place === place))
    resting.delete(place)
    if (outcomes.some((outcome) => outcome instanceof Locked) && isAwaited(place)) resting.add(place)
  }

  async function commit(group: readonly PendingRequest[]): Promise<readonly (ApplyResult | Error)[]> {
    const beganAt = performance.now()
    const places = group.flatMap(({ place }) => place ?? [])
    for (const id of places) inHand.add(id)
    const outcomes = await commitGroup(
      o,
      group.map(({ request }) => request),
    )
    for (const id of places) inHand.delete(id)
    const last = outcomes.findLast((outcome) => !(outcome instanceof Locked && outcome.isOnlyThere))
    const hasDelivery = group.some(({ request }) => request.delivery !== undefined)
    if (last !== undefined) record.note(last instanceof Error ? last.message : null, { beganAt, hasDelivery })
    const locked: PendingRequest[] = []
    for (const [index, waiting] of group.entries()) {
      const outcome = outcomes[index] ?? new Unavailable('the request has no outcome')
      if (!(outcome instanceof Locked)) {
        waiting.complete(outcome)
        continue
      }
      waiting.place = outcome.repositoryId
      if (waiting.isOver) continue
      resting.add(outcome.repositoryId)
      locked.push(waiting)
    }
    // They came before those that wait now.
    queue.unshift(...locked)
    return outcomes
  }

  /**
   * False while another lane works on the repository and has its row locked, or while somebody else has; those requests go
   * together, after it.
   */
  function isFree({ place }: PendingRequest): boolean {
    return place === null || !(inHand.has(place) || resting.has(place))
  }

  function isAwaited(place: number): boolean {
    return queue.some((waiting) => waiting.place === place)
  }

  function takeGroup(isWanted: (waiting: PendingRequest) => boolean): readonly PendingRequest[] {
    const group = queue.filter(isWanted).slice(0, MAX_GROUP_SIZE)
    const taken = new Set(group)
    queue.splice(0, queue.length, ...queue.filter((waiting) => !taken.has(waiting)))
    return group
  }

  function expire(waiting: PendingRequest): void {
    const index = queue.indexOf(waiting)
    if (index >= 0) queue.splice(index, 1)
    const rests = waiting.place !== null && resting.has(waiting.place)
    const failure = `the database did not answer within ${DEADLINE_MS} ms`
    if (!rests) record.note(failure, { beganAt: performance.now() - DEADLINE_MS, hasDelivery: true })
    waiting.complete(new Unavailable(record.problem() ?? 'another transaction keeps the repository locked'))
    // What nobody waits for is not tried again: whether it is still locked, the next delivery finds out.
    if (waiting.place !== null && !isAwaited(waiting.place)) resting.delete(waiting.place)
  }

  function isBusyFor(ms: number): boolean {
    const beganBefore = performance.now() - ms
    return [...busy.values()].filter((beganAt) => beganAt < beganBefore).length >= lanes
  }

  const hangs = () => (isBusyFor(HANGS_AFTER_MS) ? 'deliveries cannot be stored (the database does not answer)' : null)

  return {
    apply(request) {
      if (closed) return Promise.reject(new Unavailable('this process is stopping'))
      const { promise, resolve, reject } = Promise.withResolvers<ApplyResult>()
      const waiting: PendingRequest = {
        request,
        place: repositoryOf(request),
        isOver: false,
        complete(outcome) {
          clearTimeout(deadline)
          waiting.isOver = true
          if (outcome instanceof Error) reject(outcome)
          else resolve(outcome)
        },
      }
      const deadline = setTimeout(() => expire(waiting), DEADLINE_MS)
      queue.push(waiting)
      pump()
      return promise
    },
    problem: () => sentenceOf(record.problem()),
    hangs,
    async whyClosed(read) {
      const known = hangs() ?? sentenceOf(record.fresh())
      if (known !== undefined) return known
      const { promise: next, resolve } = Promise.withResolvers<string | null>()
      const { promise: freed, resolve: free } = Promise.withResolvers<null>()
      const forget = record.onEach((problem, isFresh) => {
        if (isFresh) resolve(sentenceOf(problem))
        else if (problem === null) free(null)
      })
      // What others can read is no comfort while every lane waits: one of them must get through, too.
      const reading = read().then((reason) => (isBusyFor(WAITS_AFTER_MS) ? (reason ?? freed) : reason))
      return await Promise.race([next, reading]).finally(forget)
    },
    async rehearse() {
      if (!record.isUncertain()) return null
      const problem = await rehearseDelivery(o)
      record.noteRehearsal(problem)
      return sentenceOf(problem)
    },
    resting() {
      if (resting.size === 0) return null
      const which = resting.size === 1 ? 'a repository' : `${resting.size} repositories`
      return `another transaction keeps ${which} locked, and deliveries about it are turned away: end it in the database`
    },
    async close() {
      closed = true
      while (busy.size > 0 || restingLane !== null) await Promise.race([...busy.keys(), restingLane ?? never])
    },
  }
}

function sentenceOf<T extends null | undefined>(problem: string | T): string | T {
  return typeof problem === 'string' ? `deliveries cannot be stored (${problem.split('\n')[0]})` : problem
}

const never = new Promise<void>(() => undefined)

const SUFFIX_ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789'

function randomSuffix(): string {
  return Array.from({ length: 5 }, () => SUFFIX_ALPHABET[randomInt(SUFFIX_ALPHABET.length)]).join('')
}
