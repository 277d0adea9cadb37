// How a stage stands that Andon starts itself: as its live attempt does; else as the attempt made for what is wanted
// now, with the next one queued while attempts are left; else it is queued when it is its turn.
import type { StageRule } from '../../line/line.ts'
import { holdWords, ownHold } from '../holds/holds.ts'
import { isOwn } from '../model/attempt.ts'
import type { Evidence } from '../model/evidence.ts'
import type { Hold } from '../model/hold.ts'
import type { Attempt, Call, Pipeline, Stage } from '../model/pipeline.ts'
import { type Instant, later, timeOfDay } from '../model/time.ts'
import {
  currentAttempt,
  hasLiveRun,
  isLiveAttempt,
  isLiveTwin,
  isUnsent,
  outcomeOf,
  overAt,
  ownAttempts,
} from './attempt-outcome.ts'
import { againAt } from './backoff.ts'
import { standingOfAttempt, wordsOfAttempt, wordsOfNext } from './derive-from-attempt.ts'
import type { Standing } from './derived-stage.ts'
import { leaveToStart } from './start-requests.ts'
import { callOf, isFor, isWanted, orderAbout } from './triggers.ts'

/** How it stands, since when it wants a slot, and not before when. */
export type OwnStanding = Standing & Required<Pick<Stage, 'queuedAt' | 'againAt'>>

/** How a stage stands that Andon starts; `before` are the stages before it, settled. Null: nothing is to be said of it. */
export function standingOfOwn(
  pipeline: Pipeline,
  stage: Stage,
  rule: StageRule,
  before: readonly Stage[],
): OwnStanding | null {
  const call = callOf(pipeline, stage)
  const current = currentAttempt(stage)
  if (current !== null && isLiveAttempt(current)) {
    const standing = standingOfAttempt(stage, rule, current)
    const hold = isUnsent(current) ? ownHold(pipeline, stage.name) : null
    return settled(hold === null ? standing : heldBack(standing, hold, wordsOfAttempt(stage, rule, current)))
  }
  const ordered = standingByOrder(stage, call)
  if (ordered !== null) return settled(ordered)
  if (current !== null && isFor(current, call)) return standingAfter(pipeline, stage, rule, current)
  if (call === null) return null
  if (isWanted(pipeline, stage, call, before)) {
    const since = call.from === stage.name ? call.at : later(call.at, before.at(-1)?.since ?? call.at)
    return queued(pipeline, stage, rule, call, {
      since,
      evidence: before.at(-1)?.evidence ?? call.evidence,
      next: '',
      until: null,
    })
  }
  return current === null ? null : settled(again(call))
}

/** What a start that GitHub has not been heard about looks like; null once somebody may start. */
export function standingOfLeave(pipeline: Pipeline): Standing | null {
  const leave = leaveToStart(pipeline)
  if (leave.is !== 'asked' && leave.is !== 'refused') return null
  const { login, at, evidence, permission } = leave.starter
  if (leave.is === 'refused') {
    const reason = `@${login} may not start this: that takes permission to write`
    return { status: 'idle', reason, waiting: null, since: permission?.at ?? at, evidence }
  }
  const reason = `asks GitHub whether @${login} may start this`
  return { status: 'queued', reason, waiting: { for: `GitHub's word on @${login}`, until: null }, since: at, evidence }
}

/** A stage that is done waits for an approval if its gate asks for one. */
export function atGate(stage: Stage, rule: StageRule, call: Call | null, standing: Standing): Standing {
  if (rule.gate === null || standing.status !== 'done') return standing
  const approval = orderAbout(stage, call, 'approve')
  if (approval !== null) return { ...standing, reason: `${standing.reason}, approved by @${approval.by}` }
  const reason = `${standing.reason}; waits for an approval: /andon approve`
  return { ...standing, status: 'review', reason, waiting: { for: 'an approval', until: null } }
}

/** What a person's word makes of a stage that nothing is live in. */
export function standingByOrder(stage: Stage, call: Call | null): Standing | null {
  const skip = orderAbout(stage, call, 'skip')
  if (skip !== null) return byOrder('skipped', `skipped by @${skip.by}`, skip)
  const cancel = orderAbout(stage, call, 'cancel')
  return cancel && byOrder('cancelled', `cancelled by @${cancel.by}; /andon retry ${stage.name} tries again`, cancel)
}

function byOrder(
  status: 'skipped' | 'cancelled',
  reason: string,
  { at, evidence }: { at: Instant; evidence: Evidence },
) {
  return { status, reason, waiting: null, since: at, evidence }
}

function standingAfter(pipeline: Pipeline, stage: Stage, rule: StageRule, current: Attempt): OwnStanding {
  const outcome = outcomeOf(current)
  const standing = standingOfAttempt(stage, rule, current)
  if (outcome === 'done') return settled(atGate(stage, rule, callOf(pipeline, stage), standing))
  if (outcome === 'cancelled') {
    return settled({ ...standing, reason: `${standing.reason}; /andon retry ${stage.name} tries again` })
  }
  if (outcome !== 'failed' || !isOwn(current)) return settled(standing)
  const tries = ownAttempts(stage).filter(({ ours }) => ours.call.id === current.ours.call.id).length
  if (tries >= rule.attempts) {
    return settled({ ...standing, reason: `${standing.reason}; a person is needed: /andon retry ${stage.name}` })
  }
  const since = overAt(current) ?? current.ours.admittedAt
  const until = againAt(since, tries, current.key)
  return queued(pipeline, stage, rule, current.ours.call, {
    since,
    evidence: standing.evidence ?? current.ours.evidence,
    next: ` (${standing.reason})`,
    until,
  })
}

type Turn = {
  readonly since: Instant
  readonly evidence: Evidence
  readonly next: string
  readonly until: Instant | null
}

/** It is its turn: it waits for what still runs, for the moment of the next try, or for a slot. */
function queued(
  pipeline: Pipeline,
  stage: Stage,
  rule: StageRule,
  call: Call,
  { since, evidence, next, until }: Turn,
): OwnStanding {
  const attempt = wordsOfNext(stage, rule, call)
  const told = { status: 'queued', since, evidence, queuedAt: since, againAt: until } as const
  const runId = stillRunning(stage)
  if (runId !== null) {
    const awaited = `run ${runId} to be over`
    return {
      ...told,
      reason: `${attempt} waits for ${awaited}`,
      waiting: { for: awaited, until: null },
      queuedAt: null,
    }
  }
  const hold = ownHold(pipeline, stage.name)
  if (hold !== null) {
    // It keeps its place: once resumed it is as long in the queue as it would have been.
    return { ...heldBack(told, hold, `${attempt}${next}`), queuedAt: since, againAt: until }
  }
  const { denied } = pipeline
  if (denied !== undefined && denied.at >= (until ?? '')) {
    const reason = `waiting: ${denied.words}; then ${attempt}${next}`
    return { ...told, reason, waiting: { for: 'a slot', until: denied.until } }
  }
  if (until !== null) {
    const reason = `${attempt}, again at ${timeOfDay(until)}${next}`
    return { ...told, reason, waiting: { for: attempt, until } }
  }
  return { ...told, reason: `${attempt} waits for a slot`, waiting: { for: 'a slot', until: null } }
}

function heldBack(standing: Pick<Standing, 'status' | 'since' | 'evidence'>, hold: Hold, next: string): Standing {
  const { status, since, evidence } = standing
  const waiting = { for: 'somebody to resume it', until: null }
  return { status, reason: `${holdWords(hold)}; then ${next}`, waiting, since, evidence }
}

/** A run of this stage that goes on although its attempt was given up: nothing is started beside it. */
function stillRunning(stage: Stage): number | null {
  const stray = stage.attempts.find(hasLiveRun)?.run?.id
  const twin = ownAttempts(stage).flatMap(({ ours }) => ours.twins.filter(isLiveTwin))[0]?.runId
  return stray ?? twin ?? null
}

/** It has been carried out for an earlier reason, and what comes before it must be done first. */
function again({ at, from, evidence }: Call): Standing {
  return { status: 'idle', reason: `again after ${from}`, waiting: null, since: at, evidence }
}

function settled(standing: Standing): OwnStanding {
  return { ...standing, queuedAt: null, againAt: null }
}
