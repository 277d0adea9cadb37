// One event, taken in: what it tells is merged into the facts, it is routed to the issues it concerns, and each of their
// pipelines is begun or reduced. Facts before pipelines: what was told too early is replayed once an issue is begun or
// linked, so the order of arrival does not matter.
import { type Line, WATCHED_LINE } from '../line/line.ts'
import { boundRunIds } from '../pipeline/admission.ts'
import { begin, withLine } from '../pipeline/begin.ts'
import type { HeardAt } from '../pipeline/commands/reply.ts'
import { askCommands } from '../pipeline/commands/run-commands.ts'
import { keyOfOurs } from '../pipeline/facts/bind-run.ts'
import { belongs, issuesOfPullRequest, keyOf, stageOfRun } from '../pipeline/facts/correlate.ts'
import { mergeJob, mergeRun } from '../pipeline/facts/merge.ts'
import { mergeAnswer, mergePullRequest, mergeReview } from '../pipeline/facts/merge-pull-request.ts'
import type { Event } from '../pipeline/model/events.ts'
import type { PullRequestFact, RunFact } from '../pipeline/model/facts.ts'
import { isNamedBot } from '../pipeline/model/line-rules.ts'
import type { Pipeline } from '../pipeline/model/pipeline.ts'
import { pullRequestAsked } from '../pipeline/model/question-subject.ts'
import { type Reduction, reduce } from '../pipeline/reduce.ts'
import { asks } from '../pipeline/stages/questions-to-ask.ts'
import { beatsOf } from '../store/beats.ts'
import { forgetComment } from '../store/publications.ts'
import { press } from './button-command.ts'
import { askAfterPush, isAboutFile, noteConfiguration } from './configuration.ts'
import { noteCord } from './holds.ts'
import { lineOf } from './line-of.ts'
import { answer } from './reply-to-commands.ts'
import { noteInstallation, noteRepository } from './repositories.ts'
import { type Local, route } from './route.ts'
import type { Ledger } from './unit-of-work.ts'

/** Takes one event into the ledger. */
export async function take(ledger: Ledger, event: Event): Promise<void> {
  switch (event.type) {
    case 'installation.changed':
      return noteInstallation(ledger, event)
    case 'woken':
      return wake(ledger, event)
    case 'repository.changed':
    case 'repository.removed':
      return noteRepository(ledger, event)
    case 'comment.deleted':
      noteRepository(ledger, event)
      return publishAgain(ledger, event)
    case 'button.pressed':
      noteRepository(ledger, event)
      return takePressed(ledger, event)
    default:
      noteRepository(ledger, event)
      return takeFact(ledger, event)
  }
}

async function takePressed(ledger: Ledger, event: Extract<Event, { type: 'button.pressed' }>): Promise<void> {
  const given = await press(ledger, event)
  if (given !== null) await takeFact(ledger, given)
}

async function takeFact(ledger: Ledger, event: Local): Promise<void> {
  const repositoryId = event.repository.id
  const learnt = await learn(ledger, event)
  if (event.type === 'configuration.touched') await askAfterPush(ledger, event)
  // Before anything is on the line, ordinary pull requests are nobody's question.
  const effects = asks(event)
  if (effects.length > 0 && (await ledger.hasPipelines(repositoryId))) {
    ledger.ask({ repositoryId, issueNumber: null }, effects)
  }
  ledger.ask({ repositoryId, issueNumber: null }, askCommands(event))
  const hearings: HeardAt[] = []
  for (const issueNumber of await route(ledger, learnt)) {
    const heard = await move(ledger, issueNumber, learnt)
    if (heard !== undefined) hearings.push({ issueNumber, heard })
  }
  answer(ledger, learnt, hearings)
}

/** The event with what is known by now: facts are merged, and carried merged. */
async function learn(ledger: Ledger, event: Local): Promise<Local> {
  const repositoryId = event.repository.id
  switch (event.type) {
    case 'run.changed': {
      const run = slim(mergeRun(await ledger.run(event.run.id), event.run), lineOf(ledger, event))
      ledger.keepRun(repositoryId, run)
      return { ...event, run }
    }
    case 'job.changed':
      ledger.keepRun(repositoryId, slim(mergeJob(await ledger.run(event.job.runId), event.job), lineOf(ledger, event)))
      return event
    case 'pull_request.changed':
      return { ...event, pullRequest: await keep(ledger, repositoryId, event.pullRequest) }
    case 'review.changed':
      return { ...event, pullRequest: await keep(ledger, repositoryId, mergeReview(event.pullRequest, event.review)) }
    case 'answered':
      await learnAnswer(ledger, event)
      return await noteCord(ledger, await withLatestBeats(ledger, event))
    case 'command.given':
      return await noteCord(ledger, { ...event, named: isNamedBot(lineOf(ledger, event), event.sender) })
    default:
      return event
  }
}

async function learnAnswer(ledger: Ledger, event: Extract<Event, { type: 'answered' }>): Promise<void> {
  const { repository, question, answer, at } = event
  if (answer.about === 'issue') {
    for (const fact of answer.pullRequests) await keep(ledger, repository.id, fact)
  }
  if (answer.about === 'run' && answer.run !== null) {
    ledger.keepRun(repository.id, slim(mergeRun(await ledger.run(answer.run.id), answer.run), lineOf(ledger, event)))
  }
  noteConfiguration(ledger, event)
  const number = pullRequestAsked(question)
  const known = number === null ? null : await ledger.pullRequest(repository.id, number)
  const merged = known && mergeAnswer(known.fact, question, answer, at)
  if (merged) ledger.keepPullRequest(repository.id, merged)
}

/** Beats that say nothing new are known to their table alone: whoever judges a run must not take their absence for silence. */
async function withLatestBeats(ledger: Ledger, event: Extract<Event, { type: 'answered' }>): Promise<typeof event> {
  const { question, repository } = event
  if (question.about !== 'run') return event
  const row = await ledger.pipeline({ repositoryId: repository.id, issueNumber: question.issueNumber })
  if (row === null || row.id === null) return event
  const beats = await beatsOf({ kysely: ledger.trx }, [row.id])
  return { ...event, beats: beats.get(row.id) ?? {} }
}

async function keep(ledger: Ledger, repositoryId: number, fact: PullRequestFact): Promise<PullRequestFact> {
  const known = await ledger.pullRequest(repositoryId, fact.number)
  const merged = mergePullRequest(known?.fact ?? null, fact)
  ledger.keepPullRequest(repositoryId, merged)
  return merged
}

/** Of the repository's other workflows only the run is known, not its jobs: nobody will ever ask. */
function slim(run: RunFact, line: Line): RunFact {
  const stages = [...line.stages, ...WATCHED_LINE.stages]
  const matters = run.workflow === '' || keyOf(run.title) !== null || stageOfRun(stages, run) !== null
  return matters ? run : { ...run, jobs: [] }
}

/** Resolves to what came of the commands that the event gave there, if it gave any. */
async function move(ledger: Ledger, issueNumber: number, event: Local): Promise<Reduction['heard']> {
  const key = { repositoryId: event.repository.id, issueNumber }
  const known = await ledger.pipeline(key)
  const direct = known === null ? beginWithLine(ledger, issueNumber, event) : reduce(known.pipeline, event)
  if (direct === null) return undefined
  const lined = isAboutFile(event) ? followedBy(direct, lineFound(ledger, direct.pipeline, event)) : direct
  const isLinkedAnew =
    known === null || event.type === 'answered' || linksOf(known.pipeline) !== linksOf(direct.pipeline)
  const { pipeline, effects, entries } = isLinkedAnew ? await replay(ledger, key, lined, event) : lined
  const row = known ?? { ...key, ...UNKNOWN }
  if (known === null || pipeline !== known.pipeline || entries.length > 0)
    ledger.keepPipeline({ ...row, pipeline }, entries, effects)
  else ledger.ask(key, effects)
  return direct.heard
}

/** What was just said of the file may be the line that the pipeline waits for. */
function lineFound(ledger: Ledger, pipeline: Pipeline, event: Local): Reduction {
  const row = ledger.repositories.get(String(event.repository.id))
  // As long as there is nothing but mistakes, it waits for a version without any.
  const isOpen = row === null || (row.configuration === null && row.configurationMistakes.length > 0)
  return isOpen ? { pipeline, effects: [], entries: [] } : withLine(pipeline, lineOf(ledger, event), event)
}

/** Only a line that the file says is settled; where none is known, the answer about the issue will tell. */
function beginWithLine(ledger: Ledger, issueNumber: number, event: Local): Reduction | null {
  const line = lineOf(ledger, event)
  return begin(event, issueNumber, line, line !== WATCHED_LINE)
}

function followedBy(first: Reduction, then: Reduction): Reduction {
  return {
    pipeline: then.pipeline,
    effects: [...first.effects, ...then.effects],
    entries: [...first.entries, ...then.entries],
  }
}

const UNKNOWN = { id: null, revision: 0, wakeAt: null, reconcileAt: null } as const

function linksOf(pipeline: Pipeline): string {
  return [...pipeline.pullRequests.map(({ number }) => `#${number}`), ...boundRunIds(pipeline)].join()
}

/** Tells the pipeline what is stored and belongs to it. */
async function replay(
  ledger: Ledger,
  key: { repositoryId: number; issueNumber: number },
  begun: Reduction,
  { repository }: Local,
): Promise<Reduction> {
  let told = begun
  const retell = (event: Event) => {
    told = followedBy(told, reduce(told.pipeline, event))
  }
  for (const { fact } of await ledger.pullRequestsOf(key)) {
    const { updatedAt: at, evidence } = fact
    if (!issuesOfPullRequest(fact).includes(key.issueNumber)) continue
    retell({ type: 'pull_request.changed', action: 'replayed', at, evidence, repository, pullRequest: fact })
  }
  const linked = told.pipeline
  const branches = linked.pullRequests.map(({ branch }) => branch)
  for (const run of await ledger.runsOf(key, branches, boundRunIds(linked))) {
    const { updatedAt: at, evidence } = run
    if (belongs(linked, run) || keyOfOurs(linked, run) !== null)
      retell({ type: 'run.changed', at, evidence, repository, run })
  }
  return told
}

/** The moment a pipeline asked for has come: whatever is decided by it is decided here, on the locked row. */
async function wake(ledger: Ledger, event: Extract<Event, { type: 'woken' }>): Promise<void> {
  const row = await ledger.pipelineById(event.pipelineId)
  if (row === null || row.wakeAt === null || row.wakeAt > event.at) return
  const { pipeline, effects, entries } = reduce(row.pipeline, event)
  // That moment is spent; the next one is worked out when the row is saved. What is derived reads otherwise from now
  // on, so the pipeline is published again even if nothing else came of it.
  ledger.keepPipeline({ ...row, pipeline, wakeAt: null }, entries, effects)
}

/** A comment of ours was removed by somebody: it comes back. */
async function publishAgain(ledger: Ledger, event: Extract<Event, { type: 'comment.deleted' }>): Promise<void> {
  const row = await ledger.pipeline({ repositoryId: event.repository.id, issueNumber: event.issueNumber })
  if (row === null || row.id === null) return
  if (await forgetComment(ledger.trx, row.id, event.commentId, event.at)) ledger.keepPipeline(row, [], [])
}
