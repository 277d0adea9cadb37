// One issue's page: its row, every stage with its attempts, and what happened, newest first.

import type { Evidence } from '../pipeline/model/evidence.ts'
import type { Conclusion } from '../pipeline/model/facts.ts'
import type { Attempt, Stage, StageStatus } from '../pipeline/model/pipeline.ts'
import type { Instant } from '../pipeline/model/time.ts'
import { attemptNumber, type Row, row, type Shown, webUrl } from './board-row.ts'

/** The answer of `GET /api/pipelines/:owner/:repo/:number`. */
export type Detail = Row & { readonly stages: readonly StageDetail[]; readonly history: readonly Told[] }

export type StageDetail = {
  readonly name: string
  readonly status: StageStatus
  readonly attempt: number | null
  readonly attempts: readonly AttemptDetail[]
  readonly reason: string
  readonly evidence: Evidence | null
}

export type AttemptDetail = {
  readonly number: number
  readonly key: string | null
  readonly runId: number | null
  readonly url: string | null
  /** What the workflow itself pointed to. */
  readonly link: string | null
  readonly startedAt: Instant | null
  readonly finishedAt: Instant | null
  readonly conclusion: Conclusion | null
}

/** A line of history. */
export type Told = {
  readonly at: Instant
  readonly type: string
  readonly actor: string | null
  readonly text: string
  readonly evidence: Evidence | null
}

/** A pipeline at a moment, whole. */
export function detail(shown: Shown, history: readonly Told[], now: Instant): Detail {
  return {
    ...row(shown, now),
    stages: shown.pipeline.stages.map(stageDetail),
    history: history.map(({ at, type, actor, text, evidence }) => ({ at, type, actor, text, evidence })),
  }
}

function stageDetail(stage: Stage): StageDetail {
  return {
    name: stage.name,
    status: stage.status,
    attempt: attemptNumber(stage),
    attempts: stage.attempts.map(attemptDetail),
    reason: stage.reason,
    evidence: stage.evidence,
  }
}

function attemptDetail({ number, key, run, ours }: Attempt): AttemptDetail {
  const finished = run?.status === 'completed'
  return {
    number,
    key,
    runId: run?.id ?? ours?.runId ?? null,
    url: webUrl(run?.url ?? ours?.dispatch?.url ?? null),
    link: webUrl(ours?.report?.url ?? null),
    startedAt: run?.startedAt ?? null,
    finishedAt: finished ? run.updatedAt : (ours?.over?.at ?? null),
    conclusion: run?.conclusion ?? null,
  }
}
