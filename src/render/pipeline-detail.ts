// One issue in full: its row, every stage with its attempts, and its history, newest first.

import { isDeciding, isFromFork } from '../pipeline/facts/standing.ts'
import type { HistoryEntry } from '../pipeline/model/command-result.ts'
import type { Conclusion } from '../pipeline/model/facts.ts'
import type { Attempt, Health, Pipeline, Stage, StageStatus } from '../pipeline/model/pipeline.ts'
import type { Reason } from '../pipeline/model/reason.ts'
import type { Evidence, Instant } from '../pipeline/model/time.ts'
import { runPageOf } from '../pipeline/stages/attempts.ts'
import type { HealthAtWork } from '../pipeline/view/health.ts'
import { surfacesOf } from '../pipeline/view/surfaces.ts'
import { attemptNumberOf, type BoardPipeline, type BoardRow, boardRowOf, healthOf, safeWebUrl } from './board-row.ts'
import { describeChange, describeShownPullRequest } from './history.ts'
import { healthOfStage } from './lamp.ts'
import { describeReason } from './reason.ts'
import { workflowUrlOf } from './workflow-link.ts'

/** The answer of `GET /api/pipelines/:owner/:repo/:number`. */
export type PipelineDetail = BoardRow & {
  readonly stages: readonly StageDetail[]
  readonly history: readonly HistoryLine[]
}

/** An entry of the history, in words. */
export type HistoryLine = Omit<HistoryEntry, 'change'> & { readonly text: string }

export type StageDetail = {
  readonly name: string
  readonly status: StageStatus
  /** Of its live run. */
  readonly health: Health
  readonly attempt: number | null
  readonly attempts: readonly AttemptDetail[]
  readonly reason: string
  readonly reasonKind: Reason['kind'] | null
  /** Where the workflow is repaired that GitHub refuses to start; null otherwise. */
  readonly workflowUrl: string | null
  readonly evidence: Evidence | null
}

export type AttemptDetail = {
  readonly number: number
  readonly key: string | null
  readonly runId: number | null
  readonly url: string | null
  /** The link that the workflow reported. */
  readonly link: string | null
  readonly startedAt: Instant | null
  readonly finishedAt: Instant | null
  readonly conclusion: Conclusion | null
}

/** The whole pipeline at one moment. */
export function pipelineDetailOf(shown: BoardPipeline, history: readonly HistoryEntry[], now: Instant): PipelineDetail {
  const atWork = healthOf(shown, now)
  return {
    ...boardRowOf(shown, now),
    stages: shown.pipeline.stages.map((stage) => stageDetailOf(stage, shown.pipeline.issue.url, atWork)),
    history: history.map(({ at, type, actor, change, evidence }) => {
      return { at, type, actor, text: describeChange(change), evidence }
    }),
  }
}

/** The pull requests, in the words of the issue's page; a note says of one that it decides nothing. */
export function pullRequestLinksOf({ line, pullRequests }: BoardPipeline['pipeline']) {
  return pullRequests.map((fact) => {
    const { number, url, state, draft, author } = fact
    const shown = { number, author, isFork: isFromFork(fact) }
    return {
      ...{ number, url: safeWebUrl(url), state, draft },
      note: isDeciding(fact, line) ? null : describeShownPullRequest(shown),
    }
  })
}

/** Where GitHub shows the stage: its comment and its check run, once they are written. */
export function surfaceLinksOf(
  pipeline: Pipeline,
  stage: string,
  published: Readonly<Record<string, number>>,
): readonly { readonly word: string; readonly url: string }[] {
  const { url } = pipeline.issue
  const repositoryUrl = url?.replace(/\/issues\/\d+$/, '')
  return surfacesOf(pipeline).flatMap(({ key, kind, stage: shown }) => {
    const id = published[key]
    if (shown !== stage || id === undefined) return []
    const safe = safeWebUrl(kind === 'comment' ? `${url}#issuecomment-${id}` : `${repositoryUrl}/runs/${id}`)
    return safe === null ? [] : [{ word: kind, url: safe }]
  })
}

function stageDetailOf(stage: Stage, issueUrl: string | null, atWork: HealthAtWork): StageDetail {
  return {
    name: stage.name,
    status: stage.status,
    health: healthOfStage(stage.name, atWork),
    attempt: attemptNumberOf(stage),
    attempts: stage.attempts.map(attemptDetailOf),
    reason: describeReason(stage.reason, stage.name),
    reasonKind: stage.reason?.kind ?? null,
    workflowUrl: safeWebUrl(workflowUrlOf(stage, issueUrl)),
    evidence: stage.evidence,
  }
}

function attemptDetailOf(attempt: Attempt): AttemptDetail {
  const { number, key, run, control } = attempt
  const finished = run?.status === 'completed'
  return {
    number,
    key,
    runId: run?.id ?? control?.runId ?? null,
    url: safeWebUrl(runPageOf(attempt)),
    link: safeWebUrl(control?.report?.url ?? null),
    startedAt: run?.startedAt ?? null,
    finishedAt: finished ? run.updatedAt : (control?.closed?.at ?? null),
    conclusion: run?.conclusion ?? null,
  }
}
