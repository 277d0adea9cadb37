// One attempt as a card: which try it is and who asked for it, how it went, how long it took, and where to look.
import type { JobFact } from '../pipeline/model/facts.ts'
import type { Pipeline, StageStatus } from '../pipeline/model/pipeline.ts'
import type { Instant } from '../pipeline/model/time.ts'
import { runPageOf } from '../pipeline/stages/attempts.ts'
import { failedJobOf } from '../pipeline/stages/run-outcome.ts'
import type { HealthAtWork } from '../pipeline/view/health.ts'
import type { Chapter } from '../pipeline/view/timeline.ts'
import type { Try, TryCause, TryCount } from '../pipeline/view/tries.ts'
import { describeAttemptState } from './attempt-reason.ts'
import { safeWebUrl } from './board-row.ts'
import { formatDuration, ordinal } from './labels.ts'
import { healthOfStage, type Lamp, lampOf } from './lamp.ts'
import { describeReason } from './reason.ts'
import { logUrlOf } from './what-to-do.ts'

/** All of it is plain text that may quote people. */
export type AttemptCard = Lamp & {
  readonly id: string
  readonly stage: string
  /** `2nd of 3 tries` */
  readonly title: string
  /** `asked for by @ada` */
  readonly cause: string | null
  readonly result: string
  readonly startedAt: Instant | null
  readonly endedAt: Instant | null
  /** Since when what it says is so, while it goes on. */
  readonly since: Instant | null
  /** Null while it goes on. */
  readonly duration: string | null
  readonly links: readonly { readonly word: string; readonly url: string }[]
  readonly key: string | null
  /** Where the numbers of the title come from. */
  readonly why: string | null
}

export function attemptCardOf(pipeline: Pipeline, chapter: Chapter, atWork: HealthAtWork): AttemptCard {
  const { stage, number, attempt, at } = chapter
  const nth = pipeline.stages.findIndex(({ name }) => name === stage)
  const id = number < 0 ? `run-${nth}-${-number}` : `try-${nth}-${number}`
  const planned = {
    id,
    stage,
    startedAt: at,
    endedAt: null,
    since: null,
    duration: null,
    links: [],
    key: null,
    why: null,
  }
  if (attempt === null) return { ...planned, ...plannedOf(pipeline, chapter) }
  const { count, startedAt, endedAt } = attempt
  const status = statusOf(pipeline, chapter, attempt)
  const isAtWork = chapter.isLatest && attempt.outcome === 'live'
  const lamp = lampOf(status, isAtWork ? healthOfStage(stage, atWork) : 'ok')
  return {
    ...{ id, stage, ...lamp },
    title: titleOf(attempt),
    cause: count === null ? startedElsewhere(attempt) : describeCause(count.cause),
    result: resultOf(attempt),
    ...{ startedAt, endedAt, since: lamp.isUnwell ? atWork.since : status === 'running' ? startedAt : null },
    duration:
      startedAt === null || endedAt === null ? null : formatDuration(Date.parse(endedAt) - Date.parse(startedAt)),
    links: linksOf(attempt),
    key: attempt.attempt.key,
    why: count && describeCount(count),
  }
}

/** It has not begun, or nothing came of it. */
function plannedOf(pipeline: Pipeline, { stage: name, number, entries, isLatest }: Chapter) {
  const stage = pipeline.stages.find((stage) => stage.name === name)
  const newest = Math.max(0, ...(stage?.attempts.map((attempt) => attempt.number) ?? []))
  const isNext = isLatest && stage?.status === 'queued' && number > newest
  const change = entries.at(-1)?.change
  const status = isNext ? 'queued' : 'skipped'
  const reason = isNext ? stage.reason : change?.kind === 'stage' ? change.stage.reason : null
  const title = isNext ? 'the next try' : 'a try that was planned'
  const result = isNext ? describeReason(reason, name) : 'nothing came of it'
  return { status, isUnwell: false, word: isNext ? 'not begun' : 'never begun', title, cause: null, result } as const
}

function statusOf(pipeline: Pipeline, { stage: name, isLatest }: Chapter, { outcome, attempt }: Try): StageStatus {
  if (outcome === 'unexplained') return 'failed'
  if (outcome !== 'live') return outcome
  const stage = pipeline.stages.find((stage) => stage.name === name)
  if (isLatest && (stage?.status === 'running' || stage?.status === 'queued')) return stage.status
  return attempt.run?.status === 'in_progress' ? 'running' : 'queued'
}

function titleOf({ attempt, count }: Try): string {
  const rerun = attempt.run !== null && attempt.run.runAttempt > 1 ? `, re-run ${attempt.run.runAttempt - 1}` : ''
  if (count === null) return `${attempt.number === 0 ? 'another run' : `${ordinal(attempt.number)} run`}${rerun}`
  const { nth, allowed, isRefused } = count
  // Elsewhere attempts are counted on, whoever asks for more.
  const inAll = attempt.number === nth ? '' : ` (attempt ${attempt.number} in all)`
  if (isRefused) return `a try that does not count${rerun}${inAll}`
  return `${allowed === 1 ? 'the only try' : `${ordinal(nth)} of ${allowed} tries`}${rerun}${inAll}`
}

function startedElsewhere({ attempt: { run } }: Try): string {
  return run?.actor ? `started on GitHub by @${run.actor}` : 'started outside Andon'
}

function describeCause(cause: TryCause): string {
  const by = cause.by === null ? '' : ` by @${cause.by}`
  switch (cause.kind) {
    case 'start':
      return `asked for${by || ' with the issue'}`
    case 'round':
      return `changes asked for${by}, round ${cause.round} of ${cause.rework}`
    case 'command':
      return `${cause.verb} asked for${by}`
  }
}

function describeCount({ allowed, excused, isRefused }: TryCount): string {
  const tries = allowed - excused
  const rule = `The line allows ${tries} ${tries === 1 ? 'try' : 'tries'} for each start, each retry and each round of changes.`
  const more = excused === 0 ? '' : ` ${excused} more, because as many failed for everybody or were limited.`
  return `${rule}${more}${isRefused ? ' GitHub refused to start this one, which costs none.' : ''}`
}

function resultOf(shown: Try): string {
  const { reason, outcome } = shown
  if (reason === null || outcome === 'done') return ''
  const failedStep = failedJobIn(shown)?.failedStep
  const step = failedStep === undefined ? '' : `, step ${failedStep.name}`
  // The word of the card says already that it failed.
  return `${describeAttemptState(reason).replace(/^failed(: |$)/, '')}${step}`
}

function failedJobIn({ attempt, outcome }: Try): JobFact | null {
  return attempt.run && outcome === 'failed' ? failedJobOf(attempt.run) : null
}

function linksOf(shown: Try): AttemptCard['links'] {
  const { attempt } = shown
  const job = failedJobIn(shown)
  const found = [
    { word: 'run', url: runPageOf(attempt) },
    { word: 'log of what failed', url: job && logUrlOf(job) },
    { word: 'reported link', url: attempt.control?.report?.url ?? null },
  ]
  return found.flatMap(({ word, url }) => {
    const safe = safeWebUrl(url)
    return safe === null ? [] : [{ word, url: safe }]
  })
}
