// How this GitHub misbehaves on demand. "After" means that the work was done and only the answer is wrong: the case
// that makes blind retries write twice.

import type { Clock } from './clock.ts'
import { type Chance, seededChance } from './random.ts'
import type { Kind } from './write-log.ts'

export type How =
  | '502-before'
  | '502-after'
  | 'reset-before'
  | 'reset-after'
  | 'hang-before'
  | 'hang-after'
  | 'secondary-limit'
  | 'primary-limit'
  | 'unauthorized'
  | 'refused'

export type Rule = {
  /** Which requests; `any` means all that change something. */
  readonly on: Kind | 'any' | readonly Kind[]
  readonly how: How | readonly How[]
  /** Share of the matching requests, 1 unless given. */
  readonly share?: number
  /** How many times at most. */
  readonly times?: number
  readonly seed?: number
  /** What a limit asks to wait, 60 unless given. */
  readonly retryAfterSeconds?: number
}

export type Fault = { readonly how: How; readonly retryAfterSeconds: number }

export type Faults = {
  /** Adds a rule; the returned function takes it away. */
  misbehave(rule: Rule): () => void
  behave(): void
  /** Keeps GitHub's own limits on creation: 80 a minute and 500 an hour. */
  limitCreation(): void
  draw(kind: Kind): Fault | null
}

export function openFaults(clock: Clock): Faults {
  const rules = new Set<{ rule: Rule; chance: Chance; left: number }>()
  const created: number[] = []
  let limited = false

  function overLimit(kind: Kind): Fault | null {
    if (!limited || !CREATING.has(kind)) return null
    const at = clock.milliseconds()
    while (created.length > 0 && created[0]! <= at - HOUR_MS) created.shift()
    const inMinute = created.filter((moment) => moment > at - MINUTE_MS).length
    if (inMinute < PER_MINUTE && created.length < PER_HOUR) {
      created.push(at)
      return null
    }
    return { how: 'secondary-limit', retryAfterSeconds: DEFAULT_WAIT_SECONDS }
  }

  return {
    misbehave(rule) {
      const kept = { rule, chance: seededChance(rule.seed ?? 1), left: rule.times ?? Number.POSITIVE_INFINITY }
      rules.add(kept)
      return () => rules.delete(kept)
    },
    behave() {
      rules.clear()
      limited = false
    },
    limitCreation() {
      limited = true
    },
    draw(kind) {
      for (const kept of rules) {
        if (kept.left === 0 || !matches(kept.rule.on, kind) || !kept.chance.happens(kept.rule.share ?? 1)) continue
        kept.left--
        const how = typeof kept.rule.how === 'string' ? kept.rule.how : kept.chance.pick(kept.rule.how)
        return { how, retryAfterSeconds: kept.rule.retryAfterSeconds ?? DEFAULT_WAIT_SECONDS }
      }
      return overLimit(kind)
    },
  }
}

function matches(on: Rule['on'], kind: Kind): boolean {
  if (on === 'any') return !QUIET.has(kind)
  return typeof on === 'string' ? on === kind : on.includes(kind)
}

const QUIET = new Set<Kind>(['read', 'token', 'permission', 'graphql'])
const CREATING = new Set<Kind>(['comment', 'check', 'dispatch', 'reaction'])
const PER_MINUTE = 80
const PER_HOUR = 500
const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const DEFAULT_WAIT_SECONDS = 60
