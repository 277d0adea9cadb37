// One event, taken in: what it tells is merged into the facts, it is routed to the issues it concerns, and each of their
// pipelines is begun or reduced. Facts before pipelines: what was told too early is replayed once an issue is begun or
// linked, so the order of arrival does not matter.
import { type Line, OBSERVE_ONLY_LINE } from '../line/line.ts'
import { boundRunIds } from '../pipeline/admission.ts'
import { adoptLine, startPipeline } from '../pipeline/begin.ts'
import type { IssueOutcomes } from '../pipeline/commands/reply.ts'
import { askSenderPermission } from '../pipeline/commands/run-commands.ts'
import { attemptKeyOfRun } from '../pipeline/facts/bind-run.ts'
import { belongsToPipeline, issuesOfPullRequest, parseAttemptKey, stageOfRun } from '../pipeline/facts/correlate.ts'
import { mergeJob, mergeRun } from '../pipeline/facts/merge.ts'
import { mergeAnswer, mergePullRequest, mergeReview } from '../pipeline/facts/merge-pull-request.ts'
import type { Event } from '../pipeline/model/events.ts'
import type { PullRequestFact, RunFact } from '../pipeline/model/facts.ts'
import { isAllowedBot } from '../pipeline/model/line-rules.ts'
import type { Pipeline } from '../pipeline/model/pipeline.ts'
import { pullRequestOfQuestion } from '../pipeline/model/question-subject.ts'
import { type Reduction, reduce } from '../pipeline/reduce.ts'
import { askClosingIssues } from '../pipeline/stages/questions-to-ask.ts'
import { loadBeats } from '../store/beats.ts'
import { clearDeletedComment } from '../store/publications.ts'
import { commandOfButton } from './button-command.ts'
import { askConfigurationAfterPush, isConfigurationAnswer, putConfiguration } from './configuration.ts'
import { putRepositoryHold } from './holds.ts'
import { lineOf } from './line-of.ts'
import { replyToCommands } from './reply-to-commands.ts'
import { putInstallation, putRepository } from './repositories.ts'
import { type RepositoryEvent, routeToIssues } from './route.ts'
import type { UnitOfWork } from './unit-of-work.ts'

/** Takes one event into the ledger. */
export async function applyEvent(ledger: UnitOfWork, event: Event): Promise<void> {
  switch (event.type) {
    case 'installation.changed':
      return putInstallation(ledger, event)
    case 'pipeline.woken':
      return wakePipeline(ledger, event)
    case 'repository.changed':
    case 'repository.removed':
      return putRepository(ledger, event)
    case 'comment.deleted':
      putRepository(ledger, event)
      return republishComment(ledger, event)
    case 'button.clicked':
      putRepository(ledger, event)
      return applyButtonClick(ledger, event)
    default:
      putRepository(ledger, event)
      return applyRepositoryEvent(ledger, event)
  }
}

async function applyButtonClick(ledger: UnitOfWork, event: Extract<Event, { type: 'button.clicked' }>): Promise<void> {
  const given = await commandOfButton(ledger, event)
  if (given !== null) await applyRepositoryEvent(ledger, given)
}

async function applyRepositoryEvent(ledger: UnitOfWork, event: RepositoryEvent): Promise<void> {
  const repositoryId = event.repository.id
  const learnt = await mergeFact(ledger, event)
  if (event.type === 'configuration.pushed') await askConfigurationAfterPush(ledger, event)
  // Before anything is on the line, ordinary pull requests are nobody's question.
  const effects = askClosingIssues(event)
  if (effects.length > 0 && (await ledger.hasPipelines(repositoryId))) {
    ledger.putEffects({ repositoryId, issueNumber: null }, effects)
  }
  ledger.putEffects({ repositoryId, issueNumber: null }, askSenderPermission(event))
  const hearings: IssueOutcomes[] = []
  for (const issueNumber of await routeToIssues(ledger, learnt)) {
    const outcomes = await advance(ledger, issueNumber, learnt)
    if (outcomes !== undefined) hearings.push({ issueNumber, outcomes })
  }
  replyToCommands(ledger, learnt, hearings)
}

/** The event with what is known by now: facts are merged, and carried merged. */
async function mergeFact(ledger: UnitOfWork, event: RepositoryEvent): Promise<RepositoryEvent> {
  const repositoryId = event.repository.id
  switch (event.type) {
    case 'run.changed': {
      const run = withoutIrrelevantJobs(mergeRun(await ledger.run(event.run.id), event.run), lineOf(ledger, event))
      ledger.putRun(repositoryId, run)
      return { ...event, run }
    }
    case 'job.changed':
      ledger.putRun(
        repositoryId,
        withoutIrrelevantJobs(mergeJob(await ledger.run(event.job.runId), event.job), lineOf(ledger, event)),
      )
      return event
    case 'pull_request.changed':
      return { ...event, pullRequest: await mergeStoredPullRequest(ledger, repositoryId, event.pullRequest) }
    case 'review.changed':
      return {
        ...event,
        pullRequest: await mergeStoredPullRequest(ledger, repositoryId, mergeReview(event.pullRequest, event.review)),
      }
    case 'question.answered':
      await mergeAnsweredFacts(ledger, event)
      return await putRepositoryHold(ledger, await withLatestBeats(ledger, event))
    case 'commands.received':
      return await putRepositoryHold(ledger, {
        ...event,
        isAllowedBot: isAllowedBot(lineOf(ledger, event), event.sender),
      })
    default:
      return event
  }
}

async function mergeAnsweredFacts(
  ledger: UnitOfWork,
  event: Extract<Event, { type: 'question.answered' }>,
): Promise<void> {
  const { repository, question, answer, at } = event
  if (answer.about === 'issue') {
    for (const fact of answer.pullRequests) await mergeStoredPullRequest(ledger, repository.id, fact)
  }
  if (answer.about === 'run' && answer.run !== null) {
    ledger.putRun(
      repository.id,
      withoutIrrelevantJobs(mergeRun(await ledger.run(answer.run.id), answer.run), lineOf(ledger, event)),
    )
  }
  putConfiguration(ledger, event)
  const number = pullRequestOfQuestion(question)
  const known = number === null ? null : await ledger.pullRequest(repository.id, number)
  const merged = known && mergeAnswer(known.fact, question, answer, at)
  if (merged) ledger.putPullRequest(repository.id, merged)
}

/** Beats that say nothing new are known to their table alone: whoever judges a run must not take their absence for silence. */
async function withLatestBeats(
  ledger: UnitOfWork,
  event: Extract<Event, { type: 'question.answered' }>,
): Promise<typeof event> {
  const { question, repository } = event
  if (question.about !== 'run') return event
  const row = await ledger.pipeline({ repositoryId: repository.id, issueNumber: question.issueNumber })
  if (row === null || row.id === null) return event
  const heartbeats = await loadBeats({ kysely: ledger.trx }, [row.id])
  return { ...event, heartbeats: heartbeats.get(row.id) ?? {} }
}

async function mergeStoredPullRequest(
  ledger: UnitOfWork,
  repositoryId: number,
  fact: PullRequestFact,
): Promise<PullRequestFact> {
  const known = await ledger.pullRequest(repositoryId, fact.number)
  const merged = mergePullRequest(known?.fact ?? null, fact)
  ledger.putPullRequest(repositoryId, merged)
  return merged
}

/** Of the repository's other workflows only the run is known, not its jobs: nobody will ever ask. */
function withoutIrrelevantJobs(run: RunFact, line: Line): RunFact {
  const stages = [...line.stages, ...OBSERVE_ONLY_LINE.stages]
  const matters = run.workflow === '' || parseAttemptKey(run.title) !== null || stageOfRun(stages, run) !== null
  return matters ? run : { ...run, jobs: [] }
}

/** Resolves to what came of the commands that the event gave there, if it gave any. */
async function advance(
  ledger: UnitOfWork,
  issueNumber: number,
  event: RepositoryEvent,
): Promise<Reduction['outcomes']> {
  const key = { repositoryId: event.repository.id, issueNumber }
  const known = await ledger.pipeline(key)
  const direct = known === null ? beginPipeline(ledger, issueNumber, event) : reduce(known.pipeline, event)
  if (direct === null) return undefined
  const lined = isConfigurationAnswer(event)
    ? chainReductions(direct, adoptFoundLine(ledger, direct.pipeline, event))
    : direct
  const isLinkedAnew =
    known === null || event.type === 'question.answered' || linksOf(known.pipeline) !== linksOf(direct.pipeline)
  const { pipeline, effects, entries } = isLinkedAnew ? await replayFacts(ledger, key, lined, event) : lined
  const row = known ?? { ...key, ...NEW_ROW }
  if (known === null || pipeline !== known.pipeline || entries.length > 0)
    ledger.putPipeline({ ...row, pipeline }, entries, effects)
  else ledger.putEffects(key, effects)
  return direct.outcomes
}

/** What was just said of the file may be the line that the pipeline waits for. */
function adoptFoundLine(ledger: UnitOfWork, pipeline: Pipeline, event: RepositoryEvent): Reduction {
  const row = ledger.repositories.get(String(event.repository.id))
  // As long as there is nothing but mistakes, it waits for a version without any.
  const isOpen = row === null || (row.configuration === null && row.configurationProblems.length > 0)
  return isOpen ? { pipeline, effects: [], entries: [] } : adoptLine(pipeline, lineOf(ledger, event), event)
}

/** Only a line that the file says is settled; where none is known, the answer about the issue will tell. */
function beginPipeline(ledger: UnitOfWork, issueNumber: number, event: RepositoryEvent): Reduction | null {
  const line = lineOf(ledger, event)
  return startPipeline(event, issueNumber, line, line !== OBSERVE_ONLY_LINE)
}

function chainReductions(first: Reduction, then: Reduction): Reduction {
  return {
    pipeline: then.pipeline,
    effects: [...first.effects, ...then.effects],
    entries: [...first.entries, ...then.entries],
  }
}

const NEW_ROW = { id: null, revision: 0, wakeAt: null } as const

function linksOf(pipeline: Pipeline): string {
  return [...pipeline.pullRequests.map(({ number }) => `#${number}`), ...boundRunIds(pipeline)].join()
}

/** Tells the pipeline what is stored and belongs to it. */
async function replayFacts(
  ledger: UnitOfWork,
  key: { repositoryId: number; issueNumber: number },
  begun: Reduction,
  { repository }: RepositoryEvent,
): Promise<Reduction> {
  let told = begun
  const retell = (event: Event) => {
    told = chainReductions(told, reduce(told.pipeline, event))
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
    if (belongsToPipeline(linked, run) || attemptKeyOfRun(linked, run) !== null)
      retell({ type: 'run.changed', at, evidence, repository, run })
  }
  return told
}

/** The moment a pipeline asked for has come: whatever is decided by it is decided here, on the locked row. */
async function wakePipeline(ledger: UnitOfWork, event: Extract<Event, { type: 'pipeline.woken' }>): Promise<void> {
  const row = await ledger.pipelineById(event.pipelineId)
  if (row === null || row.wakeAt === null || row.wakeAt > event.at) return
  const { pipeline, effects, entries } = reduce(row.pipeline, event)
  // That moment is spent; the next one is worked out when the row is saved. What is derived reads otherwise from now
  // on, so the pipeline is published again even if nothing else came of it.
  ledger.putPipeline({ ...row, pipeline, wakeAt: null }, entries, effects)
}

/** A comment of ours was removed by somebody: it comes back. */
async function republishComment(ledger: UnitOfWork, event: Extract<Event, { type: 'comment.deleted' }>): Promise<void> {
  const row = await ledger.pipeline({ repositoryId: event.repository.id, issueNumber: event.issueNumber })
  if (row === null || row.id === null) return
  if (await clearDeletedComment(ledger.trx, row.id, event.commentId, event.at)) ledger.putPipeline(row, [], [])
}
