// A pure world for a line that Andon runs: one issue (#42), `plan`, `code` and `test` dispatched, `review` following the pull
// request. What people, GitHub, the outbox and the clock say comes as events; slots are given by `admit`.
import { parse } from '../../src/commands/parse-commands.ts'
import { type Line, type StageRule, WATCHED_LINE } from '../../src/line/line.ts'
import { begin } from '../../src/pipeline/begin.ts'
import { askCommands } from '../../src/pipeline/commands/run-commands.ts'
import { originKey } from '../../src/pipeline/model/command-origin.ts'
import type { Effect } from '../../src/pipeline/model/effects.ts'
import type { DispatchTold, Event, EventType } from '../../src/pipeline/model/events.ts'
import type { RunFact } from '../../src/pipeline/model/facts.ts'
import type { Entry } from '../../src/pipeline/model/history-entry.ts'
import type { Attempt, Pipeline, Stage } from '../../src/pipeline/model/pipeline.ts'
import type { Instant } from '../../src/pipeline/model/time.ts'
import { reduce } from '../../src/pipeline/reduce.ts'
import { awaitingAdmission } from '../../src/pipeline/stages/ready-stage.ts'
import { delivered, ISSUE, labelled, minute, REPOSITORY, runFact, runIs, statuses } from './pipeline-fixtures.ts'

type Of<Type extends EventType> = Extract<Event, { type: Type }>

/** The line of a repository that says what it wants, with whatever matters to the test. */
export function runningLine(rules: Record<string, Partial<StageRule>> = {}, rest: Partial<Line> = {}): Line {
  const stages = WATCHED_LINE.stages.map((rule) => ({
    ...rule,
    observe: rule.workflow === null,
    ...rules[rule.name],
  }))
  return { ...WATCHED_LINE, ...rest, stages }
}

export const LINE = runningLine()

export function keyFor(stage: string, attempt: number): string {
  return `${ISSUE}/${stage}/${attempt}-k3v9x`
}

/** That many seconds after nine. */
export function second(seconds: number): Instant {
  return new Date(Date.UTC(2026, 10, 21, 9, 0, seconds)).toISOString()
}

function told(at: Instant, kind: 'delivery' | 'read' | 'clock' | 'beat', id: string) {
  return { at, evidence: { kind, id, at }, repository: REPOSITORY } as const
}

export function mayStart(granted = true, at = minute(1), login = 'olga', since = minute(0)): Of<'answered'> {
  const asked = { kind: 'start', issueNumber: ISSUE, at: since } as const
  return {
    type: 'answered',
    ...told(at, 'read', `permission/start/42/${login}/${since}`),
    question: { about: 'permission', login, for: asked },
    answer: { about: 'permission', role: granted ? 'write' : 'read' },
  }
}

type Comment = { at?: Instant; by?: string; bot?: boolean; commentId?: number; onPullRequest?: boolean; on?: number }

/** Somebody writes a comment. */
export function comment(body: string, o: Comment = {}): Of<'command.given'> {
  const { at = minute(20), by = 'mara', bot = false, commentId = 900, onPullRequest = false, on = ISSUE } = o
  const commands = parse(body)
  const evidence = delivered(at, `guid-comment-${commentId}`)
  const place = { issueNumber: on, onPullRequest }
  const origin = { kind: 'comment', id: commentId } as const
  return { type: 'command.given', at, evidence, repository: REPOSITORY, ...place, origin, sender: by, bot, commands }
}

/** What GitHub says about whoever wrote it. */
export function allowed(given: Of<'command.given'>, granted = true, at = given.at): Of<'answered'> {
  const { issueNumber, onPullRequest, origin, commands, sender: login } = given
  const purpose = { kind: 'command', issueNumber, onPullRequest, origin, commands, at: given.at } as const
  return {
    type: 'answered',
    ...told(at, 'read', `permission/command/${originKey(origin)}`),
    question: { about: 'permission', login, for: purpose },
    answer: { about: 'permission', role: granted ? 'write' : 'read' },
  }
}

export function admitted(stage: string, attempt: number, at: Instant): Of<'attempt.admitted'> {
  const key = keyFor(stage, attempt)
  return { type: 'attempt.admitted', ...told(at, 'clock', 'admission'), issueNumber: ISSUE, stage, attempt, key }
}

export function denied(words: string, at: Instant, until: Instant | null = null): Of<'admission.denied'> {
  return { type: 'admission.denied', ...told(at, 'clock', 'admission'), issueNumber: ISSUE, words, until }
}

export function dispatchIs(key: string, what: DispatchTold, at: Instant): Of<'dispatch.told'> {
  return { type: 'dispatch.told', ...told(at, 'read', `dispatch/${key}`), issueNumber: ISSUE, key, told: what }
}

export function confirmed(key: string, runId: number, at: Instant): Of<'dispatch.told'> {
  return dispatchIs(
    key,
    { state: 'confirmed', runId, url: `https://github.com/acme/widgets/actions/runs/${runId}` },
    at,
  )
}

export function cancelIs(
  key: string,
  runId: number,
  what: 'accepted' | 'refused' | 'gone',
  at: Instant,
  force = false,
): Of<'cancel.told'> {
  const about = { issueNumber: ISSUE, key, runId, told: what, force }
  return { type: 'cancel.told', ...told(at, 'read', `cancel/${runId}`), ...about }
}

export function reported(key: string, runId: number, at: Instant, said: Partial<Of<'reported'>> = {}): Of<'reported'> {
  const about = { issueNumber: ISSUE, key, runId, progress: null, text: null, url: null, ...said }
  return { type: 'reported', ...told(at, 'beat', key), ...about }
}

export function woken(at: Instant, beats?: Record<string, Instant>): Of<'woken'> {
  return { type: 'woken', at, evidence: { kind: 'clock', id: 'wake', at }, pipelineId: 1, ...(beats && { beats }) }
}

export function runRead(runId: number, run: RunFact | null, at: Instant): Of<'answered'> {
  return {
    type: 'answered',
    ...told(at, 'read', `run/${runId}/${at}`),
    question: { about: 'run', runId, issueNumber: ISSUE },
    answer: { about: 'run', run },
  }
}

/** The run that a dispatched workflow makes of an attempt: on the default branch, with the key in its title. */
export function ownRun(key: string, id: number, known: Partial<RunFact> & { at?: Instant } = {}): RunFact {
  const workflow = `${key.split('/')[1]}.yml`
  return runFact({ id, workflow, title: `andon ${key}`, branch: 'main', startedAt: known.at ?? minute(2), ...known })
}

export function ownRunIs(key: string, id: number, known: Partial<RunFact> & { at?: Instant } = {}): Of<'run.changed'> {
  return runIs({ ...ownRun(key, id, known) })
}

export type Floor = ReturnType<typeof floor>

/** A pipeline that things are told to; effects are collected by key, as the database does. */
export function floor(line: Line = LINE, first: Event = labelled()) {
  const begun = begin(first, ISSUE, line)
  if (begun === null) throw new Error(`${first.type} takes nothing up`)
  let pipeline: Pipeline = begun.pipeline
  const effects = new Map<string, Effect>()
  const entries: Entry[] = []
  const keep = (kept: { effects: readonly Effect[]; entries: readonly Entry[] }) => {
    for (const effect of kept.effects) if (!effects.has(effect.key)) effects.set(effect.key, effect)
    entries.push(...kept.entries)
  }
  keep(begun)
  const self = {
    get pipeline(): Pipeline {
      return pipeline
    },
    entries,
    tell(...events: readonly Event[]) {
      for (const event of events) {
        const reduction = reduce(pipeline, event)
        pipeline = reduction.pipeline
        keep(reduction)
        keep({ effects: askCommands(event), entries: [] })
      }
      return self
    },
    /** Gives the slot that is waited for at this moment, if one is; returns the new attempt's key. */
    admit(at: Instant): string | null {
      const awaited = awaitingAdmission(pipeline, at)
      if (awaited === null) return null
      self.tell(admitted(awaited.stage, awaited.attempt, at))
      return keyFor(awaited.stage, awaited.attempt)
    },
    /** Admits what waits and lets its run end so. */
    carryOut(at: Instant, id: number, conclusion: RunFact['conclusion'] = 'success'): string {
      const key = self.admit(at)
      if (key === null) throw new Error(`nothing waits for a slot at ${at}`)
      self.tell(confirmed(key, id, at), ownRunIs(key, id, { at, conclusion }))
      return key
    },
    stage(name: string): Stage {
      const stage = pipeline.stages.find((known) => known.name === name)
      if (stage === undefined) throw new Error(`no stage ${name}`)
      return stage
    },
    attempt(key: string): Attempt {
      const attempt = pipeline.stages.flatMap(({ attempts }) => attempts).find((known) => known.key === key)
      if (attempt === undefined) throw new Error(`no attempt ${key}`)
      return attempt
    },
    statuses: (): string => statuses(pipeline).join(' '),
    keys: (type: Effect['type']): readonly string[] =>
      [...effects.values()].filter((effect) => effect.type === type).map(({ key }) => key),
    effects: (): readonly Effect[] => [...effects.values()],
  }
  return self
}

/** Started by somebody who may. */
export function started(line: Line = LINE): Floor {
  return floor(line).tell(mayStart())
}
