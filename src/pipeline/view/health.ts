// A light that GitHub decides is known for a while after GitHub, or the run itself, has said anything about it. After that it
// is unknown until it is read again: GitHub may be out of reach, or refuse, or Andon may not get round to it. Nothing is
// decided by this and nobody is blamed for it, so it counts through Andon's own absence, too.
import type { StageName } from '../../line/line.ts'
import { openPullRequest } from '../facts/standing.ts'
import { pipelineHolds } from '../holds/holds.ts'
import { isAdmitted } from '../model/attempt.ts'
import type { Hold } from '../model/hold.ts'
import type { Attempt, Health, Pipeline, Stage } from '../model/pipeline.ts'
import { earliest, type Instant, latest, secondsAfter } from '../model/time.ts'
import { currentAttempt, isLiveAttempt, runIdOf, runReadAt } from '../stages/attempts.ts'
import { deriveHealth, headlineAtWork } from './light.ts'

/** The health of the stage at work, with its name. Of one whose evidence is too old, `since` is when it was last known. */
export type HealthAtWork = {
  readonly stage: StageName
  readonly health: Health
  readonly since: Instant | null
  readonly isOutdated?: true
}

/** `until`: until when the light counts as known; null where nothing at GitHub decides it. */
export function healthAtWork(
  pipeline: Pipeline,
  now: Instant,
  { until, holds = pipelineHolds(pipeline) }: { until: Instant | null; holds?: readonly Hold[] },
): HealthAtWork {
  const { stage } = headlineAtWork(pipeline)
  return until !== null && until <= now
    ? { stage, health: 'unknown', since: secondsAfter(until, -KNOWN_FOR_SECONDS), isOutdated: true }
    : { stage, ...deriveHealth(pipeline, now, holds) }
}

/** Three readings of a live pipeline, which is read every five minutes. */
const KNOWN_FOR_SECONDS = 15 * 60

/** Until when the light counts as known by what was said; null where nothing that GitHub may change decides it. */
export function knownUntil(pipeline: Pipeline, now: Instant): Instant | null {
  const confirmedAt = lastConfirmedAt(pipeline)
  // GitHub's clock may be ahead.
  return confirmedAt && knownFrom(earliest(confirmedAt, now))
}

/** Until when it is known by what was read, or said, at that moment. */
export function knownFrom(at: Instant): Instant {
  return secondsAfter(at, KNOWN_FOR_SECONDS)
}

/** What waits for a slot or an approval, or is over, is Andon's own to say. */
function lastConfirmedAt(pipeline: Pipeline): Instant | null {
  const { stage: name } = headlineAtWork(pipeline)
  const stage = pipeline.stages.find((stage) => stage.name === name)
  if (stage === undefined || pipeline.removed !== null) return null
  if (stage.status === 'review') return reviewConfirmedAt(pipeline, stage)
  const attempt = currentAttempt(stage)
  const isAtGitHub = attempt !== null && isLiveAttempt(attempt) && runIdOf(attempt) !== null
  return isAtGitHub && (stage.status === 'running' || stage.status === 'queued') ? runConfirmedAt(attempt) : null
}

function runConfirmedAt(attempt: Attempt): Instant | null {
  const reportedAt = isAdmitted(attempt) ? (attempt.control.report?.aliveAt ?? '') : ''
  const answeredAt = attempt.reconciliation?.answeredAt ?? ''
  return [reportedAt, answeredAt].reduce(latest, runReadAt(attempt) ?? '') || null
}

function reviewConfirmedAt(pipeline: Pipeline, { reason }: Stage): Instant | null {
  const pullRequest = openPullRequest(pipeline)
  if (pullRequest === null || reason?.kind === 'waits-for-approval') return null
  const { evidence, updatedAt, reviews } = pullRequest
  return reviews.map((review) => review.evidence.at).reduce(latest, latest(evidence.at, updatedAt))
}
