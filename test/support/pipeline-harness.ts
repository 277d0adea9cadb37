// A pure world for a dispatched line: one issue (#42), `plan`, `code` and `test` dispatched, `review` following the pull
// request. Everything from people, GitHub, the outbox and the clock is an event; `admit` gives slots.

import { startPipeline } from '../../src/advance/advance-pipeline.ts'
import { parseCommands } from '../../src/commands/parse-commands.ts'
import { type Line, OBSERVE_ONLY_LINE, type StageConfig } from '../../src/line/line.ts'
import { contextOf, type EventContext } from '../../src/pipeline/commands/authorized-commands.ts'
import { askSenderPermission } from '../../src/pipeline/commands/run-commands.ts'
import type { HistoryEntry } from '../../src/pipeline/model/command-result.ts'
import type { Effect } from '../../src/pipeline/model/effects.ts'
import type { DispatchOutcome, Event, EventOf } from '../../src/pipeline/model/events.ts'
import type { RunFact } from '../../src/pipeline/model/facts.ts'
import { commandOriginKey } from '../../src/pipeline/model/given-commands.ts'
import type { Attempt, Pipeline } from '../../src/pipeline/model/pipeline.ts'
import type { DenialReason } from '../../src/pipeline/model/reason.ts'
import type { Instant } from '../../src/pipeline/model/time.ts'
import { reduce } from '../../src/pipeline/reduce.ts'
import { stageReadyForAdmission } from '../../src/pipeline/stages/attempt-events.ts'
import { expectMoving, usersAsked } from './expect-moving.ts'
import { type StageInWords, stageInWords } from './in-words.ts'
import {
  deliveryEvidence,
  ISSUE,
  issueLabeled,
  minutesAfterNine,
  REPOSITORY,
  runChanged,
  runFact,
  stageStatuses,
} from './pipeline-fixtures.ts'

/** The line of a repository's file, with the fields that matter to the test. */
export function lineWith(rules: Record<string, Partial<StageConfig>> = {}, rest: Partial<Line> = {}): Line {
  const stages = OBSERVE_ONLY_LINE.stages.map((rule) => ({
    ...rule,
    observe: rule.workflow === null,
    ...rules[rule.name],
  }))
  return { ...OBSERVE_ONLY_LINE, ...rest, stages }
}

export const DISPATCHING_LINE = lineWith()

export function attemptKeyOf(stage: string, attempt: number): string {
  return `${ISSUE}/${stage}/${attempt}-k3v9x`
}

/** That many seconds after nine. */
export function secondsAfterNine(seconds: number): Instant {
  return new Date(Date.UTC(2026, 10, 21, 9, 0, seconds)).toISOString()
}

function eventBase(at: Instant, kind: 'delivery' | 'read' | 'clock' | 'beat', id: string) {
  return { at, evidence: { kind, id, at }, repository: REPOSITORY } as const
}

export function startPermission(
  granted = true,
  at = minutesAfterNine(1),
  login = 'olga',
  since = minutesAfterNine(0),
): EventOf<'question.answered'> {
  const asked = { kind: 'start', issueNumber: ISSUE, at: since } as const
  return {
    type: 'question.answered',
    ...eventBase(at, 'read', `permission/start/42/${login}/${since}`),
    question: { about: 'permission', login, purpose: asked },
    answer: { about: 'permission', role: granted ? 'write' : 'read' },
  }
}

type CommentOptions = {
  at?: Instant
  by?: string
  bot?: boolean
  commentId?: number
  onPullRequest?: boolean
  on?: number
}

/** A user's comment. */
export function commentCreated(body: string, o: CommentOptions = {}): EventOf<'commands.received'> {
  const { at = minutesAfterNine(20), by = 'mara', bot = false, commentId = 900, onPullRequest = false, on = ISSUE } = o
  const commands = parseCommands(body)
  const evidence = deliveryEvidence(at, `guid-comment-${commentId}`)
  const target = { issueNumber: on, onPullRequest }
  const origin = { kind: 'comment', id: commentId } as const
  return {
    type: 'commands.received',
    at,
    evidence,
    repository: REPOSITORY,
    ...target,
    origin,
    sender: by,
    bot,
    commands,
  }
}

/** GitHub's answer about the author of a comment. */
export function commandPermission(
  given: EventOf<'commands.received'>,
  granted = true,
  at = given.at,
): EventOf<'question.answered'> {
  const { issueNumber, onPullRequest, origin, commands, sender: login } = given
  const purpose = { kind: 'command', issueNumber, onPullRequest, origin, commands, at: given.at } as const
  return {
    type: 'question.answered',
    ...eventBase(at, 'read', `permission/command/${commandOriginKey(origin)}`),
    question: { about: 'permission', login, purpose },
    answer: { about: 'permission', role: granted ? 'write' : 'read' },
  }
}

export function attemptAdmitted(stage: string, attempt: number, at: Instant): EventOf<'attempt.admitted'> {
  const key = attemptKeyOf(stage, attempt)
  return { type: 'attempt.admitted', ...eventBase(at, 'clock', 'admission'), issueNumber: ISSUE, stage, attempt, key }
}

export function admissionDenied(
  reason: DenialReason,
  at: Instant,
  until: Instant | null = null,
): EventOf<'admission.denied'> {
  return { type: 'admission.denied', ...eventBase(at, 'clock', 'admission'), issueNumber: ISSUE, reason, until }
}

export function dispatchResult(key: string, outcome: DispatchOutcome, at: Instant): EventOf<'dispatch.updated'> {
  return { type: 'dispatch.updated', ...eventBase(at, 'read', `dispatch/${key}`), issueNumber: ISSUE, key, outcome }
}

export function dispatchConfirmed(key: string, runId: number, at: Instant): EventOf<'dispatch.updated'> {
  return dispatchResult(
    key,
    { state: 'confirmed', runId, url: `https://github.com/acme/widgets/actions/runs/${runId}` },
    at,
  )
}

export function cancelResult(
  key: string,
  runId: number,
  outcome: 'accepted' | 'refused' | 'gone',
  at: Instant,
  force = false,
): EventOf<'cancel.answered'> {
  const about = { issueNumber: ISSUE, key, runId, outcome, force }
  return { type: 'cancel.answered', ...eventBase(at, 'read', `cancel/${runId}`), ...about }
}

export function reportReceived(
  key: string,
  runId: number,
  at: Instant,
  fields: Partial<EventOf<'attempt.reported'>> = {},
): EventOf<'attempt.reported'> {
  const about = { issueNumber: ISSUE, key, runId, progress: null, text: null, url: null, ...fields }
  return { type: 'attempt.reported', ...eventBase(at, 'beat', key), ...about }
}

export function woken(at: Instant, heartbeats?: Record<string, Instant>): EventOf<'pipeline.woken'> {
  return {
    type: 'pipeline.woken',
    at,
    evidence: { kind: 'clock', id: 'wake', at },
    pipelineId: 1,
    ...(heartbeats && { heartbeats }),
  }
}

export function runAnswered(runId: number, run: RunFact | null, at: Instant): EventOf<'question.answered'> {
  return {
    type: 'question.answered',
    ...eventBase(at, 'read', `run/${runId}/${at}`),
    question: { about: 'run', runId, issueNumber: ISSUE },
    answer: { about: 'run', run },
  }
}

/** The run of a dispatched attempt: on the default branch, with the key in its title. */
export function dispatchedRun(key: string, id: number, known: Partial<RunFact> & { at?: Instant } = {}): RunFact {
  const workflow = `${key.split('/')[1]}.yml`
  return runFact({
    id,
    workflow,
    title: `andon ${key}`,
    branch: 'main',
    startedAt: known.at ?? minutesAfterNine(2),
    ...known,
  })
}

export function dispatchedRunChanged(
  key: string,
  id: number,
  known: Partial<RunFact> & { at?: Instant } = {},
): EventOf<'run.changed'> {
  return runChanged({ ...dispatchedRun(key, id, known) })
}

export type PipelineHarness = ReturnType<typeof openPipelineHarness>

/** A pipeline that events are applied to; effects are collected by key, as in the database. */
export function openPipelineHarness(line: Line = DISPATCHING_LINE, first: Event = issueLabeled()) {
  const start = startPipeline(first, ISSUE, line, { context: contextOf(first, line) })
  if (start === null) throw new Error(`${first.type} begins no pipeline`)
  let pipeline: Pipeline = start.pipeline
  const effects = new Map<string, Effect>()
  const answered = new Set<string>()
  const entries: HistoryEntry[] = []
  const collect = (change: { effects: readonly Effect[]; entries: readonly HistoryEntry[] }) => {
    for (const effect of change.effects) if (!effects.has(effect.key)) effects.set(effect.key, effect)
    entries.push(...change.entries)
  }
  collect(start)
  collect({ effects: askSenderPermission(first), entries: [] })
  const self = {
    get pipeline(): Pipeline {
      return pipeline
    },
    entries,
    apply(...events: readonly Event[]) {
      for (const event of events) self.applyIn(contextOf(event, pipeline.line), event)
      return self
    },
    /** Applies an event with what the door looked up for it. */
    applyIn(context: EventContext, event: Event) {
      const reduction = reduce(pipeline, event, context)
      pipeline = reduction.pipeline
      collect(reduction)
      collect({ effects: askSenderPermission(event), entries: [] })
      if (event.type === 'question.answered') answered.add(event.evidence.id)
      const isAsked = (login: string) => usersAsked(effects.values(), answered).has(login)
      expectMoving(pipeline, event.at, { isHeldAround: false, isAsked, isAdmitted: true })
      return self
    },
    /** Gives the pipeline a slot if it waits for one; returns the new attempt's key. */
    admit(at: Instant): string | null {
      const awaited = stageReadyForAdmission(pipeline, at)
      if (awaited === null) return null
      self.apply(attemptAdmitted(awaited.stage, awaited.attempt, at))
      return attemptKeyOf(awaited.stage, awaited.attempt)
    },
    /** Admits the waiting attempt and completes its run. */
    completeAttempt(at: Instant, id: number, conclusion: RunFact['conclusion'] = 'success'): string {
      const key = self.admit(at)
      if (key === null) throw new Error(`nothing waits for a slot at ${at}`)
      self.apply(dispatchConfirmed(key, id, at), dispatchedRunChanged(key, id, { at, conclusion }))
      return key
    },
    /** The pipeline as people read it. */
    stage(name: string): StageInWords {
      const stage = pipeline.stages.find((known) => known.name === name)
      if (stage === undefined) throw new Error(`no stage ${name}`)
      return stageInWords(stage)
    },
    attempt(key: string): Attempt {
      const attempt = pipeline.stages.flatMap(({ attempts }) => attempts).find((known) => known.key === key)
      if (attempt === undefined) throw new Error(`no attempt ${key}`)
      return attempt
    },
    statuses: (): string => stageStatuses(pipeline).join(' '),
    effectKeys: (type: Effect['type']): readonly string[] =>
      [...effects.values()].filter((effect) => effect.type === type).map(({ key }) => key),
    effects: (): readonly Effect[] => [...effects.values()],
  }
  return self
}

/** Started by a user who may write. */
export function startedPipeline(line: Line = DISPATCHING_LINE): PipelineHarness {
  return openPipelineHarness(line).apply(startPermission())
}
