// Faults of this GitHub on demand. "After" means that the work was done and only the answer is wrong: the case
// in which a blind retry writes twice.

import type { ApiResponse } from './api-request.ts'
import type { Clock } from './clock.ts'
import { type LimitName, openLimits } from './limits.ts'
import { type SeededRandom, seededRandom } from './random.ts'
import type { RecordedRequest, RequestKind } from './write-log.ts'

export type FaultKind =
  | '502-before'
  | '502-after'
  | 'reset-before'
  | 'reset-after'
  | 'hang-before'
  | 'hang-after'
  /** The client's process dies during the request: it never gets an answer. */
  | 'crash-before'
  | 'crash-after'
  | 'unreachable'
  /** Its name is not resolved. */
  | 'no-dns'
  | 'secondary-limit'
  | 'primary-limit'
  | 'unauthorized'
  | 'forbidden'

export type Fault =
  /** How long a limit asks to wait, 60 seconds by default. */
  | { readonly kind: FaultKind; readonly retryAfterSeconds?: number }
  /** The request arrives this many times, as some network devices repeat it, and every answer is lost. */
  | { readonly kind: 'repeated'; readonly times: number }
  /** The client's process is frozen before the request leaves it. */
  | { readonly kind: 'freeze'; readonly until: Promise<void> }
  | {
      readonly kind: 'refuse'
      readonly status: number
      readonly message?: string
      readonly headers?: Readonly<Record<string, string>>
    }
  /** The work is done, and something on the way to the client changes the answer. */
  | { readonly kind: 'altered'; readonly alter: (answer: ApiResponse) => ApiResponse }

export type FaultRule = {
  /** Which requests; `any` means every write. */
  readonly requests: RequestKind | 'any' | readonly RequestKind[]
  readonly kind: FaultKind | readonly FaultKind[]
  /** Share of the matching requests, 1 by default. */
  readonly probability?: number
  /** The highest number of faults. */
  readonly maxTimes?: number
  readonly seed?: number
  readonly retryAfterSeconds?: number
}

/** The fault of a request; null: none. */
export type ChooseFault = (request: RecordedRequest) => Fault | null

export type Faults = {
  /** Adds a rule; the returned function removes it. */
  injectFault(rule: FaultRule): () => void
  /** Called before the rules, for every request but those for tokens; replaces the previous one. */
  chooseFaults(choose: ChooseFault): void
  /** The same for requests for tokens. */
  chooseTokenFaults(choose: ChooseFault): void
  clearFaults(): void
  /** Applies GitHub's own limits (limits.ts) from now on, after creations at these times; returns what is reached of each. */
  enforceLimits(earlierCreations?: readonly number[]): Readonly<Record<LimitName, number>>
  faultFor(request: RecordedRequest): Fault | null
}

export function openFaults(clock: Clock): Faults {
  const rules = new Set<{ rule: FaultRule; random: SeededRandom; left: number }>()
  const limits = openLimits(clock)
  let chosen: ChooseFault = () => null
  let chosenForTokens: ChooseFault = () => null

  function chosenFor(request: RecordedRequest): Fault | null {
    const { kind } = request
    const one = kind === 'token' ? chosenForTokens(request) : chosen(request)
    if (one) return one
    for (const active of rules) {
      const { rule, random } = active
      if (active.left === 0 || !matchesRequest(rule.requests, kind) || !random.chance(rule.probability ?? 1)) continue
      active.left--
      const how = typeof rule.kind === 'string' ? rule.kind : random.pick(rule.kind)
      return { kind: how, ...(rule.retryAfterSeconds && { retryAfterSeconds: rule.retryAfterSeconds }) }
    }
    return null
  }

  return {
    injectFault(rule) {
      const active = { rule, random: seededRandom(rule.seed ?? 1), left: rule.maxTimes ?? Number.POSITIVE_INFINITY }
      rules.add(active)
      return () => rules.delete(active)
    },
    chooseFaults(choose) {
      chosen = choose
    },
    chooseTokenFaults(choose) {
      chosenForTokens = choose
    },
    clearFaults() {
      rules.clear()
      limits.lift()
      chosen = () => null
      chosenForTokens = () => null
    },
    enforceLimits: limits.enforce,
    faultFor(request) {
      const over = limits.refuse(request)
      const fault: Fault | null = over === null ? chosenFor(request) : { kind: 'secondary-limit' }
      if (fault?.kind === 'secondary-limit' || fault?.kind === 'primary-limit')
        limits.beQuiet(request, fault.retryAfterSeconds ?? RETRY_AFTER_SECONDS)
      return fault
    },
  }
}

/** How long a limit asks to wait, unless told otherwise. */
export const RETRY_AFTER_SECONDS = 60

function matchesRequest(on: FaultRule['requests'], kind: RequestKind): boolean {
  if (on === 'any') return !READS.has(kind)
  return typeof on === 'string' ? on === kind : on.includes(kind)
}

const READS = new Set<RequestKind>(['read', 'token', 'permission', 'graphql'])
