import type { Pipeline } from '../model/pipeline.ts'
import type { Instant } from '../model/time.ts'
import { troublesAhead } from '../view/health.ts'
import { deadlines } from './enforce-deadlines.ts'

/**
 * When the clock is wanted next: at the next moment after this one at which what is derived changes by itself, or a try
 * may begin; or at once, if a deadline has passed about which something is to be done.
 */
export function wakeAt(pipeline: Pipeline, after: Instant): Instant | null {
  const changes = troublesAhead(pipeline).map(({ since }) => since)
  const tries = pipeline.stages.flatMap(({ againAt }) => againAt ?? [])
  const ahead = [...changes, ...tries, ...(pipeline.denied?.until ? [pipeline.denied.until] : [])]
  return [...ahead.filter((moment) => moment > after), ...deadlines(pipeline)].toSorted()[0] ?? null
}
