import type { Pipeline } from '../model/pipeline.ts'
import type { Instant } from '../model/time.ts'
import { upcomingProblems } from '../view/health.ts'
import { pipelineDeadlines } from './enforce-deadlines.ts'

/**
 * When the clock is wanted next: at the next moment after this one at which what is derived changes by itself, or a try
 * may begin; or at once, if a deadline has passed about which something is to be done.
 */
export function wakeAt(pipeline: Pipeline, after: Instant): Instant | null {
  const changes = upcomingProblems(pipeline).map(({ since }) => since)
  const tries = pipeline.stages.flatMap(({ retryAt }) => retryAt ?? [])
  const ahead = [...changes, ...tries, ...(pipeline.denial?.until ? [pipeline.denial.until] : [])]
  return [...ahead.filter((moment) => moment > after), ...pipelineDeadlines(pipeline)].toSorted()[0] ?? null
}
