// The stages are settled anew from the merged facts after each event. No transition is ever taken, so none can be
// taken twice, missed or taken in the wrong order: the same facts always stand the same.
import type { StageRule } from '../line/line.ts'
import { belongs, issuesOfPullRequest, keyOf } from './correlate.ts'
import type { Attempt, Pipeline, Stage } from './pipeline.ts'
import { standingOfReview } from './settle-review.ts'
import { standingOfRun } from './settle-run.ts'

/** How a stage stands: all of it that follows from the facts. */
export type Standing = Pick<Stage, 'status' | 'reason' | 'waiting' | 'since' | 'evidence'>

/** The pipeline as its facts say it stands. */
export function settle(pipeline: Pipeline): Pipeline {
  const pullRequests = pipeline.pullRequests.filter((fact) => issuesOfPullRequest(fact).includes(pipeline.issue.number))
  const linked = { ...pipeline, pullRequests }
  const stages = pipeline.stages.map((stage) => ({ ...stage, attempts: attemptsOf(linked, stage) }))
  return withStandings({ ...linked, stages })
}

/** What a stage that has not begun waits for. */
export function awaitedBy({ workflow }: StageRule): string {
  return workflow === null ? 'a pull request' : `${workflow} to start a run`
}

function withStandings(pipeline: Pipeline): Pipeline {
  const stages = pipeline.stages.map((stage, index) => {
    const rule = pipeline.line.stages[index]
    const standing = rule === undefined ? UNTOUCHED : standingOf(pipeline, stage, rule)
    return { name: stage.name, ...standing, attempts: stage.attempts }
  })
  return { ...pipeline, stages }
}

function standingOf(pipeline: Pipeline, stage: Stage, rule: StageRule): Standing {
  const standing =
    (rule.workflow === null ? standingOfReview(pipeline) : standingOfRun(stage)) ??
    standingOfStart(pipeline, rule) ??
    UNTOUCHED
  return standing.status === 'queued' && !isLiveOnGitHub(stage) ? (calledOff(pipeline) ?? standing) : standing
}

/** What a person started waits at the first stage until anything has come of it. */
function standingOfStart(pipeline: Pipeline, rule: StageRule): Standing | null {
  const { begun, line, stages, pullRequests } = pipeline
  const untouched = pullRequests.length === 0 && stages.every((stage) => stage.attempts.length === 0)
  if (line.stages[0]?.name !== rule.name || !untouched) return null
  const awaited = awaitedBy(rule)
  return {
    status: 'queued',
    reason: `waits for ${awaited}`,
    waiting: { for: awaited, until: null },
    since: begun.at,
    evidence: begun.evidence,
  }
}

/** A closed issue calls off what has not started; reopening lifts that, because it is settled anew. */
function calledOff({ gone, issue }: Pipeline): Standing | null {
  const { evidence } = issue
  const off = { status: 'cancelled', waiting: null, evidence } as const
  if (gone !== null) return { ...off, reason: `called off: the issue was ${gone.why}`, since: gone.at }
  if (issue.state === 'open') return null
  return { ...off, reason: 'called off: the issue is closed', since: issue.closedAt ?? issue.updatedAt }
}

function isLiveOnGitHub(stage: Stage): boolean {
  return stage.attempts.some(({ run }) => run?.status === 'queued' || run?.status === 'in_progress')
}

/** Runs that still belong here, numbered by run id: GitHub hands ids out in order, deliveries come in any. */
function attemptsOf(pipeline: Pipeline, stage: Stage): readonly Attempt[] {
  return stage.attempts
    .filter(({ run }) => run === null || belongs(pipeline, run))
    .sort((a, b) => (a.run?.id ?? 0) - (b.run?.id ?? 0))
    .map(({ run }, index) => ({ number: index + 1, key: run === null ? null : (keyOf(run.title)?.key ?? null), run }))
}

const UNTOUCHED: Standing = { status: 'idle', reason: '', waiting: null, since: null, evidence: null }
