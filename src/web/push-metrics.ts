import { Gauge, type Registry } from 'prom-client'
import type { PushCounts } from '../store/pushes.ts'

/** Metrics of what is sent to browsers, of all processes. What could not be counted is absent. */
export function createPushMetrics(registry: Registry): (pushes: PushCounts | null) => void {
  const registers = [registry]
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers })
  const browsers = gauge('andon_push_subscriptions', 'Browsers that are notified while none of their pages is open.')
  const waiting = gauge('andon_pushes_waiting', 'Messages to browsers that are not sent yet.')
  const outcomes = new Gauge({
    name: 'andon_pushes_total',
    help: 'Messages to browsers by what became of them.',
    labelNames: ['outcome'],
    registers,
  })
  return (pushes) => {
    outcomes.reset()
    for (const metric of [browsers, waiting]) metric.remove()
    if (pushes === null) return
    browsers.set(pushes.subscriptions)
    waiting.set(pushes.waiting)
    for (const { outcome, count } of pushes.outcomes) outcomes.set({ outcome }, count)
  }
}
