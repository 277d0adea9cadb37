// How this GitHub misbehaves on demand. "After" means that the work was done and only the answer is wrong: the case
// that makes blind retries write twice.

import type { Clock } from './clock.ts'
import { type Random, seededRandom } from './random.ts'
import type { RequestKind } from './write-log.ts'

export type FaultKind =
  | '502-before'
  | '502-after'
  | 'reset-before'
  | 'reset-after'
  | 'hang-before'
  | 'hang-after'
  | 'secondary-limit'
  | 'primary-limit'
  | 'unauthorized'
  | 'forbidden'

export type FaultRule = {
  /** Which requests; `any` means all that change something. */
  readonly requests: RequestKind | 'any' | readonly RequestKind[]
  readonly kind: FaultKind | readonly FaultKind[]
  /** Share of the matching requests, 1 unless given. */
  readonly probability?: number
  /** How many times at most. */
  readonly maxTimes?: number
  readonly seed?: number
  /** What a limit asks to wait, 60 unless given. */
  readonly retryAfterSeconds?: number
}

export type Fault = { readonly kind: FaultKind; readonly retryAfterSeconds: number }

export type Faults = {
  /** Adds a rule; the returned function takes it away. */
  injectFault(rule: FaultRule): () => void
  clearFaults(): void
  /** Keeps GitHub's own limits on creation: 80 a minute and 500 an hour. */
  enforceCreationLimits(): void
  faultFor(kind: RequestKind): Fault | null
}

export function openFaults(clock: Clock): Faults {
  const rules = new Set<{ rule: FaultRule; random: Random; left: number }>()
  const created: number[] = []
  let limited = false

  function overLimit(kind: RequestKind): Fault | null {
    if (!limited || !CREATIONS.has(kind)) return null
    const at = clock.nowMs()
    while (created.length > 0 && created[0]! <= at - HOUR_MS) created.shift()
    const inMinute = created.filter((moment) => moment > at - MINUTE_MS).length
    if (inMinute < CREATIONS_PER_MINUTE && created.length < CREATIONS_PER_HOUR) {
      created.push(at)
      return null
    }
    return { kind: 'secondary-limit', retryAfterSeconds: DEFAULT_RETRY_AFTER_SECONDS }
  }

  return {
    injectFault(rule) {
      const kept = { rule, random: seededRandom(rule.seed ?? 1), left: rule.maxTimes ?? Number.POSITIVE_INFINITY }
      rules.add(kept)
      return () => rules.delete(kept)
    },
    clearFaults() {
      rules.clear()
      limited = false
    },
    enforceCreationLimits() {
      limited = true
    },
    faultFor(kind) {
      for (const kept of rules) {
        if (
          kept.left === 0 ||
          !matchesRequest(kept.rule.requests, kind) ||
          !kept.random.chance(kept.rule.probability ?? 1)
        )
          continue
        kept.left--
        const how = typeof kept.rule.kind === 'string' ? kept.rule.kind : kept.random.pick(kept.rule.kind)
        return { kind: how, retryAfterSeconds: kept.rule.retryAfterSeconds ?? DEFAULT_RETRY_AFTER_SECONDS }
      }
      return overLimit(kind)
    },
  }
}

function matchesRequest(on: FaultRule['requests'], kind: RequestKind): boolean {
  if (on === 'any') return !READS.has(kind)
  return typeof on === 'string' ? on === kind : on.includes(kind)
}

const READS = new Set<RequestKind>(['read', 'token', 'permission', 'graphql'])
const CREATIONS = new Set<RequestKind>(['comment', 'check', 'dispatch', 'reaction'])
const CREATIONS_PER_MINUTE = 80
const CREATIONS_PER_HOUR = 500
const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const DEFAULT_RETRY_AFTER_SECONDS = 60
