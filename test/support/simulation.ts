// GitHub, the outbox, the watchdog and the clock around one pipeline, without any of them: effects are carried out after
// seeded delays, runs behave as the test wants, and everything is told as events. Only the core decides.
import type { Line } from '../../src/line/line.ts'
import { wakeAt } from '../../src/pipeline/deadlines/wake-at.ts'
import type { Effect } from '../../src/pipeline/model/effects.ts'
import type { Event } from '../../src/pipeline/model/events.ts'
import type { Conclusion, RunFact } from '../../src/pipeline/model/facts.ts'
import type { Instant } from '../../src/pipeline/model/time.ts'
import { runIs } from './pipeline-fixtures.ts'
import {
  cancelIs,
  confirmed,
  dispatchIs,
  type Floor,
  ownRun,
  reported,
  runRead,
  started,
  woken,
} from './pipeline-harness.ts'
import type { Seeded } from './seeded-random.ts'

/** How a run behaves once it is asked for. Seconds are counted from its creation. */
export type Behaviour = {
  readonly startsAfter?: number | null
  readonly endsAfter?: number | null
  readonly conclusion?: Conclusion
  /** When it reports, once. */
  readonly reportsAfter?: number
  /** How its completion is told: after so many seconds, or never. */
  readonly toldAfter?: number | null
  readonly heeds?: 'cancel' | 'force' | 'nothing'
}

export type Dispatching = { readonly refused: string } | { readonly lost: true } | Behaviour

export type Shop = ReturnType<typeof shop>

const NINE = Date.UTC(2026, 10, 21, 9, 1, 0)

export function shop(line: Line, behave: (nth: number) => Dispatching, chance: Seeded, within = 60) {
  const floor: Floor = started(line)
  const agenda: { at: number; act: () => void }[] = []
  const runs = new Map<number, { fact: RunFact; behaviour: Behaviour }>()
  const performed = new Set<string>()
  /** Runs that GitHub called live when it was asked. */
  const readLive = new Set<number>()
  const figures = {
    dispatches: 0,
    cancelled: 0,
    refusedAsFinished: 0,
    decidedThoughTold: 0,
    decidedUnread: 0,
    mostAtOnce: 0,
  }
  let now = NINE
  let wake: number | null = null

  const instant = (ms = now): Instant => new Date(ms).toISOString()
  const later = (seconds: number, act: () => void) => agenda.push({ at: now + Math.round(seconds * 1000), act })
  const soon = () => chance.next() * within

  function tell(event: Event): void {
    floor.tell(event)
    floor.admit(instant())
    for (const effect of floor.effects()) {
      if (performed.has(effect.key)) continue
      performed.add(effect.key)
      decide(effect)
    }
    const next = wakeAt(floor.pipeline, instant())
    wake = next === null ? null : Math.max(Date.parse(next), now)
  }

  function decide(effect: Effect): void {
    if (effect.type === 'dispatch') later(soon(), () => dispatch(effect.attemptKey))
    if (effect.type === 'cancel') {
      const isTold = floor.attempt(effect.attemptKey!).run?.status === 'completed'
      if (isTold) figures.decidedThoughTold++
      if (!readLive.has(effect.runId)) figures.decidedUnread++
      later(soon(), () => cancel(effect.attemptKey!, effect.runId, effect.force))
    }
    if (effect.type === 'ask' && effect.question.about === 'run') {
      const { runId } = effect.question
      later(soon(), () => {
        const fact = runs.get(runId)?.fact ?? null
        const at = instant()
        if (fact !== null && fact.status !== 'completed') readLive.add(runId)
        later(soon(), () => tell(runRead(runId, fact, at)))
      })
    }
  }

  function dispatch(key: string): void {
    figures.dispatches++
    const how = behave(figures.dispatches)
    const id = 99 + figures.dispatches
    if ('refused' in how) tell(dispatchIs(key, { state: 'refused', words: how.refused }, instant()))
    else if ('lost' in how) tell(confirmed(key, id, instant()))
    else begin(key, id, how)
  }

  function begin(key: string, id: number, how: Behaviour): void {
    const { startsAfter = 5, endsAfter = 60, conclusion = 'success', reportsAfter } = how
    const fact = ownRun(key, id, { status: 'queued', at: instant() })
    runs.set(id, { fact, behaviour: how })
    countLive()
    later(soon(), () => tell(confirmed(key, id, instant())))
    later(soon() / 10, () => tell(runIs({ ...fact, at: fact.updatedAt })))
    if (startsAfter !== null) later(startsAfter, () => become(id, { status: 'in_progress' }, soon() / 10))
    if (reportsAfter !== undefined) later(reportsAfter, () => tell(reported(key, id, instant(), { progress: 10 })))
    if (endsAfter !== null) later(endsAfter, () => end(id, conclusion))
  }

  function become(id: number, change: Partial<RunFact>, toldAfter: number | null): void {
    const run = runs.get(id)
    if (run === undefined || run.fact.status === 'completed') return
    run.fact = { ...run.fact, ...change, updatedAt: instant() }
    const told = run.fact
    if (toldAfter !== null) later(toldAfter, () => tell(runIs({ ...told, at: told.updatedAt })))
  }

  function end(id: number, conclusion: Conclusion): void {
    const { behaviour } = runs.get(id)!
    const { toldAfter = soon() } = behaviour
    become(id, { status: 'completed', conclusion }, toldAfter)
  }

  function cancel(key: string, id: number, force: boolean): void {
    const run = runs.get(id)
    if (run === undefined || run.fact.status === 'completed') {
      if (run !== undefined) figures.refusedAsFinished++
      tell(cancelIs(key, id, run === undefined ? 'gone' : 'refused', instant(), force))
      return
    }
    const { heeds = 'cancel' } = run.behaviour
    tell(cancelIs(key, id, 'accepted', instant(), force))
    if (heeds === 'nothing' || (heeds === 'force' && !force)) return
    figures.cancelled++
    later(soon() / 4, () => end(id, 'cancelled'))
  }

  function countLive(): void {
    const live = [...runs.values()].filter(({ fact, behaviour }) => {
      return fact.status !== 'completed' && behaviour.heeds !== 'nothing'
    })
    figures.mostAtOnce = Math.max(figures.mostAtOnce, live.length)
  }

  return {
    floor,
    figures,
    /** What GitHub knows of the nth run. */
    truth: (nth: number): RunFact | null => runs.get(99 + nth)?.fact ?? null,
    /** Lets so many hours pass. */
    pass(hours: number): void {
      const end = now + hours * 3_600_000
      tell(woken(instant()))
      for (;;) {
        agenda.sort((a, b) => a.at - b.at)
        const next = agenda[0]
        const at = Math.min(next?.at ?? end, wake ?? end)
        if (at >= end) break
        now = Math.max(now, at)
        if (next !== undefined && next.at <= (wake ?? end)) {
          agenda.shift()
          next.act()
        } else tell(woken(instant()))
      }
      now = end
    },
  }
}
