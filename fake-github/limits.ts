// GitHub's own limits, where a test asks for them. Who has met one must be quiet for as long as the answer says: requests
// meanwhile are refused too, and counted.
// https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits
import type { Clock } from './clock.ts'
import type { RequestKind } from './write-log.ts'

const ALLOWED = {
  'creations a minute': 80,
  'creations an hour': 500,
  'points a minute': 900,
  'GraphQL points a minute': 2_000,
  'requests at once': 100,
} as const

type AllowedName = keyof typeof ALLOWED

/** The last is of requests that came while quiet was due. */
export type LimitName = AllowedName | 'in a quiet period'

type Asked = { readonly kind: RequestKind; readonly method: string; readonly path: string }

export type Limits = {
  /** From now on, after creations at these times; returns the most that is reached of each. */
  enforce(earlierCreations?: readonly number[]): Readonly<Record<LimitName, number>>
  lift(): void
  /** Which limit refuses the request; null: none does, and it counts. */
  refuse(request: Asked): LimitName | null
  /** The request has met a limit: none may come for so long. */
  beQuiet(request: Asked, seconds: number): void
}

const CREATIONS = new Set<RequestKind>(['comment', 'check', 'dispatch', 'reaction'])
const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000

export function openLimits(clock: Clock): Limits {
  const reached: Record<LimitName, number> = {
    ...{ 'creations a minute': 0, 'creations an hour': 0, 'points a minute': 0, 'GraphQL points a minute': 0 },
    ...{ 'requests at once': 0, 'in a quiet period': 0 },
  }
  const spent = { 'points a minute': [] as Spent[], 'GraphQL points a minute': [] as Spent[] }
  let isEnforced = false
  let atOnce = 0
  let quietUntilMs = 0
  let created: number[] = []

  /** What each limit would count with this request. */
  function countWith({ kind, method, path }: Asked): Partial<Record<AllowedName, number>> {
    const at = clock.nowMs()
    const pool = path === '/graphql' ? 'GraphQL points a minute' : 'points a minute'
    const cost = method === 'GET' || kind === 'graphql' ? 1 : 5
    spent[pool] = [...spent[pool].filter((one) => one.at > at - MINUTE_MS), { at, cost }]
    const counts = { [pool]: spent[pool].reduce((sum, one) => sum + one.cost, 0), 'requests at once': atOnce }
    if (!CREATIONS.has(kind)) return counts
    created = [...created.filter((one) => one > at - HOUR_MS), at]
    const inMinute = created.filter((one) => one > at - MINUTE_MS).length
    return { ...counts, 'creations a minute': inMinute, 'creations an hour': created.length }
  }

  return {
    enforce(earlierCreations = []) {
      isEnforced = true
      created = [...earlierCreations]
      return reached
    },
    lift() {
      isEnforced = false
    },
    refuse(request) {
      if (!isEnforced || isAskedByApp(request)) return null
      atOnce += 1
      setImmediate(() => {
        atOnce -= 1
      })
      if (clock.nowMs() < quietUntilMs) {
        reached['in a quiet period'] += 1
        return 'in a quiet period'
      }
      const counts = Object.entries(countWith(request)) as [AllowedName, number][]
      for (const [name, count] of counts) reached[name] = Math.max(reached[name], count)
      return counts.find(([name, count]) => count > ALLOWED[name])?.[0] ?? null
    },
    beQuiet(request, seconds) {
      if (isAskedByApp(request)) return
      const untilMs = clock.nowMs() + seconds * 1000
      // What is on its way when the answer comes cannot be stopped.
      setImmediate(() => {
        quietUntilMs = Math.max(quietUntilMs, untilMs)
      })
    },
  }
}

/** Tokens and what the App asks as itself have limits of their own. */
function isAskedByApp({ path }: Asked): boolean {
  return path.startsWith('/app')
}

type Spent = { readonly at: number; readonly cost: number }
