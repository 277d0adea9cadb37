// A pull request that closes the issue may be linked late, or by hand, which no webhook reports. So while a stage waits for
// one, GitHub is asked again and again, each time after twice as long.
import { currentPullRequest } from '../facts/correlate.ts'
import type { Pipeline } from '../model/pipeline.ts'
import { type Instant, secondsAfter } from '../model/time.ts'
import { isOff } from '../stages/attempts.ts'
import { headlineOf } from '../view/light.ts'

const FIRST_ASK_AFTER_SECONDS = 60
const MAX_ASK_INTERVAL_SECONDS = 6 * 60 * 60

/** When GitHub is asked next for the pull request that the pipeline waits for; null while it waits for none. */
export function askForPullRequestAt(pipeline: Pipeline): Instant | null {
  const since = waitsForPullRequestSince(pipeline)
  if (since === null) return null
  const { pullRequestAskedAt: asked } = pipeline
  if (asked === undefined || asked < since) return secondsAfter(since, FIRST_ASK_AFTER_SECONDS)
  const waited = Math.max((Date.parse(asked) - Date.parse(since)) / 1000, FIRST_ASK_AFTER_SECONDS)
  return secondsAfter(asked, Math.min(waited, MAX_ASK_INTERVAL_SECONDS))
}

function waitsForPullRequestSince(pipeline: Pipeline): Instant | null {
  const rules = pipeline.line.stages
  const isAwaited = rules.some(({ workflow }) => workflow === null) && currentPullRequest(pipeline) === null
  if (!isAwaited || isOff(pipeline)) return null
  const { since, reason } = headlineOf(pipeline)
  const isFirst = rules[0]?.workflow === null && reason?.kind === 'waits-for-start'
  return isFirst || reason?.kind === 'stage-over' ? since : null
}
