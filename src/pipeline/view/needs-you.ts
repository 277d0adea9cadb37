// Whether a person is needed, and since when. Nothing stands still in silence: a pipeline that is neither done, ended nor held
// has something that will move it by itself, or a person is needed.
import { DEFAULTS, type StageConfig } from '../../line/line.ts'
import type { Pipeline } from '../model/pipeline.ts'
import type { DenialReason, Reason } from '../model/reason.ts'
import { type Instant, secondsAfter } from '../model/time.ts'
import { startAuthorization } from '../stages/pipeline-start.ts'
import {
  type Headline,
  type HealthProblem,
  headlineAtWork,
  headlineOf,
  hiddenStageOf,
  upcomingProblems,
} from './light.ts'

/** Since when, or from when unless something changes, a person is needed; null: never. */
export function needsYouAt(pipeline: Pipeline): Instant | null {
  return neededAt(pipeline, upcomingProblems(pipeline))
}

/** When a comment asks for one: never only because a run does not report. The board counts it, and GitHub says that it goes on. */
export function asksForPersonAt(pipeline: Pipeline): Instant | null {
  return neededAt(pipeline, problemsToAskAbout(pipeline))
}

/** Those of which Andon can say what is wrong. */
export function problemsToAskAbout(pipeline: Pipeline): readonly HealthProblem[] {
  return upcomingProblems(pipeline).filter(({ health }) => health !== 'unknown')
}

/** Where a person is needed, now or later: nobody need review what is still being tested. */
export function headlineInNeed(pipeline: Pipeline): Headline {
  const isFailed = hiddenStageOf(pipeline)?.status === 'failed'
  return isFailed ? headlineOf(pipeline) : headlineAtWork(pipeline)
}

function neededAt(pipeline: Pipeline, problems: readonly HealthProblem[]): Instant | null {
  const headline = headlineInNeed(pipeline)
  switch (headline.light) {
    case 'review':
    case 'failed':
      return headline.since
    case 'done':
      return null
    case 'idle':
      if (hasEnded(pipeline, headline)) return null
      if (headline.reason?.kind === 'asks-issue-state')
        return secondsAfter(pipeline.issue.updatedAt, ANSWERED_WITHIN_SECONDS)
      return needsPersonToGoOn(pipeline, headline) ? headline.since : afterTimeout(pipeline, headline)
    case 'running':
    case 'queued': {
      if (headline.reason?.kind === 'waits-for-github-approval') return headline.since
      if (isUnansweredByGitHub(headline.reason)) return secondsAfter(headline.since, OUTAGE_SECONDS)
      // Of a run that never reports nobody can say whether it stalls: a person looks.
      return problems[0]?.since ?? whenNothingStartsIt(pipeline, headline)
    }
  }
}

/** Has it ended in a way that people can see? A start that a commenter was refused has not even begun. */
export function hasEnded(pipeline: Pipeline, { light }: Headline = headlineOf(pipeline)): boolean {
  const { removed, issue, start } = pipeline
  if (light === 'done') return true
  const isRefused = start.by === 'command' && startAuthorization(pipeline).state === 'refused'
  const isClosed = issue.state === 'closed' && !issue.isContested
  return light === 'idle' && (removed !== null || isClosed || isRefused)
}

/** Was it stopped, so that only a person can let it go on? Anything else may still come from outside Andon. */
function needsPersonToGoOn({ stages }: Pipeline, { stage, reason }: Headline): boolean {
  return reason?.kind === 'lacks-permission' || stages.find(({ name }) => name === stage)?.status === 'cancelled'
}

/** Does GitHub not say what it is about or who may start it, or not start it? */
export function isUnansweredByGitHub(reason: Reason | null): boolean {
  if (reason?.kind === 'waits-for-dispatch') return reason.dispatch.kind === 'github-unavailable'
  if (reason?.kind === 'unconfirmed') return reason.dispatch.kind === 'answer-lost'
  return reason?.kind === 'asks-permission' || reason?.kind === 'asks-issue'
}

/** A queued stage that has no attempt. */
function whenNothingStartsIt(pipeline: Pipeline, headline: Headline): Instant | null {
  if (headline.reason?.kind === 'waits-for-start') return afterTimeout(pipeline, headline)
  if (headline.reason?.kind === 'file-mistaken') return headline.since
  // The run of somebody else, which Andon does not cancel.
  if (headline.reason?.kind === 'waits-for-run')
    return secondsAfter(headline.since, ruleOf(pipeline, headline).limitSeconds)
  const { denial } = pipeline
  return denial !== undefined && NEEDS_PERSON_AFTER_DENIAL[denial.reason.kind] ? denial.at : null
}

const NEEDS_PERSON_AFTER_DENIAL = {
  'repository-removed': true,
  // Asked until GitHub answers.
  'repository-in-doubt': false,
  'installation-suspended': true,
  'default-branch-unknown': true,
  held: false,
  'held-by-andon': false,
  'failing-alike': false,
  'starts-per-day': false,
  running: false,
} as const satisfies Record<DenialReason['kind'], boolean>

/** A question that GitHub has not answered by then needs a person. */
const ANSWERED_WITHIN_SECONDS = 60

/** Nobody can start it while GitHub does not answer; a short outage needs nobody. */
const OUTAGE_SECONDS = 10 * 60

/** What something outside Andon should do is waited for as long as a stage may be silent. */
function afterTimeout(pipeline: Pipeline, headline: Headline): Instant {
  return secondsAfter(headline.since, ruleOf(pipeline, headline).timeoutSeconds)
}

function ruleOf({ line }: Pipeline, { stage }: Headline): Pick<StageConfig, 'timeoutSeconds' | 'limitSeconds'> {
  return line.stages.find(({ name }) => name === stage) ?? DEFAULTS
}
