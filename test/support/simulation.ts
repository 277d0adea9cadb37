// GitHub, the outbox, the watchdog and the clock around one pipeline, all simulated: effects are performed after seeded
// delays, runs behave as the test wants, and everything arrives as events. Only the core decides.

import type { SeededRandom } from '../../fake-github/random.ts'
import type { Line } from '../../src/line/line.ts'
import { wakeAt } from '../../src/pipeline/deadlines/enforce-deadlines.ts'
import type { Effect } from '../../src/pipeline/model/effects.ts'
import type { Event } from '../../src/pipeline/model/events.ts'
import type { Conclusion, RunFact } from '../../src/pipeline/model/facts.ts'
import type { Instant } from '../../src/pipeline/model/time.ts'
import { runChanged } from './pipeline-fixtures.ts'
import {
  cancelResult,
  dispatchConfirmed,
  dispatchedRun,
  dispatchResult,
  type PipelineHarness,
  reportReceived,
  runAnswered,
  startedPipeline,
  woken,
} from './pipeline-harness.ts'
import { refusal } from './reasons.ts'

/** How a run behaves after its dispatch. Seconds are counted from its creation. */
export type RunBehavior = {
  readonly startsAfter?: number | null
  readonly endsAfter?: number | null
  readonly conclusion?: Conclusion
  /** When it reports, once. */
  readonly reportsAfter?: number
  /** When its completion is delivered: after so many seconds, or never. */
  readonly webhookAfter?: number | null
  readonly stopsOn?: 'cancel' | 'force' | 'nothing'
}

export type DispatchBehavior = { readonly refused: string } | { readonly lost: true } | RunBehavior

const START_MS = Date.UTC(2026, 10, 21, 9, 1, 0)

export function openSimulation(
  line: Line,
  behave: (nth: number) => DispatchBehavior,
  chance: SeededRandom,
  within = 60,
) {
  const harness: PipelineHarness = startedPipeline(line)
  const agenda: { at: number; act: () => void }[] = []
  const runs = new Map<number, { fact: RunFact; behaviour: RunBehavior }>()
  const performed = new Set<string>()
  /** Runs that were live in an answer of GitHub's. */
  const readLive = new Set<number>()
  const counts = {
    dispatches: 0,
    cancelled: 0,
    cancelsOfCompleted: 0,
    cancelsAfterCompletion: 0,
    cancelsWithoutRead: 0,
    maxConcurrent: 0,
  }
  let now = START_MS
  let wake: number | null = null

  const instant = (ms = now): Instant => new Date(ms).toISOString()
  const later = (seconds: number, act: () => void) => agenda.push({ at: now + Math.round(seconds * 1000), act })
  const soon = () => chance.next() * within

  function deliver(event: Event): void {
    harness.apply(event)
    harness.admit(instant())
    for (const effect of harness.effects()) {
      if (performed.has(effect.key)) continue
      performed.add(effect.key)
      decide(effect)
    }
    const next = wakeAt(harness.pipeline, instant())
    wake = next === null ? null : Math.max(Date.parse(next), now)
  }

  function decide(effect: Effect): void {
    if (effect.type === 'dispatch') later(soon(), () => dispatch(effect.attemptKey))
    if (effect.type === 'cancel') {
      const isCompleted = harness.attempt(effect.attemptKey!).run?.status === 'completed'
      if (isCompleted) counts.cancelsAfterCompletion++
      if (!readLive.has(effect.runId)) counts.cancelsWithoutRead++
      later(soon(), () => cancel(effect.attemptKey!, effect.runId, effect.force))
    }
    if (effect.type === 'ask' && effect.question.about === 'run') {
      const { runId } = effect.question
      later(soon(), () => {
        const fact = runs.get(runId)?.fact ?? null
        const at = instant()
        if (fact !== null && fact.status !== 'completed') readLive.add(runId)
        later(soon(), () => deliver(runAnswered(runId, fact, at)))
      })
    }
  }

  function dispatch(key: string): void {
    counts.dispatches++
    const how = behave(counts.dispatches)
    const id = 99 + counts.dispatches
    if ('refused' in how) deliver(dispatchResult(key, { state: 'refused', reason: refusal(how.refused) }, instant()))
    else if ('lost' in how) deliver(dispatchConfirmed(key, id, instant()))
    else begin(key, id, how)
  }

  function begin(key: string, id: number, how: RunBehavior): void {
    const { startsAfter = 5, endsAfter = 60, conclusion = 'success', reportsAfter } = how
    const fact = dispatchedRun(key, id, { status: 'queued', at: instant() })
    runs.set(id, { fact, behaviour: how })
    countLive()
    later(soon(), () => deliver(dispatchConfirmed(key, id, instant())))
    later(soon() / 10, () => deliver(runChanged({ ...fact, at: fact.updatedAt })))
    if (startsAfter !== null) later(startsAfter, () => become(id, { status: 'in_progress' }, soon() / 10))
    if (reportsAfter !== undefined)
      later(reportsAfter, () => deliver(reportReceived(key, id, instant(), { progress: 10 })))
    if (endsAfter !== null) later(endsAfter, () => end(id, conclusion))
  }

  function become(id: number, change: Partial<RunFact>, webhookAfter: number | null): void {
    const run = runs.get(id)
    if (run === undefined || run.fact.status === 'completed') return
    run.fact = { ...run.fact, ...change, updatedAt: instant() }
    const fact = run.fact
    if (webhookAfter !== null) later(webhookAfter, () => deliver(runChanged({ ...fact, at: fact.updatedAt })))
  }

  function end(id: number, conclusion: Conclusion): void {
    const { behaviour } = runs.get(id)!
    const { webhookAfter = soon() } = behaviour
    become(id, { status: 'completed', conclusion }, webhookAfter)
  }

  function cancel(key: string, id: number, force: boolean): void {
    const run = runs.get(id)
    if (run === undefined || run.fact.status === 'completed') {
      if (run !== undefined) counts.cancelsOfCompleted++
      deliver(cancelResult(key, id, run === undefined ? 'gone' : 'refused', instant(), force))
      return
    }
    const { stopsOn = 'cancel' } = run.behaviour
    deliver(cancelResult(key, id, 'accepted', instant(), force))
    if (stopsOn === 'nothing' || (stopsOn === 'force' && !force)) return
    counts.cancelled++
    later(soon() / 4, () => end(id, 'cancelled'))
  }

  function countLive(): void {
    const live = [...runs.values()].filter(({ fact, behaviour }) => {
      return fact.status !== 'completed' && behaviour.stopsOn !== 'nothing'
    })
    counts.maxConcurrent = Math.max(counts.maxConcurrent, live.length)
  }

  return {
    harness,
    counts,
    /** GitHub's state of the nth run. */
    runOnGitHub: (nth: number): RunFact | null => runs.get(99 + nth)?.fact ?? null,
    /** Lets that many hours pass. */
    advanceHours(hours: number): void {
      const end = now + hours * 3_600_000
      deliver(woken(instant()))
      for (;;) {
        agenda.sort((a, b) => a.at - b.at)
        const next = agenda[0]
        const at = Math.min(next?.at ?? end, wake ?? end)
        if (at >= end) break
        now = Math.max(now, at)
        if (next !== undefined && next.at <= (wake ?? end)) {
          agenda.shift()
          next.act()
        } else deliver(woken(instant()))
      }
      now = end
    },
  }
}
