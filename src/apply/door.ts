// The one door: every event comes through `apply`, which answers after the commit. This is the queue in front of it:
// requests that come at the same time share a transaction (commit-group.ts), and each of them is applied whole or not
// at all.
import { randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Instant } from '../pipeline/model/time.ts'
import type { Database } from '../store/database.ts'
import type { RandomSuffix } from './admit-queued.ts'
import { type ApplyRequest, type ApplyResult, Unavailable } from './apply-request.ts'
import { commitGroup } from './commit-group.ts'

export type Door = {
  /** Resolves after the commit; throws Unavailable when nothing could be committed. */
  apply(request: ApplyRequest): Promise<ApplyResult>
  /** Why the last commit failed, in one sentence; null once one has succeeded. */
  problem(): string | null
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

type PendingRequest = { readonly request: ApplyRequest; readonly complete: (outcome: ApplyResult | Error) => void }

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
  const busy = new Set<Promise<void>>()
  const inHand = new Set<number>()
  let isGathering = false
  let sizeBefore = 1
  let closed = false
  let failure: string | null = null

  function pump(): void {
    if (isGathering || busy.size >= lanes || !queue.some(isFree)) return
    const lane = nextGroup().finally(() => {
      busy.delete(lane)
      pump()
    })
    busy.add(lane)
  }

  async function nextGroup(): Promise<void> {
    isGathering = true
    if (sizeBefore > 1 && queue.length < MAX_GROUP_SIZE) await sleep(LINGER_MS)
    isGathering = false
    const group = takeGroup()
    const requests = group.map(({ request }) => request)
    const repositories = requests.flatMap((request) => repositoryOf(request) ?? [])
    for (const id of repositories) inHand.add(id)
    sizeBefore = group.length
    pump()
    const outcomes = await commitGroup(o, requests)
    const last = outcomes.at(-1)
    failure = last instanceof Error ? last.message : null
    for (const id of repositories) inHand.delete(id)
    for (const [index, { complete }] of group.entries())
      complete(outcomes[index] ?? new Unavailable('the request has no outcome'))
  }

  /** False while another lane works on the repository and has its row locked; those requests go together, after it. */
  function isFree({ request }: PendingRequest): boolean {
    const id = repositoryOf(request)
    return id === null || !inHand.has(id)
  }

  function takeGroup(): readonly PendingRequest[] {
    const group = queue.filter(isFree).slice(0, MAX_GROUP_SIZE)
    const taken = new Set(group)
    queue.splice(0, queue.length, ...queue.filter((waiting) => !taken.has(waiting)))
    return group
  }

  return {
    apply(request) {
      if (closed) return Promise.reject(new Unavailable('this process is stopping'))
      const { promise, resolve, reject } = Promise.withResolvers<ApplyResult>()
      const waiting: PendingRequest = {
        request,
        complete(outcome) {
          clearTimeout(deadline)
          if (outcome instanceof Error) reject(outcome)
          else resolve(outcome)
        },
      }
      const deadline = setTimeout(() => {
        const index = queue.indexOf(waiting)
        if (index >= 0) queue.splice(index, 1)
        failure = `the database did not answer within ${DEADLINE_MS} ms`
        reject(new Unavailable(failure))
      }, DEADLINE_MS)
      queue.push(waiting)
      pump()
      return promise
    },
    problem: () => (failure === null ? null : `deliveries cannot be stored (${failure.split('\n')[0]})`),
    async close() {
      closed = true
      while (busy.size > 0) await Promise.race(busy)
    },
  }
}

function repositoryOf({ event }: ApplyRequest): number | null {
  return event !== null && 'repository' in event ? event.repository.id : null
}

const SUFFIX_ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789'

function randomSuffix(): string {
  return Array.from({ length: 5 }, () => SUFFIX_ALPHABET[randomInt(SUFFIX_ALPHABET.length)]).join('')
}
