// How many calls to GitHub one process makes at once, and for whom. A lane works for one installation at a time. Each
// installation may have only a few lanes, and the one that was served longest ago comes first, so that one that is busy
// or does not answer delays no other.
import type { Instant } from '../pipeline/model/time.ts'

/** What a lane does: one write, one read, or one question for the permission of a command's sender. */
export type LaneKind = keyof typeof LANES_PER_INSTALLATION

export type LaneWork<Due = string> = {
  readonly installationId: number
  readonly kind: LaneKind
  /** What is due of that kind. */
  readonly due: readonly Due[]
  /** The sender of a command waits for it. */
  readonly isUrgent: boolean
  /** How many lanes could do such work now. */
  readonly count: number
}

export type Lanes<Due> = {
  /** Replaces what waits for a lane by what is due now, and starts what fits. */
  offer(due: readonly LaneWork<Due>[]): void
  /** Resolves when no lane works; nothing more is started once `stopping` is aborted. */
  idle(): Promise<void>
  /** When the oldest work in progress began. */
  inFlightSince(): Instant | null
  /** The errors of the lanes that have failed since the last call. */
  takeErrors(): readonly unknown[]
}

/** At most one write, so that writes of an installation keep their order. */
const LANES_PER_INSTALLATION = { write: 1, read: 3, permission: 1 } as const
const LANES = 16
/** An empty lane looks again only then: another process may have done its work, or be about to. */
const LOOK_AGAIN_AFTER_MS = 1_000

export function openLanes<Due>(o: {
  /** Does one unit of work; resolves to how much was done. */
  perform: (work: LaneWork<Due>) => Promise<number>
  /** True of an installation that has not answered lately: it gets one lane, to find out. */
  isSuspect: (installationId: number) => boolean
  /** False of an installation that has read much lately: its reads wait. */
  mayRead: (installationId: number) => boolean
  /** Called when lanes are free and more work may be due. */
  freed: () => void
  isStopping: () => boolean
  now: () => Instant
}): Lanes<Due> {
  const inFlight = new Map<symbol, { readonly work: LaneWork<Due>; readonly since: Instant }>()
  const lastServed = new Map<number, number>()
  let served = 0
  let waiting: readonly LaneWork<Due>[] = []
  const errors: unknown[] = []
  const idle: (() => void)[] = []

  function fits({ installationId, kind }: LaneWork<Due>): boolean {
    const theirs = [...inFlight.values()].filter(({ work }) => work.installationId === installationId)
    if (kind === 'read' && !o.mayRead(installationId)) return false
    if (o.isSuspect(installationId)) return theirs.length === 0
    return theirs.filter(({ work }) => work.kind === kind).length < LANES_PER_INSTALLATION[kind]
  }

  function fill(): void {
    if (o.isStopping()) waiting = []
    while (inFlight.size < LANES) {
      const next = waiting.filter(fits).toSorted(compare)[0]
      if (next === undefined) return
      waiting = waiting.flatMap((work) => {
        if (work !== next) return [work]
        return work.count > 1 ? [{ ...work, count: work.count - 1 }] : []
      })
      lastServed.set(next.installationId, ++served)
      void run(next)
    }
  }

  function compare(a: LaneWork<Due>, b: LaneWork<Due>): number {
    const urgency = Number(b.isUrgent) - Number(a.isUrgent)
    return urgency || (lastServed.get(a.installationId) ?? 0) - (lastServed.get(b.installationId) ?? 0)
  }

  async function run(work: LaneWork<Due>): Promise<void> {
    const lane = Symbol(work.kind)
    inFlight.set(lane, { work, since: o.now() })
    let done = 0
    try {
      done = await o.perform(work)
    } catch (error) {
      errors.push(error)
    }
    inFlight.delete(lane)
    fill()
    if (inFlight.size === 0) for (const resolve of idle.splice(0)) resolve()
    if (o.isStopping() || inFlight.size === LANES) return
    if (done > 0) o.freed()
    else setTimeout(o.freed, LOOK_AGAIN_AFTER_MS).unref()
  }

  return {
    offer(due) {
      waiting = due
      fill()
    },
    async idle() {
      if (inFlight.size > 0) await new Promise<void>((resolve) => idle.push(resolve))
    },
    inFlightSince: () => [...inFlight.values()].map(({ since }) => since).toSorted()[0] ?? null,
    takeErrors: () => errors.splice(0),
  }
}
